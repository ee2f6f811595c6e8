/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/value_piece.h"

#include "classify/score.h"
#include "classify/url.h"

enum {
    TEXTS_MOST = 64, /* URLs and their parameters that are taken apart */
    DEPTH_MOST = 3,  /* of URLs inside URLs */
    RUN_PARTS_MOST = 8,
    HEX_LEAST = 16,
    NUMBER_LONG = 8,
};

#define MEMORY_MOST                                                                            \
    ((size_t)16 << 20) /* of one value: packed ones must not multiply for ever */

struct text {
    struct bytes text;
    unsigned as, depth;
};

struct search {
    struct arena *arena;
    struct text texts[TEXTS_MOST];
    size_t n, next;
    unsigned bits;
    int64_t near_ns;
    struct value_pieces *out;
};

const char *value_piece_encoding(size_t bit)
{
    static const char *const names[PIECE_ENCODINGS] = {
            "percent", "jwt", "base64", "gzip", "hex", "md5", "sha1", "sha256", "hex-form"};

    return bit < PIECE_ENCODINGS ? names[bit] : "";
}

bool value_piece_packs_digest(struct bytes text)
{
    size_t padded = text.n;

    while (text.n != 0 && padded - text.n < 2 && text.p[text.n - 1] == '=')
        text.n--;
    if ((text.n != 22 && text.n != 27 && text.n != 43) || (padded != text.n && padded % 4 != 0))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_base64_value(text.p[i]) < 0)
            return false;
    }
    return true;
}

/* Base64 that begins with a slash looks like a path. */
static bool stands_out(const struct search *s, struct bytes text, unsigned bits)
{
    enum leaf_kind kind;

    if (text.n > PIECE_BYTES_MOST || leaf_bits(text) < bits)
        return false;
    kind = leaf_kind(text, s->near_ns);
    return kind == LEAF_OPAQUE || (kind == LEAF_URL && value_piece_packs_digest(text));
}

static void keep(struct search *s, struct bytes text, unsigned as)
{
    if (!stands_out(s, text, s->bits))
        return;
    if (s->out->n == PIECES_MOST)
        s->out->capped = true;
    else
        s->out->at[s->out->n++] = (struct value_piece){text, as};
}

static void push(struct search *s, const struct text *from, struct bytes text, unsigned as)
{
    if (text.n == 0)
        return;
    if (s->n == TEXTS_MOST)
        s->out->capped = true;
    else
        s->texts[s->n++] = (struct text){text, from->as | as, from->depth + 1};
}

static bool push_escaped(struct search *s, const struct text *from, struct bytes text)
{
    struct bytes plain;

    if (!value_unescape(s->arena, text, true, &plain))
        return false;
    push(s, from, plain, bytes_equal(plain, text) ? 0 : AS_PERCENT);
    return true;
}

static bool push_parameters(struct search *s, const struct text *from, struct bytes rest)
{
    struct bytes name, value;

    while (s->n < TEXTS_MOST && url_parameter(&rest, &name, &value)) {
        if (!push_escaped(s, from, value.n == 0 ? name : value))
            return false;
    }
    s->out->capped |= rest.n != 0;
    return true;
}

static bool open_url(struct search *s, const struct text *from)
{
    struct bytes rest, segment;
    struct url url;

    url_split(from->text, &url);
    for (rest = url.path; rest.n != 0 && s->n < TEXTS_MOST;) {
        if (!bytes_take_until(&rest, '/', &segment)) {
            segment = rest;
            rest.n = 0;
        }
        if (!push_escaped(s, from, segment))
            return false;
    }
    return push_parameters(s, from, url.query) && push_parameters(s, from, url.fragment);
}

/* What hex digits spell, when it is text: digests are looked for as they are. */
static bool open_hex(struct search *s, const struct value_piece *from)
{
    uint8_t *p;

    if (from->text.n < HEX_LEAST || from->text.n % 2 != 0)
        return true;
    for (size_t i = 0; i < from->text.n; i++) {
        if (ascii_hex_value(from->text.p[i]) < 0)
            return true;
    }
    p = arena_alloc(s->arena, from->text.n / 2);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < from->text.n / 2; i++) {
        p[i] = (uint8_t)(ascii_hex_value(from->text.p[2 * i]) << 4 |
                         ascii_hex_value(from->text.p[2 * i + 1]));
        if (p[i] <= 0x20 || p[i] >= 0x7f)
            return true;
    }
    keep(s, bytes_of(p, from->text.n / 2), from->as | AS_HEX);
    return true;
}

static bool is_long_number(struct bytes part)
{
    for (size_t i = 0; i < part.n; i++) {
        if (!ascii_is_digit(part.p[i]))
            return false;
    }
    return part.n >= NUMBER_LONG;
}

/* Bits as they are, without a look at the whole: it is made of numbers, like a version. */
static void keep_run(struct search *s, struct bytes run, unsigned as)
{
    if (run.n > PIECE_BYTES_MOST || leaf_bits(run) < s->bits)
        return;
    if (s->out->n == PIECES_MOST)
        s->out->capped = true;
    else
        s->out->at[s->out->n++] = (struct value_piece){run, as};
}

/* Two parts or more between dots. One must stand out alone, or two be long numbers: the random
 * half of an identifier can look like a time, too. */
static void keep_runs(struct search *s, struct bytes text, unsigned as)
{
    size_t ends[RUN_PARTS_MOST], n = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '.')
            continue;
        if (n == RUN_PARTS_MOST)
            return;
        ends[n++] = i;
    }
    for (size_t first = 0; first < n; first++) {
        size_t begin = first == 0 ? 0 : ends[first - 1] + 1, at = begin, numbers = 0;
        bool strong = false;

        for (size_t last = first; last < n; at = ends[last++] + 1) {
            struct bytes part = bytes_slice(text, at, ends[last]);

            strong |= stands_out(s, part, SCORE_BITS);
            numbers += is_long_number(part);
            if (last > first && (strong || numbers >= 2))
                keep_run(s, bytes_slice(text, begin, ends[last]), as);
        }
    }
}

static unsigned as_of(const struct leaf *leaf)
{
    return ((leaf->via & VIA_PERCENT) != 0 ? AS_PERCENT : 0U) |
           ((leaf->via & VIA_JWT) != 0 ? AS_JWT : 0U) |
           ((leaf->via & VIA_BASE64) != 0 ? AS_BASE64 : 0U) |
           ((leaf->via & VIA_UNPACK) != 0 ? AS_GZIP : 0U);
}

static bool open_text(struct search *s, const struct text *t)
{
    struct leaves leaves;

    if (url_is_web(t->text))
        return t->depth > DEPTH_MOST || open_url(s, t);
    if (!value_leaves(s->arena, t->text, &leaves))
        return false;
    s->out->capped |= leaves.capped;
    for (size_t i = 0; i < leaves.n; i++) {
        const struct value_piece piece = {leaves.at[i].text, t->as | as_of(&leaves.at[i])};

        if (url_is_web(piece.text)) {
            push(s, t, piece.text, piece.as);
            continue;
        }
        keep(s, piece.text, piece.as);
        if (!open_hex(s, &piece))
            return false;
    }
    if (leaves.n > 1 && t->text.n <= PIECE_BYTES_MOST)
        keep_runs(s, t->text, t->as);
    return true;
}

bool value_pieces_find(struct arena *arena, struct bytes value, unsigned bits, int64_t near_ns,
        struct value_pieces *out)
{
    struct search s = {.arena = arena, .bits = bits, .near_ns = near_ns, .out = out};
    size_t used = arena_used(arena);

    out->n = 0;
    out->capped = false;
    push(&s, &(struct text){0}, value, 0);
    while (s.next < s.n) {
        const struct text t = s.texts[s.next++];

        if (arena_used(arena) - used > MEMORY_MOST) {
            out->capped = true;
            break;
        }
        if (!open_text(&s, &t))
            return false;
    }
    return true;
}
