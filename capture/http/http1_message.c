/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_message.h"

#include <stdlib.h>

uint32_t http1_message_file(const struct http1_context *c, enum direction dir,
        enum gap_cause why, uint64_t off, uint64_t len, const struct http1_side *around,
        const char *detail)
{
    struct gap gap = {
            .why = why,
            .layer = c->setup.layer,
            .dir = dir,
            .off = off,
            .len = len,
            .first_packet = around->first_frame,
            .last_packet = around->last_frame,
            .detail = detail,
    };

    return ledger_file(c->setup.ledger, &gap);
}

enum status http1_message_touch(struct http1_side *s, const struct item *item)
{
    struct bytes all = buf_view(&s->frames);

    if (all.n == 0)
        s->first_ns = item->first_ns;
    if (item->last_ns > s->last_ns || all.n == 0)
        s->last_ns = item->last_ns;
    for (size_t i = 0; i < item->frames.n; i++) {
        /* Past the limit packets of a head go unlisted; the head itself goes on. */
        if (buf_append(&s->frames, bytes_of(&item->frames.at[i], sizeof(uint64_t))) ==
                STATUS_NOMEM)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

void http1_message_note(struct http1_side *s, uint32_t gap, bool hurts)
{
    s->hurt = s->hurt || hurts;
    if (s->open != NULL)
        exchange_add_gap(s->open->x, gap);
    else if (s->noted_count < HTTP1_NOTED_MOST)
        s->noted[s->noted_count++] = gap;
}

void http1_message_forget_head(struct http1_side *s)
{
    buf_reset(&s->head);
    buf_reset(&s->frames);
    s->line_at = 0;
    s->noted_count = 0;
}

void http1_message_lose(
        struct http1_side *s, uint64_t off, enum gap_cause why, const char *detail)
{
    s->phase = HTTP1_RESYNC;
    s->found = false;
    s->skip_off = off;
    s->skip_len = 0;
    s->skip_place = (struct item_place){0};
    s->skip_first = s->first_frame;
    s->skip_last = s->last_frame;
    s->skip_why = why;
    s->skip_detail = detail;
}

/* Hands what was collected of the head to the message: packets, times, gaps, bytes. */
static enum status give_head(struct http1_side *s, struct http1_open *o, bool whole)
{
    struct exchange *x = o->x;
    struct message *m = s->dir == FROM_CLIENT ? &x->request : &x->response;
    void *frames = s->frames.p;
    struct item item = {
            .frames = {frames, s->frames.n / sizeof(uint64_t)},
            .first_ns = s->first_ns,
            .last_ns = s->last_ns,
    };

    s->open = o;
    s->message = m;
    if (exchange_add_frames(x, m, &item) != STATUS_OK ||
            !arena_copy(x->arena, buf_view(&s->head), &m->raw_head))
        return STATUS_NOMEM;
    m->seen = true;
    m->head_frames = m->frames_listed;
    m->head_off = s->head_off;
    m->head_whole = whole;
    for (size_t i = 0; i < s->noted_count; i++)
        exchange_add_gap(x, s->noted[i]);
    http1_message_forget_head(s);
    return STATUS_OK;
}

/* The fields behind the start line of m->raw_head, and what they say. */
static enum status give_fields(struct http1_context *c, struct http1_side *s,
        struct bytes fields, struct http1_facts *facts)
{
    struct exchange *x = s->open->x;
    struct header field;
    bool full = false;

    while (http1_field_take(&fields, &field)) {
        enum status status = STATUS_OK;

        http1_facts_add(facts, &field);
        if (!full)
            status = exchange_add_header(x, s->message, field.name, field.value);
        if (status == STATUS_USAGE) {
            uint32_t gap;
            uint64_t at = (uint64_t)(field.name.p - s->message->raw_head.p);

            gap = http1_message_file(c, s->dir, GAP_BUDGET, s->head_off + at,
                    s->message->raw_head.n - at, s, "more header fields than we list");
            if (gap == 0)
                return STATUS_NOMEM;
            http1_message_note(s, gap, true);
            full = true;
        } else if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status begin_body(struct http1_context *c, struct http1_side *s,
        enum http1_framing framing, const struct http1_facts *facts)
{
    if (framing == HTTP1_NO_BODY)
        return http1_message_end(c, s, true);
    if (framing == HTTP1_BROKEN) {
        http1_message_lose(s, s->head_off + s->message->raw_head.n, GAP_BAD,
                "the header fields contradict each other on where the body ends");
        return STATUS_OK;
    }
    http1_body_init(&s->body, framing, facts->length);
    s->reader = body_new(c->setup.bodies, s->open->x, s->message, s->dir == FROM_CLIENT);
    if (s->reader == NULL)
        return STATUS_NOMEM;
    if (framing == HTTP1_CHUNKED && facts->other_coding) {
        uint32_t gap = http1_message_file(c, s->dir, GAP_UNSUPPORTED, s->head_off, 0, s,
                "a transfer coding besides chunked is not undone");

        if (gap == 0)
            return STATUS_NOMEM;
        http1_message_note(s, gap, false);
    }
    s->phase = HTTP1_IN_BODY;
    if (framing == HTTP1_LENGTH && facts->length == 0)
        return http1_message_end(c, s, true);
    return STATUS_OK;
}

static struct bytes first_line(struct bytes *head)
{
    struct bytes line = *head;

    if (!bytes_take_line(head, &line))
        *head = bytes_slice(*head, head->n, head->n);
    return line;
}

/* A server that never answers could make us keep every request for an answer. */
static enum status mind_the_waiting(struct http1_context *c, struct http1_side *s)
{
    if (c->pair.waiting.n < HTTP1_WAITING_MOST || c->pair.debt != 0)
        return STATUS_OK;
    c->pair.lost[FROM_SERVER] = http1_message_file(c, FROM_SERVER, GAP_BUDGET, 0, 0, s,
            "more unanswered requests on one connection than we keep");
    c->pair.lost_at[FROM_SERVER] = (struct http1_place){.frame = UINT64_MAX};
    return c->pair.lost[FROM_SERVER] == 0 ? STATUS_NOMEM : STATUS_OK;
}

/* The answer was read first. To these methods it ends with its head (RFC 9112 section 6.3),
 * which was not known then. */
static enum status mind_the_framing(struct http1_context *c, struct http1_side *s)
{
    const struct exchange *x = s->open->x;
    uint32_t gap;

    if (!bytes_is(x->method, "HEAD") && !bytes_is(x->method, "CONNECT"))
        return STATUS_OK;
    s->open->misframed = true;
    gap = http1_message_file(c, s->dir, GAP_UNSUPPORTED, s->head_off, 0, s,
            "the answer was read before this request, which says where the answer ends");
    http1_message_note(s, gap, false);
    return gap == 0 ? STATUS_NOMEM : STATUS_OK;
}

enum status http1_message_request(struct http1_context *c, struct http1_side *s, bool whole)
{
    struct bytes head = buf_view(&s->head);
    struct http1_start start = {0};
    struct http1_facts facts = {0};
    const struct http1_place at = {s->first_frame, s->place};
    struct http1_open *o;
    struct exchange *x;

    if (http1_request_line(first_line(&head), &start) != PARSE_DONE)
        return STATUS_USAGE;
    if (mind_the_waiting(c, s) != STATUS_OK)
        return STATUS_NOMEM;
    o = http1_pair_request(&c->pair, &at);
    if (o == NULL || give_head(s, o, whole) != STATUS_OK)
        return STATUS_NOMEM;
    x = o->x;
    head = x->request.raw_head;
    if (http1_request_line(first_line(&head), &start) != PARSE_DONE ||
            give_fields(c, s, head, &facts) != STATUS_OK)
        return STATUS_NOMEM;
    o->expects = facts.expects;
    x->protocol = start.version10 ? PROTOCOL_HTTP10 : PROTOCOL_HTTP11;
    x->secure = c->setup.secure;
    x->method = start.method;
    x->path = start.target;
    x->scheme = c->setup.secure ? BYTES_LITERAL("https") : BYTES_LITERAL("http");
    /* CONNECT names its authority in the target, RFC 9112 section 3.2.3; a path is none. */
    if (!bytes_is(start.method, "CONNECT") || start.target.p[0] == '/')
        x->authority = facts.host;
    if ((x->authority.n != 0 || start.target.p[0] != '/') &&
            exchange_set_target(x) != STATUS_OK)
        return STATUS_NOMEM;
    if (x->response.seen && mind_the_framing(c, s) != STATUS_OK)
        return STATUS_NOMEM;
    s->holds = whole &&
               (bytes_is(start.method, "CONNECT") || (facts.asks_upgrade && facts.upgrade.n)) &&
               c->turn == TURN_NONE;
    if (!whole)
        return http1_message_end(c, s, false);
    return begin_body(c, s, http1_request_framing(&facts), &facts);
}

static enum http1_turn turn_of(const struct exchange *x, const struct http1_facts *facts)
{
    const struct header *asked = message_find(&x->request, "Upgrade");
    struct bytes to = facts->upgrade;

    if (to.n == 0 && asked != NULL)
        to = asked->value;
    if (bytes_starts_nocase(to, BYTES_LITERAL("websocket")))
        return TURN_WEBSOCKET;
    return bytes_starts_nocase(to, BYTES_LITERAL("h2c")) ? TURN_H2C : TURN_OTHER;
}

/* Of a response the packet that completed its first item counts. */
static struct http1_place answer_place(const struct http1_side *s)
{
    return (struct http1_place){s->last_frame, s->place};
}

/* 1xx before the final response, RFC 9110 section 15.2. It leaves its number only. */
static enum status note_interim(struct http1_context *c, struct http1_side *s, uint32_t status)
{
    const struct http1_place at = answer_place(s);
    struct http1_open *o = http1_pair_peek(&c->pair, &at);

    for (size_t i = 0; o != NULL && i < 4; i++) {
        if (o->x->interim[i] != 0)
            continue;
        o->x->interim[i] = status;
        break;
    }
    http1_message_forget_head(s);
    s->hurt = false;
    s->phase = HTTP1_AT_START;
    return STATUS_OK;
}

/* The answer to an h2c request is HTTP/2's to give: the exchange goes without it. */
static enum status turn_to_h2(struct http1_context *c, struct http1_side *s)
{
    const struct http1_place at = answer_place(s);
    enum status status = note_interim(c, s, 101);

    c->turn = TURN_H2C;
    c->upgraded = http1_pair_response(&c->pair, &at);
    if (c->upgraded == NULL)
        return STATUS_NOMEM;
    s->phase = HTTP1_REST;
    c->upgraded->decided = true;
    c->upgraded->kept = true;
    http1_pair_done(&c->pair, c->upgraded, FROM_SERVER);
    return status;
}

/* Whether a message with a declared body has none: the answer to a HEAD we did not see. */
static enum http1_framing doubt_body(
        const struct exchange *x, enum http1_framing framing, struct bytes next)
{
    return x->method.n == 0 && http_look(next) == HTTP_LOOK_RESPONSE ? HTTP1_NO_BODY : framing;
}

enum status http1_message_response(
        struct http1_context *c, struct http1_side *s, bool whole, struct bytes next)
{
    struct bytes head = buf_view(&s->head);
    struct http1_start start = {0};
    struct http1_facts facts = {0};
    const struct http1_place at = answer_place(s);
    struct http1_open *o;
    struct exchange *x;

    if (http1_status_line(first_line(&head), &start) != PARSE_DONE)
        return STATUS_USAGE;
    if (start.status >= 100 && start.status < 200 && start.status != 101)
        return note_interim(c, s, start.status);
    if (start.status == 101 && whole) {
        struct bytes fields = head;
        struct header field;
        struct http1_open *peeked = http1_pair_peek(&c->pair, &at);

        while (http1_field_take(&fields, &field))
            http1_facts_add(&facts, &field);
        if (peeked != NULL && turn_of(peeked->x, &facts) == TURN_H2C)
            return turn_to_h2(c, s);
        facts = (struct http1_facts){0};
    }
    o = http1_pair_response(&c->pair, &at);
    if (o == NULL || give_head(s, o, whole) != STATUS_OK)
        return STATUS_NOMEM;
    x = o->x;
    head = x->response.raw_head;
    if (http1_status_line(first_line(&head), &start) != PARSE_DONE ||
            give_fields(c, s, head, &facts) != STATUS_OK)
        return STATUS_NOMEM;
    x->status = start.status;
    x->reason = start.reason;
    x->secure = c->setup.secure;
    if (!x->request.seen)
        x->protocol = start.version10 ? PROTOCOL_HTTP10 : PROTOCOL_HTTP11;
    o->decided = true;
    if (start.status == 101 && whole)
        c->turn = turn_of(x, &facts);
    else if (whole && bytes_is(x->method, "CONNECT") && start.status < 300)
        c->turn = TURN_TUNNEL;
    if (!whole)
        return http1_message_end(c, s, false);
    return begin_body(c, s,
            doubt_body(x, http1_response_framing(&facts, &start, x->method), next), &facts);
}

static enum status give_trailers(struct http1_context *c, struct http1_side *s)
{
    struct bytes fields = buf_view(&s->body.trailers);
    struct header field;

    while (http1_field_take(&fields, &field)) {
        enum status status =
                exchange_add_trailer(s->open->x, s->message, field.name, field.value);

        if (status == STATUS_USAGE) {
            uint32_t gap = http1_message_file(c, s->dir, GAP_BUDGET, s->head_off, 0, s,
                    "more trailer fields than we list");

            http1_message_note(s, gap, true);
            return gap == 0 ? STATUS_NOMEM : STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status http1_message_end(struct http1_context *c, struct http1_side *s, bool whole)
{
    struct http1_open *o = s->open;
    struct message *m = s->message;
    enum status status = give_trailers(c, s);

    if (status == STATUS_OK && s->reader != NULL)
        status = body_end(s->reader, whole);
    body_free(s->reader);
    s->reader = NULL;
    http1_body_clear(&s->body);
    m->whole = whole && m->head_whole && !s->hurt;
    s->message = NULL;
    s->hurt = false;
    if (status != STATUS_OK)
        return status;
    if (s->dir == FROM_CLIENT && s->holds && !o->decided && !o->response_done) {
        s->phase = HTTP1_HOLD;
        return STATUS_OK;
    }
    s->open = NULL;
    s->phase = c->turn == TURN_NONE ? HTTP1_AT_START : HTTP1_REST;
    http1_pair_done(&c->pair, o, s->dir);
    return STATUS_OK;
}
