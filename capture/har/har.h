/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HAR_HAR_H
#define CAPTURE_HAR_HAR_H

/*
 * HTTP Archives, HAR 1.2 (Jan Odvarko, W3C Web Performance draft of 2012-08-14), as Chrome, Edge,
 * Firefox, Safari, mitmproxy and Charles write them: requests and responses without packets.
 *
 * What such a file says was put there by a program, after it had read, decoded and in part
 * dropped what went over the wire. Exchanges made of it have no frames; bodies come decoded, so
 * their list of codings is empty, also where Content-Encoding is among the fields. What never
 * went over the network (data: URLs, answers of the browser's cache and of service workers,
 * requests that were blocked) is counted and left out. What the file lacks (cookies, contents) is
 * a gap of the connection, and its exchanges are not complete.
 *
 * One entry is in memory at a time.
 */

#include <stdio.h>

#include "base/fault.h"
#include "capture/connection.h"
#include "capture/http/body.h"
#include "capture/http/exchange.h"

enum {
    HAR_ENTRY_MOST = 256 << 20,  /* bytes of what is read of one entry */
    HAR_MESSAGES_MOST = 1 << 16, /* of one WebSocket */
    HAR_PROGRAM_TEXT = 128,      /* name and version of a program */
};

/* What a file is and lacks, counted. */
struct har_facts {
    char program[HAR_PROGRAM_TEXT]; /* "WebInspector 537.36"; may be empty */
    char browser[HAR_PROGRAM_TEXT];
    uint64_t entries;
    uint64_t local;           /* left out: data:, blob:, extensions: never on the network */
    uint64_t cached;          /* left out: answered by the browser's cache */
    uint64_t worker;          /* left out: answered by a service worker */
    uint64_t blocked;         /* left out: blocked, or failed before a server was reached */
    uint64_t unread;          /* left out: could not be understood, or too large */
    uint64_t without_content; /* responses whose content is not in the file */
    uint64_t without_body;    /* requests whose body is not in the file */
    uint64_t replaced;        /* bodies in which the file replaced what is not text */
    uint64_t rebuilt;         /* bodies of requests put together from their parameters */
    uint64_t cookies_listed;  /* messages whose cookies are listed, but in no field */
    uint64_t without_fields;  /* requests of which no field is listed */
    bool any_fields, any_cookies;
    bool without_cookies; /* exported without them; see har_close */
    bool cut;             /* the file ends, or stops being JSON, before its end */
};

struct har;

struct har_setup {
    FILE *file;                /* borrowed, at its beginning */
    struct body_store *bodies; /* borrowed */
    struct ledger *ledger;     /* borrowed: gaps of the file itself */
    uint32_t connections;      /* that there are already: numbers go on behind */
};

/* A JSON object whose first member is "log": told from the beginning of a file. */
enum { HAR_LOOK = 4096 };
MUST_USE bool har_is(struct bytes beginning);

/* STATUS_INPUT when it is no HAR after all; STATUS_NOMEM. */
MUST_USE enum status har_open(
        const struct har_setup *setup, struct har **out, struct fault *fault);
void har_free(struct har *h); /* NULL is fine */

/*
 * The next exchange, in the order of the file, NULL at the end; ownership passes. WebSocket
 * messages follow the exchange that opened their way. STATUS_NOMEM, STATUS_IO.
 */
MUST_USE enum status har_next(struct har *h, struct exchange **out, struct fault *fault);

/*
 * After the end: judges whether the file was exported without cookies, and then files a gap with
 * each connection that was used (all its exchanges are to be given it by har_mark). Chrome and
 * Edge export so unless told otherwise: no field Cookie, Set-Cookie or Authorization, and no
 * cookie in any list, by a program "WebInspector". STATUS_NOMEM.
 */
MUST_USE enum status har_close(struct har *h);
/* Gives an exchange of this file what har_close found missing. */
void har_mark(const struct har *h, struct exchange *x);

/* Connections, to be taken after har_close; ownership passes. */
MUST_USE bool har_next_connection(struct har *h, struct connection **out);

const struct har_facts *har_facts(const struct har *h);
void har_facts_add(struct har_facts *sum, const struct har_facts *more);
uint64_t har_offset(const struct har *h); /* bytes of the file read so far, for progress */

#endif
