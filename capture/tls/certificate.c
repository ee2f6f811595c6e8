/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/unpack.h"
#include "capture/tls/der.h"

enum {
    COMPRESSION_ZLIB = 1, /* RFC 8879 section 7.3 */
    COMPRESSION_BROTLI = 2,
    COMPRESSION_ZSTD = 3,
    IPV4_BYTES = 4,
    IPV6_BYTES = 16,
    ESCAPED = 3, /* characters of "\XX" */
};

static const char cut_mark[] = "...";

/* The front of `text` that fits, not ending within a UTF-8 character. */
static struct bytes shortened(struct bytes text, bool *cut)
{
    size_t n = CERTIFICATE_TEXT_MOST;

    *cut = text.n > n;
    if (!*cut)
        return text;
    while (n != 0 && (text.p[n] & 0xc0) == 0x80)
        n--;
    return bytes_slice(text, 0, n);
}

static bool needs_escape(uint8_t c, bool utf8)
{
    return c < 0x20 || c == 0x7f || c == '\\' || (c >= 0x80 && !utf8);
}

/* Any bytes as UTF-8 text that hides nothing: what could act on a terminal becomes \XX. */
static const char *escape(struct arena *a, struct bytes raw)
{
    bool utf8 = bytes_is_utf8(raw), cut;
    size_t n = sizeof(cut_mark);
    char *out, *p;

    raw = shortened(raw, &cut);
    for (size_t i = 0; i < raw.n; i++)
        n += needs_escape(raw.p[i], utf8) ? ESCAPED : 1;
    out = p = arena_alloc(a, n);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < raw.n; i++) {
        if (needs_escape(raw.p[i], utf8))
            p += snprintf(p, ESCAPED + 1, "\\%02X", (unsigned)raw.p[i]);
        else
            *p++ = (char)raw.p[i];
    }
    if (cut)
        memcpy(p, cut_mark, sizeof(cut_mark));
    return out;
}

/* What a BIO in memory collected. */
static struct bytes bio_view(BIO *bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);

    return bytes_of(p, n < 0 ? 0 : (size_t)n);
}

/*
 * RFC 2253 text. OpenSSL escapes control characters; other scripts stay readable as UTF-8.
 * Where a string is not what its type says, the bytes themselves are shown escaped.
 */
static bool print_name(const X509_NAME *name, struct arena *a, const char **out)
{
    const unsigned long readable = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    const unsigned long plain = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_UTF8_CONVERT;
    BIO *bio = BIO_new(BIO_s_mem());
    bool fits = true, cut;
    struct bytes text;

    if (bio == NULL)
        return true;
    if (X509_NAME_print_ex(bio, name, 0, readable) < 0 || !bytes_is_utf8(bio_view(bio))) {
        (void)BIO_reset(bio);
        if (X509_NAME_print_ex(bio, name, 0, plain) < 0 || !bytes_is_utf8(bio_view(bio))) {
            BIO_free(bio);
            return true;
        }
    }
    text = shortened(bio_view(bio), &cut);
    *out = arena_print(a, "%.*s%s", (int)text.n, (const char *)text.p, cut ? cut_mark : "");
    fits = *out != NULL;
    BIO_free(bio);
    return fits;
}

static bool read_name(struct bytes der, struct arena *a, const char **out)
{
    const unsigned char *p = der.p;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
    bool fits = name == NULL || print_name(name, a, out);

    X509_NAME_free(name);
    return fits;
}

static bool read_serial(struct bytes der, struct arena *a, const char **out)
{
    const unsigned char *p = der.p;
    ASN1_INTEGER *serial = d2i_ASN1_INTEGER(NULL, &p, (long)der.n);
    char hex[CERTIFICATE_TEXT_MOST + 1];
    struct bytes raw;
    bool cut, negative;

    if (serial == NULL)
        return true;
    raw = bytes_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    cut = raw.n > CERTIFICATE_TEXT_MOST / 2;
    negative = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;
    digest_hex(bytes_slice(raw, 0, CERTIFICATE_TEXT_MOST / 2), hex);
    *out = arena_print(a, "%s%s%s", negative ? "-" : "", hex, cut ? cut_mark : "");
    ASN1_INTEGER_free(serial);
    return *out != NULL;
}

static int64_t read_time(struct bytes der)
{
    const unsigned char *p = der.p;
    ASN1_TIME *when = d2i_ASN1_TIME(NULL, &p, (long)der.n);
    struct tm parts;
    int64_t out = 0;

    if (when != NULL && ASN1_TIME_to_tm(when, &parts) == 1)
        out = (int64_t)timegm(&parts);
    ASN1_TIME_free(when);
    return out;
}

/* A DNS name or an address as text; `*out` stays NULL for the other kinds. */
static bool read_alternative(const GENERAL_NAME *name, struct arena *a, const char **out)
{
    char address[INET6_ADDRSTRLEN];
    struct bytes raw;
    const ASN1_STRING *value;
    int type;

    value = GENERAL_NAME_get0_value(name, &type);
    if ((type != GEN_DNS && type != GEN_IPADD) || value == NULL)
        return true;
    raw = bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    if (type == GEN_DNS) {
        *out = escape(a, raw);
        return *out != NULL;
    }
    if (raw.n != IPV4_BYTES && raw.n != IPV6_BYTES)
        return true;
    if (inet_ntop(raw.n == IPV4_BYTES ? AF_INET : AF_INET6, raw.p, address, sizeof(address)) ==
            NULL)
        return true;
    *out = arena_string(a, bytes_text(address));
    return *out != NULL;
}

static bool read_alternatives(struct bytes der, struct arena *a, struct certificate *out)
{
    const unsigned char *p = der.p;
    X509_EXTENSIONS *all = der.n == 0 ? NULL : d2i_X509_EXTENSIONS(NULL, &p, (long)der.n);
    GENERAL_NAMES *names = X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);
    int n = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    bool fits = true;

    if (n > CERTIFICATE_NAMES_MOST)
        n = CERTIFICATE_NAMES_MOST;
    if (n > 0) {
        out->names = arena_array(a, (size_t)n, sizeof(*out->names));
        fits = out->names != NULL;
    }
    for (int i = 0; i < n && fits; i++) {
        const char *text = NULL;

        fits = read_alternative(sk_GENERAL_NAME_value(names, i), a, &text);
        if (text != NULL)
            out->names[out->name_count++] = text;
    }
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    return fits;
}

/* False when the arena is full. */
static bool read_one(struct bytes der, struct arena *a, struct certificate *out)
{
    uint8_t digest[DIGEST_MOST];
    struct der_certificate parts;
    bool fits;

    if (!arena_copy(a, der, &out->der) || !digest_once(DIGEST_SHA256, der, digest))
        return false;
    memcpy(out->sha256, digest, SHA256_BYTES);
    if (!der_read_certificate(der, &parts))
        return true;
    fits = read_name(parts.subject, a, &out->subject) &&
           read_name(parts.issuer, a, &out->issuer) &&
           read_serial(parts.serial, a, &out->serial) &&
           read_alternatives(parts.extensions, a, out);
    out->not_before = read_time(parts.not_before);
    out->not_after = read_time(parts.not_after);
    ERR_clear_error();
    return fits;
}

static bool take_entry(struct bytes *list, enum certificate_form form, struct bytes *der)
{
    struct bytes extensions;

    return bytes_take_vec24(list, der) && der->n != 0 &&
           (form != CERTIFICATE_TLS13 || bytes_take_vec16(list, &extensions));
}

enum parse certificate_read(struct bytes body, enum certificate_form form, struct arena *a,
        struct certificate_list *out)
{
    struct certificate_list found = {0};
    struct bytes list, rest, der;
    size_t count = 0;

    if (body.n > CERTIFICATE_MESSAGE_MOST)
        return PARSE_UNSUPPORTED;
    if ((form == CERTIFICATE_TLS13 && !bytes_take_vec8(&body, &found.context)) ||
            !bytes_take_vec24(&body, &list) || body.n != 0)
        return PARSE_BAD;
    for (rest = list; rest.n != 0; count++)
        if (!take_entry(&rest, form, &der))
            return PARSE_BAD;
    found.cut = count > CERTIFICATE_CHAIN_MOST;
    found.n = found.cut ? CERTIFICATE_CHAIN_MOST : count;
    found.at = arena_array(a, found.n, sizeof(*found.at));
    if (found.at == NULL)
        return PARSE_UNSUPPORTED;
    for (size_t i = 0; i < found.n; i++)
        if (!take_entry(&list, form, &der) || !read_one(der, a, &found.at[i]))
            return PARSE_UNSUPPORTED;
    *out = found;
    return PARSE_DONE;
}

/* Exactly `length` bytes must come out, and all of `packed` be used. */
static enum parse unpack_exactly(
        enum unpack_kind kind, struct bytes packed, size_t length, uint8_t *out)
{
    struct unpack *u = unpack_new(kind, (struct unpack_limits){.bytes = length});
    size_t made, more = 0;
    enum parse verdict;
    uint8_t probe;

    if (u == NULL)
        return PARSE_UNSUPPORTED;
    verdict = unpack_push(u, &packed, out, length, &made);
    if (verdict == PARSE_MORE)
        verdict = unpack_push(u, &packed, &probe, 1, &more);
    if (unpack_limited(u) || verdict == PARSE_MORE ||
            (verdict == PARSE_DONE && (made != length || packed.n != 0)))
        verdict = PARSE_BAD;
    unpack_free(u);
    return verdict;
}

enum parse certificate_unpack(struct bytes body, struct buf *out)
{
    struct bytes packed;
    enum unpack_kind kind;
    uint16_t algorithm;
    enum parse verdict;
    uint32_t length;

    if (!bytes_take_u16(&body, &algorithm) || !bytes_take_u24(&body, &length) ||
            !bytes_take_vec24(&body, &packed) || body.n != 0 || length == 0)
        return PARSE_BAD;
    switch (algorithm) {
    case COMPRESSION_ZLIB:
        kind = UNPACK_ZLIB;
        break;
    case COMPRESSION_BROTLI:
        kind = UNPACK_BROTLI;
        break;
    case COMPRESSION_ZSTD:
        kind = UNPACK_ZSTD_HTTP;
        break;
    default:
        return PARSE_UNSUPPORTED;
    }
    if (length > CERTIFICATE_MESSAGE_MOST || buf_reserve(out, length) != STATUS_OK)
        return PARSE_UNSUPPORTED;
    verdict = unpack_exactly(kind, packed, length, out->p + out->n);
    if (verdict == PARSE_DONE)
        out->n += length;
    return verdict;
}

/* From here on: whether a key signed this handshake. */

enum {
    TLS12 = 0x0303,
    PADDING = 64,   /* RFC 8446 section 4.4.3: 64 spaces in front */
    HASH_MOST = 64, /* bytes of a transcript hash */
    CONTENT_MOST = PADDING + 64 + HASH_MOST,
};

enum key_kind {
    KEY_RSA,
    KEY_RSA_PSS, /* the signature is PSS; the key may be plain RSA or PSS only */
    KEY_DSA,
    KEY_ECDSA,
    KEY_ED25519,
    KEY_ED448,
    KEY_SM2,
};

/* RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1 and RFC 8998, as far as OpenSSL goes. */
struct scheme {
    uint16_t number;
    enum key_kind key;
    const char *digest; /* NULL: the algorithm hashes by itself */
};

static const struct scheme schemes[] = {
        {0x0101, KEY_RSA, "MD5"},
        {0x0201, KEY_RSA, "SHA1"},
        {0x0301, KEY_RSA, "SHA224"},
        {0x0401, KEY_RSA, "SHA256"},
        {0x0501, KEY_RSA, "SHA384"},
        {0x0601, KEY_RSA, "SHA512"},
        {0x0202, KEY_DSA, "SHA1"},
        {0x0302, KEY_DSA, "SHA224"},
        {0x0402, KEY_DSA, "SHA256"},
        {0x0502, KEY_DSA, "SHA384"},
        {0x0602, KEY_DSA, "SHA512"},
        {0x0203, KEY_ECDSA, "SHA1"},
        {0x0303, KEY_ECDSA, "SHA224"},
        {0x0403, KEY_ECDSA, "SHA256"},
        {0x0503, KEY_ECDSA, "SHA384"},
        {0x0603, KEY_ECDSA, "SHA512"},
        {0x081a, KEY_ECDSA, "SHA256"}, /* brainpool, RFC 8734 */
        {0x081b, KEY_ECDSA, "SHA384"},
        {0x081c, KEY_ECDSA, "SHA512"},
        {0x0804, KEY_RSA_PSS, "SHA256"},
        {0x0805, KEY_RSA_PSS, "SHA384"},
        {0x0806, KEY_RSA_PSS, "SHA512"},
        {0x0809, KEY_RSA_PSS, "SHA256"},
        {0x080a, KEY_RSA_PSS, "SHA384"},
        {0x080b, KEY_RSA_PSS, "SHA512"},
        {0x0807, KEY_ED25519, NULL},
        {0x0808, KEY_ED448, NULL},
        {0x0708, KEY_SM2, "SM3"},
};

/* Before TLS 1.2 the key alone said how to sign: RFC 2246 section 7.4.3. */
static const struct scheme old_rsa = {0, KEY_RSA, "MD5-SHA1"};
static const struct scheme old_dsa = {0, KEY_DSA, "SHA1"};
static const struct scheme old_ecdsa = {0, KEY_ECDSA, "SHA1"};

static const struct scheme *find_scheme(uint16_t number)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (schemes[i].number == number)
            return &schemes[i];
    return NULL;
}

static const struct scheme *old_scheme(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA"))
        return &old_rsa;
    if (EVP_PKEY_is_a(key, "DSA"))
        return &old_dsa;
    return EVP_PKEY_is_a(key, "EC") ? &old_ecdsa : NULL;
}

static bool fits_key(const struct scheme *scheme, const EVP_PKEY *key)
{
    switch (scheme->key) {
    case KEY_RSA:
        return EVP_PKEY_is_a(key, "RSA") == 1;
    case KEY_RSA_PSS:
        return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
    case KEY_DSA:
        return EVP_PKEY_is_a(key, "DSA") == 1;
    case KEY_ECDSA:
        return EVP_PKEY_is_a(key, "EC") == 1;
    case KEY_ED25519:
        return EVP_PKEY_is_a(key, "ED25519") == 1;
    case KEY_ED448:
        return EVP_PKEY_is_a(key, "ED448") == 1;
    case KEY_SM2:
        return EVP_PKEY_is_a(key, "SM2") == 1;
    }
    return false;
}

/* What the algorithm wants to know besides key and digest. */
static bool set_up(EVP_PKEY_CTX *context, enum key_kind kind)
{
    static const char sm2_id[] = "TLSv1.3+GM+Cipher+Suite"; /* RFC 8998 section 3.2.1 */

    if (kind == KEY_RSA_PSS)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (kind == KEY_SM2)
        return EVP_PKEY_CTX_set1_id(context, sm2_id, (int)sizeof(sm2_id) - 1) == 1;
    return true;
}

static enum certificate_verify verify(EVP_PKEY *key, const struct scheme *scheme,
        struct bytes signature, struct bytes content)
{
    enum certificate_verify verdict = VERIFY_UNCHECKED;
    EVP_PKEY_CTX *context = NULL;
    EVP_MD_CTX *digest;

    if (!fits_key(scheme, key))
        return VERIFY_WRONG;
    digest = EVP_MD_CTX_new();
    if (digest != NULL &&
            EVP_DigestVerifyInit_ex(digest, &context, scheme->digest, NULL, NULL, key, NULL) ==
                    1 &&
            set_up(context, scheme->key)) {
        if (EVP_DigestVerify(digest, signature.p, signature.n, content.p, content.n) == 1)
            verdict = VERIFY_GOOD;
        else if (ERR_GET_REASON(ERR_peek_last_error()) != ERR_R_MALLOC_FAILURE)
            verdict = VERIFY_WRONG;
    }
    EVP_MD_CTX_free(digest);
    return verdict;
}

static EVP_PKEY *read_key(struct bytes der)
{
    struct der_certificate parts;
    const unsigned char *p;

    if (!der_read_certificate(der, &parts))
        return NULL;
    p = parts.key.p;
    return d2i_PUBKEY(NULL, &p, (long)parts.key.n);
}

/* Checks with the leaf's key. `number` 0 means the ways of before TLS 1.2. */
static enum certificate_verify check(const struct certificate *leaf, bool has_scheme,
        uint16_t number, struct bytes signature, struct bytes content)
{
    enum certificate_verify verdict = VERIFY_UNCHECKED;
    const struct scheme *scheme;
    EVP_PKEY *key = read_key(leaf->der);

    if (key != NULL) {
        scheme = has_scheme ? find_scheme(number) : old_scheme(key);
        if (scheme != NULL)
            verdict = verify(key, scheme, signature, content);
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    return verdict;
}

enum certificate_verify certificate_check_transcript(const struct certificate *leaf,
        enum direction signer, struct bytes verify_body, struct bytes transcript)
{
    static const char by_server[] = "TLS 1.3, server CertificateVerify";
    static const char by_client[] = "TLS 1.3, client CertificateVerify";
    const char *words = signer == FROM_SERVER ? by_server : by_client;
    size_t n = PADDING;
    uint8_t content[CONTENT_MOST];
    struct bytes signature;
    uint16_t number;

    if (transcript.n == 0 || transcript.n > HASH_MOST ||
            !bytes_take_u16(&verify_body, &number) ||
            !bytes_take_vec16(&verify_body, &signature) || verify_body.n != 0)
        return VERIFY_UNCHECKED;
    memset(content, ' ', PADDING);
    memcpy(content + n, words, sizeof(by_server)); /* with its NUL, the separator */
    n += sizeof(by_server);
    memcpy(content + n, transcript.p, transcript.n);
    n += transcript.n;
    return check(leaf, true, number, signature, bytes_of(content, n));
}

enum certificate_verify certificate_check_exchange(const struct certificate *leaf,
        uint16_t version, const uint8_t client_random[HELLO_RANDOM],
        const uint8_t server_random[HELLO_RANDOM], const struct key_exchange *exchange)
{
    enum certificate_verify verdict = VERIFY_UNCHECKED;
    struct buf content;

    if (!exchange->is_signed)
        return VERIFY_NOT_SEEN;
    buf_init(&content, 2 * (size_t)HELLO_RANDOM + exchange->params.n);
    if (buf_append(&content, bytes_of(client_random, HELLO_RANDOM)) == STATUS_OK &&
            buf_append(&content, bytes_of(server_random, HELLO_RANDOM)) == STATUS_OK &&
            buf_append(&content, exchange->params) == STATUS_OK)
        verdict = check(leaf, version == TLS12, exchange->scheme, exchange->signature,
                buf_view(&content));
    buf_clear(&content);
    return verdict;
}
