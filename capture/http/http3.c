/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http3.h"

#include <stdlib.h>

#include "capture/http/h3_life.h"
#include "capture/http/h3_uni.h"
#include "capture/http/h3_wait.h"

struct http3 *http3_new(const struct http_setup *setup)
{
    struct http3 *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    mux_init(&h->mux, setup, PROTOCOL_H3);
    h->mux.setup.layer = LAYER_QUIC;
    h->side[FROM_CLIENT].qpack = qpack_new();
    h->side[FROM_SERVER].qpack = qpack_new();
    if (h->side[0].qpack == NULL || h->side[1].qpack == NULL) {
        http3_free(h);
        return NULL;
    }
    return h;
}

void http3_free(struct http3 *h)
{
    if (h == NULL)
        return;
    for (struct mux_stream *s = h->mux.table.oldest; s != NULL; s = s->newer) {
        if (s->lanes == NULL) /* memory ran out when it was made */
            continue;
        h3_lane_clear(h, &s->lanes->at[FROM_CLIENT]);
        h3_lane_clear(h, &s->lanes->at[FROM_SERVER]);
        free(s->lanes);
        s->lanes = NULL;
    }
    while (h->loose != NULL)
        h3_loose_drop(h, h->loose);
    for (size_t i = 0; i < h->push_n; i++) {
        if (!h->pushes[i].streams)
            mux_stream_free(h->pushes[i].s);
    }
    h3_life_bury(h);
    mux_clear(&h->mux);
    qpack_free(h->side[FROM_CLIENT].qpack);
    qpack_free(h->side[FROM_SERVER].qpack);
    free(h);
}

/* Who may send on a unidirectional stream, RFC 9000 section 2.1. */
static enum direction owner_of(uint64_t stream)
{
    return (stream & 1) != 0 ? FROM_SERVER : FROM_CLIENT;
}

/* The lane that an item is for; a new one for the first. NULL when there can be none. */
static enum status find_lane(
        struct http3 *h, uint64_t stream, const struct item *item, struct h3_lane **out)
{
    enum direction dir = item->dir;
    struct mux_stream *s = mux_table_find(&h->mux.table, stream);
    bool uni = (stream & 2) != 0, foreign = (stream & 3) == 1;
    enum status status;

    *out = s != NULL ? &s->lanes->at[dir] : h3_loose_find(h, stream, dir);
    /* Items cover all offsets: one further on is of a stream that was given up. */
    if (*out != NULL || item->off != 0 || item->len == 0 || (uni && owner_of(stream) != dir))
        return STATUS_OK;
    if (!uni && !foreign) {
        if (mux_table_is_closed(&h->mux.table, stream))
            return STATUS_OK;
        status = h3_life_begin(h, stream, NULL, &s);
        *out = status == STATUS_OK ? &s->lanes->at[dir] : NULL;
        return status;
    }
    status = h3_loose_new(h, stream, dir, out);
    if (status == STATUS_OK && foreign) {
        h->facts.streams[dir]++;
        h3_uni_skip(*out, GAP_UNSUPPORTED, "a bidirectional stream that the server began");
    }
    return status;
}

enum status http3_push(struct http3 *h, uint64_t stream, const struct item *item)
{
    struct h3_lane *lane;
    enum status status;

    h3_life_bury(h);
    mux_turn(&h->mux);
    status = find_lane(h, stream, item, &lane);
    if (status == STATUS_OK && lane != NULL) {
        h->side[item->dir].seen = h->side[item->dir].seen || item->len != 0;
        status = h3_lane_push(h, lane, item);
    }
    if (status == STATUS_OK)
        status = h3_wait_relieve(h);
    return status == STATUS_OK ? mux_result(&h->mux) : status;
}

static enum status cut_lane(struct http3 *h, struct h3_lane *lane)
{
    struct item end = {.kind = ITEM_END, .dir = lane->dir, .off = lane->end};

    lane->cut = true;
    return h3_lane_push(h, lane, &end);
}

/* Ends a stream as it is. */
static enum status close_stream(struct http3 *h, struct mux_stream *s)
{
    struct h3_lanes *lanes = s->lanes;
    enum status status = STATUS_OK;

    for (int d = 0; d < 2 && status == STATUS_OK; d++) {
        status = cut_lane(h, &lanes->at[d]);
        if (status == STATUS_OK)
            status = h3_wait_give_up(h, &lanes->at[d], GAP_CUT);
    }
    if (status == STATUS_OK && h->mux.table.oldest == s)
        status = h3_life_finish(h, s);
    return status;
}

/* Promises whose push never began. */
static enum status close_promises(struct http3 *h)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && h->push_n != 0) {
        struct mux_stream *s = h->pushes[--h->push_n].s;

        mux_table_add(&h->mux.table, s);
        status = mux_finish(&h->mux, s);
    }
    return status;
}

enum status http3_close(struct http3 *h)
{
    enum status status;

    h3_life_bury(h);
    mux_turn(&h->mux);
    status = h3_wait_give_up_all(h, GAP_CUT);
    while (status == STATUS_OK && h->mux.table.oldest != NULL)
        status = close_stream(h, h->mux.table.oldest);
    while (status == STATUS_OK && h->loose != NULL)
        status = cut_lane(h, h->loose);
    if (status == STATUS_OK)
        status = close_promises(h);
    return status == STATUS_OK ? mux_result(&h->mux) : status;
}

bool http3_next_tunnel(struct http3 *h, struct http_tunnel *out)
{
    return mux_next_tunnel(&h->mux, out);
}

bool http3_next(struct http3 *h, struct exchange **out)
{
    return mux_next(&h->mux, out);
}

const struct http3_facts *http3_facts(const struct http3 *h)
{
    return &h->facts;
}
