/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_table.h"

void h2_table_init(struct h2_table *t)
{
    *t = (struct h2_table){0};
    ranges_init(&t->closed[FROM_CLIENT]);
    ranges_init(&t->closed[FROM_SERVER]);
}

static void free_list(struct h2_stream *s)
{
    while (s != NULL) {
        struct h2_stream *newer = s->newer;

        h2_stream_free(s);
        s = newer;
    }
}

void h2_table_clear(struct h2_table *t)
{
    free_list(t->oldest);
    free_list(t->ready);
    ranges_clear(&t->closed[FROM_CLIENT]);
    ranges_clear(&t->closed[FROM_SERVER]);
    h2_table_init(t);
}

enum direction h2_table_owner(uint32_t id)
{
    return id % 2 == 1 ? FROM_CLIENT : FROM_SERVER;
}

static size_t bucket_of(uint32_t id)
{
    return (id >> 1) % H2_BUCKETS;
}

struct h2_stream *h2_table_find(const struct h2_table *t, uint32_t id)
{
    struct h2_stream *s = t->buckets[bucket_of(id)];

    while (s != NULL && s->id != id)
        s = s->chain;
    return s;
}

bool h2_table_is_closed(const struct h2_table *t, uint32_t id)
{
    uint64_t at = id / 2;

    return ranges_cover(&t->closed[h2_table_owner(id)], at, at + 1);
}

void h2_table_add(struct h2_table *t, struct h2_stream *s)
{
    struct h2_stream **bucket = &t->buckets[bucket_of(s->id)];

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
    if (h2_table_owner(s->id) == FROM_SERVER)
        t->pushes = true;
    else if (s->id > t->highest)
        t->highest = s->id;
}

void h2_table_cancel(struct h2_table *t, struct h2_stream *s)
{
    if (!s->cancelled)
        t->cancelled++;
    s->cancelled = true;
}

/* Streams end out of order, but mostly close together; a peer that leaves every second one
 * open for ever shall not make us remember them all. */
static enum status remember_closed(struct h2_table *t, uint32_t id)
{
    struct ranges *closed = &t->closed[h2_table_owner(id)];
    uint64_t at = id / 2;

    if (closed->n >= H2_CLOSED_MOST &&
            ranges_add(closed, 0, closed->at[closed->n / 2].end) != STATUS_OK)
        return STATUS_NOMEM;
    return ranges_add(closed, at, at + 1);
}

static void unlink_open(struct h2_table *t, struct h2_stream *s)
{
    struct h2_stream **link = &t->buckets[bucket_of(s->id)];

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

enum status h2_table_finish(struct h2_table *t, struct h2_stream *s)
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

struct h2_stream *h2_table_take(struct h2_table *t)
{
    struct h2_stream *s = t->ready;

    if (s == NULL)
        return NULL;
    t->ready = s->newer;
    if (t->ready != NULL)
        t->ready->older = NULL;
    else
        t->last_ready = NULL;
    return s;
}

struct h2_stream *h2_table_oldest_cancelled(const struct h2_table *t)
{
    struct h2_stream *s = t->oldest;

    while (s != NULL && !s->cancelled)
        s = s->newer;
    return s;
}
