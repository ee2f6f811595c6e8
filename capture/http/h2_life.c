/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_life.h"

/* Ends both sides as far as they are, and hands the exchange over. */
enum status h2_life_finish(struct http2 *h, struct mux_stream *s)
{
    for (int d = 0; d < 2; d++) {
        const struct flow_side *side = &h->side[d];

        if (s->side[d].head_done)
            continue;
        if (side->framer.state == H2_FRAMER_HUNT) /* that hole is not told yet */
            exchange_add_gap(s->x, side->framer.lost_gap);
        else if (side->lost)
            exchange_add_gap(s->x, side->lost_gap);
    }
    return mux_finish(&h->mux, s);
}

/* Whether requests may exist that were not seen. */
static bool misses_requests(const struct http2 *h)
{
    const struct flow_side *client = &h->side[FROM_CLIENT];

    return client->lost || client->ended || client->framer.state == H2_FRAMER_HUNT ||
           client->framer.state == H2_FRAMER_START;
}

static enum status finish_if_over(struct http2 *h, struct mux_stream *s)
{
    bool request = s->side[FROM_CLIENT].ended, response = s->side[FROM_SERVER].ended;

    if (response && !s->side[FROM_CLIENT].began && misses_requests(h))
        request = true;
    if (request && response)
        return h2_life_finish(h, s);
    while (h->mux.table.cancelled > MUX_CANCELLED_MOST) {
        enum status status = h2_life_finish(h, mux_table_oldest_cancelled(&h->mux.table));

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status h2_life_end_side(
        struct http2 *h, struct mux_stream *s, enum direction dir, bool whole)
{
    enum status status = mux_end_side(&h->mux, s, dir, whole);

    return status == STATUS_OK ? finish_if_over(h, s) : status;
}

enum status h2_life_add(struct http2 *h, struct mux_stream *s)
{
    struct mux_stream *oldest;
    enum status status = mux_crowded(&h->mux, &oldest);

    if (status == STATUS_OK && oldest != NULL)
        status = h2_life_finish(h, oldest);
    if (status != STATUS_OK)
        return status;
    mux_table_add(&h->mux.table, s);
    for (int d = 0; d < 2; d++)
        h2_framer_hint(&h->side[d].framer, (uint32_t)h->mux.table.highest, h->mux.table.pushes);
    return STATUS_OK;
}

/*
 * The stream a frame belongs to; a new one where the frame begins it, or shows that its
 * beginning was lost. NULL in `out` when it is over or cannot be.
 */
enum status h2_life_stream(struct http2 *h, enum direction dir, const struct h2_frame *frame,
        struct mux_stream **out)
{
    struct mux_stream *s = mux_table_find(&h->mux.table, frame->stream);
    bool client_owns = mux_table_owner(&h->mux.table, frame->stream) == FROM_CLIENT;
    bool begins = frame->type == H2_HEADERS && client_owns;
    enum status status;

    *out = s;
    if (s != NULL)
        return STATUS_OK;
    if (frame->stream == 0 || mux_table_is_closed(&h->mux.table, frame->stream) ||
            (!begins && !h->side[dir].lost) || (!client_owns && dir == FROM_CLIENT)) {
        h->facts.late[dir]++;
        return STATUS_OK;
    }
    s = mux_stream_new(&h->mux.setup, PROTOCOL_H2, frame->stream, NULL);
    if (s == NULL)
        return STATUS_NOMEM;
    status = h2_life_add(h, s);
    if (status != STATUS_OK) {
        mux_stream_free(s);
        return status;
    }
    s->x->pushed = !client_owns;
    if (s->x->pushed)
        s->side[FROM_CLIENT].ended = true; /* the promise was lost */
    *out = s;
    return STATUS_OK;
}
