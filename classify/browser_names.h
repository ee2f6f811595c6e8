/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_NAMES_H
#define CLASSIFY_BROWSER_NAMES_H

/*
 * Names that a browser gives to its sessions, targets, documents and requests, each with a
 * number. Open addressing under a hash that is keyed anew in each run, because the names come
 * from a file of anybody's; nothing that is handed out depends on its order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/siphash.h"

struct browser_name {
    struct bytes name; /* borrowed */
    uint32_t number;   /* 0: not given yet */
};

struct browser_names {
    struct browser_name *slots; /* owned */
    size_t size, used, most;
    struct siphash_key key;
};

void browser_names_init(struct browser_names *n, size_t most);
/* Forgets all names and frees; usable again. */
void browser_names_clear(struct browser_names *n);
/* The number of a name; 0 when there is none. */
uint32_t browser_names_find(const struct browser_names *n, struct bytes name);
/*
 * The place of a name, made when it is new; good until the next call. A new one borrows the
 * name that it was asked for: put one that stays in its place. NULL: full (`*full`), or out of
 * memory.
 */
MUST_USE struct browser_name *browser_names_place(
        struct browser_names *n, struct bytes name, bool *full);

#endif
