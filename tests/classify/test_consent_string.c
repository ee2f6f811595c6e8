/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/consent_bits.h"
#include "classify/consent_string.h"
#include "tests/support/oom.h"

/*
 * The strings are examples of the specifications and of the test suites of other decoders
 * (iabtcf-es, iabgpp-es, iab-gpp for Rust); counts were checked with a decoder of our own in
 * another language.
 */
#define SPEC_2 "COtybn4PA_zT4KjACBENAPCIAEBAAECAAIAAAAAAAAAA"
#define THREE_VENDORS "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
#define DISCLOSED                                                                              \
    "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARA" \
    "EQ"                                                                                       \
    "AAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
#define PUBLISHER "ZAAgH9794ulA"
#define SPEC_1 "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new((size_t)16 << 20);
    return arena == NULL;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static enum parse try(const char *name, const char *value, struct consent_string *out)
{
    enum parse verdict;

    assert_true(consent_string_read(arena, bytes_text(name), bytes_text(value), &verdict, out));
    return verdict;
}

static struct consent_string read(const char *name, const char *value)
{
    struct consent_string s;

    if (try(name, value, &s) != PARSE_DONE)
        fail_msg("%s = %s is not read", name, value);
    return s;
}

static void is_bad(const char *name, const char *value)
{
    struct consent_string s = {.version = 12345};

    if (try(name, value, &s) != PARSE_BAD)
        fail_msg("%s = %s is not bad", name, value);
    assert_int_equal(s.version, 12345);
}

static void counts(const struct consent_string *s, size_t want_yes, size_t want_no)
{
    size_t yes, no;

    consent_string_count(s, &yes, &no);
    assert_int_equal(yes, want_yes);
    assert_int_equal(no, want_no);
}

/* "SaleOptOut": the choice of that name, part 0 or 1. */
static const struct consent_choice *choice(const struct consent_string *s, const char *name)
{
    for (size_t i = 0; i < s->choice_count; i++) {
        if (bytes_is(s->choices[i].name, name))
            return &s->choices[i];
    }
    fail_msg("no choice %s", name);
    return NULL;
}

static void the_specification_s_tc_string_is_decoded(void **state)
{
    struct consent_string s = read("euconsent-v2", SPEC_2);

    (void)state;
    assert_int_equal(s.kind, CONSENT_STRING_TCF2);
    assert_int_equal(s.version, 2);
    assert_true(s.has_tcf && s.has_created && s.has_updated);
    assert_int_equal(s.created_ns, INT64_C(1580058060000000000)); /* 2020-01-26T17:01:00Z */
    assert_int_equal(s.updated_ns, INT64_C(1612285260000000000)); /* 2021-02-02T17:01:00Z */
    assert_int_equal(s.tcf.manager, 675);
    assert_int_equal(s.tcf.manager_version, 2);
    assert_int_equal(s.tcf.screen, 1);
    assert_string_equal(s.tcf.language, "EN");
    assert_string_equal(s.tcf.country, "AA");
    assert_int_equal(s.tcf.vendor_list, 15);
    assert_int_equal(s.tcf.policy, 2);
    assert_false(s.tcf.service_specific);
    assert_int_equal(s.tcf.features, 1);
    assert_int_equal(s.tcf.purposes, 1 << 1 | 1 << 9);
    assert_int_equal(s.tcf.legitimate, 1 << 1 | 1 << 8);
    assert_int_equal(s.tcf.vendors, 0);
    counts(&s, 2, 8);
}

static void segments_come_in_any_order(void **state)
{
    static const char *const texts[] = {THREE_VENDORS "." DISCLOSED "." PUBLISHER,
            THREE_VENDORS "." PUBLISHER "." DISCLOSED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct consent_string s = read("gdpr_consent", texts[i]);

        assert_int_equal(s.created_ns / 1000000000, 1582243059);
        assert_int_equal(s.tcf.purposes, 7);
        assert_int_equal(s.tcf.vendors, 3);
        assert_int_equal(s.tcf.vendors_legitimate, 3);
        assert_true(s.tcf.has_disclosed);
        assert_int_equal(s.tcf.vendors_disclosed, 79);
        assert_false(s.tcf.has_allowed);
        assert_true(s.tcf.has_publisher);
        assert_int_equal(s.tcf.publisher_purposes, 1 << 2 | 1 << 15);
        assert_int_equal(__builtin_popcount(s.tcf.publisher_legitimate), 21);
    }
}

static void a_string_of_a_real_site_that_allows_nothing(void **state)
{
    struct consent_string s = read("TCString",
            "CPt3fQAPt3fQACNAFAENDLCgAAAAAAAAACiQAAAOCgDAB-AIsAZ8A6QDBAHBAAAA.YAAAAAAAAAAA");

    (void)state;
    assert_int_equal(s.tcf.purposes, 0);
    assert_int_equal(s.tcf.vendors_legitimate, 6);
    assert_string_equal(s.tcf.country, "US");
    counts(&s, 0, 10);
}

static void the_first_framework_counts_vendors_from_a_default(void **state)
{
    struct consent_string s = read("euconsent", SPEC_1);

    (void)state;
    assert_int_equal(s.kind, CONSENT_STRING_TCF1);
    assert_int_equal(s.created_ns / 1000000000, 1510082155);
    assert_int_equal(s.tcf.manager, 7);
    assert_int_equal(s.tcf.screen, 3);
    assert_int_equal(s.tcf.purposes, 7);
    assert_int_equal(s.tcf.vendors, 2010); /* all of 2011 but number 9 */
    counts(&s, 3, 2);
}

static void every_truncation_of_a_core_is_bad(void **state)
{
    static const struct {
        const char *text;
        size_t needed; /* characters; the rest is padding to whole bytes */
    } cores[] = {{SPEC_2, 44}, {THREE_VENDORS, 46}, {SPEC_1, 34}};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        for (size_t n = 0; n < strlen(cores[k].text); n++) {
            uint8_t *copy = malloc(n + 1);
            struct consent_string s = {.version = 99};
            enum parse verdict;

            memcpy(copy, cores[k].text, n);
            assert_true(consent_string_read(
                    arena, BYTES_LITERAL("euconsent-v2"), bytes_of(copy, n), &verdict, &s));
            assert_int_equal(verdict, n < cores[k].needed ? PARSE_BAD : PARSE_DONE);
            assert_int_equal(s.version == 99, n < cores[k].needed);
            free(copy);
        }
    }
}

static void what_is_no_tc_string_is_bad(void **state)
{
    (void)state;
    is_bad("euconsent-v2", "");
    is_bad("euconsent-v2", SPEC_2 "!");
    is_bad("euconsent-v2", SPEC_2 ".");
    is_bad("euconsent-v2", SPEC_2 ".I");
    is_bad("euconsent-v2", SPEC_2 ".IFoE!");
}

static void names_count_without_case_and_values_with_escapes(void **state)
{
    struct consent_string s = read("EuConsent-V2", THREE_VENDORS "%2E" PUBLISHER "%3D");

    (void)state;
    assert_true(s.tcf.has_publisher);
    assert_int_equal(try("session", SPEC_2, &s), PARSE_UNSUPPORTED);
    assert_int_equal(try("euconsent-v2", "DBABMA", &s), PARSE_UNSUPPORTED);
    assert_int_equal(try("euconsent-v2", "true", &s), PARSE_UNSUPPORTED); /* version 45 */
}

static void the_header_of_a_gpp_string_names_its_sections(void **state)
{
    static const struct {
        const char *text;
        unsigned ids[3];
        size_t n;
    } headers[] = {
            /* the specification's examples */
            {"DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", {2}, 1},
            {"DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN", {2, 6}, 2},
            {"DBABjw~BPXuQIAPXuQIAAfKABENB-CgAAAAAAAAAAAAAAAA.YAAAAAAAAAA~1YNN", {5, 6}, 2},
            {"DBACOeA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~"
             "BPSG_8APSG_8AAyACAENGdCgf_gfgAfgfgBgABABAAABAB4AACACAAA.fHHHA4444ao~1YNN",
                    {2, 5, 6}, 3},
            {"DBAA", {0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        struct consent_string s = read("gpp", headers[i].text);

        assert_int_equal(s.kind, CONSENT_STRING_GPP);
        assert_int_equal(s.section_count, headers[i].n);
        for (size_t k = 0; k < headers[i].n; k++) {
            assert_int_equal(s.sections[k].id, headers[i].ids[k]);
            /* One TCF is taken: the European one, where both are there. */
            assert_int_equal(s.sections[k].decoded, i != 3 || k != 1);
        }
    }
}

static void the_national_section_is_decoded_field_by_field(void **state)
{
    struct consent_string s = read("gpp", "DBABLA~BVVVVVVVVWA.YA");

    (void)state;
    assert_int_equal(s.sections[0].id, 7);
    assert_string_equal(s.sections[0].name, "usnat");
    assert_int_equal(s.choice_count, 6 + 3 + 12 + 2 + 1 + 3 + 1);
    assert_int_equal(choice(&s, "SharingNotice")->says, CONSENT_SAYS_NOTHING);
    assert_int_equal(choice(&s, "SharingNotice")->value, 1);
    assert_int_equal(choice(&s, "SaleOptOut")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "TargetedAdvertisingOptOut")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "SensitiveDataProcessing")->part, 1);
    assert_int_equal(choice(&s, "PersonalDataConsents")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "MspaCoveredTransaction")->value, 1);
    assert_int_equal(choice(&s, "MspaServiceProviderMode")->value, 2);
    assert_int_equal(choice(&s, "Gpc")->says, CONSENT_SAYS_NO);
    counts(&s, 0, 3 + 12 + 2 + 1 + 1);
}

static void sections_of_states_are_decoded(void **state)
{
    struct consent_string california = read("gppString", "DBABBg~BVqqqqpY.YA");
    struct consent_string virginia = read("gpp", "DBABRg~BVVVVWY");

    (void)state;
    assert_string_equal(california.sections[0].name, "usca");
    assert_int_equal(choice(&california, "SaleOptOut")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&california, "SharingOptOut")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&california, "PersonalDataConsents")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&california, "MspaServiceProviderMode")->value, 2);
    assert_int_equal(choice(&california, "Gpc")->value, 1);
    assert_string_equal(virginia.sections[0].name, "usva");
    assert_int_equal(virginia.choice_count, 3 + 2 + 8 + 1 + 3);
    assert_int_equal(choice(&virginia, "SaleOptOut")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&virginia, "MspaCoveredTransaction")->value, 2);
}

static void the_canadian_section_is_decoded(void **state)
{
    struct consent_string s = read("gpp",
            "DBABjw~BQMC4oAQMC4oAPoABABGB0CYAf8AAf8AAAqdA-AAUABwAFQALQAaABLACgAF0ANoAdwA_"
            "QCCAIQARQAnwBWgC3AGUANMAc4A7gCAQElASYAnYBPwDFAGaAM6AZ8A14B_AEngJyAT-"
            "Ao8BUQCpQFvALhAXQAvcBf4DBwGYANNAbUA3EBxoDxAHmgPkAgIBCQCNwEpYJgAmCBNUCa4E5gJ-"
            "AUmApYBU4FToHwACgAOAAqABaADQAJYAUAAugBtADuAH6AQQBCACKAE-AK0AW4AygBpgDnAHcAQCAko"
            "CTAE7AJ-AYoAzQBnQDPgGvAP4Ak8BOQCfwFHgKiAVKAt4BcIC6AF7gL_"
            "AYOAzABpoDagG4gONAeIA80B8gEBAISARuAlLBMAEwQJqgTXAnMBPwCkwFLAKnAAAA.YAAAAAAAAAA~1--"
            "-");

    (void)state;
    assert_true(s.sections[0].decoded && s.sections[1].decoded);
    assert_int_equal(s.tcf.kind, CONSENT_STRING_TCF_CANADA);
    assert_string_equal(s.tcf.language, "BG");
    assert_int_equal(s.tcf.purposes, 0x1ff);
    assert_int_equal(s.tcf.legitimate, 0x1ff);
    assert_int_equal(s.tcf.features, 3);
    assert_int_equal(s.tcf.vendors, 66);
    assert_int_equal(s.tcf.vendors_legitimate, 66);
    assert_true(s.tcf.has_publisher);
    counts(&s, 9, 0);
}

static void a_section_that_is_not_known_is_named_only(void **state)
{
    /* Sections 7 and 7 + 21: 000000 000010, 0 01011, 0 00000011 in base64 behind "DB". */
    struct consent_string s = read("gpp", "DBACLAY~BVVVVVVVVWA~what-is-this");

    (void)state;
    assert_int_equal(s.section_count, 2);
    assert_true(s.sections[0].decoded);
    assert_int_equal(s.sections[1].id, 28);
    assert_null(s.sections[1].name);
    assert_false(s.sections[1].decoded);
    /* A version of a known section that is not. */
    s = read("gpp", "DBABLA~HVVVVVVVVWA.YA");
    assert_false(s.sections[0].decoded);
    assert_int_equal(s.choice_count, 0);
}

static void what_is_no_gpp_string_is_bad(void **state)
{
    struct consent_string s;

    (void)state;
    is_bad("gpp", "");
    is_bad("gpp", SPEC_2);
    is_bad("gpp", "DBABLA");                  /* a section is missing */
    is_bad("gpp", "DBABLA~BVVVVVVVVWA~1YNN"); /* one too many */
    is_bad("gpp", "DBAB");                    /* no number follows */
    is_bad("gpp", "DBAB!A~1YNN");
    assert_int_equal(try("gpp", "DCABLA~BVVVVVVVVWA", &s), PARSE_UNSUPPORTED);
}

static void fibonacci_numbers_are_read(void **state)
{
    /* The table in the specification: 1 = 11, 2 = 011, 3 = 0011, 4 = 1011, 5 = 00011,
       6 = 10011, 7 = 01011, behind each other and filled up with zeros. */
    static const char text[] = "2djms";
    struct consent_bits b, before;
    uint32_t n;

    (void)state;
    assert_true(consent_bits_init(BYTES_LITERAL(text), &b));
    for (uint32_t want = 1; want <= 7; want++) {
        assert_true(consent_bits_fibonacci(&b, &n));
        assert_int_equal(n, want);
    }
    before = b;
    assert_false(consent_bits_fibonacci(&b, &n));
    assert_int_equal(b.at, before.at);
}

static void the_us_privacy_string_is_three_letters_behind_its_version(void **state)
{
    struct consent_string s = read("us_privacy", "1YYN");

    (void)state;
    assert_int_equal(s.kind, CONSENT_STRING_US_PRIVACY);
    counts(&s, 0, 1);
    s = read("usprivacy", "1YNN");
    counts(&s, 1, 0);
    s = read("us_privacy", "1---");
    counts(&s, 0, 0);
    is_bad("us_privacy", "1YN");
    is_bad("us_privacy", "2YNN");
    is_bad("us_privacy", "1YXN");
    is_bad("us_privacy", "1YNNN");
}

static void google_s_states_are_read(void **state)
{
    struct consent_string s = read("gcs", "G101");

    (void)state;
    assert_int_equal(choice(&s, "ad_storage")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "analytics_storage")->says, CONSENT_SAYS_YES);
    s = read("gcs", "G1--");
    counts(&s, 0, 0);
    s = read("gcd", "13q3t3n2p5");
    assert_int_equal(choice(&s, "ad_storage")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "analytics_storage")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&s, "ad_user_data")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&s, "ad_personalization")->says, CONSENT_SAYS_NO);
    s = read("gcd", "11l1l1l1l5");
    counts(&s, 0, 0);
    is_bad("gcs", "G1");
    is_bad("gcs", "G121");
    is_bad("gcd", "11l1l1l1");
    is_bad("gcd", "11x1l1l1l5");
    is_bad("gcd", "red");
}

static void onetrust_s_groups_are_choices_but_for_the_necessary_one(void **state)
{
    struct consent_string s = read("OptanonConsent",
            "isGpcEnabled=0&datestamp=Tue+Sep+19+2023+10%3A23%3A14+GMT%2B0200+(Central+"
            "European+"
            "Summer+Time)&version=202308.2.0&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A1"
            "&AwaitingReconsent=false");

    (void)state;
    assert_int_equal(s.kind, CONSENT_STRING_ONETRUST);
    assert_true(s.has_updated);
    assert_int_equal(s.updated_ns, INT64_C(1695111794000000000)); /* 08:23:14Z */
    assert_true(choice(&s, "C0001")->needed);
    assert_int_equal(choice(&s, "C0002")->says, CONSENT_SAYS_NO);
    assert_int_equal(choice(&s, "C0004")->says, CONSENT_SAYS_YES);
    counts(&s, 1, 1);
    s = read("OptanonConsent", "isGpcEnabled%3D1%26groups%3DC0001%253A1%252CC0002%253A0");
    counts(&s, 0, 2);
    is_bad("OptanonConsent", "isGpcEnabled=0");
    is_bad("OptanonConsent", "groups=C0001");
}

static void cookiebot_s_record_is_read(void **state)
{
    struct consent_string s = read("CookieConsent",
            "{stamp:%27Kj3+/a==%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2C"
            "marketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1664282339183%2Cregion:"
            "%27de%27}");

    (void)state;
    assert_int_equal(s.updated_ns, INT64_C(1664282339183000000));
    counts(&s, 1, 2);
    is_bad("CookieConsent", "true");
    is_bad("CookieConsent", "-1");
    is_bad("CookieConsent", "{}");
    is_bad("CookieConsent", "{necessary:maybe}");
}

/* {"user_id":"17d5c4a6-…","created":"2021-11-26T10:12:13.456Z","updated":"2021-11-26T10:13:14Z",
    "version":2,"purposes":{"enabled":["cookies"],"disabled":["ads","geo"]}} */
#define DIDOMI                                                                                 \
    "eyJ1c2VyX2lkIjoiMTdkNWM0YTYiLCJjcmVhdGVkIjoiMjAyMS0xMS0yNlQxMDoxMjoxMy40NTZaIiwidXBkYXRl" \
    "ZC"                                                                                       \
    "I6IjIwMjEtMTEtMjZUMTA6MTM6MTRaIiwidmVyc2lvbiI6MiwicHVycG9zZXMiOnsiZW5hYmxlZCI6WyJjb29raW" \
    "Vz"                                                                                       \
    "Il0sImRpc2FibGVkIjpbImFkcyIsImdlbyJdfX0="

static void didomi_s_token_is_read(void **state)
{
    struct consent_string s = read("didomi_token", DIDOMI);

    (void)state;
    assert_int_equal(s.version, 2);
    assert_int_equal(s.created_ns, INT64_C(1637921533456000000));
    assert_int_equal(s.updated_ns, INT64_C(1637921594000000000));
    assert_int_equal(choice(&s, "cookies")->says, CONSENT_SAYS_YES);
    assert_int_equal(choice(&s, "geo")->says, CONSENT_SAYS_NO);
    counts(&s, 1, 2);
    is_bad("didomi_token", "eyJh");
    is_bad("didomi_token", "W10=");
    is_bad("didomi_token", "not base64!");
}

static void signals_of_the_browser_are_read(void **state)
{
    struct consent_string s = read("Sec-GPC", "1");

    (void)state;
    assert_int_equal(s.kind, CONSENT_STRING_GPC);
    counts(&s, 0, 1);
    s = read("dnt", "0");
    counts(&s, 1, 0);
    s = read("sec-fetch-storage-access", "inactive");
    assert_true(bytes_is(s.word, "inactive"));
    counts(&s, 0, 0);
    is_bad("sec-gpc", "0");
    is_bad("DNT", "2");
    is_bad("Sec-Fetch-Storage-Access", "maybe");
}

static void what_is_too_long_is_bad_and_too_many_choices_are_said(void **state)
{
    char *text = calloc(1, CONSENT_STRING_BYTES_MOST + 2);
    struct consent_string s;

    (void)state;
    memset(text, 'A', CONSENT_STRING_BYTES_MOST + 1);
    memcpy(text, SPEC_2 ".", sizeof(SPEC_2));
    is_bad("euconsent-v2", text);
    memset(text, 0, CONSENT_STRING_BYTES_MOST + 2);
    strcpy(text, "groups=");
    for (size_t i = 0; i < CONSENT_STRING_CHOICES_MOST + 1; i++)
        strcat(text, i == 0 ? "x:0" : ",x:0");
    s = read("OptanonConsent", text);
    assert_true(s.capped);
    assert_int_equal(s.choice_count, CONSENT_STRING_CHOICES_MOST);
    free(text);
}

static void says(const char *name, const char *value, const char *en, const char *zh)
{
    struct consent_string s = read(name, value);

    assert_string_equal(consent_string_say(arena, &s, false), en);
    assert_string_equal(consent_string_say(arena, &s, true), zh);
}

static void a_string_is_put_into_one_plain_line(void **state)
{
    (void)state;
    says("euconsent-v2", SPEC_2,
            "IAB TCF 2 consent string, last changed 2021-02-02T17:01:00.000000Z, language EN: "
            "consent to purposes 2, 10; legitimate interest for 2, 9; special features 1; "
            "vendors with consent: 0; by legitimate interest: 0",
            "IAB TCF 2 同意字符串，最后修改于 2021-02-02T17:01:00.000000Z，语言 EN：同意的目的 "
            "2、10；主张正当利益的目的 2、9；特殊功能 1；获得同意的供应商数：0；依正当利益：0");
    says("us_privacy", "1YYN", "IAB US privacy string: SaleOptOut opted out",
            "IAB 美国隐私字符串：SaleOptOut 已选择退出");
    says("gcs", "G110", "Google consent mode (gcs): ad_storage yes, analytics_storage no",
            "谷歌同意模式（gcs）：ad_storage 是，analytics_storage 否");
    says("gpp", "DBACLAY~BVVVVVVVVWA~x",
            "IAB Global Privacy Platform string, sections usnat, 28 (not decoded): usnat "
            "SaleOptOut opted out, usnat SharingOptOut opted out, usnat "
            "TargetedAdvertisingOptOut opted out, usnat SensitiveDataProcessing 1 no, usnat "
            "SensitiveDataProcessing 2 no, usnat SensitiveDataProcessing 3 no, usnat "
            "SensitiveDataProcessing 4 no, usnat SensitiveDataProcessing 5 no, usnat "
            "SensitiveDataProcessing 6 no, usnat SensitiveDataProcessing 7 no, usnat "
            "SensitiveDataProcessing 8 no, usnat SensitiveDataProcessing 9 no, usnat "
            "SensitiveDataProcessing 10 no, usnat SensitiveDataProcessing 11 no, usnat "
            "SensitiveDataProcessing 12 no, usnat KnownChildSensitiveDataConsents 1 no and 2 "
            "more",
            "IAB 全球隐私平台字符串，包含部分 usnat、28（未解码）：usnat SaleOptOut "
            "已选择退出，usnat SharingOptOut 已选择退出，usnat TargetedAdvertisingOptOut "
            "已选择退出，usnat SensitiveDataProcessing 1 否，usnat SensitiveDataProcessing 2 "
            "否，usnat SensitiveDataProcessing 3 否，usnat SensitiveDataProcessing 4 否，usnat "
            "SensitiveDataProcessing 5 否，usnat SensitiveDataProcessing 6 否，usnat "
            "SensitiveDataProcessing 7 否，usnat SensitiveDataProcessing 8 否，usnat "
            "SensitiveDataProcessing 9 否，usnat SensitiveDataProcessing 10 否，usnat "
            "SensitiveDataProcessing 11 否，usnat SensitiveDataProcessing 12 否，usnat "
            "KnownChildSensitiveDataConsents 1 否，另有 2 项");
    says("Sec-GPC", "1", "Global Privacy Control: 1", "全球隐私控制信号（GPC）：1");
}

static void each_failed_allocation_is_said(void **state)
{
    static const char *const values[][2] = {{"didomi_token", DIDOMI},
            {"OptanonConsent", "groups=C0001%3A1%2CC0002%3A0"},
            {"euconsent-v2", THREE_VENDORS "%2E" PUBLISHER}};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        bool failed = true;

        for (long n = 1; failed; n++) {
            struct arena *small = arena_new(1 << 20);
            struct consent_string s = {.version = 77};
            enum parse verdict = PARSE_DONE;
            bool ok;

            oom_fail_at(n);
            ok = consent_string_read(small, bytes_text(values[k][0]), bytes_text(values[k][1]),
                         &verdict, &s) &&
                 consent_string_say(small, &s, false) != NULL;
            failed = oom_happened();
            oom_fail_at(0);
            assert_int_equal(ok, !failed);
            arena_free(small);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_specification_s_tc_string_is_decoded),
            cmocka_unit_test(segments_come_in_any_order),
            cmocka_unit_test(a_string_of_a_real_site_that_allows_nothing),
            cmocka_unit_test(the_first_framework_counts_vendors_from_a_default),
            cmocka_unit_test(every_truncation_of_a_core_is_bad),
            cmocka_unit_test(what_is_no_tc_string_is_bad),
            cmocka_unit_test(names_count_without_case_and_values_with_escapes),
            cmocka_unit_test(the_header_of_a_gpp_string_names_its_sections),
            cmocka_unit_test(the_national_section_is_decoded_field_by_field),
            cmocka_unit_test(sections_of_states_are_decoded),
            cmocka_unit_test(the_canadian_section_is_decoded),
            cmocka_unit_test(a_section_that_is_not_known_is_named_only),
            cmocka_unit_test(what_is_no_gpp_string_is_bad),
            cmocka_unit_test(fibonacci_numbers_are_read),
            cmocka_unit_test(the_us_privacy_string_is_three_letters_behind_its_version),
            cmocka_unit_test(google_s_states_are_read),
            cmocka_unit_test(onetrust_s_groups_are_choices_but_for_the_necessary_one),
            cmocka_unit_test(cookiebot_s_record_is_read),
            cmocka_unit_test(didomi_s_token_is_read),
            cmocka_unit_test(signals_of_the_browser_are_read),
            cmocka_unit_test(what_is_too_long_is_bad_and_too_many_choices_are_said),
            cmocka_unit_test(a_string_is_put_into_one_plain_line),
            cmocka_unit_test(each_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
