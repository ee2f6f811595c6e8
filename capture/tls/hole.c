/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/tls/half.h"

static void begin(struct half *h, enum gap_cause why, const char *detail)
{
    h->hole = (struct hole){.open = true,
            .epoch = h->epoch,
            .why = why,
            .detail = detail,
            .packets = {h->last_packet, 0}};
}

static void extend_place(struct hole *hole, const struct item_place *by)
{
    if (!hole->place.has_sent_from) {
        hole->place.has_sent_from = by->has_sent_from;
        hole->place.sent_from = by->sent_from;
    }
    if (by->has_sent_from)
        hole->place.sent_to = by->sent_to;
    hole->place.has_heard = by->has_heard;
    hole->place.heard = by->heard;
}

void hole_add(struct tls *t, struct half *h, enum gap_cause why, const char *detail,
        uint64_t len, const struct record *around)
{
    if (h->hole.open && (h->hole.why != why || h->hole.id_n != 0))
        hole_tell(t, h, around->frames.n == 0 ? 0 : around->frames.at[0]);
    if (!h->hole.open)
        begin(h, why, detail);
    h->hole.len += len;
    if (around->frames.n != 0) {
        if (h->hole.packets[0] == 0 || h->hole.first_ns == 0)
            h->hole.packets[0] = around->frames.at[0];
        h->hole.packets[1] = around->frames.at[around->frames.n - 1];
        h->last_packet = h->hole.packets[1];
        if (h->hole.first_ns == 0)
            h->hole.first_ns = around->first_ns;
        h->hole.last_ns = around->last_ns;
        extend_place(&h->hole, &around->place);
    }
}

void hole_add_gap(struct tls *t, struct half *h, const struct item *gap)
{
    /* What no key opens is not missed twice. */
    bool swallowed = h->hole.open && h->hole.id_n == 0 && h->keyless;

    (void)t;
    if (!swallowed) {
        if (!h->hole.open)
            begin(h, gap->why, NULL);
        else if (h->hole.id_n == 0)
            hole_tell(t, h, gap->frames.n == 0 ? 0 : gap->frames.at[0]);
        if (!h->hole.open)
            begin(h, gap->why, NULL);
        if (h->hole.id_n < HOLE_IDS)
            h->hole.ids[h->hole.id_n++] = gap->gap;
    }
    if (gap->frames.n != 0) {
        if (h->hole.packets[0] == 0)
            h->hole.packets[0] = gap->frames.at[0];
        h->hole.packets[1] = gap->frames.at[gap->frames.n - 1];
    }
    if (h->hole.first_ns == 0)
        h->hole.first_ns = gap->first_ns;
    h->hole.last_ns = gap->last_ns;
    extend_place(&h->hole, &gap->place);
}

static void queue_gap(struct tls *t, struct half *h, uint32_t id, uint64_t len)
{
    struct item *out = &t->queue[t->queue_n];
    uint64_t *packets = t->queue_packets[t->queue_n];
    size_t n = 0;

    if (h->hole.packets[0] != 0)
        packets[n++] = h->hole.packets[0];
    if (h->hole.packets[1] > h->hole.packets[0])
        packets[n++] = h->hole.packets[1];
    *out = (struct item){.kind = ITEM_GAP,
            .dir = h->dir,
            .off = h->off,
            .len = len,
            .frames = {packets, n},
            .first_ns = h->hole.first_ns,
            .last_ns = h->hole.last_ns,
            .gap = id,
            .why = h->hole.why,
            .place = h->hole.place};
    t->queue_n++;
    h->off += len;
}

void hole_tell(struct tls *t, struct half *h, uint64_t next_packet)
{
    struct hole *hole = &h->hole;
    uint64_t len = hole->len == 0 ? 1 : hole->len;

    if (!hole->open)
        return;
    hole->open = false;
    if (hole->id_n != 0) {
        if (hole->packets[1] == 0)
            hole->packets[1] = next_packet;
        for (size_t i = 0; i < hole->id_n; i++)
            queue_gap(t, h, hole->ids[i], i == 0 ? len : 0);
        return;
    }
    {
        struct gap gap = {.why = hole->why,
                .layer = LAYER_TLS,
                .dir = h->dir,
                .off = h->off,
                .len = len,
                .first_packet = hole->packets[0],
                .last_packet = hole->packets[1] == 0 ? hole->packets[0] : hole->packets[1],
                .detail = hole->detail};
        uint32_t id = ledger_file(t->setup.ledger, &gap);

        if (id == 0) {
            t->status = STATUS_NOMEM;
            return;
        }
        t->missed += len;
        if (!t->has_missed_why)
            t->missed_why = hole->why;
        t->has_missed_why = true;
        queue_gap(t, h, id, len);
    }
}

void hole_forget(struct half *h)
{
    h->hole.open = false;
}
