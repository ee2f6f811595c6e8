/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/reasm.h"

#include <stdlib.h>

#include "capture/packet/reasm_state.h"

uint32_t reasm_file(struct reasm *r, const struct gap *where)
{
    struct gap gap = *where;

    gap.layer = LAYER_STREAM;
    gap.dir = r->dir;
    return ledger_file(r->ledger, &gap);
}

void reasm_notify(
        struct reasm *r, enum gap_cause why, uint64_t off, uint64_t packet, const char *detail)
{
    struct gap gap = {.why = why,
            .off = off,
            .first_packet = packet,
            .last_packet = packet,
            .detail = detail};

    if (r->notice_n == NOTICES_MOST)
        return;
    r->notices[r->notice_n].why = why;
    r->notices[r->notice_n].off = off;
    r->notices[r->notice_n].gap = reasm_file(r, &gap);
    r->notice_n++;
}

/* The carrier of the item, or of what comes behind a gap. */
struct carrier {
    uint64_t packet; /* 0: none known */
    int64_t time_ns;
    bool has_heard;
    uint64_t heard;
};

static struct carrier carrier_of(const struct piece *p)
{
    return (struct carrier){p->packet, p->time_ns, p->has_heard, p->heard};
}

static void fill(
        struct reasm *r, enum item_kind kind, uint64_t off, uint64_t len, struct item *out)
{
    *out = (struct item){.kind = kind, .dir = r->dir, .off = off, .len = len};
    out->place.has_sent_from = true;
    out->place.sent_from = off;
    out->place.sent_to = off + len;
}

static void give_bytes(
        struct reasm *r, struct bytes data, const struct carrier *by, struct item *out)
{
    fill(r, ITEM_BYTES, r->edge, data.n, out);
    out->data = data;
    out->place.has_heard = by->has_heard;
    out->place.heard = by->heard;
    r->frames[0] = by->packet;
    out->frames = (struct frames){r->frames, 1};
    out->first_ns = out->last_ns = by->time_ns;
    recent_add(&r->recent, r->edge, data, REASM_HISTORY);
    r->edge += data.n;
    r->last_packet = by->packet;
    r->last_ns = by->time_ns;
}

/* Takes [edge, edge + len) away, between the packets on both sides. */
static void give_gap(struct reasm *r, enum gap_cause why, uint64_t len,
        const struct carrier *by, struct item *out)
{
    uint64_t packet = by->packet;
    int64_t time_ns = by->time_ns;
    uint64_t first = why == GAP_SNAPLEN || r->last_packet == 0 ? packet : r->last_packet;
    struct gap gap = {.why = why, .off = r->edge, .len = len};

    if (packet == 0)
        packet = first;
    if (first > packet) { /* the later part of the stream was captured earlier */
        uint64_t other = first;

        first = packet;
        packet = other;
    }
    gap.first_packet = first;
    gap.last_packet = packet;
    if (why == GAP_BUDGET)
        gap.detail = "more had to wait behind a hole than reassembly may hold";
    fill(r, ITEM_GAP, r->edge, len, out);
    out->why = why;
    out->gap = reasm_file(r, &gap);
    out->place.has_heard = by->has_heard;
    out->place.heard = by->heard;
    r->frames[0] = first;
    r->frames[1] = packet;
    out->frames = (struct frames){r->frames, first == 0 ? 0 : first == packet ? 1 : 2};
    out->first_ns = r->last_packet == 0 ? time_ns : r->last_ns;
    out->last_ns = time_ns == 0 ? r->last_ns : time_ns;
    r->edge += len;
}

static void give_mark(struct reasm *r, const struct notice *mark, struct item *out)
{
    fill(r, ITEM_GAP, mark->off, 0, out);
    out->why = mark->why;
    out->gap = mark->gap;
}

static void give_notice(struct reasm *r, struct item *out)
{
    give_mark(r, &r->notices[0], out);
    r->notice_n--;
    for (size_t i = 0; i < r->notice_n; i++)
        r->notices[i] = r->notices[i + 1];
}

/* The piece at the edge; up to the place where another copy differs, then the mark, then the
 * rest. */
static void give_piece(struct reasm *r, struct piece *p, struct item *out)
{
    uint64_t end = p->off + p->len;
    struct carrier by = carrier_of(p);
    struct bytes data;

    if (p->conflict && p->conflict_at == r->edge) {
        struct notice mark = {GAP_CONFLICT, r->edge, p->conflict_gap};

        give_mark(r, &mark, out);
        p->conflict = false;
        return;
    }
    if (p->conflict)
        end = p->conflict_at;
    if (end == p->off + p->len)
        r->lent = pieces_take(&r->pieces);
    if (p->cut) {
        give_gap(r, GAP_SNAPLEN, end - r->edge, &by, out);
        return;
    }
    data = bytes_of(p->data + (r->edge - p->off), (size_t)(end - r->edge));
    give_bytes(r, data, &by, out);
}

/* The hole at the edge, as far as it is settled; false when it is not. */
static bool give_hole(struct reasm *r, const struct piece *next, bool pressed, struct item *out)
{
    uint64_t end = next == NULL ? UINT64_MAX : next->off;
    enum gap_cause why = pressed ? GAP_BUDGET : r->close_why;
    struct carrier by = {.packet = r->ack_packet};

    if (!pressed && r->settled < end)
        end = r->settled;
    if (end <= r->edge)
        return false;
    /* One byte that only an acknowledgement knows of may be a FIN: wait for more. */
    if (next == NULL && !r->closed && end == r->edge + 1 && end == r->acked)
        return false;
    if (r->acked > r->edge) {
        why = GAP_LOST;
        if (r->acked < end)
            end = r->acked;
    }
    if (r->edge == 0 && !r->whole)
        why = GAP_MIDSTREAM;
    if (end > r->high)
        r->high = end;
    if (next != NULL)
        by = carrier_of(next);
    give_gap(r, why, end - r->edge, &by, out);
    return true;
}

static void give_end(struct reasm *r, struct item *out)
{
    fill(r, ITEM_END, r->edge, 0, out);
    if (r->has_fin) {
        r->frames[0] = r->fin_packet;
        out->frames = (struct frames){r->frames, 1};
        out->first_ns = out->last_ns = r->fin_ns;
        out->place.has_heard = r->fin_has_heard;
        out->place.heard = r->fin_heard;
    }
    r->ended = true;
    pieces_clear(&r->pieces);
}

bool reasm_next(struct reasm *r, struct item *out)
{
    struct piece *next;
    struct bytes direct = r->direct;
    struct carrier by;
    bool pressed;

    free(r->lent);
    r->lent = NULL;
    if (r->ended)
        return false;
    if (r->notice_n != 0) {
        give_notice(r, out);
        return true;
    }
    by = (struct carrier){r->direct_packet, r->direct_ns, r->direct_has_heard, r->direct_heard};
    if (direct.n != 0) {
        r->direct.n = 0;
        give_bytes(r, direct, &by, out);
        return true;
    }
    if (r->direct_cut != 0) {
        give_gap(r, GAP_SNAPLEN, r->direct_cut, &by, out);
        r->direct_cut = 0;
        return true;
    }
    next = pieces_get(&r->pieces, 0);
    if (next != NULL && next->off <= r->edge) {
        give_piece(r, next, out);
        return true;
    }
    pressed = next != NULL &&
              (r->relieve || r->pieces.bytes > r->budget || r->pieces.n > REASM_PIECES_MOST);
    r->relieve = false;
    if (give_hole(r, next, pressed, out))
        return true;
    if (r->has_fin ? r->edge < r->fin : !r->closed)
        return false;
    if (!r->has_fin && !r->reset) {
        r->reset = true; /* said once */
        reasm_notify(r, r->close_why, r->edge, r->newest, "no end of the stream was captured");
        give_notice(r, out);
        return true;
    }
    give_end(r, out);
    return true;
}
