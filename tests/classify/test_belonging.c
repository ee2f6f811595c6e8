/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/belonging.h"
#include "classify/judgement.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"
#include "tests/support/oom.h"

/* The browser's connection to 192.0.2.10 and its UDP socket to 192.0.2.11; looked at at noon of the
 * world's first day, when its connections are under way. */
static const char listed[] =
        "{\"time\":\"2026-01-01T00:00:01.000000Z\",\"of\":\"browser\",\"state\":\"first\","
        "\"pid\":7,\"protocol\":\"tcp\",\"local\":\"10.0.0.2:5001\",\"remote\":"
        "\"192.0.2.10:80\"}\n"
        "{\"time\":\"2026-01-01T00:00:01.000000Z\",\"of\":\"browser\",\"state\":\"first\","
        "\"pid\":7,\"protocol\":\"udp\",\"local\":\"10.0.0.2:5002\",\"remote\":"
        "\"192.0.2.11:443\"}\n";

struct whose {
    struct evidence_world w;
    struct arena *arena;
    struct endpoint_list *list;
    struct belongings b;
};

/* Connection 1 is listed, 2 by UDP, 3 was opened with keys, 4 is another program's plain one. */
static void place(struct evidence *e, size_t i, enum transport transport, uint8_t server,
        uint16_t port, uint16_t server_port)
{
    struct connection *c = e->connections[i];

    c->transport = transport;
    c->client = (struct endpoint){.address = {10, 0, 0, 2}, .port = port, .version = IPV4};
    c->server = (struct endpoint){
            .address = {192, 0, 2, server}, .port = server_port, .version = IPV4};
    c->first_ns = WORLD_START;
    c->last_ns = WORLD_START + 5000 * WORLD_MS;
}

static void whose_make(struct whose *d, const char *text)
{
    memset(d, 0, sizeof(*d));
    WORLD_MAKE(&d->w, "1 0 GET http://news.test/ 200 page",
            "1 100 GET http://news.test/?uid=6f1c0a93d2b84e57a91c3d7e0b5f2846 200 plain",
            "4 200 GET http://update.test/?uid=6f1c0a93d2b84e57a91c3d7e0b5f2846 200 plain");
    place(&d->w.e, 0, TRANSPORT_TCP, 10, 5001, 80);
    place(&d->w.e, 1, TRANSPORT_UDP, 11, 5002, 443);
    place(&d->w.e, 2, TRANSPORT_TCP, 12, 5003, 443);
    place(&d->w.e, 3, TRANSPORT_TCP, 13, 5004, 80);
    d->w.e.connections[0]->exchanges = 2;
    d->w.e.connections[3]->exchanges = 1;
    d->w.e.connections[2]->tls.seen = true;
    d->w.e.connections[4]->transport = TRANSPORT_UDP;
    d->w.e.connections[4]->protocol = "dns";
    d->w.e.connections[2]->decrypted = DECRYPTED_PARTIAL;
    d->arena = arena_new(1 << 20);
    assert_non_null(d->arena);
    if (text == NULL)
        return;
    d->list = endpoint_list_new();
    assert_non_null(d->list);
    assert_int_equal(endpoint_list_push(d->list, bytes_text(text)), STATUS_OK);
    assert_int_equal(endpoint_list_seal(d->list), STATUS_OK);
}

static void judge(struct whose *d)
{
    assert_int_equal(belongings_judge(d->arena, &d->w.e, d->list, &d->b), STATUS_OK);
}

static void whose_clear(struct whose *d)
{
    endpoint_list_free(d->list);
    arena_free(d->arena);
    world_clear(&d->w);
}

static const char *name_of(const struct whose *d, size_t i)
{
    return belonging_name(&d->b, d->w.e.connections[i]);
}

static void each_connection_is_listed_opened_or_not_known(void **state)
{
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    judge(&d);
    assert_string_equal(name_of(&d, 0), "socket");
    assert_string_equal(name_of(&d, 1), "socket");
    assert_string_equal(name_of(&d, 2), "keys");
    assert_string_equal(name_of(&d, 3), "not-known");
    assert_true(belonging_is_unknown(&d.b, d.w.e.connections[3]));
    assert_int_equal(d.b.n[BELONGING_SOCKET], 2);
    assert_int_equal(d.b.n[BELONGING_KEYS], 1);
    assert_int_equal(d.b.n[BELONGING_UNKNOWN], WORLD_CONNECTIONS - 3);
    assert_int_equal(d.b.with_exchanges, 1);
    assert_int_equal(d.b.look_ups, 1);
    whose_clear(&d);
}

static void nobody_asks_without_a_list_that_speaks_of_the_browser(void **state)
{
    static const char *const lists[] = {NULL, "",
            "{\"time\":\"2026-01-01T00:00:01Z\",\"of\":\"joiner\",\"state\":\"first\","
            "\"protocol\":\"tcp\",\"local\":\"10.0.0.2:5001\",\"remote\":\"192.0.2.10:80\"}\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        struct whose d;

        whose_make(&d, lists[i]);
        judge(&d);
        assert_null(d.b.list);
        assert_null(name_of(&d, 3));
        assert_false(belonging_is_unknown(&d.b, d.w.e.connections[3]));
        assert_int_equal(d.b.n[BELONGING_UNKNOWN], 0);
        whose_clear(&d);
    }
}

static void a_connection_whose_roles_were_guessed_wrong_is_found_all_the_same(void **state)
{
    struct whose d;
    struct connection *c;

    (void)state;
    whose_make(&d, listed);
    c = d.w.e.connections[0];
    connection_turn(c);
    assert_int_equal(c->client.port, 80);
    judge(&d);
    assert_string_equal(name_of(&d, 0), "socket");
    whose_clear(&d);
}

static void the_same_ends_at_another_time_are_not_known(void **state)
{
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    d.w.e.connections[0]->first_ns = WORLD_START + 60000 * WORLD_MS;
    d.w.e.connections[0]->last_ns = WORLD_START + 61000 * WORLD_MS;
    judge(&d);
    assert_string_equal(name_of(&d, 0), "not-known");
    whose_clear(&d);
}

static void tls_that_was_not_opened_tells_nothing(void **state)
{
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    d.w.e.connections[2]->decrypted = DECRYPTED_NO;
    judge(&d);
    assert_string_equal(name_of(&d, 2), "not-known");
    d.w.e.connections[2]->decrypted = DECRYPTED_NOT_NEEDED; /* nothing was carried */
    judge(&d);
    assert_string_equal(name_of(&d, 2), "not-known");
    whose_clear(&d);
}

static void further_addresses_of_a_connection_are_whose_it_is(void **state)
{
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    d.w.e.connections[4]->continues = 3;
    d.w.e.connections[5]->continues = 4;
    d.w.e.connections[6]->continues = WORLD_CONNECTIONS + 1;
    judge(&d);
    assert_string_equal(name_of(&d, 4), "keys");
    assert_string_equal(name_of(&d, 5), "not-known");
    assert_string_equal(name_of(&d, 6), "not-known");
    whose_clear(&d);
}

/* Cites the first n of these exchanges: 0 and 1 are the browser's, 2 is not known to be. */
static struct finding cite(const char *kind, struct place *places, const size_t *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){.exchange = of[i], .part = "request.path"};
    return (struct finding){.kind = kind,
            .page_site = BYTES_LITERAL("news.test"),
            .evidence = places,
            .evidence_count = n};
}

static void mark(struct whose *d, struct finding *f)
{
    judge(d);
    assert_int_equal(belongings_mark(d->arena, &d->w.e, &d->b, &f, 1), STATUS_OK);
}

static void a_finding_on_the_browsers_connections_stays_as_it_is(void **state)
{
    struct place places[2];
    struct finding f = cite("identifier-sharing", places, (const size_t[]){0, 1}, 2);
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    mark(&d, &f);
    assert_false(f.doubted);
    assert_int_equal(f.fact_count, 0);
    assert_int_equal(f.grade, GRADE_OBSERVED);
    whose_clear(&d);
}

static void a_finding_that_needs_an_unknown_connection_is_inferred_at_best(void **state)
{
    struct place places[3];
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    {
        struct finding story = cite("identifier-sharing", places, (const size_t[]){1, 2, 2}, 3);

        mark(&d, &story);
        assert_true(story.doubted);
        assert_int_equal(story.grade, GRADE_INFERRED);
        fact_is_list(&story, "not_known_to_be_browsers", "c4.s3");
    }
    {
        struct finding alone = cite("tracking-identifier", places, (const size_t[]){2}, 1);

        mark(&d, &alone);
        assert_true(alone.doubted);
        assert_int_equal(alone.grade, GRADE_INFERRED);
    }
    whose_clear(&d);
}

static void a_finding_that_can_do_without_it_names_the_exchange_and_stands(void **state)
{
    struct place places[2];
    struct finding f = cite("tracking-identifier", places, (const size_t[]){1, 2}, 2);
    struct whose d;

    (void)state;
    whose_make(&d, listed);
    mark(&d, &f);
    assert_false(f.doubted);
    assert_int_equal(f.grade, GRADE_OBSERVED);
    fact_is_list(&f, "not_known_to_be_browsers", "c4.s3");
    whose_clear(&d);
}

static void findings_say_nothing_where_nobody_asked(void **state)
{
    struct place places[1];
    struct finding f = cite("tracking-identifier", places, (const size_t[]){2}, 1);
    struct whose d;

    (void)state;
    whose_make(&d, NULL);
    mark(&d, &f);
    assert_false(f.doubted);
    assert_int_equal(f.fact_count, 0);
    whose_clear(&d);
}

/* Judged as a whole, with and without the list. */
static void judging_takes_the_list_and_objects_by_it(void **state)
{
    struct parties *parties = parties_new();
    struct fault fault = {0};
    struct legal *legal = legal_new(NULL, &fault);
    size_t doubted[2] = {0};
    struct whose d;

    (void)state;
    assert_true(parties != NULL && legal != NULL);
    whose_make(&d, listed);
    for (size_t with = 0; with < 2; with++) {
        const struct judgement_setup setup = {.sites = d.w.sites,
                .parties = parties,
                .legal = legal,
                .sockets = with == 0 ? NULL : d.list};
        struct judgement j;

        assert_int_equal(judgement_make(&d.w.e, &setup, &j, &fault), STATUS_OK);
        assert_int_equal(j.belongings.list != NULL, with);
        for (size_t i = 0; i < j.finding_count; i++) {
            const struct finding *f = j.findings[i];

            doubted[with] += f->doubted;
            if (f->doubted) {
                assert_non_null(strstr(f->objection_en, "another program"));
                assert_non_null(strstr(f->answer_zh, "isolate"));
                assert_int_equal(f->grade, GRADE_INFERRED);
            }
        }
        judgement_clear(&j);
    }
    assert_int_equal(doubted[0], 0);
    assert_true(doubted[1] > 0);
    whose_clear(&d);
    legal_free(legal);
    parties_free(parties);
}

static void every_allocation_can_fail(void **state)
{
    bool happened = true;

    (void)state;
    for (long i = 1; happened; i++) {
        struct place places[1];
        struct finding f = cite("tracking-identifier", places, (const size_t[]){2}, 1);
        struct finding *at = &f;
        struct whose d;
        enum status status;

        whose_make(&d, listed);
        arena_free(d.arena);
        d.arena = arena_new(1 << 20);
        oom_fail_at(i);
        status = belongings_judge(d.arena, &d.w.e, d.list, &d.b);
        if (status == STATUS_OK)
            status = belongings_mark(d.arena, &d.w.e, &d.b, &at, 1);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        whose_clear(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_connection_is_listed_opened_or_not_known),
            cmocka_unit_test(nobody_asks_without_a_list_that_speaks_of_the_browser),
            cmocka_unit_test(a_connection_whose_roles_were_guessed_wrong_is_found_all_the_same),
            cmocka_unit_test(the_same_ends_at_another_time_are_not_known),
            cmocka_unit_test(tls_that_was_not_opened_tells_nothing),
            cmocka_unit_test(further_addresses_of_a_connection_are_whose_it_is),
            cmocka_unit_test(a_finding_on_the_browsers_connections_stays_as_it_is),
            cmocka_unit_test(a_finding_that_needs_an_unknown_connection_is_inferred_at_best),
            cmocka_unit_test(a_finding_that_can_do_without_it_names_the_exchange_and_stands),
            cmocka_unit_test(findings_say_nothing_where_nobody_asked),
            cmocka_unit_test(judging_takes_the_list_and_objects_by_it),
            cmocka_unit_test(every_allocation_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
