/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static int enter(void **state)
{
    struct declared *d = calloc(1, sizeof(*d));

    assert_non_null(d);
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
    *state = d;
    return 0;
}

static int leave(void **state)
{
    struct declared *d = *state;

    page_world_clear(&d->w);
    free(d);
    return 0;
}

static const char *section(struct declared *d)
{
    return page_world_section(&d->w, LANGUAGE_ENGLISH, "declared");
}

static void a_value_is_named_and_never_printed_unless_it_is_a_search_term(void **state)
{
    struct declared *d = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *text = page_world_render(&d->w, (enum language)l);

        assert_null(strstr(text, PHONE));
        assert_null(strstr(text, MAIL));
        assert_non_null(strstr(text, "减肥"));
        assert_null(strstr(text, "<u>"));
    }
    assert_non_null(strstr(section(d), "telephone number 2"));
}

static void recipients_are_told_third_parties_first_with_how_it_was_written(void **state)
{
    struct declared *d = *state;
    const char *text, *sent;

    text = section(d);
    assert_non_null(strstr(text, "eleven digits → MD5 digest → base64 → percent-encoding"));
    sent = strstr(text, "<caption>Sent to</caption>");
    assert_non_null(sent);
    assert_non_null(strstr(sent, "ads.test"));
    assert_true(strstr(sent, "ads.test") < strstr(sent, "news.test"));
    assert_non_null(strstr(sent, "c1.s3"));
    assert_non_null(strstr(text, "2 places in what was sent, 0 in what came back"));
}

static void what_only_came_back_counts_as_not_found_in_what_was_sent(void **state)
{
    struct declared *d = *state;
    const char *text = section(d);

    assert_int_equal(page_world_count(text, "not found in what could be read"), 2);
    assert_non_null(strstr(text, "Came back from"));
    assert_non_null(strstr(text, "0 places in what was sent, 1 in what came back"));
}

static void beside_not_found_stands_what_could_not_be_read(void **state)
{
    struct declared *d = *state;
    const char *text = section(d);

    assert_non_null(strstr(text, "1 connections that were not read in full"));
    assert_non_null(strstr(text, "7654 texts"));
    assert_null(strstr(text, "A limit of this program was reached"));
    assert_null(strstr(text, "never sent"));
    d->w.judgement.hits.capped = true;
    assert_non_null(strstr(section(d), "A limit of this program was reached"));
}

static void a_location_is_told_by_its_system_of_coordinates(void **state)
{
    struct declared *d = *state;

    d->values[1].kind = SUBJECT_LOCATION;
    d->hits[0].variant = NULL;
    d->hits[0].datum = "gcj-02";
    assert_non_null(strstr(section(d), "GCJ-02 (Chinese maps)"));
}

static void without_a_declaration_one_sentence_tells_how_to_make_one(void **state)
{
    const char *page = page_world_render(*state, LANGUAGE_ENGLISH);

    assert_non_null(strstr(page, "--subject FILE"));
    assert_null(strstr(page, "Declared values and the sites"));
}

static void each_recipient_is_told_with_the_values_it_was_sent(void **state)
{
    struct declared *d = *state;
    const char *card = strstr(page_world_render(&d->w, LANGUAGE_ENGLISH), "id=\"recipients\"");

    assert_non_null(card);
    card = strstr(card, "Declared values it was sent");
    assert_non_null(card);
    assert_non_null(strstr(card, "telephone number 2"));
}

static void each_failed_allocation_is_told(void **state)
{
    const struct declared *d = *state;

    page_world_run_short(&d->w, LANGUAGE_CHINESE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_value_is_named_and_never_printed_unless_it_is_a_search_term),
            TEST(recipients_are_told_third_parties_first_with_how_it_was_written),
            TEST(what_only_came_back_counts_as_not_found_in_what_was_sent),
            TEST(beside_not_found_stands_what_could_not_be_read),
            TEST(a_location_is_told_by_its_system_of_coordinates),
            PAGE_WORLD_TEST(without_a_declaration_one_sentence_tells_how_to_make_one),
            TEST(each_recipient_is_told_with_the_values_it_was_sent),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
