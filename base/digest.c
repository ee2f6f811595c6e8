/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct digest {
    enum digest_kind kind;
    const EVP_MD *method; /* static, not owned */
    EVP_MD_CTX *context;
};

static const size_t lengths[DIGEST_KINDS] = {
        [DIGEST_MD5] = 16,
        [DIGEST_SHA1] = 20,
        [DIGEST_SHA256] = 32,
        [DIGEST_SHA512] = 64,
        [DIGEST_SM3] = 32,
        [DIGEST_SHA224] = 28,
        [DIGEST_SHA384] = 48,
        [DIGEST_SHA3_224] = 28,
        [DIGEST_SHA3_256] = 32,
        [DIGEST_SHA3_384] = 48,
        [DIGEST_SHA3_512] = 64,
        [DIGEST_RIPEMD160] = 20,
};

static const char *const names[DIGEST_KINDS] = {
        [DIGEST_MD5] = "md5",
        [DIGEST_SHA1] = "sha1",
        [DIGEST_SHA256] = "sha256",
        [DIGEST_SHA512] = "sha512",
        [DIGEST_SM3] = "sm3",
        [DIGEST_SHA224] = "sha224",
        [DIGEST_SHA384] = "sha384",
        [DIGEST_SHA3_224] = "sha3-224",
        [DIGEST_SHA3_256] = "sha3-256",
        [DIGEST_SHA3_384] = "sha3-384",
        [DIGEST_SHA3_512] = "sha3-512",
        [DIGEST_RIPEMD160] = "ripemd160",
};

static const EVP_MD *method_of(enum digest_kind kind)
{
    switch (kind) {
    case DIGEST_MD5:
        return EVP_md5();
    case DIGEST_SHA1:
        return EVP_sha1();
    case DIGEST_SHA256:
        return EVP_sha256();
    case DIGEST_SHA512:
        return EVP_sha512();
    case DIGEST_SM3:
        return EVP_sm3();
    case DIGEST_SHA224:
        return EVP_sha224();
    case DIGEST_SHA384:
        return EVP_sha384();
    case DIGEST_SHA3_224:
        return EVP_sha3_224();
    case DIGEST_SHA3_256:
        return EVP_sha3_256();
    case DIGEST_SHA3_384:
        return EVP_sha3_384();
    case DIGEST_SHA3_512:
        return EVP_sha3_512();
    case DIGEST_RIPEMD160:
        return EVP_ripemd160();
    case DIGEST_KINDS:
        break;
    }
    return NULL;
}

struct digest *digest_new(enum digest_kind kind)
{
    struct digest *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->kind = kind;
    d->method = method_of(kind);
    d->context = EVP_MD_CTX_new();
    if (d->method == NULL || d->context == NULL ||
            EVP_DigestInit_ex(d->context, d->method, NULL) != 1) {
        digest_free(d);
        return NULL;
    }
    return d;
}

void digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->context);
    free(d);
}

/* After a successful init the plain digests of OpenSSL 3 cannot fail; a failure here would
 * mean a broken library, and a wrong hash in evidence is worse than stopping. */
static void must(int ok)
{
    if (ok != 1)
        abort();
}

void digest_add(struct digest *d, struct bytes data)
{
    if (data.n != 0)
        must(EVP_DigestUpdate(d->context, data.p, data.n));
}

void digest_finish(struct digest *d, uint8_t out[DIGEST_MOST])
{
    must(EVP_DigestFinal_ex(d->context, out, NULL));
    must(EVP_DigestInit_ex(d->context, d->method, NULL));
}

size_t digest_length(enum digest_kind kind)
{
    return lengths[kind];
}

const char *digest_name(enum digest_kind kind)
{
    return names[kind];
}

bool digest_once(enum digest_kind kind, struct bytes data, uint8_t out[DIGEST_MOST])
{
    const EVP_MD *method = method_of(kind);

    return method != NULL && EVP_Digest(data.p, data.n, out, NULL, method, NULL) == 1;
}

void digest_hex(struct bytes raw, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < raw.n; i++) {
        *out++ = digits[raw.p[i] >> 4];
        *out++ = digits[raw.p[i] & 15];
    }
    *out = '\0';
}

bool sha256_text(struct bytes data, char out[SHA256_TEXT])
{
    uint8_t raw[DIGEST_MOST];

    if (!digest_once(DIGEST_SHA256, data, raw))
        return false;
    digest_hex(bytes_of(raw, SHA256_BYTES), out);
    return true;
}
