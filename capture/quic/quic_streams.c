/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_streams.h"

#include <stdlib.h>

#include "base/ranges.h"
#include "base/siphash.h"
#include "capture/quic/quic_half.h"

enum {
    BUCKETS_FIRST = 16,
    KINDS = 4, /* of streams, by the low bits of their number: RFC 9000 section 2.1 */
    SERVER_OPENED = 1,
    ONE_WAY = 2,
};

struct stream {
    uint64_t number;
    struct stream *chain;         /* next in the bucket */
    struct stream *older, *newer; /* by use */
    struct quic_half halves[2];
};

struct quic_streams {
    struct quic_streams_setup setup;
    struct siphash_key seed;
    struct stream **buckets; /* owned; NULL before the first stream */
    size_t bucket_count;     /* a power of two */
    size_t n;
    struct stream *oldest, *newest;
    struct ranges done[KINDS]; /* of number / KINDS: streams that are over */
    struct quic_half *ready_first, *ready_last;
    struct quic_half *wait_oldest, *wait_newest;
    struct quic_half *reset_oldest, *reset_newest;
    size_t resets;
    size_t waiting, pieces; /* behind holes, in all */
    bool closed, one_way_said, done_said;
    enum status status;
};

struct quic_streams *quic_streams_new(const struct quic_streams_setup *setup)
{
    struct quic_streams *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->setup = *setup;
    s->seed = siphash_key_draw();
    return s;
}

void quic_streams_free(struct quic_streams *s)
{
    if (s == NULL)
        return;
    while (s->oldest != NULL) {
        struct stream *st = s->oldest;

        s->oldest = st->newer;
        quic_half_clear(&st->halves[FROM_CLIENT]);
        quic_half_clear(&st->halves[FROM_SERVER]);
        free(st);
    }
    for (unsigned i = 0; i < KINDS; i++)
        ranges_clear(&s->done[i]);
    free(s->buckets);
    free(s);
}

static struct stream **bucket_of(const struct quic_streams *s, uint64_t number)
{
    return &s->buckets[siphash_words(s->seed, &number, 1) & (s->bucket_count - 1)];
}

static struct stream *find(const struct quic_streams *s, uint64_t number)
{
    struct stream *st = s->newest; /* packets of one stream come in rows */

    if (st == NULL || st->number == number)
        return st;
    st = *bucket_of(s, number);
    while (st != NULL && st->number != number)
        st = st->chain;
    return st;
}

static bool grow(struct quic_streams *s)
{
    size_t count = s->bucket_count == 0 ? BUCKETS_FIRST : s->bucket_count * 2;
    struct stream **buckets;

    if (s->n < s->bucket_count)
        return true;
    buckets = calloc(count, sizeof(struct stream *));
    if (buckets == NULL)
        return s->bucket_count != 0; /* longer chains, nothing worse */
    free(s->buckets);
    s->buckets = buckets;
    s->bucket_count = count;
    for (struct stream *st = s->oldest; st != NULL; st = st->newer) {
        struct stream **at = bucket_of(s, st->number);

        st->chain = *at;
        *at = st;
    }
    return true;
}

static void list_remove(struct quic_streams *s, struct stream *st)
{
    if (st->older != NULL)
        st->older->newer = st->newer;
    else
        s->oldest = st->newer;
    if (st->newer != NULL)
        st->newer->older = st->older;
    else
        s->newest = st->older;
}

static void list_append(struct quic_streams *s, struct stream *st)
{
    st->newer = NULL;
    st->older = s->newest;
    if (s->newest != NULL)
        s->newest->newer = st;
    else
        s->oldest = st;
    s->newest = st;
}

static void make_ready(struct quic_streams *s, struct quic_half *h)
{
    if (h->ready)
        return;
    h->ready = true;
    h->ready_next = NULL;
    if (s->ready_last != NULL)
        s->ready_last->ready_next = h;
    else
        s->ready_first = h;
    s->ready_last = h;
}

static void leave_wait(struct quic_streams *s, struct quic_half *h)
{
    if (!h->in_wait)
        return;
    h->in_wait = false;
    if (h->wait_older != NULL)
        h->wait_older->wait_newer = h->wait_newer;
    else
        s->wait_oldest = h->wait_newer;
    if (h->wait_newer != NULL)
        h->wait_newer->wait_older = h->wait_older;
    else
        s->wait_newest = h->wait_older;
}

static void join_wait(struct quic_streams *s, struct quic_half *h)
{
    if (h->in_wait)
        return;
    h->in_wait = true;
    h->wait_newer = NULL;
    h->wait_older = s->wait_newest;
    if (s->wait_newest != NULL)
        s->wait_newest->wait_newer = h;
    else
        s->wait_oldest = h;
    s->wait_newest = h;
}

static bool is_over_budget(const struct quic_streams *s)
{
    return s->waiting > QUIC_WAITING_MOST || s->pieces > QUIC_STREAM_PIECES_MOST;
}

static bool is_one_way(const struct quic_streams *s, uint64_t number)
{
    return !s->setup.in_order && (number & ONE_WAY) != 0;
}

static enum direction opener(uint64_t number)
{
    return (number & SERVER_OPENED) != 0 ? FROM_SERVER : FROM_CLIENT;
}

static bool has_half(const struct quic_streams *s, uint64_t number, enum direction dir)
{
    return !is_one_way(s, number) || opener(number) == dir;
}

/* Every direction that the stream has ends. */
static void close_stream(struct quic_streams *s, struct stream *st, enum gap_cause why,
        enum gap_cause open_why, const char *detail)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct quic_half *h = &st->halves[dir];

        if (!has_half(s, st->number, (enum direction)dir))
            continue;
        quic_half_close(h, why, open_why, detail);
        make_ready(s, h);
    }
}

static enum status note(struct quic_streams *s, enum gap_cause why, enum direction dir,
        uint64_t number, uint64_t packet, const char *detail)
{
    const struct gap gap = {.why = why,
            .layer = s->setup.layer,
            .dir = dir,
            .stream = number,
            .first_packet = packet,
            .last_packet = packet,
            .detail = detail};

    return ledger_file(s->setup.ledger, &gap) == 0 ? STATUS_NOMEM : STATUS_OK;
}

/* Remembers that the stream is over, so that what is sent again makes no new one. */
static enum status note_done(struct quic_streams *s, uint64_t number)
{
    struct ranges *done = &s->done[number % KINDS];
    uint64_t at = number / KINDS;
    enum status status = ranges_add(done, at, at + 1);

    if (status != STATUS_OK || done->n <= QUIC_STREAMS_DONE_MOST)
        return status;
    /* Opening a stream opens all below it (RFC 9000 section 3.2), so the lowest that are still
     * missing are the ones that least likely come. */
    status = ranges_add(done, done->at[0].begin, done->at[1].end);
    if (status != STATUS_OK || s->done_said)
        return status;
    s->done_said = true;
    return note(s, GAP_BUDGET, opener(number), number, 0,
            "too many streams ended out of order; late ones among them are not read");
}

static enum status add(struct quic_streams *s, uint64_t number, struct stream **out)
{
    struct stream *st = calloc(1, sizeof(*st)), **at;

    if (st == NULL || !grow(s)) {
        free(st);
        return STATUS_NOMEM;
    }
    if (s->n >= QUIC_STREAMS_MOST)
        close_stream(s, s->oldest, GAP_BUDGET, GAP_BUDGET,
                "too many streams were open at once; the one idle for longest was given up");
    st->number = number;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        st->halves[dir].dir = (enum direction)dir;
        st->halves[dir].stream = number;
    }
    at = bucket_of(s, number);
    st->chain = *at;
    *at = st;
    s->n++;
    list_append(s, st);
    *out = st;
    return STATUS_OK;
}

/* The stream, opened when it is new. NULL when it is over, or has no such direction. */
static enum status open_stream(struct quic_streams *s, uint64_t number, enum direction dir,
        uint64_t packet, struct stream **out)
{
    struct stream *st;

    *out = NULL;
    if (!has_half(s, number, dir)) {
        if (s->one_way_said)
            return STATUS_OK;
        s->one_way_said = true;
        return note(s, GAP_BAD, dir, number, packet,
                "data against the direction of a one-way stream; they are left out");
    }
    st = find(s, number);
    if (st == NULL) {
        const struct ranges *done = &s->done[number % KINDS];

        if (ranges_cover(done, number / KINDS, number / KINDS + 1))
            return STATUS_OK;
        return add(s, number, out);
    }
    if (st != s->newest) {
        list_remove(s, st);
        list_append(s, st);
    }
    *out = st;
    return STATUS_OK;
}

static enum status ready_to_take(const struct quic_streams *s)
{
    if (s->status != STATUS_OK)
        return s->status;
    return s->closed || s->ready_first != NULL || is_over_budget(s) ? STATUS_USAGE : STATUS_OK;
}

enum status quic_streams_push(struct quic_streams *s, const struct quic_piece *piece)
{
    enum status status = ready_to_take(s);
    struct quic_half *h;
    struct stream *st;
    size_t bytes, pieces;

    if (status != STATUS_OK)
        return status;
    s->status = open_stream(s, piece->stream, piece->dir, piece->packet, &st);
    if (s->status != STATUS_OK || st == NULL)
        return s->status;
    h = &st->halves[piece->dir];
    bytes = h->waiting.bytes;
    pieces = h->waiting.n;
    s->status = quic_half_push(h, piece);
    s->waiting += h->waiting.bytes - bytes;
    s->pieces += h->waiting.n - pieces;
    make_ready(s, h);
    return s->status;
}

static void leave_resets(struct quic_streams *s, struct quic_half *h)
{
    if (!h->in_resets)
        return;
    if (h->reset_older != NULL)
        h->reset_older->reset_newer = h->reset_newer;
    else
        s->reset_oldest = h->reset_newer;
    if (h->reset_newer != NULL)
        h->reset_newer->reset_older = h->reset_older;
    else
        s->reset_newest = h->reset_older;
    h->in_resets = false;
    s->resets--;
}

static void join_resets(struct quic_streams *s, struct quic_half *h)
{
    if (h->in_resets || h->ended)
        return;
    h->in_resets = true;
    h->reset_newer = NULL;
    h->reset_older = s->reset_newest;
    if (s->reset_newest != NULL)
        s->reset_newest->reset_newer = h;
    else
        s->reset_oldest = h;
    s->reset_newest = h;
    s->resets++;
}

enum status quic_streams_reset(struct quic_streams *s, uint64_t stream, enum direction dir,
        uint64_t final_size, uint64_t packet, int64_t time_ns)
{
    enum status status = ready_to_take(s);
    struct stream *st;

    if (status != STATUS_OK)
        return status;
    s->status = open_stream(s, stream, dir, packet, &st);
    if (s->status != STATUS_OK || st == NULL)
        return s->status;
    quic_half_reset(&st->halves[dir], final_size, packet, time_ns);
    make_ready(s, &st->halves[dir]);
    join_resets(s, &st->halves[dir]);
    if (s->resets > QUIC_RESETS_MOST) {
        struct quic_half *h = s->reset_oldest;

        leave_resets(s, h);
        quic_half_give_up(h);
        make_ready(s, h);
    }
    return STATUS_OK;
}

/* Frees the stream when all its directions have ended. */
static enum status retire(struct quic_streams *s, uint64_t number)
{
    struct stream *st = find(s, number), **at;

    if (st == NULL)
        return STATUS_OK;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct quic_half *h = &st->halves[dir];

        if (has_half(s, number, (enum direction)dir) && (!h->ended || h->ready))
            return STATUS_OK;
    }
    at = bucket_of(s, number);
    while (*at != st)
        at = &(*at)->chain;
    *at = st->chain;
    list_remove(s, st);
    s->n--;
    quic_half_clear(&st->halves[FROM_CLIENT]);
    quic_half_clear(&st->halves[FROM_SERVER]);
    free(st);
    return note_done(s, number);
}

void quic_streams_endless(struct quic_streams *s, uint64_t stream)
{
    struct stream *st = find(s, stream);

    if (st == NULL)
        return;
    st->halves[FROM_CLIENT].endless = true;
    st->halves[FROM_SERVER].endless = true;
}

/* Nothing more comes out of the half in front: it waits, is over, or has all it may give. */
static void settle(struct quic_streams *s, struct quic_half *h)
{
    s->ready_first = h->ready_next;
    if (s->ready_first == NULL)
        s->ready_last = NULL;
    h->ready = false;
    if (h->waiting.n == 0) {
        leave_wait(s, h);
        pieces_clear(&h->waiting);
    } else {
        join_wait(s, h);
    }
    if (h->ended) {
        leave_resets(s, h);
        s->status = retire(s, h->stream);
    }
}

bool quic_streams_next(struct quic_streams *s, uint64_t *stream, struct item *out)
{
    while (s->status == STATUS_OK) {
        struct quic_half *h = s->ready_first;
        size_t bytes, pieces;
        bool found;

        if (h == NULL && !is_over_budget(s))
            return false;
        if (h == NULL) {
            h = s->wait_oldest;
            h->pressed = true;
            leave_wait(s, h); /* what is left then waits for another hole */
            make_ready(s, h);
        }
        bytes = h->waiting.bytes;
        pieces = h->waiting.n;
        found = quic_half_next(h, &s->setup, out, &s->status);
        s->waiting -= bytes - h->waiting.bytes;
        s->pieces -= pieces - h->waiting.n;
        if (found) {
            *stream = h->stream;
            return true;
        }
        if (s->status == STATUS_OK)
            settle(s, h);
    }
    return false;
}

static int by_number(const void *a, const void *b)
{
    const struct stream *const *x = a, *const *y = b;

    return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

enum status quic_streams_close(
        struct quic_streams *s, enum gap_cause why, enum gap_cause open_why)
{
    enum status status = ready_to_take(s);
    struct stream **all;
    size_t n = 0;

    if (status != STATUS_OK)
        return status;
    all = calloc(s->n + 1, sizeof(struct stream *));
    if (all == NULL) {
        s->status = STATUS_NOMEM;
        return STATUS_NOMEM;
    }
    s->closed = true;
    for (struct stream *st = s->oldest; st != NULL; st = st->newer)
        all[n++] = st;
    qsort(all, n, sizeof(struct stream *), by_number);
    for (size_t i = 0; i < n; i++)
        close_stream(s, all[i], why, open_why, NULL);
    free(all);
    return STATUS_OK;
}

size_t quic_streams_waiting(const struct quic_streams *s)
{
    return s->waiting;
}

enum status quic_streams_status(const struct quic_streams *s)
{
    return s->status;
}
