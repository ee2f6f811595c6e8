/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_BROWSER_PARTS_H
#define CAPTURE_LIVE_BROWSER_PARTS_H

/* What the files of browser share; nobody else includes this. */

#include <stdint.h>

#include "capture/live/browser.h"

enum {
    FLAG_TEXTS = BROWSER_FLAGS_MOST + BROWSER_SETTINGS_MOST,
    PATH_TEXT = 512,
};

/* Marks a reason for translation; whoever shows it looks it up. */
#define WHY(text) text

struct browser {
    struct browser_facts facts;
    char *texts[FLAG_TEXTS]; /* owned: flags that were made up */
    size_t text_count;
    pid_t pid;
    int fd;          /* pidfd */
    int devtools[2]; /* read, write; -1; one descriptor twice: a WebSocket */
    uint16_t port;   /* 0: a pipe */
    int sockets[2];  /* not yet connected to the port; -1 */
    bool ended;
    int result;
};

/* browser_find.c: a program that a fresh installation has at one of these places. */
struct browser_kind {
    const char *name;
    enum browser_family family;
    const char *paths[4];
    const char *usual_profile; /* below the home directory */
};

const struct browser_kind *browser_kind_of(const struct browser_facts *facts); /* NULL: none */

/* browser_port.c: a free port of 127.0.0.1 inside, and two sockets made there that do not block. */
MUST_USE enum status browser_port_choose(
        const struct isolation *isolation, uint16_t *port, int sockets[2], struct fault *fault);
/* browser_profile.c */
MUST_USE enum status browser_profile_make(
        struct browser *b, const struct browser_setup *setup, struct fault *fault);
/* browser_flags.c: fills facts.flags and what goes with them. */
MUST_USE enum status browser_flags_make(
        struct browser *b, const struct browser_setup *setup, struct fault *fault);
MUST_USE enum status browser_setting(struct browser *b, const char *name, const char *value,
        const char *reason, struct fault *fault);

#endif
