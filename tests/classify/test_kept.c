/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/kept.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

#define UID "f81d4fae7dec11d0a765"

struct kept {
    struct evidence_world w;
    struct arena *arena;
    struct traces t;
    bool capped;
};

static void judge(struct kept *k)
{
    k->capped = false;
    k->arena = arena_new((size_t)64 << 20);
    assert_non_null(k->arena);
    assert_int_equal(gather_traces(k->arena, &k->w.e, &k->w.a, &k->t), STATUS_OK);
    assert_int_equal(kept_find(&k->w.e, &k->w.a, k->t.at, k->t.n, &k->capped), STATUS_OK);
    assert_false(k->capped);
}

/* The signs of the one trace of that carrier and value. */
static unsigned signs(const struct kept *k, enum carrier carrier, const char *value)
{
    for (size_t i = 0; i < k->t.n; i++) {
        if (k->t.at[i]->carrier == carrier && bytes_is(k->t.at[i]->value, value))
            return k->t.at[i]->signs;
    }
    fail_msg("no such trace: %s", value);
    return 0;
}

static void done(struct kept *k)
{
    arena_free(k->arena);
    world_clear(&k->w);
}

static void a_value_on_a_later_page_was_kept(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w, "1 0 GET https://a.test/ 200 nav",
            "2 100 GET https://t.test/p?u=" UID "&n=1122334455 200 img"
            " | > Referer: https://a.test/",
            "1 500 GET https://a.test/two 200 nav",
            /* The Referer of a request to another site names the origin, not the first page. */
            "2 600 GET https://t.test/q?u=" UID "&n=9988776655 200 img"
            " | > Referer: https://a.test/");
    judge(&k);
    assert_int_equal(signs(&k, CARRIER_QUERY, UID), KEPT_AGAIN);
    assert_int_equal(signs(&k, CARRIER_QUERY, "1122334455"), 0);
    done(&k);
}

static void a_value_twice_on_one_page_may_be_of_that_page(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w, "1 0 GET https://a.test/ 200 nav",
            "2 100 GET https://t.test/p?u=" UID " 200 img | > Referer: https://a.test/",
            "2 200 GET https://t.test/q?u=" UID " 200 img | > Referer: https://a.test/");
    judge(&k);
    assert_int_equal(signs(&k, CARRIER_QUERY, UID), 0);
    done(&k);
}

static void a_cookie_that_each_response_replaces_is_a_nonce(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w, "1 0 GET https://a.test/ 200 nav | < Set-Cookie: n=aaaaaaaaaa1111",
            "1 100 GET https://a.test/1 200 img | > Cookie: n=aaaaaaaaaa1111"
            " | < Set-Cookie: n=bbbbbbbbbb2222",
            "1 200 GET https://a.test/2 200 img | > Cookie: n=bbbbbbbbbb2222"
            " | < Set-Cookie: n=cccccccccc3333",
            "1 300 GET https://a.test/3 200 img | > Cookie: n=cccccccccc3333");
    judge(&k);
    assert_int_equal(signs(&k, CARRIER_COOKIE, "bbbbbbbbbb2222"), KEPT_REPLACED);
    assert_int_equal(signs(&k, CARRIER_SET_COOKIE, "aaaaaaaaaa1111"), KEPT_REPLACED);
    done(&k);
}

static void a_cookie_that_is_set_again_as_it_was_is_none(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w, "1 0 GET https://a.test/ 200 nav | < Set-Cookie: n=aaaaaaaaaa1111",
            "1 100 GET https://a.test/1 200 img | > Cookie: n=aaaaaaaaaa1111"
            " | < Set-Cookie: n=aaaaaaaaaa1111",
            "1 200 GET https://a.test/2 200 img | > Cookie: n=aaaaaaaaaa1111"
            " | < Set-Cookie: n=aaaaaaaaaa1111");
    judge(&k);
    assert_int_equal(signs(&k, CARRIER_COOKIE, "aaaaaaaaaa1111"), 0);
    done(&k);
}

static void a_text_of_a_script_may_be_the_same_for_everybody(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w,
            "1 0 GET https://a.test/ 200 nav | < Content-Type: text/html"
            " | = <script>app('page-0123456789ab')</script>",
            "2 100 GET https://t.test/t.js 200 script | > Referer: https://a.test/"
            " | < Content-Type: text/javascript | = send('site=" UID "');",
            "2 200 GET https://t.test/p?s=" UID "&k=page-0123456789ab&o=x" UID " 200 img"
            " | > Referer: https://a.test/",
            /* What comes later brought nothing. */
            "2 300 GET https://t.test/u.js 200 script | > Referer: https://a.test/"
            " | < Content-Type: text/javascript | = send('x" UID "');");
    judge(&k);
    assert_int_equal(signs(&k, CARRIER_QUERY, UID), KEPT_IN_SCRIPT);
    assert_int_equal(signs(&k, CARRIER_QUERY, "page-0123456789ab"), KEPT_IN_PAGE);
    assert_int_equal(signs(&k, CARRIER_QUERY, "x" UID), 0);
    done(&k);
}

static void says_so_when_memory_runs_out(void **state)
{
    struct kept k;

    (void)state;
    WORLD_MAKE(&k.w, "1 0 GET https://a.test/ 200 nav | < Set-Cookie: n=aaaaaaaaaa1111",
            "1 100 GET https://a.test/1?u=" UID " 200 img | > Cookie: n=aaaaaaaaaa1111");
    judge(&k);
    for (long n = 1;; n++) {
        enum status status;
        bool happened;

        oom_fail_at(n);
        status = kept_find(&k.w.e, &k.w.a, k.t.at, k.t.n, &k.capped);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        if (!happened)
            break;
    }
    done(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_on_a_later_page_was_kept),
            cmocka_unit_test(a_value_twice_on_one_page_may_be_of_that_page),
            cmocka_unit_test(a_cookie_that_each_response_replaces_is_a_nonce),
            cmocka_unit_test(a_cookie_that_is_set_again_as_it_was_is_none),
            cmocka_unit_test(a_text_of_a_script_may_be_the_same_for_everybody),
            cmocka_unit_test(says_so_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
