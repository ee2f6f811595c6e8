/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/bag.h"
#include "report/verify.h"
#include "tests/support/oom.h"

/* A sound case in a directory of its own. */
static int enter(void **state)
{
    static const struct bag_info info = {.date = "2026-01-01"};
    char path[] = "/tmp/exhibit-verify-XXXXXX";
    struct fault fault = {0};
    struct bag *b;

    *state = mkdtemp(path) == NULL ? NULL : strdup(path);
    if (*state == NULL || chdir(path) != 0 ||
            bag_begin("case", false, &b, &fault) != STATUS_OK ||
            bag_write(b, "data/a", bytes_text("alpha"), &fault) != STATUS_OK ||
            bag_write(b, "data/d/b", bytes_text("beta"), &fault) != STATUS_OK ||
            bag_write(b, "verify.sh", bytes_text("#!/bin/sh\n"), &fault) != STATUS_OK ||
            bag_finish(b, &info, &fault) != STATUS_OK)
        return -1;
    bag_free(b);
    return 0;
}

static int leave(void **state)
{
    char command[PATH_MAX];

    (void)snprintf(command, sizeof(command), "chmod -R u+rwx '%s'; rm -rf '%s'", (char *)*state,
            (char *)*state);
    free(*state);
    return chdir("/tmp") != 0 || system(command) != 0 ? -1 : 0;
}

/* All faults as "kind path;" after the shell did its damage. */
static void assert_faults(const char *damage, const char *want)
{
    struct fault fault = {0};
    struct verify v;
    char got[2048] = "";
    size_t n = 0;

    assert_int_equal(system(damage), 0);
    assert_int_equal(verify_case("case/", &v, &fault), STATUS_OK);
    for (size_t i = 0; i < v.n; i++) {
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s %s;",
                verify_kind_name(v.faults[i].kind), v.faults[i].path);
        assert_true(strlen(v.faults[i].detail) > 5);
    }
    assert_string_equal(got, want);
    verify_clear(&v);
}

static void a_sound_case_has_no_fault(void **state)
{
    struct fault fault = {0};
    struct verify v;

    (void)state;
    assert_int_equal(verify_case("case", &v, &fault), STATUS_OK);
    assert_int_equal(v.n, 0);
    assert_int_equal(v.files, 2);
    assert_int_equal(v.bytes, 9);
    verify_clear(&v);
}

static void each_damage_is_named_with_its_file(void **state)
{
    (void)state;
    assert_faults("printf x >> case/data/a", "changed data/a;changed data/a;changed data/a;");
}

static void a_missing_file_is_missed_by_every_list(void **state)
{
    (void)state;
    assert_faults("rm case/data/d/b", "missing data/d/b;missing data/d/b;missing data/d/b;");
}

static void a_file_nobody_listed_is_extra(void **state)
{
    (void)state;
    assert_faults("echo x > case/data/new; echo y > case/note; mkdir case/proof; echo z > "
                  "case/proof/seal",
            "extra data/new;extra data/new;extra data/new;extra note;");
}

static void tag_files_are_covered_too(void **state)
{
    (void)state;
    assert_faults("echo '# more' >> case/verify.sh; echo >> case/bag-info.txt",
            "changed bag-info.txt;changed verify.sh;");
}

static void a_link_is_no_file(void **state)
{
    (void)state;
    assert_faults("cp case/data/a keep; rm case/data/a; ln -s ../../keep case/data/a",
            "unreadable data/a;");
}

static void a_pipe_does_not_hold_us_up(void **state)
{
    (void)state;
    assert_faults("rm case/data/a; mkfifo case/data/a", "unreadable data/a;");
}

static void lists_that_lie_are_named(void **state)
{
    (void)state;
    assert_faults("sed -i 's/^/x/' case/tags/sm3sum.txt",
            "list tags/sm3sum.txt;list tags/sm3sum.txt;extra data/a;extra data/d/b;changed "
            "tags/sm3sum.txt;");
}

static void a_file_listed_twice_is_a_fault(void **state)
{
    (void)state;
    assert_faults("head -n 1 case/manifest-sha512.txt >> case/manifest-sha512.txt",
            "list manifest-sha512.txt;changed manifest-sha512.txt;");
}

static void names_outside_the_payload_are_refused(void **state)
{
    (void)state;
    assert_faults("printf '%064d  ../../etc/passwd\\n%064d  verify.sh\\n%064d  "
                  "data/a\\000b\\n\\n' 0 0 0 >> case/manifest-sha256.txt",
            "list manifest-sha256.txt;list manifest-sha256.txt;list manifest-sha256.txt;list "
            "manifest-sha256.txt;changed manifest-sha256.txt;");
}

static void a_list_that_is_gone_is_missed(void **state)
{
    (void)state;
    assert_faults("rm case/tags/sm3sum.txt",
            "missing tags/sm3sum.txt;missing tags/sm3sum.txt;extra data/a;extra data/d/b;");
}

static void what_is_no_case_is_refused(void **state)
{
    struct fault fault = {0};
    struct verify v;

    (void)state;
    assert_int_equal(verify_case("nowhere", &v, &fault), STATUS_INPUT);
    verify_clear(&v);
    assert_int_equal(system("rm case/bagit.txt"), 0);
    fault = (struct fault){0};
    assert_int_equal(verify_case("case", &v, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "bagit.txt"));
    verify_clear(&v);
}

static void more_faults_than_the_cap_are_said_to_be_there(void **state)
{
    struct verify v = {0};

    (void)state;
    for (size_t i = 0; i < VERIFY_FAULTS_MOST + 5; i++)
        assert_int_equal(verify_add(&v, VERIFY_EXTRA, "data/x", "there"), STATUS_OK);
    assert_int_equal(v.n, VERIFY_FAULTS_MOST);
    assert_int_equal(v.faults[v.n - 2].kind, VERIFY_EXTRA);
    assert_int_equal(v.faults[v.n - 1].kind, VERIFY_LIST);
    assert_non_null(strstr(v.faults[v.n - 1].detail, "more"));
    verify_clear(&v);
}

static void every_failed_allocation_is_told_and_never_taken_for_a_fault(void **state)
{
    enum status status;
    long n = 0;

    (void)state;
    do {
        struct fault fault = {0};
        struct verify v;
        bool happened;

        oom_fail_at(++n);
        status = verify_case("case", &v, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        if (!happened)
            assert_true(status == STATUS_OK && v.n == 0);
        for (size_t i = 0; status == STATUS_OK && i < v.n; i++)
            assert_int_equal(v.faults[i].kind, VERIFY_UNREADABLE);
        verify_clear(&v);
        status = happened ? STATUS_NOMEM : STATUS_OK;
    } while (status == STATUS_NOMEM);
    assert_true(n > 10);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_sound_case_has_no_fault),
            TEST(each_damage_is_named_with_its_file),
            TEST(a_missing_file_is_missed_by_every_list),
            TEST(a_file_nobody_listed_is_extra),
            TEST(tag_files_are_covered_too),
            TEST(a_link_is_no_file),
            TEST(a_pipe_does_not_hold_us_up),
            TEST(lists_that_lie_are_named),
            TEST(a_file_listed_twice_is_a_fault),
            TEST(names_outside_the_payload_are_refused),
            TEST(a_list_that_is_gone_is_missed),
            TEST(what_is_no_case_is_refused),
            TEST(more_faults_than_the_cap_are_said_to_be_there),
            TEST(every_failed_allocation_is_told_and_never_taken_for_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
