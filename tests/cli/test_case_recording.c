/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "cli/case_recording.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

enum { ALONG_MOST = 96, ARENA_MOST = 64 << 20 };

struct world {
    struct folder folder;
    struct arena *arena;
    struct case_along along[ALONG_MOST];
    size_t n;
};

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    folder_make(&w->folder);
    w->arena = arena_new(ARENA_MOST);
    assert_non_null(w->arena);
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;

    folder_drop(&w->folder);
    arena_free(w->arena);
    free(w);
    return 0;
}

/* A file that goes along under this name; `more` NULs behind its text. */
static void add_file(struct world *w, const char *name, const char *text, size_t more)
{
    const char *path = arena_print(w->arena, "file%zu", w->n);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(w->n < ALONG_MOST);
    (void)fputs(text, file);
    for (size_t i = 0; i < more; i++)
        (void)fputc(0, file);
    assert_int_equal(fclose(file), 0);
    w->along[w->n++] =
            (struct case_along){.path = path, .name = arena_string(w->arena, bytes_text(name))};
}

static enum status read_it(const struct world *w, struct page_facts *facts, struct fault *fault)
{
    return case_recording_read(w->arena, w->along, w->n, facts, fault);
}

static const struct page_recording *must_read(const struct world *w, struct page_facts *facts)
{
    struct fault fault = {0};

    *facts = (struct page_facts){0};
    if (read_it(w, facts, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    assert_non_null(facts->recording);
    return facts->recording;
}

static void a_case_of_no_recording_leaves_the_facts_as_they_are(void **state)
{
    struct world *w = *state;
    struct page_facts facts = {.case_name = "x"};
    struct fault fault = {0};

    assert_int_equal(read_it(w, &facts, &fault), STATUS_OK);
    add_file(w, "data/custody/log.jsonl", "{}\n", 0);
    add_file(w, "data/env/before.json", "{}", 0);
    assert_int_equal(read_it(w, &facts, &fault), STATUS_OK);
    assert_null(facts.recording);
    assert_int_equal(facts.environment_before.n, 0);
    assert_string_equal(facts.case_name, "x");
}

static void each_file_comes_to_its_place(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;

    add_file(w, "data/env/after.json", "after", 0);
    add_file(w, "data/session.json", "session", 0);
    add_file(w, "data/env/before.json", "before", 0);
    add_file(w, "data/custody/log.jsonl", "custody", 0);
    add_file(w, "data/raw/screens.jsonl", "{\"file\":\"screens/0001.png\"}\n", 0);
    add_file(w, "data/raw/screens/0001.png", "picture", 0);
    r = must_read(w, &facts);
    assert_true(bytes_is(r->session, "session"));
    assert_true(bytes_is(r->custody, "custody"));
    assert_true(bytes_is(facts.environment_before, "before"));
    assert_true(bytes_is(facts.environment_after, "after"));
    assert_int_equal(r->picture_count, 1);
    assert_string_equal(r->pictures[0].file, "screens/0001.png");
    assert_true(bytes_is(r->pictures[0].png, "picture"));
}

static void what_is_not_there_is_empty(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;

    add_file(w, "data/session.json", "s", 0);
    r = must_read(w, &facts);
    assert_int_equal(r->custody.n, 0);
    assert_int_equal(r->screens.n, 0);
    assert_int_equal(r->picture_count, 0);
    assert_int_equal(facts.environment_after.n, 0);
}

static void wanted_pictures_come_before_those_that_merely_loaded(void **state)
{
    static const char *const order[] = {"screens/2", "screens/4", "screens/1", "screens/3"};
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;

    add_file(w, "data/session.json", "s", 0);
    add_file(w, "data/raw/screens.jsonl",
            "{\"file\":\"screens/1\",\"why\":\"load\"}\n{\"file\":\"screens/2\",\"why\":"
            "\"mark\"}\n{\"file\":\"screens/3\",\"why\":\"load\"}\n{\"file\":\"screens/4\"}\n"
            "{}\n[\n\n{\"file\":\"screens/5\",\"why\":\"mark\"}",
            0);
    r = must_read(w, &facts);
    assert_int_equal(r->picture_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(r->pictures[i].file, order[i]);
        assert_int_equal(r->pictures[i].png.n, 0);
    }
}

static void a_picture_too_large_to_be_carried_is_named(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;

    add_file(w, "data/session.json", "s", 0);
    add_file(w, "data/raw/screens.jsonl",
            "{\"file\":\"screens/1\",\"why\":\"mark\"}\n{\"file\":\"screens/2\",\"why\":"
            "\"mark\"}\n",
            0);
    add_file(w, "data/raw/screens/1", "", (4 << 20) + 1);
    add_file(w, "data/raw/screens/2", "", 4 << 20);
    r = must_read(w, &facts);
    assert_int_equal(r->picture_count, 2);
    assert_int_equal(r->pictures[0].png.n, 0);
    assert_int_equal(r->pictures[1].png.n, 4 << 20);
}

static void no_more_is_carried_than_a_page_bears(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;
    size_t carried = 0;
    struct buf lines;

    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 6; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "data/raw/screens/%d", i);
        add_file(w, name, "", 3 << 20);
        assert_int_equal(buf_print(&lines, "{\"file\":\"screens/%d\",\"why\":\"%s\"}\n", i,
                                 i == 5 ? "mark" : "load"),
                STATUS_OK);
    }
    assert_int_equal(buf_append_u8(&lines, 0), STATUS_OK);
    add_file(w, "data/raw/screens.jsonl", (const char *)lines.p, 0);
    add_file(w, "data/session.json", "s", 0);
    r = must_read(w, &facts);
    for (size_t i = 0; i < r->picture_count; i++)
        carried += r->pictures[i].png.n;
    assert_int_equal(carried, 12 << 20);
    assert_string_equal(r->pictures[0].file, "screens/5");
    buf_clear(&lines);
}

static void many_lines_are_no_reason_to_look_for_as_many_pictures(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;
    struct buf lines;

    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 200; i++)
        assert_int_equal(buf_print(&lines, "{\"file\":\"screens/%d\",\"why\":\"%s\"}\n", i,
                                 i % 2 == 0 ? "mark" : "load"),
                STATUS_OK);
    assert_int_equal(buf_append_u8(&lines, 0), STATUS_OK);
    add_file(w, "data/raw/screens.jsonl", (const char *)lines.p, 0);
    add_file(w, "data/session.json", "s", 0);
    r = must_read(w, &facts);
    assert_int_equal(r->picture_count, 120);
    assert_string_equal(r->pictures[59].file, "screens/118");
    assert_string_equal(r->pictures[60].file, "screens/1");
    buf_clear(&lines);
}

static void names_lead_to_files_of_the_case_only(void **state)
{
    struct world *w = *state;
    const struct page_recording *r;
    struct page_facts facts;

    add_file(w, "data/session.json", "s", 0);
    add_file(w, "data/raw/screens.jsonl",
            "{\"file\":\"../session.json\"}\n{\"file\":\"/etc/passwd\"}\n"
            "{\"file\":\"../../file0\"}\n",
            0);
    r = must_read(w, &facts);
    assert_int_equal(r->picture_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r->pictures[i].png.n, 0);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    struct world *w = *state;
    struct page_facts facts = {0};
    struct fault fault = {0};

    add_file(w, "data/session.json", "s", 0);
    add_file(w, "data/custody/log.jsonl", "c", 0);
    assert_int_equal(unlink(w->along[1].path), 0);
    assert_int_equal(read_it(w, &facts, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, w->along[1].path));
}

static void each_failed_allocation_is_told(void **state)
{
    struct world *w = *state;
    bool happened = true;

    add_file(w, "data/session.json", "session", 0);
    add_file(w, "data/raw/screens.jsonl", "{\"file\":\"screens/1\"}\n", 0);
    add_file(w, "data/raw/screens/1", "picture", 100000);
    for (long i = 1; happened; i++) {
        struct page_facts facts = {0};
        struct arena *arena = arena_new(ARENA_MOST);
        struct fault fault = {0};
        enum status status;

        assert_non_null(arena);
        oom_fail_at(i);
        status = case_recording_read(arena, w->along, w->n, &facts, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        if (!happened)
            assert_int_equal(facts.recording->pictures[0].png.n, 100007);
        arena_free(arena);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_case_of_no_recording_leaves_the_facts_as_they_are),
            TEST(each_file_comes_to_its_place),
            TEST(what_is_not_there_is_empty),
            TEST(wanted_pictures_come_before_those_that_merely_loaded),
            TEST(a_picture_too_large_to_be_carried_is_named),
            TEST(no_more_is_carried_than_a_page_bears),
            TEST(many_lines_are_no_reason_to_look_for_as_many_pictures),
            TEST(names_lead_to_files_of_the_case_only),
            TEST(a_file_that_cannot_be_read_is_told),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
