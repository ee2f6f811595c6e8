/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "tests/support/oom.h"

/* RFC 1321 appendix A.5, FIPS 180-4 examples, GB/T 32905-2016 appendix A. */
static const struct vector {
    enum digest_kind kind;
    const char *text;
    const char *hex;
} vectors[] = {
        {DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
        {DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {DIGEST_SHA256, "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {DIGEST_SHA512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {DIGEST_SM3, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
        {DIGEST_SM3, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
                "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
};

static void assert_digest(const uint8_t *raw, const struct vector *v)
{
    char hex[DIGEST_TEXT_MOST];

    digest_hex(bytes_of(raw, digest_length(v->kind)), hex);
    assert_string_equal(hex, v->hex);
}

static void published_examples_come_out_split_anywhere(void **state)
{
    uint8_t raw[DIGEST_MOST];

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct bytes text = bytes_text(vectors[i].text);
        struct digest *d = digest_new(vectors[i].kind);

        assert_non_null(d);
        for (size_t at = 0; at <= text.n; at++) {
            digest_add(d, bytes_slice(text, 0, at));
            digest_add(d, bytes_slice(text, at, text.n));
            digest_finish(d, raw); /* and starts anew */
            assert_digest(raw, &vectors[i]);
        }
        digest_free(d);
        assert_true(digest_once(vectors[i].kind, text, raw));
        assert_digest(raw, &vectors[i]);
    }
    digest_free(NULL);
}

static void lengths_and_names_belong_to_their_kind(void **state)
{
    (void)state;
    assert_int_equal(digest_length(DIGEST_MD5), 16);
    assert_int_equal(digest_length(DIGEST_SHA512), DIGEST_MOST);
    assert_string_equal(digest_name(DIGEST_SHA256), "sha256");
    assert_string_equal(digest_name(DIGEST_SM3), "sm3");
}

static void hex_is_lower_case_and_ends_in_nul(void **state)
{
    char text[] = "zzzzzzzzz";
    char sha[SHA256_TEXT];

    (void)state;
    digest_hex(BYTES_LITERAL("\x00\xaf\xf0"), text);
    assert_string_equal(text, "00aff0");
    digest_hex(bytes_of(NULL, 0), text);
    assert_string_equal(text, "");
    assert_true(sha256_text(BYTES_LITERAL("abc"), sha));
    assert_string_equal(
            sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void no_memory_gives_no_digest(void **state)
{
    struct digest *d;

    (void)state;
    oom_fail_at(1);
    d = digest_new(DIGEST_SHA256);
    oom_fail_at(0);
    assert_null(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(published_examples_come_out_split_anywhere),
            cmocka_unit_test(lengths_and_names_belong_to_their_kind),
            cmocka_unit_test(hex_is_lower_case_and_ends_in_nul),
            cmocka_unit_test(no_memory_gives_no_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
