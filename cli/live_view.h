/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_VIEW_H
#define CLI_LIVE_VIEW_H

/*
 * What a person sees while recording: one screen that is drawn anew in place on a terminal, and plain lines
 * (one every few seconds, and one for each event) where there is none. It decides nothing: the
 * recording fills in `struct live_facts`, and asks for keys.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/count.h"
#include "base/fault.h"
#include "classify/marks.h"
#include "report/words.h"

enum {
    LIVE_LINES = 12, /* recent pages and events kept for the screen */
    LIVE_TEXT = 256,
};

struct live_facts {
    const char *url;        /* page in front; NULL: none */
    const char *class_name; /* "ordinary" */
    const char *isolation;  /* "own network (slirp4netns)" */
    int64_t elapsed_ns;
    uint64_t pages, exchanges, third_parties, third_party_requests;
    struct count identifiers; /* given to third parties, as judged last */
    int64_t judged_ns;        /* when that was, UTC since 1970; 0: not told */
    uint64_t packets, bytes;
    struct count dropped;
    uint64_t disk_free;                      /* bytes */
    uint64_t tls_connections, tls_decrypted; /* of those whose handshake is over */
    uint64_t segments;
    const char *proof_level; /* "L0" */
    uint64_t marks, screens;
    const char *step; /* of a guided run: what to do next; NULL: none */
    unsigned step_number, step_count;
    bool step_driven;    /* nothing for a person to do: no "Then press Enter." */
    const char *warning; /* NULL: none */
};

enum live_key {
    LIVE_NOTHING,
    LIVE_MARK, /* a mark was chosen: live_mark_kind, live_text */
    LIVE_SCREENSHOT,
    LIVE_NOTE,      /* live_text */
    LIVE_STEP_DONE, /* guided run: Enter */
    LIVE_QUIT,      /* q, confirmed */
};

struct live_view;

/* `in` and `out` are descriptors; a terminal on both makes the screen, else plain lines to `out`;
 * `quiet`: neither.
 * The terminal is put back as it was by live_view_free, also by atexit and fatal signals. */
MUST_USE enum status live_view_new(int in, int out, bool quiet, enum language language,
        struct live_view **out_view, struct fault *fault);
bool live_view_is_screen(const struct live_view *v);
int live_view_fd(
        const struct live_view *v); /* poll it for keys; -1: none will come (any more) */
/* Call it about ten times a second: it draws at most four times, and settles a lone Esc. */
void live_view_draw(struct live_view *v, const struct live_facts *facts);
/* The next drawing comes at once, however soon after the last: before work that takes long. */
void live_view_hurry(struct live_view *v);
/* A line among the recent ones: "page https://…", "mark: consent refused". Untrusted text is made
 * visible. `time_ns`: UTC since 1970. */
void live_view_event(struct live_view *v, int64_t time_ns, const char *text);
enum live_key live_view_key(
        struct live_view *v); /* after the descriptor was readable; call until LIVE_NOTHING */
enum mark_kind live_mark_kind(const struct live_view *v);
const char *live_text(const struct live_view *v); /* what was typed; may be "" */
/* UTC since 1970 when the key was pressed: of a mark and a note the "m" and "n", not the end of
 * the text. */
int64_t live_time(const struct live_view *v);
void live_view_free(struct live_view *v);

#endif
