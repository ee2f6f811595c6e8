/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_part.h"

static size_t cost_of(const struct quic_held *held)
{
    return sizeof(*held) + held->source.data.n;
}

void quic_hold_put(struct quic_line *line, struct quic_held *held)
{
    held->next = NULL;
    if (line->last == NULL)
        line->first = held;
    else
        line->last->next = held;
    line->last = held;
    line->n++;
    line->bytes += cost_of(held);
}

struct quic_held *quic_hold_take(struct quic_line *line)
{
    struct quic_held *held = line->first;

    if (held == NULL)
        return NULL;
    line->first = held->next;
    if (line->first == NULL)
        line->last = NULL;
    line->n--;
    line->bytes -= cost_of(held);
    return held;
}

void quic_hold_clear(struct quic_line *line)
{
    struct quic_held *held;

    while ((held = quic_hold_take(line)) != NULL)
        free(held);
}

enum status quic_hold_add(
        struct quic *q, const struct quic_source *source, const struct quic_try *t)
{
    struct bytes data = t->packet.whole;
    struct quic_held *held = malloc(sizeof(*held) + data.n);
    uint8_t *room = (uint8_t *)(held + 1);

    if (held == NULL)
        return STATUS_NOMEM;
    memcpy(room, data.p, data.n);
    *held = (struct quic_held){.kind = t->packet.kind, .source = *source};
    held->source.data = bytes_of(room, data.n);
    held->source.base = t->from;
    held->source.at = 0;
    if (t->packet.kind != QUIC_ONE_RTT)
        held->source.missing = 0;
    quic_hold_put(&q->held, held);
    return STATUS_OK;
}
