/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: qpack, qpack_wire, qpack_table, qpack_count, field. Runs of one kind byte and one byte of
 * length: encoder stream or section. What nghttp3's whole decoder reads must be
 * what ours reads; one that lost the encoder stream says the same or that it does not know. */
#include <assert.h>
#include <nghttp3/nghttp3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/qpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TABLE = 1024, NAME_MOST = 256 };

struct three {
    nghttp3_qpack_decoder *theirs;
    bool broken; /* theirs reads nothing more */
    struct qpack *ours, *lossy;
    int64_t stream;
};

/* The next field of nghttp3. FIELD_UNKNOWN: blocked, or more than it takes. */
static enum field_step their_next(struct three *t, nghttp3_qpack_stream_context *context,
        struct bytes *in, nghttp3_qpack_nv *nv)
{
    for (;;) {
        uint8_t flags = 0;
        nghttp3_ssize n = nghttp3_qpack_decoder_read_request(
                t->theirs, context, nv, &flags, in->p, in->n, 1);

        if (n < 0 || !bytes_skip(in, (size_t)n)) {
            t->broken = true;
            return n == NGHTTP3_ERR_QPACK_HEADER_TOO_LARGE ? FIELD_UNKNOWN : FIELD_BAD;
        }
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) != 0)
            return FIELD_UNKNOWN;
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0)
            return FIELD_READ;
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0)
            return FIELD_END;
        if (n == 0)
            return FIELD_BAD;
    }
}

static struct bytes text_of(nghttp3_rcbuf *b)
{
    nghttp3_vec v = nghttp3_rcbuf_get_buf(b);

    return bytes_of(v.base, v.len);
}

static void compare(struct three *t, struct bytes section)
{
    nghttp3_qpack_stream_context *context;
    uint64_t waits = qpack_waits(t->ours, section, 0);
    struct bytes in = section;
    struct field ours, lossy;
    enum field_step their = FIELD_READ, our, guess;

    if (t->broken || waits != 0)
        return;
    waits = qpack_waits(t->lossy, section, 0);
    assert(waits == 0 || waits > qpack_inserted(t->lossy));
    if (nghttp3_qpack_stream_context_new(&context, t->stream, nghttp3_mem_default()) != 0)
        abort();
    qpack_begin(t->ours, (uint64_t)t->stream, section, 0, false);
    qpack_begin(t->lossy, (uint64_t)t->stream, section, 0, false);
    while (their == FIELD_READ) {
        nghttp3_qpack_nv nv;

        their = their_next(t, context, &in, &nv);
        our = qpack_next(t->ours, &ours);
        guess = qpack_next(t->lossy, &lossy);
        if (their == FIELD_READ) {
            struct bytes name = text_of(nv.name), value = text_of(nv.value);

            /* Without the packet, ours may say that it cannot tell; never anything else. */
            assert(our == FIELD_READ || our == FIELD_UNKNOWN);
            assert(guess == FIELD_READ || guess == FIELD_UNKNOWN);
            if (our == FIELD_READ)
                assert(bytes_equal(name, ours.name) && bytes_equal(value, ours.value));
            if (guess == FIELD_READ)
                assert(bytes_equal(name, lossy.name) && bytes_equal(value, lossy.value));
            nghttp3_rcbuf_decref(nv.name);
            nghttp3_rcbuf_decref(nv.value);
        } else if (their == FIELD_END) {
            assert(our == FIELD_END && guess == FIELD_END);
        }
    }
    do
        our = qpack_next(t->ours, &ours);
    while (our == FIELD_READ || our == FIELD_UNKNOWN);
    nghttp3_qpack_stream_context_del(context);
    t->stream += 4;
}

/* Any bytes, cut short, on a state that is not needed any more. */
static void torn(struct three *t, struct bytes section)
{
    struct field field;
    enum field_step step;

    qpack_begin(t->ours, 0, section, 1, true);
    do
        step = qpack_next(t->ours, &field);
    while (step == FIELD_READ || step == FIELD_UNKNOWN);
    assert(qpack_next(t->ours, &field) == FIELD_END);
    /* A decoder stream may claim anything. */
    if (qpack_answered(t->ours, section, 2) == PARSE_DONE)
        assert(qpack_waits(t->ours, section, 3) != 1 || qpack_inserted(t->ours) == 0);
}

static void insert(struct three *t, struct bytes data, size_t step)
{
    enum parse verdict = PARSE_DONE;
    nghttp3_ssize n = 0;

    for (size_t at = 0; at < data.n && verdict == PARSE_DONE; at += step)
        verdict = qpack_insert(t->ours, bytes_slice(data, at, at + step), 0);
    assert(verdict == PARSE_DONE || verdict == PARSE_BAD);
    if (verdict == PARSE_DONE && qpack_insert(t->lossy, data, 0) == PARSE_UNSUPPORTED)
        abort();
    if (!t->broken)
        n = nghttp3_qpack_decoder_read_encoder(t->theirs, data.p, data.n);
    /* What theirs takes ours takes; ours is told no limit of names and evicts nothing. */
    if (n >= 0 && !t->broken)
        assert(verdict == PARSE_DONE);
    t->broken = t->broken || n < 0 || verdict != PARSE_DONE;
    if (!t->broken)
        assert(nghttp3_qpack_decoder_get_icnt(t->theirs) == qpack_inserted(t->ours));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size}, part;
    struct three t = {.ours = qpack_new(), .lossy = qpack_new()};
    uint8_t kind, loss = 0, n = 0;

    if (t.ours == NULL || t.lossy == NULL ||
            nghttp3_qpack_decoder_new(&t.theirs, TABLE, 100, nghttp3_mem_default()) != 0)
        abort();
    qpack_limit(t.ours, TABLE);
    qpack_limit(t.lossy, TABLE);
    if (!bytes_take_u8(&in, &loss))
        loss = 0;
    while (bytes_take_u8(&in, &kind) && bytes_take_vec8(&in, &part)) {
        if (kind % 4 == 0)
            insert(&t, part, 1 + kind / 4);
        else
            compare(&t, part);
        if (++n == loss)
            qpack_lose(t.lossy, 0);
    }
    torn(&t, bytes_of(data, size));
    qpack_free(t.ours);
    qpack_free(t.lossy);
    nghttp3_qpack_decoder_del(t.theirs);
    return 0;
}
