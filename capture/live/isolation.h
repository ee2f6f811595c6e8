/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_ISOLATION_H
#define CAPTURE_LIVE_ISOLATION_H

/*
 * A network of the browser's own, so that the capture holds its packets and nobody else's.
 *
 * USER: user, network and mount namespaces of their own (user_namespaces(7)), made by an ordinary
 * user, joined to the outside by slirp4netns or pasta, which carry connections over in user
 * space: addresses inside are theirs, not the machine's, and TCP to the server is the joiner's.
 * Inside, the name servers of /etc/resolv.conf are the joiner's, and sockets of the machine's own resolver
 * (nscd, systemd-resolved) are out of reach, so that every look-up is seen.
 * NETWORK: a network namespace with a veth pair, made by root: packets inside are those that
 * go out but for the address translation of nftables.
 * NONE: the machine's own network; nothing is told apart here.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

enum isolation_kind {
    ISOLATION_USER,
    ISOLATION_NETWORK,
    ISOLATION_NONE,
};

enum isolation_joiner {
    ISOLATION_BEST, /* the one measured as more robust that is installed */
    ISOLATION_SLIRP,
    ISOLATION_PASTA,
};

struct isolation_setup {
    enum isolation_kind kind;
    enum isolation_joiner joiner; /* of ISOLATION_USER */
    const char *device;           /* of ISOLATION_NONE: what to capture on */
    const char *log;              /* file for what the joiner prints; NULL: nowhere */
};

enum {
    ISOLATION_ADDRESSES = 8,
    ISOLATION_TEXT = 64,
    ISOLATION_CHANGED = 512,
};

struct isolation_facts {
    enum isolation_kind kind;
    char joined_by[ISOLATION_TEXT]; /* "slirp4netns 1.2.0"; "" without one */
    char device[ISOLATION_TEXT];    /* interface to capture on, inside */
    char addresses[ISOLATION_ADDRESSES][ISOLATION_TEXT]; /* of it, with prefix length */
    size_t address_count;
    char resolver[ISOLATION_TEXT]; /* name server inside; "" unknown */
    unsigned mtu;
    char changed[ISOLATION_CHANGED]; /* of the machine while it runs, in English; "" nothing */
};

struct isolation;

/* Returns when the network inside works (interface up, default route). STATUS_MISSING: the joiner is not
 * installed; STATUS_IO: the kernel or the machine's settings forbid it; the fault says which
 * setting (user.max_user_namespaces, kernel.unprivileged_userns_clone, AppArmor's
 * restriction, /dev/net/tun) and what to do. */
MUST_USE enum status isolation_start(
        const struct isolation_setup *setup, struct isolation **out, struct fault *fault);
const struct isolation_facts *isolation_facts(const struct isolation *i);
/* Descriptors of the namespaces, for capturer_start; -1 where there is none. Borrowed. */
int isolation_user_namespace(const struct isolation *i);
int isolation_network_namespace(const struct isolation *i);
/* In a child, between fork and exec: enters all its namespaces. 0, or errno. Async-signal-safe. */
int isolation_enter(const struct isolation *i);
/* Readable once the joiner or the keeper of the namespaces has died. -1: none to watch. */
int isolation_fd(const struct isolation *i);
/* The joiner, whose own sockets are the connections as servers see them (their source ports are
 * what a server's log shows): for sockets_sample with SOCKETS_JOINER. 0: there is none. */
pid_t isolation_joiner_pid(const struct isolation *i);
/* Takes the network away: nothing inside can send any more. Also happens by itself when our
 * process is gone. */
void isolation_stop(struct isolation *i);
void isolation_free(struct isolation *i); /* NULL is fine; stops it */

/* What the kind means for the addresses in the capture, for people: English and Chinese. */
const char *isolation_meaning_en(enum isolation_kind kind);
const char *isolation_meaning_zh(enum isolation_kind kind);
const char *isolation_kind_name(enum isolation_kind kind); /* "user-namespace", … */

#endif
