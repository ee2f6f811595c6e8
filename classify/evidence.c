/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/evidence.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/digest.h"

#define EVIDENCE_ARENA_MOST ((size_t)4 << 30)

struct evidence_map {
    uint8_t sha256[SHA256_BYTES];
    void *p; /* NULL: none */
    size_t n;
};

enum status evidence_init(struct evidence *e)
{
    *e = (struct evidence){.arena = arena_new(EVIDENCE_ARENA_MOST)};
    ledger_init(&e->capture_gaps, 0);
    e->map = calloc(1, sizeof(*e->map));
    if (e->arena != NULL && e->map != NULL)
        return STATUS_OK;
    evidence_clear(e);
    return STATUS_NOMEM;
}

static void unmap(struct evidence_map *map)
{
    if (map != NULL && map->p != NULL)
        (void)munmap(map->p, map->n);
    if (map != NULL)
        *map = (struct evidence_map){0};
}

static void connection_free(struct connection *c)
{
    if (c == NULL)
        return;
    ledger_clear(&c->ledger);
    arena_free(c->arena);
    free(c);
}

void evidence_clear(struct evidence *e)
{
    for (size_t i = 0; i < e->exchange_count; i++)
        exchange_free(e->exchanges[i]);
    for (size_t i = 0; i < e->connection_count; i++)
        connection_free(e->connections[i]);
    free(e->exchanges);
    free(e->connections);
    free(e->gap_base);
    unmap(e->map);
    free(e->map);
    lookups_free(e->lookups);
    ledger_clear(&e->capture_gaps);
    arena_free(e->arena);
    *e = (struct evidence){0};
}

enum status evidence_add_exchange(struct evidence *e, struct exchange *x)
{
    size_t bytes = arena_used(x->arena);
    struct exchange **grown;

    if (e->exchange_count == EVIDENCE_EXCHANGES_MOST ||
            x->connection > EVIDENCE_CONNECTIONS_MOST ||
            bytes > EVIDENCE_BYTES_MOST - e->exchange_bytes) {
        e->left_out++;
        exchange_free(x);
        return STATUS_OK;
    }
    grown = array_grow(
            e->exchanges, e->exchange_count, &e->exchange_capacity, sizeof(struct exchange *));
    if (grown == NULL) {
        exchange_free(x);
        return STATUS_NOMEM;
    }
    e->exchanges = grown;
    e->exchanges[e->exchange_count++] = x;
    e->exchange_bytes += bytes;
    return STATUS_OK;
}

enum status evidence_add_connection(struct evidence *e, struct connection *c)
{
    struct connection **grown;

    if (c->id > EVIDENCE_CONNECTIONS_MOST) {
        e->connections_left_out++;
        connection_free(c);
        return STATUS_OK;
    }
    grown = array_grow(e->connections, e->connection_count, &e->connection_capacity,
            sizeof(struct connection *));
    if (grown == NULL) {
        connection_free(c);
        return STATUS_NOMEM;
    }
    e->connections = grown;
    e->connections[e->connection_count++] = c;
    return STATUS_OK;
}

static int64_t time_of(const struct exchange *x)
{
    return x->request.seen ? x->request.first_ns : x->response.first_ns;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_time(const void *a, const void *b)
{
    const struct exchange *left = *(struct exchange *const *)a;
    const struct exchange *right = *(struct exchange *const *)b;
    int order = ORDER(time_of(left), time_of(right));

    if (order == 0)
        order = ORDER(left->connection, right->connection);
    if (order == 0)
        order = ORDER(left->nested, right->nested);
    if (order == 0)
        order = ORDER(left->stream, right->stream);
    return order == 0 ? ORDER(left->message, right->message) : order;
}

static int by_id(const void *a, const void *b)
{
    const struct connection *left = *(struct connection *const *)a;
    const struct connection *right = *(struct connection *const *)b;

    return ORDER(left->id, right->id);
}

/* What is not in the case must not look like what was not there. */
static bool tell_left_out(struct evidence *e)
{
    const struct gap exchanges = {.why = GAP_BUDGET,
            .layer = LAYER_HTTP,
            .len = e->left_out,
            .detail = "more exchanges than one case holds; the length counts those left out"};
    const struct gap connections = {.why = GAP_BUDGET,
            .layer = LAYER_PACKET,
            .len = e->connections_left_out,
            .detail = "more connections than one case holds; the length counts those left out"};

    return (exchanges.len == 0 || ledger_file(&e->capture_gaps, &exchanges) != 0) &&
           (connections.len == 0 || ledger_file(&e->capture_gaps, &connections) != 0);
}

enum status evidence_seal(struct evidence *e)
{
    uint32_t base;

    if (!tell_left_out(e))
        return STATUS_NOMEM;
    base = (uint32_t)e->capture_gaps.n;
    if (e->exchange_count != 0)
        qsort(e->exchanges, e->exchange_count, sizeof(struct exchange *), by_time);
    if (e->connection_count != 0)
        qsort(e->connections, e->connection_count, sizeof(struct connection *), by_id);
    free(e->gap_base);
    e->gap_base = calloc(e->connection_count + 1, sizeof(*e->gap_base));
    if (e->gap_base == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < e->connection_count; i++) {
        e->gap_base[i + 1] = base;
        base += (uint32_t)e->connections[i]->ledger.n;
    }
    e->gap_total = base;
    return STATUS_OK;
}

uint32_t evidence_gap(const struct evidence *e, uint32_t connection, uint32_t gap)
{
    if (gap == 0 || connection > e->connection_count)
        return 0;
    return e->gap_base[connection] + gap;
}

const struct connection *evidence_connection(const struct evidence *e, const struct exchange *x)
{
    return x->connection == 0 || x->connection > e->connection_count
                   ? NULL
                   : e->connections[x->connection - 1];
}

const struct evidence_file *evidence_file_of(const struct evidence *e, uint64_t frame)
{
    for (size_t i = 0; i < e->file_count; i++) {
        const struct evidence_file *f = &e->files[i];

        if (f->packets != 0 && frame >= f->first_frame && frame - f->first_frame < f->packets)
            return f;
    }
    return NULL;
}

/* Maps a file of the spool; false when it cannot be read. */
static bool map_body(struct evidence_map *map, const char *spool, const struct body *b)
{
    char hex[SHA256_TEXT], path[PATH_MAX];
    struct stat about;
    int fd;

    digest_hex(bytes_of(b->sha256, sizeof(b->sha256)), hex);
    if (snprintf(path, sizeof(path), "%s/%s", spool, hex) >= (int)sizeof(path))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1)
        return false;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        void *p = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (p != MAP_FAILED) {
            map->p = p;
            map->n = (size_t)about.st_size;
            memcpy(map->sha256, b->sha256, sizeof(map->sha256));
        }
    }
    (void)close(fd);
    return map->p != NULL;
}

struct bytes evidence_body(const struct evidence *e, const struct body *b)
{
    struct evidence_map *map = e->map;

    if (!b->spooled || b->kept <= b->data.n || e->spool == NULL || map == NULL)
        return b->data;
    if (map->p == NULL || memcmp(map->sha256, b->sha256, sizeof(map->sha256)) != 0) {
        unmap(map);
        if (!map_body(map, e->spool, b))
            return b->data;
    }
    return bytes_of(map->p, map->n);
}

void exchange_id(const struct exchange *x, char out[EXCHANGE_ID_TEXT])
{
    int n = snprintf(out, EXCHANGE_ID_TEXT, "c%" PRIu32 ".s%" PRIu64, x->connection, x->stream);

    if (x->nested != 0)
        n += snprintf(out + n, EXCHANGE_ID_TEXT - (size_t)n, ".n%u", (unsigned)x->nested);
    if (x->message != 0)
        (void)snprintf(out + n, EXCHANGE_ID_TEXT - (size_t)n, ".m%" PRIu64, x->message);
}
