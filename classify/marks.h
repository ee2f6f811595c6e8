/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MARKS_H
#define CLASSIFY_MARKS_H

/*
 * marks.jsonl: acts of the person, noted while capturing: when a consent notice was shown, what
 * was answered, when data were asked to be erased. They divide the time line of the case.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

enum mark_kind {
    MARK_START,
    MARK_CONSENT_SHOWN,
    MARK_CONSENT_ACCEPTED,
    MARK_CONSENT_REFUSED,
    MARK_CONSENT_WITHDRAWN,
    MARK_ERASURE_REQUESTED,
    MARK_COOKIES_CLEARED,
    MARK_LOGIN,
    MARK_NOTE,
    MARK_END,
    MARK_KINDS,
};

const char *mark_kind_name(enum mark_kind kind); /* "consent-shown" */

struct mark {
    int64_t time_ns; /* UTC since 1970 */
    enum mark_kind kind;
    struct bytes text; /* what the person noted; may be empty */
    struct bytes site; /* "site" of the line, an addition to the contract: a host name, in lower
                          case (of a URL its host); empty: not given */
    size_t line;       /* in the file, from 1 */
};

struct marks {
    struct mark *at; /* in the arena; by time, then line */
    size_t n;
};

enum {
    MARKS_BYTES_MOST = 16 << 20,
    MARKS_MOST = 1 << 16,
    MARKS_TEXT_MOST = 4096,
};

/* A time as in RFC 3339 section 5.6, of the years 1970 to 2261, with any offset and fraction;
 * what is finer than a nanosecond is cut off. False when it is none: `ns` untouched. */
MUST_USE bool marks_time(struct bytes text, int64_t *ns);

/* `path` is for messages only. STATUS_INPUT names the line and what is wrong with it (no JSON,
 * no time, a kind that is none); STATUS_NOMEM. Untouched on failure. */
MUST_USE enum status marks_read(struct arena *arena, struct bytes text, const char *path,
        struct marks *out, struct fault *fault);

#endif
