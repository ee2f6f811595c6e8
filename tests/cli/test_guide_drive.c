/* SPDX-License-Identifier: Apache-2.0 */
/* Drives guides against a browser made of a table: which method in which session is answered how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/live/devtools.h"
#include "cli/guide.h"

#define SECOND INT64_C(1000000000)

struct answer {
    const char *session, *method, *in_params; /* in_params: NULL, any */
    const char *json;
    bool refused;
};

/* The browser. */
static struct {
    const struct answer *answers;
    size_t answer_count;
    char log[65536]; /* "session method params\n" of each call */
    size_t log_n;
    uint64_t numbers;
    struct devtools_event event; /* the answer that waits; number 0: none */
    const char *front;
    unsigned open, unanswered;
    int64_t quiet_ns;
} browser;

enum status devtools_call(struct devtools *d, const char *session, const char *method,
        const char *params, uint64_t *number, struct fault *fault)
{
    (void)d;
    (void)fault;
    browser.log_n += (size_t)snprintf(browser.log + browser.log_n,
            sizeof(browser.log) - browser.log_n, "%s %s %.400s\n", session, method, params);
    assert_true(browser.log_n < sizeof(browser.log));
    *number = ++browser.numbers;
    browser.event = (struct devtools_event){.kind = DEVTOOLS_ANSWER,
            .number = browser.numbers,
            .ok = true,
            .json = BYTES_LITERAL("{}")};
    for (size_t i = 0; i < browser.answer_count; i++) {
        const struct answer *a = &browser.answers[i];

        if (strcmp(a->method, method) != 0 || strcmp(a->session, session) != 0 ||
                (a->in_params != NULL && strstr(params, a->in_params) == NULL))
            continue;
        browser.event.ok = !a->refused;
        browser.event.json = bytes_text(a->json);
        if (a->json == NULL)
            browser.event.number = 0; /* never answered */
        break;
    }
    return STATUS_OK;
}

const char *devtools_front(const struct devtools *d)
{
    (void)d;
    return browser.front;
}

unsigned devtools_open_requests(const struct devtools *d)
{
    (void)d;
    return browser.open;
}

unsigned devtools_unanswered(const struct devtools *d)
{
    (void)d;
    return browser.unanswered;
}

int64_t devtools_quiet_ns(const struct devtools *d)
{
    (void)d;
    return browser.quiet_ns;
}

static const char *frames(const struct devtools *d, const char *tab, size_t i)
{
    (void)d;
    assert_string_equal(tab, "T");
    return i == 0 ? "F" : NULL;
}

/* A tab with a frame of its own process inside, and one of another site. */
static const struct answer page[] = {
        {"T", "Page.getFrameTree", NULL,
                "{\"frameTree\":{\"frame\":{\"id\":\"main\"},\"childFrames\":[{\"frame\":{"
                "\"id\":"
                "\"inner\"}}]}}",
                false},
        {"F", "Page.getFrameTree", NULL, "{\"frameTree\":{\"frame\":{\"id\":\"banner\"}}}",
                false},
        {"T", "Page.createIsolatedWorld", "main", "{\"executionContextId\":1}", false},
        {"T", "Page.createIsolatedWorld", "inner", "{\"message\":\"gone\"}", true},
        {"F", "Page.createIsolatedWorld", "banner", "{\"executionContextId\":3}", false},
        {"T", "Runtime.evaluate", "\"contextId\":1", "{\"result\":{\"value\":4010}}", false},
        {"F", "Runtime.evaluate", "\"returnByValue\":true", "{\"result\":{\"value\":0}}",
                false},
        {"F", "Runtime.evaluate", "\"returnByValue\":false",
                "{\"result\":{\"objectId\":\"obj\"}}", false},
        {"F", "Runtime.callFunctionOn", "elementFromPoint", "{\"result\":{\"value\":false}}",
                false},
        {"F", "DOM.getContentQuads", NULL, "{\"quads\":[[10,20,30,20,30,40,10,40]]}", false},
        {"T", "DOM.getFrameOwner", "banner", "{\"backendNodeId\":77}", false},
        {"T", "DOM.getBoxModel", "77", "{\"model\":{\"content\":[100.5,200,1,1,1,1,1,1]}}",
                false},
};

static struct arena *arena;
static struct guide guide;
static struct guide_drive *drive;
static int64_t now;
static struct fault fault;

static void begin(const char *text, const struct answer *answers, size_t n)
{
    memset(&browser, 0, sizeof(browser));
    browser.answers = answers;
    browser.answer_count = n;
    browser.front = "T";
    browser.quiet_ns = 5 * SECOND;
    arena = arena_new(1 << 20);
    fault = (struct fault){0};
    now = 1000 * SECOND;
    assert_int_equal(guide_read(arena, bytes_text(text), "g", &guide, &fault), STATUS_OK);
    drive = guide_drive_new(&guide);
    assert_non_null(drive);
    guide_drive_frames(drive, frames);
}

static void end(void)
{
    guide_drive_free(drive);
    arena_free(arena);
}

/* Until something is asked for, it fails, all is done, or `seconds` of the clock have passed. */
static enum guide_asks run(int seconds)
{
    enum guide_asks asks = GUIDE_GOES_ON;

    for (int i = 0; i < seconds * 20 && asks == GUIDE_GOES_ON; i++) {
        asks = guide_drive_step(drive, NULL, now, &fault);
        if (browser.event.number != 0) {
            struct devtools_event event = browser.event;

            browser.event.number = 0;
            guide_drive_event(drive, &event);
        }
        now += SECOND / 20;
        if (guide_drive_current(drive) == NULL)
            break;
    }
    return asks;
}

static void tell(enum devtools_event_kind kind, const char *url)
{
    struct devtools_event event = {.kind = kind, .url = url, .session = "T"};

    guide_drive_event(drive, &event);
}

static void a_label_in_a_frame_of_another_site_is_clicked_at_its_place(void **state)
{
    (void)state;
    begin("click Reject all", page, sizeof(page) / sizeof(*page));
    assert_int_equal(run(20), GUIDE_GOES_ON);
    assert_null(guide_drive_current(drive));
    /* Centre (20, 30) in the frame, which lies at (100.5, 200) in the tab. */
    assert_non_null(strstr(browser.log,
            "T Input.dispatchMouseEvent {\"type\":\"mousePressed\",\"x\":120.50,\"y\":230.00,"
            "\"button\":\"left\",\"buttons\":1,\"clickCount\":1}\n"));
    assert_non_null(strstr(browser.log, "\"type\":\"mouseReleased\""));
    end();
}

static void what_is_not_there_is_looked_for_again_and_then_said(void **state)
{
    static const struct answer empty[] = {
            {"T", "Page.getFrameTree", NULL, "{\"frameTree\":{\"frame\":{\"id\":\"main\"}}}",
                    false},
            {"T", "Page.createIsolatedWorld", NULL, "{\"executionContextId\":1}", false},
            {"T", "Runtime.evaluate", NULL, "{\"result\":{\"value\":-1}}", false},
    };

    (void)state;
    begin("say x\nclick \xe2\x80\x9c"
          "Not\xe2\x80\x9d here",
            empty, 3);
    assert_int_equal(run(40), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "line 2 of the guide"));
    assert_non_null(strstr(fault.text, "shows nothing that is so called, also after 30 s"));
    assert_true(now - 1000 * SECOND > 30 * SECOND);
    end();
    begin("search x", empty, 3);
    assert_int_equal(run(40), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "no search field"));
    end();
}

static void a_selector_that_is_none_is_said_at_once(void **state)
{
    static const struct answer bad[] = {
            {"T", "Page.getFrameTree", NULL, "{\"frameTree\":{\"frame\":{\"id\":\"main\"}}}",
                    false},
            {"T", "Page.createIsolatedWorld", NULL, "{\"executionContextId\":1}", false},
            {"T", "Runtime.evaluate", NULL, "{\"result\":{\"value\":-2}}", false},
    };

    (void)state;
    begin("click css:a[[", bad, 3);
    assert_int_equal(run(5), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "not a valid one of CSS"));
    end();
}

static void a_term_is_typed_key_by_key_and_sent(void **state)
{
    const char *at;

    (void)state;
    begin("search \xe5\x87\x8f"
          "b",
            page, sizeof(page) / sizeof(*page));
    assert_int_equal(run(30), GUIDE_GOES_ON);
    assert_null(guide_drive_current(drive));
    at = strstr(browser.log, "F Runtime.callFunctionOn {\"objectId\":\"obj\"");
    assert_non_null(at);
    at = strstr(at, "T Input.dispatchKeyEvent {\"type\":\"keyDown\",\"key\":\"Process\"");
    assert_non_null(at);
    at = strstr(at, "T Input.insertText {\"text\":\"\xe5\x87\x8f\"}");
    assert_non_null(at);
    at = strstr(at, "{\"type\":\"keyDown\",\"key\":\"b\",\"code\":\"KeyB\","
                    "\"windowsVirtualKeyCode\":66,\"text\":\"b\",\"unmodifiedText\":\"b\"}");
    assert_non_null(at);
    at = strstr(at, "{\"type\":\"keyUp\",\"key\":\"b\"");
    assert_non_null(at);
    assert_non_null(strstr(at, "{\"type\":\"keyDown\",\"key\":\"Enter\",\"code\":\"Enter\","
                               "\"windowsVirtualKeyCode\":13,\"text\":\"\\r\"}"));
    end();
}

static void a_page_is_open_once_it_is_loaded_and_at_rest(void **state)
{
    static const struct answer load[] = {
            {"T", "Page.navigate", NULL, "{\"frameId\":\"main\",\"loaderId\":\"L\"}", false}};

    (void)state;
    begin("open https://news.example/", load, 1);
    assert_int_equal(run(3), GUIDE_GOES_ON);
    assert_non_null(guide_drive_current(drive));
    browser.open = browser.unanswered = 2;
    tell(DEVTOOLS_LOADED, "https://news.example/");
    assert_int_equal(run(3), GUIDE_GOES_ON);
    assert_non_null(guide_drive_current(drive));
    browser.open = 0;
    assert_int_equal(run(3), GUIDE_GOES_ON);
    assert_null(guide_drive_current(drive));
    assert_null(guide_drive_remark(drive));
    end();
    begin("open https://news.example/", load, 1);
    assert_int_equal(run(200), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "the page did not load in time"));
    end();
}

static void a_page_that_never_rests_is_remarked_and_left(void **state)
{
    (void)state;
    begin("wait quiet\nend", NULL, 0);
    browser.open = browser.unanswered = 1;
    assert_int_equal(run(29), GUIDE_GOES_ON);
    assert_int_equal(guide_drive_current(drive)->act, GUIDE_WAIT_QUIET);
    for (int i = 0; i < 40 && guide_drive_current(drive)->act == GUIDE_WAIT_QUIET;
            i++, now += SECOND / 20)
        assert_int_equal(guide_drive_step(drive, NULL, now, &fault), GUIDE_GOES_ON);
    assert_string_equal(guide_drive_remark(drive),
            "line 1 of the guide: the page did not come to rest within 30 s");
    assert_int_equal(run(1), GUIDE_ASKS_END);
    end();
}

/* A page that does not read an answer leaves its request open. */
static void an_answer_that_is_not_read_holds_nobody_up(void **state)
{
    (void)state;
    begin("wait quiet\nend", NULL, 0);
    browser.open = 1;
    assert_int_equal(run(2), GUIDE_GOES_ON);
    assert_int_equal(guide_drive_current(drive)->act, GUIDE_WAIT_QUIET);
    assert_int_equal(run(2), GUIDE_ASKS_END);
    assert_null(guide_drive_remark(drive));
    end();
}

static void a_refused_address_is_told_in_the_browsers_words(void **state)
{
    static const struct answer refused[] = {{"T", "Page.navigate", NULL,
            "{\"frameId\":\"m\",\"errorText\":\"net::ERR_NAME_NOT_RESOLVED\"}", false}};

    (void)state;
    begin("open https://nowhere.example/", refused, 1);
    assert_int_equal(run(3), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "line 1 of the guide (Open https://nowhere.example/) "
                                       "failed: net::ERR_NAME_NOT_RESOLVED"));
    end();
}

static void cookies_and_the_storage_of_every_origin_are_cleared(void **state)
{
    (void)state;
    begin("clear cookies", NULL, 0);
    assert_int_equal(run(10), GUIDE_GOES_ON);
    assert_null(guide_drive_current(drive));
    assert_string_equal(browser.log,
            "T Network.clearBrowserCookies {}\n"
            "T Storage.clearDataForOrigin {\"origin\":\"*\",\"storageTypes\":\"all\"}\n");
    end();
}

static void what_is_the_callers_is_asked_until_it_is_done(void **state)
{
    static const enum guide_asks asks[] = {
            GUIDE_ASKS_MARK, GUIDE_ASKS_SCREENSHOT, GUIDE_ASKS_RESTART, GUIDE_ASKS_END};

    (void)state;
    begin("mark login\nscreenshot\nrestart browser\nsay x\nwait 1 s\nend", NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run(3), asks[i]);
        assert_int_equal(run(3), asks[i]);
        if (asks[i] == GUIDE_ASKS_RESTART)
            tell(DEVTOOLS_LOST, NULL); /* the old browser's pipe */
        guide_drive_done(drive);
    }
    assert_null(guide_drive_current(drive));
    assert_int_equal(run(1), GUIDE_GOES_ON);
    end();
}

static void a_browser_that_is_gone_or_silent_is_said(void **state)
{
    static const struct answer silent[] = {
            {"T", "Network.clearBrowserCookies", NULL, NULL, false}};

    (void)state;
    begin("wait quiet", NULL, 0);
    tell(DEVTOOLS_LOST, NULL);
    assert_int_equal(run(1), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "the browser is gone"));
    end();
    begin("clear cookies", silent, 1);
    assert_int_equal(run(30), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "did not answer Network.clearBrowserCookies"));
    end();
    begin("click x", NULL, 0);
    browser.front = NULL;
    assert_int_equal(run(60), GUIDE_FAILED);
    assert_non_null(strstr(fault.text, "the browser shows no tab"));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_label_in_a_frame_of_another_site_is_clicked_at_its_place),
            cmocka_unit_test(what_is_not_there_is_looked_for_again_and_then_said),
            cmocka_unit_test(a_selector_that_is_none_is_said_at_once),
            cmocka_unit_test(a_term_is_typed_key_by_key_and_sent),
            cmocka_unit_test(a_page_is_open_once_it_is_loaded_and_at_rest),
            cmocka_unit_test(a_page_that_never_rests_is_remarked_and_left),
            cmocka_unit_test(an_answer_that_is_not_read_holds_nobody_up),
            cmocka_unit_test(a_refused_address_is_told_in_the_browsers_words),
            cmocka_unit_test(cookies_and_the_storage_of_every_origin_are_cleared),
            cmocka_unit_test(what_is_the_callers_is_asked_until_it_is_done),
            cmocka_unit_test(a_browser_that_is_gone_or_silent_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
