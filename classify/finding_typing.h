/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_TYPING_H
#define CLASSIFY_FINDING_TYPING_H

/* What was seen of input that is recorded, one row for each recipient, page and way; and the
 * findings that say so. */

#include "classify/judgement.h"

enum recording_how {
    RECORDING_TYPED,     /* what is typed goes out as it is typed */
    RECORDING_REPLAY,    /* a stream that can replay the session */
    RECORDING_PRESUBMIT, /* declared values left before a form was sent */
};

const char *recording_how_name(enum recording_how how); /* "as-you-type", ... */

enum {
    RECORDING_PLACES_MOST = 16,
    RECORDING_BASES_MOST = 6,
    RECORDING_FIELDS_MOST = 8,
    RECORDING_TEXT_MOST = 200, /* bytes of what was typed */
};

struct recording {
    enum recording_how how;
    size_t exchange; /* index of the first one */
    struct bytes site, page_site;
    struct bytes fields[RECORDING_FIELDS_MOST]; /* in the arena; the telling one first */
    size_t field_count;
    const char *bases[RECORDING_BASES_MOST]; /* static: how a replay was told */
    size_t base_count;
    uint64_t samples; /* values typed, uploads, or places where a declared value stood */
    uint64_t bytes;   /* of these values or uploads */
    int64_t first_ns, last_ns;
    struct bytes
            text; /* in the arena: the longest that was typed; of presubmit the labels of the
                          values; empty: none, or better not shown */
    const char *vendor; /* NULL: unknown */
    uint64_t page_text; /* bytes of the page found in uploads */
    int64_t submitted;  /* PRESUBMIT: exchange of a first-party form that came later, or
                            ATTRIBUTION_NONE */
    struct place places[RECORDING_PLACES_MOST];
    size_t place_count;
};

struct recordings {
    struct recording *at; /* owned */
    size_t n, capacity;
};

enum { RECORDINGS_MOST = 1 << 14 };

/* A new row, zeroed but for `how`, `exchange` and what the attribution says of it; NULL: no memory,
 * or `*full` is set. */
struct recording *recordings_add(struct recordings *r, const struct judgement *j,
        enum recording_how how, size_t exchange, bool *full);
void recordings_clear(struct recordings *r);
void recording_cite(struct recording *r, const struct place *place);
/* Notes a field once, a copy of it; false: no memory. */
MUST_USE bool recording_field(struct arena *arena, struct recording *r, struct bytes field);
void recording_base(struct recording *r, const char *basis);

/* Merges the rows of one way, recipient and page and appends a finding for each. STATUS_NOMEM. */
MUST_USE enum status finding_typing(const struct evidence *e, struct judgement *j,
        struct recordings *r, struct findings *out);

#endif
