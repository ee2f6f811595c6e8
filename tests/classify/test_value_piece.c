/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/value_piece.h"

#define NEAR (INT64_C(1767225600) * 1000000000) /* 2026-01-01 */

enum { BITS = 33, ARENA = 8 << 20 };

static const struct value_piece *find(const struct value_pieces *p, const char *text)
{
    for (size_t i = 0; i < p->n; i++) {
        if (bytes_is(p->at[i].text, text))
            return &p->at[i];
    }
    return NULL;
}

static void expect(const char *value, const char *piece, unsigned as)
{
    struct arena *arena = arena_new(ARENA);
    struct value_pieces *p = calloc(1, sizeof(*p));
    const struct value_piece *found;

    assert_true(arena != NULL && p != NULL);
    assert_true(value_pieces_find(arena, bytes_text(value), BITS, NEAR, p));
    found = find(p, piece);
    if (found == NULL)
        fail_msg("%s is not found in %s", piece, value);
    else
        assert_int_equal(found->as, as);
    free(p);
    arena_free(arena);
}

static void expect_none(const char *value)
{
    struct arena *arena = arena_new(ARENA);
    struct value_pieces *p = calloc(1, sizeof(*p));

    assert_true(arena != NULL && p != NULL);
    assert_true(value_pieces_find(arena, bytes_text(value), BITS, NEAR, p));
    assert_int_equal(p->n, 0);
    free(p);
    arena_free(arena);
}

#define ID "cd86275c2d83d9230f2a60753b50a469"

static void an_identifier_is_found_in_each_wrapping(void **state)
{
    (void)state;
    expect(ID, ID, 0);
    expect("{\"a\":{\"uid\":\"" ID "\"}}", ID, 0);
    expect("https://t.test/p?x=1&uid=" ID "&y=2#z", ID, 0);
    expect("https://t.test/a/" ID "/b", ID, 0);
    expect("https://t.test/?u=https%3A%2F%2Fs.test%2F%3Fuid%3D" ID, ID, AS_PERCENT);
    expect("https://t.test/#uid=" ID, ID, 0);
    expect("uid|" ID "|x", ID, 0);
    /* printf %s ID | base64, | xxd -p */
    expect("Y2Q4NjI3NWMyZDgzZDkyMzBmMmE2MDc1M2I1MGE0Njk=", ID, AS_BASE64);
    expect("6364383632373563326438336439323330663261363037353362353061343639", ID, AS_HEX);
}

static void runs_between_dots_are_pieces_of_their_own(void **state)
{
    (void)state;
    expect("GA1.2.1391285404.1795294077", "1391285404.1795294077", 0);
    expect("GA1.2.1391285404.1795294077", "1391285404", 0);
    /* The random half is a time of 2027 by its looks. */
    expect("SA1.2.1812011873.1795294123", "1812011873.1795294123", 0);
}

static void what_singles_nobody_out_is_no_piece(void **state)
{
    (void)state;
    expect_none("");
    expect_none("zh-CN");
    expect_none("1767225600123");
    expect_none("1.2.3.4");
    expect_none("https://www.news.test/story/42?q=weather");
    expect_none("1920x1080");
    expect_none("12345678");
}

/* URLs in URLs, many parameters, long texts: there is an end, and it is told. */
static void hostile_values_meet_caps(void **state)
{
    enum { LONG = 60000 };
    struct arena *arena = arena_new(ARENA);
    struct value_pieces *p = calloc(1, sizeof(*p));
    char *text = malloc(LONG + 1);

    (void)state;
    assert_true(arena != NULL && p != NULL && text != NULL);
    memset(text, '&', LONG);
    memcpy(text, "https://t.test/?", 16);
    for (size_t i = 16; i + 40 < LONG; i += 40)
        memcpy(text + i, ID, 32);
    text[LONG] = '\0';
    assert_true(value_pieces_find(arena, bytes_text(text), BITS, NEAR, p));
    assert_true(p->capped);
    assert_true(p->n > 0 && p->n <= PIECES_MOST);
    memset(text, '.', LONG);
    assert_true(value_pieces_find(arena, bytes_text(text), BITS, NEAR, p));
    assert_int_equal(p->n, 0);
    free(text);
    free(p);
    arena_free(arena);
}

static void every_failed_allocation_is_told(void **state)
{
    static const char value[] = "https://t.test/?u=https%3A%2F%2Fs.test%2F%3Fuid%3D" ID
                                "&b=Y2Q4NjI3NWMyZDgzZDkyMzBmMmE2MDc1M2I1MGE0Njk%3D";
    struct value_pieces *p = calloc(1, sizeof(*p));
    bool ok = false;

    (void)state;
    assert_non_null(p);
    /* The arena takes its memory in blocks: one of few bytes is full early. */
    for (size_t limit = 0; !ok; limit += 16) {
        struct arena *arena = arena_new(limit);

        assert_non_null(arena);
        ok = value_pieces_find(arena, bytes_text(value), BITS, NEAR, p);
        arena_free(arena);
        assert_true(limit < ARENA);
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_identifier_is_found_in_each_wrapping),
            cmocka_unit_test(runs_between_dots_are_pieces_of_their_own),
            cmocka_unit_test(what_singles_nobody_out_is_no_piece),
            cmocka_unit_test(hostile_values_meet_caps),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
