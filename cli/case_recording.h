/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_RECORDING_H
#define CLI_CASE_RECORDING_H

/* What the page of a case says of its recording, read from the files that go along with it. */

#include "cli/case_make.h"
#include "report/page.h"

/* Fills facts->recording and the environment; they stay as they are when the case is of no
 * recording. All in the arena. */
MUST_USE enum status case_recording_read(struct arena *arena, const struct case_along *along,
        size_t n, struct page_facts *facts, struct fault *fault);

#endif
