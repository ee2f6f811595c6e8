/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/evidence_world.h"
#include "tests/classify/browser_world.h"
#include "tests/support/oom.h"

static void assert_text(struct bytes got, const char *want)
{
    char text[256];

    (void)snprintf(
            text, sizeof(text), "%.*s", (int)got.n, got.n == 0 ? "" : (const char *)got.p);
    assert_string_equal(text, want);
}

/* A tab with a page, a frame of another site, a redirect, a cached script, a preflight, a worker. */
static void tell(struct buf *b)
{
    buf_init(b, TOLD_MOST);
    told(b, "", "exhibit.browser", "{}");
    told_target(b, "", "S", "page", "TAB");
    told_header(b, "S", "L1", ",'cookie':'a=1'");
    told_request(b, "S", "L1", "L1", "TAB", "Document", "https://d.test/#top", 0, "");
    told_answer(b, "S", "L1", 200, 7, 2, ",'remoteIPAddress':'192.0.2.1','remotePort':443");
    told_navigated(b, "S", "TAB", "L1", "https://d.test/");
    told_request(b, "S", "1.2", "L1", "TAB", "Image", "http://p.test/go", 10, "");
    told_header(b, "S", "1.2", "");
    told(b, "S", "Network.responseReceivedExtraInfo", "{'requestId':'1.2','statusCode':302}");
    told_request(b, "S", "1.2", "L1", "TAB", "Image", "https://q.test/p", 20,
            ",'redirectHasExtraInfo':true,'redirectResponse':{'status':302,'headers':{},"
            "'remoteIPAddress':'[2001:db8::1]','remotePort':80,'connectionId':8}");
    told_header(b, "S", "1.2", ",'Cookie':'b=2'");
    told(b, "S", "Network.responseReceivedExtraInfo", "{'requestId':'1.2','statusCode':200}");
    told_request(b, "S", "F1", "F1", "FRAME", "Document", "https://f.test/", 30, "");
    told_target(b, "S", "SF", "iframe", "FRAME");
    told_request(b, "SF", "3.1", "F1", "FRAME", "Script", "https://f.test/s.js", 40, "");
    told(b, "SF", "Network.requestServedFromCache", "{'requestId':'3.1'}");
    told_request(b, "", "PF", "", "", "Other", "https://x.test/api", 45,
            ",'initiator':{'type':'preflight','requestId':'3.2'}");
    told_request(b, "SF", "3.2", "F1", "FRAME", "Fetch", "https://x.test/api", 46, "");
    told_target(b, "S", "SW", "worker", "W1");
    told_request(b, "SW", "4.1", "", "", "Fetch", "https://d.test/w", 50, "");
    told(b, "SW", "Network.loadingFailed",
            "{'requestId':'4.1','timestamp':1000.06,'errorText':'net::ERR_ABORTED',"
            "'canceled':true}");
    told(b, "SF", "Network.webSocketCreated",
            "{'requestId':'5.1','url':'wss://w.test/s','initiator':{'type':'script','stack':"
            "{'callFrames':[{'url':'','lineNumber':1},{'url':'https://i.test/s.js',"
            "'lineNumber':3}]}}}");
    told(b, "SF", "Network.webSocketFrameSent",
            "{'requestId':'5.1','response':{'opcode':1,'payloadData':'x'}}");
}

static void each_request_is_told_with_its_answer_and_its_page(void **state)
{
    struct browser_log *log;
    struct buf b;

    (void)state;
    tell(&b);
    log = told_log(&b);
    assert_int_equal(log->request_count, 9);
    assert_int_equal(log->page_count, 1);
    assert_int_equal(log->unread, 0);
    assert_true(log->navigations && log->pages[0].shown && !log->cut);
    assert_text(log->pages[0].url, "https://d.test/");
    assert_int_equal(log->pages[0].request, 0);
    assert_text(log->requests[0].url, "https://d.test/");
    assert_int_equal(log->requests[0].start_ns, WORLD_START);
    assert_int_equal((log->requests[0].sent_ns - WORLD_START + 500000) / 1000000, 2);
    assert_int_equal(log->requests[0].connection, 7);
    assert_int_equal(log->requests[0].server.port, 443);
    assert_int_equal(log->requests[0].server.address[0], 192);
    assert_int_equal(log->requests[0].told, browser_told(0, BYTES_LITERAL("a=1")));
    assert_int_equal(log->requests[1].status, 302);
    assert_int_equal(log->requests[1].server.version, IPV6);
    assert_true(log->requests[1].ended && log->requests[1].wired);
    assert_int_equal(log->requests[2].redirect_from, 1);
    assert_int_equal(log->requests[2].status, 200);
    assert_int_equal(log->requests[2].told, browser_told(0, BYTES_LITERAL("b=2")));
    assert_int_equal(log->requests[3].frame, BROWSER_FRAME_SUB);
    assert_true(log->requests[3].navigates && log->requests[4].from_memory);
    assert_int_equal(log->requests[5].initiator_request, 6);
    assert_int_equal(log->requests[5].frame, BROWSER_FRAME_SUB);
    assert_int_equal(log->requests[7].frame, BROWSER_FRAME_WORKER);
    assert_true(log->requests[7].failed && log->requests[7].cancelled);
    assert_text(log->requests[8].url, "https://w.test/s");
    assert_text(log->requests[8].initiator_url, "https://i.test/s.js");
    assert_int_equal(log->requests[8].initiator_line, 3);
    assert_int_equal(log->requests[8].sent, 1);
    for (size_t i = 0; i < log->request_count; i++)
        assert_int_equal(log->requests[i].page, 1);
    browser_log_free(log);
    buf_clear(&b);
}

/* A frame that goes on while its tab turns to another page stays with the page it was part of. */
static void what_is_under_way_belongs_to_the_page_it_was_asked_by(void **state)
{
    struct browser_log *log;
    struct buf b;

    (void)state;
    buf_init(&b, TOLD_MOST);
    told_target(&b, "", "S", "page", "TAB");
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", 0, "");
    told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    told_request(&b, "S", "F1", "F1", "FRAME", "Document", "https://f.test/", 10, "");
    told_request(&b, "S", "L2", "L2", "TAB", "Document", "https://b.test/", 20, "");
    told_request(&b, "S", "1.1", "L1", "TAB", "Image", "https://a.test/late", 30, "");
    told_navigated(&b, "S", "TAB", "L2", "https://b.test/");
    told_request(&b, "S", "1.2", "F1", "FRAME", "Image", "https://f.test/late", 40, "");
    told_request(&b, "S", "1.3", "L2", "TAB", "Image", "https://b.test/i", 50, "");
    told_request(&b, "S", "L3", "L3", "TAB", "Document", "https://c.test/file.zip", 60, "");
    log = told_log(&b);
    assert_int_equal(log->page_count, 3);
    assert_int_equal(log->requests[3].page, 1);
    assert_int_equal(log->requests[4].page, 1);
    assert_int_equal(log->requests[5].page, 2);
    assert_false(log->pages[2].shown); /* it was a download */
    browser_log_free(log);
    buf_clear(&b);
}

static void a_service_worker_of_two_tabs_speaks_for_none(void **state)
{
    struct browser_log *log;
    struct buf b;

    (void)state;
    buf_init(&b, TOLD_MOST);
    told_target(&b, "", "S1", "page", "T1");
    told_target(&b, "", "S2", "page", "T2");
    told_navigated(&b, "S1", "T1", "L1", "https://a.test/");
    told_target(&b, "S1", "W1", "service_worker", "SW");
    told_request(&b, "W1", "9.1", "", "", "Fetch", "https://a.test/1", 10, "");
    told_target(&b, "S2", "W2", "service_worker", "SW");
    told_request(&b, "W1", "9.2", "", "", "Fetch", "https://a.test/2", 20, "");
    told_request(&b, "W2", "9.2", "", "", "Fetch", "https://a.test/2", 20, "");
    log = told_log(&b);
    assert_int_equal(log->request_count, 2);
    assert_int_equal(log->requests[0].page, 1);
    assert_int_equal(log->requests[1].page, 0);
    browser_log_free(log);
    buf_clear(&b);
}

/* Another run of the browser gives its names anew. */
static void a_restarted_browser_means_other_things_by_the_same_names(void **state)
{
    struct browser_log *log;
    struct buf b;

    (void)state;
    buf_init(&b, TOLD_MOST);
    for (int run = 0; run < 2; run++) {
        told(&b, "", "exhibit.browser", "{}");
        told_target(&b, "", "S", "page", "TAB");
        told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", run * 100, "");
        told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    }
    log = told_log(&b);
    assert_int_equal(log->request_count, 2);
    assert_int_equal(log->page_count, 2);
    assert_int_equal(log->requests[1].page, 2);
    assert_int_equal(log->pages[1].tab, 2);
    browser_log_free(log);
    buf_clear(&b);
}

static void lines_that_are_no_events_are_counted(void **state)
{
    struct browser_log *log;
    struct buf b;

    (void)state;
    buf_init(&b, TOLD_MOST);
    told_text(&b, "nonsense\n\n[]\n{'method':5}\r\n");
    told(&b, "", "Network.requestWillBeSent", "null,'bytes':5000000");
    told(&b, "", "Network.responseReceived", "{'requestId':'never','response':{}}");
    told_text(&b, "{'method':'Network.requ");
    log = told_log(&b);
    assert_int_equal(log->request_count, 0);
    assert_int_equal(log->lines, 6);
    assert_int_equal(log->unread, 5);
    assert_int_equal(log->orphans, 1);
    assert_true(log->cut);
    browser_log_free(log);
    buf_clear(&b);
}

static void a_line_that_is_too_long_is_passed_over(void **state)
{
    struct browser_log *log = browser_log_new();
    uint8_t *piece = malloc(1 << 20);
    struct buf b;

    (void)state;
    assert_non_null(log);
    assert_non_null(piece);
    memset(piece, 'x', 1 << 20);
    for (int i = 0; i < 9; i++)
        assert_int_equal(browser_log_push(log, bytes_of(piece, 1 << 20)), STATUS_OK);
    buf_init(&b, TOLD_MOST);
    told_text(&b, "\n");
    told_request(&b, "S", "1", "L", "T", "Image", "https://a.test/", 0, "");
    assert_int_equal(browser_log_push(log, buf_view(&b)), STATUS_OK);
    assert_int_equal(browser_log_seal(log), STATUS_OK);
    assert_int_equal(log->lines, 2);
    assert_int_equal(log->unread, 1);
    assert_int_equal(log->request_count, 1);
    assert_int_equal(log->requests[0].page, 0); /* nobody was attached as "S" */
    browser_log_free(log);
    buf_clear(&b);
    free(piece);
}

static void assert_same_log(const struct browser_log *a, const struct browser_log *b)
{
    assert_int_equal(a->request_count, b->request_count);
    assert_int_equal(a->page_count, b->page_count);
    assert_int_equal(a->lines, b->lines);
    assert_int_equal(a->unread, b->unread);
    for (size_t i = 0; i < a->request_count; i++) {
        assert_true(bytes_equal(a->requests[i].url, b->requests[i].url));
        assert_true(bytes_equal(a->requests[i].id, b->requests[i].id));
        assert_int_equal(a->requests[i].page, b->requests[i].page);
        assert_int_equal(a->requests[i].status, b->requests[i].status);
        assert_int_equal(a->requests[i].told, b->requests[i].told);
    }
}

static void the_pieces_it_comes_in_make_no_difference(void **state)
{
    struct browser_log *want;
    struct buf b;

    (void)state;
    tell(&b);
    want = told_log(&b);
    for (size_t at = 0; at <= b.n; at += 7) {
        struct browser_log *log = browser_log_new();

        assert_non_null(log);
        assert_int_equal(browser_log_push(log, bytes_of(b.p, at)), STATUS_OK);
        assert_int_equal(browser_log_push(log, bytes_of(b.p + at, b.n - at)), STATUS_OK);
        assert_int_equal(browser_log_seal(log), STATUS_OK);
        assert_same_log(log, want);
        browser_log_free(log);
    }
    browser_log_free(want);
    buf_clear(&b);
}

static void an_account_cut_anywhere_says_no_more_than_the_whole(void **state)
{
    struct browser_log *want;
    struct buf b;

    (void)state;
    tell(&b);
    want = told_log(&b);
    for (size_t n = 0; n < b.n; n++) {
        struct buf part = {.p = b.p, .n = n};
        struct browser_log *log = told_log(&part);

        assert_true(log->request_count <= want->request_count);
        assert_true(log->page_count <= want->page_count);
        /* All but the last byte of a line is all of it. */
        assert_int_equal(log->cut, n != 0 && b.p[n - 1] != '\n' && b.p[n] != '\n');
        for (size_t i = 0; i < log->request_count; i++)
            assert_true(bytes_equal(log->requests[i].url, want->requests[i].url));
        browser_log_free(log);
    }
    browser_log_free(want);
    buf_clear(&b);
}

static void every_failed_allocation_is_told(void **state)
{
    enum status status;
    struct buf b;
    long at = 0;

    (void)state;
    tell(&b);
    do {
        struct browser_log *log;

        oom_fail_at(++at);
        log = browser_log_new();
        status = log == NULL ? STATUS_NOMEM : browser_log_push(log, buf_view(&b));
        if (status == STATUS_OK)
            status = browser_log_seal(log);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        browser_log_free(log);
    } while (status == STATUS_NOMEM);
    assert_true(at > 10);
    buf_clear(&b);
}

static void a_file_that_is_not_there_is_missing(void **state)
{
    struct browser_log *log = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(
            browser_log_read("/nonexistent/browser.jsonl", &log, &fault), STATUS_MISSING);
    assert_null(log);
    assert_non_null(strstr(fault.text, "browser.jsonl"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_request_is_told_with_its_answer_and_its_page),
            cmocka_unit_test(what_is_under_way_belongs_to_the_page_it_was_asked_by),
            cmocka_unit_test(a_service_worker_of_two_tabs_speaks_for_none),
            cmocka_unit_test(a_restarted_browser_means_other_things_by_the_same_names),
            cmocka_unit_test(lines_that_are_no_events_are_counted),
            cmocka_unit_test(a_line_that_is_too_long_is_passed_over),
            cmocka_unit_test(the_pieces_it_comes_in_make_no_difference),
            cmocka_unit_test(an_account_cut_anywhere_says_no_more_than_the_whole),
            cmocka_unit_test(every_failed_allocation_is_told),
            cmocka_unit_test(a_file_that_is_not_there_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
