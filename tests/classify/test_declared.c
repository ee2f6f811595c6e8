/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/declared_world.h"

static void a_digest_sent_to_a_third_party_is_a_leak(void **state)
{
    struct declared_world d;
    const struct finding *f;
    struct hit *h;

    (void)state;
    MAKE(&d, PAGE,
            "2 100 POST https://c.statsly.test/e?v=1 204 fetch | > Origin: "
            "https://www.news.test"
            " | > Content-Type: application/x-www-form-urlencoded | * em=" DIGEST "&x=1",
            "2 200 POST https://c.statsly.test/e?v=2 204 fetch | > Origin: "
            "https://www.news.test"
            " | > Content-Type: application/x-www-form-urlencoded | * em=" DIGEST "&x=2",
            "1 300 POST https://www.news.test/login 200 fetch | * em=" EMAIL);
    h = add(&d, EMAIL_VALUE, 1, "body", "em", DIGEST);
    h->digests[h->digest_count++] = "sha256";
    d.hits[d.j.hits.n++] = *h;
    d.hits[1].place.exchange = 2;
    (void)add(&d, EMAIL_VALUE, 3, "body", "em", EMAIL);
    find(&d);
    assert_int_equal(d.found.n, 1);
    f = one(&d, "personal-data-leak");
    fact_is(f, "field", "em");
    fact_is(f, "value_label", "email");
    fact_counts(f, "value_number", 1);
    fact_is_list(f, "encoding", "sha256");
    fact_is(f, "where", "body");
    fact_counts(f, "times_sent", 2);
    fact_is(f, "party", "third");
    assert_null(fact_of(f, "partial"));
    fact_is(f, "before_first_party", "yes");
    fact_is_list(f, "sites_seen_on", "news.test");
    assert_int_equal(f->grade, GRADE_DERIVED);
    assert_int_equal(f->evidence_count, 2);
    assert_string_equal(f->evidence[0].part, "request.body");
    assert_int_equal(f->evidence[0].off, 3);
    assert_int_equal(f->evidence[0].len, 64);
    assert_true(bytes_is(f->recipient, "c.statsly.test"));
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_int_equal(f->trace_count, 1);
    assert_string_equal(f->statement_en,
            "c.statsly.test, a third party, was sent your e-mail address (declared value 1), "
            "written as SHA-256, in the field \"em\" of the body, 2 times on pages of "
            "news.test; "
            "the page's own site was sent it only later.");
    assert_string_equal(f->statement_zh,
            "在 news.test 的页面上，第三方 c.statsly.test 共 2 次收到您的电子邮箱地址（第 1 "
            "个声明值），其形式由外到内为 "
            "SHA-256 摘要，位于正文字段“em”；在此之后页面所属网站才收到该值。");
    assert_null(strstr(f->statement_en, EMAIL));
    assert_int_equal(trace_of(&d, DIGEST)->class_, CLASS_DIRECT);
    assert_int_equal(trace_of(&d, DIGEST)->grade, GRADE_DERIVED);
    assert_true(has_fact(trace_of(&d, DIGEST), "U4"));
    assert_ptr_equal(trace_of(&d, DIGEST)->declared, h);
    assert_false(has_fact(trace_of(&d, EMAIL), "U4"));
    assert_int_equal(trace_of(&d, EMAIL)->grade, GRADE_OBSERVED);
    clear(&d);
}

static void each_place_and_way_of_writing_is_a_finding(void **state)
{
    struct declared_world d;
    struct hit *h;

    (void)state;
    MAKE(&d, PAGE,
            "2 100 GET https://c.statsly.test/e?em=" DIGEST "&tel=138****5678 204 img" FROM_NEWS
            " | > Cookie: em=" DIGEST,
            "3 150 GET https://c.other.test/e?em=" DIGEST " 204 img" FROM_NEWS);
    h = add(&d, EMAIL_VALUE, 1, "query", "em", DIGEST);
    h->digests[h->digest_count++] = "sha256";
    h = add(&d, EMAIL_VALUE, 1, "cookie", "em", DIGEST);
    h->digests[h->digest_count++] = "sha256";
    add(&d, PHONE_VALUE, 1, "query", "tel", "138****5678")->variant = &masked;
    h = add(&d, EMAIL_VALUE, 2, "query", "em", DIGEST);
    h->layers[h->layer_count++] = LAYER_FIELD;
    h->layers[h->layer_count++] = LAYER_BASE64;
    h->digests[h->digest_count++] = "sha256";
    h->digests[h->digest_count++] = "md5";
    find(&d);
    assert_int_equal(d.found.n, 4);
    for (size_t i = 0; i < d.found.n; i++) {
        const struct finding *f = d.found.at[i];
        bool part = fact_says(f, "value_label", "phone");

        assert_int_equal(fact_of(f, "partial") != NULL, part);
        assert_int_equal(f->grade, part ? GRADE_INFERRED : GRADE_DERIVED);
        if (part) {
            fact_is(f, "partial", "yes");
            fact_is(f, "form", "masked");
            assert_non_null(strstr(f->statement_en, "your telephone number in part (declared "
                                                    "value 2: masked)"));
        } else if (bytes_is(f->recipient_site, "other.test")) {
            fact_is_list(f, "encoding", "base64, sha256, md5");
            assert_non_null(strstr(f->statement_en, "written as Base64 of SHA-256 of MD5"));
        }
    }
    /* A mask is not the number: the class does not become that of a direct identifier. */
    assert_int_not_equal(trace_of(&d, "138****5678")->class_, CLASS_DIRECT);
    assert_int_equal(trace_of(&d, "138****5678")->grade, GRADE_INFERRED);
    clear(&d);
}

static void what_one_occurrence_says_twice_is_told_once(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, PAGE, "2 100 GET https://c.statsly.test/e?em=" EMAIL " 204 img" FROM_NEWS);
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", EMAIL);
    add(&d, EMAIL_VALUE, 1, "query", "em", "wang.yu")->variant = &masked;
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", "yu@b.test");
    find(&d);
    f = one(&d, "personal-data-leak");
    assert_int_equal(f->evidence_count, 1);
    assert_int_equal(f->evidence[0].len, strlen(EMAIL));
    fact_is(f, "before_first_party", "not seen");
    fact_is_list(f, "encoding", "");
    clear(&d);
}

static void what_only_the_pages_own_site_was_sent_is_no_leak(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, PAGE, "1 100 GET https://www.news.test/s?em=" EMAIL "&q=减肥 200 fetch" FROM_NEWS);
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", EMAIL);
    (void)add(&d, SEARCH_VALUE, 1, "query", "q", "减肥");
    find(&d);
    assert_int_equal(d.found.n, 0);
    assert_int_equal(trace_of(&d, "减肥")->class_, CLASS_SEARCH);
    assert_true(has_fact(trace_of(&d, "减肥"), "U9"));
    clear(&d);
}

static void a_credential_stays_one(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, PAGE, "2 100 GET https://c.statsly.test/e?em=" EMAIL " 204 img" FROM_NEWS);
    for (size_t i = 0; i < d.j.trace_count; i++) {
        if (bytes_is(d.j.traces[i]->value, EMAIL)) {
            d.j.traces[i]->masked = true;
            d.j.traces[i]->class_ = CLASS_CREDENTIAL;
        }
    }
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", EMAIL);
    find(&d);
    assert_int_equal(trace_of(&d, EMAIL)->class_, CLASS_CREDENTIAL);
    assert_non_null(trace_of(&d, EMAIL)->declared);
    clear(&d);
}

static void a_search_term_and_a_place_are_kinds_of_their_own(void **state)
{
    struct declared_world d;
    const struct finding *f;
    struct hit *h;

    (void)state;
    MAKE(&d, PAGE,
            "2 100 GET https://c.statsly.test/e?wd=%BC%F5%B7%CA&ll=31.2309,121.47 204 "
            "img" FROM_NEWS);
    h = add(&d, SEARCH_VALUE, 1, "query", "wd", "%BC%F5%B7%CA");
    h->variant = &gbk;
    h->charset = "gbk";
    h->layers[h->layer_count++] = LAYER_PERCENT;
    h = add(&d, PLACE_VALUE, 1, "query", "ll", "31.2309,121.47");
    h->datum = "wgs-84";
    h->metres = 357.6;
    find(&d);
    assert_int_equal(d.found.n, 2);
    f = one(&d, "search-term-leak");
    fact_is(f, "term", "减肥");
    fact_is_list(f, "encoding", "percent");
    fact_is(f, "charset", "gbk");
    fact_is(f, "where", "query");
    assert_non_null(strstr(
            f->statement_en, "your search term \"减肥\", written as percent escapes of GBK"));
    f = one(&d, "location-leak");
    fact_counts(f, "metres", 358);
    fact_is(f, "datum", "wgs-84");
    fact_counts(f, "decimals", 4);
    fact_is(f, "where", "query");
    assert_int_equal(f->grade, GRADE_OBSERVED);
    clear(&d);
}

static void a_word_that_a_site_said_first_is_no_leak(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, PAGE, "2 100 GET https://c.statsly.test/top 200 fetch" FROM_NEWS " | = 减肥",
            "2 200 GET https://c.statsly.test/e?t=减肥 204 img" FROM_NEWS);
    (void)add(&d, SEARCH_VALUE, 1, "back", "", "减肥");
    (void)add(&d, SEARCH_VALUE, 2, "query", "t", "减肥");
    finds_nothing(&d);
}

static void without_traces_the_verdict_by_itself_stays_open(void **state)
{
    struct declared_world d;
    const struct finding *f;
    struct hit *h;

    (void)state;
    MAKE(&d, PAGE, "2 100 POST https://c.statsly.test/e 204 fetch" FROM_NEWS " | * \x01" EMAIL);
    h = add(&d, EMAIL_VALUE, 1, "body", "", EMAIL);
    assert_int_equal(h->place.off, 1);
    d.j.together = arena_array(d.arena, d.w.e.exchange_count, sizeof(*d.j.together));
    assert_non_null(d.j.together);
    d.j.together[1].verdicts[READING_ALONE] = VERDICT_IDENTIFIABLE;
    d.j.together[1].verdicts[READING_COMBINED] = VERDICT_IDENTIFIABLE;
    find(&d);
    f = one(&d, "personal-data-leak");
    assert_int_equal(f->trace_count, 0);
    assert_int_equal(f->verdicts[READING_ALONE], VERDICT_UNDETERMINED);
    assert_int_equal(f->verdicts[READING_COMBINED], VERDICT_IDENTIFIABLE);
    assert_int_equal(f->verdicts[READING_BROAD], VERDICT_UNDETERMINED);
    clear(&d);
}

/* sha256 of EMAIL by openssl; "减肥" in GBK; the number masked: found by the search itself. */
static void what_the_search_finds_is_told(void **state)
{
    static const char digest[] =
            "b725676cdc1de87984483ab799a12e8e0a255bd128b128a28a496a3aebccc5d5";
    struct declared_world d;
    struct variants variants = {0};
    const struct finding *f;
    char line[512];

    (void)state;
    (void)snprintf(line, sizeof(line),
            "2 100 GET https://c.statsly.test/e?em=%s&wd=%%BC%%F5%%B7%%CA&tel=138****5678&"
            "u=+86-13812345678 204 img" FROM_NEWS,
            digest);
    MAKE(&d, PAGE, line);
    assert_int_equal(variants_make(d.arena, &d.subject, &variants), STATUS_OK);
    assert_int_equal(search_evidence(d.arena, &d.w.e, &d.w.a, &d.subject, &variants, &d.j.hits),
            STATUS_OK);
    find(&d);
    assert_int_equal(d.found.n, 4);
    f = one(&d, "search-term-leak");
    fact_is_list(f, "encoding", "percent");
    fact_is(f, "charset", "gbk");
    fact_is(f, "where", "query");
    assert_int_equal(f->trace_count, 1);
    for (size_t i = 0; i < d.found.n; i++) {
        f = d.found.at[i];
        if (fact_says(f, "field", "em")) {
            fact_is(f, "value_label", "email");
            fact_is_list(f, "encoding", "sha256");
        } else if (fact_says(f, "field", "tel")) {
            fact_is(f, "form", "masked");
            fact_is(f, "partial", "yes");
        } else if (fact_says(f, "field", "u")) {
            fact_is(f, "form", "with 86, spaced");
            assert_int_equal(f->evidence_count, 1);
            assert_int_equal(f->evidence[0].len, 15);
        } else {
            assert_string_equal(f->kind, "search-term-leak");
        }
        assert_int_equal(f->trace_count, 1);
        assert_non_null(f->traces[0]->declared);
    }
    clear(&d);
}

static void nothing_declared_finds_nothing(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, PAGE);
    find(&d);
    d.setup.subject = NULL;
    finds_nothing(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_digest_sent_to_a_third_party_is_a_leak),
            cmocka_unit_test(each_place_and_way_of_writing_is_a_finding),
            cmocka_unit_test(what_one_occurrence_says_twice_is_told_once),
            cmocka_unit_test(what_only_the_pages_own_site_was_sent_is_no_leak),
            cmocka_unit_test(a_credential_stays_one),
            cmocka_unit_test(a_search_term_and_a_place_are_kinds_of_their_own),
            cmocka_unit_test(a_word_that_a_site_said_first_is_no_leak),
            cmocka_unit_test(without_traces_the_verdict_by_itself_stays_open),
            cmocka_unit_test(what_the_search_finds_is_told),
            cmocka_unit_test(nothing_declared_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
