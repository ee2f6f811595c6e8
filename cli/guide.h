/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUIDE_H
#define CLI_GUIDE_H

/*
 * The script of a controlled run: a text file of steps, shown to the person one by one, or
 * driven. One step a line, "#" begins a comment:
 *
 *   open https://news.example/        search 减肥          wait 5 s       wait quiet
 *   click Reject all                  type #email text     clear cookies  restart browser
 *   mark consent-refused [text]       screenshot           say TEXT (only shown)    end
 *
 * `click` names what the person sees; driven, it is the visible control whose text or label is
 * that (or, with "click css:SELECTOR", the first that the selector finds).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "classify/marks.h"

enum {
    GUIDE_BYTES_MOST = 1 << 20,
    GUIDE_LINE_MOST = 4096,
    GUIDE_STEPS_MOST = 1000,
};

enum guide_act {
    GUIDE_OPEN,
    GUIDE_SEARCH,
    GUIDE_WAIT,
    GUIDE_WAIT_QUIET,
    GUIDE_CLICK,
    GUIDE_TYPE,
    GUIDE_CLEAR_COOKIES,
    GUIDE_RESTART,
    GUIDE_MARK,
    GUIDE_SCREENSHOT,
    GUIDE_SAY,
    GUIDE_END,
};

struct guide_step {
    enum guide_act act;
    const char *text; /* URL, term, label, what is typed or said; of a mark "" without one; NULL
                         where the step has none */
    const char *selector; /* of `type`, and of "click css:"; else NULL */
    int64_t wait_ns;
    enum mark_kind mark;
    size_t line;
    const char *shown_en, *shown_zh; /* for a person: "Click “Reject all”." */
};

struct guide {
    struct guide_step *steps;
    size_t n;
    struct bytes source; /* the file as it is */
};

/*
 * "#" begins a comment only as the first character of a line; a wait is in s, ms or min; a selector
 * of `type` with spaces stands in double quotes; nothing follows `end`. STATUS_INPUT names the file,
 * the line and what is expected there; STATUS_NOMEM. Untouched on failure. `source` borrows `text`.
 */
MUST_USE enum status guide_read(struct arena *arena, struct bytes text, const char *path,
        struct guide *out, struct fault *fault);

/* Drives a guide over DevTools, without ever waiting: call guide_drive_step when something
 * happened or 50 ms passed. What it cannot do (the browser's restart, marks, screenshots, the end) it hands back. */
struct devtools;
struct devtools_event;
enum guide_asks {
    GUIDE_GOES_ON, /* nothing to do for the caller */
    GUIDE_ASKS_MARK,
    GUIDE_ASKS_SCREENSHOT,
    GUIDE_ASKS_RESTART,
    GUIDE_ASKS_END,
    GUIDE_FAILED, /* fault is set: which line, what was not there */
};
struct guide_drive;
MUST_USE struct guide_drive *guide_drive_new(const struct guide *g);
void guide_drive_free(struct guide_drive *d);
/* Names the sessions of frames of other sites in a tab, the i-th, NULL behind the last. Without it
 * only the tab's own frames are searched for what is to be clicked. */
void guide_drive_frames(struct guide_drive *d,
        const char *(*frames)(const struct devtools *devtools, const char *tab, size_t i));
/* What is to be told of the step that ended last although it did not fail ("the page did not come
 * to rest"); NULL: nothing. */
const char *guide_drive_remark(const struct guide_drive *d);
const struct guide_step *guide_drive_current(const struct guide_drive *d); /* NULL: done */
void guide_drive_event(struct guide_drive *d, const struct devtools_event *event);
enum guide_asks guide_drive_step(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault);
/* The caller has done what was asked: on to the next step. */
void guide_drive_done(struct guide_drive *d);

#endif
