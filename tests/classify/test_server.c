/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/server.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

static void make_world(struct evidence_world *w)
{
    static const uint8_t last[WORLD_CONNECTIONS] = {
            9, 7, 9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};

    WORLD_MAKE(w, "1 0 GET https://b.test/ 200 nav", "1 10 GET https://a.test/x 200 img",
            "2 20 GET https://c.test/ 200 img", "3 30 GET https://a.test/y 200 img",
            "4 40 GET https://d.test/ 200 img");
    for (size_t i = 0; i < WORLD_CONNECTIONS; i++) {
        struct endpoint *server = &w->e.connections[i]->server;

        *server = (struct endpoint){{203, 0, 113, last[i]}, 443, 4};
    }
}

static void tells_an_address_its_names_and_connections(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct evidence_world w;
    struct servers s;

    (void)state;
    make_world(&w);
    assert_int_equal(servers_gather(arena, &w.e, NULL, &s), STATUS_OK);
    assert_int_equal(s.n, 3);
    assert_string_equal(s.at[0].text, "203.0.113.9");
    assert_int_equal(s.at[0].connections, 2);
    assert_int_equal(s.at[0].first, 0);
    assert_int_equal(s.at[0].host_count, 2);
    assert_true(bytes_is(s.at[0].hosts[0], "a.test"));
    assert_true(bytes_is(s.at[0].hosts[1], "b.test"));
    assert_false(s.at[0].more_hosts);
    assert_false(s.at[0].known); /* without a database nothing is */
    assert_string_equal(s.at[1].text, "203.0.113.7");
    assert_int_equal(s.at[1].connections, 1);
    assert_int_equal(s.at[2].first, 3);
    world_clear(&w);
    arena_free(arena);
}

static void names_a_server_without_exchanges_by_its_hello(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct evidence_world w;
    struct servers s;

    (void)state;
    make_world(&w);
    for (size_t i = 0; i < WORLD_CONNECTIONS; i++)
        w.e.connections[i]->exchanges = 1;
    w.e.connections[3]->exchanges = 0;
    w.e.connections[3]->tls.server_name = "dark.test";
    assert_int_equal(servers_gather(arena, &w.e, NULL, &s), STATUS_OK);
    assert_int_equal(s.at[2].host_count, 2);
    assert_true(bytes_is(s.at[2].hosts[1], "dark.test"));
    world_clear(&w);
    arena_free(arena);
}

static void says_so_when_memory_runs_out(void **state)
{
    struct evidence_world w;
    struct servers s;

    (void)state;
    make_world(&w);
    for (long n = 1;; n++) {
        struct arena *arena = arena_new(1 << 20);
        enum status status;
        bool happened;

        oom_fail_at(n);
        status = servers_gather(arena, &w.e, NULL, &s);
        happened = oom_happened();
        oom_fail_at(0);
        arena_free(arena);
        if (!happened) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NOMEM);
    }
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(tells_an_address_its_names_and_connections),
            cmocka_unit_test(names_a_server_without_exchanges_by_its_hello),
            cmocka_unit_test(says_so_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
