/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_bounce.h"

#include <stdlib.h>
#include <string.h>

enum {
    WEIGHT_BOUNCE = 28,
    WEIGHT_OBSERVED = 26,
    WEIGHT_INFERRED = 12,
    TRACES_MOST = 64, /* of one finding */
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static struct bytes fact_text(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++) {
        if (f->facts[i].kind == FACT_TEXT && strcmp(f->facts[i].name, name) == 0)
            return f->facts[i].text;
    }
    return bytes_of(NULL, 0);
}

static int by_told(const void *a, const void *b)
{
    const struct bounce_told *left = a, *right = b;
    int order = bytes_compare(left->to, right->to);

    if (order == 0)
        order = bytes_compare(left->value, right->value);
    return order == 0 ? strcmp(left->finding->statement_en, right->finding->statement_en)
                      : order;
}

bool bounce_tell(struct bounce_ground *g, const struct findings *so_far)
{
    g->told = calloc(2 * so_far->n + 1, sizeof(*g->told));
    if (g->told == NULL)
        return false;
    for (size_t i = 0; i < so_far->n; i++) {
        struct finding *f = so_far->at[i];
        struct bytes to = fact_text(f, "to_site"), part = fact_text(f, "part");

        if (to.n == 0)
            continue;
        g->told[g->told_count++] = (struct bounce_told){to, fact_text(f, "value"), f};
        if (part.n != 0)
            g->told[g->told_count++] = (struct bounce_told){to, part, f};
    }
    if (g->told_count != 0)
        qsort(g->told, g->told_count, sizeof(*g->told), by_told);
    return true;
}

/* The finding that tells already that this value went to that site; `from` empty: from any. */
static struct finding *told(
        const struct bounce_ground *g, struct bytes from, struct bytes to, struct bytes value)
{
    size_t low = 0, high = g->told_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(g->told[middle].to, to);

        if (order == 0)
            order = bytes_compare(g->told[middle].value, value);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < g->told_count && bytes_equal(g->told[low].to, to) &&
            bytes_equal(g->told[low].value, value);
            low++) {
        if (from.n == 0 || bytes_equal(fact_text(g->told[low].finding, "from_site"), from))
            return g->told[low].finding;
    }
    return NULL;
}

/* One way more, at the end of the list; nothing when it has it. */
static bool add_way(struct arena *arena, struct finding *f, const char *way)
{
    struct finding_fact *fact = NULL;
    struct bytes *list;

    for (size_t i = 0; i < f->fact_count; i++) {
        if (f->facts[i].kind == FACT_LIST && strcmp(f->facts[i].name, "mechanism") == 0)
            fact = &f->facts[i];
    }
    for (size_t i = 0; fact != NULL && i < fact->list_count; i++) {
        if (bytes_is(fact->list[i], way))
            return true;
    }
    list = arena_array(arena, (fact == NULL ? 0 : fact->list_count) + 1, sizeof(*list));
    if (list == NULL)
        return false;
    for (size_t i = 0; fact != NULL && i < fact->list_count; i++)
        list[i] = fact->list[i];
    if (fact == NULL) {
        list[0] = bytes_text(way);
        finding_add_fact(f,
                &(struct finding_fact){
                        .name = "mechanism", .kind = FACT_LIST, .list = list, .list_count = 1});
        return true;
    }
    list[fact->list_count++] = bytes_text(way);
    fact->list = list;
    return true;
}

/* The facts that the kind demands. */
static bool add_facts(struct arena *arena, struct finding *f, const struct trace *t,
        struct bytes from, struct bytes to, const char *way)
{
    struct bytes *none = arena_array(arena, 1, sizeof(*none));

    if (none == NULL)
        return false;
    finding_add_text(f, "name", t->name);
    finding_add_text(f, "value", t->decoded);
    finding_add_text(f, "from_site", from);
    finding_add_text(f, "to_site", to);
    finding_add_fact(
            f, &(struct finding_fact){.name = "encoding", .kind = FACT_LIST, .list = none});
    return add_way(arena, f, way);
}

static bool finish(struct arena *arena, struct finding *f, const struct trace *t)
{
    f->recipient = t->recipient;
    f->recipient_site = t->recipient_site;
    f->owner = t->owner;
    f->weight += t->score;
    finding_take_verdicts(f);
    return f->statement_en != NULL && f->statement_zh != NULL &&
           finding_take_evidence(arena, f);
}

/* By value and sites, redirects first, then by time. */
static int by_way(const void *a, const void *b)
{
    const struct bounced *left = a, *right = b;
    int order = bytes_compare(left->by, right->by);

    if (order == 0)
        order = bytes_compare(left->trace->decoded, right->trace->decoded);
    if (order == 0)
        order = bytes_compare(left->from, right->from);
    if (order == 0)
        order = bytes_compare(left->to, right->to);
    if (order == 0)
        order = ORDER(left->kind, right->kind);
    if (order == 0)
        order = ORDER(left->exchange, right->exchange);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool same_way(const struct bounced *a, const struct bounced *b)
{
    return bytes_equal(a->by, b->by) && bytes_equal(a->trace->decoded, b->trace->decoded) &&
           bytes_equal(a->from, b->from) && bytes_equal(a->to, b->to);
}

static const char *const bounce_words[2][2] = {
        [BOUNCE_REDIRECT] = {"On its way from $0 to $1 this browser was led through $2, whose "
                             "cookie $3 told it by the identifier $4.",
                "本浏览器由 $0 前往 $1 途中被引导经过 $2，后者通过 Cookie $3 中的标识符 $4 "
                "识别了它。"},
        [BOUNCE_DWELL] = {"On its way from $0 to $1 this browser stayed on $2 for less than 10 "
                          "seconds, whose cookie $3 told it by the identifier $4.",
                "本浏览器由 $0 前往 $1 途中在 $2 停留不足 10 秒，后者通过 Cookie $3 中的标识符 "
                "$4 识别了它。"},
};

static bool state(const struct bounce_ground *g, const struct bounced *all, size_t n,
        struct findings *out)
{
    struct arena *arena = g->j->arena;
    const struct bounced *first = &all[0];
    const struct trace *t = first->trace;
    const struct finding_word words[] = {{first->from, FINDING_NAME_SHOWN},
            {first->to, FINDING_NAME_SHOWN}, {first->by, FINDING_NAME_SHOWN},
            {t->name, FINDING_NAME_SHOWN}, {t->decoded, FINDING_VALUE_SHOWN}};
    struct finding *f = told(g, first->by, first->to, t->decoded);
    uint64_t times = 0;

    if (f != NULL)
        return add_way(arena, f, "bounce");
    f = finding_new(arena, "identifier-sharing", out);
    if (f == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool given = false;

        for (size_t k = 0; k < f->trace_count && !given && f->trace_count < TRACES_MOST; k++)
            given = f->traces[k] == all[i].trace;
        if (!given && f->trace_count < TRACES_MOST &&
                !finding_add_trace(arena, f, all[i].trace))
            return false;
        times += i == 0 || all[i].exchange != all[i - 1].exchange;
    }
    f->page_site = first->to;
    f->grade = first->kind == BOUNCE_REDIRECT ? GRADE_OBSERVED : GRADE_INFERRED;
    f->weight = WEIGHT_BOUNCE;
    f->statement_en = finding_say(arena, bounce_words[first->kind][0], words);
    f->statement_zh = finding_say(arena, bounce_words[first->kind][1], words);
    if (!add_facts(arena, f, t, first->from, first->by, "bounce"))
        return false;
    finding_add_text(f, "next_site", first->to);
    finding_add_number(f, "times_sent", times);
    return finish(arena, f, t);
}

bool bounce_state(
        const struct bounce_ground *g, struct bounced *all, size_t n, struct findings *out)
{
    if (n != 0)
        qsort(all, n, sizeof(*all), by_way);
    for (size_t i = 1, begin = 0; i <= n; i++) {
        if (i < n && same_way(&all[i], &all[begin]))
            continue;
        if (!state(g, all + begin, i - begin, out))
            return false;
        begin = i;
    }
    return true;
}

/* By whether the name is known, and whether the site that was left is. */
static const char *const decoration_words[2][2][2] = {
        {{"The address that brought this browser to $1 carried $2 = $3, an identifier by its "
          "form.",
                 "将本浏览器带到 $1 的地址中带有 $2 = $3，从形式看是标识符。"},
                {"The address that brought this browser from $0 to $1 carried $2 = $3, an "
                 "identifier by its form.",
                        "将本浏览器由 $0 带到 $1 的地址中带有 $2 = $3，从形式看是标识符。"}},
        {{"The address that brought this browser to $1 carried $2 = $3. A parameter of this "
          "name is known as $4 ($6).",
                 "将本浏览器带到 $1 的地址中带有 $2 = $3。已知该名称的参数为$5（$6）。"},
                {"The address that brought this browser from $0 to $1 carried $2 = $3. A "
                 "parameter of this name is known as $4 ($6).",
                        "将本浏览器由 $0 带到 $1 的地址中带有 $2 = "
                        "$3。已知该名称的参数为$5（$6）。"}},
};

bool bounce_state_decoration(
        const struct bounce_ground *g, const struct decorated *d, struct findings *out)
{
    struct arena *arena = g->j->arena;
    const struct trace *t = d->trace;
    const char *const *sentence =
            decoration_words[d->known != NULL][!bytes_is(d->from, "unknown")];
    const struct decoration unknown = {"", "", "", ""},
                            *known = d->known == NULL ? &unknown : d->known;
    const struct finding_word words[] = {{d->from, FINDING_NAME_SHOWN},
            {t->recipient, FINDING_NAME_SHOWN}, {t->name, FINDING_NAME_SHOWN},
            {t->decoded, FINDING_VALUE_SHOWN}, {bytes_text(known->text_en), 256},
            {bytes_text(known->text_zh), 256}, {bytes_text(known->owner), FINDING_NAME_SHOWN}};
    struct finding *f = told(g, bytes_of(NULL, 0), t->recipient_site, t->decoded);

    if (f != NULL)
        return add_way(arena, f, "link-decoration");
    f = finding_new(arena, "identifier-sharing", out);
    if (f == NULL || !finding_add_trace(arena, f, t))
        return false;
    f->page_site = g->j->attributions.of[d->exchange].visit->site;
    f->grade = d->grade;
    f->weight = d->grade == GRADE_OBSERVED ? WEIGHT_OBSERVED : WEIGHT_INFERRED;
    f->statement_en = finding_say(arena, sentence[0], words);
    f->statement_zh = finding_say(arena, sentence[1], words);
    if (!add_facts(arena, f, t, d->from, t->recipient_site, "link-decoration"))
        return false;
    if (d->known != NULL)
        finding_add_text(f, "decoration_of", bytes_text(d->known->owner));
    finding_add_number(f, "times_sent", d->times);
    return finish(arena, f, t);
}
