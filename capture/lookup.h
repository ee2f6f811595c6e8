/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LOOKUP_H
#define CAPTURE_LOOKUP_H

/*
 * Name look-ups as they were seen: each DNS question with its answer, by whatever carrier it
 * travelled (UDP, TCP, TLS, HTTPS). The line of dns.jsonl.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

struct lookup {
    int64_t time_ns;     /* of the response, or of the query when no response was seen */
    const char *carrier; /* "udp", "tcp", "dot", "doh", "doq" */
    const char *name;    /* the question, lower case, without the final dot */
    const char *type;    /* "A", "AAAA", "HTTPS", "TYPE64000", … */
    const char *result;  /* "NOERROR", "NXDOMAIN", …; NULL: no response was seen */
    const char **chain;  /* the aliases, in the order they lead on */
    size_t chain_count;
    const char **answers; /* addresses, or HTTPS and other records as text */
    size_t answer_count;
    uint64_t frames[2]; /* query and response; 0: not seen */
};

enum {
    LOOKUPS_MOST = 1 << 20,       /* questions kept; lookups_dropped counts those beyond */
    LOOKUPS_BYTES_MOST = 1 << 28, /* of names and answers kept, likewise */
    LOOKUPS_PENDING_MOST = 1024,  /* queries that wait for their response */
};

struct lookups;

struct lookups *lookups_new(void); /* NULL: out of memory */
void lookups_free(struct lookups *l);

/* Where a message came from: a response answers a query of the same conversation. */
struct lookup_origin {
    uint32_t connection;
    uint64_t stream; /* of HTTP; 0 otherwise */
    const char *carrier;
    int64_t time_ns;
    uint64_t frame;
};

/* Takes one DNS message; what is none, or has no question, is ignored. STATUS_NOMEM. */
MUST_USE enum status lookups_push(
        struct lookups *l, const struct lookup_origin *from, struct bytes message);
/* All look-ups so far, unanswered ones too, by time. Borrowed until the next push. */
struct lookup *lookups_all(struct lookups *l, size_t *n);
uint64_t lookups_dropped(const struct lookups *l); /* messages past the caps */

#endif
