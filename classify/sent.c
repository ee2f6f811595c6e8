/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sent.h"

#include "classify/fields.h"
#include "classify/decode.h"
#include "classify/json_scan.h"
#include "classify/url.h"
#include "classify/value.h"

enum {
    PACKED_LEAST = 24, /* bytes of base64 that are tried */
    NAME_MOST = 64,    /* of a name around {"value": ...}, with the bytes between */
};

struct reader {
    struct arena *arena;
    struct sent *out;
    size_t capacity;
    size_t spent;
};

/* What one text is read for. */
struct inside {
    struct place place;
    unsigned depth;
    bool unpacked;
};

static bool add(struct reader *r, const struct sent_value *v)
{
    struct sent_value *grown;

    if (r->out->n == SENT_VALUES_MOST) {
        r->out->capped = true;
        return true;
    }
    grown = arena_grow(r->arena, r->out->at, r->out->n, &r->capacity, sizeof(*r->out->at));
    if (grown == NULL)
        return false;
    r->out->at = grown;
    grown[r->out->n++] = *v;
    return true;
}

static bool is_one_of(struct bytes name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is_nocase(name, names[i]))
            return true;
    }
    return false;
}

static bool says_value(struct bytes name)
{
    static const char *const names[] = {"value", "val", "v", "data", "result"};

    return is_one_of(name, names, sizeof(names) / sizeof(*names));
}

static bool says_key(struct bytes name)
{
    static const char *const names[] = {"key", "name", "k", "n", "field"};

    return is_one_of(name, names, sizeof(names) / sizeof(*names));
}

/* Goes back over white space and then one character; false when that is another. */
static bool back_over(struct bytes text, size_t *at, uint8_t c)
{
    while (*at != 0 && (text.p[*at - 1] == ' ' || text.p[*at - 1] == '\n' ||
                               text.p[*at - 1] == '\r' || text.p[*at - 1] == '\t'))
        --*at;
    if (*at == 0 || text.p[*at - 1] != c)
        return false;
    --*at;
    return true;
}

/* In {"fonts": {"value": ...}} the name that means something stands one object further out, right
 * before the one that does not: read backwards from the value. */
static struct bytes outer_name(struct bytes json, struct bytes name, size_t off)
{
    size_t at = off, end;

    if (at != 0 && json.p[at - 1] == '"')
        at--;
    if (!back_over(json, &at, ':') || !back_over(json, &at, '"') || at < name.n + 1)
        return name;
    at -= name.n;
    if (!back_over(json, &at, '"') || !back_over(json, &at, '{') ||
            !back_over(json, &at, ':') || !back_over(json, &at, '"'))
        return name;
    end = at;
    while (at != 0 && end - at < NAME_MOST && json.p[at - 1] != '"')
        at--;
    return at == 0 || json.p[at - 1] != '"' || at == end ? name : bytes_slice(json, at, end);
}

/* Fields of a body or of a text in one of its forms. */
static bool take_fields(struct reader *r, const struct fields *fields, struct bytes text,
        const struct inside *in)
{
    struct bytes key = bytes_of(NULL, 0);

    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->at[i];
        struct sent_value v = {.name = f->name,
                .text = f->decoded,
                .place = in->place,
                .depth = in->depth,
                .unpacked = in->unpacked};

        if (in->depth == 0) {
            v.place.off = f->off;
            v.place.len = f->value.n;
        }
        if (fields->form == FIELDS_JSON && says_value(f->name))
            v.name = key.n != 0 ? key : outer_name(text, f->name, f->off);
        key = says_key(f->name) ? f->decoded : bytes_of(NULL, 0);
        if (!add(r, &v))
            return false;
    }
    r->out->capped |= fields->capped;
    return true;
}

static bool undo_base64(struct reader *r, struct bytes text, struct bytes *out, bool *is)
{
    *is = false;
    return text.n < PACKED_LEAST || decode_base64(r->arena, text, out, is);
}

static bool undo_deflate(struct reader *r, struct bytes data, struct bytes *out, bool *is)
{
    const struct unpack_limits limits = {SENT_UNPACKED_MOST, SENT_RATIO_MOST};
    enum unpack_kind kind;
    enum parse how;

    *is = false;
    if (!decode_packed(data, &kind))
        return true;
    if (!decode_unpack(r->arena, kind, data, limits, out, &how))
        return false;
    r->spent += out->n;
    *is = out->n != 0 && how != PARSE_BAD;
    return true;
}

/* "a=1&b=2": two pairs at least, since base64 may end in "=". */
static bool looks_query(struct bytes text)
{
    struct bytes rest = text, name, value;
    size_t n = 0;

    if (!bytes_has(text, '&') || bytes_has(text, ' '))
        return false;
    while (url_parameter(&rest, &name, &value) && n < 2 && value.n != 0)
        n++;
    return n == 2;
}

/* The JSON or the query string that a value is, or has packed inside. */
static bool unfold(
        struct reader *r, struct bytes text, struct inside *in, struct bytes *out, bool *is)
{
    bool packed = false;

    if (in->depth != 0 && bytes_has(text, '%') && !json_scan_looks(text) &&
            !value_unescape(r->arena, text, false, &text))
        return false;
    if (!undo_base64(r, text, &text, &packed))
        return false;
    in->unpacked |= packed;
    if (!undo_deflate(r, text, &text, &packed))
        return false;
    in->unpacked |= packed;
    *is = json_scan_looks(text) || looks_query(text);
    *out = text;
    return true;
}

static bool read_inside(struct reader *r, size_t at)
{
    struct sent_value outer = r->out->at[at];
    struct inside in = {outer.place, outer.depth + 1, outer.unpacked};
    struct fields fields;
    struct bytes text;
    bool is = false;

    if (outer.text.n < 4 || outer.depth == SENT_DEPTH_MOST)
        return true;
    if (r->spent + outer.text.n > SENT_WORK_MOST) {
        r->out->capped = true;
        return true;
    }
    r->spent += outer.text.n;
    if (!unfold(r, outer.text, &in, &text, &is))
        return false;
    if (!is)
        return true;
    return fields_read(r->arena, bytes_of(NULL, 0), text, SENT_VALUES_MOST, &fields) &&
           take_fields(r, &fields, text, &in);
}

/* Each value stands before what is inside it: so what is inside is put behind all and the whole
 * is read once from begin to end. */
static bool read_all_inside(struct reader *r)
{
    for (size_t i = 0; i < r->out->n; i++) {
        if (!read_inside(r, i))
            return false;
    }
    return true;
}

static bool read_query(struct reader *r, const struct exchange *x, size_t index)
{
    struct bytes rest = x->path, path, name, value;

    if (!bytes_take_until(&rest, '?', &path))
        return true;
    while (url_parameter(&rest, &name, &value)) {
        struct sent_value v = {.name = name,
                .place = {index, "request.path", (size_t)(value.p - x->path.p), value.n}};

        if (value.n == 0)
            v.place.off = (size_t)(name.p - x->path.p);
        if (!value_unescape(r->arena, value, true, &v.text) || !add(r, &v))
            return false;
    }
    return true;
}

static bool read_body(struct reader *r, const struct evidence *e, size_t index)
{
    const struct exchange *x = e->exchanges[index];
    const struct header *type = message_find(&x->request, "content-type");
    const struct inside in = {{index, "request.body", 0, 0}, 0, false};
    struct sent_value whole = {.place = {index, "request.body", 0, 0}};
    struct fields fields;
    struct bytes body;

    if (!x->request.body.present || x->request.body.bytes == 0)
        return true;
    body = evidence_body(e, &x->request.body);
    r->out->capped |= body.n > SENT_BODY_MOST;
    body = bytes_slice(body, 0, SENT_BODY_MOST);
    r->out->body = body;
    if (!fields_read(r->arena, type == NULL ? bytes_of(NULL, 0) : type->value, body,
                SENT_VALUES_MOST, &fields))
        return false;
    r->out->opaque = fields.form == FIELDS_NONE;
    if (!r->out->opaque)
        return take_fields(r, &fields, body, &in);
    whole.text = body;
    whole.place.len = body.n;
    return add(r, &whole);
}

bool sent_read(struct arena *arena, const struct evidence *e, size_t index, struct sent *out)
{
    const struct exchange *x = e->exchanges[index];
    struct sent made = {0};
    struct reader r = {.arena = arena, .out = &made};

    /* A message has no address of its own. */
    if ((x->message == 0 && !read_query(&r, x, index)) || !read_body(&r, e, index) ||
            !read_all_inside(&r))
        return false;
    *out = made;
    return true;
}
