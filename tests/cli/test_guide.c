/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/guide.h"
#include "tests/support/oom.h"

static const char whole[] = "# a run\r\n"
                            "open https://news.example/#top\r\n"
                            "\n"
                            "  search \xe5\x87\x8f\xe8\x82\xa5\n"
                            "wait 5 s\nwait 500ms\nwait 2 min\nwait quiet\n"
                            "click Reject all\nclick css:#no > a\n"
                            "type #email me@mail.example\ntype \"form input\" two words\n"
                            "clear cookies\nrestart browser\nmark consent-refused\n"
                            "mark note as it was\nscreenshot\nsay Look.\nend";

struct expected {
    enum guide_act act;
    const char *text, *selector, *shown_en;
};

static const struct expected steps[] = {
        {GUIDE_OPEN, "https://news.example/#top", NULL, "Open https://news.example/#top"},
        {GUIDE_SEARCH, "\xe5\x87\x8f\xe8\x82\xa5", NULL,
                "Search for \xe2\x80\x9c\xe5\x87\x8f\xe8\x82\xa5\xe2\x80\x9d."},
        {GUIDE_WAIT, NULL, NULL, "Wait 5 s."},
        {GUIDE_WAIT, NULL, NULL, "Wait 500 milliseconds."},
        {GUIDE_WAIT, NULL, NULL, "Wait 2 min."},
        {GUIDE_WAIT_QUIET, NULL, NULL, "Wait until the page has come to rest."},
        {GUIDE_CLICK, "Reject all", NULL, "Click \xe2\x80\x9cReject all\xe2\x80\x9d."},
        {GUIDE_CLICK, NULL, "#no > a", "Click what the selector #no > a names."},
        {GUIDE_TYPE, "me@mail.example", "#email",
                "Type \xe2\x80\x9cme@mail.example\xe2\x80\x9d into the field #email."},
        {GUIDE_TYPE, "two words", "form input",
                "Type \xe2\x80\x9ctwo words\xe2\x80\x9d into the field form input."},
        {GUIDE_CLEAR_COOKIES, NULL, NULL,
                "Delete all cookies and site data in the browser (Ctrl+Shift+Delete)."},
        {GUIDE_RESTART, NULL, NULL, "The browser is closed and started again."},
        {GUIDE_MARK, "", NULL, "A mark is set: I refused."},
        {GUIDE_MARK, "as it was", NULL, "A mark is set: Something else (as it was)."},
        {GUIDE_SCREENSHOT, NULL, NULL, "A screenshot is taken."},
        {GUIDE_SAY, "Look.", NULL, "Look."},
        {GUIDE_END, NULL, NULL, "The recording ends."},
};

enum { STEPS = sizeof(steps) / sizeof(*steps) };

static void assert_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

static void every_kind_of_step_is_read_and_said(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct fault fault = {0};
    struct guide g;

    (void)state;
    assert_int_equal(guide_read(arena, BYTES_LITERAL(whole), "g.txt", &g, &fault), STATUS_OK);
    assert_int_equal(g.n, STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        assert_int_equal(g.steps[i].act, steps[i].act);
        assert_text(g.steps[i].text, steps[i].text);
        assert_text(g.steps[i].selector, steps[i].selector);
        assert_string_equal(g.steps[i].shown_en, steps[i].shown_en);
        if (steps[i].act != GUIDE_SAY)
            assert_string_not_equal(g.steps[i].shown_zh, steps[i].shown_en);
    }
    assert_int_equal(g.steps[0].line, 2);
    assert_int_equal(g.steps[STEPS - 1].line, 19);
    assert_true(g.steps[2].wait_ns == INT64_C(5000000000));
    assert_true(g.steps[3].wait_ns == INT64_C(500000000));
    assert_true(g.steps[4].wait_ns == INT64_C(120000000000));
    assert_int_equal(g.steps[12].mark, MARK_CONSENT_REFUSED);
    assert_string_equal(g.steps[1].shown_zh, "\xe6\x90\x9c\xe7\xb4\xa2\xe2\x80\x9c\xe5\x87\x8f"
                                             "\xe8\x82\xa5\xe2\x80\x9d\xe3\x80\x82");
    assert_int_equal(g.source.n, sizeof(whole) - 1);
    arena_free(arena);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
            {"", "g.txt: there is no step in it"},
            {"# only\n\n", "g.txt: there is no step in it"},
            {"open https://a/\nclik x\n",
                    "g.txt: line 2: \"clik\" is no step. A step is one of: "},
            {"open news.example", "g.txt: line 1: \"open\" needs a whole address"},
            {"open https:///x", "\"open\" needs a whole address"},
            {"open http://", "\"open\" needs a whole address"},
            {"open https://a/ b", "\"open\" needs a whole address"},
            {"open javascript:alert(1)//http://", "\"open\" needs a whole address"},
            {"search", "\"search\" needs a term"},
            {"wait", "\"wait\" needs"},
            {"wait 5", "\"wait\" needs"},
            {"wait 3601 s", "at most an hour"},
            {"wait -1 s", "\"wait\" needs"},
            {"wait 99999999999999999999999 s", "\"wait\" needs"},
            {"click", "\"click\" needs"},
            {"click css:", "\"click css:\" needs a selector"},
            {"type #email", "\"type\" needs"},
            {"type \"#email me", "\"type\" needs"},
            {"type \"\" me", "\"type\" needs"},
            {"clear", "clear cookies"},
            {"restart", "restart browser"},
            {"mark", "\"mark\" needs one of"},
            {"mark start", "\"mark\" needs one of"},
            {"screenshot now", "nothing may stand behind"},
            {"say", "\"say\" needs a text"},
            {"end now", "nothing may stand behind"},
            {"end\nwait quiet", "g.txt: line 2: there is a step behind \"end\""},
            {"say \033[2J", "characters that cannot be seen"},
            {"say \xff", "not UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct fault fault = {0};
        struct guide g = {.n = 7};

        assert_int_equal(guide_read(arena, bytes_text(cases[i].text), "g.txt", &g, &fault),
                STATUS_INPUT);
        if (strstr(fault.text, cases[i].says) == NULL)
            fail_msg("of \"%s\": %s", cases[i].text, fault.text);
        assert_int_equal(g.n, 7);
        arena_free(arena);
    }
}

static void every_truncation_is_read_or_refused_by_its_last_line(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(whole); n++) {
        struct arena *arena = arena_new(1 << 20);
        struct fault fault = {0};
        struct guide g = {0};
        uint8_t *copy = malloc(n + (n == 0));
        enum status status;

        memcpy(copy, whole, n);
        status = guide_read(arena, bytes_of(copy, n), "g", &g, &fault);
        assert_true(status == STATUS_OK || (status == STATUS_INPUT && fault.text[0] != '\0'));
        for (size_t i = 0; i + 1 < g.n; i++)
            assert_int_equal(g.steps[i].act, steps[i].act);
        free(copy);
        arena_free(arena);
    }
}

static void caps_are_said(void **state)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    size_t n = GUIDE_BYTES_MOST + 1;
    char *text = malloc(n);
    struct fault fault = {0};
    struct guide g = {0};

    (void)state;
    memset(text, '#', n);
    assert_int_equal(guide_read(arena, bytes_of(text, n), "g", &g, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "too large"));
    fault = (struct fault){0};
    memcpy(text, "say ", 4);
    assert_int_equal(guide_read(arena, bytes_of(text, 5000), "g", &g, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "too long"));
    fault = (struct fault){0};
    for (size_t i = 0; i < 1001; i++)
        memcpy(text + i * 6, "say x\n", 6);
    assert_int_equal(guide_read(arena, bytes_of(text, 6006), "g", &g, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "line 1001: there are too many steps"));
    free(text);
    arena_free(arena);
}

static void out_of_memory_anywhere_is_said(void **state)
{
    bool failed = true;

    (void)state;
    for (long n = 1; failed; n++) {
        struct arena *arena = arena_new(1 << 20);
        struct fault fault = {0};
        struct guide g = {.n = 7};
        enum status status;

        oom_fail_at(n);
        status = guide_read(arena, BYTES_LITERAL(whole), "g", &g, &fault);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        assert_int_equal(g.n, failed ? 7 : STEPS);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_kind_of_step_is_read_and_said),
            cmocka_unit_test(what_is_wrong_is_said_with_its_line),
            cmocka_unit_test(every_truncation_is_read_or_refused_by_its_last_line),
            cmocka_unit_test(caps_are_said),
            cmocka_unit_test(out_of_memory_anywhere_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
