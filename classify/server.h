/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SERVER_H
#define CLASSIFY_SERVER_H

/*
 * The addresses that were spoken to: under which names, for which connections, and where their
 * networks are registered. That a server's network is registered in another country is a fact
 * about the network; whether data crossed a border is not said.
 */

#include "classify/evidence.h"
#include "classify/whereabouts.h"

enum { SERVER_HOSTS_MOST = 64 };

struct server {
    struct endpoint address; /* with port 0 */
    const char *text;        /* "203.0.113.9" */
    uint64_t connections;
    size_t first;        /* index in evidence->connections */
    struct bytes *hosts; /* of the exchanges with it, else names asked for in hellos; sorted */
    size_t host_count;   /* at most SERVER_HOSTS_MOST are kept */
    bool more_hosts;
    bool known; /* the database has the address */
    struct whereabouts_of at;
};

struct servers {
    struct server *at; /* in the arena; in the order of their first connections */
    size_t n;
};

/* `w` may be NULL: then none is known. Borrows from the evidence. STATUS_NOMEM. */
MUST_USE enum status servers_gather(struct arena *arena, const struct evidence *e,
        struct whereabouts *w, struct servers *out);

#endif
