/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RECORD_PARTS_H
#define CLI_RECORD_PARTS_H

/*
 * The inside of exhibit record, shared by cli/record_*.c: one recording, from the look at the
 * machine to the sealed case. One thread; everything else is a child process.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "capture/live/browser.h"
#include "capture/live/capturer.h"
#include "capture/live/devtools.h"
#include "capture/live/follow.h"
#include "capture/live/isolation.h"
#include "capture/live/sockets.h"
#include "cli/case_make.h"
#include "cli/command.h"
#include "cli/custody.h"
#include "cli/guide.h"
#include "cli/live_view.h"
#include "cli/session.h"

enum session_class {
    SESSION_CLASS_UNKNOWN,
    SESSION_ORDINARY,
    SESSION_CONTROLLED,
};

enum record_end { /* why a recording ends */
    RECORD_GOES_ON,
    RECORD_ASKED, /* q, or a signal */
    RECORD_BROWSER_CLOSED,
    RECORD_BROWSER_DIED,
    RECORD_SCRIPT, /* the guide's last step */
    RECORD_SCRIPT_FAILED,
    RECORD_TIME,          /* --duration */
    RECORD_CAPTURE_ENDED, /* disk full, device gone, process killed */
    RECORD_NETWORK_LOST,  /* the joiner or the namespaces are gone */
    RECORD_FAULT,         /* our failure */
};

/* What the person asked for. Borrowed from argv. */
struct record_options {
    struct settings settings;
    const char *url, *target;
    enum session_class class;
    enum isolation_kind isolation;
    enum isolation_joiner joiner;
    const char *device;
    const char *browser, *profile;
    const char *browser_user; /* a name; NULL: the user we run as, or who called sudo */
    uid_t user;               /* of the browser; (uid_t)-1: as we are */
    bool gives;               /* the case belongs to that user in the end: who called sudo */
    char user_name[64], user_home[256]; /* with `user`; else "" */
    enum third_party_cookies cookies;
    bool no_devtools, no_screens, headless, automatic, control, restart, resume, ask_network;
    bool keep; /* the recording beside the case */
    const char *script, *subject, *marks, *rules;
    int64_t duration_ns;
    const char *const *browser_flags;
    size_t browser_flag_count;
    bool after_dashes; /* the flags stood behind "--" */
    char *const *command_line;
    struct arena *arena;
    enum language language; /* of the screen */
};

/* What the judging copy of the process tells. */
struct record_counts {
    uint64_t pages, exchanges, third_parties, third_party_requests, identifiers;
    uint64_t tls, decrypted;
    int64_t took_ns;
};

struct record {
    const struct record_options *options;
    struct arena *arena;
    char *directory; /* of the recording */
    int directory_fd, raw_fd, marks_fd, signal_fd;
    struct custody *custody;
    struct session session;
    struct isolation *isolation;
    struct capturer *capturer;
    struct capturer_report captured;
    struct browser *browser;
    struct browser_facts
            browser_facts; /* of the first start: the browser may be started again */
    struct devtools *devtools;
    struct sockets *sockets;
    int64_t sockets_next_ns;
    struct live_view *view;
    struct guide guide;
    struct guide_drive *drive;
    size_t step; /* of a guide shown to a person */

    /* the examination that goes on meanwhile */
    struct case_maker maker;
    struct examination *examination;
    struct follow *follow;
    int keys_fd;
    struct buf keys_text; /* a last line that is not whole yet */
    const char *segment;  /* name in the case of the one being read */
    struct packet held;   /* a packet too young to be read: its keys may be on their way */
    bool holds;
    int judge_fd; /* pipe from the judging copy; -1: none runs */
    pid_t judge_pid;
    int64_t judge_next_ns;
    struct record_counts counts;
    bool counted;
    int64_t judged_ns; /* when it was, UTC */

    const char **visited; /* URLs of pages, in order; in the arena */
    size_t visited_count, visited_capacity;
    unsigned marks, screens;
    int64_t began_ns, ends_ns; /* CLOCK_BOOTTIME; ends_ns 0: no limit */
    bool restarted;
    bool stored; /* storage.json is written */
    bool broken; /* a segment is not whole: the evidence is to be what its file gives */
    enum record_end end;
    char last_words[256]; /* of a browser that broke off */
    struct fault fault;
};

/* record_options.c: what was asked for; wrong options are said. `o->arena` is set. */
MUST_USE enum settings_result record_options_take(
        int argc, char **argv, struct record_options *o);
/* Asks what kind of session it is, unless that was said. */
MUST_USE bool record_options_class(struct record_options *o);

/* record_user.c: whom the browser runs as when we are root; false: said. */
MUST_USE bool record_user_find(struct record_options *o);
/* STATUS_USAGE when the browser's user cannot get to the recording's directory. */
MUST_USE enum status record_user_reaches(struct record *r);
/* Gives a directory that root made, and what is in it, to who called sudo. */
void record_user_give(const struct record_options *o, const char *path);

/* record_begin.c: the directory, the custody log, the machine, network, capture and browser. */
MUST_USE enum status record_begin(struct record *r);
MUST_USE enum status record_start_browser(struct record *r, const char *url);
/* Closes the browser as a person would, and waits for it. */
void record_stop_browser(struct record *r);
/* Looks at the machine; `name` is "before.json" or "after.json". */
MUST_USE enum status record_look(struct record *r, const char *name);

/* record_run.c: until it ends. */
void record_run(struct record *r);
/* Keeps the last line that the browser printed, for people. */
void record_last_words(struct record *r);
/* What the person sees; before, while and after it runs. */
void record_draw(struct record *r);

/* record_note.c: marks, screenshots, what the browser tells. */
/* `time_ns`: the moment that is marked, UTC; 0: now. */
MUST_USE enum status record_mark(
        struct record *r, enum mark_kind kind, const char *text, int64_t time_ns);
void record_screenshot(struct record *r, const char *why);
void record_browser_said(struct record *r);
/* A line for the person, in their language; also looked up by its English text. */
void record_say(struct record *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same of what is done now and takes a while: it is shown at once. */
void record_doing(struct record *r, const char *english);

/* record_live.c: packets are examined while they are captured. */
MUST_USE enum status record_live_begin(struct record *r);
/* As many packets as fit into some milliseconds. */
MUST_USE enum status record_live_step(struct record *r);
/* What is left, after the capture ended. */
MUST_USE enum status record_live_end(struct record *r);
/* Lets a copy of this process judge what was seen so far, from time to time; `spoke` when its
 * pipe (judge_fd) is readable. */
void record_live_judge(struct record *r, bool spoke);
void record_live_clear(struct record *r);

/* record_end.c: everything is stopped, and the case is made. */
MUST_USE enum status record_finish(struct record *r);
void record_clear(struct record *r);

#endif
