/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/html.h"
#include "tests/support/oom.h"

static const struct bytes no_css = {0};

/* The page as a C string, which the buf still owns. */
static const char *text_of(struct buf *b)
{
    assert_int_equal(buf_append_u8(b, 0), STATUS_OK);
    return (const char *)b->p;
}

static void write_one(struct buf *out, struct bytes text)
{
    struct html h;

    buf_init(out, 1 << 20);
    html_begin(&h, out, "en", "t", no_css);
    html_open(&h, "p");
    html_text(&h, text);
    assert_int_equal(html_finish(&h), STATUS_OK);
}

static void markup_in_text_is_escaped(void **state)
{
    struct buf out;
    const char *page;

    (void)state;
    write_one(&out, BYTES_LITERAL("<script>alert(1)</script>&\"'"));
    page = text_of(&out);
    assert_non_null(
            strstr(page, "<p>&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;</p>"));
    assert_null(strstr(page, "<script"));
    buf_clear(&out);
}

static void markup_in_attributes_and_title_is_escaped(void **state)
{
    struct buf out;
    struct html h;
    const char *page;

    (void)state;
    buf_init(&out, 1 << 20);
    html_begin(&h, &out, "en", "</title><b>", no_css);
    html_open(&h, "span");
    html_attribute(&h, "title", "\"><img src=x>\n");
    assert_int_equal(html_finish(&h), STATUS_OK);
    page = text_of(&out);
    assert_non_null(strstr(page, "<title>&lt;/title&gt;&lt;b&gt;</title>"));
    assert_non_null(strstr(page, "<span title=\"&quot;&gt;&lt;img src=x&gt;\\n\"></span>"));
    buf_clear(&out);
}

static void hidden_and_reordering_characters_are_shown_as_escapes(void **state)
{
    struct buf out;
    const char *page;

    (void)state;
    write_one(&out, BYTES_LITERAL("a\x1b[2J\xe2\x80\xae"
                                  "b\0c"));
    page = text_of(&out);
    assert_non_null(strstr(page, "a<span class=\"esc\">\\x1b</span>[2J"));
    assert_non_null(strstr(page, "<span class=\"esc\">\\u{202e}</span>b"));
    assert_non_null(strstr(page, "<span class=\"esc\">\\x00</span>c"));
    buf_clear(&out);
}

static void every_byte_alone_gives_valid_utf8(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        uint8_t byte = (uint8_t)c;
        struct buf out;

        write_one(&out, bytes_of(&byte, 1));
        assert_true(bytes_is_utf8(buf_view(&out)));
        buf_clear(&out);
    }
}

static void text_that_is_not_utf8_is_read_as_latin1(void **state)
{
    struct buf out;

    (void)state;
    write_one(&out, BYTES_LITERAL("caf\xe9"));
    assert_non_null(strstr(text_of(&out), "<p>caf\xc3\xa9</p>"));
    buf_clear(&out);
}

static enum status with_attribute(const char *name, const char *value)
{
    struct buf out;
    struct html h;
    enum status status;

    buf_init(&out, 1 << 20);
    html_begin(&h, &out, "en", "t", no_css);
    html_open(&h, "a");
    html_attribute(&h, name, value);
    status = html_finish(&h);
    buf_clear(&out);
    return status;
}

static void attributes_that_run_or_load_are_refused(void **state)
{
    (void)state;
    assert_int_equal(with_attribute("href", "#i1"), STATUS_OK);
    assert_int_equal(with_attribute("href", "../findings/items.jsonl"), STATUS_OK);
    assert_int_equal(with_attribute("href", "javascript:alert(1)"), STATUS_USAGE);
    assert_int_equal(with_attribute("href", "https://example.test/"), STATUS_USAGE);
    assert_int_equal(with_attribute("onclick", "x"), STATUS_USAGE);
    assert_int_equal(with_attribute("style", "x"), STATUS_USAGE);
    assert_int_equal(with_attribute("src", "x"), STATUS_USAGE);
}

static void scripts_and_odd_names_are_refused(void **state)
{
    static const char *const names[] = {"script", "", "p onclick", "P", "a>"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct buf out;
        struct html h;

        buf_init(&out, 1 << 20);
        html_begin(&h, &out, "en", "t", no_css);
        html_open(&h, names[i]);
        assert_int_equal(html_finish(&h), STATUS_USAGE);
        buf_clear(&out);
    }
}

static void a_style_sheet_with_markup_is_refused(void **state)
{
    struct buf out;
    struct html h;

    (void)state;
    buf_init(&out, 1 << 20);
    html_begin(&h, &out, "en", "t", BYTES_LITERAL("</style><b>"));
    assert_int_equal(html_finish(&h), STATUS_USAGE);
    buf_clear(&out);
}

static void the_policy_forbids_everything_but_the_own_style(void **state)
{
    struct buf out;
    const char *page;

    (void)state;
    write_one(&out, BYTES_LITERAL("x"));
    page = text_of(&out);
    assert_non_null(strstr(page, "<meta http-equiv=\"Content-Security-Policy\" content=\""
                                 "default-src 'none'; style-src 'unsafe-inline'"));
    assert_non_null(strstr(page, "<html lang=\"en\">"));
    buf_clear(&out);
}

static void closing_more_than_was_opened_is_a_failure(void **state)
{
    struct buf out;
    struct html h;

    (void)state;
    buf_init(&out, 1 << 20);
    html_begin(&h, &out, "en", "t", no_css);
    for (int i = 0; i < 3; i++)
        html_close(&h);
    assert_int_equal(html_finish(&h), STATUS_USAGE);
    buf_clear(&out);
}

static void a_full_buffer_and_lack_of_memory_are_told(void **state)
{
    struct buf out;
    struct html h;

    (void)state;
    buf_init(&out, 100);
    html_begin(&h, &out, "en", "t", no_css);
    assert_int_equal(html_finish(&h), STATUS_USAGE);
    buf_clear(&out);
    buf_init(&out, 1 << 20);
    oom_fail_at(1);
    html_begin(&h, &out, "en", "t", no_css);
    assert_int_equal(html_finish(&h), STATUS_NOMEM);
    assert_true(oom_happened());
    oom_fail_at(0);
    buf_clear(&out);
}

#define PNG "\x89PNG\r\n\x1a\n"

/* RFC 4648 section 4; the text as base64(1) of coreutils gives it. */
static void a_picture_of_every_length_is_carried_in_base64(void **state)
{
    static const struct {
        const char *tail, *base64;
    } cases[] = {
            {"", "iVBORw0KGgo="},
            {"f", "iVBORw0KGgpm"},
            {"fo", "iVBORw0KGgpmbw=="},
            {"foo", "iVBORw0KGgpmb28="},
            {"foob", "iVBORw0KGgpmb29i"},
            {"fooba", "iVBORw0KGgpmb29iYQ=="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char want[256];
        struct buf out, png;
        struct html h;

        buf_init(&png, 64);
        assert_int_equal(buf_text(&png, PNG), STATUS_OK);
        assert_int_equal(buf_text(&png, cases[i].tail), STATUS_OK);
        buf_init(&out, 1 << 20);
        html_begin(&h, &out, "en", "t", no_css);
        html_image(&h, buf_view(&png), "<\"&\x1b>");
        assert_int_equal(html_finish(&h), STATUS_OK);
        (void)snprintf(want, sizeof(want),
                "<img alt=\"&lt;&quot;&amp;\\x1b&gt;\" src=\"data:image/png;base64,%s\">",
                cases[i].base64);
        assert_non_null(strstr(text_of(&out), want));
        buf_clear(&png);
        buf_clear(&out);
    }
}

static void what_is_no_png_is_refused(void **state)
{
    const struct bytes bad[] = {{NULL, 0}, BYTES_LITERAL("\x89PNG\r\n\x1a"),
            BYTES_LITERAL("GIF89a, as it were"), BYTES_LITERAL("<svg onload=alert(1)>"),
            BYTES_LITERAL("\x89png\r\n\x1a\n")};

    (void)state;
    assert_true(html_is_png(BYTES_LITERAL(PNG)));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct buf out;
        struct html h;

        assert_false(html_is_png(bad[i]));
        buf_init(&out, 1 << 20);
        html_begin(&h, &out, "en", "t", no_css);
        html_image(&h, bad[i], "x");
        assert_int_equal(html_finish(&h), STATUS_USAGE);
        assert_null(strstr(text_of(&out), "<img"));
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(markup_in_text_is_escaped),
            cmocka_unit_test(markup_in_attributes_and_title_is_escaped),
            cmocka_unit_test(hidden_and_reordering_characters_are_shown_as_escapes),
            cmocka_unit_test(every_byte_alone_gives_valid_utf8),
            cmocka_unit_test(text_that_is_not_utf8_is_read_as_latin1),
            cmocka_unit_test(attributes_that_run_or_load_are_refused),
            cmocka_unit_test(scripts_and_odd_names_are_refused),
            cmocka_unit_test(a_style_sheet_with_markup_is_refused),
            cmocka_unit_test(the_policy_forbids_everything_but_the_own_style),
            cmocka_unit_test(closing_more_than_was_opened_is_a_failure),
            cmocka_unit_test(a_picture_of_every_length_is_carried_in_base64),
            cmocka_unit_test(what_is_no_png_is_refused),
            cmocka_unit_test(a_full_buffer_and_lack_of_memory_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
