/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tls/der.h"
#include "tests/capture/tls/certificate_vectors.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

static void an_element_is_taken_with_its_frame(void **state)
{
    struct bytes b = BYTES_LITERAL("\x02\x01\x07\x30\x81\x02"
                                   "ab\x04\x82\x00\x01zrest");
    struct bytes whole, content;
    uint8_t tag;

    (void)state;
    assert_true(der_take(&b, &tag, &whole, &content));
    assert_int_equal(tag, 0x02);
    assert_int_equal(whole.n, 3);
    assert_true(bytes_is(content, "\x07"));
    assert_true(der_take(&b, &tag, &whole, &content));
    assert_int_equal(tag, 0x30);
    assert_int_equal(whole.n, 5);
    assert_true(bytes_is(content, "ab"));
    assert_true(der_take(&b, &tag, &whole, &content));
    assert_true(bytes_is(content, "z"));
    assert_true(bytes_is(b, "rest"));
}

static void lengths_that_do_not_fit_change_nothing(void **state)
{
    static const struct bytes bad[] = {
            {(const uint8_t *)"", 0},
            {(const uint8_t *)"\x30", 1},
            {(const uint8_t *)"\x30\x02x", 3},
            {(const uint8_t *)"\x30\x80xx\0\0", 6}, /* indefinite */
            {(const uint8_t *)"\x30\x81", 2},
            {(const uint8_t *)"\x30\x82\xff\xffxxx", 7},
            {(const uint8_t *)"\x30\x84\x00\x00\x00\x01x", 7}, /* longer than a message */
            {(const uint8_t *)"\x30\xffxxxxxxxxxxxxxxxxx", 19},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bytes b = bad[i], whole = {NULL, 5}, content = {NULL, 6};
        uint8_t tag = 7;

        assert_false(der_take(&b, &tag, &whole, &content));
        assert_true(b.p == bad[i].p && b.n == bad[i].n);
        assert_true(tag == 7 && whole.n == 5 && content.n == 6);
    }
}

static void certificates_come_apart_and_their_truncations_do_not(void **state)
{
    const struct bytes all[] = {VIEW(rsa_der), VIEW(ec_der), VIEW(ed25519_der), VIEW(pss_der)};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct der_certificate c = {.serial = {NULL, 77}};

        for (size_t n = 0; n < all[i].n; n++) {
            uint8_t *copy = malloc(n == 0 ? 1 : n);

            assert_non_null(copy);
            memcpy(copy, all[i].p, n);
            assert_false(der_read_certificate(bytes_of(copy, n), &c));
            assert_int_equal(c.serial.n, 77);
            free(copy);
        }
        assert_true(der_read_certificate(all[i], &c));
        assert_true(bytes_is(c.serial, "\x02\x08\x01\x02\x03\x04\x05\xab\xcd\xef"));
        assert_true(bytes_equal(c.issuer, c.subject)); /* self-signed */
        assert_int_equal(c.not_before.p[0], 0x17);     /* UTCTime before 2050 */
        assert_int_equal(c.not_after.p[0], 0x18);      /* GeneralizedTime from then on */
        assert_int_equal(c.key.p[0], 0x30);
        assert_int_equal(c.extensions.p[0], 0x30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_element_is_taken_with_its_frame),
            cmocka_unit_test(lengths_that_do_not_fit_change_nothing),
            cmocka_unit_test(certificates_come_apart_and_their_truncations_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
