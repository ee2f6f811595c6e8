/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decrypts the QUIC captures of ../shared/captures/keyed and compares what each direction of all
 * streams of a connection carried with what an independent tool (tshark) made of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "capture/packet/unwrap.h"
#include "capture/quic/quic.h"
#include "tests/capture/tls/keyed.h"

enum { CONNECTIONS_MOST = 64, STREAMS_MOST = 256 };

/* What a stream carried, one direction. */
struct carried {
    uint64_t stream;
    enum direction dir;
    uint64_t bytes, gaps;
    struct digest *digest;
    bool ended;
};

struct connection_test {
    struct endpoint client, server;
    struct quic *quic;
    struct tls_facts tls;
    struct quic_facts facts;
    struct ledger ledger;
    struct arena *arena;
    struct carried carried[STREAMS_MOST];
    size_t n;
    enum decrypted decrypted;
    const char *reason;
};

struct run {
    struct keylog *keys;
    struct connection_test connections[CONNECTIONS_MOST];
    size_t n;
};

static struct carried *carried_of(
        struct connection_test *c, uint64_t stream, enum direction dir)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->carried[i].stream == stream && c->carried[i].dir == dir)
            return &c->carried[i];
    assert_true(c->n < STREAMS_MOST);
    c->carried[c->n] =
            (struct carried){.stream = stream, .dir = dir, .digest = digest_new(DIGEST_SHA256)};
    return &c->carried[c->n++];
}

static void pull(struct connection_test *c)
{
    struct item item;
    uint64_t stream;

    while (quic_next(c->quic, &stream, &item)) {
        struct carried *to = carried_of(c, stream, item.dir);

        assert_false(to->ended);
        assert_true(item.off == to->bytes + to->gaps);
        switch (item.kind) {
        case ITEM_BYTES:
            assert_true(item.len == item.data.n && item.frames.n != 0);
            digest_add(to->digest, item.data);
            to->bytes += item.len;
            break;
        case ITEM_GAP:
            to->gaps += item.len;
            break;
        case ITEM_END:
            to->ended = true;
            break;
        }
    }
    assert_int_equal(quic_status(c->quic), STATUS_OK);
}

static struct connection_test *connection_of(
        struct run *run, const struct segment *s, enum direction *dir)
{
    struct connection_test *c;

    for (size_t i = 0; i < run->n; i++) {
        c = &run->connections[i];
        if (endpoint_equal(&c->client, &s->src) && endpoint_equal(&c->server, &s->dst)) {
            *dir = FROM_CLIENT;
            return c;
        }
        if (endpoint_equal(&c->client, &s->dst) && endpoint_equal(&c->server, &s->src)) {
            *dir = FROM_SERVER;
            return c;
        }
    }
    assert_true(run->n < CONNECTIONS_MOST);
    c = &run->connections[run->n++];
    c->client = s->src;
    c->server = s->dst;
    c->arena = arena_new(1 << 22);
    ledger_init(&c->ledger, (uint32_t)run->n);
    {
        const struct quic_setup setup = {.keys = run->keys,
                .ledger = &c->ledger,
                .arena = c->arena,
                .tls = &c->tls,
                .facts = &c->facts};

        c->quic = quic_new(&setup);
    }
    assert_non_null(c->quic);
    *dir = FROM_CLIENT;
    return c;
}

/* `drop`: each packet whose number it divides is left out; 0: none. */
static void read_capture(struct run *run, const char *path, uint64_t drop)
{
    struct fault fault = {STATUS_OK, ""};
    struct source *source = NULL;
    struct ledger ledger;
    struct packet packet;
    enum source_found found;
    struct unwrap *unwrap;

    ledger_init(&ledger, 0);
    unwrap = unwrap_new(&ledger, true);
    assert_int_equal(source_open(path, &source, &fault), STATUS_OK);
    while ((found = source_next(source, &packet, &fault)) != SOURCE_END) {
        struct quic_datagram d;
        struct segment segment;
        struct connection_test *c;
        bool whole;

        if (found != SOURCE_PACKET || (drop != 0 && packet.number % drop == 0))
            continue;
        assert_int_equal(unwrap_frame(unwrap, &packet, &segment, &whole), STATUS_OK);
        if (!whole || segment.transport != TRANSPORT_UDP)
            continue;
        c = connection_of(run, &segment, &d.dir);
        d.data = segment.payload;
        d.wire_len = segment.wire_len;
        d.packet = segment.packet;
        d.time_ns = segment.time_ns;
        assert_int_equal(quic_push(c->quic, &d), STATUS_OK);
        pull(c);
    }
    unwrap_close(unwrap);
    unwrap_free(unwrap);
    ledger_clear(&ledger);
    source_close(source);
    for (size_t i = 0; i < run->n; i++) {
        struct connection_test *c = &run->connections[i];

        assert_int_equal(quic_close(c->quic, GAP_CUT), STATUS_OK);
        pull(c);
        for (size_t k = 0; k < c->n; k++)
            assert_true(c->carried[k].ended);
        c->decrypted = quic_decrypted(c->quic, &c->reason);
    }
}

static void list(const struct run *run, const char *id)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct connection_test *c = &run->connections[i];
        char client[ENDPOINT_TEXT];

        endpoint_text(&c->client, client);
        printf("  %s %s %s tls %04x %s verify=%d sni=%s alpn=%s ja4=%s chain=%zu resumed=%d "
               "early=%d packets=%llu/%llu unopened=%llu/%llu updates=%llu/%llu merged=%llu "
               "repeated=%llu retry=%d vn=%d close=%s decrypted=%d %s\n",
                id, client, c->facts.version_name, (unsigned)c->tls.version, c->tls.suite_name,
                (int)c->tls.verify, c->tls.server_name, c->tls.alpn, c->tls.ja4,
                c->tls.chain_length, c->tls.resumed, c->tls.early_data,
                (unsigned long long)c->facts.packets[0],
                (unsigned long long)c->facts.packets[1],
                (unsigned long long)c->facts.unopened[0],
                (unsigned long long)c->facts.unopened[1],
                (unsigned long long)c->facts.key_updates[0],
                (unsigned long long)c->facts.key_updates[1],
                (unsigned long long)c->facts.merged, (unsigned long long)c->facts.repeated,
                c->facts.retry, c->facts.negotiation, c->facts.close, (int)c->decrypted,
                c->reason == NULL ? "" : c->reason);
        for (size_t k = 0; k < c->ledger.n; k++)
            printf("    gap %s %s dir %d stream %llu off %llu len %llu packets %llu-%llu %s\n",
                    gap_cause_name(c->ledger.gaps[k].why), layer_name(c->ledger.gaps[k].layer),
                    (int)c->ledger.gaps[k].dir, (unsigned long long)c->ledger.gaps[k].stream,
                    (unsigned long long)c->ledger.gaps[k].off,
                    (unsigned long long)c->ledger.gaps[k].len,
                    (unsigned long long)c->ledger.gaps[k].first_packet,
                    (unsigned long long)c->ledger.gaps[k].last_packet,
                    c->ledger.gaps[k].detail == NULL ? "" : c->ledger.gaps[k].detail);
        for (size_t k = 0; k < c->n; k++)
            printf("    stream %llu %s bytes %llu gaps %llu\n",
                    (unsigned long long)c->carried[k].stream,
                    c->carried[k].dir == FROM_CLIENT ? "c" : "s",
                    (unsigned long long)c->carried[k].bytes,
                    (unsigned long long)c->carried[k].gaps);
    }
}

/* Reads a capture's keys and packets; NULL when it is not here. The caller frees with forget. */
static struct run *load(const char *id, uint64_t drop)
{
    struct run *run = calloc(1, sizeof(*run));
    char path[PATH_TEXT];

    assert_non_null(run);
    run->keys = keylog_new();
    if (!keyed_find(id, run->keys, path)) {
        keylog_free(run->keys);
        free(run);
        return NULL;
    }
    read_capture(run, path, drop);
    if (getenv("EXHIBIT_QUIC_LIST") != NULL)
        list(run, id);
    return run;
}

static void forget(struct run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        struct connection_test *c = &run->connections[i];

        for (size_t k = 0; k < c->n; k++)
            digest_free(c->carried[k].digest);
        quic_free(c->quic);
        ledger_clear(&c->ledger);
        arena_free(c->arena);
    }
    keylog_free(run->keys);
    free(run);
}

/* What tshark 4.0.17 reads: SHA-256 over a line "number c|s length SHA-256" for each direction of
 * each stream that carried something, in ascending order. */
static const struct {
    const char *id, *client;
    size_t carried;
    uint64_t bytes[2];
    const char *sha256;
} references[] = {
        {"26c8ed119272", "[::1]:51430", 20, {142, 1235014},
                "218e6f93d3ab68f18112950aa51fcb80a65d30e26801df3d823e0280164bd668"},
        {"38913b8ff67e", "10.9.0.1:36588", 8, {64, 224},
                "6d3e87652eee1fc250ec7a29ce79711e9a996453d334187e6dfcac3f27ab388f"},
        {"3c007600c7ba", "10.0.2.15:57172", 50, {58301, 818998},
                "25cd8c36f3ad60b0103a4348ecc156575b61e48dff7b54b64ec84846bbe54a0a"},
        {"7ea791625673", "[::1]:42086", 11, {119, 437},
                "f54748e5b760d5017826ff9e67ad77607b244d42a4a7ee7a61fff3f7b0e03593"},
        {"79a5155d299c", "66.70.231.124:52740", 6, {51, 621},
                "8f2083bfdb1f5fe656dc031672e617ee2f8dd36659676dff71a001d494f206a6"},
        {"7f4681119150", "127.0.0.1:37285", 8, {79, 286711},
                "1cac51c10230791117f29c78f9df9eee430bb12818b6e52a7e8073b308092f88"},
};

enum { REFERENCES = sizeof(references) / sizeof(references[0]) };

static int by_stream(const void *a, const void *b)
{
    const struct carried *x = a, *y = b;

    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return (int)x->dir - (int)y->dir;
}

static struct connection_test *find(struct run *run, const char *client)
{
    for (size_t i = 0; i < run->n; i++) {
        char text[ENDPOINT_TEXT];

        endpoint_text(&run->connections[i].client, text);
        if (strcmp(text, client) == 0)
            return &run->connections[i];
    }
    return NULL;
}

static void streams_of_keyed_captures_carry_what_tshark_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFERENCES; i++) {
        struct run *run = load(references[i].id, 0);
        struct digest *digest = digest_new(DIGEST_SHA256);
        struct connection_test *c;
        uint64_t bytes[2] = {0, 0};
        uint8_t raw[DIGEST_MOST];
        char hash[SHA256_TEXT], line[256];
        size_t n = 0;

        if (run == NULL) {
            printf("skip: " KEYED "/%s is not here\n", references[i].id);
            digest_free(digest);
            skip();
        }
        c = find(run, references[i].client);
        assert_non_null(c);
        qsort(c->carried, c->n, sizeof(c->carried[0]), by_stream);
        for (size_t k = 0; k < c->n; k++) {
            const struct carried *s = &c->carried[k];

            digest_finish(s->digest, raw);
            assert_true(s->gaps == 0);
            if (s->bytes == 0)
                continue;
            digest_hex(bytes_of(raw, SHA256_BYTES), hash);
            (void)snprintf(line, sizeof(line), "%llu %c %llu %s\n",
                    (unsigned long long)s->stream, s->dir == FROM_CLIENT ? 'c' : 's',
                    (unsigned long long)s->bytes, hash);
            digest_add(digest, bytes_text(line));
            bytes[s->dir] += s->bytes;
            n++;
        }
        digest_finish(digest, raw);
        digest_hex(bytes_of(raw, SHA256_BYTES), hash);
        assert_int_equal(n, references[i].carried);
        assert_true(bytes[0] == references[i].bytes[0] && bytes[1] == references[i].bytes[1]);
        assert_string_equal(hash, references[i].sha256);
        assert_int_equal(c->decrypted, DECRYPTED_FULL);
        assert_int_equal(c->tls.verify, VERIFY_GOOD);
        digest_free(digest);
        forget(run);
    }
}

/* pull() checks what must always hold; here, that what is missing is said. */
static void captures_with_packets_missing_still_add_up(void **state)
{
    static const uint64_t drops[] = {2, 3, 5, 7, 11, 13};
    uint64_t read = 0, missing = 0;

    (void)state;
    for (size_t i = 0; i < REFERENCES; i++)
        for (size_t d = 0; d < sizeof(drops) / sizeof(drops[0]); d++) {
            struct run *run = load(references[i].id, drops[d]);

            if (run == NULL) {
                printf("skip: " KEYED "/%s is not here\n", references[i].id);
                skip();
            }
            for (size_t c = 0; c < run->n; c++)
                for (size_t k = 0; k < run->connections[c].n; k++) {
                    read += run->connections[c].carried[k].bytes;
                    missing += run->connections[c].carried[k].gaps;
                }
            forget(run);
        }
    printf("  with packets missing: %llu bytes read, %llu in gaps\n", (unsigned long long)read,
            (unsigned long long)missing);
    assert_true(read > 0 && missing > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(streams_of_keyed_captures_carry_what_tshark_read),
            cmocka_unit_test(captures_with_packets_missing_still_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
