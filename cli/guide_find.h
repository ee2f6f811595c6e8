/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUIDE_FIND_H
#define CLI_GUIDE_FIND_H

/*
 * Finds what a step of a guide names, in all frames of a tab, as a person would: by what it says.
 * The page's own scripts do not notice: the search runs in an isolated world of each frame
 * (Page.createIsolatedWorld) and changes nothing but the scroll position.
 */

#include "cli/guide_call.h"

enum {
    GUIDE_SESSIONS = 32, /* frames of other sites that are searched */
    GUIDE_FRAMES = 256,
    GUIDE_ID = 128, /* bytes of an identifier of the browser's, with NUL */
};

enum guide_wanted {
    WANTED_LABEL,    /* a visible control that says so */
    WANTED_SELECTOR, /* the first visible element that the selector matches */
    WANTED_SEARCH,   /* the page's search field */
};

enum guide_found {
    FOUND_SEARCHING,
    FOUND_IT,      /* object, session, x and y are set */
    FOUND_NOTHING, /* in no frame; a later try may find it */
    FOUND_COVERED, /* something else lies over it */
    FOUND_FAILED,  /* fault is set */
};

/* As in guide_drive_frames. */
typedef const char *guide_frame_session(
        const struct devtools *devtools, const char *tab, size_t i);

struct guide_frame {
    char id[GUIDE_ID];
    size_t session;
    bool is_root; /* of its session */
    int64_t context;
};

struct guide_find {
    enum guide_wanted wanted;
    const char *text;
    bool clicked; /* it has to be reachable by the mouse */
    int phase;
    char sessions[GUIDE_SESSIONS][GUIDE_ID]; /* [0]: the tab */
    size_t session_count, at, up;
    struct guide_frame frames[GUIDE_FRAMES];
    size_t frame_count, best;
    int64_t best_score;
    char object[GUIDE_ID]; /* Runtime.RemoteObjectId */
    char root[GUIDE_ID];   /* frame whose owner is looked for */
    size_t session;        /* of the object */
    int64_t node;          /* of the element that holds `root` */
    double x, y;           /* its centre, CSS pixels of the tab's viewport */
    bool refused_selector;
};

/* `frames` names the sessions of frames of other sites; NULL: they are not searched. */
void guide_find_begin(struct guide_find *f, enum guide_wanted wanted, const char *text,
        bool clicked, const struct devtools *devtools, const char *tab,
        guide_frame_session *frames);
/* Goes on with `call`, which is its alone meanwhile. */
enum guide_found guide_find_step(struct guide_find *f, struct guide_call *call,
        struct devtools *devtools, int64_t now_ns, struct fault *fault);
/* See guide_find_script.c. */
extern const char guide_find_script[];

#endif
