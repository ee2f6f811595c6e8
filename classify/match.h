/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MATCH_H
#define CLASSIFY_MATCH_H

/*
 * What the tracker lists say of a request.
 *
 * A request is blocked if a blocking rule matches and no exception does; a rule marked
 * `important` blocks whatever the exceptions. Of several rules that match, the one named is
 * the first in the order of lists and lines (an important one before all others), so that the
 * answer depends on nothing but the lists.
 *
 * domain= is compared with the host of the page (or frame) that caused the request and all its
 * parents; an entry `~host` that fits outweighs all others.
 */

#include "base/bytes.h"
#include "classify/list.h"
#include "classify/rule.h"
#include "classify/token.h"

enum {
    MATCH_URL_MOST =
            TOKEN_TEXT_MOST, /* longer URLs are matched by so many bytes from their start */
    MATCH_ALL_MOST = 256,    /* rules that match_all names */
};

struct match_request {
    struct bytes url;       /* as sent, with scheme and host; any case */
    struct bytes page_host; /* lower case; empty when the page is unknown */
    struct bytes page_site; /* registrable domain of page_host; for entries `host.*` only */
    struct bytes site;      /* registrable domain of the URL's host; likewise */
    struct bytes method;    /* empty when unknown: rules with method= do not match then */
    enum resource_type type;
    bool third_party; /* the sites of page and request differ */
};

enum match_outcome {
    MATCH_NONE,
    MATCH_BLOCK,
    MATCH_EXCEPTION, /* a rule would block it, another excepts it */
};

struct match_rule {
    const struct list_info *list;
    uint32_t line;     /* from 1 */
    struct bytes text; /* as in the list */
    enum rule_effect effect;
    bool important;
};

struct match_verdict {
    enum match_outcome outcome;
    struct match_rule block;     /* unless MATCH_NONE; all borrow from the lists */
    struct match_rule exception; /* MATCH_EXCEPTION only */
    bool url_cut;                /* the URL was longer than MATCH_URL_MOST */
    unsigned undecided;          /* regular expressions that gave up: they might have matched */
};

/* `lists` must be sealed, otherwise nothing matches. */
void match_decide(const struct lists *lists, const struct match_request *request,
        struct match_verdict *out);

/*
 * Every rule that matches, blocking or not, in the order of lists and lines: at most `most` of
 * them (and MATCH_ALL_MOST) are written, the first ones; returns how many. `*more` (may be NULL)
 * tells whether there were others.
 */
size_t match_all(const struct lists *lists, const struct match_request *request,
        struct match_rule *out, size_t most, bool *more);

const char *match_outcome_name(enum match_outcome outcome); /* "none", "block", "exception" */

#endif
