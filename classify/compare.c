/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/compare_row.h"
#include "classify/value.h"

enum {
    SCRATCH_MOST = 256 << 20, /* for the leaves of one name */
    PATH_MOST = 80,           /* bytes of a key in a path */
    PATH_TEXT = 128,
    LISTED_MOST = 64, /* items of one case in a row */
};

#define SIMILAR_BUDGET UINT64_C(2000000000) /* comparisons for the ratios of all rows */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static const char *const roles[] = {"a", "b", "a2"};

static const char *const results[] = {
        [COMPARE_PERSISTENT] = "persistent-identifier",
        [COMPARE_SPECIFIC] = "user-specific",
        [COMPARE_SESSION] = "session-or-nonce",
        [COMPARE_SHORT] = "user-specific-short",
        [COMPARE_FINGERPRINT] = "fingerprint-suspect",
        [COMPARE_EQUAL] = "equal",
        [COMPARE_DIFFERS] = "differs",
        [COMPARE_NOT] = "not-comparable",
        [COMPARE_CONTINUES] = "continues",
        [COMPARE_RENEWED] = "renewed",
        [COMPARE_ENDED] = "ended",
        [COMPARE_GONE] = "recipient-not-seen",
        [COMPARE_NEW] = "new",
};

static const char *const changed[] = {
        [CHANGE_UPGRADED] = "upgraded",
        [CHANGE_CONFIRMED] = "confirmed",
        [CHANGE_SESSION] = "session",
        [CHANGE_REMOVED] = "removed",
        [CHANGE_SUSPECT] = "fingerprint-suspect",
        [CHANGE_RESTATED] = "restated",
        [CHANGE_NONE] = "unchanged",
        [CHANGE_ENDED] = "ended",
        [CHANGE_CONTINUES] = "continues",
        [CHANGE_RETURNED] = "returned",
};

const char *compare_role_name(enum compare_role role)
{
    return roles[role];
}

const char *compare_result_name(enum compare_result result)
{
    return results[result];
}

const char *compare_change_name(enum compare_change change)
{
    return changed[change];
}

const struct compare_site *compare_find_site(const struct compare_case *c, struct bytes site)
{
    size_t low = 0, high = c->site_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(c->sites[middle].site, site);

        if (order == 0)
            return &c->sites[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool compare_visited(const struct compare_case *c, struct bytes page_site)
{
    for (size_t i = 0; i < c->page_count; i++)
        if (bytes_equal(c->pages[i], page_site))
            return true;
    return false;
}

struct ref {
    const struct compare_item *item;
    enum compare_role role;
};

struct work {
    struct arena *arena, *scratch;
    const struct compare_case *const *cases;
    struct compare_rows *rows;
    uint64_t budget;
    struct compare_values any[COMPARE_CASES]; /* see gather_any */
    struct compare_entry *entries;            /* in the scratch arena */
    size_t n, capacity;
};

/* What a site sets as a cookie is what it is sent as one. */
static enum carrier carrier_of(const struct compare_item *item)
{
    return item->carrier == CARRIER_SET_COOKIE ? CARRIER_COOKIE : item->carrier;
}

static int same_name_order(const struct compare_item *a, const struct compare_item *b)
{
    int order = bytes_compare(a->recipient_site, b->recipient_site);

    if (order == 0)
        order = ORDER(carrier_of(a), carrier_of(b));
    return order == 0 ? bytes_compare(a->name, b->name) : order;
}

static int by_name(const void *a, const void *b)
{
    const struct ref *left = a, *right = b;
    int order = same_name_order(left->item, right->item);

    if (order == 0)
        order = ORDER(left->role, right->role);
    return order == 0 ? ORDER(left->item, right->item) : order;
}

static int by_leaf(const void *a, const void *b)
{
    const struct compare_entry *left = a, *right = b;
    int order = bytes_compare(left->path, right->path);

    if (order == 0)
        order = ORDER(left->role, right->role);
    if (order == 0)
        order = bytes_compare(left->text, right->text);
    return order == 0 ? ORDER(left->item, right->item) : order;
}

static enum status add_entry(
        struct work *w, const struct ref *ref, struct bytes path, struct bytes text)
{
    struct compare_entry *grown =
            arena_grow(w->scratch, w->entries, w->n, &w->capacity, sizeof(*w->entries));

    if (grown == NULL)
        return STATUS_NOMEM;
    w->entries = grown;
    w->entries[w->n++] = (struct compare_entry){path, text, ref->role, ref->item};
    return STATUS_OK;
}

/* The key a leaf stands under; "key#2" for the second of its name. */
static char *path_of(struct arena *arena, const struct leaves *leaves, size_t at)
{
    struct bytes key = bytes_slice(leaves->at[at].key, 0, PATH_MOST);
    unsigned ordinal = 1;

    for (size_t i = 0; i < at; i++)
        ordinal += bytes_equal(leaves->at[i].key, leaves->at[at].key);
    if (ordinal == 1)
        return arena_string(arena, key);
    return arena_print(arena, "%.*s#%u", (int)key.n, (const char *)key.p, ordinal);
}

static enum status take_apart(struct work *w, const struct ref *ref)
{
    struct leaves *leaves = arena_alloc(w->scratch, sizeof(*leaves));
    enum status status = STATUS_OK;

    if (leaves == NULL || !value_leaves(w->scratch, ref->item->text, leaves))
        return STATUS_NOMEM;
    for (size_t i = 0; i < leaves->n && status == STATUS_OK; i++) {
        const char *path = path_of(w->scratch, leaves, i);

        if (path == NULL)
            return STATUS_NOMEM;
        status = add_entry(w, ref, bytes_text(path), leaves->at[i].text);
    }
    return status;
}

static struct compare_values values_of(const struct compare_entry *at, size_t n)
{
    struct compare_values v = {.at = at, .n = n};

    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && bytes_equal(at[i].text, at[next].text); next++)
            ;
        v.distinct++;
        for (size_t k = i; k < next; k++) {
            if (at[k].item->carrier != CARRIER_SET_COOKIE) {
                v.sent++;
                break;
            }
        }
        v.once += next == i + 1 && at[i].item->occurrences <= 1;
    }
    return v;
}

/* The items that carry `text`, the first of them. */
static bool list_items(struct work *w, const struct compare_values *v, struct bytes text,
        enum compare_role role, struct compare_row *row)
{
    const struct compare_entry *first = compare_value_find(v, text);
    const struct compare_item *last = NULL;
    size_t n = 0;

    if (first == NULL)
        return true;
    row->items[role] = arena_array(w->arena, LISTED_MOST, sizeof(const struct compare_item *));
    if (row->items[role] == NULL)
        return false;
    for (const struct compare_entry *e = first;
            e < v->at + v->n && n < LISTED_MOST && bytes_equal(e->text, text); e++) {
        if (e->item != last)
            row->items[role][n++] = e->item;
        last = e->item;
    }
    row->item_count[role] = n;
    return true;
}

/* A's value is `text`; B's and A2's are the same one, or else the first they have. */
static enum status add_row(
        struct work *w, const struct compare_leaf *leaf, const struct compare_entry *entry)
{
    struct compare_rows *rows = w->rows;
    struct compare_row row = {.item = entry->item, .by_hash = leaf->by_hash};
    struct compare_row *grown;

    if (rows->n == COMPARE_ROWS_MOST) {
        rows->capped = true;
        return STATUS_OK;
    }
    if (!arena_copy(w->arena, entry->path, &row.path))
        return STATUS_NOMEM;
    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        const struct compare_values *v = &leaf->of[r];
        const struct compare_entry *same = compare_value_find(v, entry->text);
        const struct compare_entry *shown = same != NULL ? same : v->n != 0 ? v->at : NULL;

        row.seen[r] = v->n != 0;
        row.values[r] = v->distinct;
        if (shown != NULL && (!arena_copy(w->arena, shown->text, &row.text[r]) ||
                                     !list_items(w, v, shown->text, r, &row)))
            return STATUS_NOMEM;
    }
    compare_row_decide(leaf, &w->budget, &row);
    grown = arena_grow(w->arena, rows->at, rows->n, &rows->capacity, sizeof(*rows->at));
    if (grown == NULL)
        return STATUS_NOMEM;
    rows->at = grown;
    rows->at[rows->n++] = row;
    rows->counts[row.result]++;
    return STATUS_OK;
}

static int by_text(const void *a, const void *b)
{
    const struct compare_entry *left = a, *right = b;
    int order = bytes_compare(left->text, right->text);

    return order == 0 ? ORDER(left->item, right->item) : order;
}

/* All leaves of the name in one case that may identify, wherever in the value they stand: for a
 * leaf that the other case has at no such place, because its values are built otherwise. */
static enum status gather_any(
        struct work *w, enum compare_role role, struct compare_values *out)
{
    struct compare_entry *any = arena_array(w->scratch, w->n, sizeof(*any));
    size_t n = 0;

    if (any == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < w->n; i++)
        if (w->entries[i].role == role &&
                compare_may_identify(w->entries[i].text, w->entries[i].item->first_ns))
            any[n++] = w->entries[i];
    if (n != 0)
        qsort(any, n, sizeof(*any), by_text);
    *out = values_of(any, n);
    return STATUS_OK;
}

/* All values of one leaf. A name with very many values changes all the time: one row tells. */
static enum status add_leaf(
        struct work *w, struct compare_leaf *leaf, const struct compare_entry *at, size_t n)
{
    const struct compare_values *a = &leaf->of[COMPARE_A];
    enum status status = STATUS_OK;
    size_t begin = 0;

    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        size_t end = begin;

        while (end < n && at[end].role == r)
            end++;
        leaf->of[r] = values_of(at + begin, end - begin);
        begin = end;
    }
    if (a->n == 0)
        return leaf->of[COMPARE_B].n == 0 ? STATUS_OK
                                          : add_row(w, leaf, leaf->of[COMPARE_B].at);
    for (unsigned r = COMPARE_B; r < COMPARE_CASES; r++)
        if (leaf->of[r].n == 0 && compare_may_identify(a->at[0].text, a->at[0].item->first_ns))
            leaf->of[r] = w->any[r];
    if (a->distinct > COMPARE_VALUES_MOST)
        return add_row(w, leaf, a->at);
    for (size_t i = 0; i < a->n && status == STATUS_OK; i++) {
        if (i == 0 || !bytes_equal(a->at[i].text, a->at[i - 1].text))
            status = add_row(w, leaf, &a->at[i]);
    }
    return status;
}

/* All items of one name at one site. */
static enum status add_name(struct work *w, const struct ref *refs, size_t n)
{
    struct compare_leaf leaf = {.has_restart = w->cases[COMPARE_A2] != NULL};
    size_t taken[COMPARE_CASES] = {0};
    enum status status = STATUS_OK;

    w->entries = NULL;
    w->n = w->capacity = 0;
    leaf.site_in_b =
            compare_find_site(w->cases[COMPARE_B], refs[0].item->recipient_site) != NULL;
    for (size_t i = 0; i < n; i++)
        leaf.by_hash |= refs[i].item->by_hash;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        if (taken[refs[i].role]++ >= COMPARE_GROUP_MOST)
            w->rows->capped = true;
        else if (leaf.by_hash)
            status = add_entry(w, &refs[i], (struct bytes){0}, refs[i].item->sha256);
        else
            status = take_apart(w, &refs[i]);
    }
    if (status == STATUS_OK && w->n != 0)
        qsort(w->entries, w->n, sizeof(*w->entries), by_leaf);
    for (unsigned r = COMPARE_B; r < COMPARE_CASES && status == STATUS_OK; r++)
        status = gather_any(w, r, &w->any[r]);
    for (size_t i = 0, next; i < w->n && status == STATUS_OK; i = next) {
        for (next = i + 1; next < w->n; next++)
            if (!bytes_equal(w->entries[i].path, w->entries[next].path))
                break;
        status = add_leaf(w, &leaf, w->entries + i, next - i);
    }
    return status;
}

static struct ref *collect(const struct compare_case *const cases[COMPARE_CASES], size_t *n)
{
    size_t all = 0;
    struct ref *refs;

    for (unsigned r = 0; r < COMPARE_CASES; r++)
        all += cases[r] == NULL ? 0 : cases[r]->item_count;
    refs = calloc(all + 1, sizeof(*refs));
    *n = all;
    if (refs == NULL)
        return NULL;
    all = 0;
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        for (size_t i = 0; cases[r] != NULL && i < cases[r]->item_count; i++)
            refs[all++] = (struct ref){&cases[r]->items[i], r};
    if (all != 0)
        qsort(refs, all, sizeof(*refs), by_name);
    return refs;
}

enum status compare_profiles(struct arena *arena,
        const struct compare_case *const cases[COMPARE_CASES], struct compare_rows *out)
{
    struct compare_rows rows = {0};
    struct work w = {.arena = arena, .cases = cases, .rows = &rows, .budget = SIMILAR_BUDGET};
    enum status status = STATUS_OK;
    struct ref *refs;
    size_t n;

    refs = collect(cases, &n);
    if (refs == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0, next; i < n && status == STATUS_OK; i = next) {
        for (next = i + 1; next < n; next++)
            if (same_name_order(refs[i].item, refs[next].item) != 0)
                break;
        w.scratch = arena_new(SCRATCH_MOST);
        status = w.scratch == NULL ? STATUS_NOMEM : add_name(&w, refs + i, next - i);
        arena_free(w.scratch);
    }
    free(refs);
    if (status == STATUS_OK)
        *out = rows;
    return status;
}
