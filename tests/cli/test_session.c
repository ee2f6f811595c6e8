/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/session.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

static char arguments[3][16] = {"record", "-o", "a \"b\""};
static char *const command_line[] = {arguments[0], arguments[1], arguments[2], NULL};

static void read_file(const char *name, struct buf *out)
{
    struct fault fault = {0};

    buf_init(out, 1 << 20);
    assert_int_equal(file_read(name, "file", out, &fault), STATUS_OK);
}

static struct json_value *read_session(void)
{
    struct fault fault = {0};
    struct json_value *v;
    struct buf text;

    read_file("session.json", &text);
    v = json_parse(buf_view(&text), &fault);
    buf_clear(&text);
    if (v == NULL)
        fail_msg("%s", fault.text);
    return v;
}

static const char *text_at(const struct json_value *v, const char *group, const char *key)
{
    return json_string_of(json_member(group == NULL ? v : json_member(v, group), key));
}

static void fill(struct isolation_facts *isolation, struct browser_facts *browser)
{
    *isolation = (struct isolation_facts){
            .kind = ISOLATION_USER,
            .joined_by = "slirp4netns 1.2.0",
            .device = "tap0",
            .addresses = {"192.0.2.7/24", "2001:db8::7/64"},
            .address_count = 2,
            .resolver = "192.0.2.3",
            .mtu = 1500,
    };
    *browser = (struct browser_facts){
            .name = "chromium",
            .path = "/usr/bin/chromium",
            .version = "Chromium 1",
            .sha256 = "ab",
            .profile = "/home/x/profile",
            .profile_is_fresh = true,
            .flags = {"--one", "--two"},
            .reasons = {"the first", "the second"},
            .flag_count = 2,
            .settings = {"a.b=false"},
            .setting_reasons = {"quiet"},
            .setting_count = 1,
            .no_devtools = "not wanted",
    };
}

static void what_is_known_is_written(void **state)
{
    const struct folder *p = *state;
    struct isolation_facts isolation;
    struct browser_facts browser;
    struct session s = {.state = "interrupted",
            .class_name = "controlled",
            .automated = true,
            .url = "https://news.test/\"",
            .end = "network-lost",
            .started_ns = INT64_C(1767323045000001000),
            .ended_ns = INT64_C(1767323046000002000),
            .command_line = command_line,
            .isolation = &isolation,
            .browser = &browser,
            .cookies = COOKIES_BLOCK,
            .link = 1,
            .snaplen = 262144,
            .ring_bytes = 1 << 20,
            .interruptions = {{INT64_C(1767323046000000000), "the joiner died"}},
            .interruption_count = 1};
    struct fault fault = {0};
    struct json_value *v;
    const struct json_value *at;
    int64_t n;

    fill(&isolation, &browser);
    assert_int_equal(session_write(p->fd, &s, &fault), STATUS_OK);
    v = read_session();
    assert_string_equal(text_at(v, NULL, "schema"), "exhibit/session/1");
    assert_string_equal(text_at(v, NULL, "state"), "interrupted");
    assert_string_equal(text_at(v, NULL, "class"), "controlled");
    assert_true(json_is_true(json_member(v, "automated")));
    assert_string_equal(text_at(v, NULL, "url"), "https://news.test/\"");
    assert_string_equal(text_at(v, NULL, "started"), "2026-01-02T03:04:05.000001Z");
    assert_string_equal(text_at(v, NULL, "ended"), "2026-01-02T03:04:06.000002Z");
    assert_string_equal(text_at(v, NULL, "end"), "network-lost");
    at = json_first(json_member(v, "command_line"));
    assert_string_equal(json_string_of(at), "record");
    assert_string_equal(json_string_of(json_next(json_next(at))), "a \"b\"");
    assert_string_equal(text_at(v, "isolation", "kind"), "user-namespace");
    assert_string_equal(text_at(v, "isolation", "joined_by"), "slirp4netns 1.2.0");
    assert_null(text_at(v, "isolation", "changed"));
    at = json_first(json_member(json_member(v, "isolation"), "addresses"));
    assert_string_equal(json_string_of(json_next(at)), "2001:db8::7/64");
    assert_non_null(text_at(v, "isolation", "meaning_en"));
    assert_non_null(text_at(v, "isolation", "meaning_zh"));
    assert_string_equal(text_at(v, "browser", "profile"), "fresh");
    assert_string_equal(text_at(v, "browser", "third_party_cookies"), "block");
    assert_string_equal(text_at(v, "browser", "devtools"), "none");
    assert_string_equal(text_at(v, "browser", "no_devtools"), "not wanted");
    at = json_next(json_first(json_member(json_member(v, "browser"), "flags")));
    assert_string_equal(text_at(at, NULL, "flag"), "--two");
    assert_string_equal(text_at(at, NULL, "why"), "the second");
    at = json_first(json_member(json_member(v, "browser"), "settings"));
    assert_string_equal(text_at(at, NULL, "setting"), "a.b=false");
    assert_string_equal(text_at(v, "capture", "interface"), "tap0");
    assert_true(json_integer_of(json_member(json_member(v, "capture"), "snaplen"), &n));
    assert_int_equal(n, 262144);
    at = json_first(json_member(v, "interruptions"));
    assert_string_equal(text_at(at, NULL, "what"), "the joiner died");
    assert_string_equal(text_at(at, NULL, "time"), "2026-01-02T03:04:06.000000Z");
    json_free(v);
}

static void what_is_not_known_is_null(void **state)
{
    static const char *const unknown[] = {
            "class", "url", "started", "ended", "end", "isolation", "browser"};
    const struct folder *p = *state;
    struct session s = {.state = "running"};
    struct fault fault = {0};
    struct json_value *v;
    struct buf text;

    assert_int_equal(session_write(p->fd, &s, &fault), STATUS_OK);
    read_file("session.json", &text);
    assert_int_equal(buf_append_u8(&text, 0), STATUS_OK);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
        char want[64];

        (void)snprintf(want, sizeof(want), "\n  \"%s\": null,", unknown[i]);
        if (strstr((char *)text.p, want) == NULL)
            fail_msg("%s is not null", unknown[i]);
    }
    buf_clear(&text);
    v = read_session();
    assert_null(json_first(json_member(v, "interruptions")));
    assert_true(json_is_array(json_member(v, "interruptions")));
    json_free(v);
}

static void a_new_one_takes_the_place_of_the_old(void **state)
{
    const struct folder *p = *state;
    struct session s = {.state = "running", .url = "https://a-long-address.test/and/more"};
    struct fault fault = {0};
    struct json_value *v;

    assert_int_equal(session_write(p->fd, &s, &fault), STATUS_OK);
    s = (struct session){.state = "ended"};
    assert_int_equal(session_write(p->fd, &s, &fault), STATUS_OK);
    v = read_session();
    assert_string_equal(text_at(v, NULL, "state"), "ended");
    assert_null(text_at(v, NULL, "url"));
    json_free(v);
}

static void each_failed_allocation_is_told_and_the_old_one_stays(void **state)
{
    const struct folder *p = *state;
    struct isolation_facts isolation;
    struct browser_facts browser;
    struct session old = {.state = "running"},
                   s = {.state = "ended", .isolation = &isolation, .browser = &browser};
    bool happened = true;

    fill(&isolation, &browser);
    for (long i = 1; happened; i++) {
        struct fault fault = {0};
        struct json_value *v;
        enum status status;

        assert_int_equal(session_write(p->fd, &old, &fault), STATUS_OK);
        oom_fail_at(i);
        status = session_write(p->fd, &s, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        v = read_session();
        assert_string_equal(text_at(v, NULL, "state"), happened ? "running" : "ended");
        json_free(v);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)
    const struct CMUnitTest tests[] = {
            TEST(what_is_known_is_written),
            TEST(what_is_not_known_is_null),
            TEST(a_new_one_takes_the_place_of_the_old),
            TEST(each_failed_allocation_is_told_and_the_old_one_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
