/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/signal.h"

static void assert_signal(const char *name, const char *text, enum signal want)
{
    enum signal_by by = SIGNAL_BY_NAME;
    enum signal got = signal_of(NULL, bytes_text(name), bytes_text(text), &by);

    if (got != want)
        fail_msg("%s=%s: %s, not %s", name, text, signal_name(got), signal_name(want));
}

static void the_form_of_a_value_tells_whatever_its_name(void **state)
{
    (void)state;
    assert_signal("a", "1920x1080", SIGNAL_SCREEN);
    assert_signal("a", "1920*1080", SIGNAL_SCREEN);
    assert_signal("a", "1920x1080x24", SIGNAL_SCREEN);
    assert_signal("a", "Asia/Shanghai", SIGNAL_TIME_ZONE);
    assert_signal("a", "America/Argentina/Buenos_Aires", SIGNAL_TIME_ZONE);
    assert_signal("a",
            "ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)",
            SIGNAL_WEBGL);
    assert_signal("a", "Google Inc. (NVIDIA)", SIGNAL_WEBGL);
    assert_signal("a", "124.04347527516074", SIGNAL_AUDIO);
    assert_signal("a", "Arial,Courier New,Georgia,SimSun,Verdana", SIGNAL_FONTS);
    assert_signal("a", "\"Arial\"; 'Calibri'; Consolas; 微软雅黑; Tahoma", SIGNAL_FONTS);
    assert_signal("a", "Chromium PDF Viewer", SIGNAL_PLUGINS);
    assert_signal("a",
            "data:image/"
            "png;base64,iVBORw0KGgoAAAANSUhEUgAAASwAAACWCAYAAABkW7XSAAAAAXNSR0IArs4c",
            SIGNAL_CANVAS);
}

static void a_form_that_only_looks_like_it_is_none(void **state)
{
    (void)state;
    assert_signal("a", "12x34", SIGNAL_NONE);
    assert_signal("a", "1920x", SIGNAL_NONE);
    assert_signal("a", "1920x108000", SIGNAL_NONE);
    assert_signal("a", "Asia/", SIGNAL_NONE);
    assert_signal("a", "Asia/news of today", SIGNAL_NONE);
    assert_signal("a", "Arial,Georgia,Verdana,Tahoma", SIGNAL_NONE);
    assert_signal("a", "one,two,three,four,five,six", SIGNAL_NONE);
    assert_signal("a", "data:image/png;base64,iVBORw0KGgo=", SIGNAL_NONE);
    assert_signal("a", "", SIGNAL_NONE);
}

static void a_name_tells_when_the_value_fits(void **state)
{
    (void)state;
    assert_signal("timezone", "-480", SIGNAL_TIME_ZONE);
    assert_signal("timezone_offset", "480", SIGNAL_TIME_ZONE);
    assert_signal("$timezoneOffset", "-480", SIGNAL_TIME_ZONE);
    assert_signal("tz", "GMT+8", SIGNAL_TIME_ZONE);
    assert_signal("tz", "1767225600", SIGNAL_NONE);
    assert_signal("hardwareConcurrency", "8", SIGNAL_PROCESSORS);
    assert_signal("hardware_concurrency", "many", SIGNAL_NONE);
    assert_signal("deviceMemory", "0.5", SIGNAL_MEMORY);
    assert_signal("dpr", "1.25", SIGNAL_PIXEL_RATIO);
    assert_signal("dpr", "article", SIGNAL_NONE);
    assert_signal("maxTouchPoints", "0", SIGNAL_TOUCH);
    assert_signal("canvas", "e1f0aa4cbd5b1ab1", SIGNAL_CANVAS);
    assert_signal("canvas", "true", SIGNAL_NONE);
    assert_signal("canvas_hash", "3741920182", SIGNAL_CANVAS);
    assert_signal("audio", "35.10892963409424", SIGNAL_AUDIO);
    assert_signal("audio_fp", "98.21738457679749", SIGNAL_AUDIO);
    assert_signal("audio", "98.2", SIGNAL_NONE);
    assert_signal("fingerprint", "9c0a1bd8f37e45aa", SIGNAL_FINGERPRINT);
    assert_signal("fingerprint", "{{ default }}", SIGNAL_NONE);
    assert_signal("fp", "1", SIGNAL_NONE);
    assert_signal("effectiveType", "4g", SIGNAL_NETWORK);
    assert_signal("platform", "Win32", SIGNAL_PLATFORM);
    assert_signal("sw", "1920", SIGNAL_SCREEN);
    assert_signal("campaign", "8", SIGNAL_NONE);
    assert_signal("averyveryveryveryverylongnamethatisnone", "8", SIGNAL_NONE);
}

static void no_answer_is_no_attribute(void **state)
{
    static const char *const nothing[] = {
            "", "undefined", "null", "NaN", "not available", "[]"};

    (void)state;
    for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
        assert_signal("webgl", nothing[i], SIGNAL_NONE);
        assert_signal("platform", nothing[i], SIGNAL_NONE);
    }
}

static void a_vendor_knows_its_fields_best(void **state)
{
    const struct vendor v = {.name = "V",
            .hosts = "",
            .path = "",
            .marks = "",
            .fields = {{"tz", PROPERTY_EVENT, CLASS_UNKNOWN},
                    {"q", PROPERTY_CANVAS, CLASS_TECHNICAL}}};
    enum signal_by by = SIGNAL_BY_NAME;

    (void)state;
    assert_int_equal(
            signal_of(&v, BYTES_LITERAL("tz"), BYTES_LITERAL("-480"), &by), SIGNAL_NONE);
    assert_int_equal(
            signal_of(&v, BYTES_LITERAL("q"), BYTES_LITERAL("17"), &by), SIGNAL_CANVAS);
    assert_int_equal(by, SIGNAL_BY_VENDOR);
    assert_int_equal(signal_of(&v, BYTES_LITERAL("z"), BYTES_LITERAL("Asia/Tokyo"), &by),
            SIGNAL_TIME_ZONE);
    assert_int_equal(by, SIGNAL_BY_FORM);
}

static void only_hints_that_a_site_must_ask_for_are_attributes(void **state)
{
    (void)state;
    assert_int_equal(signal_of_header(BYTES_LITERAL("sec-ch-ua-model"), BYTES_LITERAL("\"X\"")),
            SIGNAL_CLIENT_HINTS);
    assert_int_equal(signal_of_header(BYTES_LITERAL("sec-ch-ua-model"), BYTES_LITERAL("\"\"")),
            SIGNAL_NONE);
    assert_int_equal(
            signal_of_header(BYTES_LITERAL("Sec-CH-UA-Full-Version-List"), BYTES_LITERAL("a")),
            SIGNAL_CLIENT_HINTS);
    assert_int_equal(
            signal_of_header(BYTES_LITERAL("sec-ch-ua"), BYTES_LITERAL("a")), SIGNAL_NONE);
    assert_int_equal(
            signal_of_header(BYTES_LITERAL("sec-ch-ua-platform"), BYTES_LITERAL("\"Linux\"")),
            SIGNAL_NONE);
    assert_int_equal(signal_of_header(BYTES_LITERAL("device-memory"), BYTES_LITERAL("8")),
            SIGNAL_MEMORY);
}

/* Bisection finds each row only when the tables are sorted. */
static void every_row_of_the_tables_is_found(void **state)
{
    (void)state;
    for (size_t i = 1; i < signal_key_count; i++)
        assert_true(strcmp(signal_keys[i - 1].name, signal_keys[i].name) < 0);
    for (size_t i = 0; i < signal_font_count; i++)
        assert_true(signal_is_font(bytes_text(signal_fonts[i])));
    assert_true(signal_is_font(BYTES_LITERAL("TIMES NEW ROMAN")));
    assert_false(signal_is_font(BYTES_LITERAL("Times New Romans")));
    assert_false(signal_is_font(BYTES_LITERAL("")));
}

static void each_attribute_has_a_name_and_is_of_one_kind(void **state)
{
    (void)state;
    for (int i = SIGNAL_NONE; i < SIGNALS; i++) {
        enum signal s = (enum signal)i;

        assert_false(signal_usual(s) && signal_strong(s));
        for (int k = SIGNAL_NONE; k < i; k++) {
            assert_string_not_equal(signal_name(s), signal_name((enum signal)k));
            assert_string_not_equal(signal_name_zh(s), signal_name_zh((enum signal)k));
        }
    }
    assert_false(signal_usual(SIGNAL_NONE));
    assert_true(signal_usual(SIGNAL_LANGUAGE));
    assert_true(signal_strong(SIGNAL_CANVAS));
    assert_false(signal_strong(SIGNAL_TIME_ZONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_form_of_a_value_tells_whatever_its_name),
            cmocka_unit_test(a_form_that_only_looks_like_it_is_none),
            cmocka_unit_test(a_name_tells_when_the_value_fits),
            cmocka_unit_test(no_answer_is_no_attribute),
            cmocka_unit_test(a_vendor_knows_its_fields_best),
            cmocka_unit_test(only_hints_that_a_site_must_ask_for_are_attributes),
            cmocka_unit_test(every_row_of_the_tables_is_found),
            cmocka_unit_test(each_attribute_has_a_name_and_is_of_one_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
