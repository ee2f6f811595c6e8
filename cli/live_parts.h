/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_PARTS_H
#define CLI_LIVE_PARTS_H

/* The inside of the live view: shared by live_view.c, live_screen.c and live_lines.c only. */

#include "base/buf.h"
#include "cli/live_cells.h"
#include "cli/live_keys.h"
#include "cli/live_menu.h"
#include "cli/live_view.h"
#include "cli/say.h"

enum {
    LIVE_ROWS_MOST = 100,
    LIVE_FACT = 1024, /* bytes of a text that is kept */
};

/* What the recording said last, with the texts in memory of ours: keys redraw between two calls. */
struct live_kept {
    struct live_facts facts;
    char url[LIVE_FACT], class_name[LIVE_FACT], isolation[LIVE_FACT], proof_level[LIVE_FACT],
            step[LIVE_FACT], warning[LIVE_FACT];
};

struct live_recent {
    int64_t time_ns;
    char text[LIVE_FACT];
};

struct live_frame {
    struct live_row rows[LIVE_ROWS_MOST];
    unsigned columns, rows_used;
    unsigned cursor_row, cursor_column; /* from 1; 0: none is shown */
};

struct live_view {
    int in, out;
    bool screen, quiet, colours;
    bool keys_end; /* the terminal is gone or closed */
    enum language language;
    struct live_menu menu;
    struct live_keys keys;
    struct live_kept kept;
    struct live_recent recent[LIVE_LINES]; /* the oldest first */
    size_t recent_n;
    int64_t drawn_ns, typed_ns, line_ns; /* CLOCK_MONOTONIC; 0: never */
    bool hurry;                          /* the next drawing is not put off */
    int64_t mark_ns;                     /* CLOCK_REALTIME when the dialogue was opened */
    struct live_frame now, before;
    FILE *lines; /* plain lines; NULL with a screen */
    struct say say;
    char line_step[LIVE_FACT], line_warning[LIVE_FACT]; /* as they were printed last */
};

/* live_screen.c: fills v->now for a screen of that size. */
void live_screen_compose(struct live_view *v, unsigned columns, unsigned rows);
/* What has to be sent so that a terminal that shows v->before (nothing, when `anew`) shows
 * v->now. False when it passes the limit of `out`. */
MUST_USE bool live_screen_changes(const struct live_view *v, bool anew, struct buf *out);

/* live_lines.c */
void live_lines_event(struct live_view *v, const struct live_recent *event);
void live_lines_draw(struct live_view *v, int64_t now_ns);

#endif
