/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/quic/quic_ids.h"

static void finds_the_longest_id_that_a_short_header_bears(void **state)
{
    static struct quic_ids ids;
    size_t length = 99;

    (void)state;
    assert_false(quic_ids_length(&ids, BYTES_LITERAL("@whatever"), &length));
    quic_ids_add(&ids, BYTES_LITERAL("abc"), true);
    quic_ids_add(&ids, BYTES_LITERAL("abcdef"), true);
    quic_ids_add(&ids, BYTES_LITERAL("abcd"), true);
    assert_true(quic_ids_length(&ids, BYTES_LITERAL("@abcdefgh"), &length));
    assert_int_equal(length, 6);
    assert_true(quic_ids_length(&ids, BYTES_LITERAL("@abcdef"), &length));
    assert_int_equal(length, 6);
    assert_true(quic_ids_length(&ids, BYTES_LITERAL("@abcxyz"), &length));
    assert_int_equal(length, 3);
    /* None of them: as long as the newest. */
    assert_true(quic_ids_length(&ids, BYTES_LITERAL("@xyz"), &length));
    assert_int_equal(length, 4);
    assert_true(quic_ids_length(&ids, BYTES_LITERAL(""), &length));
    assert_int_equal(length, 4);
}

static void keeps_the_newest_ids_and_tells_each_once(void **state)
{
    static struct quic_ids ids;
    struct bytes id;
    size_t told = 0;

    (void)state;
    for (uint8_t i = 0; i < QUIC_IDS_MOST + 10; i++) {
        const uint8_t made[2] = {'i', i};

        quic_ids_add(&ids, bytes_of(made, 2), i != 0);
        quic_ids_add(&ids, bytes_of(made, 2), i != 0);
    }
    assert_false(quic_ids_has(&ids, bytes_of("i\x09", 2)));
    assert_true(quic_ids_has(&ids, bytes_of("i\x0a", 2)));
    while (quic_ids_next(&ids, &id)) {
        assert_int_equal(id.n, 2);
        told++;
    }
    assert_int_equal(told, QUIC_IDS_MOST);
    quic_ids_add(&ids, BYTES_LITERAL("one that is far too long"), true);
    quic_ids_add(&ids, BYTES_LITERAL(""), true);
    assert_false(quic_ids_next(&ids, &id));
    quic_ids_add(&ids, BYTES_LITERAL("new"), true);
    assert_true(quic_ids_next(&ids, &id));
    assert_true(bytes_is(id, "new"));
}

static void knows_tokens_at_the_end_of_a_packet(void **state)
{
    static struct quic_ids ids;
    uint8_t packet[40] = {0x41};

    (void)state;
    memset(packet + 24, 'T', 16);
    quic_ids_add_token(&ids, BYTES_LITERAL("too short"));
    assert_false(quic_ids_is_reset(&ids, bytes_of(packet, 40)));
    quic_ids_add_token(&ids, bytes_of(packet + 24, 16));
    assert_true(quic_ids_is_reset(&ids, bytes_of(packet, 40)));
    assert_true(quic_ids_is_reset(&ids, bytes_of(packet + 19, 21)));
    assert_false(quic_ids_is_reset(&ids, bytes_of(packet + 20, 20)));
    assert_false(quic_ids_is_reset(&ids, bytes_of(packet, 39)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_the_longest_id_that_a_short_header_bears),
            cmocka_unit_test(keeps_the_newest_ids_and_tells_each_once),
            cmocka_unit_test(knows_tokens_at_the_end_of_a_packet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
