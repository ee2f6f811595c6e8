/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_WS_MESSAGE_H
#define CAPTURE_HTTP_WS_MESSAGE_H

/* One WebSocket message on its way to becoming an exchange: its payload, from any number of
 * frames, its packets, and what is missing of it. */

#include <stdbool.h>

#include "capture/http/http.h"
#include "capture/http/ws_inflate.h"

/* What every message has of the exchange that opened its WebSocket. */
struct ws_origin {
    struct arena *arena; /* owns the texts */
    uint64_t stream;
    bool secure;
    bool unsure;  /* its request is not known whole: nor is the URL */
    uint32_t gap; /* … because of this gap; 0 */
    struct bytes scheme, authority, path, host, url;
};

/* Copies. STATUS_NOMEM. */
MUST_USE enum status ws_origin_copy(const struct exchange *upgrade, struct ws_origin *out);
void ws_origin_clear(struct ws_origin *o);

struct ws_message {
    struct exchange *x; /* owned until the message is finished */
    struct message *m;  /* of it: the request or the response */
    struct body_reader *body;
    struct ws_inflate *inflate; /* borrowed; NULL: not compressed */
    enum direction dir;
    bool began_body; /* `body` and `inflate` may be used */
    bool hurt;       /* something of it is missing */
    uint64_t off,
            len;   /* its first byte in the stream; payload on the wire, what is missing too */
    uint64_t wire; /* payload on the wire that was there */
};

/* `opcode` as in struct exchange. NULL: no memory. */
struct ws_message *ws_message_new(const struct http_setup *setup,
        const struct ws_origin *origin, enum direction dir, const char *opcode);
void ws_message_free(struct ws_message *m); /* NULL is fine */

/* The payload begins, as text or not, compressed when `inflate` is no NULL. STATUS_NOMEM. */
MUST_USE enum status ws_message_begin(struct ws_message *m, const struct http_setup *setup,
        bool text, struct ws_inflate *inflate);
/* Payload without its mask. STATUS_NOMEM; STATUS_IO, as body_push. */
MUST_USE enum status ws_message_push(struct ws_message *m, struct bytes payload);
/* `len` bytes of payload are missing. */
void ws_message_hole(struct ws_message *m, uint64_t len, enum gap_cause why, uint32_t gap);
/* Something else of it is missing, or may be. */
void ws_message_hurt(struct ws_message *m, uint32_t gap);

/*
 * The message is over, `whole` says whether a frame said so. Makes the exchange ready, and files
 * a gap for what could not be decompressed. Status as above; the exchange is as good as it gets on
 * STATUS_IO.
 */
MUST_USE enum status ws_message_end(
        struct ws_message *m, const struct http_setup *setup, bool whole);

#endif
