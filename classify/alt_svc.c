/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/alt_svc.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_AGE = 86400, HTTPS_PORT = 443 };

#define SECOND_NS INT64_C(1000000000)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Up to the next `mark` outside of quotes, or all that is left. */
static struct bytes take_part(struct bytes *rest, uint8_t mark)
{
    bool quoted = false;
    struct bytes part;
    size_t n = 0;

    for (; n < rest->n && (quoted || rest->p[n] != mark); n++) {
        if (quoted && rest->p[n] == '\\' && n + 1 < rest->n)
            n++;
        else if (rest->p[n] == '"')
            quoted = !quoted;
    }
    part = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n + 1, rest->n);
    return bytes_trim(part);
}

static struct bytes unquoted(struct bytes text)
{
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        return bytes_slice(text, 1, text.n - 1);
    return text;
}

/* "host:port" with the host left out when it is the same. */
static bool read_authority(struct bytes text, struct alt_svc *out)
{
    uint64_t port;
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != ':')
        at--;
    if (at == 0 || !bytes_decimal(bytes_slice(text, at, text.n), &port) || port == 0 ||
            port > UINT16_MAX)
        return false;
    out->host = bytes_slice(text, 0, at - 1);
    out->port = (uint16_t)port;
    return true;
}

bool alt_svc_next(struct bytes *rest, struct alt_svc *out)
{
    struct alt_svc made = {.max_age_s = MAX_AGE};
    struct bytes left = *rest, entry = take_part(&left, ','), part, name;
    uint64_t seconds;

    part = take_part(&entry, ';');
    if (!bytes_take_until(&part, '=', &made.protocol) || made.protocol.n == 0 ||
            !read_authority(unquoted(part), &made))
        return false;
    while (entry.n != 0) {
        part = take_part(&entry, ';');
        if (bytes_take_until(&part, '=', &name) && bytes_is_nocase(name, "ma") &&
                bytes_decimal(unquoted(part), &seconds))
            made.max_age_s = seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
    }
    *rest = left;
    *out = made;
    return true;
}

/* "h3" and its drafts. */
static bool is_http3(struct bytes protocol)
{
    return bytes_is(protocol, "h3") || bytes_starts(protocol, BYTES_LITERAL("h3-"));
}

static bool add(
        struct arena *arena, struct announcements *a, const struct announcement *announcement)
{
    struct announcement *grown;

    if (a->n == ANNOUNCEMENTS_MOST)
        return true;
    grown = arena_grow(arena, a->at, a->n, &a->capacity, sizeof(*grown));
    if (grown == NULL)
        return false;
    a->at = grown;
    grown[a->n++] = *announcement;
    return true;
}

static bool gather_exchange(
        struct arena *arena, const struct evidence *e, size_t index, struct announcements *a)
{
    const struct exchange *x = e->exchanges[index];
    const struct message *m = &x->response;

    for (const struct header *h = message_find(m, "alt-svc"); h != NULL && x->host.n != 0;
            h = message_find_next(m, "alt-svc", h)) {
        struct bytes rest = h->value;
        struct alt_svc alternative;

        while (alt_svc_next(&rest, &alternative)) {
            struct announcement one = {.host = x->host,
                    .port = alternative.port,
                    .from_ns = m->first_ns,
                    .until_ns = m->first_ns + (int64_t)alternative.max_age_s * SECOND_NS,
                    .exchange = (int64_t)index};

            /* The same service twice, for a draft and for the standard, is one. */
            if (is_http3(alternative.protocol) && !add(arena, a, &one))
                return false;
        }
    }
    return true;
}

/* " alpn=h3,h2" in the text of a record; "" when it has no such part. */
static struct bytes record_part(struct bytes record, struct bytes name)
{
    struct bytes part;
    size_t at;

    if (!bytes_find(record, name, 0, &at))
        return bytes_of(NULL, 0);
    record = bytes_slice(record, at + name.n, record.n);
    return bytes_take_until(&record, ' ', &part) ? part : record;
}

static bool offers_http3(struct bytes record)
{
    struct bytes names = record_part(record, BYTES_LITERAL(" alpn="));

    while (names.n != 0) {
        if (is_http3(take_part(&names, ',')))
            return true;
    }
    return false;
}

static bool gather_lookup(struct arena *arena, const struct lookup *d, struct announcements *a)
{
    for (size_t i = 0; strcmp(d->type, "HTTPS") == 0 && i < d->answer_count; i++) {
        struct bytes record = bytes_text(d->answers[i]);
        uint64_t port = HTTPS_PORT;
        struct announcement one = {.host = bytes_text(d->name),
                .from_ns = d->time_ns,
                .until_ns = d->time_ns + ANNOUNCEMENT_RECORD_S * SECOND_NS,
                .exchange = -1,
                .lookup = d};

        if (!offers_http3(record))
            continue;
        if (!bytes_decimal(record_part(record, BYTES_LITERAL(" port=")), &port))
            port = HTTPS_PORT;
        one.port = (uint16_t)port;
        if (port <= UINT16_MAX && !add(arena, a, &one))
            return false;
    }
    return true;
}

static int by_place(const struct announcement *a, struct bytes host, uint16_t port)
{
    int order = bytes_compare(a->host, host);

    return order == 0 ? ORDER(a->port, port) : order;
}

static int compare(const void *a, const void *b)
{
    const struct announcement *left = a, *right = b;
    int order = by_place(left, right->host, right->port);

    if (order == 0)
        order = ORDER(left->from_ns, right->from_ns);
    if (order == 0)
        order = ORDER(left->exchange, right->exchange);
    return order == 0 ? ORDER(left->lookup, right->lookup) : order; /* of one array */
}

enum status announcements_gather(
        struct arena *arena, const struct evidence *e, struct announcements *out)
{
    struct announcements made = {0};
    size_t n = 0;
    const struct lookup *lookups = e->lookups == NULL ? NULL : lookups_all(e->lookups, &n);

    for (size_t i = 0; i < e->exchange_count; i++) {
        if (!gather_exchange(arena, e, i, &made))
            return STATUS_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (!gather_lookup(arena, &lookups[i], &made))
            return STATUS_NOMEM;
    }
    if (made.n != 0)
        qsort(made.at, made.n, sizeof(*made.at), compare);
    *out = made;
    return STATUS_OK;
}

const struct announcement *announcements_find(
        const struct announcements *a, const struct connection *c)
{
    enum { LOOK_MOST = 64 }; /* a newer one may have been short-lived */
    struct bytes host = bytes_text(c->tls.server_name);
    size_t low = 0, high = a->n;

    if (!c->quic.seen || host.n == 0)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = by_place(&a->at[middle], host, c->server.port);

        if (order < 0 || (order == 0 && a->at[middle].from_ns <= c->first_ns))
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = 0; i < LOOK_MOST && low > i; i++) {
        const struct announcement *one = &a->at[low - 1 - i];

        if (by_place(one, host, c->server.port) != 0)
            break;
        if (one->until_ns >= c->first_ns)
            return one;
    }
    return NULL;
}
