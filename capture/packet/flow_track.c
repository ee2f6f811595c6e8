/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_track.h"

#include "capture/packet/reasm.h"

static bool near(uint32_t a, uint32_t b)
{
    return a - b <= REASM_JUMP_MOST || b - a <= REASM_JUMP_MOST;
}

/* a is behind b in sequence space (RFC 9293 section 3.4). */
static bool after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static bool has(const struct segment *seg, uint8_t flags)
{
    return (seg->flags & flags) == flags;
}

bool track_opens(const struct segment *seg)
{
    return (seg->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == TCP_SYN;
}

static uint32_t end_of(const struct segment *seg)
{
    return seg->seq + seg->wire_len + (track_opens(seg) ? 1 : 0) + (has(seg, TCP_FIN) ? 1 : 0);
}

void track_note(struct track *t, enum direction dir, const struct segment *seg)
{
    enum direction peer = direction_other(dir);

    if (t->packets != UINT32_MAX)
        t->packets++;
    if (has(seg, TCP_RST)) {
        /* A forged one is often far off (RFC 5961 section 3). */
        if (track_fits(t, dir, seg))
            t->reset = true;
        return;
    }
    if (has(seg, TCP_SYN | TCP_FIN))
        return;
    if (track_opens(seg) && !t->syn[dir]) {
        t->syn[dir] = true;
        t->isn[dir] = seg->seq;
    }
    if (!t->known[dir]) {
        t->known[dir] = true;
        t->first[dir] = track_opens(seg) ? seg->seq + 1 : seg->seq;
        t->next[dir] = end_of(seg);
    } else if (near(seg->seq, t->next[dir]) && after(end_of(seg), t->next[dir])) {
        t->next[dir] = end_of(seg);
    }
    if (has(seg, TCP_ACK) && !t->named[peer]) {
        t->named[peer] = true;
        t->named_at[peer] = seg->ack;
    }
    if (has(seg, TCP_FIN) && !t->fin[dir]) {
        t->fin[dir] = true;
        t->fin_end[dir] = end_of(seg);
    }
    if (has(seg, TCP_ACK) && t->fin[peer] && !after(t->fin_end[peer], seg->ack))
        t->fin_acked[peer] = true;
    if (track_fits(t, dir, seg))
        t->misfits = 0;
}

bool track_fits(const struct track *t, enum direction dir, const struct segment *seg)
{
    enum direction peer = direction_other(dir);

    if (t->known[dir])
        return near(seg->seq, t->next[dir]);
    if (t->known[peer] && has(seg, TCP_ACK))
        return near(seg->ack, t->next[peer]);
    return true;
}

/* Multi-queue cards deliver a SYN behind the data that follows it, or behind the answer to it. */
static bool is_late(const struct track *t, enum direction dir, const struct segment *seg)
{
    uint32_t place = t->known[dir] ? t->first[dir] : t->named_at[dir];

    return !t->syn[dir] && t->packets <= TRACK_LATE_PACKETS &&
           (t->known[dir] || t->named[dir]) && place - (seg->seq + 1) < TRACK_LATE_BYTES;
}

bool track_claims_syn(const struct track *t, enum direction dir, const struct segment *seg)
{
    enum direction peer = direction_other(dir);

    if (t->syn[dir])
        return t->isn[dir] == seg->seq;
    if (is_late(t, dir, seg))
        return true;
    if (t->known[dir])
        return false;
    /* A SYN-ACK answers one SYN, and maybe data that came with it (RFC 7413). */
    if (has(seg, TCP_ACK) && t->syn[peer])
        return seg->ack - (t->isn[peer] + 1) < TRACK_LATE_BYTES;
    if (has(seg, TCP_ACK))
        return track_fits(t, dir, seg);
    /* Simultaneous open (RFC 9293 section 3.5): both have sent nothing but a SYN. */
    return t->syn[peer] && t->next[peer] == t->isn[peer] + 1;
}

bool track_misfit(struct track *t, enum direction dir, const struct segment *seg)
{
    enum direction peer = direction_other(dir);

    if (seg->wire_len == 0 || has(seg, TCP_RST))
        return false;
    if (has(seg, TCP_ACK) && t->known[peer] && near(seg->ack, t->next[peer]))
        return false; /* damaged rather than foreign */
    if (track_is_over(t))
        return true;
    t->misfits++;
    return t->misfits >= TRACK_MISFITS;
}

bool track_is_over(const struct track *t)
{
    return t->reset || (t->fin_acked[FROM_CLIENT] && t->fin_acked[FROM_SERVER]);
}
