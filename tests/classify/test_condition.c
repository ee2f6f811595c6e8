/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/condition.h"

static bool holds(const char *text)
{
    return condition_holds(bytes_text(text));
}

static void every_name_is_false_but_true(void **state)
{
    (void)state;
    assert_true(holds("true"));
    assert_false(holds("false"));
    assert_false(holds("ext_ublock"));
    assert_true(holds("!env_safari"));
    assert_true(holds("!!true"));
    assert_false(holds("! ! env_safari"));
}

static void and_binds_tighter_than_or(void **state)
{
    (void)state;
    assert_true(holds("true || false && false"));
    assert_false(holds("(true || false) && false"));
    assert_true(holds("false && false || true"));
    assert_true(holds("!(a || b) && !c"));
    assert_true(holds("!a&&!b||c"));
    assert_false(holds("!(true && !false)"));
    assert_true(holds("((((true))))"));
}

static void malformed_conditions_are_false(void **state)
{
    static const char *const texts[] = {"", "()", "true true", "true)", "(true", "true &&",
            "&& true", "true & true", "true | true", "true!", "true(true)", "true ? true", "!",
            "!)", "(!)", "true || || true", "cap_a,true"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(holds(texts[i]));
}

static void nesting_has_a_limit(void **state)
{
    char text[4 * CONDITION_NESTING];

    (void)state;
    for (size_t depth = CONDITION_NESTING - 1; depth <= CONDITION_NESTING; depth++) {
        memset(text, '(', depth);
        memcpy(text + depth, "true", 4);
        memset(text + depth + 4, ')', depth);
        text[2 * depth + 4] = '\0';
        assert_int_equal(holds(text), depth < CONDITION_NESTING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_name_is_false_but_true),
            cmocka_unit_test(and_binds_tighter_than_or),
            cmocka_unit_test(malformed_conditions_are_false),
            cmocka_unit_test(nesting_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
