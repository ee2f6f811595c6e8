/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/capture/live/devtools_peer.h"

static void keeps_a_screenshot_with_its_place(void **state)
{
    struct buf text;
    struct peer *p = *state;

    assert_int_equal(devtools_screenshot(p->devtools, "asked", 0, NULL), STATUS_USAGE);
    say_tab(p);
    say(p, NAVIGATED);
    step(p);
    (void)heard(p);
    assert_int_equal(devtools_screenshot(p->devtools, "mark", 3, NULL), STATUS_OK);
    assert_non_null(strstr(heard(p), "\"id\":7,\"method\":\"Page.getLayoutMetrics\""));
    say(p, "{\"id\":7,\"result\":{\"visualViewport\":{\"clientWidth\":1250},"
           "\"cssVisualViewport\":{\"clientWidth\":1000,\"clientHeight\":600.4,\"pageX\":0,"
           "\"pageY\":12.5}},\"sessionId\":\"S1\"}");
    step(p);
    assert_non_null(strstr(heard(p), "\"id\":8,\"method\":\"Page.captureScreenshot\""));
    say(p, "{\"id\":8,\"result\":{\"data\":\"" PNG "\"},\"sessionId\":\"S1\"}");
    step(p);
    assert_string_equal(events(p), "page https://a.test/\xe4\xbd\xa0#top;"
                                   "screenshot https://a.test/\xe4\xbd\xa0#top ok;");
    read_file(p, "screens.jsonl", &text);
    /* base64 -d | sha256sum */
    assert_has(&text,
            "\"file\":\"screens/0001.png\",\"sha256\":\"" PNG_SHA256
            "\",\"why\":\"mark\",\"mark\":3,\"url\":\"https://a.test/\xe4\xbd\xa0#top\","
            "\"width\":1000,\"height\":600,\"device_scale\":\"1.25\",\"scroll_x\":0,"
            "\"scroll_y\":13}\n");
    buf_clear(&text);
}

static void a_picture_that_is_none_is_not_kept(void **state)
{
    struct peer *p = *state;

    say_tab(p);
    step(p);
    assert_int_equal(devtools_screenshot(p->devtools, "asked", 0, NULL), STATUS_OK);
    say(p, "{\"id\":7,\"result\":{},\"sessionId\":\"S1\"}");
    say(p, "{\"id\":8,\"result\":{\"data\":\"AAAA\"},\"sessionId\":\"S1\"}");
    step(p);
    assert_string_equal(events(p), "screenshot about:blank not ok;");
}

static void keeps_cookies_and_names_of_what_is_stored(void **state)
{
    struct buf text;
    struct peer *p = *state;

    say_tab(p);
    step(p);
    assert_int_equal(devtools_storage(p->devtools, NULL), STATUS_OK);
    assert_int_equal(devtools_storage(p->devtools, NULL), STATUS_USAGE);
    /* 7 contexts, 8 cookies, 9 the tab's frames */
    say(p, "{\"id\":7,\"result\":{\"browserContextIds\":[\"C1\"]}}");
    say(p, "{\"id\":8,\"result\":{\"cookies\":[{\"name\":\"n\",\"value\":\"abc\",\"domain\":"
           "\".t\",\"expires\":-1,\"httpOnly\":true}]}}");
    say(p, "{\"id\":9,\"result\":{\"frameTree\":{\"frame\":{\"securityOrigin\":\"https://a\"},"
           "\"childFrames\":[{\"frame\":{\"securityOrigin\":\"https://a\"}},{\"frame\":{"
           "\"securityOrigin\":\"https://b\"}}]}},\"sessionId\":\"S1\"}");
    step(p);
    /* 10 cookies of C1; 11 to 13 of https://a; 14 to 16 of https://b */
    say(p, "{\"id\":10,\"error\":{\"code\":-1,\"message\":\"no\"}}");
    say(p, "{\"id\":11,\"result\":{\"entries\":[[\"k\",\"\"]]}}");
    say(p, "{\"id\":12,\"result\":{\"entries\":[]}}");
    say(p, "{\"id\":13,\"result\":{\"databaseNames\":[\"db\"]}}");
    say(p, "{\"id\":14,\"result\":{\"entries\":[]}}");
    say(p, "{\"id\":15,\"result\":{\"entries\":[]}}");
    step(p);
    assert_string_equal(events(p), "");
    say(p, "{\"id\":16,\"result\":{\"databaseNames\":[]}}");
    step(p);
    assert_string_equal(events(p), "answer - not ok;"); /* C1 refused */
    read_file(p, "storage.json", &text);
    assert_true(scan_is_whole(bytes_slice(buf_view(&text), 0, text.n - 1)));
    assert_has(&text,
            "\"complete\":false,\"unanswered\":1,\"more_origins\":false,\"cookies\":[{"
            "\"name\":\"n\",\"domain\":\".t\",\"expires\":-1,\"httpOnly\":true,"
            "\"bytes\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb"
            "410ff61f20015ad\",\"value\":\"abc\"}]");
    assert_has(&text,
            "{\"origin\":\"https://a\",\"session\":\"S1\",\"page\":\"about:blank\","
            "\"local\":[{\"name\":\"k\",\"bytes\":0,\"sha256\":\"e3b0c44298fc1c149afbf4c"
            "8996fb92427ae41e4649b934ca495991b7852b855\"}],\"session_storage\":[],"
            "\"databases\":[\"db\"]}");
    buf_clear(&text);
}

static void finds_links_to_the_privacy_notice(void **state)
{
    static const struct devtools_metrics metrics = {.width = 500, .height = 400, .scale = 2000};
    struct bytes snapshot = BYTES_LITERAL(SNAPSHOT);
    bool understood = false;
    struct buf text;
    struct json j;

    (void)state;
    buf_init(&text, FILE_MOST);
    json_init(&j, &text);
    json_object(&j, NULL);
    assert_int_equal(devtools_notice_links(snapshot, &metrics, &j, &understood), STATUS_OK);
    assert_true(understood);
    json_end(&j);
    assert_int_equal(buf_append_u8(&text, '\0'), STATUS_OK);
    assert_string_equal((const char *)text.p,
            "{\"links\":[{\"text\":\"Our PRIVACY\",\"url\":\"/p\",\"document\":\"https://a/\","
            "\"x\":10.0,\"y\":20.0,\"width\":30.0,\"height\":10.0,\"font_size\":\"12px\","
            "\"in_viewport\":true},{\"text\":\"\xe9\x9a\x90\xe7\xa7\x81\",\"url\":null,"
            "\"document\":\"https://a/\",\"x\":52.0,\"y\":670.0,\"width\":10.0,\"height\":10.0,"
            "\"font_size\":\"12px\",\"in_viewport\":false}]}");
    buf_clear(&text);
    assert_int_equal(
            devtools_notice_links(BYTES_LITERAL("{}"), &metrics, &j, &understood), STATUS_OK);
    assert_false(understood);
}

static void keeps_the_page_that_a_mark_points_at(void **state)
{
    struct buf text;
    struct peer *p = *state;

    say_tab(p);
    say(p, ATTACH_FRAME);
    step(p);
    assert_int_equal(devtools_notice(p->devtools, 5, NULL), STATUS_OK);
    say(p, "{\"id\":11,\"result\":{}}");
    say(p, "{\"id\":12,\"result\":" SNAPSHOT "}");
    say(p, "{\"id\":13,\"result\":{\"data\":\"" PNG "\"}}");
    step(p);
    assert_string_equal(events(p), "screenshot about:blank ok;");
    read_file(p, "screens/0001.dom.json", &text);
    assert_string_equal((const char *)text.p, SNAPSHOT);
    buf_clear(&text);
    read_file(p, "screens.jsonl", &text);
    assert_true(scan_is_whole(bytes_slice(buf_view(&text), 0, text.n - 1)));
    assert_has(&text, "\"why\":\"mark\",\"mark\":5,");
    assert_has(&text, "\"device_scale\":\"unknown\"");
    assert_has(&text, "\"dom\":\"screens/0001.dom.json\",\"dom_sha256\":\"");
    assert_has(&text, "\"frames_elsewhere\":1}\n");
    buf_clear(&text);
    /* The number of the next does not run into it. */
    assert_int_equal(devtools_screenshot(p->devtools, "asked", 0, NULL), STATUS_OK);
    say(p, "{\"id\":14,\"result\":{}}");
    say(p, "{\"id\":15,\"result\":{\"data\":\"" PNG "\"}}");
    step(p);
    read_file(p, "screens/0002.png", &text);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            PEER_TEST(keeps_a_screenshot_with_its_place),
            PEER_TEST(a_picture_that_is_none_is_not_kept),
            PEER_TEST(keeps_cookies_and_names_of_what_is_stored),
            cmocka_unit_test(finds_links_to_the_privacy_notice),
            PEER_TEST(keeps_the_page_that_a_mark_points_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
