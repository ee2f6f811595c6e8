/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: RFC 8998 appendix A. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <string.h>

#include "capture/tls/modes.h"
#include "tests/support/hex.h"

enum { TEXT = 64 };

static const uint8_t key[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc,
        0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
static const uint8_t nonce[12] = {0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0xab, 0xcd};
static const uint8_t extra[20] = {0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
        0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2};
static const char gcm[] = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
                          "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
                          "83de3541e4c2b58177e065a9bf7b62ec";
static const char ccm[] = "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
                          "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
                          "16842d4fa186f56ab33256971fa110f4";

static void expect_plain(const uint8_t *out)
{
    static const uint8_t octets[8] = {0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0xee, 0xaa};

    for (size_t i = 0; i < TEXT; i++)
        assert_int_equal(out[i], octets[i / 8]);
}

static bool encrypt(void *context, const uint8_t *in, size_t n, uint8_t *out)
{
    int done;

    return EVP_EncryptUpdate(context, out, &done, in, (int)n * MODES_BLOCK) == 1;
}

static void check(const char *hex,
        bool (*open)(const struct modes_cipher *, const struct modes_input *, uint8_t *))
{
    uint8_t sealed[TEXT + MODES_TAG], out[TEXT];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    struct modes_cipher cipher = {context, encrypt};
    struct modes_input in = {
            nonce, bytes_of(extra, sizeof(extra)), bytes_of(sealed, TEXT), sealed + TEXT};

    (void)from_hex(hex, sealed);
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_sm4_ecb(), NULL, key, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_set_padding(context, 0), 1);
    assert_true(open(&cipher, &in, out));
    expect_plain(out);
    /* Any bit of text, tag, nonce or extra data counts. */
    for (size_t i = 0; i < sizeof(sealed); i++) {
        sealed[i] ^= 0x10;
        assert_false(open(&cipher, &in, out));
        sealed[i] ^= 0x10;
    }
    in.extra.n--;
    assert_false(open(&cipher, &in, out));
    EVP_CIPHER_CTX_free(context);
}

static void sm4_gcm_opens_as_rfc8998_shows(void **state)
{
    (void)state;
    check(gcm, modes_open_gcm);
}

static void sm4_ccm_opens_as_rfc8998_shows(void **state)
{
    (void)state;
    check(ccm, modes_open_ccm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(sm4_gcm_opens_as_rfc8998_shows),
            cmocka_unit_test(sm4_ccm_opens_as_rfc8998_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
