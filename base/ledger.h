/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LEDGER_H
#define BASE_LEDGER_H

/*
 * The append-only list of gaps of one connection (or of the capture itself). Numbers are
 * given in order of filing, so they do not depend on threads; the case numbers all gaps
 * anew by adding up the ledgers in the order of connections.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/gap.h"
#include "base/status.h"

struct ledger {
    struct gap *gaps; /* owned */
    size_t n;
    size_t capacity;
    uint32_t connection;
};

enum {
    /* Past this the last entry grows to cover what follows: a hostile capture cannot fill
     * memory with holes. Its `detail` says so. */
    LEDGER_MOST = 65536,
};

void ledger_init(struct ledger *l, uint32_t connection);
void ledger_clear(struct ledger *l);

/* Copies `gap`, sets its id and connection. Returns the id, or 0 when out of memory. */
uint32_t ledger_file(struct ledger *l, const struct gap *gap);
/* Borrowed until the next filing; NULL when there is no such number. */
const struct gap *ledger_find(const struct ledger *l, uint32_t id);

#endif
