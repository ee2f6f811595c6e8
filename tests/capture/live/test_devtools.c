/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/capture/live/devtools_peer.h"
#include "tests/support/oom.h"

static const char script[] =
        ATTACH_TAB "\0" READY_TAB "\0" NAVIGATED "\0" ATTACH_FRAME "\0" REQUEST "\0" CACHED
                   "\0" RESPONSE "\0" FINISHED "\0" LOADED "\0" DETACHED;

static const char script_events[] =
        "page https://a.test/\xe4\xbd\xa0#top;"
        "request https://b.test/p?x=1 on https://a.test/\xe4\xbd\xa0#top;"
        "response https://b.test/p?x=1 on https://a.test/\xe4\xbd\xa0#top cached;"
        "loaded https://a.test/\xe4\xbd\xa0#top;"
        "closed https://a.test/\xe4\xbd\xa0#top;";

static void listens_before_a_target_goes_on(void **state)
{
    struct peer p;
    const char *sent, *network, *page, *attach, *run;
    struct buf lines;

    (void)state;
    peer_open(&p);
    assert_int_equal(peer_listen(&p, "https://first.test/"), STATUS_OK);
    sent = heard(&p);
    assert_non_null(
            strstr(sent, "\"id\":1,\"method\":\"Browser.getVersion\",\"params\":{}}\n"));
    assert_non_null(strstr(sent, "\"waitForDebuggerOnStart\":true,\"flatten\":true"));
    say(&p, ATTACH_TAB);
    step(&p);
    assert_null(devtools_front(p.devtools));
    sent = heard(&p);
    network = strstr(sent, "\"id\":3,\"method\":\"Network.enable\"");
    page = strstr(sent, "\"Page.enable\"");
    attach = strstr(sent, "\"id\":5,\"method\":\"Target.setAutoAttach\"");
    run = strstr(sent, "Runtime.runIfWaitingForDebugger\",\"params\":{},\"sessionId\":\"S1\"}");
    assert_true(network != NULL && page != NULL && attach != NULL && run != NULL);
    assert_true(network < page && page < attach && attach < run);
    assert_null(strstr(sent, "Page.navigate"));
    /* Only now is it certain that the page will be heard from its beginning. */
    say(&p, READY_TAB);
    step(&p);
    assert_non_null(strstr(heard(&p), "\"Page.navigate\",\"params\":{\"url\":\"https://"
                                      "first.test/\"},\"sessionId\":\"S1\""));
    assert_string_equal(devtools_front(p.devtools), "S1");
    say(&p, "{\"id\":1,\"result\":{\"product\":\"Chrome/1\",\"userAgent\":\"U\"}}");
    step(&p);
    read_lines(&p, &lines);
    assert_has(&lines,
            "\"session\":\"\",\"method\":\"exhibit.browser\",\"params\":{\"product\":"
            "\"Chrome/1\",\"userAgent\":\"U\",\"command_line\":[\"chromium\","
            "\"--flag\"]}}\n");
    assert_has(&lines,
            "\"session\":\"S1\",\"method\":\"exhibit.attached\",\"params\":{\"target\":"
            "\"T1\",\"type\":\"page\",\"url\":\"about:blank\",\"above\":\"\"}}\n");
    assert_has(&lines, "\"method\":\"exhibit.called\",\"params\":{\"number\":6,\"method\":"
                       "\"Runtime.runIfWaitingForDebugger\",\"params\":{}}}\n");
    buf_clear(&lines);
    peer_close(&p);
}

static void tells_what_happens_in_tabs_and_frames(void **state)
{
    struct peer *p = *state;

    say_bytes(p, script, sizeof(script));
    step(p);
    assert_string_equal(events(p), script_events);
    assert_int_equal(devtools_open_requests(p->devtools), 0);
    assert_null(devtools_front(p->devtools));
    assert_true(devtools_quiet_ns(p->devtools) >= 0);
}

static void counts_requests_that_are_open(void **state)
{
    struct peer *p = *state;

    say_tab(p);
    say(p, ATTACH_FRAME);
    say(p, REQUEST);
    say(p, REQUEST); /* a redirect: the same request */
    step(p);
    assert_int_equal(devtools_open_requests(p->devtools), 1);
    assert_int_equal(devtools_unanswered(p->devtools), 1);
    say(p, RESPONSE);
    step(p);
    assert_int_equal(devtools_open_requests(p->devtools), 1);
    assert_int_equal(devtools_unanswered(p->devtools), 0);
    say(p, REQUEST);
    step(p);
    assert_int_equal(devtools_unanswered(p->devtools), 1);
    say(p, "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"S2\"}}");
    step(p);
    assert_int_equal(devtools_open_requests(p->devtools), 0);
}

/* Everything that was made of the script, without the clock. */
static void run_split(size_t at, struct buf *lines, char *told, size_t size)
{
    struct peer p;

    peer_begin(&p);
    say_bytes(&p, script, at);
    step(&p);
    (void)snprintf(told, size, "%s", events(&p));
    say_bytes(&p, script + at, sizeof(script) - at);
    step(&p);
    (void)snprintf(told + strlen(told), size - strlen(told), "%s", events(&p));
    read_lines(&p, lines);
    peer_close(&p);
}

static void a_split_anywhere_changes_nothing(void **state)
{
    static char told[1 << 14];
    struct buf whole, lines;

    (void)state;
    run_split(0, &whole, told, sizeof(told));
    assert_string_equal(told, script_events);
    for (size_t at = 1; at < sizeof(script); at += 3) {
        run_split(at, &lines, told, sizeof(told));
        assert_string_equal(told, script_events);
        assert_string_equal((const char *)lines.p, (const char *)whole.p);
        buf_clear(&lines);
    }
    buf_clear(&whole);
}

static void survives_hostile_messages(void **state)
{
    static const char *const bad[] = {"", "x", "{", "[]", "null", "\"s\"", "{\"a\":1}",
            "{\"method\":7}", "{\"id\":-1}", "{\"id\":1e9,\"result\":0}", "{\"id\":99999}",
            "{\"method\":\"Target.attachedToTarget\"}",
            "{\"method\":\"Target.attachedToTarget\",\"params\":[]}",
            "{\"method\":\"Target.attachedToTarget\",\"params\":{\"sessionId\":\"\"}}",
            "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"none\"}}",
            "{\"method\":\"Network.requestWillBeSent\",\"params\":null}",
            "{\"method\":\"Page.loadEventFired\",\"sessionId\":\"nobody\"}",
            "{\"method\":\"M\",\"params\":{\"a\":\n1,\r\n\"b\":[1,\n2]}}",
            "{\"method\":\"M\",\"params\":{\"a\":\"\xff\"}}",
            "{\"method\":\"M\",\"params\":{a}}"};
    char *deep = calloc(1, 300);
    struct buf lines;
    struct peer *p = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        say(p, bad[i]);
    /* Deeper than base/json reads, and kept all the same. */
    strcpy(deep, "{\"method\":\"Deep\",\"params\":");
    for (size_t i = 0; i < 100; i++)
        strcat(deep, "[");
    for (size_t i = 0; i < 100; i++)
        strcat(deep, "]");
    strcat(deep, "}");
    say(p, deep);
    free(deep);
    step(p);
    assert_string_equal(events(p), "");
    read_lines(p, &lines);
    assert_has(&lines, "\"method\":\"Deep\",\"params\":[[[");
    assert_has(&lines, "\"exhibit.unreadable\",\"params\":{\"bytes\":1,\"begins\":\"x\"}}");
    assert_has(&lines, "\"method\":\"M\",\"params\":{\"a\": 1,  \"b\":[1, 2]}}\n");
    buf_clear(&lines);
}

static void feed(struct peer *p, size_t n)
{
    static char filler[1 << 16];

    memset(filler, 'a', sizeof(filler));
    while (n != 0) {
        size_t now = n < sizeof(filler) ? n : sizeof(filler);

        say_bytes(p, filler, now);
        step(p);
        n -= now;
    }
}

static void states_the_size_of_what_is_too_long(void **state)
{
    struct buf lines;
    struct peer *p = *state;

    say_bytes(p, "{\"method\":\"Big\",\"params\":\"", 26);
    feed(p, 5 << 20);
    say(p, "\"}");
    step(p);
    say_bytes(p, "{\"method\":\"Huge\",\"params\":\"", 27);
    feed(p, 70 << 20);
    say(p, "\"}");
    say(p, "{\"method\":\"After\",\"params\":{}}");
    step(p);
    read_lines(p, &lines);
    assert_has(&lines, "\"method\":\"Big\",\"params\":null,\"bytes\":5242908}\n");
    assert_has(&lines, "\"method\":\"Huge\",\"params\":null,\"bytes\":73400349}\n");
    assert_has(&lines, "\"method\":\"After\",\"params\":{}}\n");
    buf_clear(&lines);
}

static void says_once_that_the_pipe_is_lost(void **state)
{
    struct buf lines;
    struct peer *p = *state;

    say_tab(p);
    step(p);
    assert_int_equal(devtools_screenshot(p->devtools, "asked", 0, NULL), STATUS_OK);
    close(p->from[1]);
    close(p->to[0]);
    p->from[1] = p->to[0] = -1;
    step(p);
    step(p);
    assert_string_equal(events(p), "screenshot about:blank not ok;lost -;");
    step(p);
    assert_string_equal(events(p), "");
    assert_int_equal(
            devtools_call(p->devtools, "", "Browser.close", "{}", NULL, NULL), STATUS_IO);
    read_lines(p, &lines);
    assert_has(&lines, "\"method\":\"exhibit.lost\",\"params\":{}}\n");
    assert_has(&lines, "\"exhibit.no_screenshot\"");
    buf_clear(&lines);
}

static void answers_the_callers_commands(void **state)
{
    struct devtools_event e;
    uint64_t number = 0;
    struct peer *p = *state;

    assert_int_equal(
            devtools_call(p->devtools, "", "A.b", "{\"c\":1", &number, NULL), STATUS_USAGE);
    assert_int_equal(
            devtools_call(p->devtools, "", "A.b", "{\"c\":1}", &number, NULL), STATUS_OK);
    assert_int_equal(number, 3);
    say(p, "{\"id\":3,\"result\":{\"d\":2}}");
    say(p, "{\"id\":3,\"result\":{\"d\":3}}");
    step(p);
    assert_true(devtools_next(p->devtools, &e));
    assert_int_equal(e.kind, DEVTOOLS_ANSWER);
    assert_int_equal(e.number, 3);
    assert_true(e.ok);
    assert_true(bytes_is(e.json, "{\"d\":2}"));
    assert_false(devtools_next(p->devtools, &e));
}

/* Everything once, with the n-th allocation failing. */
static bool run_short_of_memory(long n)
{
    struct fault fault = {0};
    enum status status;
    struct peer p;
    bool happened;

    peer_open(&p);
    oom_fail_at(n);
    status = peer_listen(&p, NULL);
    if (status == STATUS_OK) {
        say(&p, "{\"id\":1,\"result\":{\"product\":\"P\"}}");
        say_bytes(&p, script, sizeof(script) - sizeof(DETACHED));
        status = devtools_step(p.devtools, &fault);
    }
    if (status == STATUS_OK)
        status = devtools_notice(p.devtools, 1, &fault);
    if (status == STATUS_OK) {
        say(&p, "{\"id\":11,\"result\":{}}");
        say(&p, "{\"id\":12,\"result\":{\"data\":\"" PNG "\"}}");
        status = devtools_step(p.devtools, &fault);
    }
    if (status == STATUS_OK) {
        say(&p, "{\"id\":13,\"result\":{}}");
        say(&p, "{\"id\":14,\"result\":" SNAPSHOT "}");
        say(&p, "{\"id\":15,\"result\":{\"data\":\"" PNG "\"}}");
        status = devtools_step(p.devtools, &fault);
    }
    if (status == STATUS_OK)
        status = devtools_storage(p.devtools, &fault);
    if (status == STATUS_OK) {
        say(&p, "{\"id\":17,\"result\":{\"cookies\":[{\"name\":\"n\",\"value\":\"abc\"}]}}");
        say(&p, "{\"id\":18,\"result\":{\"frameTree\":{\"frame\":{\"securityOrigin\":"
                "\"https://a\"}}}}");
        status = devtools_step(p.devtools, &fault);
    }
    happened = oom_happened();
    oom_fail_at(0);
    /* All of it ran: the last commands ask for what https://a stores. */
    if (!happened)
        assert_int_equal(p.devtools->numbers, 22);
    /* A few are made up for: a hash that is missing is said to be. */
    assert_true(status == STATUS_OK || (happened && status == STATUS_NOMEM));
    peer_close(&p);
    return happened;
}

static void survives_every_failed_allocation(void **state)
{
    long n = 1;

    (void)state;
    while (run_short_of_memory(n))
        n++;
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(listens_before_a_target_goes_on),
            PEER_TEST(tells_what_happens_in_tabs_and_frames),
            PEER_TEST(counts_requests_that_are_open),
            cmocka_unit_test(a_split_anywhere_changes_nothing),
            PEER_TEST(survives_hostile_messages),
            PEER_TEST(states_the_size_of_what_is_too_long),
            PEER_TEST(says_once_that_the_pipe_is_lost),
            PEER_TEST(answers_the_callers_commands),
            cmocka_unit_test(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
