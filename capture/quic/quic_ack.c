/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the capture lacks, as the peers themselves say it: whoever acknowledges a packet had
 * it, so one that was acknowledged and not captured was lost on the way to the capture (RFC 9000
 * section 13.2). Numbers that nobody acknowledged prove nothing: the network may have lost their
 * packets, and senders leave some out.
 */
#include "capture/quic/quic_part.h"

/* Numbers [low, high] of packets that `dir` sent reached the other side. */
static enum status reached(struct quic *q, enum direction dir, uint64_t low, uint64_t high)
{
    struct ranges *acked = &q->acked[dir];

    if (ranges_cover(acked, low, high + 1) || acked->n >= QUIC_RANGES_MOST)
        return STATUS_OK;
    return ranges_add(acked, low, high + 1);
}

enum status quic_ack_note(struct quic *q, const struct quic_frame *frame)
{
    enum direction dir = direction_other(q->now.dir);
    struct bytes rest = frame->range_list;
    uint64_t low = frame->largest - frame->first_range, gap, length;
    enum status status;

    if (q->now.level != HANDSHAKE_APPLICATION)
        return STATUS_OK;
    status = reached(q, dir, low, frame->largest);
    /* quic_frame_next has checked that no range passes below 0. */
    while (status == STATUS_OK && quic_take_varint(&rest, &gap) &&
            quic_take_varint(&rest, &length)) {
        uint64_t high = low - gap - 2;

        low = high - length;
        status = reached(q, dir, low, high);
    }
    return status;
}

static uint64_t missing(const struct ranges *acked, const struct ranges *seen)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < acked->n; i++) {
        uint64_t at = acked->at[i].begin;
        struct range hole;

        while (ranges_hole(seen, at, acked->at[i].end, &hole)) {
            sum += hole.end - hole.begin;
            at = hole.end;
        }
    }
    return sum;
}

/*
 * Two numbers or more in a row that nobody saw: a sender leaves out single ones on purpose (RFC 9000
 * section 21.4), so these were lost on the network, or to the capture with what acknowledged them.
 */
static bool skips(const struct quic *q, enum direction dir)
{
    const struct quic_space *space = &q->space[dir][HANDSHAKE_APPLICATION];
    const struct ranges *acked = &q->acked[dir];
    /* They begin at 0 (section 12.3), but some senders go on with those of the handshake: what
     * is missing in front counts when nothing of any stream was seen. */
    bool from_start = q->initial_n != 0 && !q->streamed[dir];
    uint64_t at = from_start || space->seen.n == 0 ? 0 : space->seen.at[0].begin;
    struct range hole;

    while (space->any && ranges_hole(&space->seen, at, space->highest + 1, &hole)) {
        if (hole.end - hole.begin > 1 && !ranges_cover(acked, hole.begin, hole.end))
            return true;
        at = hole.end;
    }
    return false;
}

static enum status file(struct quic *q, const struct gap *gap)
{
    return ledger_file(q->setup.ledger, gap) == 0 ? STATUS_NOMEM : STATUS_OK;
}

enum status quic_ack_file(struct quic *q)
{
    struct gap lost = {.why = GAP_LOST,
            .layer = LAYER_PACKET,
            .detail =
                    "QUIC packets that the other side acknowledged were not captured; how much "
                    "was in them is not known"};
    struct gap skipped = {.why = GAP_LOST,
            .layer = LAYER_PACKET,
            .detail =
                    "numbers of QUIC packets that were neither captured nor acknowledged: the "
                    "network lost them, or the capture did"};
    const struct gap open = {.why = q->close_why,
            .layer = LAYER_PACKET,
            .detail = "the end of the QUIC connection was not captured"};
    enum status status = STATUS_OK;

    for (int dir = FROM_CLIENT; dir <= FROM_SERVER && status == STATUS_OK; dir++) {
        uint64_t n = missing(&q->acked[dir], &q->space[dir][HANDSHAKE_APPLICATION].seen);

        q->setup.facts->missing[dir] = n;
        lost.dir = (enum direction)dir;
        if (n != 0)
            status = file(q, &lost);
        skipped.dir = (enum direction)dir;
        if (status == STATUS_OK && skips(q, (enum direction)dir))
            status = file(q, &skipped);
    }
    /* Idle connections end without a word (RFC 9000 section 10.1). */
    if (status == STATUS_OK && q->close_why != GAP_LOST && q->setup.facts->close == NULL &&
            !q->setup.facts->stateless_reset)
        status = file(q, &open);
    return status;
}
