/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FIELDS_H
#define CLASSIFY_FIELDS_H

/*
 * The named fields of a body, of a request or a response, or of a WebSocket message: forms
 * (application/x-www-form-urlencoded, WHATWG URL section 5), multipart (RFC 7578), JSON in all
 * its uses (reports of the Reporting API, NEL and CSP, JSON lines, JSON sequences of RFC 7464,
 * socket.io), server-sent events, protocol buffers, MessagePack, gRPC-Web and Connect. Forms and
 * JSON are known by their looks whatever the Content-Type claims: beacons send JSON as
 * text/plain. Binary ones are taken for what the Content-Type says they are, or, where it says
 * nothing, what they can hardly be by chance.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct field {
    struct bytes name;    /* raw; empty for scalars without a key; of protobuf "3.1.2" */
    struct bytes value;   /* raw: as it stands in the body; of base64 the groups that hold it */
    struct bytes decoded; /* percent escapes, "+" or JSON escapes, base64 undone; numbers of
                             binary formats in decimal */
    size_t off;           /* of value in the body */
};

enum fields_form {
    FIELDS_NONE, /* no form we know: the body is opaque */
    FIELDS_URLENCODED,
    FIELDS_MULTIPART,
    FIELDS_JSON,
    FIELDS_EVENT_STREAM,
    FIELDS_PROTOBUF,
    FIELDS_MSGPACK,
    FIELDS_FRAMES, /* of gRPC, gRPC-Web, Connect, with protocol buffers inside */
    FIELDS_FRAMES_JSON,
    FIELDS_FRAMES_TEXT, /* in base64 */
};

struct fields {
    enum fields_form form;
    struct field *at; /* in the arena */
    size_t n;
    bool capped;        /* there were more than `most` */
    const char *unread; /* static: what of the body was not taken apart; NULL: nothing */
};

/* `content_type` with its parameters (the boundary is one). False: no memory. */
MUST_USE bool fields_read(struct arena *arena, struct bytes content_type, struct bytes body,
        size_t most, struct fields *out);

#endif
