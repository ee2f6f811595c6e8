/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1.h"

#include <stdlib.h>

#include "capture/http/http1_message.h"
#include "capture/http/http1_rest.h"
#include "capture/http/http1_scan.h"

struct http1 {
    struct http1_context c;
    struct http1_rest held; /* of the client: waits in HTTP1_HOLD, or is rest since the turn */
    struct item direct;     /* the rest of the item being pushed */
    bool has_direct;
    bool replaying; /* what was held is being read as requests */
    bool closing;
};

struct http1 *http1_new(const struct http_setup *setup)
{
    struct http1 *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    h->c.setup = *setup;
    http1_pair_init(&h->c.pair, setup->connection);
    for (int i = 0; i < 2; i++) {
        struct http1_side *s = &h->c.side[i];

        s->dir = i == 0 ? FROM_CLIENT : FROM_SERVER;
        buf_init(&s->head, EXCHANGE_HEAD_MOST);
        buf_init(&s->frames, HTTP1_HEAD_FRAMES_MOST * sizeof(uint64_t));
    }
    return h;
}

void http1_free(struct http1 *h)
{
    if (h == NULL)
        return;
    for (int i = 0; i < 2; i++) {
        struct http1_side *s = &h->c.side[i];

        body_free(s->reader);
        http1_body_clear(&s->body);
        buf_clear(&s->head);
        buf_clear(&s->frames);
    }
    http1_pair_clear(&h->c.pair);
    http1_rest_clear(&h->held);
    free(h);
}

/* -- Bodies ------------------------------------------------------------------------------ */

static enum status read_body(struct http1 *h, struct http1_side *s, struct http1_view *v)
{
    enum status status = exchange_add_frames(s->open->x, s->message, v->item);
    enum parse verdict = PARSE_MORE;
    struct bytes data;

    while (status == STATUS_OK && verdict == PARSE_MORE && v->in.n != 0) {
        verdict = http1_body_take(&s->body, &v->in, &data);
        if (data.n != 0)
            status = body_push(s->reader, data);
    }
    if (status != STATUS_OK || verdict == PARSE_MORE)
        return status;
    if (verdict == PARSE_DONE)
        return http1_message_end(&h->c, s, true);
    if (s->body.bad == NULL)
        return STATUS_NOMEM;
    http1_message_lose(
            s, http1_view_offset(v), verdict == PARSE_BAD ? GAP_BAD : GAP_BUDGET, s->body.bad);
    return STATUS_OK;
}

/* -- Behind the turn --------------------------------------------------------------------- */

/* Cuts the part that is left out of the item. */
static struct item rest_of(const struct http1_view *v)
{
    struct item item = *v->item;

    item.off = http1_view_offset(v);
    item.len = v->in.n;
    item.data = v->in;
    return item;
}

static enum status hold(struct http1 *h, const struct item *item)
{
    enum status status = http1_rest_add(&h->held, item);
    uint32_t gap;

    if (status != STATUS_USAGE)
        return status;
    gap = http1_message_file(&h->c, item->dir, GAP_BUDGET, item->off, item->len,
            &h->c.side[item->dir],
            "more was sent before the answer to an upgrade than we hold");
    return gap == 0 ? STATUS_NOMEM : http1_rest_lose(&h->held, item, gap);
}

/* An item, or what is left of it, that is not ours to read. */
static enum status keep(struct http1 *h, const struct http1_side *s, const struct item *item)
{
    if (s->phase == HTTP1_HOLD)
        return h->replaying ? http1_rest_return(&h->held, item) : hold(h, item);
    h->direct = *item;
    h->has_direct = true;
    return STATUS_OK;
}

/* -- Items ------------------------------------------------------------------------------- */

static enum status settle_client(struct http1 *h);

static enum status read_some(struct http1 *h, struct http1_side *s, struct http1_view *v)
{
    switch (s->phase) {
    case HTTP1_AT_START:
        if (s->dir == FROM_SERVER && settle_client(h) != STATUS_OK)
            return STATUS_NOMEM;
        http1_scan_blank(v);
        if (v->in.n == 0)
            return STATUS_OK;
        http1_scan_begin(&h->c, s, v);
        return http1_message_touch(s, v->item);
    case HTTP1_IN_LINE:
        return http1_scan_line(&h->c, s, v);
    case HTTP1_IN_FIELDS:
        return http1_scan_fields(&h->c, s, v);
    case HTTP1_IN_BODY:
        return read_body(h, s, v);
    case HTTP1_RESYNC:
        http1_scan_resync(s, v);
        break;
    case HTTP1_HOLD:
    case HTTP1_REST: {
        struct item rest = rest_of(v);

        v->in.n = 0;
        return keep(h, s, &rest);
    }
    case HTTP1_ENDED:
        v->in.n = 0;
        break;
    }
    return STATUS_OK;
}

static enum status take_bytes(struct http1 *h, struct http1_side *s, const struct item *item)
{
    struct http1_view v = {item, item->data};
    enum status status = STATUS_OK;

    if (http1_scan_anew(s, v.in))
        http1_scan_reject(&h->c, s);
    if (s->phase == HTTP1_IN_LINE || s->phase == HTTP1_IN_FIELDS)
        status = http1_message_touch(s, item);
    while (status == STATUS_OK && v.in.n != 0)
        status = read_some(h, s, &v);
    return status;
}

/* -- Gaps and ends ----------------------------------------------------------------------- */

static const char behind_hole[] = "behind a hole, before the next message";

/* A hole in a body: false when the framing is lost with it. */
static enum status gap_in_body(struct http1 *h, struct http1_side *s, const struct item *item)
{
    bool counted = s->body.framing == HTTP1_LENGTH, ended;
    uint64_t n = http1_body_gap(&s->body, item->len);
    struct bytes none = {NULL, 0}, data;

    http1_message_note(s, item->gap, true);
    body_gap(s->reader, n);
    ended = n < item->len || http1_body_take(&s->body, &none, &data) == PARSE_DONE;
    if (!ended)
        return STATUS_OK;
    if (n < item->len)
        s->holds = false;
    if (http1_message_end(&h->c, s, counted) != STATUS_OK)
        return STATUS_NOMEM;
    if (n == item->len)
        return STATUS_OK;
    http1_message_lose(s, item->off + item->len, GAP_BAD, behind_hole);
    return http1_pair_lost(&h->c.pair, s->dir, counted, item);
}

static enum status gap_in_head(struct http1 *h, struct http1_side *s, const struct item *item)
{
    bool sure = s->phase == HTTP1_IN_LINE && !s->found;
    enum status status = STATUS_OK;

    if (s->phase == HTTP1_IN_LINE) {
        http1_scan_reject(&h->c, s);
        s->skip_why = GAP_BAD;
        s->skip_detail = "a start line cut by a hole";
        status = http1_scan_end(&h->c, s);
    } else {
        http1_message_note(s, item->gap, true);
        status = http1_scan_head_done(&h->c, s, false, bytes_of(NULL, 0));
    }
    if (status != STATUS_OK)
        return status;
    http1_message_lose(s, item->off + item->len, GAP_BAD, behind_hole);
    return http1_pair_lost(&h->c.pair, s->dir, sure, item);
}

/* A mark in the stream that takes no bytes: the capture ends here, or began behind. */
static enum status take_mark(struct http1 *h, struct http1_side *s, const struct item *item)
{
    bool between = s->phase == HTTP1_AT_START || s->phase == HTTP1_RESYNC;

    if (item->why == GAP_CONFLICT || !between) {
        http1_message_note(s, item->gap, item->why != GAP_CONFLICT);
        return STATUS_OK;
    }
    /* Where the capture ends nothing follows; what is missing before comes as a hole. */
    if (item->why != GAP_MIDSTREAM)
        return http1_pair_lost(&h->c.pair, s->dir, false, item);
    if (s->phase == HTTP1_AT_START)
        http1_message_lose(s, item->off, GAP_BAD, behind_hole);
    /* Only what comes behind it tells how far its sender had come by then. */
    s->late_gap = item->gap;
    return STATUS_OK;
}

/* The first item behind the place where the capture began. */
static enum status settle_late(struct http1 *h, struct http1_side *s, const struct item *item)
{
    struct item mark = *item;

    if (s->late_gap == 0)
        return STATUS_OK;
    mark.kind = ITEM_GAP;
    mark.gap = s->late_gap;
    s->late_gap = 0;
    return http1_pair_lost(&h->c.pair, s->dir, false, &mark);
}

static enum status take_gap(struct http1 *h, struct http1_side *s, const struct item *item)
{
    bool sure = item->why != GAP_MIDSTREAM;

    if (s->phase == HTTP1_HOLD || s->phase == HTTP1_REST)
        return keep(h, s, item);
    if (item->len == 0)
        return s->phase == HTTP1_ENDED ? STATUS_OK : take_mark(h, s, item);
    switch (s->phase) {
    case HTTP1_IN_LINE:
    case HTTP1_IN_FIELDS:
        return gap_in_head(h, s, item);
    case HTTP1_IN_BODY:
        return gap_in_body(h, s, item);
    case HTTP1_RESYNC:
        sure = false;
        if (http1_scan_end(&h->c, s) != STATUS_OK)
            return STATUS_NOMEM;
        break;
    case HTTP1_AT_START:
        break;
    case HTTP1_HOLD:
    case HTTP1_REST:
    case HTTP1_ENDED:
        return STATUS_OK;
    }
    http1_message_lose(s, item->off + item->len, GAP_BAD, behind_hole);
    return http1_pair_lost(&h->c.pair, s->dir, sure, item);
}

/* `closed`: an ITEM_END said so, and a body that runs until then is whole. */
static enum status take_end(struct http1 *h, struct http1_side *s, bool closed)
{
    enum status status = STATUS_OK;

    switch (s->phase) {
    case HTTP1_IN_LINE:
        http1_scan_reject(&h->c, s);
        s->skip_why = GAP_CUT;
        s->skip_detail = "the connection ends inside a start line";
        status = http1_scan_end(&h->c, s);
        break;
    case HTTP1_IN_FIELDS:
        status = http1_scan_head_done(&h->c, s, false, bytes_of(NULL, 0));
        break;
    case HTTP1_IN_BODY:
        status = http1_message_end(&h->c, s,
                http1_body_is_whole(&s->body) && (closed || s->body.framing != HTTP1_CLOSE));
        break;
    case HTTP1_RESYNC:
        status = http1_scan_end(&h->c, s);
        break;
    case HTTP1_AT_START:
    case HTTP1_HOLD:
    case HTTP1_REST:
    case HTTP1_ENDED:
        break;
    }
    if (status != STATUS_OK)
        return status;
    if (s->open != NULL)
        http1_pair_done(&h->c.pair, s->open, s->dir);
    s->open = NULL;
    s->phase = HTTP1_ENDED;
    http1_pair_end(&h->c.pair, s->dir);
    return STATUS_OK;
}

/* What was read of the client, requests that are not whole yet apart. */
static void note_reached(struct http1 *h, const struct http1_side *s, const struct item *item)
{
    if (s->dir == FROM_CLIENT && item->place.has_sent_from &&
            (s->phase == HTTP1_AT_START || s->phase == HTTP1_IN_BODY))
        http1_pair_reach(&h->c.pair, item->place.sent_to);
}

static enum status take(struct http1 *h, struct http1_side *s, const struct item *item)
{
    enum status status = STATUS_OK;

    if (item->kind != ITEM_GAP || item->len != 0)
        status = settle_late(h, s, item);
    if (status != STATUS_OK)
        return status;
    switch (item->kind) {
    case ITEM_BYTES:
        status = take_bytes(h, s, item);
        note_reached(h, s, item);
        return status;
    case ITEM_GAP:
        status = take_gap(h, s, item);
        note_reached(h, s, item);
        return status;
    case ITEM_END:
        break;
    }
    if (s->phase == HTTP1_HOLD || s->phase == HTTP1_REST)
        return keep(h, s, item);
    return take_end(h, s, true);
}

/*
 * Decides what the client's bytes behind a CONNECT or Upgrade are, once the answer is known:
 * rest of the turn, or requests after all, which are read now.
 */
static enum status settle_client(struct http1 *h)
{
    struct http1_side *s = &h->c.side[FROM_CLIENT];
    enum status status = STATUS_OK;
    struct item item;

    while (status == STATUS_OK) {
        if (s->phase == HTTP1_HOLD) {
            if (!s->open->decided && !s->open->response_done && !h->closing)
                return STATUS_OK;
            http1_pair_done(&h->c.pair, s->open, FROM_CLIENT);
            s->open = NULL;
            s->phase = HTTP1_AT_START;
        }
        if (h->c.turn != TURN_NONE) {
            if (s->phase == HTTP1_RESYNC)
                status = http1_scan_end(&h->c, s);
            if (s->phase == HTTP1_AT_START || s->phase == HTTP1_RESYNC)
                s->phase = HTTP1_REST;
            return status;
        }
        if (!http1_rest_take(&h->held, &item))
            return STATUS_OK;
        h->replaying = true;
        status = take(h, s, &item);
        h->replaying = false;
    }
    return status;
}

/* -- The stage --------------------------------------------------------------------------- */

enum status http1_push(struct http1 *h, const struct item *item)
{
    enum status status;

    if (h->has_direct)
        return STATUS_USAGE;
    h->c.tick++;
    if (item->frames.n != 0 && item->frames.at[item->frames.n - 1] > h->c.tick)
        h->c.tick = item->frames.at[item->frames.n - 1];
    status = take(h, &h->c.side[item->dir], item);
    return status == STATUS_OK ? settle_client(h) : status;
}

enum status http1_close(struct http1 *h)
{
    struct http1_side *client = &h->c.side[FROM_CLIENT], *server = &h->c.side[FROM_SERVER];
    enum status status = STATUS_OK;

    h->closing = true;
    if (server->phase != HTTP1_ENDED)
        status = take_end(h, server, false);
    if (status == STATUS_OK)
        status = settle_client(h);
    if (status == STATUS_OK && client->phase != HTTP1_ENDED)
        status = take_end(h, client, false);
    if (status == STATUS_OK && h->c.upgraded != NULL) {
        h->c.upgraded->kept = false;
        http1_pair_done(&h->c.pair, h->c.upgraded, FROM_SERVER);
        h->c.upgraded = NULL;
    }
    return status;
}

bool http1_next(struct http1 *h, struct exchange **out)
{
    struct exchange *x = http1_pair_next(&h->c.pair);

    if (x == NULL)
        return false;
    x->complete = x->request.whole && x->response.whole;
    *out = x;
    return true;
}

enum http1_turn http1_turn(const struct http1 *h)
{
    return h->c.turn;
}

struct exchange *http1_take_upgraded(struct http1 *h)
{
    struct http1_open *o = h->c.upgraded;

    if (o == NULL || !o->request_done)
        return NULL;
    h->c.upgraded = NULL;
    return http1_pair_take(&h->c.pair, o);
}

bool http1_next_rest(struct http1 *h, struct item *out)
{
    if (h->c.turn == TURN_NONE)
        return false;
    if (http1_rest_take(&h->held, out))
        return true;
    if (!h->has_direct)
        return false;
    *out = h->direct;
    h->has_direct = false;
    return true;
}
