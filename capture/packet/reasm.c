/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/reasm.h"

#include <stdlib.h>

#include "capture/packet/reasm_state.h"

struct reasm *reasm_new(enum direction dir, struct ledger *ledger, size_t budget)
{
    struct reasm *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return NULL;
    r->dir = dir;
    r->ledger = ledger;
    r->budget = budget;
    return r;
}

void reasm_free(struct reasm *r)
{
    if (r == NULL)
        return;
    pieces_clear(&r->pieces);
    recent_clear(&r->recent);
    ranges_clear(&r->conflicts);
    free(r->lent);
    free(r);
}

static void begin(struct reasm *r, uint32_t seq, bool whole, uint64_t packet)
{
    if (r->begun)
        return;
    r->begun = true;
    r->base = seq;
    r->whole = whole;
    if (!whole)
        reasm_notify(r, GAP_MIDSTREAM, 0, packet, "the connection began before the capture");
}

void reasm_begin(struct reasm *r, uint32_t seq, bool whole, uint64_t packet)
{
    begin(r, seq, whole, packet);
}

/* Sequence numbers wrap (RFC 9293 section 3.4): the nearest offset around the edge is meant.
 * Negative when it lies before offset 0. */
static int64_t offset_of(const struct reasm *r, uint32_t seq)
{
    int32_t delta = (int32_t)(seq - (r->base + (uint32_t)r->edge));

    return (int64_t)r->edge + delta;
}

/* False for a position that is too far ahead to be believed yet. */
static bool believe(struct reasm *r, struct outlier *seen, uint64_t off)
{
    uint64_t reach = r->high > r->acked ? r->high : r->acked;
    uint64_t apart = seen->off > off ? seen->off - off : off - seen->off;

    if (off <= reach + REASM_JUMP_MOST) {
        seen->n = 0;
        return true;
    }
    seen->n = seen->n != 0 && apart <= REASM_JUMP_MOST ? seen->n + 1 : 1;
    seen->off = off;
    if (seen->n < REASM_JUMP_PROOF)
        return false;
    seen->n = 0;
    return true;
}

/* Holes that the peer acknowledged past get a time of grace, all of a stretch together. */
static void settle_acknowledged(struct reasm *r)
{
    if (r->acked <= r->edge)
        return;
    if (r->mark <= r->edge) {
        r->mark = r->acked;
        r->mark_tick = r->tick;
    } else if (r->tick - r->mark_tick >= REASM_GRACE_PACKETS) {
        r->settled = r->mark;
        r->mark = r->acked;
        r->mark_tick = r->tick;
    }
}

/* Files that the copies of [begin, end) differ at `at`. False when no more are listed. */
static bool note_conflict(
        struct reasm *r, struct range where, uint64_t at, uint64_t packet, uint32_t *gap)
{
    const char *detail = "two copies of the same bytes differ; the first one stands";

    if (r->conflict_count == REASM_CONFLICTS_MOST)
        return false;
    /* Out of memory here only means that the place may be named twice. */
    if (ranges_add(&r->conflicts, where.begin, where.end) != STATUS_OK)
        r->conflict_count++;
    if (++r->conflict_count >= REASM_CONFLICTS_MOST) {
        r->conflict_count = REASM_CONFLICTS_MOST;
        detail = "two copies of the same bytes differ; further such places are not listed";
    }
    *gap = reasm_file(r, &(struct gap){.why = GAP_CONFLICT,
                                 .off = at,
                                 .first_packet = packet,
                                 .last_packet = packet,
                                 .detail = detail});
    return true;
}

/* A part of one segment: where, and its bytes, or no bytes when the snap length cut them. */
struct part {
    uint64_t begin, end;
    const uint8_t *data; /* NULL: cut */
};

static void compare_waiting(struct reasm *r, struct piece *p, const struct part *part,
        uint64_t end, uint64_t packet)
{
    size_t n = (size_t)(end - part->begin), same;

    if (p->cut || part->data == NULL || p->conflict)
        return;
    same = piece_mismatch(p->data + (part->begin - p->off), part->data, n);
    if (same == n)
        return;
    p->conflict_at = part->begin + same;
    p->conflict = note_conflict(
            r, (struct range){part->begin, end}, p->conflict_at, packet, &p->conflict_gap);
}

/* Copies into the holes what falls into holes; compares the rest. */
static enum status keep(struct reasm *r, const struct segment *seg, struct part part)
{
    size_t i = pieces_find(&r->pieces, part.begin);

    while (part.begin < part.end) {
        struct piece *p = pieces_get(&r->pieces, i);
        uint64_t end = part.end;

        if (p == NULL || part.begin < p->off) {
            if (p != NULL && p->off < end)
                end = p->off;
            p = pieces_insert(&r->pieces, i, part.begin, end - part.begin, part.data);
            if (p == NULL)
                return STATUS_NOMEM;
            p->packet = seg->packet;
            p->time_ns = seg->time_ns;
            p->has_heard = r->has_heard;
            p->heard = r->heard;
        } else {
            if (p->off + p->len < end)
                end = p->off + p->len;
            compare_waiting(r, p, &part, end, seg->packet);
        }
        if (part.data != NULL)
            part.data += end - part.begin;
        part.begin = end;
        i++;
    }
    return STATUS_OK;
}

/* Compares what was handed out already with its repeat, past the places that are known. */
static void compare_recent(struct reasm *r, const struct part *part, uint64_t packet)
{
    uint64_t from = part->begin, end = part->end < r->edge ? part->end : r->edge, at;
    struct range fresh;
    uint32_t gap;

    while (part->data != NULL && from < end &&
            recent_differs(&r->recent, from,
                    bytes_of(part->data + (from - part->begin), (size_t)(end - from)), &at)) {
        if (!ranges_hole(&r->conflicts, at, end, &fresh))
            return;
        if (fresh.begin == at) {
            if (r->notice_n < NOTICES_MOST &&
                    note_conflict(r, (struct range){from, end}, at, packet, &gap))
                r->notices[r->notice_n++] = (struct notice){GAP_CONFLICT, at, gap};
            return;
        }
        from = fresh.begin;
    }
}

/* Moves the front of the part to `to`. */
static void advance(struct part *part, uint64_t to)
{
    if (to > part->end)
        to = part->end;
    if (to <= part->begin)
        return;
    if (part->data != NULL)
        part->data += to - part->begin;
    part->begin = to;
}

/* Takes [off, off + payload) and what was cut behind it. */
static enum status take(
        struct reasm *r, const struct segment *seg, struct part kept, struct part cut)
{
    const struct piece *first = pieces_get(&r->pieces, 0);
    uint64_t stop = first == NULL ? UINT64_MAX : first->off;
    enum status status;

    compare_recent(r, &kept, seg->packet);
    advance(&kept, r->edge);
    advance(&cut, r->edge);
    if (kept.begin == r->edge || cut.begin == r->edge) {
        uint64_t to = kept.end < stop ? kept.end : stop;

        r->direct_packet = seg->packet;
        r->direct_ns = seg->time_ns;
        r->direct_has_heard = r->has_heard;
        r->direct_heard = r->heard;
        r->direct = bytes_of(kept.data, kept.begin < to ? (size_t)(to - kept.begin) : 0);
        advance(&kept, to);
        if (kept.begin == kept.end && cut.begin < stop) {
            to = cut.end < stop ? cut.end : stop;
            r->direct_cut = to - cut.begin;
            advance(&cut, to);
        }
    }
    status = keep(r, seg, kept);
    return status == STATUS_OK ? keep(r, seg, cut) : status;
}

static void take_fin(struct reasm *r, const struct segment *seg, uint64_t end)
{
    /* A FIN before bytes that were seen is not this stream's. */
    if (r->has_fin || end < r->high)
        return;
    r->has_fin = true;
    r->fin = end;
    r->fin_packet = seg->packet;
    r->fin_ns = seg->time_ns;
    r->fin_has_heard = r->has_heard;
    r->fin_heard = r->heard;
    if (r->acked > end)
        r->acked = end;
}

/* The first packet of a direction without SYN. One byte may be a keep-alive, whose byte is
 * none of the stream's, and no byte says little; the peer's next acknowledgement says more. */
static bool begins_here(const struct segment *seg)
{
    return seg->wire_len > 1 || (seg->flags & (TCP_FIN | TCP_PSH)) != 0;
}

static bool is_stray(struct reasm *r, const struct segment *seg, int64_t off)
{
    uint64_t end;

    if (off < 0)
        return false;
    end = (uint64_t)off + seg->wire_len;
    if ((!r->has_fin || end <= r->fin) && believe(r, &r->far_data, (uint64_t)off))
        return false;
    if (!r->stray_told && (seg->wire_len != 0)) {
        r->stray_told = true;
        reasm_notify(r, GAP_BAD, r->edge, seg->packet,
                "segments far outside of the stream were left out");
    }
    return true;
}

/* ITEM_END is out, so the ledger alone can tell that the end or what came before it was
 * disputed: whoever forges an answer likes to end the connection with it. */
static void check_after_end(struct reasm *r, const struct segment *seg, int64_t off)
{
    struct part part = {0, 0, seg->payload.p};

    if (off < 0 || seg->wire_len <= 1)
        return;
    part.begin = (uint64_t)off;
    part.end = part.begin + seg->payload.n;
    compare_recent(r, &part, seg->packet);
    (void)is_stray(r, seg, off);
    r->notice_n = 0;
}

void reasm_hear(struct reasm *r, const struct reasm *peer, const struct segment *seg)
{
    uint64_t reach = peer->high > peer->acked ? peer->high : peer->acked;
    int64_t off = 0;

    r->has_heard = (seg->flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
    /* What is acknowledged first is where the other direction will begin. */
    if (peer->begun && r->has_heard)
        off = offset_of(peer, seg->ack);
    r->heard = off < 0 ? 0 : (uint64_t)off;
    if (peer->has_fin && r->heard > peer->fin)
        r->heard = peer->fin;
    /* When nothing was ever acknowledged of what is there, the numbers are not meant: forged
     * blindly, or written by hand. */
    if (r->heard == 0 && peer->acked == 0 && peer->high != 0)
        r->has_heard = false;
    /* Such a position is not believed at once: see believe(). */
    if (r->heard > reach + REASM_JUMP_MOST)
        r->has_heard = false;
}

/* Who resets says with its sequence number how much it had sent (RFC 9293 section 3.5.2). One more
 * than was seen is a FIN that was not captured. */
static void note_reset(struct reasm *r, const struct segment *seg)
{
    int64_t off = r->begun ? offset_of(r, seg->seq) : 0;

    if (off > (int64_t)r->high + 1 && (uint64_t)off <= r->high + REASM_JUMP_MOST)
        r->reset_at = (uint64_t)off;
}

enum status reasm_push(struct reasm *r, const struct segment *seg)
{
    uint32_t seq = seg->seq;
    struct part kept, cut;
    int64_t off;
    uint64_t skip;
    size_t n;

    if (r->direct.n != 0 || r->direct_cut != 0 || r->notice_n != 0)
        return STATUS_USAGE;
    r->tick++;
    r->newest = seg->packet;
    settle_acknowledged(r);
    if (r->closed)
        return STATUS_OK;
    /* The data of a reset, if any, is a text for people (RFC 9293 section 3.5.3). */
    if ((seg->flags & TCP_RST) != 0) {
        note_reset(r, seg);
        return STATUS_OK;
    }
    /* What stacks drop is no part of the stream either. */
    if ((seg->flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
        return STATUS_OK;
    r->packets_seen = true;
    if ((seg->flags & TCP_SYN) != 0)
        begin(r, ++seq, true, seg->packet);
    else if (!r->begun && begins_here(seg))
        begin(r, seq, false, seg->packet);
    if (!r->begun)
        return STATUS_OK;
    off = offset_of(r, seq);
    if (r->ended) {
        check_after_end(r, seg, off);
        return STATUS_OK;
    }
    if (is_stray(r, seg, off))
        return STATUS_OK;
    /* Keep-alive: the byte before the one that the peer waits for. */
    if (seg->wire_len == 1 && off >= 0 && (uint64_t)off + 1 == r->acked)
        return STATUS_OK;
    skip = off < 0 ? (uint64_t)-off : 0;
    if (skip > seg->wire_len)
        return STATUS_OK;
    n = seg->payload.n < seg->wire_len ? seg->payload.n : seg->wire_len;
    kept = (struct part){(uint64_t)(off + (int64_t)skip), 0, seg->payload.p};
    kept.end = kept.begin;
    if (skip < n) {
        kept.data += skip;
        kept.end += n - skip;
    }
    cut = (struct part){kept.end, (uint64_t)(off + (int64_t)seg->wire_len), NULL};
    if ((seg->flags & TCP_FIN) != 0)
        take_fin(r, seg, cut.end);
    if (cut.end > r->high)
        r->high = cut.end;
    return take(r, seg, kept, cut);
}

void reasm_acked(struct reasm *r, uint32_t ack, uint64_t packet)
{
    int64_t off;

    r->tick++;
    r->newest = packet;
    if (r->closed || r->ended)
        return;
    begin(r, ack, false, packet);
    off = offset_of(r, ack);
    if (off > 0 && (uint64_t)off > r->acked && believe(r, &r->far_ack, (uint64_t)off)) {
        r->acked = (uint64_t)off;
        r->ack_packet = packet;
    }
    /* The FIN is acknowledged like a byte but is none. */
    if (r->has_fin && r->acked > r->fin)
        r->acked = r->fin;
    settle_acknowledged(r);
}

void reasm_reset(struct reasm *r)
{
    r->reset = true;
}

void reasm_relieve(struct reasm *r)
{
    r->relieve = true;
}

size_t reasm_waiting(const struct reasm *r)
{
    return r->pieces.bytes;
}

bool reasm_ended(const struct reasm *r)
{
    return r->ended;
}

void reasm_close(struct reasm *r, enum gap_cause why)
{
    uint64_t end = r->has_fin ? r->fin : r->high;

    if (r->closed || r->ended)
        return;
    r->closed = true;
    r->close_why = why;
    /* One more than was seen is a FIN that was not captured rather than a byte. */
    if (!r->has_fin && r->acked > end + 1)
        end = r->acked;
    if (!r->has_fin && r->reset && r->reset_at > end + 1)
        end = r->reset_at;
    r->settled = end;
    if (!r->begun && r->packets_seen)
        begin(r, 0, false, r->newest);
}
