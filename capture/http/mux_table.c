/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/mux_table.h"

void mux_table_init(struct mux_table *t, enum protocol protocol)
{
    *t = (struct mux_table){.protocol = protocol};
    ranges_init(&t->closed[FROM_CLIENT]);
    ranges_init(&t->closed[FROM_SERVER]);
}

static void free_list(struct mux_stream *s)
{
    while (s != NULL) {
        struct mux_stream *newer = s->newer;

        mux_stream_free(s);
        s = newer;
    }
}

void mux_table_clear(struct mux_table *t)
{
    free_list(t->oldest);
    free_list(t->ready);
    ranges_clear(&t->closed[FROM_CLIENT]);
    ranges_clear(&t->closed[FROM_SERVER]);
    mux_table_init(t, t->protocol);
}

enum direction mux_table_owner(const struct mux_table *t, uint64_t id)
{
    uint64_t clients = t->protocol == PROTOCOL_H3 ? 0 : 1;

    return id % 2 == clients ? FROM_CLIENT : FROM_SERVER;
}

/* The place of a stream among those of its kind: HTTP/2 has two kinds, QUIC four. */
static uint64_t number_of(const struct mux_table *t, uint64_t id)
{
    return id / (t->protocol == PROTOCOL_H3 ? 4 : 2);
}

static size_t bucket_of(const struct mux_table *t, uint64_t id)
{
    return (size_t)(number_of(t, id) % MUX_BUCKETS);
}

struct mux_stream *mux_table_find(const struct mux_table *t, uint64_t id)
{
    struct mux_stream *s = t->buckets[bucket_of(t, id)];

    while (s != NULL && s->id != id)
        s = s->chain;
    return s;
}

bool mux_table_is_closed(const struct mux_table *t, uint64_t id)
{
    uint64_t at = number_of(t, id);

    return ranges_cover(&t->closed[mux_table_owner(t, id)], at, at + 1);
}

void mux_table_add(struct mux_table *t, struct mux_stream *s)
{
    struct mux_stream **bucket = &t->buckets[bucket_of(t, s->id)];

    s->chain = *bucket;
    *bucket = s;
    s->older = t->newest;
    s->newer = NULL;
    if (t->newest != NULL)
        t->newest->newer = s;
    else
        t->oldest = s;
    t->newest = s;
    t->open++;
    if (mux_table_owner(t, s->id) == FROM_SERVER)
        t->pushes = true;
    else if (s->id > t->highest)
        t->highest = s->id;
}

void mux_table_cancel(struct mux_table *t, struct mux_stream *s)
{
    if (!s->cancelled)
        t->cancelled++;
    s->cancelled = true;
}

/* Streams end out of order, but mostly close together; a peer that leaves every second one
 * open for ever shall not make us remember them all. */
static enum status remember_closed(struct mux_table *t, uint64_t id)
{
    struct ranges *closed = &t->closed[mux_table_owner(t, id)];
    uint64_t at = number_of(t, id);

    if (closed->n >= MUX_CLOSED_MOST &&
            ranges_add(closed, 0, closed->at[closed->n / 2].end) != STATUS_OK)
        return STATUS_NOMEM;
    return ranges_add(closed, at, at + 1);
}

static void unlink_open(struct mux_table *t, struct mux_stream *s)
{
    struct mux_stream **link = &t->buckets[bucket_of(t, s->id)];

    while (*link != NULL && *link != s)
        link = &(*link)->chain;
    if (*link != NULL)
        *link = s->chain;
    if (s->older != NULL)
        s->older->newer = s->newer;
    else
        t->oldest = s->newer;
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        t->newest = s->older;
    t->open--;
    if (s->cancelled)
        t->cancelled--;
}

enum status mux_table_finish(struct mux_table *t, struct mux_stream *s)
{
    if (remember_closed(t, s->id) != STATUS_OK)
        return STATUS_NOMEM;
    unlink_open(t, s);
    s->x->complete = s->x->request.whole && s->x->response.whole;
    s->newer = NULL;
    s->older = t->last_ready;
    if (t->last_ready != NULL)
        t->last_ready->newer = s;
    else
        t->ready = s;
    t->last_ready = s;
    return STATUS_OK;
}

enum status mux_table_drop(struct mux_table *t, struct mux_stream *s)
{
    if (remember_closed(t, s->id) != STATUS_OK)
        return STATUS_NOMEM;
    unlink_open(t, s);
    mux_stream_free(s);
    return STATUS_OK;
}

struct mux_stream *mux_table_take(struct mux_table *t)
{
    struct mux_stream *s = t->ready;

    if (s == NULL)
        return NULL;
    t->ready = s->newer;
    if (t->ready != NULL)
        t->ready->older = NULL;
    else
        t->last_ready = NULL;
    return s;
}

struct mux_stream *mux_table_oldest_cancelled(const struct mux_table *t)
{
    struct mux_stream *s = t->oldest;

    while (s != NULL && !s->cancelled)
        s = s->newer;
    return s;
}
