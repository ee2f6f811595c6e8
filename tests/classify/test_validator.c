/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/digest.h"
#include "classify/validator.h"
#include "tests/classify/scored_world.h"
#include "tests/support/oom.h"

#define ID "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
#define GET(ms, etag, body)                                                                    \
    "1 " #ms " GET https://px.test/p.gif 200 img | < ETag: " etag " | = " body
#define BACK(ms, etag) "1 " #ms " GET https://px.test/p.gif 304 img | > If-None-Match: " etag

/* The world has bodies without hashes: as body.c would make them. */
static void hash(struct scored_world *w)
{
    for (size_t i = 0; i < w->w.e.exchange_count; i++) {
        struct body *b = &w->w.e.exchanges[i]->response.body;
        uint8_t raw[DIGEST_MOST];

        assert_true(digest_once(DIGEST_SHA256, b->data, raw));
        memcpy(b->sha256, raw, sizeof(b->sha256));
    }
}

static const struct trace *judge(struct scored_world *w)
{
    const struct trace *found = NULL;

    hash(w);
    assert_int_equal(validators_mark(&w->w.e, w->j.traces, w->j.trace_count), STATUS_OK);
    for (size_t i = 0; i < w->j.trace_count; i++)
        if (w->j.traces[i]->carrier == CARRIER_ETAG)
            found = w->j.traces[i];
    assert_non_null(found);
    return found;
}

static void the_opaque_part_stands_between_the_quotes(void **state)
{
    static const char *const texts[][2] = {{"\"abc\"", "abc"}, {"W/\"abc\"", "abc"},
            {" \"abc-gzip\" ", "abc"}, {"\"abc;br\"", "abc"}, {"abc", "abc"}, {"\"", "\""},
            {"", ""}, {"\"\"", ""}, {"W/", "W/"}};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_true(bytes_is(validator_opaque(bytes_text(texts[i][0])), texts[i][1]));
}

static void a_generated_validator_of_a_pixel_identifies(void **state)
{
    struct scored_world w;
    const struct trace *t;

    (void)state;
    SCORED_MAKE(&w, GET(0, "\"" ID "\"", "GIF89a"), BACK(900, "\"" ID "\""));
    t = judge(&w);
    assert_int_equal(t->class_, CLASS_BROWSER_IDENTIFIER);
    assert_int_equal(t->grade, GRADE_INFERRED);
    assert_int_equal(t->set_by, 0);
    assert_string_equal(t->set_how, "response");
    scored_clear(&w);
}

static void two_validators_of_one_content_identify(void **state)
{
    struct scored_world w;
    const struct trace *t;

    (void)state;
    SCORED_MAKE(&w, GET(0, "\"Kx8Qw-2pLmZ_9tRe\"", "same"),
            GET(500, "\"Jy7Pv-3oKnY_8sQd\"", "same"), BACK(900, "\"Kx8Qw-2pLmZ_9tRe\""));
    t = judge(&w);
    assert_int_equal(t->class_, CLASS_BROWSER_IDENTIFIER);
    assert_int_equal(t->grade, GRADE_OBSERVED);
    scored_clear(&w);
}

/* By coreutils and openssl, of "GIF89a". */
static void a_digest_of_the_content_identifies_nobody(void **state)
{
    static const char *const digests[] = {"1ac2109d47dbc72551f71df89d01ed18",
            "25C9B37AE36A0A08318D4DCA7CA57EA98D776821",
            "610f5ae4d76e332636a17bd357fd6ce99029316a99d320280d4d77a746bf29e8",
            "610f5ae4d76e332636a17bd357fd6ce9",
            "JcmzeuNqCggxjU3KfKV+qY13aCE=", "6-JcmzeuNqCggxjU3KfKV-qY13aCE"};

    (void)state;
    for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
        char get[512], back[512];
        struct scored_world w;

        (void)snprintf(get, sizeof(get), GET(0, "\"%s\"", "GIF89a"), digests[i]);
        (void)snprintf(back, sizeof(back), BACK(900, "W/\"%s\""), digests[i]);
        SCORED_MAKE(&w, get, back);
        assert_int_equal(judge(&w)->class_, CLASS_TECHNICAL);
        scored_clear(&w);
    }
}

static void what_servers_measure_identifies_nobody(void **state)
{
    /* 2015-10-21 07:28:00 is 1445412480, 0x56273e80; the body has 6 bytes. */
    static const struct {
        const char *etag;
        enum trace_class class_;
    } etags[] = {{"\"56273e80-6\"", CLASS_TECHNICAL},
            {"\"1a2b3c4d-6-52298516ca000\"", CLASS_TECHNICAL},
            {"\"6-52298516ca000\"", CLASS_TECHNICAL}, {"\"56273e81-6\"", CLASS_UNKNOWN},
            {"\"6-Kx8Qw2pLmZ9tRe4vBn\"", CLASS_UNKNOWN}};

    (void)state;
    for (size_t i = 0; i < sizeof(etags) / sizeof(*etags); i++) {
        char get[512], back[512];
        struct scored_world w;

        (void)snprintf(get, sizeof(get),
                GET(0, "%s", "GIF89a") " | < Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT",
                etags[i].etag);
        (void)snprintf(back, sizeof(back), BACK(900, "%s"), etags[i].etag);
        SCORED_MAKE(&w, get, back);
        assert_int_equal(judge(&w)->class_, etags[i].class_);
        scored_clear(&w);
    }
}

static void what_one_capture_cannot_tell_stays_open(void **state)
{
    struct scored_world w;
    const struct trace *t;

    (void)state;
    /* Not seen how it was issued. */
    SCORED_MAKE(&w, BACK(900, "\"" ID "\""));
    t = judge(&w);
    assert_int_equal(t->class_, CLASS_UNKNOWN);
    assert_int_equal(t->set_by, ATTRIBUTION_NONE);
    scored_clear(&w);
    /* Packed on the way: the digest may be of the packed form. */
    SCORED_MAKE(&w, GET(0, "\"" ID "\"", "GIF89a"), BACK(900, "\"" ID "\""));
    w.w.e.exchanges[0]->response.body.coding_count = 1;
    w.w.e.exchanges[0]->response.body.codings[0] = "gzip";
    assert_int_equal(judge(&w)->class_, CLASS_UNKNOWN);
    scored_clear(&w);
    /* Too short. */
    SCORED_MAKE(&w, GET(0, "\"1a2b\"", "GIF89a"), BACK(900, "\"1a2b\""));
    assert_int_equal(judge(&w)->class_, CLASS_TECHNICAL);
    scored_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    struct scored_world w;
    enum status status;
    long at = 0;

    (void)state;
    SCORED_MAKE(&w, GET(0, "\"" ID "\"", "GIF89a"), BACK(900, "\"" ID "\""));
    hash(&w);
    do {
        oom_fail_at(++at);
        status = validators_mark(&w.w.e, w.j.traces, w.j.trace_count);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status == STATUS_NOMEM);
    assert_true(at > 1);
    scored_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_opaque_part_stands_between_the_quotes),
            cmocka_unit_test(a_generated_validator_of_a_pixel_identifies),
            cmocka_unit_test(two_validators_of_one_content_identify),
            cmocka_unit_test(a_digest_of_the_content_identifies_nobody),
            cmocka_unit_test(what_servers_measure_identifies_nobody),
            cmocka_unit_test(what_one_capture_cannot_tell_stays_open),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
