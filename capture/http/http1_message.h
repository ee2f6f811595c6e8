/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_MESSAGE_H
#define CAPTURE_HTTP_HTTP1_MESSAGE_H

/*
 * One direction of an HTTP/1 connection while a message passes: collects the head, gives it
 * to its exchange, follows the body to its end. Used by http1.c alone.
 */

#include "base/buf.h"
#include "capture/http/http1.h"
#include "capture/http/http1_body.h"
#include "capture/http/http1_head.h"
#include "capture/http/http1_pair.h"

enum {
    HTTP1_HEAD_FRAMES_MOST = 16384, /* packets of one head */
    HTTP1_NOTED_MOST = 16,          /* gaps noted while the exchange is not yet known */
};

enum http1_phase {
    HTTP1_AT_START,  /* where a message may begin */
    HTTP1_IN_LINE,   /* in its start line */
    HTTP1_IN_FIELDS, /* in its header section */
    HTTP1_IN_BODY,
    HTTP1_RESYNC, /* lost: looking for the next start line */
    HTTP1_HOLD,   /* client: after CONNECT or Upgrade, until the answer is known */
    HTTP1_REST,   /* the connection has turned: all goes on as items */
    HTTP1_ENDED,
};

struct http1_side {
    enum direction dir;
    enum http1_phase phase;
    /* The head being collected: */
    struct buf head;
    size_t line_at; /* where in it the current line begins */
    uint64_t head_off;
    struct buf frames; /* packets that carried it, as uint64_t, ascending as they came */
    uint64_t first_frame, last_frame; /* of the item that brought its first byte */
    struct item_place place;          /* likewise */
    int64_t first_ns, last_ns;
    uint32_t noted[HTTP1_NOTED_MOST];
    size_t noted_count;
    /* The message being read, NULL when none: */
    struct http1_open *open;
    struct message *message;
    struct http1_body body;
    struct body_reader *reader;
    bool hurt;         /* a gap took something from it */
    uint32_t late_gap; /* the capture began inside the stream, and nothing came since; 0: no */
    bool holds;        /* behind this request its answer decides what the bytes are */
    /* Bytes passed over while lost; `found`: a start line may have begun, not yet proven. */
    bool found;
    uint64_t skip_off, skip_len, skip_first, skip_last;
    enum gap_cause skip_why;
    const char *skip_detail;
    struct item_place skip_place; /* of the first of them */
};

struct http1_context {
    struct http_setup setup;
    struct http1_pair pair;
    struct http1_side side[2]; /* by enum direction */
    enum http1_turn turn;
    struct http1_open *upgraded; /* with TURN_H2C: the request's exchange */
    uint64_t tick;               /* stands in for packet numbers where an item has none */
};

/* The head in `s->head` is complete, or (`whole` false) cut behind its start line: gives it to
 * an exchange. Sets the phase: IN_BODY with `s->body` begun, or what follows the message. */
MUST_USE enum status http1_message_request(
        struct http1_context *c, struct http1_side *s, bool whole);
/* Likewise; `next` is what follows the head in the same item. */
MUST_USE enum status http1_message_response(
        struct http1_context *c, struct http1_side *s, bool whole, struct bytes next);
/* The message ends; `whole`: where its framing said. Sets the phase behind it. */
MUST_USE enum status http1_message_end(
        struct http1_context *c, struct http1_side *s, bool whole);
/* Notes the packets of `item` as carriers of the head in `s->head`. */
MUST_USE enum status http1_message_touch(struct http1_side *s, const struct item *item);
/* Notes that the gap took bytes from the message being read, or (`hurts` false) stands in it. */
void http1_message_note(struct http1_side *s, uint32_t gap, bool hurts);
/* Begins the search for the next start line; what it passes over will be a gap. A message
 * that is open then ends with the search. */
void http1_message_lose(
        struct http1_side *s, uint64_t off, enum gap_cause why, const char *detail);
void http1_message_forget_head(struct http1_side *s);
/* Files a gap of this connection; the id, or 0 when out of memory. */
uint32_t http1_message_file(const struct http1_context *c, enum direction dir,
        enum gap_cause why, uint64_t off, uint64_t len, const struct http1_side *around,
        const char *detail);

#endif
