/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TAGGING_H
#define CLASSIFY_TAGGING_H

/*
 * Signs that a host of the page's own site passes on what it is sent to a measurement service
 * ("server-side tagging"): it speaks the service's protocol, serves its scripts, sets its
 * cookies. What it passes on happens between servers and cannot be seen.
 */

#include "classify/evidence.h"

enum tagging_sign {
    TAGGING_COLLECT,   /* "/g/collect?v=2&tid=G-…", "/j/collect?…tid=UA-…" */
    TAGGING_PROTOCOL,  /* the same parameters at another path */
    TAGGING_SCRIPT,    /* "/gtag/js", "/gtm.js" and the like */
    TAGGING_COOKIE,    /* FPID, FPLC, FPAU, FPGCLAW, FPGCLDC */
    TAGGING_CONTAINER, /* a response whose header or body is that of a container */
    TAGGING_ALIAS,     /* DNS leads to a service that hosts such containers */
    TAGGING_SIGNS,
};

enum {
    TAGGING_LEAST = 2,            /* signs that together are worth a mention */
    TAGGING_BODY_MOST = 64 << 10, /* bytes of a body that are looked at */
};

const char *tagging_sign_name(enum tagging_sign sign);

/* Notes in `signs` those of one exchange. */
void tagging_signs(
        const struct evidence *e, const struct exchange *x, bool signs[TAGGING_SIGNS]);
/* Whether a name that DNS leads to hosts tagging containers. */
MUST_USE bool tagging_alias(struct bytes name);

#endif
