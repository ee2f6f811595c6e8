/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/classify/fields_world.h"

#define BODY(s) (s), sizeof(s) - 1

/* "name=decoded;" for each field; where decoded differs from the bytes in the body, "name~". */
static void assert_fields(const char *type, const char *body, size_t n, enum fields_form form,
        const char *want, const char *unread)
{
    struct arena *arena = arena_new(1 << 20);
    char got[512] = "";
    struct fields f;
    size_t at = 0;

    assert_non_null(arena);
    assert_true(fields_read(arena, bytes_text(type), bytes_of(body, n), MOST, &f));
    assert_int_equal(f.form, form);
    for (size_t i = 0; i < f.n; i++) {
        const struct field *one = &f.at[i];
        bool same = bytes_equal(one->value, one->decoded);

        assert_true(one->off + one->value.n <= n);
        assert_ptr_equal(one->value.p, body + one->off);
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%.*s%s%.*s;", (int)one->name.n,
                (const char *)one->name.p, same ? "=" : "~", (int)one->decoded.n,
                (const char *)one->decoded.p);
    }
    assert_string_equal(got, want);
    if (unread == NULL)
        assert_null(f.unread);
    else
        assert_string_equal(f.unread, unread);
    arena_free(arena);
}

static void protocol_buffers_have_paths_for_names(void **state)
{
    static const char body[] = "\x08\x96\x01\x12\x07testing\x1a\x08\x0a\x06u-1234";

    (void)state;
    assert_fields("application/x-protobuf", BODY(body), FIELDS_PROTOBUF,
            "1~150;2=testing;3.1=u-1234;", NULL);
    assert_fields("application/proto; charset=x", BODY(body), FIELDS_PROTOBUF,
            "1~150;2=testing;3.1=u-1234;", NULL);
    assert_fields("", BODY(body), FIELDS_PROTOBUF, "1~150;2=testing;3.1=u-1234;", NULL);
    /* Not for what says that it is something else, nor for what is no message. */
    assert_fields("image/png", BODY(body), FIELDS_NONE, "", NULL);
    assert_fields("application/x-protobuf", BODY("\x08"), FIELDS_NONE, "", NULL);
}

static void messagepack_has_its_keys(void **state)
{
    static const char body[] = "\x82\xa7"
                               "compact\xc3\x05\x92\xa3uid\xcd\x01\x00";

    (void)state;
    assert_fields("application/x-msgpack", BODY(body), FIELDS_MSGPACK,
            "compact~true;5=uid;5~256;", NULL);
    assert_fields("", BODY("\x81\xa3uid\xa4u-12"), FIELDS_MSGPACK, "uid=u-12;", NULL);
    assert_fields("", BODY(body), FIELDS_NONE, "", NULL); /* a key that is a number */
}

static void frames_of_grpc_are_opened(void **state)
{
    static const char body[] = "\x00\x00\x00\x00\x09\x12\x07testing"
                               "\x80\x00\x00\x00\x10grpc-status: 0\r\n"
                               "\x00\x00\x00\x00\x00";

    (void)state;
    assert_fields("application/grpc-web+proto", BODY(body), FIELDS_FRAMES,
            "2=testing;grpc-status=0;", NULL);
    assert_fields(
            "application/grpc", BODY(body), FIELDS_FRAMES, "2=testing;grpc-status=0;", NULL);
    assert_fields("application/connect+json",
            BODY("\x00\x00\x00\x00\x09{\"a\":\"b\"}\x02\x00\x00\x00\x02{}"), FIELDS_FRAMES_JSON,
            "a=b;", NULL);
}

static void what_of_frames_is_not_read_is_said(void **state)
{
    (void)state;
    assert_fields("application/grpc-web", BODY("\x01\x00\x00\x00\x02\x1f\x8b"), FIELDS_FRAMES,
            "", "compressed messages inside the body");
    assert_fields("application/grpc-web", BODY("\x00\x00\x00\x00\x02\x08"), FIELDS_FRAMES, "",
            "a message that is no protocol buffer");
    assert_fields("application/grpc-web", BODY("\x40\x00"), FIELDS_FRAMES, "",
            "bytes that are no frames of messages");
    assert_fields("application/grpc-web-text", BODY("!"), FIELDS_FRAMES_TEXT, "",
            "bytes that are no base64");
}

/* Frames of 14 and 5 bytes, each padded by itself, made with python3's base64. */
static void frames_in_base64_cite_its_groups(void **state)
{
    (void)state;
    assert_fields("application/grpc-web-text+proto", BODY("AAAAAAkSB3Rlc3Rpbmc=AAAAAAIIAQ=="),
            FIELDS_FRAMES_TEXT, "2~testing;1~1;", NULL);
}

static void events_give_data_and_id(void **state)
{
    (void)state;
    assert_fields("text/event-stream; charset=utf-8",
            BODY(":x\nid: 7\nevent: e\ndata: {\"uid\":\"a\\u0062\"}\n\ndata: two words\n\n"),
            FIELDS_EVENT_STREAM, "id=7;uid~ab;data=two words;", NULL);
    /* JSON over several lines, an id between them, and no end. */
    assert_fields("text/event-stream", BODY("data: {\"uid\":\r\nid: 8\r\ndata: \"abc\"}\r\n"),
            FIELDS_EVENT_STREAM, "id=8;uid=abc;", NULL);
    assert_fields("text/event-stream", BODY("data: a\ndata:\ndata: b\n\n"), FIELDS_EVENT_STREAM,
            "data=a;data=b;", NULL);
}

/* Reports of browsers are JSON: W3C Reporting API section 3.4, NEL, CSP level 2 and 3. */
static void reports_of_browsers_are_json(void **state)
{
    (void)state;
    assert_fields("application/reports+json",
            BODY("[{\"age\":5,\"type\":\"network-error\",\"url\":\"https://a.test/\",\"body\":"
                 "{\"server_ip\":\"192.0.2.1\"},\"user_agent\":\"B/1\"}]"),
            FIELDS_JSON,
            "age=5;type=network-error;url=https://a.test/;server_ip=192.0.2.1;user_agent=B/1;",
            NULL);
    assert_fields("application/csp-report",
            BODY("{\"csp-report\":{\"blocked-uri\":\"https://t.test\"}}"), FIELDS_JSON,
            "blocked-uri=https://t.test;", NULL);
    assert_fields("application/csp-violations", BODY("[{\"url\":\"u\"}]"), FIELDS_JSON,
            "url=u;", NULL);
}

static void texts_of_json_in_a_row_are_all_read(void **state)
{
    (void)state;
    assert_fields("application/x-ndjson", BODY("{\"a\":1}\n{\"b\":\"2\"}\n"), FIELDS_JSON,
            "a=1;b=2;", NULL);
    assert_fields("application/json-seq", BODY("\x1e{\"a\":1}\n\x1e{\"b\":\"2\"}\n"),
            FIELDS_JSON, "a=1;b=2;", NULL);
    assert_fields("", BODY("42[\"join\",{\"uid\":\"a\"}]"), FIELDS_JSON, "=join;uid=a;", NULL);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    assert_shortages_are_told("application/x-protobuf", "\x08\x01\x12\x01x");
    assert_shortages_are_told("application/x-msgpack", "\x81\x05\x05");
    assert_shortages_are_told("application/grpc-web-text", "AQAAAAA=");
    assert_shortages_are_told("text/event-stream", "data: {\"a\":1}");
    assert_shortages_are_told("text/event-stream", "data: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(protocol_buffers_have_paths_for_names),
            cmocka_unit_test(messagepack_has_its_keys),
            cmocka_unit_test(frames_of_grpc_are_opened),
            cmocka_unit_test(what_of_frames_is_not_read_is_said),
            cmocka_unit_test(frames_in_base64_cite_its_groups),
            cmocka_unit_test(events_give_data_and_id),
            cmocka_unit_test(reports_of_browsers_are_json),
            cmocka_unit_test(texts_of_json_in_a_row_are_all_read),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
