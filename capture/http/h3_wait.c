/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h3_wait.h"

#include <stdlib.h>
#include <string.h>

#include "capture/http/h3_message.h"

static void join(struct h3_waiters *among, struct h3_lane *lane)
{
    lane->among = among;
    lane->later = NULL;
    lane->earlier = among->last;
    if (among->last != NULL)
        among->last->later = lane;
    else
        among->first = lane;
    among->last = lane;
    among->n++;
}

static void stop_waiting(struct h3_lane *lane)
{
    struct h3_waiters *among = lane->among;

    if (among == NULL)
        return;
    if (lane->earlier != NULL)
        lane->earlier->later = lane->later;
    else
        among->first = lane->later;
    if (lane->later != NULL)
        lane->later->earlier = lane->earlier;
    else
        among->last = lane->earlier;
    among->n--;
    lane->among = NULL;
    lane->waits = 0;
}

void h3_wait_begin(struct http3 *h, struct h3_lane *lane, uint64_t waits)
{
    struct h3_side *side = &h->side[lane->dir];

    if (side->waiting.first == NULL || waits < side->least)
        side->least = waits;
    lane->waits = waits;
    join(&side->waiting, lane);
}

/* Is it an answer to a request that may still be read? */
static bool is_early(const struct h3_lane *lane)
{
    const struct mux_stream *s = lane->s;
    const struct h3_lane *request;

    if (lane->kind != H3_LANE_MESSAGE || lane->dir != FROM_SERVER || lane->blind ||
            s->x->pushed || s->side[FROM_CLIENT].head_done || s->side[FROM_CLIENT].ended)
        return false;
    request = &s->lanes->at[FROM_CLIENT];
    return !request->ended && request->framer.state != H3_FRAMER_LOST;
}

bool h3_wait_has_to(struct http3 *h, struct h3_lane *lane)
{
    if (lane->among == NULL && is_early(lane))
        join(&h->answers, lane);
    return lane->among != NULL;
}

static struct h3_held *copy_of(const struct item *item)
{
    size_t frames = item->frames.n * sizeof(*item->frames.at);
    size_t data = item->kind == ITEM_BYTES ? item->data.n : 0;
    struct h3_held *held = calloc(1, sizeof(*held) + frames + data);
    uint64_t *at;

    if (held == NULL)
        return NULL;
    at = (uint64_t *)(void *)(held + 1);
    held->size = sizeof(*held) + frames + data;
    held->item = *item;
    held->item.frames.at = at;
    held->item.data = bytes_of((uint8_t *)at + frames, data);
    if (frames != 0)
        memcpy(at, item->frames.at, frames);
    if (data != 0)
        memcpy((uint8_t *)at + frames, item->data.p, data);
    return held;
}

enum status h3_wait_hold(
        struct http3 *h, struct h3_lane *lane, const struct item *item, bool front)
{
    struct h3_held *held = lane->again;

    /* What was held already is not copied again, or a long item would be for each section. */
    if (front && held != NULL) {
        held->item = *item;
        h->spent = held->next;
        lane->again = NULL;
    } else {
        held = copy_of(item);
        if (held == NULL)
            return STATUS_NOMEM;
    }
    held->next = front ? lane->first : NULL;
    if (lane->first == NULL)
        lane->last = held;
    else if (!front)
        lane->last->next = held;
    if (front || lane->first == NULL)
        lane->first = held;
    lane->last = front ? lane->last : held;
    h->held += held->size;
    return STATUS_OK;
}

/* Reads what is held, up to a section that has to wait. */
static enum status replay(struct http3 *h, struct h3_lane *lane)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && lane->waits == 0 && lane->first != NULL) {
        struct h3_held *held = lane->first;

        lane->first = held->next;
        h->held -= held->size;
        held->next = h->spent;
        h->spent = held;
        lane->again = held;
        status = h3_message_push(h, lane, &held->item);
        lane->again = NULL;
    }
    return status;
}

/*
 * The answer was read before its request, which opens a tunnel: what was taken for content were the
 * first bytes inside (RFC 9110 section 9.3.6), and cannot be taken back.
 */
static enum status miss_tunnel(struct http3 *h, struct mux_stream *s)
{
    struct mux_side *side = &s->side[FROM_SERVER];
    struct gap gap = {.why = GAP_BUDGET,
            .layer = h->mux.setup.layer,
            .dir = FROM_SERVER,
            .stream = s->id,
            .len = side->data,
            .detail =
                    "read as content: too much came before the request, which opens a tunnel"};
    struct item hole = {.kind = ITEM_GAP, .len = side->data, .why = GAP_BUDGET};

    if (!s->tunnel || s->x->status >= 300 || side->data == 0)
        return STATUS_OK;
    hole.gap = ledger_file(h->mux.setup.ledger, &gap);
    if (hole.gap == 0)
        return STATUS_NOMEM;
    exchange_add_gap(s->x, hole.gap);
    /* Neither is whole, whether it has ended or will. */
    side->torn = true;
    side->cut_trailers = true;
    s->x->response.whole = false;
    s->x->response.body.whole = false;
    side->data = 0; /* the hole is the front of the tunnel */
    return mux_hole(&h->mux, s, FROM_SERVER, &hole, hole.len, true);
}

enum status h3_wait_answer(struct http3 *h, const struct h3_lane *request)
{
    struct mux_stream *s = request->s;
    struct h3_lane *answer;

    if (s == NULL || s->lanes == NULL || request->dir != FROM_CLIENT)
        return STATUS_OK;
    answer = &s->lanes->at[FROM_SERVER];
    if (answer->blind && s->side[FROM_CLIENT].head_done) {
        answer->blind = false;
        return miss_tunnel(h, s);
    }
    if (answer->among != &h->answers || is_early(answer))
        return STATUS_OK;
    stop_waiting(answer);
    return replay(h, answer);
}

/* Reads the section as it is, then what is held behind it, up to one that has to wait. */
static enum status go_on(struct http3 *h, struct h3_lane *lane, enum gap_cause why)
{
    bool section = lane->waits != 0;
    enum status status = STATUS_OK;

    lane->blind = lane->blind || lane->among == &h->answers;
    stop_waiting(lane);
    if (section)
        status = h3_message_section(h, lane, why);
    if (status == STATUS_OK)
        status = replay(h, lane);
    return status == STATUS_OK ? h3_wait_answer(h, lane) : status;
}

enum status h3_wait_wake(struct http3 *h, enum direction dir, bool all)
{
    struct h3_side *side = &h->side[dir];
    struct h3_lane *later, *lane = side->waiting.first;
    uint64_t inserted = qpack_inserted(side->qpack);
    enum status status = STATUS_OK;

    if (lane == NULL || (!all && inserted < side->least))
        return STATUS_OK;
    side->least = UINT64_MAX;
    /* A lane that has to wait once more goes to the end of the list. */
    for (; lane != NULL && status == STATUS_OK; lane = later) {
        uint64_t waits = lane->waits <= inserted ? 0 : lane->waits;

        later = lane->later;
        if (all)
            waits = qpack_waits(side->qpack, buf_view(&lane->payload), lane->packet);
        if (waits == 0) {
            status = go_on(h, lane, GAP_BUDGET);
        } else {
            lane->waits = waits;
            side->least = waits < side->least ? waits : side->least;
        }
    }
    return status;
}

enum status h3_wait_give_up(struct http3 *h, struct h3_lane *lane, enum gap_cause why)
{
    return lane->among == NULL ? STATUS_OK : go_on(h, lane, why);
}

/* Whose section's turn it is to be given up; NULL when none waits. */
static struct h3_lane *longest(const struct http3 *h)
{
    for (int d = 0; d < 2; d++) {
        if (h->side[d].waiting.first != NULL)
            return h->side[d].waiting.first;
    }
    return NULL;
}

enum status h3_wait_give_up_all(struct http3 *h, enum gap_cause why)
{
    enum status status = STATUS_OK;

    for (struct h3_lane *lane; status == STATUS_OK && (lane = longest(h)) != NULL;)
        status = go_on(h, lane, why);
    return status;
}

/* Do more answers wait than may? */
static bool is_crowded(const struct http3 *h)
{
    return h->answers.first != NULL &&
           (h->held > H3_HELD_MOST ||
                   (!h->side[FROM_CLIENT].seen && h->answers.n > H3_HALVES_MOST));
}

enum status h3_wait_relieve(struct http3 *h)
{
    struct gap gap = {
            .why = GAP_BUDGET, .detail = "too much waits for the QPACK encoder stream"};
    enum status status = STATUS_OK;
    struct h3_lane *lane;

    /* Answers first: few requests are such that it matters. */
    while (status == STATUS_OK && is_crowded(h))
        status = go_on(h, h->answers.first, GAP_BUDGET);
    while (status == STATUS_OK && h->held > H3_HELD_MOST && (lane = longest(h)) != NULL) {
        gap.dir = lane->dir;
        gap.off = lane->frame.off;
        status = h3_file(h, lane, gap);
        if (status == STATUS_OK)
            status = go_on(h, lane, GAP_BUDGET);
    }
    return status;
}

static void free_all(struct h3_held *held)
{
    while (held != NULL) {
        struct h3_held *next = held->next;

        free(held);
        held = next;
    }
}

struct h3_held *h3_wait_take(struct http3 *h, struct h3_lane *lane)
{
    struct h3_held *taken = lane->first;

    for (const struct h3_held *held = taken; held != NULL; held = held->next)
        h->held -= held->size;
    lane->first = NULL;
    lane->last = NULL;
    return taken;
}

void h3_wait_clear(struct http3 *h, struct h3_lane *lane)
{
    stop_waiting(lane);
    free_all(h3_wait_take(h, lane));
}

void h3_wait_free_spent(struct http3 *h)
{
    free_all(h->spent);
    h->spent = NULL;
}
