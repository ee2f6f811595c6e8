/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "capture/har/har.h"
#include "tests/support/oom.h"

/* One entry in the form of Chrome; `a` follows the request's fields, `b` stands in the response,
 * `c` at its end. */
#define ENTRY(url, fields, more, code, b, c)                                                   \
    "{\"startedDateTime\":\"2026-01-02T03:04:05.678Z\",\"time\":12.5,\"request\":{"            \
    "\"method\":\"GET\",\"url\":\"" url "\",\"httpVersion\":\"h2\",\"headers\":[" fields       \
    "],\"cookies\":[]" more "},\"response\":{\"status\":" code ",\"statusText\":\"\","         \
    "\"headers\":[{\"name\":\"Set-Cookie\",\"value\":\"a=1\\nb=2; Path=/\"}]," b               \
    "},\"cache\":{},\"timings\":{\"receive\":2.5},\"serverIPAddress\":\"203.0.113.9\","        \
    "\"_connectionId\":\"7\"" c "}"
#define LOG(creator, entries)                                                                  \
    "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"" creator                           \
    "\",\"version\":\"1\"},\"entries\":[" entries "]}}"
#define ACCEPT "{\"name\":\"accept\",\"value\":\"*/*\"},{\"name\":\"accept\",\"value\":\"x\"}"
#define COOKIE "{\"name\":\"cookie\",\"value\":\"u=1\"}"
#define TEXT "\"content\":{\"size\":2,\"mimeType\":\"text/html\",\"text\":\"ok\"}"

enum { EXCHANGES_MOST = 16, ROOM = 1 << 18 };

struct world {
    struct ledger ledger;
    struct body_store *bodies;
    struct exchange *at[EXCHANGES_MOST];
    size_t n;
    struct connection *connections[EXCHANGES_MOST];
    size_t connection_count;
    struct har_facts facts;
    enum status status;
    struct fault fault;
};

static void clear(struct world *w)
{
    for (size_t i = 0; i < w->n; i++)
        exchange_free(w->at[i]);
    for (size_t i = 0; i < w->connection_count; i++) {
        ledger_clear(&w->connections[i]->ledger);
        arena_free(w->connections[i]->arena);
        free(w->connections[i]);
    }
    ledger_clear(&w->ledger);
    body_store_free(w->bodies);
}

static void read_on(struct world *w, struct har *h)
{
    struct exchange *x = NULL;

    do {
        w->status = har_next(h, &x, &w->fault);
        if (w->status == STATUS_OK && x != NULL && w->n < EXCHANGES_MOST)
            w->at[w->n++] = x;
        else if (w->status == STATUS_OK)
            exchange_free(x);
    } while (w->status == STATUS_OK && x != NULL);
    if (w->status == STATUS_OK)
        w->status = har_close(h);
    for (size_t i = 0; i < w->n && w->status == STATUS_OK; i++)
        har_mark(h, w->at[i]);
    while (w->status == STATUS_OK && w->connection_count < EXCHANGES_MOST &&
            har_next_connection(h, &w->connections[w->connection_count]))
        w->connection_count++;
    w->facts = *har_facts(h);
}

static void take(struct world *w, const void *text, size_t n)
{
    static uint8_t copy[ROOM]; /* not of the heap, where allocations fail */
    FILE *file;
    struct har *h = NULL;

    *w = (struct world){.bodies = body_store_new(NULL)};
    ledger_init(&w->ledger, 0);
    assert_true(n <= sizeof(copy));
    memcpy(copy, text, n);
    file = fmemopen(copy, n, "rb");
    assert_non_null(file);
    const struct har_setup setup = {
            .file = file, .bodies = w->bodies, .ledger = &w->ledger, .connections = 4};

    w->status = w->bodies == NULL ? STATUS_NOMEM : har_open(&setup, &h, &w->fault);
    if (w->status == STATUS_OK)
        read_on(w, h);
    har_free(h);
    (void)fclose(file);
}

static void take_text(struct world *w, const char *text)
{
    take(w, text, strlen(text));
    assert_int_equal(w->status, STATUS_OK);
}

static void an_entry_becomes_an_exchange(void **state)
{
    struct world w;
    const struct exchange *x;

    (void)state;
    take_text(&w, LOG("WebInspector", ENTRY("https://u:p@A.test:8443/p?q=1#f",
                                              ACCEPT "," COOKIE, "", "200", TEXT, "")));
    assert_int_equal(w.n, 1);
    x = w.at[0];
    assert_int_equal(x->connection, 5);
    assert_int_equal(x->protocol, PROTOCOL_H2);
    assert_true(bytes_is(x->url, "https://A.test:8443/p?q=1"));
    assert_true(bytes_is(x->host, "a.test"));
    assert_true(x->secure && x->complete);
    assert_int_equal(x->status, 200);
    assert_int_equal(x->request.header_count, 3);
    assert_true(bytes_is(x->request.headers[1].value, "x"));
    assert_int_equal(x->request.frame_count, 0);
    /* Two fields in one value are two. */
    assert_int_equal(x->response.header_count, 2);
    assert_true(bytes_is(x->response.headers[1].value, "b=2; Path=/"));
    assert_true(bytes_is(x->response.body.data, "ok"));
    assert_int_equal(x->response.body.coding_count, 0);
    /* 2026-01-02T03:04:05Z, by date -d … +%s */
    assert_int_equal(x->request.first_ns, INT64_C(1767323045678000000));
    assert_int_equal(x->response.first_ns - x->request.first_ns, 10000000);
    assert_int_equal(x->response.last_ns - x->request.first_ns, 12500000);
    assert_int_equal(w.connection_count, 1);
    assert_int_equal(w.connections[0]->server.port, 8443);
    assert_int_equal(w.connections[0]->client.version, 0);
    assert_false(w.facts.without_cookies);
    clear(&w);
}

static void content_that_is_decoded_already_is_not_decoded_again(void **state)
{
    static const char gzip[] = "{\"name\":\"content-type\",\"value\":\"text/plain\"},"
                               "{\"name\":\"content-encoding\",\"value\":\"gzip\"}";
    struct world w;
    char text[2048];

    (void)state;
    (void)snprintf(text, sizeof(text),
            LOG("Firefox",
                    "{\"startedDateTime\":\"2026-01-02T03:04:05Z\",\"time\":1,\"request\":{"
                    "\"method\":\"POST\",\"url\":\"http://a.test/\",\"httpVersion\":\"HTTP/"
                    "1.1\","
                    "\"headers\":[%s],\"postData\":{\"text\":\"uid=1\"}},\"response\":{"
                    "\"status\":200,\"headers\":[%s],\"content\":{\"encoding\":\"base64\","
                    "\"text\":\"aGVsbG8=\",\"size\":5}}}"),
            gzip, gzip);
    take_text(&w, text);
    assert_int_equal(w.n, 1);
    assert_true(bytes_is(w.at[0]->request.body.data, "uid=1"));
    assert_true(bytes_is(w.at[0]->response.body.data, "hello"));
    assert_true(bytes_is(w.at[0]->response.body.type, "text/plain"));
    assert_int_equal(w.at[0]->response.body.coding_count, 0);
    assert_int_equal(w.at[0]->response.header_count, 2);
    assert_true(w.at[0]->complete);
    clear(&w);
}

static void what_never_travelled_is_counted(void **state)
{
    struct world w;

    (void)state;
    take_text(&w, LOG("WebInspector",
                          ENTRY("data:text/plain,x", ACCEPT, "", "200", TEXT, "") "," ENTRY(
                                  "https://a.test/", ACCEPT, "", "200", TEXT,
                                  ",\"_fromCache\":\"memory\"") "," ENTRY("https://a.test/",
                                  ACCEPT, "", "200", TEXT ",\"_fetchedViaServiceWorker\":true",
                                  "") "," ENTRY("https://a.test/", ACCEPT, "", "0",
                                  TEXT ",\"_error\":\"net::ERR_BLOCKED_BY_CLIENT\"",
                                  "") "," ENTRY("no url", ACCEPT, "", "200", TEXT, "") ",7,"
                                                                                       "{}"));
    assert_int_equal(w.n, 0);
    assert_int_equal(w.facts.entries, 7);
    assert_int_equal(w.facts.local, 1);
    assert_int_equal(w.facts.cached, 1);
    assert_int_equal(w.facts.worker, 1);
    assert_int_equal(w.facts.blocked, 1);
    assert_int_equal(w.facts.unread, 3);
    assert_int_equal(w.ledger.n, 2); /* unread, worker */
    clear(&w);
}

/* The Set-Cookie of ENTRY would be a cookie: here is one without. */
#define BARE(fields)                                                                           \
    "{\"startedDateTime\":\"2026-01-02T03:04:05Z\",\"request\":{\"method\":\"GET\",\"url\":"   \
    "\"https://a.test/\",\"headers\":[" fields "],\"cookies\":[]},\"response\":{\"status\":"   \
    "204,\"headers\":[],\"cookies\":[]}}"

static void an_export_without_cookies_is_told(void **state)
{
    struct world w;

    (void)state;
    take_text(&w, LOG("WebInspector", BARE(ACCEPT)));
    assert_true(w.facts.without_cookies);
    assert_int_equal(w.n, 1);
    assert_false(w.at[0]->complete);
    assert_int_equal(w.at[0]->gap_count, 1);
    assert_int_equal(w.connections[0]->ledger.n, 1);
    assert_int_equal(w.ledger.n, 1);
    clear(&w);
    take_text(&w, LOG("WebInspector", BARE(COOKIE)));
    assert_false(w.facts.without_cookies);
    assert_true(w.at[0]->complete);
    clear(&w);
    /* Other programs leave nothing out by themselves. */
    take_text(&w, LOG("mitmproxy", BARE(ACCEPT)));
    assert_false(w.facts.without_cookies);
    clear(&w);
}

static void cookies_that_are_only_listed_become_fields(void **state)
{
    struct world w;

    (void)state;
    take_text(&w,
            "{\"log\":{\"entries\":[{\"startedDateTime\":\"2026-01-02T03:04:05Z\",\"request\":{"
            "\"method\":\"GET\",\"url\":\"https://a.test/\",\"headers\":[" ACCEPT
            "],\"cookies\":[{\"name\":\"u\",\"value\":\"1\"},{\"name\":\"v\",\"value\":\"2\"}]}"
            ","
            "\"response\":{\"status\":200,\"headers\":[],\"cookies\":[{\"name\":\"s\","
            "\"value\":"
            "\"3\",\"path\":\"/\",\"expires\":\"2027-01-01T00:00:00.000Z\",\"httpOnly\":true,"
            "\"secure\":true}]}}]}}");
    assert_int_equal(w.n, 1);
    assert_true(bytes_is(message_find(&w.at[0]->request, "cookie")->value, "u=1; v=2"));
    assert_true(bytes_is(message_find(&w.at[0]->response, "set-cookie")->value,
            "s=3; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT; Secure; HttpOnly"));
    assert_int_equal(w.facts.cookies_listed, 2);
    clear(&w);
}

static void what_the_file_lacks_is_a_gap(void **state)
{
    struct world w;

    (void)state;
    take_text(&w,
            LOG("Firefox",
                    ENTRY("https://a.test/", ACCEPT, ",\"bodySize\":9", "200",
                            "\"content\":{\"size\":77}", "") "," ENTRY("https://a.test/", "",
                            ",\"postData\":{\"params\":[{\"name\":\"a "
                            "b\",\"value\":\"\xc3\xbc\"}]}",
                            "200", "\"content\":{\"text\":\"\xef\xbf\xbd\\u0000\"}", "")));
    assert_int_equal(w.n, 2);
    assert_int_equal(w.facts.without_content, 1);
    assert_int_equal(w.facts.without_body, 1);
    assert_int_equal(w.facts.without_fields, 1);
    assert_int_equal(w.facts.rebuilt, 1);
    assert_int_equal(w.facts.replaced, 1);
    assert_false(w.at[0]->response.body.present);
    assert_int_equal(w.at[0]->gap_count, 2);
    assert_int_equal(w.connections[0]->ledger.gaps[1].len, 77);
    assert_true(bytes_is(w.at[1]->request.body.data, "a%20b=%C3%BC"));
    /* The NUL is no end. */
    assert_int_equal(w.at[1]->response.body.bytes, 6);
    assert_false(w.at[0]->complete || w.at[1]->complete);
    clear(&w);
}

static void messages_of_a_websocket_follow_their_upgrade(void **state)
{
    struct world w;

    (void)state;
    take_text(&w, LOG("WebInspector",
                          ENTRY("wss://a.test/s", COOKIE, "", "101", "\"content\":{\"size\":0}",
                                  ",\"_webSocketMessages\":[{\"type\":\"send\",\"time\":"
                                  "1767323046.5,\"opcode\":1,\"data\":\"hi\"},{\"type\":"
                                  "\"receive\",\"opcode\":2,\"data\":\"AAEC\"},{\"type\":"
                                  "\"error\"}]")));
    assert_int_equal(w.n, 3);
    assert_true(bytes_is(w.at[0]->url, "https://a.test/s"));
    assert_int_equal(w.at[1]->message, 1);
    assert_int_equal(w.at[1]->stream, w.at[0]->stream);
    assert_true(bytes_is(w.at[1]->method, "SEND"));
    assert_true(bytes_is(w.at[1]->request.body.data, "hi"));
    assert_false(w.at[1]->response.seen);
    assert_int_equal(w.at[1]->request.first_ns, INT64_C(1767323046500000000));
    assert_true(bytes_is(w.at[2]->method, "RECV"));
    assert_int_equal(w.at[2]->response.body.bytes, 3);
    assert_string_equal(w.at[2]->opcode, "binary");
    clear(&w);
}

static void connections_are_told_apart_by_number_and_server(void **state)
{
    struct world w;

    (void)state;
    take_text(&w, LOG("x", ENTRY("https://a.test/", COOKIE, "", "200", TEXT, "") "," ENTRY(
                                   "https://b.test/", COOKIE, "", "200", TEXT,
                                   "") "," ENTRY("https://b.test:1/", COOKIE, "", "200", TEXT,
                                   "") "," BARE(COOKIE) "," BARE(COOKIE)));
    assert_int_equal(w.n, 5);
    assert_int_equal(w.connection_count, 3);
    assert_int_equal(w.at[1]->connection, w.at[0]->connection);
    assert_int_equal(w.at[1]->stream, 2);
    assert_int_not_equal(w.at[2]->connection, w.at[0]->connection);
    assert_int_equal(w.at[4]->connection, w.at[3]->connection);
    assert_int_equal(w.connections[2]->server.version, 0);
    clear(&w);
}

#define THREE                                                                                  \
    "\xef\xbb\xbf" LOG("WebInspector",                                                         \
            ENTRY("https://a.test/?\\u0061", COOKIE, "", "200", TEXT,                          \
                    ",\"_initiator\":{\"s\":[[[[\"}]\\\\\"]]]]}") "," BARE(ACCEPT) ",7")

static void every_truncation_gives_what_stands_before_it(void **state)
{
    static const char text[] = THREE;
    struct world w;
    size_t last = 0;

    (void)state;
    for (size_t n = 5; n < sizeof(text) - 1; n++) {
        take(&w, text, n);
        assert_int_equal(w.status, STATUS_OK);
        /* Only the last brace may be missing without a loss. */
        assert_true(w.facts.cut || n == sizeof(text) - 2);
        assert_true(!w.facts.cut || w.ledger.gaps[0].why == GAP_CUT);
        assert_true(w.n >= last && w.n <= 2);
        last = w.n;
        clear(&w);
    }
    assert_int_equal(last, 2);
}

/* The reader takes pieces of 64 KiB; blanks in front move every byte over that border once. */
static void a_split_at_every_place_gives_the_same(void **state)
{
    static const char text[] = THREE;
    enum { PIECE = 65536, SIZE = sizeof(text) - 1 - 3 };
    char *moved = malloc(PIECE + SIZE);
    struct world whole, w;

    (void)state;
    assert_non_null(moved);
    take(&whole, text, sizeof(text) - 1);
    for (size_t before = PIECE - SIZE; before <= PIECE; before++) {
        memset(moved, ' ', before);
        memcpy(moved + before, text + 3, SIZE);
        take(&w, moved, before + SIZE);
        assert_int_equal(w.status, STATUS_OK);
        assert_int_equal(w.n, whole.n);
        assert_memory_equal(&w.facts, &whole.facts, sizeof(w.facts));
        assert_true(bytes_equal(w.at[0]->url, whole.at[0]->url));
        assert_true(bytes_equal(w.at[0]->response.body.data, whole.at[0]->response.body.data));
        clear(&w);
    }
    clear(&whole);
    free(moved);
}

static void damage_in_the_middle_ends_the_reading_and_is_said(void **state)
{
    struct world w;

    (void)state;
    take_text(&w, "{\"log\":{\"entries\":[" BARE(COOKIE) "!" BARE(COOKIE) "]}}");
    assert_int_equal(w.n, 1);
    assert_true(w.facts.cut);
    assert_int_equal(w.ledger.gaps[0].why, GAP_BAD);
    clear(&w);
    take(&w, "[1]", 3);
    assert_int_equal(w.status, STATUS_INPUT);
    assert_non_null(strstr(w.fault.text, "HAR"));
    clear(&w);
}

static void no_allocation_that_fails_is_taken_for_an_answer(void **state)
{
    static const char text[] = THREE;
    bool failed = true;

    (void)state;
    for (long n = 1; failed; n++) {
        struct world w;

        oom_fail_at(n);
        take(&w, text, sizeof(text) - 1);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(w.status, failed ? STATUS_NOMEM : STATUS_OK);
        assert_true(failed || w.n == 2);
        clear(&w);
    }
}

static void a_har_is_told_by_its_content(void **state)
{
    (void)state;
    assert_true(har_is(bytes_text("{\"log\":{}}")));
    assert_true(har_is(bytes_text("\xef\xbb\xbf \r\n{\n  \"log\" : {")));
    assert_false(har_is(bytes_text("{\"logs\":{}}")));
    assert_false(har_is(bytes_text("[\"log\"]")));
    assert_false(har_is(bytes_text("{")));
    assert_false(har_is(bytes_text("")));
    assert_false(har_is(bytes_text("\x0a\x0d\x0d\x0a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_entry_becomes_an_exchange),
            cmocka_unit_test(content_that_is_decoded_already_is_not_decoded_again),
            cmocka_unit_test(what_never_travelled_is_counted),
            cmocka_unit_test(an_export_without_cookies_is_told),
            cmocka_unit_test(cookies_that_are_only_listed_become_fields),
            cmocka_unit_test(what_the_file_lacks_is_a_gap),
            cmocka_unit_test(messages_of_a_websocket_follow_their_upgrade),
            cmocka_unit_test(connections_are_told_apart_by_number_and_server),
            cmocka_unit_test(every_truncation_gives_what_stands_before_it),
            cmocka_unit_test(a_split_at_every_place_gives_the_same),
            cmocka_unit_test(damage_in_the_middle_ends_the_reading_and_is_said),
            cmocka_unit_test(no_allocation_that_fails_is_taken_for_an_answer),
            cmocka_unit_test(a_har_is_told_by_its_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
