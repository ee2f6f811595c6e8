/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_half.h"

#include <stdlib.h>

/* Offsets are variable-length integers: none is larger (RFC 9000 section 19.8). */
#define OFFSET_MOST ((UINT64_C(1) << 62) - 1)

void quic_half_clear(struct quic_half *h)
{
    pieces_clear(&h->waiting);
    free(h->lent);
    h->lent = NULL;
    h->direct = (struct bytes){0};
}

static void mark_bad(struct quic_half *h, const char *detail, uint64_t off)
{
    if (h->bad_said || h->bad != NULL)
        return;
    h->bad = detail;
    h->bad_off = off;
}

/* Notes which packet told how far the stream goes; `last`: that this is its end. */
static void raise_top(
        struct quic_half *h, uint64_t end, bool last, uint64_t packet, int64_t time_ns)
{
    if (end > h->highest)
        h->highest = end;
    else if (h->top_packet != 0 && !last)
        return;
    h->top_packet = packet;
    h->top_ns = time_ns;
}

/* RFC 9000 section 4.5: the final size never changes, and nothing lies behind it. */
static void settle_final(struct quic_half *h, uint64_t final)
{
    if (h->final_known && h->final != final) {
        mark_bad(h, "the sender named two final sizes; the first one stands", h->final);
    } else if (final < h->highest) {
        mark_bad(h, "the sender named a final size below what it had sent", final);
    } else {
        h->final_known = true;
        h->final = final;
    }
}

static bool is_believed(struct quic_half *h, uint64_t end)
{
    /* Where the capture began late, the first offset of a stream says where it stands. */
    if (!h->seen || end <= h->highest || end - h->highest <= QUIC_JUMP_MOST)
        return true;
    mark_bad(h, "an offset too far ahead of all others is not believed", h->highest);
    return false;
}

static void compare(struct quic_half *h, struct piece *p, uint64_t begin, struct bytes data)
{
    size_t same = piece_mismatch(p->data + (begin - p->off), data.p, data.n);

    if (same == data.n || (p->conflict && p->conflict_at <= begin + same))
        return;
    if (!p->conflict && h->conflicts == QUIC_HALF_CONFLICTS_MOST)
        return;
    h->conflicts += p->conflict ? 0 : 1;
    p->conflict = true;
    p->conflict_at = begin + same;
}

/* Puts `data`, which the stream has at `begin`, where nothing is yet; the first copy stands. */
static enum status store(
        struct quic_half *h, const struct quic_piece *piece, uint64_t begin, struct bytes data)
{
    size_t i = pieces_find(&h->waiting, begin);

    while (data.n != 0) {
        struct piece *p = pieces_get(&h->waiting, i);
        uint64_t end = begin + data.n;
        bool covered = p != NULL && p->off <= begin;
        struct bytes part;

        if (covered && p->off + p->len < end)
            end = p->off + p->len;
        else if (!covered && p != NULL && p->off < end)
            end = p->off;
        part = bytes_slice(data, 0, (size_t)(end - begin));
        if (covered) {
            compare(h, p, begin, part);
            i++;
        } else if (begin == h->given) {
            h->direct = part;
            h->direct_packet = piece->packet;
            h->direct_ns = piece->time_ns;
        } else {
            p = pieces_insert(&h->waiting, i, begin, part.n, part.p);
            if (p == NULL)
                return STATUS_NOMEM;
            p->packet = piece->packet;
            p->time_ns = piece->time_ns;
            i++;
        }
        begin = end;
        data = bytes_slice(data, part.n, data.n);
    }
    return STATUS_OK;
}

enum status quic_half_push(struct quic_half *h, const struct quic_piece *piece)
{
    struct bytes data = piece->data;
    uint64_t begin = piece->off, end;
    bool open = !h->final_known;

    if (begin > OFFSET_MOST || data.n > OFFSET_MOST - begin) {
        mark_bad(h, "an offset beyond 2^62 - 1", h->highest);
        return STATUS_OK;
    }
    end = begin + data.n;
    if (!is_believed(h, end))
        return STATUS_OK;
    h->seen = true;
    if (piece->fin)
        settle_final(h, end);
    h->fin = h->fin || (piece->fin && h->final == end);
    if (h->final_known && end > h->final) {
        mark_bad(h, "the sender sent more than its final size", h->final);
        end = h->final;
    }
    if (h->closing || h->ended)
        return STATUS_OK;
    raise_top(h, end, open && h->final_known, piece->packet, piece->time_ns);
    if (begin < h->given)
        begin = h->given;
    if (begin >= end)
        return STATUS_OK;
    data = bytes_slice(data, (size_t)(begin - piece->off), (size_t)(end - piece->off));
    return store(h, piece, begin, data);
}

void quic_half_reset(struct quic_half *h, uint64_t final_size, uint64_t packet, int64_t time_ns)
{
    if (final_size > OFFSET_MOST)
        mark_bad(h, "an offset beyond 2^62 - 1", h->highest);
    else if (is_believed(h, final_size))
        settle_final(h, final_size);
    h->seen = true;
    if (h->ended || h->closing)
        return;
    if (!h->final_known) {
        h->final_known = true;
        h->final = h->highest;
    }
    raise_top(h, h->final, true, packet, time_ns);
    h->reset = true;
    h->why = GAP_LOST;
    h->detail = "the sender reset the stream: what is missing was given up";
}

void quic_half_give_up(struct quic_half *h)
{
    h->closing = true;
}

void quic_half_close(
        struct quic_half *h, enum gap_cause why, enum gap_cause open_why, const char *detail)
{
    if (h->closing || h->ended)
        return;
    h->closing = true;
    if (h->reset)
        return;
    h->why = why;
    h->open_why = open_why;
    h->detail = detail;
}

static void fill(
        struct quic_half *h, enum item_kind kind, uint64_t off, uint64_t len, struct item *out)
{
    *out = (struct item){.kind = kind, .dir = h->dir, .off = off, .len = len};
    out->frames.at = h->frames;
}

static void give_bytes(struct quic_half *h, struct bytes data, uint64_t packet, int64_t time_ns,
        struct item *out)
{
    fill(h, ITEM_BYTES, h->given, data.n, out);
    out->data = data;
    h->frames[0] = packet;
    out->frames.n = 1;
    out->first_ns = out->last_ns = time_ns;
    h->given += data.n;
    h->last_packet = packet;
    h->last_ns = time_ns;
}

static bool file_gap(struct quic_half *h, const struct quic_streams_setup *setup,
        const char *detail, struct item *out, enum status *status)
{
    const struct gap gap = {
            .why = out->why,
            .layer = setup->layer,
            .dir = h->dir,
            .stream = h->stream,
            .off = out->off,
            .len = out->len,
            .first_packet = out->frames.n == 0 ? 0 : h->frames[0],
            .last_packet = out->frames.n == 0 ? 0 : h->frames[out->frames.n - 1],
            .detail = detail,
    };

    out->gap = ledger_file(setup->ledger, &gap);
    if (out->gap == 0)
        *status = STATUS_NOMEM;
    return out->gap != 0;
}

/* The packets on both sides of a gap, in the order in which they were captured. */
static void give_sides(struct quic_half *h, uint64_t packet, int64_t time_ns, struct item *out)
{
    uint64_t before = h->last_packet;

    out->first_ns = before == 0 ? time_ns : h->last_ns;
    out->last_ns = packet == 0 ? h->last_ns : time_ns;
    if (before == 0)
        before = packet;
    if (packet == 0)
        packet = before;
    h->frames[0] = before < packet ? before : packet;
    h->frames[1] = before < packet ? packet : before;
    out->frames.n = before == 0 ? 0 : before == packet ? 1 : 2;
}

static bool give_gap(struct quic_half *h, const struct quic_streams_setup *setup,
        const struct piece *next, struct item *out, enum status *status)
{
    uint64_t end = next == NULL ? h->highest : next->off;
    const char *detail = h->detail;

    fill(h, ITEM_GAP, h->given, end - h->given, out);
    out->why = h->why;
    if (!h->closing) {
        out->why = GAP_BUDGET;
        detail = "more had to wait behind a hole than a QUIC connection may hold";
    } else if (setup->detail != NULL) {
        detail = setup->detail;
    } else if (detail == NULL) {
        detail = "no packet that could be read carried this part of the stream";
    }
    give_sides(h, next == NULL ? h->top_packet : next->packet,
            next == NULL ? h->top_ns : next->time_ns, out);
    h->given = end;
    if (h->reset && next == NULL)
        h->open_said = true; /* by this gap */
    return file_gap(h, setup, detail, out, status);
}

/* A place, of length 0: it takes nothing away. */
static bool give_mark(struct quic_half *h, const struct quic_streams_setup *setup,
        enum gap_cause why, const char *detail, struct item *out, enum status *status)
{
    fill(h, ITEM_GAP, h->given, 0, out);
    out->why = why;
    give_sides(h, h->top_packet, h->top_ns, out);
    return file_gap(h, setup, detail, out, status);
}

/* The piece at the edge: up to the place where another copy differs, the mark, the rest. */
static bool give_piece(struct quic_half *h, const struct quic_streams_setup *setup,
        struct piece *p, struct item *out, enum status *status)
{
    uint64_t end = p->off + p->len;
    struct bytes data;

    if (p->conflict && p->conflict_at == h->given) {
        p->conflict = false;
        return give_mark(h, setup, GAP_CONFLICT,
                h->conflicts == QUIC_HALF_CONFLICTS_MOST
                        ? "two copies differ; further places of this stream are not named"
                        : "two copies differ; the first one stands",
                out, status);
    }
    if (p->conflict)
        end = p->conflict_at;
    else
        h->lent = pieces_take(&h->waiting);
    data = bytes_of(p->data + (h->given - p->off), (size_t)(end - h->given));
    give_bytes(h, data, p->packet, p->time_ns, out);
    return true;
}

static bool give_end(struct quic_half *h, const struct quic_streams_setup *setup,
        struct item *out, enum status *status)
{
    const char *detail = "no end of the stream was captured";
    /* A sender may reset what it had sent to the end, and the end may come behind the reset. */
    bool torn = h->reset && !(h->fin && h->given == h->final);
    bool missed = !h->final_known && !h->endless && !setup->in_order;

    if (!h->open_said && (torn || missed)) {
        h->open_said = true;
        return give_mark(h, setup, torn ? h->why : h->open_why,
                torn ? "the sender reset the stream; this is not its whole" : detail, out,
                status);
    }
    fill(h, ITEM_END, h->given, 0, out);
    if (h->top_packet != 0) {
        h->frames[0] = h->top_packet;
        out->frames.n = 1;
        out->first_ns = out->last_ns = h->top_ns;
    }
    h->ended = true;
    return true;
}

bool quic_half_next(struct quic_half *h, const struct quic_streams_setup *setup,
        struct item *out, enum status *status)
{
    struct piece *next;
    struct bytes direct = h->direct;

    free(h->lent);
    h->lent = NULL;
    if (h->bad != NULL) {
        const char *bad = h->bad;

        h->bad = NULL;
        h->bad_said = true;
        if (!give_mark(h, setup, GAP_BAD, bad, out, status))
            return false;
        if (!h->ended)
            return true;
    }
    if (h->ended)
        return false;
    if (direct.n != 0) {
        h->direct.n = 0;
        give_bytes(h, direct, h->direct_packet, h->direct_ns, out);
        return true;
    }
    next = pieces_get(&h->waiting, 0);
    if (next != NULL && next->off <= h->given)
        return give_piece(h, setup, next, out, status);
    if (h->closing ? h->given < h->highest : h->pressed && next != NULL) {
        h->pressed = false;
        return give_gap(h, setup, next, out, status);
    }
    if (h->closing || (h->final_known && h->given == h->final && (!h->reset || h->fin)))
        return give_end(h, setup, out, status);
    return false;
}
