/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DNS_STREAM_H
#define CAPTURE_PACKET_DNS_STREAM_H

/*
 * DNS over TCP (RFC 7766) as a stage: stream items go in, whole messages come out. Behind a
 * hole the place where a message begins is lost, so that direction gives no more.
 * DNS over TLS (RFC 7858) is the same above TLS.
 */

#include <stdbool.h>

#include "base/gap.h"
#include "base/status.h"
#include "capture/item.h"

struct dns_stream;

struct dns_stream *dns_stream_new(void); /* NULL: out of memory */
void dns_stream_free(struct dns_stream *s);
MUST_USE enum status dns_stream_push(struct dns_stream *s, const struct item *item);
/* `message->data` is one message without its length; borrowed until the next call. */
MUST_USE bool dns_stream_next(struct dns_stream *s, struct item *message);
/* What of a direction was there and gave no message, as a gap to be filed once nothing more will
 * come; all but its layer is filled. False when there is nothing such. */
MUST_USE bool dns_stream_unread(
        const struct dns_stream *s, enum direction dir, struct gap *out);

#endif
