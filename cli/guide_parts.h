/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUIDE_PARTS_H
#define CLI_GUIDE_PARTS_H

/* The inside of the guide: shared by guide*.c only. */

#include "cli/guide.h"
#include "report/words.h"

/* guide_say.c: the step in words for a person; NULL when out of memory. */
MUST_USE char *guide_say(
        struct arena *arena, enum language language, const struct guide_step *step);

#endif
