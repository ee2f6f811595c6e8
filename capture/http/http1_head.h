/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_HEAD_H
#define CAPTURE_HTTP_HTTP1_HEAD_H

/*
 * The head of an HTTP/1 message (RFC 9112 sections 2 to 6): start line, fields, and what the
 * fields say about the body and about leaving HTTP/1. Reads what browsers read, not only what
 * the grammar allows. Nothing here allocates; results borrow from the input.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/gap.h"
#include "capture/http/exchange.h"

enum {
    HTTP1_LINE_MOST = 256 << 10, /* bytes of a start line */
    HTTP1_METHOD_MOST = 64,
};

struct http1_start {
    struct bytes method, target; /* of a request */
    struct bytes reason;         /* of a response; may be empty */
    uint32_t status;             /* of a response: 1 to 999, 100 or more as a rule */
    bool version1;               /* the version is HTTP/1.x */
    bool version10;              /* it is HTTP/1.0 or older, or ICY */
};

/* Whether it is a registered method, or one of UPnP or RPC over HTTP. */
MUST_USE bool http1_method_is_known(struct bytes method);
/* Whether a start line of that side may begin with these bytes; false is final. */
MUST_USE bool http1_start_may(struct bytes first, enum direction dir);

/*
 * One line without its line end. The target may hold spaces: the last word is the version.
 * PARSE_BAD leaves `out` untouched.
 */
MUST_USE enum parse http1_request_line(struct bytes line, struct http1_start *out);
/* "HTTP/1.1 200 OK", without reason, in lower case, of any version; "ICY 200 OK". */
MUST_USE enum parse http1_status_line(struct bytes line, struct http1_start *out);

/*
 * The next field of a header or trailer section; false at its end. Lines without a colon or
 * a name are passed over, a line end may be LF alone, white space before the colon is no part
 * of the name. A folded value keeps its line ends (obs-fold).
 */
MUST_USE bool http1_field_take(struct bytes *fields, struct header *out);

enum http1_framing {
    HTTP1_NO_BODY,
    HTTP1_LENGTH,  /* Content-Length */
    HTTP1_CHUNKED, /* RFC 9112 section 7.1 */
    HTTP1_CLOSE,   /* up to the end of the connection */
    HTTP1_BROKEN,  /* the fields contradict each other: where the body ends is unknown */
};

/* What the fields seen so far say. Start from all zero. */
struct http1_facts {
    bool has_length, bad_length, lengths_differ;
    uint64_t length;
    bool chunked;         /* Transfer-Encoding names chunked, anywhere in its list */
    bool other_coding;    /* it names another coding as well */
    bool asks_upgrade;    /* Connection: upgrade */
    bool expects;         /* Expect: an interim response may come first */
    struct bytes upgrade; /* first Upgrade value */
    struct bytes host;    /* first Host value */
};

void http1_facts_add(struct http1_facts *facts, const struct header *field);

enum http1_framing http1_request_framing(const struct http1_facts *facts);
/* `method` is that of the request, empty when it was not seen. As Chromium decides: HTTP/1.0
 * ignores Transfer-Encoding, and a Content-Length that is no number is as none. */
enum http1_framing http1_response_framing(
        const struct http1_facts *facts, const struct http1_start *start, struct bytes method);

#endif
