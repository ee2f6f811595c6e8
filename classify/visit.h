/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VISIT_H
#define CLASSIFY_VISIT_H

/*
 * The pages a person visited: top-level documents, with the redirects that led to them, and
 * the frames in which a site was embedded instead.
 */

#include "classify/attribution.h"
#include "classify/request_view.h"

/* By exchange, what the browser tells of a navigation. */
struct visits_told {
    const bool *joined; /* it tells of this one */
    const bool *shown;  /* and that it is a document that a tab came to show */
};

struct visits {
    struct visit **by_time;
    struct visit **by_site; /* by site, then time */
    size_t n, capacity;
    struct framed { /* a site, and when it was first seen inside a frame */
        struct bytes site;
        int64_t since_ns;
    } * framed; /* by site */
    size_t framed_count, framed_capacity;
};

/* Gathers visits and gives each navigation, with its redirects, its own visit in `of` (basis
 * PAGE_DOCUMENT). `of[i].redirect_from` must be filled. `told` (NULL: nothing) says which
 * exchanges the browser told of, and which of those are documents that it showed; those have
 * PAGE_BROWSER. False: no memory. */
MUST_USE bool visits_gather(struct arena *arena, const struct evidence *e,
        const struct request_view *views, struct attribution *of,
        const struct visits_told *told, struct visits *out);
/* Adds a visit that no exchange of its own shows, then sorts and numbers anew with visits_sort. */
MUST_USE bool visits_add(struct arena *arena, struct visit *visit, struct visits *v);
MUST_USE bool visits_sort(struct arena *arena, struct visits *v);

/* The latest visit of that site that began at or before `when`; NULL when there was none. */
const struct visit *visits_find(const struct visits *v, struct bytes site, int64_t when_ns);
/* The latest visit of exactly this URL (no fragment) of that site; NULL. */
const struct visit *visits_find_url(
        const struct visits *v, struct bytes site, struct bytes url, int64_t when_ns);
/* True when the site was loaded in a frame of another site's page by then: its name in a
 * header may then mean the frame. */
MUST_USE bool visits_framed(const struct visits *v, struct bytes site, int64_t when_ns);

#endif
