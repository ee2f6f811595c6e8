/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_life.h"

#include <stdlib.h>

/* A full disk costs what would have been kept, nothing else: it is told at the end. */
enum status h2_life_go_on(struct http2 *h, enum status status)
{
    if (status != STATUS_IO)
        return status;
    h->io_failed = true;
    return STATUS_OK;
}

/* Files what is missing or wrong, and notes it at `s`, which may be NULL. */
enum status h2_life_file(
        struct http2 *h, struct gap gap, const struct item *by, struct h2_stream *s)
{
    uint32_t id;

    gap.layer = h->setup.layer;
    if (s != NULL)
        gap.stream = s->id;
    if (by != NULL && by->frames.n != 0) {
        gap.first_packet = by->frames.at[0];
        gap.last_packet = by->frames.at[by->frames.n - 1];
    }
    id = ledger_file(h->setup.ledger, &gap);
    if (id == 0)
        return STATUS_NOMEM;
    if (s != NULL)
        exchange_add_gap(s->x, id);
    return STATUS_OK;
}

/* Ends both sides as far as they are, and hands the exchange over. */
enum status h2_life_finish(struct http2 *h, struct h2_stream *s)
{
    enum status status;

    for (int d = 0; d < 2; d++) {
        if (!s->side[d].head_done && h->side[d].lost)
            exchange_add_gap(s->x, h->side[d].lost_gap);
        status = h2_life_go_on(h, h2_stream_end(s, (enum direction)d, false));
        if (status != STATUS_OK)
            return status;
    }
    return h2_table_finish(&h->table, s);
}

/* Whether requests may exist that were not seen. */
static bool misses_requests(const struct http2 *h)
{
    const struct flow_side *client = &h->side[FROM_CLIENT];

    return client->lost || client->ended || client->framer.state == H2_FRAMER_HUNT ||
           client->framer.state == H2_FRAMER_START;
}

static enum status finish_if_over(struct http2 *h, struct h2_stream *s)
{
    bool request = s->side[FROM_CLIENT].ended, response = s->side[FROM_SERVER].ended;

    if (response && !s->side[FROM_CLIENT].began && misses_requests(h))
        request = true;
    if (request && response)
        return h2_life_finish(h, s);
    while (h->table.cancelled > H2_CANCELLED_MOST) {
        enum status status = h2_life_finish(h, h2_table_oldest_cancelled(&h->table));

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status h2_life_tunnel(
        struct http2 *h, struct h2_stream *s, enum direction dir, const struct item *item)
{
    struct http_tunnel *entry;

    if (!s->tunnel)
        return STATUS_OK;
    if (h->tunnel_count == h->tunnel_capacity) {
        size_t larger = h->tunnel_capacity == 0 ? 8 : h->tunnel_capacity * 2;
        struct http_tunnel *grown = realloc(h->tunnels, larger * sizeof(*grown));

        if (grown == NULL)
            return STATUS_NOMEM;
        h->tunnels = grown;
        h->tunnel_capacity = larger;
    }
    entry = &h->tunnels[h->tunnel_count++];
    *entry = (struct http_tunnel){.exchange = s->x, .item = *item};
    entry->item.dir = dir;
    entry->item.off = s->side[dir].data;
    return STATUS_OK;
}

enum status h2_life_end_side(
        struct http2 *h, struct h2_stream *s, enum direction dir, bool whole)
{
    struct item end = {.kind = ITEM_END};
    enum status status = STATUS_OK;

    if (!s->side[dir].ended)
        status = h2_life_tunnel(h, s, dir, &end);
    if (status == STATUS_OK)
        status = h2_life_go_on(h, h2_stream_end(s, dir, whole));
    return status == STATUS_OK ? finish_if_over(h, s) : status;
}

enum status h2_life_add(struct http2 *h, struct h2_stream *s)
{
    enum status status = STATUS_OK;

    if (h->table.open == H2_STREAMS_MOST) {
        struct h2_stream *oldest = h->table.oldest;

        status = h2_life_file(h,
                (struct gap){.why = GAP_BUDGET,
                        .dir = FROM_SERVER,
                        .detail = "too many streams open at once"},
                NULL, oldest);
        if (status == STATUS_OK)
            status = h2_life_finish(h, oldest);
    }
    if (status != STATUS_OK)
        return status;
    h2_table_add(&h->table, s);
    for (int d = 0; d < 2; d++)
        h2_framer_hint(&h->side[d].framer, h->table.highest, h->table.pushes);
    return STATUS_OK;
}

/*
 * The stream a frame belongs to; a new one where the frame begins it, or shows that its
 * beginning was lost. NULL in `out` when it is over or cannot be.
 */
enum status h2_life_stream(struct http2 *h, enum direction dir, const struct h2_frame *frame,
        struct h2_stream **out)
{
    struct h2_stream *s = h2_table_find(&h->table, frame->stream);
    bool client_owns = h2_table_owner(frame->stream) == FROM_CLIENT;
    bool begins = frame->type == H2_HEADERS && client_owns;
    enum status status;

    *out = s;
    if (s != NULL)
        return STATUS_OK;
    if (frame->stream == 0 || h2_table_is_closed(&h->table, frame->stream) ||
            (!begins && !h->side[dir].lost) || (!client_owns && dir == FROM_CLIENT)) {
        h->facts.late[dir]++;
        return STATUS_OK;
    }
    s = h2_stream_new(&h->setup, frame->stream, NULL);
    if (s == NULL)
        return STATUS_NOMEM;
    status = h2_life_add(h, s);
    if (status != STATUS_OK) {
        h2_stream_free(s);
        return status;
    }
    s->x->pushed = !client_owns;
    if (s->x->pushed)
        s->side[FROM_CLIENT].ended = true; /* the promise was lost */
    *out = s;
    return STATUS_OK;
}
