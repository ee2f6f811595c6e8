/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VERDICT_FACT_H
#define CLASSIFY_VERDICT_FACT_H

/*
 * The facts U1 to U11 and D1 to D5 of all traces, found by joining them over requests, values
 * and recipients. What each means stands in verdict.h.
 */

#include "classify/party.h"
#include "classify/trace.h"

enum verdict_fact {
    FACT_U1,
    FACT_U2,
    FACT_U3,
    FACT_U4,
    FACT_U5,
    FACT_U5_LIFETIME,
    FACT_U5_VISITS,
    FACT_U6,
    FACT_U7,
    FACT_U8,
    FACT_U9,
    FACT_U10,
    FACT_U11,
    FACT_D1,
    FACT_D2,
    FACT_D3,
    FACT_D4,
    FACT_D5,
    VERDICT_FACTS,
};

extern const char *const verdict_fact_names[VERDICT_FACTS];
#define FACT_BIT(fact) ((uint32_t)1 << (fact))

/* What a trace's requests carried besides it, or'ed over them. */
enum {
    WITH_DIRECT = 1,
    WITH_ACCOUNT = 2,
    WITH_IDENTIFIER = 4, /* any value that singles out, a direct or account one included */
    WITH_CONTENT = 8,
    WITH_LINKED = 16,   /* an identifier that has U1, U2 or U4, or a direct or account one */
    WITH_MANY_LOW = 32, /* more than VERDICT_LOW_TOGETHER attributes with few values */
};

struct verdict_view {
    uint32_t facts; /* FACT_BIT of those that hold */
    unsigned with;
    bool bare; /* of content: nothing that went with it, or to the same site at another time,
                  can have been an identifier, as far as all of it was seen (verdict_bare.c) */
};

/* Fills `views`, one for each trace. */
MUST_USE enum status verdict_facts(const struct parties *parties, const struct evidence *e,
        const struct attributions *a, struct trace *const *traces, size_t n,
        struct verdict_view *views);

/* It has bits enough to single out, or a known format, or differs between profiles (U6) and has
 * VERDICT_BITS_DIFFERING. */
MUST_USE bool verdict_singles_out(const struct trace *trace);
/* Classes whose values stand for somebody. */
MUST_USE bool verdict_is_identifier(const struct trace *trace);
/* Fills `bare` of each view, whose facts must be known. STATUS_NOMEM. */
MUST_USE enum status verdict_bare(const struct evidence *e, const struct attributions *a,
        struct trace *const *traces, size_t n, struct verdict_view *views);

#endif
