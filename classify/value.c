/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/value.h"

#include <string.h>

#include "classify/decode.h"
#include "classify/json_scan.h"

enum { BASE64_LEAST = 16, DOT_SIDE_LEAST = 4 };

/* The work list: what is not split yet. Leaves move to the front as they turn out to be such. */
struct work {
    struct arena *arena;
    struct leaf nodes[VALUE_LEAVES_MOST];
    size_t n;
    size_t spent; /* bytes looked at or decoded: packed values must not multiply for ever */
    bool capped;
    bool no_memory;
};

static void add(struct work *w, const struct leaf *parent, struct bytes key, struct bytes text,
        unsigned via)
{
    if (text.n == 0)
        return;
    if (w->n == VALUE_LEAVES_MOST || text.n > VALUE_BYTES_MOST) {
        w->capped = true;
        return;
    }
    w->nodes[w->n++] = (struct leaf){
            text, key.n == 0 ? parent->key : key, parent->via | via, parent->depth + 1};
}

static bool escape_at(struct bytes text, size_t i)
{
    return text.p[i] == '%' && i + 2 < text.n && ascii_hex_value(text.p[i + 1]) >= 0 &&
           ascii_hex_value(text.p[i + 2]) >= 0;
}

static bool has_escape(struct bytes text)
{
    for (size_t i = 0; i + 2 < text.n; i++) {
        if (escape_at(text, i))
            return true;
    }
    return false;
}

bool value_unescape(struct arena *arena, struct bytes text, bool plus, struct bytes *out)
{
    uint8_t *p;
    size_t n = 0;

    if (!has_escape(text) && (!plus || !bytes_has(text, '+'))) {
        *out = text;
        return true;
    }
    p = arena_alloc(arena, text.n);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (i + 2 < text.n && escape_at(text, i)) {
            p[n++] = (uint8_t)(ascii_hex_value(text.p[i + 1]) << 4 |
                               ascii_hex_value(text.p[i + 2]));
            i += 2;
        } else {
            p[n++] = plus && text.p[i] == '+' ? ' ' : text.p[i];
        }
    }
    *out = bytes_of(p, n);
    return true;
}

static bool try_percent(struct work *w, const struct leaf *node)
{
    struct bytes text;

    if (!has_escape(node->text))
        return false;
    if (!value_unescape(w->arena, node->text, false, &text)) {
        w->no_memory = true;
        return true;
    }
    add(w, node, node->key, text, VIA_PERCENT);
    return true;
}

static bool try_quotes(struct work *w, const struct leaf *node)
{
    struct bytes t = node->text;

    if (t.n < 3 || t.p[0] != '"' || t.p[t.n - 1] != '"')
        return false;
    add(w, node, node->key, bytes_slice(t, 1, t.n - 1), 0);
    return true;
}

static bool try_json(struct work *w, const struct leaf *node)
{
    struct json_scan scan;
    struct json_found found;
    size_t before = w->n;
    bool any = false;

    if (!json_scan_looks(node->text))
        return false;
    json_scan_init(&scan, node->text);
    while (json_scan_next(&scan, &found)) {
        struct bytes text = found.raw;

        any = true;
        if (found.kind == JSON_SCALAR_WORD)
            continue;
        if (found.kind == JSON_SCALAR_STRING && bytes_has(found.raw, '\\')) {
            uint8_t *p = arena_alloc(w->arena, found.raw.n);

            if (p == NULL) {
                w->no_memory = true;
                return true;
            }
            text = bytes_of(p, json_unescape(found.raw, p));
        }
        add(w, node, found.key, text, VIA_JSON);
    }
    return any && (w->n > before || !scan.broken);
}

/* 95 % of it is printable ASCII or it is UTF-8 text of some length. */
static bool is_text(struct bytes data)
{
    size_t printable = 0;

    if (!bytes_is_utf8(data))
        return false;
    for (size_t i = 0; i < data.n; i++)
        printable += (data.p[i] >= 0x20 && data.p[i] < 0x7f) || data.p[i] >= 0x80;
    return printable * 100 >= data.n * 95;
}

/* Unpacks small gzip or zlib data; false when it is neither. */
static bool unpack_small(struct work *w, struct bytes data, struct bytes *out)
{
    const struct unpack_limits limits = {VALUE_BYTES_MOST, 0};
    enum unpack_kind kind;
    enum parse how;

    if (!decode_packed(data, &kind) || kind == UNPACK_ZSTD_HTTP)
        return false;
    if (!decode_unpack(w->arena, kind, data, limits, out, &how)) {
        w->no_memory = true;
        return false;
    }
    w->spent += out->n;
    return out->n != 0 && how == PARSE_DONE && is_text(*out);
}

static bool try_jwt(struct work *w, const struct leaf *node)
{
    struct bytes rest = node->text, part, data;
    bool is;

    if (!bytes_starts(node->text, BYTES_LITERAL("eyJ")))
        return false;
    for (int i = 0; i < 2; i++) {
        if (!bytes_take_until(&rest, '.', &part))
            return false;
        if (!decode_base64(w->arena, part, &data, &is))
            return w->no_memory = true;
        if (!is)
            return false;
        if (i == 1)
            add(w, node, node->key, data, VIA_JWT);
    }
    return true;
}

static bool try_base64(struct work *w, const struct leaf *node)
{
    struct bytes data, text;
    bool is;

    if (node->text.n < BASE64_LEAST)
        return false;
    if (!decode_base64(w->arena, node->text, &data, &is)) {
        w->no_memory = true;
        return false;
    }
    if (!is)
        return false;
    if (unpack_small(w, data, &text)) {
        add(w, node, node->key, text, VIA_BASE64 | VIA_UNPACK);
        return true;
    }
    if (!is_text(data))
        return false;
    add(w, node, node->key, data, VIA_BASE64);
    return true;
}

static bool is_url(struct bytes t)
{
    return bytes_starts_nocase(t, BYTES_LITERAL("http://")) ||
           bytes_starts_nocase(t, BYTES_LITERAL("https://"));
}

static bool is_email(struct bytes t)
{
    struct bytes rest = t, local;

    if (!bytes_take_until(&rest, '@', &local) || local.n == 0 || rest.n < 4 ||
            bytes_has(rest, '@') || !bytes_has(rest, '.'))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (!ascii_is_alnum(t.p[i]) && !bytes_has(BYTES_LITERAL("@._+-"), t.p[i]))
            return false;
    }
    return ascii_is_alpha(rest.p[rest.n - 1]);
}

/* "name=value" with something on both sides; base64 padding is not a pair. */
static bool split_pair(struct bytes part, struct bytes *key, struct bytes *value)
{
    struct bytes rest = part;

    if (!bytes_take_until(&rest, '=', key) || key->n == 0 || rest.n == 0 || rest.p[0] == '=')
        return false;
    for (size_t i = 0; i < key->n; i++) {
        if (!ascii_is_alnum(key->p[i]) && !bytes_has(BYTES_LITERAL("_-.[]%"), key->p[i]))
            return false;
    }
    *value = rest;
    return true;
}

static bool try_query(struct work *w, const struct leaf *node)
{
    struct bytes rest = node->text, part, key, value;

    if (!bytes_has(rest, '=') || is_url(rest) || !split_pair(rest, &key, &value))
        return false;
    while (rest.n != 0) {
        if (!bytes_take_until(&rest, '&', &part)) {
            part = rest;
            rest.n = 0;
        }
        if (split_pair(part, &key, &value))
            add(w, node, key, value, VIA_QUERY);
        else
            add(w, node, node->key, part, VIA_QUERY);
    }
    return true;
}

static bool is_delimiter(uint8_t c)
{
    return c != '\0' && strchr("&|;,:#~!*$@{}", c) != NULL;
}

/* A dot splits only where both sides are long, so that versions and decimals stay whole. */
static bool dot_splits(struct bytes t, size_t at, size_t begin)
{
    size_t end = at + 1;

    while (end < t.n && t.p[end] != '.' && !is_delimiter(t.p[end]))
        end++;
    return at - begin >= DOT_SIDE_LEAST && end - at - 1 >= DOT_SIDE_LEAST;
}

static bool try_split(struct work *w, const struct leaf *node)
{
    struct bytes t = node->text;
    size_t begin = 0;
    bool any = false;

    if (is_url(t) || is_email(t) || (bytes_has(t, ' ') && is_text(t)))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        bool here = is_delimiter(t.p[i]) || (t.p[i] == '.' && dot_splits(t, i, begin));

        if (!here)
            continue;
        any = true;
        add(w, node, node->key, bytes_slice(t, begin, i), VIA_SPLIT);
        begin = i + 1;
    }
    if (any)
        add(w, node, node->key, bytes_slice(t, begin, t.n), VIA_SPLIT);
    return any;
}

static bool expand(struct work *w, const struct leaf *node)
{
    if (node->depth >= VALUE_DEPTH_MOST)
        return false;
    if (w->spent > VALUE_WORK_MOST) {
        w->capped = true;
        return false;
    }
    w->spent += node->text.n + 1;
    return try_percent(w, node) || try_quotes(w, node) || try_json(w, node) ||
           try_jwt(w, node) || try_base64(w, node) || try_query(w, node) || try_split(w, node);
}

bool value_leaves(struct arena *arena, struct bytes value, struct leaves *out)
{
    struct work w = {.arena = arena};
    struct leaf root = {.text = value};

    out->n = 0;
    if (value.n > VALUE_BYTES_MOST) {
        root.text.n = VALUE_BYTES_MOST;
        w.capped = true;
    }
    if (root.text.n != 0)
        w.nodes[w.n++] = root;
    while (w.n != 0 && !w.no_memory) {
        struct leaf node = w.nodes[--w.n];
        size_t before = w.n;

        if (expand(&w, &node)) {
            /* Taken from the end, so turn the children round: leaves come out in order. */
            for (size_t i = before, k = w.n; i + 1 < k; i++) {
                struct leaf swap = w.nodes[i];

                w.nodes[i] = w.nodes[--k];
                w.nodes[k] = swap;
            }
            continue;
        }
        if (out->n == VALUE_LEAVES_MOST) {
            w.capped = true;
            break;
        }
        out->at[out->n++] = node;
    }
    out->capped = w.capped;
    return !w.no_memory;
}
