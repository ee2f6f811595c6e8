/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_DECLARED_H
#define CLASSIFY_FINDING_DECLARED_H

/*
 * What the findings about declared values have in common: the hits in the orders they are asked
 * for, the traces that hold them, what could not be seen, and the words for all that.
 */

#include "classify/declared.h"
#include "classify/finding_part.h"

enum {
    DECLARED_TRACES_MOST = 64,        /* that one finding rests on */
    DECLARED_FINDINGS_MOST = 1 << 14, /* past it hits.capped says that there were more */
    DECLARED_IDS_MOST = 16,           /* exchanges that a fact lists */
    DECLARED_RUNS_MOST = 1024, /* values at sites whose history is asked; past it likewise */
};

/* A trace at one of its places. */
struct joint {
    const struct place *place;
    struct trace *trace;
    uint64_t reach; /* the furthest end of it and of those before it in the same part */
};

/* A request, or a whole connection, that could not be read. */
struct unseen {
    struct bytes site;
    int64_t time_ns;
};

struct declared_ground {
    const struct evidence *e;
    const struct judgement_setup *setup;
    struct judgement *j;
    struct findings *out;
    const struct hit **hits; /* owned: those that are not inside another of the same value; by
                                value, site of the exchange, response, then as they came */
    size_t n;
    struct joint *joints; /* owned: by exchange, part, offset */
    size_t joint_count;
    struct unseen *unseen; /* owned: by site, time */
    size_t unseen_count;
    const struct trace **identifiers; /* owned: that were sent, by recipient's site, number */
    size_t identifier_count;
    int64_t *first_party; /* owned: by value, when a first party was sent it; INT64_MAX never */
    size_t found;         /* findings made */
    size_t runs;          /* whose history was asked */
};

/* STATUS_NOMEM; clear in either case. */
MUST_USE enum status declared_ground_make(struct declared_ground *g);
void declared_ground_clear(struct declared_ground *g);

const struct subject_value *declared_value(
        const struct declared_ground *g, const struct hit *h);
struct bytes declared_site(const struct declared_ground *g, const struct hit *h);
enum party declared_party(const struct declared_ground *g, const struct hit *h);
/* When the request, or the response, that holds it began. */
int64_t declared_time(const struct declared_ground *g, const struct hit *h);
enum grade declared_grade(const struct hit *h);
MUST_USE bool declared_partial(const struct hit *h);

size_t declared_first(const struct declared_ground *g, size_t value); /* hit of the value */
/* The first identifier of a site in g->identifiers, or of what comes behind it. */
size_t declared_first_identifier(const struct declared_ground *g, struct bytes site);

/* The hits of one value at one site, in a ground's order. */
struct declared_run {
    const struct hit *const *sent; /* in requests, by exchange */
    size_t sent_count;
    const struct hit *const *back; /* in responses */
    size_t back_count;
};

/* The run that begins at `at`, and where the next one does. */
size_t declared_run_at(const struct declared_ground *g, size_t at, struct declared_run *out);

/* Traces whose place has the hit's within it; at most `most`. */
size_t declared_traces(
        const struct declared_ground *g, const struct hit *h, struct trace **out, size_t most);
/* Requests to a site, before that time, that could not be read wholly. */
size_t declared_unseen(const struct declared_ground *g, struct bytes site, int64_t before_ns);

/* Adds the traces of a hit that the finding does not have yet. */
MUST_USE bool declared_rest_on(
        const struct declared_ground *g, struct finding *f, const struct hit *h);
MUST_USE bool declared_cite(
        const struct declared_ground *g, struct finding *f, const struct place *place);
/* Verdicts of its traces; without any, of what the hit's exchange carries together. */
void declared_take_verdicts(
        const struct declared_ground *g, struct finding *f, const struct hit *h);
/* A new finding whose recipient is the exchange's host; NULL with STATUS_OK at the cap. */
MUST_USE enum status declared_new(
        struct declared_ground *g, const char *kind, const struct hit *h, struct finding **out);

/* A fact that lists the ids of exchanges, each once. */
MUST_USE bool declared_add_ids(const struct declared_ground *g, struct finding *f,
        const char *name, const size_t *exchanges, size_t n);
MUST_USE bool declared_add_encoding(
        const struct declared_ground *g, struct finding *f, const struct hit *h);

/* ---- words, English and Chinese; NULL: no memory ---- */

struct said {
    const char *en, *zh;
};

MUST_USE bool said_whole(struct said s);
/* "your e-mail address (declared value 1)", never the value itself but of search terms. */
struct said say_value(const struct declared_ground *g, const struct hit *h);
struct said say_where(const struct declared_ground *g, const struct hit *h);
/* ", written as base64 of sha256", or nothing. */
struct said say_form(const struct declared_ground *g, const struct hit *h);
struct said say_pages(const struct declared_ground *g, const struct finding_sites *pages);
struct said say_who(const struct declared_ground *g, const struct finding *f);

/* ---- the kinds; each takes the run of one value at one site ---- */

/* "personal-data-leak", "search-term-leak", "location-leak" */
MUST_USE enum status declared_leaks(struct declared_ground *g, const struct declared_run *run);
/* "data-from-others" */
MUST_USE enum status declared_returns(
        struct declared_ground *g, const struct declared_run *run);
/* "personalised-response" */
MUST_USE enum status declared_effects(
        struct declared_ground *g, const struct declared_run *run);

#endif
