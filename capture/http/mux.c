/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/mux.h"

#include <stdlib.h>

#include "base/array.h"

void mux_init(struct mux *m, const struct http_setup *setup, enum protocol protocol)
{
    *m = (struct mux){.setup = *setup};
    mux_table_init(&m->table, protocol);
}

void mux_clear(struct mux *m)
{
    mux_table_clear(&m->table);
    free(m->tunnels);
    m->tunnels = NULL;
}

void mux_turn(struct mux *m)
{
    m->tunnel_count = 0;
    m->tunnel_next = 0;
    m->io_failed = false;
}

enum status mux_result(const struct mux *m)
{
    return m->io_failed ? STATUS_IO : STATUS_OK;
}

enum status mux_go_on(struct mux *m, enum status status)
{
    if (status != STATUS_IO)
        return status;
    m->io_failed = true;
    return STATUS_OK;
}

enum status mux_file(struct mux *m, struct gap gap, const struct item *by, struct mux_stream *s)
{
    uint32_t id;

    gap.layer = m->setup.layer;
    if (s != NULL)
        gap.stream = s->id;
    if (by != NULL && by->frames.n != 0) {
        gap.first_packet = by->frames.at[0];
        gap.last_packet = by->frames.at[by->frames.n - 1];
    }
    id = ledger_file(m->setup.ledger, &gap);
    if (id == 0)
        return STATUS_NOMEM;
    if (s != NULL)
        exchange_add_gap(s->x, id);
    return STATUS_OK;
}

enum status mux_file_section(struct mux *m, struct mux_stream *s,
        const struct mux_section *section, const struct mux_facts *facts, const struct item *by)
{
    struct gap gap = section->place;
    enum status status = STATUS_OK;

    if (section->gap != 0 && s != NULL)
        exchange_add_gap(s->x, section->gap);
    if (facts->unknown) {
        if (s != NULL)
            exchange_add_gap(s->x, section->lost_gap);
        gap.why = section->why;
        gap.len = section->len;
        gap.detail = section->unknown;
        status = mux_file(m, gap, by, s);
    }
    gap.len = 0;
    if (status == STATUS_OK && (section->over || facts->budget)) {
        gap.why = GAP_BUDGET;
        gap.detail = "header section longer than we read";
        status = mux_file(m, gap, by, s);
    }
    if (status == STATUS_OK &&
            (section->bad != NULL || facts->bad || facts->malformed != NULL)) {
        gap.why = GAP_BAD;
        gap.detail = facts->malformed;
        if (section->bad != NULL)
            gap.detail = section->bad;
        else if (facts->bad)
            gap.detail = section->broken;
        status = mux_file(m, gap, by, s);
    }
    return status;
}

enum status mux_fields(struct mux *m, struct mux_stream *s, enum direction side,
        const struct field_source *source, size_t n, bool torn, struct mux_facts *out)
{
    m->growth.allowed += MUX_GROWTH_BLOCK + MUX_GROWTH_RATIO * (uint64_t)n;
    return mux_stream_fields(s, side, source, torn, &m->growth, out);
}

static enum status tunnel(
        struct mux *m, struct mux_stream *s, enum direction dir, const struct item *item)
{
    struct http_tunnel *grown, *entry;

    if (!s->tunnel)
        return STATUS_OK;
    grown = array_grow(m->tunnels, m->tunnel_count, &m->tunnel_capacity, sizeof(*grown));
    if (grown == NULL)
        return STATUS_NOMEM;
    m->tunnels = grown;
    entry = &m->tunnels[m->tunnel_count++];
    *entry = (struct http_tunnel){.exchange = s->x, .item = *item};
    entry->item.dir = dir;
    entry->item.off = s->side[dir].data;
    return STATUS_OK;
}

enum status mux_data(struct mux *m, struct mux_stream *s, enum direction dir,
        const struct item *by, struct bytes data)
{
    struct item item = *by;
    enum status status;

    item.data = data;
    item.len = data.n;
    status = tunnel(m, s, dir, &item);
    if (status != STATUS_OK)
        return status;
    return mux_go_on(m, mux_stream_data(s, dir, &m->setup, data));
}

enum status mux_hole(struct mux *m, struct mux_stream *s, enum direction dir,
        const struct item *by, uint64_t len, bool counts)
{
    struct item item = {
            .kind = ITEM_GAP, .len = len, .frames = by->frames, .gap = by->gap, .why = by->why};
    enum status status = tunnel(m, s, dir, &item);

    if (status != STATUS_OK || !counts)
        return status;
    return mux_stream_hole(s, dir, &m->setup, len, by->gap);
}

enum status mux_end_side(struct mux *m, struct mux_stream *s, enum direction dir, bool whole)
{
    struct item end = {.kind = ITEM_END};
    enum status status = STATUS_OK;

    if (!s->side[dir].ended)
        status = tunnel(m, s, dir, &end);
    return status == STATUS_OK ? mux_go_on(m, mux_stream_end(s, dir, whole)) : status;
}

enum status mux_finish(struct mux *m, struct mux_stream *s)
{
    for (int d = 0; d < 2; d++) {
        enum status status = mux_go_on(m, mux_stream_end(s, (enum direction)d, false));

        if (status != STATUS_OK)
            return status;
    }
    return mux_table_finish(&m->table, s);
}

enum status mux_crowded(struct mux *m, struct mux_stream **out)
{
    struct mux_stream *oldest = m->table.oldest;
    struct gap gap = {
            .why = GAP_BUDGET, .dir = FROM_SERVER, .detail = "too many streams open at once"};
    enum status status;

    if (m->table.open < MUX_STREAMS_MOST || oldest == NULL) {
        *out = NULL;
        return STATUS_OK;
    }
    status = mux_file(m, gap, NULL, oldest);
    if (status == STATUS_OK)
        *out = oldest;
    return status;
}

bool mux_next_tunnel(struct mux *m, struct http_tunnel *out)
{
    if (m->tunnel_next == m->tunnel_count)
        return false;
    *out = m->tunnels[m->tunnel_next++];
    return true;
}

bool mux_next(struct mux *m, struct exchange **out)
{
    struct mux_stream *s = mux_table_take(&m->table);

    if (s == NULL)
        return false;
    *out = s->x;
    s->x = NULL;
    mux_stream_free(s);
    return true;
}
