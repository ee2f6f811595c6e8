/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "classify/finding_part.h"
#include "classify/objection.h"
#include "classify/objection_table.h"

static const char *const kinds[] = {"tracking-identifier", "identifier-sharing",
        "personal-data-leak", "search-term-leak", "cname-cloaking",
        "first-party-cookie-exfiltration", "fingerprinting", "input-recording",
        "collection-before-consent", "collection-after-refusal", "identifier-respawn",
        "erasure-not-effective", "personalised-response", "location-leak", "data-from-others"};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void object(struct finding *f)
{
    struct arena *arena = arena_new(1 << 20);

    assert_int_equal(objections_find(arena, &f, 1), STATUS_OK);
    arena_free(arena);
}

static struct finding found(const char *kind)
{
    return (struct finding){.kind = kind, .page_site = BYTES_LITERAL("news.test")};
}

static void text(struct finding *f, const char *name, const char *value)
{
    finding_add_fact(f, &(struct finding_fact){.name = name, .text = bytes_text(value)});
}

static void number(struct finding *f, const char *name, int64_t value)
{
    finding_add_fact(
            f, &(struct finding_fact){.name = name, .kind = FACT_NUMBER, .number = value});
}

static void list(struct finding *f, const char *name, struct bytes *values, size_t n)
{
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = name, .kind = FACT_LIST, .list = values, .list_count = n});
}

#define assert_says(f, words)                                                                  \
    do {                                                                                       \
        object(f);                                                                             \
        assert_non_null((f)->objection_en);                                                    \
        if (strstr((f)->objection_en, words) == NULL)                                          \
            fail_msg("%s: %s", (f)->kind, (f)->objection_en);                                  \
    } while (0)

static void every_kind_of_the_contract_has_an_objection_and_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct finding f = found(kinds[i]);

        object(&f);
        if (f.objection_en == NULL)
            fail_msg("%s has none", kinds[i]);
        assert_non_null(f.objection_zh);
        assert_non_null(f.answer_en);
        assert_non_null(f.answer_zh);
    }
}

static void every_row_is_reachable_short_and_without_a_conclusion_of_law(void **state)
{
    static const char *const words[] = {
            "illegal", "unlawful", "infring", "violat", "违法", "侵权", "breach of"};

    (void)state;
    for (size_t i = 0; i < objection_row_count; i++) {
        const struct objection_row *row = &objection_rows[i];
        const char *const texts[] = {
                row->objection_en, row->objection_zh, row->answer_en, row->answer_zh};
        bool known = false, last = i + 1 == objection_row_count ||
                                   strcmp(objection_rows[i + 1].kind, row->kind) != 0;

        for (size_t k = 0; k < KINDS; k++)
            known = known || strcmp(kinds[k], row->kind) == 0;
        if (!known)
            fail_msg("%s is no kind", row->kind);
        /* Rows of a kind stand together, and only the last one fits all. */
        assert_int_equal(last, row->when[0].test == OBJECTION_ALWAYS);
        for (size_t k = i + 1; last && k < objection_row_count; k++)
            assert_string_not_equal(objection_rows[k].kind, row->kind);
        for (size_t k = 0; k < 4; k++) {
            size_t length = strlen(texts[k]);

            assert_true(bytes_is_utf8(bytes_text(texts[k])));
            if (length < 20 || length > 260)
                fail_msg("%s: %zu bytes: %s", row->kind, length, texts[k]);
            for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
                if (strstr(texts[k], words[w]) != NULL)
                    fail_msg("%s says \"%s\"", row->kind, words[w]);
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(objection_rows[k].kind, row->kind) == 0)
                assert_string_not_equal(objection_rows[k].objection_en, "");
    }
}

static void a_tracker_is_answered_by_what_was_not_done(void **state)
{
    struct trace t = {.party = PARTY_THIRD, .carrier = CARRIER_COOKIE, .bits = 128};
    const struct trace *traces[] = {&t};
    struct finding f = found("tracking-identifier");

    (void)state;
    f.traces = traces;
    f.trace_count = 1;
    number(&f, "times_sent", 3);
    assert_says(&f, "Every visitor may send the same value");
    assert_non_null(strstr(f.answer_en, "compare --as profiles"));
    t.facts[t.fact_count++] = "U6";
    assert_says(&f, "keep cookies of third parties apart");
    t.carrier = CARRIER_QUERY;
    assert_says(&f, "in one visit only");
    t.facts[t.fact_count++] = "U5-visits";
    assert_says(&f, "not who sits before it");
    f.page_site = bytes_of(NULL, 0);
    assert_says(&f, "Which page caused");
    t.party = PARTY_FIRST;
    assert_says(&f, "serve its own visitor");
    f.facts[0].number = 0;
    assert_says(&f, "was not seen to send it back");
    f.facts[0].number = 1;
    t.fact_count = 0;
    t.bits = 30;
    t.terms[0].code = "known-format";
    t.term_count = 1;
    assert_says(&f, "its form is that of a known one");
    text(&f, "control", "equal");
    assert_says(&f, "A fresh profile had the same value");
}

static void facts_choose_the_objection(void **state)
{
    struct bytes one[] = {BYTES_LITERAL("list")};
    struct bytes two[] = {BYTES_LITERAL("list"), BYTES_LITERAL("identifiers")};
    struct bytes digest[] = {BYTES_LITERAL("percent"), BYTES_LITERAL("sha256")};
    struct finding f = found("cname-cloaking");

    (void)state;
    list(&f, "known_by", one, 1);
    assert_says(&f, "said by a list only");
    f.facts[0] = (struct finding_fact){0};
    f.fact_count = 0;
    list(&f, "known_by", two, 2);
    assert_says(&f, "An alias is also how files are delivered");

    f = found("personal-data-leak");
    assert_says(&f, "declared by that person only");
    text(&f, "before_first_party", "no");
    assert_says(&f, "gave the value to the site before");
    list(&f, "encoding", digest, 2);
    assert_says(&f, "A digest is not the value");
    f.grade = GRADE_INFERRED;
    assert_says(&f, "told by the name of its field");
    text(&f, "partial", "yes");
    assert_says(&f, "Only a part of the value");

    f = found("collection-after-refusal");
    number(&f, "seconds_after_mark", 3);
    assert_says(&f, "may not have covered");
    text(&f, "unseen", "2 requests without a page");
    assert_says(&f, "could not be read");
    f.facts[0].number = 2;
    assert_says(&f, "under way");

    f = found("personalised-response");
    assert_says(&f, "Others may get the same answer");
    text(&f, "f2", "absent");
    assert_says(&f, "No identifier is seen in both");
    text(&f, "page_has_term", "yes");
    assert_says(&f, "The page itself has the term");

    f = found("identifier-respawn");
    text(&f, "came_back", "set");
    assert_says(&f, "marked by the person");
    list(&f, "via", two, 2);
    f.facts[0].text = BYTES_LITERAL("sent");
    assert_says(&f, "still had the value");

    f = found("fingerprinting");
    list(&f, "strong", one, 0);
    assert_says(&f, "layout or statistics");
    f.facts[0].list_count = 1;
    assert_says(&f, "fraud or faults");
}

static void a_kind_that_is_not_known_is_left_alone(void **state)
{
    struct finding f = found("something-new");

    (void)state;
    object(&f);
    assert_null(f.objection_en);
    assert_null(f.answer_zh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_kind_of_the_contract_has_an_objection_and_its_answer),
            cmocka_unit_test(every_row_is_reachable_short_and_without_a_conclusion_of_law),
            cmocka_unit_test(a_tracker_is_answered_by_what_was_not_done),
            cmocka_unit_test(facts_choose_the_objection),
            cmocka_unit_test(a_kind_that_is_not_known_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
