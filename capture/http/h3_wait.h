/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H3_WAIT_H
#define CAPTURE_HTTP_H3_WAIT_H

/*
 * Lanes whose field section waits for the encoder stream (RFC 9204 section 2.1.2), and the items
 * that are held behind it. A real decoder is promised few of them; a capture may have more,
 * because packets come in any order. For the same reason an answer may come before its
 * request, which says whether the answer has content at all (HEAD, RFC 9110 section 9.3.2; CONNECT,
 * section 9.3.6): it waits likewise, until the request's head was read or is lost.
 */

#include "capture/http/h3_life.h"

/* The lane's section has to wait for `waits`. */
void h3_wait_begin(struct http3 *h, struct h3_lane *lane, uint64_t waits);
/* Does the lane wait? An answer begins to when its request is to come. */
MUST_USE bool h3_wait_has_to(struct http3 *h, struct h3_lane *lane);
/* A lane was read further: if it is a request, goes on with its answer once that can be. */
MUST_USE enum status h3_wait_answer(struct http3 *h, const struct h3_lane *request);
/* Copies an item of a lane that waits, behind those that are held or, being the rest of one
 * that was read, in front of them. */
MUST_USE enum status h3_wait_hold(
        struct http3 *h, struct h3_lane *lane, const struct item *item, bool front);
/* Insertions of `dir` were read: goes on with those whom that suffices. `all` looks at each again:
 * the limit is known now, or insertions will not come. */
MUST_USE enum status h3_wait_wake(struct http3 *h, enum direction dir, bool all);
/* Goes on with a lane as it is, for `why`, if it waits. */
MUST_USE enum status h3_wait_give_up(struct http3 *h, struct h3_lane *lane, enum gap_cause why);
/* No section waits any more. */
MUST_USE enum status h3_wait_give_up_all(struct http3 *h, enum gap_cause why);
/* Past H3_HELD_MOST, gives up those that wait longest; answers past H3_HALVES_MOST, while nothing
 * of the client was seen. */
MUST_USE enum status h3_wait_relieve(struct http3 *h);
/* Hands over what is held behind the lane, which the caller owns then. */
MUST_USE struct h3_held *h3_wait_take(struct http3 *h, struct h3_lane *lane);
/* Forgets what is held behind the lane. */
void h3_wait_clear(struct http3 *h, struct h3_lane *lane);
void h3_wait_free_spent(struct http3 *h);

#endif
