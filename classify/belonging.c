/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/belonging.h"

#include <string.h>

#include "classify/finding_part.h"

/* Either end may be this machine's: whose role was which is a guess when the beginning of a
 * connection was not captured, and others can call a browser (WebRTC). */
static bool is_listed(const struct endpoint_list *list, const struct connection *c)
{
    return endpoint_list_has(
                   list, c->transport, &c->client, &c->server, c->first_ns, c->last_ns) ||
           endpoint_list_has(
                   list, c->transport, &c->server, &c->client, c->first_ns, c->last_ns);
}

static enum belonging of_one(const struct endpoint_list *list, const struct connection *c)
{
    bool opened = c->decrypted == DECRYPTED_FULL || c->decrypted == DECRYPTED_PARTIAL;

    if (is_listed(list, c))
        return BELONGING_SOCKET;
    return c->tls.seen && opened ? BELONGING_KEYS : BELONGING_UNKNOWN;
}

/* Other addresses of a QUIC connection: its packets were told by their tags (quic_claims.h), so
 * they are whose it is. */
static enum belonging of_home(
        const struct evidence *e, const uint8_t *of, const struct connection *c)
{
    return c->continues == 0 || c->continues > e->connection_count
                   ? BELONGING_UNKNOWN
                   : (enum belonging)of[c->continues - 1];
}

enum status belongings_judge(struct arena *arena, const struct evidence *e,
        const struct endpoint_list *list, struct belongings *out)
{
    struct belongings b = {.list = list};
    uint8_t *of;

    if (list == NULL || !list->browser) {
        *out = (struct belongings){0};
        return STATUS_OK;
    }
    of = arena_array(arena, e->connection_count + 1, sizeof(*of));
    if (of == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < e->connection_count; i++)
        of[i] = (uint8_t)of_one(list, e->connections[i]);
    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        if (of[i] == BELONGING_UNKNOWN)
            of[i] = (uint8_t)of_home(e, of, c);
        b.n[of[i]]++;
        b.with_exchanges += of[i] == BELONGING_UNKNOWN && c->exchanges != 0;
        b.look_ups += of[i] == BELONGING_UNKNOWN && belonging_looks_up(c);
    }
    b.of = of;
    *out = b;
    return STATUS_OK;
}

const char *belonging_name(const struct belongings *b, const struct connection *c)
{
    static const char *const names[BELONGINGS] = {
            [BELONGING_UNKNOWN] = "not-known",
            [BELONGING_SOCKET] = "socket",
            [BELONGING_KEYS] = "keys",
    };

    return b->of == NULL ? NULL : names[b->of[c->id - 1]];
}

bool belonging_is_unknown(const struct belongings *b, const struct connection *c)
{
    return b->of != NULL && b->of[c->id - 1] == BELONGING_UNKNOWN;
}

bool belonging_looks_up(const struct connection *c)
{
    return c->transport == TRANSPORT_UDP && c->protocol != NULL &&
           strcmp(c->protocol, "dns") == 0;
}

/* Whether each place that it cites bears the whole claim. */
static bool repeats(const struct finding *f)
{
    static const char *const kinds[] = {"tracking-identifier", "personal-data-leak",
            "search-term-leak", "location-leak", "cname-cloaking", "data-from-others"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(f->kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

/* Adds the exchange to those of the fact, each once. */
static bool note(struct arena *arena, const struct exchange *x, struct bytes *ids, size_t *n)
{
    char text[EXCHANGE_ID_TEXT];

    exchange_id(x, text);
    for (size_t i = 0; i < *n; i++) {
        if (bytes_is(ids[i], text))
            return true;
    }
    return arena_copy(arena, bytes_text(text), &ids[(*n)++]);
}

static enum status mark_one(struct arena *arena, const struct evidence *e,
        const struct belongings *b, struct finding *f)
{
    struct bytes *ids = NULL;
    size_t n = 0, unknown = 0;

    for (size_t i = 0; i < f->evidence_count; i++) {
        const struct exchange *x = e->exchanges[f->evidence[i].exchange];
        const struct connection *c = evidence_connection(e, x);

        if (c == NULL || !belonging_is_unknown(b, c))
            continue;
        unknown++;
        if (ids == NULL)
            ids = arena_array(arena, f->evidence_count, sizeof(*ids));
        if (ids == NULL || !note(arena, x, ids, &n))
            return STATUS_NOMEM;
    }
    if (unknown == 0)
        return STATUS_OK;
    finding_add_list(f, "not_known_to_be_browsers", ids, n);
    if (unknown < f->evidence_count && repeats(f))
        return STATUS_OK;
    f->doubted = true;
    f->grade = GRADE_INFERRED; /* that the browser sent it is */
    return STATUS_OK;
}

enum status belongings_mark(struct arena *arena, const struct evidence *e,
        const struct belongings *b, struct finding *const *f, size_t n)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < n && b->of != NULL && status == STATUS_OK; i++)
        status = mark_one(arena, e, b, f[i]);
    return status;
}
