/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "classify/cookie.h"
#include "classify/kept.h"
#include "classify/score_name.h"
#include "classify/structure.h"
#include "classify/value.h"

#define DAY_S INT64_C(86400)

#define SCRATCH_MOST ((size_t)64 << 20)

enum { SCRATCH_KEPT = 1 << 20 /* past it, the next value gets new scratch memory */ };

struct scorer {
    struct arena *scratch; /* for taking one value apart; views into it last that long */
    const struct formats *formats;
    struct siphash_key key;
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Brings together the values one name had at one recipient. */
static int by_name(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = ORDER(left->carrier, right->carrier);

    if (order == 0)
        order = bytes_compare(left->recipient, right->recipient);
    if (order == 0)
        order = bytes_compare(left->name, right->name);
    return order == 0 ? ORDER(left->number, right->number) : order;
}

static bool same_name(const struct trace *a, const struct trace *b)
{
    return a->carrier == b->carrier && bytes_equal(a->recipient, b->recipient) &&
           bytes_equal(a->name, b->name);
}

/* A name whose values each came once, several of them, is a counter, a nonce or a time. */
static enum status find_changing(struct trace **traces, size_t n)
{
    struct trace **sorted = calloc(n + 1, sizeof(struct trace *));

    if (sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = traces[i];
    if (n != 0)
        qsort(sorted, n, sizeof(struct trace *), by_name);
    for (size_t begin = 0, end; begin < n; begin = end) {
        uint64_t once = 0;

        for (end = begin; end < n && same_name(sorted[begin], sorted[end]); end++)
            once += sorted[end]->count == 1;
        /* Each URL has its own validator. */
        if (sorted[begin]->carrier == CARRIER_ETAG)
            continue;
        if (end - begin < SCORE_CHANGES || once * 10 < (end - begin) * 8)
            continue;
        for (size_t i = begin; i < end; i++)
            trace_add_term(sorted[i], -3, "changes",
                    "this name had another value in nearly every request",
                    "此名称在几乎每次请求中的取值都不同");
    }
    free(sorted);
    return STATUS_OK;
}

/* The leaf with the most nominal bits among those that may be identifiers. */
static bool find_leaf(struct scorer *s, const struct trace *t, struct leaf *out, bool *email)
{
    struct leaves leaves;
    unsigned best = 0;

    *email = false;
    out->text = bytes_of(NULL, 0);
    /* A date with its time, a name of a browser are no identifiers in pieces either. */
    if (leaf_kind(t->decoded, t->first_ns) == LEAF_TIME ||
            bytes_starts(t->decoded, BYTES_LITERAL("Mozilla/")))
        return true;
    if (s->scratch != NULL && arena_used(s->scratch) > SCRATCH_KEPT) {
        arena_free(s->scratch);
        s->scratch = NULL;
    }
    if (s->scratch == NULL)
        s->scratch = arena_new(SCRATCH_MOST);
    if (s->scratch == NULL || !value_leaves(s->scratch, t->decoded, &leaves))
        return false;
    for (size_t i = 0; i < leaves.n; i++) {
        enum leaf_kind kind = leaf_kind(leaves.at[i].text, t->first_ns);
        unsigned bits = leaf_bits(leaves.at[i].text);

        *email |= kind == LEAF_EMAIL;
        if (kind == LEAF_OPAQUE && bits > best) {
            best = bits;
            *out = leaves.at[i];
        }
    }
    return true;
}

static bool in_browser(const struct trace *t)
{
    return t->carrier == CARRIER_COOKIE || t->carrier == CARRIER_SET_COOKIE;
}

static void score_value(struct trace *t, struct bytes leaf)
{
    t->bits = leaf_bits(leaf);
    if (leaf.n >= 8 && t->bits >= SCORE_BITS)
        trace_add_term(t, 2, "long", "8 characters or more and at least 28 nominal bits",
                "不少于 8 个字符且名义熵不低于 28 位");
    /* Of a cookie only: elsewhere a long value may be the hash of a file, equal for all. */
    if (leaf.n >= 8 && t->bits >= SCORE_BITS_SURE && in_browser(t))
        trace_add_term(t, 1, "sure",
                "a cookie of at least 33 nominal bits: fewer than one other among "
                "a billion browsers would have the same",
                "名义熵不低于 33 位的 Cookie：十亿个浏览器中出现相同取值的期望不足一个");
    if (t->bits >= SCORE_BITS_MANY)
        trace_add_term(t, 1, "very-long", "at least 60 nominal bits", "名义熵不低于 60 位");
    if (leaf_generated(leaf))
        trace_add_term(t, 1, "generated",
                "has the form of a generated value (UUID, ULID, hex digest)",
                "具有生成值的形式（UUID、ULID 或十六进制摘要）");
}

/* What the capture shows of where it comes from and how long it is kept: kept.h. */
static void score_signs(struct trace *t)
{
    if ((t->signs & KEPT_REPLACED) != 0)
        trace_add_term(t, -4, "replaced",
                "most responses replaced this cookie's value by another one",
                "多数响应都会将此 Cookie 的取值替换为新值");
    if ((t->signs & KEPT_IN_SCRIPT) != 0 && !in_browser(t))
        trace_add_term(t, -3, "in-script",
                "the same text stands in a script or style sheet that came before: it may be "
                "the same for everybody",
                "相同文本出现在此前收到的脚本或样式表中：可能对所有人相同");
    else if ((t->signs & KEPT_IN_PAGE) != 0 && !in_browser(t))
        trace_add_term(t, -1, "in-page",
                "the same text stands in a page that came before: it may be the same for "
                "everybody",
                "相同文本出现在此前收到的页面中：可能对所有人相同");
    else if ((t->signs & KEPT_AGAIN) != 0 && t->bits >= SCORE_BITS &&
             t->carrier != CARRIER_ETAG && !score_name_constant(t->name))
        trace_add_term(t, 3, "again",
                "the browser sent the same value during two page visits or more",
                "浏览器在两次或两次以上的页面访问中发送了相同的值");
}

/* A cookie that no response set and no script brought along came into being in the browser. */
static void score_made(struct trace *t)
{
    if (t->carrier == CARRIER_COOKIE && t->set_how != NULL &&
            strcmp(t->set_how, "script") == 0 && t->bits >= SCORE_BITS &&
            (t->signs & (KEPT_IN_SCRIPT | KEPT_IN_PAGE)) == 0)
        trace_add_term(t, 1, "made",
                "a script made it in the browser; no text of it was delivered before",
                "由脚本在浏览器中生成；此前未见其文本随任何内容送达");
}

static void score_life(struct trace *t)
{
    struct bytes attributes = t->attributes;
    struct set_cookie c;

    if (t->lifetime_s >= SCORE_LIFE_DAYS * DAY_S)
        trace_add_term(
                t, 2, "lasting", "set to live for 30 days or more", "设定的存续期不少于 30 天");
    else if (t->lifetime_s >= SCORE_WEEK_DAYS * DAY_S)
        trace_add_term(t, 1, "lasting-week", "set to live for a week or more",
                "设定的存续期不少于一周");
    if (t->lifetime_s != 0 || attributes.n == 0)
        return;
    /* Parsed again behind a name, because that is what the parser expects. */
    if (cookie_parse_set(attributes, &c) &&
            (c.http_only || bytes_is_nocase(c.value, "httponly")))
        trace_add_term(t, -1, "server-session", "a session cookie that scripts cannot read",
                "脚本无法读取的会话 Cookie");
}

static void score_names(struct trace *t, const struct leaf *leaf)
{
    if (!score_name_constant(t->name) &&
            (score_name_identifier(t->name) ||
                    (leaf->key.n != 0 && score_name_identifier(leaf->key))))
        trace_add_term(t, 1, "id-name", "its name is one that identifiers have",
                "名称是标识符常用的名称");
    if (score_name_constant(t->name))
        trace_add_term(t, -3, "constant-name",
                "its name is one that sites, versions and places have, not browsers",
                "名称通常用于网站、版本或地点，而非浏览器");
    if (score_name_session(t->name))
        trace_add_term(t, -1, "session-name",
                "its name is one that sessions and security tokens have",
                "名称是会话或安全令牌常用的名称");
}

static enum trace_class class_by_name(const struct trace *t)
{
    if (score_name_consent(t->name))
        return CLASS_CONSENT_STRING;
    if (score_name_search(t->name) && !in_browser(t))
        return CLASS_SEARCH;
    if (score_name_preference(t->name))
        return CLASS_PREFERENCE;
    if (t->carrier == CARRIER_REFERER)
        return CLASS_CONTENT;
    return CLASS_UNKNOWN;
}

/* What a value is that no name and no format explains: by the form of the whole. */
static enum trace_class class_by_form(const struct trace *t)
{
    switch (leaf_kind(t->decoded, t->first_ns)) {
    case LEAF_URL:
        return CLASS_CONTENT;
    case LEAF_WORD:
        return score_name_content(t->name) ? CLASS_CONTENT : CLASS_UNKNOWN;
    case LEAF_NUMBER:
        /* "user_id=8830217" may be an account's number: not to be called technical. */
        return score_name_identifier(t->name) ? CLASS_UNKNOWN : CLASS_TECHNICAL;
    case LEAF_TIME:
    case LEAF_VERSION:
    case LEAF_FLAG:
    case LEAF_PLAIN:
    case LEAF_SCREEN:
        return CLASS_TECHNICAL;
    case LEAF_EMAIL:
        return CLASS_DIRECT;
    case LEAF_OPAQUE:
    case LEAF_SHORT:
        break;
    }
    return score_name_content(t->name) ? CLASS_CONTENT : CLASS_UNKNOWN;
}

static enum trace_class decide_class(const struct trace *t, bool email)
{
    enum trace_class by_name;

    if (email)
        return CLASS_DIRECT;
    by_name = class_by_name(t);
    if (by_name == CLASS_CONSENT_STRING || by_name == CLASS_SEARCH)
        return by_name;
    /* A token against forged requests is as unique as an identifier, but has another purpose. */
    if (score_name_guard(t->name))
        return CLASS_SESSION;
    if (t->score >= SCORE_IDENTIFIER)
        return score_name_session(t->name) && t->lifetime_s <= 0 ? CLASS_SESSION
                                                                 : CLASS_BROWSER_IDENTIFIER;
    if (t->bits >= SCORE_BITS && in_browser(t) &&
            (t->lifetime_s == 0 || score_name_session(t->name)))
        return CLASS_SESSION;
    if (by_name != CLASS_UNKNOWN)
        return by_name;
    return class_by_form(t);
}

/* Personal data by form, or by name and form: false when it is none. */
static bool by_structure(struct trace *t)
{
    enum structure_kind kind = structure_of(t->name, t->decoded);

    switch (kind) {
    case STRUCTURE_NONE:
        return false;
    case STRUCTURE_IMEI:
    case STRUCTURE_MAC:
        t->class_ = CLASS_DEVICE;
        break;
    case STRUCTURE_ID_NUMBER:
    case STRUCTURE_PHONE:
    case STRUCTURE_CARD:
    case STRUCTURE_EMAIL:
        t->class_ = CLASS_DIRECT;
        break;
    }
    trace_add_term(t, 0, "structure",
            structure_inferred(kind)
                    ? "its name and its form are those of personal data"
                    : "an identity number with a valid province, date of birth "
                      "and check digit (GB 11643)",
            structure_inferred(kind)
                    ? "其名称与形式符合个人信息的特征"
                    : "省份、出生日期与校验码均有效的公民身份号码（GB 11643）");
    if (structure_inferred(kind))
        t->grade = GRADE_INFERRED;
    return true;
}

static bool is_secret(const struct trace *t)
{
    if (t->carrier == CARRIER_HEADER)
        return bytes_is_nocase(t->name, "authorization") ||
               bytes_is_nocase(t->name, "proxy-authorization") || score_name_secret(t->name);
    return score_name_secret(t->name);
}

static enum status score_trace(struct scorer *s, struct trace *t)
{
    const struct format *format = formats_find(s->formats, t->name, t->decoded);
    struct leaf leaf = {0};
    bool email;

    t->grade = GRADE_OBSERVED;
    if (!find_leaf(s, t, &leaf, &email))
        return STATUS_NOMEM;
    score_value(t, leaf.text);
    t->leaf = leaf.text.n == 0 ? 0 : siphash_bytes(s->key, leaf.text);
    if (format != NULL)
        trace_add_term(t, 3, "known-format", format->text_en, format->text_zh);
    score_names(t, &leaf);
    score_life(t);
    score_signs(t);
    score_made(t);
    if (format != NULL)
        t->class_ = format->class_;
    else if (is_secret(t))
        t->class_ = CLASS_CREDENTIAL;
    else if (!by_structure(t))
        t->class_ = decide_class(t, email);
    /* A decoded leaf carries the class: the decoding is part of the claim. */
    if (leaf.via != 0 && t->class_ == CLASS_BROWSER_IDENTIFIER)
        t->grade = GRADE_DERIVED;
    t->masked = t->class_ == CLASS_CREDENTIAL;
    return STATUS_OK;
}

static int by_leaf(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return ORDER(left, right);
}

static bool is_identifier(const struct trace *t)
{
    return t->bits >= SCORE_BITS_SURE &&
           (t->class_ == CLASS_BROWSER_IDENTIFIER || t->class_ == CLASS_DEVICE ||
                   t->class_ == CLASS_ACCOUNT);
}

/* What is an identifier in one place is none the less one where its name says nothing. */
static enum status follow_identifiers(struct trace **traces, size_t n)
{
    uint64_t *known = calloc(n + 1, sizeof(*known));
    size_t count = 0;

    if (known == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (is_identifier(traces[i]))
            known[count++] = traces[i]->leaf;
    }
    if (count != 0)
        qsort(known, count, sizeof(*known), by_leaf);
    for (size_t i = 0; i < n; i++) {
        struct trace *t = traces[i];

        if (t->class_ != CLASS_UNKNOWN || t->bits < SCORE_BITS_SURE || count == 0 ||
                bsearch(&t->leaf, known, count, sizeof(*known), by_leaf) == NULL)
            continue;
        trace_add_term(t, 6, "elsewhere",
                "another value of this case that is an identifier has the same content",
                "本案中另一项属于标识符的值与其内容相同");
        if (t->score >= SCORE_IDENTIFIER)
            t->class_ = CLASS_BROWSER_IDENTIFIER;
    }
    free(known);
    return STATUS_OK;
}

enum status score_traces(const struct formats *formats, struct trace **traces, size_t n)
{
    struct scorer s = {NULL, formats, siphash_key_draw()};
    enum status status = find_changing(traces, n);

    for (size_t i = 0; i < n && status == STATUS_OK; i++)
        status = score_trace(&s, traces[i]);
    arena_free(s.scratch);
    return status == STATUS_OK ? follow_identifiers(traces, n) : status;
}
