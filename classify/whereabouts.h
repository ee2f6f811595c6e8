/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_WHEREABOUTS_H
#define CLASSIFY_WHEREABOUTS_H

/*
 * Country and network (AS) of a server's address, by the IPFire Location database where it is
 * installed (Debian libloc-database); the one door to libloc. Always "inferred": an address is
 * where its network is registered, which may not be where the machine stands.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

struct whereabouts; /* opaque; one thread at a time */

struct whereabouts_of {
    char country[3]; /* ISO 3166-1, or "" */
    uint32_t as;     /* 0: unknown */
    char as_name[128];
    char network[64]; /* "203.0.113.0/24" */
};

/* `path` NULL: where Debian puts it. STATUS_MISSING when it is not installed: not a failure of
 * the program, and to be said in basis.json. */
MUST_USE enum status whereabouts_open(
        const char *path, struct whereabouts **out, struct fault *fault);
void whereabouts_close(struct whereabouts *w); /* NULL is fine */
/* `address`: an IP address as text, without port. False: not in the database, or private. */
MUST_USE bool whereabouts_find(
        struct whereabouts *w, const char *address, struct whereabouts_of *out);
const char *whereabouts_date(const struct whereabouts *w);   /* "2026-11-01" */
const char *whereabouts_sha256(const struct whereabouts *w); /* of the database file */

#endif
