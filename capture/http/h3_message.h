/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H3_MESSAGE_H
#define CAPTURE_HTTP_H3_MESSAGE_H

/* The frames of requests, responses and pushes, RFC 9114 sections 4 and 7.2. */

#include "capture/http/h3_life.h"

/* Takes the next item; what is behind a section that has to wait is held. The lane may be gone
 * afterwards. */
MUST_USE enum status h3_message_push(
        struct http3 *h, struct h3_lane *lane, const struct item *item);
/* Reads the section that was collected. Fields that refer to what is not known are filed with
 * `why`, unless the encoder stream had a hole. */
MUST_USE enum status h3_message_section(
        struct http3 *h, struct h3_lane *lane, enum gap_cause why);

#endif
