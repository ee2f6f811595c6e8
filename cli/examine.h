/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_EXAMINE_H
#define CLI_EXAMINE_H

/*
 * The main job, wired: capture files and keys in, evidence and judgement out. import makes a
 * case of the result; verify --rederive compares it with a case.
 */

#include <stdio.h>

#include "base/fault.h"
#include "classify/judgement.h"
#include "report/findings.h"

enum { EXAMINE_FILES_MOST = 4096 };

struct examine_setup {
    const char *const *files;      /* captures, in order; borrowed, as all here */
    const char *const *file_names; /* what each is called in the case */
    size_t file_count;
    const char *const *keys; /* key logs, in order */
    const char *const *key_names;
    size_t key_count;
    const char *const *lists; /* list files or directories; none: the default ones */
    size_t list_count;
    bool no_default_lists;
    const char *subject;  /* what the person declares (JSON); NULL: nothing */
    const char *marks;    /* what they noted while capturing (JSON lines); NULL: nothing */
    const char *browser;  /* what it said of itself (JSON lines, doc/RECORDING.md); NULL */
    const char *sockets;  /* which it had (JSON lines), where others' packets are, too; NULL */
    const char *rules;    /* directory of legal rules; NULL: those in the program */
    const char *suffixes; /* public suffix list; NULL: the newest on the machine */
    const char *spool;    /* directory for bodies; NULL: memory only */
    FILE *progress;       /* a terminal to show progress on; NULL: none */
    const struct gap *lacks; /* of the capture as a whole, known beforehand */
    size_t lack_count;
};

struct examined {
    struct evidence evidence;
    struct judgement judgement;
    struct keylog *keys;
    struct lists *lists;
    struct sites *sites;
    struct parties *parties;
    struct legal *legal;
    struct arena *declared; /* holds subject and marks */
    struct subject subject;
    struct marks marks;
    struct browser_log *browser;     /* NULL: none was given */
    struct endpoint_list *sockets;   /* likewise */
    struct whereabouts *whereabouts; /* NULL: no database is installed, or none was needed */
    uint64_t key_blocks;
    int64_t reading_ns, judging_ns; /* how long it took: packets to exchanges, and the rest */
    bool lists_missing;             /* the default lists are not installed */
};

/* `out` is to be cleared in any case. */
MUST_USE enum status examine(
        const struct examine_setup *setup, struct examined *out, struct fault *fault);

/*
 * The same step by step, for a capture that is still going on. `setup` and `out` stay until the
 * end; of the setup's files only the secrets in them are read. More keys may be added to
 * out->keys (keylog_add) between packets.
 */
struct examination;
MUST_USE enum status examination_begin(const struct examine_setup *setup, struct examined *out,
        struct examination **x, struct fault *fault);
/* The packets that follow are of this file; `first_frame` is the number of its first one. */
MUST_USE enum status examination_file(
        struct examination *x, const char *path, const char *name, uint64_t first_frame);
MUST_USE enum status examination_packet(
        struct examination *x, const struct packet *packet, struct fault *fault);
MUST_USE enum status examination_gap(struct examination *x, const struct gap *gap);
/* In a forked copy of the process: may then be ended there, to judge what was seen so far, while
 * the original goes on. */
void examination_detach(struct examination *x);
/* No more packets: seals the evidence and judges it. */
MUST_USE enum status examination_end(struct examination *x, struct fault *fault);
void examination_free(struct examination *x); /* NULL is fine; leaves `out` */
void examined_clear(struct examined *e);

#endif
