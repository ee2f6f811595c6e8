/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/upgrade.h"

#include <stdlib.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct stream {
    uint32_t connection;
    uint8_t nested;
    uint64_t stream;
    size_t exchange;
};

static int by_place(const struct stream *left, const struct stream *right)
{
    int order = ORDER(left->connection, right->connection);

    if (order == 0)
        order = ORDER(left->stream, right->stream);
    return order == 0 ? ORDER(left->nested, right->nested) : order;
}

static int compare(const void *a, const void *b)
{
    const struct stream *left = a, *right = b;
    int order = by_place(left, right);

    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

static int64_t find(const struct stream *streams, size_t n, const struct stream *want)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_place(&streams[middle], want) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || by_place(&streams[low], want) != 0)
        return -1;
    return (int64_t)streams[low].exchange;
}

/* Of the same stage of its connection, or, where an upgrade counts as a stage, of the one below. */
static int64_t opener(const struct stream *streams, size_t n, const struct exchange *x)
{
    struct stream want = {
            .connection = x->connection, .nested = x->nested, .stream = x->stream};
    int64_t found = find(streams, n, &want);

    if (found == -1 && want.nested != 0) {
        want.nested--;
        found = find(streams, n, &want);
    }
    return found;
}

bool upgrade_link(const struct evidence *e, int64_t *opened)
{
    struct stream *streams = calloc(e->exchange_count + 1, sizeof(*streams));
    size_t n = 0;

    if (streams == NULL)
        return false;
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct exchange *x = e->exchanges[i];

        if (x->message == 0)
            streams[n++] = (struct stream){x->connection, x->nested, x->stream, i};
    }
    if (n != 0 && n != e->exchange_count)
        qsort(streams, n, sizeof(*streams), compare);
    for (size_t i = 0; i < e->exchange_count; i++)
        opened[i] = e->exchanges[i]->message == 0 ? -1 : opener(streams, n, e->exchanges[i]);
    free(streams);
    return true;
}
