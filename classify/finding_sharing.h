/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_SHARING_H
#define CLASSIFY_FINDING_SHARING_H

/* What sharing.c found, put into words and facts: one finding for each owner, recipient's site
 * and way of writing. */

#include "classify/finding_part.h"

/* Why a site counts as the one whose identifier it is. */
enum sharing_keeper {
    KEEPER_COOKIE,   /* it keeps it in a cookie */
    KEEPER_ETAG,     /* its validator came back */
    KEEPER_RESPONSE, /* its response gave it to the browser, which keeps it elsewhere */
    KEEPER_REDIRECT, /* its redirect carried it on */
    KEEPER_SENT,     /* it was sent it before the other */
};

/* One identifier of a site. */
struct sharing_owner {
    const struct trace *trace; /* the first */
    const struct trace *set;   /* that tells who set it; NULL */
    enum sharing_keeper keeper;
    struct bytes site;
    bool identifies;  /* its own class says that it is an identifier */
    bool first_party; /* wherever it was seen: of cookies only */
};

/* It, or a piece of it, in what another site was sent. */
struct sharing_hit {
    const struct sharing_owner *owner;
    const struct trace *trace;
    struct bytes of; /* the piece */
    unsigned as;     /* enum value_piece_as, or'ed */
    bool leaves_first_party;
};

/* Where the hits come from; the evidence and its attributions may both be NULL. */
struct sharing_ground {
    struct arena *arena;
    const struct evidence *e;
    const struct attributions *a;
};

/* Sorts the hits and appends the findings. False: no memory. */
MUST_USE bool sharing_state(const struct sharing_ground *g, struct sharing_hit *hits, size_t n,
        struct findings *out);

/* Where the redirect of another site that led to an exchange says the text: the header's number
 * and the place, whose `part` stays NULL. False when it does not. */
MUST_USE bool sharing_redirect_says(const struct sharing_ground *g, size_t exchange,
        struct bytes text, size_t *header, struct place *out);

#endif
