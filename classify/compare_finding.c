/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "classify/compare_part.h"
#include "classify/compare_restate.h"
#include "classify/compare_verdict.h"
#include "classify/score.h"
#include "classify/score_name.h"
#include "classify/value.h"
#include "classify/verdict_fact.h"

/* What the rows say of one item of A together: of its leaf that is somebody's own, or else of
 * the leaf that may have made it an identifier. */
struct outcome {
    const struct compare_row *row; /* NULL: no row speaks of it */
    unsigned weight;
};

struct making {
    struct arena *arena;
    const struct legal *legal;
    const struct compare_case *const *cases;
    struct outcome *outcomes; /* by item of A */
    const struct json_value *
            *origins; /* by item of A: the tracking identifier that rests on it */
    const struct compare_item **sorted;
    struct compare_findings *out;
};

static bool is_own(enum compare_result r)
{
    return r == COMPARE_PERSISTENT || r == COMPARE_SPECIFIC || r == COMPARE_SESSION;
}

/* Only an opaque leaf makes a value an identifier: a long URL beside it does not. */
static unsigned weight_of(const struct compare_row *row)
{
    if (row->by_hash)
        return row->bits;
    return leaf_kind(row->text[COMPARE_A], row->item->first_ns) == LEAF_OPAQUE
                   ? leaf_bits(row->text[COMPARE_A])
                   : 0;
}

static void weigh(struct outcome *o, const struct compare_row *row)
{
    unsigned weight = weight_of(row);
    bool better;

    if (o->row == NULL)
        better = true;
    else if (is_own(row->result) || is_own(o->row->result))
        better = row->result < o->row->result;
    else
        better = weight > o->weight;
    if (better)
        *o = (struct outcome){row, weight};
}

static void weigh_rows(struct making *m, const struct compare_rows *rows)
{
    const struct compare_item *first = m->cases[COMPARE_A]->items;

    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < rows->at[i].item_count[COMPARE_A]; k++)
            weigh(&m->outcomes[rows->at[i].items[COMPARE_A][k] - first], &rows->at[i]);
}

static void find_origins(struct making *m)
{
    const struct compare_case *a = m->cases[COMPARE_A];

    for (const struct json_value *f = json_first(a->findings); f != NULL; f = json_next(f)) {
        const char *kind = json_string_of(json_member(f, "kind"));

        if (kind == NULL || strcmp(kind, "tracking-identifier") != 0)
            continue;
        for (const struct json_value *v = json_first(json_member(f, "items")); v != NULL;
                v = json_next(v)) {
            const struct compare_item *item = compare_item_by_id(a, json_string_of(v));

            if (item != NULL)
                m->origins[item - a->items] = f;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const struct compare_item *left = *(const struct compare_item *const *)a;
    const struct compare_item *right = *(const struct compare_item *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->name, right->name);
    if (order == 0)
        order = (left->by_hash > right->by_hash) - (left->by_hash < right->by_hash);
    if (order == 0)
        order = left->by_hash ? bytes_compare(left->sha256, right->sha256)
                              : bytes_compare(left->text, right->text);
    return order == 0 ? (left > right) - (left < right) : order;
}

static bool same_value(const struct compare_item *a, const struct compare_item *b)
{
    return bytes_equal(a->recipient_site, b->recipient_site) && bytes_equal(a->name, b->name) &&
           a->by_hash == b->by_hash &&
           (a->by_hash ? bytes_equal(a->sha256, b->sha256) : bytes_equal(a->text, b->text));
}

/* All items of one name and value at one site. */
struct group {
    const struct compare_item **items;
    size_t n;
    const struct compare_row *row;
    const struct json_value *origin;
    uint32_t facts;
    uint64_t occurrences;
    bool third, lasting, known;
    bool visits; /* sent during more than one page visit */
    bool was;    /* its verdict was identifiable before */
};

static struct group group_of(struct making *m, const struct compare_item **items, size_t n)
{
    const struct compare_item *first = m->cases[COMPARE_A]->items;
    struct group g = {.items = items, .n = n};
    struct outcome best = {0};

    for (size_t i = 0; i < n; i++) {
        const struct outcome *o = &m->outcomes[items[i] - first];

        if (o->row != NULL)
            weigh(&best, o->row);
        if (g.origin == NULL)
            g.origin = m->origins[items[i] - first];
        g.facts |= items[i]->facts;
        g.visits |= (items[i]->facts & FACT_BIT(FACT_U5_VISITS)) != 0;
        g.third |= items[i]->party == PARTY_THIRD;
        g.lasting |= items[i]->lifetime_days >= SCORE_LIFE_DAYS;
        g.occurrences += items[i]->occurrences;
        g.known |= compare_item_identifies(items[i]);
        g.was |= compare_item_identifies(items[i]) &&
                 items[i]->verdicts[READING_BROAD] == VERDICT_IDENTIFIABLE;
    }
    g.row = best.row;
    return g;
}

/* Without a second capture after a restart: it was to last, or came again in this one. */
static bool recurs(const struct group *g)
{
    return g->lasting || g->occurrences > 1 || (g->facts & FACT_BIT(FACT_U5)) != 0;
}

/* What is to be said of a group; false: nothing that a finding would say. */
static bool decide(const struct group *g, enum compare_change *change)
{
    /* A token against forged requests is unique, but serves another purpose. */
    bool guard = !g->known && score_name_guard(g->items[0]->name);
    bool own = g->row != NULL && is_own(g->row->result);
    bool long_enough = g->row != NULL && (g->row->bits >= COMPARE_BITS || g->was);

    if (own && !guard && g->row->result != COMPARE_SESSION && long_enough &&
            (g->row->result == COMPARE_PERSISTENT || recurs(g) ||
                    (g->was && g->origin != NULL)) &&
            (g->third || g->lasting || g->visits || g->row->result == COMPARE_PERSISTENT)) {
        *change = g->was && g->origin != NULL ? CHANGE_CONFIRMED : CHANGE_UPGRADED;
        return true;
    }
    if (own) {
        *change = g->row->result == COMPARE_SESSION ? CHANGE_SESSION : CHANGE_NONE;
        return g->origin != NULL;
    }
    if (g->row != NULL && g->row->result == COMPARE_FINGERPRINT &&
            (g->origin != NULL || (g->third && g->known))) {
        *change = CHANGE_SUSPECT;
        return true;
    }
    if (g->row != NULL && g->row->result == COMPARE_EQUAL && (g->origin != NULL || g->known)) {
        *change = CHANGE_REMOVED;
        return true;
    }
    *change = CHANGE_NONE;
    return g->origin != NULL;
}

static const struct compare_sentence sentences[] = {
        [CHANGE_UPGRADED] = {"$0 got $1 = $2. A second profile that did the same had another "
                             "value, $3. The value is this browser's own and can single it "
                             "out$4.",
                "$0 收到 $1 = $2；进行相同操作的对照环境中取值为 $3。该值为本浏览器所独有，"
                "足以将其区别于其他浏览器$5。"},
        [CHANGE_SESSION] = {"$0 got $1 = $2. A second profile had another value, $3, and this "
                            "browser's own changes, too: the value stands for one session or "
                            "one request, not for the browser.",
                "$0 收到 $1 = $2；对照环境中取值为 $3，本浏览器的取值也会变化："
                "该值代表一次会话或一次请求，不代表浏览器。"},
        [CHANGE_REMOVED] = {"$0 got $1 = $2, and so did it from a second profile. The value "
                            "does "
                            "not tell the two apart and is not counted as an identifier.",
                "$0 收到 $1 = $2，从对照环境收到的取值相同。该值不能区分两者，不计为标识符。"},
        [CHANGE_SUSPECT] =
                {"$0 got $1 = $2, and so did it from a second profile. The value does "
                 "not tell the two apart, but it is long and has no meaning by its "
                 "form: it is either the same for everybody, or computed from "
                 "properties of the machine that both share.",
                        "$0 收到 $1 = "
                        "$2，从对照环境收到的取值相同。该值不能区分两者，但较长且形式上无含义："
                        "或者对所有人相同，或者由两者共有的设备特征计算得出。"},
        [CHANGE_NONE] = {"$0 got $1 = $2. The control says nothing about it: $6.",
                "$0 收到 $1 = $2。对照环境未能说明该值：$7。"},
};

static bool state(struct making *m, const struct group *g, struct compare_finding *f)
{
    bool lasts = g->row != NULL && g->row->result == COMPARE_PERSISTENT;
    const char *none_en = "it was not compared", *none_zh = "未参与比较";
    const struct finding_word words[] = {
            {f->recipient, FINDING_NAME_SHOWN},
            {f->item->name, FINDING_NAME_SHOWN},
            {compare_item_shown(f->item), FINDING_VALUE_SHOWN},
            {g->row == NULL || g->row->by_hash ? BYTES_LITERAL("(…)") : g->row->text[COMPARE_B],
                    FINDING_VALUE_SHOWN},
            {bytes_text(lasts ? "; after a restart of the browser it was the same" : ""),
                    FINDING_NAME_SHOWN},
            {bytes_text(lasts ? "；重启浏览器后取值不变" : ""), FINDING_NAME_SHOWN},
            {bytes_text(g->row == NULL ? none_en : g->row->why_en), FINDING_STATEMENT_MOST},
            {bytes_text(g->row == NULL ? none_zh : g->row->why_zh), FINDING_STATEMENT_MOST},
    };
    enum compare_change c = f->change == CHANGE_CONFIRMED ? CHANGE_UPGRADED : f->change;

    return compare_finding_say(m->arena, f, &sentences[c], words);
}

static const char *control_of(const struct compare_row *row)
{
    if (row == NULL || row->result == COMPARE_NOT)
        return "not-seen";
    return row->result == COMPARE_EQUAL || row->result == COMPARE_FINGERPRINT ? "equal"
                                                                              : "differs";
}

static const char *restart_of(const struct making *m, const struct compare_row *row)
{
    if (m->cases[COMPARE_A2] == NULL)
        return "not-captured";
    if (row == NULL || !row->seen[COMPARE_A2])
        return "not-seen";
    return bytes_equal(row->text[COMPARE_A], row->text[COMPARE_A2]) ? "same" : "changed";
}

static void judge(
        struct making *m, const struct group *g, struct compare_finding *f, uint32_t *facts)
{
    const struct compare_item *item = f->item;
    unsigned bits = g->row == NULL ? item->bits : g->row->bits;

    switch (f->change) {
    case CHANGE_UPGRADED:
    case CHANGE_CONFIRMED:
        *facts |= FACT_BIT(FACT_U6);
        if (g->row != NULL && g->row->result == COMPARE_PERSISTENT)
            *facts |= FACT_BIT(FACT_U5);
        compare_verdict_specific(m->legal, item, *facts, bits, false, f);
        break;
    case CHANGE_SESSION:
        *facts |= bits >= COMPARE_BITS ? FACT_BIT(FACT_U6) : 0;
        compare_verdict_specific(m->legal, item, *facts, bits, true, f);
        break;
    case CHANGE_REMOVED:
        *facts |= FACT_BIT(FACT_D1);
        compare_verdict_equal(m->legal, item, false, f);
        break;
    case CHANGE_SUSPECT:
        compare_verdict_equal(m->legal, item, true, f);
        break;
    case CHANGE_RESTATED:
    case CHANGE_NONE:
    case CHANGE_ENDED:
    case CHANGE_CONTINUES:
    case CHANGE_RETURNED:
    case CHANGES:
        compare_verdict_keep(item, f);
        break;
    }
}

static bool add_items(struct making *m, const struct group *g, struct compare_finding *f)
{
    bool ok = true;

    for (size_t i = 0; i < g->n && ok; i++)
        ok = compare_finding_add(m->arena, f, COMPARE_A, g->items[i], g->origin == NULL);
    for (unsigned r = COMPARE_B; g->row != NULL && r < COMPARE_CASES; r++)
        for (size_t i = 0; i < g->row->item_count[r] && ok; i++)
            ok = compare_finding_add(m->arena, f, r, g->row->items[r][i], true);
    return ok;
}

static bool make(struct making *m, const struct group *g, enum compare_change change)
{
    struct compare_finding *f = compare_finding_new(m->arena, "tracking-identifier", m->out);
    uint32_t facts = g->facts;

    if (f == NULL)
        return false;
    f->change = change;
    f->origin = g->origin;
    /* The one that was sent, and to most pages, speaks for all. */
    compare_finding_about(f, g->items[0]);
    for (size_t i = 1; i < g->n; i++)
        if (g->items[i]->page_count > f->item->page_count)
            compare_finding_about(f, g->items[i]);
    judge(m, g, f, &facts);
    if (!add_items(m, g, f) || !compare_fact_item(m->arena, f))
        return false;
    compare_fact_text(f, "control", bytes_text(control_of(g->row)));
    compare_fact_text(f, "restart", bytes_text(restart_of(m, g->row)));
    if (g->row != NULL && !g->row->by_hash && g->row->seen[COMPARE_B])
        compare_fact_text(f, "control_value", g->row->text[COMPARE_B]);
    compare_fact_number(f, "nominal_bits", f->item->bits);
    if (g->row != NULL)
        compare_fact_number(f, "distinguishing_bits", g->row->bits);
    return compare_fact_rules(m->arena, f, facts) && state(m, g, f);
}

static bool make_all(struct making *m)
{
    const struct compare_case *a = m->cases[COMPARE_A];
    size_t n = a->item_count;

    for (size_t i = 0; i < n; i++)
        m->sorted[i] = &a->items[i];
    if (n != 0)
        qsort(m->sorted, n, sizeof(const struct compare_item *), by_value);
    for (size_t i = 0, next; i < n; i = next) {
        enum compare_change change;
        struct group g;

        for (next = i + 1; next < n && same_value(m->sorted[i], m->sorted[next]); next++)
            ;
        g = group_of(m, m->sorted + i, next - i);
        if (decide(&g, &change) && !make(m, &g, change))
            return false;
    }
    return true;
}

/* What the rows say of the items that a finding of A rests on: the strongest. */
static const struct compare_row *row_of(const void *context, const struct json_value *finding)
{
    const struct making *m = context;
    const struct compare_case *a = m->cases[COMPARE_A];
    struct outcome best = {0};

    for (const struct json_value *v = json_first(json_member(finding, "items")); v != NULL;
            v = json_next(v)) {
        const struct compare_item *item = compare_item_by_id(a, json_string_of(v));
        const struct compare_row *row = item == NULL ? NULL : m->outcomes[item - a->items].row;

        if (row != NULL)
            weigh(&best, row);
    }
    return best.row;
}

enum status compare_profile_findings(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], const struct compare_rows *rows,
        struct compare_findings *out)
{
    size_t n = cases[COMPARE_A]->item_count;
    struct compare_findings made = {0};
    struct making m = {.arena = arena,
            .legal = legal,
            .cases = cases,
            .outcomes = calloc(n + 1, sizeof(*m.outcomes)),
            .origins = calloc(n + 1, sizeof(*m.origins)),
            .sorted = calloc(n + 1, sizeof(*m.sorted)),
            .out = &made};
    bool ok = m.outcomes != NULL && m.origins != NULL && m.sorted != NULL;

    if (ok) {
        weigh_rows(&m, rows);
        find_origins(&m);
        ok = make_all(&m) && compare_restate(arena, legal, cases, row_of, &m, &made);
    }
    free(m.outcomes);
    free((void *)m.origins);
    free((void *)m.sorted);
    if (!ok)
        return STATUS_NOMEM;
    compare_findings_order(&made);
    *out = made;
    return STATUS_OK;
}
