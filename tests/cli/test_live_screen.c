/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/live_parts.h"
#include "tests/support/vt.h"

/* 2026-01-02T14:03:21Z */
#define MOMENT (INT64_C(1767362601) * 1000000000)

static struct vt vt;

static const struct live_facts full = {
        .url = "https://news.example/2026/a-long-story?from=home",
        .class_name = "ordinary",
        .isolation = "own network (slirp4netns)",
        .elapsed_ns = INT64_C(754) * 1000000000,
        .pages = 3,
        .exchanges = 512,
        .third_parties = 14,
        .third_party_requests = 1201,
        .identifiers = {true, 23},
        .judged_ns = MOMENT,
        .packets = 12345,
        .bytes = 8400000,
        .dropped = {true, 0},
        .disk_free = UINT64_C(12300000000),
        .tls_connections = 410,
        .tls_decrypted = 402,
        .segments = 3,
        .proof_level = "L0",
        .marks = 2,
        .screens = 5,
};

static struct live_view *view_new(enum language language)
{
    struct live_view *v = calloc(1, sizeof(*v));

    assert_non_null(v);
    v->language = language;
    v->colours = true;
    v->mark_ns = MOMENT;
    v->kept.facts = full;
    return v;
}

static void draw(struct live_view *v, unsigned columns, unsigned rows, bool anew)
{
    struct buf out;

    if (anew)
        vt_init(&vt, columns, rows);
    buf_init(&out, 1 << 20);
    live_screen_compose(v, columns, rows);
    assert_true(v->now.rows_used == rows || rows > LIVE_ROWS_MOST / 2);
    assert_true(live_screen_changes(v, anew, &out));
    vt_write(&vt, (const char *)out.p, out.n);
    assert_int_equal(vt.strange, 0);
    assert_false(vt.synchronized);
    v->before = v->now;
    buf_clear(&out);
}

/* SAVE=DIR writes each picture there as DIR/NAME.html and NAME.txt, and compares none. */
static bool save(const char *name, const char *text)
{
    const char *directory = getenv("SAVE");
    char path[512], *html;
    FILE *file;

    if (directory == NULL)
        return false;
    (void)snprintf(path, sizeof(path), "%s/%s.html", directory, name);
    file = fopen(path, "w");
    html = vt_html(&vt);
    assert_non_null(file);
    assert_non_null(html);
    (void)fputs(html, file);
    (void)fclose(file);
    free(html);
    (void)snprintf(path, sizeof(path), "%s/%s.txt", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    return true;
}

/* Against tests/cli/screens/NAME.txt. */
static void assert_looks(const char *name)
{
    char path[512], *text = vt_text(&vt), *expected = calloc(1, 1 << 16);
    FILE *file;

    assert_non_null(text);
    assert_non_null(expected);
    if (save(name, text))
        goto end;
    (void)snprintf(path, sizeof(path), "tests/cli/screens/%s.txt", name);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is not there; the screen:\n%s", path, text);
    (void)fread(expected, 1, (1 << 16) - 1, file);
    (void)fclose(file);
    assert_string_equal(text, expected);
end:
    free(text);
    free(expected);
}

static void add_event(struct live_view *v, int64_t second, const char *text)
{
    live_view_event(v, MOMENT + second * 1000000000, text);
}

static void add_events(struct live_view *v)
{
    add_event(v, 1, "page https://news.example/");
    add_event(v, 4, "screenshot 0001.png");
    add_event(v, 9, "mark: A consent notice was shown");
    add_event(v, 15, "mark: I refused, \"\xe6\x8b\x92\xe7\xbb\x9d\"");
    add_event(v, 16, "page https://news.example/2026/a-long-story?from=home");
    add_event(v, 17, "screenshot 0002.png");
}

static void an_ordinary_recording_looks_as_it_should(void **state)
{
    static const char *const names[] = {"ordinary.en", "ordinary.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);

        add_events(v);
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        free(v);
    }
}

static void the_first_second_looks_as_it_should(void **state)
{
    static const char *const names[] = {"first.en", "first.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);

        v->kept.facts = (struct live_facts){
                .class_name = "controlled", .disk_free = 5000000, .proof_level = "L1"};
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        free(v);
    }
}

static void a_guided_run_with_a_warning_looks_as_it_should(void **state)
{
    static const char *const names[] = {"guided.en", "guided.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);

        add_events(v);
        v->kept.facts.class_name = "controlled";
        v->kept.facts.step =
                l == LANGUAGE_CHINESE
                        ? "\xe7\x82\xb9\xe5\x87\xbb\xe2\x80\x9c\xe5\x85\xa8\xe9\x83"
                          "\xa8\xe6\x8b\x92\xe7\xbb\x9d\xe2\x80\x9d\xe3\x80\x82"
                        : "Click \xe2\x80\x9cReject all\xe2\x80\x9d.";
        v->kept.facts.step_number = 3;
        v->kept.facts.step_count = 9;
        v->kept.facts.dropped.n = 17;
        v->kept.facts.tls_decrypted = 200;
        v->kept.facts.warning = "The clock of this machine is 4 seconds behind time.example. "
                                "Times in the case are those of this machine.";
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        free(v);
    }
}

static void the_menu_of_marks_looks_as_it_should(void **state)
{
    static const char *const names[] = {"menu.en", "menu.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);

        add_events(v);
        v->menu.asking = ASKING_KIND;
        v->menu.chosen = 2;
        v->kept.facts.step = "A step.";
        v->kept.facts.warning = "A warning.";
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        assert_false(vt.cursor_shown);
        free(v);
    }
}

static void a_text_is_typed_where_the_cursor_stands(void **state)
{
    static const char *const names[] = {"text.en", "text.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);
        char row[1024];

        v->menu.asking = ASKING_TEXT;
        v->menu.chosen = 2;
        strcpy(v->menu.text, "\xe5\x87\x8f\xe8\x82\xa5 banner");
        v->menu.n = strlen(v->menu.text);
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        assert_true(vt.cursor_shown);
        vt_row(&vt, vt.row, row, sizeof(row));
        assert_non_null(strstr(row, "banner"));
        assert_string_equal(vt.cells[vt.row][vt.column - 1].text, "r");
        free(v);
    }
}

static void the_end_is_asked_for(void **state)
{
    static const char *const names[] = {"end.en", "end.zh"};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        struct live_view *v = view_new((enum language)l);

        v->menu.asking = ASKING_END;
        draw(v, 80, 24, true);
        assert_looks(names[l]);
        free(v);
    }
}

static void narrow_and_wide_screens_look_as_they_should(void **state)
{
    static const unsigned sizes[][2] = {{40, 12}, {132, 43}};
    static const char *const names[][2] = {{"narrow.en", "narrow.zh"}, {"wide.en", "wide.zh"}};

    (void)state;
    for (int l = 0; l < LANGUAGES; l++) {
        for (size_t i = 0; i < 2; i++) {
            struct live_view *v = view_new((enum language)l);

            add_events(v);
            draw(v, sizes[i][0], sizes[i][1], true);
            assert_looks(names[i][l]);
            free(v);
        }
    }
}

static void every_size_is_filled_and_never_passed(void **state)
{
    (void)state;
    for (unsigned columns = 1; columns < 130; columns += 3) {
        for (unsigned rows = 1; rows < 60; rows += 7) {
            struct live_view *v =
                    view_new(columns % 2 == 0 ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH);

            add_events(v);
            v->kept.facts.step =
                    "\xe7\x82\xb9\xe5\x87\xbb a long text that takes more than a row";
            v->kept.facts.warning = v->kept.facts.step;
            v->menu.asking = (enum live_asking)(columns % 5);
            draw(v, columns, rows, true);
            free(v);
        }
    }
}

static void only_rows_that_changed_are_sent(void **state)
{
    struct live_view *v = view_new(LANGUAGE_ENGLISH);
    struct buf out;

    (void)state;
    draw(v, 80, 24, true);
    assert_int_equal(vt.cleared, 1);
    buf_init(&out, 1 << 20);
    live_screen_compose(v, 80, 24);
    assert_true(live_screen_changes(v, false, &out));
    assert_int_equal(out.n, 0);
    v->kept.facts.packets++;
    live_screen_compose(v, 80, 24);
    assert_true(live_screen_changes(v, false, &out));
    assert_true(out.n > 0 && out.n < 200);
    buf_clear(&out);
    draw(v, 80, 24, false);
    assert_int_equal(vt.cleared, 1);
    free(v);
}

static void no_byte_of_the_network_steers_the_terminal(void **state)
{
    struct live_view *v = view_new(LANGUAGE_ENGLISH);
    char *text;

    (void)state;
    v->kept.facts.url = "https://x/\033]0;title\a\033[2J\x9b"
                        "31m\r\n\xe2\x80\xae"
                        "exe";
    add_event(v, 0, "page \033[?1049l\xff\xfe\x7f");
    add_event(v, 0, "zalgo a\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
    v->kept.facts.warning = "\033c";
    draw(v, 200, 40, true);
    assert_int_equal(vt.cleared, 1);
    text = vt_text(&vt);
    assert_non_null(strstr(text, "https://x/\\x1b]0;title\\x07\\x1b[2J"));
    assert_non_null(strstr(text, "page \\x1b[?1049l\xc3\xbf\xc3\xbe\\x7f"));
    assert_non_null(strstr(text, "a\xcc\x81\xcc\x81\\u{0301}\\u{0301}"));
    assert_non_null(strstr(text, "! \\x1b"
                                 "c"));
    free(text);
    free(v);
}

static void without_colours_the_words_stay(void **state)
{
    struct live_view *v = view_new(LANGUAGE_ENGLISH);
    char *text;

    (void)state;
    v->colours = false;
    v->kept.facts.tls_decrypted = 0;
    v->kept.facts.dropped.known = false;
    v->kept.facts.identifiers.known = false;
    draw(v, 80, 24, true);
    for (unsigned row = 0; row < 24; row++) {
        for (unsigned i = 0; i < 80; i++)
            assert_int_equal(vt.cells[row][i].style, 0);
    }
    text = vt_text(&vt);
    assert_non_null(strstr(text, "decrypting: no"));
    assert_non_null(strstr(text, "drops not counted by the device"));
    assert_non_null(strstr(text, "not judged yet"));
    free(text);
    free(v);
}

static void the_light_has_its_colour_and_never_rounds_up(void **state)
{
    static const struct {
        uint64_t some, all;
        uint8_t style;
        const char *words;
    } cases[] = {{0, 0, 0, "decrypting: no TLS yet"}, {0, 9, 1, "decrypting: no"},
            {1, 1000, 3, "decrypting: partly, 0 %"}, {89, 100, 3, "decrypting: partly, 89 %"},
            {9, 10, 2, "decrypting: yes 90 %"}, {999, 1000, 2, "decrypting: yes 99 %"},
            {1000, 1000, 2, "decrypting: yes 100 %"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct live_view *v = view_new(LANGUAGE_ENGLISH);
        char row[1024];

        v->kept.facts.tls_decrypted = cases[i].some;
        v->kept.facts.tls_connections = cases[i].all;
        draw(v, 80, 24, true);
        vt_row(&vt, 2, row, sizeof(row));
        assert_non_null(strstr(row, cases[i].words));
        assert_int_equal(vt.cells[2][2].style, cases[i].style);
        free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_ordinary_recording_looks_as_it_should),
            cmocka_unit_test(the_first_second_looks_as_it_should),
            cmocka_unit_test(a_guided_run_with_a_warning_looks_as_it_should),
            cmocka_unit_test(the_menu_of_marks_looks_as_it_should),
            cmocka_unit_test(a_text_is_typed_where_the_cursor_stands),
            cmocka_unit_test(the_end_is_asked_for),
            cmocka_unit_test(narrow_and_wide_screens_look_as_they_should),
            cmocka_unit_test(every_size_is_filled_and_never_passed),
            cmocka_unit_test(only_rows_that_changed_are_sent),
            cmocka_unit_test(no_byte_of_the_network_steers_the_terminal),
            cmocka_unit_test(without_colours_the_words_stay),
            cmocka_unit_test(the_light_has_its_colour_and_never_rounds_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
