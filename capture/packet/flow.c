/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow.h"

#include <stdlib.h>
#include <string.h>

#include "capture/packet/flow_state.h"

enum { BUCKETS_FIRST = 1024 };

static const int64_t patience_ns[QUEUES] = {
        [QUEUE_TCP] = FLOW_TCP_IDLE_SECONDS * INT64_C(1000000000),
        [QUEUE_UDP] = FLOW_UDP_IDLE_SECONDS * INT64_C(1000000000),
        [QUEUE_CLOSING] = FLOW_LINGER_SECONDS * INT64_C(1000000000),
};

struct flows *flows_new(const struct flow_limits *limits)
{
    struct flows *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return NULL;
    f->buckets = calloc(BUCKETS_FIRST, sizeof(struct flow_state *));
    if (f->buckets == NULL) {
        free(f);
        return NULL;
    }
    f->bucket_count = BUCKETS_FIRST;
    if (limits != NULL)
        f->limits = *limits;
    if (f->limits.open == 0)
        f->limits.open = FLOW_OPEN_MOST;
    if (f->limits.waiting == 0)
        f->limits.waiting = FLOW_WAITING_MOST;
    if (f->limits.budget == 0)
        f->limits.budget = REASM_BUDGET;
    f->seed = siphash_key_draw();
    return f;
}

void flow_free(struct flow *flow)
{
    if (flow == NULL)
        return;
    reasm_free(flow->streams[FROM_CLIENT]);
    reasm_free(flow->streams[FROM_SERVER]);
    ledger_clear(&flow->facts.ledger);
    arena_free(flow->facts.arena);
    if (flow->state != NULL) {
        flow_order_clear(&flow->state->order);
        flow_start_clear(&flow->state->start);
    }
    free(flow->state);
    free(flow);
}

void flows_free(struct flows *f)
{
    struct flow *flow;

    if (f == NULL)
        return;
    flows_close_all(f);
    while ((flow = flows_next_ended(f)) != NULL)
        flow_free(flow);
    free(f->buckets);
    free(f);
}

void flow_enqueue(struct flows *f, struct flow_state *s, enum queue queue)
{
    s->queue = queue;
    s->newer = NULL;
    s->older = f->queues[queue].newest;
    if (s->older != NULL)
        s->older->newer = s;
    else
        f->queues[queue].oldest = s;
    f->queues[queue].newest = s;
    f->queues[queue].n++;
    s->touched_ns = f->seen_ns;
}

void flow_dequeue(struct flows *f, struct flow_state *s)
{
    if (s->older != NULL)
        s->older->newer = s->newer;
    else
        f->queues[s->queue].oldest = s->newer;
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        f->queues[s->queue].newest = s->older;
    f->queues[s->queue].n--;
}

static struct flow_state **bucket_of(struct flows *f, uint64_t hash)
{
    return &f->buckets[hash & (f->bucket_count - 1)];
}

/* Twins keep their order: the chain is rebuilt from its end. */
static void grow(struct flows *f)
{
    size_t old_count = f->bucket_count;
    struct flow_state **old = f->buckets, **buckets;

    if (f->n < f->bucket_count)
        return;
    buckets = calloc(old_count * 2, sizeof(struct flow_state *));
    if (buckets == NULL)
        return; /* longer chains, nothing worse */
    f->buckets = buckets;
    f->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        struct flow_state **low = &buckets[i], **high = &buckets[i + old_count];

        for (struct flow_state *s = old[i]; s != NULL; s = s->chain) {
            struct flow_state ***end = (s->hash & old_count) != 0 ? &high : &low;

            **end = s;
            *end = &s->chain;
        }
        *low = *high = NULL;
    }
    free(old);
}

static void end_flow(struct flows *f, struct flow_state *s, enum flow_end end)
{
    struct flow_state **at = bucket_of(f, s->hash);

    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    flow_dequeue(f, s);
    f->n--;
    if (s->track.reset)
        end = FLOW_RESET;
    else if (track_is_over(&s->track))
        end = FLOW_CLOSED;
    else if (s->replaced && end == FLOW_IDLE)
        end = FLOW_REUSED;
    s->flow->ended = end;
    s->last = FROM_CLIENT;
    flow_start_end(&s->start);
    s->newer = NULL;
    if (f->ended_last != NULL)
        f->ended_last->newer = s;
    else
        f->ended_first = s;
    f->ended_last = s;
}

static bool is_idle(const struct flows *f, struct flow_state *s, int64_t patience)
{
    int64_t age;

    if (s->touched_ns > f->now_ns) {
        if (s->touched_ns > f->seen_ns)
            s->touched_ns = f->now_ns; /* that time was mad */
        return false;
    }
    return __builtin_sub_overflow(f->now_ns, s->touched_ns, &age) || age >= patience;
}

/* One packet with a mad time must not end all flows: the clock goes where two packets in a
 * row agree that it is. */
static void tick(struct flows *f, int64_t time_ns)
{
    f->now_ns = f->total != 0 && f->seen_ns < time_ns ? f->seen_ns : time_ns;
    f->seen_ns = time_ns;
    for (unsigned i = 0; i < QUEUES; i++) {
        struct flow_state *s;

        while ((s = f->queues[i].oldest) != NULL && is_idle(f, s, patience_ns[i]))
            end_flow(f, s, FLOW_IDLE);
    }
}

/* Room for one more flow, at the cost of the one that is needed least. */
static void evict(struct flows *f)
{
    struct flow_state *tcp = f->queues[QUEUE_TCP].oldest, *udp = f->queues[QUEUE_UDP].oldest;

    if (f->queues[QUEUE_CLOSING].n >= FLOW_CLOSING_MOST)
        end_flow(f, f->queues[QUEUE_CLOSING].oldest, FLOW_IDLE);
    if (f->n < f->limits.open)
        return;
    if (f->queues[QUEUE_CLOSING].n != 0)
        end_flow(f, f->queues[QUEUE_CLOSING].oldest, FLOW_IDLE);
    else if (udp == NULL ||
             (tcp != NULL && tcp->flow->facts.last_packet < udp->flow->facts.last_packet))
        end_flow(f, tcp, FLOW_EVICTED);
    else
        end_flow(f, udp, FLOW_EVICTED);
}

/* Is the sender the client? A SYN tells; else the lower port serves (RFC 6335 section 6: the
 * ports of clients are drawn from the upper end), and of equals the one spoken to. */
static bool from_client(const struct segment *seg, bool *guessed)
{
    bool lower = seg->dst.port <= seg->src.port;

    *guessed = false;
    if (seg->transport == TRANSPORT_TCP && track_opens(seg))
        return (seg->flags & TCP_ACK) == 0;
    if (seg->transport == TRANSPORT_TCP) {
        *guessed = true;
        return lower;
    }
    /* Who speaks first asks, unless it is a service that answers a question before our time. */
    *guessed = !lower;
    return lower || seg->src.port >= 1024 || seg->dst.port < 1024;
}

static bool add_streams(const struct flows *f, struct flow *flow)
{
    for (unsigned i = 0; i < 2; i++) {
        flow->streams[i] = reasm_new((enum direction)i, &flow->facts.ledger, f->limits.budget);
        if (flow->streams[i] == NULL)
            return false;
    }
    return true;
}

struct flow_state *flow_add(struct flows *f, const struct segment *seg,
        const struct flow_key *key, uint64_t hash, bool forward)
{
    struct flow *flow = calloc(1, sizeof(*flow));
    struct flow_state *s = calloc(1, sizeof(*s)), **bucket;
    struct connection *facts;
    bool client;

    if (flow == NULL || s == NULL ||
            (seg->transport == TRANSPORT_TCP && !add_streams(f, flow))) {
        free(s);
        flow_free(flow);
        return NULL;
    }
    evict(f);
    grow(f);
    flow->state = s;
    facts = &flow->facts;
    client = from_client(seg, &facts->roles_guessed);
    s->flow = flow;
    s->owner = f;
    s->key = *key;
    s->hash = hash;
    s->client_first = forward == client;
    facts->id = ++f->total;
    facts->transport = seg->transport;
    facts->client = client ? seg->src : seg->dst;
    facts->server = client ? seg->dst : seg->src;
    facts->first_ns = facts->last_ns = seg->time_ns;
    facts->first_packet = seg->packet;
    ledger_init(&facts->ledger, facts->id);
    bucket = bucket_of(f, hash);
    s->chain = *bucket;
    *bucket = s;
    f->n++;
    flow_enqueue(f, s, seg->transport == TRANSPORT_TCP ? QUEUE_TCP : QUEUE_UDP);
    return s;
}

enum direction flow_direction(const struct flow_state *s, bool forward)
{
    return forward == s->client_first ? FROM_CLIENT : FROM_SERVER;
}

static bool belongs(const struct flow_state *s, const struct segment *seg, bool forward)
{
    enum direction dir = flow_direction(s, forward);

    if (seg->transport == TRANSPORT_UDP)
        return true;
    if (track_opens(seg))
        return track_claims_syn(&s->track, dir, seg);
    return track_fits(&s->track, dir, seg);
}

/* Of the flows on these ports the newest that the segment fits; NULL when it begins one. */
static struct flow_state *choose(struct flow_state *chain, const struct segment *seg,
        const struct flow_key *key, bool forward)
{
    struct flow_state *newest = NULL;

    for (struct flow_state *s = chain; s != NULL; s = s->chain) {
        if (!flow_key_equal(&s->key, key))
            continue;
        if (belongs(s, seg, forward))
            return s;
        if (newest == NULL)
            newest = s;
    }
    if (newest == NULL || track_opens(seg) ||
            track_misfit(&newest->track, flow_direction(newest, forward), seg))
        return NULL;
    return newest;
}

void flow_retire_twins(struct flows *f, const struct flow_key *key, uint64_t hash)
{
    struct flow_state *oldest = NULL, *s;
    unsigned n = 0, most = FLOW_TWINS_MOST;

    for (s = *bucket_of(f, hash); s != NULL; s = s->chain) {
        if (!flow_key_equal(&s->key, key))
            continue;
        n++;
        oldest = s;
        s->replaced = true;
        if (s->flow->facts.transport == TRANSPORT_UDP)
            most = FLOW_UDP_TWINS_MOST;
        if (s->queue == QUEUE_TCP) {
            flow_dequeue(f, s);
            flow_enqueue(f, s, QUEUE_CLOSING);
        }
    }
    if (n >= most)
        end_flow(f, oldest, FLOW_REUSED);
}

void flow_note(struct connection *facts, const struct segment *seg, enum direction dir)
{
    facts->packets++;
    facts->last_packet = seg->packet;
    facts->bytes[dir] += seg->wire_len;
    facts->bad_checksums += seg->bad_checksum ? 1 : 0;
    if (seg->time_ns > facts->last_ns)
        facts->last_ns = seg->time_ns;
}

static struct flow_counts counts_of(const struct connection *facts)
{
    return (struct flow_counts){
            .packets = facts->packets,
            .last_packet = facts->last_packet,
            .bytes = {facts->bytes[FROM_CLIENT], facts->bytes[FROM_SERVER]},
            .bad_checksums = facts->bad_checksums,
            .last_ns = facts->last_ns,
    };
}

/* An open flow with a packet is the least idle one; one that is over waits from its end on,
 * unless it goes on: then its reset was not meant, or was not the peer's. */
static void move_in_queue(struct flows *f, struct flow_state *s, const struct segment *seg)
{
    enum queue queue = s->queue;

    if (seg->transport == TRANSPORT_UDP) {
        queue = s->over ? QUEUE_CLOSING : QUEUE_UDP;
    } else if (track_is_over(&s->track)) {
        if (queue == QUEUE_CLOSING && seg->wire_len == 0)
            return;
        queue = QUEUE_CLOSING;
    } else if (!s->replaced || seg->wire_len != 0) {
        queue = QUEUE_TCP;
    }
    if (queue == s->queue && s->newer == NULL) {
        s->touched_ns = f->seen_ns;
        return;
    }
    flow_dequeue(f, s);
    flow_enqueue(f, s, queue);
}

enum status flows_push(
        struct flows *f, const struct segment *seg, struct flow **flow, enum direction *dir)
{
    struct flow_key key;
    struct flow_state *s;
    enum direction from;
    uint64_t hash;
    bool forward;

    flow_key_of(seg, &key, &forward);
    if (f->total == 0 || !flow_key_equal(&key, &f->last_key)) {
        f->last_hash = flow_key_hash(&key, f->seed);
        f->last_key = key;
    }
    hash = f->last_hash;
    tick(f, seg->time_ns);
    s = choose(*bucket_of(f, hash), seg, &key, forward);
    if (s == NULL) {
        flow_retire_twins(f, &key, hash);
        s = flow_add(f, seg, &key, hash, forward);
        if (s == NULL)
            return STATUS_NOMEM;
    }
    from = flow_direction(s, forward);
    s->last = from;
    if (seg->transport == TRANSPORT_UDP)
        f->before = counts_of(&s->flow->facts);
    flow_note(&s->flow->facts, seg, from);
    if (seg->transport == TRANSPORT_TCP)
        track_note(&s->track, from, seg);
    move_in_queue(f, s, seg);
    *flow = s->flow;
    *dir = from;
    return seg->transport == TRANSPORT_TCP ? flow_streams_push(f, s, seg, from) : STATUS_OK;
}

struct flow *flows_next_ended(struct flows *f)
{
    struct flow_state *s = f->ended_first;

    if (s == NULL)
        return NULL;
    f->ended_first = s->newer;
    if (f->ended_first == NULL)
        f->ended_last = NULL;
    f->waiting -= s->waiting;
    s->waiting = 0;
    return s->flow;
}

static int by_id(const void *a, const void *b)
{
    const struct flow_state *const *x = a, *const *y = b;
    uint32_t p = (*x)->flow->facts.id, q = (*y)->flow->facts.id;

    return (p > q) - (p < q);
}

/* The open flows in the order of their first packets, by way of the queue of closing ones. */
static void sort_all(struct flows *f)
{
    struct flow_state **all = calloc(f->n + 1, sizeof(struct flow_state *));
    size_t n = 0;

    if (all == NULL)
        return;
    for (unsigned i = 0; i < QUEUES; i++) {
        for (struct flow_state *s = f->queues[i].oldest; s != NULL; s = s->newer)
            all[n++] = s;
    }
    qsort(all, n, sizeof(struct flow_state *), by_id);
    for (size_t i = 0; i < n; i++) {
        flow_dequeue(f, all[i]);
        flow_enqueue(f, all[i], QUEUE_TCP);
    }
    free(all);
}

void flows_close_all(struct flows *f)
{
    sort_all(f);
    for (unsigned i = 0; i < QUEUES; i++) {
        while (f->queues[i].oldest != NULL)
            end_flow(f, f->queues[i].oldest, FLOW_CUT);
    }
}

void flow_take_facts(struct flow *flow, struct connection *out)
{
    *out = flow->facts;
    flow->facts = (struct connection){0};
}

struct arena *flow_arena(struct flow *flow)
{
    if (flow->facts.arena == NULL)
        flow->facts.arena = arena_new(FLOW_ARENA_MOST);
    return flow->facts.arena;
}

uint32_t flows_total(const struct flows *f)
{
    return f->total;
}

size_t flows_open(const struct flows *f)
{
    return f->n;
}

const char *flow_end_name(enum flow_end end)
{
    static const char *const names[] = {
            [FLOW_OPEN] = "open",
            [FLOW_CLOSED] = "closed",
            [FLOW_RESET] = "reset",
            [FLOW_REUSED] = "reused",
            [FLOW_IDLE] = "idle",
            [FLOW_EVICTED] = "evicted",
            [FLOW_CUT] = "cut",
    };

    return names[end];
}
