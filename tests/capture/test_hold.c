/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/hold.h"
#include "tests/support/oom.h"

static struct item bytes_item(enum direction dir, const char *text)
{
    return (struct item){
            .kind = ITEM_BYTES, .dir = dir, .len = strlen(text), .data = bytes_text(text)};
}

static void add(struct hold *h, struct item item)
{
    assert_int_equal(hold_add(h, &item), STATUS_OK);
}

static void items_come_back_as_copies_in_order(void **state)
{
    struct hold *h = hold_new();
    uint64_t frames[2] = {3, 4};
    char text[] = "abc";
    struct item item = bytes_item(FROM_CLIENT, text), out;

    (void)state;
    assert_non_null(h);
    item.frames = (struct frames){frames, 2};
    add(h, item);
    add(h, (struct item){.kind = ITEM_END, .dir = FROM_SERVER});
    memset(text, 'x', 3);
    frames[0] = frames[1] = 0;
    assert_true(hold_next(h, &out));
    assert_true(bytes_is(out.data, "abc"));
    assert_true(out.frames.n == 2 && out.frames.at[0] == 3 && out.frames.at[1] == 4);
    assert_true(hold_next(h, &out));
    assert_int_equal(out.kind, ITEM_END);
    assert_false(hold_next(h, &out));
    hold_free(h);
}

static void each_direction_begins_with_what_is_contiguous(void **state)
{
    struct hold *h = hold_new();

    (void)state;
    assert_non_null(h);
    add(h, bytes_item(FROM_CLIENT, "GE"));
    add(h, (struct item){.kind = ITEM_GAP, .dir = FROM_SERVER, .len = 5});
    add(h, bytes_item(FROM_SERVER, "lost its front"));
    add(h, (struct item){.kind = ITEM_GAP, .dir = FROM_CLIENT}); /* takes nothing away */
    add(h, bytes_item(FROM_CLIENT, "T /"));
    add(h, (struct item){.kind = ITEM_GAP, .dir = FROM_CLIENT, .len = 1});
    add(h, bytes_item(FROM_CLIENT, "after"));
    assert_true(bytes_is(hold_first(h, FROM_CLIENT), "GET /"));
    assert_int_equal(hold_first(h, FROM_SERVER).n, 0);
    hold_free(h);
}

static void it_is_full_by_bytes_and_by_items(void **state)
{
    struct hold *h = hold_new();
    char *big = malloc(HOLD_MOST + 1);

    (void)state;
    assert_true(h != NULL && big != NULL);
    for (int i = 0; i < HOLD_ITEMS_MOST; i++) {
        assert_false(hold_full(h));
        add(h, bytes_item(FROM_CLIENT, "x"));
    }
    assert_true(hold_full(h));
    hold_free(h);
    h = hold_new();
    assert_non_null(h);
    memset(big, 'x', HOLD_MOST);
    big[HOLD_MOST] = '\0';
    add(h, bytes_item(FROM_SERVER, big));
    assert_true(hold_full(h));
    assert_true(hold_first(h, FROM_SERVER).n < HOLD_MOST); /* the front is enough to decide */
    add(h, bytes_item(FROM_SERVER, big));
    hold_free(h);
    free(big);
}

static void turning_swaps_the_sides(void **state)
{
    struct hold *h = hold_new();
    struct item out;

    (void)state;
    assert_non_null(h);
    add(h, bytes_item(FROM_CLIENT, "a"));
    add(h, bytes_item(FROM_SERVER, "b"));
    hold_turn(h);
    assert_true(bytes_is(hold_first(h, FROM_CLIENT), "b"));
    assert_true(hold_next(h, &out) && out.dir == FROM_SERVER && bytes_is(out.data, "a"));
    hold_free(h);
}

static void every_failed_allocation_is_told(void **state)
{
    enum status status = STATUS_NOMEM;
    long n = 0;

    (void)state;
    while (status == STATUS_NOMEM) {
        const struct item item = bytes_item(FROM_CLIENT, "abc");
        struct hold *h;

        oom_fail_at(++n);
        h = hold_new();
        status = h == NULL ? STATUS_NOMEM : hold_add(h, &item);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        hold_free(h);
    }
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(items_come_back_as_copies_in_order),
            cmocka_unit_test(each_direction_begins_with_what_is_contiguous),
            cmocka_unit_test(it_is_full_by_bytes_and_by_items),
            cmocka_unit_test(turning_swaps_the_sides),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
