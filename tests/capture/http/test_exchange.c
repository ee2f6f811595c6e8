/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/http/exchange.h"
#include "tests/support/oom.h"

static struct exchange *make(void)
{
    struct exchange *x = exchange_new(3, 7, PROTOCOL_HTTP11);

    assert_non_null(x);
    assert_int_equal(x->connection, 3);
    assert_int_equal(x->stream, 7);
    assert_string_equal(protocol_name(x->protocol), "http/1.1");
    return x;
}

static void fields_keep_order_case_and_repeats(void **state)
{
    char name[] = "Set-Cookie", value[] = "a=1";
    struct exchange *x = make();
    struct message *m = &x->response;
    const struct header *found;

    (void)state;
    assert_int_equal(exchange_add_header(x, m, bytes_text(name), bytes_text(value)), STATUS_OK);
    assert_int_equal(
            exchange_add_header(x, m, BYTES_LITERAL("Via"), BYTES_LITERAL("v")), STATUS_OK);
    assert_int_equal(
            exchange_add_header(x, m, BYTES_LITERAL("set-cookie"), BYTES_LITERAL("b\0c")),
            STATUS_OK);
    memset(name, '?', sizeof(name)); /* the exchange has copies */
    memset(value, '?', sizeof(value));
    found = message_find(m, "SET-cookie");
    assert_ptr_equal(found, &m->headers[0]);
    assert_true(bytes_is(found->name, "Set-Cookie"));
    assert_true(bytes_is(found->value, "a=1"));
    found = message_find_next(m, "set-cookie", found);
    assert_ptr_equal(found, &m->headers[2]);
    assert_true(bytes_equal(found->value, BYTES_LITERAL("b\0c")));
    assert_null(message_find_next(m, "set-cookie", found));
    assert_null(message_find(&x->request, "set-cookie"));
    exchange_free(x);
}

static void the_list_of_fields_has_an_end(void **state)
{
    struct exchange *x = make();
    struct bytes a = BYTES_LITERAL("a");

    (void)state;
    for (size_t i = 0; i < EXCHANGE_HEADERS_MOST; i++)
        assert_int_equal(exchange_add_header(x, &x->request, a, a), STATUS_OK);
    assert_int_equal(exchange_add_header(x, &x->request, a, a), STATUS_USAGE);
    assert_int_equal(x->request.header_count, EXCHANGE_HEADERS_MOST);
    assert_int_equal(exchange_add_trailer(x, &x->request, a, a), STATUS_OK);
    assert_int_equal(x->request.trailer_count, 1);
    exchange_free(x);
}

static void add(struct exchange *x, uint64_t first, uint64_t second, int64_t ns)
{
    uint64_t frames[2] = {first, second};
    struct item item = {.frames = {frames, 2}, .first_ns = ns, .last_ns = ns + 5};

    assert_int_equal(exchange_add_frames(x, &x->request, &item), STATUS_OK);
}

static void packets_are_listed_once_and_in_order(void **state)
{
    static const uint64_t want[] = {2, 3, 5, 8, 9};
    struct exchange *x = make();

    (void)state;
    add(x, 5, 8, 100);
    add(x, 8, 9, 200);
    add(x, 2, 3, 50); /* a late segment of a reordered capture */
    add(x, 5, 9, 100);
    assert_true(x->request.seen);
    assert_int_equal(x->request.frames_listed, 5);
    assert_memory_equal(x->request.frames, want, sizeof(want));
    assert_int_equal(x->request.frame_count, 5);
    assert_int_equal(x->request.last_frame, 9);
    assert_int_equal(x->request.first_ns, 50);
    assert_int_equal(x->request.last_ns, 205);
    exchange_free(x);
}

static void past_the_limit_packets_are_counted_only(void **state)
{
    struct exchange *x = make();

    (void)state;
    for (uint64_t i = 0; i < EXCHANGE_FRAMES_MOST; i++)
        add(x, 2 * i + 1, 2 * i + 2, 0);
    assert_int_equal(x->request.frames_listed, EXCHANGE_FRAMES_MOST);
    assert_int_equal(x->request.frame_count, 2 * EXCHANGE_FRAMES_MOST);
    assert_int_equal(x->request.last_frame, 2 * EXCHANGE_FRAMES_MOST);
    exchange_free(x);
}

static void gaps_are_noted_once(void **state)
{
    struct exchange *x = make();

    (void)state;
    exchange_add_gap(x, 0);
    exchange_add_gap(x, 4);
    exchange_add_gap(x, 4);
    exchange_add_gap(x, 9);
    assert_int_equal(x->gap_count, 2);
    assert_int_equal(x->gaps[0], 4);
    assert_int_equal(x->gaps[1], 9);
    for (uint32_t i = 10; i < 10 + 2 * EXCHANGE_GAPS_MOST; i++)
        exchange_add_gap(x, i);
    assert_int_equal(x->gap_count, EXCHANGE_GAPS_MOST);
    assert_int_equal(x->gaps[EXCHANGE_GAPS_MOST - 1], 9 + 2 * EXCHANGE_GAPS_MOST);
    exchange_free(x);
}

/* RFC 9112 section 3.2: origin-form, absolute-form, authority-form, asterisk-form. */
static void the_url_follows_the_four_forms_of_a_target(void **state)
{
    static const struct {
        const char *method, *scheme, *authority, *path, *host, *url;
    } cases[] = {
            {"GET", "https", "A.Test:8443", "/x?y=1", "a.test", "https://A.Test:8443/x?y=1"},
            {"GET", "http", "proxy.test", "http://b.test/z", "b.test", "http://b.test/z"},
            {"GET", "http", "p", "HTTPS://u:p@B.test:1?q", "b.test", "HTTPS://u:p@B.test:1/?q"},
            {"OPTIONS", "http", "a.test", "*", "a.test", "http://a.test/"},
            {"GET", "http", "[2001:DB8::1]:80", "/", "[2001:db8::1]",
                    "http://[2001:DB8::1]:80/"},
            {"GET", "http", "a.test", "/r?to=http://b.test/", "a.test",
                    "http://a.test/r?to=http://b.test/"},
            {"GET", "http", "", "/x", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange *x = make();

        x->method = bytes_text(cases[i].method);
        x->scheme = bytes_text(cases[i].scheme);
        x->authority = bytes_text(cases[i].authority);
        x->path = bytes_text(cases[i].path);
        assert_int_equal(exchange_set_target(x), STATUS_OK);
        assert_true(bytes_is(x->host, cases[i].host));
        assert_true(bytes_is(x->url, cases[i].url));
        exchange_free(x);
    }
}

static void a_connect_names_its_host_in_the_target(void **state)
{
    struct exchange *x = make();

    (void)state;
    x->method = BYTES_LITERAL("CONNECT");
    x->path = BYTES_LITERAL("A.test:443");
    assert_int_equal(exchange_set_target(x), STATUS_OK);
    assert_true(bytes_is(x->host, "a.test"));
    assert_true(bytes_is(x->authority, "A.test:443"));
    assert_true(bytes_is(x->url, "A.test:443"));
    exchange_free(x);
}

static void the_server_stands_in_for_a_host_that_was_not_sent(void **state)
{
    static const struct {
        struct endpoint server;
        const char *path, *url, *host;
    } cases[] = {
            {{{192, 0, 2, 1}, 80, IPV4}, "/x", "http://192.0.2.1/x", "192.0.2.1"},
            {{{192, 0, 2, 1}, 8080, IPV4}, "/x", "http://192.0.2.1:8080/x", "192.0.2.1"},
            {{{0x20, 1, 0xd, 0xb8, [15] = 1}, 80, IPV6}, "/", "http://[2001:db8::1]/",
                    "[2001:db8::1]"},
            {{{192, 0, 2, 1}, 80, IPV4}, "", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exchange *x = make();

        x->method = BYTES_LITERAL("GET");
        x->scheme = BYTES_LITERAL("http");
        x->path = bytes_text(cases[i].path);
        assert_int_equal(exchange_set_server(x, &cases[i].server), STATUS_OK);
        assert_true(bytes_is(x->url, cases[i].url));
        assert_true(bytes_is(x->host, cases[i].host));
        assert_int_equal(x->authority.n, 0); /* as sent */
        exchange_free(x);
    }
}

static enum status build(void)
{
    struct exchange *x = exchange_new(1, 1, PROTOCOL_H2);
    struct bytes large = {(const uint8_t *)"xxxxxxxxxxxxxxxx", 16};
    uint64_t frame = 1;
    struct item item = {.frames = {&frame, 1}};
    enum status status = x == NULL ? STATUS_NOMEM : STATUS_OK;

    for (; status == STATUS_OK && frame < 200; frame++) {
        status = exchange_add_frames(x, &x->request, &item);
        if (status == STATUS_OK)
            status = exchange_add_header(x, &x->request, large, large);
    }
    if (status == STATUS_OK) {
        x->authority = large;
        status = exchange_set_target(x);
    }
    exchange_free(x);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        enum status status;
        bool happened;

        oom_fail_at(n);
        status = build();
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        if (!happened)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(fields_keep_order_case_and_repeats),
            cmocka_unit_test(the_list_of_fields_has_an_end),
            cmocka_unit_test(packets_are_listed_once_and_in_order),
            cmocka_unit_test(past_the_limit_packets_are_counted_only),
            cmocka_unit_test(gaps_are_noted_once),
            cmocka_unit_test(the_url_follows_the_four_forms_of_a_target),
            cmocka_unit_test(a_connect_names_its_host_in_the_target),
            cmocka_unit_test(the_server_stands_in_for_a_host_that_was_not_sent),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
