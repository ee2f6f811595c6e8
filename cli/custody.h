/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CUSTODY_H
#define CLI_CUSTODY_H

/* custody/log.jsonl of a recording: every act with its time, hash-chained (doc/RECORDING.md). */

#include "base/fault.h"
#include "base/json.h"

struct custody;

/* `directory` is a descriptor of the recording; custody/ is made below it. */
MUST_USE enum status custody_open(int directory, struct custody **out, struct fault *fault);
void custody_close(struct custody *c);        /* NULL is fine */
bool custody_is_new(const struct custody *c); /* no act was entered before */

/* One act: members of its detail are written into the json between the two; at most a handful. */
struct json *custody_begin(struct custody *c, const char *act);
MUST_USE enum status custody_end(struct custody *c, struct fault *fault);
/* The same with one member, or none when `key` is NULL. */
MUST_USE enum status custody_add(struct custody *c, const char *act, const char *key,
        const char *value, struct fault *fault);

#endif
