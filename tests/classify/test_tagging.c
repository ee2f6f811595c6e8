/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/tagging.h"
#include "tests/classify/evidence_world.h"

static void gives(const char *line, const char *wanted)
{
    struct evidence_world w;
    bool signs[TAGGING_SIGNS] = {false};
    char got[256] = "";

    WORLD_MAKE(&w, line);
    tagging_signs(&w.e, w.e.exchanges[0], signs);
    for (size_t i = 0; i < TAGGING_SIGNS; i++) {
        size_t n = strlen(got);

        if (signs[i])
            (void)snprintf(got + n, sizeof(got) - n, "%s%s", n == 0 ? "" : ", ",
                    tagging_sign_name((enum tagging_sign)i));
    }
    assert_string_equal(got, wanted);
    world_clear(&w);
}

static void each_sign_is_seen(void **state)
{
    (void)state;
    gives("1 0 GET https://m.news.test/g/collect?v=2&tid=G-1A2B3C&cid=1 204 img",
            "collect-path");
    gives("1 0 GET https://m.news.test/j/collect?v=1&tid=UA-1-2 204 img", "collect-path");
    gives("1 0 GET https://m.news.test/data?tid=G-1A2B3C&v=2 204 img", "vendor-protocol");
    gives("1 0 GET https://m.news.test/gtm.js?id=GTM-AB12 200 script", "tag-script");
    gives("1 0 GET https://m.news.test/gtag/js?id=G-1 200 script | = google_tag_manager",
            "tag-script, container");
    gives("1 0 GET https://m.news.test/x 200 img | > Cookie: a=b; FPID=FPID2.1.x",
            "tag-cookie");
    gives("1 0 GET https://m.news.test/x 200 img | < Set-Cookie: FPLC=x; HttpOnly",
            "tag-cookie");
    gives("1 0 GET https://m.news.test/x 200 img | < Server: Golfe2", "container");
}

static void other_requests_have_none(void **state)
{
    (void)state;
    gives("1 0 GET https://m.news.test/g/collect 204 img", "");
    gives("1 0 GET https://m.news.test/g/collect?v=1&tid=G-1A2B3C 204 img", "");
    gives("1 0 GET https://m.news.test/a/gtm.js 200 script", "");
    gives("1 0 GET https://m.news.test/x 200 img | > Cookie: fpid=x | < Server: nginx", "");
}

static void names_that_host_containers_are_known(void **state)
{
    (void)state;
    assert_true(tagging_alias(BYTES_LITERAL("euk.stape.io")));
    assert_true(tagging_alias(BYTES_LITERAL("stape.io")));
    assert_false(tagging_alias(BYTES_LITERAL("notstape.io")));
    assert_false(tagging_alias(BYTES_LITERAL("io")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_sign_is_seen),
            cmocka_unit_test(other_requests_have_none),
            cmocka_unit_test(names_that_host_containers_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
