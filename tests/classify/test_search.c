/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "tests/classify/search_world.h"
#include "tests/support/oom.h"

#define JIANFEI "\xe5\x87\x8f\xe8\x82\xa5"

/* All hits, a line each, in their order. */
static void assert_hits(const struct search_world *s, const char *want)
{
    static char got[8192];
    size_t n = 0;

    got[0] = '\0';
    for (size_t i = 0; i < s->hits.n; i++)
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%zu: %s\n",
                s->hits.at[i].place.exchange, search_world_text(s, &s->hits.at[i]));
    assert_string_equal(got, want);
}

static void without_values_nothing_is_read(void **state)
{
    struct search_world s;

    (void)state;
    search_world_begin(&s);
    (void)search_world_exchange(&s, "/p?a=1");
    search_world_run(&s);
    assert_true(s.hits.n == 0 && !s.hits.capped && s.hits.at == NULL);
    search_world_end(&s);
}

/* The bytes cited are those that say the value, as they travelled. */
static void places_are_exact(void **state)
{
    struct search_world s;
    struct exchange *x;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_EMAIL, "zhang.san@example.com");
    search_world_value(&s, SUBJECT_PHONE, "13812345678")->bounded = true;
    x = search_world_exchange(&s,
            "/u/zhang.san@example.com/x?m=Zhang.San%40example.com&m2=a%2Bzhang"
            "%252Esan%2540example.com%3B&p=%2B86%2013812345678");
    search_world_header(x, false, ":path", "/u/zhang.san@example.com");
    search_world_header(x, false, "Cookie", "a=1; tel=MTM4MTIzNDU2Nzg=; b=2");
    search_world_header(x, false, "Authorization", "Basic emhhbmcuc2FuQGV4YW1wbGUuY29tOnB3");
    search_world_header(x, true, "ETag", "\"13812345678\"");
    search_world_body(x, false, "application/json",
            BYTES_LITERAL("{\"a\":{\"mail\":\"zhang.san\\u0040example.com\"}}"));
    search_world_run(&s);
    assert_hits(&s, "0: body 'zhang.san\\u0040example.com' json key=mail\n"
                    "0: cookie 'MTM4MTIzNDU2Nzg=' base64 key=tel\n"
                    "0: header 'emhhbmcuc2FuQGV4YW1wbGUuY29tOnB3' base64 key=Authorization\n"
                    "0: path 'zhang.san@example.com'\n"
                    "0: query 'Zhang.San%40example.com' percent key=m\n"
                    "0: query 'zhang%252Esan%2540example.com' percent,percent key=m2\n"
                    "0: query '13812345678' percent key=p\n"
                    "0: etag '13812345678' key=ETag\n");
    assert_string_equal(s.hits.at[1].place.part, "request.headers.1");
    assert_true(s.hits.at[7].response && !s.hits.at[6].response);
    search_world_end(&s);
}

static void numbers_and_words_must_stand_alone(void **state)
{
    struct search_world s;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678")->bounded = true;
    search_world_value(&s, SUBJECT_ACCOUNT, "wangyu88")->bounded = true;
    search_world_value(&s, SUBJECT_NAME, "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e")->bounded =
            true;
    (void)search_world_exchange(
            &s, "/p?a=013812345678&b=138123456789&c=x13812345678y&d=13812345678");
    (void)search_world_exchange(&s, "/p?a=xwangyu88&b=wangyu889&c=_WANGYU88.");
    (void)search_world_exchange(
            &s, "/p?a=%E7%8E%8B%E5%B0%8F%E6%98%8E%E7%8E%8B&b=%E7%8E%8B%E5%B0%8F%E6%98%8E");
    search_world_run(&s);
    assert_hits(&s, "0: query '13812345678' key=c\n0: query '13812345678' key=d\n"
                    "1: query 'WANGYU88' key=c\n"
                    "2: query '%E7%8E%8B%E5%B0%8F%E6%98%8E' percent key=b\n");
    search_world_end(&s);
}

static void short_forms_count_under_a_name_that_says_what_they_are(void **state)
{
    struct search_world s;
    struct exchange *x;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_NAME, "\xe7\x8e\x8b\xe8\xaf\xad")->needs_key = true;
    search_world_value(&s, SUBJECT_SEARCH, JIANFEI)->needs_key = true;
    search_world_value(&s, SUBJECT_OTHER, "abc12")->needs_key = true;
    s.values[2].label = BYTES_LITERAL("staff");
    (void)search_world_exchange(&s, "/p?name=%E7%8E%8B%E8%AF%AD&k=%E7%8E%8B%E8%AF%AD");
    (void)search_world_exchange(
            &s, "/p?wd=" JIANFEI "a&x=a" JIANFEI "&y=" JIANFEI "&staff=abc12&z=abc12");
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "application/json",
            BYTES_LITERAL("{\"d\":\"eyJ4bSI6IueOi+ivrSJ9\",\"realName\":\"546L6K+t\"}"));
    x = search_world_exchange(&s, "/");
    search_world_body(x, true, "text/html",
            BYTES_LITERAL("<b>" JIANFEI "\xe8\x8c\xb6</b>\xe8\x8c\xb6" JIANFEI "\xe8\x8c\xb6"));
    search_world_run(&s);
    assert_hits(&s, "0: query '%E7%8E%8B%E8%AF%AD' percent key=name\n"
                    "1: query '" JIANFEI "' key=wd\n1: query '" JIANFEI "' key=y\n"
                    "1: query 'abc12' key=staff\n"
                    "2: body 'eyJ4bSI6IueOi+ivrSJ9' base64 key=xm\n"
                    "2: body '546L6K+t' base64 key=realName\n"
                    "3: body '" JIANFEI "' key=b\n");
    search_world_end(&s);
}

static void spaces_may_be_plus_signs(void **state)
{
    struct search_world s;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_ADDRESS, "12 Nanjing Road");
    (void)search_world_exchange(&s, "/p?a=12+Nanjing+Road&b=12%20Nanjing%20road");
    search_world_run(&s);
    assert_hits(&s, "0: query '12+Nanjing+Road' percent key=a\n"
                    "0: query '12%20Nanjing%20road' percent key=b\n");
    search_world_end(&s);
}

/* The bytes of GBK begin characters at even places, and are no UTF-8. */
static void gbk_is_found_where_its_characters_are(void **state)
{
    struct search_world s;
    struct exchange *x;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_NAME, "none");
    search_world_form(&s, 0, BYTES_LITERAL("\xcd\xf5\xd0\xa1\xc3\x41"), "gbk");
    x = search_world_exchange(
            &s, "/p?a=%CD%F5%D0%A1%C3%41&b=%CD%F5%D0%A1%C3%61&c=%B0%CD%F5%D0%A1%C3%41");
    search_world_body(x, false, "", BYTES_LITERAL("x\xb0\xb0\xcd\xf5\xd0\xa1\xc3\x41y"));
    search_world_run(&s);
    assert_hits(&s, "0: body '\xcd\xf5\xd0\xa1\xc3\x41'\n0: query '%CD%F5%D0%A1%C3%41' percent "
                    "key=a\n");
    assert_string_equal(s.hits.at[0].charset, "gbk");
    search_world_end(&s);
}

static void of_forms_in_each_other_the_longest_is_told(void **state)
{
    struct search_world s;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    search_world_form(&s, 0, BYTES_LITERAL("8613812345678"), "utf-8");
    search_world_form(&s, 0, BYTES_LITERAL("+8613812345678"), "utf-8");
    (void)search_world_exchange(
            &s, "/p?a=+8613812345678&b=8613812345678&c=KzgxKzg2MTM4MTIzNDU2Nzg=");
    search_world_run(&s);
    assert_hits(&s, "0: query '+8613812345678' key=a\n0: query '8613812345678' key=b\n"
                    "0: query 'KzgxKzg2MTM4MTIzNDU2Nzg=' base64 key=c\n");
    assert_int_equal(s.hits.at[2].variant->text.n, 14);
    search_world_end(&s);
}

static void digests_are_whole_tokens(void **state)
{
    struct search_world s;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_OTHER, "abc")->plain = false;
    /* RFC 1321: MD5 of "abc". */
    (void)search_world_exchange(&s,
            "/p?a=900150983cd24fb0d6963f7d28e17f72&b=0900150983cd24fb0d6963f"
            "7d28e17f72&c=x_900150983CD24FB0D6963F7D28E17F72.x");
    search_world_run(&s);
    assert_hits(&s, "0: query '900150983cd24fb0d6963f7d28e17f72' md5 key=a\n"
                    "0: query '900150983CD24FB0D6963F7D28E17F72' md5 key=c\n");
    search_world_end(&s);
}

static void digests_are_found_as_bytes_of_a_field(void **state)
{
    struct search_world s;
    struct exchange *x;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_OTHER, "abc")->plain = false;
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "application/x-protobuf",
            BYTES_LITERAL(
                    "\x0a\x02hi\x12\x10\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28"
                    "\xe1\x7f\x72"));
    search_world_run(&s);
    assert_int_equal(s.hits.n, 1);
    assert_true(s.hits.at[0].place.off == 6 && s.hits.at[0].place.len == 16);
    assert_string_equal(s.hits.at[0].digests[0], "md5");
    assert_true(bytes_is(s.hits.at[0].key, "2"));
    search_world_end(&s);
}

/* A mobile number as an integer is no text on the wire. */
static void numbers_of_binary_fields_are_read(void **state)
{
    struct search_world s;
    struct exchange *x;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678")->bounded = true;
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "application/x-protobuf",
            BYTES_LITERAL("\x0a\x05hello\x10\xce\xd6\x9e\xba\x33"));
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "application/msgpack",
            BYTES_LITERAL("\x81\xa3tel\xcf\x00\x00\x00\x03\x37\x47\xab\x4e"));
    search_world_run(&s);
    assert_int_equal(s.hits.n, 2);
    assert_true(s.hits.at[0].place.off == 8 && s.hits.at[0].place.len == 5);
    assert_true(bytes_is(s.hits.at[1].key, "tel") && s.hits.at[1].place.off == 5);
    search_world_end(&s);
}

static void assert_location(const char *path, const char *datum, double metres, double within)
{
    struct search_world s;

    search_world_begin(&s);
    search_world_location(&s, 31.1774276, 121.5272106);
    (void)search_world_exchange(&s, path);
    search_world_run(&s);
    if ((s.hits.n == 1) != (datum != NULL))
        fail_msg("%s: %zu hits", path, s.hits.n);
    if (s.hits.n == 1) {
        assert_string_equal(s.hits.at[0].datum, datum);
        if (s.hits.at[0].metres < metres - within || s.hits.at[0].metres > metres + within)
            fail_msg("%s: %f m", path, s.hits.at[0].metres);
        assert_null(s.hits.at[0].variant);
    }
    search_world_end(&s);
}

static void places_are_found_in_three_datums(void **state)
{
    (void)state;
    assert_location("/p?lat=31.1774276&lng=121.5272106", "wgs-84", 0, 0.1);
    assert_location("/p?p=121.5272106,31.1774276", "wgs-84", 0, 0.1);
    assert_location("/p?p=31.177428%2C121.527211", "wgs-84", 0, 0.2);
    assert_location("/p?y=31.175304&x=121.531542", "gcj-02", 0, 0.2);
    assert_location("/p?a=31.1812&b=121.5382", "bd-09", 30, 60);
    assert_location("/p?lat=31.1780&lng=121.5272", "wgs-84", 63, 3);
    assert_location("/p?lat=31.18&lng=121.53", "wgs-84", 391, 3);
    assert_location("/p?a=31.18&z=abcdefghijkl&b=121.53", NULL, 0, 0); /* coarse, no names */
    assert_location("/p?lat=31.1774276", NULL, 0, 0);
    assert_location("/p?lat=31.19&lng=121.5272106", NULL, 0, 0);
    assert_location("/p?lat=31&lng=121", NULL, 0, 0);
    assert_location("/p?v=1.31.1774276.1&w=121.5272106", NULL, 0, 0);
    assert_location("/p?d=eyJsYXQiOjMxLjE3NzQyNzYsImxvbiI6MTIxLjUyNzIxMDZ9", "wgs-84", 0, 0.1);
}

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void random_bytes_hold_nothing(void **state)
{
    enum { SIZE = 5 << 20 };
    static const char alphabet[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *text = malloc(SIZE);
    struct search_world s;
    uint64_t seed = 88172645463325252;

    (void)state;
    assert_non_null(text);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678")->bounded = true;
    search_world_value(&s, SUBJECT_EMAIL, "zhang.san@example.com");
    search_world_value(&s, SUBJECT_SEARCH, JIANFEI)->needs_key = true;
    search_world_form(&s, 2, BYTES_LITERAL("\xbc\xf5\xb7\xca"), "gbk")->needs_key = true;
    search_world_value(&s, SUBJECT_ACCOUNT, "wang88");
    search_world_location(&s, 31.2304, 121.4737);
    for (int way = 0; way < 2; way++) {
        for (size_t i = 0; i < SIZE; i++)
            text[i] = way == 0 ? (uint8_t)draw(&seed) : (uint8_t)alphabet[draw(&seed) >> 58];
        search_world_body(search_world_exchange(&s, "/"), way != 0, "", bytes_of(text, SIZE));
    }
    search_world_run(&s);
    assert_hits(&s, "");
    search_world_end(&s);
    free(text);
}

/* What a sender may make to keep the search busy: each of these took one pass, or is cut. */
static void hostile_bodies_are_searched_in_bounded_time(void **state)
{
    enum { SIZE = 2 << 20 };
    static const char *const pieces[] = {"%25", "\\u005c", "&#38;", "a=1&", "MTM4",
            "1381234567", "H4sIAAAA", "\\\\", "%u0025", "eyJhIjoxfQ.", "{\"a\":[", "31.2304,",
            "deadbeef", "/A+"};
    struct search_world s;
    uint8_t *text = malloc(SIZE);
    clock_t start = clock();

    (void)state;
    assert_non_null(text);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678")->bounded = true;
    search_world_value(&s, SUBJECT_OTHER, "aaaaaaaaaaaaaaaaaaaaaaaab");
    search_world_location(&s, 31.2304, 121.4737);
    for (size_t k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
        size_t n = strlen(pieces[k]);

        for (size_t i = 0; i < SIZE; i++)
            text[i] = (uint8_t)pieces[k][i % n];
        search_world_body(search_world_exchange(&s, "/"), k % 2 != 0, "", bytes_of(text, SIZE));
    }
    search_world_run(&s);
    assert_hits(&s, "");
    /* 28 MB under sanitizers on a slow machine. */
    assert_true((clock() - start) / CLOCKS_PER_SEC < 120);
    search_world_end(&s);
    free(text);
}

static void a_value_that_repeats_is_told_so_many_times(void **state)
{
    enum { SIZE = 1 << 20 };
    struct search_world s;
    uint8_t *text = malloc(SIZE);

    (void)state;
    assert_non_null(text);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (uint8_t) "13812345678,"[i % 12];
    search_world_body(search_world_exchange(&s, "/"), false, "", bytes_of(text, SIZE));
    search_world_run(&s);
    assert_int_equal(s.hits.n, 64);
    for (size_t i = 0; i < s.hits.n; i++)
        assert_int_equal(s.hits.at[i].place.off, 12 * i);
    search_world_end(&s);
    free(text);
}

/* How zlib begins 3 MiB of zeros, in base64; with "A" for ever it gives zeros for ever. */
static void bombs_are_cut_and_that_is_said(void **state)
{
    struct search_world s;
    char path[9000] = "/p?z=eJztwTEBAAAAwqD1T20ND6";
    size_t n = strlen(path);

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    memset(path + n, 'A', 8002);
    memcpy(path + n + 8002, "&tel=13812345678", 17);
    (void)search_world_exchange(&s, path);
    search_world_run(&s);
    assert_true(s.hits.capped);
    assert_hits(&s, "0: query '13812345678' key=tel\n");
    search_world_end(&s);
}

static void what_nothing_explains_is_counted(void **state)
{
    struct search_world s;
    uint8_t noise[400];
    uint64_t seed = 12345;
    struct exchange *x;

    (void)state;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)draw(&seed);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "application/octet-stream", bytes_of(noise, sizeof(noise)));
    x = search_world_exchange(&s, "/");
    search_world_body(x, true, "application/octet-stream", bytes_of(noise, sizeof(noise)));
    x = search_world_exchange(&s, "/");
    search_world_body(x, false, "text/plain", BYTES_LITERAL("words and {\"json\":1}"));
    search_world_run(&s);
    assert_int_equal(s.hits.opaque, 1);
    search_world_end(&s);
}

/* Eight digits are met by chance in 3 MB of them, so that they need a name there. */
static void what_chance_would_find_needs_a_name(void **state)
{
    enum { SIZE = 3 << 20 };
    uint8_t *text = malloc(SIZE);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', SIZE);
    for (int much = 0; much < 2; much++) {
        struct search_world s;

        search_world_begin(&s);
        search_world_value(&s, SUBJECT_ACCOUNT, "10482937")->bounded = true;
        (void)search_world_exchange(&s, "/p?x=10482937&uid=10482937");
        if (much)
            search_world_body(search_world_exchange(&s, "/"), true, "", bytes_of(text, SIZE));
        search_world_run(&s);
        assert_hits(&s, much ? "0: query '10482937' key=uid\n"
                             : "0: query '10482937' key=x\n0: query '10482937' key=uid\n");
        search_world_end(&s);
    }
    free(text);
}

/* A script that many pages load is read once; one with a hit is told each time. */
static void the_same_answer_again_gives_the_same(void **state)
{
    enum { SIZE = 8000 };
    struct search_world s;
    uint8_t text[2][SIZE];

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text[1] + 100, "13812345678", 11);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    for (size_t i = 0; i < 4; i++) {
        struct exchange *x = search_world_exchange(&s, "/");

        search_world_body(x, true, "", bytes_of(text[i / 2], SIZE));
        x->response.body.sha256[0] = (uint8_t)(1 + i / 2);
        search_world_header(x, false, "X-A", i / 2 == 0 ? "nothing" : "13812345678");
        search_world_header(x, true, "X-A", i / 2 == 0 ? "13812345678" : "nothing");
    }
    search_world_run(&s);
    assert_hits(&s, "0: header '13812345678' key=X-A\n1: header '13812345678' key=X-A\n"
                    "2: header '13812345678' key=X-A\n2: body '13812345678'\n"
                    "3: header '13812345678' key=X-A\n3: body '13812345678'\n");
    search_world_end(&s);
}

static void the_nodes_of_an_exchange_are_capped(void **state)
{
    enum { MANY = 6000, EACH = 40 };
    struct search_world s;
    char *text = malloc(MANY * EACH + 1);
    size_t n = 0;

    (void)state;
    assert_non_null(text);
    /* Each is base64 of a text of its own. */
    for (unsigned i = 0; i < MANY; i++)
        n += (size_t)snprintf(text + n, EACH, "dGhpcyBpcyB0ZXh0%c%c%c%cIGFuZCBtb3Jl,",
                'a' + i % 26, 'B', 'A' + i / 26 % 26, 'a' + i / 676 % 26);
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_PHONE, "13812345678");
    search_world_body(search_world_exchange(&s, "/"), false, "", bytes_of(text, n));
    (void)search_world_exchange(&s, "/p?tel=MTM4MTIzNDU2Nzg");
    search_world_run(&s);
    assert_true(s.hits.capped);
    assert_hits(
            &s, "1: query 'MTM4MTIzNDU2Nzg' base64 key=tel\n"); /* caps are of one exchange */
    search_world_end(&s);
    free(text);
}

static void every_allocation_may_fail(void **state)
{
    struct search_world s;
    struct exchange *x;
    long nth = 1;

    (void)state;
    search_world_begin(&s);
    search_world_value(&s, SUBJECT_EMAIL, "zhang.san@example.com");
    search_world_location(&s, 31.2304, 121.4737);
    x = search_world_exchange(&s, "/p?m=zhang.san%40example.com&l=31.2304,121.4737");
    search_world_header(x, false, "Cookie",
            "a=H4sIAAAAAAACA6tWSi1LzStRslJQKstMLVfSAdIgTlVGYl66"
            "XnFinkNqRWJuQU6qXnJ+rlItAKNH+jgvAAAA");
    search_world_body(x, false, "application/msgpack",
            BYTES_LITERAL("\x81\xa3tel\xa3"
                          "abc"));
    assert_int_equal(evidence_seal(&s.e), STATUS_OK);
    for (;; nth++) {
        struct arena *arena = arena_new((size_t)64 << 20);
        struct hits hits = {0};
        enum status status;
        bool happened;

        assert_non_null(arena);
        oom_fail_at(nth);
        status = search_evidence(arena, &s.e, NULL, &s.subject, &s.variants, &hits);
        happened = oom_happened();
        oom_fail_at(0);
        /* A decompressor without memory is a cap. */
        assert_true(status == STATUS_OK || (status == STATUS_NOMEM && happened));
        assert_true(status != STATUS_OK || hits.n == 3 || (happened && hits.capped));
        assert_true(status == STATUS_OK || hits.n == 0);
        arena_free(arena);
        if (!happened)
            break;
    }
    assert_true(nth > 40);
    s.arena = NULL;
    search_world_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(without_values_nothing_is_read),
            cmocka_unit_test(places_are_exact),
            cmocka_unit_test(numbers_and_words_must_stand_alone),
            cmocka_unit_test(short_forms_count_under_a_name_that_says_what_they_are),
            cmocka_unit_test(spaces_may_be_plus_signs),
            cmocka_unit_test(gbk_is_found_where_its_characters_are),
            cmocka_unit_test(of_forms_in_each_other_the_longest_is_told),
            cmocka_unit_test(digests_are_whole_tokens),
            cmocka_unit_test(digests_are_found_as_bytes_of_a_field),
            cmocka_unit_test(numbers_of_binary_fields_are_read),
            cmocka_unit_test(places_are_found_in_three_datums),
            cmocka_unit_test(random_bytes_hold_nothing),
            cmocka_unit_test(hostile_bodies_are_searched_in_bounded_time),
            cmocka_unit_test(a_value_that_repeats_is_told_so_many_times),
            cmocka_unit_test(bombs_are_cut_and_that_is_said),
            cmocka_unit_test(what_nothing_explains_is_counted),
            cmocka_unit_test(what_chance_would_find_needs_a_name),
            cmocka_unit_test(the_same_answer_again_gives_the_same),
            cmocka_unit_test(the_nodes_of_an_exchange_are_capped),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
