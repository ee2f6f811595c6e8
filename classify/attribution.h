/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_ATTRIBUTION_H
#define CLASSIFY_ATTRIBUTION_H

/*
 * Which page caused an exchange, on what ground, and whose party its server is.
 *
 * Where the browser itself gave an account, what was joined with it has its page from there.
 *
 * Methods and measured error rates: headers (Origin, Referer) and the purity of a connection
 * (browsers key their sockets by top-level site) had no wrong answer in 420; time alone had up
 * to 29 % when tabs overlap. So every edge carries its basis, time is used only when one page
 * is live, and unknown is preferred to wrong.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/browser_match.h"
#include "classify/evidence.h"
#include "classify/site.h"

enum page_basis {
    PAGE_NONE,     /* no ground was good enough: the page is unknown */
    PAGE_BROWSER,  /* the browser itself named it (browser_match.h) */
    PAGE_DOCUMENT, /* it is the page's own document, or a navigation to it */
    PAGE_REDIRECT, /* the Location of an attributed exchange led here */
    PAGE_ORIGIN,   /* the Origin header names a live page's site */
    PAGE_REFERER, /* the Referer header does, itself or climbing through frame and style sheet */
    PAGE_SEC_FETCH, /* Sec-Fetch-Site says same-origin or same-site as an attributed neighbour */
    PAGE_CONNECTION, /* every attributed exchange of its connection belongs to one site */
    PAGE_URL,        /* the request carries the page's URL in a parameter */
    PAGE_BODY,       /* its URL stands in an earlier response of the page */
    PAGE_TIMING,     /* exactly one page was live then; never used when two were */
};

const char *page_basis_name(enum page_basis basis); /* contract: "document", "referer", … */

enum party {
    PARTY_UNKNOWN,
    PARTY_FIRST,
    PARTY_THIRD,
};

const char *party_name(enum party party);

/* One top-level document a person saw. */
struct visit {
    size_t exchange; /* index in evidence of the document that was shown; `unseen`: of the first
                          exchange that the page caused */
    struct bytes url;  /* of it */
    struct bytes host; /* of it, lower case */
    struct bytes site; /* registrable domain */
    int64_t start_ns;  /* when its (first redirect's) request was sent */
    size_t number;     /* from 1, by time */
    bool unseen; /* the browser tells of the page, but its document is not among the packets: it
                    came from a cache, or on a connection that could not be read */
};

enum { ATTRIBUTION_NONE = -1 };

/* One for each exchange of the evidence, by the same index. */
struct attribution {
    const struct visit *visit; /* NULL: unknown */
    enum page_basis basis;
    const char *ground;      /* header or parameter name that carried it; NULL */
    int64_t ground_exchange; /* index of the exchange it leans on, or ATTRIBUTION_NONE */
    bool leads; /* the document of its page (then it leans on nothing), or a redirect to that */
    struct bytes site;           /* of the exchange's own host */
    struct bytes initiator_site; /* who asked, as far as headers tell; empty: unknown */
    enum party party;            /* to the page */
    enum party initiator_party;  /* to the initiator */
    int64_t redirect_from;       /* index of the exchange whose Location led here, or NONE */
    int64_t opened_by; /* a message of a WebSocket: index of the exchange that opened that, or NONE.
                          Its page, basis and ground are the message's, and it is what they lean on */
};

struct request_view;

struct attributions {
    struct arena *arena; /* owns all below */
    struct visit **visits;
    size_t visit_count;
    struct attribution *of;     /* evidence->exchange_count entries */
    struct request_view *views; /* likewise: what the headers say */
    const struct browser_log
            *browser;           /* borrowed; NULL: there is no account of the browser's */
    struct browser_match match; /* with it: what was joined, and what was not */
    size_t impure_connections; /* connections that two sites shared; their purity says nothing */
};

/* Judges all exchanges of sealed evidence; borrows from it, from `sites` and from `browser`, the
 * sealed account of the browser itself (NULL: there is none). Deterministic. */
MUST_USE enum status attribution_judge(const struct evidence *e, const struct sites *sites,
        const struct browser_log *browser, struct attributions *out);
void attribution_clear(struct attributions *a);

#endif
