/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "classify/judgement.h"
#include "tests/classify/evidence_world.h"

#define PAGE "1 0 GET https://www.news.test/ 200 nav"
#define HIDDEN                                                                                 \
    "2 100 GET https://m.news.test/p 200 img | > Referer: https://www.news.test/"              \
    " | > Cookie: _pk_uid=35c6f0932724250d"
#define OPEN                                                                                   \
    "3 200 GET https://collect.statsly.test/c 200 img | > Referer: https://www.news.test/"     \
    " | > Cookie: sguid=16fd0cf5-3809-4d6a-ae77-6b8633565da4"

static void put_name(struct buf *out, const char *name)
{
    for (const char *end; *name != '\0'; name = *end == '.' ? end + 1 : end) {
        end = strchrnul(name, '.');
        assert_int_equal(buf_append_u8(out, (uint8_t)(end - name)), STATUS_OK);
        assert_int_equal(buf_append(out, bytes_of(name, (size_t)(end - name))), STATUS_OK);
    }
    assert_int_equal(buf_append_u8(out, 0), STATUS_OK);
}

/* An answer with one CNAME record, RFC 1035 section 4. */
static void alias(struct evidence_world *w, const char *name, const char *of)
{
    static const uint8_t head[] = {0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
    static const uint8_t question[] = {0, 1, 0, 1};
    static const uint8_t record[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0};
    const struct lookup_origin from = {
            .connection = 9, .carrier = "udp", .time_ns = 1, .frame = 7};
    struct buf out;

    if (w->e.lookups == NULL)
        w->e.lookups = lookups_new();
    assert_non_null(w->e.lookups);
    buf_init(&out, 600);
    assert_int_equal(buf_append(&out, bytes_of(head, sizeof(head))), STATUS_OK);
    put_name(&out, name);
    assert_int_equal(buf_append(&out, bytes_of(question, sizeof(question))), STATUS_OK);
    assert_int_equal(buf_append(&out, bytes_of(record, sizeof(record))), STATUS_OK);
    assert_int_equal(buf_append_u8(&out, (uint8_t)(strlen(of) + 2)), STATUS_OK);
    put_name(&out, of);
    assert_int_equal(lookups_push(w->e.lookups, &from, buf_view(&out)), STATUS_OK);
    buf_clear(&out);
}

/* An answer with one HTTPS record: priority, target, no parameters; RFC 9460 section 2.2. */
static void service(
        struct evidence_world *w, const char *name, uint8_t priority, const char *of)
{
    static const uint8_t head[] = {0, 2, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
    static const uint8_t question[] = {0, 65, 0, 1};
    static const uint8_t record[] = {0xc0, 12, 0, 65, 0, 1, 0, 0, 0, 60, 0};
    const struct lookup_origin from = {
            .connection = 9, .carrier = "doh", .time_ns = 2, .frame = 9};
    struct buf out;

    if (w->e.lookups == NULL)
        w->e.lookups = lookups_new();
    assert_non_null(w->e.lookups);
    buf_init(&out, 600);
    assert_int_equal(buf_append(&out, bytes_of(head, sizeof(head))), STATUS_OK);
    put_name(&out, name);
    assert_int_equal(buf_append(&out, bytes_of(question, sizeof(question))), STATUS_OK);
    assert_int_equal(buf_append(&out, bytes_of(record, sizeof(record))), STATUS_OK);
    assert_int_equal(buf_append_u8(&out, (uint8_t)(strlen(of) + 4)), STATUS_OK);
    assert_int_equal(buf_append_u8(&out, 0), STATUS_OK);
    assert_int_equal(buf_append_u8(&out, priority), STATUS_OK);
    put_name(&out, of);
    assert_int_equal(lookups_push(w->e.lookups, &from, buf_view(&out)), STATUS_OK);
    buf_clear(&out);
}

static const struct finding *cloaking(const struct judgement *j)
{
    for (size_t i = 0; i < j->finding_count; i++) {
        if (strcmp(j->findings[i]->kind, "cname-cloaking") == 0)
            return j->findings[i];
    }
    return NULL;
}

static void judge(struct evidence_world *w, const char *list, struct judgement *j,
        void (*check)(const struct finding *))
{
    struct lists *lists = lists_new();
    struct parties *parties = parties_new();
    struct fault fault = {0};
    struct legal *legal = legal_new(NULL, &fault);

    assert_true(lists != NULL && parties != NULL && legal != NULL);
    assert_int_equal(lists_add_text(lists, "l", bytes_text(list), &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    assert_int_equal(judgement_make(&w->e,
                             &(struct judgement_setup){.sites = w->sites,
                                     .lists = lists,
                                     .parties = parties,
                                     .legal = legal},
                             j, &fault),
            STATUS_OK);
    check(cloaking(j));
    judgement_clear(j);
    world_clear(w);
    legal_free(legal);
    parties_free(parties);
    lists_free(lists);
}

static void has_text(const struct finding *f, const char *name, const char *text)
{
    for (size_t i = 0; i < f->fact_count; i++) {
        if (strcmp(f->facts[i].name, name) != 0)
            continue;
        if (f->facts[i].kind == FACT_LIST) {
            char got[512] = "";

            for (size_t k = 0; k < f->facts[i].list_count; k++) {
                size_t n = strlen(got);

                (void)snprintf(got + n, sizeof(got) - n, "%s%.*s", k == 0 ? "" : ", ",
                        (int)f->facts[i].list[k].n, (const char *)f->facts[i].list[k].p);
            }
            assert_string_equal(got, text);
        } else {
            assert_true(bytes_is(f->facts[i].text, text));
        }
        return;
    }
    fail_msg("no fact %s", name);
}

static void is_none(const struct finding *f)
{
    assert_null(f);
}

static void is_known_by_itself(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "host", "m.news.test");
    has_text(f, "canonical", "news.cloak.statsly.test");
    has_text(f, "tracker_site", "statsly.test");
    has_text(f, "known_by", "identifiers");
    has_text(f, "dns_carrier", "udp");
    has_text(f, "chain", "news.cloak.statsly.test");
    has_text(f, "cookies", "_pk_uid");
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_int_equal(f->evidence_count, 1);
    assert_string_equal(f->statement_en, "m.news.test belongs to news.test by its name, but "
                                         "DNS answers that it is an alias of "
                                         "news.cloak.statsly.test, a name of statsly.test. On "
                                         "pages of news.test it was sent 1 "
                                         "cookie value.");
}

static void a_tracker_behind_a_name_of_the_page_is_named(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias(&w, "m.news.test", "news.cloak.statsly.test");
    judge(&w, "", &j, is_known_by_itself);
}

static void is_known_by_a_list(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "known_by", "list");
    has_text(f, "rule", "||statsly.test^");
}

static void a_list_knows_the_name_behind(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN);
    alias(&w, "m.news.test", "news.cloak.statsly.test");
    judge(&w, "||statsly.test^\n", &j, is_known_by_a_list);
}

static void is_known_by_the_table(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "known_by", "owner-table");
    assert_non_null(f->owner);
}

static void the_table_of_owners_knows_it(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN);
    alias(&w, "m.news.test", "x.criteo.com");
    judge(&w, "", &j, is_known_by_the_table);
}

static void a_network_that_only_delivers_is_no_tracker(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias(&w, "m.news.test", "news.cdn.test");
    judge(&w, "", &j, is_none);
}

static void a_host_that_is_given_nothing_hides_nothing(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE,
            "2 100 GET https://m.news.test/p 200 img | > Referer: https://www.news.test/",
            OPEN);
    alias(&w, "m.news.test", "news.cloak.statsly.test");
    judge(&w, "", &j, is_none);
}

static void the_page_itself_may_be_hosted_anywhere(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE " | > Cookie: uid=35c6f0932724250d", OPEN);
    alias(&w, "www.news.test", "news.cloak.statsly.test");
    judge(&w, "", &j, is_none);
}

static void an_alias_of_the_same_site_is_none(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias(&w, "m.news.test", "edge.news.test");
    judge(&w, "||news.test^\n", &j, is_none);
}

static void is_known_behind_another(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "canonical", "news.cloak.statsly.test");
    has_text(f, "chain", "m.cdn.test, news.cloak.statsly.test");
    has_text(f, "dns_carrier", "udp");
}

static void a_way_that_two_answers_tell_is_followed(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    alias(&w, "m.cdn.test", "news.cloak.statsly.test");
    alias(&w, "m.news.test", "m.cdn.test");
    /* A ring ends nowhere. */
    alias(&w, "news.cloak.statsly.test", "m.news.test");
    judge(&w, "", &j, is_known_behind_another);
}

static void is_known_by_a_service(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "canonical", "news.cloak.statsly.test");
    has_text(f, "chain", "alt.news.test, news.cloak.statsly.test");
    has_text(f, "dns_carrier", "doh");
}

static void a_service_record_leads_on_like_an_alias(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN, OPEN);
    service(&w, "m.news.test", 0, "alt.news.test");
    service(&w, "alt.news.test", 1, "news.cloak.statsly.test");
    judge(&w, "", &j, is_known_by_a_service);
}

static void has_signs(const struct finding *f)
{
    assert_non_null(f);
    has_text(f, "cookies", "_pk_uid, FPID");
    has_text(f, "server_side_signs", "collect-path, tag-cookie");
}

static void signs_of_tagging_on_the_server_are_facts(void **state)
{
    struct evidence_world w;
    struct judgement j;

    (void)state;
    WORLD_MAKE(&w, PAGE, HIDDEN "; FPID=FPID2.1.8h2Jx", OPEN,
            "2 300 GET https://m.news.test/g/collect?v=2&tid=G-1A2B3C4D5E 204 img"
            " | > Referer: https://www.news.test/");
    alias(&w, "m.news.test", "news.cloak.statsly.test");
    judge(&w, "", &j, has_signs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_tracker_behind_a_name_of_the_page_is_named),
            cmocka_unit_test(a_list_knows_the_name_behind),
            cmocka_unit_test(the_table_of_owners_knows_it),
            cmocka_unit_test(a_network_that_only_delivers_is_no_tracker),
            cmocka_unit_test(a_host_that_is_given_nothing_hides_nothing),
            cmocka_unit_test(the_page_itself_may_be_hosted_anywhere),
            cmocka_unit_test(an_alias_of_the_same_site_is_none),
            cmocka_unit_test(a_way_that_two_answers_tell_is_followed),
            cmocka_unit_test(a_service_record_leads_on_like_an_alias),
            cmocka_unit_test(signs_of_tagging_on_the_server_are_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
