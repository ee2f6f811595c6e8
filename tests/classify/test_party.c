/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "classify/party.h"
#include "tests/support/oom.h"

#define HEAD "domain,owner_en,owner_zh,group,country,purpose,confidence,notes\n"

static const char small[] = "# a comment\n# date: 2026-01-02\n" HEAD
                            "b.example,\"B, \"\"the\"\" Co.\",\xe4\xb9\x99,B,CN,ads,high,\n"
                            "ads.b.example,Ads of B,,B,CN,ads,medium,a note\r\n"
                            "a.example,,,,,,unknown,\"nobody knows\"\n";

static struct parties *made(const char *text)
{
    struct fault fault = {0};
    struct parties *p = parties_new_from(bytes_text(text), &fault);

    if (p == NULL)
        fail_msg("%s", fault.text);
    return p;
}

static const struct party_owner *find(const struct parties *p, const char *host)
{
    return parties_find(p, bytes_text(host));
}

static void finds_the_longest_suffix_at_label_boundaries(void **state)
{
    struct parties *p = made(small);

    (void)state;
    assert_string_equal(find(p, "b.example")->domain, "b.example");
    assert_string_equal(find(p, "www.b.example")->domain, "b.example");
    assert_string_equal(find(p, "ads.b.example")->domain, "ads.b.example");
    assert_string_equal(find(p, "x.y.ADS.b.Example.")->domain, "ads.b.example");
    assert_string_equal(find(p, "dads.b.example")->domain, "b.example");
    assert_null(find(p, "cb.example"));
    assert_null(find(p, "example"));
    assert_null(find(p, ""));
    assert_null(find(p, "."));
    assert_null(find(p, "192.0.2.7"));
    assert_null(parties_find(p, bytes_of("b.example\0x", 11)));
    parties_free(p);
}

static void reads_quoted_fields_dates_and_unknown_owners(void **state)
{
    struct parties *p = made(small);
    const struct party_owner *b = find(p, "b.example"), *a = find(p, "a.example");

    (void)state;
    assert_string_equal(b->owner_en, "B, \"the\" Co.");
    assert_string_equal(b->owner_zh, "\xe4\xb9\x99");
    assert_null(b->notes);
    assert_int_equal(b->confidence, PARTY_CONFIDENCE_HIGH);
    assert_string_equal(find(p, "ads.b.example")->notes, "a note");
    assert_null(a->owner_en);
    assert_null(a->group);
    assert_int_equal(a->confidence, PARTY_CONFIDENCE_UNKNOWN);
    assert_string_equal(parties_date(p), "2026-01-02");
    assert_int_equal(parties_rows(p), 3);
    assert_string_equal(parties_row(p, 0)->domain, "a.example");
    assert_null(parties_row(p, 3));
    parties_free(p);
}

static void an_unknown_group_is_nobodys_relative(void **state)
{
    struct parties *p = made(small);
    const struct party_owner *b = find(p, "b.example"), *a = find(p, "a.example");

    (void)state;
    assert_true(parties_same_group(b, find(p, "ads.b.example")));
    assert_false(parties_same_group(a, a));
    assert_false(parties_same_group(a, b));
    assert_false(parties_same_group(NULL, b));
    assert_false(parties_same_group(b, NULL));
    parties_free(p);
}

static void refuses_tables_that_are_not_right(void **state)
{
    static const char *const bad[] = {
            "",
            "domain,owner\n",
            HEAD "b.example,B,,B,CN,ads,high\n",       /* a column too few */
            HEAD "b.example,B,,B,CN,ads,high,,\n",     /* one too many */
            HEAD "B.example,B,,B,CN,ads,high,\n",      /* not lower case */
            HEAD "com,B,,B,CN,ads,high,\n",            /* one label */
            HEAD ".b.example,B,,B,CN,ads,high,\n",     /* a dot in front */
            HEAD "b.example.,B,,B,CN,ads,high,\n",     /* a dot behind */
            HEAD "b..example,B,,B,CN,ads,high,\n",     /* an empty label */
            HEAD "b.example,B,,B,China,ads,high,\n",   /* not a code */
            HEAD "b.example,B,,B,CN,ads,sure,\n",      /* no such confidence */
            HEAD "b.example,,,B,CN,ads,high,\n",       /* sure of nobody */
            HEAD "b.example,B,,B,CN,ads,unknown,\n",   /* unsure of somebody */
            HEAD "b.example,\"B,,B,CN,ads,high,\n",    /* open quote */
            HEAD "b.example,\"B\"x,,B,CN,ads,high,\n", /* text behind a quote */
            HEAD "b.example,B\"x\",,B,CN,ads,high,\n", /* a quote inside */
            HEAD "b.example,\xff,,B,CN,ads,high,\n",   /* not UTF-8 */
            HEAD "b.example,B\tC,,B,CN,ads,high,\n",   /* a control character */
            HEAD "b.example,B,,B,CN,ads,high,\rx\n",   /* a bare CR */
            HEAD "\n",                                 /* an empty line */
            HEAD "b.example,B,,B,CN,ads,high,\n"       /* a domain twice */
                 "b.example,C,,C,CN,ads,high,\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fault fault = {0};

        if (parties_new_from(bytes_text(bad[i]), &fault) != NULL)
            fail_msg("table %zu was taken", i);
        assert_int_equal(fault.status, STATUS_INPUT);
        assert_true(fault.text[0] != '\0');
    }
}

static void takes_a_field_of_the_longest_length_and_no_longer(void **state)
{
    char text[sizeof(HEAD) + PARTIES_FIELD_MOST + 100];

    (void)state;
    for (int more = 0; more < 2; more++) {
        struct fault fault = {0};
        struct parties *p;
        int n = snprintf(text, sizeof(text), "%sb.example,%0*d,,B,CN,ads,high,\n", HEAD,
                PARTIES_FIELD_MOST + more, 7);

        p = parties_new_from(bytes_of(text, (size_t)n), &fault);
        assert_int_equal(p != NULL, more == 0);
        parties_free(p);
    }
}

static void every_truncation_gives_fewer_rows_or_a_fault(void **state)
{
    struct parties *whole = made(small);

    (void)state;
    for (size_t n = 0; n < sizeof(small) - 1; n++) {
        struct fault fault = {0};
        uint8_t *copy = malloc(n == 0 ? 1 : n);
        struct parties *p;

        assert_non_null(copy);
        memcpy(copy, small, n);
        p = parties_new_from(bytes_of(copy, n), &fault);
        free(copy);
        if (p == NULL) {
            assert_int_equal(fault.status, STATUS_INPUT);
            continue;
        }
        assert_true(parties_rows(p) <= parties_rows(whole));
        for (size_t i = 0; i < parties_rows(p); i++)
            assert_non_null(find(whole, parties_row(p, i)->domain));
        parties_free(p);
    }
    parties_free(whole);
}

static void survives_every_failing_allocation(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        struct fault fault = {0};
        struct parties *p;

        oom_fail_at(n);
        p = parties_new_from(BYTES_LITERAL(small), &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(p == NULL, happened);
        if (happened)
            assert_int_equal(fault.status, STATUS_NOMEM);
        parties_free(p);
    }
}

static void the_table_in_the_program_is_the_file(void **state)
{
    static uint8_t text[PARTIES_BYTES_MOST];
    struct parties *p = parties_new();
    FILE *file = fopen("classify/data/parties.csv", "rb");
    char sha256[SHA256_TEXT];
    size_t n;

    (void)state;
    assert_non_null(p);
    assert_non_null(file);
    n = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    assert_true(sha256_text(bytes_of(text, n), sha256));
    assert_string_equal(parties_sha256(p), sha256);
    assert_int_equal(strlen(parties_date(p)), 10);
    parties_free(p);
}

static void the_table_names_enough_and_all_of_it_is_sound(void **state)
{
    struct parties *p = parties_new();
    size_t chinese = 0;

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < parties_rows(p); i++) {
        const struct party_owner *row = parties_row(p, i);

        chinese += row->country != NULL && strcmp(row->country, "CN") == 0;
        assert_ptr_equal(find(p, row->domain), row);
        if (row->owner_en == NULL)
            continue;
        if (row->group == NULL || row->country == NULL || row->purpose == NULL)
            fail_msg("%s has an owner but no group, country or purpose", row->domain);
        /* An inner domain of the same kind of row never changes the group by slip. */
        if (strstr(row->owner_en, "verify") != NULL)
            fail_msg("%s: %s", row->domain, row->owner_en);
    }
    assert_true(parties_rows(p) >= 400);
    assert_true(chinese >= 150);
    parties_free(p);
}

static void knows_the_big_families(void **state)
{
    static const struct {
        const char *host, *group, *country;
    } known[] = {
            {"hm.baidu.com", "Baidu", "CN"},
            {"pos.baidu.com", "Baidu", "CN"},
            {"log.mmstat.com", "Alibaba", "CN"},
            {"pingjs.qq.com", "Tencent", "CN"},
            {"mcs.zijieapi.com", "ByteDance", "CN"},
            {"analytics.tiktok.com", "ByteDance", "SG"},
            {"stats.g.doubleclick.net", "Google", "US"},
            {"connect.facebook.net", "Meta", "US"},
            {"c.clarity.ms", "Microsoft", "US"},
            {"ib.adnxs.com", "Microsoft", "US"},
            {"px.ads.linkedin.com", "Microsoft", "US"},
            {"s.amazon-adsystem.com", "Amazon", "US"},
            {"dpm.demdex.net", "Adobe", "US"},
            {"match.adsrvr.org", "The Trade Desk", "US"},
            {"sync.outbrain.com", "Outbrain", "US"},
            {"mc.yandex.ru", "Yandex", "RU"},
            {"wcs.naver.com", "Naver", "KR"},
            {"static.hotjar.com", "Contentsquare", "MT"},
    };
    struct parties *p = parties_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct party_owner *row = find(p, known[i].host);

        if (row == NULL)
            fail_msg("%s is not known", known[i].host);
        else {
            assert_string_equal(row->group, known[i].group);
            assert_string_equal(row->country, known[i].country);
        }
    }
    assert_true(parties_same_group(find(p, "www.youtube.com"), find(p, "fonts.gstatic.com")));
    assert_false(parties_same_group(find(p, "www.baidu.com"), find(p, "www.qq.com")));
    assert_null(find(p, "51.la")->owner_en);
    assert_null(find(p, "news.test"));
    parties_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_the_longest_suffix_at_label_boundaries),
            cmocka_unit_test(reads_quoted_fields_dates_and_unknown_owners),
            cmocka_unit_test(an_unknown_group_is_nobodys_relative),
            cmocka_unit_test(refuses_tables_that_are_not_right),
            cmocka_unit_test(takes_a_field_of_the_longest_length_and_no_longer),
            cmocka_unit_test(every_truncation_gives_fewer_rows_or_a_fault),
            cmocka_unit_test(survives_every_failing_allocation),
            cmocka_unit_test(the_table_in_the_program_is_the_file),
            cmocka_unit_test(the_table_names_enough_and_all_of_it_is_sound),
            cmocka_unit_test(knows_the_big_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
