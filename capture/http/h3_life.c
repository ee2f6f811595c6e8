/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h3_life.h"

#include <stdlib.h>

#include "capture/http/h3_message.h"
#include "capture/http/h3_uni.h"
#include "capture/http/h3_wait.h"

uint64_t h3_packet_of(const struct item *item)
{
    return item->frames.n == 0 ? 0 : item->frames.at[item->frames.n - 1];
}

enum status h3_file(struct http3 *h, struct h3_lane *lane, struct gap gap)
{
    struct item by = {.frames = {&lane->packet, lane->packet == 0 ? 0 : 1}};

    gap.dir = lane->dir;
    gap.stream = lane->stream;
    return mux_file(&h->mux, gap, &by, lane->s);
}

enum status h3_misplaced(struct http3 *h, struct h3_lane *lane, uint64_t off)
{
    struct gap gap = {
            .why = GAP_BAD, .off = off, .detail = "a frame that may not stand where it does"};

    h->facts.bad[lane->dir]++;
    if (lane->told_bad)
        return STATUS_OK;
    lane->told_bad = true;
    return h3_file(h, lane, gap);
}

static void lane_init(struct h3_lane *lane, uint64_t stream, enum direction dir)
{
    *lane = (struct h3_lane){.stream = stream, .dir = dir};
    buf_init(&lane->payload, EXCHANGE_HEAD_MOST);
}

void h3_lane_forget(struct http3 *h, struct h3_lane *lane)
{
    if (lane->kind == H3_LANE_MESSAGE)
        h->held -= lane->payload.n;
    if (lane->payload.capacity > H3_KEPT_MOST)
        buf_clear(&lane->payload);
    buf_reset(&lane->payload);
}

void h3_lane_clear(struct http3 *h, struct h3_lane *lane)
{
    h3_wait_clear(h, lane);
    h3_lane_forget(h, lane);
    buf_clear(&lane->payload);
    lane->ended = true;
    lane->s = NULL;
}

/* The lanes of a stream that is over: whoever is reading one of them still may look at it. */
static void retire(struct http3 *h, struct mux_stream *s)
{
    struct h3_lanes *lanes = s->lanes;

    if (lanes == NULL)
        return;
    s->lanes = NULL;
    h3_lane_clear(h, &lanes->at[FROM_CLIENT]);
    h3_lane_clear(h, &lanes->at[FROM_SERVER]);
    lanes->next = h->graves;
    h->graves = lanes;
}

void h3_life_bury(struct http3 *h)
{
    while (h->graves != NULL) {
        struct h3_lanes *next = h->graves->next;

        free(h->graves);
        h->graves = next;
    }
    h3_wait_free_spent(h);
}

/* There is no room for one more: the oldest is read as far as it came. */
static enum status make_room(struct http3 *h)
{
    struct mux_stream *oldest;
    enum status status = mux_crowded(&h->mux, &oldest);
    uint64_t id;

    if (status != STATUS_OK || oldest == NULL)
        return status;
    id = oldest->id;
    while (status == STATUS_OK && (oldest = mux_table_find(&h->mux.table, id)) != NULL) {
        struct h3_lane *lane = oldest->lanes->at;

        if (lane[FROM_CLIENT].among != NULL)
            status = h3_wait_give_up(h, &lane[FROM_CLIENT], GAP_BUDGET);
        else if (lane[FROM_SERVER].among != NULL)
            status = h3_wait_give_up(h, &lane[FROM_SERVER], GAP_BUDGET);
        else
            return h3_life_finish(h, oldest);
    }
    return status;
}

enum status h3_life_begin(
        struct http3 *h, uint64_t stream, struct mux_stream *s, struct mux_stream **out)
{
    enum status status = make_room(h);
    struct h3_lanes *lanes;
    struct mux_stream *begun = s;

    if (status != STATUS_OK)
        return status;
    lanes = calloc(1, sizeof(*lanes));
    if (lanes == NULL)
        return STATUS_NOMEM;
    if (s == NULL)
        begun = mux_stream_new(&h->mux.setup, PROTOCOL_H3, stream, NULL);
    if (begun == NULL) {
        free(lanes);
        return STATUS_NOMEM;
    }
    begun->id = stream;
    begun->x->stream = stream;
    begun->lanes = lanes;
    for (int d = 0; d < 2; d++) {
        lane_init(&lanes->at[d], stream, (enum direction)d);
        lanes->at[d].s = begun;
    }
    mux_table_add(&h->mux.table, begun);
    *out = begun;
    return STATUS_OK;
}

enum status h3_life_finish(struct http3 *h, struct mux_stream *s)
{
    size_t kept = 0;

    retire(h, s);
    for (size_t i = 0; s->x->pushed && i < h->push_n; i++) {
        if (h->pushes[i].s != s)
            h->pushes[kept++] = h->pushes[i];
    }
    if (s->x->pushed)
        h->push_n = kept;
    return mux_finish(&h->mux, s);
}

enum status h3_life_finish_if_over(struct http3 *h, struct mux_stream *s)
{
    bool request = s->side[FROM_CLIENT].ended, response = s->side[FROM_SERVER].ended;

    if (request && response)
        return h3_life_finish(h, s);
    /* A capture of one direction only. */
    if (!h->side[FROM_CLIENT].seen && h->mux.table.open > H3_HALVES_MOST &&
            h->mux.table.oldest->side[FROM_SERVER].ended)
        return h3_life_finish(h, h->mux.table.oldest);
    return STATUS_OK;
}

enum status h3_life_end_side(struct http3 *h, struct h3_lane *lane, bool whole)
{
    struct mux_stream *s = lane->s;
    enum status status = mux_end_side(&h->mux, s, lane->dir, whole);

    lane->ended = true;
    return status == STATUS_OK ? h3_life_finish_if_over(h, s) : status;
}

enum status h3_life_drop(struct http3 *h, struct mux_stream *s)
{
    retire(h, s);
    return mux_table_drop(&h->mux.table, s);
}

enum status h3_loose_new(
        struct http3 *h, uint64_t stream, enum direction dir, struct h3_lane **out)
{
    struct gap gap = {.why = GAP_BUDGET, .detail = "too many unidirectional streams at once"};
    struct h3_lane *lane = calloc(1, sizeof(*lane));
    enum status status = STATUS_OK;

    if (lane == NULL)
        return STATUS_NOMEM;
    lane_init(lane, stream, dir);
    lane->kind = H3_LANE_TYPE;
    if (h->loose_n >= H3_LOOSE_MOST) {
        /* The newest ones say nothing that is read; the first few are those that matter. */
        struct h3_lane *newest = h->loose;

        status = h3_file(h, newest, gap);
        h3_loose_drop(h, newest);
    }
    if (status != STATUS_OK) {
        free(lane);
        return status;
    }
    lane->next = h->loose;
    h->loose = lane;
    h->loose_n++;
    *out = lane;
    return STATUS_OK;
}

struct h3_lane *h3_loose_find(const struct http3 *h, uint64_t stream, enum direction dir)
{
    struct h3_lane *lane = h->loose;

    while (lane != NULL && (lane->stream != stream || lane->dir != dir))
        lane = lane->next;
    return lane;
}

void h3_loose_drop(struct http3 *h, struct h3_lane *lane)
{
    struct h3_lane **link = &h->loose;

    while (*link != NULL && *link != lane)
        link = &(*link)->next;
    if (*link == NULL)
        return;
    *link = lane->next;
    h->loose_n--;
    h3_lane_clear(h, lane);
    free(lane);
}

struct h3_push *h3_push_find(struct http3 *h, uint64_t id)
{
    for (size_t i = 0; i < h->push_n; i++) {
        if (h->pushes[i].id == id)
            return &h->pushes[i];
    }
    return NULL;
}

enum status h3_push_new(
        struct http3 *h, struct h3_lane *lane, uint64_t id, struct h3_push **out)
{
    struct gap gap = {.why = GAP_BUDGET, .detail = "too many pushes at once"};
    struct mux_stream *s;

    *out = NULL;
    if (h->push_n == H3_PUSHES_MOST)
        return h3_file(h, lane, gap);
    s = mux_stream_new(&h->mux.setup, PROTOCOL_H3, lane->stream, NULL);
    if (s == NULL)
        return STATUS_NOMEM;
    s->x->pushed = true;
    h->pushes[h->push_n] = (struct h3_push){.id = id, .s = s};
    *out = &h->pushes[h->push_n++];
    return STATUS_OK;
}

enum status h3_lane_push(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    enum status status;

    if (lane->ended)
        return STATUS_OK;
    lane->end = item->off + item->len;
    if (h3_wait_has_to(h, lane))
        return h3_wait_hold(h, lane, item, false);
    if (lane->kind != H3_LANE_MESSAGE)
        return h3_uni_push(h, lane, item);
    status = h3_message_push(h, lane, item);
    return status == STATUS_OK ? h3_wait_answer(h, lane) : status;
}
