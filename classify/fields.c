/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/fields.h"

#include <string.h>

#include "classify/json_scan.h"
#include "classify/url.h"
#include "classify/value.h"

struct reader {
    struct arena *arena;
    struct bytes body;
    size_t most, capacity;
    struct fields *out;
};

static bool add(struct reader *r, struct bytes name, struct bytes value, struct bytes decoded)
{
    struct field *grown;

    if (r->out->n == r->most) {
        r->out->capped = true;
        return true;
    }
    grown = arena_grow(r->arena, r->out->at, r->out->n, &r->capacity, sizeof(*grown));
    if (grown == NULL)
        return false;
    r->out->at = grown;
    grown[r->out->n++] = (struct field){
            name, value, decoded, value.p == NULL ? 0 : (size_t)(value.p - r->body.p)};
    return true;
}

static bool read_urlencoded(struct reader *r)
{
    struct bytes rest = r->body, name, value, decoded;

    while (!r->out->capped && url_parameter(&rest, &name, &value)) {
        if (!value_unescape(r->arena, value, true, &decoded) || !add(r, name, value, decoded))
            return false;
    }
    return true;
}

static bool read_json(struct reader *r)
{
    struct json_scan scan;
    struct json_found found;

    json_scan_init(&scan, r->body);
    while (!r->out->capped && json_scan_next(&scan, &found)) {
        struct bytes decoded = found.raw;

        if (found.kind == JSON_SCALAR_STRING && bytes_has(found.raw, '\\')) {
            uint8_t *p = arena_alloc(r->arena, found.raw.n);

            if (p == NULL)
                return false;
            decoded = bytes_of(p, json_unescape(found.raw, p));
        }
        if (!add(r, found.key, found.raw, decoded))
            return false;
    }
    return true;
}

/* Up to the next ';' that does not stand between quotes; both are left out. */
static struct bytes take_parameter(struct bytes *rest)
{
    struct bytes part;
    bool quoted = false;
    size_t n = 0;

    for (; n < rest->n && (quoted || rest->p[n] != ';'); n++) {
        if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
            n++;
        else if (rest->p[n] == '"')
            quoted = !quoted;
    }
    part = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n + 1, rest->n);
    return part;
}

/* A parameter of a header value: name=token or name="quoted". */
static struct bytes parameter_of(struct bytes header, const char *name)
{
    struct bytes rest = header, part, key;

    while (rest.n != 0) {
        part = take_parameter(&rest);
        if (!bytes_take_until(&part, '=', &key) || !bytes_is_nocase(bytes_trim(key), name))
            continue;
        part = bytes_trim(part);
        if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
            part = bytes_slice(part, 1, part.n - 1);
        return part;
    }
    return bytes_of(NULL, 0);
}

/* The head of one part: its name, and where its data begin. False: no head. */
static bool read_part_head(struct bytes part, struct bytes *name, struct bytes *data)
{
    struct bytes rest = part, line, key;

    *name = bytes_of(NULL, 0);
    while (bytes_take_line(&rest, &line)) {
        if (line.n == 0) {
            *data = rest;
            return true;
        }
        if (bytes_take_until(&line, ':', &key) &&
                bytes_is_nocase(bytes_trim(key), "content-disposition"))
            *name = parameter_of(line, "name");
    }
    return false;
}

/* Where the next boundary stands at or behind `from`, itself the front of a line: a boundary
 * is one at the front of a line only, RFC 2046 section 5.1.1. */
static bool find_boundary(struct bytes body, struct bytes dashed, size_t from, size_t *at)
{
    while (from < body.n) {
        const uint8_t *end;

        if (bytes_starts(bytes_slice(body, from, body.n), dashed)) {
            *at = from;
            return true;
        }
        end = memchr(body.p + from, '\n', body.n - from);
        if (end == NULL)
            return false;
        from = (size_t)(end - body.p) + 1;
    }
    return false;
}

/* The line break in front of a boundary belongs to it. */
static struct bytes without_break(struct bytes data)
{
    if (data.n != 0 && data.p[data.n - 1] == '\n')
        data.n--;
    if (data.n != 0 && data.p[data.n - 1] == '\r')
        data.n--;
    return data;
}

static bool read_multipart(struct reader *r, struct bytes boundary)
{
    struct bytes name, data;
    uint8_t *mark = arena_alloc(r->arena, boundary.n + 2);
    struct bytes dashed;
    size_t at, next = 0;

    if (mark == NULL)
        return false;
    mark[0] = mark[1] = '-';
    memcpy(mark + 2, boundary.p, boundary.n);
    dashed = bytes_of(mark, boundary.n + 2);
    if (!find_boundary(r->body, dashed, 0, &at))
        return true;
    while (!r->out->capped) {
        struct bytes part = bytes_slice(r->body, at + dashed.n, r->body.n);
        bool last;

        /* What follows the closing boundary is no part. */
        if (bytes_starts(part, BYTES_LITERAL("--")) || !bytes_take_line(&part, &data))
            return true;
        at = r->body.n - part.n;
        last = !find_boundary(r->body, dashed, at, &next);
        part = bytes_slice(r->body, at, last ? r->body.n : next);
        if (read_part_head(part, &name, &data)) {
            if (!last)
                data = without_break(data);
            if (!add(r, name, data, data))
                return false;
        }
        if (last)
            return true;
        at = next;
    }
    return true;
}

/* Nothing but pairs of readable names: what a form looks like when nobody says it is one. */
static bool looks_urlencoded(struct bytes body)
{
    struct bytes rest = body, name, value;
    size_t pairs = 0;

    while (url_parameter(&rest, &name, &value)) {
        if (name.n == 0 || name.n > 128 || value.p == NULL)
            return false;
        for (size_t i = 0; i < name.n; i++) {
            if (!ascii_is_alnum(name.p[i]) && !bytes_has(BYTES_LITERAL("_-.[]%$:"), name.p[i]))
                return false;
        }
        /* "==" at the end is the padding of base64. */
        pairs += value.n != 0 && value.p[0] != '=';
    }
    return pairs != 0;
}

bool fields_read(struct arena *arena, struct bytes content_type, struct bytes body, size_t most,
        struct fields *out)
{
    struct fields made = {0};
    struct reader r = {.arena = arena, .body = body, .most = most, .out = &made};
    struct bytes boundary = parameter_of(content_type, "boundary");
    bool ok = true;

    if (bytes_starts_nocase(content_type, BYTES_LITERAL("multipart/")) && boundary.n != 0) {
        made.form = FIELDS_MULTIPART;
        ok = read_multipart(&r, boundary);
    } else if (json_scan_looks(body)) {
        made.form = FIELDS_JSON;
        ok = read_json(&r);
    } else if (bytes_starts_nocase(
                       content_type, BYTES_LITERAL("application/x-www-form-urlencoded")) ||
               looks_urlencoded(body)) {
        made.form = FIELDS_URLENCODED;
        ok = read_urlencoded(&r);
    }
    if (ok)
        *out = made;
    return ok;
}
