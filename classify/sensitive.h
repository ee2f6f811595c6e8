/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SENSITIVE_H
#define CLASSIFY_SENSITIVE_H

/*
 * Whether what a trace says is of a sensitive class (PIPL 28, GB/T 45574, GDPR 9, CCPA
 * 1798.140(ae)): by dated dictionaries of Chinese and English words (sensitive_words.h) for
 * health, religion, sexuality, finance, minors, location, politics, biometrics and specific
 * identity, and by the kind of a declared value. A label of its own, "inferred" where a word
 * decides.
 */

#include "classify/judgement.h"

enum {
    SENSITIVE_TEXT_MOST = 64 << 10, /* bytes of one text; a longer one is never "no" */
    SENSITIVE_LAYERS_MOST = 3,      /* of percent and %u escapes, undone one on the other */
};

/* Fills `sensitive` of each trace; adds the fact U10 where a dictionary decides. A trace whose
 * text can be read and has none of the words is "no" only when the dictionaries cover its
 * script; an opaque one is undetermined. To be called when classes are known and before
 * verdict_judge, which keeps the fact. STATUS_NOMEM. */
MUST_USE enum status sensitive_mark(struct arena *arena, struct trace *const *traces, size_t n);

/* Behind it: what the kind of a declared value says of the traces that hold it (`declared`).
 * `subject` is the one whose values the hits name. */
void sensitive_mark_declared(
        const struct subject *subject, struct trace *const *traces, size_t n);

/* "2026-11": which dictionaries; for basis.json. */
const char *sensitive_version(void);

#endif
