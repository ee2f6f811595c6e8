/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/websocket.h"

#include <stdlib.h>

#include "capture/http/ws_extension.h"
#include "capture/http/ws_frame.h"
#include "capture/http/ws_message.h"
#include "capture/queue.h"

enum { UNMASK_STEP = 4096, CLOSE_CODE = 2 };

enum phase {
    AT_HEAD,
    IN_PAYLOAD,
    LOST, /* where the next frame begins is not known */
    ENDED,
};

/* One direction. */
struct side {
    enum direction dir;
    enum phase phase;
    uint8_t head[WEBSOCKET_HEADER_MOST];
    size_t head_n;
    uint64_t head_off, head_packet; /* where the header began */
    struct ws_frame frame;
    uint64_t at;                /* payload bytes of the frame behind us */
    struct ws_message *message; /* under way, maybe between two frames; owned */
    struct ws_message *control; /* likewise, of a control frame; owned */
    struct ws_message *current; /* which of them the frame carries; NULL: neither */
    bool has_code;              /* the first byte of a close code is in `code` */
    uint16_t code;
    struct ws_inflate inflate;
    uint64_t end;                       /* offset up to which items came */
    uint64_t unread_from;               /* LOST: offset behind which nothing is filed yet */
    uint64_t unread_first, unread_last; /* packets */
    enum gap_cause unread_why;
    const char *unread_detail;
};

struct websocket {
    struct http_setup setup;
    struct ws_origin origin;
    struct ws_extensions extensions;
    bool agreed; /* `extensions` are known */
    bool io_failed;
    uint64_t count; /* messages given out */
    struct side side[2];
    struct queue finished; /* exchanges, owned */
    struct websocket_facts facts;
};

/* Messages whose URL is not known whole name a gap; this one, when the request has none. */
static bool name_missing_request(struct websocket *w)
{
    const struct gap gap = {.why = GAP_MIDSTREAM,
            .layer = w->setup.layer,
            .stream = w->origin.stream,
            .detail = "the request that opened the WebSocket was not read whole"};

    if (w->origin.unsure && w->origin.gap == 0)
        w->origin.gap = ledger_file(w->setup.ledger, &gap);
    return !w->origin.unsure || w->origin.gap != 0;
}

struct websocket *websocket_new(const struct http_setup *setup, const struct exchange *upgrade)
{
    struct websocket *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->setup = *setup;
    w->side[FROM_CLIENT].dir = FROM_CLIENT;
    w->side[FROM_SERVER].dir = FROM_SERVER;
    if (ws_origin_copy(upgrade, &w->origin) != STATUS_OK || !name_missing_request(w) ||
            websocket_agree(w, upgrade) != STATUS_OK) {
        websocket_free(w);
        return NULL;
    }
    return w;
}

void websocket_free(struct websocket *w)
{
    struct exchange *x;

    if (w == NULL)
        return;
    for (int d = 0; d < 2; d++) {
        ws_message_free(w->side[d].message);
        ws_message_free(w->side[d].control);
        ws_inflate_clear(&w->side[d].inflate);
    }
    while ((x = queue_take(&w->finished)) != NULL)
        exchange_free(x);
    queue_clear(&w->finished);
    ws_origin_clear(&w->origin);
    free(w);
}

enum status websocket_agree(struct websocket *w, const struct exchange *upgrade)
{
    if (w->agreed || !upgrade->response.head_whole)
        return STATUS_OK;
    w->agreed = true;
    w->extensions = ws_extension_read(&upgrade->response);
    for (int d = 0; d < 2; d++)
        w->side[d].inflate.fresh_each = w->extensions.no_takeover[d];
    return STATUS_OK;
}

const struct websocket_facts *websocket_facts(const struct websocket *w)
{
    return &w->facts;
}

bool websocket_next(struct websocket *w, struct exchange **out)
{
    struct exchange *x = queue_take(&w->finished);

    if (x == NULL)
        return false;
    *out = x;
    return true;
}

/* A full disk costs what would have been kept, nothing else: it is told at the end. */
static enum status go_on(struct websocket *w, enum status status)
{
    if (status != STATUS_IO)
        return status;
    w->io_failed = true;
    return STATUS_OK;
}

/* -- Messages ---------------------------------------------------------------------------- */

/* Hands over the message in `slot`, if there is one. */
static enum status finish(struct websocket *w, struct ws_message **slot, bool whole)
{
    struct ws_message *m = *slot;
    struct exchange *x;
    enum status status;

    *slot = NULL;
    if (m == NULL)
        return STATUS_OK;
    status = go_on(w, ws_message_end(m, &w->setup, whole));
    x = m->x;
    if (status == STATUS_OK) {
        x->message = ++w->count;
        status = queue_put(&w->finished, x);
        if (status == STATUS_OK)
            m->x = NULL;
    }
    ws_message_free(m);
    return status;
}

static enum status touch(struct ws_message *m, const struct item *item)
{
    return m == NULL ? STATUS_OK : exchange_add_frames(m->x, m->m, item);
}

/* -- Lost frames ------------------------------------------------------------------------- */

static uint64_t first_packet(const struct item *item)
{
    return item->frames.n == 0 ? 0 : item->frames.at[0];
}

static void note_unread(struct side *s, const struct item *item)
{
    if (item->frames.n == 0)
        return;
    if (s->unread_first == 0)
        s->unread_first = first_packet(item);
    s->unread_last = item->frames.at[item->frames.n - 1];
}

/* From `from` on the direction cannot be read. A message under way ends with what is filed. */
static void lose(struct side *s, uint64_t from, enum gap_cause why, const char *detail)
{
    /* A message of which the header alone began is part of what is lost. */
    if (s->head_n != 0 && s->phase == AT_HEAD && s->current != NULL) {
        if (s->current == s->control) {
            ws_message_free(s->control);
            s->control = NULL;
        } else if (s->current->body == NULL) {
            ws_message_free(s->message);
            s->message = NULL;
        }
    }
    s->current = NULL;
    s->phase = LOST;
    s->unread_from = from;
    s->unread_first = s->unread_last = s->head_n != 0 ? s->head_packet : 0;
    s->unread_why = why;
    s->unread_detail = detail;
}

/* Files what went by unread up to `end`. */
static enum status file_unread(struct websocket *w, struct side *s, uint64_t end)
{
    const struct gap gap = {.why = s->unread_why,
            .layer = w->setup.layer,
            .dir = s->dir,
            .stream = w->origin.stream,
            .off = s->unread_from,
            .len = end > s->unread_from ? end - s->unread_from : 0,
            .first_packet = s->unread_first,
            .last_packet = s->unread_last,
            .detail = s->unread_detail};
    uint32_t id;

    s->unread_first = s->unread_last = 0;
    if (gap.len == 0)
        return STATUS_OK;
    s->unread_from = end;
    id = ledger_file(w->setup.ledger, &gap);
    if (id == 0)
        return STATUS_NOMEM;
    if (s->message != NULL)
        ws_message_hurt(s->message, id);
    return STATUS_OK;
}

/* -- Frames ------------------------------------------------------------------------------ */

/* What is wrong with a header that begins like this; NULL when nothing is. */
static const char *fault_of(const struct websocket *w, const struct side *s)
{
    const struct ws_frame *f = &s->frame;
    bool control = ws_frame_is_control(f), first = !control && f->opcode != WS_CONTINUATION;

    if (ws_opcode_name(f->opcode) == NULL)
        return "a WebSocket frame of a reserved kind";
    if (control && !f->fin)
        return "a WebSocket control frame in fragments";
    /* RFC 7692 section 6: the first frame of a message alone says that it is compressed. */
    if ((f->rsv & (WS_RSV2 | WS_RSV3)) != 0 ||
            ((f->rsv & WS_RSV1) != 0 && (!first || (w->agreed && !w->extensions.deflate))))
        return "a bit of a WebSocket frame is set that nothing agreed on gives a meaning";
    if (f->opcode == WS_CONTINUATION && s->message == NULL)
        return "a WebSocket fragment of no message";
    if (first && s->message != NULL)
        return "a WebSocket message inside another";
    return NULL;
}

/* The first byte of a header says whose it is. */
static enum status begin_head(struct websocket *w, struct side *s, const struct item *item)
{
    const char *fault;
    struct ws_message **slot;

    s->head_packet = first_packet(item);
    s->frame = ws_frame_first(s->head[0]);
    fault = fault_of(w, s);
    if (fault != NULL) {
        lose(s, s->head_off, w->extensions.others ? GAP_UNSUPPORTED : GAP_BAD, fault);
        return STATUS_OK;
    }
    slot = ws_frame_is_control(&s->frame) ? &s->control : &s->message;
    if (*slot == NULL)
        *slot = ws_message_new(&w->setup, &w->origin, s->dir, ws_opcode_name(s->frame.opcode));
    s->current = *slot;
    return *slot == NULL ? STATUS_NOMEM : touch(*slot, item);
}

/* Opens the payload of a control frame. One that has nothing to say is no message. */
static enum status begin_control(struct websocket *w, struct side *s)
{
    bool closes = s->frame.opcode == WS_CLOSE;

    w->facts.pings[s->dir] += s->frame.opcode == WS_PING;
    w->facts.pongs[s->dir] += s->frame.opcode == WS_PONG;
    w->facts.closed[s->dir] |= closes;
    if (s->frame.length > (closes ? CLOSE_CODE : 0))
        return ws_message_begin(s->control, &w->setup, closes, NULL);
    ws_message_free(s->control);
    s->control = NULL;
    s->current = NULL;
    return STATUS_OK;
}

static enum status end_frame(struct websocket *w, struct side *s)
{
    bool control = ws_frame_is_control(&s->frame);

    s->phase = AT_HEAD;
    s->head_n = 0;
    s->current = NULL;
    if (control)
        return finish(w, &s->control, true);
    if (!s->frame.fin)
        return STATUS_OK;
    w->facts.messages[s->dir]++;
    return finish(w, &s->message, true);
}

static enum status end_head(struct websocket *w, struct side *s)
{
    bool control = ws_frame_is_control(&s->frame);
    enum status status = STATUS_OK;

    if (control && s->frame.length > WEBSOCKET_CONTROL_MOST) {
        lose(s, s->head_off, GAP_BAD, "a WebSocket control frame that is too long");
        return STATUS_OK;
    }
    w->facts.frames[s->dir]++;
    w->facts.unmasked += s->dir == FROM_CLIENT && !s->frame.masked;
    s->phase = IN_PAYLOAD;
    s->at = 0;
    s->has_code = false;
    s->current->off = s->current->body == NULL ? s->head_off + s->head_n : s->current->off;
    if (control)
        status = begin_control(w, s);
    else if (s->message->body == NULL)
        status = ws_message_begin(s->message, &w->setup, s->frame.opcode == WS_TEXT,
                (s->frame.rsv & WS_RSV1) != 0 ? &s->inflate : NULL);
    return status == STATUS_OK && s->frame.length == 0 ? end_frame(w, s) : status;
}

static enum status take_head(
        struct websocket *w, struct side *s, const struct item *item, struct bytes *in)
{
    enum parse verdict = PARSE_MORE;

    while (verdict == PARSE_MORE && s->phase == AT_HEAD) {
        struct bytes head;

        if (s->head_n == 0)
            s->head_off = item->off + (item->len - in->n);
        if (!bytes_take_u8(in, &s->head[s->head_n]))
            return STATUS_OK;
        if (s->head_n++ == 0 && begin_head(w, s, item) != STATUS_OK)
            return STATUS_NOMEM;
        head = bytes_of(s->head, s->head_n);
        verdict = ws_frame_take(&head, &s->frame);
    }
    if (s->phase != AT_HEAD)
        return STATUS_OK;
    if (verdict == PARSE_DONE)
        return end_head(w, s);
    lose(s, s->head_off, GAP_BAD, "a WebSocket frame longer than there can be");
    return STATUS_OK;
}

/* The close code goes in front of the reason, section 5.5.1. What is left of `data` is reason. */
static struct bytes take_code(struct websocket *w, struct side *s, struct bytes data)
{
    for (uint64_t at = s->at; at < CLOSE_CODE && data.n != 0; at++) {
        s->code = (uint16_t)((at == 0 ? 0 : s->code << 8) | data.p[0]);
        if (at == 1 && s->has_code)
            w->facts.close_code[s->dir] = s->code;
        s->has_code = at == 0;
        data = bytes_slice(data, 1, data.n);
    }
    return data;
}

static enum status push_payload(struct websocket *w, struct side *s, struct bytes data)
{
    size_t n = data.n;
    enum status status = STATUS_OK;

    if (s->frame.opcode == WS_CLOSE)
        data = take_code(w, s, data);
    s->at += n;
    if (s->current != NULL && data.n != 0)
        status = go_on(w, ws_message_push(s->current, data));
    return status;
}

static enum status take_payload(struct websocket *w, struct side *s, struct bytes *in)
{
    uint64_t left = s->frame.length - s->at;
    size_t n = in->n < left ? in->n : (size_t)left;
    struct bytes data = bytes_slice(*in, 0, n);
    enum status status = STATUS_OK;
    uint8_t plain[UNMASK_STEP];

    *in = bytes_slice(*in, n, in->n);
    if (!s->frame.masked)
        status = push_payload(w, s, data);
    while (s->frame.masked && status == STATUS_OK && data.n != 0) {
        struct bytes part = bytes_slice(data, 0, UNMASK_STEP);

        ws_frame_unmask(&s->frame, s->at, part, plain);
        status = push_payload(w, s, bytes_of(plain, part.n));
        data = bytes_slice(data, part.n, data.n);
    }
    return status == STATUS_OK && s->at == s->frame.length ? end_frame(w, s) : status;
}

/* -- Items ------------------------------------------------------------------------------- */

static enum status take_bytes(struct websocket *w, struct side *s, const struct item *item)
{
    enum status status = touch(s->current, item);
    struct bytes in = item->data;

    while (status == STATUS_OK && in.n != 0) {
        switch (s->phase) {
        case AT_HEAD:
            status = take_head(w, s, item, &in);
            break;
        case IN_PAYLOAD:
            status = take_payload(w, s, &in);
            break;
        case LOST:
            note_unread(s, item);
            return STATUS_OK;
        case ENDED:
            return STATUS_OK;
        }
    }
    return status;
}

static const char behind_hole[] =
        "behind a hole: where the next WebSocket frame begins is not known";

/* A hole, of known length or not, that takes the frames' boundaries with it. */
static enum status lose_behind(struct websocket *w, struct side *s, const struct item *item)
{
    lose(s, s->head_n != 0 ? s->head_off : item->off, item->why, behind_hole);
    if (s->message != NULL)
        ws_message_hurt(s->message, item->gap);
    if (file_unread(w, s, item->off) != STATUS_OK)
        return STATUS_NOMEM;
    s->unread_from = item->off + item->len;
    return STATUS_OK;
}

/* A mark that takes no bytes: two copies differ, the capture ends here, or nobody knows how much
 * is missing. */
static enum status take_mark(struct websocket *w, struct side *s, const struct item *item)
{
    if (item->why == GAP_CONFLICT) {
        if (s->current != NULL)
            exchange_add_gap(s->current->x, item->gap);
        return STATUS_OK;
    }
    if (s->phase != IN_PAYLOAD)
        return lose_behind(w, s, item);
    if (s->current != NULL)
        ws_message_hurt(s->current, item->gap);
    s->head_n = 0;
    if (finish(w, &s->control, false) != STATUS_OK)
        return STATUS_NOMEM;
    return lose_behind(w, s, item);
}

static enum status take_hole(struct websocket *w, struct side *s, const struct item *item)
{
    uint64_t left = s->frame.length - s->at;
    uint64_t n = item->len < left ? item->len : left;

    if (s->phase == AT_HEAD)
        return lose_behind(w, s, item);
    if (s->current != NULL) {
        struct ws_message *m = s->current;
        bool code = s->frame.opcode == WS_CLOSE && s->at < CLOSE_CODE;

        ws_message_hole(m, n, item->why, item->gap);
        if (code)
            s->has_code = false;
    }
    s->at += n;
    if (s->at == s->frame.length && end_frame(w, s) != STATUS_OK)
        return STATUS_NOMEM;
    return n == item->len ? STATUS_OK : lose_behind(w, s, item);
}

static enum status take_gap(struct websocket *w, struct side *s, const struct item *item)
{
    if (s->phase == ENDED)
        return STATUS_OK;
    if (s->phase == LOST) {
        enum status status = file_unread(w, s, item->off);

        s->unread_from = item->off + item->len;
        return status;
    }
    return item->len == 0 ? take_mark(w, s, item) : take_hole(w, s, item);
}

/* The connection ends inside `m`: that is said where nothing else says why it is not whole. */
static enum status cut(struct websocket *w, struct side *s, struct ws_message *m)
{
    const struct gap gap = {.why = GAP_CUT,
            .layer = w->setup.layer,
            .dir = s->dir,
            .stream = w->origin.stream,
            .off = s->end,
            .last_packet = m == NULL ? 0 : m->m->last_frame,
            .detail = "the connection ends inside a WebSocket message"};
    uint32_t id;

    if (m == NULL || m->x->gap_count != 0)
        return STATUS_OK;
    id = ledger_file(w->setup.ledger, &gap);
    ws_message_hurt(m, id);
    return id == 0 ? STATUS_NOMEM : STATUS_OK;
}

static enum status take_end(struct websocket *w, struct side *s)
{
    enum status status = STATUS_OK;

    if (s->phase == ENDED)
        return STATUS_OK;
    if (s->phase == AT_HEAD && s->head_n != 0)
        lose(s, s->head_off, GAP_CUT, "the connection ends inside a WebSocket frame's header");
    if (s->phase == LOST)
        status = file_unread(w, s, s->end);
    s->phase = ENDED;
    s->current = NULL;
    if (status == STATUS_OK)
        status = cut(w, s, s->control);
    if (status == STATUS_OK)
        status = finish(w, &s->control, false);
    if (status == STATUS_OK)
        status = cut(w, s, s->message);
    return status == STATUS_OK ? finish(w, &s->message, false) : status;
}

static enum status told(struct websocket *w, enum status status)
{
    if (status != STATUS_OK)
        return status;
    status = w->io_failed ? STATUS_IO : STATUS_OK;
    w->io_failed = false;
    return status;
}

enum status websocket_push(struct websocket *w, const struct item *item)
{
    struct side *s = &w->side[item->dir];
    enum status status = STATUS_OK;

    switch (item->kind) {
    case ITEM_BYTES:
        status = take_bytes(w, s, item);
        break;
    case ITEM_GAP:
        status = take_gap(w, s, item);
        break;
    case ITEM_END:
        status = take_end(w, s);
        break;
    }
    s->end = item->off + item->len;
    return told(w, status);
}

enum status websocket_close(struct websocket *w)
{
    enum status status = take_end(w, &w->side[FROM_CLIENT]);

    if (status == STATUS_OK)
        status = take_end(w, &w->side[FROM_SERVER]);
    return told(w, status);
}
