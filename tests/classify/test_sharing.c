/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/finding_part.h"
#include "classify/sharing.h"
#include "tests/classify/scored_world.h"
#include "tests/support/oom.h"

#define ID "cd86275c2d83d9230f2a60753b50a469"
#define NEAR (INT64_C(1767225600) * 1000000000) /* 2026-01-01 */

enum { MOST = 40, ARENA = 8 << 20 };

struct world {
    struct trace traces[MOST];
    struct trace *at[MOST];
    struct place places[MOST];
    size_t n;
    struct arena *arena;
    struct findings f;
};

static struct trace *add(struct world *w, enum carrier carrier, const char *name,
        const char *value, const char *site)
{
    struct trace *t = &w->traces[w->n];

    *t = (struct trace){.number = w->n + 1,
            .carrier = carrier,
            .name = bytes_text(name),
            .value = bytes_text(value),
            .decoded = bytes_text(value),
            .recipient = bytes_text(site),
            .recipient_site = bytes_text(site),
            .party = PARTY_THIRD,
            .class_ = carrier == CARRIER_COOKIE || carrier == CARRIER_SET_COOKIE
                              ? CLASS_BROWSER_IDENTIFIER
                              : CLASS_UNKNOWN,
            .set_by = ATTRIBUTION_NONE,
            .first_ns = NEAR,
            .count = 1,
            .places = &w->places[w->n],
            .place_count = 1};
    t->pages[0] = BYTES_LITERAL("news.test");
    t->page_count = 1;
    w->places[w->n].exchange = w->n;
    w->at[w->n] = t;
    w->n++;
    return t;
}

static void make(struct world *w)
{
    bool capped = false;

    w->arena = arena_new(ARENA);
    assert_non_null(w->arena);
    assert_int_equal(
            sharing_find(w->arena, NULL, NULL, w->at, w->n, &w->f, &capped), STATUS_OK);
    assert_false(capped);
    findings_order(&w->f);
}

static void an_identifier_sent_to_another_site_is_shared(void **state)
{
    struct world w = {0};
    struct trace *t = add(&w, CARRIER_COOKIE, "uid", ID, "ads.test");

    (void)state;
    t->verdicts[READING_BROAD] = VERDICT_IDENTIFIABLE;
    (void)add(&w, CARRIER_SET_COOKIE, "uid", ID, "ads.test");
    t = add(&w, CARRIER_QUERY, "puid", ID, "pixel.test");
    t->count = 2;
    (void)add(&w, CARRIER_REFERER, "referer", "https://ads.test/x?uid=" ID, "pixel.test");
    make(&w);
    assert_int_equal(w.f.n, 1);
    assert_string_equal(w.f.at[0]->kind, "identifier-sharing");
    assert_int_equal(w.f.at[0]->trace_count, 4);
    assert_int_equal(w.f.at[0]->evidence_count, 4);
    assert_int_equal(w.f.at[0]->verdicts[READING_BROAD], VERDICT_IDENTIFIABLE);
    fact_is(w.f.at[0], "name", "uid");
    fact_is(w.f.at[0], "value", ID);
    fact_is(w.f.at[0], "from_site", "ads.test");
    fact_is(w.f.at[0], "to_site", "pixel.test");
    assert_int_equal(fact_of(w.f.at[0], "encoding")->list_count, 0);
    assert_int_equal(fact_of(w.f.at[0], "times_sent")->number, 3);
    assert_null(fact_of(w.f.at[0], "part"));
    assert_string_equal(w.f.at[0]->statement_en,
            "pixel.test received the identifier that ads.test keeps in the cookie uid, " ID
            ", 3 times on pages of news.test.");
    assert_string_equal(w.f.at[0]->statement_zh,
            "在 news.test 的页面上，pixel.test 共 3 次收到 ads.test "
            "保存在 Cookie uid 中的标识符 " ID "。");
    arena_free(w.arena);
}

static void the_site_that_had_it_first_is_the_owner(void **state)
{
    struct world w = {0};

    (void)state;
    (void)add(&w, CARRIER_SET_COOKIE, "uid", ID, "ads.test");
    (void)add(&w, CARRIER_QUERY, "puid", ID, "pixel.test");
    (void)add(&w, CARRIER_SET_COOKIE, "puid", ID, "pixel.test");
    (void)add(&w, CARRIER_QUERY, "p", ID, "third.test");
    (void)add(&w, CARRIER_QUERY, "uid", ID, "ads.test");
    make(&w);
    assert_int_equal(w.f.n, 2);
    for (size_t i = 0; i < 2; i++)
        fact_is(w.f.at[i], "from_site", "ads.test");
    fact_is(w.f.at[0], "to_site", "pixel.test");
    fact_is(w.f.at[1], "to_site", "third.test");
    arena_free(w.arena);
}

static void a_part_of_a_first_party_cookie_goes_to_a_third_party(void **state)
{
    struct world w = {0};
    struct trace *t = add(&w, CARRIER_QUERY, "cid", "1391285404.1795294077", "stats.test");

    (void)state;
    t->class_ = CLASS_BROWSER_IDENTIFIER;
    t = add(&w, CARRIER_COOKIE, "_sa", "SA1.2.1391285404.1795294077", "news.test");
    t->party = PARTY_FIRST;
    t->class_ = CLASS_UNKNOWN;
    make(&w);
    assert_int_equal(w.f.n, 1);
    assert_string_equal(w.f.at[0]->kind, "first-party-cookie-exfiltration");
    fact_is(w.f.at[0], "name", "_sa");
    fact_is(w.f.at[0], "value", "SA1.2.1391285404.1795294077");
    fact_is(w.f.at[0], "part", "1391285404.1795294077");
    fact_is(w.f.at[0], "from_site", "news.test");
    fact_is(w.f.at[0], "to_site", "stats.test");
    assert_string_equal(w.f.at[0]->statement_en,
            "stats.test, a third party, received a part of the first-party cookie _sa of "
            "news.test, 1391285404.1795294077, 1 time on pages of news.test.");
    arena_free(w.arena);
}

/* Digests by coreutils, base64 by Python. */
static void disguises_are_seen_through_and_named(void **state)
{
    static const struct {
        const char *value, *encoding;
    } disguises[] = {
            {"Y2Q4NjI3NWMyZDgzZDkyMzBmMmE2MDc1M2I1MGE0Njk=", "base64"},
            {"6364383632373563326438336439323330663261363037353362353061343639", "hex"},
            {"6aade59466521aec645d68045bb827af", "md5"},
            {"6AADE59466521AEC645D68045BB827AF", "md5"},
            {"379ae8103a616c96dff62171e5a1523a05335994", "sha1"},
            {"87fc89bfc347675c2a8aeb2d4dfdabb7cca7e6ee119d17997b76cfdb0d038282", "sha256"},
            {"87FC89BFC347675C2A8AEB2D4DFDABB7CCA7E6EE119D17997B76CFDB0D038282", "sha256"},
            {"Y2Q4NjI3NWMyZDgzZDkyMzBmMmE2MDc1M2I1MGE0Njk", "base64"},
            {"6364383632373563326438336439323330663261363037353362353061343639", "hex"},
            {"aq3llGZSGuxkXWgEW7gnrw==", "base64, md5"},
            {"N5roEDphbJbf9iFx5aFSOgUzWZQ", "base64, sha1"},
            {"h/yJv8NHZ1wqiustTf2rt8yn5u4RnReZe3bP2w0DgoI=", "base64, sha256"},
            {"h_yJv8NHZ1wqiustTf2rt8yn5u4RnReZe3bP2w0DgoI", "base64, sha256"},
            {"zYYnXC2D2SMPKmB1O1CkaQ", "base64, hex"},
            {"CD86275C2D83D9230F2A60753B50A469", "hex-form"},
            {"cd86275c-2d83-d923-0f2a-60753b50a469", "hex-form"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(disguises) / sizeof(*disguises); i++) {
        struct world w = {0};

        (void)add(&w, CARRIER_COOKIE, "uid", ID, "ads.test");
        (void)add(&w, CARRIER_BODY, "h", disguises[i].value, "pixel.test");
        make(&w);
        assert_int_equal(w.f.n, 1);
        fact_is_list(w.f.at[0], "encoding", disguises[i].encoding);
        fact_is_list(w.f.at[0], "mechanism", "post");
        assert_int_equal(w.f.at[0]->grade, GRADE_DERIVED);
        assert_non_null(strstr(w.f.at[0]->statement_en, ", written as "));
        arena_free(w.arena);
    }
}

/* python3: base64(sha256("user-000036-x7Kq")); a form made its "+" a space, and it begins like a
 * path. */
static void base64_is_known_though_a_form_spoilt_it(void **state)
{
    struct world w = {0};
    struct trace *t;

    (void)state;
    (void)add(&w, CARRIER_COOKIE, "uid", "user-000036-x7Kq", "ads.test");
    t = add(&w, CARRIER_QUERY, "h", "/Jv17485y7+m1CVm3uSbhtIhfX2eSwYnQQCWT3TPJqc=", "a.test");
    t->decoded = BYTES_LITERAL("/Jv17485y7 m1CVm3uSbhtIhfX2eSwYnQQCWT3TPJqc=");
    (void)add(&w, CARRIER_BODY, "h", "/Jv17485y7+m1CVm3uSbhtIhfX2eSwYnQQCWT3TPJqc", "b.test");
    (void)add(&w, CARRIER_COOKIE, "short", "k3Jz9QwX2", "short.test");
    (void)add(&w, CARRIER_BODY, "h", "azNKejlRd1gy", "c.test");
    make(&w);
    assert_int_equal(w.f.n, 3);
    for (size_t i = 0; i < 3; i++)
        fact_is_list(w.f.at[i], "encoding",
                bytes_is(w.f.at[i]->recipient, "c.test") ? "base64" : "base64, sha256");
    arena_free(w.arena);
}

static void padding_left_out_is_no_disguise(void **state)
{
    struct world w = {0};

    (void)state;
    (void)add(&w, CARRIER_COOKIE, "dp", "pHt3RDRsujkszwUDyxZttA==", "ads.test");
    (void)add(&w, CARRIER_QUERY, "id", "pHt3RDRsujkszwUDyxZttA", "a.test");
    (void)add(&w, CARRIER_COOKIE, "dq", "Kq81WmBzZ0pQv5yN3tR7uA", "ads.test");
    (void)add(&w, CARRIER_QUERY, "id", "Kq81WmBzZ0pQv5yN3tR7uA==", "b.test");
    make(&w);
    assert_int_equal(w.f.n, 2);
    for (size_t i = 0; i < 2; i++) {
        fact_is_list(w.f.at[i], "encoding", "");
        fact_is(w.f.at[i], "kept_as", "cookie");
    }
    arena_free(w.arena);
}

static void a_short_value_needs_a_parameter_made_for_it(void **state)
{
    static const struct {
        const char *name, *value;
        size_t findings;
    } cases[] = {{"partner_uid", "193847562", 1}, {"n", "193847562", 0},
            {"partner_uid", "x.193847562", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct world w = {0};

        (void)add(&w, CARRIER_COOKIE, "uid", "193847562", "ads.test");
        (void)add(&w, CARRIER_QUERY, cases[i].name, cases[i].value, "pixel.test");
        make(&w);
        assert_int_equal(w.f.n, cases[i].findings);
        arena_free(w.arena);
    }
}

static void find(struct scored_world *w)
{
    bool capped = false;

    assert_int_equal(sharing_find(w->j.arena, &w->w.e, &w->j.attributions, w->j.traces,
                             w->j.trace_count, &w->f, &capped),
            STATUS_OK);
}

#define PAGE "1 0 GET https://www.news.test/ 200 nav"
#define NEWS " | > Referer: https://www.news.test/"

static void the_way_it_went_is_a_fact(void **state)
{
    static const struct {
        const char *first, *second, *mechanism;
    } ways[] = {
            {"2 100 GET https://ads.test/m 302 img" NEWS " | > Cookie: uid=" ID
             " | < Location: https://px.test/s?x=" ID,
                    "3 200 GET https://px.test/s?x=" ID " 200 img" NEWS, "redirect"},
            {"2 100 GET https://ads.test/m 200 img" NEWS " | > Cookie: uid=" ID,
                    "3 200 GET https://px.test/s?x=" ID " 200 img" NEWS, "script"},
            {"2 100 GET https://ads.test/m 200 img" NEWS " | > Cookie: uid=" ID,
                    "3 200 POST https://px.test/s?x=" ID " 200 fetch" NEWS, "post"},
            {"2 100 GET https://ads.test/m 200 frame" NEWS " | > Cookie: uid=" ID,
                    "3 200 GET https://px.test/s 200 img | > Referer: https://ads.test/m?u=" ID,
                    "referer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        struct scored_world w;

        SCORED_MAKE(&w, PAGE, ways[i].first, ways[i].second);
        find(&w);
        assert_int_equal(w.f.n, 1);
        fact_is_list(w.f.at[0], "mechanism", ways[i].mechanism);
        fact_is(w.f.at[0], "kept_as", "cookie");
        assert_int_equal(w.f.at[0]->grade, GRADE_OBSERVED);
        scored_clear(&w);
    }
}

/* No cookie holds these; the name makes each an identifier. */
static void what_no_cookie_holds_has_an_owner_too(void **state)
{
    static const struct {
        const char *first, *second, *from, *kept;
    } cases[] = {
            {"2 100 GET https://ads.test/new 200 fetch" NEWS
             " | < Content-Type: application/json | = {\"visitor_id\":\"" ID "\"}",
                    "3 200 GET https://px.test/s?visitor_id=" ID " 200 img" NEWS, "ads.test",
                    "response"},
            {"2 100 GET https://ads.test/m 302 img" NEWS
             " | < Location: https://px.test/s?visitor_id=" ID,
                    "3 200 GET https://px.test/s?visitor_id=" ID " 200 img" NEWS, "ads.test",
                    "redirect"},
            {"2 100 GET https://ads.test/m?visitor_id=" ID " 200 img" NEWS,
                    "3 200 GET https://px.test/s?visitor_id=" ID " 200 img" NEWS, "ads.test",
                    "sent"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scored_world w;

        SCORED_MAKE(&w, PAGE, cases[i].first, cases[i].second);
        find(&w);
        assert_int_equal(w.f.n, 1);
        assert_string_equal(w.f.at[0]->kind, "identifier-sharing");
        fact_is(w.f.at[0], "from_site", cases[i].from);
        fact_is(w.f.at[0], "to_site", "px.test");
        fact_is(w.f.at[0], "kept_as", cases[i].kept);
        fact_is(w.f.at[0], "value", ID);
        scored_clear(&w);
    }
}

static void what_pages_and_customers_are_called_is_no_identifier(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, "1 0 GET https://www.news.test/read/" ID " 200 nav",
            "2 100 GET https://ads.test/m 200 img" NEWS " | > Cookie: last_uid=" ID,
            "3 200 GET https://px.test/s?x=" ID " 200 img" NEWS,
            "4 300 GET https://one.test/s?site_id=0f1e2d3c4b5a69788796a5b4c3d2e1f0 200 "
            "img" NEWS,
            "5 400 GET https://two.test/s?site_id=0f1e2d3c4b5a69788796a5b4c3d2e1f0 200 "
            "img" NEWS,
            "4 500 GET https://one.test/s?tid=UA-1234567890-12 200 img" NEWS
            " | > Cookie: uid=UA-1234567890-12",
            "5 600 GET https://two.test/s?tid=UA-1234567890-12 200 img" NEWS);
    find(&w);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
}

static void a_cookie_that_holds_it_comes_before_all_else(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE, "2 100 GET https://ads.test/m?visitor_id=" ID " 200 img" NEWS,
            "3 200 GET https://px.test/s?visitor_id=" ID " 200 img" NEWS,
            "4 300 GET https://late.test/s 200 img" NEWS " | > Cookie: uid=" ID);
    find(&w);
    assert_int_equal(w.f.n, 2);
    for (size_t i = 0; i < 2; i++) {
        fact_is(w.f.at[i], "from_site", "late.test");
        fact_is(w.f.at[i], "kept_as", "cookie");
    }
    scored_clear(&w);
}

static void what_is_no_sharing_gives_no_finding(void **state)
{
    struct world w = {0};

    (void)state;
    /* Not known as an identifier on either side. */
    add(&w, CARRIER_COOKIE, "theme", "a7c1e2d3f4b5a697", "news.test")->class_ = CLASS_UNKNOWN;
    (void)add(&w, CARRIER_QUERY, "theme", "a7c1e2d3f4b5a697", "t.test");
    /* A preference, a credential. */
    add(&w, CARRIER_COOKIE, "p", "0123456789abcdef1", "news.test")->class_ = CLASS_PREFERENCE;
    (void)add(&w, CARRIER_QUERY, "p", "0123456789abcdef1", "t.test");
    add(&w, CARRIER_COOKIE, "auth", "fedcba9876543210f", "news.test")->masked = true;
    (void)add(&w, CARRIER_QUERY, "a", "fedcba9876543210f", "t.test");
    /* The same site; a cookie that another site has, too; too few bits; a substring. */
    (void)add(&w, CARRIER_COOKIE, "uid", ID, "ads.test");
    (void)add(&w, CARRIER_QUERY, "uid", ID, "ads.test");
    (void)add(&w, CARRIER_COOKIE, "uid", ID, "pixel.test");
    (void)add(&w, CARRIER_COOKIE, "n", "12345678", "ads.test");
    (void)add(&w, CARRIER_QUERY, "n", "12345678", "pixel.test");
    (void)add(&w, CARRIER_QUERY, "long", "00" ID "00", "pixel.test");
    make(&w);
    assert_int_equal(w.f.n, 0);
    arena_free(w.arena);
}

static void every_failed_allocation_is_told(void **state)
{
    struct world w = {0};
    enum status status;
    long at = 0;

    (void)state;
    (void)add(&w, CARRIER_COOKIE, "uid", ID, "ads.test");
    (void)add(&w, CARRIER_QUERY, "uid", ID, "pixel.test");
    do {
        bool capped = false;

        w.f = (struct findings){0};
        w.arena = arena_new(ARENA);
        assert_non_null(w.arena);
        oom_fail_at(++at);
        status = sharing_find(w.arena, NULL, NULL, w.at, w.n, &w.f, &capped);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        arena_free(w.arena);
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_identifier_sent_to_another_site_is_shared),
            cmocka_unit_test(the_site_that_had_it_first_is_the_owner),
            cmocka_unit_test(a_part_of_a_first_party_cookie_goes_to_a_third_party),
            cmocka_unit_test(disguises_are_seen_through_and_named),
            cmocka_unit_test(base64_is_known_though_a_form_spoilt_it),
            cmocka_unit_test(padding_left_out_is_no_disguise),
            cmocka_unit_test(a_short_value_needs_a_parameter_made_for_it),
            cmocka_unit_test(the_way_it_went_is_a_fact),
            cmocka_unit_test(what_no_cookie_holds_has_an_owner_too),
            cmocka_unit_test(what_pages_and_customers_are_called_is_no_identifier),
            cmocka_unit_test(a_cookie_that_holds_it_comes_before_all_else),
            cmocka_unit_test(what_is_no_sharing_gives_no_finding),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
