/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_BROWSER_H
#define CAPTURE_LIVE_BROWSER_H

/*
 * The person's browser: found, given a profile and a place for its key log, started inside an
 * isolation, and watched. It is the installed program with its own settings; every flag and every
 * setting that we add is in `flags` and `settings`, with the reason, and goes into the case.
 *
 * Debian's wrapper /usr/bin/chromium adds flags of its own (remote extensions among them); the
 * program behind it is started instead, as are those of Chrome, Edge and Firefox.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/fault.h"
#include "capture/live/isolation.h"

enum browser_family {
    BROWSER_CHROMIUM, /* Chromium, Chrome, Edge, Brave, Vivaldi */
    BROWSER_FIREFOX,
};

enum third_party_cookies {
    COOKIES_DEFAULT, /* the browser's own default is left alone */
    COOKIES_ALLOW,
    COOKIES_BLOCK,
};

enum browser_devtools {
    BROWSER_DEVTOOLS_NONE,
    BROWSER_DEVTOOLS_PIPE,
    BROWSER_DEVTOOLS_PORT, /* of 127.0.0.1 inside the isolation */
};

enum {
    BROWSER_FLAGS_MOST = 64,
    BROWSER_SETTINGS_MOST = 16,
};

struct browser_setup {
    const char *program;       /* path or name; NULL: the first that is found */
    const char *profile;       /* an existing profile directory; NULL: a fresh one */
    const char *profile_fresh; /* where a fresh one is made; made anew if absent */
    const char *key_log;       /* path that the browser appends to */
    const char *home;          /* HOME of the browser; NULL: unchanged */
    const char *url;           /* the page to open; NULL: about:blank */
    const char *url_alone;     /* likewise, when there comes to be no DevTools to open it */
    const char *log;           /* file for its stdout and stderr; NULL: /dev/null */
    enum third_party_cookies cookies;
    /* Hand over DevTools (Chromium family): over a port where a person uses the browser in a
     * network of its own, else over a pipe. A page that is given as `url` is begun before
     * DevTools can listen: leave it NULL and give it to devtools_new. */
    bool devtools;
    bool headless; /* controlled, automated runs and tests */
    /* A script drives it: pages may know (navigator.webdriver stays true, as the browser sets it
     * for every DevTools pipe). Otherwise a person does, and it is kept false: by the port, or
     * with a pipe by a flag for which the browser shows a warning bar. */
    bool driven;
    const char *const *extra; /* more flags, as the person gave them; recorded as such */
    size_t extra_count;
    uid_t user; /* run as; (uid_t)-1: as we are. Chromium refuses root */
};

struct browser_facts {
    enum browser_family family;
    char name[32];     /* "chromium" */
    char path[512];    /* of the program itself, links resolved */
    char version[128]; /* as --version prints it */
    char sha256[SHA256_TEXT];
    char profile[512];
    bool profile_is_fresh;
    enum browser_devtools devtools;
    const char *flags[BROWSER_FLAGS_MOST];   /* all, as started; borrowed from the browser */
    const char *reasons[BROWSER_FLAGS_MOST]; /* why, in English; "given by the person" */
    size_t flag_count;
    /* Settings written into a fresh profile, "name=value", likewise. */
    const char *settings[BROWSER_SETTINGS_MOST];
    const char *setting_reasons[BROWSER_SETTINGS_MOST];
    size_t setting_count;
    const char *no_devtools; /* why there is none though one was asked for; NULL */
};

struct browser;

/* Finds it without starting it; STATUS_MISSING says what to install. `program` as above. */
MUST_USE enum status browser_find(
        const char *program, struct browser_facts *out, struct fault *fault);
/* Returns when the program runs; with a port, when it listens there, which takes seconds: 30 at
 * the most, then STATUS_IO. */
MUST_USE enum status browser_start(const struct browser_setup *setup,
        const struct isolation *isolation, struct browser **out, struct fault *fault);
const struct browser_facts *browser_facts(const struct browser *b);
pid_t browser_pid(const struct browser *b);
int browser_fd(const struct browser *b); /* a pidfd: readable once the browser has ended */
/* DevTools: what the browser writes, and what it reads; a WebSocket is both at once; -1
 * without. Borrowed. */
int browser_devtools_in(const struct browser *b);
int browser_devtools_out(const struct browser *b);
/* How it ended, after browser_fd is readable: exit status, or minus the signal. */
int browser_result(struct browser *b);
/* Asks it to end as a person closing the window would (SIGTERM), waits, then kills. */
void browser_end(struct browser *b, int milliseconds);
void browser_free(struct browser *b); /* NULL is fine; ends it. A fresh profile stays */

#endif
