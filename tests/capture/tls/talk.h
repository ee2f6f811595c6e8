/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TLS_TALK_H
#define TESTS_CAPTURE_TLS_TALK_H

/*
 * A TLS conversation made up for a test: both directions' bytes and the key log for them. It
 * protects records with OpenSSL's own encryption, so that what crypt.c opens was not made by
 * crypt.c. Keys come from schedule.c, which has vectors of its own.
 */

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "capture/item.h"
#include "capture/tls/record.h"
#include "capture/tls/schedule.h"
#include "capture/tls/suite.h"

enum { TALK_MARKS = 4096, TALK_STREAM_MOST = 1 << 28 };

/* One direction's protection. */
struct talk_side {
    bool on;
    struct schedule_keys keys;
    uint8_t secret[HASH_MOST];
    uint64_t sequence;
    uint8_t chain[16];
    EVP_CIPHER_CTX *stream; /* RC4 */
};

struct talk {
    uint16_t version;
    const struct suite *suite;
    bool encrypt_then_mac, extended_master, ech;
    uint8_t client_random[32], server_random[32], master[48];
    struct talk_side side[2];
    struct buf stream[2];
    struct buf log;
    struct buf transcript; /* handshake messages sent in the clear */
    /* Where each record starts, in order, with its direction. */
    struct {
        enum direction dir;
        size_t off;
    } marks[TALK_MARKS];
    size_t mark_n;
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *providers[2];
};

static inline void talk_must(bool good)
{
    if (!good) {
        (void)fprintf(stderr, "talk: a step of the test's own TLS failed\n");
        abort();
    }
}

static inline void talk_init(struct talk *t, uint16_t version, uint16_t suite)
{
    memset(t, 0, sizeof(*t));
    t->version = version;
    t->suite = suite_find(suite);
    talk_must(t->suite != NULL);
    for (size_t i = 0; i < 48; i++) {
        t->client_random[i % 32] = (uint8_t)(0x11 + i);
        t->server_random[i % 32] = (uint8_t)(0x77 + 3 * i);
        t->master[i] = (uint8_t)(0xa0 ^ (7 * i));
    }
    buf_init(&t->stream[0], TALK_STREAM_MOST);
    buf_init(&t->stream[1], TALK_STREAM_MOST);
    buf_init(&t->log, 1 << 16);
    buf_init(&t->transcript, 1 << 16);
    t->library = OSSL_LIB_CTX_new();
    t->providers[0] = OSSL_PROVIDER_load(t->library, "default");
    t->providers[1] = OSSL_PROVIDER_load(t->library, "legacy");
    talk_must(t->providers[0] != NULL);
}

static inline void talk_clear(struct talk *t)
{
    for (int i = 0; i < 2; i++) {
        buf_clear(&t->stream[i]);
        EVP_CIPHER_CTX_free(t->side[i].stream);
    }
    buf_clear(&t->log);
    buf_clear(&t->transcript);
    for (int i = 0; i < 2; i++)
        if (t->providers[i] != NULL)
            (void)OSSL_PROVIDER_unload(t->providers[i]);
    OSSL_LIB_CTX_free(t->library);
}

static inline void talk_log(struct talk *t, const char *label, const uint8_t *secret, size_t n)
{
    char random[65], text[2 * HASH_MOST + 1];

    digest_hex(bytes_of(t->client_random, 32), random);
    digest_hex(bytes_of(secret, n), text);
    talk_must(buf_print(&t->log, "%s %s %s\n", label, random, text) == STATUS_OK);
}

/* The cipher for sealing, or false when this OpenSSL has none. */
static inline EVP_CIPHER *talk_cipher(const struct talk *t)
{
    static const char *const names[SUITE_CIPHERS] = {
            [CIPHER_RC4_40] = "RC4",
            [CIPHER_RC4_56] = "RC4",
            [CIPHER_RC4] = "RC4",
            [CIPHER_DES_40] = "DES-CBC",
            [CIPHER_DES] = "DES-CBC",
            [CIPHER_3DES] = "DES-EDE3-CBC",
            [CIPHER_IDEA] = "IDEA-CBC",
            [CIPHER_SEED] = "SEED-CBC",
            [CIPHER_AES_128_CBC] = "AES-128-CBC",
            [CIPHER_AES_256_CBC] = "AES-256-CBC",
            [CIPHER_CAMELLIA_128_CBC] = "CAMELLIA-128-CBC",
            [CIPHER_CAMELLIA_256_CBC] = "CAMELLIA-256-CBC",
            [CIPHER_ARIA_128_CBC] = "ARIA-128-CBC",
            [CIPHER_ARIA_256_CBC] = "ARIA-256-CBC",
            [CIPHER_SM4_CBC] = "SM4-CBC",
            [CIPHER_AES_128_GCM] = "AES-128-GCM",
            [CIPHER_AES_256_GCM] = "AES-256-GCM",
            [CIPHER_ARIA_128_GCM] = "ARIA-128-GCM",
            [CIPHER_ARIA_256_GCM] = "ARIA-256-GCM",
            [CIPHER_AES_128_CCM] = "AES-128-CCM",
            [CIPHER_AES_256_CCM] = "AES-256-CCM",
            [CIPHER_AES_128_CCM_8] = "AES-128-CCM",
            [CIPHER_AES_256_CCM_8] = "AES-256-CCM",
            [CIPHER_CHACHA20] = "ChaCha20-Poly1305",
    };
    const char *name = names[t->suite->cipher];

    return name == NULL ? NULL : EVP_CIPHER_fetch(t->library, name, NULL);
}

static inline bool talk_is13(const struct talk *t)
{
    return t->version == VERSION_TLS13;
}

static inline void talk_put(struct talk *t, enum direction dir, struct bytes raw)
{
    talk_must(buf_append(&t->stream[dir], raw) == STATUS_OK);
}

static inline void talk_mark(struct talk *t, enum direction dir)
{
    if (t->mark_n < TALK_MARKS) {
        t->marks[t->mark_n].dir = dir;
        t->marks[t->mark_n++].off = t->stream[dir].n;
    }
}

static inline void talk_header(
        struct talk *t, enum direction dir, uint8_t type, uint16_t version, size_t n)
{
    const uint8_t header[5] = {
            type, (uint8_t)(version >> 8), (uint8_t)version, (uint8_t)(n >> 8), (uint8_t)n};

    talk_put(t, dir, bytes_of(header, sizeof(header)));
}

static inline uint16_t talk_wire_version(const struct talk *t)
{
    return talk_is13(t) ? VERSION_TLS12 : t->version;
}

static inline void talk_front(
        uint8_t out[13], uint64_t sequence, uint8_t type, uint16_t version, size_t n)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(sequence >> (56 - 8 * i));
    out[8] = type;
    out[9] = (uint8_t)(version >> 8);
    out[10] = (uint8_t)version;
    out[11] = (uint8_t)(n >> 8);
    out[12] = (uint8_t)n;
}

static inline void talk_seal_aead(
        struct talk *t, enum direction dir, uint8_t type, struct bytes content, size_t padding)
{
    struct talk_side *side = &t->side[dir];
    const struct suite_sizes *sizes = suite_sizes(t->suite->cipher);
    size_t explicit = !talk_is13(t) && sizes->fixed_iv == 4 ? 8 : 0;
    size_t inner = content.n + (talk_is13(t) ? 1 + padding : 0);
    size_t n = explicit + inner + sizes->tag;
    uint8_t outer = talk_is13(t) ? RECORD_DATA : type, nonce[12] = {0}, front[13];
    uint8_t *plain = calloc(1, inner + 1), *sealed = calloc(1, n + 16);
    EVP_CIPHER *cipher = talk_cipher(t);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ccm = strstr(EVP_CIPHER_get0_name(cipher), "CCM") != NULL;
    int done, last;

    if (content.n != 0)
        memcpy(plain, content.p, content.n);
    if (talk_is13(t))
        plain[content.n] = type;
    talk_front(front, side->sequence, outer, talk_wire_version(t), talk_is13(t) ? n : inner);
    if (explicit != 0) {
        memcpy(nonce, side->keys.iv, 4);
        memcpy(nonce + 4, front, 8);
        memcpy(sealed, front, 8);
    } else {
        memcpy(nonce + 4, front, 8);
        for (int i = 0; i < 12; i++)
            nonce[i] ^= side->keys.iv[i];
    }
    talk_must(EVP_EncryptInit_ex2(c, cipher, NULL, NULL, NULL) == 1);
    if (ccm)
        talk_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) == 1 &&
                  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizes->tag, NULL) == 1);
    talk_must(EVP_EncryptInit_ex2(c, NULL, side->keys.key, nonce, NULL) == 1);
    if (ccm)
        talk_must(EVP_EncryptUpdate(c, NULL, &done, NULL, (int)inner) == 1);
    if (talk_is13(t))
        talk_must(EVP_EncryptUpdate(c, NULL, &done, front + 8, 5) == 1);
    else
        talk_must(EVP_EncryptUpdate(c, NULL, &done, front, 13) == 1);
    if (inner != 0)
        talk_must(EVP_EncryptUpdate(c, sealed + explicit, &done, plain, (int)inner) == 1);
    else if (ccm)
        talk_must(EVP_Cipher(c, sealed + explicit, plain, 0) >= 0);
    talk_must(EVP_EncryptFinal_ex(c, sealed + explicit + inner, &last) == 1);
    talk_must(EVP_CIPHER_CTX_ctrl(
                      c, EVP_CTRL_AEAD_GET_TAG, sizes->tag, sealed + explicit + inner) == 1);
    talk_header(t, dir, outer, talk_wire_version(t), n);
    talk_put(t, dir, bytes_of(sealed, n));
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    free(plain);
    free(sealed);
}

static inline void talk_mac(const struct talk *t, enum direction dir, uint8_t type,
        struct bytes iv, struct bytes content, uint8_t out[HASH_MOST])
{
    const struct talk_side *side = &t->side[dir];
    uint8_t front[13];
    struct bytes parts[3] = {{front, 13}, iv, content};
    struct hash_mac *mac =
            hash_mac_new(t->suite->mac, bytes_of(side->keys.mac, side->keys.mac_length));

    talk_front(front, side->sequence, type, t->version, iv.n + content.n);
    talk_must(mac != NULL && hash_mac(mac, parts, 3, out));
    hash_mac_free(mac);
}

static inline void talk_seal_stream(
        struct talk *t, enum direction dir, uint8_t type, struct bytes content)
{
    struct talk_side *side = &t->side[dir];
    size_t mac = hash_length(t->suite->mac), n = content.n + mac;
    uint8_t *plain = calloc(1, n + HASH_MOST);
    EVP_CIPHER *cipher = talk_cipher(t);
    int done;

    if (content.n != 0)
        memcpy(plain, content.p, content.n);
    talk_mac(t, dir, type, bytes_of(NULL, 0), content, plain + content.n);
    if (cipher != NULL && side->stream == NULL) {
        side->stream = EVP_CIPHER_CTX_new();
        talk_must(EVP_EncryptInit_ex2(side->stream, cipher, side->keys.key, NULL, NULL) == 1);
    }
    if (cipher != NULL)
        talk_must(EVP_EncryptUpdate(side->stream, plain, &done, plain, (int)n) == 1);
    EVP_CIPHER_free(cipher);
    talk_header(t, dir, type, t->version, n);
    talk_put(t, dir, bytes_of(plain, n));
    free(plain);
}

static inline void talk_seal_block(
        struct talk *t, enum direction dir, uint8_t type, struct bytes content, size_t padding)
{
    struct talk_side *side = &t->side[dir];
    size_t block = suite_sizes(t->suite->cipher)->block, mac = hash_length(t->suite->mac);
    size_t front = t->version <= VERSION_TLS10 && t->version != VERSION_TLCP ? 0 : block;
    size_t inside = content.n + (t->encrypt_then_mac ? 0 : mac);
    size_t pad = block - inside % block + padding * block, n = front + inside + pad;
    uint8_t *plain = calloc(1, inside + pad + HASH_MOST), *sealed = calloc(1, n + 64);
    uint8_t iv[16];
    EVP_CIPHER *cipher = talk_cipher(t);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done;

    if (content.n != 0)
        memcpy(plain, content.p, content.n);
    if (!t->encrypt_then_mac)
        talk_mac(t, dir, type, bytes_of(NULL, 0), content, plain + content.n);
    memset(plain + inside, (int)(pad - 1), pad);
    memcpy(iv, side->chain, block);
    if (front != 0)
        memset(iv, (int)(0x40 + side->sequence), block);
    memcpy(sealed, iv, front);
    talk_must(EVP_EncryptInit_ex2(c, cipher, side->keys.key, iv, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
              EVP_EncryptUpdate(c, sealed + front, &done, plain, (int)(inside + pad)) == 1);
    memcpy(side->chain, sealed + n - block, block);
    if (t->encrypt_then_mac) {
        talk_mac(t, dir, type, bytes_of(sealed, front), bytes_of(sealed + front, n - front),
                sealed + n);
        n += mac;
    }
    talk_header(t, dir, type, t->version, n);
    talk_put(t, dir, bytes_of(sealed, n));
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    free(plain);
    free(sealed);
}

/* One record, under whatever protection the direction has. `padding`: zeros of TLS 1.3, or
 * blocks more of CBC padding. */
static inline void talk_record_padded(
        struct talk *t, enum direction dir, uint8_t type, struct bytes content, size_t padding)
{
    talk_mark(t, dir);
    if (!t->side[dir].on) {
        talk_header(t, dir, type, talk_wire_version(t), content.n);
        talk_put(t, dir, content);
        return;
    }
    switch (suite_sizes(t->suite->cipher)->mode) {
    case MODE_AEAD:
        talk_seal_aead(t, dir, type, content, padding);
        break;
    case MODE_STREAM:
        talk_seal_stream(t, dir, type, content);
        break;
    case MODE_BLOCK:
        talk_seal_block(t, dir, type, content, padding);
        break;
    }
    t->side[dir].sequence++;
}

static inline void talk_record(
        struct talk *t, enum direction dir, uint8_t type, struct bytes content)
{
    talk_record_padded(t, dir, type, content, 0);
}

static inline void talk_say(struct talk *t, enum direction dir, const char *text)
{
    talk_record(t, dir, RECORD_DATA, bytes_text(text));
}

/* A handshake message in a record of its own. */
static inline void talk_message(
        struct talk *t, enum direction dir, uint8_t type, struct bytes body)
{
    struct buf whole;
    const uint8_t header[4] = {
            type, (uint8_t)(body.n >> 16), (uint8_t)(body.n >> 8), (uint8_t)body.n};

    buf_init(&whole, 1 << 20);
    talk_must(buf_append(&whole, bytes_of(header, 4)) == STATUS_OK &&
              buf_append(&whole, body) == STATUS_OK);
    if (!t->side[dir].on)
        talk_must(buf_append(&t->transcript, buf_view(&whole)) == STATUS_OK);
    talk_record(t, dir, RECORD_HANDSHAKE, buf_view(&whole));
    buf_clear(&whole);
}

static inline void talk_add(struct buf *b, const void *p, size_t n)
{
    talk_must(buf_append(b, bytes_of(p, n)) == STATUS_OK);
}

static inline void talk_u16(struct buf *b, size_t value)
{
    const uint8_t raw[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    talk_add(b, raw, 2);
}

static inline void talk_extension(struct buf *b, uint16_t type, struct bytes body)
{
    talk_u16(b, type);
    talk_u16(b, body.n);
    talk_add(b, body.p, body.n);
}

/* A ClientHello; `early` offers early data and a PSK. */
static inline void talk_client_hello(struct talk *t, struct bytes session, bool early)
{
    struct buf b, e;
    const uint8_t one[2] = {1, 0}, length = (uint8_t)session.n;
    const uint8_t versions[3] = {2, 3, 4};
    const uint8_t ech[16] = {0, 0, 1, 0, 1, 7, 0, 2, 1, 2, 0, 4, 9, 9, 9, 9};
    /* identities: "ticket" and an age; binders: one of 32 bytes */
    uint8_t psk[2 + 2 + 6 + 4 + 2 + 33] = {
            0, 12, 0, 6, 't', 'i', 'c', 'k', 'e', 't', 0, 0, 0, 0, 0, 33, 32};

    buf_init(&b, 1 << 16);
    buf_init(&e, 1 << 16);
    if (talk_is13(t))
        talk_extension(&e, 43, bytes_of(versions, 3));
    if (t->ech)
        talk_extension(&e, 0xfe0d, bytes_of(ech, sizeof(ech)));
    if (early) {
        talk_extension(&e, 42, bytes_of(NULL, 0));
        talk_extension(&e, 41, bytes_of(psk, sizeof(psk)));
    }
    talk_u16(&b, talk_wire_version(t));
    talk_add(&b, t->client_random, 32);
    talk_add(&b, &length, 1);
    talk_add(&b, session.p, session.n);
    talk_u16(&b, 2);
    talk_u16(&b, t->suite->number);
    talk_add(&b, one, 2);
    talk_u16(&b, e.n);
    talk_add(&b, e.p, e.n);
    talk_message(t, FROM_CLIENT, 1, buf_view(&b));
    buf_clear(&b);
    buf_clear(&e);
}

static inline void talk_server_hello(struct talk *t, struct bytes session, bool psk, bool retry)
{
    static const uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
            0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
            0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    struct buf b, e;
    const uint8_t length = (uint8_t)session.n, none = 0, version[2] = {3, 4}, first[2] = {0, 0};
    const uint8_t group[2] = {0, 29};

    buf_init(&b, 1 << 16);
    buf_init(&e, 1 << 16);
    if (talk_is13(t))
        talk_extension(&e, 43, bytes_of(version, 2));
    if (retry)
        talk_extension(&e, 51, bytes_of(group, 2));
    if (psk)
        talk_extension(&e, 41, bytes_of(first, 2));
    if (t->encrypt_then_mac)
        talk_extension(&e, 22, bytes_of(NULL, 0));
    if (t->extended_master)
        talk_extension(&e, 23, bytes_of(NULL, 0));
    talk_u16(&b, talk_wire_version(t));
    talk_add(&b, retry ? retry_random : t->server_random, 32);
    talk_add(&b, &length, 1);
    talk_add(&b, session.p, session.n);
    talk_u16(&b, t->suite->number);
    talk_add(&b, &none, 1);
    if (e.n != 0) {
        talk_u16(&b, e.n);
        talk_add(&b, e.p, e.n);
    }
    talk_message(t, FROM_SERVER, 2, buf_view(&b));
    buf_clear(&b);
    buf_clear(&e);
}

/* TLS 1.3: a direction goes under a secret made of `seed`, which goes into the log. */
static inline void talk_secret(
        struct talk *t, enum direction dir, const char *label, uint8_t seed)
{
    struct talk_side *side = &t->side[dir];
    size_t n = hash_length(t->suite->prf);

    for (size_t i = 0; i < n; i++)
        side->secret[i] = (uint8_t)(seed + 5 * i);
    if (label != NULL)
        talk_log(t, label, side->secret, n);
    talk_must(schedule_traffic(t->version, t->suite, bytes_of(side->secret, n), &side->keys));
    side->on = true;
    side->sequence = 0;
}

static inline void talk_update(struct talk *t, enum direction dir)
{
    struct talk_side *side = &t->side[dir];
    const uint8_t no = 0;
    size_t n = hash_length(t->suite->prf);

    talk_message(t, dir, 24, bytes_of(&no, 1));
    talk_must(schedule_update(t->version, t->suite, bytes_of(side->secret, n), side->secret) &&
              schedule_traffic(t->version, t->suite, bytes_of(side->secret, n), &side->keys));
    side->sequence = 0;
}

/* The server's part of a TLS 1.3 handshake behind its hello. */
static inline void talk_server_flight(struct talk *t, bool early)
{
    const uint8_t none[2] = {0, 0}, accepted[6] = {0, 4, 0, 42, 0, 0};
    uint8_t finished[HASH_MOST] = {0};

    talk_secret(t, FROM_SERVER, "SERVER_HANDSHAKE_TRAFFIC_SECRET", 2);
    talk_message(t, FROM_SERVER, 8, early ? bytes_of(accepted, 6) : bytes_of(none, 2));
    talk_message(t, FROM_SERVER, 20, bytes_of(finished, hash_length(t->suite->prf)));
    talk_secret(t, FROM_SERVER, "SERVER_TRAFFIC_SECRET_0", 4);
}

static inline void talk_client_flight(struct talk *t)
{
    uint8_t finished[HASH_MOST] = {0};

    talk_secret(t, FROM_CLIENT, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", 1);
    talk_message(t, FROM_CLIENT, 20, bytes_of(finished, hash_length(t->suite->prf)));
    talk_secret(t, FROM_CLIENT, "CLIENT_TRAFFIC_SECRET_0", 3);
}

/* TLS 1.2 and before: both directions change to the keys of the master secret. */
static inline void talk_change_cipher(struct talk *t, enum direction dir)
{
    const uint8_t one = 1;
    uint8_t finished[12] = {9};
    struct schedule_keys keys[2];

    talk_must(schedule_key_block(t->version, t->suite, bytes_of(t->master, 48),
            t->client_random, t->server_random, keys));
    talk_record(t, dir, RECORD_CHANGE_CIPHER, bytes_of(&one, 1));
    t->side[dir].keys = keys[dir];
    t->side[dir].on = true;
    t->side[dir].sequence = 0;
    EVP_CIPHER_CTX_free(t->side[dir].stream);
    t->side[dir].stream = NULL;
    memcpy(t->side[dir].chain, keys[dir].iv, 16);
    talk_message(t, dir, 20, bytes_of(finished, sizeof(finished)));
}

/* A handshake from the hello to the point where data flow. */
static inline void talk_open(struct talk *t)
{
    talk_client_hello(t, bytes_of(NULL, 0), false);
    talk_server_hello(t, bytes_of(NULL, 0), false, false);
    if (talk_is13(t)) {
        talk_server_flight(t, false);
        talk_client_flight(t);
        return;
    }
    talk_log(t, "CLIENT_RANDOM", t->master, 48);
    talk_change_cipher(t, FROM_CLIENT);
    talk_change_cipher(t, FROM_SERVER);
}

#endif
