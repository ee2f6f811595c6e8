/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/completeness.h"
#include "report/lacks.h"
#include "report/lines.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

static void make(struct evidence_world *w)
{
    struct connection *c;
    const struct gap gap = {.why = GAP_LOST, .len = 7};

    WORLD_MAKE(w, "1 0 GET https://a.test/ 304 nav", "1 10 GET https://a.test/x 0 img",
            "2 20 GET https://a.test/sw.js 200 script | > Service-Worker: script",
            "2 30 SEND https://a.test/ 0 plain | * x");
    w->e.exchanges[0]->complete = w->e.exchanges[2]->complete = true;
    for (size_t i = 0; i < 4; i++) {
        c = w->e.connections[i];
        c->bytes[FROM_CLIENT] = 10 * (i + 1);
        c->decrypted = i < 3 ? DECRYPTED_NO : DECRYPTED_NOT_NEEDED;
        c->reason = i < 2 ? "no keys" : NULL;
    }
    c = w->e.connections[3];
    c->label = "MQTT";
    c->quic.seen = true;
    c->quic.datagrams[FROM_SERVER] = 3;
    c->quic.datagram_bytes[FROM_SERVER] = 99;
    assert_true(ledger_file(&c->ledger, &gap) != 0);
    w->e.connections[4]->bytes[FROM_SERVER] = 5;
    w->e.connections[4]->protocol = "dns";
}

static void what_is_missing_is_counted(void **state)
{
    const struct judgement judged = {.opaque_bodies = 6};
    struct evidence_world w;
    struct lacks l;

    (void)state;
    make(&w);
    assert_int_equal(lacks_gather(&w.e, &judged, &l), STATUS_OK);
    assert_int_equal(l.reasons.n, 2);
    assert_string_equal(l.reasons.at[0].name, "no keys");
    assert_int_equal(l.reasons.at[0].n, 2);
    assert_int_equal(l.reasons.at[0].bytes, 30);
    assert_string_equal(l.reasons.at[1].name, "unknown");
    assert_int_equal(l.protocols.n, 1);
    assert_string_equal(l.protocols.at[0].name, "MQTT");
    assert_int_equal(l.gaps[GAP_LOST].n, 1);
    assert_int_equal(l.gaps[GAP_LOST].bytes, 7);
    assert_int_equal(l.states[STATE_COMPLETE], 3);
    assert_int_equal(l.states[STATE_NO_RESPONSE], 1);
    assert_int_equal(l.quic, 1);
    assert_int_equal(l.datagrams, 3);
    assert_int_equal(l.datagram_bytes, 99);
    assert_int_equal(l.not_modified, 1);
    assert_int_equal(l.worker_scripts, 1);
    assert_int_equal(l.opaque, 6);
    lacks_clear(&l);
    world_clear(&w);
}

static void each_exchange_has_the_state_of_its_first_lack(void **state)
{
    struct exchange x = {0};

    (void)state;
    assert_int_equal(lacks_state(&x), STATE_NO_REQUEST);
    x.request.seen = true;
    assert_int_equal(lacks_state(&x), STATE_REQUEST_HEAD);
    x.request.head_whole = true;
    assert_int_equal(lacks_state(&x), STATE_REQUEST_BODY);
    x.request.whole = true;
    assert_int_equal(lacks_state(&x), STATE_NO_RESPONSE);
    x.response.seen = true;
    assert_int_equal(lacks_state(&x), STATE_RESPONSE_HEAD);
    x.response.head_whole = true;
    assert_int_equal(lacks_state(&x), STATE_RESPONSE_BODY);
    x.response.body.undecoded = "a content coding that is not known";
    assert_int_equal(lacks_state(&x), STATE_UNDECODED);
    x.response.whole = true;
    assert_int_equal(lacks_state(&x), STATE_DOUBTFUL);
    x.complete = true;
    assert_int_equal(lacks_state(&x), STATE_COMPLETE);
    assert_string_equal(lacks_state_name(STATE_NO_RESPONSE), "no-response");
}

static void a_message_lacks_no_answer(void **state)
{
    struct exchange x = {.message = 1};

    (void)state;
    x.response.seen = true;
    assert_int_equal(lacks_state(&x), STATE_RESPONSE_BODY);
    x.response.whole = true;
    assert_int_equal(lacks_state(&x), STATE_DOUBTFUL);
}

static void assert_number(const struct json_value *v, int64_t want)
{
    int64_t n;

    assert_true(json_integer_of(v, &n));
    assert_int_equal(n, want);
}

static void completeness_says_it_in_json(void **state)
{
    const struct judgement judged = {.opaque_bodies = 6};
    struct evidence_world w;
    struct judgement j = judged;
    struct json_value *v;
    const struct json_value *connections;
    struct fault fault = {0};
    struct json out;
    struct buf text;

    (void)state;
    make(&w);
    j.attributions = w.a;
    buf_init(&text, 1 << 20);
    json_init(&out, &text);
    completeness_write(&out, &w.e, &j);
    assert_int_equal(out.status, STATUS_OK);
    v = json_parse(buf_view(&text), &fault);
    assert_non_null(v);
    connections = json_member(v, "connections");
    assert_number(json_member(json_member(connections, "undecrypted"), "no keys"), 2);
    assert_number(json_member(json_member(connections, "quic_datagrams"), "count"), 3);
    assert_number(json_member(json_member(json_member(v, "missing"), "LOST"), "bytes"), 7);
    assert_number(
            json_member(json_member(json_member(v, "exchanges"), "states"), "no-response"), 1);
    json_free(v);
    buf_clear(&text);
    world_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    const struct judgement judged = {0};
    struct evidence_world w;
    enum status status;
    long at = 0;

    (void)state;
    make(&w);
    do {
        struct lacks l = {.quic = 77};

        oom_fail_at(++at);
        status = lacks_gather(&w.e, &judged, &l);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        if (status == STATUS_OK)
            lacks_clear(&l);
        else
            assert_int_equal(l.quic, 77);
    } while (status != STATUS_OK);
    assert_int_equal(at, 3);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_missing_is_counted),
            cmocka_unit_test(each_exchange_has_the_state_of_its_first_lack),
            cmocka_unit_test(a_message_lacks_no_answer),
            cmocka_unit_test(completeness_says_it_in_json),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
