/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DNS_STREAM_H
#define CAPTURE_PACKET_DNS_STREAM_H

/*
 * DNS over TCP (RFC 7766) as a stage: stream items go in, whole messages come out. Behind a
 * hole the place where a message begins is lost, so that direction gives no more.
 */

#include <stdbool.h>

#include "base/status.h"
#include "capture/item.h"

struct dns_stream;

struct dns_stream *dns_stream_new(void); /* NULL: out of memory */
void dns_stream_free(struct dns_stream *s);
MUST_USE enum status dns_stream_push(struct dns_stream *s, const struct item *item);
/* `message->data` is one message without its length; borrowed until the next call. */
MUST_USE bool dns_stream_next(struct dns_stream *s, struct item *message);

#endif
