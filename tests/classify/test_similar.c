/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/similar.h"

enum { PAIRS = 6000, LINE_MOST = 4096 };

/* 2026-11-21 20:00:00 UTC */
#define NEAR_NS (INT64_C(1795291200) * 1000000000)

static size_t unhex(const char *hex, uint8_t out[SIMILAR_MOST])
{
    size_t n = 0;

    if (strcmp(hex, "-") == 0)
        return 0;
    for (; hex[2 * n] != '\0'; n++)
        out[n] = (uint8_t)(ascii_hex_value((uint8_t)hex[2 * n]) << 4 |
                           ascii_hex_value((uint8_t)hex[2 * n + 1]));
    return n;
}

static void blocks_are_those_of_pythons_difflib(void **state)
{
    char command[128], line[LINE_MOST], a[1024], b[1024];
    unsigned seed = 7, wanted, pairs = 0;
    const char *given = getenv("SEED");
    FILE *python;

    (void)state;
    if (given != NULL)
        seed = (unsigned)strtoul(given, NULL, 10);
    print_message("seed %u\n", seed);
    (void)snprintf(
            command, sizeof(command), "python3 tests/oracle/similar.py %u %d", seed, PAIRS);
    python = popen(command, "r"); /* NOLINT: Python's own function is what is asked */
    assert_non_null(python);
    while (fgets(line, sizeof(line), python) != NULL) {
        uint8_t raw_a[SIMILAR_MOST], raw_b[SIMILAR_MOST];
        uint64_t budget = UINT64_MAX;
        size_t matched = SIZE_MAX;

        assert_int_equal(sscanf(line, "%1023s %1023s %u", a, b, &wanted), 3);
        assert_true(similar_blocks(bytes_of(raw_a, unhex(a, raw_a)),
                bytes_of(raw_b, unhex(b, raw_b)), &budget, &matched));
        if (matched != wanted)
            fail_msg("%s and %s: %zu, difflib has %u", a, b, matched, wanted);
        pairs++;
    }
    if (pclose(python) != 0 && pairs == 0) {
        print_message("skip: python3 is not installed: difflib was not asked\n");
        skip();
    }
    assert_int_equal(pairs, PAIRS);
}

static void too_long_a_value_or_too_small_a_budget_gives_nothing(void **state)
{
    uint8_t text[SIMILAR_MOST + 1];
    uint64_t budget = UINT64_MAX;
    size_t matched = 77;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_false(
            similar_blocks(bytes_of(text, sizeof(text)), bytes_of(text, 1), &budget, &matched));
    assert_false(
            similar_blocks(bytes_of(text, 1), bytes_of(text, sizeof(text)), &budget, &matched));
    budget = 99;
    assert_false(similar_blocks(bytes_of(text, 10), bytes_of(text, 10), &budget, &matched));
    assert_int_equal(budget, 99);
    assert_int_equal(matched, 77);
    budget = 100;
    assert_true(similar_blocks(bytes_of(text, 10), bytes_of(text, 10), &budget, &matched));
    assert_int_equal(matched, 10);
    assert_int_equal(budget, 0);
    assert_true(similar_blocks((struct bytes){0}, (struct bytes){0}, &budget, &matched));
    assert_int_equal(matched, 0);
}

static struct similar_difference compare(const char *a, const char *b)
{
    return similar_difference(bytes_text(a), NEAR_NS, bytes_text(b), NEAR_NS);
}

static void two_random_identifiers_differ_by_all_their_bits(void **state)
{
    struct similar_difference d =
            compare("cd86275c2d83d9230f2a60753b50a469", "31f33903a29d49a8ae3dafd30b051164");

    (void)state;
    assert_true(d.specific);
    assert_false(d.times);
    assert_int_equal(d.rest, 128);
    assert_int_equal(d.bits, 128);
}

static void equal_values_and_a_value_inside_the_other_are_not_told_apart(void **state)
{
    (void)state;
    assert_false(compare("cd86275c2d83d923", "cd86275c2d83d923").specific);
    assert_false(compare("cd86275c2d83d923", "cd86275c2d83d9230f2a60753b50a469").specific);
    assert_false(compare("", "cd86275c2d83d923").specific);
    assert_false(compare("", "").specific);
}

static void a_constant_around_few_digits_is_no_identifier(void **state)
{
    struct similar_difference d =
            compare("app-7f3a9c21-build-0041-eu", "app-7f3a9c21-build-9173-eu");

    (void)state;
    /* Four decimal digits: 13 bits. */
    assert_false(d.specific);
    assert_int_equal(d.rest, 13);
    assert_true(d.bits <= 13 + SIMILAR_CHANCE_BITS);
}

static void a_long_constant_does_not_lend_its_bits(void **state)
{
    struct similar_difference d = compare("cd86275c2d83d9230f2a60753b50a469-a81f30c",
            "cd86275c2d83d9230f2a60753b50a469-04b77d2");

    (void)state;
    assert_true(d.specific);
    assert_int_equal(d.rest, 28);
    assert_int_equal(d.bits, 28 + SIMILAR_CHANCE_BITS);
}

static void times_near_the_capture_are_left_out(void **state)
{
    struct similar_difference d = compare("1795294077", "1795120190");

    (void)state;
    assert_true(d.times);
    assert_false(d.specific);
    /* A first-visit time and a random number behind it: the number counts. */
    d = compare("17952940771238473290", "17951201904561122877");
    assert_true(d.times);
    assert_true(d.specific);
    assert_int_equal(d.rest, 23);
    d = compare("fb.1.1795294077123.847321", "fb.1.1795120190456.112233");
    assert_true(d.times);
    assert_false(d.specific);
}

static void digits_that_are_a_time_in_one_value_only_are_not_left_out(void **state)
{
    struct similar_difference d = compare("1391285404", "1795294077");

    (void)state;
    assert_false(d.times);
    assert_true(d.specific);
}

static void values_of_every_length_are_taken(void **state)
{
    static uint8_t a[SIMILAR_TEXT_MOST + 8], b[SIMILAR_TEXT_MOST + 8];

    (void)state;
    for (size_t n = 0; n < sizeof(a); n++) {
        a[n] = (uint8_t)("0123456789abcdef"[n * 7 % 16]);
        b[n] = (uint8_t)("0123456789abcdef"[n * 11 % 16]);
    }
    for (size_t n = 0; n <= sizeof(a); n += n < 64 ? 1 : 97) {
        uint8_t *left = malloc(n + (n == 0)), *right = malloc(n + (n == 0));

        assert_non_null(left);
        assert_non_null(right);
        memcpy(left, a, n);
        memcpy(right, b, n);
        (void)similar_difference(bytes_of(left, n), NEAR_NS, bytes_of(right, n), NEAR_NS);
        free(left);
        free(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(blocks_are_those_of_pythons_difflib),
            cmocka_unit_test(too_long_a_value_or_too_small_a_budget_gives_nothing),
            cmocka_unit_test(two_random_identifiers_differ_by_all_their_bits),
            cmocka_unit_test(equal_values_and_a_value_inside_the_other_are_not_told_apart),
            cmocka_unit_test(a_constant_around_few_digits_is_no_identifier),
            cmocka_unit_test(a_long_constant_does_not_lend_its_bits),
            cmocka_unit_test(times_near_the_capture_are_left_out),
            cmocka_unit_test(digits_that_are_a_time_in_one_value_only_are_not_left_out),
            cmocka_unit_test(values_of_every_length_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
