/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_ENV_ENV_SNTP_H
#define CAPTURE_ENV_ENV_SNTP_H

/*
 * How far this clock is from others': an SNTP client, RFC 5905 section 14 and RFC 4330
 * section 5. It sets nothing. All servers are asked at the same time; a server is asked up to
 * SNTP_SAMPLES times, and the answer with the shortest way counts (RFC 5905 section 10).
 *
 * The transmit time in a request is a random number (draft-ietf-ntp-data-minimization): nobody
 * learns our clock, and an answer that does not repeat it is somebody else's and is ignored.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    SNTP_BYTES = 48, /* of a request, and the least of an answer */
    SNTP_SAMPLES = 3,
    SNTP_SERVERS = 8,
    SNTP_TEXT = 64,
};

enum sntp_outcome {
    SNTP_ANSWERED,
    SNTP_NO_ADDRESS,  /* the name did not resolve in time */
    SNTP_UNREACHABLE, /* the system refused to send, or the server's host refused */
    SNTP_SILENT,      /* no answer in time */
    SNTP_REFUSED,     /* kiss-o'-death: the server asks to be left alone; `kiss` */
    SNTP_NOT_IN_STEP, /* the server says that it does not know the time itself */
};

const char *sntp_outcome_name(enum sntp_outcome outcome); /* "answered", "no-address", … */

struct sntp_sample {
    int64_t offset_ns; /* to be added to our clock; RFC 5905 section 8 */
    int64_t delay_ns;  /* there and back, never below 0 */
    int64_t error_ns;  /* half the delay and the server's own root distance */
    uint8_t stratum;
};

enum sntp_answer {
    SNTP_GOOD,
    SNTP_FOREIGN, /* not an answer to this request: ignore it and wait on */
    SNTP_KISS,    /* kiss-o'-death, RFC 5905 section 7.4 */
    SNTP_ALARM,   /* well-formed, but from a clock that is not set */
};

/* Reads one answer. `nonce` is what the request's transmit time held; `sent_ns` and
 * `received_ns` are ours, since 1970. `out` on SNTP_GOOD; `kiss`, four letters and a NUL, on SNTP_KISS;
 * both untouched otherwise. */
MUST_USE enum sntp_answer sntp_read(struct bytes answer, uint64_t nonce, int64_t sent_ns,
        int64_t received_ns, struct sntp_sample *out, char kiss[5]);

struct sntp_result {
    const char *server; /* as it was given */
    enum sntp_outcome outcome;
    char address[SNTP_TEXT]; /* that was asked; "" none */
    char kiss[5];
    struct sntp_sample best; /* SNTP_ANSWERED */
    unsigned samples;
    unsigned foreign; /* answers that were not to our requests */
};

/* Asks all of `servers` (NULL at the end, SNTP_SERVERS at most) and returns after `wait_ns` at
 * the latest. Returns how many results there are. */
size_t sntp_ask(const char *const *servers, int64_t wait_ns, struct sntp_result *out);

#endif
