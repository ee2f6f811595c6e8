/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_EXCHANGE_H
#define CAPTURE_HTTP_EXCHANGE_H

/*
 * One HTTP request and its response (RFC 9110), whatever version carried them. An exchange
 * owns one arena; everything it points to lives there and goes with exchange_free.
 *
 * Bytes are kept as they travelled: header order, case (HTTP/1) and repeats. In HTTP/2 and
 * HTTP/3 the pseudo-header fields stay in front of the list, as they came.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/gap.h"
#include "capture/item.h"
#include "capture/packet/packet.h"

enum protocol {
    PROTOCOL_HTTP10,
    PROTOCOL_HTTP11,
    PROTOCOL_H2,
    PROTOCOL_H3,
    PROTOCOL_WEBSOCKET,
};

const char *protocol_name(enum protocol p); /* "http/1.0", "http/1.1", "h2", "h3", "ws" */

struct header {
    struct bytes name;
    struct bytes value; /* HTTP/1: without surrounding white space; obs-fold kept as it came */
};

enum {
    /* Past these a message's head is cut, with a GAP_BUDGET. */
    EXCHANGE_HEADERS_MOST = 2000,
    EXCHANGE_HEAD_MOST = 1 << 20, /* bytes of a message's header section */
    EXCHANGE_FRAMES_MOST = 256,   /* packets listed per message; frame_count counts them all */
    EXCHANGE_GAPS_MOST = 64,
    BODY_CODINGS_MOST = 8,
};

/* What became of a message's body; filled by body.c. */
struct body {
    uint64_t wire_bytes; /* as transferred, without chunk framing */
    uint64_t bytes;      /* decoded, as far as decoded */
    uint8_t sha256[32];  /* of the decoded bytes, also when the body is incomplete */
    bool present;        /* a body was there, maybe empty */
    bool whole;          /* every byte up to its end was seen and decoded */
    const char *codings[BODY_CODINGS_MOST]; /* as declared, outermost last: "gzip", "br" */
    size_t coding_count;
    const char *undecoded; /* why decoding stopped, NULL when it did not: "unknown coding" */
    struct bytes data;     /* decoded bytes kept in memory, a prefix when `kept` < bytes */
    uint64_t kept;         /* decoded bytes that were kept, in memory or in the spool */
    bool spooled;          /* the body store has a file named by sha256 with `kept` bytes */
    struct bytes type;     /* Content-Type, without parameters, as sent */
};

struct message {
    bool seen;       /* something of it was captured */
    bool head_whole; /* the header section was read to its end */
    bool whole;      /* head and body were read to their end */
    struct header *headers;
    size_t header_count, header_capacity;
    struct header *trailers;
    size_t trailer_count, trailer_capacity;
    struct bytes raw_head; /* HTTP/1: start line and fields as they came; empty in HTTP/2, 3 */
    uint64_t head_off;     /* offset of the head in its layer and direction (HTTP/1) */
    struct body body;
    uint64_t *frames; /* packets that carried it: the first EXCHANGE_FRAMES_MOST */
    size_t frames_listed, frames_capacity;
    uint64_t frame_count; /* all of them */
    uint64_t last_frame;
    size_t head_frames; /* how many of `frames` carried the head */
    int64_t first_ns, last_ns;
};

struct exchange {
    struct arena *arena;
    uint32_t connection; /* number of its connection */
    uint64_t stream;     /* HTTP/1: position on the connection from 1; else the stream id */
    enum protocol protocol;
    uint64_t message;   /* WebSocket: its place among the messages, from 1; 0: no message */
    const char *opcode; /* WebSocket: "text", "binary", "close", "ping", "pong"; NULL */
    uint8_t nested;     /* stages of HTTP below it on its connection: tunnel, upgrade */
    bool secure;        /* read from decrypted TLS or QUIC */
    struct bytes method, scheme, authority, path; /* as sent; scheme is ours in HTTP/1 */
    struct bytes host;   /* authority without port and userinfo, lower-cased */
    struct bytes url;    /* scheme://authority/path; "" when authority or path is unknown */
    uint32_t status;     /* 0 when no response was seen */
    struct bytes reason; /* HTTP/1 reason phrase */
    bool pushed;         /* HTTP/2 server push: the request was the server's promise */
    bool early;          /* the request arrived in TLS or QUIC early data */
    uint32_t interim[4]; /* 1xx statuses in order, 0 behind the last */
    struct message request, response;
    uint32_t gaps[EXCHANGE_GAPS_MOST]; /* numbers in the connection's ledger, ascending */
    size_t gap_count;
    bool complete; /* both messages whole and no gap took anything from them */
};

struct exchange *exchange_new(uint32_t connection, uint64_t stream, enum protocol protocol);
void exchange_free(struct exchange *x); /* NULL is fine */

/* Copies name and value into the arena. STATUS_USAGE past EXCHANGE_HEADERS_MOST. */
MUST_USE enum status exchange_add_header(
        struct exchange *x, struct message *m, struct bytes name, struct bytes value);
MUST_USE enum status exchange_add_trailer(
        struct exchange *x, struct message *m, struct bytes name, struct bytes value);
/* Notes the packets and times of an item that carried part of `m`. */
MUST_USE enum status exchange_add_frames(
        struct exchange *x, struct message *m, const struct item *item);
/* Notes a gap once; a full list keeps its last place for the newest. */
void exchange_add_gap(struct exchange *x, uint32_t gap);
/* For a request that names no authority (HTTP/1.0): the server it went to stands in for it, RFC
 * 9112 section 3.3. `authority` is the server's address; port 80 and 443 of their schemes are
 * left out. Does nothing when an authority is known. */
MUST_USE enum status exchange_set_server(struct exchange *x, const struct endpoint *server);
/* Fills host and url out of scheme, authority, path (RFC 9112 section 3.2's four forms). */
MUST_USE enum status exchange_set_target(struct exchange *x);

/* A control frame of a WebSocket, RFC 6455 section 5.5: no message of the application. */
bool exchange_is_control(const struct exchange *x);

/* The first field of that name, compared without case; NULL when there is none. */
const struct header *message_find(const struct message *m, const char *name);
/* The next one behind `after`. */
const struct header *message_find_next(
        const struct message *m, const char *name, const struct header *after);

#endif
