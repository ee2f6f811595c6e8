/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_MARK_H
#define CLASSIFY_FINDING_MARK_H

/* What findings that count from a mark have in common: facts, evidence, and the sentence. */

#include "classify/consent_act.h"

/* All in order of time; the first is the one that the finding names. */

/* Traces, the first place of each as evidence, page, recipient, owner, verdicts, grade, and the
 * highest score as weight. `unlisted`: occurrences that no place was kept of. False: no memory. */
MUST_USE bool finding_mark_take(struct arena *arena, const struct consent_act *acts, size_t n,
        struct finding *f, uint64_t *unlisted);
/* mark, mark_time, first_time, seconds_after_mark, items, identifiers. False: no memory. */
MUST_USE bool finding_mark_facts(struct arena *arena, const struct mark *mark,
        const struct consent_act *acts, size_t n, struct finding *f);
/* A fact of that time. False: no memory. */
MUST_USE bool finding_mark_time(
        struct arena *arena, const char *name, int64_t ns, struct finding *f);

/*
 * In the sentences $0 is the recipient, $1 the page's site, $2 the value with its name, $3 the
 * time, $4 and $5 how far that is from `from_ns` (English, Chinese), $6 and $7 how many values
 * there are in all, $8 and $9 the verb ("received the identifier").
 */
struct finding_mark {
    const struct consent_act *act;
    int64_t from_ns;
    size_t items;
    const char *sentence_en, *sentence_zh;
};

MUST_USE bool finding_mark_say(
        struct arena *arena, const struct finding_mark *m, struct finding *f);

#endif
