/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_REQUEST_VIEW_H
#define CLASSIFY_REQUEST_VIEW_H

/*
 * What the headers of a request say about where it comes from and what it is for: Referer,
 * Origin, Fetch Metadata (W3C Fetch Metadata Request Headers), and what a response says about
 * where to go next. One for each exchange; views borrow from it or from the arena.
 */

#include <stdbool.h>
#include <stdint.h>

#include "classify/evidence.h"
#include "classify/rule.h"
#include "classify/site.h"

struct request_view {
    int64_t start_ns, end_ns;     /* of the first packet of the request, of the response */
    struct bytes site;            /* of its own host */
    struct bytes referer, origin; /* header values; origin is empty when it is "null" */
    struct bytes referer_host, origin_host; /* lower case */
    struct bytes referer_site, origin_site;
    struct bytes fetch_site, fetch_mode, fetch_dest; /* Sec-Fetch-*; empty when not sent */
    struct bytes user_agent;
    struct bytes location; /* absolute, as a browser would ask for it; empty unless 3xx */
    struct bytes url;      /* of the exchange without fragment */
    bool message;          /* of a WebSocket: no request of its own, no headers, and no `url` */
    bool has_fetch;        /* some Sec-Fetch-* was sent */
    bool html;             /* the response is HTML, or says nothing about its type */
    bool navigates;        /* a top-level navigation, as far as headers tell */
    bool maybe_navigates;  /* without Fetch Metadata: a document, maybe of a frame */
    bool frame;            /* the document of a frame */
    bool shows; /* a document that a person gets to see: not 3xx, 204, 205, a download */
};

/* False: no memory. */
MUST_USE bool request_view_make(struct arena *arena, const struct sites *sites,
        const struct exchange *x, struct request_view *out);

/* The type tracker lists know it by, from Sec-Fetch-Dest or, without, from the response. */
enum resource_type request_view_type(const struct request_view *v, const struct exchange *x);

#endif
