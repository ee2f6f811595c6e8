/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decrypts the captures of ../shared/captures/keyed and compares length and SHA-256 of each
 * direction's plaintext with what an independent tool (tshark) made of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "capture/packet/flow.h"
#include "capture/packet/unwrap.h"
#include "capture/tls/tls.h"
#include "tests/capture/tls/keyed.h"

enum { STREAMS_MOST = 256, CAPTURES_MOST = 1024 };

/* One connection's plaintext. */
struct stream {
    char client[ENDPOINT_TEXT];
    struct tls *tls;
    struct tls_facts facts;
    struct digest *digest[2];
    uint64_t bytes[2], gaps[2], offset[2];
    bool ended[2];
    char hash[2][SHA256_TEXT];
    enum decrypted decrypted;
    const char *reason;
    bool not_tls;
};

struct run {
    struct keylog *keys;
    struct sessions *sessions;
    struct stream streams[STREAMS_MOST];
    size_t n;
};

static void take_plain(struct stream *s)
{
    struct item out;

    while (tls_next(s->tls, &out)) {
        assert_false(s->ended[out.dir]);
        assert_true(out.off == s->offset[out.dir]);
        s->offset[out.dir] += out.len;
        switch (out.kind) {
        case ITEM_BYTES:
            assert_true(out.len == out.data.n);
            assert_true(out.frames.n != 0);
            digest_add(s->digest[out.dir], out.data);
            s->bytes[out.dir] += out.data.n;
            break;
        case ITEM_GAP:
            s->gaps[out.dir] += out.len;
            break;
        case ITEM_END:
            s->ended[out.dir] = true;
            break;
        }
    }
    assert_int_equal(tls_status(s->tls), STATUS_OK);
}

/* The reference writes IPv6 addresses without brackets. */
static void name_client(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
    char text[ENDPOINT_TEXT];
    size_t n = 0;

    endpoint_text(e, text);
    for (size_t i = 0; text[i] != '\0'; i++)
        if (text[i] != '[' && text[i] != ']')
            out[n++] = text[i];
    out[n] = '\0';
}

static void pull(struct run *run, struct flow *flow)
{
    struct item item;

    while (flow_next(flow, &item)) {
        struct stream *s = flow->stage;

        if (s == NULL && run->n < STREAMS_MOST) {
            struct tls_setup setup = {.keys = run->keys, .sessions = run->sessions};

            s = &run->streams[run->n++];
            setup.ledger = &flow->facts.ledger;
            setup.arena = flow_arena(flow);
            setup.facts = &s->facts;
            s->tls = tls_new(&setup);
            for (int i = 0; i < 2; i++)
                s->digest[i] = digest_new(DIGEST_SHA256);
            name_client(&flow->facts.client, s->client);
            flow->stage = s;
        }
        if (s == NULL)
            continue;
        if (item.kind == ITEM_BYTES && item.off == 0 && tls_look(item.data) == TLS_LOOK_NOT)
            s->not_tls = true;
        assert_int_equal(tls_push(s->tls, &item), STATUS_OK);
        take_plain(s);
    }
}

static void finish(struct flow *flow)
{
    struct stream *s = flow->stage;
    uint8_t raw[DIGEST_MOST];

    if (s == NULL)
        return;
    assert_int_equal(tls_close(s->tls), STATUS_OK);
    take_plain(s);
    for (int i = 0; i < 2; i++) {
        assert_true(s->ended[i]);
        digest_finish(s->digest[i], raw);
        digest_hex(bytes_of(raw, SHA256_BYTES), s->hash[i]);
        digest_free(s->digest[i]);
    }
    s->decrypted = tls_decrypted(s->tls, &s->reason);
    if (getenv("EXHIBIT_TLS_LIST") != NULL && s->facts.seen)
        printf("    %s %04x %s verify=%d alpn=%s sni=%s group=%s chain=%zu resumed=%d early=%d "
               "alert=%s decrypted=%d %s c=%llu+%llu s=%llu+%llu\n",
                s->client, (unsigned)s->facts.version,
                s->facts.suite_name == NULL ? "?" : s->facts.suite_name, (int)s->facts.verify,
                s->facts.alpn, s->facts.server_name, s->facts.group, s->facts.chain_length,
                s->facts.resumed, s->facts.early_data, s->facts.alert, (int)s->decrypted,
                s->reason == NULL ? "" : s->reason, (unsigned long long)s->bytes[0],
                (unsigned long long)s->gaps[0], (unsigned long long)s->bytes[1],
                (unsigned long long)s->gaps[1]);
    tls_free(s->tls);
    s->tls = NULL;
}

/* `drop`: each packet whose number it divides is left out; 0: none. */
static void read_capture(struct run *run, const char *path, uint64_t drop)
{
    struct fault fault = {STATUS_OK, ""};
    struct source *source = NULL;
    struct ledger ledger;
    struct flows *flows = flows_new(NULL);
    struct packet packet;
    struct flow *flow;
    enum source_found found;

    ledger_init(&ledger, 0);
    struct unwrap *unwrap = unwrap_new(&ledger, true);
    assert_non_null(flows);
    assert_non_null(unwrap);
    assert_int_equal(source_open(path, &source, &fault), STATUS_OK);
    while ((found = source_next(source, &packet, &fault)) != SOURCE_END) {
        struct segment segment;
        enum direction dir;
        bool whole;

        assert_int_not_equal(found, SOURCE_FAILED);
        if (found != SOURCE_PACKET || (drop != 0 && packet.number % drop == 0))
            continue;
        assert_int_equal(unwrap_frame(unwrap, &packet, &segment, &whole), STATUS_OK);
        if (!whole || segment.transport != TRANSPORT_TCP)
            continue;
        assert_int_equal(flows_push(flows, &segment, &flow, &dir), STATUS_OK);
        pull(run, flow);
        while ((flow = flows_next_ended(flows)) != NULL) {
            pull(run, flow);
            finish(flow);
            flow_free(flow);
        }
    }
    flows_close_all(flows);
    while ((flow = flows_next_ended(flows)) != NULL) {
        pull(run, flow);
        finish(flow);
        flow_free(flow);
    }
    flows_free(flows);
    unwrap_close(unwrap);
    unwrap_free(unwrap);
    ledger_clear(&ledger);
    source_close(source);
}

static bool has_stream(const struct run *run, const struct json_value *want)
{
    const char *client = json_string_of(json_member(want, "client"));
    const char *hash[2] = {json_string_of(json_member(want, "client_sha256")),
            json_string_of(json_member(want, "server_sha256"))};

    for (size_t i = 0; i < run->n; i++)
        if (strcmp(run->streams[i].client, client) == 0 &&
                strcmp(run->streams[i].hash[0], hash[0]) == 0 &&
                strcmp(run->streams[i].hash[1], hash[1]) == 0)
            return true;
    return false;
}

static void tell_streams(const struct run *run, const char *id, const struct json_value *want)
{
    const char *client = json_string_of(json_member(want, "client"));
    int64_t lengths[2] = {0, 0};

    (void)!json_integer_of(json_member(want, "client_len"), &lengths[0]);
    (void)!json_integer_of(json_member(want, "server_len"), &lengths[1]);
    printf("  %s: %s differs: reference %lld and %lld bytes\n", id, client,
            (long long)lengths[0], (long long)lengths[1]);
    for (size_t i = 0; i < run->n; i++)
        if (run->streams[i].facts.seen)
            printf("    here %s: %llu and %llu bytes, gaps of %llu and %llu, %s\n",
                    run->streams[i].client, (unsigned long long)run->streams[i].bytes[0],
                    (unsigned long long)run->streams[i].bytes[1],
                    (unsigned long long)run->streams[i].gaps[0],
                    (unsigned long long)run->streams[i].gaps[1],
                    run->streams[i].reason == NULL ? "" : run->streams[i].reason);
}

/* Reads a capture's keys and packets. The caller frees with forget. */
static void load(struct run *run, const char *id, uint64_t drop)
{
    char path[PATH_TEXT];

    run->keys = keylog_new();
    run->sessions = sessions_new();
    assert_true(keyed_find(id, run->keys, path));
    read_capture(run, path, drop);
}

static void forget(struct run *run)
{
    keylog_free(run->keys);
    sessions_free(run->sessions);
    free(run);
}

/* How many streams of one capture are listed and how many agree. */
static void check_capture(const char *id, size_t *listed, size_t *agreed)
{
    struct run *run = calloc(1, sizeof(*run));
    char path[PATH_TEXT];
    struct fault fault = {STATUS_OK, ""};
    struct buf text;
    struct json_value *reference;

    assert_non_null(run);
    if (getenv("EXHIBIT_TLS_LIST") != NULL)
        printf("  %s\n", id);
    (void)snprintf(path, sizeof(path), KEYED "/%s/reference.json", id);
    text = read_file(path);
    reference = json_parse(buf_view(&text), &fault);
    buf_clear(&text);
    assert_non_null(reference);
    load(run, id, 0);
    for (const struct json_value *want = json_first(json_member(reference, "tls_plaintext"));
            want != NULL; want = json_next(want)) {
        ++*listed;
        if (has_stream(run, want))
            ++*agreed;
        else
            tell_streams(run, id, want);
    }
    json_free(reference);
    forget(run);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folders of KEYED, sorted; the caller frees the names. 0 when there is none. */
static size_t list_captures(char *ids[CAPTURES_MOST])
{
    DIR *folder = opendir(KEYED);
    struct dirent *entry;
    size_t n = 0;

    if (folder == NULL) {
        printf("skip: " KEYED " is not here\n");
        return 0;
    }
    while (n < CAPTURES_MOST && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            ids[n++] = strdup(entry->d_name);
    (void)closedir(folder);
    qsort(ids, n, sizeof(ids[0]), by_name);
    return n;
}

static void plaintext_of_keyed_captures_is_what_tshark_read(void **state)
{
    char *ids[CAPTURES_MOST];
    size_t n = list_captures(ids), listed = 0, agreed = 0;

    (void)state;
    if (n == 0)
        skip();
    for (size_t i = 0; i < n; i++) {
        check_capture(ids[i], &listed, &agreed);
        free(ids[i]);
    }
    printf("  %zu captures, %zu of %zu streams as in the reference\n", n, agreed, listed);
    assert_int_equal(agreed, listed);
}

/* take_plain checks what must always hold. */
static void captures_with_packets_missing_still_add_up(void **state)
{
    static const uint64_t drops[] = {3, 5, 11, 13};
    char *ids[CAPTURES_MOST];
    size_t n = list_captures(ids);
    uint64_t read = 0, missing = 0;

    (void)state;
    if (n == 0)
        skip();
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < sizeof(drops) / sizeof(drops[0]); d++) {
            struct run *run = calloc(1, sizeof(*run));

            assert_non_null(run);
            load(run, ids[i], drops[d]);
            for (size_t s = 0; s < run->n; s++)
                for (int dir = 0; dir < 2; dir++) {
                    read += run->streams[s].bytes[dir];
                    missing += run->streams[s].gaps[dir];
                }
            forget(run);
        }
        free(ids[i]);
    }
    printf("  with packets missing: %llu bytes read, %llu in gaps\n", (unsigned long long)read,
            (unsigned long long)missing);
    assert_true(read > 0 && missing > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(plaintext_of_keyed_captures_is_what_tshark_read),
            cmocka_unit_test(captures_with_packets_missing_still_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
