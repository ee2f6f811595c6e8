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
#include "tests/support/oom.h"
#include "tests/support/page_world.h"

static const char ordinary[] =
        "{\"schema\":\"exhibit/session/1\",\"state\":\"ended\",\"class\":\"ordinary\","
        "\"automated\":false,\"url\":\"https://news.test/<script>x</script>\","
        "\"started\":\"2026-01-02T03:04:05.000001Z\",\"ended\":\"2026-01-02T03:09:05.000002Z\","
        "\"end\":\"browser-closed\",\"tool\":\"exhibit <b>0.1</b>\","
        "\"isolation\":{\"kind\":\"user-namespace\",\"joined_by\":\"slirp4netns 1.2.0\","
        "\"interface\":\"tap0\",\"addresses\":[\"192.0.2.7/24\",\"2001:db8::7/64\"],"
        "\"resolver\":\"192.0.2.3\",\"meaning_en\":\"of <i>no</i> server\","
        "\"meaning_zh\":\"\xe6\x84\x8f\xe4\xb9\x89\"},"
        "\"browser\":{\"version\":\"Chromium 1\",\"path\":\"/usr/bin/<c>\",\"sha256\":\"ab\","
        "\"profile\":\"fresh\",\"third_party_cookies\":\"block\",\"devtools\":\"pipe\","
        "\"flags\":[{\"flag\":\"--x=<img src=y>\",\"why\":\"a \xe2\x80\xae reason\"}],"
        "\"settings\":[{\"setting\":\"a.b=false\",\"why\":\"quiet\"}]},"
        "\"interruptions\":[]}";

struct world {
    struct page_world w;
    struct page_recording recording;
    struct buf custody, session;
};

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    page_world_make(&w->w);
    buf_init(&w->custody, 1 << 20);
    buf_init(&w->session, 1 << 20);
    w->recording.session = BYTES_LITERAL(ordinary);
    w->w.facts.recording = &w->recording;
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;

    page_world_clear(&w->w);
    buf_clear(&w->custody);
    buf_clear(&w->session);
    free(w);
    return 0;
}

static void add_act(struct world *w, const char *members)
{
    char previous[SHA256_TEXT];
    struct bytes rest = buf_view(&w->custody), line = {0};
    unsigned number = 1;

    memset(previous, '0', SHA256_TEXT - 1);
    previous[SHA256_TEXT - 1] = '\0';
    while (bytes_take_until(&rest, '\n', &line))
        number++;
    if (number > 1)
        assert_true(sha256_text(line, previous));
    assert_int_equal(buf_print(&w->custody, "{\"number\":%u,\"previous\":\"%s\",%s}\n", number,
                             previous, members),
            STATUS_OK);
    w->recording.custody = buf_view(&w->custody);
}

static const char *english(struct world *w)
{
    return page_world_render(&w->w, LANGUAGE_ENGLISH);
}

static void it_says_how_it_was_recorded_in_both_languages(void **state)
{
    static const char *const said[LANGUAGES][8] = {
            {"How this was recorded", "ordinary use: the person used the web as they always do",
                    "the person closed the browser", "fresh: made for this recording",
                    "set to block them", "listened to; nothing was put into pages",
                    "of &lt;i&gt;no&lt;/i&gt; server", "Interface captured on"},
            {"id=\"session\"", "tap0", "192.0.2.7/24", "2001:db8::7/64", "192.0.2.3",
                    "\xe6\x84\x8f\xe4\xb9\x89", "slirp4netns 1.2.0", "Chromium 1"},
    };
    struct world *w = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(&w->w, (enum language)l);

        for (size_t i = 0; i < 8; i++) {
            if (strstr(page, said[l][i]) == NULL)
                fail_msg("not said: %s", said[l][i]);
        }
        if (l == LANGUAGE_CHINESE) {
            assert_null(strstr(page, "How this was recorded"));
            assert_null(strstr(page, "set to block them"));
            assert_null(strstr(page, "of &lt;i&gt;no"));
        }
        assert_int_equal(page_world_count(page, "href=\"#session\""), 1);
    }
}

static void a_case_of_files_has_no_such_section(void **state)
{
    struct world *w = *state;

    w->w.facts.recording = NULL;
    assert_null(strstr(english(w), "id=\"session\""));
}

static void hostile_texts_are_escaped(void **state)
{
    struct world *w = *state;

    add_act(w, "\"time\":\"<b>\",\"act\":\"<u>\",\"detail\":{\"<k>\":\"<v>\",\"n\":7}");
    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(&w->w, (enum language)l);

        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "<img"));
        assert_null(strstr(page, "<b>"));
        assert_null(strstr(page, "<u>"));
        assert_null(strstr(page, "<k>"));
        assert_null(strstr(page, "<v>"));
        assert_null(strstr(page, "\xe2\x80\xae"));
        assert_non_null(strstr(page, "&lt;u&gt;"));
        assert_non_null(strstr(page, "&lt;k&gt;"));
        assert_non_null(strstr(page, "--x=&lt;img src=y&gt;"));
        assert_true(bytes_is_utf8(bytes_of(w->w.page.p, w->w.page.n - 1)));
    }
}

static void acts_are_listed_with_words_and_the_chain_is_judged(void **state)
{
    struct world *w = *state;
    const char *page;

    add_act(w, "\"time\":\"2026-01-02T03:04:05.000001Z\",\"act\":\"recording-began\","
               "\"detail\":{\"automated\":false,\"joined_by\":null,\"list\":[1]}");
    add_act(w, "\"time\":\"2026-01-02T03:04:06.000001Z\",\"act\":\"mark\","
               "\"detail\":{\"kind\":\"start\",\"number\":1}");
    page = english(w);
    assert_non_null(strstr(page, "the recording began"));
    assert_non_null(strstr(page, "a moment was marked"));
    assert_non_null(strstr(page, "<span class=\"id\">automated</span> no"));
    assert_non_null(strstr(page, "<span class=\"id\">joined_by</span> no"));
    assert_non_null(strstr(page, "<span class=\"id\">list</span> …"));
    assert_non_null(strstr(page, "<span class=\"id\">number</span> 1"));
    assert_non_null(strstr(page, "Each of the 2 lines of this log"));
    assert_null(strstr(page, "is broken behind"));
    page = page_world_render(&w->w, LANGUAGE_CHINESE);
    assert_null(strstr(page, "a moment was marked"));
    assert_null(strstr(page, "Each of the 2 lines"));
}

static void a_broken_chain_is_said(void **state)
{
    struct world *w = *state;
    const char *page;

    add_act(w, "\"act\":\"recording-began\"");
    add_act(w, "\"act\":\"mark\"");
    add_act(w, "\"act\":\"recording-ended\"");
    *strstr((char *)w->custody.p, "mark") = 'M';
    page = english(w);
    assert_non_null(strstr(page, "The chain of this log is broken behind line 2"));
    assert_null(strstr(page, "Each of the"));
}

static void a_torn_last_line_is_a_broken_chain(void **state)
{
    struct world *w = *state;

    add_act(w, "\"act\":\"recording-began\"");
    add_act(w, "\"act\":\"recording-ended\"");
    w->recording.custody.n--;
    assert_non_null(strstr(english(w), "broken behind line 1"));
}

static void a_log_that_is_not_there_is_said_to_be_missing(void **state)
{
    struct world *w = *state;

    assert_non_null(strstr(english(w), "There is no log of what was done"));
}

static void a_recording_that_broke_off_says_so(void **state)
{
    struct world *w = *state;
    const char *page;

    w->recording.session =
            BYTES_LITERAL("{\"state\":\"running\",\"class\":\"controlled\",\"end\":null,"
                          "\"started\":\"2026-01-02T03:04:05.000001Z\",\"ended\":null}");
    page = english(w);
    assert_non_null(strstr(page, "it never said that it ended"));
    assert_non_null(strstr(page, "not known: the recording broke off"));
    assert_non_null(strstr(page, "controlled run: the person followed a plan"));
    assert_null(strstr(page_world_render(&w->w, LANGUAGE_CHINESE), "never said"));
}

static void interruptions_are_told_with_their_times(void **state)
{
    struct world *w = *state;
    const char *page;

    w->recording.session = BYTES_LITERAL(
            "{\"state\":\"interrupted\",\"automated\":true,\"end\":\"network-lost\","
            "\"interruptions\":[{\"time\":\"2026-01-02T03:04:05.000001Z\","
            "\"what\":\"<i>the joiner died</i>\"},{\"time\":7},8]}");
    page = english(w);
    assert_int_equal(page_world_count(page, "Interrupted:"), 3);
    assert_non_null(strstr(page, "&lt;i&gt;the joiner died&lt;/i&gt;"));
    assert_non_null(strstr(page, "the browser&#39;s network was lost"));
    assert_non_null(strstr(page, "driven by a script without a person"));
}

static void a_session_that_cannot_be_read_claims_nothing(void **state)
{
    static const char *const sessions[] = {
            "", "{", "[]", "null", "{\"browser\":[],\"url\":{}}"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(sessions) / sizeof(*sessions); i++) {
        const char *page;

        w->recording.session = bytes_text(sessions[i]);
        page = english(w);
        assert_non_null(strstr(page, "not known: the recording broke off"));
        assert_null(strstr(page, "ordinary use"));
        assert_null(strstr(page, "set to allow"));
    }
}

static void what_is_listed_is_bounded_and_the_rest_is_counted(void **state)
{
    struct world *w = *state;
    const char *page;

    for (int i = 0; i < 103; i++)
        add_act(w, "\"act\":\"step\",\"detail\":{\"a1\":1,\"a2\":1,\"a3\":1,\"a4\":1,\"a5\":1,"
                   "\"a6\":1,\"a7\":1,\"a8\":1,\"a9\":1,\"a10\":1,\"a11\":1,\"a12\":1,"
                   "\"a13\":1,\"a14\":1}");
    assert_int_equal(
            buf_text(&w->session, "{\"browser\":{\"flags\":[{\"flag\":\"--f\"}"), STATUS_OK);
    for (int i = 1; i < 205; i++)
        assert_int_equal(buf_text(&w->session, ",{\"flag\":\"--f\"}"), STATUS_OK);
    assert_int_equal(buf_text(&w->session, "]},\"interruptions\":[0"), STATUS_OK);
    for (int i = 1; i < 63; i++)
        assert_int_equal(buf_text(&w->session, ",0"), STATUS_OK);
    assert_int_equal(buf_text(&w->session, "]}"), STATUS_OK);
    w->recording.session = buf_view(&w->session);
    page = english(w);
    assert_int_equal(page_world_count(page, "a step of the script"), 100);
    assert_non_null(strstr(page, "Not listed here: 3 further acts"));
    assert_non_null(strstr(page, ">a12</span> 1 · …</td>"));
    assert_null(strstr(page, ">a13<"));
    assert_int_equal(page_world_count(page, ">--f<"), 200);
    assert_non_null(strstr(page, "Not listed here: 5 further ones"));
    assert_int_equal(page_world_count(page, "Interrupted:"), 60);
    assert_non_null(strstr(page, "Not listed here: 3 further ones"));
}

static void each_failed_allocation_is_told(void **state)
{
    struct world *w = *state;
    bool happened = true;

    add_act(w, "\"act\":\"recording-began\",\"detail\":{\"a\":\"b\"}");
    for (long i = 1; happened; i++) {
        struct buf out;
        enum status status;

        buf_init(&out, PAGE_WORLD_MOST);
        oom_fail_at(i);
        status = page_render(
                LANGUAGE_ENGLISH, &w->w.evidence, &w->w.judgement, &w->w.facts, &out);
        happened = oom_happened();
        oom_fail_at(0);
        if (!happened)
            assert_int_equal(status, STATUS_OK);
        /* A digest that cannot be had leaves the chain unproved, and is said so. */
        else if (status == STATUS_OK)
            assert_int_equal(page_world_count((const char *)out.p, "Each of the"), 0);
        else
            assert_int_equal(status, STATUS_NOMEM);
        buf_clear(&out);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(it_says_how_it_was_recorded_in_both_languages),
            TEST(a_case_of_files_has_no_such_section),
            TEST(hostile_texts_are_escaped),
            TEST(acts_are_listed_with_words_and_the_chain_is_judged),
            TEST(a_broken_chain_is_said),
            TEST(a_torn_last_line_is_a_broken_chain),
            TEST(a_log_that_is_not_there_is_said_to_be_missing),
            TEST(a_recording_that_broke_off_says_so),
            TEST(interruptions_are_told_with_their_times),
            TEST(a_session_that_cannot_be_read_claims_nothing),
            TEST(what_is_listed_is_bounded_and_the_rest_is_counted),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
