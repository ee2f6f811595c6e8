/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/qpack.h"

#include <nghttp3/nghttp3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "capture/http/qpack_count.h"
#include "capture/http/qpack_table.h"
#include "capture/http/qpack_wire.h"

enum {
    PENDING_MOST = 2 * (QPACK_TEXT_MOST + FIELD_INTEGER_BYTES),
    HELD_MOST = 2,
    STATIC_LINE = 0xc0,  /* Indexed Field Line, T = 1 */
    NAMED_LINE = 0x51,   /* Literal Field Line with the name of static entry 1 */
    HUFFMAN_TEXT = 0x80, /* H of a string literal with 7 bits of length */
};

/* A section that the other side has not acknowledged yet. */
struct sent {
    uint64_t stream, required;
};

struct qpack {
    struct qpack_table table;
    struct qpack_count count;
    struct buf pending; /* the front of an instruction */
    bool no_limit;      /* and it will not be known */
    bool lost;
    bool spoilt; /* the encoder stream went wrong */

    struct bytes rest; /* of the section being read */
    bool torn, ended, begun;
    uint64_t stream, packet;
    bool refers, exact; /* it refers to the table; to which entries is known */
    uint64_t required, base;

    struct sent sent[QPACK_SENT_MOST];
    size_t sent_n;
    uint64_t received; /* insertions that the other side acknowledged */
    uint8_t answer[FIELD_INTEGER_BYTES];
    size_t answer_n;
    bool deaf; /* the decoder stream went wrong */

    nghttp3_qpack_decoder *decoder; /* NULL: a new one has to be made */
    nghttp3_qpack_stream_context *context;
    nghttp3_rcbuf *held[HELD_MOST]; /* what views that were given out borrow from */
    size_t held_n;
};

static void drop_decoder(struct qpack *q)
{
    if (q->context != NULL)
        nghttp3_qpack_stream_context_del(q->context);
    if (q->decoder != NULL)
        nghttp3_qpack_decoder_del(q->decoder);
    q->context = NULL;
    q->decoder = NULL;
}

static enum status ensure_decoder(struct qpack *q)
{
    const nghttp3_mem *mem = nghttp3_mem_default();

    if (q->decoder != NULL)
        return STATUS_OK;
    if (nghttp3_qpack_decoder_new(&q->decoder, 0, 0, mem) != 0) {
        q->decoder = NULL;
        return STATUS_NOMEM;
    }
    if (nghttp3_qpack_stream_context_new(&q->context, 0, mem) != 0) {
        q->context = NULL;
        drop_decoder(q);
        return STATUS_NOMEM;
    }
    return STATUS_OK;
}

struct qpack *qpack_new(void)
{
    struct qpack *q = calloc(1, sizeof(*q));

    if (q == NULL)
        return NULL;
    qpack_table_init(&q->table, QPACK_TABLE_MOST);
    buf_init(&q->pending, PENDING_MOST);
    q->ended = true;
    return q;
}

static void release(struct qpack *q)
{
    while (q->held_n != 0)
        nghttp3_rcbuf_decref(q->held[--q->held_n]);
}

void qpack_free(struct qpack *q)
{
    if (q == NULL)
        return;
    release(q);
    drop_decoder(q);
    qpack_table_clear(&q->table);
    buf_clear(&q->pending);
    free(q);
}

void qpack_limit(struct qpack *q, uint64_t size)
{
    q->count.limit_known = true;
    q->count.limit = size;
}

void qpack_limit_lost(struct qpack *q)
{
    q->no_limit = true;
}

void qpack_lose(struct qpack *q, uint64_t most)
{
    if (!q->lost)
        q->count.most = q->table.count + q->pending.n;
    q->lost = true;
    q->count.lost = true;
    buf_clear(&q->pending);
    /* The shortest instruction that inserts is of one byte: Duplicate. */
    q->count.most = most < UINT64_MAX - q->count.most ? q->count.most + most : UINT64_MAX;
}

bool qpack_is_lost(const struct qpack *q)
{
    return q->lost;
}

uint64_t qpack_inserted(const struct qpack *q)
{
    return q->table.count;
}

/* Has nghttp3 read a section of one line, `head` and `rest`; exactly one field must come of it. */
static enum field_step ask(struct qpack *q, struct bytes head, struct bytes rest,
        nghttp3_rcbuf **name, nghttp3_rcbuf **value)
{
    nghttp3_qpack_nv nv = {0};
    struct bytes part = head;

    if (ensure_decoder(q) != STATUS_OK)
        return FIELD_FAILED;
    nghttp3_qpack_stream_context_reset(q->context);
    for (int i = 0; i < 2; i++) {
        bool last = i == 1 || rest.n == 0;

        while (part.n != 0) {
            uint8_t flags = 0;
            nghttp3_ssize used = nghttp3_qpack_decoder_read_request(
                    q->decoder, q->context, &nv, &flags, part.p, part.n, last);

            /* A decoder that found a fault reads nothing more. */
            if (used < 0 || !bytes_skip(&part, (size_t)used)) {
                drop_decoder(q);
                return used == NGHTTP3_ERR_NOMEM ? FIELD_FAILED : FIELD_BAD;
            }
            if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0) {
                *name = nv.name;
                *value = nv.value;
                return FIELD_READ;
            }
            if (used == 0)
                return FIELD_BAD;
        }
        part = rest;
    }
    return FIELD_BAD;
}

/* Keeps one half of what ask gave until release. */
static struct bytes keep(struct qpack *q, nghttp3_rcbuf *kept, nghttp3_rcbuf *other)
{
    nghttp3_vec v = nghttp3_rcbuf_get_buf(kept);

    nghttp3_rcbuf_decref(other);
    q->held[q->held_n++] = kept;
    return bytes_of(v.base, v.len);
}

static enum field_step decode_static(
        struct qpack *q, uint64_t index, struct bytes *name, struct bytes *value)
{
    uint8_t line[2 + FIELD_INTEGER_BYTES] = {0, 0};
    nghttp3_rcbuf *n, *v;
    enum field_step step;
    size_t length = 2;

    if (index >= QPACK_STATIC_ENTRIES)
        return FIELD_BAD;
    length += field_put_integer(line + length, 6, STATIC_LINE, index);
    step = ask(q, bytes_of(line, length), bytes_of(NULL, 0), &n, &v);
    if (step != FIELD_READ)
        return step;
    /* Static entries are no one's to free: their bytes stay. */
    *name = bytes_of(nghttp3_rcbuf_get_buf(n).base, nghttp3_rcbuf_get_buf(n).len);
    *value = bytes_of(nghttp3_rcbuf_get_buf(v).base, nghttp3_rcbuf_get_buf(v).len);
    nghttp3_rcbuf_decref(n);
    nghttp3_rcbuf_decref(v);
    return FIELD_READ;
}

/* A string literal. nghttp3 takes longer values than names, so all are given to it as values. */
static enum field_step decode_text(
        struct qpack *q, const struct qpack_text *text, struct bytes *out)
{
    uint8_t line[3 + FIELD_INTEGER_BYTES] = {0, 0, NAMED_LINE};
    nghttp3_rcbuf *name, *value;
    enum field_step step;
    size_t n = text->raw.n, length = 3;

    if (n > QPACK_TEXT_MOST)
        return FIELD_UNKNOWN;
    if (!text->huffman || n == 0) {
        *out = text->raw;
        return FIELD_READ;
    }
    length += field_put_integer(line + length, 7, HUFFMAN_TEXT, n);
    step = ask(q, bytes_of(line, length), text->raw, &name, &value);
    if (step != FIELD_READ)
        return step;
    *out = keep(q, value, name);
    return out->n > QPACK_TEXT_MOST ? FIELD_UNKNOWN : FIELD_READ;
}

/* The insertions of one instruction. FIELD_END: done; BAD; FAILED. */
static enum field_step insert(struct qpack *q, const struct qpack_instruction *i)
{
    struct bytes name = {0}, value = {0}, unused;
    enum field_step step = FIELD_READ, second;
    uint64_t count = q->table.count;
    bool known = true;

    if (i->kind == QPACK_CAPACITY) {
        q->count.capacity = i->number > q->count.capacity ? i->number : q->count.capacity;
        return FIELD_END;
    }
    if (i->kind != QPACK_INSERT_LITERAL && !i->is_static) {
        if (i->number >= count)
            return FIELD_BAD;
        known = qpack_table_find(&q->table, count - 1 - i->number, &name, &value);
    } else if (i->is_static) {
        step = decode_static(q, i->number, &name, &unused);
    } else {
        step = decode_text(q, &i->name, &name);
    }
    if (i->kind != QPACK_DUPLICATE && (step == FIELD_READ || step == FIELD_UNKNOWN)) {
        second = decode_text(q, &i->value, &value);
        step = step == FIELD_UNKNOWN && second == FIELD_READ ? step : second;
    }
    if (step != FIELD_READ && step != FIELD_UNKNOWN)
        return step;
    known = known && step == FIELD_READ;
    if ((known ? qpack_table_add(&q->table, name, value)
               : qpack_table_add_unknown(&q->table)) != STATUS_OK)
        return FIELD_FAILED;
    return FIELD_END;
}

/* Reads what is whole of `data`, which moves on. */
static enum parse read_instructions(struct qpack *q, struct bytes *data)
{
    struct qpack_instruction instruction;

    for (;;) {
        enum parse verdict = qpack_take_instruction(data, &instruction);
        enum field_step step;

        if (verdict != PARSE_DONE)
            return verdict;
        release(q);
        step = insert(q, &instruction);
        release(q);
        if (step == FIELD_FAILED)
            return PARSE_UNSUPPORTED;
        if (step != FIELD_END)
            return PARSE_BAD;
    }
}

/* Goes on with an instruction whose front waits. */
static enum parse read_pending(struct qpack *q, struct bytes *data)
{
    size_t room = q->pending.limit - q->pending.n, n = data->n < room ? data->n : room;
    struct bytes all;
    enum parse verdict;

    if (n == 0)
        return PARSE_BAD; /* longer than its name and value may be */
    if (buf_append(&q->pending, bytes_slice(*data, 0, n)) != STATUS_OK)
        return PARSE_UNSUPPORTED;
    *data = bytes_slice(*data, n, data->n);
    all = buf_view(&q->pending);
    verdict = read_instructions(q, &all);
    buf_drop(&q->pending, q->pending.n - all.n);
    return verdict;
}

enum parse qpack_insert(struct qpack *q, struct bytes data, uint64_t packet)
{
    enum parse verdict = PARSE_MORE;

    if (q->lost) {
        qpack_lose(q, data.n);
        return PARSE_DONE;
    }
    if (q->spoilt)
        return PARSE_BAD;
    while (data.n != 0 && verdict == PARSE_MORE) {
        if (q->pending.n != 0) {
            verdict = read_pending(q, &data);
            continue;
        }
        verdict = read_instructions(q, &data);
        if (verdict != PARSE_MORE)
            break;
        if (data.n > PENDING_MOST)
            verdict = PARSE_BAD;
        else if (buf_append(&q->pending, data) != STATUS_OK)
            verdict = PARSE_UNSUPPORTED;
        break;
    }
    qpack_count_note(&q->count, packet, q->table.count);
    q->spoilt = verdict == PARSE_BAD;
    return verdict == PARSE_MORE ? PARSE_DONE : verdict;
}

/* Section 4.4.1: each acknowledgement is for the oldest section of its stream that has none. */
static bool take_sent(struct qpack *q, uint64_t stream, bool all)
{
    size_t kept = 0;
    bool found = false;

    for (size_t i = 0; i < q->sent_n; i++) {
        if (q->sent[i].stream != stream || (found && !all)) {
            q->sent[kept++] = q->sent[i];
            continue;
        }
        if (!all && q->sent[i].required > q->received)
            q->received = q->sent[i].required;
        found = true;
    }
    q->sent_n = kept;
    return found;
}

enum parse qpack_answered(struct qpack *q, struct bytes data, uint64_t packet)
{
    struct qpack_answer answer;
    struct bytes at;
    uint8_t c;

    while (!q->deaf && bytes_take_u8(&data, &c)) {
        enum parse verdict = PARSE_BAD;

        if (q->answer_n < sizeof(q->answer)) {
            q->answer[q->answer_n++] = c;
            at = bytes_of(q->answer, q->answer_n);
            verdict = qpack_take_answer(&at, &answer);
        }
        q->deaf = verdict == PARSE_BAD;
        if (verdict != PARSE_DONE)
            continue;
        q->answer_n = 0;
        if (answer.kind == QPACK_INCREMENT)
            q->received += answer.number;
        else
            (void)take_sent(q, answer.number, answer.kind == QPACK_CANCELLED);
    }
    if (q->received > q->table.count)
        qpack_count_note(&q->count, packet, q->received);
    return q->deaf ? PARSE_BAD : PARSE_DONE;
}

static void remember_sent(struct qpack *q, uint64_t stream, uint64_t required)
{
    if (q->sent_n == QPACK_SENT_MOST)
        memmove(q->sent, q->sent + 1, --q->sent_n * sizeof(q->sent[0]));
    q->sent[q->sent_n++] = (struct sent){stream, required};
}

uint64_t qpack_waits(struct qpack *q, struct bytes section, uint64_t packet)
{
    struct qpack_prefix prefix;
    uint64_t required = 0;

    if (q->lost || qpack_take_prefix(&section, &prefix) != PARSE_DONE || prefix.encoded == 0)
        return 0;
    switch (qpack_count_required(&q->count, prefix.encoded, packet, &required)) {
    case QPACK_NEED:
        /* The encoder had made them when it wrote this. */
        qpack_count_note(&q->count, packet, required);
        return required > q->table.count ? required : 0;
    case QPACK_SETTINGS:
        return q->no_limit ? 0 : UINT64_MAX;
    case QPACK_AMBIGUOUS:
    case QPACK_NO_NEED:
        break;
    }
    return 0;
}

void qpack_begin(
        struct qpack *q, uint64_t stream, struct bytes section, uint64_t packet, bool torn)
{
    q->rest = section;
    q->torn = torn;
    q->stream = stream;
    q->packet = packet;
    q->ended = false;
    q->begun = false;
    q->refers = false;
    q->exact = false;
}

static enum field_step read_prefix(struct qpack *q)
{
    struct qpack_prefix prefix;
    enum parse verdict = qpack_take_prefix(&q->rest, &prefix);

    if (verdict == PARSE_MORE && q->torn) {
        q->rest = bytes_of(NULL, 0);
        return FIELD_END;
    }
    if (verdict != PARSE_DONE)
        return FIELD_BAD;
    /* Without references Base says nothing, and may be whatever it is. */
    if (prefix.encoded == 0)
        return FIELD_END;
    q->refers = true;
    switch (qpack_count_required(&q->count, prefix.encoded, q->packet, &q->required)) {
    case QPACK_NEED:
        break;
    case QPACK_NO_NEED:
        return FIELD_BAD;
    case QPACK_SETTINGS:
    case QPACK_AMBIGUOUS:
        return FIELD_END;
    }
    /* Section 4.5.1.2: Base must not be negative. */
    if (prefix.negative && prefix.delta >= q->required)
        return FIELD_BAD;
    q->base = prefix.negative ? q->required - prefix.delta - 1 : q->required + prefix.delta;
    q->exact = true;
    qpack_count_note(&q->count, q->packet, q->required);
    remember_sent(q, q->stream, q->required);
    return FIELD_END;
}

/* Name and value of the entry that a line refers to. */
static enum field_step look_up(
        struct qpack *q, const struct qpack_line *line, struct bytes *name, struct bytes *value)
{
    uint64_t index = q->base + line->index;

    if (line->base == QPACK_STATIC)
        return decode_static(q, line->index, name, value);
    if (!q->refers)
        return FIELD_BAD;
    if (!q->exact)
        return FIELD_UNKNOWN;
    if (line->base == QPACK_BEFORE_BASE) {
        if (line->index >= q->base)
            return FIELD_BAD;
        index = q->base - line->index - 1;
    }
    /* Section 2.2.3: nothing beyond what was required. */
    if (index >= q->required)
        return FIELD_BAD;
    return qpack_table_find(&q->table, index, name, value) ? FIELD_READ : FIELD_UNKNOWN;
}

static enum field_step read_line(
        struct qpack *q, const struct qpack_line *line, struct field *out)
{
    struct bytes unused;
    enum field_step step, second;

    out->sensitive = line->sensitive;
    if (line->kind == QPACK_LITERAL)
        step = decode_text(q, &line->name, &out->name);
    else
        step = look_up(
                q, line, &out->name, line->kind == QPACK_INDEXED ? &out->value : &unused);
    if (line->kind == QPACK_INDEXED || step == FIELD_BAD || step == FIELD_FAILED)
        return step;
    second = decode_text(q, &line->value, &out->value);
    return second == FIELD_READ ? step : second;
}

enum field_step qpack_next(struct qpack *q, struct field *out)
{
    struct field field = {0};
    enum field_step step = FIELD_END;
    struct qpack_line line;
    enum parse verdict;

    release(q);
    if (q->ended)
        return FIELD_END;
    if (!q->begun)
        step = read_prefix(q);
    q->begun = true;
    if (step == FIELD_END && q->rest.n != 0) {
        verdict = qpack_take_line(&q->rest, &line);
        if (verdict == PARSE_DONE)
            step = read_line(q, &line, &field);
        else if (verdict != PARSE_MORE || !q->torn)
            step = FIELD_BAD;
    }
    if (step == FIELD_READ)
        *out = field;
    q->ended = step != FIELD_READ && step != FIELD_UNKNOWN;
    return step;
}
