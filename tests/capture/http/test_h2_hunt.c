/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/http/h2_frame.h"
#include "capture/http/h2_hunt.h"
#include "tests/support/h2_wire.h"

static void heads_that_cannot_be_are_refused(void **state)
{
    const struct h2_hint server = {.dir = FROM_SERVER, .highest = 9, .largest = H2_FRAME_USUAL};
    static const struct {
        struct h2_frame frame;
        bool plausible;
    } cases[] = {
            {{.type = H2_DATA, .stream = 9, .length = 16384}, true},
            {{.type = H2_DATA, .stream = 9, .length = 16385}, false},
            {{.type = H2_DATA, .stream = 0, .length = 5}, false},
            {{.type = H2_DATA, .stream = 8, .length = 5}, false}, /* nothing was pushed */
            {{.type = H2_DATA, .stream = 9 + H2_HUNT_STREAMS, .length = 5}, true},
            {{.type = H2_DATA, .stream = 11 + H2_HUNT_STREAMS, .length = 5}, false},
            {{.type = H2_DATA, .stream = 9, .length = 0}, false},
            {{.type = H2_DATA, .stream = 9, .length = 0, .flags = 1}, true},
            {{.type = H2_DATA, .stream = 9, .length = 5, .flags = 4}, false},
            {{.type = H2_HEADERS, .stream = 9, .length = 1, .flags = 0x2d}, true},
            {{.type = H2_HEADERS, .stream = 9, .length = 1, .flags = 2}, false},
            {{.type = H2_RST_STREAM, .stream = 9, .length = 4}, true},
            {{.type = H2_RST_STREAM, .stream = 9, .length = 5}, false},
            {{.type = H2_SETTINGS, .length = 12}, true},
            {{.type = H2_SETTINGS, .length = 13}, false},
            {{.type = H2_SETTINGS, .length = 6, .flags = 1}, false},
            {{.type = H2_PUSH_PROMISE, .stream = 1, .length = 5, .flags = 4}, true},
            {{.type = H2_PING, .length = 8, .flags = 1}, true},
            {{.type = H2_PING, .length = 8, .stream = 1}, false},
            {{.type = H2_GOAWAY, .length = 8}, true},
            {{.type = H2_WINDOW_UPDATE, .length = 4}, true},
            {{.type = H2_PRIORITY_UPDATE, .length = 4}, false}, /* only clients send it */
            {{.type = 0x0b, .length = 4}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(h2_plausible(&cases[i].frame, &server) == cases[i].plausible);
}

static void a_chain_is_believed_and_given_back_with_its_packets(void **state)
{
    const struct h2_hint hint = {.dir = FROM_SERVER, .largest = H2_FRAME_USUAL};
    uint64_t packets[2] = {5, 6};
    struct buf b;
    struct h2_hunt h;
    struct item item, out;
    size_t at = 99, taken;

    (void)state;
    buf_init(&b, 4096);
    h2_wire_text(&b, "not a frame at all");
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    h2_wire_frame(&b, H2_HEADERS, 0, 3, "\x88", 1);
    h2_wire_frame(&b, H2_CONTINUATION, 4, 3, "\x88", 1);
    h2_hunt_init(&h);
    for (size_t i = 0; i < 2; i++) {
        item = (struct item){.kind = ITEM_BYTES,
                .off = 1000 + i * 20,
                .data = i == 0 ? bytes_slice(buf_view(&b), 0, 20)
                               : bytes_slice(buf_view(&b), 20, b.n),
                .frames = {&packets[i], 1}};
        item.len = item.data.n;
        assert_false(h2_hunt_find(&h, &hint, H2_HUNT_GOES_ON, &at));
        assert_int_equal(h2_hunt_hold(&h, &item, 0, &taken), STATUS_OK);
        assert_int_equal(taken, item.len);
    }
    assert_true(h2_hunt_find(&h, &hint, H2_HUNT_GOES_ON, &at));
    assert_int_equal(at, 18);
    assert_true(h2_hunt_replay(&h, at, &out));
    assert_int_equal(out.off, 1018);
    assert_int_equal(out.data.n, 2);
    assert_int_equal(out.frames.at[0], 5);
    assert_true(h2_hunt_replay(&h, at, &out));
    assert_int_equal(out.off, 1020);
    assert_int_equal(out.frames.n, 1);
    assert_int_equal(out.frames.at[0], 6);
    assert_false(h2_hunt_replay(&h, at, &out));
    h2_hunt_clear(&h);
    buf_clear(&b);
}

/* Begins with all of `b` held. */
static void hold(struct h2_hunt *h, const struct buf *b)
{
    struct item item = {.kind = ITEM_BYTES, .data = buf_view(b), .len = b->n};
    size_t taken;

    h2_hunt_init(h);
    assert_int_equal(h2_hunt_hold(h, &item, 0, &taken), STATUS_OK);
}

static void a_header_block_that_is_interrupted_is_no_chain(void **state)
{
    const struct h2_hint hint = {.dir = FROM_SERVER, .largest = H2_FRAME_USUAL};
    struct buf b;
    struct h2_hunt h;
    size_t at = 99;

    (void)state;
    buf_init(&b, 4096);
    h2_wire_frame(&b, H2_HEADERS, 0, 3, "\x88", 1); /* must be continued */
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    hold(&h, &b);
    assert_true(h2_hunt_find(&h, &hint, H2_HUNT_GOES_ON, &at));
    assert_int_equal(at, 10);
    h2_hunt_clear(&h);
    buf_clear(&b);
}

static void less_has_to_do_when_nothing_more_will_come(void **state)
{
    const struct h2_hint hint = {.dir = FROM_SERVER, .largest = H2_FRAME_USUAL};
    struct buf b;
    struct h2_hunt h;
    size_t at = 99;

    (void)state;
    buf_init(&b, 4096);
    h2_wire_text(&b, "xx");
    h2_wire_frame(&b, H2_RST_STREAM, 0, 1, "\0\0\0\0", 4);
    hold(&h, &b);
    assert_false(h2_hunt_find(&h, &hint, H2_HUNT_GOES_ON, &at));
    assert_true(h2_hunt_find(&h, &hint, H2_HUNT_AT_END, &at));
    assert_int_equal(at, 2);
    h2_hunt_clear(&h);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(heads_that_cannot_be_are_refused),
            cmocka_unit_test(a_chain_is_believed_and_given_back_with_its_packets),
            cmocka_unit_test(a_header_block_that_is_interrupted_is_no_chain),
            cmocka_unit_test(less_has_to_do_when_nothing_more_will_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
