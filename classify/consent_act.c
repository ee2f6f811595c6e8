/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_act.h"

#include <stdlib.h>

#include "base/array.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

bool consent_acts_add(
        struct consent_acts *acts, const struct consent_act *act, size_t first_of_trace)
{
    struct consent_act *grown;

    /* A trace lists few places, and they come in order of time. */
    for (size_t i = acts->n; i > first_of_trace; i--) {
        struct consent_act *seen = &acts->at[i - 1];

        if (seen->phase != act->phase || !bytes_equal(seen->page, act->page))
            continue;
        seen->times++;
        seen->last = act->place;
        seen->last_ns = act->time_ns;
        return true;
    }
    if (acts->n == CONSENT_ACTS_MOST) {
        acts->capped = true;
        return true;
    }
    grown = array_grow(acts->at, acts->n, &acts->capacity, sizeof(*grown));
    if (grown == NULL)
        return false;
    acts->at = grown;
    acts->at[acts->n] = *act;
    acts->at[acts->n].times = 1;
    acts->at[acts->n].last = act->place;
    acts->at[acts->n].last_ns = act->time_ns;
    acts->n++;
    return true;
}

void consent_acts_clear(struct consent_acts *acts)
{
    free(acts->at);
    *acts = (struct consent_acts){0};
}

static int by_group(const void *a, const void *b)
{
    const struct consent_act *left = a, *right = b;
    int order = bytes_compare(left->page, right->page);

    if (order == 0)
        order = bytes_compare(left->recipient, right->recipient);
    if (order == 0)
        order = ORDER(left->phase, right->phase);
    if (order == 0)
        order = ORDER(left->place->exchange, right->place->exchange);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

void consent_acts_sort(struct consent_acts *acts)
{
    if (acts->n != 0)
        qsort(acts->at, acts->n, sizeof(*acts->at), by_group);
}

bool consent_acts_together(const struct consent_act *a, const struct consent_act *b)
{
    return a->phase == b->phase && bytes_equal(a->page, b->page) &&
           bytes_equal(a->recipient, b->recipient);
}
