/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "classify/signal.h"
#include "classify/tagging.h"
#include "report/page_parts.h"
#include "tests/support/page_world.h"

static void has_words(const char *fact, const char *token)
{
    const char *words = page_token_word(fact, bytes_text(token));

    if (words == NULL)
        fail_msg("%s of %s has no words", token, fact);
    assert_true(words[0] != '\0');
}

static void every_coding_and_digest_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < SEARCH_LAYER_KINDS; i++) {
        if (i != LAYER_FIELD)
            has_words("encoding", search_layer_name((enum search_layer)i));
    }
    for (int i = DIGEST_MD5; i <= DIGEST_RIPEMD160; i++)
        has_words("encoding", digest_name((enum digest_kind)i));
}

static void every_feature_of_a_browser_has_words(void **state)
{
    (void)state;
    for (int i = SIGNAL_NONE + 1; i < SIGNALS; i++) {
        has_words("signals", signal_name((enum signal)i));
        has_words("strong", signal_name((enum signal)i));
    }
}

static void every_state_mark_and_label_has_words(void **state)
{
    (void)state;
    for (int i = CONSENT_NONE; i <= CONSENT_WITHDRAWN; i++) {
        has_words("state", consent_state_name((enum consent_state)i));
        assert_non_null(page_consent_word((enum consent_state)i));
    }
    for (int i = 0; i < MARK_KINDS; i++)
        assert_non_null(page_mark_word((enum mark_kind)i));
    for (int i = 0; i < SUBJECT_KINDS; i++) {
        assert_non_null(page_subject_word((enum subject_kind)i));
        if (i != SUBJECT_OTHER)
            has_words("value_label", subject_kind_name((enum subject_kind)i));
    }
    for (int i = 0; i < TAGGING_SIGNS; i++)
        has_words("server_side_signs", tagging_sign_name((enum tagging_sign)i));
}

static void what_has_no_words_is_told_apart_from_what_has(void **state)
{
    (void)state;
    assert_null(page_token_word("encoding", BYTES_LITERAL("rot13")));
    assert_null(page_token_word("no such fact", BYTES_LITERAL("percent")));
    assert_null(page_fact_word("no_such_fact"));
    assert_string_equal(page_fact_word("mechanism"), "By way of");
}

static void facts_of_a_finding_read_as_words(void **state)
{
    struct bytes signals[] = {BYTES_LITERAL("fonts (<b>f)"), BYTES_LITERAL("new-one (x)")};
    struct bytes unseen[] = {
            BYTES_LITERAL("3 connections to this site were not wholly decrypted"),
            BYTES_LITERAL("17 things nobody knows")};
    struct page_world *w = *state;
    const char *page;

    w->finding.facts[0] = (struct finding_fact){
            .name = "signals", .kind = FACT_LIST, .list = signals, .list_count = 2};
    w->finding.facts[1] = (struct finding_fact){
            .name = "unseen", .kind = FACT_LIST, .list = unseen, .list_count = 2};
    w->finding.facts[2] = (struct finding_fact){.name = "encoding", .kind = FACT_LIST};
    w->finding.facts[3] = (struct finding_fact){.name = "f1", .text = BYTES_LITERAL("absent")};
    w->finding.facts[4] = (struct finding_fact){.name = "field"};
    w->finding.fact_count = 5;
    page = page_world_render(w, LANGUAGE_ENGLISH);
    assert_non_null(strstr(page, "fonts (&lt;b&gt;f)"));
    assert_non_null(strstr(page, "new-one (x)"));
    assert_non_null(strstr(page, "3 connections to this site were not wholly decrypted"));
    assert_non_null(strstr(page, "17 things nobody knows"));
    assert_non_null(strstr(page, "nothing: the bytes are the same"));
    assert_non_null(strstr(page, "not there"));
    assert_non_null(strstr(page, "(no name)"));
    page = page_world_render(w, LANGUAGE_CHINESE);
    assert_non_null(strstr(page, "字体 (&lt;b&gt;f)"));
    assert_non_null(strstr(page, "3 个与该网站的连接未能完整解密"));
}

static void findings_beyond_the_first_of_a_kind_are_rows_that_can_be_linked_to(void **state)
{
    enum { MANY = PAGE_KIND_MOST + 5 };
    struct finding findings[MANY], *at[MANY];
    struct page_world *w = *state;
    const char *page;

    for (size_t i = 0; i < MANY; i++) {
        findings[i] = w->finding;
        findings[i].number = i + 1;
        at[i] = &findings[i];
    }
    findings[MANY - 1].kind = "fingerprinting";
    w->judgement.findings = at;
    w->judgement.finding_count = MANY;
    page = strstr(page_world_render(w, LANGUAGE_ENGLISH), "<section id=\"findings\"");
    assert_non_null(page);
    assert_int_equal(page_world_count(page, "<article id=\"f"), PAGE_KIND_MOST + 1);
    assert_non_null(strstr(page, "href=\"#kind-fingerprinting\""));
    assert_non_null(strstr(page, "id=\"kind-fingerprinting\""));
    assert_non_null(strstr(page, "4 further findings of this kind"));
    assert_non_null(strstr(page, "<tr id=\"f7\">"));
    assert_non_null(strstr(page, "<article id=\"f11\">"));
}

static void servers_and_vendors_of_a_recipient_are_told_as_inferred(void **state)
{
    struct vendor vendor = {.name = "Vendor & <Co>", .hosts = "vendor.test"};
    const struct vendor *vendors[2] = {NULL, &vendor};
    struct bytes hosts[] = {BYTES_LITERAL("ads.test")};
    struct server server = {.text = "203.0.113.7",
            .hosts = hosts,
            .host_count = 1,
            .known = true,
            .at = {.country = "NL", .as = 64500, .as_name = "<i>Net"}};
    struct fault fault = {0};
    struct sites *sites = NULL;
    struct page_world *w = *state;
    const char *page;

    if (sites_new(NULL, &sites, &fault) != STATUS_OK) {
        print_message("skip: no public suffix list: servers of recipients\n");
        skip();
    }
    w->facts.sites = sites;
    w->basis.whereabouts_date = "2026-11-01";
    w->basis.whereabouts_sha256 = "abcd";
    w->judgement.vendors = vendors;
    w->judgement.servers = (struct servers){.at = &server, .n = 1};
    page = page_world_render(w, LANGUAGE_ENGLISH);
    assert_non_null(strstr(page, "registered in NL"));
    assert_non_null(strstr(page, "AS64500"));
    assert_non_null(strstr(page, "IPFire Location, 2026-11-01"));
    assert_non_null(strstr(page, "the machine may stand elsewhere"));
    assert_null(strstr(page, "<i>Net"));
    assert_non_null(strstr(page, "Vendor &amp; &lt;Co&gt;"));
    assert_non_null(strstr(page, "at a host that is not this vendor"));
    sites_free(sites);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_coding_and_digest_has_words),
            cmocka_unit_test(every_feature_of_a_browser_has_words),
            cmocka_unit_test(every_state_mark_and_label_has_words),
            cmocka_unit_test(what_has_no_words_is_told_apart_from_what_has),
            PAGE_WORLD_TEST(facts_of_a_finding_read_as_words),
            PAGE_WORLD_TEST(findings_beyond_the_first_of_a_kind_are_rows_that_can_be_linked_to),
            PAGE_WORLD_TEST(servers_and_vendors_of_a_recipient_are_told_as_inferred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
