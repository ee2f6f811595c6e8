/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_RESPAWN_H
#define CLASSIFY_RESPAWN_H

/*
 * Identifiers that live outside cookies, or come back: validators (ETag, Last-Modified) that are
 * made for one browser, cached responses and redirects with an identifier in them, values that
 * return after cookies were cleared (Ayenson et al. 2011; Acar et al., CCS 2014; Fouad et al.,
 * PETS 2022). Facts: that a value came back, and the ways it can have come.
 */

#include "classify/judgement.h"

enum {
    RESPAWN_MARKS_MOST = 64, /* "cookies-cleared" marks that are looked at, the first ones */
    RESPAWN_REQUESTS_MOST = 256, /* with a validator, of one site, looked at for one value */
    RESPAWN_CACHE_DAYS = 30,     /* a response that may be kept so long is a store */
};

/* Bytes of kept responses that are searched for values that came back. */
#define RESPAWN_BYTES_MOST (UINT64_C(256) << 20)

/*
 * Appends "identifier-respawn" for values that a host had before a "cookies-cleared" mark and has
 * again behind it, set anew or sent. Without that mark it appends nothing. Validators must be
 * judged before (validator.h). facts.via lists the ways that were seen open:
 *   "etag"           the site was sent a validator: the value itself, or one that identifies
 *   "last-modified"  likewise a Last-Modified that is no date
 *   "cache"          a response from before, to be kept for 30 days or for ever, has the value
 *   "redirect"       a permanent redirect from before led to an address with the value
 *   "storage"        a script sent the value before any server gave it again
 *   "other-site"     another site had it first behind the mark: facts.came_by
 *   "unknown"        none of these
 * STATUS_NOMEM.
 */
MUST_USE enum status respawn_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out);

#endif
