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

/* RFC 1321 appendix A.5, FIPS 180-4 examples, GB/T 32905-2016 appendix A, FIPS 202 example
 * "abc", the page of RIPEMD-160's authors. */
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
        {DIGEST_SHA224, "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {DIGEST_SHA384, "abc",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                "8086072ba1e7cc2358baeca134c825a7"},
        {DIGEST_SHA3_224, "abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"},
        {DIGEST_SHA3_256, "abc",
                "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
        {DIGEST_SHA3_384, "abc",
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                "98d88cea927ac7f539f1edf228376d25"},
        {DIGEST_SHA3_512, "abc",
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
        {DIGEST_RIPEMD160, "abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {DIGEST_RIPEMD160, "message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"},
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
    for (int kind = 0; kind < DIGEST_KINDS; kind++) {
        assert_in_range(digest_length((enum digest_kind)kind), 16, DIGEST_MOST);
        assert_non_null(digest_name((enum digest_kind)kind));
    }
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
