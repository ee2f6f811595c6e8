/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_mark.h"

#include "base/json.h"
#include "classify/finding_part.h"

enum { NAMES_SHOWN = 32, PAIR_MOST = 256 };

#define SECOND_NS INT64_C(1000000000)

bool finding_mark_take(struct arena *arena, const struct consent_act *acts, size_t n,
        struct finding *f, uint64_t *unlisted)
{
    size_t most = n < FINDING_EVIDENCE_MOST ? n : FINDING_EVIDENCE_MOST;

    *unlisted = 0;
    f->evidence = arena_array(arena, most, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct trace *t = acts[i].trace;

        if (!finding_add_trace(arena, f, t))
            return false;
        if (i < most)
            f->evidence[f->evidence_count++] = *acts[i].place;
        if (t->score > f->weight)
            f->weight = t->score;
        if (t->grade > f->grade)
            f->grade = t->grade;
        *unlisted += t->count > t->place_count ? t->count - t->place_count : 0;
    }
    f->page_site = acts[0].page;
    f->recipient = acts[0].trace->recipient;
    f->recipient_site = acts[0].recipient;
    f->owner = acts[0].trace->owner;
    finding_take_verdicts(f);
    return true;
}

bool finding_mark_time(struct arena *arena, const char *name, int64_t ns, struct finding *f)
{
    char text[TIME_TEXT];
    struct bytes kept;

    json_time_text(ns, text);
    if (!arena_copy(arena, bytes_text(text), &kept))
        return false;
    finding_add_fact(f, &(struct finding_fact){.name = name, .text = kept});
    return true;
}

/* Whole seconds, down: what came before is never 0. */
static int64_t seconds_between(int64_t from_ns, int64_t to_ns)
{
    int64_t ns = to_ns - from_ns;

    return ns / SECOND_NS - (ns % SECOND_NS < 0 ? 1 : 0);
}

static bool add_names(
        struct arena *arena, const struct consent_act *acts, size_t n, struct finding *f)
{
    struct bytes *names = arena_array(arena, NAMES_SHOWN, sizeof(*names));
    size_t count = 0;

    if (names == NULL)
        return false;
    for (size_t i = 0; i < n && count < NAMES_SHOWN; i++) {
        bool seen = false;

        for (size_t k = 0; k < count && !seen; k++)
            seen = bytes_equal(names[k], acts[i].trace->name);
        if (!seen)
            names[count++] = acts[i].trace->name;
    }
    finding_add_fact(f, &(struct finding_fact){.name = "identifiers",
                                .kind = FACT_LIST,
                                .list = names,
                                .list_count = count});
    return true;
}

bool finding_mark_facts(struct arena *arena, const struct mark *mark,
        const struct consent_act *acts, size_t n, struct finding *f)
{
    finding_add_fact(f, &(struct finding_fact){.name = "mark",
                                .text = bytes_text(mark_kind_name(mark->kind))});
    if (!finding_mark_time(arena, "mark_time", mark->time_ns, f) ||
            !finding_mark_time(arena, "first_time", acts[0].time_ns, f))
        return false;
    finding_add_fact(f, &(struct finding_fact){.name = "seconds_after_mark",
                                .kind = FACT_NUMBER,
                                .number = seconds_between(mark->time_ns, acts[0].time_ns)});
    finding_add_fact(f,
            &(struct finding_fact){.name = "items", .kind = FACT_NUMBER, .number = (int64_t)n});
    return add_names(arena, acts, n, f);
}

/* "3.2 s", "2 min 5 s", "1 h 3 min", whichever way round. */
static const char *distance(struct arena *arena, int64_t from_ns, int64_t to_ns, bool zh)
{
    uint64_t ns = from_ns < to_ns ? (uint64_t)to_ns - (uint64_t)from_ns
                                  : (uint64_t)from_ns - (uint64_t)to_ns;
    unsigned long long tenths = ns / (uint64_t)(SECOND_NS / 10), s = tenths / 10;

    if (s < 60)
        return arena_print(arena, zh ? "%llu.%llu 秒" : "%llu.%llu s", s, tenths % 10);
    if (s < 3600)
        return arena_print(arena, zh ? "%llu 分 %llu 秒" : "%llu min %llu s", s / 60, s % 60);
    return arena_print(
            arena, zh ? "%llu 小时 %llu 分" : "%llu h %llu min", s / 3600, s / 60 % 60);
}

/* "uid = 12ab…" */
static const char *pair_of(struct arena *arena, const struct trace *t)
{
    const char *text = NULL;
    enum status status;
    struct buf out;

    buf_init(&out, 4 * PAIR_MOST);
    status = finding_put_text(&out, t->name, FINDING_NAME_SHOWN);
    if (status == STATUS_OK && !t->masked)
        status = buf_text(&out, " = ");
    if (status == STATUS_OK && !t->masked)
        status = finding_put_text(&out, t->decoded, FINDING_VALUE_SHOWN);
    if (status == STATUS_OK)
        text = arena_string(arena, buf_view(&out));
    buf_clear(&out);
    return text;
}

static const char *verb(const struct trace *t, bool zh)
{
    bool direct = t->class_ == CLASS_DIRECT, set = t->carrier == CARRIER_SET_COOKIE;

    if (zh)
        return set ? "写入了标识符" : direct ? "收到个人信息" : "收到标识符";
    return set      ? "set the identifier"
           : direct ? "received the personal value"
                    : "received the identifier";
}

bool finding_mark_say(struct arena *arena, const struct finding_mark *m, struct finding *f)
{
    size_t host = f->recipient.n < FINDING_NAME_SHOWN ? f->recipient.n : FINDING_NAME_SHOWN;
    const char *who = arena_print(arena, "%.*s%s%s%s", (int)host, (const char *)f->recipient.p,
            f->owner == NULL ? "" : " (", f->owner == NULL ? "" : f->owner,
            f->owner == NULL ? "" : ")");
    unsigned long long items = m->items;
    const char *en = arena_print(arena, "; of such values %llu in all", items);
    const char *zh = arena_print(arena, "；此类值共 %llu 个", items);
    const char *far_en = distance(arena, m->from_ns, m->act->time_ns, false);
    const char *far_zh = distance(arena, m->from_ns, m->act->time_ns, true);
    const char *pair = pair_of(arena, m->act->trace);
    char when[TIME_TEXT];

    json_time_text(m->act->time_ns, when);
    if (who == NULL || en == NULL || zh == NULL || far_en == NULL || far_zh == NULL ||
            pair == NULL)
        return false;
    const struct finding_word words[] = {{bytes_text(who), 2 * FINDING_NAME_SHOWN},
            {m->act->page, FINDING_NAME_SHOWN}, {bytes_text(pair), 4 * PAIR_MOST},
            {bytes_text(when), TIME_TEXT}, {bytes_text(far_en), TIME_TEXT},
            {bytes_text(far_zh), TIME_TEXT},
            {items > 1 ? bytes_text(en) : (struct bytes){0}, TIME_TEXT},
            {items > 1 ? bytes_text(zh) : (struct bytes){0}, TIME_TEXT},
            {bytes_text(verb(m->act->trace, false)), TIME_TEXT},
            {bytes_text(verb(m->act->trace, true)), TIME_TEXT}};

    f->statement_en = finding_say(arena, m->sentence_en, words);
    f->statement_zh = finding_say(arena, m->sentence_zh, words);
    return f->statement_en != NULL && f->statement_zh != NULL;
}
