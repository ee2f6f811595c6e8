/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/alias.h"

#include <stdlib.h>
#include <string.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct alias_edge {
    struct bytes name, target;
    const struct lookup *lookup;
};

static int by_name(const void *a, const void *b)
{
    const struct alias_edge *left = a, *right = b;
    int order = bytes_compare(left->name, right->name);

    if (order == 0)
        order = ORDER(left->lookup, right->lookup);
    return order == 0 ? bytes_compare(left->target, right->target) : order;
}

/* "0 target …": an alias; "1 target …": where the service is. "." is the name itself. */
static bool read_service(const char *answer, struct bytes *target)
{
    struct bytes rest = bytes_text(answer), priority;
    uint64_t number;

    if (!bytes_take_until(&rest, ' ', &priority) || !bytes_decimal(priority, &number))
        return false;
    if (!bytes_take_until(&rest, ' ', target))
        *target = rest;
    while (target->n != 0 && target->p[target->n - 1] == '.')
        target->n--;
    return target->n != 0;
}

static bool names_service(const struct lookup *l)
{
    return strcmp(l->type, "HTTPS") == 0 || strcmp(l->type, "SVCB") == 0;
}

static size_t count_edges(const struct lookup *l)
{
    return l->chain_count + (names_service(l) ? l->answer_count : 0);
}

static void add(
        struct aliases *a, struct bytes name, struct bytes target, const struct lookup *lookup)
{
    if (a->n < ALIAS_EDGES_MOST && !bytes_equal_nocase(name, target))
        a->edges[a->n++] = (struct alias_edge){name, target, lookup};
}

static void add_lookup(struct aliases *a, const struct lookup *l)
{
    struct bytes name = bytes_text(l->name), target;

    for (size_t i = 0; i < l->chain_count; i++) {
        target = bytes_text(l->chain[i]);
        add(a, name, target, l);
        name = target;
    }
    for (size_t i = 0; names_service(l) && i < l->answer_count; i++) {
        if (read_service(l->answers[i], &target))
            add(a, name, target, l);
    }
}

bool aliases_new(const struct lookup *all, size_t n, struct aliases *out)
{
    struct aliases a = {0};
    size_t edges = 0;

    for (size_t i = 0; i < n && edges < ALIAS_EDGES_MOST; i++)
        edges += count_edges(&all[i]);
    a.edges =
            calloc((edges < ALIAS_EDGES_MOST ? edges : ALIAS_EDGES_MOST) + 1, sizeof(*a.edges));
    if (a.edges == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        add_lookup(&a, &all[i]);
    if (a.n != 0)
        qsort(a.edges, a.n, sizeof(*a.edges), by_name);
    *out = a;
    return true;
}

void aliases_clear(struct aliases *a)
{
    free(a->edges);
    *a = (struct aliases){0};
}

static bool is_new(
        const struct alias_step *steps, size_t n, struct bytes host, struct bytes name)
{
    if (bytes_equal(name, host))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (bytes_equal(steps[i].name, name))
            return false;
    }
    return true;
}

static size_t first_edge(const struct aliases *a, struct bytes name)
{
    size_t low = 0, high = a->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(a->edges[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t aliases_follow(
        const struct aliases *a, struct bytes host, struct alias_step out[ALIAS_STEPS_MOST])
{
    struct bytes name = host;
    size_t n = 0, from = ALIAS_STEPS_MOST;

    for (size_t next = 0;; next++) {
        for (size_t i = first_edge(a, name);
                i < a->n && bytes_equal(a->edges[i].name, name) && n < ALIAS_STEPS_MOST; i++) {
            if (is_new(out, n, host, a->edges[i].target))
                out[n++] = (struct alias_step){a->edges[i].target, a->edges[i].lookup, from};
        }
        if (next == n)
            return n;
        name = out[next].name;
        from = next;
    }
}
