/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUIDE_CALL_H
#define CLI_GUIDE_CALL_H

/* One command of DevTools at a time, and its answer. Nothing here waits. */

#include "base/json.h"
#include "capture/live/devtools.h"

enum { GUIDE_ANSWER_MOST = 4 << 20 };

struct guide_call {
    uint64_t number; /* 0: none is under way */
    const char *method;
    int64_t deadline_ns;
    bool answered, ok;
    struct json_value *answer; /* owned; NULL: none, too long, or no JSON */
};

enum guide_called {
    CALL_FREE,    /* none is under way: send the next */
    CALL_WAITS,   /* sent, not answered */
    CALL_DONE,    /* answered: read `answer`, then guide_call_clear */
    CALL_REFUSED, /* answered by an error: likewise */
    CALL_LATE,    /* no answer in time */
};

void guide_call_clear(struct guide_call *c);
/* `params` is a JSON object with its members; it is ended, and its buf cleared, here. `now_ns`: any
 * clock that goes on. */
MUST_USE enum status guide_call_send(struct guide_call *c, struct devtools *devtools,
        const char *session, const char *method, struct json *params, int64_t now_ns,
        struct fault *fault);
void guide_call_event(struct guide_call *c, const struct devtools_event *event);
enum guide_called guide_call_state(const struct guide_call *c, int64_t now_ns);
/* The browser's own words about a refusal; "" without. */
const char *guide_call_why(const struct guide_call *c);

#endif
