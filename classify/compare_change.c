/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "classify/compare_part.h"
#include "classify/compare_verdict.h"
#include "classify/verdict_fact.h"

enum { SITE_ITEMS_MOST = 4096 }; /* of B at one site that are looked at for one value */

struct changing {
    struct arena *arena;
    const struct legal *legal;
    const struct compare_case *a, *b;
    const struct compare_item **before; /* A's identifiers, by site, name, value */
    size_t before_count;
    const struct compare_item **after; /* all of B, by site and value */
    const struct compare_item **names; /* all of B, by site and name */
    struct compare_findings *out;
};

static int by_site_and_value(const void *a, const void *b)
{
    const struct compare_item *left = *(const struct compare_item *const *)a;
    const struct compare_item *right = *(const struct compare_item *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->sha256, right->sha256);
    return order == 0 ? (left > right) - (left < right) : order;
}

static int by_name_and_value(const void *a, const void *b)
{
    const struct compare_item *left = *(const struct compare_item *const *)a;
    const struct compare_item *right = *(const struct compare_item *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->name, right->name);
    if (order == 0)
        order = bytes_compare(left->sha256, right->sha256);
    return order == 0 ? (left > right) - (left < right) : order;
}

/* The values of B that are the same as one of A, at the same site, under whatever name. */
struct again {
    const struct compare_item *const *at;
    size_t n;
    const struct compare_item *set, *sent, *other; /* the earliest of each; NULL */
    int64_t first_ns;
};

static bool same_site_and_value(const struct compare_item *a, const struct compare_item *b)
{
    return bytes_equal(a->recipient_site, b->recipient_site) &&
           bytes_equal(a->sha256, b->sha256);
}

static void earlier(const struct compare_item **best, const struct compare_item *item)
{
    if (*best == NULL || item->first_ns < (*best)->first_ns)
        *best = item;
}

static struct again find_again(const struct changing *c, const struct compare_item *item)
{
    struct again r = {.first_ns = INT64_MAX};
    size_t low = 0, high = c->b->item_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct compare_item *is = c->after[middle];
        int order = bytes_compare(is->recipient_site, item->recipient_site);

        if (order == 0)
            order = bytes_compare(is->sha256, item->sha256);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    r.at = c->after + low;
    while (low + r.n < c->b->item_count && r.n < SITE_ITEMS_MOST &&
            same_site_and_value(c->after[low + r.n], item)) {
        const struct compare_item *is = c->after[low + r.n++];

        if (is->carrier == CARRIER_SET_COOKIE)
            earlier(&r.set, is);
        else if (is->carrier == CARRIER_COOKIE)
            earlier(&r.sent, is);
        else
            earlier(&r.other, is);
        r.first_ns = is->first_ns < r.first_ns ? is->first_ns : r.first_ns;
    }
    return r;
}

/* The browser had cleared its cookies, or a server set the value before it was sent there. */
static bool came_back(const struct changing *c, const struct again *r)
{
    const struct compare_site *site;
    int64_t cleared = c->b->cleared_ns != 0 ? c->b->cleared_ns : c->a->cleared_ns;

    if (r->n == 0)
        return false;
    if (cleared != 0 && r->first_ns >= cleared)
        return true;
    /* Where not all was seen, the browser may have sent it unseen. */
    if (c->b->unread_connections != 0 || r->set == NULL)
        return false;
    site = compare_find_site(c->b, r->set->recipient_site);
    if (site == NULL || site->incomplete != 0)
        return false;
    return r->sent == NULL || r->set->first_ns <= r->sent->first_ns;
}

/* By which way, as far as the second capture shows it: see respawn.h. */
static const char *way_of(const struct again *r)
{
    if (r->other != NULL && (r->set == NULL || r->other->first_ns <= r->set->first_ns))
        return r->other->carrier == CARRIER_ETAG ? "etag" : "storage";
    if (r->set == NULL && r->sent != NULL && bytes_is(bytes_text(r->sent->set_how), "script"))
        return "storage";
    return "unknown";
}

static const struct compare_sentence continues = {
        "$0 got $1 = $2 before the request, and still got it afterwards ($3 times).",
        "提出请求前，$0 收到 $1 = $2；此后仍收到该值（$3 次）。"};
static const struct compare_sentence returned = {"$0 had $1 = $2 before. Afterwards the value "
                                                 "came back without the browser having sent it "
                                                 "as a cookie first$4.",
        "此前 $0 掌握 $1 = $2；此后，浏览器尚未以 Cookie 形式发送该值，该值即重新出现$5。"};
static const struct compare_sentence ended = {
        "$0 got $1 = $2 before. Afterwards it was not seen any more: $6.",
        "此前 $0 收到 $1 = $2；此后未再出现：$7。"};

/* Why a value is not there any more. */
struct ending {
    enum compare_result result;
    const char *en, *zh;
};

static const struct ending endings[] = {
        {COMPARE_RENEWED, "the name is carried on with another value",
                "同一名称下改用了其他取值"},
        {COMPARE_ENDED, "the recipient was contacted, but the name was not carried",
                "与该接收方仍有往来，但未携带此名称"},
        {COMPARE_GONE, "the recipient was not contacted any more", "与该接收方不再有往来"},
};

static bool carries_name(const struct changing *c, const struct compare_item *item)
{
    size_t low = 0, high = c->b->item_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct compare_item *is = c->names[middle];
        int order = bytes_compare(is->recipient_site, item->recipient_site);

        if (order == 0)
            order = bytes_compare(is->name, item->name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static const struct ending *ending_of(const struct changing *c, const struct compare_item *item)
{
    if (compare_find_site(c->b, item->recipient_site) == NULL)
        return &endings[2];
    return carries_name(c, item) ? &endings[0] : &endings[1];
}

static bool add_times(struct changing *c, struct compare_finding *f, const struct again *r)
{
    int64_t asked = c->a->requested_ns != 0 ? c->a->requested_ns : c->b->requested_ns;
    char text[TIME_TEXT];
    const char *kept;

    if (asked != 0) {
        json_time_text(asked, text);
        kept = arena_string(c->arena, bytes_text(text));
        if (kept == NULL)
            return false;
        compare_fact_text(f, "requested_time", bytes_text(kept));
    }
    if (r->n != 0) {
        json_time_text(r->first_ns, text);
        kept = arena_string(c->arena, bytes_text(text));
        if (kept == NULL)
            return false;
        compare_fact_text(f, "first_time_after", bytes_text(kept));
    }
    return true;
}

static bool state(struct changing *c, struct compare_finding *f, const struct again *r,
        const struct ending *end)
{
    uint64_t times = 0;
    const char *count, *by = "", *by_zh = "";

    for (size_t i = 0; i < r->n; i++)
        times += r->at[i]->carrier == CARRIER_SET_COOKIE ? 0 : r->at[i]->occurrences;
    count = arena_print(c->arena, "%llu", (unsigned long long)times);
    if (r->set != NULL && f->change == CHANGE_RETURNED) {
        by = "; a response of its server set it again";
        by_zh = "，系由其服务器的响应再次设置";
    }
    if (count == NULL)
        return false;
    return compare_finding_say(c->arena, f,
            f->change == CHANGE_CONTINUES  ? &continues
            : f->change == CHANGE_RETURNED ? &returned
                                           : &ended,
            (const struct finding_word[]){
                    {f->recipient, FINDING_NAME_SHOWN},
                    {f->item->name, FINDING_NAME_SHOWN},
                    {compare_item_shown(f->item), FINDING_VALUE_SHOWN},
                    {bytes_text(count), FINDING_NAME_SHOWN},
                    {bytes_text(by), FINDING_NAME_SHOWN},
                    {bytes_text(by_zh), FINDING_NAME_SHOWN},
                    {bytes_text(end == NULL ? "" : end->en), FINDING_NAME_SHOWN},
                    {bytes_text(end == NULL ? "" : end->zh), FINDING_NAME_SHOWN},
            });
}

static bool make(struct changing *c, const struct compare_item *const *items, size_t n)
{
    struct again r = find_again(c, items[0]);
    bool back = came_back(c, &r);
    const struct ending *end = r.n == 0 ? ending_of(c, items[0]) : NULL;
    struct compare_finding *f = compare_finding_new(c->arena,
            back       ? "identifier-respawn"
            : r.n != 0 ? "erasure-not-effective"
                       : "tracking-identifier",
            c->out);
    uint32_t facts = 0;

    if (f == NULL)
        return false;
    f->change = back ? CHANGE_RETURNED : r.n != 0 ? CHANGE_CONTINUES : CHANGE_ENDED;
    compare_finding_about(f, items[0]);
    for (size_t i = 0; i < n; i++) {
        facts |= items[i]->facts;
        if (!compare_finding_add(c->arena, f, COMPARE_A, items[i], true))
            return false;
    }
    for (size_t i = 0; i < r.n; i++)
        if (!compare_finding_add(c->arena, f, COMPARE_B, r.at[i], true))
            return false;
    facts |= r.n != 0 ? FACT_BIT(FACT_U5) : 0;
    facts |= back ? FACT_BIT(FACT_U8) : 0;
    if (r.n != 0)
        compare_verdict_specific(c->legal, f->item, facts, f->item->bits, false, f);
    else
        compare_verdict_keep(f->item, f);
    if (!compare_fact_item(c->arena, f) || !add_times(c, f, &r) ||
            !compare_fact_rules(c->arena, f, facts))
        return false;
    compare_fact_text(f, "after",
            bytes_text(end == NULL ? compare_change_name(f->change)
                                   : compare_result_name(end->result)));
    if (back) {
        const struct bytes via = bytes_text(way_of(&r));

        if (!compare_fact_list(c->arena, f, "via", &via, 1))
            return false;
        if (r.set != NULL) {
            compare_fact_text(f, "set_again_by", r.set->recipient);
            compare_fact_text(f, "set_again_exchange",
                    r.set->exchange_count == 0 ? r.set->set_by : r.set->exchanges[0]);
        }
    }
    return state(c, f, &r, end);
}

/* What the row says, now that the second case is a later one and no control. */
static void rewrite(struct changing *c, struct compare_rows *rows)
{
    for (unsigned i = 0; i < COMPARE_RESULTS; i++)
        rows->counts[i] = 0;
    for (size_t i = 0; i < rows->n; i++) {
        struct compare_row *row = &rows->at[i];

        if (!row->seen[COMPARE_A]) {
            row->result = COMPARE_NEW;
            row->why_en = "only in the second capture";
            row->why_zh = "仅在第二次记录中出现";
        } else if (row->result == COMPARE_EQUAL || row->result == COMPARE_FINGERPRINT) {
            row->result = COMPARE_CONTINUES;
            row->why_en = "the same value in both captures";
            row->why_zh = "两次记录中取值相同";
        } else {
            const struct ending *end =
                    row->seen[COMPARE_B]                                         ? &endings[0]
                    : compare_find_site(c->b, row->item->recipient_site) == NULL ? &endings[2]
                                                                                 : &endings[1];

            row->result = end->result;
            row->why_en = end->en;
            row->why_zh = end->zh;
        }
        rows->counts[row->result]++;
    }
}

static bool make_all(struct changing *c)
{
    for (size_t i = 0, next; i < c->before_count; i = next) {
        for (next = i + 1; next < c->before_count; next++)
            if (!same_site_and_value(c->before[i], c->before[next]) ||
                    !bytes_equal(c->before[i]->name, c->before[next]->name))
                break;
        if (!make(c, c->before + i, next - i))
            return false;
    }
    return true;
}

enum status compare_before_after(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], struct compare_rows *rows,
        struct compare_findings *out)
{
    const struct compare_case *a = cases[COMPARE_A], *b = cases[COMPARE_B];
    struct compare_findings made = {0};
    struct changing c = {.arena = arena,
            .legal = legal,
            .a = a,
            .b = b,
            .before = calloc(a->item_count + 1, sizeof(*c.before)),
            .after = calloc(b->item_count + 1, sizeof(*c.after)),
            .names = calloc(b->item_count + 1, sizeof(*c.names)),
            .out = &made};
    bool ok = c.before != NULL && c.after != NULL && c.names != NULL;

    for (size_t i = 0; ok && i < a->item_count; i++)
        if (compare_item_identifies(&a->items[i]))
            c.before[c.before_count++] = &a->items[i];
    for (size_t i = 0; ok && i < b->item_count; i++)
        c.after[i] = c.names[i] = &b->items[i];
    if (ok && c.before_count != 0)
        qsort(c.before, c.before_count, sizeof(const struct compare_item *), by_name_and_value);
    if (ok && b->item_count != 0)
        qsort(c.after, b->item_count, sizeof(const struct compare_item *), by_site_and_value);
    if (ok && b->item_count != 0)
        qsort(c.names, b->item_count, sizeof(const struct compare_item *), by_name_and_value);
    ok = ok && make_all(&c);
    if (ok)
        rewrite(&c, rows);
    free((void *)c.before);
    free((void *)c.after);
    free((void *)c.names);
    if (!ok)
        return STATUS_NOMEM;
    compare_findings_order(&made);
    *out = made;
    return STATUS_OK;
}
