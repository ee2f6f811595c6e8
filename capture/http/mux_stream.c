/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/mux_stream.h"

#include <stdlib.h>

struct mux_stream *mux_stream_new(
        const struct http_setup *setup, enum protocol protocol, uint64_t id, struct exchange *x)
{
    struct mux_stream *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->id = id;
    s->x = x != NULL ? x : exchange_new(setup->connection, id, protocol);
    if (s->x == NULL) {
        free(s);
        return NULL;
    }
    s->x->secure = setup->secure;
    return s;
}

void mux_stream_free(struct mux_stream *s)
{
    if (s == NULL)
        return;
    body_free(s->side[FROM_CLIENT].body);
    body_free(s->side[FROM_SERVER].body);
    exchange_free(s->x);
    free(s);
}

struct message *mux_stream_message(struct mux_stream *s, enum direction side)
{
    return side == FROM_CLIENT ? &s->x->request : &s->x->response;
}

enum status mux_stream_carry(struct mux_stream *s, enum direction side, const struct item *by)
{
    struct message *m = mux_stream_message(s, side);
    uint64_t behind = by->off + by->len;

    s->side[side].began = true;
    /* Most items carry many pieces of one message: one look is enough. */
    if (by->len != 0 && s->side[side].carried == behind)
        return STATUS_OK;
    s->side[side].carried = behind;
    if (exchange_add_frames(s->x, m, by) != STATUS_OK)
        return STATUS_NOMEM;
    m->seen = true;
    return STATUS_OK;
}

/* Where the fields of a section go. */
struct reading {
    struct mux_stream *s;
    enum direction side;
    struct message *m;
    bool trailers;
    bool begun;      /* a field was read */
    bool after_loss; /* earlier sections of this direction were lost */
    bool regular;    /* a field that is no pseudo-header came */
    bool has_method, has_authority, has_status;
    uint64_t status;
    struct mux_growth *growth;
    struct mux_facts facts;
};

static void malformed(struct reading *r, const char *what)
{
    if (r->facts.malformed == NULL)
        r->facts.malformed = what;
}

static void set_once(struct reading *r, bool *has, struct bytes value, struct bytes *out)
{
    if (*has) {
        malformed(r, "a pseudo-header field comes twice");
        return;
    }
    *has = true;
    *out = value;
}

/* RFC 9113 section 8.3, RFC 9114 section 4.3. The first of each kind stands, wherever it comes. */
static void take_pseudo(struct reading *r, struct bytes name, struct bytes value)
{
    struct exchange *x = r->s->x;
    struct bytes digits = {0};

    if (r->regular)
        malformed(r, "a pseudo-header field comes behind a regular one");
    if (r->trailers) {
        malformed(r, "a pseudo-header field in trailers");
    } else if (r->side == FROM_SERVER) {
        if (!bytes_is(name, ":status"))
            malformed(r, "an unknown pseudo-header field");
        else
            set_once(r, &r->has_status, value, &digits);
        if (digits.n != 0 && (digits.n != 3 || !bytes_decimal(digits, &r->status)))
            malformed(r, ":status is no status code");
    } else if (bytes_is(name, ":method")) {
        set_once(r, &r->has_method, value, &x->method);
    } else if (bytes_is(name, ":scheme")) {
        set_once(r, &r->s->has_scheme, value, &x->scheme);
    } else if (bytes_is(name, ":authority")) {
        set_once(r, &r->has_authority, value, &x->authority);
    } else if (bytes_is(name, ":path")) {
        set_once(r, &r->s->has_path, value, &x->path);
    } else if (bytes_is(name, ":protocol")) {
        r->s->extended = true;
    } else {
        malformed(r, "an unknown pseudo-header field");
    }
}

/*
 * Head or trailers: the head comes first, unless frames were lost. Behind a response whose
 * :status is unknown, maybe an interim one, another head may follow.
 */
static void tell_kind(struct reading *r, struct bytes first)
{
    const struct mux_side *side = &r->s->side[r->side];
    bool pseudo = (first.n != 0 && first.p[0] == ':') || r->facts.unknown;

    r->begun = true;
    r->trailers = side->head_done || (!pseudo && (side->data != 0 || r->after_loss));
    if (side->head_done && r->side == FROM_SERVER && r->s->x->status == 0 &&
            bytes_is(first, ":status")) {
        r->trailers = false;
        r->m->header_count = 0;
    }
}

/* Interim responses come before the head without end, and count as a part of it. */
static uint64_t room_for_fields(const struct reading *r)
{
    uint64_t most = MUX_GROWTH_FREE + r->growth->allowed;
    uint64_t head = EXCHANGE_HEAD_MOST - r->s->side[r->side].head;
    uint64_t growth = most < r->growth->fields ? 0 : most - r->growth->fields;

    return head < growth ? head : growth;
}

static enum status take_field(struct reading *r, const struct field *field)
{
    size_t n = field->name.n + field->value.n;
    enum status status;
    struct bytes kept;

    if (!r->begun)
        tell_kind(r, field->name);
    if (n > room_for_fields(r))
        r->facts.budget = true;
    if (r->facts.budget)
        return STATUS_OK;
    r->s->side[r->side].head += n;
    r->growth->fields += n;
    if (r->trailers)
        status = exchange_add_trailer(r->s->x, r->m, field->name, field->value);
    else
        status = exchange_add_header(r->s->x, r->m, field->name, field->value);
    if (status == STATUS_USAGE) {
        r->facts.budget = true;
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    kept = r->trailers ? r->m->trailers[r->m->trailer_count - 1].value
                       : r->m->headers[r->m->header_count - 1].value;
    if (field->name.n != 0 && field->name.p[0] == ':')
        take_pseudo(r, field->name, kept);
    else
        r->regular = true;
    return STATUS_OK;
}

static enum field_step next_field(const struct field_source *source, struct field *out)
{
    return source->hpack != NULL ? hpack_next(source->hpack, out)
                                 : qpack_next(source->qpack, out);
}

/* Reads all fields: even those nobody wants change the table. */
static enum status read_fields(struct reading *r, const struct field_source *source)
{
    enum status status = STATUS_OK;
    struct field field;

    for (;;) {
        switch (next_field(source, &field)) {
        case FIELD_READ:
            if (r->s != NULL && status == STATUS_OK)
                status = take_field(r, &field);
            break;
        case FIELD_UNKNOWN:
            r->facts.unknown = true;
            break;
        case FIELD_END:
            return status;
        case FIELD_BAD:
            r->facts.bad = true;
            return status;
        case FIELD_FAILED:
            return STATUS_NOMEM;
        }
    }
}

/* The target out of what was sent; unknown parts stay unknown. */
static enum status set_target(struct reading *r)
{
    struct exchange *x = r->s->x;
    const struct header *host = message_find(r->m, "host");
    struct bytes method = x->method;
    enum status status;
    bool plain;

    if (!r->has_authority && host != NULL)
        x->authority = host->value;
    r->s->tunnel = bytes_is(x->method, "CONNECT");
    /* Plain CONNECT has neither scheme nor path, RFC 9113 section 8.5, RFC 9114 section 4.4. */
    plain = r->s->tunnel && !r->s->extended;
    if (!plain && r->m->head_whole && (!r->has_method || !r->s->has_scheme || !r->s->has_path))
        malformed(r, "a mandatory pseudo-header field is missing");
    /* Extended CONNECT names an ordinary URI, RFC 8441 section 4, RFC 9220. */
    if (r->s->extended)
        x->method = BYTES_LITERAL("GET");
    status = exchange_set_target(x);
    x->method = method;
    if (!plain && (x->scheme.n == 0 || !r->s->has_path))
        x->url = bytes_of(NULL, 0);
    return status;
}

static void add_interim(struct exchange *x, uint32_t status)
{
    for (size_t i = 0; i < sizeof(x->interim) / sizeof(x->interim[0]); i++) {
        if (x->interim[i] == 0) {
            x->interim[i] = status;
            return;
        }
    }
}

static enum status end_head(struct reading *r)
{
    struct mux_side *side = &r->s->side[r->side];

    r->m->head_frames = r->m->frames_listed;
    if (r->side == FROM_SERVER && r->status >= 100 && r->status < 200) {
        add_interim(r->s->x, (uint32_t)r->status);
        r->m->header_count = 0;
        r->m->head_whole = false;
        return STATUS_OK;
    }
    side->head_done = true;
    if (r->side == FROM_CLIENT)
        return set_target(r);
    r->s->x->status = (uint32_t)r->status;
    if (r->m->head_whole && !r->has_status)
        malformed(r, "a mandatory pseudo-header field is missing");
    return STATUS_OK;
}

void mux_stream_adopt(struct mux_stream *s)
{
    struct exchange *x = s->x;

    s->side[FROM_CLIENT].began = true;
    s->side[FROM_CLIENT].head_done = true;
    s->side[FROM_CLIENT].ended = true;
    if (x->status != 101)
        return;
    add_interim(x, 101);
    x->status = 0;
    x->reason = bytes_of(NULL, 0);
    x->response.raw_head = bytes_of(NULL, 0);
    x->response.header_count = 0;
    x->response.head_whole = false;
    x->response.whole = false;
    x->response.body = (struct body){0};
}

enum status mux_stream_fields(struct mux_stream *s, enum direction side,
        const struct field_source *source, bool torn, struct mux_growth *growth,
        struct mux_facts *out)
{
    struct reading r = {.s = s, .side = side, .after_loss = source->lost, .growth = growth};
    enum status status;
    bool whole;

    if (s != NULL) {
        r.m = mux_stream_message(s, side);
        r.m->seen = true;
        s->side[side].began = true;
        r.trailers = s->side[side].head_done || s->side[side].data != 0;
    }
    status = read_fields(&r, source);
    if (s != NULL && status == STATUS_OK) {
        whole = !torn && !r.facts.unknown && !r.facts.bad && !r.facts.budget;
        if (!r.trailers) {
            r.m->head_whole = whole;
            status = end_head(&r);
        } else if (!whole) {
            s->side[side].cut_trailers = true;
        }
    }
    *out = r.facts;
    return status;
}

/* RFC 9110 section 6.4.1: these have no body, whatever their fields say. */
static bool never_has_body(const struct mux_stream *s, enum direction side)
{
    return side == FROM_SERVER &&
           (bytes_is(s->x->method, "HEAD") || s->x->status == 204 || s->x->status == 304);
}

/* What is inside a tunnel is no content of the messages that opened it (RFC 9110 section 9.3.6);
 * a refusal has content like any other response. */
static bool is_tunnelled(const struct mux_stream *s, enum direction side)
{
    return s->tunnel && (side == FROM_CLIENT || s->x->status < 300);
}

/* Whether the end will show that nothing is missing. A coded body cannot wait for that: what a
 * decoder makes of bytes with a hole is not to be trusted. */
static bool length_will_tell(struct mux_stream *s, enum direction side)
{
    const struct message *m = mux_stream_message(s, side);

    return m->head_whole && message_find(m, "content-length") != NULL &&
           message_find(m, "content-encoding") == NULL;
}

static enum status ensure_body(
        struct mux_stream *s, enum direction side, const struct http_setup *setup)
{
    struct mux_side *d = &s->side[side];

    if (d->body == NULL)
        d->body =
                body_new(setup->bodies, s->x, mux_stream_message(s, side), side == FROM_CLIENT);
    return d->body == NULL ? STATUS_NOMEM : STATUS_OK;
}

enum status mux_stream_data(struct mux_stream *s, enum direction side,
        const struct http_setup *setup, struct bytes data)
{
    struct mux_side *d = &s->side[side];

    if (d->ended || (data.n == 0 && never_has_body(s, side)))
        return STATUS_OK;
    if (is_tunnelled(s, side)) {
        d->data += data.n;
        return STATUS_OK;
    }
    if (ensure_body(s, side, setup) != STATUS_OK)
        return STATUS_NOMEM;
    if (d->suspect && !d->torn && data.n != 0 && !length_will_tell(s, side)) {
        /* Frames of it may be missing in between, of unknown length. */
        body_gap(d->body, 1);
        d->torn = true;
    }
    d->data += data.n;
    return body_push(d->body, data);
}

enum status mux_stream_hole(struct mux_stream *s, enum direction side,
        const struct http_setup *setup, uint64_t len, uint32_t gap)
{
    struct mux_side *d = &s->side[side];

    if (d->ended)
        return STATUS_OK;
    if (is_tunnelled(s, side)) {
        d->data += len;
        return STATUS_OK;
    }
    if (ensure_body(s, side, setup) != STATUS_OK)
        return STATUS_NOMEM;
    body_gap(d->body, len);
    d->data += len;
    d->torn = true;
    exchange_add_gap(s->x, gap);
    return STATUS_OK;
}

/* A stream next to lost frames is whole only when its length proves it. */
static bool length_proves(struct mux_stream *s, enum direction side)
{
    const struct header *length = message_find(mux_stream_message(s, side), "content-length");
    uint64_t n;

    if (never_has_body(s, side))
        return true;
    return length != NULL && bytes_decimal(length->value, &n) && n == s->side[side].data;
}

enum status mux_stream_end(struct mux_stream *s, enum direction side, bool whole)
{
    struct message *m = mux_stream_message(s, side);
    struct mux_side *d = &s->side[side];
    enum status status = STATUS_OK;

    if (d->ended)
        return STATUS_OK;
    d->ended = true;
    /* Content that cannot be is not missing when the stream is cancelled in its place. */
    whole = (whole || never_has_body(s, side)) && !d->torn &&
            (!d->suspect || length_proves(s, side));
    m->whole = (whole || is_tunnelled(s, side)) && m->head_whole && !d->cut_trailers;
    if (d->body != NULL) {
        status = body_end(d->body, whole);
        body_free(d->body);
        d->body = NULL;
        /* The fields that name the codings may be among those that are missing. */
        if (!m->head_whole && m->body.coding_count == 0 && m->body.undecoded == NULL)
            m->body.undecoded = "the header section is not known whole";
    }
    return status;
}
