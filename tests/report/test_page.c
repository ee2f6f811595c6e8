/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/page_world.h"

static void nothing_of_a_hostile_site_becomes_markup(void **state)
{
    struct page_world *w = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(w, (enum language)l);

        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "<svg"));
        assert_null(strstr(page, "<case>"));
        assert_null(strstr(page, "<Co>"));
        assert_null(strstr(page, "<i>"));
        assert_null(strstr(page, "\x1b"));
        assert_non_null(strstr(page, "&lt;script&gt;x&lt;/script&gt;"));
        assert_null(strstr(page, "http-equiv=\"refresh"));
        assert_null(strstr(page, "src="));
        assert_true(bytes_is_utf8(bytes_of(w->page.p, w->page.n - 1)));
    }
}

static void a_credential_is_printed_nowhere(void **state)
{
    struct page_world *w = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(w, (enum language)l);

        assert_null(strstr(page, PAGE_WORLD_SECRET));
        assert_null(strstr(page, "s3cr3t"));
        assert_true(page_world_count(page, "class=\"masked\"") >= 2);
    }
}

/* A message of the WebSocket that the second exchange opened. */
static struct exchange *make_message(uint64_t number, bool sent, const char *text)
{
    struct exchange *x = page_world_exchange(3, "https://ads.test/p", "ads.test");
    struct message *m = sent ? &x->request : &x->response;

    x->protocol = PROTOCOL_WEBSOCKET;
    x->message = number;
    x->method = bytes_text(sent ? "SEND" : "RECV");
    x->opcode = "text";
    x->request.seen = sent;
    x->response.seen = !sent;
    x->request.first_ns = x->response.first_ns = 3000 + (int64_t)number;
    m->body.present = true;
    m->body.data = bytes_text(text);
    m->body.bytes = m->body.kept = m->body.data.n;
    return x;
}

static void messages_of_websockets_are_shown_masked(void **state)
{
    struct attribution of[4];
    struct match_verdict trackers[4] = {{0}};
    const char *owners[4] = {NULL};
    struct page_world *w = *state;

    assert_int_equal(evidence_add_exchange(&w->evidence,
                             make_message(1, true,
                                     "{\"token\":\"" PAGE_WORLD_SECRET "\",\"a\":\"<b>\"}")),
            STATUS_OK);
    assert_int_equal(
            evidence_add_exchange(&w->evidence, make_message(2, false, "hello")), STATUS_OK);
    assert_int_equal(evidence_seal(&w->evidence), STATUS_OK);
    for (size_t i = 0; i < 4; i++)
        of[i] = w->of[i == 0 ? 0 : 1];
    w->judgement.attributions.of = of;
    w->judgement.trackers = trackers;
    w->judgement.owners = owners;
    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(w, (enum language)l);

        assert_null(strstr(page, PAGE_WORLD_SECRET));
        assert_null(strstr(page, "<b>"));
        assert_non_null(strstr(page, "c1.s3.m1"));
        assert_non_null(strstr(page, "hello"));
        assert_non_null(strstr(page, "id=\"messages\""));
        assert_int_equal(page_world_count(page, "href=\"#messages\""), 1);
    }
}

static void a_capture_without_websockets_has_no_such_section(void **state)
{
    struct page_world *w = *state;

    assert_null(strstr(page_world_render(w, LANGUAGE_ENGLISH), "#messages"));
}

static void what_is_missing_is_said_in_words(void **state)
{
    const struct gap gap = {.why = GAP_LOST, .len = 1460};
    struct page_world *w = *state;
    const char *page;

    w->evidence.exchanges[1]->complete = false;
    w->evidence.exchanges[1]->request.head_whole = w->evidence.exchanges[1]->request.whole =
            true;
    exchange_add_gap(
            w->evidence.exchanges[1], ledger_file(&w->evidence.connections[0]->ledger, &gap));
    w->evidence.exchanges[0]->status = 304;
    w->evidence.connections[0]->quic.datagrams[FROM_CLIENT] = 12;
    w->judgement.opaque_bodies = 4321;
    page = page_world_render(w, LANGUAGE_ENGLISH);
    assert_non_null(strstr(page, "not known: the capture does not say"));
    assert_non_null(strstr(page, "no answer was seen"));
    assert_non_null(strstr(page, "packets never reached the capture"));
    assert_non_null(strstr(page, "answered “not modified” (304) 1 times"));
    assert_non_null(strstr(page, "connections 12 datagrams"));
    assert_non_null(strstr(page, "4321"));
    assert_null(strstr(page, "Scripts of service workers were fetched"));
}

static void elements_are_balanced_and_links_lead_somewhere(void **state)
{
    static const char *const elements[] = {
            "section", "article", "table", "tbody", "tr", "td", "dl", "ul", "li", "p", "div"};
    struct page_world *w = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(w, (enum language)l);

        for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++) {
            char open[24], open_with[24], close[24];

            (void)snprintf(open, sizeof(open), "<%s>", elements[i]);
            (void)snprintf(open_with, sizeof(open_with), "<%s ", elements[i]);
            (void)snprintf(close, sizeof(close), "</%s>", elements[i]);
            assert_int_equal(page_world_count(page, open) + page_world_count(page, open_with),
                    page_world_count(page, close));
        }
        for (const char *p = strstr(page, "href=\"#"); p != NULL;
                p = strstr(p + 1, "href=\"#")) {
            char id[64];

            (void)snprintf(id, sizeof(id), "id=\"%.*s\"", (int)strcspn(p + 7, "\""), p + 7);
            assert_int_equal(page_world_count(page, id), 1);
        }
    }
}

static void the_same_facts_give_the_same_page(void **state)
{
    struct page_world *w = *state, again;

    page_world_make(&again);
    (void)page_world_render(w, LANGUAGE_CHINESE);
    (void)page_world_render(&again, LANGUAGE_CHINESE);
    assert_true(bytes_equal(buf_view(&w->page), buf_view(&again.page)));
    page_world_clear(&again);
}

static void it_says_its_language_and_proof_level(void **state)
{
    struct page_world *w = *state;
    const char *page = page_world_render(w, LANGUAGE_ENGLISH);

    assert_non_null(strstr(page, "<html lang=\"en\">"));
    assert_non_null(strstr(page, "proof level L0"));
    assert_non_null(strstr(page, legal_rule_at(w->legal, 0)->statement_en));
    page = page_world_render(w, LANGUAGE_CHINESE);
    assert_non_null(strstr(page, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(page, "证明等级 L0"));
    assert_non_null(strstr(page, legal_rule_at(w->legal, 0)->statement_zh));
    assert_null(strstr(page, "Summary"));
}

static void what_could_not_be_read_is_said(void **state)
{
    struct page_world *w = *state;
    const char *page = page_world_render(w, LANGUAGE_ENGLISH);

    assert_non_null(strstr(page, "Part of the traffic could not be read: 1 of 1 connections."));
    assert_non_null(strstr(page, "not known: the capture does not say"));
    assert_non_null(strstr(page, "&lt;i&gt;no keys&lt;/i&gt;"));
}

static void a_long_value_is_cut_and_the_cut_is_said(void **state)
{
    static char value[5000];
    struct page_world *w = *state;

    memset(value, 'v', sizeof(value));
    w->traces[0].value = w->traces[0].decoded = bytes_of(value, sizeof(value));
    assert_non_null(
            strstr(page_world_render(w, LANGUAGE_ENGLISH), "[first 240 of 5000 bytes]"));
}

static void an_empty_capture_makes_no_claim_of_absence(void **state)
{
    struct page_world *w = *state;
    const char *page;

    evidence_clear(&w->evidence);
    assert_int_equal(evidence_init(&w->evidence), STATUS_OK);
    assert_int_equal(evidence_seal(&w->evidence), STATUS_OK);
    w->judgement.trace_count = w->judgement.finding_count = 0;
    w->judgement.attributions.visit_count = 0;
    page = page_world_render(w, LANGUAGE_ENGLISH);
    assert_non_null(strstr(page, "Nothing can be said about what was sent."));
    assert_non_null(strstr(page, "This does not mean that nothing was collected"));
}

static void each_failed_allocation_is_told(void **state)
{
    page_world_run_short(*state, LANGUAGE_ENGLISH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            PAGE_WORLD_TEST(nothing_of_a_hostile_site_becomes_markup),
            PAGE_WORLD_TEST(a_credential_is_printed_nowhere),
            PAGE_WORLD_TEST(messages_of_websockets_are_shown_masked),
            PAGE_WORLD_TEST(a_capture_without_websockets_has_no_such_section),
            PAGE_WORLD_TEST(what_is_missing_is_said_in_words),
            PAGE_WORLD_TEST(elements_are_balanced_and_links_lead_somewhere),
            PAGE_WORLD_TEST(the_same_facts_give_the_same_page),
            PAGE_WORLD_TEST(it_says_its_language_and_proof_level),
            PAGE_WORLD_TEST(what_could_not_be_read_is_said),
            PAGE_WORLD_TEST(a_long_value_is_cut_and_the_cut_is_said),
            PAGE_WORLD_TEST(an_empty_capture_makes_no_claim_of_absence),
            PAGE_WORLD_TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
