/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_ISOLATION_PARTS_H
#define CAPTURE_LIVE_ISOLATION_PARTS_H

/* What the files of isolation share; nobody else includes this. */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"
#include "capture/live/isolation.h"

enum {
    ISOLATION_PATH = 512,
    ISOLATION_RESOLV = 4096, /* bytes of a resolv.conf, theirs and ours */
    ISOLATION_ARGUMENTS = 40,
    ISOLATION_COMMAND = 1024, /* characters of one nft command */
    ISOLATION_UNDO = 2,
    ISOLATION_SAID = 600, /* characters quoted of what a program printed */
};

/* The keeper: a child of ours that makes the namespaces, holds them, and takes the network away
 * when we are gone. It is forked from a program that may have threads, so it calls nothing but
 * the system. */
enum keeper_step {
    KEEPER_USER,    /* unshare(CLONE_NEWUSER) */
    KEEPER_MAP,     /* waits for the parent to write uid_map */
    KEEPER_NETWORK, /* unshare(CLONE_NEWNET | CLONE_NEWNS) */
    KEEPER_MOUNT,
    KEEPER_LOOPBACK,
    KEEPER_HANDOVER,
    KEEPER_READY,
};

struct keeper_word { /* to the parent */
    enum keeper_step step;
    int error; /* errno of the step, 0 when it went well */
};

enum {
    KEEPER_FD_MOUNT, /* order of the descriptors with KEEPER_READY */
    KEEPER_FD_NETWORK,
    KEEPER_FD_ROUTE, /* an rtnetlink socket inside */
    KEEPER_FD_USER,  /* absent without a user namespace */
    KEEPER_FDS,
};

/* Puts a setting of the machine back and takes our devices and tables away; see _network. */
struct isolation_undo {
    const char *argv[ISOLATION_UNDO][8]; /* of programs to run, one after the other */
    size_t count;
    char forwarding[ISOLATION_PATH]; /* file to write '0' to; "" none */
    char words[ISOLATION_UNDO][2][ISOLATION_PATH];
};

struct keeper_plan {
    bool user;               /* make a user namespace too */
    int control;             /* socket to the parent */
    int parent;              /* pidfd of the parent */
    int joiner_leash;        /* held: the joiner ends once it is closed; -1 none */
    int outer;               /* the network namespace outside, where `undo` happens; -1 none */
    const char *const *hide; /* directories to hide, NULL at the end */
    const char *stage;       /* a directory to mount over for a moment */
    char resolv_path[ISOLATION_PATH]; /* what /etc/resolv.conf leads to; "" nothing */
    const char *resolv_hidden;        /* name within a hidden directory, if it lies in one */
    size_t resolv_in;                 /* index of that directory in `hide` */
    char resolv[ISOLATION_RESOLV];
    size_t resolv_length;
    const struct isolation_undo *undo; /* NULL: nothing */
};
/* Never returns. */
_Noreturn void isolation_keep(const struct keeper_plan *plan);
/* Async-signal-safe. False when something could not be put back. */
bool isolation_undo_run(const struct isolation_undo *undo);

struct isolation {
    struct isolation_facts facts;
    int user, mount, network; /* descriptors of the namespaces, -1 without */
    int route;                /* rtnetlink socket inside */
    int control;              /* to the keeper */
    int watch;                /* epoll of the two below */
    pid_t keeper, joiner;     /* 0 without */
    int keeper_fd, joiner_fd; /* pidfds */
    struct isolation_undo undo;
    bool undo_wanted; /* the machine was changed */
    bool stopped;
};

/* isolation_start of the kinds; `i` is blank with every descriptor -1. On failure the caller
 * frees it. */
MUST_USE enum status isolation_user_start(
        const struct isolation_setup *setup, struct isolation *i, struct fault *fault);
MUST_USE enum status isolation_network_start(
        const struct isolation_setup *setup, struct isolation *i, struct fault *fault);
/* Forks the keeper and waits until it is ready. `plan` needs no descriptors but
 * joiner_leash and outer. */
MUST_USE enum status isolation_keeper_start(
        struct keeper_plan *plan, struct isolation *i, struct fault *fault);
/* Fills resolv_path, resolv_hidden, hide and stage; the text is the caller's. */
void isolation_keeper_places(struct keeper_plan *plan);

/* Name servers of the machine, and lines worth keeping. */
struct isolation_resolver {
    bool four, six;              /* has a server with an IPv4, an IPv6 address */
    char first[ISOLATION_TEXT];  /* first one that is not of the machine itself; "" none */
    char kept[ISOLATION_RESOLV]; /* its search, domain and options lines */
};
/* Reads the text of a resolv.conf (resolv.conf(5)). */
void isolation_resolver_read(struct bytes text, struct isolation_resolver *out);
/* Of this machine: /etc/resolv.conf, and the list of systemd-resolved behind its stub. */
void isolation_resolver_find(struct isolation_resolver *out);

/* One look through rtnetlink(7). */
struct isolation_look {
    bool up;                  /* the device is up */
    bool default4, default6;  /* routes to everywhere */
    char uplink[IF_NAMESIZE]; /* device of the IPv4 one */
    unsigned mtu;
    size_t address_count;
    char addresses[ISOLATION_ADDRESSES][ISOLATION_TEXT];
    bool global6; /* a settled IPv6 address beyond the link */
};
/* `socket`: an rtnetlink socket of the namespace. `device` NULL: routes only. */
MUST_USE bool isolation_look(int socket, const char *device, struct isolation_look *out);
/* Third byte range: "10.0.2" when no route of the machine overlaps 10.0.2.0/24, else another
 * private one. False when none is free. */
MUST_USE bool isolation_range(int socket, char out[ISOLATION_TEXT]);
int isolation_route_socket(void); /* in our own namespace; -1 */

/* Programs. */
MUST_USE bool isolation_program(const char *name, char out[ISOLATION_PATH]);
/* Starts it in a session of its own, /dev/null as input, `log` as outputs, descriptors `three`
 * and `four` as 3 and 4 (-1: none), every other one closed. -1 with errno. */
pid_t isolation_spawn(const char *const argv[], int log, int three, int four);
/* Runs it and waits; appends what it printed to `said`. False unless it ended with 0. */
MUST_USE bool isolation_run(const char *const argv[], struct buf *said);

/* Starts the joiner against the keeper and waits until the network inside works. */
struct joiner_plan {
    enum isolation_joiner kind; /* never ISOLATION_BEST */
    char program[ISOLATION_PATH];
    char range[ISOLATION_TEXT]; /* "10.0.2" */
    bool six;
    bool confined; /* its own sandbox may be asked for */
    int leash;     /* the end of a pipe that slirp4netns watches */
    const char *log;
};
MUST_USE enum status isolation_joiner_choose(
        enum isolation_joiner wanted, struct joiner_plan *plan, struct fault *fault);
MUST_USE enum status isolation_joiner_start(
        const struct joiner_plan *plan, struct isolation *i, struct fault *fault);
/* `name version` out of what --version printed. */
void isolation_joiner_version(
        enum isolation_joiner kind, struct bytes said, char out[ISOLATION_TEXT]);

/* Why the kernel refused, in words: looks at the settings under `root` ("" in earnest). */
enum status isolation_refused(
        const char *root, enum keeper_step step, int error, struct fault *fault);
/* The joiner could not make its device: /dev/net/tun under `root`. False: it is not that. */
bool isolation_tun_refused(const char *root, struct fault *fault);

void isolation_close(int *fd); /* and makes it -1 */
/* Waits for a child of ours, kills it when it takes longer, reaps it. True: it ended by itself,
 * with 0. */
bool isolation_end(pid_t *pid, int *fd, int milliseconds);

#endif
