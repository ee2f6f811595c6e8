/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/oom.h"

static char path[] = "/tmp/exhibit-test-file-XXXXXX";

static int make(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    for (int i = 0; fd != -1 && i < 1000; i++) {
        if (write(fd, "0123456789", 10) != 10)
            return 1;
    }
    return fd == -1 || close(fd) != 0;
}

static int drop(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_file_is_appended_whole(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 20000);
    assert_int_equal(buf_text(&out, "x"), STATUS_OK);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_OK);
    assert_int_equal(out.n, 10001);
    assert_memory_equal(out.p, "x0123456789", 11);
    buf_clear(&out);
}

static void each_failure_says_which_file_and_why(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 9999);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, path));
    fault = (struct fault){0};
    assert_int_equal(file_read("/nowhere/at/all", "test", &out, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "/nowhere/at/all: cannot open this test"));
    fault = (struct fault){0};
    assert_int_equal(file_read("/", "test", &out, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "cannot read this test"));
    buf_clear(&out);
}

static void failed_memory_is_told(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 20000);
    oom_fail_at(1);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_NOMEM);
    assert_true(oom_happened());
    oom_fail_at(0);
    buf_clear(&out);
}

static void a_file_is_hashed_and_nothing_else_is(void **state)
{
    struct fault fault = {0};
    char hex[SHA256_TEXT] = "untouched";

    (void)state;
    assert_int_equal(file_sha256("/nowhere/at/all", hex, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "/nowhere/at/all"));
    fault = (struct fault){0};
    assert_int_equal(file_sha256("/tmp", hex, &fault), STATUS_INPUT);
    assert_int_equal(file_sha256("/dev/null", hex, &fault), STATUS_INPUT);
    assert_string_equal(hex, "untouched");
    assert_int_equal(file_sha256(path, hex, &fault), STATUS_OK);
    /* by hashlib of Python */
    assert_string_equal(
            hex, "4c207598af7a20db0e3334dd044399a40e467cb81b37f7ba05a4f76dcbd8fd59");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_file_is_appended_whole),
            cmocka_unit_test(each_failure_says_which_file_and_why),
            cmocka_unit_test(failed_memory_is_told),
            cmocka_unit_test(a_file_is_hashed_and_nothing_else_is),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
