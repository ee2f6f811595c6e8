/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/outbox.h"

#include "capture/http/body.h"

enum { GAPS_LOOKED_AT = 256 };

void outbox_clear(struct outbox *o)
{
    struct exchange *x;

    while ((x = queue_take(&o->finished)) != NULL)
        exchange_free(x);
    queue_clear(&o->finished);
}

/* A body that could not be decoded is a gap as well: what it says was not seen. */
static enum status name_undecoded(
        struct outbox *o, enum direction dir, struct exchange *x, const struct message *m)
{
    struct gap gap = {.layer = LAYER_HTTP,
            .dir = dir,
            .stream = x->stream,
            .off = m->body.bytes,
            .first_packet = m->frames_listed == 0 ? 0 : m->frames[0],
            .last_packet = m->last_frame,
            .detail = m->body.undecoded};
    uint32_t id;

    if (!body_undecoded(&m->body, &gap.why))
        return STATUS_OK;
    id = ledger_file(&o->facts->ledger, &gap);
    exchange_add_gap(x, id);
    x->complete = false;
    return id == 0 ? STATUS_NOMEM : STATUS_OK;
}

/* The newest gap that may have taken something of `dir` behind packet `from`; 0 for none. */
static uint32_t newest_gap(const struct ledger *ledger, enum direction dir, uint64_t from)
{
    for (size_t i = ledger->n; i > 0 && ledger->n - i < GAPS_LOOKED_AT; i--) {
        const struct gap *gap = &ledger->gaps[i - 1];

        if (gap->dir == dir && gap->why != GAP_CONFLICT &&
                (gap->last_packet == 0 || gap->last_packet >= from))
            return gap->id;
    }
    return 0;
}

/*
 * What an exchange lacks may lie in a hole that showed only when it had been given up, or behind
 * the place where the capture or the connection ends: then the newest gap of the side that is
 * missing, not before the exchange, is the one that may have taken it. Where that side has none,
 * a hole of the other one made the order of the messages unsure.
 */
static void name_missing(const struct outbox *o, struct exchange *x)
{
    const struct ledger *ledger = &o->facts->ledger;
    uint64_t from = x->request.frames_listed == 0 ? 0 : x->request.frames[0];
    bool asked = x->request.whole;
    uint32_t id;

    if (x->complete || x->gap_count != 0)
        return;
    id = asked ? newest_gap(ledger, FROM_SERVER, from) : newest_gap(ledger, FROM_CLIENT, 0);
    if (id == 0)
        id = newest_gap(ledger, asked ? FROM_CLIENT : FROM_SERVER, 0);
    if (id == 0) /* numbers of packets tell little when they were captured out of order */
        id = newest_gap(ledger, asked ? FROM_SERVER : FROM_CLIENT, 0);
    exchange_add_gap(x, id);
}

enum status outbox_put(struct outbox *o, const struct endpoint *server, struct exchange *x)
{
    enum status status = exchange_set_server(x, server);

    if (status == STATUS_OK)
        status = name_undecoded(o, FROM_CLIENT, x, &x->request);
    if (status == STATUS_OK)
        status = name_undecoded(o, FROM_SERVER, x, &x->response);
    name_missing(o, x);
    if (status == STATUS_OK)
        status = queue_put(&o->finished, x);
    if (status != STATUS_OK)
        exchange_free(x);
    return status;
}

bool outbox_next(struct outbox *o, struct exchange **out)
{
    struct exchange *x = queue_take(&o->finished);

    if (x == NULL)
        return false;
    *out = x;
    o->facts->exchanges++;
    return true;
}
