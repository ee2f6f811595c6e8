/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "classify/judgement.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

#define PAGE "1 0 GET https://www.news.test/ 200 nav"
#define HIDDEN                                                                                 \
    "2 100 GET https://m.news.test/p 200 img | > Referer: https://www.news.test/"              \
    " | > Cookie: _pk_uid=35c6f0932724250d"
#define OPEN                                                                                   \
    "3 200 GET https://collect.statsly.test/c 200 img | > Referer: https://www.news.test/"     \
    " | > Cookie: sguid=16fd0cf5-3809-4d6a-ae77-6b8633565da4"

static struct evidence_world w;
static struct judgement j;
static struct lists *lists;
static struct parties *parties;
static struct legal *legal;

static int enter(void **state)
{
    (void)state;
    w = (struct evidence_world){0};
    j = (struct judgement){0};
    lists = lists_new();
    parties = parties_new();
    legal = legal_new(NULL, NULL);
    return lists == NULL || parties == NULL || legal == NULL;
}

static int leave(void **state)
{
    (void)state;
    judgement_clear(&j);
    world_clear(&w);
    legal_free(legal);
    parties_free(parties);
    lists_free(lists);
    return 0;
}

static void put(struct buf *out, const void *p, size_t n)
{
    assert_int_equal(buf_append(out, bytes_of(p, n)), STATUS_OK);
}

static void put_name(struct buf *out, const char *name)
{
    for (const char *end; *name != '\0'; name = *end == '.' ? end + 1 : end) {
        end = strchrnul(name, '.');
        assert_int_equal(buf_append_u8(out, (uint8_t)(end - name)), STATUS_OK);
        put(out, name, (size_t)(end - name));
    }
    assert_int_equal(buf_append_u8(out, 0), STATUS_OK);
}

enum { RECORD_CNAME = 5, RECORD_HTTPS = 65 };

/* An answer with one record, whose data end with a name; RFC 1035 section 4. */
static void answer(const struct lookup_origin *from, uint8_t id, const char *name, uint8_t type,
        struct bytes data, const char *of)
{
    const uint8_t head[] = {0, id, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
    const uint8_t question[] = {0, type == RECORD_CNAME ? 1 : type, 0, 1};
    const uint8_t record[] = {
            0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)(data.n + strlen(of) + 2)};
    struct buf out;

    if (w.e.lookups == NULL)
        w.e.lookups = lookups_new();
    assert_non_null(w.e.lookups);
    buf_init(&out, 600);
    put(&out, head, sizeof(head));
    put_name(&out, name);
    put(&out, question, sizeof(question));
    put(&out, record, sizeof(record));
    put(&out, data.p, data.n);
    put_name(&out, of);
    assert_int_equal(lookups_push(w.e.lookups, from, buf_view(&out)), STATUS_OK);
    buf_clear(&out);
}

/* An address was asked for; the answer has a CNAME record. */
static void alias(const char *name, const char *of)
{
    static const struct lookup_origin from = {
            .connection = 9, .carrier = "udp", .time_ns = 1, .frame = 7};

    answer(&from, 1, name, RECORD_CNAME, bytes_of(NULL, 0), of);
}

/* An HTTPS record: priority, target, no parameters; RFC 9460 section 2.2. */
static void service(const char *name, uint8_t priority, const char *of)
{
    static const struct lookup_origin from = {
            .connection = 9, .carrier = "doh", .time_ns = 2, .frame = 9};
    const uint8_t data[] = {0, priority};

    answer(&from, 2, name, RECORD_HTTPS, bytes_of(data, sizeof(data)), of);
}

/* What the world is found to hide, when judged with a list of these lines; NULL for nothing. */
static const struct finding *cloaking(const char *list)
{
    struct fault fault = {0};

    assert_int_equal(lists_add_text(lists, "l", bytes_text(list), &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    assert_int_equal(judgement_make(&w.e,
                             &(struct judgement_setup){.sites = w.sites,
                                     .lists = lists,
                                     .parties = parties,
                                     .legal = legal},
                             &j, &fault),
            STATUS_OK);
    for (size_t i = 0; i < j.finding_count; i++) {
        if (strcmp(j.findings[i]->kind, "cname-cloaking") == 0)
            return j.findings[i];
    }
    return NULL;
}

static void a_tracker_behind_a_name_of_the_page_is_named(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias("m.news.test", "news.cloak.statsly.test");
    f = cloaking("");
    assert_non_null(f);
    fact_is(f, "host", "m.news.test");
    fact_is(f, "canonical", "news.cloak.statsly.test");
    fact_is(f, "tracker_site", "statsly.test");
    fact_is_list(f, "known_by", "identifiers");
    fact_is(f, "dns_carrier", "udp");
    fact_is_list(f, "chain", "news.cloak.statsly.test");
    fact_is_list(f, "cookies", "_pk_uid");
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_int_equal(f->evidence_count, 1);
    assert_string_equal(f->statement_en, "m.news.test belongs to news.test by its name, but "
                                         "DNS answers that it is an alias of "
                                         "news.cloak.statsly.test, a name of statsly.test. On "
                                         "pages of news.test it was sent 1 "
                                         "cookie value.");
}

static void a_list_knows_the_name_behind(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN);
    alias("m.news.test", "news.cloak.statsly.test");
    f = cloaking("||statsly.test^\n");
    assert_non_null(f);
    fact_is_list(f, "known_by", "list");
    fact_is(f, "rule", "||statsly.test^");
}

static void the_table_of_owners_knows_it(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN);
    alias("m.news.test", "x.criteo.com");
    f = cloaking("");
    assert_non_null(f);
    fact_is_list(f, "known_by", "owner-table");
    assert_non_null(f->owner);
}

static void a_network_that_only_delivers_is_no_tracker(void **state)
{
    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias("m.news.test", "news.cdn.test");
    assert_null(cloaking(""));
}

static void a_host_that_is_given_nothing_hides_nothing(void **state)
{
    (void)state;
    WORLD_MAKE(&w, PAGE,
            "2 100 GET https://m.news.test/p 200 img | > Referer: https://www.news.test/",
            OPEN);
    alias("m.news.test", "news.cloak.statsly.test");
    assert_null(cloaking(""));
}

static void the_page_itself_may_be_hosted_anywhere(void **state)
{
    (void)state;
    WORLD_MAKE(&w, PAGE " | > Cookie: uid=35c6f0932724250d", OPEN);
    alias("www.news.test", "news.cloak.statsly.test");
    assert_null(cloaking(""));
}

static void an_alias_of_the_same_site_is_none(void **state)
{
    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias("m.news.test", "edge.news.test");
    assert_null(cloaking("||news.test^\n"));
}

static void a_way_that_two_answers_tell_is_followed(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias("m.cdn.test", "news.cloak.statsly.test");
    alias("m.news.test", "m.cdn.test");
    /* A ring ends nowhere. */
    alias("news.cloak.statsly.test", "m.news.test");
    f = cloaking("");
    assert_non_null(f);
    fact_is(f, "canonical", "news.cloak.statsly.test");
    fact_is_list(f, "chain", "m.cdn.test, news.cloak.statsly.test");
    fact_is(f, "dns_carrier", "udp");
}

static void a_service_record_leads_on_like_an_alias(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    service("m.news.test", 0, "alt.news.test");
    service("alt.news.test", 1, "news.cloak.statsly.test");
    f = cloaking("");
    assert_non_null(f);
    fact_is(f, "canonical", "news.cloak.statsly.test");
    fact_is_list(f, "chain", "alt.news.test, news.cloak.statsly.test");
    fact_is(f, "dns_carrier", "doh");
}

static void signs_of_tagging_on_the_server_are_facts(void **state)
{
    const struct finding *f;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN "; FPID=FPID2.1.8h2Jx", OPEN,
            "2 300 GET https://m.news.test/g/collect?v=2&tid=G-1A2B3C4D5E 204 img"
            " | > Referer: https://www.news.test/");
    alias("m.news.test", "news.cloak.statsly.test");
    f = cloaking("");
    assert_non_null(f);
    fact_is_list(f, "cookies", "_pk_uid, FPID");
    fact_is_list(f, "server_side_signs", "collect-path, tag-cookie");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_tracker_behind_a_name_of_the_page_is_named),
            TEST(a_list_knows_the_name_behind),
            TEST(the_table_of_owners_knows_it),
            TEST(a_network_that_only_delivers_is_no_tracker),
            TEST(a_host_that_is_given_nothing_hides_nothing),
            TEST(the_page_itself_may_be_hosted_anywhere),
            TEST(an_alias_of_the_same_site_is_none),
            TEST(a_way_that_two_answers_tell_is_followed),
            TEST(a_service_record_leads_on_like_an_alias),
            TEST(signs_of_tagging_on_the_server_are_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
