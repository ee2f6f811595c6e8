/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/consent_world.h"

#define OTHER "0f9e8d7c-6b5a-4938-a716-f5e4d3c2b1a0"
#define YES "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA" /* purposes 1 to 3 */
#define NO "CPt3fQAPt3fQACNAFAENDLCgAAAAAAAAACiQAAAOCgDAB-AIsAZ8A6QDBAHBAAAA"

static void an_identifier_before_the_answer_is_found(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100), AD(2, 2000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_ACCEPTED));
    assert_int_equal(c.findings.n, 1);
    f = found(&c, "collection-before-consent");
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_true(bytes_is(f->recipient, "p.ads.test"));
    assert_true(bytes_is(f->recipient_site, "ads.test"));
    fact_is(f, "state", "before");
    fact_is(f, "mark", "consent-accepted");
    fact_is(f, "mark_time", "2026-01-01T00:00:01.500000Z");
    fact_is(f, "first_time", "2026-01-01T00:00:00.100000Z");
    fact_counts(f, "seconds_after_mark", -2);
    fact_counts(f, "items", 1);
    fact_is_list(f, "identifiers", "sguid");
    assert_null(fact_of(f, "gpc_signal_sent"));
    assert_null(fact_of(f, "string_says"));
    assert_null(fact_of(f, "unseen"));
    assert_int_equal(f->evidence_count, 1);
    assert_int_equal(f->evidence[0].exchange, 1);
    assert_int_equal(f->evidence[0].len, strlen(UID));
    assert_string_equal(f->statement_en,
            "On a page of news.test, p.ads.test received the identifier sguid = " UID
            " at 2026-01-01T00:00:00.100000Z, 1.4 s before consent was answered there.");
    assert_string_equal(f->statement_zh,
            "在 news.test 的页面上，p.ads.test 于 2026-01-01T00:00:00.100000Z 收到标识符 sguid "
            "= " UID "，比本人在该网站答复是否同意早 1.4 秒。");
    consent_world_clear(&c);
}

static void without_an_answer_it_says_that_none_is_marked(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_SHOWN));
    f = found(&c, "collection-before-consent");
    fact_is(f, "mark", "consent-shown");
    fact_counts(f, "seconds_after_mark", 0);
    assert_non_null(strstr(f->statement_en, "that consent was answered there is not marked."));
    consent_world_clear(&c);
}

static void an_identifier_after_refusal_and_withdrawal_is_found_apart(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000), AD(2, 3000), AD(2, 130000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED), at(2500, MARK_CONSENT_ACCEPTED),
            at(4500, MARK_CONSENT_WITHDRAWN));
    assert_int_equal(c.findings.n, 2);
    fact_is(c.findings.at[0], "state", "refused");
    fact_counts(c.findings.at[0], "seconds_after_mark", 0);
    assert_string_equal(c.findings.at[0]->kind, "collection-after-refusal");
    fact_is(c.findings.at[1], "state", "withdrawn");
    fact_is(c.findings.at[1], "mark", "consent-withdrawn");
    fact_counts(c.findings.at[1], "seconds_after_mark", 125);
    assert_string_equal(c.findings.at[1]->kind, "collection-after-refusal");
    assert_non_null(
            strstr(c.findings.at[1]->statement_en, "2 min 5 s after consent was withdrawn"));
    assert_non_null(
            strstr(c.findings.at[1]->statement_zh, "比本人在该网站撤回同意晚 2 分 5 秒"));
    assert_int_equal(c.findings.at[1]->evidence[0].exchange, 3);
    consent_world_clear(&c);
}

static void after_consent_and_without_identifiers_nothing_is_found(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000),
            "3 100 GET https://cdn.test/a.js?v=1.2.3 200 script | > Referer: "
            "https://www.news.test/");
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_ACCEPTED));
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
}

static void a_cookie_that_is_set_counts_as_well(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0),
            "2 2000 GET https://p.ads.test/i 200 img | > Referer: https://www.news.test/"
            " | < Set-Cookie: sguid=" UID "; Max-Age=31536000");
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    f = found(&c, "collection-after-refusal");
    assert_non_null(strstr(f->statement_en, "p.ads.test set the identifier sguid"));
    assert_non_null(strstr(f->statement_zh, "写入了标识符"));
    consent_world_clear(&c);
}

static void of_the_first_party_only_what_lasts_counts_and_weighs_less(void **state)
{
    struct consent_world c;
    int third;

    (void)state;
    WORLD_MAKE(&c.w,
            "1 0 GET https://www.news.test/ 200 nav | < Set-Cookie: sguid=" UID
            "; Max-Age=31536000",
            "1 2000 GET https://www.news.test/a 200 img | > Referer: https://www.news.test/"
            " | > Cookie: sguid=" UID,
            AD(2, 2100));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    assert_int_equal(c.findings.n, 3);
    assert_true(bytes_is(c.findings.at[0]->recipient_site, "ads.test"));
    third = c.findings.at[0]->weight;
    assert_true(bytes_is(c.findings.at[2]->recipient_site, "news.test"));
    fact_is(c.findings.at[2], "state", "refused");
    assert_true(c.findings.at[2]->weight < third);
    consent_world_clear(&c);
    WORLD_MAKE(&c.w, NEWS(0),
            "1 2000 GET https://www.news.test/a 200 img | > Referer: https://www.news.test/"
            " | > Cookie: sguid=" UID);
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
}

static void the_browser_s_signals_are_facts(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(
            &c.w, NEWS(0), AD(2, 2000) " | > Sec-GPC: 1 | > Sec-Fetch-Storage-Access: active");
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    f = found(&c, "collection-after-refusal");
    fact_is(f, "gpc_signal_sent", "true");
    fact_is_list(f, "storage_access", "active");
    consent_world_clear(&c);
    /* A signal alone is no finding. */
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000) " | > Sec-GPC: 1");
    consent_world_judge(&c, NULL, 0);
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
}

static void a_record_that_claims_more_than_was_answered_is_said(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0),
            "2 2000 GET https://p.ads.test/i?tcString=" YES
            " 200 img | > Referer: https://www.news.test/ | > Cookie: sguid=" UID);
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    f = found(&c, "collection-after-refusal");
    fact_is(f, "string_says",
            "IAB TCF 2 consent string, last changed 2020-02-20T23:57:39.300000Z, language EN: "
            "consent to purposes 1, 2, 3; legitimate interest for none; special features none; "
            "vendors with consent: 3; by legitimate interest: 3");
    assert_int_equal(fact_of(f, "consent_strings")->list_count, 1);
    fact_counts(f, "items", 1); /* the record itself is no identifier */
    consent_world_clear(&c);
}

static void a_record_of_the_page_that_agrees_is_quoted_only(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0),
            "1 1900 GET https://www.news.test/x 200 img | > Referer: https://www.news.test/"
            " | > Cookie: euconsent-v2=" NO,
            AD(2, 2000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    f = found(&c, "collection-after-refusal");
    assert_null(fact_of(f, "string_says"));
    assert_non_null(fact_of(f, "consent_strings"));
    consent_world_clear(&c);
}

static void what_could_not_be_seen_is_said(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000));
    c.w.e.connections[6]->decrypted = DECRYPTED_NO;
    c.w.e.connections[6]->tls.server_name = "X.Ads.test";
    c.w.e.connections[7]->decrypted = DECRYPTED_PARTIAL;
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    f = found(&c, "collection-after-refusal");
    assert_int_equal(fact_of(f, "unseen")->list_count, 2);
    fact_is_list(f, "unseen",
            "1 connection to this site was not wholly decrypted, "
            "1 connection that was not wholly decrypted named no server");
    consent_world_clear(&c);
}

static void a_value_that_comes_back_after_erasure_is_found(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100),
            "2 9000 GET https://q.ads.test/i?vid=" UID
            " 200 img | > Referer: https://www.news.test/",
            "2 9500 GET https://p.ads.test/j 200 img | > Referer: https://www.news.test/"
            " | < Set-Cookie: sguid=" UID "; Max-Age=31536000",
            "2 9600 GET https://p.ads.test/k 200 img | > Referer: https://www.news.test/"
            " | > Cookie: other=" OTHER);
    CONSENT_JUDGE(&c, at(5000, MARK_ERASURE_REQUESTED), at(6000, MARK_COOKIES_CLEARED));
    assert_int_equal(c.findings.n, 1);
    f = found(&c, "erasure-not-effective");
    assert_true(bytes_is(f->recipient, "q.ads.test"));
    fact_is(f, "mark", "erasure-requested");
    fact_counts(f, "items", 2);
    fact_is_list(f, "identifiers", "vid, sguid");
    fact_is(f, "first_time", "2026-01-01T00:00:09.000000Z");
    fact_is(f, "last_before_time", "2026-01-01T00:00:00.100000Z");
    fact_counts(f, "seconds_after_mark", 4);
    assert_int_equal(fact_of(f, "again")->list_count, 2);
    fact_is(f, "cookies_cleared", "true");
    assert_int_equal(f->evidence_count, 3);
    assert_int_equal(f->evidence[2].exchange, 1);
    assert_int_equal(f->trace_count, 3);
    assert_string_equal(f->statement_en,
            "On a page of news.test, q.ads.test received the identifier vid = " UID
            " at 2026-01-01T00:00:09.000000Z, 4.0 s after erasure was asked for; it had had "
            "the same value before that; of such values 2 in all.");
    consent_world_clear(&c);
}

static void erasure_may_be_asked_of_the_recipient_itself(void **state)
{
    struct consent_world c;
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100), AD(2, 9000));
    CONSENT_JUDGE(&c, of(at(5000, MARK_ERASURE_REQUESTED), "ads.test"));
    f = found(&c, "erasure-not-effective");
    fact_is(f, "cookies_cleared", "false");
    consent_world_clear(&c);
}

static void a_new_value_after_erasure_is_none(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100),
            "2 9600 GET https://p.ads.test/k 200 img | > Referer: https://www.news.test/"
            " | > Cookie: sguid=" OTHER);
    CONSENT_JUDGE(&c, at(5000, MARK_ERASURE_REQUESTED));
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
}

static void a_value_that_another_site_had_before_is_none(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100),
            "3 9600 GET https://stat.test/k?vid=" UID
            " 200 img | > Referer: https://www.news.test/");
    CONSENT_JUDGE(&c, at(5000, MARK_ERASURE_REQUESTED));
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_identifier_before_the_answer_is_found),
            cmocka_unit_test(without_an_answer_it_says_that_none_is_marked),
            cmocka_unit_test(an_identifier_after_refusal_and_withdrawal_is_found_apart),
            cmocka_unit_test(after_consent_and_without_identifiers_nothing_is_found),
            cmocka_unit_test(a_cookie_that_is_set_counts_as_well),
            cmocka_unit_test(of_the_first_party_only_what_lasts_counts_and_weighs_less),
            cmocka_unit_test(the_browser_s_signals_are_facts),
            cmocka_unit_test(a_record_that_claims_more_than_was_answered_is_said),
            cmocka_unit_test(a_record_of_the_page_that_agrees_is_quoted_only),
            cmocka_unit_test(what_could_not_be_seen_is_said),
            cmocka_unit_test(a_value_that_comes_back_after_erasure_is_found),
            cmocka_unit_test(erasure_may_be_asked_of_the_recipient_itself),
            cmocka_unit_test(a_new_value_after_erasure_is_none),
            cmocka_unit_test(a_value_that_another_site_had_before_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
