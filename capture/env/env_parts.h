/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_ENV_ENV_PARTS_H
#define CAPTURE_ENV_ENV_PARTS_H

/*
 * What the probes share. Only capture/env/ includes this.
 *
 * A probe begins, writes its facts, says one or several sentences in English and Chinese, and
 * ends. Its state is the gravest that was said: attention, then could not tell, then ok; a
 * probe that said none of them could not tell. A failure of memory makes every later call do
 * nothing; environment_look returns it.
 */

#include "base/buf.h"
#include "base/digest.h"
#include "capture/env/environment.h"

enum {
    PARTS_SMALL = 64 << 10,  /* a file of settings, a line of /proc */
    PARTS_LARGE = 32 << 20,  /* a package database */
    PARTS_SHOWN = 80,        /* bytes of a foreign text in a sentence */
    PARTS_NAMES = 360,       /* bytes of a list of names in a sentence */
    PARTS_ENTRIES = 1 << 14, /* entries of a directory that are looked at */
};

struct look {
    const struct environment_setup *setup;
    struct environment *out;
    enum status status;
    bool live; /* the machine itself, not a directory that stands in for it */

    struct probe now;
    bool said[PROBE_UNKNOWN + 1];
    struct buf facts, en, zh, scratch;
    struct json json;
};

/* Opens a probe and the object of its facts. Ids and titles are literals. */
struct json *look_begin(struct look *l, const char *group, const char *id, const char *title_en,
        const char *title_zh);
/* The facts are expected to differ between two looks. */
void look_changes(struct look *l);
/* A sentence in both languages, from the same arguments in the same order. */
void look_ok(struct look *l, const char *en, const char *zh, ...) PRINTF_LIKE(2, 4)
        PRINTF_LIKE(3, 4);
void look_attention(struct look *l, const char *en, const char *zh, ...) PRINTF_LIKE(2, 4)
        PRINTF_LIKE(3, 4);
void look_unknown(struct look *l, const char *en, const char *zh, ...) PRINTF_LIKE(2, 4)
        PRINTF_LIKE(3, 4);
/* Likewise, and the state stays. */
void look_also(struct look *l, const char *en, const char *zh, ...) PRINTF_LIKE(2, 4)
        PRINTF_LIKE(3, 4);
void look_end(struct look *l);

/* "could not be read: CAUSE" of `path` as could not tell. `error` is an errno. */
void look_unread(struct look *l, const char *path, int error);

/* A file as it was read. */
struct seen {
    int error;         /* errno; 0: read. EINVAL: not a regular file */
    struct bytes text; /* what could be read, at most `most` */
    bool cut;          /* there is more */
};
/* `path` begins with "/" and is taken from the root. The text lives in the arena. */
struct seen look_read(struct look *l, const char *path, size_t most);
/* The text is good until the next look_scan, look_read or look_line. */
struct seen look_scan(struct look *l, const char *path, size_t most);
/* The first line, trimmed, fit to be shown; NULL when there is none. */
const char *look_line(struct look *l, const char *path);
/* The path with the root in front, in the arena; "" when out of memory. */
const char *look_path(struct look *l, const char *path);
MUST_USE bool look_exists(struct look *l, const char *path);
/* The target of a link, fit to be shown; NULL: not a link or not readable. */
const char *look_link(struct look *l, const char *path);

/* Names in a directory without "." and "..", in order of bytes. */
struct names {
    int error;
    const char **at;
    size_t n;
    bool cut; /* there are more than PARTS_ENTRIES */
};
struct names look_names(struct look *l, const char *path);

/* Digests of a whole file, at most `most` bytes; false with errno in `*error` (EFBIG). `md5` may
 * be NULL. */
MUST_USE bool look_digest(struct look *l, const char *path, uint64_t most,
        char sha256[SHA256_TEXT], char md5[DIGEST_TEXT_MOST], int *error);
/* A file with its digest as an object of facts: {"path","bytes","sha256","text"}; `text` only
 * when it was read and is asked for. */
void look_file_facts(
        struct json *j, const char *key, const char *path, const struct seen *s, bool text);

/* Our own environment as it was when we began: the value, NULL unset. */
const char *look_environment(struct look *l, const char *name);
const char *look_home(struct look *l); /* "" unknown */

/* Fit to be shown: UTF-8, without controls, at most `most` bytes, cut with an ellipsis. */
const char *look_shown(struct look *l, struct bytes text, size_t most);
const char *look_print(struct look *l, const char *format, ...) PRINTF_LIKE(2, 3);

/* "a, b, c (+4)": names for a sentence. Begin with {0}. */
struct listing {
    char text[PARTS_NAMES + 32];
    size_t used, n, left_out;
};
void listing_add(struct listing *list, const char *name);
const char *listing_text(struct listing *list);

/* NAME=VALUE or NAME: VALUE of a file of lines, quotes taken off; empty when not there. */
struct bytes parts_setting(struct bytes text, const char *name, uint8_t separator);
/* The next word, at blanks; false at the end. */
MUST_USE bool parts_word(struct bytes *line, struct bytes *word);
/* The next line, without its feed; the last one may lack it. */
MUST_USE bool parts_line(struct bytes *text, struct bytes *line);
/* Digits only: a directory of /proc. */
MUST_USE bool parts_is_pid(const char *name);

/* The programs that run, from /proc. Looked at once, for several probes. */
struct process {
    const char *pid, *name, *exe; /* exe: NULL when it may not be read */
    bool kernel;                  /* a thread of the kernel */
    uint64_t parent, tracer;
};
struct processes {
    int error;
    bool cut;
    struct process *at;
    size_t n;
    size_t hidden; /* whose program may not be read: other users' */
};
void env_processes_look(struct look *l, struct processes *out);
/* The process is called so or its program's file is. */
MUST_USE bool env_process_is(const struct process *p, const char *name);

/* What the package database knows of a file; NULL: no package has it. */
struct package {
    const char *name, *version;
    const char *md5; /* as it was installed */
    bool database;   /* there is one */
};
void env_package_of(struct look *l, const char *path, struct package *out);
const char *env_package_version(struct look *l, const char *package); /* NULL unknown */

/* The groups, in the order of the file. */
void env_machine(struct look *l);
void env_clock(struct look *l, const struct processes *running);
void env_network(struct look *l); /* names */
void env_proxy(struct look *l);
/* The interface of the default route; NULL: there is none. */
const char *env_links(struct look *l, const struct processes *running);
void env_trust(struct look *l);
void env_browser(struct look *l, const struct processes *running);
void env_profile(struct look *l); /* extensions, policies, state */
void env_programs(struct look *l, const struct processes *running);
void env_sockets(struct look *l, const struct processes *running);
void env_capture(struct look *l, const char *way_out);

#endif
