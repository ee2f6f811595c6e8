/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_part.h"

#include <string.h>

enum { SITES_SHOWN = 4 };

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

bool finding_identifies(const struct trace *t)
{
    return t->class_ == CLASS_BROWSER_IDENTIFIER || t->class_ == CLASS_DEVICE ||
           t->class_ == CLASS_ACCOUNT;
}

int finding_by_value(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->decoded, right->decoded);
    if (order == 0)
        order = bytes_compare(left->name, right->name);
    return order == 0 ? ORDER(left->number, right->number) : order;
}

bool finding_same_value(const struct trace *a, const struct trace *b)
{
    return bytes_equal(a->recipient_site, b->recipient_site) &&
           bytes_equal(a->decoded, b->decoded) && bytes_equal(a->name, b->name);
}

enum status finding_put_text(struct buf *out, struct bytes text, size_t most)
{
    struct bytes shown = bytes_slice(text, 0, most);
    enum status status = STATUS_OK;

    /* Never half of a UTF-8 sequence. */
    while (shown.n != 0 && shown.n < text.n && (text.p[shown.n] & 0xc0) == 0x80)
        shown.n--;
    for (size_t i = 0; i < shown.n && status == STATUS_OK; i++)
        status = shown.p[i] < 0x20 || shown.p[i] == 0x7f
                         ? buf_print(out, "\\x%02x", (unsigned)shown.p[i])
                         : buf_append_u8(out, shown.p[i]);
    if (status == STATUS_OK && shown.n < text.n)
        status = buf_text(out, "…");
    return status;
}

const char *finding_say(
        struct arena *arena, const char *sentence, const struct finding_word *words)
{
    enum status status = STATUS_OK;
    const char *said = NULL;
    struct buf out;

    buf_init(&out, FINDING_STATEMENT_MOST);
    for (const char *c = sentence; *c != '\0' && status == STATUS_OK; c++) {
        if (c[0] == '$' && ascii_is_digit((uint8_t)c[1])) {
            const struct finding_word *w = &words[*++c - '0'];

            status = finding_put_text(&out, w->text, w->most);
        } else {
            status = buf_append_u8(&out, (uint8_t)*c);
        }
    }
    if (status == STATUS_OK)
        said = arena_string(arena, buf_view(&out));
    buf_clear(&out);
    return said;
}

static void add_site(struct finding_sites *s, struct bytes site)
{
    size_t at = 0;

    while (at < s->n && bytes_compare(s->at[at], site) < 0)
        at++;
    if ((at < s->n && bytes_equal(s->at[at], site)) || s->n == TRACE_PAGES_MOST)
        return;
    memmove(s->at + at + 1, s->at + at, (s->n - at) * sizeof(*s->at));
    s->at[at] = site;
    s->n++;
}

void finding_add_pages(struct finding_sites *s, const struct trace *t)
{
    for (size_t i = 0; i < t->page_count; i++)
        add_site(s, t->pages[i]);
}

enum status finding_put_sites(
        struct buf *out, const struct finding_sites *s, const char *between)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < s->n && i < SITES_SHOWN && status == STATUS_OK; i++) {
        status = buf_text(out, i == 0 ? "" : between);
        if (status == STATUS_OK)
            status = finding_put_text(out, s->at[i], FINDING_NAME_SHOWN);
    }
    if (status == STATUS_OK && s->n > SITES_SHOWN)
        status = buf_text(out, " …");
    return status;
}

void finding_add_fact(struct finding *f, const struct finding_fact *fact)
{
    if (f->fact_count < FINDING_FACTS_MOST)
        f->facts[f->fact_count++] = *fact;
}

void finding_add_text(struct finding *f, const char *name, struct bytes text)
{
    finding_add_fact(f, &(struct finding_fact){.name = name, .text = text});
}

void finding_add_number(struct finding *f, const char *name, uint64_t number)
{
    finding_add_fact(f, &(struct finding_fact){.name = name,
                                .kind = FACT_NUMBER,
                                .number = number > INT64_MAX ? INT64_MAX : (int64_t)number});
}

void finding_add_list(struct finding *f, const char *name, struct bytes *list, size_t n)
{
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = name, .kind = FACT_LIST, .list = list, .list_count = n});
}

bool finding_add_sites(
        struct arena *arena, struct finding *f, const char *name, const struct finding_sites *s)
{
    struct bytes *sites = arena_array(arena, s->n, sizeof(*sites));

    if (sites == NULL)
        return false;
    for (size_t i = 0; i < s->n; i++)
        sites[i] = s->at[i];
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = name, .kind = FACT_LIST, .list = sites, .list_count = s->n});
    return true;
}

bool finding_add_trace(struct arena *arena, struct finding *f, const struct trace *t)
{
    const struct trace **grown = arena_grow(
            arena, f->traces, f->trace_count, &f->trace_capacity, sizeof(const struct trace *));

    if (grown == NULL)
        return false;
    f->traces = grown;
    f->traces[f->trace_count++] = t;
    return true;
}

void finding_take_verdicts(struct finding *f)
{
    for (int r = 0; r < READINGS && f->trace_count != 0; r++) {
        const struct trace *best = f->traces[0];

        for (size_t i = 0; i < f->trace_count; i++) {
            const struct trace *t = f->traces[i];

            if (t->verdicts[r] == VERDICT_IDENTIFIABLE &&
                    best->verdicts[r] != VERDICT_IDENTIFIABLE)
                best = t;
        }
        f->verdicts[r] = best->verdicts[r];
        f->ground_count[r] = best->ground_count[r];
        memcpy(f->grounds[r], best->grounds[r], sizeof(f->grounds[r]));
    }
}

bool finding_take_evidence(struct arena *arena, struct finding *f)
{
    size_t n = 0, all = 0;

    for (size_t i = 0; i < f->trace_count && all < FINDING_EVIDENCE_MOST; i++)
        all += f->traces[i]->place_count;
    if (all > FINDING_EVIDENCE_MOST)
        all = FINDING_EVIDENCE_MOST;
    f->evidence = arena_array(arena, all, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    /* One place of each trace first, so that every trace is cited; then more of each. */
    for (size_t round = 0; round < TRACE_PLACES_MOST && n < FINDING_EVIDENCE_MOST; round++) {
        for (size_t i = 0; i < f->trace_count && n < FINDING_EVIDENCE_MOST; i++) {
            if (round < f->traces[i]->place_count)
                f->evidence[n++] = f->traces[i]->places[round];
        }
    }
    f->evidence_count = n;
    return true;
}

struct finding *finding_new(struct arena *arena, const char *kind, struct findings *out)
{
    struct finding **grown =
            arena_grow(arena, out->at, out->n, &out->capacity, sizeof(struct finding *));
    struct finding *f = arena_alloc(arena, sizeof(*f));

    if (grown == NULL || f == NULL)
        return NULL;
    f->kind = kind;
    out->at = grown;
    out->at[out->n++] = f;
    return f;
}
