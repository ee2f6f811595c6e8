/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/carried.h"

#include <stdlib.h>
#include <string.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_place(const void *a, const void *b)
{
    const struct carried_place *left = a, *right = b;
    int order = ORDER(left->place->exchange, right->place->exchange);

    if (order == 0)
        order = strcmp(left->place->part, right->place->part);
    if (order == 0)
        order = ORDER(left->place->off, right->place->off);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

enum status carried_make(
        struct trace *const *traces, size_t n, const bool *wanted, struct carried *out)
{
    struct carried made = {0};

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < traces[i]->place_count; k++)
            made.n += wanted[traces[i]->places[k].exchange];
    }
    made.at = calloc(made.n + 1, sizeof(*made.at));
    if (made.at == NULL)
        return STATUS_NOMEM;
    made.n = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < traces[i]->place_count; k++) {
            const struct place *p = &traces[i]->places[k];

            if (wanted[p->exchange])
                made.at[made.n++] = (struct carried_place){traces[i], p};
        }
    }
    if (made.n != 0)
        qsort(made.at, made.n, sizeof(*made.at), by_place);
    *out = made;
    return STATUS_OK;
}

void carried_clear(struct carried *c)
{
    free(c->at);
    *c = (struct carried){0};
}

const struct carried_place *carried_in(const struct carried *c, size_t exchange, size_t *n)
{
    size_t low = 0, high = c->n, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->at[middle].place->exchange < exchange)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < c->n && c->at[end].place->exchange == exchange;)
        end++;
    *n = end - low;
    return c->at + low;
}

/* By exchange, part and the begin of the place. */
static int before(const struct place *a, const struct place *b)
{
    int order = ORDER(a->exchange, b->exchange);

    if (order == 0)
        order = strcmp(a->part, b->part);
    return order == 0 ? ORDER(a->off, b->off) : order;
}

const struct trace *carried_find(const struct carried *c, const struct place *place)
{
    size_t low = 0, high = c->n;

    /* The first that begins behind the place: the one before it may hold it. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (before(c->at[middle].place, place) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low-- != 0) {
        const struct place *p = c->at[low].place;

        if (p->exchange != place->exchange || strcmp(p->part, place->part) != 0)
            break;
        if (p->off == place->off || p->off + p->len >= place->off + place->len)
            return c->at[low].trace;
        /* Values of one part do not overlap, so no earlier one reaches here. */
        if (p->off + p->len <= place->off)
            break;
    }
    return NULL;
}
