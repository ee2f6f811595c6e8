/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/datagrams.h"

#include <stdlib.h>
#include <string.h>

#include "capture/queue.h"
#include "capture/quic/quic_routes.h"
#include "capture/quic_channel.h"
#include "capture/stage.h"

enum {
    PORT_QUIC = 443,
    FORM_LONG = 0x80, /* first byte of a packet, RFC 9000 section 17 */
    FIXED_BIT = 0x40,
    SHORT_LEAST =
            21, /* first byte, number, and what header protection needs (RFC 9001 5.4.2) */
    ENDPOINT_KEY = 19,
};

struct line {
    struct flow *home;
    struct path *path;            /* of the home */
    struct line *older, *newer;   /* by use */
    struct quic_channel *channel; /* owned */
    struct path *others;          /* besides home */
};

struct datagrams {
    struct datagrams_setup setup;
    struct quic_routes *ids;     /* to lines, by connection ID ... */
    struct quic_routes *servers; /* ... and by the server's address */
    struct queue exchanges;
    struct line *oldest, *newest;
    size_t n;                 /* of lines */
    const struct flow *split; /* split off last: other connections share its ports */
};

struct datagrams *datagrams_new(const struct datagrams_setup *setup)
{
    struct datagrams *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->setup = *setup;
    if (d->setup.lines == 0)
        d->setup.lines = DATAGRAMS_LINES_MOST;
    d->ids = quic_routes_new();
    d->servers = quic_routes_new();
    if (d->ids == NULL || d->servers == NULL) {
        datagrams_free(d);
        return NULL;
    }
    return d;
}

void datagrams_free(struct datagrams *d)
{
    struct exchange *x;

    if (d == NULL)
        return;
    while ((x = queue_take(&d->exchanges)) != NULL)
        exchange_free(x);
    queue_clear(&d->exchanges);
    quic_routes_free(d->ids);
    quic_routes_free(d->servers);
    free(d);
}

bool datagrams_next(struct datagrams *d, struct exchange **out)
{
    struct exchange *x = queue_take(&d->exchanges);

    if (x == NULL)
        return false;
    *out = x;
    return true;
}

static struct quic *quic_of(const struct line *line)
{
    return quic_channel_quic(line->channel);
}

static struct quic_datagram datagram_of(const struct segment *seg, enum direction dir)
{
    return (struct quic_datagram){
            .dir = dir,
            .data = seg->payload,
            .wire_len = seg->wire_len,
            .packet = seg->packet,
            .time_ns = seg->time_ns,
    };
}

/* From now on `reversed` tells the connection's own roles, as far as they were found. */
static void leave(struct path *path)
{
    path->reversed = path->reversed != quic_turned(quic_of(path->line));
    *path->at = path->next;
    if (path->next != NULL)
        path->next->at = path->at;
    path->line = NULL;
}

static void join(struct line *line, struct path *path, bool reversed)
{
    path->line = line;
    path->reversed = reversed;
    path->next = line->others;
    path->at = &line->others;
    if (path->next != NULL)
        path->next->at = &path->next;
    line->others = path;
}

static void list_remove(struct datagrams *d, struct line *line)
{
    if (line->older != NULL)
        line->older->newer = line->newer;
    else
        d->oldest = line->newer;
    if (line->newer != NULL)
        line->newer->older = line->older;
    else
        d->newest = line->older;
}

static void list_append(struct datagrams *d, struct line *line)
{
    line->newer = NULL;
    line->older = d->newest;
    if (d->newest != NULL)
        d->newest->newer = line;
    else
        d->oldest = line;
    d->newest = line;
}

void datagrams_drop(struct datagrams *d, struct path *path)
{
    struct line *line = path->line;

    if (line == NULL)
        return;
    if (!path->home) {
        leave(path);
        return;
    }
    while (line->others != NULL)
        leave(line->others);
    list_remove(d, line);
    d->n--;
    quic_routes_drop(d->ids, line);
    quic_routes_drop(d->servers, line);
    quic_channel_free(line->channel);
    free(line);
    path->line = NULL;
}

static struct bytes endpoint_key(const struct endpoint *e, uint8_t key[ENDPOINT_KEY])
{
    key[0] = e->version;
    key[1] = (uint8_t)(e->port >> 8);
    key[2] = (uint8_t)e->port;
    memcpy(key + 3, e->address, 16);
    return bytes_of(key, ENDPOINT_KEY);
}

static enum status add_server(
        struct datagrams *d, struct line *line, const struct endpoint *server)
{
    uint8_t key[ENDPOINT_KEY];

    return quic_routes_add(d->servers, endpoint_key(server, key), line, FROM_SERVER);
}

/* The lines that the datagram may be of: by its connection ID, then by the server's address,
 * for IDs towards a client are often empty. */
static size_t candidates(const struct datagrams *d, const struct segment *seg,
        struct quic_route out[3 * QUIC_ROUTE_TRIES])
{
    uint8_t key[ENDPOINT_KEY];
    size_t n = quic_routes_find(d->ids, seg->payload, out);

    n += quic_routes_find_id(d->servers, endpoint_key(&seg->src, key), out + n);
    n += quic_routes_find_id(d->servers, endpoint_key(&seg->dst, key), out + n);
    return n;
}

static bool is_long(const struct segment *seg)
{
    return seg->payload.n != 0 && (seg->payload.p[0] & FORM_LONG) != 0;
}

static bool is_home_of(const struct line *line, const struct segment *seg)
{
    const struct connection *facts = &line->home->facts;

    return line->home->ended == FLOW_OPEN &&
           ((endpoint_equal(&facts->client, &seg->src) &&
                    endpoint_equal(&facts->server, &seg->dst)) ||
                   (endpoint_equal(&facts->client, &seg->dst) &&
                           endpoint_equal(&facts->server, &seg->src)));
}

/* Of the connections at home on these addresses and ports, the one that the datagram is of; NULL
 * when that is not known. */
static struct line *find_twin(const struct datagrams *d, const struct segment *seg)
{
    struct quic_route found[3 * QUIC_ROUTE_TRIES];
    size_t by_id = quic_routes_find(d->ids, seg->payload, found), n;
    struct quic_datagram datagram = datagram_of(seg, FROM_CLIENT);
    enum direction dir;

    /* Long IDs are not alike by chance; and what is not opened yet claims nothing. */
    for (size_t i = 0; i < by_id; i++) {
        if (is_home_of(found[i].owner, seg))
            return found[i].owner;
    }
    n = candidates(d, seg, found);
    for (size_t i = by_id; i < n; i++) {
        struct line *line = found[i].owner;

        if (is_home_of(line, seg) && quic_claims(quic_of(line), &datagram, &dir))
            return line;
    }
    return NULL;
}

enum status datagrams_route(
        struct datagrams *d, const struct segment *seg, struct flow **flow, enum direction *dir)
{
    struct stage *stage = (*flow)->stage;
    struct quic_datagram datagram = datagram_of(seg, *dir);
    struct line *line = stage == NULL ? NULL : stage->path.line, *twin;
    bool foreign;

    if (line == NULL)
        return STATUS_OK;
    foreign = is_long(seg) && quic_is_foreign(quic_of(line), &datagram);
    if (!foreign && !stage->path.shared)
        return STATUS_OK;
    twin = find_twin(d, seg);
    if (twin != NULL && twin != line) {
        struct flow *from = *flow;

        *flow = twin->home;
        flows_hand(d->setup.flows, seg, from, twin->home, dir);
        return STATUS_OK;
    }
    if (!foreign || flows_split(d->setup.flows, seg, flow, dir) != STATUS_OK)
        return foreign ? STATUS_NOMEM : STATUS_OK;
    d->split = *flow;
    return STATUS_OK;
}

/* Does a connection begin here, as far as a look can tell? */
static bool looks_quic(const struct segment *seg)
{
    struct bytes rest = seg->payload;
    bool usual = seg->src.port == PORT_QUIC || seg->dst.port == PORT_QUIC;
    uint32_t version;
    uint8_t first;

    if (!bytes_take_u8(&rest, &first))
        return false;
    if ((first & FORM_LONG) == 0) /* a connection that began before the capture did */
        return usual && (first & FIXED_BIT) != 0 && seg->payload.n >= SHORT_LEAST;
    if (!quic_packet_looks_long(seg->payload) || !bytes_take_u32(&rest, &version))
        return false;
    return usual || quic_version_find(version) != NULL || quic_version_is_grease(version);
}

/* Is it the datagram of a connection that came by other addresses so far? */
static bool find_line(const struct datagrams *d, struct flow *flow, struct path *path,
        const struct segment *seg, enum direction dir)
{
    struct quic_route found[3 * QUIC_ROUTE_TRIES];
    struct quic_datagram datagram = datagram_of(seg, dir);
    size_t n = candidates(d, seg, found);

    if (n == 0 || path->tries >= DATAGRAMS_TRIES_MOST)
        return false;
    path->tries++;
    for (size_t i = 0; i < n; i++) {
        struct line *line = found[i].owner;
        enum direction from;

        if (!quic_claims(quic_of(line), &datagram, &from))
            continue;
        join(line, path, from != dir);
        flow->facts.continues = line->home->facts.id;
        return true;
    }
    return false;
}

/* Takes out what the connection has: exchanges, DNS messages, IDs by which it can be found. */
static enum status drain(struct datagrams *d, struct line *line)
{
    enum status status = STATUS_OK;
    enum direction to;
    struct exchange *x;
    struct item message;
    uint64_t stream;
    struct bytes id;

    while (status == STATUS_OK && quic_channel_next(line->channel, &x)) {
        status = queue_put(&d->exchanges, x);
        if (status != STATUS_OK)
            exchange_free(x);
    }
    while (status == STATUS_OK && quic_channel_next_dns(line->channel, &stream, &message)) {
        const struct lookup_origin from = {
                .connection = line->home->facts.id,
                .stream = stream,
                .carrier = "doq",
                .time_ns = message.last_ns,
                .frame = message.frames.n == 0 ? 0 : message.frames.at[0],
        };

        status = lookups_push(d->setup.lookups, &from, message.data);
    }
    while (status == STATUS_OK && quic_next_id(quic_of(line), &to, &id))
        status = quic_routes_add(d->ids, id, line, to);
    return status;
}

/* Ends the connection that was idle for longest, to make room. */
static enum status give_up(struct datagrams *d, struct line *line)
{
    const struct gap gap = {.why = GAP_BUDGET,
            .layer = LAYER_PACKET,
            .first_packet = line->home->facts.last_packet,
            .last_packet = line->home->facts.last_packet,
            .detail =
                    "too many QUIC connections were open at once: what follows of this one is "
                    "not read"};
    enum status status = quic_channel_close(line->channel, GAP_BUDGET);

    if (status == STATUS_OK)
        status = drain(d, line);
    if (status == STATUS_OK && ledger_file(&line->home->facts.ledger, &gap) == 0)
        status = STATUS_NOMEM;
    line->path->given_up = true;
    datagrams_drop(d, line->path);
    return status;
}

static enum status begin(struct datagrams *d, struct flow *flow, struct path *path)
{
    const struct channel_setup setup = {
            .facts = &flow->facts, .keys = d->setup.keys, .bodies = d->setup.bodies};
    struct line *line = calloc(1, sizeof(*line));

    if (line != NULL && flow_arena(flow) != NULL)
        line->channel = quic_channel_new(&setup);
    if (line == NULL || line->channel == NULL) {
        free(line);
        return STATUS_NOMEM;
    }
    line->home = flow;
    line->path = path;
    list_append(d, line);
    d->n++;
    path->line = line;
    path->home = true;
    path->shared = d->split == flow;
    d->split = NULL;
    return add_server(d, line, &flow->facts.server);
}

enum status datagrams_push(struct datagrams *d, struct flow *flow, struct path *path,
        const struct segment *seg, enum direction dir)
{
    struct quic_datagram datagram;
    enum status status = STATUS_OK;
    struct line *line;

    if (path->line == NULL && !find_line(d, flow, path, seg, dir)) {
        if (path->given_up || !looks_quic(seg))
            return STATUS_OK;
        if (d->n >= d->setup.lines)
            status = give_up(d, d->oldest);
        if (status == STATUS_OK)
            status = begin(d, flow, path);
    }
    if (status != STATUS_OK)
        return status;
    line = path->line;
    list_remove(d, line);
    list_append(d, line);
    datagram = datagram_of(seg, path->reversed ? direction_other(dir) : dir);
    status = quic_channel_push(line->channel, &datagram);
    if (status == STATUS_OK)
        status = drain(d, line);
    if (line->home->facts.quic.close != NULL)
        flows_linger(d->setup.flows, line->home);
    if (line->home != flow) {
        flow->facts.protocol = line->home->facts.protocol;
        flows_touch(d->setup.flows, line->home);
    }
    return status;
}

/* Datagrams in which nothing was recognised went by unread: that is said, not passed over. */
static enum status name_unread(struct connection *facts)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        const struct gap gap = {.why = GAP_UNSUPPORTED,
                .layer = LAYER_PACKET,
                .dir = (enum direction)dir,
                .len = facts->bytes[dir],
                .first_packet = facts->first_packet,
                .last_packet = facts->last_packet,
                .detail = "datagrams in which no protocol that this version reads was "
                          "recognised"};

        if (gap.len != 0 && ledger_file(&facts->ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

enum status datagrams_end(struct datagrams *d, struct flow *flow, struct path *path)
{
    enum status status = STATUS_OK;

    if (path->line == NULL && !path->given_up && flow->facts.protocol == NULL)
        status = name_unread(&flow->facts);

    if (status == STATUS_OK && path->line != NULL && path->home) {
        status = quic_channel_close(path->line->channel, flow_end_cause(flow->ended));
        if (status == STATUS_OK)
            status = drain(d, path->line);
    }
    datagrams_drop(d, path);
    if (path->reversed)
        connection_turn(&flow->facts);
    return status;
}
