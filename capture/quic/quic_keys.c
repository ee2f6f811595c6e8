/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_keys.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE = 12,
    KEY_MOST = 32,
    /* First byte, version, two IDs with their lengths, Length, number: every header but that of
     * an Initial with a token. */
    HEADER_MOST = 1 + 4 + 2 * (1 + QUIC_ID_MOST) + 8 + 4,
};

struct quic_keys {
    const struct quic_version *version;
    const struct suite *suite;
    EVP_CIPHER_CTX *open; /* holds the key */
    EVP_CIPHER_CTX *mask; /* holds the header protection key */
    uint8_t secret[HASH_MOST];
    uint8_t hp[KEY_MOST];
    uint8_t iv[NONCE];
};

/* What a suite of QUIC works with: its AEAD and the cipher of header protection. */
struct method {
    const char *aead_name, *mask_name;
    EVP_CIPHER *aead, *mask;
};

enum {
    METHOD_AES_128_GCM,
    METHOD_AES_256_GCM,
    METHOD_CHACHA20,
    METHOD_AES_128_CCM,
    METHODS,
};

static struct method methods[METHODS] = {
        [METHOD_AES_128_GCM] = {.aead_name = "AES-128-GCM", .mask_name = "AES-128-ECB"},
        [METHOD_AES_256_GCM] = {.aead_name = "AES-256-GCM", .mask_name = "AES-256-ECB"},
        [METHOD_CHACHA20] = {.aead_name = "ChaCha20-Poly1305", .mask_name = "ChaCha20"},
        [METHOD_AES_128_CCM] = {.aead_name = "AES-128-CCM", .mask_name = "AES-128-ECB"},
};
static pthread_once_t methods_once = PTHREAD_ONCE_INIT;

/* Fetching is slow, so it happens once; from a library context of our own, which no setting of
 * the machine changes. Both live as long as the program. */
static void fetch_methods(void)
{
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

    if (library == NULL)
        return;
    if (OSSL_PROVIDER_load(library, "default") == NULL) {
        OSSL_LIB_CTX_free(library);
        return;
    }
    for (size_t i = 0; i < METHODS; i++) {
        methods[i].aead = EVP_CIPHER_fetch(library, methods[i].aead_name, NULL);
        methods[i].mask = EVP_CIPHER_fetch(library, methods[i].mask_name, NULL);
    }
}

static const struct method *method_at(size_t i)
{
    (void)pthread_once(&methods_once, fetch_methods);
    return methods[i].aead == NULL || methods[i].mask == NULL ? NULL : &methods[i];
}

/* NULL: not one for QUIC. RFC 9001 section 5.3 rules CCM_8 out. */
static const struct method *method_of(const struct suite *suite)
{
    if (suite->exchange != EXCHANGE_TLS13)
        return NULL;
    if (suite->cipher == CIPHER_AES_128_GCM)
        return method_at(METHOD_AES_128_GCM);
    if (suite->cipher == CIPHER_AES_256_GCM)
        return method_at(METHOD_AES_256_GCM);
    if (suite->cipher == CIPHER_CHACHA20)
        return method_at(METHOD_CHACHA20);
    return suite->cipher == CIPHER_AES_128_CCM ? method_at(METHOD_AES_128_CCM) : NULL;
}

static bool is_ccm(const struct quic_keys *k)
{
    return k->suite->cipher == CIPHER_AES_128_CCM;
}

static bool expand(const struct quic_keys *k, const char *label, uint8_t *out, size_t n)
{
    return schedule_expand(k->suite->prf, bytes_of(k->secret, hash_length(k->suite->prf)),
            "tls13 ", label, bytes_of(NULL, 0), out, n);
}

/* Both contexts get their keys here; a packet only changes the nonce. */
static bool set_contexts(struct quic_keys *k, const struct method *method, const uint8_t *key)
{
    k->open = EVP_CIPHER_CTX_new();
    k->mask = EVP_CIPHER_CTX_new();
    if (k->open == NULL || k->mask == NULL ||
            EVP_DecryptInit_ex2(k->open, method->aead, NULL, NULL, NULL) != 1)
        return false;
    if (is_ccm(k) &&
            (EVP_CIPHER_CTX_ctrl(k->open, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) != 1 ||
                    EVP_CIPHER_CTX_ctrl(k->open, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG, NULL) != 1))
        return false;
    return EVP_DecryptInit_ex2(k->open, NULL, key, NULL, NULL) == 1 &&
           EVP_EncryptInit_ex2(k->mask, method->mask, k->hp, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(k->mask, 0) == 1;
}

/* `hp`: the header protection key, where it stays; NULL: the secret's. */
static enum status make(const struct quic_version *version, const struct suite *suite,
        struct bytes secret, const uint8_t *hp, struct quic_keys **out)
{
    const struct method *method = method_of(suite);
    size_t length = suite_sizes(suite->cipher)->key;
    uint8_t key[KEY_MOST];
    struct quic_keys *k;

    if (method == NULL)
        return STATUS_MISSING;
    if (secret.n != hash_length(suite->prf))
        return STATUS_USAGE;
    k = calloc(1, sizeof(*k));
    if (k == NULL)
        return STATUS_NOMEM;
    k->version = version;
    k->suite = suite;
    memcpy(k->secret, secret.p, secret.n);
    if (hp != NULL)
        memcpy(k->hp, hp, length);
    if (!expand(k, version->key_label, key, length) ||
            !expand(k, version->iv_label, k->iv, NONCE) ||
            (hp == NULL && !expand(k, version->hp_label, k->hp, length)) ||
            !set_contexts(k, method, key)) {
        quic_keys_free(k);
        return STATUS_NOMEM;
    }
    *out = k;
    return STATUS_OK;
}

enum status quic_keys_new(const struct quic_version *version, const struct suite *suite,
        struct bytes secret, struct quic_keys **out)
{
    return make(version, suite, secret, NULL, out);
}

enum status quic_keys_initial(const struct quic_version *version, struct bytes dcid,
        enum direction dir, struct quic_keys **out)
{
    const struct suite *suite = suite_find(0x1301); /* RFC 9001 section 5.2 */
    struct hash_mac *extract = hash_mac_new(HASH_SHA256, bytes_of(version->salt, QUIC_SALT));
    const char *label = dir == FROM_CLIENT ? "client in" : "server in";
    uint8_t initial[HASH_MOST], secret[HASH_MOST];
    size_t n = hash_length(HASH_SHA256);
    bool good = extract != NULL && hash_mac(extract, &dcid, 1, initial) &&
                schedule_expand(HASH_SHA256, bytes_of(initial, n), "tls13 ", label,
                        bytes_of(NULL, 0), secret, n);

    hash_mac_free(extract);
    if (!good)
        return STATUS_NOMEM;
    return suite == NULL ? STATUS_MISSING
                         : make(version, suite, bytes_of(secret, n), NULL, out);
}

enum status quic_keys_next(const struct quic_keys *k, struct quic_keys **out)
{
    uint8_t secret[HASH_MOST];
    size_t n = hash_length(k->suite->prf);

    if (!expand(k, k->version->ku_label, secret, n))
        return STATUS_NOMEM;
    return make(k->version, k->suite, bytes_of(secret, n), k->hp, out);
}

void quic_keys_free(struct quic_keys *k)
{
    if (k == NULL)
        return;
    EVP_CIPHER_CTX_free(k->open);
    EVP_CIPHER_CTX_free(k->mask);
    free(k);
}

/* RFC 9001 section 5.4.3 and 5.4.4. */
static bool make_mask(struct quic_keys *k, const uint8_t *sample, uint8_t out[QUIC_SAMPLE])
{
    static const uint8_t zeros[5];
    int done;

    if (k->suite->cipher != CIPHER_CHACHA20)
        return EVP_EncryptUpdate(k->mask, out, &done, sample, QUIC_SAMPLE) == 1;
    /* OpenSSL's IV for ChaCha20 is a counter and a nonce, as the sample is. */
    return EVP_EncryptInit_ex2(k->mask, NULL, NULL, sample, NULL) == 1 &&
           EVP_EncryptUpdate(k->mask, out, &done, zeros, sizeof(zeros)) == 1;
}

enum parse quic_keys_unmask(
        struct quic_keys *k, const struct quic_packet *packet, struct quic_number *out)
{
    const uint8_t *at = packet->whole.p + packet->number_at;
    struct quic_number n = {0};
    uint8_t mask[QUIC_SAMPLE];

    if (packet->number_at == 0 || packet->whole.n < packet->number_at ||
            packet->whole.n - packet->number_at < 4 + QUIC_SAMPLE ||
            !make_mask(k, at + 4, mask))
        return PARSE_BAD;
    n.first = (uint8_t)(packet->whole.p[0] ^
                        (mask[0] & (packet->kind == QUIC_ONE_RTT ? 0x1f : 0x0f)));
    n.length = (n.first & 3U) + 1;
    for (unsigned i = 0; i < n.length; i++)
        n.value = n.value << 8 | (uint8_t)(at[i] ^ mask[1 + i]);
    *out = n;
    return PARSE_DONE;
}

static void put_number(const struct quic_number *n, uint8_t *out)
{
    for (unsigned i = 0; i < n->length; i++)
        out[i] = (uint8_t)(n->value >> 8 * (n->length - 1 - i));
}

static bool add_data(EVP_CIPHER_CTX *context, const uint8_t *p, size_t n)
{
    int done;

    return EVP_DecryptUpdate(context, NULL, &done, p, (int)n) == 1;
}

/* The header as it was before its protection, RFC 9001 section 5.3. A long one goes in as
 * three parts, which CCM cannot take, but then only an Initial is long, and that has GCM. */
static bool add_header(
        struct quic_keys *k, const struct quic_packet *packet, const struct quic_number *n)
{
    uint8_t front[HEADER_MOST], number[4];
    size_t header = packet->number_at + n->length;

    if (header <= HEADER_MOST) {
        memcpy(front, packet->whole.p, packet->number_at);
        front[0] = n->first;
        put_number(n, front + packet->number_at);
        return add_data(k->open, front, header);
    }
    put_number(n, number);
    return !is_ccm(k) && add_data(k->open, &n->first, 1) &&
           add_data(k->open, packet->whole.p + 1, packet->number_at - 1) &&
           add_data(k->open, number, n->length);
}

static bool start(struct quic_keys *k, uint64_t number, const uint8_t *tag)
{
    uint8_t nonce[NONCE], check[QUIC_TAG];

    memcpy(nonce, k->iv, NONCE);
    for (int i = 0; i < 8; i++)
        nonce[NONCE - 1 - i] ^= (uint8_t)(number >> 8 * i);
    memcpy(check, tag, QUIC_TAG); /* OpenSSL takes it as not const */
    return EVP_CIPHER_CTX_ctrl(k->open, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG, check) == 1 &&
           EVP_DecryptInit_ex2(k->open, NULL, NULL, nonce, NULL) == 1;
}

enum parse quic_keys_open(struct quic_keys *k, const struct quic_packet *packet,
        const struct quic_number *unmasked, uint64_t number, uint8_t *out, size_t *n)
{
    size_t header = packet->number_at + unmasked->length;
    struct bytes text;
    int done;

    if (packet->cut || packet->number_at == 0 || unmasked->length < 1 || unmasked->length > 4 ||
            packet->whole.n < header + QUIC_TAG || packet->whole.n > INT32_MAX)
        return PARSE_BAD;
    text = bytes_slice(packet->whole, header, packet->whole.n - QUIC_TAG);
    if (!start(k, number, text.p + text.n))
        return PARSE_BAD;
    if (is_ccm(k) && EVP_DecryptUpdate(k->open, NULL, &done, NULL, (int)text.n) != 1)
        return PARSE_BAD;
    if (!add_header(k, packet, unmasked))
        return PARSE_BAD;
    if (is_ccm(k)) {
        /* CCM checks the tag with the text, and EVP_DecryptUpdate skips an empty one. */
        if (EVP_Cipher(k->open, out, text.p, (unsigned)text.n) < 0)
            return PARSE_BAD;
    } else if (EVP_DecryptUpdate(k->open, out, &done, text.p, (int)text.n) != 1 ||
               EVP_DecryptFinal_ex(k->open, out + text.n, &done) != 1) {
        return PARSE_BAD;
    }
    *n = text.n;
    return PARSE_DONE;
}

uint64_t quic_number_whole(uint64_t highest, bool none, const struct quic_number *unmasked)
{
    uint64_t expected = none ? 0 : highest + 1;
    uint64_t window = (uint64_t)1 << 8 * unmasked->length, half = window / 2;
    uint64_t candidate = (expected & ~(window - 1)) | unmasked->value;

    if (expected >= half && candidate <= expected - half &&
            candidate < ((uint64_t)1 << 62) - window)
        return candidate + window;
    return candidate > expected + half && candidate >= window ? candidate - window : candidate;
}

bool quic_keys_retry_fits(const struct quic_packet *retry, struct bytes original_dcid)
{
    const struct method *method = method_at(METHOD_AES_128_GCM);
    const struct quic_version *version = retry->known;
    uint8_t length = (uint8_t)original_dcid.n, tag[QUIC_TAG];
    EVP_CIPHER_CTX *context;
    bool good;
    int done;

    if (retry->kind != QUIC_RETRY || version == NULL || original_dcid.n > QUIC_ID_MOST)
        return false;
    if (version->retry_echoes)
        return bytes_equal(retry->retry_original, original_dcid);
    if (method == NULL || retry->retry_tag.n != QUIC_TAG || retry->whole.n > INT32_MAX)
        return false;
    context = EVP_CIPHER_CTX_new();
    memcpy(tag, retry->retry_tag.p, QUIC_TAG);
    /* Its text is empty; the whole pseudo-packet is additional data. */
    good = context != NULL &&
           EVP_DecryptInit_ex2(context, method->aead, version->retry_key, version->retry_nonce,
                   NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG, tag) == 1 &&
           add_data(context, &length, 1) &&
           (length == 0 || add_data(context, original_dcid.p, length)) &&
           add_data(context, retry->whole.p, retry->whole.n - QUIC_TAG) &&
           EVP_DecryptFinal_ex(context, tag, &done) == 1;
    EVP_CIPHER_CTX_free(context);
    return good;
}
