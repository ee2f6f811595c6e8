/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/upgrade.h"
#include "tests/support/oom.h"

enum { EXCHANGES = 7 };

static void add(struct evidence *e, uint64_t stream, uint8_t nested, uint64_t message)
{
    struct exchange *x = exchange_new(1, stream, PROTOCOL_HTTP11);

    assert_non_null(x);
    x->nested = nested;
    x->message = message;
    x->request.seen = true;
    x->request.first_ns = (int64_t)e->exchange_count;
    assert_int_equal(evidence_add_exchange(e, x), STATUS_OK);
}

static void make(struct evidence *e)
{
    assert_int_equal(evidence_init(e), STATUS_OK);
    add(e, 1, 0, 0);
    add(e, 1, 1, 0); /* inside a tunnel that the first one opened */
    add(e, 1, 0, 1);
    add(e, 1, 1, 1);
    add(e, 1, 2, 2); /* counted as a stage above its upgrade */
    add(e, 3, 0, 1); /* its upgrade was not seen */
    add(e, 1, 4, 1); /* likewise */
    assert_int_equal(evidence_seal(e), STATUS_OK);
}

static void a_message_finds_the_exchange_of_its_stream(void **state)
{
    static const int64_t want[EXCHANGES] = {-1, -1, 0, 1, 1, -1, -1};
    int64_t opened[EXCHANGES];
    struct evidence e;

    (void)state;
    make(&e);
    assert_true(upgrade_link(&e, opened));
    for (size_t i = 0; i < EXCHANGES; i++)
        assert_int_equal(opened[i], want[i]);
    evidence_clear(&e);
}

static void a_failed_allocation_is_told(void **state)
{
    int64_t opened[EXCHANGES];
    struct evidence e;

    (void)state;
    make(&e);
    oom_fail_at(1);
    assert_false(upgrade_link(&e, opened));
    oom_fail_at(0);
    evidence_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_message_finds_the_exchange_of_its_stream),
            cmocka_unit_test(a_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
