/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/damage.h"

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/source.h"

enum {
    PATH_TEXT = 512,
    KEYS_MOST = 16 << 20,
    SHUFFLE_WINDOW = 8, /* packets; capture rings of several queues mix about so many */
    SKEW_MOST = 24,
    TWICE_APART = 64,
};

static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
    return n == 0 ? 0 : (size_t)(draw(state) % n);
}

static void read_keys(const char *path, struct recorded *out)
{
    struct buf text;
    struct source_scan scan;
    struct fault fault = {0};
    FILE *file = fopen(path, "rb");
    uint8_t block[4096];
    size_t n;

    buf_init(&text, KEYS_MOST);
    if (file == NULL) { /* a capture: its own blocks of secrets */
        assert_int_equal(source_scan_secrets(path, &text, &scan, &fault), STATUS_OK);
    } else {
        while ((n = fread(block, 1, sizeof(block), file)) != 0)
            assert_int_equal(buf_append(&text, bytes_of(block, n)), STATUS_OK);
        (void)fclose(file);
    }
    assert_int_equal(keylog_add(out->keys, buf_view(&text)), STATUS_OK);
    buf_clear(&text);
}

static void keep_packet(struct recorded *out, size_t *capacity, const struct packet *packet)
{
    uint8_t *copy = malloc(packet->data.n + 1);

    if (out->n == *capacity) {
        *capacity = *capacity == 0 ? 1024 : *capacity * 2;
        out->packets = realloc(out->packets, *capacity * sizeof(*out->packets));
    }
    assert_non_null(copy);
    assert_non_null(out->packets);
    if (packet->data.n != 0)
        memcpy(copy, packet->data.p, packet->data.n);
    out->packets[out->n] = *packet;
    out->packets[out->n++].data = bytes_of(copy, packet->data.n);
}

static void read_packets(const char *path, struct recorded *out)
{
    struct fault fault = {0};
    struct source *source;
    struct packet packet;
    enum source_found found;
    size_t capacity = 0;

    assert_int_equal(source_open(path, &source, &fault), STATUS_OK);
    while ((found = source_next(source, &packet, &fault)) != SOURCE_END) {
        assert_int_not_equal(found, SOURCE_FAILED);
        if (found == SOURCE_PACKET)
            keep_packet(out, &capacity, &packet);
    }
    source_close(source);
}

void recorded_read(const char *folder, struct recorded *out)
{
    struct dirent *entry;
    char path[PATH_TEXT];
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    *out = (struct recorded){.name = strdup(folder), .keys = keylog_new()};
    assert_true(out->name != NULL && out->keys != NULL);
    while ((entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strncmp(entry->d_name, "traffic.", 8) == 0)
            read_packets(path, out);
        else if (strcmp(entry->d_name, "keys.log") == 0)
            read_keys(path, out);
    }
    (void)closedir(dir);
    assert_int_not_equal(out->n, 0);
}

void recorded_clear(struct recorded *r)
{
    for (size_t i = 0; i < r->n; i++)
        free((void *)(uintptr_t)r->packets[i].data.p);
    free(r->packets);
    free(r->name);
    keylog_free(r->keys);
    *r = (struct recorded){0};
}

const char *damage_name(enum damage_kind kind)
{
    static const char *const names[DAMAGE_KINDS] = {"drop", "burst", "late", "early",
            "one-side", "twice", "shuffle", "skew", "cut", "clock"};

    return names[kind];
}

void variant_init(struct variant *v, const struct recorded *of)
{
    *v = (struct variant){.capacity = of->n * 2};
    v->packets = calloc(v->capacity, sizeof(*v->packets));
    v->origin = calloc(v->capacity, sizeof(*v->origin));
    v->missing = calloc(of->n, 1);
    assert_true(v->packets != NULL && v->origin != NULL && v->missing != NULL);
}

void variant_clear(struct variant *v)
{
    free(v->packets);
    free(v->origin);
    free(v->missing);
}

static void add(struct variant *v, const struct recorded *of, size_t i)
{
    assert_true(v->n < v->capacity);
    v->packets[v->n] = of->packets[i];
    v->origin[v->n] = i;
    v->packets[v->n].number = v->n + 1;
    v->n++;
}

void variant_whole(struct variant *v, const struct recorded *of)
{
    v->n = 0;
    memset(v->missing, 0, of->n);
    for (size_t i = 0; i < of->n; i++)
        add(v, of, i);
}

/* Puts down what is not lost, in the order of the recording. */
static void add_rest(struct variant *v, const struct recorded *of)
{
    for (size_t i = 0; i < of->n; i++) {
        if (v->missing[i] != 1)
            add(v, of, i);
    }
}

static void lose(struct variant *v, size_t from, size_t n, size_t total)
{
    for (size_t i = from; i < total && i - from < n; i++)
        v->missing[i] = 1;
}

/* The bytes of a frame that tell its sender: enough for Ethernet with IPv4 or IPv6. */
static bool same_side(const struct packet *a, const struct packet *b)
{
    enum { ETHERNET = 14, V4_SOURCE = 26, V6_SOURCE = 22, V4_PORT = 34, V6_PORT = 54 };
    size_t port, at, n;

    if (a->data.n < V6_PORT + 2 || b->data.n < V6_PORT + 2)
        return false;
    if (memcmp(a->data.p + 12, b->data.p + 12, 2) != 0)
        return false;
    at = a->data.p[12] == 0x08 ? V4_SOURCE : V6_SOURCE;
    n = a->data.p[12] == 0x08 ? 4 : 16;
    port = a->data.p[12] == 0x08 ? V4_PORT : V6_PORT;
    return memcmp(a->data.p + at, b->data.p + at, n) == 0 &&
           memcmp(a->data.p + port, b->data.p + port, 2) == 0;
}

static void one_side(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    size_t like = below(seed, of->n), from = below(seed, of->n);
    size_t to = from + below(seed, of->n - from) + 1;

    for (size_t i = from; i < to; i++) {
        if (same_side(&of->packets[like], &of->packets[i]))
            v->missing[i] = 1;
    }
    add_rest(v, of);
}

static void twice(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    size_t every = 1 + below(seed, 16),
           apart = below(seed, 2) == 0 ? 0 : below(seed, TWICE_APART);

    for (size_t i = 0; i < of->n; i++) {
        add(v, of, i);
        if (i >= apart && below(seed, every) == 0)
            add(v, of, i - apart);
    }
}

static void swap(struct variant *v, size_t a, size_t b)
{
    struct packet packet = v->packets[a];
    size_t origin = v->origin[a];

    v->packets[a] = v->packets[b];
    v->origin[a] = v->origin[b];
    v->packets[b] = packet;
    v->origin[b] = origin;
}

static void shuffle(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    size_t every = 1 + below(seed, 32);

    variant_whole(v, of);
    for (size_t i = 0; i + SHUFFLE_WINDOW < v->n; i++) {
        if (below(seed, every) == 0)
            swap(v, i, i + below(seed, SHUFFLE_WINDOW));
    }
}

/* Everything one side sent comes `behind` packets later. */
static void skew(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    size_t like = below(seed, of->n), behind = 1 + below(seed, SKEW_MOST), late = 0;
    size_t queue[SKEW_MOST];

    for (size_t i = 0; i < of->n; i++) {
        if (same_side(&of->packets[like], &of->packets[i])) {
            if (late == behind) {
                add(v, of, queue[0]);
                memmove(queue, queue + 1, --late * sizeof(*queue));
            }
            queue[late++] = i;
        } else {
            add(v, of, i);
        }
    }
    for (size_t i = 0; i < late; i++)
        add(v, of, queue[i]);
}

static void cut(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    size_t most = 20 + below(seed, 1600), every = below(seed, 2) == 0 ? 1 : 1 + below(seed, 64);

    for (size_t i = 0; i < of->n; i++) {
        struct bytes *data;

        add(v, of, i);
        data = &v->packets[v->n - 1].data;
        if (data->n > most && below(seed, every) == 0) {
            data->n = most;
            v->missing[i] = 1;
        }
    }
}

static void set_clock(struct variant *v, const struct recorded *of, uint64_t *seed)
{
    int64_t seconds = (int64_t)below(seed, 8000) - 4000;
    size_t from = below(seed, of->n);

    variant_whole(v, of);
    for (size_t i = from; i < v->n; i++) {
        v->packets[i].time_ns += seconds * 1000000000;
        v->missing[i] = 2; /* a step may be longer than the silence that ends a connection */
    }
}

static void renumber(struct variant *v)
{
    for (size_t i = 0; i < v->n; i++)
        v->packets[i].number = i + 1;
}

void variant_make(
        struct variant *v, const struct recorded *of, enum damage_kind kind, uint64_t seed)
{
    size_t n = of->n, count;

    v->kind = kind;
    v->n = 0;
    memset(v->missing, 0, n);
    switch (kind) {
    case DAMAGE_DROP:
        for (count = 1 + below(&seed, 1 + n / 20); count > 0; count--)
            v->missing[below(&seed, n)] = 1;
        add_rest(v, of);
        break;
    case DAMAGE_BURST:
        for (count = 1 + below(&seed, 3); count > 0; count--)
            lose(v, below(&seed, n), 1 + below(&seed, 40), n);
        add_rest(v, of);
        break;
    case DAMAGE_LATE:
        lose(v, 0, below(&seed, n), n);
        add_rest(v, of);
        break;
    case DAMAGE_EARLY:
        lose(v, below(&seed, n), n, n);
        add_rest(v, of);
        break;
    case DAMAGE_ONE_SIDE:
        one_side(v, of, &seed);
        break;
    case DAMAGE_TWICE:
        twice(v, of, &seed);
        break;
    case DAMAGE_SHUFFLE:
        shuffle(v, of, &seed);
        break;
    case DAMAGE_SKEW:
        skew(v, of, &seed);
        break;
    case DAMAGE_CUT:
        cut(v, of, &seed);
        break;
    case DAMAGE_CLOCK:
        set_clock(v, of, &seed);
        break;
    case DAMAGE_KINDS:
        break;
    }
    renumber(v);
}
