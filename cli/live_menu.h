/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_MENU_H
#define CLI_LIVE_MENU_H

/*
 * The dialogue of the live view: which keys do what, the menu of marks, a line of text, and the
 * question whether to end. It only knows keys; live_screen shows it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/live_keys.h"
#include "cli/live_view.h"
#include "report/words.h"

enum live_asking {
    ASKING_NOTHING,
    ASKING_KIND, /* the menu of marks */
    ASKING_TEXT, /* of the mark that was chosen */
    ASKING_NOTE,
    ASKING_END, /* "End the recording?" */
};

enum { LIVE_MENU = 8 }; /* kinds of marks a person can set */

struct live_menu {
    enum live_asking asking, before; /* `before`: what ASKING_END interrupted */
    unsigned chosen;                 /* 0 to LIVE_MENU - 1 */
    char text[LIVE_TEXT];            /* UTF-8, what was typed */
    size_t n;
    bool step_waits; /* Enter means that the step of the guide is done */
};

/* The kind at a place of the menu, and what a person calls it. */
enum mark_kind live_menu_kind(unsigned at);
const char *live_menu_words(enum language language, enum mark_kind kind);

void live_menu_init(struct live_menu *m);
/* One key: what the recording is to do, mostly nothing. `*changed`: the screen looks different. */
enum live_key live_menu_press(
        struct live_menu *m, const struct live_key_press *key, bool *changed);

#endif
