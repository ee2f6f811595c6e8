/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/hpack.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

enum {
    TYPE_UPDATE = 0x20,
    INTEGER_MOST = 1 << 28, /* larger than any index or length that can be right */
};

struct hpack {
    nghttp2_hd_inflater *inflater; /* NULL: a new one has to be made */
    struct bytes rest;             /* of the block being read */
    bool torn;
    bool lost;
    bool ended;
    bool begun;      /* something of the block was read */
    bool shrinks;    /* the next block has to begin with a smaller table */
    uint32_t shrink; /* … of this size */
    uint64_t table;  /* size the encoder uses, as far as known */
};

/* The name of an entry whose real name is unknown. No field can have it: NUL is not allowed in
 * names (RFC 9113 section 8.2.1), and if one had it, it would come out as unknown. */
static const uint8_t unknown_name[] = {0};

/* One representation, RFC 7541 section 6. */
struct representation {
    enum representation_kind {
        INDEXED,
        LITERAL_INDEXED,
        LITERAL_PLAIN,
        LITERAL_NEVER,
        TABLE_UPDATE,
    } kind;
    uint64_t number;    /* index, or size of the table */
    struct bytes all;   /* its bytes */
    struct bytes value; /* the value's string literal with its length, where there is one */
    bool too_long;      /* longer than nghttp2 takes */
};

static enum status ensure_inflater(struct hpack *h)
{
    if (h->inflater != NULL)
        return STATUS_OK;
    if (nghttp2_hd_inflate_new(&h->inflater) != 0) {
        h->inflater = NULL;
        return STATUS_NOMEM;
    }
    /* Allows every update up to our own cap: what a peer may use is a matter between the two. */
    if (nghttp2_hd_inflate_change_table_size(h->inflater, HPACK_TABLE_MOST) != 0) {
        nghttp2_hd_inflate_del(h->inflater);
        h->inflater = NULL;
        return STATUS_NOMEM;
    }
    return STATUS_OK;
}

struct hpack *hpack_new(void)
{
    struct hpack *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    h->table = HPACK_TABLE_FIRST;
    h->ended = true;
    if (ensure_inflater(h) != STATUS_OK) {
        free(h);
        return NULL;
    }
    return h;
}

void hpack_free(struct hpack *h)
{
    if (h == NULL)
        return;
    if (h->inflater != NULL)
        nghttp2_hd_inflate_del(h->inflater);
    free(h);
}

void hpack_limit(struct hpack *h, uint32_t size)
{
    if (size >= h->table || (h->shrinks && h->shrink <= size))
        return;
    h->shrinks = true;
    h->shrink = size;
}

void hpack_lose(struct hpack *h)
{
    if (h->inflater != NULL)
        nghttp2_hd_inflate_del(h->inflater);
    h->inflater = NULL;
    h->lost = true;
    h->shrinks = false;
    h->table = HPACK_TABLE_MOST;
}

bool hpack_is_lost(const struct hpack *h)
{
    return h->lost;
}

void hpack_begin(struct hpack *h, struct bytes block, bool torn)
{
    h->rest = block;
    h->torn = torn;
    h->ended = false;
    h->begun = false;
}

/* Skips a string literal, RFC 7541 section 5.2; `all` is with its length. */
static enum parse take_string(struct bytes *b, struct bytes *all, bool *too_long)
{
    struct bytes at = *b;
    enum parse verdict;
    uint64_t n = 0;

    verdict = field_take_integer(&at, 7, INTEGER_MOST, &n);
    if (verdict != PARSE_DONE)
        return verdict;
    if (!bytes_skip(&at, (size_t)n))
        return PARSE_MORE;
    *too_long = *too_long || n > HPACK_TEXT_MOST;
    *all = bytes_slice(*b, 0, b->n - at.n);
    *b = at;
    return PARSE_DONE;
}

static enum parse take_representation(struct bytes *b, struct representation *out)
{
    struct representation r = {0};
    struct bytes at = *b, name;
    unsigned prefix = 4;
    enum parse verdict;
    uint8_t c;

    if (b->n == 0)
        return PARSE_MORE;
    c = b->p[0];
    if ((c & 0x80) != 0) {
        r.kind = INDEXED;
        prefix = 7;
    } else if ((c & 0x40) != 0) {
        r.kind = LITERAL_INDEXED;
        prefix = 6;
    } else if ((c & TYPE_UPDATE) != 0) {
        r.kind = TABLE_UPDATE;
        prefix = 5;
    } else {
        r.kind = (c & 0x10) != 0 ? LITERAL_NEVER : LITERAL_PLAIN;
    }
    verdict = field_take_integer(&at, prefix, INTEGER_MOST, &r.number);
    if (verdict == PARSE_DONE && r.kind != INDEXED && r.kind != TABLE_UPDATE) {
        if (r.number == 0)
            verdict = take_string(&at, &name, &r.too_long);
        if (verdict == PARSE_DONE)
            verdict = take_string(&at, &r.value, &r.too_long);
    }
    if (verdict != PARSE_DONE)
        return verdict;
    r.all = bytes_slice(*b, 0, b->n - at.n);
    *b = at;
    *out = r;
    return PARSE_DONE;
}

/* Gives nghttp2 one representation or a part of one. */
static enum field_step feed(struct hpack *h, struct bytes in, struct field *out)
{
    while (in.n != 0) {
        nghttp2_nv nv = {0};
        int flags = 0;
        ssize_t used = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, in.p, in.n, 0);

        if (used == NGHTTP2_ERR_NOMEM)
            return FIELD_FAILED;
        if (used < 0 || !bytes_skip(&in, (size_t)used))
            return FIELD_BAD;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            out->name = bytes_of(nv.name, nv.namelen);
            out->value = bytes_of(nv.value, nv.valuelen);
            out->sensitive = (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0;
            return in.n == 0 ? FIELD_READ : FIELD_BAD;
        }
        if (used == 0)
            return FIELD_BAD;
    }
    return FIELD_END; /* took all and gave nothing: a table update, or a part */
}

/* RFC 7541 section 6.3, written by us. */
static enum field_step feed_update(struct hpack *h, uint64_t size)
{
    struct field none;
    uint8_t raw[FIELD_INTEGER_BYTES];

    h->table = size;
    return feed(h, bytes_of(raw, field_put_integer(raw, 5, TYPE_UPDATE, size)), &none);
}

static enum field_step end_with(struct hpack *h, enum field_step step)
{
    h->ended = true;
    if (step != FIELD_END || h->torn)
        hpack_lose(h);
    else if (nghttp2_hd_inflate_end_headers(h->inflater) != 0)
        hpack_lose(h);
    return step;
}

/* Before the first representation: the changes of the table that stand. */
static enum field_step begin_table(struct hpack *h)
{
    bool fresh = h->inflater == NULL, updates;
    enum field_step step = FIELD_END;

    h->begun = true;
    if (ensure_inflater(h) != STATUS_OK)
        return FIELD_FAILED;
    if (fresh && h->lost)
        step = feed_update(h, HPACK_TABLE_LOST);
    /* An encoder has to open with an update when its limit sank (RFC 7541 section 4.2). Of one
     * that does not, the table is as small all the same. */
    updates = h->rest.n != 0 && (h->rest.p[0] & 0xe0) == TYPE_UPDATE;
    if (step == FIELD_END && h->shrinks && !updates)
        step = feed_update(h, h->shrink);
    h->shrinks = false;
    return step;
}

static bool out_of_table(const struct hpack *h, uint64_t index)
{
    return index > nghttp2_hd_inflate_get_num_table_entries(h->inflater);
}

/* A field whose index points before the loss. Its own entry takes its place in the table. */
static enum field_step unknown_entry(struct hpack *h, const struct representation *r)
{
    static const uint8_t named[] = {0x40, sizeof(unknown_name), 0};
    struct field none;
    enum field_step step;

    if (r->kind != LITERAL_INDEXED)
        return FIELD_UNKNOWN;
    step = feed(h, bytes_of(named, sizeof(named)), &none);
    if (step == FIELD_END)
        step = feed(h, r->value, &none);
    return step == FIELD_READ ? FIELD_UNKNOWN : step;
}

static enum field_step read_one(
        struct hpack *h, const struct representation *r, struct field *out)
{
    bool may_miss = h->lost || h->table == HPACK_TABLE_MOST;
    enum field_step step;

    if (r->kind == TABLE_UPDATE) {
        h->table = r->number < HPACK_TABLE_MOST ? r->number : HPACK_TABLE_MOST;
        return r->number > HPACK_TABLE_MOST ? feed_update(h, HPACK_TABLE_MOST)
                                            : feed(h, r->all, out);
    }
    if (r->kind == INDEXED && r->number == 0)
        return FIELD_BAD;
    if (r->too_long) {
        /* Too long an entry for nghttp2: what lies behind it cannot be counted any more. */
        if (r->kind == LITERAL_INDEXED) {
            hpack_lose(h);
            if (ensure_inflater(h) != STATUS_OK ||
                    feed_update(h, HPACK_TABLE_LOST) == FIELD_FAILED)
                return FIELD_FAILED;
        }
        return FIELD_UNKNOWN;
    }
    if (out_of_table(h, r->number))
        return may_miss ? unknown_entry(h, r) : FIELD_BAD;
    step = feed(h, r->all, out);
    if (step == FIELD_END)
        return FIELD_BAD;
    if (step == FIELD_READ && bytes_equal(out->name, bytes_of(unknown_name, 1)))
        return FIELD_UNKNOWN;
    return step;
}

enum field_step hpack_next(struct hpack *h, struct field *out)
{
    struct representation r;
    struct field field = {0};
    enum field_step step;
    enum parse verdict;

    if (h->ended)
        return FIELD_END;
    if (!h->begun) {
        step = begin_table(h);
        if (step != FIELD_END)
            return end_with(h, step);
    }
    while (h->rest.n != 0) {
        verdict = take_representation(&h->rest, &r);
        if (verdict == PARSE_MORE && h->torn)
            break;
        if (verdict != PARSE_DONE)
            return end_with(h, FIELD_BAD);
        step = read_one(h, &r, &field);
        if (step == FIELD_BAD || step == FIELD_FAILED)
            return end_with(h, step);
        if (step == FIELD_READ)
            *out = field;
        if (step != FIELD_END)
            return step;
    }
    return end_with(h, FIELD_END);
}
