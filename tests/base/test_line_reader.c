/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/line_reader.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

enum { LINE_MOST = 8, HEARD_MOST = 1 << 20 };

/* What was given away: each line in brackets, "(long)" for one that was not whole. */
struct heard {
    struct buf text;
    size_t lines, stop_at; /* the line with this number, from 1, is refused */
};

static enum status hear(void *to, struct bytes line, bool whole)
{
    struct heard *h = to;

    if (++h->lines == h->stop_at)
        return STATUS_INPUT;
    assert_true(whole || line.n == 0);
    return whole ? buf_print(&h->text, "[%.*s]", (int)line.n, (const char *)line.p)
                 : buf_text(&h->text, "(long)");
}

static void begin(struct line_reader *r, struct heard *h)
{
    *h = (struct heard){.lines = 0};
    buf_init(&h->text, HEARD_MOST);
    line_reader_init(r, LINE_MOST, hear, h);
}

static void end(struct line_reader *r, struct heard *h)
{
    line_reader_clear(r);
    buf_clear(&h->text);
}

/* The same, whatever pieces it comes in. */
static void assert_heard(const char *text, const char *want, bool want_rest)
{
    struct bytes all = bytes_text(text);

    for (size_t first = 0; first <= all.n; first++) {
        for (size_t second = first; second <= all.n; second++) {
            struct line_reader r;
            struct heard h;
            bool rest;

            begin(&r, &h);
            assert_int_equal(line_reader_push(&r, bytes_slice(all, 0, first)), STATUS_OK);
            assert_int_equal(line_reader_push(&r, bytes_slice(all, first, second)), STATUS_OK);
            assert_int_equal(line_reader_push(&r, bytes_slice(all, second, all.n)), STATUS_OK);
            assert_int_equal(line_reader_end(&r, &rest), STATUS_OK);
            assert_true(bytes_is(buf_view(&h.text), want));
            assert_int_equal(rest, want_rest);
            end(&r, &h);
        }
    }
}

static void each_line_comes_once_without_its_end(void **state)
{
    (void)state;
    assert_heard("", "", false);
    assert_heard("one\ntwo\n", "[one][two]", false);
    assert_heard("one\r\ntwo\r\n", "[one][two]", false);
    assert_heard("\n\r\n \n", "[][][ ]", false);
    assert_heard("a\rb\n", "[a\rb]", false);
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    assert_heard("one\ntw", "[one][tw]", true);
    assert_heard("\r", "[]", true);
}

static void a_line_past_the_bound_is_passed_over_and_the_next_is_read(void **state)
{
    (void)state;
    assert_heard("12345678\n123456789\nnext\n", "[12345678](long)[next]", false);
    assert_heard("1234567\r\n12345678\r\n", "[1234567](long)", false);
    assert_heard("one\n123456789", "[one](long)", true);
}

static void who_takes_a_line_can_stop_the_reading(void **state)
{
    struct line_reader r;
    struct heard h;

    (void)state;
    begin(&r, &h);
    h.stop_at = 2;
    assert_int_equal(line_reader_push(&r, BYTES_LITERAL("1\n2\n3\n")), STATUS_INPUT);
    assert_int_equal(h.lines, 2);
    end(&r, &h);
}

static void a_file_is_read_as_its_bytes_are(void **state)
{
    struct fault fault = {0};
    struct line_reader r;
    struct heard h;
    bool rest;

    (void)state;
    /* Longer than what is read of a file at once. */
    assert_int_equal(
            system("yes 'a line' | head -n 20000 >lines; printf 'the end' >>lines"), 0);
    begin(&r, &h);
    assert_int_equal(line_reader_file(&r, "lines", "the list", &fault), STATUS_OK);
    assert_int_equal(h.lines, 20000);
    assert_int_equal(line_reader_end(&r, &rest), STATUS_OK);
    assert_true(rest);
    assert_int_equal(h.lines, 20001);
    assert_true(bytes_ends_nocase(buf_view(&h.text), BYTES_LITERAL("[a line][the end]")));
    end(&r, &h);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct fault fault = {0};
    struct line_reader r;
    struct heard h;

    (void)state;
    begin(&r, &h);
    assert_int_equal(line_reader_file(&r, "absent", "the list", &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "absent: the list cannot be read"));
    fault = (struct fault){0};
    assert_int_equal(line_reader_file(&r, ".", "the list", &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, ".: "));
    assert_int_equal(h.lines, 0);
    end(&r, &h);
}

static void lack_of_memory_is_told(void **state)
{
    bool happened = true;

    (void)state;
    assert_int_equal(system("printf 'one\\ntw' >lines"), 0);
    for (long n = 1; happened; n++) {
        struct fault fault = {0};
        struct line_reader r;
        struct heard h;
        enum status status;

        begin(&r, &h);
        oom_fail_at(n);
        status = line_reader_file(&r, "lines", "the list", &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        end(&r, &h);
    }
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_line_comes_once_without_its_end),
            cmocka_unit_test(the_last_line_needs_no_end),
            cmocka_unit_test(a_line_past_the_bound_is_passed_over_and_the_next_is_read),
            cmocka_unit_test(who_takes_a_line_can_stop_the_reading),
            IN_FOLDER(a_file_is_read_as_its_bytes_are),
            IN_FOLDER(a_file_that_cannot_be_read_is_named),
            IN_FOLDER(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
