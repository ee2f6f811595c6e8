/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "classify/variant.h"
#include "classify/variant_code.h"
#include "tests/support/oom.h"

struct made {
    struct arena *arena;
    struct subject_value value;
    struct variants v;
};

static void make(struct made *m, enum subject_kind kind, const char *text)
{
    const struct subject subject = {&m->value, 1};

    *m = (struct made){.arena = arena_new(4 << 20)};
    assert_non_null(m->arena);
    m->value = (struct subject_value){
            .kind = kind, .number = 1, .text = bytes_text(text), .label = bytes_text("x")};
    assert_int_equal(variants_make(m->arena, &subject, &m->v), STATUS_OK);
}

static const struct variant *find(const struct made *m, const char *text, const char *charset)
{
    for (size_t i = 0; i < m->v.n; i++) {
        if (bytes_is(m->v.at[i].text, text) && strcmp(m->v.at[i].charset, charset) == 0)
            return &m->v.at[i];
    }
    return NULL;
}

/* "ph" plain and hashed, "k" needs a key, "~" partial, "l" loose; "" not there at all. */
static void is(const struct made *m, const char *text, const char *want)
{
    const struct variant *v = find(m, text, "utf-8");
    char got[8] = "";

    if (v != NULL)
        (void)snprintf(got, sizeof(got), "%s%s%s%s%s", v->plain ? "p" : "",
                v->hashed ? "h" : "", v->needs_key ? "k" : "", v->partial ? "~" : "",
                v->bounded ? "" : "l");
    if (strcmp(got, want) != 0)
        fail_msg("%s is \"%s\", not \"%s\"", text, got, want);
}

#define CHECK(kind, text, ...)                                                                 \
    do {                                                                                       \
        static const char *const wants[][2] = {__VA_ARGS__};                                   \
        struct made made_;                                                                     \
                                                                                               \
        make(&made_, kind, text);                                                              \
        for (size_t i_ = 0; i_ < sizeof(wants) / sizeof(*wants); i_++)                         \
            is(&made_, wants[i_][0], wants[i_][1]);                                            \
        arena_free(made_.arena);                                                               \
    } while (0)

static void a_chinese_mobile_number_has_all_its_forms(void **state)
{
    static const char *const written[] = {"13812345678", "+86 138 1234 5678",
            "0086-13812345678", "86 13812345678", "１３８１２３４５６７８",
            "(+86) 138-1234-5678"};

    (void)state;
    for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++)
        CHECK(SUBJECT_PHONE, written[i], {"13812345678", "ph"}, {"+8613812345678", "ph"},
                {"8613812345678", "ph"}, {"008613812345678", "ph"}, {"+86-13812345678", "p"},
                {"138-1234-5678", "ph"}, {"138 1234 5678", "ph"}, {"+86-138-1234-5678", "p"},
                {"138****5678", "p~"}, {"86138****5678", "p~"}, {"138 **** 5678", "p~"});
}

static void numbers_abroad_are_no_chinese_ones(void **state)
{
    (void)state;
    CHECK(SUBJECT_PHONE, "+1 (381) 234-5678", {"+13812345678", "ph"}, {"13812345678", "ph"},
            {"3812345678", "ph"}, {"(381) 234-5678", "p"}, {"381-234-5678", "p"},
            {"+8613812345678", ""}, {"138****5678", ""});
    CHECK(SUBJECT_PHONE, "0044 20 7946 0958", {"+442079460958", "ph"}, {"02079460958", "ph"},
            {"2079460958", "ph"});
    CHECK(SUBJECT_PHONE, "+358 40 1234567", {"401234567", "ph"});
    CHECK(SUBJECT_PHONE, "010-12345678", {"01012345678", "ph"}, {"+861012345678", "ph"});
    CHECK(SUBJECT_PHONE, "12345", {"12345", "phk"});
    CHECK(SUBJECT_PHONE, "call me", {"call me", "ph"}, {"", ""});
}

static void an_email_address_is_lower_case_and_without_googles_marks(void **state)
{
    (void)state;
    CHECK(SUBJECT_EMAIL, "Wang.Yu+Shop@Gmail.com", {"Wang.Yu+Shop@Gmail.com", "ph"},
            {"wang.yu+shop@gmail.com", "h"}, {"WANG.YU+SHOP@GMAIL.COM", "h"},
            {"wangyu@gmail.com", "ph"}, {"wang.yu@gmail.com", "ph"}, {"wang.yu+shop", "pk~"},
            {"wang.yu", "pk~"});
    CHECK(SUBJECT_EMAIL, "w.y@b.test", {"w.y@b.test", "ph"}, {"wy@b.test", ""}, {"w.y", "pk~"});
    CHECK(SUBJECT_EMAIL, "not an address", {"not an address", "ph"});
}

static void a_name_in_han_is_also_in_gbk_and_under_a_key_in_pinyin(void **state)
{
    struct made m;

    (void)state;
    CHECK(SUBJECT_NAME, "王小明", {"王小明", "ph"}, {"wang xiaoming", "phk"},
            {"wangxiaoming", "phk"}, {"wang xiao ming", "phk"}, {"xiaoming wang", "phk"},
            {"Wang Xiaoming", "hk"}, {"Xiaoming Wang", "hk"}, {"wxm", "pk~"}, {"xmw", "pk~"},
            {"wangxm", "pk~"}, {"王*明", "pk~"}, {"王**", "pk~"}, {"王", "hk~"},
            {"wang", "hk~"}, {"wangyu", ""});
    CHECK(SUBJECT_NAME, "王语", {"王语", "ph"}, {"wang yu", "phk"}, {"wy", ""}, {"王*", "pk~"});
    CHECK(SUBJECT_NAME, "欧阳娜娜", {"欧阳娜娜", "phl"}, {"ouyang nana", "phk"},
            {"欧阳", "hk~"});
    CHECK(SUBJECT_NAME, "吕布", {"lu bu", "phk"}, {"lyu bu", "phk"}, {"lv bu", "phk"});
    CHECK(SUBJECT_NAME, "曾小贤", {"zeng xiaoxian", "phk"});
    CHECK(SUBJECT_NAME, "买买提·吐尔逊", {"买买提吐尔逊", "ph"}, {"买买提·吐尔逊", "phl"},
            {"maimaitituerxun", "phk"});
    make(&m, SUBJECT_NAME, "王语");
    assert_non_null(find(&m, "\xcd\xf5\xd3\xef", "gbk"));
    arena_free(m.arena);
}

static void a_latin_name_has_both_orders(void **state)
{
    (void)state;
    CHECK(SUBJECT_NAME, "Wang Yu", {"Wang Yu", "ph"}, {"wang yu", "h"}, {"Yu Wang", "ph"},
            {"yu wang", "h"}, {"WangYu", "phk"}, {"Yu, Wang", ""}, {"Wang, Yu", "p"},
            {"wang", "hk~"}, {"yu", "hk~"});
    CHECK(SUBJECT_NAME, "Anna Maria Berg", {"Berg Anna Maria", "ph"}, {"Maria Berg Anna", "ph"},
            {"anna", "hk~"}, {"berg", "hk~"});
    CHECK(SUBJECT_NAME, "Xi", {"Xi", "hk"});
}

/* Vectors of GB 11643-1999 and of its amendments. */
static void identity_numbers_prove_themselves(void **state)
{
    (void)state;
    assert_true(code_is_identity(bytes_text("11010519491231002X")));
    assert_true(code_is_identity(bytes_text("11010519491231002x")));
    assert_true(code_is_identity(bytes_text("440524188001010014")));
    assert_false(code_is_identity(bytes_text("110105194912310021")));
    assert_false(code_is_identity(bytes_text("11010519491231002")));
    assert_false(code_is_identity(bytes_text("110105194902290026"))); /* no leap year */
    assert_false(code_is_identity(bytes_text("1101051949123100２X")));
    CHECK(SUBJECT_ID_NUMBER, "11010519491231002x", {"11010519491231002x", "ph"},
            {"11010519491231002X", "h"}, {"110105491231002", "ph"},
            {"110105********002x", "p~"}, {"110105 19491231 002X", ""},
            {"110105 19491231 002x", "p"}, {"002x", "pk~"}, {"1****************x", "pk~"});
    CHECK(SUBJECT_ID_NUMBER, "E12345678", {"E12345678", "ph"}, {"e12345678", "h"});
}

static void cards_devices_and_plates_are_told_by_their_shape(void **state)
{
    struct made m;

    (void)state;
    assert_true(code_luhn(bytes_text("490154203237518")));
    assert_false(code_luhn(bytes_text("490154203237519")));
    assert_false(code_luhn(bytes_text("")));
    CHECK(SUBJECT_OTHER, "6222 0212 3456 7894", {"6222021234567894", "ph"},
            {"6222 0212 3456 7894", "ph"}, {"6222-0212-3456-7894", "p"}, {"7894", "pk~"},
            {"6222 **** **** 7894", "p~"}, {"622202******7894", "p~"});
    CHECK(SUBJECT_OTHER, "6222021234567891", {"6222021234567891", "ph"}, {"7891", ""});
    CHECK(SUBJECT_DEVICE, "490154203237518", {"490154203237518", "ph"},
            {"49015420323751", "ph"}, {"49-015420-323751-8", "p"});
    CHECK(SUBJECT_DEVICE, "A0B1C2D3E4F567", {"a0b1c2d3e4f567", "h"});
    CHECK(SUBJECT_DEVICE, "AA:bb:CC:dd:EE:0f", {"aa:bb:cc:dd:ee:0f", "h"},
            {"AA:BB:CC:DD:EE:0F", "h"}, {"aabbccddee0f", "ph"}, {"AABBCCDDEE0F", "h"},
            {"aa-bb-cc-dd-ee-0f", "ph"}, {"aabb.ccdd.ee0f", "p"});
    CHECK(SUBJECT_DEVICE, "38400000-8CF0-11BD-B23E-10B96E40000D",
            {"384000008CF011BDB23E10B96E40000D", "ph"},
            {"384000008cf011bdb23e10b96e40000d", "h"},
            {"38400000-8cf0-11bd-b23e-10b96e40000d", "h"});
    assert_true(code_is_plate(bytes_text("京A12345")));
    assert_true(code_is_plate(bytes_text("沪AD12345")));
    assert_false(code_is_plate(bytes_text("京A1234")));
    assert_false(code_is_plate(bytes_text("王A12345")));
    CHECK(SUBJECT_OTHER, "京a·12345", {"京A12345", "ph"}, {"京A·12345", "h"},
            {"京A 12345", "ph"});
    CHECK(SUBJECT_OTHER, "13812345678", {"+8613812345678", "ph"});
    CHECK(SUBJECT_ACCOUNT, "wy7", {"wy7", "phk"});
    make(&m, SUBJECT_OTHER, "京A12345");
    assert_non_null(find(&m,
            "\xbe\xa9"
            "A12345",
            "gbk"));
    arena_free(m.arena);
}

static void an_address_is_looked_for_by_its_longest_parts(void **state)
{
    (void)state;
    CHECK(SUBJECT_ADDRESS, "江苏省南京市鼓楼区中山北路东方大厦100号1201室",
            {"江苏省南京市鼓楼区中山北路东方大厦100号1201室", "phl"},
            {"中山北路东方大厦100号1201室", "p~l"}, {"中山北路东方大厦100号", "p~l"},
            {"江苏省南京市鼓楼区中山北路", "p~l"}, {"江苏省南京市鼓楼区", ""},
            {"南京市鼓楼区", ""}, {"中山北路", ""});
    CHECK(SUBJECT_ADDRESS, "上海市 浦东新区，世纪大道100号",
            {"上海市浦东新区世纪大道100号", "phl"}, {"世纪大道100号", ""},
            {"浦东新区世纪大道100号", "p~l"});
    CHECK(SUBJECT_ADDRESS, "1 Main St, Springfield", {"1 Main St Springfield", "ph"});
}

static void a_search_term_is_in_three_charsets(void **state)
{
    struct made m;

    (void)state;
    CHECK(SUBJECT_SEARCH, "减肥", {"减肥", "phl"});
    CHECK(SUBJECT_SEARCH, "癌", {"癌", "phk"});
    CHECK(SUBJECT_SEARCH, "人工 流产", {"人工 流产", "phl"});
    CHECK(SUBJECT_SEARCH, "weight loss", {"weight loss", "ph"});
    CHECK(SUBJECT_SEARCH, "cat", {"cat", "phk"});
    make(&m, SUBJECT_SEARCH, "减肥");
    assert_non_null(find(&m, "\xbc\xf5\xb7\xca", "gbk"));
    assert_non_null(find(&m, "\xcf\x51\xa5\x80", "utf-16le"));
    assert_int_equal(m.v.n, 3);
    arena_free(m.arena);
}

static const struct subject_value many[] = {
        {.kind = SUBJECT_NAME, .text = {(const uint8_t *)"欧阳吕绿", 12}},
        {.kind = SUBJECT_NAME, .text = {(const uint8_t *)"Anna Maria Louise Berg", 22}},
        {.kind = SUBJECT_EMAIL, .text = {(const uint8_t *)"a.b+c@gmail.com", 15}},
        {.kind = SUBJECT_PHONE, .text = {(const uint8_t *)"13812345678", 11}},
        {.kind = SUBJECT_LOCATION, .text = {(const uint8_t *)"1,2", 3}},
        {.kind = SUBJECT_DEVICE, .text = {(const uint8_t *)"aabbccddeeff", 12}},
        {.kind = SUBJECT_ID_NUMBER, .text = {(const uint8_t *)"11010519491231002X", 18}},
};
enum { MANY = sizeof(many) / sizeof(*many) };

static void each_text_stands_once_for_a_value_and_none_is_lost_to_the_cap(void **state)
{
    struct subject_value values[MANY];
    const struct subject subject = {values, MANY};
    struct arena *arena = arena_new(4 << 20);
    size_t of[MANY] = {0};
    struct variants v = {0};

    (void)state;
    memcpy(values, many, sizeof(many));
    assert_int_equal(variants_make(arena, &subject, &v), STATUS_OK);
    for (size_t i = 0; i < v.n; i++) {
        of[v.at[i].value]++;
        assert_true(v.at[i].plain || v.at[i].hashed);
        assert_true(i == 0 || v.at[i - 1].value <= v.at[i].value);
        for (size_t k = i + 1; k < v.n && v.at[k].value == v.at[i].value; k++) {
            assert_false(strcmp(v.at[k].charset, v.at[i].charset) == 0 &&
                         bytes_equal(v.at[k].text, v.at[i].text));
            assert_false(v.at[k].plain && v.at[i].plain &&
                         strcmp(v.at[k].charset, v.at[i].charset) == 0 &&
                         bytes_equal_nocase(v.at[k].text, v.at[i].text));
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_true(of[i] < VARIANTS_OF_ONE_MOST);
        assert_int_equal(of[i] == 0, many[i].kind == SUBJECT_LOCATION);
    }
    arena_free(arena);
}

static void every_failed_allocation_is_said(void **state)
{
    struct subject_value values[MANY];
    const struct subject subject = {values + 1, MANY - 1};

    (void)state;
    memcpy(values, many, sizeof(many));
    for (long n = 1;; n++) {
        struct variants v = {0};
        struct arena *arena;
        enum status status;

        oom_fail_at(n);
        arena = arena_new(4 << 20);
        status = arena == NULL ? STATUS_NOMEM : variants_make(arena, &subject, &v);
        if (oom_happened()) {
            assert_int_equal(status, STATUS_NOMEM);
            assert_null(v.at);
        }
        arena_free(arena);
        if (!oom_happened()) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
    }
    oom_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_chinese_mobile_number_has_all_its_forms),
            cmocka_unit_test(numbers_abroad_are_no_chinese_ones),
            cmocka_unit_test(an_email_address_is_lower_case_and_without_googles_marks),
            cmocka_unit_test(a_name_in_han_is_also_in_gbk_and_under_a_key_in_pinyin),
            cmocka_unit_test(a_latin_name_has_both_orders),
            cmocka_unit_test(identity_numbers_prove_themselves),
            cmocka_unit_test(cards_devices_and_plates_are_told_by_their_shape),
            cmocka_unit_test(an_address_is_looked_for_by_its_longest_parts),
            cmocka_unit_test(a_search_term_is_in_three_charsets),
            cmocka_unit_test(each_text_stands_once_for_a_value_and_none_is_lost_to_the_cap),
            cmocka_unit_test(every_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
