/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/mask.h"
#include "tests/support/oom.h"

#define VALUE "aGVsbG8=w0rld"

static void mask_of(struct mask *m, struct bytes value)
{
    mask_init(m);
    assert_int_equal(mask_add_value(m, value), STATUS_OK);
    mask_seal(m);
}

/* True when the value is found in `text`, exactly, behind `before`. */
static bool finds(const struct mask *m, const char *before, const char *after)
{
    char text[256];
    size_t begin = 0, end = 0;

    (void)snprintf(text, sizeof(text), "%s" VALUE "%s", before, after);
    return mask_next(m, bytes_text(text), 0, &begin, &end) && begin == strlen(before) &&
           end == strlen(before) + strlen(VALUE);
}

static void a_value_is_found_wherever_separators_set_it_off(void **state)
{
    struct mask m;

    (void)state;
    mask_of(&m, BYTES_LITERAL(VALUE));
    assert_true(finds(&m, "", ""));
    assert_true(finds(&m, "a=1; auth=", "; b=2"));
    assert_true(finds(&m, "https://h.test/p?token=", "&x=1"));
    assert_true(finds(&m, "https://h.test/reset/", "/done"));
    assert_true(finds(&m, "{\"token\":\"", "\"}"));
    assert_true(finds(&m, "Bearer ", ""));
    assert_false(finds(&m, "xx", ""));
    assert_false(finds(&m, "", "xx"));
    mask_clear(&m);
}

static void a_digest_alone_serves_as_well_as_the_value(void **state)
{
    uint8_t digest[DIGEST_MOST];
    struct mask m;

    (void)state;
    assert_true(digest_once(DIGEST_SHA256, BYTES_LITERAL(VALUE), digest));
    mask_init(&m);
    assert_int_equal(mask_add_digest(&m, digest), STATUS_OK);
    mask_seal(&m);
    assert_true(finds(&m, "auth=", ";"));
    mask_clear(&m);
}

static void each_occurrence_is_found_in_turn(void **state)
{
    struct bytes text = BYTES_LITERAL("a=" VALUE "&b=x&c=" VALUE);
    size_t begin = 0, end = 0, n = 0;
    struct mask m;

    (void)state;
    mask_of(&m, BYTES_LITERAL(VALUE));
    for (size_t at = 0; mask_next(&m, text, at, &begin, &end); at = end)
        n++;
    assert_int_equal(n, 2);
    assert_int_equal(end, text.n);
    mask_clear(&m);
}

static void an_empty_set_finds_nothing(void **state)
{
    size_t begin, end;
    struct mask m;

    (void)state;
    mask_init(&m);
    mask_seal(&m);
    assert_false(mask_next(&m, BYTES_LITERAL("a=b"), 0, &begin, &end));
    mask_clear(&m);
}

static void the_stand_in_names_length_and_digest_only(void **state)
{
    char text[MASK_TEXT];

    (void)state;

    assert_true(mask_text(BYTES_LITERAL(VALUE), text));
    assert_null(strstr(text, "aGVs"));
    assert_non_null(strstr(text, "[13 bytes, sha256 "));
}

static void lack_of_memory_is_told(void **state)
{
    struct mask m;

    (void)state;
    mask_init(&m);
    for (long i = 1;; i++) {
        enum status status;

        oom_fail_at(i);
        status = mask_add_value(&m, BYTES_LITERAL(VALUE));
        if (!oom_happened())
            break;
        assert_int_equal(status, STATUS_NOMEM);
    }
    oom_fail_at(0);
    mask_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_is_found_wherever_separators_set_it_off),
            cmocka_unit_test(a_digest_alone_serves_as_well_as_the_value),
            cmocka_unit_test(each_occurrence_is_found_in_turn),
            cmocka_unit_test(an_empty_set_finds_nothing),
            cmocka_unit_test(the_stand_in_names_length_and_digest_only),
            cmocka_unit_test(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
