/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ledger.h"

#include <stdlib.h>

#include "base/array.h"

static const char *const cause_names[GAP_CAUSES] = {
        [GAP_LOST] = "LOST",
        [GAP_SNAPLEN] = "SNAPLEN",
        [GAP_KERNEL_DROP] = "KERNEL_DROP",
        [GAP_MIDSTREAM] = "MIDSTREAM",
        [GAP_NO_KEYS] = "NO_KEYS",
        [GAP_BAD_TAG] = "BAD_TAG",
        [GAP_BAD] = "BAD",
        [GAP_UNSUPPORTED] = "UNSUPPORTED",
        [GAP_CONFLICT] = "CONFLICT",
        [GAP_BUDGET] = "BUDGET",
        [GAP_CUT] = "CUT",
};

static const char *const layer_names[] = {
        [LAYER_FILE] = "file",
        [LAYER_PACKET] = "packet",
        [LAYER_STREAM] = "stream",
        [LAYER_TLS] = "tls",
        [LAYER_QUIC] = "quic",
        [LAYER_HTTP] = "http",
};

const char *gap_cause_name(enum gap_cause why)
{
    return cause_names[why];
}

const char *layer_name(enum layer layer)
{
    return layer_names[layer];
}

void ledger_init(struct ledger *l, uint32_t connection)
{
    *l = (struct ledger){.connection = connection};
}

void ledger_clear(struct ledger *l)
{
    free(l->gaps);
    ledger_init(l, l->connection);
}

/* The ledger is full: its last entry takes in what comes. */
static uint32_t widen_last(struct ledger *l, const struct gap *gap)
{
    struct gap *last = &l->gaps[l->n - 1];

    if (__builtin_add_overflow(last->len, gap->len, &last->len))
        last->len = UINT64_MAX;
    if (gap->last_packet > last->last_packet)
        last->last_packet = gap->last_packet;
    last->detail = "more gaps than the ledger holds; this entry stands for the rest";
    return last->id;
}

uint32_t ledger_file(struct ledger *l, const struct gap *gap)
{
    struct gap *gaps;

    if (l->n == LEDGER_MOST)
        return widen_last(l, gap);
    gaps = array_grow(l->gaps, l->n, &l->capacity, sizeof(*gaps));
    if (gaps == NULL)
        return 0;
    l->gaps = gaps;
    l->gaps[l->n] = *gap;
    l->gaps[l->n].id = (uint32_t)l->n + 1;
    l->gaps[l->n].connection = l->connection;
    l->n++;
    return (uint32_t)l->n;
}

const struct gap *ledger_find(const struct ledger *l, uint32_t id)
{
    return id == 0 || id > l->n ? NULL : &l->gaps[id - 1];
}
