/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"

enum {
    TEXT_MOST = 1 << 20, /* holds every list a message of 64 KiB could carry */
    COUNT_MOST = 99,
    HASH_DIGITS = 12, /* of a SHA-256, in JA4 */
    MD5_BYTES = 16,
    FRONT_BYTES = 16, /* "t13d1516h2" with its NUL */
};

/* The numbers of one list of a hello, GREASE left out. */
struct numbers {
    uint16_t *at; /* owned */
    size_t n;
};

static bool collect(struct bytes list, size_t width, struct numbers *out)
{
    out->n = 0;
    out->at = malloc((list.n / width + 1) * sizeof(*out->at));
    if (out->at == NULL)
        return false;
    for (size_t i = 0; i + width <= list.n; i += width) {
        uint16_t number = list.p[i];

        if (width == 2)
            number = (uint16_t)(number << 8 | list.p[i + 1]);
        if (width == 1 || !hello_is_grease(number))
            out->at[out->n++] = number;
    }
    return true;
}

static bool collect_types(struct bytes block, struct numbers *out)
{
    struct bytes ext;
    uint16_t type;

    out->n = 0;
    out->at = malloc((block.n / 4 + 1) * sizeof(*out->at)); /* type and length: 4 bytes */
    if (out->at == NULL)
        return false;
    while (hello_extension_next(&block, &type, &ext))
        if (!hello_is_grease(type))
            out->at[out->n++] = type;
    return true;
}

static void release(struct numbers *list)
{
    free(list->at);
    *list = (struct numbers){0};
}

/* A text under way: the first failure makes the rest do nothing. */
struct text {
    struct buf out;
    enum status status;
};

static void put(struct text *t, const char *words)
{
    if (t->status == STATUS_OK)
        t->status = buf_text(&t->out, words);
}

static void put_decimals(struct text *t, const struct numbers *list)
{
    for (size_t i = 0; i < list->n && t->status == STATUS_OK; i++)
        t->status = buf_print(&t->out, "%s%u", i == 0 ? "" : "-", (unsigned)list->at[i]);
}

static void put_hex(struct text *t, const struct numbers *list)
{
    for (size_t i = 0; i < list->n && t->status == STATUS_OK; i++)
        t->status = buf_print(&t->out, "%s%04x", i == 0 ? "" : ",", (unsigned)list->at[i]);
}

/* Puts the list of a hello that begins at `list` into the text as decimals. */
static void put_list(struct text *t, struct bytes list, size_t width)
{
    struct numbers numbers;

    put(t, ",");
    if (t->status != STATUS_OK)
        return;
    if (!collect(list, width, &numbers)) {
        t->status = STATUS_NOMEM;
        return;
    }
    put_decimals(t, &numbers);
    release(&numbers);
}

static void put_types(struct text *t, struct bytes block)
{
    struct numbers numbers;

    put(t, ",");
    if (t->status != STATUS_OK)
        return;
    if (!collect_types(block, &numbers)) {
        t->status = STATUS_NOMEM;
        return;
    }
    put_decimals(t, &numbers);
    release(&numbers);
}

static void begin(struct text *t, unsigned version)
{
    buf_init(&t->out, TEXT_MOST);
    t->status = buf_print(&t->out, "%u", version);
}

/* Hands the finished text and its MD5 to the arena and frees the buffer. */
static bool finish(struct text *t, struct arena *a, const char **text, const char **md5)
{
    const char *words = NULL, *digest = NULL;
    uint8_t raw[DIGEST_MOST];
    char hex[2 * MD5_BYTES + 1];

    if (t->status == STATUS_OK && digest_once(DIGEST_MD5, buf_view(&t->out), raw)) {
        digest_hex(bytes_of(raw, MD5_BYTES), hex);
        words = arena_string(a, buf_view(&t->out));
        digest = words == NULL ? NULL : arena_string(a, bytes_text(hex));
    }
    buf_clear(&t->out);
    if (digest == NULL)
        return false;
    *text = words;
    *md5 = digest;
    return true;
}

bool fingerprint_ja3(
        const struct client_hello *hello, struct arena *a, const char **text, const char **md5)
{
    struct text t;

    if (hello->sslv2) {
        *text = *md5 = NULL;
        return true;
    }
    begin(&t, hello->version);
    put_list(&t, hello->suites, 2);
    put_types(&t, hello->extensions);
    put_list(&t, hello->groups, 2);
    put_list(&t, hello->point_formats, 1);
    return finish(&t, a, text, md5);
}

bool fingerprint_ja3s(
        const struct server_hello *hello, struct arena *a, const char **text, const char **md5)
{
    struct text t;

    begin(&t, hello->legacy_version);
    if (t.status == STATUS_OK)
        t.status = buf_print(&t.out, ",%u", (unsigned)hello->suite);
    put_types(&t, hello->extensions);
    return finish(&t, a, text, md5);
}

static const char *version_mark(const struct client_hello *hello)
{
    struct bytes list = hello->versions;
    uint16_t highest = 0, version;

    if (list.n == 0)
        highest = hello->version;
    while (bytes_take_u16(&list, &version))
        if (!hello_is_grease(version) && version > highest)
            highest = version;
    switch (highest) {
    case 0x0304:
        return "13";
    case 0x0303:
        return "12";
    case 0x0302:
        return "11";
    case 0x0301:
        return "10";
    case 0x0300:
        return "s3";
    case 0x0002:
        return "s2";
    default:
        return "00";
    }
}

/* First and last character of the first protocol offered; of its hexadecimal form when either
 * is neither letter nor digit; "00" when none is offered. */
static void alpn_mark(const struct client_hello *hello, char out[3])
{
    static const char digits[] = "0123456789abcdef";
    struct bytes list = hello->alpn, name;
    uint8_t first, last;

    out[0] = out[1] = '0';
    out[2] = '\0';
    if (!bytes_take_vec8(&list, &name) || name.n == 0)
        return;
    first = name.p[0];
    last = name.p[name.n - 1];
    if (ascii_is_alnum(first) && ascii_is_alnum(last)) {
        out[0] = (char)first;
        out[1] = (char)last;
    } else {
        out[0] = digits[first >> 4];
        out[1] = digits[last & 15];
    }
}

static int compare(const void *left, const void *right)
{
    const uint16_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* What JA4 is made of. */
struct ja4 {
    char front[FRONT_BYTES];
    struct numbers suites;     /* sorted */
    struct numbers types;      /* sorted, without server name and ALPN */
    struct numbers signatures; /* in order */
};

static void ja4_clear(struct ja4 *j)
{
    release(&j->suites);
    release(&j->types);
    release(&j->signatures);
}

static bool ja4_collect(
        const struct client_hello *hello, enum fingerprint_transport transport, struct ja4 *out)
{
    struct ja4 j = {0};
    size_t all, kept = 0;
    bool named = false;
    char alpn[3];

    if (!collect(hello->suites, 2, &j.suites) || !collect_types(hello->extensions, &j.types) ||
            !collect(hello->signatures, 2, &j.signatures)) {
        ja4_clear(&j);
        return false;
    }
    all = j.types.n;
    for (size_t i = 0; i < all; i++) {
        named = named || j.types.at[i] == HELLO_SERVER_NAME;
        if (j.types.at[i] != HELLO_SERVER_NAME && j.types.at[i] != HELLO_ALPN)
            j.types.at[kept++] = j.types.at[i];
    }
    j.types.n = kept;
    qsort(j.suites.at, j.suites.n, sizeof(*j.suites.at), compare);
    qsort(j.types.at, j.types.n, sizeof(*j.types.at), compare);
    alpn_mark(hello, alpn);
    (void)snprintf(j.front, sizeof(j.front), "%c%s%c%02u%02u%s",
            transport == FINGERPRINT_QUIC ? 'q' : 't', version_mark(hello), named ? 'd' : 'i',
            (unsigned)(j.suites.n < COUNT_MOST ? j.suites.n : COUNT_MOST),
            (unsigned)(all < COUNT_MOST ? all : COUNT_MOST), alpn);
    *out = j;
    return true;
}

static void put_tail(struct text *t, const struct ja4 *j)
{
    put_hex(t, &j->types);
    if (j->signatures.n != 0)
        put(t, "_");
    put_hex(t, &j->signatures);
}

/* Replaces the text from `begin` by the front digits of its SHA-256; zeros for no text, which
 * is how JA4 says that there was nothing to hash. */
static void shorten(struct text *t, size_t begin)
{
    char hex[SHA256_TEXT] = "000000000000";

    if (t->status != STATUS_OK)
        return;
    if (t->out.n != begin && !sha256_text(bytes_slice(buf_view(&t->out), begin, t->out.n), hex))
        t->status = STATUS_NOMEM;
    t->out.n = begin;
    hex[HASH_DIGITS] = '\0';
    put(t, hex);
}

static bool ja4_text(const struct client_hello *hello, enum fingerprint_transport transport,
        bool hashed, struct arena *a, const char **out)
{
    struct text t = {.status = STATUS_OK};
    const char *words = NULL;
    struct ja4 j;
    size_t tail;

    if (hello->sslv2) {
        *out = NULL;
        return true;
    }
    if (!ja4_collect(hello, transport, &j))
        return false;
    buf_init(&t.out, TEXT_MOST);
    put(&t, j.front);
    put(&t, "_");
    put_hex(&t, &j.suites);
    if (hashed)
        shorten(&t, strlen(j.front) + 1);
    put(&t, "_");
    tail = t.out.n;
    put_tail(&t, &j);
    if (hashed)
        shorten(&t, tail);
    if (t.status == STATUS_OK)
        words = arena_string(a, buf_view(&t.out));
    buf_clear(&t.out);
    ja4_clear(&j);
    if (words == NULL)
        return false;
    *out = words;
    return true;
}

bool fingerprint_ja4(const struct client_hello *hello, enum fingerprint_transport transport,
        struct arena *a, const char **ja4)
{
    return ja4_text(hello, transport, true, a, ja4);
}

bool fingerprint_ja4_raw(const struct client_hello *hello, enum fingerprint_transport transport,
        struct arena *a, const char **raw)
{
    return ja4_text(hello, transport, false, a, raw);
}
