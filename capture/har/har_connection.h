/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HAR_HAR_CONNECTION_H
#define CAPTURE_HAR_HAR_CONNECTION_H

/*
 * The connections that a HAR file speaks of: one for each number it gives (Chrome's _connectionId,
 * else "connection") with each server; without a number one for each server and scheme. They have
 * no packets, no client address and nothing of TLS: the file does not say.
 */

#include <stddef.h>

#include "capture/connection.h"

struct har_connections;

enum { HAR_CONNECTIONS_MOST = 1 << 19, HAR_CONNECTION_NAME_MOST = 128 };

/* Numbers go on behind `before`. NULL: out of memory. */
struct har_connections *har_connections_new(uint32_t before);
void har_connections_free(struct har_connections *c); /* with all that were not taken */

/* How an exchange names its connection. */
struct har_connection_key {
    struct bytes number; /* as the file has it, cut to HAR_CONNECTION_NAME_MOST; may be empty */
    struct bytes host;   /* tells servers apart whose address is not given */
    struct endpoint server; /* version 0: unknown */
    bool secure, datagrams; /* https; h3 */
};

/* Finds or makes it. STATUS_NOMEM; `*out` is NULL when there are too many. Borrowed. */
MUST_USE enum status har_connections_find(struct har_connections *c,
        const struct har_connection_key *key, struct connection **out);

/* All of them, in order of their numbers. Ownership of one passes when its place is set to NULL. */
struct connection **har_connections_all(struct har_connections *c, size_t *n);

#endif
