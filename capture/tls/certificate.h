/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_CERTIFICATE_H
#define CAPTURE_TLS_CERTIFICATE_H

/*
 * Certificates as a handshake carries them, read and used; the one door to OpenSSL's X.509
 * (RFC 5280). We say what a certificate states and whether its key signed this handshake.
 * Whether an authority vouches for it is a question of another day and place, and not asked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/connection.h"
#include "capture/tls/hello.h"

enum {
    CERTIFICATE_CHAIN_MOST = 32,        /* certificates of one message; the rest is left out */
    CERTIFICATE_NAMES_MOST = 1000,      /* alternative names of one certificate */
    CERTIFICATE_TEXT_MOST = 4096,       /* bytes of a name or serial; longer is cut, "..." */
    CERTIFICATE_MESSAGE_MOST = 1 << 20, /* bytes of a Certificate message, uncompressed */
};

enum certificate_form {
    CERTIFICATE_TLS12, /* RFC 5246 section 7.4.2, and before */
    CERTIFICATE_TLS13, /* RFC 8446 section 4.4.2: request context, entries with extensions */
};

struct certificate_list {
    struct certificate *at; /* in the arena, leaf first */
    size_t n;
    bool cut;             /* there were more than CERTIFICATE_CHAIN_MOST */
    struct bytes context; /* certificate_request_context; borrowed from the body */
};

/*
 * The body of a Certificate message. DER and strings are copied into the arena. A certificate
 * that OpenSSL cannot read keeps its DER and SHA-256, with NULL strings and no names. Text is
 * UTF-8; control characters and what is not UTF-8 appear as \XX. SubjectAltName entries other
 * than DNS names and addresses are left out. A date that cannot be read is 0; one of the year
 * 9999 ("no end", RFC 5280 section 4.1.2.5) does not fit into nanoseconds of 64 bits.
 *
 * PARSE_BAD: the list is malformed. PARSE_UNSUPPORTED: larger than CERTIFICATE_MESSAGE_MOST,
 * the arena is full, or memory ran out. `out` is untouched then.
 */
MUST_USE enum parse certificate_read(struct bytes body, enum certificate_form form,
        struct arena *a, struct certificate_list *out);

/*
 * The body of a CompressedCertificate message (RFC 8879) into that of a Certificate message,
 * which is appended to `out`. PARSE_BAD: corrupt, or of another length than it says.
 * PARSE_UNSUPPORTED: unknown algorithm, larger than CERTIFICATE_MESSAGE_MOST or than out's
 * limit, or memory ran out. `out` is unchanged then.
 */
MUST_USE enum parse certificate_unpack(struct bytes body, struct buf *out);

/*
 * Checks the body of a TLS 1.3 CertificateVerify (RFC 8446 section 4.4.3) by `signer` with the
 * key of `leaf`. `transcript` is Transcript-Hash(Handshake Context, Certificate), of the
 * suite's hash, with the Certificate message as it travelled (compressed, if it was).
 * VERIFY_UNCHECKED: the algorithm or key is unknown to OpenSSL, or the certificate unreadable.
 */
enum certificate_verify certificate_check_transcript(const struct certificate *leaf,
        enum direction signer, struct bytes verify_body, struct bytes transcript);

/*
 * Checks the signature of a ServerKeyExchange of TLS 1.2 or before (RFC 5246 section 7.4.3;
 * RFC 2246: MD5 and SHA-1 together for RSA, SHA-1 for others) with the key of `leaf`.
 * VERIFY_NOT_SEEN when it is anonymous.
 */
enum certificate_verify certificate_check_exchange(const struct certificate *leaf,
        uint16_t version, const uint8_t client_random[HELLO_RANDOM],
        const uint8_t server_random[HELLO_RANDOM], const struct key_exchange *exchange);

#endif
