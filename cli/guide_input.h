/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUIDE_INPUT_H
#define CLI_GUIDE_INPUT_H

/* A mouse and a keyboard over DevTools (domain Input): pages get the same trusted events as from a
 * person's, so that what watches typing is fed as usual. */

#include "cli/guide_find.h"

enum guide_input_state { INPUT_GOES, INPUT_DONE, INPUT_FAILED };

struct guide_input {
    struct bytes text; /* what is still to be typed; UTF-8 */
    bool enter;        /* Enter at the end */
    int phase;
};

void guide_input_click(struct guide_input *in);
void guide_input_type(struct guide_input *in, const char *text, bool enter);
/* Clicks at what was found, or types into it; the mouse and keys are the tab's. */
enum guide_input_state guide_input_step(struct guide_input *in, const struct guide_find *found,
        struct guide_call *call, struct devtools *devtools, int64_t now_ns,
        struct fault *fault);

#endif
