/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_DELIVERY_H
#define CLASSIFY_DELIVERY_H

/*
 * Values that a server gave to the browser in the body of a response or in a message of a
 * WebSocket, before the browser sent them to anybody: as fields of JSON, server-sent events,
 * protocol buffers, MessagePack, gRPC-Web (fields.h). Cookies have their own way (setter.h).
 */

#include "classify/gather.h"

enum {
    DELIVERY_VALUE_LEAST = 8, /* bytes of a value that is specific enough */
    DELIVERY_VALUE_MOST = 512,
};

/* Bytes of bodies that are looked through in one capture. */
#define DELIVERY_BYTES_MOST (UINT64_C(256) << 20)

/*
 * Fills set_by and set_how ("response") of traces that were sent, have no setter yet, and whose
 * value the field of a response brought before it was seen anywhere else. Values that by their
 * form are no identifiers are left alone. `*capped` is set when not all bodies were looked
 * through. STATUS_NOMEM.
 */
MUST_USE enum status delivery_find(
        const struct evidence *e, struct trace **traces, size_t n, bool *capped);

#endif
