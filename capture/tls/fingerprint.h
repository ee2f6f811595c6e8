/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_FINGERPRINT_H
#define CAPTURE_TLS_FINGERPRINT_H

/*
 * What a hello says about the program that sent it.
 *
 * JA3 and JA3S: J. Althouse, J. Atkinson, J. Atkins, Salesforce 2017. The decimal numbers of
 * a hello in order, GREASE (RFC 8701) left out, and the MD5 of that text.
 * JA4: FoxIO 2023, "TLS client fingerprinting" (the part under the BSD licence): sorted, so
 * that a client which shuffles its extensions keeps one fingerprint.
 *
 * Strings live in the arena. False when it is full, outputs untouched.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "capture/tls/hello.h"

enum fingerprint_transport {
    FINGERPRINT_TCP,  /* "t" */
    FINGERPRINT_QUIC, /* "q" */
};

/* `text` is the JA3 string, `md5` its digest in lower-case hex. Of an SSL 2 compatible hello
 * both are set to NULL: JA3 does not speak of it. */
MUST_USE bool fingerprint_ja3(
        const struct client_hello *hello, struct arena *a, const char **text, const char **md5);
MUST_USE bool fingerprint_ja3s(
        const struct server_hello *hello, struct arena *a, const char **text, const char **md5);
/* "t13d1516h2_8daaf6152771_b186095e22b6"; NULL for an SSL 2 compatible hello. */
MUST_USE bool fingerprint_ja4(const struct client_hello *hello,
        enum fingerprint_transport transport, struct arena *a, const char **ja4);
/* The same before hashing (JA4_r): "t13d1516h2_002f,…_0005,…_0403,…". */
MUST_USE bool fingerprint_ja4_raw(const struct client_hello *hello,
        enum fingerprint_transport transport, struct arena *a, const char **raw);

#endif
