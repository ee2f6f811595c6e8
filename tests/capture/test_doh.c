/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/doh.h"
#include "tests/support/oom.h"

/* RFC 8484 section 4.1.1: the query for www.example.com, and 4.2.2: its answer. */
static const char example[] = "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";
static const uint8_t answer[] = {0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7,
        'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0,
        1, 0, 0, 0, 128, 0, 4, 93, 184, 216, 34};

static struct exchange *get(const char *path, const char *accept)
{
    struct exchange *x = exchange_new(3, 5, PROTOCOL_H3);

    assert_non_null(x);
    x->method = BYTES_LITERAL("GET");
    x->path = bytes_text(path);
    x->request.last_ns = 10;
    x->request.last_frame = 1;
    x->response.last_ns = 20;
    x->response.last_frame = 2;
    if (accept != NULL)
        assert_int_equal(exchange_add_header(
                                 x, &x->request, BYTES_LITERAL("accept"), bytes_text(accept)),
                STATUS_OK);
    return x;
}

static void set_body(struct message *m, struct bytes data, bool whole)
{
    m->body = (struct body){.present = true,
            .whole = whole,
            .bytes = data.n,
            .data = data,
            .type = BYTES_LITERAL("application/dns-message")};
}

/* Reads one exchange and frees it; how many look-ups it gave. */
static size_t read_one(struct lookups *l, struct exchange *x)
{
    size_t n;

    assert_int_equal(doh_read(l, x), STATUS_OK);
    exchange_free(x);
    (void)lookups_all(l, &n);
    return n;
}

static void the_query_of_a_get_is_read(void **state)
{
    static const char *const paths[] = {
            "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB",
            "/?a=b&dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB&c=d",
            "/?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB#x",
            "/?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB==",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct lookups *l = lookups_new();
        const struct lookup *all;
        size_t n;

        assert_non_null(l);
        assert_int_equal(
                read_one(l, get(paths[i], "text/html, application/dns-message;q=1")), 1);
        all = lookups_all(l, &n);
        assert_string_equal(all[0].name, "www.example.com");
        assert_string_equal(all[0].carrier, "doh");
        assert_null(all[0].result);
        assert_true(all[0].frames[0] == 1 && all[0].frames[1] == 0);
        lookups_free(l);
    }
}

static void an_answer_completes_the_query_of_its_get_or_post(void **state)
{
    (void)state;
    for (int post = 0; post < 2; post++) {
        struct exchange *x = get(example, "application/dns-message");
        struct lookups *l = lookups_new();
        const struct lookup *all;
        uint8_t query[33];
        size_t n;

        assert_non_null(l);
        set_body(&x->response, bytes_of(answer, sizeof(answer)), true);
        if (post == 1) {
            memcpy(query, answer, sizeof(query));
            query[2] = 1; /* asks for recursion, as the example's */
            query[3] = query[7] = 0;
            x->method = BYTES_LITERAL("POST");
            x->path = BYTES_LITERAL("/dns-query");
            set_body(&x->request, bytes_of(query, sizeof(query)), true);
        }
        assert_int_equal(read_one(l, x), 1);
        all = lookups_all(l, &n);
        assert_string_equal(all[0].answers[0], "93.184.216.34");
        assert_true(all[0].frames[0] == 1 && all[0].frames[1] == 2);
        lookups_free(l);
    }
}

static void an_answer_that_is_not_whole_leaves_the_query(void **state)
{
    struct exchange *x = get(example, NULL);
    struct lookups *l = lookups_new();
    const struct lookup *all;
    size_t n;

    (void)state;
    assert_non_null(l);
    set_body(&x->response, bytes_of(answer, 30), false); /* its type still tells what it is */
    assert_int_equal(read_one(l, x), 1);
    all = lookups_all(l, &n);
    assert_null(all[0].result);
    lookups_free(l);
}

static void what_is_no_dns_is_let_be(void **state)
{
    static const struct {
        const char *path, *accept;
    } cases[] = {
            {"/x?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", "*/*"},
            {"/x?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", NULL},
            {"/x?dns=AAAB*AABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", "application/dns-message"},
            {"/x?dns=", "application/dns-message"},
            {"/x?edns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", "application/dns-message"},
            {"/x", "application/dns-message"},
    };
    struct lookups *l = lookups_new();

    (void)state;
    assert_non_null(l);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(read_one(l, get(cases[i].path, cases[i].accept)), 0);
    lookups_free(l);
}

static void every_truncated_parameter_is_survived(void **state)
{
    char path[sizeof(example)];

    (void)state;
    for (size_t n = 0; n < sizeof(example); n++) {
        struct lookups *l = lookups_new();

        assert_non_null(l);
        memcpy(path, example, n);
        path[n] = '\0';
        assert_int_equal(
                read_one(l, get(path, "application/dns-message")), n == sizeof(example) - 1);
        lookups_free(l);
    }
}

static void every_failed_allocation_is_told(void **state)
{
    bool happened;
    long n = 0;

    (void)state;
    do {
        struct exchange *x = get(example, "application/dns-message");
        struct lookups *l = lookups_new();
        enum status status;

        assert_non_null(l);
        oom_fail_at(++n);
        status = doh_read(l, x);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        lookups_free(l);
        exchange_free(x);
    } while (happened);
    assert_true(n > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_query_of_a_get_is_read),
            cmocka_unit_test(an_answer_completes_the_query_of_its_get_or_post),
            cmocka_unit_test(an_answer_that_is_not_whole_leaves_the_query),
            cmocka_unit_test(what_is_no_dns_is_let_be),
            cmocka_unit_test(every_truncated_parameter_is_survived),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
