/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_scan.h"

#include <string.h>

uint64_t http1_view_offset(const struct http1_view *v)
{
    return v->item->off + (v->item->len - v->in.n);
}

void http1_scan_blank(struct http1_view *v)
{
    while (v->in.n != 0 && (v->in.p[0] == '\r' || v->in.p[0] == '\n'))
        v->in = bytes_slice(v->in, 1, v->in.n);
}

static void add_skip(struct http1_side *s, const struct http1_view *v, size_t n)
{
    if (s->skip_len == 0) {
        s->skip_off = http1_view_offset(v);
        s->skip_place = v->item->place;
        s->skip_first = v->item->frames.n == 0 ? 0 : v->item->frames.at[0];
    }
    s->skip_len += n;
    if (v->item->frames.n != 0)
        s->skip_last = v->item->frames.at[v->item->frames.n - 1];
}

/* The search is over: files what was passed over and ends the message that went bad. */
enum status http1_scan_end(struct http1_context *c, struct http1_side *s)
{
    struct gap gap = {
            .why = s->skip_why,
            .layer = c->setup.layer,
            .dir = s->dir,
            .off = s->skip_off,
            .len = s->skip_len,
            .first_packet = s->skip_first,
            .last_packet = s->skip_last,
            .detail = s->skip_detail,
    };

    if (s->skip_len != 0 || s->open != NULL) {
        struct item lost = {.kind = ITEM_GAP, .dir = s->dir, .off = gap.off, .len = gap.len};
        uint64_t around[2] = {gap.first_packet, gap.last_packet};

        lost.gap = ledger_file(c->setup.ledger, &gap);
        lost.frames = (struct frames){around, 2};
        lost.place = s->skip_place;
        /* Of a hole it is what the sender of the byte behind it had heard. */
        lost.place.has_heard = s->phase == HTTP1_IN_FIELDS && s->place.has_heard;
        lost.place.heard = s->place.heard;
        if (lost.gap == 0 ||
                (gap.len != 0 && http1_pair_lost(&c->pair, s->dir, false, &lost) != STATUS_OK))
            return STATUS_NOMEM;
        if (s->open != NULL) {
            http1_message_note(s, lost.gap, true);
            s->holds = false;
            if (http1_message_end(c, s, false) != STATUS_OK)
                return STATUS_NOMEM;
        } else {
            http1_message_note(s, lost.gap, false); /* stands before the next message */
        }
    }
    s->skip_len = 0;
    return STATUS_OK;
}

/* Whether a message may begin at the front of `in`. */
static bool begins_here(struct bytes in, enum direction dir)
{
    enum http_look look = in.p[0] == '\r' || in.p[0] == '\n' ? HTTP_LOOK_NOT : http_look(in);

    return look == HTTP_LOOK_MORE ||
           look == (dir == FROM_CLIENT ? HTTP_LOOK_REQUEST : HTTP_LOOK_RESPONSE);
}

/* Looks for a start line where a line or the item begins. */
void http1_scan_resync(struct http1_side *s, struct http1_view *v)
{
    struct bytes rest = v->in, line;
    bool found = begins_here(rest, s->dir);

    while (!found && bytes_take_until(&rest, '\n', &line) && rest.n != 0)
        found = begins_here(rest, s->dir);
    if (!found)
        rest.n = 0;
    add_skip(s, v, v->in.n - rest.n);
    v->in = bytes_slice(v->in, v->in.n - rest.n, v->in.n);
    s->found = found;
    if (found)
        s->phase = HTTP1_AT_START;
}

/* The start line in `s->head` is none: it becomes passed over, with what follows. */
void http1_scan_reject(const struct http1_context *c, struct http1_side *s)
{
    bool answer = s->dir == FROM_SERVER && c->pair.waiting.n != 0;

    if (!s->found)
        http1_message_lose(s, s->head_off, answer ? GAP_UNSUPPORTED : GAP_BAD,
                answer ? "an answer without a status line" : "no HTTP message begins here");
    if (s->skip_len == 0) {
        s->skip_off = s->head_off;
        s->skip_place = s->place;
    }
    s->found = false;
    s->phase = HTTP1_RESYNC;
    s->skip_len += s->head.n;
    s->skip_last = s->last_frame;
    http1_message_forget_head(s);
}

void http1_scan_begin(
        const struct http1_context *c, struct http1_side *s, const struct http1_view *v)
{
    const struct frames *frames = &v->item->frames;

    buf_reset(&s->head);
    buf_reset(&s->frames);
    s->line_at = 0;
    s->head_off = http1_view_offset(v);
    s->first_frame = frames->n == 0 ? c->tick : frames->at[0];
    s->last_frame = frames->n == 0 ? c->tick : frames->at[frames->n - 1];
    s->place = v->item->place;
    s->phase = HTTP1_IN_LINE;
}

/* Moves one line, or what there is of it, to the head. `*ended` tells whether it is whole. */
static enum status collect_line(struct http1_side *s, struct http1_view *v, bool *ended)
{
    struct bytes rest = v->in, line;
    enum status status;

    *ended = bytes_take_until(&rest, '\n', &line);
    line = *ended ? bytes_of(v->in.p, line.n + 1) : v->in;
    status = buf_append(&s->head, line);
    if (status == STATUS_OK)
        v->in = bytes_slice(v->in, line.n, v->in.n);
    return status;
}

enum status http1_scan_line(struct http1_context *c, struct http1_side *s, struct http1_view *v)
{
    struct http1_start start;
    enum status status;
    struct bytes line;
    bool ended;

    status = collect_line(s, v, &ended);
    if (status == STATUS_NOMEM)
        return status;
    if (status == STATUS_USAGE) {
        http1_scan_reject(c, s);
        add_skip(s, v, v->in.n);
        v->in.n = 0;
        return STATUS_OK;
    }
    line = buf_view(&s->head);
    if (!http1_start_may(line, s->dir) || line.n > HTTP1_LINE_MOST) {
        http1_scan_reject(c, s);
        return STATUS_OK;
    }
    if (!ended)
        return STATUS_OK;
    s->line_at = line.n;
    line = bytes_trim(bytes_slice(line, 0, line.n - 1));
    if (line.n != 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if ((s->dir == FROM_CLIENT ? http1_request_line(line, &start)
                               : http1_status_line(line, &start)) != PARSE_DONE) {
        http1_scan_reject(c, s);
        return STATUS_OK;
    }
    s->phase = HTTP1_IN_FIELDS;
    if (!s->found)
        return STATUS_OK;
    s->found = false;
    if (http1_scan_end(c, s) != STATUS_OK)
        return STATUS_NOMEM;
    s->phase = HTTP1_IN_FIELDS;
    return STATUS_OK;
}

enum status http1_scan_head_done(
        struct http1_context *c, struct http1_side *s, bool whole, struct bytes next)
{
    return s->dir == FROM_CLIENT ? http1_message_request(c, s, whole)
                                 : http1_message_response(c, s, whole, next);
}

/* The head is longer than we keep: what we have of it stands, the rest is passed over. */
static enum status cut_head(
        struct http1_context *c, struct http1_side *s, const struct http1_view *v)
{
    uint32_t gap = http1_message_file(c, s->dir, GAP_BUDGET, http1_view_offset(v), v->in.n, s,
            "a header section longer than we keep");

    if (gap == 0)
        return STATUS_NOMEM;
    http1_message_note(s, gap, true);
    if (http1_scan_head_done(c, s, false, bytes_of(NULL, 0)) != STATUS_OK)
        return STATUS_NOMEM;
    http1_message_lose(
            s, http1_view_offset(v), GAP_BUDGET, "behind a header section longer than we keep");
    return STATUS_OK;
}

/* Nothing but CRs before its LF: so Chromium finds the end of a head. */
static bool is_empty(struct bytes line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == '\r')
        n++;
    return n + 1 == line.n;
}

enum status http1_scan_fields(
        struct http1_context *c, struct http1_side *s, struct http1_view *v)
{
    enum status status;
    struct bytes line;
    bool ended;

    status = collect_line(s, v, &ended);
    if (status == STATUS_USAGE)
        return cut_head(c, s, v);
    if (status != STATUS_OK || !ended)
        return status;
    line = bytes_slice(buf_view(&s->head), s->line_at, s->head.n);
    s->line_at = s->head.n;
    if (is_empty(line))
        return http1_scan_head_done(c, s, true, v->in);
    return STATUS_OK;
}

bool http1_scan_anew(const struct http1_side *s, struct bytes in)
{
    struct bytes begun = buf_view(&s->head), method, rest = in;
    uint8_t joined[2 * HTTP1_METHOD_MOST];

    if (s->phase != HTTP1_IN_LINE || begun.n == 0)
        return false;
    if (s->dir == FROM_SERVER)
        return begun.n < 5 && http_look(in) == HTTP_LOOK_RESPONSE;
    if (http_look(in) != HTTP_LOOK_REQUEST || !bytes_take_until(&rest, ' ', &method) ||
            !http1_method_is_known(method))
        return false;
    if (bytes_take_until(&begun, ' ', &rest))
        return !http1_method_is_known(rest);
    if (begun.n + method.n > sizeof(joined))
        return true;
    memcpy(joined, begun.p, begun.n);
    memcpy(joined + begun.n, method.p, method.n);
    return !http1_method_is_known(bytes_of(joined, begun.n + method.n));
}
