/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tests/support/page_world.h"

#define PHONE "13900001111"
#define MAIL "someone@post.example"

/* A phone number sent to a third party as an MD5 digest in base64 and to the first party as it
 * is; a search term that only came back; a mail address that was not found. */
struct declared {
    struct page_world w;
    struct subject subject;
    struct subject_value values[3];
    struct variant variants[2];
    struct hit hits[3];
};

static void declared_make(struct declared *d)
{
    page_world_make(&d->w);
    d->values[0] = (struct subject_value){.kind = SUBJECT_EMAIL,
            .number = 1,
            .text = BYTES_LITERAL(MAIL),
            .label = BYTES_LITERAL("email")};
    d->values[1] = (struct subject_value){.kind = SUBJECT_PHONE,
            .number = 2,
            .text = BYTES_LITERAL(PHONE),
            .label = BYTES_LITERAL("phone")};
    d->values[2] = (struct subject_value){.kind = SUBJECT_SEARCH,
            .number = 1,
            .text = BYTES_LITERAL("减肥"),
            .label = BYTES_LITERAL("search")};
    d->variants[0] = (struct variant){.value = 1, .form = "eleven digits", .charset = "utf-8"};
    d->variants[1] = (struct variant){.value = 2, .form = "as declared", .charset = "utf-8"};
    d->hits[0] = (struct hit){.value = 1,
            .variant = &d->variants[0],
            .place = {.exchange = 0, .part = "request.body", .off = 0, .len = 11},
            .charset = "utf-8",
            .key = BYTES_LITERAL("tel"),
            .where = "body"};
    d->hits[1] = (struct hit){.value = 1,
            .variant = &d->variants[0],
            .place = {.exchange = 1, .part = "request.path", .off = 3, .len = 24},
            .layers = {LAYER_PERCENT, LAYER_FIELD, LAYER_BASE64},
            .layer_count = 3,
            .digests = {"md5"},
            .digest_count = 1,
            .charset = "utf-8",
            .key = BYTES_LITERAL("<u>ph"),
            .where = "query"};
    d->hits[2] = (struct hit){.value = 2,
            .variant = &d->variants[1],
            .place = {.exchange = 1, .part = "response.body", .off = 9, .len = 6},
            .response = true,
            .charset = "utf-8",
            .where = "body"};
    d->subject = (struct subject){.at = d->values, .n = 3};
    d->w.judgement.hits = (struct hits){.at = d->hits, .n = 3, .opaque = 7654};
    d->w.facts.subject = &d->subject;
}

/* The section alone, cut out of the page. */
static const char *section(struct declared *d, enum language language, struct buf *out)
{
    char *page = strstr(
            (char *)(uintptr_t)page_world_render(&d->w, language, out), "id=\"declared\"");
    char *end;

    assert_non_null(page);
    end = strstr(page, "</section>");
    assert_non_null(end);
    *end = '\0';
    return page;
}

static void a_value_is_named_and_never_printed_unless_it_is_a_search_term(void **state)
{
    struct declared d;
    struct buf out;

    (void)state;
    declared_make(&d);
    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *text = page_world_render(&d.w, (enum language)l, &out);

        assert_null(strstr(text, PHONE));
        assert_null(strstr(text, MAIL));
        assert_non_null(strstr(text, "减肥"));
        assert_null(strstr(text, "<u>"));
        buf_clear(&out);
    }
    assert_non_null(strstr(section(&d, LANGUAGE_ENGLISH, &out), "telephone number 2"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void recipients_are_told_third_parties_first_with_how_it_was_written(void **state)
{
    struct declared d;
    struct buf out;
    const char *text, *sent;

    (void)state;
    declared_make(&d);
    text = section(&d, LANGUAGE_ENGLISH, &out);
    assert_non_null(strstr(text, "eleven digits → MD5 digest → base64 → percent-encoding"));
    sent = strstr(text, "<caption>Sent to</caption>");
    assert_non_null(sent);
    assert_non_null(strstr(sent, "ads.test"));
    assert_true(strstr(sent, "ads.test") < strstr(sent, "news.test"));
    assert_non_null(strstr(sent, "c1.s3"));
    assert_non_null(strstr(text, "2 places in what was sent, 0 in what came back"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void what_only_came_back_counts_as_not_found_in_what_was_sent(void **state)
{
    struct declared d;
    struct buf out;
    const char *text;

    (void)state;
    declared_make(&d);
    text = section(&d, LANGUAGE_ENGLISH, &out);
    assert_int_equal(page_world_count(text, "not found in what could be read"), 2);
    assert_non_null(strstr(text, "Came back from"));
    assert_non_null(strstr(text, "0 places in what was sent, 1 in what came back"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void beside_not_found_stands_what_could_not_be_read(void **state)
{
    struct declared d;
    struct buf out;
    const char *text;

    (void)state;
    declared_make(&d);
    text = section(&d, LANGUAGE_ENGLISH, &out);
    assert_non_null(strstr(text, "1 connections that were not read in full"));
    assert_non_null(strstr(text, "7654 texts"));
    assert_null(strstr(text, "A limit of this program was reached"));
    assert_null(strstr(text, "never sent"));
    buf_clear(&out);
    d.w.judgement.hits.capped = true;
    assert_non_null(
            strstr(section(&d, LANGUAGE_ENGLISH, &out), "A limit of this program was reached"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void a_location_is_told_by_its_system_of_coordinates(void **state)
{
    struct declared d;
    struct buf out;

    (void)state;
    declared_make(&d);
    d.values[1].kind = SUBJECT_LOCATION;
    d.hits[0].variant = NULL;
    d.hits[0].datum = "gcj-02";
    assert_non_null(strstr(section(&d, LANGUAGE_ENGLISH, &out), "GCJ-02 (Chinese maps)"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void without_a_declaration_one_sentence_tells_how_to_make_one(void **state)
{
    struct page_world w;
    struct buf out;

    (void)state;
    page_world_make(&w);
    assert_non_null(strstr(page_world_render(&w, LANGUAGE_ENGLISH, &out), "--subject FILE"));
    assert_null(strstr((const char *)out.p, "Declared values and the sites"));
    buf_clear(&out);
    page_world_clear(&w);
}

static void each_recipient_is_told_with_the_values_it_was_sent(void **state)
{
    struct declared d;
    struct buf out;
    const char *card;

    (void)state;
    declared_make(&d);
    card = strstr(page_world_render(&d.w, LANGUAGE_ENGLISH, &out), "id=\"recipients\"");
    assert_non_null(card);
    card = strstr(card, "Declared values it was sent");
    assert_non_null(card);
    assert_non_null(strstr(card, "telephone number 2"));
    buf_clear(&out);
    page_world_clear(&d.w);
}

static void each_failed_allocation_is_told(void **state)
{
    struct declared d;
    bool happened = true;

    (void)state;
    declared_make(&d);
    for (long i = 1; happened; i++) {
        struct buf out;
        enum status status;

        buf_init(&out, PAGE_WORLD_MOST);
        oom_fail_at(i);
        status = page_render(LANGUAGE_CHINESE, &d.w.evidence, &d.w.judgement, &d.w.facts, &out);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        buf_clear(&out);
    }
    page_world_clear(&d.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_is_named_and_never_printed_unless_it_is_a_search_term),
            cmocka_unit_test(recipients_are_told_third_parties_first_with_how_it_was_written),
            cmocka_unit_test(what_only_came_back_counts_as_not_found_in_what_was_sent),
            cmocka_unit_test(beside_not_found_stands_what_could_not_be_read),
            cmocka_unit_test(a_location_is_told_by_its_system_of_coordinates),
            cmocka_unit_test(without_a_declaration_one_sentence_tells_how_to_make_one),
            cmocka_unit_test(each_recipient_is_told_with_the_values_it_was_sent),
            cmocka_unit_test(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
