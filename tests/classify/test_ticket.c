/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/digest.h"
#include "classify/ticket.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

#define PAGE "1 0 GET https://www.news.test/ 200 nav"
#define FIRST "2 100 GET https://ads.test/a 200 img | > Referer: https://www.news.test/"
#define AGAIN "3 900 GET https://ads.test/b 200 img | > Referer: https://www.news.test/"
#define LATER "4 1900 GET https://ads.test/c 200 img | > Referer: https://www.news.test/"

enum { ARENA = 8 << 20 };

static struct connection *connection(struct evidence_world *w, uint32_t id)
{
    return w->e.connections[id - 1];
}

static void show(struct evidence_world *w, uint32_t id, enum ticket_kind kind, const char *text)
{
    struct connection *c = connection(w, id);

    assert_true(ticket_make(
            kind, bytes_text(text), kind == TICKET_TOKEN ? &c->quic.token : &c->tls.offered));
    c->first_ns = WORLD_START + (int64_t)id;
}

static struct trace before = {.number = 1};

static void gather(struct evidence_world *w, struct arena **arena, struct traces *t)
{
    static struct trace *at[] = {&before};

    *arena = arena_new(ARENA);
    assert_non_null(*arena);
    *t = (struct traces){.at = at, .n = 1};
    assert_int_equal(tickets_gather(*arena, &w->e, &w->a, t), STATUS_OK);
    assert_ptr_equal(t->at[0], &before);
}

static void a_ticket_that_comes_back_links_two_connections(void **state)
{
    struct evidence_world w;
    char hex[SHA256_TEXT];
    struct arena *arena;
    struct traces t;

    (void)state;
    WORLD_MAKE(&w, PAGE, FIRST, AGAIN, LATER);
    assert_true(tickets_add(
            &connection(&w, 2)->tls.issued, TICKET_PSK, BYTES_LITERAL("ticket-one")));
    show(&w, 3, TICKET_PSK, "ticket-one");
    show(&w, 4, TICKET_PSK, "ticket-one");
    gather(&w, &arena, &t);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.at[1]->number, 2);
    assert_int_equal(t.at[1]->carrier, CARRIER_TLS);
    assert_true(bytes_is(t.at[1]->name, "session-ticket"));
    assert_true(sha256_text(BYTES_LITERAL("ticket-one"), hex));
    assert_true(bytes_is(t.at[1]->value, hex));
    assert_true(bytes_is(t.at[1]->recipient, "ads.test"));
    assert_int_equal(t.at[1]->party, PARTY_THIRD);
    assert_int_equal(t.at[1]->count, 2);
    assert_int_equal(t.at[1]->place_count, 2);
    assert_int_equal(t.at[1]->places[0].exchange, 2);
    assert_string_equal(t.at[1]->places[0].part, "connection");
    assert_int_equal(t.at[1]->set_by, 1);
    assert_string_equal(t.at[1]->set_how, "response");
    assert_int_equal(t.at[1]->first_ns, WORLD_START + 3);
    assert_int_equal(t.at[1]->last_ns, WORLD_START + 4);
    assert_int_equal(t.at[1]->page_count, 1);
    assert_true(bytes_is(t.at[1]->pages[0], "news.test"));
    arena_free(arena);
    world_clear(&w);
}

static void what_was_issued_before_the_capture_is_told_as_unknown(void **state)
{
    struct evidence_world w;
    struct arena *arena;
    struct traces t;

    (void)state;
    WORLD_MAKE(&w, PAGE, FIRST, AGAIN);
    show(&w, 2, TICKET_SESSION_ID, "id");
    show(&w, 2, TICKET_TOKEN, "token");
    /* Issued later than it was shown: not by this. */
    assert_true(
            tickets_add(&connection(&w, 3)->quic.tokens, TICKET_TOKEN, BYTES_LITERAL("token")));
    gather(&w, &arena, &t);
    assert_int_equal(t.n, 3);
    assert_true(bytes_is(t.at[1]->name, "session-id"));
    assert_true(bytes_is(t.at[2]->name, "quic-token"));
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(t.at[i]->set_by, ATTRIBUTION_NONE);
        assert_string_equal(t.at[i]->set_how, "unknown");
    }
    arena_free(arena);
    world_clear(&w);
}

static void the_host_is_the_one_that_the_handshake_names(void **state)
{
    struct evidence_world w;
    struct arena *arena;
    struct traces t;

    (void)state;
    WORLD_MAKE(&w, PAGE,
            "2 100 GET https://other.test/a 200 img | > Referer: https://www.news.test/",
            "2 200 GET https://ads.test/a 200 img | > Referer: https://www.news.test/",
            "2 300 GET https://ads.test/b 200 img | > Referer: https://www.news.test/");
    connection(&w, 2)->tls.server_name = "ads.test";
    show(&w, 2, TICKET_SESSION, "ticket-one");
    show(&w, 5, TICKET_SESSION, "on a connection without exchanges");
    gather(&w, &arena, &t);
    assert_int_equal(t.n, 2);
    assert_true(bytes_is(t.at[1]->recipient, "ads.test"));
    assert_int_equal(t.at[1]->places[0].exchange, 2);
    arena_free(arena);
    world_clear(&w);
}

static void nothing_shown_adds_nothing(void **state)
{
    struct evidence_world w;
    struct arena *arena;
    struct traces t;

    (void)state;
    WORLD_MAKE(&w, PAGE, FIRST);
    assert_true(
            tickets_add(&connection(&w, 2)->tls.issued, TICKET_PSK, BYTES_LITERAL("ticket")));
    gather(&w, &arena, &t);
    assert_int_equal(t.n, 1);
    arena_free(arena);
    world_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    struct evidence_world w;
    enum status status;
    long at = 0;

    (void)state;
    WORLD_MAKE(&w, PAGE, FIRST, AGAIN);
    show(&w, 2, TICKET_PSK, "one");
    show(&w, 3, TICKET_PSK, "two");
    do {
        struct arena *arena = arena_new(ARENA);
        struct traces t = {0};

        assert_non_null(arena);
        oom_fail_at(++at);
        status = tickets_gather(arena, &w.e, &w.a, &t);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        assert_int_equal(t.n, status == STATUS_OK ? 2 : 0);
        arena_free(arena);
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_ticket_that_comes_back_links_two_connections),
            cmocka_unit_test(what_was_issued_before_the_capture_is_told_as_unknown),
            cmocka_unit_test(the_host_is_the_one_that_the_handshake_names),
            cmocka_unit_test(nothing_shown_adds_nothing),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
