/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/crypt.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tls/modes.h"

enum {
    HEADER = 5,
    NONCE = 12,
    EXPLICIT_NONCE = 8,
    BLOCK_MOST = 16,
    SSL3_PAD_MD5 = 48,
    SSL3_PAD_SHA1 = 40,
    SKIP_STEP = 512,
};

struct crypt {
    uint16_t version;
    const struct suite *suite;
    const struct suite_sizes *sizes;
    struct schedule_keys keys;
    bool encrypt_then_mac;
    EVP_CIPHER_CTX *context; /* holds the key; NULL for the NULL cipher */
    bool by_modes;           /* `context` encrypts single blocks for modes.c */
    EVP_CIPHER_CTX *trial;   /* RC4: works on a copy, so that a trial changes nothing */
    struct hash_mac *mac;    /* NULL for AEAD and SSL 3.0 */
    uint8_t chain[BLOCK_MOST];
};

static OSSL_LIB_CTX *library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* A library context of our own: loading the legacy provider into the global one would change
 * which algorithms the rest of the program finds. It lives as long as the program. */
static void open_library(void)
{
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();

    if (made == NULL)
        return;
    if (OSSL_PROVIDER_load(made, "default") == NULL) {
        OSSL_LIB_CTX_free(made);
        return;
    }
    (void)OSSL_PROVIDER_load(made, "legacy"); /* without it some old suites are missing */
    library = made;
}

static const char *const cipher_names[SUITE_CIPHERS] = {
        [CIPHER_RC4_40] = "RC4",
        [CIPHER_RC4_56] = "RC4",
        [CIPHER_RC4] = "RC4",
        [CIPHER_RC2_40] = "RC2-CBC",
        [CIPHER_RC2_56] = "RC2-CBC",
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
        [CIPHER_CAMELLIA_128_GCM] = "CAMELLIA-128-GCM",
        [CIPHER_CAMELLIA_256_GCM] = "CAMELLIA-256-GCM",
        [CIPHER_ARIA_128_GCM] = "ARIA-128-GCM",
        [CIPHER_ARIA_256_GCM] = "ARIA-256-GCM",
        [CIPHER_SM4_GCM] = "SM4-GCM",
        [CIPHER_AES_128_CCM] = "AES-128-CCM",
        [CIPHER_AES_256_CCM] = "AES-256-CCM",
        [CIPHER_AES_128_CCM_8] = "AES-128-CCM",
        [CIPHER_AES_256_CCM_8] = "AES-256-CCM",
        [CIPHER_SM4_CCM] = "SM4-CCM",
        [CIPHER_CHACHA20] = "ChaCha20-Poly1305",
};

/* The bare block cipher, for a mode that OpenSSL may lack. */
static const char *block_name(enum suite_cipher cipher)
{
    if (cipher == CIPHER_SM4_GCM || cipher == CIPHER_SM4_CCM)
        return "SM4-ECB";
    if (cipher == CIPHER_CAMELLIA_128_GCM)
        return "CAMELLIA-128-ECB";
    return cipher == CIPHER_CAMELLIA_256_GCM ? "CAMELLIA-256-ECB" : NULL;
}

static bool is_tls13(uint16_t version)
{
    return version == VERSION_TLS13 || version >> 8 == 0x7f;
}

/* SSL 3.0 and TLS 1.0 take the IV from the record before. */
static bool is_chained(uint16_t version)
{
    return version == VERSION_SSL3 || version == VERSION_TLS10;
}

static bool is_ccm(enum suite_cipher cipher)
{
    return cipher == CIPHER_AES_128_CCM || cipher == CIPHER_AES_256_CCM ||
           cipher == CIPHER_AES_128_CCM_8 || cipher == CIPHER_AES_256_CCM_8 ||
           cipher == CIPHER_SM4_CCM;
}

enum crypt_chain crypt_chain(const struct crypt *c)
{
    switch (c->sizes->mode) {
    case MODE_AEAD:
        return CHAIN_NONE;
    case MODE_BLOCK:
        return is_chained(c->version) ? CHAIN_BLOCK : CHAIN_NONE;
    case MODE_STREAM:
        break;
    }
    return c->context == NULL ? CHAIN_NONE : CHAIN_POSITION;
}

static size_t explicit_nonce(uint16_t version, const struct suite_sizes *sizes)
{
    return sizes->mode == MODE_AEAD && !is_tls13(version) && sizes->fixed_iv < NONCE
                   ? EXPLICIT_NONCE
                   : 0;
}

size_t crypt_overhead(uint16_t version, const struct suite *suite)
{
    const struct suite_sizes *sizes = suite_sizes(suite->cipher);

    switch (sizes->mode) {
    case MODE_AEAD:
        return explicit_nonce(version, sizes) + sizes->tag + (is_tls13(version) ? 1 : 0);
    case MODE_BLOCK:
        return (is_chained(version) ? 0U : sizes->block) + hash_length(suite->mac) + 1;
    case MODE_STREAM:
        break;
    }
    return hash_length(suite->mac);
}

bool crypt_nonce(
        uint16_t version, const struct suite *suite, struct bytes fragment, uint64_t *out)
{
    return explicit_nonce(version, suite_sizes(suite->cipher)) != 0 &&
           bytes_take_u64(&fragment, out);
}

static enum status set_block_cipher(struct crypt *c)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(library, block_name(c->suite->cipher), NULL);
    bool good;

    if (cipher == NULL)
        return STATUS_MISSING;
    c->by_modes = true;
    c->context = EVP_CIPHER_CTX_new();
    good = c->context != NULL &&
           EVP_EncryptInit_ex2(c->context, cipher, c->keys.key, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(c->context, 0) == 1;
    EVP_CIPHER_free(cipher);
    return good ? STATUS_OK : STATUS_NOMEM;
}

static bool encrypt_blocks(void *key, const uint8_t *in, size_t n, uint8_t *out)
{
    int done;

    return EVP_EncryptUpdate(key, out, &done, in, (int)(n * MODES_BLOCK)) == 1;
}

static enum status set_cipher(struct crypt *c)
{
    const char *name = cipher_names[c->suite->cipher];
    EVP_CIPHER *cipher;
    enum status status = STATUS_NOMEM;

    if (c->suite->cipher == CIPHER_NULL)
        return STATUS_OK;
    (void)pthread_once(&library_once, open_library);
    if (name == NULL || library == NULL)
        return STATUS_MISSING;
    cipher = EVP_CIPHER_fetch(library, name, NULL);
    if (cipher == NULL && block_name(c->suite->cipher) != NULL)
        return set_block_cipher(c);
    if (cipher == NULL)
        return STATUS_MISSING;
    c->context = EVP_CIPHER_CTX_new();
    if (c->context == NULL || EVP_DecryptInit_ex2(c->context, cipher, NULL, NULL, NULL) != 1)
        goto out;
    if (is_ccm(c->suite->cipher) &&
            (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) != 1 ||
                    EVP_CIPHER_CTX_ctrl(
                            c->context, EVP_CTRL_AEAD_SET_TAG, c->sizes->tag, NULL) != 1))
        goto out;
    if ((c->suite->cipher == CIPHER_RC2_40 || c->suite->cipher == CIPHER_RC2_56) &&
            EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_SET_RC2_KEY_BITS, 128, NULL) != 1)
        goto out;
    if (EVP_DecryptInit_ex2(c->context, NULL, c->keys.key, NULL, NULL) != 1 ||
            EVP_CIPHER_CTX_set_padding(c->context, 0) != 1)
        goto out;
    if (c->sizes->mode == MODE_STREAM) {
        c->trial = EVP_CIPHER_CTX_new();
        if (c->trial == NULL)
            goto out;
    }
    status = STATUS_OK;
out:
    EVP_CIPHER_free(cipher);
    return status;
}

enum status crypt_new(const struct crypt_setup *setup, struct crypt **out)
{
    struct crypt *c = calloc(1, sizeof(*c));
    enum status status;

    if (c == NULL)
        return STATUS_NOMEM;
    c->version = setup->version;
    c->suite = setup->suite;
    c->sizes = suite_sizes(setup->suite->cipher);
    c->keys = *setup->keys;
    c->encrypt_then_mac = setup->encrypt_then_mac && c->sizes->mode == MODE_BLOCK;
    memcpy(c->chain, c->keys.iv, sizeof(c->chain));
    status = set_cipher(c);
    if (status == STATUS_OK && c->suite->mac != HASH_NONE && c->version != VERSION_SSL3) {
        c->mac = hash_mac_new(c->suite->mac, bytes_of(c->keys.mac, c->keys.mac_length));
        if (c->mac == NULL)
            status = STATUS_NOMEM;
    }
    if (status != STATUS_OK) {
        crypt_free(c);
        return status;
    }
    *out = c;
    return STATUS_OK;
}

struct crypt *crypt_copy(const struct crypt *c)
{
    struct crypt_setup setup = {c->version, c->suite, &c->keys, c->encrypt_then_mac};
    struct crypt *copy = NULL;

    if (crypt_new(&setup, &copy) != STATUS_OK)
        return NULL;
    memcpy(copy->chain, c->chain, sizeof(copy->chain));
    if (c->sizes->mode == MODE_STREAM && c->context != NULL &&
            EVP_CIPHER_CTX_copy(copy->context, c->context) != 1) {
        crypt_free(copy);
        return NULL;
    }
    return copy;
}

void crypt_free(struct crypt *c)
{
    if (c == NULL)
        return;
    EVP_CIPHER_CTX_free(c->context);
    EVP_CIPHER_CTX_free(c->trial);
    hash_mac_free(c->mac);
    free(c);
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

/* MD5 or SHA-1 twice, with pads: RFC 6101 section 5.2.3.1. */
static bool ssl3_mac(const struct crypt *c, const uint8_t *front, struct bytes content,
        uint8_t out[HASH_MOST])
{
    uint8_t pad[2][SSL3_PAD_MD5], inner[HASH_MOST];
    size_t padding = c->suite->mac == HASH_MD5 ? SSL3_PAD_MD5 : SSL3_PAD_SHA1;
    struct bytes key = {c->keys.mac, c->keys.mac_length};

    memset(pad[0], 0x36, padding);
    memset(pad[1], 0x5c, padding);
    {
        /* Sequence number, type, length: the version is left out. */
        const struct bytes first[5] = {
                key, {pad[0], padding}, {front, 9}, {front + 11, 2}, content};
        const struct bytes second[3] = {
                key, {pad[1], padding}, {inner, hash_length(c->suite->mac)}};

        return hash_parts(c->suite->mac, first, 5, inner) &&
               hash_parts(c->suite->mac, second, 3, out);
    }
}

static bool mac_fits(struct crypt *c, const struct crypt_record *record, struct bytes iv,
        struct bytes content, const uint8_t *mac)
{
    uint8_t front[13], made[HASH_MOST];
    const struct bytes parts[3] = {{front, sizeof(front)}, iv, content};
    bool good;

    put_u64(front, record->sequence);
    memcpy(front + 8, record->whole.p, 3); /* type and version */
    put_u16(front + 11, iv.n + content.n);
    good = c->version == VERSION_SSL3 ? ssl3_mac(c, front, content, made)
                                      : hash_mac(c->mac, parts, 3, made);
    return good && memcmp(made, mac, hash_length(c->suite->mac)) == 0;
}

static enum parse open_aead(struct crypt *c, const struct crypt_record *record,
        struct bytes fragment, uint8_t *out, size_t *n)
{
    size_t explicit = explicit_nonce(c->version, c->sizes), tag = c->sizes->tag;
    uint8_t nonce[NONCE] = {0}, front[13], check[16];
    const uint8_t *extra = record->whole.p;
    int extra_n = HEADER, done, last;
    struct bytes text;

    if (fragment.n < explicit + tag)
        return PARSE_BAD;
    text = bytes_slice(fragment, explicit, fragment.n - tag);
    memcpy(check, fragment.p + fragment.n - tag, tag);
    if (explicit != 0) {
        memcpy(nonce, c->keys.iv, c->sizes->fixed_iv);
        memcpy(nonce + c->sizes->fixed_iv, fragment.p, explicit);
    } else {
        put_u64(nonce + 4, record->sequence);
        for (size_t i = 0; i < NONCE; i++)
            nonce[i] ^= c->keys.iv[i];
    }
    if (!is_tls13(c->version)) {
        put_u64(front, record->sequence);
        memcpy(front + 8, record->whole.p, 3);
        put_u16(front + 11, text.n);
        extra = front;
        extra_n = sizeof(front);
    } else if (c->version >> 8 == 0x7f && (c->version & 0xff) < 25) {
        extra_n = 0; /* the header was not covered before draft 25 */
    }
    if (c->by_modes) {
        const struct modes_cipher cipher = {c->context, encrypt_blocks};
        const struct modes_input in = {nonce, bytes_of(extra, (size_t)extra_n), text, check};

        *n = text.n;
        return (is_ccm(c->suite->cipher) ? modes_open_ccm(&cipher, &in, out)
                                         : modes_open_gcm(&cipher, &in, out))
                       ? PARSE_DONE
                       : PARSE_BAD;
    }
    if (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, (int)tag, check) != 1 ||
            EVP_DecryptInit_ex2(c->context, NULL, NULL, nonce, NULL) != 1)
        return PARSE_BAD;
    if (is_ccm(c->suite->cipher) &&
            EVP_DecryptUpdate(c->context, NULL, &done, NULL, (int)text.n) != 1)
        return PARSE_BAD;
    if (extra_n != 0 && EVP_DecryptUpdate(c->context, NULL, &done, extra, extra_n) != 1)
        return PARSE_BAD;
    if (is_ccm(c->suite->cipher)) {
        /* CCM checks the tag with the text, and EVP_DecryptUpdate skips an empty one. */
        if (EVP_Cipher(c->context, out, text.p, (unsigned)text.n) < 0)
            return PARSE_BAD;
    } else if (EVP_DecryptUpdate(c->context, out, &done, text.p, (int)text.n) != 1 ||
               EVP_DecryptFinal_ex(c->context, out + text.n, &last) != 1) {
        return PARSE_BAD;
    }
    *n = text.n;
    return PARSE_DONE;
}

static enum parse open_stream(struct crypt *c, const struct crypt_record *record,
        struct bytes fragment, uint8_t *out, size_t *n)
{
    size_t mac = hash_length(c->suite->mac);
    int done;

    if (fragment.n < mac)
        return PARSE_BAD;
    if (c->context == NULL)
        memcpy(out, fragment.p, fragment.n);
    else if (EVP_CIPHER_CTX_copy(c->trial, c->context) != 1 ||
             EVP_DecryptUpdate(c->trial, out, &done, fragment.p, (int)fragment.n) != 1)
        return PARSE_BAD;
    if (mac != 0 && !mac_fits(c, record, bytes_of(NULL, 0), bytes_of(out, fragment.n - mac),
                            out + fragment.n - mac))
        return PARSE_BAD;
    *n = fragment.n - mac;
    return PARSE_DONE;
}

/* Cuts the padding off; SSL 3.0 says nothing about the values of its bytes. */
static bool cut_padding(const struct crypt *c, const uint8_t *text, size_t *n)
{
    size_t padding = text[*n - 1] + (size_t)1;

    if (padding > *n || (c->version == VERSION_SSL3 && padding > c->sizes->block))
        return false;
    for (size_t i = *n - padding; c->version != VERSION_SSL3 && i < *n; i++)
        if (text[i] != padding - 1)
            return false;
    *n -= padding;
    return true;
}

static enum parse open_block(struct crypt *c, const struct crypt_record *record,
        struct bytes fragment, uint8_t *out, size_t *n)
{
    size_t mac = hash_length(c->suite->mac), block = c->sizes->block;
    size_t front = is_chained(c->version) ? 0 : block;
    size_t back = c->encrypt_then_mac ? mac : 0, made;
    const uint8_t *iv = front == 0 ? c->chain : fragment.p;
    struct bytes text;
    int done;

    if (fragment.n < front + block + back || (fragment.n - back) % block != 0)
        return PARSE_BAD;
    text = bytes_slice(fragment, front, fragment.n - back);
    if (c->encrypt_then_mac && !mac_fits(c, record, bytes_slice(fragment, 0, front), text,
                                       fragment.p + fragment.n - mac))
        return PARSE_BAD;
    if (EVP_DecryptInit_ex2(c->context, NULL, NULL, iv, NULL) != 1 ||
            EVP_DecryptUpdate(c->context, out, &done, text.p, (int)text.n) != 1)
        return PARSE_BAD;
    made = text.n;
    if (!cut_padding(c, out, &made))
        return PARSE_BAD;
    if (!c->encrypt_then_mac) {
        if (made < mac || !mac_fits(c, record, bytes_of(NULL, 0), bytes_of(out, made - mac),
                                  out + made - mac))
            return PARSE_BAD;
        made -= mac;
    }
    *n = made;
    return PARSE_DONE;
}

enum parse crypt_open(struct crypt *c, const struct crypt_record *record, uint8_t *out,
        size_t *n, uint8_t *type)
{
    struct bytes fragment = bytes_slice(record->whole, HEADER, record->whole.n);
    enum parse verdict = PARSE_BAD;
    size_t made = 0;

    if (record->whole.n < HEADER || record->whole.n > INT32_MAX)
        return PARSE_BAD;
    switch (c->sizes->mode) {
    case MODE_AEAD:
        verdict = open_aead(c, record, fragment, out, &made);
        break;
    case MODE_STREAM:
        verdict = open_stream(c, record, fragment, out, &made);
        break;
    case MODE_BLOCK:
        verdict = open_block(c, record, fragment, out, &made);
        break;
    }
    if (verdict != PARSE_DONE)
        return verdict;
    if (!is_tls13(c->version)) {
        *type = record->whole.p[0];
    } else {
        /* Content, its type, zeros: RFC 8446 section 5.4. */
        while (made != 0 && out[made - 1] == 0)
            made--;
        if (made == 0)
            return PARSE_BAD;
        *type = out[--made];
    }
    *n = made;
    return PARSE_DONE;
}

void crypt_pass(struct crypt *c, struct bytes fragment)
{
    size_t block = c->sizes->block;

    switch (crypt_chain(c)) {
    case CHAIN_NONE:
        return;
    case CHAIN_BLOCK:
        if (c->encrypt_then_mac)
            fragment = bytes_slice(fragment, 0,
                    fragment.n - (fragment.n < c->keys.mac_length ? 0 : c->keys.mac_length));
        if (fragment.n >= block)
            memcpy(c->chain, fragment.p + fragment.n - block, block);
        return;
    case CHAIN_POSITION:
        crypt_skip(c, fragment.n);
        return;
    }
}

void crypt_skip(struct crypt *c, uint64_t n)
{
    static const uint8_t zeros[SKIP_STEP];
    uint8_t nowhere[SKIP_STEP];
    int done;

    while (n != 0 && c->sizes->mode == MODE_STREAM && c->context != NULL) {
        size_t some = n < SKIP_STEP ? (size_t)n : SKIP_STEP;

        if (EVP_DecryptUpdate(c->context, nowhere, &done, zeros, (int)some) != 1)
            return;
        n -= some;
    }
}

void crypt_resume(struct crypt *c, struct bytes before)
{
    size_t block = c->sizes->block;

    if (c->encrypt_then_mac)
        before = bytes_slice(
                before, 0, before.n - (before.n < c->keys.mac_length ? 0 : c->keys.mac_length));
    if (before.n >= block && block != 0)
        memcpy(c->chain, before.p + before.n - block, block);
}
