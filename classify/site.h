/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SITE_H
#define CLASSIFY_SITE_H

/*
 * The site of a host: its registrable domain, one label above the public suffix (ICANN and
 * private sections, publicsuffix.org). The one door to libpsl.
 *
 * A host under a suffix the list does not know follows the list's default rule "*". An IP
 * literal and a host of one label are their own site. Besides the list, a few suffixes are
 * known under which different customers have hosts but which the list lacks (see site.c).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

struct sites; /* read-only once made: threads may share it */

/* Which list answered; borrowed from the sites. */
struct site_list {
    const char *path;
    const char *date; /* the VERSION or date line of the file; NULL: it has none */
    uint64_t bytes;
    uint64_t rules; /* lines that are no comments */
    uint64_t added; /* suffixes of our own */
    char sha256[SHA256_TEXT];
};

/*
 * Loads the list at `path`; NULL: the newest of those found on the machine (Debian's package
 * publicsuffix, uBlock Origin's). STATUS_MISSING with what to install when there is none.
 */
MUST_USE enum status sites_new(const char *path, struct sites **out, struct fault *fault);
void sites_free(struct sites *s); /* NULL is fine */
const struct site_list *sites_list(const struct sites *s);

/* The site of a lower-case host without port; a view into `host`. Brackets of IPv6 stay. */
struct bytes site_of(const struct sites *s, struct bytes host);
MUST_USE bool site_same(const struct sites *s, struct bytes host, struct bytes other);
/* True for IPv4 dotted decimals and bracketed or bare IPv6. */
MUST_USE bool site_is_address(struct bytes host);

#endif
