/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "classify/legal.h"
#include "tests/support/oom.h"

enum { DAY_S = 86400 };
#define DAY_NS ((int64_t)DAY_S * 1000000000)
#define NS(seconds) ((int64_t)(seconds)*1000000000)

/* Seconds since 1970, from `date -u -d … +%s`. */
enum {
    S_2013_09_01 = 1377993600,
    S_2021_11_01 = 1635724800,
    S_2024_02_29 = 1709164800,
    S_2026_11_21 = 1795219200,
};

#define FILE_HEAD(j)                                                                           \
    "{\"schema\":\"exhibit/rules/1\",\"jurisdiction\":\"" j "\",\"version\":\"" j              \
    "-1\",\"date\":\"2026-01-02\",\"rules\":["
#define RULE_DATES(id, from, to)                                                               \
    "{\"id\":\"" id "\",\"law\":\"L\",\"article\":\"1\",\"valid_from\":" from                  \
    ",\"valid_to\":" to ",\"readings\":[\"alone\",\"broad\"],"                                 \
    "\"facts\":[\"identifier\"],\"against\":[\"names-nobody\"],"                               \
    "\"statement\":{\"en\":\"e\",\"zh\":\"z\"},\"source\":\"s\","                              \
    "\"basis\":\"primary\",\"lawyer_check\":true}"
#define RULE(id) RULE_DATES(id, "\"2024-02-29\"", "\"2024-03-01\"")

static const char empty_eu[] = FILE_HEAD("eu") "]}";
static const char empty_us[] = FILE_HEAD("us") "]}";

static struct legal *with_cn(struct bytes cn, struct fault *fault)
{
    const struct bytes texts[LEGAL_TABLES] = {
            cn, BYTES_LITERAL(empty_eu), BYTES_LITERAL(empty_us)};

    return legal_new_from(texts, fault);
}

static void holds_from_its_first_day_to_the_end_of_its_last(void **state)
{
    struct legal *l = with_cn(BYTES_LITERAL(FILE_HEAD("cn") RULE("A") "]}"), NULL);
    const struct legal_rule *a;

    (void)state;
    assert_non_null(l);
    a = legal_find(l, "A");
    assert_non_null(a);
    assert_true(a->from_ns == NS(S_2024_02_29));
    assert_false(legal_valid_at(a, NS(S_2024_02_29) - 1));
    assert_true(legal_valid_at(a, NS(S_2024_02_29)));
    assert_true(legal_valid_at(a, NS(S_2024_02_29) + 2 * DAY_NS - 1));
    assert_false(legal_valid_at(a, NS(S_2024_02_29) + 2 * DAY_NS));
    assert_int_equal(a->readings, 1u << READING_ALONE | 1u << READING_BROAD);
    assert_true(a->facts == LEGAL_BIT(LEGAL_IDENTIFIER));
    assert_true(a->against == LEGAL_BIT(LEGAL_NAMES_NOBODY));
    assert_true(a->lawyer_check);
    assert_string_equal(a->jurisdiction, "cn");
    assert_null(legal_find(l, "B"));
    assert_null(legal_rule_at(l, 1));
    legal_free(l);
}

static void refuses_what_is_not_a_rule_table(void **state)
{
    static const char *const bad[] = {
            "",
            "[]",
            "{}",
            "{\"schema\":\"exhibit/rules/2\",\"rules\":[]}",
            FILE_HEAD("eu") "]}", /* another's file */
            FILE_HEAD("cn") "7]}",
            FILE_HEAD("cn") RULE("A") "," RULE("A") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "\"2023-02-29\"", "null") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "\"2023-13-01\"", "null") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "\"23-01-01\"", "null") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "null", "null") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "\"2024-01-02\"", "\"2024-01-01\"") "]}",
            FILE_HEAD("cn") RULE_DATES("A", "\"2024-01-02\"", "7") "]}",
            FILE_HEAD("cn") RULE_DATES("", "\"2024-01-02\"", "null") "]}",
            "{\"schema\":\"exhibit/rules/1\",\"jurisdiction\":\"cn\",\"version\":\"1\","
            "\"date\":\"yesterday\",\"rules\":[]}",
    };
    static const char *const words[][2] = {{"\"identifier\"", "\"telepathy\""},
            {"\"broad\"", "\"wide\""}, {"\"primary\"", "\"hearsay\""}, {"\"facts\"", "\"fax\""},
            {"\"against\"", "\"agains\""}, {"\"zh\"", "\"jp\""}, {"\"source\"", "\"sauce\""},
            {"true", "\"yes\""}, {"\"lawyer_check\"", "\"lawyer\""}};
    static const char good[] = FILE_HEAD("cn") RULE("A") "]}";

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fault fault = {0};

        if (with_cn(bytes_text(bad[i]), &fault) != NULL)
            fail_msg("table %zu was taken", i);
        assert_int_equal(fault.status, STATUS_INPUT);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct fault fault = {0};
        char text[sizeof(good) + 32];
        const char *at = strstr(good, words[i][0]);

        assert_non_null(at);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, words[i][1],
                at + strlen(words[i][0]));
        if (with_cn(bytes_text(text), &fault) != NULL)
            fail_msg("%s was taken", words[i][1]);
        assert_int_equal(fault.status, STATUS_INPUT);
    }
}

static void refuses_every_truncation(void **state)
{
    static const char good[] = FILE_HEAD("cn") RULE("A") "]}";

    (void)state;
    for (size_t n = 0; n < sizeof(good) - 1; n++) {
        struct fault fault = {0};
        uint8_t *copy = malloc(n == 0 ? 1 : n);

        assert_non_null(copy);
        memcpy(copy, good, n);
        assert_null(with_cn(bytes_of(copy, n), &fault));
        assert_int_equal(fault.status, STATUS_INPUT);
        free(copy);
    }
}

static void survives_every_failing_allocation(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        struct fault fault = {0};
        struct legal *l;

        oom_fail_at(n);
        l = with_cn(BYTES_LITERAL(FILE_HEAD("cn") RULE("A") "]}"), &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(l == NULL, happened);
        if (happened)
            assert_int_equal(fault.status, STATUS_NOMEM);
        legal_free(l);
    }
}

static void the_tables_in_the_program_are_the_files(void **state)
{
    struct fault fault = {0};
    struct legal *inside = legal_new(NULL, &fault);
    struct legal *outside = legal_new("classify/rules", &fault);

    (void)state;
    if (inside == NULL || outside == NULL)
        fail_msg("%s", fault.text);
    assert_int_equal(legal_count(inside), legal_count(outside));
    for (size_t i = 0; i < LEGAL_TABLES; i++) {
        const struct legal_table *a = &legal_tables(inside)[i], *b = &legal_tables(outside)[i];

        assert_string_equal(a->sha256, b->sha256);
        assert_string_equal(a->version, b->version);
        assert_true(a->rules > 0 && a->rules == b->rules);
    }
    legal_free(inside);
    legal_free(outside);
}

static void a_directory_without_tables_is_a_fault_that_names_the_file(void **state)
{
    struct fault fault = {0};

    (void)state;
    assert_null(legal_new("classify/nowhere", &fault));
    assert_int_equal(fault.status, STATUS_MISSING);
    assert_non_null(strstr(fault.text, "classify/nowhere/cn.json"));
}

/* A directory with the three tables; the first is given. */
static void make_directory(char path[], const char *cn)
{
    static const char *const names[] = {"cn.json", "eu.json", "us.json"};
    const char *const texts[] = {cn, empty_eu, empty_us};

    assert_non_null(mkdtemp(path));
    for (size_t i = 0; i < LEGAL_TABLES; i++) {
        char name[128];
        FILE *file;

        (void)snprintf(name, sizeof(name), "%s/%s", path, names[i]);
        file = fopen(name, "w");
        assert_non_null(file);
        assert_true(fputs(texts[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
}

static void remove_directory(const char *path)
{
    static const char *const names[] = {"cn.json", "eu.json", "us.json"};

    for (size_t i = 0; i < LEGAL_TABLES; i++) {
        char name[128];

        (void)snprintf(name, sizeof(name), "%s/%s", path, names[i]);
        (void)remove(name);
    }
    assert_int_equal(rmdir(path), 0);
}

static void a_directory_takes_the_place_of_the_tables(void **state)
{
    char path[] = "/tmp/test-legal-XXXXXX";
    struct fault fault = {0};
    const char *ids[TRACE_GROUNDS_MOST];
    struct legal *l;

    (void)state;
    make_directory(path, FILE_HEAD("cn") RULE_DATES("HOUSE-1", "\"2020-01-01\"", "null") "]}");
    l = legal_new(path, &fault);
    if (l == NULL)
        fail_msg("%s", fault.text);
    assert_int_equal(legal_count(l), 1);
    assert_string_equal(legal_tables(l)[0].version, "cn-1");
    assert_int_equal(legal_grounds(l, READING_BROAD, LEGAL_BIT(LEGAL_IDENTIFIER), false,
                             NS(S_2026_11_21), ids, TRACE_GROUNDS_MOST),
            1);
    assert_string_equal(ids[0], "HOUSE-1");
    assert_null(legal_find(l, "CN-PI-1"));
    legal_free(l);
    remove_directory(path);
}

static void faults_name_file_rule_and_cause(void **state)
{
    static const struct {
        const char *cn;
        const char *words[3];
    } rows[] = {
            {FILE_HEAD("cn") RULE("A") "," RULE_DATES("B-7", "\"2023-02-29\"", "null") "]}",
                    {"rule 2 (B-7)", "valid_from is not a date", NULL}},
            {FILE_HEAD("cn") "{\"id\":\"C\",\"statement\":{}}]}",
                    {"rule 1 (C)", "missing", "\"law\""}},
            {FILE_HEAD("cn") "{\"statement\":{}}]}", {"rule 1:", "missing", "\"id\""}},
            {FILE_HEAD("cn") "7]}", {"rule 1:", "not an object", NULL}},
            {FILE_HEAD("cn") "nonsense", {"cn.json: ", "not JSON at line 1", NULL}},
            {"{}", {"cn.json: ", "not of schema", "exhibit/rules/1"}},
            {FILE_HEAD("cn") RULE("A") "," RULE("A") "]}",
                    {"rule A is given twice", "cn.json", NULL}},
    };
    static const char good[] = FILE_HEAD("cn") RULE("A") "]}";
    static const char *const changed[][3] = {
            {"\"identifier\"", "\"telepathy\"", "\"telepathy\""},
            {"\"broad\"", "\"wide\"", "no such reading: \"wide\""},
            {"[\"identifier\"]", "\"identifier\"", "not a list of names: \"facts\""},
            {"[\"identifier\"],\"against\":[\"names-nobody\"]", "[],\"against\":[]",
                    "no fact is named"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[] = "/tmp/test-legal-XXXXXX";
        struct fault fault = {0};

        make_directory(path, rows[i].cn);
        assert_null(legal_new(path, &fault));
        assert_int_equal(fault.status, STATUS_INPUT);
        if (strstr(rows[i].words[0], "twice") == NULL)
            assert_non_null(strstr(fault.text, path));
        for (size_t k = 0; k < 3 && rows[i].words[k] != NULL; k++)
            if (strstr(fault.text, rows[i].words[k]) == NULL)
                fail_msg("\"%s\" is not in: %s", rows[i].words[k], fault.text);
        remove_directory(path);
    }
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        struct fault fault = {0};
        char text[sizeof(good) + 64];
        const char *at = strstr(good, changed[i][0]);

        assert_non_null(at);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, changed[i][1],
                at + strlen(changed[i][0]));
        assert_null(with_cn(bytes_text(text), &fault));
        if (strstr(fault.text, changed[i][2]) == NULL || strstr(fault.text, "(A)") == NULL)
            fail_msg("%s", fault.text);
    }
}

static void every_rule_is_complete(void **state)
{
    struct legal *l = legal_new(NULL, NULL);
    uint64_t named = 0;

    (void)state;
    assert_non_null(l);
    for (size_t i = 0; i < legal_count(l); i++) {
        const struct legal_rule *r = legal_rule_at(l, i);
        bool chinese = false;

        assert_true((r->facts | r->against) != 0);
        assert_true(r->article[0] != '\0' && strlen(r->statement_en) > 30);
        for (const char *c = r->statement_zh; *c != '\0'; c++)
            chinese = chinese || (unsigned char)*c >= 0xe4;
        if (!chinese)
            fail_msg("%s has no Chinese statement", r->id);
        /* What was not read in its own text is for a lawyer to check, or is well known. */
        assert_non_null(r->basis);
        named |= r->facts | r->against;
    }
    /* Every fact that can be observed is asked for by some rule. */
    for (unsigned f = 0; f < LEGAL_FACTS; f++)
        if ((named & LEGAL_BIT(f)) == 0)
            fail_msg("no rule asks for %s", legal_fact_name(f));
    legal_free(l);
}

static void covers_the_rules_of_the_evidence_model(void **state)
{
    static const char *const ids[] = {"CN-PI-1", "CN-PI-2", "CN-PI-3", "CN-PI-4", "CN-PI-5",
            "CN-PRIV", "CN-COND", "CN-SENS", "CN-SENS-STD", "CN-BASIS", "CN-CONS", "CN-NOTICE",
            "CN-XFER", "CN-ADM", "CN-SEP", "CN-XBORD", "CN-RIGHTS", "CN-PIA", "CN-LIAB",
            "CN-HOUSE", "CN-DEF", "CN-APP", "CN-TORT", "CN-STD", "CN-CASE-ZHUYE-1",
            "CN-CASE-ZHUYE-2", "EU-PD-1", "EU-PD-2", "EU-PD-3", "EU-PD-4", "EU-PD-5", "EU-TERM",
            "EU-CONS", "EU-ART9", "EU-JOINT", "EU-RECIP", "EU-ERASE", "EU-XFER", "EU-DAM",
            "EU-ABUSE", "EU-FUT", "US-CA-PI", "US-CA-UID", "US-CA-DEID", "US-CA-SHARE",
            "US-CA-REM", "US-VPPA", "US-CIPA", "US-ECPA", "CN-ERASE", "CN-WITHDRAW",
            "CN-MINORS", "CN-DEC-2012", "CN-MIIT-CONS", "CN-PRODUCE", "EU-FINGER", "EU-PROF",
            "EU-CHILD", "EU-OBJECT", "EU-SOURCE", "US-CA-SENS", "US-CA-DEL", "US-COPPA"};
    struct legal *l = legal_new(NULL, NULL);

    (void)state;
    assert_non_null(l);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const struct legal_rule *rule = legal_find(l, ids[i]);

        if (rule == NULL)
            fail_msg("%s is missing", ids[i]);
        else if (!legal_valid_at(rule, NS(S_2026_11_21)))
            fail_msg("%s does not hold on 2026-11-21", ids[i]);
    }
    assert_true(legal_find(l, "CN-PI-1")->from_ns == NS(S_2021_11_01));
    assert_true(legal_find(l, "CN-PI-3")->from_ns == NS(S_2013_09_01));
    legal_free(l);
}

static void says_nothing_about_guilt(void **state)
{
    static const char *const words[] = {
            "illegal", "unlawful", "infring", "violat", "\xe8\xbf\x9d\xe6\xb3\x95"};
    struct legal *l = legal_new(NULL, NULL);

    (void)state;
    assert_non_null(l);
    for (size_t i = 0; i < legal_count(l); i++) {
        const struct legal_rule *r = legal_rule_at(l, i);

        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
            if (strstr(r->statement_en, words[w]) != NULL || strstr(r->law, words[w]) != NULL ||
                    strstr(r->statement_zh, words[w]) != NULL)
                fail_msg("%s says \"%s\"", r->id, words[w]);
    }
    legal_free(l);
}

static void grounds_follow_reading_fact_and_time(void **state)
{
    struct legal *l = legal_new(NULL, NULL);
    const uint64_t identifier = LEGAL_BIT(LEGAL_IDENTIFIER);
    const uint64_t nobody = LEGAL_BIT(LEGAL_NAMES_NOBODY);
    const char *ids[TRACE_GROUNDS_MOST];
    size_t n;

    (void)state;
    assert_non_null(l);
    n = legal_grounds(l, READING_BROAD, identifier, false, NS(S_2026_11_21), ids, 16);
    assert_true(n >= 4);
    assert_string_equal(ids[0], "CN-PI-1");
    assert_string_equal(ids[1], "CN-PI-4");
    assert_string_equal(ids[2], "EU-PD-1");
    assert_int_equal(
            legal_grounds(l, READING_BROAD, identifier, false, NS(S_2026_11_21), ids, 2), 2);
    /* Before the PIPL, GB/T 35273 comes first. */
    n = legal_grounds(l, READING_BROAD, identifier, false, NS(S_2021_11_01) - 1, ids, 16);
    assert_true(n >= 1);
    assert_string_equal(ids[0], "CN-PI-4");
    assert_int_equal(
            legal_grounds(l, READING_BROAD, identifier, false, NS(S_2013_09_01), ids, 16), 0);
    n = legal_grounds(l, READING_ALONE, nobody, true, NS(S_2026_11_21), ids, 16);
    assert_int_equal(n, 2);
    assert_string_equal(ids[0], "CN-PI-2");
    assert_string_equal(ids[1], "CN-CASE-ZHUYE-2");
    assert_int_equal(
            legal_grounds(l, READING_BROAD, nobody, true, NS(S_2026_11_21), ids, 16), 0);
    legal_free(l);
}

static void every_fact_has_its_own_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LEGAL_FACTS; i++) {
        assert_true(legal_fact_name(i)[0] != '\0');
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(legal_fact_name(i), legal_fact_name(k));
    }
    assert_string_equal(legal_fact_name(LEGAL_FACTS), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(holds_from_its_first_day_to_the_end_of_its_last),
            cmocka_unit_test(refuses_what_is_not_a_rule_table),
            cmocka_unit_test(refuses_every_truncation),
            cmocka_unit_test(survives_every_failing_allocation),
            cmocka_unit_test(the_tables_in_the_program_are_the_files),
            cmocka_unit_test(a_directory_without_tables_is_a_fault_that_names_the_file),
            cmocka_unit_test(a_directory_takes_the_place_of_the_tables),
            cmocka_unit_test(faults_name_file_rule_and_cause),
            cmocka_unit_test(every_rule_is_complete),
            cmocka_unit_test(covers_the_rules_of_the_evidence_model),
            cmocka_unit_test(says_nothing_about_guilt),
            cmocka_unit_test(grounds_follow_reading_fact_and_time),
            cmocka_unit_test(every_fact_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
