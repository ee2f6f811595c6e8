/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H3_UNI_H
#define CAPTURE_HTTP_H3_UNI_H

/*
 * Unidirectional streams (RFC 9114 section 6.2, RFC 9204 section 4.2): their type, control streams,
 * the streams of QPACK, the beginning of pushes; and streams that are skipped.
 */

#include "capture/http/h3_life.h"

/* Takes the next item of a lane that is no message. The lane may be gone afterwards. */
MUST_USE enum status h3_uni_push(
        struct http3 *h, struct h3_lane *lane, const struct item *item);

/* Skips what comes on a lane; `detail` is filed with its length at the end, NULL: nothing. */
void h3_uni_skip(struct h3_lane *lane, enum gap_cause why, const char *detail);

#endif
