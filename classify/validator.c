/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/validator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "classify/attribution.h"
#include "classify/cookie.h"
#include "classify/score.h"
#include "classify/value.h"

enum {
    PREFIX_LEAST = 8, /* characters of a digest that was cut short */
    PARTS_MOST = 3,   /* between dashes */
    BASE64_MOST = 90, /* of the longest digest, with a NUL */
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A validator as a response gave it. */
struct issued {
    struct bytes host, opaque;
    size_t exchange;
    bool differs; /* the same content had another one */
};

struct judge {
    const struct evidence *e;
    struct issued *issued; /* owned: by host, validator, exchange */
    size_t n;
    uint64_t budget;
};

struct bytes validator_opaque(struct bytes field)
{
    static const char *const codings[] = {"-gzip", ";gzip", "-br", ";br", "-zstd", "--gzip"};
    struct bytes text = bytes_trim(field);

    if (bytes_starts(text, BYTES_LITERAL("W/")))
        text = bytes_slice(text, 2, text.n);
    if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"')
        return field;
    text = bytes_slice(text, 1, text.n - 1);
    for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
        struct bytes coding = bytes_text(codings[i]);

        if (text.n > coding.n && bytes_ends_nocase(text, coding))
            return bytes_slice(text, 0, text.n - coding.n);
    }
    return text;
}

static int by_validator(const void *a, const void *b)
{
    const struct issued *left = a, *right = b;
    int order = bytes_compare(left->host, right->host);

    if (order == 0)
        order = bytes_compare(left->opaque, right->opaque);
    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

/* Whether the hash of a body is that of the whole. */
static bool is_whole(const struct body *b)
{
    return b->present && b->whole && b->undecoded == NULL && b->bytes != 0;
}

static int by_content(const void *a, const void *b, void *of)
{
    const struct evidence *e = of;
    const struct issued *left = a, *right = b;
    const struct exchange *one = e->exchanges[left->exchange],
                          *other = e->exchanges[right->exchange];
    int order = bytes_compare(one->url, other->url);

    if (order == 0)
        order = ORDER(is_whole(&one->response.body), is_whole(&other->response.body));
    if (order == 0)
        order = memcmp(one->response.body.sha256, other->response.body.sha256,
                sizeof(one->response.body.sha256));
    if (order == 0)
        order = bytes_compare(left->opaque, right->opaque);
    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

static bool same_content(
        const struct evidence *e, const struct issued *a, const struct issued *b)
{
    const struct exchange *one = e->exchanges[a->exchange], *other = e->exchanges[b->exchange];

    return is_whole(&one->response.body) && is_whole(&other->response.body) &&
           bytes_equal(one->url, other->url) &&
           memcmp(one->response.body.sha256, other->response.body.sha256,
                   sizeof(one->response.body.sha256)) == 0;
}

/* Of one URL and content, those that are not all equal. */
static void find_differing(struct judge *j)
{
    if (j->n != 0)
        qsort_r(j->issued, j->n, sizeof(*j->issued), by_content, (void *)(uintptr_t)j->e);
    for (size_t begin = 0, end; begin < j->n; begin = end) {
        bool differs = false;

        for (end = begin + 1;
                end < j->n && same_content(j->e, &j->issued[begin], &j->issued[end]); end++)
            differs |= !bytes_equal(j->issued[begin].opaque, j->issued[end].opaque);
        for (size_t i = begin; i < end; i++)
            j->issued[i].differs = differs;
    }
}

static bool find_issued(struct judge *j)
{
    j->issued = calloc(j->e->exchange_count + 1, sizeof(*j->issued));
    if (j->issued == NULL)
        return false;
    for (size_t i = 0; i < j->e->exchange_count; i++) {
        const struct exchange *x = j->e->exchanges[i];
        const struct header *h = x->response.seen ? message_find(&x->response, "etag") : NULL;

        if (h != NULL && h->value.n != 0)
            j->issued[j->n++] = (struct issued){x->host, validator_opaque(h->value), i, false};
    }
    find_differing(j);
    if (j->n != 0)
        qsort(j->issued, j->n, sizeof(*j->issued), by_validator);
    return true;
}

/* The first response that issued it; NULL. `*differs`: of any of them. */
static const struct issued *find(
        const struct judge *j, struct bytes host, struct bytes opaque, bool *differs)
{
    const struct issued key = {.host = host, .opaque = opaque};
    size_t low = 0, high = j->n, first;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_validator(&j->issued[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *differs = false;
    for (first = low; low < j->n && bytes_equal(j->issued[low].host, host) &&
                      bytes_equal(j->issued[low].opaque, opaque);
            low++)
        *differs |= j->issued[low].differs;
    return first < j->n && low > first ? &j->issued[first] : NULL;
}

/* A number that is known of the answer, as servers write it: decimal or hexadecimal. */
static bool is_number(struct bytes part, uint64_t number)
{
    uint64_t value;

    return number != 0 && ((bytes_decimal(part, &value) && value == number) ||
                                  (bytes_hex(part, &value) && value == number));
}

/* Its length, or the time it was changed, in seconds, milliseconds or microseconds (nginx:
 * time-length; Apache: inode-length-time; Express: length-digest). */
static bool is_measure(struct bytes part, const struct exchange *x)
{
    const struct header *modified = message_find(&x->response, "last-modified");
    const struct header *length = message_find(&x->response, "content-length");
    int64_t seconds = 0;
    uint64_t n = 0, value;

    if ((length != NULL && bytes_decimal(length->value, &n) && is_number(part, n)) ||
            (is_whole(&x->response.body) &&
                    (is_number(part, x->response.body.bytes) ||
                            is_number(part, x->response.body.wire_bytes))))
        return true;
    if (modified == NULL || !cookie_date(modified->value, &seconds) || seconds <= 0)
        return false;
    if (is_number(part, (uint64_t)seconds) || is_number(part, (uint64_t)seconds * 1000))
        return true;
    /* Microseconds: the date has the seconds only. */
    return bytes_hex(part, &value) && value / 1000000 == (uint64_t)seconds;
}

/* RFC 4648 section 4, without padding. */
static void write_base64(struct bytes raw, char out[BASE64_MOST])
{
    static const char letters[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < raw.n; i++) {
        bits = (bits << 8 | raw.p[i]) & 0xffff;
        for (have += 8; have >= 6;) {
            have -= 6;
            out[n++] = letters[bits >> have & 63];
        }
    }
    if (have != 0)
        out[n++] = letters[bits << (6 - have) & 63];
    out[n] = '\0';
}

/* The text is the beginning of the other, and long enough for that to be no chance. */
static bool begins(struct bytes text, const char *digest, bool hex)
{
    if (text.n < PREFIX_LEAST || text.n > strlen(digest))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = hex ? ascii_lower(text.p[i]) : text.p[i];

        if (ascii_base64_value(c) < 0 ||
                (hex ? c != (uint8_t)digest[i]
                     : ascii_base64_value(c) != ascii_base64_value((uint8_t)digest[i])))
            return false;
    }
    return true;
}

enum content {
    CONTENT_NOT,    /* none of what is tried */
    CONTENT_IS,     /* it is made from the content */
    CONTENT_UNSEEN, /* the content was not kept, or was packed: not all could be tried */
};

/* A digest of the content, in hex or base64, whole or cut short; "length-digest" as well. */
static enum status digests(
        struct judge *j, struct bytes text, const struct exchange *x, enum content *out)
{
    static const enum digest_kind kinds[] = {
            DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512};
    const struct body *b = &x->response.body;
    struct bytes data;

    if (!is_whole(b) || b->coding_count != 0 || b->kept != b->bytes ||
            b->bytes > VALIDATOR_DIGESTED || b->bytes > j->budget) {
        *out = CONTENT_UNSEEN;
        return STATUS_OK;
    }
    data = evidence_body(j->e, b);
    j->budget -= b->bytes;
    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    *out = CONTENT_NOT;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && *out == CONTENT_NOT; i++) {
        uint8_t raw[DIGEST_MOST];
        char hex[DIGEST_TEXT_MOST], base64[BASE64_MOST];
        struct bytes view;

        if (!digest_once(kinds[i], data, raw))
            return STATUS_NOMEM;
        view = bytes_of(raw, digest_length(kinds[i]));
        digest_hex(view, hex);
        write_base64(view, base64);
        if (begins(text, hex, true) || begins(text, base64, false))
            *out = CONTENT_IS;
    }
    return STATUS_OK;
}

/* All its parts are told by the answer, or too short to tell anybody apart. Apache's first of
 * three is the number of the file. */
static bool is_measured(struct bytes opaque, const struct exchange *x)
{
    struct bytes parts[PARTS_MOST];
    size_t n = 0, measured = 0, open = 0;

    while (n < PARTS_MOST - 1 && bytes_take_until(&opaque, '-', &parts[n]))
        n++;
    parts[n++] = opaque;
    for (size_t i = 0; i < n; i++) {
        bool told = is_measure(parts[i], x);

        measured += told;
        open += !told && leaf_bits(parts[i]) >= SCORE_BITS && (i != 0 || n < PARTS_MOST);
    }
    return open == 0 && measured + (n == PARTS_MOST) >= n - (n == 2) && measured != 0;
}

static enum status judge_content(
        struct judge *j, struct bytes opaque, const struct exchange *x, enum content *out)
{
    struct bytes rest = opaque, length;
    enum status status;

    if (is_measured(opaque, x)) {
        *out = CONTENT_IS;
        return STATUS_OK;
    }
    /* Express: the length in front of the digest, which may have dashes of its own. */
    if (bytes_take_until(&rest, '-', &length) && is_measure(length, x)) {
        status = digests(j, rest, x, out);
        if (status != STATUS_OK || *out == CONTENT_IS)
            return status;
    }
    return digests(j, opaque, x, out);
}

static void call_identifier(struct trace *t, bool differs)
{
    if (differs)
        trace_add_term(t, 4, "validator-differs",
                "the same content of the same address had another validator",
                "同一地址的相同内容曾有不同的校验值");
    else
        trace_add_term(t, 3, "validator-fresh",
                "a generated validator of a small answer, and no digest of it",
                "短小响应的生成式校验值，且并非其内容的摘要");
    t->class_ = CLASS_BROWSER_IDENTIFIER;
    t->grade = differs ? GRADE_OBSERVED : GRADE_INFERRED;
}

/* That a browser sends it again says nothing: that is what it is for. */
static void leave_open(struct trace *t)
{
    if (t->class_ != CLASS_BROWSER_IDENTIFIER)
        return;
    trace_add_term(t, -3, "returns-by-design", "browsers send such values back of themselves",
            "浏览器会自行回传此类值");
    t->class_ = CLASS_UNKNOWN;
    t->grade = GRADE_OBSERVED;
}

static enum status mark(struct judge *j, struct trace *t)
{
    struct bytes opaque = validator_opaque(t->decoded);
    enum content content = CONTENT_UNSEEN;
    const struct issued *issued;
    const struct exchange *x;
    bool differs;
    enum status status;

    if (leaf_bits(opaque) < SCORE_BITS) {
        t->class_ = CLASS_TECHNICAL;
        return STATUS_OK;
    }
    issued = find(j, t->recipient, opaque, &differs);
    if (issued == NULL) {
        leave_open(t);
        return STATUS_OK;
    }
    x = j->e->exchanges[issued->exchange];
    if (x->response.first_ns <= t->last_ns) {
        t->set_by = (int64_t)issued->exchange;
        t->set_how = "response";
    }
    status = judge_content(j, opaque, x, &content);
    if (status != STATUS_OK)
        return status;
    if (content == CONTENT_IS) {
        trace_add_term(t, -6, "validator-of-content",
                "made from the content: its length, date or digest",
                "由内容的长度、日期或摘要生成");
        t->class_ = CLASS_TECHNICAL;
    } else if (differs || (content == CONTENT_NOT && leaf_generated(opaque) &&
                                  x->response.body.bytes <= VALIDATOR_SMALL)) {
        call_identifier(t, differs);
    } else {
        leave_open(t);
    }
    return STATUS_OK;
}

enum status validators_mark(const struct evidence *e, struct trace *const *traces, size_t n)
{
    struct judge j = {.e = e, .budget = VALIDATOR_BYTES_MOST};
    enum status status = find_issued(&j) ? STATUS_OK : STATUS_NOMEM;

    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        if (traces[i]->carrier == CARRIER_ETAG)
            status = mark(&j, traces[i]);
        else if (traces[i]->carrier == CARRIER_TLS)
            leave_open(traces[i]);
    }
    free(j.issued);
    return status;
}
