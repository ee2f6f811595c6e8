/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/connection.h"

#include <string.h>

#include "base/digest.h"

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

bool ticket_make(enum ticket_kind kind, struct bytes secret, struct ticket *out)
{
    uint8_t hash[DIGEST_MOST];

    if (!digest_once(DIGEST_SHA256, secret, hash))
        return false;
    out->kind = kind;
    memcpy(out->sha256, hash, sizeof(out->sha256));
    return true;
}

bool tickets_add(struct tickets *t, enum ticket_kind kind, struct bytes secret)
{
    struct ticket ticket;

    if (!ticket_make(kind, secret, &ticket))
        return false;
    for (size_t i = 0; i < t->n; i++) {
        if (t->at[i].kind == kind &&
                memcmp(t->at[i].sha256, ticket.sha256, sizeof(ticket.sha256)) == 0)
            return true;
    }
    if (t->n == TICKETS_MOST)
        t->more = true;
    else
        t->at[t->n++] = ticket;
    return true;
}
