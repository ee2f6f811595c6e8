/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/live_parts.h"
#include "cli/live_words.h"

#define EVERY_NS INT64_C(5000000000)

void live_lines_event(struct live_view *v, const struct live_recent *event)
{
    char clock[LIVE_WORDS];

    live_words_clock(event->time_ns, clock);
    (void)fprintf(v->lines, "%s  ", clock);
    say_text(&v->say, bytes_text(event->text));
    (void)fputc('\n', v->lines);
    (void)fflush(v->lines);
}

/* A text that is printed when it is another one than last time. */
static void print_changed(
        struct live_view *v, const char *before, const char *text, char kept[LIVE_FACT])
{
    if (text == NULL || strcmp(text, kept) == 0)
        return;
    (void)snprintf(kept, LIVE_FACT, "%s", text);
    (void)fputs(before, v->lines);
    say_text(&v->say, bytes_text(text));
    (void)fputc('\n', v->lines);
}

static void print_status(struct live_view *v)
{
    const struct live_facts *facts = &v->kept.facts;
    enum language l = v->language;
    char elapsed[LIVE_WORDS], light[LIVE_WORDS], a[LIVE_WORDS], b[LIVE_WORDS], c[LIVE_WORDS];

    live_words_elapsed(facts->elapsed_ns, elapsed);
    (void)live_words_light(l, facts, light);
    (void)fprintf(v->lines, "%s  %s", elapsed, light);
    live_words_number(facts->pages, a);
    live_words_number(facts->third_parties, b);
    live_words_number(facts->third_party_requests, c);
    (void)fprintf(v->lines, words_get(l, "; pages %s, third parties %s, requests to them %s"),
            a, b, c);
    live_words_identifiers(l, facts, a);
    (void)fprintf(v->lines, words_get(l, "; identifiers out: %s"), a);
    live_words_number(facts->packets, a);
    live_words_bytes(facts->bytes, b);
    (void)live_words_dropped(l, facts, c);
    (void)fprintf(v->lines, words_get(l, "; packets %s, %s, %s"), a, b, c);
    (void)live_words_disk(l, facts, a);
    (void)fprintf(v->lines, words_get(l, "; disk: %s\n"), a);
}

void live_lines_draw(struct live_view *v, int64_t now_ns)
{
    const struct live_facts *facts = &v->kept.facts;
    char before[LIVE_WORDS];

    (void)snprintf(before, sizeof(before), words_get(v->language, "Step %u of %u: "),
            facts->step_number, facts->step_count);
    print_changed(v, before, facts->step, v->line_step);
    print_changed(v, "! ", facts->warning, v->line_warning);
    if (v->line_ns == 0 || now_ns - v->line_ns >= EVERY_NS) {
        v->line_ns = now_ns;
        print_status(v);
    }
    (void)fflush(v->lines);
}
