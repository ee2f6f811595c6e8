/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_unseen.h"

#include <stdlib.h>

#include "classify/finding_part.h"

enum { LINES_MOST = 6 };

enum lack { LACK_CLOSED, LACK_PAGELESS, LACK_BROKEN };

struct record {
    struct bytes site;
    enum lack lack;
};

static int by_site(const void *a, const void *b)
{
    const struct record *left = a, *right = b;

    return bytes_compare(left->site, right->site);
}

static bool lower(struct arena *arena, const char *text, struct bytes *out)
{
    struct bytes in = bytes_text(text);
    uint8_t *p = arena_alloc(arena, in.n);

    for (size_t i = 0; p != NULL && i < in.n; i++)
        p[i] = ascii_lower(in.p[i]);
    *out = bytes_of(p, in.n);
    return p != NULL;
}

/* False: no memory. */
static bool take_connections(struct arena *arena, const struct evidence *e,
        const struct judgement_setup *setup, struct record *records, size_t *n,
        struct unseen *out)
{
    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];
        struct bytes host;

        if (c->decrypted != DECRYPTED_NO && c->decrypted != DECRYPTED_PARTIAL)
            continue;
        if (c->tls.server_name == NULL) {
            out->nameless++;
            continue;
        }
        if (!lower(arena, c->tls.server_name, &host))
            return false;
        records[(*n)++] = (struct record){site_of(setup->sites, host), LACK_CLOSED};
    }
    return true;
}

static void take_exchanges(
        const struct evidence *e, const struct judgement *j, struct record *records, size_t *n)
{
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct attribution *a = &j->attributions.of[i];
        const struct exchange *x = e->exchanges[i];

        if (a->visit == NULL)
            records[(*n)++] = (struct record){a->site, LACK_PAGELESS};
        else if (x->gap_count != 0 || !x->complete)
            records[(*n)++] = (struct record){a->site, LACK_BROKEN};
    }
}

bool unseen_make(struct arena *arena, const struct evidence *e,
        const struct judgement_setup *setup, const struct judgement *j, struct unseen *out)
{
    struct record *records =
            calloc(e->connection_count + e->exchange_count + 1, sizeof(*records));
    struct unseen made = {0};
    size_t n = 0, sites = 0;
    bool ok = records != NULL && take_connections(arena, e, setup, records, &n, &made);

    if (ok) {
        take_exchanges(e, j, records, &n);
        qsort(records, n, sizeof(*records), by_site);
        for (size_t i = 0; i < n; i++)
            sites += i == 0 || !bytes_equal(records[i].site, records[i - 1].site);
        made.at = arena_array(arena, sites, sizeof(*made.at));
        ok = made.at != NULL;
    }
    for (size_t i = 0; ok && i < n; i++) {
        struct unseen_site *s;

        if (i == 0 || !bytes_equal(records[i].site, records[i - 1].site))
            made.at[made.n++].site = records[i].site;
        s = &made.at[made.n - 1];
        s->closed += records[i].lack == LACK_CLOSED;
        s->pageless += records[i].lack == LACK_PAGELESS;
        s->broken += records[i].lack == LACK_BROKEN;
    }
    free(records);
    if (ok)
        *out = made;
    return ok;
}

static int to_site(const void *key, const void *entry)
{
    const struct bytes *site = key;
    const struct unseen_site *s = entry;

    return bytes_compare(*site, s->site);
}

struct lines {
    struct arena *arena;
    struct bytes *at;
    size_t n;
    bool ok;
};

static void put(struct lines *l, uint64_t count, const char *one, const char *many)
{
    const char *text;

    if (count == 0 || !l->ok)
        return;
    text = arena_print(l->arena, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
    l->ok = text != NULL;
    if (l->ok)
        l->at[l->n++] = bytes_text(text);
}

bool unseen_add_fact(struct arena *arena, const struct unseen *u, struct bytes site,
        uint64_t unlisted, bool capped, struct finding *f)
{
    const struct unseen_site *s =
            u->n == 0 ? NULL : bsearch(&site, u->at, u->n, sizeof(*u->at), to_site);
    struct lines l = {.arena = arena, .at = arena_array(arena, LINES_MOST, sizeof(*l.at))};

    l.ok = l.at != NULL;
    if (s != NULL) {
        put(&l, s->closed, "connection to this site was not wholly decrypted",
                "connections to this site were not wholly decrypted");
        put(&l, s->pageless, "exchange with this site belongs to no page that is known",
                "exchanges with this site belong to no page that is known");
        put(&l, s->broken, "exchange with this site is incomplete",
                "exchanges with this site are incomplete");
    }
    put(&l, u->nameless, "connection that was not wholly decrypted named no server",
            "connections that were not wholly decrypted named no server");
    put(&l, unlisted, "occurrence of these values is counted but not placed in time",
            "occurrences of these values are counted but not placed in time");
    if (capped && l.ok)
        l.at[l.n++] = BYTES_LITERAL("there were more values than are kept");
    if (l.ok && l.n != 0)
        finding_add_fact(f,
                &(struct finding_fact){
                        .name = "unseen", .kind = FACT_LIST, .list = l.at, .list_count = l.n});
    return l.ok;
}
