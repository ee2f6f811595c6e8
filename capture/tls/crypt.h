/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_CRYPT_H
#define CAPTURE_TLS_CRYPT_H

/*
 * Takes the protection off records of one direction, from one change of keys to the next; the
 * door to OpenSSL's ciphers (modes.h adds what it lacks). Ciphers come from its default and legacy providers, without
 * touching the providers of the rest of the program.
 *
 * SSL 3.0: RFC 6101 section 5.2.3. TLS 1.0 to 1.2: RFC 2246, 4346 and 5246 section 6.2.3, RFC
 * 7366 (encrypt-then-MAC), RFC 5288, 6655, 7905. TLS 1.3: RFC 8446 section 5.2.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/tls/schedule.h"
#include "capture/tls/suite.h"

struct crypt_setup {
    uint16_t version; /* negotiated; 0x7fxx for a draft of TLS 1.3 */
    const struct suite *suite;
    const struct schedule_keys *keys; /* copied */
    bool encrypt_then_mac;            /* counts for CBC only */
};

struct crypt;

/* STATUS_MISSING: OpenSSL here does not offer the cipher. STATUS_NOMEM. */
MUST_USE enum status crypt_new(const struct crypt_setup *setup, struct crypt **out);
void crypt_free(struct crypt *c); /* NULL is fine */

struct crypt_record {
    uint64_t sequence;
    struct bytes whole; /* the record with its header of 5 bytes */
};

/*
 * Writes the content to `out`, which has room for whole.n bytes, its length to `n` and its
 * type (that inside the protection for TLS 1.3) to `type`. PARSE_BAD: tag or MAC do not fit,
 * or the form is impossible; `out` then holds rubbish. Changes nothing that a further
 * crypt_open of the same record, with another sequence number, would meet.
 */
MUST_USE enum parse crypt_open(struct crypt *c, const struct crypt_record *record, uint8_t *out,
        size_t *n, uint8_t *type);

/* Steps behind a record, opened or not: for the ciphers whose records hang together (RC4,
 * CBC with the IV taken from the record before). */
void crypt_pass(struct crypt *c, struct bytes fragment);
/* The same over `n` bytes of RC4 that were not seen. */
void crypt_skip(struct crypt *c, uint64_t n);
/* The record next to open does not follow the last one: for CBC with chained records, the
 * block in front of it. */
void crypt_resume(struct crypt *c, struct bytes before);
/* A copy at the same place, for trying places out (RC4). NULL: no memory. */
struct crypt *crypt_copy(const struct crypt *c);

/* How records hang together. */
enum crypt_chain {
    CHAIN_NONE,     /* each opens by itself */
    CHAIN_BLOCK,    /* needs the last block before it */
    CHAIN_POSITION, /* needs to know how many bytes came before it */
};
enum crypt_chain crypt_chain(const struct crypt *c);

/* The least that protection adds to a record: IV, tag, MAC, padding and inner type. */
size_t crypt_overhead(uint16_t version, const struct suite *suite);
/* TLS 1.2 with an explicit nonce: its number. */
MUST_USE bool crypt_nonce(
        uint16_t version, const struct suite *suite, struct bytes fragment, uint64_t *out);

#endif
