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
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hashed_lines.h"
#include "cli/custody.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

static struct custody *must_open(const struct folder *p)
{
    struct custody *c = NULL;
    struct fault fault = {0};

    if (custody_open(p->fd, &c, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return c;
}

static void must_add(struct custody *c, const char *act, const char *key, const char *value)
{
    struct fault fault = {0};

    if (custody_add(c, act, key, value, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

/* The log, whose chain must hold; its lines. */
static uint64_t read_log(struct buf *text)
{
    struct hashed_check check = {0};
    struct fault fault = {0};
    struct bytes rest, line;

    buf_init(text, 8 << 20);
    assert_int_equal(file_read("custody/log.jsonl", "log", text, &fault), STATUS_OK);
    rest = buf_view(text);
    while (hashed_lines_next(&check, &rest, &line) == PARSE_DONE) {
        struct json_value *v = json_parse(line, NULL);
        int64_t ns;

        assert_non_null(json_string_of(json_member(v, "time")));
        assert_int_equal(strlen(json_string_of(json_member(v, "time"))), 27);
        assert_true(json_integer_of(json_member(v, "monotonic_ns"), &ns) && ns > 0);
        assert_non_null(json_string_of(json_member(v, "act")));
        assert_true(json_is_object(json_member(v, "detail")));
        json_free(v);
    }
    assert_int_equal(rest.n, 0);
    return check.number;
}

static void acts_are_chained_with_their_times_and_details(void **state)
{
    struct custody *c = must_open(*state);
    struct fault fault = {0};
    struct json *detail;
    struct stat about;
    struct buf text;

    assert_true(custody_is_new(c));
    must_add(c, "recording-began", NULL, NULL);
    must_add(c, "mark", "kind", "a \"quoted\"\nline \xff");
    detail = custody_begin(c, "capture-ended");
    json_unsigned(detail, "packets", 7);
    json_string(detail, "why", NULL);
    assert_int_equal(custody_end(c, &fault), STATUS_OK);
    assert_true(custody_is_new(c)); /* as it was when it was opened */
    custody_close(c);
    assert_int_equal(read_log(&text), 3);
    assert_int_equal(buf_append_u8(&text, 0), STATUS_OK);
    assert_non_null(strstr((char *)text.p, "\"act\":\"recording-began\",\"detail\":{}}\n"));
    assert_non_null(strstr((char *)text.p,
            "\"act\":\"mark\",\"detail\":{\"kind\":\"a \\\"quoted\\\"\\nline \xc3\xbf\"}}\n"));
    assert_non_null(strstr((char *)text.p, "\"detail\":{\"packets\":7,\"why\":null}}\n"));
    buf_clear(&text);
    assert_int_equal(stat("custody", &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(stat("custody/log.jsonl", &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void a_log_that_is_there_goes_on(void **state)
{
    struct custody *c = must_open(*state);
    struct buf text;

    must_add(c, "recording-began", NULL, NULL);
    custody_close(c);
    c = must_open(*state);
    assert_false(custody_is_new(c));
    must_add(c, "imported", "tool", "exhibit");
    custody_close(c);
    assert_int_equal(read_log(&text), 2);
    buf_clear(&text);
}

static void a_torn_last_line_is_cut_off(void **state)
{
    struct custody *c = must_open(*state);
    struct buf text;

    must_add(c, "recording-began", NULL, NULL);
    custody_close(c);
    assert_int_equal(system("printf '{\"number\":2,\"prev' >>custody/log.jsonl"), 0);
    c = must_open(*state);
    must_add(c, "resumed", NULL, NULL);
    custody_close(c);
    assert_int_equal(read_log(&text), 2);
    buf_clear(&text);
}

static void a_log_that_was_changed_is_refused(void **state)
{
    const struct folder *p = *state;
    struct custody *c = must_open(p), *none = NULL;
    struct fault fault = {0};

    must_add(c, "recording-began", NULL, NULL);
    must_add(c, "mark", NULL, NULL);
    custody_close(c);
    assert_int_equal(system("sed -i 1s/began/begun/ custody/log.jsonl"), 0);
    assert_int_equal(custody_open(p->fd, &none, &fault), STATUS_INPUT);
    assert_null(none);
    assert_non_null(strstr(fault.text, "2"));
}

static void links_are_not_followed(void **state)
{
    const struct folder *p = *state;
    struct custody *none = NULL;
    struct fault fault = {0};

    assert_int_equal(system("mkdir elsewhere && ln -s elsewhere custody"), 0);
    assert_int_equal(custody_open(p->fd, &none, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "custody"));
    assert_int_equal(system("rm custody && mkdir custody && : >elsewhere/log.jsonl && "
                            "ln -s ../elsewhere/log.jsonl custody/log.jsonl"),
            0);
    fault = (struct fault){0};
    assert_int_equal(custody_open(p->fd, &none, &fault), STATUS_IO);
    assert_null(none);
    assert_int_equal(system("test ! -s elsewhere/log.jsonl"), 0);
}

static void a_file_in_the_place_of_the_directory_is_refused(void **state)
{
    const struct folder *p = *state;
    struct custody *none = NULL;
    struct fault fault = {0};

    assert_int_equal(system(": >custody"), 0);
    assert_int_equal(custody_open(p->fd, &none, &fault), STATUS_IO);
    assert_null(none);
}

static void an_act_that_is_too_long_leaves_the_log_as_it_was(void **state)
{
    static char value[HASHED_LINE_MOST + 1];
    struct custody *c = must_open(*state);
    struct fault fault = {0};
    struct buf text;

    must_add(c, "recording-began", NULL, NULL);
    memset(value, 'v', sizeof(value) - 1);
    assert_int_equal(custody_add(c, "mark", "kind", value, &fault), STATUS_USAGE);
    assert_non_null(strstr(fault.text, "too long"));
    /* Within the buffer, but not with the head of its line. */
    value[HASHED_LINE_MOST - 150] = '\0';
    fault = (struct fault){0};
    assert_int_equal(custody_add(c, "mark", "kind", value, &fault), STATUS_USAGE);
    must_add(c, "recording-ended", NULL, NULL);
    custody_close(c);
    assert_int_equal(read_log(&text), 2);
    buf_clear(&text);
}

static void the_clocks_go_on(void **state)
{
    int64_t utc = clock_utc_ns(), boot = clock_boot_ns();

    (void)state;
    assert_true(utc > INT64_C(1600000000) * 1000000000);
    assert_true(boot > 0 && boot < utc);
    assert_true(clock_boot_ns() >= boot);
}

static void each_failed_allocation_is_told_and_the_chain_holds(void **state)
{
    const struct folder *p = *state;
    bool happened = true;
    uint64_t entered = 0;
    struct buf text;

    for (long i = 1; happened; i++) {
        struct custody *c = NULL;
        struct fault fault = {0};
        enum status status;

        oom_fail_at(i);
        status = custody_open(p->fd, &c, &fault);
        if (status == STATUS_OK) {
            status = custody_add(c, "mark", "kind", "start", &fault);
            entered += status == STATUS_OK;
        }
        happened = oom_happened();
        oom_fail_at(0);
        custody_close(c);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        assert_true(!happened || strstr(fault.text, "out of memory") != NULL);
    }
    assert_int_equal(read_log(&text), entered);
    buf_clear(&text);
    custody_close(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)
    const struct CMUnitTest tests[] = {
            TEST(acts_are_chained_with_their_times_and_details),
            TEST(a_log_that_is_there_goes_on),
            TEST(a_torn_last_line_is_cut_off),
            TEST(a_log_that_was_changed_is_refused),
            TEST(links_are_not_followed),
            TEST(a_file_in_the_place_of_the_directory_is_refused),
            TEST(an_act_that_is_too_long_leaves_the_log_as_it_was),
            TEST(the_clocks_go_on),
            TEST(each_failed_allocation_is_told_and_the_chain_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
