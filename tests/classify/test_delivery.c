/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/delivery.h"
#include "tests/classify/gathered_world.h"
#include "tests/support/oom.h"

#define UID "f81d4fae7dec11d0a765"

/* The exchange that set the one trace of that value; -1 when none did. */
static int64_t set_by(const struct gathered *g, const char *value)
{
    for (size_t i = 0; i < g->t.n; i++) {
        const struct trace *t = g->t.at[i];

        if (!bytes_is(t->value, value))
            continue;
        assert_int_equal(
                t->set_by != ATTRIBUTION_NONE, t->set_how != NULL && t->set_how[0] == 'r');
        return t->set_by;
    }
    fail_msg("no such trace: %s", value);
    return ATTRIBUTION_NONE;
}

static void a_value_that_a_response_brought_names_it(void **state)
{
    static const char *const bodies[] = {
            "1 0 GET https://t.test/id 200 fetch | = {\"uid\":\"" UID "\"}",
            "1 0 GET https://t.test/id 200 fetch | < Content-Type: text/event-stream"
            " | = data: {\"uid\":\"" UID "\"}",
            "1 0 GET https://t.test/id 200 fetch | < Content-Type: application/x-protobuf"
            " | = \x0a\x14" UID,
            "1 0 RECV https://t.test/id 0 plain | = {\"uid\":\"" UID "\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct gathered g;

        WORLD_MAKE(&g.w, bodies[i], "2 100 GET https://u.test/p?u=" UID " 200 img");
        gather(&g);
        assert_int_equal(set_by(&g, UID), 0);
        assert_false(g.t.capped);
        done(&g);
    }
}

static void an_echo_sets_nothing(void **state)
{
    struct gathered g;

    (void)state;
    /* The value was sent before; the response comes 50 ms behind its request. */
    WORLD_MAKE(&g.w, "1 0 GET https://t.test/p?u=" UID " 200 fetch | = {\"uid\":\"" UID "\"}",
            "2 100 GET https://u.test/p?u=" UID " 200 img");
    gather(&g);
    for (size_t i = 0; i < g.t.n; i++)
        assert_int_equal(g.t.at[i]->set_by, ATTRIBUTION_NONE);
    done(&g);
}

static void what_is_no_identifier_is_not_looked_for(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w,
            "1 0 GET https://t.test/id 200 fetch | = {\"a\":\"template\",\"b\":\"x1y2\"}",
            "2 100 GET https://u.test/p?a=template&b=x1y2 200 img");
    gather(&g);
    assert_int_equal(set_by(&g, "template"), ATTRIBUTION_NONE);
    assert_int_equal(set_by(&g, "x1y2"), ATTRIBUTION_NONE);
    done(&g);
}

static void the_earliest_response_counts(void **state)
{
    struct gathered g;

    (void)state;
    WORLD_MAKE(&g.w, "1 0 GET https://t.test/a 200 fetch | = [\"" UID "\"]",
            "1 10 GET https://t.test/b 200 fetch | = [\"" UID "\"]",
            "2 100 GET https://u.test/p?u=" UID " 200 img",
            "2 200 GET https://u.test/q 200 fetch | = [\"" UID "\"]");
    gather(&g);
    assert_int_equal(set_by(&g, UID), 0);
    done(&g);
}

static void every_failed_allocation_is_told(void **state)
{
    struct gathered g;
    enum status status;
    long at = 0;

    (void)state;
    WORLD_MAKE(&g.w, "1 0 GET https://t.test/id 200 fetch | = {\"uid\":\"" UID "\"}",
            "2 100 GET https://u.test/p?u=" UID " 200 img");
    gather(&g);
    do {
        bool capped = false;

        oom_fail_at(++at);
        status = delivery_find(&g.w.e, g.t.at, g.t.n, &capped);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status != STATUS_OK);
    assert_true(at > 2);
    done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_that_a_response_brought_names_it),
            cmocka_unit_test(an_echo_sets_nothing),
            cmocka_unit_test(what_is_no_identifier_is_not_looked_for),
            cmocka_unit_test(the_earliest_response_counts),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
