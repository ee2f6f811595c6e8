/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "report/page_parts.h"

static void every_kind_of_gap_has_words_and_a_cause(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < PAGE_GAP_KINDS; kind++) {
        assert_non_null(page_gap_word(kind));
        assert_true(page_gap_word(kind)[0] != '\0');
        assert_non_null(gap_cause_name((enum gap_cause)(kind % GAP_CAUSES)));
    }
}

static void a_gap_is_told_by_its_cause_unless_that_would_mislead(void **state)
{
    struct gap gap = {.why = GAP_CUT};
    size_t kind;

    (void)state;
    assert_int_equal(page_gap_kind(&gap), GAP_CUT);
    gap.detail = "a text that has no words of its own";
    assert_int_equal(page_gap_kind(&gap), GAP_CUT);
    gap.why = GAP_LOST;
    gap.detail = "the sender reset the stream; this is not its whole";
    kind = page_gap_kind(&gap);
    assert_true(kind >= GAP_CAUSES && kind < PAGE_GAP_KINDS);
    assert_int_equal(kind % GAP_CAUSES, GAP_LOST);
    assert_string_not_equal(page_gap_word(kind), page_gap_word(GAP_LOST));
    gap.why = GAP_CUT;
    assert_int_equal(page_gap_kind(&gap) % GAP_CAUSES, GAP_CUT);
    assert_string_equal(page_gap_word(page_gap_kind(&gap)), page_gap_word(kind));
}

static void names_without_words_stand_for_themselves(void **state)
{
    (void)state;
    assert_string_equal(page_opcode_word(NULL), "");
    assert_string_equal(page_opcode_word("0x3"), "0x3");
    assert_string_equal(page_protocol_word("MQTT"), "MQTT");
    assert_string_not_equal(page_protocol_word("quic"), "quic");
    assert_string_not_equal(page_reason_word("no keys"), "no keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_kind_of_gap_has_words_and_a_cause),
            cmocka_unit_test(a_gap_is_told_by_its_cause_unless_that_would_mislead),
            cmocka_unit_test(names_without_words_stand_for_themselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
