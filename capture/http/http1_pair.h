/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_PAIR_H
#define CAPTURE_HTTP_HTTP1_PAIR_H

/*
 * Which response answers which request of an HTTP/1 connection.
 *
 * Nothing lost: first in, first out (RFC 9112 section 9.3.2), except that a response cannot
 * answer a request of which its sender had heard nothing, nor one whose sender had heard of
 * the response. TCP's acknowledgements tell that (struct item_place), in whatever order the
 * packets were captured; only where they are not known the order of the packets decides. A
 * response may be read before its request; it waits as an orphan.
 *
 * After a hole that may have swallowed starts of messages, order alone proves nothing. Then a
 * client that does not pipeline still tells: it sends the next request only after the answer,
 * so a request sent behind the hole shows that the answer to the one before was in the hole.
 * One that sends a request without having heard more than at the one before does pipeline.
 * Where that does not decide, messages stay unpaired: a wrong pair is worse than none.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/http/exchange.h"
#include "capture/item.h"

enum {
    HTTP1_WAITING_MOST = 1024, /* requests without an answer that are kept for one */
    HTTP1_ORPHANS_MOST = 64,   /* responses kept for a request that comes late */
};

/* Where and when a message begins, or a hole lies. */
struct http1_place {
    uint64_t frame;       /* a packet: the first of a request, see below; UINT64_MAX: unknown */
    struct item_place at; /* as in items */
};

/* One exchange while it is being read. */
struct http1_open {
    struct http1_open *next;            /* in its list */
    struct http1_open *younger, *older; /* among all that were not handed out */
    struct exchange *x;       /* owned; NULL for a phantom: a request that a hole swallowed */
    struct http1_place place; /* of the request; of the response while an orphan */
    uint32_t gap;             /* of a phantom: its hole */
    bool after_hole;          /* requests may hide in a hole before this one */
    bool doubted; /* the answer may lie in a hole; of an orphan, so may its request */
    bool expects; /* asked for an interim response */
    bool decided; /* the head of the final response was read */
    bool misframed; /* where its response ends may be wrong, or an interim one is missing: not to be
                       called whole */
    bool kept;      /* never becomes ready: the owner of the stage asks for it by name */
    bool request_done, response_done;
};

struct http1_list {
    struct http1_open *first, *last;
    size_t n;
};

struct http1_pair {
    uint32_t connection;
    struct http1_open *newest; /* all, owned */
    struct http1_list waiting; /* requests without a response yet, phantoms among them */
    struct http1_list orphans; /* responses without a request yet */
    struct http1_list ready;   /* finished on both sides */
    uint64_t next_position;
    uint64_t debt;    /* responses to come whose requests nobody can tell apart any more */
    bool pipelines;   /* the client was seen to send before the answer came */
    bool swallowed;   /* a request that may belong to the orphans is in a hole */
    bool client_lost; /* a hole of the client since its last request */
    bool hidden;      /* such a request may be in a hole */
    struct http1_place answered; /* the newest response that waits for no request any more */
    uint64_t
            reached; /* offset in TCP's stream behind the last byte of the client that was read */
    bool ended[2];   /* by enum direction, as are the next two */
    uint32_t lost[2];              /* newest hole that may have swallowed a message start */
    struct http1_place lost_at[2]; /* the packet behind that hole; the place of its item */
};

void http1_pair_init(struct http1_pair *p, uint32_t connection);
void http1_pair_clear(struct http1_pair *p); /* frees all that was not taken */

/* Of the client all before `end`, an offset in TCP's stream, was read. When an answer has heard
 * of more than that, requests are still to come, or in a hole that is not told yet. */
void http1_pair_reach(struct http1_pair *p, uint64_t end);
/* A request begins there, `frame` its first packet. Borrowed until it is done on both sides;
 * NULL when out of memory. */
struct http1_open *http1_pair_request(struct http1_pair *p, const struct http1_place *at);
/* The request that a response which begins there, in packet `frame`, answers; NULL when none
 * is known. Changes nothing: for interim responses and for framing. */
struct http1_open *http1_pair_peek(const struct http1_pair *p, const struct http1_place *at);
/* A final response begins: the exchange it belongs to, a new one when there is no request for
 * it. NULL when out of memory. */
struct http1_open *http1_pair_response(struct http1_pair *p, const struct http1_place *at);
/* This side of it was read to its end, or as far as it goes. Once both are done it is ready. */
void http1_pair_done(struct http1_pair *p, struct http1_open *o, enum direction dir);

/*
 * A hole in that direction may have swallowed starts of messages. `sure`: it began where a
 * message would begin, so it did swallow one.
 */
MUST_USE enum status http1_pair_lost(
        struct http1_pair *p, enum direction dir, bool sure, const struct item *gap);
/* Nothing more comes from that side. */
void http1_pair_end(struct http1_pair *p, enum direction dir);

/* Takes the exchange of `o`, and forgets `o`. */
struct exchange *http1_pair_take(struct http1_pair *p, struct http1_open *o);
/* The oldest ready exchange, which passes to the caller; NULL when there is none. */
struct exchange *http1_pair_next(struct http1_pair *p);

#endif
