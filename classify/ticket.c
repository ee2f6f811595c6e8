/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/ticket.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

enum { KINDS_SHOWN = 2 /* of one connection: of TLS and of QUIC */ };

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A ticket that a server gave. */
struct issued {
    struct ticket ticket;
    uint32_t connection;
};

/* One that a client showed, and to whom. */
struct shown {
    struct ticket ticket;
    uint32_t connection;
    size_t exchange;
};

struct gathered {
    struct arena *arena;
    const struct evidence *e;
    const struct attributions *a;
    size_t *first; /* owned: by connection id, an exchange of it; exchange_count: none */
    struct issued *issued; /* owned: by ticket, then connection */
    size_t issued_count;
    struct shown *shown; /* owned: by host, ticket, connection */
    size_t shown_count;
};

static int by_ticket(const struct ticket *a, const struct ticket *b)
{
    int order = ORDER(a->kind, b->kind);

    return order == 0 ? memcmp(a->sha256, b->sha256, sizeof(a->sha256)) : order;
}

static int by_issued(const void *a, const void *b)
{
    const struct issued *left = a, *right = b;
    int order = by_ticket(&left->ticket, &right->ticket);

    return order == 0 ? ORDER(left->connection, right->connection) : order;
}

static int by_shown(const void *a, const void *b, void *of)
{
    const struct shown *left = a, *right = b;
    const struct evidence *e = of;
    int order = bytes_compare(
            e->exchanges[left->exchange]->host, e->exchanges[right->exchange]->host);

    if (order == 0)
        order = by_ticket(&left->ticket, &right->ticket);
    return order == 0 ? ORDER(left->connection, right->connection) : order;
}

/* The handshake was with the host that it names; of one that names none, with the first asked. */
static void find_exchanges(struct gathered *g)
{
    for (size_t i = 0; i <= g->e->connection_count; i++)
        g->first[i] = g->e->exchange_count;
    for (size_t i = g->e->exchange_count; i > 0; i--) {
        const struct exchange *x = g->e->exchanges[i - 1];
        const struct connection *c = evidence_connection(g->e, x);
        size_t *first;

        if (c == NULL || x->host.n == 0)
            continue;
        first = &g->first[x->connection];
        if (*first == g->e->exchange_count || c->tls.server_name == NULL ||
                bytes_is_nocase(x->host, c->tls.server_name) ||
                !bytes_is_nocase(g->e->exchanges[*first]->host, c->tls.server_name))
            *first = i - 1;
    }
}

static void take_issued(struct gathered *g, const struct tickets *t, uint32_t connection)
{
    for (size_t i = 0; i < t->n; i++)
        g->issued[g->issued_count++] = (struct issued){t->at[i], connection};
}

static void take_shown(struct gathered *g, const struct ticket *t, uint32_t connection)
{
    if (t->kind != TICKET_NONE && g->first[connection] != g->e->exchange_count)
        g->shown[g->shown_count++] = (struct shown){*t, connection, g->first[connection]};
}

static bool prepare(struct gathered *g)
{
    size_t n = g->e->connection_count, issued = 0;

    for (size_t i = 0; i < n; i++)
        issued += g->e->connections[i]->tls.issued.n + g->e->connections[i]->quic.tokens.n;
    g->first = calloc(n + 1, sizeof(*g->first));
    g->issued = calloc(issued + 1, sizeof(*g->issued));
    g->shown = calloc(KINDS_SHOWN * n + 1, sizeof(*g->shown));
    if (g->first == NULL || g->issued == NULL || g->shown == NULL)
        return false;
    find_exchanges(g);
    for (size_t i = 0; i < n; i++) {
        const struct connection *c = g->e->connections[i];
        uint32_t id = (uint32_t)i + 1;

        take_issued(g, &c->tls.issued, id);
        take_issued(g, &c->quic.tokens, id);
        take_shown(g, &c->tls.offered, id);
        take_shown(g, &c->quic.token, id);
    }
    if (g->issued_count != 0)
        qsort(g->issued, g->issued_count, sizeof(*g->issued), by_issued);
    if (g->shown_count != 0)
        qsort_r(g->shown, g->shown_count, sizeof(*g->shown), by_shown, (void *)(uintptr_t)g->e);
    return true;
}

/* The first connection on which a ticket was issued, before another; 0: not seen. */
static uint32_t issued_on(const struct gathered *g, const struct shown *s)
{
    size_t low = 0, high = g->issued_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_ticket(&g->issued[middle].ticket, &s->ticket) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == g->issued_count || by_ticket(&g->issued[low].ticket, &s->ticket) != 0 ||
            g->issued[low].connection >= s->connection)
        return 0;
    return g->issued[low].connection;
}

static const char *name_of(enum ticket_kind kind)
{
    switch (kind) {
    case TICKET_SESSION_ID:
        return "session-id";
    case TICKET_TOKEN:
        return "quic-token";
    case TICKET_NONE:
    case TICKET_PSK:
    case TICKET_SESSION:
        break;
    }
    return "session-ticket";
}

static bool add_place(struct gathered *g, struct trace *t, const struct shown *s)
{
    const struct attribution *a = &g->a->of[s->exchange];
    const struct connection *c = g->e->connections[s->connection - 1];
    size_t at = 0;

    t->count++;
    t->last_ns = c->first_ns;
    if (t->place_count < TRACE_PLACES_MOST) {
        struct place *grown = arena_grow(
                g->arena, t->places, t->place_count, &t->place_capacity, sizeof(*t->places));

        if (grown == NULL)
            return false;
        t->places = grown;
        t->places[t->place_count++] =
                (struct place){.exchange = s->exchange, .part = "connection"};
    }
    if (a->party == PARTY_THIRD || t->party == PARTY_UNKNOWN)
        t->party = a->party;
    if (a->visit == NULL)
        return true;
    while (at < t->page_count && bytes_compare(t->pages[at], a->visit->site) < 0)
        at++;
    if ((at < t->page_count && bytes_equal(t->pages[at], a->visit->site)) ||
            t->page_count == TRACE_PAGES_MOST)
        return true;
    memmove(t->pages + at + 1, t->pages + at, (t->page_count - at) * sizeof(*t->pages));
    t->pages[at] = a->visit->site;
    t->page_count++;
    return true;
}

static struct trace *begin(struct gathered *g, const struct shown *s, size_t number)
{
    struct trace *t = arena_alloc(g->arena, sizeof(*t));
    uint32_t from = issued_on(g, s);
    char hex[SHA256_TEXT];

    if (t == NULL)
        return NULL;
    digest_hex(bytes_of(s->ticket.sha256, sizeof(s->ticket.sha256)), hex);
    *t = (struct trace){.number = number,
            .carrier = CARRIER_TLS,
            .name = bytes_text(name_of(s->ticket.kind)),
            .recipient = g->e->exchanges[s->exchange]->host,
            .recipient_site = g->a->of[s->exchange].site,
            .set_by = ATTRIBUTION_NONE,
            .set_how = "unknown",
            .lifetime_s = -1,
            .first_ns = g->e->connections[s->connection - 1]->first_ns};
    if (!arena_copy(g->arena, bytes_text(hex), &t->value))
        return NULL;
    t->decoded = t->value;
    if (from != 0 && g->first[from] != g->e->exchange_count) {
        t->set_by = (int64_t)g->first[from];
        t->set_how = "response";
    }
    return t;
}

static bool same(const struct gathered *g, const struct shown *a, const struct shown *b)
{
    return by_ticket(&a->ticket, &b->ticket) == 0 &&
           bytes_equal(g->e->exchanges[a->exchange]->host, g->e->exchanges[b->exchange]->host);
}

static bool append(struct gathered *g, struct traces *out)
{
    struct trace **all = arena_array(g->arena, out->n + g->shown_count, sizeof(*all));
    struct trace *t = NULL;

    if (all == NULL)
        return false;
    if (out->n != 0)
        memcpy(all, out->at, out->n * sizeof(*all));
    out->at = all;
    for (size_t i = 0; i < g->shown_count; i++) {
        if (i == 0 || !same(g, &g->shown[i - 1], &g->shown[i])) {
            if (out->n >= GATHER_TRACES_MOST) {
                out->capped = true;
                break;
            }
            t = begin(g, &g->shown[i], out->n + 1);
            if (t == NULL)
                return false;
            out->at[out->n++] = t;
        }
        if (t == NULL || !add_place(g, t, &g->shown[i]))
            return false;
    }
    return true;
}

enum status tickets_gather(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct traces *inout)
{
    struct gathered g = {.arena = arena, .e = e, .a = a};
    struct traces made = *inout;
    bool ok = prepare(&g) && (g.shown_count == 0 || append(&g, &made));

    free(g.first);
    free(g.issued);
    free(g.shown);
    if (!ok)
        return STATUS_NOMEM;
    *inout = made;
    return STATUS_OK;
}
