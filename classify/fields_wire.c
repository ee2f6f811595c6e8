/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/event_stream.h"
#include "classify/fields_parts.h"
#include "classify/json_scan.h"
#include "classify/msgpack.h"
#include "classify/protobuf.h"

static bool copy_text(struct arena *arena, const char *text, struct bytes *out)
{
    return arena_copy(arena, bytes_text(text), out);
}

bool fields_read_protobuf(struct fields_reader *r, struct bytes message)
{
    struct protobuf_found found;
    struct protobuf_scan s;

    protobuf_init(&s, message);
    while (!r->out->capped && protobuf_next(&s, &found)) {
        char number[PROTOBUF_NUMBER_TEXT];
        struct bytes name, decoded = found.raw;

        if (found.kind != PROTOBUF_TEXT && found.kind != PROTOBUF_BYTES) {
            protobuf_number_text(&found, number);
            if (!copy_text(r->arena, number, &decoded))
                return false;
        }
        if (!arena_copy(r->arena, found.path, &name) ||
                !fields_add(r, name, found.raw, decoded))
            return false;
    }
    return true;
}

/* A key that is no string: what it would be in JSON. */
static bool key_text(struct arena *arena, struct bytes key, struct bytes *out)
{
    char number[MSGPACK_NUMBER_TEXT];
    struct msgpack_found found;
    struct msgpack_scan s;

    msgpack_init(&s, key);
    if (!msgpack_next(&s, &found))
        return true;
    msgpack_number_text(&found, number);
    return copy_text(arena, number, out);
}

bool fields_read_msgpack(struct fields_reader *r)
{
    struct msgpack_found found;
    struct msgpack_scan s;

    msgpack_init(&s, r->body);
    while (!r->out->capped && msgpack_next(&s, &found)) {
        char number[MSGPACK_NUMBER_TEXT];
        struct bytes name = found.key, decoded = found.raw;

        if (found.is_key)
            continue;
        if (found.key_is_number && !key_text(r->arena, found.key, &name))
            return false;
        if (found.kind != MSGPACK_TEXT && found.kind != MSGPACK_BYTES) {
            msgpack_number_text(&found, number);
            if (!copy_text(r->arena, number, &decoded))
                return false;
        }
        if (!fields_add(r, name, found.raw, decoded))
            return false;
    }
    return true;
}

/* "grpc-status: 0", a field to a line. */
static bool read_trailers(struct fields_reader *r, struct bytes trailers)
{
    struct bytes line, name;

    while (!r->out->capped && trailers.n != 0) {
        if (!bytes_take_line(&trailers, &line)) {
            line = trailers;
            trailers.n = 0;
        }
        if (!bytes_take_until(&line, ':', &name))
            continue;
        line = bytes_trim(line);
        if (!fields_add(r, name, line, line))
            return false;
    }
    return true;
}

static bool read_frame(struct fields_reader *r, const struct grpc_web_frame *f, bool json)
{
    if (f->flags & GRPC_WEB_COMPRESSED)
        r->out->unread = "compressed messages inside the body";
    else if (f->flags & GRPC_WEB_TRAILERS)
        return read_trailers(r, f->data);
    else if (json || (f->flags & GRPC_WEB_END_STREAM))
        return fields_read_json(r, f->data, (size_t)(f->data.p - r->body.p));
    else if (f->cut || !protobuf_looks(f->data, true))
        r->out->unread =
                f->data.n == 0 ? r->out->unread : "a message that is no protocol buffer";
    else
        return fields_read_protobuf(r, f->data);
    return true;
}

bool fields_read_frames(struct fields_reader *r, bool json)
{
    struct bytes rest = r->body;
    struct grpc_web_frame frame;

    while (!r->out->capped && grpc_web_next(&rest, &frame)) {
        if (!read_frame(r, &frame, json))
            return false;
    }
    if (rest.n != 0 && !r->out->capped)
        r->out->unread = "bytes that are no frames of messages";
    return true;
}

bool fields_read_frames_text(struct fields_reader *r)
{
    struct grpc_web_text text;
    struct fields_reader inner = *r;
    bool ok;

    if (!grpc_web_text_read(r->arena, r->body, &text))
        return false;
    inner.body = text.plain;
    inner.armour = &text;
    ok = fields_read_frames(&inner, false);
    r->capacity = inner.capacity;
    if (text.broken)
        r->out->unread = "bytes that are no base64";
    return ok;
}

/* An event's data, from its first to its last line: JSON, whose values are all within a line, or
 * each line a text of its own. `blank` is the body with all that is no data blanked out. */
static bool read_data(struct fields_reader *r, const uint8_t *blank, size_t begin, size_t end)
{
    const struct bytes data = bytes_of(blank + begin, end - begin);
    struct event_stream_line line;
    struct event_stream s;

    if (json_scan_looks(data))
        return fields_read_json(r, data, begin);
    event_stream_init(&s, bytes_slice(r->body, 0, end));
    s.at = begin;
    /* The first line's name stands in front of `begin`. */
    while (s.at > 0 && r->body.p[s.at - 1] != '\n' && r->body.p[s.at - 1] != '\r')
        s.at--;
    while (!r->out->capped && event_stream_next(&s, &line)) {
        if (line.kind == EVENT_STREAM_DATA && line.value.n != 0 &&
                !fields_add(r, BYTES_LITERAL("data"), line.value, line.value))
            return false;
    }
    return true;
}

bool fields_read_events(struct fields_reader *r)
{
    uint8_t *blank = arena_alloc(r->arena, r->body.n + 1);
    struct event_stream_line line;
    struct event_stream s;
    size_t begin = 0, end = 0;

    if (blank == NULL)
        return false;
    memset(blank, ' ', r->body.n);
    event_stream_init(&s, r->body);
    while (!r->out->capped && event_stream_next(&s, &line)) {
        bool ok = true;

        switch (line.kind) {
        case EVENT_STREAM_DATA:
            if (line.value.n != 0)
                memcpy(blank + line.off, line.value.p, line.value.n);
            begin = end == 0 ? line.off : begin;
            end = line.off + line.value.n;
            break;
        case EVENT_STREAM_ID:
            ok = line.value.n == 0 ||
                 fields_add(r, BYTES_LITERAL("id"), line.value, line.value);
            break;
        case EVENT_STREAM_END:
            ok = end == 0 || read_data(r, blank, begin, end);
            end = 0;
            break;
        case EVENT_STREAM_EVENT:
        case EVENT_STREAM_RETRY:
        case EVENT_STREAM_OTHER:
            break;
        }
        if (!ok)
            return false;
    }
    /* Browsers drop an event that is cut; the server sent it all the same. */
    return end == 0 || r->out->capped || read_data(r, blank, begin, end);
}
