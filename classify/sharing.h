/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SHARING_H
#define CLASSIFY_SHARING_H

/*
 * Identifiers of one site that reach another: in a URL, a body, a header, a Referer or a
 * WebSocket; as they are, in an encoding, or as a digest (Fouad et al., PETS 2020; Iqbal et al.,
 * "Khaleesi", USENIX Security 2022).
 *
 * The owner is the site whose cookie had the value first. A value that no cookie holds belongs
 * to the site whose response gave it to the browser or whose redirect carried it on, or whose
 * validator (ETag) it is; else to the site that was sent it first.
 *
 * Only whole leaves of values are compared, never substrings. A leaf must have so many nominal
 * bits that among all identifiers and all that was sent one chance hit in a hundred captures is
 * expected at most: log2(identifiers * values sent) + 7, and never fewer than a browser is
 * singled out by. With fewer, down to 28, it counts only as the whole value of a parameter, and
 * only when the parameter or the address is one that partners synchronise by. What stands in the
 * path of the page's own URL or in the User-Agent is no identifier, nor is a property number.
 */

#include "classify/attribution.h"
#include "classify/finding.h"

enum {
    SHARING_BITS_LEAST = 33,
    SHARING_HITS_MOST = 1 << 18, /* values that had one of them */
};

/*
 * Appends to `out` findings "identifier-sharing" and "first-party-cookie-exfiltration" (the
 * cookie is of the page's own site, the recipient is none). `*capped` is set, and never unset,
 * when a cap above was reached (and SHARING_TOKENS_MOST). The evidence and its attributions tell
 * what a redirect caused and which response gave a value; both may be NULL. STATUS_NOMEM.
 */
MUST_USE enum status sharing_find(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct trace *const *traces, size_t n,
        struct findings *out, bool *capped);

#endif
