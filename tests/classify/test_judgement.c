/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/judgement.h"
#include "classify/request_view.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

static const char lists_text[] = "|wss://t.test/$websocket,domain=a.test\n||v.test^$image\n";

static struct lists *sealed(void)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    assert_non_null(lists);
    assert_int_equal(lists_add_text(lists, "l", bytes_text(lists_text), &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    return lists;
}

static void lists_judge_a_websocket_and_its_messages_alike(void **state)
{
    struct lists *lists = sealed();
    struct parties *parties = parties_new();
    struct fault fault = {0};
    struct legal *legal = legal_new(NULL, &fault);
    struct evidence_world w;
    struct judgement j;

    (void)state;
    assert_true(parties != NULL && legal != NULL);
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav",
            "3 200 GET https://t.test/live 101 plain | > Origin: https://a.test"
            " | > Upgrade: websocket",
            "3 300 SEND https://t.test/live 0 plain | * hello there",
            "3 400 RECV https://t.test/live 0 plain | = hello",
            "4 500 GET https://t.test/live 200 img | > Referer: https://a.test/");
    assert_int_equal(judgement_make(&w.e,
                             &(struct judgement_setup){.sites = w.sites,
                                     .lists = lists,
                                     .parties = parties,
                                     .legal = legal},
                             &j, &fault),
            STATUS_OK);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(j.trackers[i].outcome, MATCH_BLOCK);
    assert_int_equal(j.trackers[4].outcome, MATCH_NONE);
    assert_int_equal(j.opaque_bodies, 0);
    judgement_clear(&j);
    world_clear(&w);
    legal_free(legal);
    parties_free(parties);
    lists_free(lists);
}

static void sharing_by_redirect_cites_the_instruction_and_the_effect(void **state)
{
    struct parties *parties = parties_new();
    struct fault fault = {0};
    struct legal *legal = legal_new(NULL, &fault);
    const struct finding *f = NULL;
    struct evidence_world w;
    struct judgement j;

    (void)state;
    assert_true(parties != NULL && legal != NULL);
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav",
            "2 100 GET https://ads.test/s 302 img | > Referer: https://a.test/"
            " | > Cookie: uid=cd86275c2d83d9230f2a60753b50a469"
            " | < Location: https://p.test/m?puid=cd86275c2d83d9230f2a60753b50a469",
            "3 200 GET https://p.test/m?puid=cd86275c2d83d9230f2a60753b50a469 200 img"
            " | > Referer: https://a.test/");
    assert_int_equal(judgement_make(&w.e,
                             &(struct judgement_setup){
                                     .sites = w.sites, .parties = parties, .legal = legal},
                             &j, &fault),
            STATUS_OK);
    for (size_t i = 0; i < j.finding_count; i++) {
        if (strcmp(j.findings[i]->kind, "identifier-sharing") == 0)
            f = j.findings[i];
    }
    assert_non_null(f);
    fact_counts(f, "times_redirected", 1);
    assert_int_equal(f->evidence_count, 3);
    assert_int_equal(f->evidence[2].exchange, 1);
    assert_string_equal(f->evidence[2].part, "response.headers.0");
    assert_int_equal(f->evidence[2].off, 22);
    assert_int_equal(f->evidence[2].len, 32);
    judgement_clear(&j);
    world_clear(&w);
    legal_free(legal);
    parties_free(parties);
}

static enum resource_type type_of(const struct evidence_world *w, size_t i)
{
    return request_view_type(&w->a.views[i], w->e.exchanges[i]);
}

static void websockets_are_known_over_every_version_of_http(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/a 101 plain | > Upgrade: WebSocket",
            "1 10 SEND https://t.test/a 0 plain | * x",
            "2 20 CONNECT https://t.test/b 200 plain | > x: y",
            "3 30 GET https://t.test/c 200 plain");
    /* The pseudo-header field of RFC 8441 and RFC 9220. */
    assert_int_equal(exchange_add_header(w.e.exchanges[2], &w.e.exchanges[2]->request,
                             BYTES_LITERAL(":protocol"), BYTES_LITERAL("websocket")),
            STATUS_OK);
    assert_int_equal(type_of(&w, 0), RESOURCE_WEBSOCKET);
    assert_int_equal(type_of(&w, 1), RESOURCE_WEBSOCKET);
    assert_int_equal(type_of(&w, 2), RESOURCE_WEBSOCKET);
    assert_int_equal(type_of(&w, 3), RESOURCE_OTHER);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lists_judge_a_websocket_and_its_messages_alike),
            cmocka_unit_test(sharing_by_redirect_cites_the_instruction_and_the_effect),
            cmocka_unit_test(websockets_are_known_over_every_version_of_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
