/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/sensitive.h"
#include "classify/sensitive_words.h"
#include "tests/support/oom.h"

static struct trace judged(struct arena *arena, enum trace_class class_, const char *value)
{
    struct trace t = {.class_ = class_, .name = BYTES_LITERAL("q")};
    struct trace *list[] = {&t};

    t.value = t.decoded = bytes_text(value);
    assert_int_equal(sensitive_mark(arena, list, 1), STATUS_OK);
    assert_non_null(t.sensitive.en);
    assert_non_null(t.sensitive.zh);
    assert_true((t.sensitive.result == SENSITIVE_YES) == (t.sensitive.category != NULL));
    return t;
}

static bool has(const struct trace *t, const char *fact)
{
    for (size_t i = 0; i < t->fact_count; i++)
        if (strcmp(t->facts[i], fact) == 0)
            return true;
    return false;
}

static void words_of_each_class_decide(void **state)
{
    static const struct {
        const char *value, *category;
    } rows[] = {
            {"减肥", "health"},
            {"如何快速减肥药", "health"},
            {"weight loss tips", "health"},
            {"Weight-Loss", "health"},
            {"HIV", "health"},
            {"https://clinic.test/hiv-test?x=1", "health"},
            {"cancers", "health"},
            {"清真寺 地址", "religion"},
            {"https://news.test/topics/buddhism/", "religion"},
            {"同性恋交友", "sexuality"},
            {"gay dating near me", "sexuality"},
            {"信用卡逾期", "finance"},
            {"payday loans", "finance"},
            {"幼儿园入学", "minors"},
            {"elementary school", "minors"},
            {"行踪轨迹查询", "location"},
            {"hotel_reservation", "location"},
            {"政治面貌", "politics"},
            {"trade+union", "politics"},
            {"人脸识别登录", "biometric"},
            {"facial recognition", "biometric"},
            {"残疾证办理", "specific-identity"},
            {"asylum seekers", "specific-identity"},
    };
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct trace t = judged(arena, CLASS_SEARCH, rows[i].value);

        if (t.sensitive.result != SENSITIVE_YES)
            fail_msg("\"%s\" is not sensitive", rows[i].value);
        assert_string_equal(t.sensitive.category, rows[i].category);
        assert_true(has(&t, "U10"));
        assert_non_null(strstr(t.sensitive.en, "2026-11"));
        assert_non_null(strstr(t.sensitive.en, "not of the person"));
    }
    arena_free(arena);
}

static void words_are_found_under_escapes(void **state)
{
    static const char *const values[] = {"%E5%87%8F%E8%82%A5", "%e5%87%8f%e8%82%a5",
            "%25E5%2587%258F%25E8%2582%25A5",
            "https%3A%2F%2Fs.test%2Fs%3Fwd%3D%25E5%2587%258F%25E8%2582%25A5", "%u51CF%u80A5",
            "{\"q\":\"\\u51cf\\u80a5\"}", "weight%20loss", "weight%2Bloss"};
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        struct trace t = judged(arena, CLASS_CONTENT, values[i]);

        if (t.sensitive.result != SENSITIVE_YES)
            fail_msg("\"%s\" is not sensitive", values[i]);
        assert_string_equal(t.sensitive.category, "health");
    }
    arena_free(arena);
}

static void neither_parts_of_words_nor_chance_decide(void **state)
{
    static const char *const values[] = {"仿佛教我", "今日人流量统计", "改变性格", "个性爱好",
            "男同学聚会", "gayatri", "hospitality", "cancerian", "debtor", "weight of a loss",
            "weight=loss", "weight   loss", "clinical", "sticky header", "aloan", "性", "佛"};
    struct arena *arena = arena_new(1 << 20);
    struct trace t;

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        t = judged(arena, CLASS_SEARCH, values[i]);
        if (t.sensitive.result == SENSITIVE_YES)
            fail_msg("\"%s\": %s", values[i], t.sensitive.en);
        assert_false(has(&t, "U10"));
    }
    /* Three letters between the separators of a random value. */
    t = judged(arena, CLASS_UNKNOWN, "k9Zx81Qq_HIV_02fbQz7");
    assert_int_equal(t.sensitive.result, SENSITIVE_UNDETERMINED);
    t = judged(arena, CLASS_UNKNOWN, "xx/gAy/yy");
    assert_int_not_equal(t.sensitive.result, SENSITIVE_YES);
    arena_free(arena);
}

static void no_is_said_only_of_what_can_be_read(void **state)
{
    static const struct {
        enum trace_class class_;
        const char *value;
        enum sensitive_result result;
    } rows[] = {
            {CLASS_SEARCH, "football results", SENSITIVE_NO},
            {CLASS_SEARCH, "天气预报 上海", SENSITIVE_NO},
            {CLASS_CONTENT, "https://news.test/sport/today.html", SENSITIVE_NO},
            {CLASS_CONTENT, "https://news.test/a/8f3b21c09d77e1aa", SENSITIVE_UNDETERMINED},
            {CLASS_SEARCH, "wetter schön", SENSITIVE_UNDETERMINED},
            {CLASS_SEARCH, "погода", SENSITIVE_UNDETERMINED},
            {CLASS_SEARCH, "\xbc\xf5\xb7\xca", SENSITIVE_UNDETERMINED},
            {CLASS_UNKNOWN, "7", SENSITIVE_UNDETERMINED},
            {CLASS_UNKNOWN, "a1b2", SENSITIVE_UNDETERMINED},
            {CLASS_TECHNICAL, "1920x1080", SENSITIVE_NO},
            {CLASS_TECHNICAL, "1", SENSITIVE_NO},
            {CLASS_TECHNICAL, "9f86d081884c7d659a2feaa0c55ad015", SENSITIVE_UNDETERMINED},
            {CLASS_PREFERENCE, "zh-CN", SENSITIVE_NO},
            {CLASS_BROWSER_IDENTIFIER, "a1b2c3d4e5f60718", SENSITIVE_UNDETERMINED},
            {CLASS_SESSION, "plain words", SENSITIVE_UNDETERMINED},
            {CLASS_CREDENTIAL, "hospital", SENSITIVE_UNDETERMINED},
            {CLASS_DIRECT, "wang@example.test", SENSITIVE_NO},
            {CLASS_DIRECT, "wang@hiv-clinic.test", SENSITIVE_YES},
            {CLASS_LOCATION, "31.2304,121.4737", SENSITIVE_YES},
            {CLASS_LOCATION, "Shanghai", SENSITIVE_NO},
            {CLASS_UNKNOWN, "11010519491231002X", SENSITIVE_YES},
            {CLASS_UNKNOWN, "440524188001010014", SENSITIVE_YES},
            {CLASS_UNKNOWN, "440524188001010015", SENSITIVE_UNDETERMINED},
            {CLASS_UNKNOWN, "", SENSITIVE_UNDETERMINED},
    };
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct trace t = judged(arena, rows[i].class_, rows[i].value);

        if (t.sensitive.result != rows[i].result)
            fail_msg("\"%s\": %d, %s", rows[i].value, (int)t.sensitive.result, t.sensitive.en);
    }
    arena_free(arena);
}

static void a_name_that_tells_is_never_no(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct trace t = {.class_ = CLASS_TECHNICAL, .name = BYTES_LITERAL("is_pregnant")};
    struct trace *list[] = {&t};

    (void)state;
    t.value = t.decoded = BYTES_LITERAL("1");
    assert_int_equal(sensitive_mark(arena, list, 1), STATUS_OK);
    assert_int_equal(t.sensitive.result, SENSITIVE_UNDETERMINED);
    assert_non_null(strstr(t.sensitive.en, "health"));
    assert_false(has(&t, "U10"));
    arena_free(arena);
}

static void the_kind_of_a_declared_value_decides(void **state)
{
    static const struct {
        enum subject_kind kind;
        const char *label;
        enum sensitive_result result;
        const char *category;
    } rows[] = {
            {SUBJECT_NAME, "name", SENSITIVE_NO, NULL},
            {SUBJECT_EMAIL, "email", SENSITIVE_NO, NULL},
            {SUBJECT_PHONE, "phone", SENSITIVE_NO, NULL},
            {SUBJECT_ID_NUMBER, "id_number", SENSITIVE_YES, "specific-identity"},
            {SUBJECT_ADDRESS, "address", SENSITIVE_UNDETERMINED, NULL},
            {SUBJECT_ACCOUNT, "account", SENSITIVE_NO, NULL},
            {SUBJECT_SEARCH, "search", SENSITIVE_YES, "health"},
            {SUBJECT_DEVICE, "device", SENSITIVE_NO, NULL},
            {SUBJECT_LOCATION, "location", SENSITIVE_YES, "location"},
            {SUBJECT_OTHER, "My credit card", SENSITIVE_YES, "finance"},
            {SUBJECT_OTHER, "银行卡号", SENSITIVE_YES, "finance"},
            {SUBJECT_OTHER, "plate", SENSITIVE_UNDETERMINED, NULL},
    };
    struct arena *arena = arena_new(1 << 20);
    struct subject_value values[sizeof(rows) / sizeof(*rows)];
    struct subject subject = {values, sizeof(rows) / sizeof(*rows)};

    (void)state;
    for (size_t i = 0; i < subject.n; i++) {
        struct hit hit = {.value = i};
        struct trace t = {.class_ = CLASS_DIRECT, .declared = &hit};
        struct trace *list[] = {&t};

        values[i] = (struct subject_value){
                .kind = rows[i].kind, .label = bytes_text(rows[i].label)};
        t.decoded = BYTES_LITERAL("5f4dcc3b5aa765d61d8327deb882cf99");
        if (rows[i].kind == SUBJECT_SEARCH) {
            t.class_ = CLASS_SEARCH;
            t.decoded = BYTES_LITERAL("隆胸");
        }
        if (rows[i].kind == SUBJECT_OTHER)
            t.class_ = CLASS_UNKNOWN;
        assert_int_equal(sensitive_mark(arena, list, 1), STATUS_OK);
        sensitive_mark_declared(&subject, list, 1);
        if (t.sensitive.result != rows[i].result)
            fail_msg("%s: %d, %s", rows[i].label, (int)t.sensitive.result, t.sensitive.en);
        if (rows[i].category != NULL)
            assert_string_equal(t.sensitive.category, rows[i].category);
        hit.value = subject.n;
        sensitive_mark_declared(&subject, list, 1);
        sensitive_mark_declared(NULL, list, 1);
    }
    arena_free(arena);
}

static void the_dictionaries_are_sound(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct sensitive_words *w = sensitive_words_new(arena);
    size_t n = 0;

    (void)state;
    assert_non_null(w);
    for (size_t i = 0; i < sensitive_list_count; i++) {
        struct bytes rest = bytes_text(sensitive_lists[i].words), one;

        while (rest.n != 0) {
            const struct sensitive_word *found;

            if (!bytes_take_until(&rest, '|', &one)) {
                one = rest;
                rest.n = 0;
            }
            n++;
            assert_true(bytes_is_utf8(one));
            if (sensitive_lists[i].chinese) {
                assert_true(one.n >= 6 && one.n % 3 == 0);
            } else {
                assert_true(one.n >= 3);
                for (size_t k = 0; k < one.n; k++)
                    assert_true(one.p[k] == ' ' || (ascii_is_alnum(one.p[k]) &&
                                                           ascii_lower(one.p[k]) == one.p[k]));
            }
            found = sensitive_words_find(w, one);
            if (sensitive_lists[i].class_ == SENSITIVE_BLOCK) {
                if (found != NULL)
                    fail_msg("%.*s is not blocked", (int)one.n, (const char *)one.p);
                continue;
            }
            if (found == NULL)
                fail_msg("%.*s is not found", (int)one.n, (const char *)one.p);
            else if (found->class_ != sensitive_lists[i].class_)
                fail_msg("%.*s is in two classes", (int)one.n, (const char *)one.p);
        }
    }
    assert_int_equal(n, sensitive_words_count(w));
    assert_true(n > 500);
    assert_string_equal(sensitive_version(), "2026-11");
    arena_free(arena);
}

static void survives_every_failing_allocation(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        struct arena *arena = arena_new(1 << 20);
        struct trace t = {.class_ = CLASS_SEARCH, .decoded = BYTES_LITERAL("减肥")};
        struct trace *list[] = {&t};
        enum status status;

        oom_fail_at(n);
        status = sensitive_mark(arena, list, 1);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(words_of_each_class_decide),
            cmocka_unit_test(words_are_found_under_escapes),
            cmocka_unit_test(neither_parts_of_words_nor_chance_decide),
            cmocka_unit_test(no_is_said_only_of_what_can_be_read),
            cmocka_unit_test(a_name_that_tells_is_never_no),
            cmocka_unit_test(the_kind_of_a_declared_value_decides),
            cmocka_unit_test(the_dictionaries_are_sound),
            cmocka_unit_test(survives_every_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
