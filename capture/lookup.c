/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "capture/packet/dns.h"

#define LOOKUPS_ARENA_MOST ((size_t)LOOKUPS_BYTES_MOST)

/* What one message may need of it at most; with less left, look-ups are dropped and counted. */
#define LOOKUP_ROOM ((size_t)8 * DNS_ARENA_ENOUGH)

/* A query waits here for its response, in a ring: the oldest gives way. */
struct pending {
    uint32_t connection;
    uint64_t stream;
    uint16_t id;
    size_t index; /* of its lookup */
    bool waiting;
};

struct lookups {
    struct arena *arena;
    struct lookup *all;
    size_t n, capacity;
    struct pending pending[LOOKUPS_PENDING_MOST];
    size_t next;
    uint64_t dropped;
    bool sorted; /* nothing came since lookups_all put them in order */
};

struct lookups *lookups_new(void)
{
    struct lookups *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return NULL;
    l->arena = arena_new(LOOKUPS_ARENA_MOST);
    if (l->arena == NULL) {
        free(l);
        return NULL;
    }
    return l;
}

void lookups_free(struct lookups *l)
{
    if (l == NULL)
        return;
    arena_free(l->arena);
    free(l->all);
    free(l);
}

static const char *type_name(struct arena *arena, uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } names[] = {{DNS_A, "A"}, {DNS_NS, "NS"}, {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"},
            {DNS_PTR, "PTR"}, {DNS_MX, "MX"}, {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"},
            {DNS_SVCB, "SVCB"}, {DNS_HTTPS, "HTTPS"}, {33, "SRV"}, {255, "ANY"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (names[i].type == type)
            return names[i].name;
    }
    return arena_print(arena, "TYPE%u", (unsigned)type); /* RFC 3597 section 5 */
}

static const char *result_name(struct arena *arena, uint16_t rcode)
{
    static const char *const names[] = {
            "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

    if (rcode < sizeof(names) / sizeof(*names))
        return names[rcode];
    return arena_print(arena, "RCODE%u", (unsigned)rcode);
}

/* A name as the other side of the house spells hosts: lower case, no final dot. */
static const char *host_text(struct arena *arena, const char *name)
{
    size_t n = strlen(name);
    char *copy;

    if (n > 1 && name[n - 1] == '.')
        n--;
    copy = arena_string(arena, bytes_of(name, n));
    for (char *p = copy; p != NULL && *p != '\0'; p++)
        *p = (char)ascii_lower((uint8_t)*p);
    return copy;
}

static const char *service_text(struct arena *arena, const struct dns_service *s)
{
    struct buf text;
    const char *out;
    enum status status;

    buf_init(&text, 1 << 16);
    status = buf_print(&text, "%u %s", (unsigned)s->priority, s->target);
    for (size_t i = 0; i < s->alpn_count && status == STATUS_OK; i++)
        status = buf_print(&text, "%s%s", i == 0 ? " alpn=" : ",", s->alpn[i]);
    if (s->has_port && status == STATUS_OK)
        status = buf_print(&text, " port=%u", (unsigned)s->port);
    for (size_t i = 0; i < s->ipv4_hint_count && status == STATUS_OK; i++)
        status = buf_print(&text, "%s%s", i == 0 ? " ipv4hint=" : ",", s->ipv4_hints[i]);
    for (size_t i = 0; i < s->ipv6_hint_count && status == STATUS_OK; i++)
        status = buf_print(&text, "%s%s", i == 0 ? " ipv6hint=" : ",", s->ipv6_hints[i]);
    if (s->ech.n != 0 && status == STATUS_OK)
        status = buf_text(&text, " ech");
    out = status == STATUS_OK ? arena_string(arena, buf_view(&text)) : NULL;
    buf_clear(&text);
    return out;
}

static bool all_there(const char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (texts[i] == NULL)
            return false;
    }
    return true;
}

/* The aliases and final records of a response. */
static bool fill_answers(
        struct arena *arena, const struct dns_message *message, struct lookup *out)
{
    struct dns_resolution found;
    size_t most;

    if (!dns_follow(message, arena, &found))
        return false;
    out->chain_count = found.chain_length == 0 ? 0 : found.chain_length - 1;
    out->chain = arena_array(arena, out->chain_count, sizeof(const char *));
    most = found.address_count + found.service_count + message->record_count;
    out->answers = arena_array(arena, most, sizeof(const char *));
    if (out->chain == NULL || out->answers == NULL)
        return false;
    for (size_t i = 0; i < out->chain_count; i++)
        out->chain[i] = host_text(arena, found.chain[i + 1]);
    for (size_t i = 0; i < found.address_count; i++)
        out->answers[out->answer_count++] = arena_string(arena, bytes_text(found.addresses[i]));
    for (size_t i = 0; i < found.service_count; i++)
        out->answers[out->answer_count++] = service_text(arena, found.services[i]);
    for (size_t i = 0; i < message->record_count; i++) {
        const struct dns_record *r = &message->records[i];

        if (r->section == DNS_ANSWER && r->text != NULL && r->type != DNS_A &&
                r->type != DNS_AAAA && r->type != DNS_CNAME)
            out->answers[out->answer_count++] = arena_string(arena, bytes_text(r->text));
    }
    return all_there(out->chain, out->chain_count) &&
           all_there(out->answers, out->answer_count);
}

static struct lookup *find_query(struct lookups *l, const struct lookup_origin *from,
        uint16_t id, const char *name, const char *type)
{
    for (size_t i = 0; i < LOOKUPS_PENDING_MOST; i++) {
        struct pending *p = &l->pending[i];
        struct lookup *query = p->waiting ? &l->all[p->index] : NULL;

        if (query != NULL && p->connection == from->connection && p->stream == from->stream &&
                p->id == id && strcmp(query->name, name) == 0 &&
                strcmp(query->type, type) == 0) {
            p->waiting = false;
            return query;
        }
    }
    return NULL;
}

/* A new entry; a repeated query is one of its own. NULL when it is beyond the cap. */
static struct lookup *add(struct lookups *l, enum status *status)
{
    struct lookup *all;

    if (l->n == LOOKUPS_MOST) {
        l->dropped++;
        return NULL;
    }
    all = array_grow(l->all, l->n, &l->capacity, sizeof(*all));
    if (all == NULL) {
        *status = STATUS_NOMEM;
        return NULL;
    }
    l->all = all;
    l->all[l->n] = (struct lookup){0};
    return &l->all[l->n++];
}

static void wait_for_response(
        struct lookups *l, const struct lookup_origin *from, uint16_t id, size_t index)
{
    l->pending[l->next] = (struct pending){from->connection, from->stream, id, index, true};
    l->next = (l->next + 1) % LOOKUPS_PENDING_MOST;
}

static enum status take(
        struct lookups *l, const struct lookup_origin *from, const struct dns_message *message)
{
    const char *name = host_text(l->arena, message->questions[0].name);
    const char *type = type_name(l->arena, message->questions[0].type);
    enum status status = STATUS_OK;
    struct lookup *entry = NULL;

    if (name == NULL || type == NULL)
        return STATUS_NOMEM;
    if (message->response)
        entry = find_query(l, from, message->id, name, type);
    if (entry == NULL)
        entry = add(l, &status);
    if (entry == NULL)
        return status;
    entry->time_ns = from->time_ns;
    entry->carrier = from->carrier;
    entry->name = name;
    entry->type = type;
    entry->frames[message->response] = from->frame;
    if (!message->response) {
        wait_for_response(l, from, message->id, (size_t)(entry - l->all));
        return STATUS_OK;
    }
    entry->result = result_name(l->arena, message->rcode);
    return fill_answers(l->arena, message, entry) ? STATUS_OK : STATUS_NOMEM;
}

enum status lookups_push(
        struct lookups *l, const struct lookup_origin *from, struct bytes message)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    enum status status = STATUS_OK;
    struct dns_message parsed;
    enum parse verdict;

    if (arena == NULL)
        return STATUS_NOMEM;
    verdict = dns_parse(message, arena, &parsed);
    if (verdict == PARSE_UNSUPPORTED) {
        status = STATUS_NOMEM; /* the arena holds any message */
    } else if (verdict == PARSE_DONE && parsed.question_count != 0) {
        l->sorted = false;
        if (arena_used(l->arena) > LOOKUPS_ARENA_MOST - LOOKUP_ROOM)
            l->dropped++;
        else
            status = take(l, from, &parsed);
    }
    arena_free(arena);
    return status;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_time(const void *a, const void *b)
{
    const struct lookup *left = a, *right = b;
    int order = ORDER(left->time_ns, right->time_ns);

    if (order == 0)
        order = ORDER(left->frames[1], right->frames[1]);
    if (order == 0)
        order = ORDER(left->frames[0], right->frames[0]);
    if (order == 0)
        order = strcmp(left->name, right->name);
    return order == 0 ? strcmp(left->type, right->type) : order;
}

/* Queries that still wait are found again by their name, which each has in a place of its own. */
static void find_pending(struct lookups *l, const char *const *names)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->all[i].result != NULL)
            continue;
        for (size_t k = 0; k < LOOKUPS_PENDING_MOST; k++) {
            if (l->pending[k].waiting && names[k] == l->all[i].name)
                l->pending[k].index = i;
        }
    }
}

struct lookup *lookups_all(struct lookups *l, size_t *n)
{
    const char *names[LOOKUPS_PENDING_MOST] = {NULL};

    if (l->n != 0 && !l->sorted) {
        for (size_t k = 0; k < LOOKUPS_PENDING_MOST; k++) {
            if (l->pending[k].waiting)
                names[k] = l->all[l->pending[k].index].name;
        }
        qsort(l->all, l->n, sizeof(*l->all), by_time);
        find_pending(l, names);
        l->sorted = true;
    }
    *n = l->n;
    return l->all;
}

uint64_t lookups_dropped(const struct lookups *l)
{
    return l->dropped;
}
