/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/lines.h"
#include "tests/support/oom.h"

enum { OUT_MOST = 1 << 16 };

/* The line of `c`, parsed. */
static struct json_value *line_of(const struct connection *c, struct buf *out)
{
    const struct evidence e = {0};
    struct fault fault = {0};
    struct json j;
    struct json_value *v;

    buf_init(out, OUT_MOST);
    json_init(&j, out);
    line_connection(&j, &e, c, NULL);
    assert_int_equal(j.status, STATUS_OK);
    v = json_parse(buf_view(out), &fault);
    if (v == NULL)
        fail_msg("%s", fault.text);
    return v;
}

static int64_t number_of(const struct json_value *v, const char *key)
{
    int64_t number = -1;

    assert_true(json_integer_of(json_member(v, key), &number));
    return number;
}

static void quic_has_a_member_of_its_own(void **state)
{
    const struct connection c = {.id = 4,
            .transport = TRANSPORT_UDP,
            .protocol = "h3",
            .quic = {.seen = true,
                    .version = 1,
                    .version_name = "QUIC v1",
                    .retry = true,
                    .packets = {10, 20},
                    .unopened = {1, 2},
                    .datagrams = {3, 0},
                    .datagram_bytes = {300, 0},
                    .resets = {0, 5},
                    .key_updates = {1, 1},
                    .close = "server: 0x100 H3_NO_ERROR"}};
    struct buf out;
    struct json_value *v = line_of(&c, &out);
    const struct json_value *quic = json_member(v, "quic");

    (void)state;
    assert_string_equal(json_string_of(json_member(v, "transport")), "udp");
    assert_string_equal(json_string_of(json_member(quic, "version")), "QUIC v1");
    assert_true(json_is_true(json_member(quic, "retry")));
    assert_false(json_is_true(json_member(quic, "version_negotiation")));
    assert_int_equal(number_of(quic, "packets_opened"), 30);
    assert_int_equal(number_of(quic, "packets_unopened"), 3);
    assert_int_equal(number_of(quic, "datagrams"), 3);
    assert_int_equal(number_of(quic, "datagram_bytes"), 300);
    assert_int_equal(number_of(quic, "resets"), 5);
    assert_int_equal(number_of(quic, "key_updates"), 2);
    assert_false(json_is_true(json_member(quic, "stateless_reset")));
    assert_string_equal(
            json_string_of(json_member(quic, "close")), "server: 0x100 H3_NO_ERROR");
    assert_null(json_member(v, "continues"));
    json_free(v);
    buf_clear(&out);
}

static void a_version_that_is_not_read_is_a_number(void **state)
{
    const struct connection c = {
            .id = 1, .transport = TRANSPORT_UDP, .quic = {.seen = true, .version = 0x51303436}};
    struct buf out;
    struct json_value *v = line_of(&c, &out);

    (void)state;
    assert_string_equal(
            json_string_of(json_member(json_member(v, "quic"), "version")), "0x51303436");
    json_free(v);
    buf_clear(&out);
}

static void other_connections_have_none_and_a_path_names_its_home(void **state)
{
    const struct connection c = {.id = 12, .transport = TRANSPORT_UDP, .continues = 3};
    struct buf out;
    struct json_value *v = line_of(&c, &out);

    (void)state;
    assert_null(json_member(v, "quic"));
    assert_string_equal(json_string_of(json_member(v, "continues")), "c3");
    json_free(v);
    buf_clear(&out);
}

static void lack_of_memory_is_told(void **state)
{
    const struct connection c = {
            .id = 1, .transport = TRANSPORT_UDP, .quic = {.seen = true, .version = 1}};
    const struct evidence e = {0};
    struct json j;
    struct buf out;

    (void)state;
    buf_init(&out, OUT_MOST);
    json_init(&j, &out);
    oom_fail_at(1);
    line_connection(&j, &e, &c, NULL);
    assert_true(oom_happened());
    oom_fail_at(0);
    assert_int_equal(j.status, STATUS_NOMEM);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(quic_has_a_member_of_its_own),
            cmocka_unit_test(a_version_that_is_not_read_is_a_number),
            cmocka_unit_test(lack_of_memory_is_told),
            cmocka_unit_test(other_connections_have_none_and_a_path_names_its_home),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
