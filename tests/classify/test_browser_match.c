/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/evidence_world.h"
#include "tests/classify/browser_world.h"
#include "tests/support/oom.h"

/* Judges the world again, with the account. */
static struct browser_log *hear(struct evidence_world *w, struct buf *b)
{
    struct browser_log *log = told_log(b);

    attribution_clear(&w->a);
    assert_int_equal(attribution_judge(&w->e, w->sites, log, &w->a), STATUS_OK);
    return log;
}

static void finish(struct evidence_world *w, struct browser_log *log, struct buf *b)
{
    browser_log_free(log);
    buf_clear(b);
    world_clear(w);
}

static void begin(struct buf *b)
{
    buf_init(b, TOLD_MOST);
    told_target(b, "", "S", "page", "TAB");
}

/* Two tabs load the same frame at once: headers name neither, the browser does. */
static void the_browser_names_the_page_where_headers_cannot(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 5 GET https://b.test/ 200 nav",
            "3 20 GET https://ads.test/f 200 frame | > Referer: https://a.test/",
            "4 25 GET https://ads.test/f 200 frame | > Referer: https://b.test/",
            "5 40 GET https://t.test/p 200 img | > Referer: https://ads.test/f",
            "6 900 GET https://t.test/q 200 img | > Referer: https://ads.test/f");
    assert_page(&w, 4, "-/none");
    begin(&b);
    told_target(&b, "", "S2", "page", "TAB2");
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", 0, "");
    told_request(&b, "S2", "L2", "L2", "TAB2", "Document", "https://b.test/", 4, "");
    told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    told_navigated(&b, "S2", "TAB2", "L2", "https://b.test/");
    told_request(&b, "S", "F1", "F1", "FR1", "Document", "https://ads.test/f", 18, "");
    told_answer(&b, "S", "F1", 200, 3, 20, "");
    told_request(&b, "S2", "F2", "F2", "FR2", "Document", "https://ads.test/f", 19, "");
    told_answer(&b, "S2", "F2", 200, 4, 25, "");
    told_request(&b, "S2", "9.1", "F2", "FR2", "Image", "https://t.test/p", 39, "");
    log = hear(&w, &b);
    assert_page(&w, 0, "a.test/browser");
    assert_page(&w, 2, "a.test/browser");
    assert_page(&w, 3, "b.test/browser");
    assert_page(&w, 4, "b.test/browser");
    assert_page(&w, 5, "-/none"); /* it did not tell of this one */
    assert_int_equal(w.a.match.fates[FATE_WIRE], 5);
    assert_int_equal(w.a.match.only_wire, 1);
    assert_true(w.a.of[0].leads && !w.a.of[2].leads);
    assert_int_equal(w.a.of[4].ground_exchange, 1);
    finish(&w, log, &b);
}

static void requests_that_are_alike_are_told_apart_by_their_cookies(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 10 GET https://t.test/p 200 img | > Cookie: a=1; b=2",
            "2 11 GET https://t.test/p 200 img | > Cookie: a=2",
            "3 12 GET https://t.test/p 200 img");
    begin(&b);
    told_request(&b, "S", "1.1", "L", "TAB", "Image", "https://t.test/p", 9, "");
    told_request(&b, "S", "1.2", "L", "TAB", "Image", "https://t.test/p", 9, "");
    told_request(&b, "S", "1.3", "L", "TAB", "Image", "https://t.test/p", 9, "");
    told_header(&b, "S", "1.1", "");
    told_header(&b, "S", "1.2", ",'cookie':'a=2'");
    told_header(&b, "S", "1.3", ",'cookie':'a=1; b=2'");
    for (int i = 0; i < 3; i++)
        told_answer(&b, "S", (const char *[]){"1.1", "1.2", "1.3"}[i], 200, 1, 11, "");
    log = hear(&w, &b);
    assert_int_equal(w.a.match.request_of[0], 2);
    assert_int_equal(w.a.match.request_of[1], 1);
    assert_int_equal(w.a.match.request_of[2], 0);
    finish(&w, log, &b);
}

/* Alike in everything: each with the next one in time, and none with one of another time. */
static void requests_that_are_alike_in_all_are_joined_in_their_order(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 1000 GET https://t.test/p 204 img", "1 2000 GET https://t.test/p 204 img",
            "1 900000 GET https://t.test/p 204 img", "1 1500000 GET https://t.test/p 204 img");
    begin(&b);
    for (int i = 0; i < 3; i++) {
        const char *id = (const char *[]){"1.1", "1.2", "1.3"}[i];
        int at = (const int[]){999, 1999, 1499999}[i];

        told_request(&b, "S", id, "L", "TAB", "Ping", "https://t.test/p", at, "");
        told_answer(&b, "S", id, 204, 1, at + 1, "");
        told(&b, "S", "Network.loadingFinished",
                (const char *[]){"{'requestId':'1.1','timestamp':1001.1}",
                        "{'requestId':'1.2','timestamp':1002.1}",
                        "{'requestId':'1.3','timestamp':2500.1}"}[i]);
    }
    log = hear(&w, &b);
    assert_int_equal(w.a.match.request_of[0], 0);
    assert_int_equal(w.a.match.request_of[1], 1);
    assert_int_equal(w.a.match.request_of[2], BROWSER_NONE);
    assert_int_equal(w.a.match.request_of[3], 2);
    finish(&w, log, &b);
}

static void what_did_not_travel_says_why(void **state)
{
    static const struct {
        const char *url, *method, *params;
        enum browser_fate fate;
    } told_of[] = {
            {"https://x.test/1", "Network.responseReceived",
                    "{'requestId':'R','response':{'status':200,'fromDiskCache':true}}",
                    FATE_HTTP_CACHE},
            {"https://x.test/2", "Network.requestServedFromCache", "{'requestId':'R'}",
                    FATE_MEMORY_CACHE},
            {"https://x.test/3", "Network.responseReceived",
                    "{'requestId':'R','response':{'status':200,'fromServiceWorker':true}}",
                    FATE_SERVICE_WORKER},
            {"data:image/gif;base64,AAAA", "x", "{}", FATE_INLINE},
            {"chrome-extension://abc/x.js", "x", "{}", FATE_EXTENSION},
            {"chrome://newtab/", "x", "{}", FATE_INTERNAL},
            {"https://x.test/5", "Network.loadingFailed",
                    "{'requestId':'R','errorText':'net::ERR_NAME_NOT_RESOLVED'}",
                    FATE_NOT_SENT},
            {"https://x.test/6", "Network.loadingFailed",
                    "{'requestId':'R','errorText':'net::ERR_ABORTED','canceled':true}",
                    FATE_ABORTED},
            {"https://x.test/7", "Network.responseReceived",
                    "{'requestId':'R','response':{'status':200,'fromPrefetchCache':true,"
                    "'fromDiskCache':true}}",
                    FATE_AHEAD},
            {"https://x.test/8", "Network.loadingFinished", "{'requestId':'R'}",
                    FATE_UNDECIDED},
            {"https://x.test/9", "Network.responseReceived",
                    "{'requestId':'R','response':{'status':200,'remoteIPAddress':'192.0.2.9',"
                    "'remotePort':443}}",
                    FATE_MISSED},
            {"http://x.test/10", "Network.requestWillBeSent",
                    "{'requestId':'R','request':{'url':'data:,','method':'GET'},"
                    "'redirectResponse':{'status':307,'headers':"
                    "{'Non-Authoritative-Reason':'HSTS'}}}",
                    FATE_REDIRECTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(told_of) / sizeof(*told_of); i++) {
        struct evidence_world w;
        struct browser_log *log;
        struct buf b;

        WORLD_MAKE(&w, "1 10 GET https://other.test/ 200 nav");
        begin(&b);
        told_request(&b, "S", "R", "L", "TAB", "Image", told_of[i].url, 0, "");
        told(&b, "S", told_of[i].method, told_of[i].params);
        log = hear(&w, &b);
        assert_string_equal(browser_fate_name((enum browser_fate)w.a.match.fate[0]),
                browser_fate_name(told_of[i].fate));
        assert_int_equal(w.a.match.fates[FATE_WIRE], 0);
        assert_int_equal(w.a.match.only_wire, 1);
        if (told_of[i].fate == FATE_MISSED)
            assert_int_equal(w.a.match.miss[0], MISS_NO_CONNECTION);
        finish(&w, log, &b);
    }
}

/* What was fetched ahead is told when it is used; the exchange that brought it is its own. */
static void what_was_fetched_ahead_is_the_exchange_before(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(
            &w, "1 0 GET https://a.test/ 200 nav", "1 5 GET https://a.test/hint.css 200 css");
    begin(&b);
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", 0, "");
    told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    told_request(
            &b, "S", "1.1", "L1", "TAB", "Stylesheet", "https://a.test/hint.css", 9000, "");
    told(&b, "S", "Network.responseReceived",
            "{'requestId':'1.1','response':{'status':200,'fromDiskCache':true,"
            "'fromEarlyHints':true}}");
    log = hear(&w, &b);
    assert_page(&w, 1, "a.test/browser");
    assert_int_equal(w.a.match.exchange_of[1], 1);
    finish(&w, log, &b);
}

/* Back to a page that the cache held: the browser tells of it, no packet shows its document. */
static void a_page_out_of_the_cache_is_a_visit_without_document(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 500 GET https://t.test/p 200 img");
    begin(&b);
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", 0, "");
    told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    told_request(&b, "S", "L2", "L2", "TAB", "Document", "https://b.test/old", 400, "");
    told(&b, "S", "Network.responseReceived",
            "{'requestId':'L2','response':{'status':200,'fromDiskCache':true}}");
    told_navigated(&b, "S", "TAB", "L2", "https://b.test/old");
    told_request(&b, "S", "1.1", "L2", "TAB", "Image", "https://t.test/p", 499, "");
    log = hear(&w, &b);
    assert_page(&w, 1, "b.test/browser");
    assert_int_equal(w.a.visit_count, 2);
    assert_true(w.a.visits[1]->unseen && !w.a.visits[0]->unseen);
    assert_int_equal(w.a.visits[1]->exchange, 1);
    assert_int_equal(w.a.of[1].party, PARTY_THIRD);
    assert_int_equal(w.a.of[1].ground_exchange, ATTRIBUTION_NONE);
    finish(&w, log, &b);
}

/* Listened to when its document was there already: headers show that, and it is one visit. */
static void a_tab_that_was_heard_late_joins_the_visit_that_headers_show(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://d.test/ 200 nav", "2 500 GET https://t.test/p 200 img");
    begin(&b);
    told_request(&b, "S", "1.1", "L1", "TAB", "Image", "https://t.test/p", 499, "");
    log = hear(&w, &b);
    assert_page(&w, 0, "d.test/document");
    assert_page(&w, 1, "d.test/browser");
    assert_int_equal(w.a.visit_count, 1);
    finish(&w, log, &b);
}

static void redirects_are_those_that_the_browser_tells_of(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/go 302 nav | < Location: https://b.test/",
            "2 60 GET https://b.test/ 200 nav", "3 70 GET https://c.test/ 200 nav");
    begin(&b);
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/go", 0, "");
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://b.test/", 59,
            ",'redirectResponse':{'status':302,'headers':{}}");
    told_navigated(&b, "S", "TAB", "L1", "https://b.test/");
    log = hear(&w, &b);
    assert_page(&w, 0, "b.test/browser");
    assert_page(&w, 1, "b.test/browser");
    assert_page(&w, 2, "c.test/document");
    assert_int_equal(w.a.of[1].redirect_from, 0);
    assert_int_equal(w.a.visits[0]->start_ns, WORLD_START);
    assert_true(w.a.of[0].leads && w.a.of[1].leads);
    finish(&w, log, &b);
}

static void a_thousand_alike_take_no_squared_time(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    char line[128], id[32];
    struct buf b;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/p 200 img");
    world_clear(&w);
    memset(&w, 0, sizeof(w));
    assert_int_equal(evidence_init(&w.e), STATUS_OK);
    begin(&b);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(line, sizeof(line), "1 %d GET https://t.test/p 200 img", i);
        (void)snprintf(id, sizeof(id), "1.%d", i);
        world_add(&w, line);
        told_request(&b, "S", id, "L", "TAB", "Image", "https://t.test/p", i, "");
    }
    assert_int_equal(evidence_seal(&w.e), STATUS_OK);
    w.sites = world_sites();
    log = hear(&w, &b);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(w.a.match.request_of[i], i);
    finish(&w, log, &b);
}

static void every_failed_allocation_is_told(void **state)
{
    struct evidence_world w;
    struct browser_log *log;
    enum status status;
    struct buf b;
    long at = 0;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 500 GET https://t.test/p 200 img");
    begin(&b);
    told_request(&b, "S", "L1", "L1", "TAB", "Document", "https://a.test/", 0, "");
    told_navigated(&b, "S", "TAB", "L1", "https://a.test/");
    told_navigated(&b, "S", "TAB", "L2", "https://b.test/");
    told_request(&b, "S", "1.1", "L2", "TAB", "Image", "https://t.test/p", 499, "");
    log = hear(&w, &b);
    attribution_clear(&w.a);
    do {
        oom_fail_at(++at);
        status = attribution_judge(&w.e, w.sites, log, &w.a);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status == STATUS_NOMEM);
    assert_true(at > 12);
    assert_page(&w, 1, "b.test/browser");
    finish(&w, log, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_browser_names_the_page_where_headers_cannot),
            cmocka_unit_test(requests_that_are_alike_are_told_apart_by_their_cookies),
            cmocka_unit_test(requests_that_are_alike_in_all_are_joined_in_their_order),
            cmocka_unit_test(what_did_not_travel_says_why),
            cmocka_unit_test(what_was_fetched_ahead_is_the_exchange_before),
            cmocka_unit_test(a_page_out_of_the_cache_is_a_visit_without_document),
            cmocka_unit_test(a_tab_that_was_heard_late_joins_the_visit_that_headers_show),
            cmocka_unit_test(redirects_are_those_that_the_browser_tells_of),
            cmocka_unit_test(a_thousand_alike_take_no_squared_time),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
