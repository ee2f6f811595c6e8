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

#include "base/buf.h"
#include "report/bag.h"
#include "report/verify.h"
#include "tests/support/oom.h"

static const char ended[] = "{\n  \"state\": \"ended\"\n}\n";
static const char running[] = "{\n  \"state\": \"running\"\n}\n";

enum { SEGMENTS = 3, TEXT_MOST = 1 << 20 };

/* A recording as it goes into a case; a test changes it before it is sealed. */
struct world {
    const char *session;
    struct buf chain, custody, screens;
    const char *contents[SEGMENTS + 1]; /* of the segments; NULL: not there */
    const char *picture, *layout;       /* of screenshot 1; NULL: not there */
    char *directory;
};

static void add_line(struct buf *b, const char *members)
{
    char previous[SHA256_TEXT];
    struct bytes all = buf_view(b), line = {0};
    unsigned number = 1;

    memset(previous, '0', SHA256_TEXT - 1);
    previous[SHA256_TEXT - 1] = '\0';
    while (bytes_take_until(&all, '\n', &line))
        number++;
    if (number > 1)
        assert_true(sha256_text(line, previous));
    assert_int_equal(
            buf_print(b, "{\"number\":%u,\"previous\":\"%s\",%s}\n", number, previous, members),
            STATUS_OK);
}

static void add_segment(struct world *w, unsigned number, const char *content)
{
    char members[512], sha256[SHA256_TEXT];

    assert_true(sha256_text(bytes_text(content), sha256));
    (void)snprintf(members, sizeof(members),
            "\"file\":\"packets-%06u.pcapng\",\"bytes\":%zu,\"sha256\":\"%s\",\"end\":\"age\"",
            number, strlen(content), sha256);
    add_line(&w->chain, members);
}

static void add_act(struct world *w, const char *act, const char *detail)
{
    char members[512];

    (void)snprintf(members, sizeof(members),
            "\"time\":\"2026-01-02T03:04:05.000000Z\",\"act\":\"%s\",\"detail\":{%s}", act,
            detail);
    add_line(&w->custody, members);
}

static void add_screen(struct world *w, const char *file, const char *content, const char *dom,
        const char *layout)
{
    char sha256[SHA256_TEXT], other[SHA256_TEXT];

    assert_true(sha256_text(bytes_text(content), sha256));
    assert_true(sha256_text(bytes_text(layout), other));
    assert_int_equal(buf_print(&w->screens,
                             "{\"file\":\"%s\",\"sha256\":\"%s\",\"dom\":\"%s\","
                             "\"dom_sha256\":\"%s\"}\n",
                             file, sha256, dom, other),
            STATUS_OK);
}

static const char *const whole[SEGMENTS] = {"first packets", "second", "and the third"};

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char path[] = "/tmp/exhibit-verify-recording-XXXXXX";

    if (w == NULL || mkdtemp(path) == NULL || chdir(path) != 0)
        return -1;
    w->directory = strdup(path);
    w->session = ended;
    buf_init(&w->chain, TEXT_MOST);
    buf_init(&w->custody, TEXT_MOST);
    buf_init(&w->screens, TEXT_MOST);
    for (unsigned i = 0; i < SEGMENTS; i++) {
        w->contents[i] = whole[i];
        add_segment(w, i + 1, whole[i]);
    }
    w->picture = "a picture";
    w->layout = "a layout";
    add_screen(w, "screens/0001.png", w->picture, "screens/0001.dom.json", w->layout);
    add_act(w, "recording-began", "");
    add_act(w, "screenshot", "\"file\":\"screens/0001.png\"");
    add_act(w, "capture-ended", "\"packets\":9,\"segments\":3");
    add_act(w, "imported", "");
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    char command[PATH_MAX];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", w->directory);
    buf_clear(&w->chain);
    buf_clear(&w->custody);
    buf_clear(&w->screens);
    free(w->directory);
    free(w);
    return chdir("/tmp") != 0 || system(command) != 0 ? -1 : 0;
}

static void write_file(struct bag *b, const char *name, const char *content)
{
    struct fault fault = {0};

    if (content != NULL)
        assert_int_equal(bag_write(b, name, bytes_text(content), &fault), STATUS_OK);
}

static void write_buf(struct bag *b, const char *name, const struct buf *content)
{
    struct fault fault = {0};

    if (content->n != 0)
        assert_int_equal(bag_write(b, name, buf_view(content), &fault), STATUS_OK);
}

/* Seals the case: its manifests agree with whatever is in it. */
static void seal(const struct world *w)
{
    static const struct bag_info info = {.date = "2026-01-01"};
    struct fault fault = {0};
    struct bag *b;

    assert_int_equal(bag_begin("case", false, &b, &fault), STATUS_OK);
    write_file(b, "data/session.json", w->session);
    write_file(b, "data/other", "something else");
    write_buf(b, "data/raw/chain.jsonl", &w->chain);
    write_buf(b, "data/raw/screens.jsonl", &w->screens);
    write_buf(b, "data/custody/log.jsonl", &w->custody);
    for (unsigned i = 0; i < SEGMENTS + 1; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "data/raw/packets-%06u.pcapng", i + 1);
        write_file(b, name, w->contents[i]);
    }
    write_file(b, "data/raw/screens/0001.png", w->picture);
    write_file(b, "data/raw/screens/0001.dom.json", w->layout);
    assert_int_equal(bag_finish(b, &info, &fault), STATUS_OK);
    bag_free(b);
}

/* All faults as "kind path: detail;" in the sealed case. */
static void find_faults(const struct world *w, struct verify *v, char got[2048])
{
    struct fault fault = {0};
    size_t n = 0;

    seal(w);
    got[0] = '\0';
    assert_int_equal(verify_case("case", v, &fault), STATUS_OK);
    for (size_t i = 0; i < v->n; i++)
        n += (size_t)snprintf(got + n, 2048 - n, "%s %s: %s;",
                verify_kind_name(v->faults[i].kind), v->faults[i].path, v->faults[i].detail);
    assert_true(n < 2048);
}

/* Exactly one fault, which begins so and has this in its words. */
static void assert_one(const struct world *w, const char *begins, const char *words)
{
    struct verify v;
    char got[2048];

    find_faults(w, &v, got);
    if (v.n != 1 || strncmp(got, begins, strlen(begins)) != 0 || strstr(got, words) == NULL)
        fail_msg("%zu faults: %s", v.n, got);
    assert_true(v.recorded.is);
    verify_clear(&v);
}

static void assert_none(const struct world *w, struct verify *v)
{
    char got[2048];

    find_faults(w, v, got);
    assert_string_equal(got, "");
}

static void a_sound_recording_is_counted(void **state)
{
    struct verify v;

    assert_none(*state, &v);
    assert_true(v.recorded.is && v.recorded.chained && v.recorded.logged);
    assert_false(v.recorded.interrupted);
    assert_int_equal(v.recorded.segments, SEGMENTS);
    assert_int_equal(v.recorded.acts, 4);
    assert_int_equal(v.recorded.screenshots, 1);
    assert_int_equal(v.recorded.open_count, 0);
    verify_clear(&v);
}

static void a_case_of_no_recording_has_nothing_to_check(void **state)
{
    struct world *w = *state;
    struct verify v;

    w->session = NULL;
    buf_reset(&w->chain);
    buf_reset(&w->custody);
    assert_none(w, &v);
    assert_false(v.recorded.is);
    assert_int_equal(v.recorded.segments, 0);
    verify_clear(&v);
}

static void a_changed_line_breaks_the_chain_behind_it(void **state)
{
    struct world *w = *state;

    /* The last byte of the first line's time-out: "age" becomes "agf". */
    ((uint8_t *)strstr((char *)w->chain.p, "age"))[2] = 'f';
    w->contents[1] = w->contents[2] = NULL;
    assert_one(w, "list data/raw/chain.jsonl", "broken behind line 1");
}

static void a_line_taken_out_leaves_its_segment_without_one(void **state)
{
    struct world *w = *state;
    struct verify v;
    char got[2048];

    buf_reset(&w->chain);
    add_segment(w, 1, whole[0]);
    add_segment(w, 3, whole[2]);
    find_faults(w, &v, got);
    assert_non_null(strstr(got, "list data/raw/chain.jsonl: it has 2 lines, but 3 segments"));
    assert_non_null(strstr(got, "extra data/raw/packets-000002.pcapng: no line"));
    assert_int_equal(v.n, 2);
    assert_int_equal(v.recorded.open_count, 1);
    verify_clear(&v);
}

static void lines_in_another_order_are_a_fault(void **state)
{
    struct world *w = *state;

    buf_reset(&w->chain);
    add_segment(w, 2, whole[1]);
    add_segment(w, 1, whole[0]);
    add_segment(w, 3, whole[2]);
    w->contents[0] = NULL;
    assert_one(w, "list data/raw/chain.jsonl", "line 2 is of an earlier segment");
}

static void a_segment_that_differs_is_named(void **state)
{
    struct world *w = *state;

    w->contents[1] = "sekond";
    assert_one(w, "changed data/raw/packets-000002.pcapng", "line 2 of data/raw/chain.jsonl");
}

static void a_size_that_differs_is_named(void **state)
{
    struct world *w = *state;
    char members[512], sha256[SHA256_TEXT];

    assert_true(sha256_text(bytes_text(w->contents[3] = "fourth"), sha256));
    (void)snprintf(members, sizeof(members),
            "\"file\":\"packets-000004.pcapng\",\"bytes\":7,\"sha256\":\"%s\"", sha256);
    add_line(&w->chain, members);
    assert_one(w, "changed data/raw/packets-000004.pcapng", "it has 6 bytes, and 7 in line 4");
}

static void a_segment_that_is_gone_is_missed(void **state)
{
    struct world *w = *state;

    w->contents[0] = NULL;
    assert_one(w, "missing data/raw/packets-000001.pcapng", "line 1 of data/raw/chain.jsonl");
}

static void a_segment_without_a_line_needs_an_interruption(void **state)
{
    struct world *w = *state;

    w->contents[3] = "cut sho";
    assert_one(w, "extra data/raw/packets-000004.pcapng", "nothing says that the recording");
}

static void the_session_may_tell_of_the_interruption(void **state)
{
    struct world *w = *state;
    struct verify v;

    w->contents[3] = "cut sho";
    w->session = running;
    assert_none(w, &v);
    assert_true(v.recorded.interrupted && v.recorded.chained);
    assert_int_equal(v.recorded.segments, 4);
    assert_int_equal(v.recorded.open_count, 1);
    assert_string_equal(v.recorded.open[0], "data/raw/packets-000004.pcapng");
    verify_clear(&v);
}

static void the_custody_log_may_tell_of_it_too(void **state)
{
    struct world *w = *state;
    struct verify v;

    w->contents[3] = "cut sho";
    add_act(w, "interrupted", "\"what\":\"the power went\"");
    add_act(w, "resumed", "");
    assert_none(w, &v);
    assert_true(v.recorded.interrupted);
    assert_int_equal(v.recorded.open_count, 1);
    verify_clear(&v);
}

static void a_torn_last_line_needs_an_interruption(void **state)
{
    struct world *w = *state;

    assert_int_equal(buf_text(&w->chain, "{\"number\":4,"), STATUS_OK);
    assert_one(w, "list data/raw/chain.jsonl", "middle of a line");
}

static void a_torn_last_line_of_an_interrupted_recording_is_none(void **state)
{
    struct world *w = *state;
    struct verify v;

    assert_int_equal(buf_text(&w->chain, "{\"number\":4,"), STATUS_OK);
    w->session = running;
    assert_none(w, &v);
    assert_true(v.recorded.chained);
    verify_clear(&v);
}

static void a_chain_that_is_gone_is_missed(void **state)
{
    struct world *w = *state;

    buf_reset(&w->chain);
    w->contents[0] = w->contents[1] = w->contents[2] = NULL;
    assert_one(w, "missing data/raw/chain.jsonl", "has a chain");
}

static void a_recording_may_break_off_before_its_first_segment_is_whole(void **state)
{
    struct world *w = *state;
    struct verify v;

    buf_reset(&w->chain);
    buf_reset(&w->custody);
    add_act(w, "recording-began", "");
    add_act(w, "interrupted", "");
    add_act(w, "screenshot", "");
    add_act(w, "resumed", "");
    w->contents[1] = w->contents[2] = NULL;
    w->session = running;
    assert_none(w, &v);
    assert_false(v.recorded.chained);
    assert_int_equal(v.recorded.open_count, 1);
    verify_clear(&v);
}

static void lines_that_say_too_little_are_faults(void **state)
{
    static const char *const lines[] = {"\"file\":null", "\"file\":\"packets-000004.pcapng\"",
            "\"file\":\"../../session.json\",\"bytes\":1,\"sha256\":\"\"",
            "\"file\":\"packets-000004.pcapng\",\"bytes\":-1,\"sha256\":\"\"",
            "\"file\":\"packets-000004.pcapng\",\"bytes\":1,\"sha256\":7"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        size_t before = w->chain.n;

        add_line(&w->chain, lines[i]);
        assert_one(w, "list data/raw/chain.jsonl", "line 4 does not say");
        w->chain.n = before;
        assert_int_equal(system("rm -rf case"), 0);
    }
    add_line(&w->chain, "no json");
    assert_one(w, "list data/raw/chain.jsonl", "line 4 is not JSON");
}

static void a_changed_act_breaks_the_log(void **state)
{
    struct world *w = *state;

    ((uint8_t *)strstr((char *)w->custody.p, "\"packets\":9"))[10] = '8';
    assert_one(w, "list data/custody/log.jsonl", "broken behind line 3");
}

static void a_log_without_its_last_act_is_a_fault(void **state)
{
    struct world *w = *state;

    buf_reset(&w->custody);
    add_act(w, "recording-began", "");
    assert_one(w, "list data/custody/log.jsonl", "lines are missing");
}

static void a_log_that_ends_within_a_line_is_a_fault(void **state)
{
    struct world *w = *state;

    w->session = running;
    w->custody.n--;
    assert_one(w, "list data/custody/log.jsonl", "broken behind line 3");
}

static void a_recording_without_a_log_is_a_fault(void **state)
{
    struct world *w = *state;

    buf_reset(&w->custody);
    assert_one(w, "missing data/custody/log.jsonl", "log of its acts");
}

static void a_screenshot_that_differs_is_named(void **state)
{
    struct world *w = *state;

    w->picture = "another";
    assert_one(w, "changed data/raw/screens/0001.png", "line 1 of data/raw/screens.jsonl");
}

static void a_layout_that_differs_is_named(void **state)
{
    struct world *w = *state;

    w->layout = "another";
    assert_one(w, "changed data/raw/screens/0001.dom.json", "line 1 of data/raw/screens");
}

static void a_screenshot_that_is_gone_is_missed(void **state)
{
    struct world *w = *state;

    w->picture = NULL;
    assert_one(w, "missing data/raw/screens/0001.png", "line 1 of data/raw/screens.jsonl");
}

static void a_screenshot_without_a_line_is_extra(void **state)
{
    struct world *w = *state;
    struct verify v;
    char got[2048];

    buf_reset(&w->screens);
    find_faults(w, &v, got);
    assert_non_null(strstr(got, "list data/raw/screens.jsonl: it has 0 lines, but 1 screens"));
    assert_non_null(strstr(got, "extra data/raw/screens/0001.png: no line"));
    assert_int_equal(v.n, 2);
    verify_clear(&v);
}

static void names_of_screenshots_stay_where_screenshots_are(void **state)
{
    struct world *w = *state;

    add_screen(w, "../session.json", ended, "screens/0001.dom.json", w->layout);
    assert_one(w, "list data/raw/screens.jsonl", "line 2 names no screenshot");
    assert_int_equal(system("rm -rf case"), 0);
    buf_reset(&w->screens);
    add_screen(w, "screens/0001.png", w->picture, "screens/0001.dom.json", w->layout);
    assert_int_equal(buf_text(&w->screens, "{}\n"), STATUS_OK);
    assert_one(w, "list data/raw/screens.jsonl", "line 2 names no screenshot");
}

static void a_session_that_is_no_json_is_a_fault(void **state)
{
    struct world *w = *state;

    w->session = "{\"state\": \"ended\"";
    assert_one(w, "list data/session.json", "is not a JSON object");
}

static void every_failed_allocation_is_told(void **state)
{
    struct world *w = *state;
    bool happened = true;
    long n = 0;

    w->contents[3] = "cut sho";
    w->session = running;
    seal(w);
    while (happened) {
        struct fault fault = {0};
        enum status status;
        struct verify v;

        oom_fail_at(++n);
        status = verify_case("case", &v, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_true(status == STATUS_NOMEM || (happened && v.n != 0) ||
                    (!happened && status == STATUS_OK && v.n == 0));
        for (size_t i = 0; status == STATUS_OK && i < v.n; i++)
            assert_int_equal(v.faults[i].kind, VERIFY_UNREADABLE);
        verify_clear(&v);
    }
    assert_true(n > 30);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_sound_recording_is_counted),
            TEST(a_case_of_no_recording_has_nothing_to_check),
            TEST(a_changed_line_breaks_the_chain_behind_it),
            TEST(a_line_taken_out_leaves_its_segment_without_one),
            TEST(lines_in_another_order_are_a_fault),
            TEST(a_segment_that_differs_is_named),
            TEST(a_size_that_differs_is_named),
            TEST(a_segment_that_is_gone_is_missed),
            TEST(a_segment_without_a_line_needs_an_interruption),
            TEST(the_session_may_tell_of_the_interruption),
            TEST(the_custody_log_may_tell_of_it_too),
            TEST(a_torn_last_line_needs_an_interruption),
            TEST(a_torn_last_line_of_an_interrupted_recording_is_none),
            TEST(a_chain_that_is_gone_is_missed),
            TEST(a_recording_may_break_off_before_its_first_segment_is_whole),
            TEST(lines_that_say_too_little_are_faults),
            TEST(a_changed_act_breaks_the_log),
            TEST(a_log_without_its_last_act_is_a_fault),
            TEST(a_log_that_ends_within_a_line_is_a_fault),
            TEST(a_recording_without_a_log_is_a_fault),
            TEST(a_screenshot_that_differs_is_named),
            TEST(a_layout_that_differs_is_named),
            TEST(a_screenshot_that_is_gone_is_missed),
            TEST(a_screenshot_without_a_line_is_extra),
            TEST(names_of_screenshots_stay_where_screenshots_are),
            TEST(a_session_that_is_no_json_is_a_fault),
            TEST(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
