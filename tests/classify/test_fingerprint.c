/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/fingerprint.h"
#include "tests/classify/judged_world.h"
#include "tests/support/oom.h"

#define TO(host) " https://" host ".test/c?"
#define FROM " | > Referer: https://www.news.test/"
#define POST_JSON                                                                              \
    "2 100 POST https://x.fp.test/c 200 fetch" FROM " | > Content-Type: application/json | * "

static void find(struct judged_world *d)
{
    assert_int_equal(fingerprint_find(&d->w.e, &d->setup, &d->j, &d->out), STATUS_OK);
}

/* A request that is none, or is one. */
static size_t found_in(const char *line)
{
    struct judged_world d;
    size_t n;

    JUDGED_MAKE(&d, JUDGED_PAGE, line);
    find(&d);
    n = d.out.n;
    judged_clear(&d);
    return n;
}

static void a_set_of_attributes_in_a_body_is_found_with_its_fields(void **state)
{
    struct judged_world d;
    const struct finding *f;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE,
            POST_JSON "{\"screen\":\"1920x1080\",\"canvas\":\"e1f0aa4cbd5b1ab1\",\"gl\":"
                      "\"ANGLE (Intel, Mesa)\",\"tz\":\"Asia/Shanghai\",\"cores\":8}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    f = d.out.at[0];
    assert_string_equal(f->kind, "fingerprinting");
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_true(bytes_is(f->recipient, "x.fp.test"));
    assert_true(bytes_is(f->recipient_site, "fp.test"));
    assert_int_equal(fact_of(f, "signals")->list_count, 5);
    assert_true(fact_lists(f, "signals", "canvas (canvas)"));
    assert_true(fact_lists(f, "signals", "webgl (gl)"));
    assert_true(fact_lists(f, "signals", "time-zone (tz)"));
    assert_true(fact_lists(f, "signals", "screen (screen)"));
    assert_true(fact_lists(f, "strong", "canvas"));
    assert_true(fact_lists(f, "strong", "webgl"));
    assert_int_equal(fact_of(f, "strong")->list_count, 2);
    assert_int_equal(f->evidence_count, 5);
    assert_int_equal(f->trace_count, 5);
    assert_string_equal(f->statement_en,
            "x.fp.test, a third party, received 5 attributes of the browser and the device "
            "together in one request from a page of news.test: canvas, webgl, time-zone, "
            "processors, screen. Such sets are what browsers are told apart by without a "
            "cookie.");
    judged_clear(&d);
}

static void evidence_is_the_bytes_of_the_values(void **state)
{
    struct judged_world d;
    const struct place *p;
    struct bytes body;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, POST_JSON "{\"canvas\":\"e1f0aa4cbd5b1ab1\",\"dpr\":2}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    p = &d.out.at[0]->evidence[0];
    assert_string_equal(p->part, "request.body");
    body = d.w.e.exchanges[p->exchange]->request.body.data;
    assert_true(bytes_is(bytes_slice(body, p->off, p->off + p->len), "e1f0aa4cbd5b1ab1"));
    judged_clear(&d);
}

static void plain_analytics_is_no_fingerprint(void **state)
{
    (void)state;
    assert_int_equal(
            found_in("2 100 GET" TO("a.stats") "sr=1920x1080&ul=zh-cn&vp=1900x900&sd=24-bit&tz="
                                               "-480&platform=Win32&ua=Mozilla 200 img" FROM),
            0);
    assert_int_equal(found_in("2 100 GET https://hm.baidu.com/hm.gif?cl=24-bit&ds=1920x1080&"
                              "vl=963&ln=zh-cn&ja=0&si=aa&su=&v=1.3.2 200 img" FROM),
            0);
    assert_int_equal(found_in("2 100 GET https://www.google-analytics.com/g/collect?v=2&tid=G-A"
                              "&cid=1.2&ul=en-us&sr=1920x1080&uaa=x86&uab=64&uap=Linux&uapv=6 "
                              "200 img" FROM),
            0);
}

static void three_beyond_the_usual_or_a_strong_one_and_another_are(void **state)
{
    (void)state;
    assert_int_equal(found_in(POST_JSON "{\"tz\":-480,\"cores\":8}"), 0);
    assert_int_equal(found_in(POST_JSON "{\"tz\":-480,\"cores\":8,\"deviceMemory\":8}"), 1);
    assert_int_equal(found_in(POST_JSON "{\"canvas\":\"e1f0aa4cbd5b1ab1\"}"), 0);
    assert_int_equal(
            found_in(POST_JSON "{\"canvas\":\"e1f0aa4cbd5b1ab1\",\"lang\":\"zh\"}"), 0);
    assert_int_equal(found_in(POST_JSON "{\"canvas\":\"e1f0aa4cbd5b1ab1\",\"sw\":1920}"), 1);
    /* What is merely called one needs more than a screen beside it. */
    assert_int_equal(found_in(POST_JSON "{\"fp\":\"e1f0aa4cbd5b1ab1\",\"sw\":1920}"), 0);
    assert_int_equal(
            found_in(POST_JSON "{\"fp\":\"e1f0aa4cbd5b1ab1\",\"sw\":1920,\"cores\":4}"), 1);
}

static void attributes_of_different_requests_do_not_add_up(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, POST_JSON "{\"tz\":-480,\"cores\":8}",
            "2 300 POST https://x.fp.test/c 200 fetch" FROM " | * {\"deviceMemory\":8}");
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
}

static void what_is_packed_is_unpacked(void **state)
{
    (void)state;
    /* base64 of {"canvas":"e1f0aa4cbd5b1ab1","tz":"Asia/Shanghai"} by coreutils. */
    assert_int_equal(found_in("2 100 GET" TO(
                             "x.fp") "d=eyJjYW52YXMiOiJlMWYwYWE0Y2JkNWIxYWIxIiwidHoiOiJBc"
                                     "2lhL1NoYW5naGFpIn0= 200 img" FROM),
            1);
    assert_int_equal(
            found_in("2 100 POST https://x.fp.test/c 200 fetch" FROM " | > Content-Type: "
                     "text/plain | * eyJjYW52YXMiOiJlMWYwYWE0Y2JkNWIxYWIxIiwidHoiOiJBc2"
                     "lhL1NoYW5naGFpIn0="),
            1);
    assert_int_equal(
            found_in(POST_JSON "{\"payload\":\"{\\\"canvas\\\":\\\"e1f0aa4cbd5b1ab1\\\","
                               "\\\"dpr\\\":2}\"}"),
            1);
}

static void components_are_known_by_the_name_around_their_value(void **state)
{
    (void)state;
    assert_int_equal(found_in(POST_JSON "{\"canvas\":{\"value\":\"e1f0aa4cbd5b1ab1\"},"
                                        "\"deviceMemory\": { \"value\" : 8 }}"),
            1);
    assert_int_equal(found_in(POST_JSON "[{\"key\":\"canvas\",\"value\":\"e1f0aa4cbd5b1ab1\"},"
                                        "{\"key\":\"dpr\",\"value\":2}]"),
            1);
    assert_int_equal(found_in(POST_JSON "{\"fonts\":{\"value\":[\"Arial\",\"Calibri\","
                                        "\"Georgia\",\"SimSun\",\"Tahoma\"]},\"cores\":8}"),
            1);
    assert_int_equal(found_in(POST_JSON "{\"fonts\":{\"value\":[\"Arial\",\"Calibri\","
                                        "\"Georgia\",\"SimSun\"]},\"cores\":8}"),
            0);
}

static void only_third_parties_and_makers_of_fingerprints_count(void **state)
{
    struct judged_world d;

    (void)state;
    assert_int_equal(found_in("2 100 POST https://x.news.test/c 200 fetch" FROM
                              " | * {\"canvas\":\"e1f0aa4cbd5b1ab1\",\"dpr\":2,\"cores\":8}"),
            0);
    /* A vendor's protocol at a host of the page: it serves the vendor's customer. */
    JUDGED_MAKE(&d, JUDGED_PAGE,
            "2 100 POST https://fp.news.test/deviceprofile/v4 200 fetch" FROM
            " | > Content-Type: application/json | * {\"organization\":\"o\",\"ep\":\"QUJD\","
            "\"data\":\"00ff\",\"os\":\"web\"}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    fact_is(d.out.at[0], "vendor", "Shumei device profile (own host)");
    judged_clear(&d);
}

static void client_hints_in_headers_count_as_one(void **state)
{
    (void)state;
    assert_int_equal(found_in(POST_JSON "{\"tz\":-480,\"cores\":8} | > sec-ch-ua-model: \"X\" "
                                        "| > sec-ch-ua-arch: \"x86\""),
            1);
    assert_int_equal(found_in("2 100 GET" TO(
                             "x.fp") "tz=-480 200 img" FROM
                                     " | > sec-ch-ua-model: \"X\" | > sec-ch-ua-arch: \"x86\""),
            0);
}

static void one_finding_for_a_recipient_and_page_with_the_richest_request(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, POST_JSON "{\"canvas\":\"e1f0aa4cbd5b1ab1\",\"dpr\":2}",
            "2 300 POST https://y.fp.test/d 200 fetch" FROM
            " | * {\"canvas\":\"e1f0aa4cbd5b1ab1\",\"dpr\":2,\"cores\":8}");
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_true(bytes_is(d.out.at[0]->recipient, "y.fp.test"));
    fact_counts(d.out.at[0], "times_sent", 2);
    judged_clear(&d);
}

static void every_failed_allocation_is_told(void **state)
{
    enum status status;
    long at = 0;

    (void)state;
    do {
        struct judged_world d;

        JUDGED_MAKE(&d, JUDGED_PAGE,
                POST_JSON
                "{\"p\":\"{\\\"canvas\\\":\\\"e1f0aa4cbd5b1ab1\\\",\\\"dpr\\\":2}\"}");
        oom_fail_at(++at);
        status = fingerprint_find(&d.w.e, &d.setup, &d.j, &d.out);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        judged_clear(&d);
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_set_of_attributes_in_a_body_is_found_with_its_fields),
            cmocka_unit_test(evidence_is_the_bytes_of_the_values),
            cmocka_unit_test(plain_analytics_is_no_fingerprint),
            cmocka_unit_test(three_beyond_the_usual_or_a_strong_one_and_another_are),
            cmocka_unit_test(attributes_of_different_requests_do_not_add_up),
            cmocka_unit_test(what_is_packed_is_unpacked),
            cmocka_unit_test(components_are_known_by_the_name_around_their_value),
            cmocka_unit_test(only_third_parties_and_makers_of_fingerprints_count),
            cmocka_unit_test(client_hints_in_headers_count_as_one),
            cmocka_unit_test(one_finding_for_a_recipient_and_page_with_the_richest_request),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
