/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_QPACK_COUNT_H
#define CAPTURE_HTTP_QPACK_COUNT_H

/*
 * How many insertions a field section requires, RFC 9204 section 4.5.1.1.
 *
 * The section gives that number modulo 2 * MaxEntries only; a decoder finds the rest because it
 * reads a section soon after it was sent: the true number is more than T - MaxEntries and at
 * most T + MaxEntries, where T is any number between the insertions that the encoder knew to
 * be received when it wrote the section, and those it has made until it knows the section to be
 * received. Whoever reads a capture may meet a section late, so T is looked up by the packet that
 * carried it. Where more than one number fits, the section is ambiguous and says so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QPACK_COUNTS_MOST = 128 }; /* packets remembered */

struct qpack_count {
    struct qpack_count_at {
        uint64_t packet;
        uint64_t count;
    } at[QPACK_COUNTS_MOST]; /* both ascending */
    size_t n;
    bool forgot;      /* older ones were dropped */
    uint64_t newest;  /* the most insertions known to have been made, by whatever packet */
    bool limit_known; /* `limit` is the decoder's SETTINGS_QPACK_MAX_TABLE_CAPACITY */
    uint64_t limit;
    uint64_t capacity; /* the largest one that the encoder has set: not more than the limit */
    bool lost;
    uint64_t most; /* lost: not more insertions than that; UINT64_MAX: any number */
};

enum qpack_need {
    QPACK_NEED,      /* that many */
    QPACK_AMBIGUOUS, /* more than one number fits */
    QPACK_SETTINGS,  /* … but the limit may tell */
    QPACK_NO_NEED,   /* no number fits: not allowed */
};

/* The encoder had made at least `count` insertions when `packet` was captured; packet 0: unknown
 * when. */
void qpack_count_note(struct qpack_count *c, uint64_t packet, uint64_t count);

/* `encoded` must not be 0. `out` is set for QPACK_NEED. */
enum qpack_need qpack_count_required(
        const struct qpack_count *c, uint64_t encoded, uint64_t packet, uint64_t *out);

#endif
