/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/fields.h"

#include <string.h>

#include "classify/fields_parts.h"
#include "classify/json_scan.h"
#include "classify/msgpack.h"
#include "classify/protobuf.h"
#include "classify/url.h"
#include "classify/value.h"

bool fields_add(
        struct fields_reader *r, struct bytes name, struct bytes value, struct bytes decoded)
{
    struct field *grown;
    size_t off = 0;

    if (r->out->n == r->most) {
        r->out->capped = true;
        return true;
    }
    grown = arena_grow(r->arena, r->out->at, r->out->n, &r->capacity, sizeof(*grown));
    if (grown == NULL)
        return false;
    if (value.p != NULL)
        off = (size_t)(value.p - r->body.p);
    if (r->armour != NULL) {
        value = grpc_web_text_piece(r->armour, off, value.n);
        off = value.p == NULL ? 0 : (size_t)(value.p - r->armour->coded.p);
    }
    r->out->at = grown;
    grown[r->out->n++] = (struct field){name, value, decoded, off};
    return true;
}

static bool read_urlencoded(struct fields_reader *r)
{
    struct bytes rest = r->body, name, value, decoded;

    while (!r->out->capped && url_parameter(&rest, &name, &value)) {
        if (!value_unescape(r->arena, value, true, &decoded) ||
                !fields_add(r, name, value, decoded))
            return false;
    }
    return true;
}

bool fields_read_json(struct fields_reader *r, struct bytes text, size_t off)
{
    struct json_scan scan;
    struct json_found found;

    json_scan_init(&scan, text);
    while (!r->out->capped && json_scan_next(&scan, &found)) {
        struct bytes raw = bytes_slice(r->body, off + found.off, off + found.off + found.raw.n);
        struct bytes decoded = raw;

        if (found.kind == JSON_SCALAR_STRING && bytes_has(raw, '\\')) {
            uint8_t *p = arena_alloc(r->arena, raw.n);

            if (p == NULL)
                return false;
            decoded = bytes_of(p, json_unescape(raw, p));
        }
        if (!fields_add(r, found.key, raw, decoded))
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

static bool read_multipart(struct fields_reader *r, struct bytes boundary)
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
            if (!fields_add(r, name, data, data))
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

/* Packet type and acknowledgement of engine.io and socket.io in front of JSON: 42["event",…]. */
static size_t packet_type(struct bytes body)
{
    enum { DIGITS_MOST = 12 };
    size_t n = 0;

    while (n < body.n && n < DIGITS_MOST && ascii_is_digit(body.p[n]))
        n++;
    return n != 0 && n < body.n && (body.p[n] == '{' || body.p[n] == '[') ? n : 0;
}

struct typed {
    const char *type;
    enum fields_form form;
};

/* What senders call formats whose bytes alone say little. */
static const struct typed types[] = {
        {"text/event-stream", FIELDS_EVENT_STREAM},
        {"application/x-protobuf", FIELDS_PROTOBUF},
        {"application/x-protobuffer", FIELDS_PROTOBUF},
        {"application/protobuf", FIELDS_PROTOBUF},
        {"application/proto", FIELDS_PROTOBUF}, /* Connect */
        {"application/x-google-protobuf", FIELDS_PROTOBUF},
        {"application/vnd.google.protobuf", FIELDS_PROTOBUF},
        {"application/msgpack", FIELDS_MSGPACK},
        {"application/x-msgpack", FIELDS_MSGPACK},
        {"application/vnd.msgpack", FIELDS_MSGPACK},
        {"application/grpc-web-text", FIELDS_FRAMES_TEXT},
        {"application/grpc-web-text+proto", FIELDS_FRAMES_TEXT},
        {"application/grpc-web", FIELDS_FRAMES},
        {"application/grpc-web+proto", FIELDS_FRAMES},
        {"application/grpc", FIELDS_FRAMES},
        {"application/grpc+proto", FIELDS_FRAMES},
        {"application/connect+proto", FIELDS_FRAMES},
        {"application/grpc-web+json", FIELDS_FRAMES_JSON},
        {"application/grpc+json", FIELDS_FRAMES_JSON},
        {"application/connect+json", FIELDS_FRAMES_JSON},
};

static struct bytes without_parameters(struct bytes content_type)
{
    return bytes_trim(take_parameter(&content_type));
}

/* Nobody said what the bytes are: nothing, or just that they are bytes. */
static bool is_undeclared(struct bytes type)
{
    return type.n == 0 || bytes_is_nocase(type, "application/octet-stream") ||
           bytes_is_nocase(type, "binary/octet-stream");
}

/* By what the sender says, when the bytes do not contradict it. */
static enum fields_form declared_form(struct bytes type, struct bytes body)
{
    enum fields_form form = FIELDS_NONE;

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (bytes_is_nocase(type, types[i].type))
            form = types[i].form;
    }
    if ((form == FIELDS_PROTOBUF && !protobuf_looks(body, true)) ||
            (form == FIELDS_MSGPACK && !msgpack_looks(body, true)))
        return FIELDS_NONE;
    return form;
}

static enum fields_form form_of(struct bytes content_type, struct bytes body, bool boundary)
{
    struct bytes type = without_parameters(content_type);
    enum fields_form form = declared_form(type, body);

    if (form != FIELDS_NONE)
        return form;
    if (boundary && bytes_starts_nocase(content_type, BYTES_LITERAL("multipart/")))
        return FIELDS_MULTIPART;
    if (json_scan_looks(bytes_slice(body, packet_type(body), body.n)))
        return FIELDS_JSON;
    if (bytes_is_nocase(type, "application/x-www-form-urlencoded") || looks_urlencoded(body))
        return FIELDS_URLENCODED;
    if (is_undeclared(type) && msgpack_looks(body, false))
        return FIELDS_MSGPACK;
    if (is_undeclared(type) && protobuf_looks(body, false))
        return FIELDS_PROTOBUF;
    return FIELDS_NONE;
}

static bool read_form(struct fields_reader *r, struct bytes boundary)
{
    size_t skip;

    switch (r->out->form) {
    case FIELDS_NONE:
        break;
    case FIELDS_URLENCODED:
        return read_urlencoded(r);
    case FIELDS_MULTIPART:
        return read_multipart(r, boundary);
    case FIELDS_JSON:
        skip = packet_type(r->body);
        return fields_read_json(r, bytes_slice(r->body, skip, r->body.n), skip);
    case FIELDS_EVENT_STREAM:
        return fields_read_events(r);
    case FIELDS_PROTOBUF:
        return fields_read_protobuf(r, r->body);
    case FIELDS_MSGPACK:
        return fields_read_msgpack(r);
    case FIELDS_FRAMES:
    case FIELDS_FRAMES_JSON:
        return fields_read_frames(r, r->out->form == FIELDS_FRAMES_JSON);
    case FIELDS_FRAMES_TEXT:
        return fields_read_frames_text(r);
    }
    return true;
}

bool fields_read(struct arena *arena, struct bytes content_type, struct bytes body, size_t most,
        struct fields *out)
{
    struct fields made = {0};
    struct fields_reader r = {.arena = arena, .body = body, .most = most, .out = &made};
    struct bytes boundary = parameter_of(content_type, "boundary");

    made.form = form_of(content_type, body, boundary.n != 0);
    if (!read_form(&r, boundary))
        return false;
    *out = made;
    return true;
}
