/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/fields.h"
#include "classify/readable.h"
#include "classify/search_parts.h"

enum {
    BLIND_LEAST = 8,   /* bytes that come out of a format without a mark */
    OPAQUE_LEAST = 65, /* what is longer than any digest may hold something */
};

static enum search_layer packed_layer(enum unpack_kind kind)
{
    switch (kind) {
    case UNPACK_GZIP:
        return LAYER_GZIP;
    case UNPACK_ZLIB:
        return LAYER_ZLIB;
    case UNPACK_BROTLI:
        return LAYER_BROTLI;
    case UNPACK_ZSTD:
    case UNPACK_ZSTD_HTTP:
        return LAYER_ZSTD;
    case UNPACK_DEFLATE:
    case UNPACK_RAW:
        break;
    }
    return LAYER_DEFLATE;
}

/* `blind`: nothing says that it is of that kind, so that it counts only when a text comes out
 * to its end. True when something came out. */
static bool take_packed(
        struct search *s, const struct node *node, enum unpack_kind kind, bool blind)
{
    const struct unpack_limits limits = {SEARCH_BYTES_MOST - s->bytes, SEARCH_RATIO_MOST};
    struct node child = search_child(node, NODE_WHOLE, 0, node->text.n, packed_layer(kind));
    enum parse how = PARSE_BAD;

    if (limits.bytes == 0) {
        s->hits.capped = true;
        return true;
    }
    if (!search_scratch(s))
        return false;
    if (!decode_unpack(s->scratch, kind, node->text, limits, &child.text, &how)) {
        s->no_memory = true;
        return false;
    }
    s->bytes += child.text.n;
    if (blind && (how != PARSE_DONE || child.text.n < BLIND_LEAST ||
                         (!decode_readable(child.text) && !readable_text(child.text))))
        return false;
    s->hits.capped |= how == PARSE_UNSUPPORTED;
    search_enqueue(s, &child);
    return child.text.n != 0;
}

static void add_field(struct search *s, const struct node *node, const struct field *f)
{
    bool same = f->decoded.p == f->value.p && f->decoded.n == f->value.n;
    struct node child =
            search_child(node, same ? NODE_SLICE : NODE_WHOLE, f->off, f->value.n, LAYER_FIELD);

    child.text = f->decoded;
    child.key = f->name;
    child.bare = true;
    search_enqueue(s, &child);
}

/* Of formats that frame their fields in bytes; in others the text itself tells. True: it is of
 * one, and all of it was read. */
static bool take_fields(struct search *s, const struct node *node, struct bytes type)
{
    struct fields fields;

    if (node->layer_count >= SEARCH_CHAIN_MOST || !search_scratch(s))
        return false;
    if (!fields_read(s->scratch, type, node->text, 0, &fields)) {
        s->no_memory = true;
        return false;
    }
    switch (fields.form) {
    case FIELDS_NONE:
        return false;
    case FIELDS_URLENCODED:
    case FIELDS_JSON:
    case FIELDS_EVENT_STREAM:
        return true;
    case FIELDS_MULTIPART:
    case FIELDS_PROTOBUF:
    case FIELDS_MSGPACK:
    case FIELDS_FRAMES:
    case FIELDS_FRAMES_JSON:
    case FIELDS_FRAMES_TEXT:
        break;
    }
    if (!fields_read(s->scratch, type, node->text, SEARCH_FIELDS_MOST, &fields)) {
        s->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < fields.n && !s->no_memory; i++)
        add_field(s, node, &fields.at[i]);
    s->hits.capped |= fields.capped;
    return fields.unread == NULL;
}

/* Formats without a mark of their own. */
static bool take_blindly(struct search *s, const struct node *node)
{
    if (node->text.n < SEARCH_BINARY_LEAST || !search_may_go_on(node))
        return false;
    if (s->blind == SEARCH_BLIND_MOST) {
        s->hits.capped |= !node->origin->response;
        return true;
    }
    s->blind++;
    return (decode_maybe_deflate(node->text) && take_packed(s, node, UNPACK_DEFLATE, true)) ||
           take_packed(s, node, UNPACK_BROTLI, true);
}

/* Text as far as its first bytes tell. */
static bool begins_as_text(struct bytes text)
{
    text = bytes_slice(text, 0, SEARCH_TEXT_SHORT);
    /* A character may be cut. */
    for (size_t i = 0; i < 4 && text.n > 4; i++, text.n--) {
        if (decode_readable(text) || readable_text(text))
            return true;
    }
    return false;
}

/* Formats of fields that are text, or may be, beside those that the bytes tell. */
static bool is_framed(struct bytes type)
{
    static const char *const names[] = {"multipart/", "application/grpc", "application/connect",
            "application/proto", "application/x-proto"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (bytes_starts_nocase(type, bytes_text(names[i])))
            return true;
    }
    return false;
}

/* What is sent in bytes that are no text: what is in them, or that nobody knows. */
void search_packed(struct search *s, const struct node *node)
{
    const struct bytes none = bytes_of(NULL, 0);
    const struct origin *o = node->origin;
    bool whole = node->how == NODE_ORIGIN && o->body;
    bool text = begins_as_text(node->text), known = false;
    enum unpack_kind kind;

    if (decode_packed(node->text, &kind) && search_may_go_on(node))
        known = take_packed(s, node, kind, false);
    if (!search_explains(node) || known || node->how == NODE_ESCAPES ||
            (node->how == NODE_ORIGIN && !whole))
        return;
    /* A short text may still be a message: "\n" begins a field of protobuf. */
    if (text && node->text.n > SEARCH_ANSWER_SHORT && !is_framed(o->type))
        return;
    known = take_fields(s, node, whole ? o->type : none);
    if (text)
        return;
    if (!known && !take_blindly(s, node) && !o->response && node->text.n >= OPAQUE_LEAST)
        s->hits.opaque++;
}
