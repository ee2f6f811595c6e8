/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_SUITE_H
#define CAPTURE_TLS_SUITE_H

/* Cipher suites: what a number of the IANA registry stands for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/tls/hash.h"

enum suite_exchange {
    EXCHANGE_NONE,
    EXCHANGE_RSA,
    EXCHANGE_DH,
    EXCHANGE_DHE,
    EXCHANGE_DH_ANON,
    EXCHANGE_ECDH,
    EXCHANGE_ECDHE,
    EXCHANGE_ECDH_ANON,
    EXCHANGE_PSK,
    EXCHANGE_DHE_PSK,
    EXCHANGE_ECDHE_PSK,
    EXCHANGE_RSA_PSK,
    EXCHANGE_KRB5,
    EXCHANGE_SRP,
    EXCHANGE_ECCPWD,
    EXCHANGE_GOST,
    EXCHANGE_TLS13, /* TLS 1.3 agrees on it apart from the suite */
    EXCHANGE_OTHER,
};

enum suite_cipher {
    CIPHER_NULL,
    CIPHER_RC4_40, /* the key is made of 40 bits, RFC 2246 section 6.3.1 */
    CIPHER_RC4_56,
    CIPHER_RC4,
    CIPHER_RC2_40,
    CIPHER_RC2_56,
    CIPHER_DES_40,
    CIPHER_DES,
    CIPHER_3DES,
    CIPHER_IDEA,
    CIPHER_SEED,
    CIPHER_AES_128_CBC,
    CIPHER_AES_256_CBC,
    CIPHER_CAMELLIA_128_CBC,
    CIPHER_CAMELLIA_256_CBC,
    CIPHER_ARIA_128_CBC,
    CIPHER_ARIA_256_CBC,
    CIPHER_SM4_CBC,
    CIPHER_AES_128_GCM,
    CIPHER_AES_256_GCM,
    CIPHER_CAMELLIA_128_GCM,
    CIPHER_CAMELLIA_256_GCM,
    CIPHER_ARIA_128_GCM,
    CIPHER_ARIA_256_GCM,
    CIPHER_SM4_GCM,
    CIPHER_AES_128_CCM,
    CIPHER_AES_256_CCM,
    CIPHER_AES_128_CCM_8,
    CIPHER_AES_256_CCM_8,
    CIPHER_SM4_CCM,
    CIPHER_CHACHA20, /* with Poly1305, RFC 8439 */
    CIPHER_OTHER,    /* one we cannot read: GOST, Salsa20, integrity only */
};

enum { SUITE_CIPHERS = CIPHER_OTHER + 1 };

enum suite_mode {
    MODE_STREAM, /* or no cipher at all; HMAC */
    MODE_BLOCK,  /* CBC; HMAC */
    MODE_AEAD,
};

/* Lengths in bytes. */
struct suite_sizes {
    enum suite_mode mode;
    uint8_t secret;   /* taken from the key block; less than `key` for export ciphers */
    uint8_t key;      /* what the cipher takes */
    uint8_t fixed_iv; /* AEAD before TLS 1.3: the implicit part of the nonce */
    uint8_t block;    /* CBC: the block, which is also the IV */
    uint8_t tag;      /* AEAD */
};

struct suite {
    uint16_t number;
    const char *name; /* IANA's where it has one */
    enum suite_exchange exchange;
    enum suite_cipher cipher;
    enum hash_kind mac; /* HASH_NONE: AEAD */
    enum hash_kind prf; /* TLS 1.2 and later; earlier ones have one of their own */
};

extern const struct suite suite_table[]; /* ascending numbers */
extern const size_t suite_table_length;

const struct suite *suite_find(uint16_t number); /* static; NULL when we do not know it */
const struct suite_sizes *suite_sizes(enum suite_cipher cipher); /* static */
/* Weakened for export from the United States: the final keys are derived once more. */
MUST_USE bool suite_is_export(const struct suite *suite);

#endif
