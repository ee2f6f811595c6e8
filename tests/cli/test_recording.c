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

#include "capture/live/segment.h"
#include "cli/recording.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

enum { ARENA_MOST = 64 << 20, SEGMENTS = 3 };

struct world {
    struct folder folder;
    struct arena *arena;
};

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

/* Three segments of our own writer, chained. */
static void write_segments(void)
{
    struct segments_setup setup = {.device = "tap0", .link = 1, .free_least = 1};
    static const uint8_t packet[64] = {1, 2, 3};
    const struct count none = {0};
    struct fault fault = {0};

    setup.directory = open("R/raw", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(setup.directory >= 0);
    for (int64_t i = 0; i < SEGMENTS; i++) {
        struct segments *s = NULL;

        assert_int_equal(segments_new(&setup, &s, &fault), STATUS_OK);
        assert_int_equal(segments_packet(s, INT64_C(1700000000000000000) + i, sizeof(packet),
                                 bytes_of(packet, sizeof(packet)), &fault),
                STATUS_OK);
        assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, &fault), STATUS_OK);
        segments_free(s);
    }
    (void)close(setup.directory);
}

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    folder_make(&w->folder);
    run("mkdir -p R/raw/screens R/env R/custody && cd R && "
        "echo '{\"state\":\"ended\",\"interruptions\":[]}' >session.json && echo k "
        ">raw/keys.log && "
        "echo b >raw/browser.jsonl && echo p >raw/screens/0001.png && echo e >env/before.json");
    write_segments();
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

static struct recording must_read(const struct world *w)
{
    struct recording r = {0};
    struct fault fault = {0};

    assert_true(recording_is("R"));
    if (recording_read(w->arena, "R", &r, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return r;
}

static const char *along(const struct recording *r, const char *name)
{
    for (size_t i = 0; i < r->along_count; i++) {
        if (strcmp(r->along[i].name, name) == 0)
            return r->along[i].path;
    }
    return NULL;
}

/* Exactly one lack, for this reason, with these words. */
static struct recording assert_lack(
        const struct world *w, enum gap_cause why, const char *words)
{
    struct recording r = must_read(w);

    for (size_t i = 0; i < r.lack_count; i++)
        print_message("lack: %s\n", r.lacks[i].detail);
    assert_int_equal(r.lack_count, 1);
    assert_int_equal(r.lacks[0].why, why);
    assert_int_equal(r.lacks[0].layer, LAYER_FILE);
    assert_non_null(strstr(r.lacks[0].detail, words));
    return r;
}

static void a_whole_recording_lacks_nothing(void **state)
{
    struct recording r = must_read(*state);

    assert_int_equal(r.segment_count, SEGMENTS);
    assert_string_equal(r.segments[0], "R/raw/packets-000001.pcapng");
    assert_string_equal(r.segments[2], "R/raw/packets-000003.pcapng");
    assert_int_equal(r.chained, SEGMENTS);
    assert_int_equal(r.lack_count, 0);
    assert_int_equal(r.broken_count, 0);
    assert_true(r.ended);
    assert_string_equal(r.keys[0], "R/raw/keys.log");
    assert_string_equal(r.browser, "R/raw/browser.jsonl");
    assert_null(r.subject);
    assert_null(r.marks);
    assert_string_equal(along(&r, "data/raw/screens/0001.png"), "R/raw/screens/0001.png");
    assert_string_equal(along(&r, "data/raw/chain.jsonl"), "R/raw/chain.jsonl");
    assert_string_equal(along(&r, "data/raw/browser.jsonl"), "R/raw/browser.jsonl");
    assert_string_equal(along(&r, "data/env/before.json"), "R/env/before.json");
    assert_string_equal(along(&r, "data/session.json"), "R/session.json");
    assert_null(along(&r, "data/raw/keys.log"));
    assert_null(along(&r, "data/raw/packets-000001.pcapng"));
}

static void marks_and_subject_are_found(void **state)
{
    struct case_maker m = {.setup = {.subject = "own.json"}};
    struct recording r;

    run("echo '{}' >R/subject.json && echo '{}' >R/marks.jsonl");
    r = must_read(*state);
    assert_string_equal(r.subject, "R/subject.json");
    assert_string_equal(r.marks, "R/marks.jsonl");
    recording_give(&r, &m);
    assert_string_equal(m.setup.subject, "own.json");
    assert_string_equal(m.setup.marks, "R/marks.jsonl");
    assert_int_equal(m.setup.file_count, SEGMENTS);
    assert_int_equal(m.setup.key_count, 1);
    assert_int_equal(m.along_count, r.along_count);
}

/* Only where others' packets are in the capture, and only beside the browser's own keys. */
static void sockets_are_asked_where_the_network_was_not_the_browsers_own(void **state)
{
    static const char *const kinds[] = {"user-namespace", "network-namespace", "none"};
    struct recording r;

    run("echo '{}' >R/raw/sockets.jsonl");
    r = must_read(*state);
    assert_string_equal(r.sockets, "R/raw/sockets.jsonl"); /* session.json does not say */
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct case_maker m = {0};
        char command[256];

        (void)snprintf(command, sizeof(command),
                "echo '{\"state\":\"ended\",\"isolation\":{\"kind\":\"%s\"}}' "
                ">R/session.json",
                kinds[i]);
        run(command);
        r = must_read(*state);
        recording_give(&r, &m);
        assert_int_equal(r.sockets != NULL, i == 2);
        assert_int_equal(m.setup.sockets != NULL, i == 2);
        assert_string_equal(along(&r, "data/raw/sockets.jsonl"), "R/raw/sockets.jsonl");
    }
    run("rm R/raw/keys.log");
    r = must_read(*state);
    {
        struct case_maker m = {.setup = {.key_count = 1}};

        recording_give(&r, &m);
        assert_null(m.setup.sockets);
    }
}

static void a_segment_without_a_line_broke_off(void **state)
{
    struct recording r;

    run("sed -i 3d R/raw/chain.jsonl");
    r = assert_lack(*state, GAP_CUT, "broke off in the segment packets-000003.pcapng");
    assert_int_equal(r.segment_count, SEGMENTS);
    assert_int_equal(r.chained, 2);
}

static void a_segment_that_is_gone_is_lost(void **state)
{
    struct recording r;

    run("rm R/raw/packets-000002.pcapng");
    r = assert_lack(*state, GAP_LOST, "names the segment packets-000002.pcapng");
    assert_int_equal(r.segment_count, 2);
}

static void a_segment_that_was_changed_is_bad(void **state)
{
    struct recording r;

    run("printf x >>R/raw/packets-000001.pcapng");
    r = assert_lack(*state, GAP_BAD, "packets-000001.pcapng is not as it was");
    assert_int_equal(r.segment_count, SEGMENTS);
}

static void a_broken_chain_is_bad_and_what_follows_is_not_chained(void **state)
{
    struct recording r;

    run("sed -i '2s/\"end\":\"stop\"/\"end\":\"size\"/' R/raw/chain.jsonl");
    r = must_read(*state);
    assert_int_equal(r.chained, 2);
    assert_int_equal(r.lack_count, 2);
    assert_int_equal(r.lacks[0].why, GAP_BAD);
    assert_non_null(strstr(r.lacks[0].detail, "broken behind line 2"));
    assert_non_null(strstr(r.lacks[1].detail, "packets-000003.pcapng"));
}

static void a_line_of_no_segment_is_bad(void **state)
{
    run("previous=$(tail -n 1 R/raw/chain.jsonl | tr -d '\\n' | sha256sum | cut -d ' ' -f 1); "
        "printf '{\"number\":4,\"previous\":\"%s\",\"x\":1}\\n' \"$previous\" "
        ">>R/raw/chain.jsonl");
    (void)assert_lack(*state, GAP_BAD, "does not say which segment");
}

static void without_a_chain_every_segment_broke_off(void **state)
{
    struct recording r;

    run("rm R/raw/chain.jsonl");
    r = must_read(*state);
    assert_int_equal(r.lack_count, SEGMENTS);
    assert_int_equal(r.chained, 0);
}

static void a_torn_last_line_is_no_fault_of_the_chain(void **state)
{
    struct recording r;

    run("printf '{\"number\":4,\"prev' >>R/raw/chain.jsonl");
    r = must_read(*state);
    assert_int_equal(r.lack_count, 0);
    assert_int_equal(r.chained, SEGMENTS);
}

static void tiny_segments_go_along_and_cost_nothing_else(void **state)
{
    static const char *const commands[] = {": >R/raw/packets-000004.pcapng",
            "head -c 1 R/raw/packets-000001.pcapng >R/raw/packets-000004.pcapng",
            "head -c 11 R/raw/packets-000001.pcapng >R/raw/packets-000004.pcapng"};

    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        struct recording r;

        run(commands[i]);
        r = assert_lack(*state, GAP_CUT, "packets-000004.pcapng");
        assert_int_equal(r.segment_count, SEGMENTS);
        assert_int_equal(r.broken_count, 1);
        assert_non_null(along(&r, "data/raw/packets-000004.pcapng"));
    }
}

static void a_recording_that_did_not_end_says_so(void **state)
{
    struct recording r;

    run("echo '{\"state\":\"running\"}' >R/session.json");
    r = assert_lack(*state, GAP_CUT, "did not end in good order");
    assert_false(r.ended);
}

static void interruptions_are_lacks(void **state)
{
    struct recording r;

    run("echo "
        "'{\"state\":\"interrupted\",\"interruptions\":[{\"time\":\"2026\",\"what\":\"W\"},"
        "{}]}' >R/session.json");
    r = must_read(*state);
    assert_int_equal(r.lack_count, 2);
    assert_non_null(strstr(r.lacks[0].detail, "2026: W"));
    assert_non_null(strstr(r.lacks[1].detail, "not known"));
    assert_false(r.ended);
}

static void links_are_not_followed(void **state)
{
    struct recording r;

    run("mkdir other && echo secret >other/s.json && cp R/raw/packets-000001.pcapng other/p && "
        "ln -s ../../other/s.json R/raw/link.json && ln -s ../other/s.json R/marks.jsonl && "
        "ln -s ../../other/p R/raw/packets-000009.pcapng && "
        "rm -r R/env R/raw/screens && ln -s ../other R/env && ln -s ../../other R/raw/screens");
    r = must_read(*state);
    assert_int_equal(r.segment_count, SEGMENTS);
    assert_null(r.marks);
    for (size_t i = 0; i < r.along_count; i++) {
        assert_null(strstr(r.along[i].name, "s.json"));
        assert_null(strstr(r.along[i].name, "link"));
    }
    run("mv R/raw R/elsewhere && ln -s elsewhere R/raw");
    assert_false(recording_is("R"));
    run("rm R/raw && mv R/elsewhere R/raw && mv R/session.json R/s && ln -s s R/session.json");
    assert_false(recording_is("R"));
}

static void names_that_a_bag_does_not_allow_stay_behind(void **state)
{
    struct recording r;

    run("touch 'R/raw/with space' 'R/env/\xc3\xa4.json' 'R/custody/a\nb' R/custody/fine");
    r = must_read(*state);
    assert_non_null(along(&r, "data/custody/fine"));
    for (size_t i = 0; i < r.along_count; i++)
        assert_true(bag_name_allowed(r.along[i].name));
}

static void nothing_captured_is_nothing_to_make_a_case_of(void **state)
{
    const struct world *w = *state;
    struct recording r = {0};
    struct fault fault = {0};

    run("rm R/raw/packets-*");
    assert_int_equal(recording_read(w->arena, "R", &r, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "nothing was captured"));
    assert_null(r.directory);
}

static void what_is_no_recording_is_told(void **state)
{
    (void)state;
    assert_false(recording_is("nowhere"));
    assert_false(recording_is("R/session.json"));
    run("rm R/session.json");
    assert_false(recording_is("R"));
}

static void each_failed_allocation_is_told(void **state)
{
    bool happened = true;

    (void)state;
    run("sed -i 3d R/raw/chain.jsonl && : >R/raw/packets-000004.pcapng");
    for (long i = 1; happened; i++) {
        struct arena *arena = arena_new(ARENA_MOST);
        struct recording r = {0};
        struct fault fault = {0};
        enum status status;

        assert_non_null(arena);
        oom_fail_at(i);
        status = recording_read(arena, "R", &r, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        if (!happened)
            assert_int_equal(r.lack_count, 2);
        arena_free(arena);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_whole_recording_lacks_nothing),
            TEST(marks_and_subject_are_found),
            TEST(sockets_are_asked_where_the_network_was_not_the_browsers_own),
            TEST(a_segment_without_a_line_broke_off),
            TEST(a_segment_that_is_gone_is_lost),
            TEST(a_segment_that_was_changed_is_bad),
            TEST(a_broken_chain_is_bad_and_what_follows_is_not_chained),
            TEST(a_line_of_no_segment_is_bad),
            TEST(without_a_chain_every_segment_broke_off),
            TEST(a_torn_last_line_is_no_fault_of_the_chain),
            TEST(tiny_segments_go_along_and_cost_nothing_else),
            TEST(a_recording_that_did_not_end_says_so),
            TEST(interruptions_are_lacks),
            TEST(links_are_not_followed),
            TEST(names_that_a_bag_does_not_allow_stay_behind),
            TEST(nothing_captured_is_nothing_to_make_a_case_of),
            TEST(what_is_no_recording_is_told),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
