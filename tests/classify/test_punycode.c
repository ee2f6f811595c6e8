/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/punycode.h"

static void check(const char *text, const char *expected)
{
    struct bytes in = bytes_text(text);
    /* Exactly the room that the header asks for. */
    uint8_t *out = malloc((1 + PUNYCODE_GROWTH) * in.n + (in.n == 0));
    size_t n;

    assert_non_null(out);
    n = punycode_names(in, out);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
    free(out);
}

/* Expected values by Python's punycode codec; the long Arabic one is RFC 3492 section 7.1 (A). */
static void names_become_what_requests_carry(void **state)
{
    (void)state;
    check("", "");
    check("ads.example", "ads.example");
    check("b\xc3\xbc"
          "cher.example",
            "xn--bcher-kva.example");
    check("www.m\xc3\xbcller.example", "www.xn--mller-kva.example");
    check("\xe4\xb8\xad\xe5\x9b\xbd.example", "xn--fiqs8s.example");
    check("\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
            "xn--r8jz45g.xn--zckzah");
    check("\xe2\x98\x83", "xn--n3h");
    check("\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9\x84\xd9\x85\xd9"
          "\x88\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\x9f",
            "xn--egbpdaj6bu4bxfgehfvwxn");
    check("ab-\xc3\xbc-cd.x", "xn--ab--cd-5ya.x");
}

static void what_is_no_unicode_stays_as_it_is(void **state)
{
    char longer[2 * PUNYCODE_LABEL_MOST + 3];

    (void)state;
    check("a\xff"
          "b.example",
            "a\xff"
            "b.example");
    check("\xc3", "\xc3");
    for (size_t i = 0; i <= PUNYCODE_LABEL_MOST; i++)
        memcpy(longer + 2 * i, "\xc3\xbc", 2);
    longer[2 * PUNYCODE_LABEL_MOST + 2] = '\0';
    check(longer, longer);
}

static void the_room_suffices_for_the_worst_labels(void **state)
{
    static const char *const points[] = {"\xc2\x80", "\xf4\x8f\xbf\xbf", "\xdf\xbf", "a"};
    uint32_t random = 7;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        uint8_t text[64 * 4], *out;
        size_t n = 0;

        for (uint32_t k = 0; k <= (random >> 24) % 63; k++) {
            const char *point = points[(random = random * 1664525 + 1013904223) >> 30];

            memcpy(text + n, point, strlen(point));
            n += strlen(point);
        }
        out = malloc((1 + PUNYCODE_GROWTH) * n);
        assert_non_null(out);
        assert_true(punycode_names((struct bytes){text, n}, out) <= (1 + PUNYCODE_GROWTH) * n);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_become_what_requests_carry),
            cmocka_unit_test(what_is_no_unicode_stays_as_it_is),
            cmocka_unit_test(the_room_suffices_for_the_worst_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
