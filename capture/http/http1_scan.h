/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_SCAN_H
#define CAPTURE_HTTP_HTTP1_SCAN_H

/*
 * Finds the heads of HTTP/1 messages in one direction: collects lines up to the empty one,
 * and after something unreadable looks for the next start line. Used by http1.c alone.
 */

#include "capture/http/http1_message.h"

/* What is left of the item being read. */
struct http1_view {
    const struct item *item;
    struct bytes in;
};

uint64_t http1_view_offset(const struct http1_view *v);

/* Passes over the empty lines that may stand before a message, RFC 9112 section 2.2. */
void http1_scan_blank(struct http1_view *v);
/* A head begins at the front of `v`, which is not empty. */
void http1_scan_begin(
        const struct http1_context *c, struct http1_side *s, const struct http1_view *v);
/* HTTP1_IN_LINE and HTTP1_IN_FIELDS: take from the front of `v`. */
MUST_USE enum status http1_scan_line(
        struct http1_context *c, struct http1_side *s, struct http1_view *v);
MUST_USE enum status http1_scan_fields(
        struct http1_context *c, struct http1_side *s, struct http1_view *v);
/* The head so far is all there is of it, or (`whole`) complete; `next` follows it. */
MUST_USE enum status http1_scan_head_done(
        struct http1_context *c, struct http1_side *s, bool whole, struct bytes next);

/* HTTP1_RESYNC: passes over what cannot begin a message. */
void http1_scan_resync(struct http1_side *s, struct http1_view *v);
/* The start line collected so far is none: it is passed over, and the search begins. */
void http1_scan_reject(const struct http1_context *c, struct http1_side *s);
/* The search is over: files what was passed over, ends the message that had gone bad. */
MUST_USE enum status http1_scan_end(struct http1_context *c, struct http1_side *s);
/*
 * Whether the start line that begins with this item must not be swallowed by what was
 * collected before, stray bytes or a first piece that only might have begun a message:
 * segments and records begin where messages do.
 */
MUST_USE bool http1_scan_anew(const struct http1_side *s, struct bytes in);

#endif
