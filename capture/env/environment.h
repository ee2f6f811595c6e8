/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_ENV_ENVIRONMENT_H
#define CAPTURE_ENV_ENVIRONMENT_H

/*
 * The machine as it is: what a notary's cleanliness check asks for, as far as Linux can tell.
 * Reads, never changes. Every probe says ok, attention or could not tell, with the reason in
 * plain words, and the bare facts behind it as JSON.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/json.h"

enum probe_state {
    PROBE_OK,
    PROBE_ATTENTION, /* something an opponent could ask about; not a fault of the person */
    PROBE_UNKNOWN,   /* could not tell */
};

const char *probe_state_name(enum probe_state state); /* "ok", "attention", "could-not-tell" */

struct probe {
    const char *id; /* "clock", "hosts-file", … stable */
    const char *
            group; /* "machine", "clock", "network", "trust", "browser", "programs", "capture" */
    const char *title_en, *title_zh;
    enum probe_state state;
    const char *reason_en,
            *reason_zh; /* a sentence or two each: what was seen, why it matters, what to do */
    struct bytes facts; /* a JSON object */
    bool changes;       /* expected to differ between two looks (uptime, list of processes) */
};

enum { ENVIRONMENT_PROBES = 64 };

struct environment_setup {
    const char *browser; /* path of the program that will be used; NULL: none yet */
    const char *profile; /* profile directory that will be used; NULL: a fresh one */
    const char *device;  /* interface captured on; NULL: not known */
    bool ask_network;    /* NTP servers may be asked (a few packets); off: only local facts */
    /* Instead of the built-in ones, "name", "name:port" or "[v6]:port"; ends in NULL. */
    const char *const *time_servers;
    int64_t wait_ns; /* for answers, all together; 0: 2 s */
    /* A directory that stands in for "/", for tests; NULL or "": the machine itself. Behind such
     * a directory only files are read, and nothing is asked of the kernel that is not a file. */
    const char *root;
};

struct environment {
    struct arena *arena; /* owns all below */
    struct probe at[ENVIRONMENT_PROBES];
    size_t n;
    int64_t time_ns, boottime_ns; /* when it was looked at */
};

/* The servers asked for the time when the setup names none; ends in NULL. */
extern const char *const environment_time_servers[];

/* STATUS_NOMEM only: what cannot be read is a probe that could not tell. Starts short-lived
 * children (a name look-up, a trial of namespaces) and waits for them; call it before threads. */
MUST_USE enum status environment_look(
        const struct environment_setup *setup, struct environment *out, struct fault *fault);
void environment_clear(struct environment *e);
/* The probe of that id; NULL: there is none. */
const struct probe *environment_probe(const struct environment *e, const char *id);
/* env/before.json: {"schema":"exhibit/environment/1","time":…,"boottime_ns":…,"probes":[{id,group,
 * title_en,title_zh,state,reason_en,reason_zh,changes,facts}]}. */
void environment_write(const struct environment *e, struct json *j);

/* What differs between two such files, by probe: for the report and for `doctor`. */
struct environment_change {
    const char *id;
    const char *title_en, *title_zh;
    struct bytes before, after; /* JSON of facts; empty: the probe was not there */
    bool expected;
};
/* In the order of `before`, then what only `after` has. STATUS_INPUT: not such a file. */
MUST_USE enum status environment_compare(struct arena *arena, struct bytes before,
        struct bytes after, struct environment_change **out, size_t *n, struct fault *fault);

/* One member of the facts that differs. Of two arrays, `before` and `after` are arrays of what
 * only that side has. */
struct environment_difference {
    struct bytes key;           /* as it stands in the JSON, without quotes */
    struct bytes before, after; /* JSON; empty: the member was not there */
};
MUST_USE enum status environment_differences(struct arena *arena,
        const struct environment_change *change, struct environment_difference **out,
        size_t *n);

#endif
