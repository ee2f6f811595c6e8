/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PROBE_H
#define CLASSIFY_PROBE_H

/*
 * A request made ready to be held against rules, and whether one rule matches it. Which rules
 * are worth holding against it, match finds out; nobody else needs this.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "classify/match.h"
#include "classify/pattern.h"
#include "classify/ruleset.h"
#include "classify/suffix.h"
#include "classify/token.h"

enum {
    /* No list names a host so long: of a longer one the end is as good as the whole. */
    PROBE_PAGE_MOST = 4096,
    PROBE_ANYWHERE = -1,
};

/* {0}, then filled for one request after the other. Tens of kilobytes, of which most requests
 * touch little. */
struct probe {
    const struct ruleset *set;
    const struct match_request *request;
    struct token_text text; /* of the URL */
    struct pattern_url url; /* lower-cased */
    struct bytes raw;       /* as it was written, as long as `url` */
    uint32_t care;          /* bits of a rule's mask that count: all that are set in it */
    unsigned undecided;     /* regular expressions that gave up, of rules that block ... */
    unsigned undecided_exceptions; /* ... and of exceptions */
    bool host_ready;
    bool host_entity_ready;
    bool page_entity_ready;
    struct suffixes host;
    struct suffixes host_entity; /* of the host without its public suffix */
    struct suffixes page_entity;
    struct suffixes page; /* of `page_host`, which many requests share */
    uint64_t page_number; /* another one for another page than that of the request before */
    size_t page_n;
    uint8_t page_host[PROBE_PAGE_MOST + SUFFIXES_PADDING];
};

/* Borrows `set` and what `request` borrows. Fills all but the place of the host in `url`, which
 * the caller does, and the suffix lists that few rules need. */
void probe_fill(
        struct probe *p, const struct ruleset *set, const struct match_request *request);

static inline struct bytes probe_host(const struct probe *p)
{
    return (struct bytes){
            p->url.text.p + p->url.host_begin, p->url.host_end - p->url.host_begin};
}

const struct suffixes *probe_host_and_parents(struct probe *p);

/* What a rule demands besides its pattern and its mask. */
MUST_USE bool probe_allows(struct probe *p, const struct ruleset_extra *extra);
/* Everything but the mask. `at` is where the pattern must begin in the URL, or
 * PROBE_ANYWHERE. */
MUST_USE bool probe_matches(struct probe *p, const struct ruleset_rule *rule, long at);

#endif
