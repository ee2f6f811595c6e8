/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify/list.h"
#include "tests/support/oom.h"

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/exhibit-list-XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command);
}

static const char *write_file(const char *name, const char *text)
{
    static char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static void a_list_is_known_by_hash_header_and_counts(void **state)
{
    static const char text[] =
            "[Adblock Plus 2.0]\n! Title: My list\n! Version: 7\n! Last modified: %timestamp%\n"
            "! TimeUpdated: 2026-01-02T03:04:05Z\n! Homepage: https://l.example/\n"
            "||a.example^\n/b/\n@@||c.example^\n||d.example^$csp=x\n||e.example^$nosuch\n"
            "/(/\n##.ad\n!#if x\n||f.example^\n!#endif\n||a.example^$badfilter\n0.0.0.0 x\n";
    struct lists *lists = lists_new();
    struct fault fault = {0};
    const struct list_info *info;

    (void)state;
    assert_non_null(lists);
    assert_int_equal(lists_add(lists, write_file("my.txt", text), &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    assert_int_equal(lists_count(lists), 1);
    info = lists_info(lists, 0);
    assert_string_equal(info->name, "my.txt");
    assert_true(strstr(info->path, "/my.txt") != NULL);
    assert_true(bytes_is(info->title, "My list"));
    assert_true(bytes_is(info->version, "7"));
    assert_true(bytes_is(info->modified, "2026-01-02T03:04:05Z"));
    assert_true(bytes_is(info->homepage, "https://l.example/"));
    {
        char sha256[SHA256_TEXT];

        assert_true(sha256_text(BYTES_LITERAL(text), sha256));
        assert_string_equal(info->sha256, sha256);
    }
    assert_int_equal(info->bytes, sizeof(text) - 1);
    assert_int_equal(info->lines, 18);
    assert_int_equal(info->blocks, 2);
    assert_int_equal(info->exceptions, 1);
    assert_int_equal(info->modifiers, 1);
    assert_int_equal(info->bad_filters, 1);
    assert_int_equal(info->unsupported, 2);
    assert_int_equal(info->malformed, 1);
    assert_int_equal(info->cosmetics, 1);
    assert_int_equal(info->comments, 8);
    assert_int_equal(info->skipped, 1);
    assert_int_equal(info->over_limit, 0);
    assert_int_equal(lists_switched_off(lists), 1);
    assert_null(lists_info(lists, 1));
    lists_free(lists);
}

static void a_directory_gives_its_text_files_by_name(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    (void)state;
    assert_non_null(lists);
    (void)write_file("b.txt", "||b^\n");
    (void)write_file("a.txt", "||a^\n");
    (void)write_file("c.md", "||c^\n");
    (void)write_file(".hidden.txt", "||d^\n");
    assert_int_equal(lists_add(lists, directory, &fault), STATUS_OK);
    assert_int_equal(lists_count(lists), 2);
    assert_string_equal(lists_info(lists, 0)->name, "a.txt");
    assert_string_equal(lists_info(lists, 1)->name, "b.txt");
    lists_free(lists);
}

static void an_include_loads_a_neighbour_once_and_nothing_else(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    (void)state;
    assert_non_null(lists);
    (void)write_file("part", "!#include part\n!#include main.txt\n||part^\n");
    assert_int_equal(
            lists_add(lists,
                    write_file("main.txt",
                            "!#include part\n!#include ../x\n!#include /etc/passwd\n"
                            "!#include absent\n!#if x\n!#include part2\n!#endif\n||a^\n"),
                    &fault),
            STATUS_OK);
    assert_int_equal(lists_count(lists), 2);
    assert_string_equal(lists_info(lists, 0)->name, "main.txt");
    assert_string_equal(lists_info(lists, 1)->name, "part");
    assert_int_equal(lists_info(lists, 0)->includes_missing, 3);
    assert_int_equal(lists_info(lists, 1)->blocks, 1);
    lists_free(lists);
}

static void what_is_not_there_is_named(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};
    char path[128];

    (void)state;
    assert_non_null(lists);
    (void)snprintf(path, sizeof(path), "%s/absent.txt", directory);
    assert_int_equal(lists_add(lists, path, &fault), STATUS_MISSING);
    assert_true(strstr(fault.text, "absent.txt") != NULL);
    fault = (struct fault){0};
    assert_int_equal(lists_add(lists, directory, &fault), STATUS_MISSING);
    assert_true(strstr(fault.text, directory) != NULL);
    lists_free(lists);
}

static void a_sealed_set_takes_no_more(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    (void)state;
    assert_non_null(lists);
    assert_null(lists_index(lists));
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    assert_non_null(lists_index(lists));
    assert_int_equal(lists_add_text(lists, "x", BYTES_LITERAL("||a^"), &fault), STATUS_USAGE);
    assert_int_equal(lists_add(lists, directory, &fault), STATUS_USAGE);
    assert_int_equal(lists_seal(lists, &fault), STATUS_USAGE);
    lists_free(lists);
}

static void too_many_files_are_refused_not_dropped(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    (void)state;
    assert_non_null(lists);
    for (int i = 0; i < LISTS_MOST; i++)
        assert_int_equal(lists_add_text(lists, "x", BYTES_LITERAL("||a^"), &fault), STATUS_OK);
    assert_int_equal(lists_add_text(lists, "x", BYTES_LITERAL("||a^"), &fault), STATUS_USAGE);
    (void)write_file("one.txt", "||a^");
    assert_int_equal(lists_add(lists, directory, &fault), STATUS_USAGE);
    lists_free(lists);
}

static void every_allocation_may_fail(void **state)
{
    static const char text[] = "||a.example^$domain=x|y\n/r[0-9]\\/x\\//\n@@||b.example/x\n"
                               "||a.example^$domain=y|x,badfilter\n!#include part\n";
    char path[256];
    long n = 1;

    (void)state;
    (void)write_file("part", "||c^\n");
    (void)snprintf(path, sizeof(path), "%s", write_file("oom.txt", text));
    for (;; n++) {
        struct lists *lists;
        struct fault fault = {0};
        enum status status = STATUS_NOMEM;

        oom_fail_at(n);
        lists = lists_new();
        if (lists != NULL) {
            status = lists_add(lists, path, &fault);
            if (status == STATUS_OK)
                status = lists_seal(lists, &fault);
        }
        if (!oom_happened()) {
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(lists_switched_off(lists), 1);
            lists_free(lists);
            break;
        }
        assert_true(status == STATUS_OK || status == STATUS_NOMEM || status == STATUS_IO ||
                    status == STATUS_INPUT);
        lists_free(lists);
    }
    oom_fail_at(0);
    assert_true(n > 20);
}

static void the_installed_lists_load(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    (void)state;
    assert_non_null(lists);
    if (lists_add_default(lists, &fault) == STATUS_MISSING) {
        print_message("skip: %s\n", fault.text);
        lists_free(lists);
        skip();
    }
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    assert_int_equal(lists_count(lists), 2);
    assert_true(bytes_is(lists_info(lists, 0)->title, "EasyList"));
    assert_true(bytes_is(lists_info(lists, 1)->title, "EasyPrivacy"));
    for (size_t i = 0; i < 2; i++) {
        const struct list_info *info = lists_info(lists, i);

        assert_true(info->blocks > 40000 && info->exceptions > 500);
        assert_true(info->unsupported < 20 && info->malformed == 0 && info->over_limit == 0);
    }
    lists_free(lists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(a_list_is_known_by_hash_header_and_counts,
                    make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(
                    a_directory_gives_its_text_files_by_name, make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(an_include_loads_a_neighbour_once_and_nothing_else,
                    make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(
                    what_is_not_there_is_named, make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(
                    a_sealed_set_takes_no_more, make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(
                    too_many_files_are_refused_not_dropped, make_directory, remove_directory),
            cmocka_unit_test_setup_teardown(
                    every_allocation_may_fail, make_directory, remove_directory),
            cmocka_unit_test(the_installed_lists_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
