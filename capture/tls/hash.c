/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 }; /* the longest input block, that of SHA-384 */

struct hash_mac {
    EVP_MD_CTX *inner; /* has taken key ^ ipad */
    EVP_MD_CTX *outer; /* has taken key ^ opad */
    EVP_MD_CTX *work;
    enum hash_kind kind;
};

static const size_t lengths[HASH_KINDS] = {
        [HASH_MD5] = 16,
        [HASH_SHA1] = 20,
        [HASH_SHA256] = 32,
        [HASH_SHA384] = 48,
        [HASH_SM3] = 32,
};

static const EVP_MD *method_of(enum hash_kind kind)
{
    switch (kind) {
    case HASH_MD5:
        return EVP_md5();
    case HASH_SHA1:
        return EVP_sha1();
    case HASH_SHA256:
        return EVP_sha256();
    case HASH_SHA384:
        return EVP_sha384();
    case HASH_SM3:
        return EVP_sm3();
    case HASH_NONE:
        break;
    }
    return NULL;
}

size_t hash_length(enum hash_kind kind)
{
    return lengths[kind];
}

static bool take_in(EVP_MD_CTX *context, const struct bytes *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (parts[i].n != 0 && EVP_DigestUpdate(context, parts[i].p, parts[i].n) != 1)
            return false;
    return true;
}

bool hash_parts(
        enum hash_kind kind, const struct bytes *parts, size_t n, uint8_t out[HASH_MOST])
{
    const EVP_MD *method = method_of(kind);
    EVP_MD_CTX *context = method == NULL ? NULL : EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, method, NULL) == 1 &&
                take_in(context, parts, n) && EVP_DigestFinal_ex(context, out, NULL) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

static EVP_MD_CTX *padded(const EVP_MD *method, const uint8_t *key, size_t block, uint8_t pad)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t mixed[BLOCK];

    for (size_t i = 0; i < block; i++)
        mixed[i] = key[i] ^ pad;
    if (context != NULL && EVP_DigestInit_ex(context, method, NULL) == 1 &&
            EVP_DigestUpdate(context, mixed, block) == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

struct hash_mac *hash_mac_new(enum hash_kind kind, struct bytes key)
{
    const EVP_MD *method = method_of(kind);
    struct hash_mac *m = method == NULL ? NULL : calloc(1, sizeof(*m));
    size_t block = m == NULL ? 0 : (size_t)EVP_MD_get_block_size(method);
    uint8_t whole[BLOCK] = {0};

    if (m == NULL)
        return NULL;
    if (block > BLOCK || (key.n > block && !hash_parts(kind, &key, 1, whole)))
        goto failed;
    if (key.n != 0 && key.n <= block)
        memcpy(whole, key.p, key.n);
    m->kind = kind;
    m->inner = padded(method, whole, block, 0x36);
    m->outer = padded(method, whole, block, 0x5c);
    m->work = EVP_MD_CTX_new();
    if (m->inner != NULL && m->outer != NULL && m->work != NULL)
        return m;
failed:
    hash_mac_free(m);
    return NULL;
}

void hash_mac_free(struct hash_mac *m)
{
    if (m == NULL)
        return;
    EVP_MD_CTX_free(m->inner);
    EVP_MD_CTX_free(m->outer);
    EVP_MD_CTX_free(m->work);
    free(m);
}

bool hash_mac(struct hash_mac *m, const struct bytes *parts, size_t n, uint8_t out[HASH_MOST])
{
    uint8_t middle[EVP_MAX_MD_SIZE];

    return EVP_MD_CTX_copy_ex(m->work, m->inner) == 1 && take_in(m->work, parts, n) &&
           EVP_DigestFinal_ex(m->work, middle, NULL) == 1 &&
           EVP_MD_CTX_copy_ex(m->work, m->outer) == 1 &&
           EVP_DigestUpdate(m->work, middle, lengths[m->kind]) == 1 &&
           EVP_DigestFinal_ex(m->work, out, NULL) == 1;
}
