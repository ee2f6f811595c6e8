/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/digest.h"
#include "classify/gather_map.h"
#include "tests/classify/gathered_world.h"
#include "tests/support/oom.h"

static const struct trace *find(
        const struct gathered *g, enum carrier carrier, const char *name, const char *value)
{
    for (size_t i = 0; i < g->t.n; i++) {
        const struct trace *t = g->t.at[i];

        if (t->carrier == carrier && bytes_is(t->name, name) && bytes_is(t->value, value))
            return t;
    }
    return NULL;
}

static void every_carrier_gives_its_values(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w,
            "1 0 POST https://t.test/8f14e45fceea167a5a36dedd4bea2543/p?u=a%20b+c&e= 200 fetch "
            "| > Cookie: uid=x%3D1; s=2 | > Referer: https://a.test/ | > If-None-Match: \"e1\" "
            "| > X-Device: d-9 | > Content-Type: text/plain | * {\"k\":\"v\\u0041\"} | < "
            "Set-Cookie: uid=new; Max-Age=60");
    gather(&g);
    assert_int_equal(g.t.n, 10);
    assert_true(bytes_is(find(&g, CARRIER_QUERY, "u", "a%20b+c")->decoded, "a b c"));
    assert_int_equal(find(&g, CARRIER_QUERY, "e", "")->places[0].off, 48);
    assert_true(bytes_is(find(&g, CARRIER_COOKIE, "uid", "x%3D1")->decoded, "x=1"));
    assert_int_equal(find(&g, CARRIER_COOKIE, "s", "2")->places[0].off, 13);
    assert_non_null(find(&g, CARRIER_PATH, "1", "8f14e45fceea167a5a36dedd4bea2543"));
    assert_non_null(find(&g, CARRIER_REFERER, "referer", "https://a.test/"));
    assert_non_null(find(&g, CARRIER_ETAG, "if-none-match", "\"e1\""));
    assert_non_null(find(&g, CARRIER_HEADER, "X-Device", "d-9"));
    assert_true(bytes_is(find(&g, CARRIER_BODY, "k", "v\\u0041")->decoded, "vA"));
    assert_int_equal(find(&g, CARRIER_SET_COOKIE, "uid", "new")->lifetime_s, 60);
    assert_false(g.t.capped);
    done(&g);
}

static void messages_give_their_fields_and_nothing_of_their_upgrade(void **state)
{
    struct gathered g;
    const struct trace *t;

    (void)state;
    WORLD_MAKE(&g.w, "1 0 GET https://t.test/live?u=a 101 plain | > Upgrade: websocket",
            "1 10 SEND https://t.test/live?u=a 0 plain | * {\"uid\":\"abc\"}",
            "1 20 SEND https://t.test/live?u=a 0 plain | * 42[\"join\",{\"uid\":\"abc\"}]",
            "1 30 SEND https://t.test/live?u=a 0 plain | * hello there",
            "1 40 RECV https://t.test/live?u=a 0 plain | = {\"uid\":\"of the server\"}");
    gather(&g);
    assert_int_equal(g.t.n, 4);
    assert_int_equal(find(&g, CARRIER_QUERY, "u", "a")->count, 1);
    t = find(&g, CARRIER_WEBSOCKET, "uid", "abc");
    assert_int_equal(t->count, 2);
    assert_int_equal(t->places[0].exchange, 1);
    assert_string_equal(t->places[0].part, "request.body");
    assert_int_equal(t->places[0].off, 8);
    assert_int_equal(t->places[1].off, 18);
    assert_non_null(find(&g, CARRIER_WEBSOCKET, "", "join"));
    assert_non_null(find(&g, CARRIER_WEBSOCKET, "", "hello there"));
    assert_int_equal(g.t.opaque, 0);
    done(&g);
}

static void bodies_that_cannot_be_taken_apart_are_counted(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w, "1 0 POST https://t.test/p 200 fetch | * just words",
            "1 10 POST https://t.test/p 200 fetch | * a=1",
            "2 20 SEND https://t.test/p 0 plain | * \x01\x02\xff",
            "2 30 SEND https://t.test/p 0 plain | * an answer to a ping",
            "2 40 SEND https://t.test/p 0 plain | * words as bytes");
    for (size_t i = 3; i < 5; i++)
        g.w.e.exchanges[i]->opcode = i == 3 ? "pong" : "binary";
    gather(&g);
    assert_int_equal(g.t.n, 1);
    assert_int_equal(g.t.opaque, 3);
    done(&g);
}

/* Each place must hold the very bytes of its value. */
static void places_cite_the_bytes_of_the_value(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w,
            "1 0 POST https://t.test//x.test/y?a=1&b&c= 200 fetch | > Cookie: a=1;b=; =c"
            " | > Content-Type: application/x-www-form-urlencoded | * q=1&w=%32 | < "
            "Set-Cookie: z=9");
    gather(&g);
    assert_int_equal(g.t.n, 9);
    for (size_t i = 0; i < g.t.n; i++) {
        const struct trace *t = g.t.at[i];
        const struct exchange *x = g.w.e.exchanges[0];
        struct bytes whole = x->path;
        unsigned header;

        if (strcmp(t->places[0].part, "request.body") == 0)
            whole = x->request.body.data;
        else if (sscanf(t->places[0].part, "request.headers.%u", &header) == 1)
            whole = x->request.headers[header].value;
        else if (sscanf(t->places[0].part, "response.headers.%u", &header) == 1)
            whole = x->response.headers[header].value;
        assert_true(t->places[0].off + t->places[0].len <= whole.n);
        assert_memory_equal(whole.p + t->places[0].off, t->value.p, t->value.n);
    }
    done(&g);
}

static void the_same_value_to_the_same_host_is_one_trace(void **state)
{
    struct gathered g;
    const struct trace *t;

    (void)state;
    WORLD_MAKE(&g.w, "1 0 GET https://b.test/ 200 nav", "2 5 GET https://a.test/ 200 nav",
            "3 10 GET https://t.test/p?u=1 200 img | > Referer: https://b.test/",
            "4 20 GET https://t.test/p?u=1 200 img | > Referer: https://a.test/",
            "5 30 GET https://www.t.test/p?u=1 200 img | > Referer: https://a.test/",
            "6 40 GET https://t.test/p?u=2 200 img | > Referer: https://a.test/");
    gather(&g);
    t = find(&g, CARRIER_QUERY, "u", "1");
    assert_int_equal(t->count, 2);
    assert_int_equal(t->place_count, 2);
    assert_int_equal(t->page_count, 2);
    assert_true(bytes_is(t->pages[0], "a.test") && bytes_is(t->pages[1], "b.test"));
    assert_int_equal(t->party, PARTY_THIRD);
    assert_int_equal(t->last_ns - t->first_ns, 10 * WORLD_MS);
    for (size_t i = 1; i < g.t.n; i++) {
        assert_int_equal(g.t.at[i]->number, i + 1);
        assert_true(g.t.at[i - 1]->first_ns <= g.t.at[i]->first_ns);
    }
    done(&g);
}

static void many_occurrences_are_counted_and_few_kept(void **state)
{
    enum { MANY = 3 * TRACE_PLACES_MOST };
    static char lines[MANY][80];
    static const char *at[MANY];
    struct gathered g;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(
                lines[i], sizeof(lines[i]), "1 %zu GET https://t.test/p?u=%%41 200 img", i);
        at[i] = lines[i];
    }
    world_make(&g.w, at, MANY);
    gather(&g);
    assert_int_equal(g.t.n, 1);
    assert_int_equal(g.t.at[0]->count, MANY);
    assert_int_equal(g.t.at[0]->place_count, TRACE_PLACES_MOST);
    assert_true(arena_used(g.arena) < 32 << 10);
    done(&g);
}

static void a_path_with_too_many_segments_is_said_to_be_capped(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w,
            "1 0 GET https://t.test/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
            "a/a/a/a/a/a/a/8f14e45fceea167a5a36dedd4bea2543 200 img");
    gather(&g);
    assert_true(g.t.capped);
    done(&g);
}

/* A body larger than memory keeps lies in the spool, under its digest. */
static void bodies_in_the_spool_are_read_whole(void **state)
{
    char spool[] = "/tmp/exhibit-spool-XXXXXX", path[128], hex[SHA256_TEXT];
    static const char text[] = "{\"pad\":\"..........\",\"uid\":\"spooled\"}";
    uint8_t digest[DIGEST_MOST];
    struct gathered g;
    struct body *b;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(spool));
    WORLD_MAKE(&g.w, "1 0 POST https://t.test/p 200 fetch | * {\"pad\":\"...");
    b = &g.w.e.exchanges[0]->request.body;
    b->spooled = true;
    b->bytes = b->kept = sizeof(text) - 1;
    assert_true(digest_once(DIGEST_SHA256, BYTES_LITERAL(text), digest));
    memcpy(b->sha256, digest, sizeof(b->sha256));
    digest_hex(bytes_of(b->sha256, 32), hex);
    (void)snprintf(path, sizeof(path), "%s/%s", spool, hex);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
    (void)fclose(file);

    gather(&g); /* without a spool: what is in memory */
    assert_null(find(&g, CARRIER_BODY, "uid", "spooled"));
    arena_free(g.arena);
    g.w.e.spool = spool;
    gather(&g);
    assert_non_null(find(&g, CARRIER_BODY, "uid", "spooled"));
    assert_int_equal(evidence_body(&g.w.e, b).n, sizeof(text) - 1);
    (void)unlink(path);
    (void)rmdir(spool);
    done(&g);
}

static void every_failed_allocation_is_told(void **state)
{
    struct gathered g;
    enum status status;
    long at = 0;

    (void)state;
    WORLD_MAKE(&g.w,
            "1 0 POST https://t.test/8f14e45fceea167a5a36dedd4bea2543?u=a%20b 200 nav "
            "| > Cookie: uid=x%3D1; s=2 | * {\"k\":\"v\\u0041\"} | < Set-Cookie: a=b",
            "1 10 GET https://t.test/ 200 nav | > Cookie: a=b; n=m");
    do {
        g.arena = arena_new(1 << 20);
        assert_non_null(g.arena);
        oom_fail_at(++at);
        status = gather_traces(g.arena, &g.w.e, &g.w.a, &g.t);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        arena_free(g.arena);
    } while (status == STATUS_NOMEM);
    assert_true(at > 8);
    world_clear(&g.w);
}

static void the_map_keeps_keys_apart_and_grows(void **state)
{
    enum { MANY = 5000 };
    struct gather_map m = {.arena = arena_new((size_t)64 << 20)};
    struct trace *made[MANY];
    char name[MANY][8];
    bool fresh;

    (void)state;
    assert_non_null(m.arena);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(name[i], sizeof(name[i]), "%zu", i);
        made[i] = gather_map_find(&m, CARRIER_QUERY, bytes_text(name[i]), bytes_text("v"),
                bytes_text("h"), &fresh);
        assert_true(made[i] != NULL && fresh);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(gather_map_find(&m, CARRIER_QUERY, bytes_text(name[i]),
                                 bytes_text("v"), bytes_text("h"), &fresh),
                made[i]);
        assert_false(fresh);
    }
    /* The parts of a key are not run together. */
    assert_ptr_not_equal(gather_map_find(&m, CARRIER_QUERY, bytes_text("1v"), bytes_text(""),
                                 bytes_text("h"), &fresh),
            made[1]);
    assert_ptr_not_equal(gather_map_find(&m, CARRIER_COOKIE, bytes_text("1"), bytes_text("v"),
                                 bytes_text("h"), &fresh),
            made[1]);
    assert_int_equal(m.used, MANY + 2);
    arena_free(m.arena);
    gather_map_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_carrier_gives_its_values),
            cmocka_unit_test(messages_give_their_fields_and_nothing_of_their_upgrade),
            cmocka_unit_test(bodies_that_cannot_be_taken_apart_are_counted),
            cmocka_unit_test(places_cite_the_bytes_of_the_value),
            cmocka_unit_test(the_same_value_to_the_same_host_is_one_trace),
            cmocka_unit_test(many_occurrences_are_counted_and_few_kept),
            cmocka_unit_test(a_path_with_too_many_segments_is_said_to_be_capped),
            cmocka_unit_test(bodies_in_the_spool_are_read_whole),
            cmocka_unit_test(every_failed_allocation_is_told),
            cmocka_unit_test(the_map_keeps_keys_apart_and_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
