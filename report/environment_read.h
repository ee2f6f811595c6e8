/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_ENVIRONMENT_READ_H
#define REPORT_ENVIRONMENT_READ_H

/* data/env/before.json and after.json of a case, as a report tells them. */

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "capture/env/environment.h"

enum { ENVIRONMENT_TOLD_MOST = 256 };

struct environment_told {
    const char *id, *group; /* "" where the file has none */
    const char *title_en, *title_zh, *reason_en, *reason_zh;
    enum probe_state state; /* PROBE_UNKNOWN for a state that we do not know */
};

struct environment_read {
    const char *time; /* RFC 3339; "" where the file has none */
    struct environment_told *at;
    size_t n;
    bool more; /* than ENVIRONMENT_TOLD_MOST */
};

/* All texts in the arena. STATUS_INPUT: not such a file; STATUS_NOMEM. */
MUST_USE enum status environment_read(struct arena *arena, struct bytes text,
        struct environment_read *out, struct fault *fault);

#endif
