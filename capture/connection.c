/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/connection.h"

void connection_turn(struct connection *facts)
{
    const struct endpoint client = facts->client;
    const uint64_t bytes = facts->bytes[FROM_CLIENT];

    facts->client = facts->server;
    facts->server = client;
    facts->bytes[FROM_CLIENT] = facts->bytes[FROM_SERVER];
    facts->bytes[FROM_SERVER] = bytes;
    for (size_t i = 0; i < facts->ledger.n; i++) {
        struct gap *gap = &facts->ledger.gaps[i];

        if (gap->layer == LAYER_STREAM)
            gap->dir = direction_other(gap->dir);
    }
}
