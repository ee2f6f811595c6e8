/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/digest_table.h"
#include "classify/murmur.h"
#include "tests/support/oom.h"

/* All of "zhang.san@example.com", by Python's hashlib, openssl and a reading of the reference
 * code of MurmurHash3 in Python. */
static const struct {
    const char *hex, *outer, *inner;
} vectors[] = {
        {"925efd44b957e28fe5d6d3dc057cfd64", "md5", ""},
        {"4b1d1c804bb5ce8c36bad2262de2ba6035d9e013", "sha1", ""},
        {"32b1d6a0d5a986aeee61ad2e84f2e62da6fb56365232e756a2dc6fed", "sha224", ""},
        {"e83e76d596bd7d4e6c4f183f7ce58873e2e1969a8ec4918ef1ea0316e6868793", "sha256", ""},
        {"cf1698f7a99d614840f6a2c682d902e501564f22dc8157db62e57de9d9708a22"
         "241ebfad4e5708163487ace692912337",
                "sha384", ""},
        {"3de33c2be9e6c73ff488ffefb0e7cb8ed7b8a325d281f6d2bd17ebeb22856fd2"
         "3e0d64b455b5c7d1e4bbdc96a61c7427229cab01da8e8b9228b7c076a664bb0c",
                "sha512", ""},
        {"c2fef330e411dfa910f72446a2906fa4e467b27aa130aa1f3edd9551", "sha3-224", ""},
        {"fac140c1678880e7329abda6a87e5349f7a0e3f98876399fa42e5e266923cc77", "sha3-256", ""},
        {"803ba7994d88f121e546c5dab651ba72d24288e7c4313fc208a3e087c46066f8"
         "df1c0f5458cb330683d4bed5539044cc",
                "sha3-384", ""},
        {"2436e70f4e1b12d26046ca9f11f5c372f47078c82f894a4b51a3d95622bee6a4"
         "3409a32899df8c6ed2638e83cd02aee8df2ab75e11baf92d011f07717e0e06ec",
                "sha3-512", ""},
        {"d64d0721e7caf1acf338280c69483df646ab8598", "ripemd160", ""},
        {"46c3d268cd82ddf138706ed9681a4594ddb5da90d5c999bc8d8f1fa7de90ee76", "sm3", ""},
        {"a4c0efae9a0aff0ea63752fe768b1579", "murmur3-x64-128", ""},
        {"a63752fe768b1579a4c0efae9a0aff0e", "murmur3-x64-128", ""},
        {"0eff0a9aaeefc0a479158b76fe5237a6", "murmur3-x64-128", ""},
        {"0119ebb5258f9308c902508c1c89075d", "md5", "md5"},
        {"07e205dfab5c57fe37effa2624c242be", "md5", "md5"},
        {"142f4fe2de2e470ba0386e39ae929e31f3296dd5", "sha1", "md5"},
        {"8c3b7af579c76e7eed994e7424521cc24ece9d90", "sha1", "md5"},
        {"43cc9748281b884a1dca6e34d5d9891209c3c915f6ad8f035241d9fb46a4b884", "sha256", "md5"},
        {"699005668a670267c553a9d20711c2b3e276c299279bbe3ae8203e295c02c3f7", "sha256", "md5"},
        {"6cc788d026c8395acff82bbefc8a17af", "md5", "sha1"},
        {"81522ef5b568e4669456342273356fd2", "md5", "sha1"},
        {"e7fc06d24e9ba9a986f6eadea13c3dffb33a7020", "sha1", "sha1"},
        {"d778b9359cfdba7d4d71f0f7c3a87c3ec42c0411", "sha1", "sha1"},
        {"90794907a692e18dc9751af6199d8d5c983848fa14cb737a37b941a998ac6b58", "sha256", "sha1"},
        {"3fcf329324c32758186096943ac53941bca44d428853fbfa6a8ff3222b34347d", "sha256", "sha1"},
        {"b27b46abc65c36284256bb6cafbe15cb", "md5", "sha256"},
        {"c9ba543ecf893b08dfcd2eb0b3ed236a", "md5", "sha256"},
        {"289dbfb2753c1364546d684407532b83b52f297d", "sha1", "sha256"},
        {"26cacaa16ae532e9310a1fa7c6671f9f1e2ddd8f", "sha1", "sha256"},
        {"729f88437e41e1390e72aadd18d08d139695a4e244e9235c2bd2f8d457245046", "sha256",
                "sha256"},
        {"a82304d62cfc5b81d9d8331ac28fdedb659bb59e393ae1661643127466ad0049", "sha256",
                "sha256"},
};

static size_t raw_of(const char *hex, uint8_t out[64])
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(ascii_hex_value((uint8_t)hex[2 * i]) << 4 |
                           ascii_hex_value((uint8_t)hex[2 * i + 1]));
    return n;
}

static struct digest_table *made(const struct bytes *texts, size_t n)
{
    struct digest_table *t = NULL;
    bool left_out = true;

    assert_int_equal(digest_table_new(texts, n, &t, &left_out), STATUS_OK);
    assert_false(left_out);
    return t;
}

static void every_digest_of_a_text_is_found_with_its_name(void **state)
{
    const struct bytes texts[] = {BYTES_LITERAL("another"), BYTES_LITERAL(""),
            BYTES_LITERAL("zhang.san@example.com")};
    struct digest_table *t = made(texts, 3);

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        struct digest_found found;
        uint8_t raw[64];
        size_t n = raw_of(vectors[i].hex, raw), at = 0;

        assert_true(digest_table_length(n));
        if (!digest_table_find(t, bytes_of(raw, n), &at, &found))
            fail_msg("no %s of %s", vectors[i].outer, vectors[i].inner);
        assert_int_equal(found.text, 2);
        assert_string_equal(found.names[0], vectors[i].outer);
        assert_int_equal(found.layers, vectors[i].inner[0] == '\0' ? 1 : 2);
        if (found.layers == 2)
            assert_string_equal(found.names[1], vectors[i].inner);
        assert_false(digest_table_find(t, bytes_of(raw, n), &at, &found));
        raw[n - 1] ^= 1;
        at = 0;
        assert_false(digest_table_find(t, bytes_of(raw, n), &at, &found));
        assert_false(digest_table_find(t, bytes_of(raw, n - 1), &at, &found));
    }
    digest_table_free(t);
    digest_table_free(NULL);
}

static void the_same_text_twice_is_found_twice(void **state)
{
    const struct bytes texts[] = {BYTES_LITERAL("a"), BYTES_LITERAL("b"), BYTES_LITERAL("a")};
    struct digest_table *t = made(texts, 3);
    struct digest_found found;
    uint8_t raw[64];
    size_t at = 0, n = raw_of("0cc175b9c0f1b6a831c399e269772661", raw); /* MD5 of "a" */

    (void)state;
    assert_true(digest_table_find(t, bytes_of(raw, n), &at, &found) && found.text == 0);
    assert_true(digest_table_find(t, bytes_of(raw, n), &at, &found) && found.text == 2);
    assert_false(digest_table_find(t, bytes_of(raw, n), &at, &found));
    digest_table_free(t);
}

static void what_does_not_fit_is_said_to_be_left_out(void **state)
{
    enum { MANY = DIGEST_TABLE_MOST / 20 };
    struct bytes *texts = calloc(MANY, sizeof(*texts));
    struct digest_table *t = NULL;
    bool left_out = false;

    (void)state;
    assert_non_null(texts); /* all empty: nothing is computed */
    assert_int_equal(digest_table_new(texts, MANY, &t, &left_out), STATUS_OK);
    assert_true(left_out);
    digest_table_free(t);
    free(texts);
}

static void every_allocation_may_fail(void **state)
{
    const struct bytes texts[] = {BYTES_LITERAL("a")};
    long nth = 1;

    (void)state;
    for (;; nth++) {
        struct digest_table *t = NULL;
        bool left_out, happened;
        enum status status;

        oom_fail_at(nth);
        status = digest_table_new(texts, 1, &t, &left_out);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        assert_true((t == NULL) == happened);
        digest_table_free(t);
        if (!happened)
            break;
    }
    assert_true(nth > 10);
}

/* The examples of the JavaScript implementation that fingerprinting scripts carry. */
static void murmur_gives_what_scripts_get(void **state)
{
    static const struct {
        const char *text;
        uint64_t word[2];
    } cases[] = {{"", {0, 0}}, {"hello", {0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19}},
            {"I will not buy this record, it is scratched.",
                    {0xc382657f9a06c49d, 0x4a71fdc6d9b0d48f}}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct murmur m = murmur_x64_128(bytes_text(cases[i].text), 0);

        assert_true(m.word[0] == cases[i].word[0] && m.word[1] == cases[i].word[1]);
    }
    assert_true(murmur_x64_128(BYTES_LITERAL("hello"), 1).word[0] != cases[1].word[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_digest_of_a_text_is_found_with_its_name),
            cmocka_unit_test(the_same_text_twice_is_found_twice),
            cmocka_unit_test(what_does_not_fit_is_said_to_be_left_out),
            cmocka_unit_test(every_allocation_may_fail),
            cmocka_unit_test(murmur_gives_what_scripts_get),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
