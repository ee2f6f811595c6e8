/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/bag.h"
#include "report/verify.h"
#include "tests/support/oom.h"

/* Each test works in a directory of its own. */
static int enter(void **state)
{
    char path[] = "/tmp/exhibit-bag-XXXXXX";

    *state = mkdtemp(path) == NULL ? NULL : strdup(path);
    return *state == NULL || chdir(path) != 0 ? -1 : 0;
}

static int leave(void **state)
{
    char command[PATH_MAX];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
    free(*state);
    return chdir("/tmp") != 0 || system(command) != 0 ? -1 : 0;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool exists(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
}

static struct bag *begin(const char *target, bool overwrite)
{
    struct fault fault = {0};
    struct bag *b = NULL;

    if (bag_begin(target, overwrite, &b, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return b;
}

static enum status fill(struct bag *b, struct fault *fault)
{
    static const struct bag_info info = {.date = "2026-01-01", .description = "a test"};
    enum status status = bag_copy(b, "input", "data/raw/input", fault);

    if (status == STATUS_OK)
        status = bag_write(b, "data/findings/a.json", bytes_text("{}\n"), fault);
    if (status == STATUS_OK)
        status = bag_write(b, "VERIFY.txt", bytes_text("how\n"), fault);
    return status == STATUS_OK ? bag_finish(b, &info, fault) : status;
}

static void make_case(const char *target, bool overwrite)
{
    struct bag *b = begin(target, overwrite);
    struct fault fault = {0};

    if (fill(b, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    bag_free(b);
}

static void assert_sound(const char *path)
{
    struct fault fault = {0};
    struct verify v;

    assert_int_equal(verify_case(path, &v, &fault), STATUS_OK);
    if (v.n != 0)
        fail_msg("%s: %s", v.faults[0].path, v.faults[0].detail);
    verify_clear(&v);
}

static void a_case_is_whole_and_coreutils_agree(void **state)
{
    (void)state;
    put("input", "packets");
    make_case("case/", false);
    assert_sound("case");
    assert_int_equal(system("cd case && sha256sum --quiet -c manifest-sha256.txt && sha512sum "
                            "--quiet -c manifest-sha512.txt && sha256sum --quiet -c "
                            "tagmanifest-sha256.txt && grep -q '^Payload-Oxum: 10.2$' "
                            "bag-info.txt"),
            0);
    assert_int_equal(system("test \"$(ls -a | grep -c part)\" = 0"), 0);
}

static void files_of_others_in_the_bag_are_listed_too(void **state)
{
    static const struct bag_info info = {.date = NULL};
    struct fault fault = {0};
    struct bag *b;
    char path[PATH_MAX];

    (void)state;
    b = begin("case", false);
    assert_int_equal(bag_directory_make(b, "data/bodies", &fault), STATUS_OK);
    (void)snprintf(path, sizeof(path), "%s/data/bodies/abc", bag_directory(b));
    put(path, "spooled");
    assert_int_equal(bag_finish(b, &info, &fault), STATUS_OK);
    bag_free(b);
    assert_sound("case");
    assert_int_equal(system("grep -q '  data/bodies/abc$' case/manifest-sha256.txt"), 0);
}

static void a_link_that_someone_put_in_is_refused(void **state)
{
    static const struct bag_info info = {.date = NULL};
    struct fault fault = {0};
    struct bag *b;
    char path[PATH_MAX];

    (void)state;
    b = begin("case", false);
    assert_int_equal(bag_directory_make(b, "data", &fault), STATUS_OK);
    (void)snprintf(path, sizeof(path), "%s/data/link", bag_directory(b));
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(bag_finish(b, &info, &fault), STATUS_IO);
    bag_free(b);
    assert_false(exists("case"));
}

static void names_that_bags_cannot_bear_are_refused(void **state)
{
    static const char *const bad[] = {"", "/etc/x", "../x", "data/../../x", "data//x", "data/",
            "data/a b", "data/\xc3\xa9", "data/a\n", ".", "data/."};
    struct fault fault = {0};
    struct bag *b;

    (void)state;
    b = begin("case", false);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        fault = (struct fault){0};
        assert_false(bag_name_allowed(bad[i]));
        assert_int_equal(bag_write(b, bad[i], bytes_text("x"), &fault), STATUS_USAGE);
        assert_int_equal(bag_copy(b, "input", bad[i], NULL), STATUS_USAGE);
    }
    assert_true(bag_name_allowed("data/raw/x-1_2.pcapng"));
    assert_int_equal(bag_write(b, "data/x", bytes_text("x"), &fault), STATUS_OK);
    fault = (struct fault){0};
    assert_int_equal(bag_write(b, "data/x", bytes_text("x"), &fault), STATUS_IO);
    bag_free(b);
    assert_false(exists("case"));
}

static void what_is_there_is_not_overwritten_unasked(void **state)
{
    struct fault fault = {0};
    struct bag *b = NULL;

    (void)state;
    assert_int_equal(mkdir("case", 0700), 0);
    put("case/mine", "precious");
    assert_int_equal(bag_begin("case", false, &b, &fault), STATUS_USAGE);
    assert_non_null(strstr(fault.text, "--overwrite"));
    assert_true(exists("case/mine"));
    put("file", "precious");
    fault = (struct fault){0};
    assert_int_equal(bag_begin("file", false, &b, &fault), STATUS_USAGE);
    assert_int_equal(symlink("nowhere", "link"), 0);
    fault = (struct fault){0};
    assert_int_equal(bag_begin("link", false, &b, &fault), STATUS_USAGE);
}

static void an_empty_target_is_filled_and_stays_when_that_fails(void **state)
{
    struct fault fault = {0};
    struct bag *b;

    (void)state;
    assert_int_equal(mkdir("case", 0700), 0);
    b = begin("case", false);
    assert_int_equal(fill(b, &fault), STATUS_IO); /* no input there */
    assert_non_null(strstr(fault.text, "input"));
    bag_free(b);
    assert_true(exists("case"));
    put("input", "packets");
    make_case("case", false);
    assert_sound("case");
}

static void refuse(const char *target)
{
    struct fault fault = {0};
    struct bag *b = NULL;

    assert_int_equal(bag_begin(target, true, &b, &fault), STATUS_USAGE);
    assert_null(b);
    assert_non_null(strstr(fault.text, "not a case"));
}

static void overwriting_replaces_a_case_and_nothing_else(void **state)
{
    (void)state;
    put("input", "one");
    make_case("case", false);
    put("case/mine", "extra");
    put("input", "two");
    make_case("case", true);
    assert_sound("case");
    assert_false(exists("case/mine"));
    assert_int_equal(system("grep -q two case/data/raw/input"), 0);
    put("file", "x");
    refuse("file");
    assert_int_equal(mkdir("kept", 0700), 0);
    put("kept/x", "x");
    refuse("kept");
    assert_int_equal(symlink("kept", "link"), 0);
    refuse("link");
    assert_true(exists("file") && exists("kept/x") && exists("link"));
    assert_int_equal(system("test \"$(ls -a | grep -c part)\" = 0"), 0);
}

static void a_failed_overwrite_leaves_the_old_case(void **state)
{
    struct fault fault = {0};
    struct bag *b;

    (void)state;
    put("input", "one");
    make_case("case", false);
    b = begin("case", true);
    assert_int_equal(bag_write(b, "data/x", bytes_text("x"), &fault), STATUS_OK);
    bag_free(b);
    assert_sound("case");
    assert_true(exists("case/data/raw/input"));
}

/* At whatever moment the program dies, the target is missing, the old case or the new one. */
static void a_kill_leaves_no_half_case(void **state)
{
    (void)state;
    put("input", "one");
    make_case("case", false);
    for (useconds_t wait = 0; wait < 60000; wait += 3000) {
        pid_t child = fork();

        assert_true(child != -1);
        if (child == 0) {
            struct fault fault = {0};
            struct bag *b;

            if (bag_begin("case", true, &b, &fault) != STATUS_OK ||
                    fill(b, &fault) != STATUS_OK)
                _exit(1);
            _exit(0);
        }
        (void)usleep(wait);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        assert_sound("case");
    }
}

static void copies_tell_their_digest_and_their_failure(void **state)
{
    struct fault fault = {0};
    char hex[SHA256_TEXT];
    struct bag *b;

    (void)state;
    put("input", "abc");
    b = begin("case", false);
    assert_int_equal(bag_copy(b, "input", "data/input", &fault), STATUS_OK);
    assert_int_equal(bag_wait(b, &fault), STATUS_OK);
    assert_true(bag_sha256(b, "data/input", hex));
    /* FIPS 180-4, example "abc" */
    assert_string_equal(
            hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_false(bag_sha256(b, "data/other", hex));
    assert_int_equal(bag_copy(b, "missing", "data/missing", &fault), STATUS_OK);
    assert_int_equal(bag_wait(b, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "missing"));
    bag_free(b);
    b = begin("case", false);
    fault = (struct fault){0};
    assert_int_equal(bag_copy(b, "/dev/zero", "data/zero", &fault), STATUS_OK);
    assert_int_equal(bag_wait(b, &fault), STATUS_IO);
    bag_free(b);
}

static void a_given_up_stream_is_no_file_of_the_case(void **state)
{
    struct bag_stream *s;
    struct fault fault = {0};
    struct bag *b;

    (void)state;
    b = begin("case", false);
    assert_int_equal(bag_stream_open(b, "data/x", &s, &fault), STATUS_OK);
    assert_int_equal(bag_stream_write(s, bytes_text("half"), &fault), STATUS_OK);
    assert_int_equal(bag_stream_close(s, STATUS_NOMEM, &fault), STATUS_NOMEM);
    bag_free(b);
    assert_false(exists("case"));
}

/* Threads of the bag allocate too: it is enough that no failure passes for success. */
static void every_failed_allocation_is_told_and_leaves_nothing(void **state)
{
    long n = 0;
    bool happened;

    (void)state;
    put("input", "packets");
    do {
        struct fault fault = {0};
        struct bag *b = NULL;
        enum status status;

        oom_fail_at(++n);
        status = bag_begin("case", false, &b, &fault);
        if (status == STATUS_OK)
            status = fill(b, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        bag_free(status == STATUS_OK || b != NULL ? b : NULL);
        if (happened)
            assert_int_equal(exists("case"), status == STATUS_OK);
        else
            assert_int_equal(status, STATUS_OK);
        if (exists("case")) {
            assert_sound("case");
            assert_int_equal(system("rm -rf case"), 0);
        }
    } while (happened);
    assert_true(n > 10);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_case_is_whole_and_coreutils_agree),
            TEST(files_of_others_in_the_bag_are_listed_too),
            TEST(a_link_that_someone_put_in_is_refused),
            TEST(names_that_bags_cannot_bear_are_refused),
            TEST(what_is_there_is_not_overwritten_unasked),
            TEST(an_empty_target_is_filled_and_stays_when_that_fails),
            TEST(overwriting_replaces_a_case_and_nothing_else),
            TEST(a_failed_overwrite_leaves_the_old_case),
            TEST(a_kill_leaves_no_half_case),
            TEST(copies_tell_their_digest_and_their_failure),
            TEST(a_given_up_stream_is_no_file_of_the_case),
            TEST(every_failed_allocation_is_told_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
