/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/live/browser_parts.h"
#include "tests/capture/live/browser_place.h"

static void finds_the_program_behind_the_wrapper(void **state)
{
    struct browser_facts facts = {0};
    struct fault fault = {0};

    (void)state;
    if (access(CHROMIUM, X_OK) != 0) {
        printf("skip: no Chromium at " CHROMIUM "\n");
        return;
    }
    assert_int_equal(browser_find("/usr/bin/chromium", &facts, &fault), STATUS_OK);
    assert_string_equal(facts.path, CHROMIUM);
    assert_string_equal(facts.name, "chromium");
    assert_int_equal(facts.family, BROWSER_CHROMIUM);
    assert_non_null(strstr(facts.version, "Chromium "));
    assert_int_equal(strlen(facts.sha256), 64);
    assert_int_equal(browser_find("chromium", &facts, &fault), STATUS_OK);
    assert_string_equal(facts.path, CHROMIUM);
}

static void says_what_is_missing(void **state)
{
    struct browser_facts facts = {.name = "untouched"};
    struct fault fault = {0};
    FILE *script = fopen(path_of("wrapper"), "w");

    (void)state;
    assert_int_equal(browser_find("no-such-browser", &facts, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "Known names"));
    fault = (struct fault){0};
    assert_int_equal(browser_find("/nonexistent/browser", &facts, &fault), STATUS_MISSING);
    fault = (struct fault){0};
    assert_non_null(script);
    fputs("#!/bin/sh\nexec chromium --enable-remote-extensions\n", script);
    fclose(script);
    assert_int_equal(chmod(path_of("wrapper"), 0755), 0);
    assert_int_equal(browser_find(path_of("wrapper"), &facts, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "script"));
    assert_string_equal(facts.name, "untouched");
}

static void make_browser(struct browser *b, enum browser_family family, const char *name)
{
    *b = (struct browser){.ended = true, .fd = -1, .devtools = {-1, -1}};
    b->facts.family = family;
    (void)snprintf(b->facts.name, sizeof(b->facts.name), "%s", name);
}

static void clear_browser(struct browser *b)
{
    for (size_t i = 0; i < b->text_count; i++)
        free(b->texts[i]);
}

static bool has_flag(const struct browser *b, const char *flag)
{
    for (size_t i = 0; i < b->facts.flag_count; i++) {
        assert_non_null(b->facts.reasons[i]);
        if (strcmp(b->facts.flags[i], flag) == 0)
            return true;
    }
    return false;
}

static void writes_only_the_settings_that_were_asked_for(void **state)
{
    struct browser_setup setup = {.profile_fresh = path_of("fresh"), .user = (uid_t)-1};
    struct fault fault = {0};
    struct browser b;
    struct stat st;
    struct buf text;

    (void)state;
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_true(b.facts.profile_is_fresh);
    assert_int_equal(b.facts.setting_count, 0);
    assert_int_equal(stat(path_of("fresh"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(access(path_of("fresh/Default"), F_OK), -1);
    setup.cookies = COOKIES_BLOCK;
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(b.facts.setting_count, 1);
    assert_string_equal(b.facts.settings[0], "profile.cookie_controls_mode=1");
    read_text(path_of("fresh/Default/Preferences"), &text);
    assert_string_equal((const char *)text.p, "{\"profile\":{\"cookie_controls_mode\":1}}");
    buf_clear(&text);
    clear_browser(&b);
}

static void leaves_a_given_profile_alone(void **state)
{
    struct browser_setup setup = {.profile = path_of("own"), .user = (uid_t)-1};
    struct fault fault = {0};
    char host[256] = "", lock[320];
    struct browser b;

    (void)state;
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_MISSING);
    assert_int_equal(mkdir(path_of("own"), 0700), 0);
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_false(b.facts.profile_is_fresh);
    setup.cookies = COOKIES_ALLOW;
    fault = (struct fault){0};
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_USAGE);
    assert_non_null(strstr(fault.text, "third-party cookies"));
    setup.cookies = COOKIES_DEFAULT;
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    (void)snprintf(lock, sizeof(lock), "%s-%d", host, (int)getpid());
    assert_int_equal(symlink(lock, path_of("own/SingletonLock")), 0);
    fault = (struct fault){0};
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_USAGE);
    assert_non_null(strstr(fault.text, "using this profile"));
    /* Left behind by a crash: no process has this number. */
    assert_int_equal(unlink(path_of("own/SingletonLock")), 0);
    (void)snprintf(lock, sizeof(lock), "%s-%d", host, 2147483646);
    assert_int_equal(symlink(lock, path_of("own/SingletonLock")), 0);
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_false(has_flag(&b, "--disable-extensions"));
    assert_false(has_flag(&b, "--password-store=basic"));
    clear_browser(&b);
}

static void gives_a_reason_for_every_flag(void **state)
{
    static const char *const extra[] = {"--lang=zh-CN"};
    struct browser_setup setup = {.profile_fresh = path_of("flags"),
            .user = (uid_t)-1,
            .devtools = true,
            .extra = extra,
            .extra_count = 1};
    struct fault fault = {0};
    struct browser b;

    (void)state;
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_true(b.facts.devtools);
    assert_true(has_flag(&b, "--remote-debugging-pipe"));
    assert_true(has_flag(&b, "--disable-blink-features=AutomationControlled"));
    assert_true(has_flag(&b, "--disable-extensions"));
    assert_true(has_flag(&b, "--lang=zh-CN"));
    assert_false(has_flag(&b, "--headless=new"));
    clear_browser(&b);
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    setup.driven = setup.headless = true;
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_true(has_flag(&b, "--headless=new"));
    assert_false(has_flag(&b, "--disable-blink-features=AutomationControlled"));
    clear_browser(&b);
    /* A port needs no flag that brings a warning bar. */
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    b.port = 12345;
    setup.driven = setup.headless = false;
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(b.facts.devtools, BROWSER_DEVTOOLS_PORT);
    assert_true(has_flag(&b, "--remote-debugging-port=12345"));
    assert_false(has_flag(&b, "--remote-debugging-pipe"));
    assert_false(has_flag(&b, "--disable-blink-features=AutomationControlled"));
    clear_browser(&b);
}

static void refuses_devtools_where_the_browser_would(void **state)
{
    struct browser_setup setup = {.user = (uid_t)-1, .devtools = true, .home = place};
    struct fault fault = {0};
    struct browser b;

    (void)state;
    assert_int_equal(mkdir(path_of(".config"), 0700), 0);
    assert_int_equal(mkdir(path_of(".config/chromium"), 0700), 0);
    setup.profile = path_of(".config/chromium");
    make_browser(&b, BROWSER_CHROMIUM, "chromium");
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_false(b.facts.devtools);
    assert_non_null(b.facts.no_devtools);
    clear_browser(&b);
}

static void prepares_firefox(void **state)
{
    struct browser_setup setup = {.profile_fresh = path_of("fox"),
            .user = (uid_t)-1,
            .devtools = true,
            .cookies = COOKIES_ALLOW};
    struct fault fault = {0};
    struct browser b;
    struct buf text;

    (void)state;
    make_browser(&b, BROWSER_FIREFOX, "firefox-esr");
    assert_int_equal(browser_profile_make(&b, &setup, &fault), STATUS_OK);
    assert_int_equal(browser_flags_make(&b, &setup, &fault), STATUS_OK);
    assert_true(has_flag(&b, "--no-remote"));
    assert_true(has_flag(&b, "--profile"));
    assert_true(has_flag(&b, b.facts.profile));
    assert_false(b.facts.devtools);
    assert_string_equal(b.facts.no_devtools, "Firefox has no DevTools pipe");
    read_text(path_of("fox/user.js"), &text);
    assert_non_null(
            strstr((const char *)text.p, "user_pref(\"network.cookie.cookieBehavior\", 0);\n"));
    buf_clear(&text);
    clear_browser(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_the_program_behind_the_wrapper),
            cmocka_unit_test(says_what_is_missing),
            cmocka_unit_test(writes_only_the_settings_that_were_asked_for),
            cmocka_unit_test(leaves_a_given_profile_alone),
            cmocka_unit_test(gives_a_reason_for_every_flag),
            cmocka_unit_test(refuses_devtools_where_the_browser_would),
            cmocka_unit_test(prepares_firefox),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
