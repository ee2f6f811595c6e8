/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/quic/quic_version.h"
#include "capture/tls/hash.h"

static const uint32_t known[] = {QUIC_V1, QUIC_V2, 0xff000015, 0xff000016, 0xff000017,
        0xff000018, 0xff000019, 0xff00001a, 0xff00001b, 0xff00001c, 0xff00001d, 0xff00001e,
        0xff00001f, 0xff000020, 0xff000021, 0xff000022};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void each_known_version_is_found_with_its_own_number_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        const struct quic_version *v = quic_version_find(known[i]);
        char name[32];

        assert_non_null(v);
        assert_int_equal(v->number, known[i]);
        (void)snprintf(name, sizeof(name),
                known[i] >> 24 == 0xff ? "QUIC draft-%u" : "QUIC v%u",
                known[i] == QUIC_V2 ? 2U : known[i] & 0xff);
        assert_string_equal(v->name, name);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(v, quic_version_find(known[k]));
    }
}

static void other_numbers_are_not_found(void **state)
{
    static const uint32_t others[] = {0, 2, 0xff000014, 0xff000023, 0x709a50c4, 0x6b3343ce,
            0x51303436, 0x51303530, 0xfaceb001, 0x1a2a3a4a, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_null(quic_version_find(others[i]));
}

static void long_packet_types_are_a_permutation(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        const struct quic_version *v = quic_version_find(known[i]);

        assert_int_equal(
                1 << v->types[0] | 1 << v->types[1] | 1 << v->types[2] | 1 << v->types[3], 15);
        assert_int_equal(v->types[0], v->number == QUIC_V2 ? 1 : 0);
    }
}

/* RFC 9369 section 3.3.1: "the first 20 bytes of the SHA-256 of 'QUICv2 salt'". */
static void the_salt_of_version_2_is_a_hash(void **state)
{
    const struct bytes text = BYTES_LITERAL("QUICv2 salt");
    uint8_t hash[HASH_MOST];

    (void)state;
    assert_true(hash_parts(HASH_SHA256, &text, 1, hash));
    assert_memory_equal(quic_version_find(QUIC_V2)->salt, hash, QUIC_SALT);
}

static void a_draft_has_either_retry_keys_or_an_echo(void **state)
{
    static const uint8_t none[16];

    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        const struct quic_version *v = quic_version_find(known[i]);

        assert_int_equal(v->retry_echoes, memcmp(v->retry_key, none, 16) == 0);
        assert_int_equal(v->retry_echoes, memcmp(v->retry_nonce, none, 12) == 0);
        assert_int_equal(v->retry_echoes, v->number >= 0xff000015 && v->number < 0xff000019);
        assert_int_equal(v->packed_ids, v->number == 0xff000015);
    }
}

static void grease_is_told_by_its_low_nibbles(void **state)
{
    (void)state;
    assert_true(quic_version_is_grease(0x0a0a0a0a));
    assert_true(quic_version_is_grease(0x1a2a3a4a));
    assert_true(quic_version_is_grease(0xfafafafa));
    assert_false(quic_version_is_grease(0xfafafafb));
    assert_false(quic_version_is_grease(0x0a0a0b0a));
    assert_false(quic_version_is_grease(QUIC_V1));
    assert_false(quic_version_is_grease(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_known_version_is_found_with_its_own_number_and_name),
            cmocka_unit_test(other_numbers_are_not_found),
            cmocka_unit_test(long_packet_types_are_a_permutation),
            cmocka_unit_test(the_salt_of_version_2_is_a_hash),
            cmocka_unit_test(a_draft_has_either_retry_keys_or_an_echo),
            cmocka_unit_test(grease_is_told_by_its_low_nibbles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
