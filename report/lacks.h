/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LACKS_H
#define REPORT_LACKS_H

/*
 * What a capture does not show, counted: for completeness.json and for the section of the page
 * that says it in words.
 */

#include "capture/http/body.h"
#include "classify/judgement.h"

/* What became of an exchange: the first that applies. */
enum exchange_state {
    STATE_COMPLETE, /* both messages whole, nothing taken away */
    STATE_NO_REQUEST,
    STATE_REQUEST_HEAD, /* its head was not read to the end */
    STATE_REQUEST_BODY,
    STATE_NO_RESPONSE,
    STATE_RESPONSE_HEAD,
    STATE_RESPONSE_BODY,
    STATE_UNDECODED, /* every byte is there, but a body could not be decoded */
    STATE_DOUBTFUL,  /* whole, but a gap stands in or beside it */
};

enum { EXCHANGE_STATES = STATE_DOUBTFUL + 1 };

enum exchange_state lacks_state(const struct exchange *x);
const char *lacks_state_name(enum exchange_state state); /* "complete", "no-request", … */

struct lack_name {
    const char *name; /* borrowed from the evidence, or static */
    uint64_t n;
    uint64_t bytes; /* of payload, both directions; UINT64_MAX when there are more */
};

struct lack_names {
    struct lack_name *at; /* owned; by name */
    size_t n;
};

struct lack_gaps {
    uint64_t n;
    uint64_t bytes;
    bool more; /* the sum of bytes passed what a number holds */
};

struct lacks {
    struct lack_names reasons; /* why connections were not (wholly) decrypted */
    struct lack_names
            protocols; /* connections that could be read as far as their encryption goes,
                                    but whose protocol is none that is taken apart */
    struct lack_gaps gaps[GAP_CAUSES];
    uint64_t gap_count;
    uint64_t states[EXCHANGE_STATES];
    uint64_t quic;                                            /* connections */
    uint64_t datagram_connections, datagrams, datagram_bytes; /* QUIC DATAGRAM, RFC 9221 */
    uint64_t unopened;       /* QUIC packets that no key opened */
    uint64_t not_modified;   /* responses 304: the browser showed what its cache held */
    uint64_t worker_scripts; /* scripts of service workers that were fetched */
    uint64_t opaque;         /* bodies sent that could not be taken apart */
};

/* Sealed evidence. STATUS_NOMEM. */
MUST_USE enum status lacks_gather(
        const struct evidence *e, const struct judgement *judged, struct lacks *out);
void lacks_clear(struct lacks *l);

#endif
