/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/compare_part.h"

#include <stdlib.h>
#include <string.h>

#include "classify/verdict_fact.h"

enum { ITEMS_MOST = 64 };

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct compare_finding *compare_finding_new(
        struct arena *arena, const char *kind, struct compare_findings *out)
{
    struct compare_finding *f = arena_alloc(arena, sizeof(*f));
    struct compare_finding **grown =
            f == NULL ? NULL
                      : arena_grow(arena, out->at, out->n, &out->capacity, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    out->at = grown;
    out->at[out->n++] = f;
    f->kind = kind;
    f->change = CHANGE_NONE;
    return f;
}

void compare_finding_about(struct compare_finding *f, const struct compare_item *item)
{
    f->item = item;
    f->recipient = item->recipient;
    f->recipient_site = item->recipient_site;
    f->owner = item->owner;
    if (item->page_count != 0)
        f->page_site = item->pages[0];
}

void compare_finding_cite(
        struct compare_finding *f, enum compare_role role, struct bytes exchange)
{
    size_t n = f->cited_count[role];

    for (size_t i = 0; i < n; i++)
        if (bytes_equal(f->cited[role][i], exchange))
            return;
    if (n < COMPARE_CITED_MOST && exchange.n != 0)
        f->cited[role][f->cited_count[role]++] = exchange;
}

bool compare_finding_add(struct arena *arena, struct compare_finding *f, enum compare_role role,
        const struct compare_item *item, bool cite)
{
    size_t n = f->item_count[role];

    if (f->items[role] == NULL)
        f->items[role] = arena_array(arena, ITEMS_MOST, sizeof(const struct compare_item *));
    if (f->items[role] == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (f->items[role][i] == item)
            return true;
    if (n < ITEMS_MOST)
        f->items[role][f->item_count[role]++] = item;
    for (size_t i = 0; cite && i < item->exchange_count; i++)
        compare_finding_cite(f, role, item->exchanges[i]);
    return true;
}

static void add_fact(struct compare_finding *f, struct finding_fact fact)
{
    if (f->fact_count < COMPARE_FACTS_MOST)
        f->facts[f->fact_count++] = fact;
}

void compare_fact_text(struct compare_finding *f, const char *name, struct bytes text)
{
    add_fact(f, (struct finding_fact){.name = name, .kind = FACT_TEXT, .text = text});
}

void compare_fact_number(struct compare_finding *f, const char *name, int64_t number)
{
    add_fact(f, (struct finding_fact){.name = name, .kind = FACT_NUMBER, .number = number});
}

bool compare_fact_list(struct arena *arena, struct compare_finding *f, const char *name,
        const struct bytes *list, size_t n)
{
    struct bytes *copy = arena_array(arena, n, sizeof(*copy));

    if (copy == NULL)
        return false;
    if (n != 0)
        memcpy(copy, list, n * sizeof(*copy));
    add_fact(f, (struct finding_fact){
                        .name = name, .kind = FACT_LIST, .list = copy, .list_count = n});
    return true;
}

bool compare_fact_rules(struct arena *arena, struct compare_finding *f, uint32_t facts)
{
    struct bytes codes[VERDICT_FACTS];
    size_t n = 0;

    for (unsigned i = 0; i < VERDICT_FACTS; i++)
        if ((facts & FACT_BIT(i)) != 0)
            codes[n++] = bytes_text(verdict_fact_names[i]);
    return compare_fact_list(arena, f, "rules", codes, n);
}

static bool add_page(struct bytes *pages, size_t *n, struct bytes page)
{
    for (size_t i = 0; i < *n; i++)
        if (bytes_equal(pages[i], page))
            return true;
    if (*n < TRACE_PAGES_MOST)
        pages[(*n)++] = page;
    return true;
}

bool compare_fact_item(struct arena *arena, struct compare_finding *f)
{
    struct bytes pages[TRACE_PAGES_MOST];
    const char *how = "unknown";
    int64_t lifetime = -1, times = 0;
    size_t n = 0;

    for (size_t i = 0; i < f->item_count[COMPARE_A]; i++) {
        const struct compare_item *item = f->items[COMPARE_A][i];

        for (size_t k = 0; k < item->page_count; k++)
            (void)add_page(pages, &n, item->pages[k]);
        lifetime = item->lifetime_days > lifetime ? item->lifetime_days : lifetime;
        times += item->carrier == CARRIER_SET_COOKIE ? 0 : (int64_t)item->occurrences;
        how = strcmp(how, "unknown") == 0 ? item->set_how : how;
    }
    compare_fact_text(f, "name", f->item->name);
    if (!f->item->by_hash)
        compare_fact_text(f, "value", f->item->text);
    compare_fact_text(f, "set_by", bytes_text(how));
    if (lifetime >= 0)
        compare_fact_number(f, "lifetime_days", lifetime);
    compare_fact_number(f, "times_sent", times);
    return compare_fact_list(arena, f, "sites_seen_on", pages, n);
}

bool compare_finding_say(struct arena *arena, struct compare_finding *f,
        const struct compare_sentence *sentence, const struct finding_word *words)
{
    f->statement_en = finding_say(arena, sentence->en, words);
    f->statement_zh = finding_say(arena, sentence->zh, words);
    return f->statement_en != NULL && f->statement_zh != NULL;
}

static int by_weight(const void *a, const void *b)
{
    const struct compare_finding *left = *(const struct compare_finding *const *)a;
    const struct compare_finding *right = *(const struct compare_finding *const *)b;
    const struct compare_item *l = left->item, *r = right->item;
    int order = ORDER(left->change, right->change);

    /* Restated ones speak of no one item. */
    if (order == 0 && (l == NULL || r == NULL))
        order = ORDER(l == NULL, r == NULL);
    if (order == 0 && l != NULL && r != NULL) {
        order = ORDER(r->party == PARTY_THIRD, l->party == PARTY_THIRD);
        if (order == 0)
            order = ORDER(r->page_count, l->page_count);
        if (order == 0)
            order = ORDER(l->number, r->number);
    }
    if (order == 0)
        order = strcmp(left->kind, right->kind);
    if (order == 0)
        order = bytes_compare(left->recipient_site, right->recipient_site);
    return order == 0 ? strcmp(left->statement_en, right->statement_en) : order;
}

void compare_findings_order(struct compare_findings *f)
{
    if (f->n != 0)
        qsort(f->at, f->n, sizeof(struct compare_finding *), by_weight);
    for (unsigned i = 0; i < CHANGES; i++)
        f->counts[i] = 0;
    for (size_t i = 0; i < f->n; i++)
        f->counts[f->at[i]->change]++;
}

const struct compare_item *compare_item_by_id(const struct compare_case *c, const char *id)
{
    uint64_t number;
    size_t low = 0, high = c->item_count;

    if (id == NULL || id[0] != 'i' || !bytes_decimal(bytes_text(id + 1), &number))
        return NULL;
    /* Items are numbered in the order of their file; where a file is not so, none is found. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->item_count && c->items[low].number == number ? &c->items[low] : NULL;
}

struct bytes compare_item_shown(const struct compare_item *item)
{
    return item->masked    ? BYTES_LITERAL("(not shown)")
           : item->by_hash ? item->sha256
                           : item->text;
}

bool compare_item_identifies(const struct compare_item *item)
{
    return item->class_ == CLASS_BROWSER_IDENTIFIER || item->class_ == CLASS_DEVICE ||
           item->class_ == CLASS_ACCOUNT;
}
