/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/suffix.h"
#include "classify/token.h"

/* Compares with the definition; returns how many there are. */
static size_t check(struct bytes host)
{
    struct suffixes *s = malloc(sizeof(*s));
    uint8_t *copy = malloc(host.n + SUFFIXES_PADDING);
    size_t n = 0;

    assert_non_null(s);
    assert_non_null(copy);
    memset(copy, '.', host.n + SUFFIXES_PADDING);
    if (host.n != 0)
        memcpy(copy, host.p, host.n);
    suffixes_fill(s, (struct bytes){copy, host.n});
    for (size_t at = host.n; at-- > 0 && n < SUFFIXES_MOST;) {
        struct bytes text;

        if (host.p[at] != '.' && at != 0)
            continue;
        text = bytes_slice(host, host.p[at] == '.' ? at + 1 : at, host.n);
        assert_true(n < s->n);
        assert_true(bytes_equal(s->at[n].text, text));
        assert_true(s->at[n].hash == token_hash(text));
        n++;
    }
    assert_int_equal(s->n, n);
    free(copy);
    free(s);
    return n;
}

static void parents_are_what_stands_behind_each_dot(void **state)
{
    (void)state;
    assert_int_equal(check(BYTES_LITERAL("")), 0);
    assert_int_equal(check(BYTES_LITERAL("localhost")), 1);
    assert_int_equal(check(BYTES_LITERAL("www.shop.example.test")), 4);
    assert_int_equal(check(BYTES_LITERAL("example.")), 2);
    assert_int_equal(check(BYTES_LITERAL(".example")), 1);
    assert_int_equal(check(BYTES_LITERAL("a..b\xae\xae")), 3);
}

static void labels_of_any_length_meet_words_anywhere(void **state)
{
    uint8_t host[300];

    (void)state;
    for (size_t n = 0; n < sizeof(host); n++) {
        for (size_t gap = 1; gap < 140; gap += 3) {
            memset(host, 'k', n);
            for (size_t i = gap - 1; i < n; i += gap)
                host[i] = '.';
            (void)check((struct bytes){host, n});
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(parents_are_what_stands_behind_each_dot),
            cmocka_unit_test(labels_of_any_length_meet_words_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
