/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/party.h"
#include "classify/vendor.h"
#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

static const char *vendor_at(const struct evidence_world *w, size_t i)
{
    const struct vendor *out[16] = {NULL};

    assert_true(w->e.exchange_count <= 16);
    assert_int_equal(vendors_mark(&w->e, &w->a, out), STATUS_OK);
    return out[i] == NULL ? "" : out[i]->name;
}

/* Whose protocol the one request of a line speaks. */
static void assert_vendor(const char *line, const char *want)
{
    struct evidence_world w;

    WORLD_MAKE(&w, line);
    assert_string_equal(vendor_at(&w, 0), want);
    world_clear(&w);
}

static void the_table_has_half_of_its_vendors_in_china(void **state)
{
    size_t chinese = 0;

    (void)state;
    for (size_t i = 0; i < vendor_table_size; i++)
        chinese += vendor_table[i].chinese;
    assert_true(vendor_table_size >= 45);
    assert_true(chinese * 2 >= vendor_table_size);
}

static void every_row_says_what_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < vendor_table_size; i++) {
        const struct vendor *v = &vendor_table[i];

        assert_true(v->name[0] != '\0');
        assert_true(v->source[0] != '\0');
        assert_non_null(v->fields[0].name);
        /* Without a host it is known by its path alone, which then is not empty. */
        assert_true(v->hosts[0] != '\0' || v->anywhere);
        assert_true(!v->anywhere || v->path[0] != '\0');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(vendor_table[k].name, v->name);
    }
}

static bool is_owner(const struct parties *p, const char *name)
{
    const struct party_owner *row;

    for (size_t i = 0; (row = parties_row(p, i)) != NULL; i++) {
        if (row->owner_en != NULL && strcmp(row->owner_en, name) == 0)
            return true;
    }
    return false;
}

static void owners_are_written_as_in_the_table_of_parties(void **state)
{
    struct parties *p = parties_new();

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < vendor_table_size; i++) {
        if (vendor_table[i].owner[0] != '\0' && !is_owner(p, vendor_table[i].owner))
            fail_msg("%s: %s", vendor_table[i].name, vendor_table[i].owner);
    }
    parties_free(p);
}

static void every_property_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < PROPERTIES; i++) {
        for (int k = 0; k < i; k++)
            assert_string_not_equal(
                    property_name((enum property)i), property_name((enum property)k));
    }
}

/* Each home host of each row without marks leads to a row that has that host. */
static void every_home_is_found_by_the_index(void **state)
{
    (void)state;
    for (size_t i = 0; i < vendor_table_size; i++) {
        const struct vendor *v = &vendor_table[i], *out[1] = {NULL};
        struct bytes rest = bytes_text(v->hosts), host;
        struct evidence_world w;
        char line[256];

        if (rest.n == 0 || v->marks[0] != '\0')
            continue;
        if (!bytes_take_until(&rest, ' ', &host))
            host = bytes_text(v->hosts);
        (void)snprintf(line, sizeof(line), "1 0 GET https://x.%.*s%s%s 200 plain", (int)host.n,
                (const char *)host.p, v->path[0] == '/' ? "" : "/",
                v->path + (v->path[0] == '*'));
        WORLD_MAKE(&w, line);
        assert_int_equal(vendors_mark(&w.e, &w.a, out), STATUS_OK);
        if (out[0] == NULL || !vendor_at_home(out[0], host))
            fail_msg("%s not found by %s", v->name, line);
        world_clear(&w);
    }
}

static void a_vendor_is_known_at_its_own_host(void **state)
{
    (void)state;
    assert_vendor("1 0 GET https://hm.baidu.com/hm.gif?si=a&su=b 200 img", "Baidu Tongji");
    assert_vendor("1 0 GET https://HM.baidu.com/hm.gif?si=a 200 img", "Baidu Tongji");
    assert_vendor("1 0 GET https://region1.google-analytics.com/g/collect?v=2 200 img",
            "Google Analytics 4");
    assert_vendor("1 0 GET https://www.google-analytics.com/j/collect?v=1 200 img",
            "Universal Analytics");
    assert_vendor("1 0 GET https://pingtcss.qq.com/pingd?dm=a&pvi=1 200 img", "Tencent TCSS");
    assert_vendor(
            "1 0 POST https://mcs.zijieapi.com/list 200 fetch", "Volcano Engine DataFinder");
    assert_vendor(
            "1 0 GET https://www.facebook.com/tr/?id=1&ev=PageView 200 img", "Meta pixel");
}

static void another_host_or_path_is_no_vendor(void **state)
{
    (void)state;
    assert_vendor("1 0 GET https://nothm.baidu.com/hm.gif?si=a 200 img", "");
    assert_vendor("1 0 GET https://hm.baidu.com.evil.test/hm.gif?si=a 200 img", "");
    assert_vendor("1 0 GET https://www.facebook.com/tr/?id=1 200 img", "");
    assert_vendor("1 0 GET https://www.facebook.com/profile 200 nav", "");
    assert_vendor("1 0 GET https://www.news.test/ 200 nav", "");
}

static void server_side_tagging_is_known_by_the_protocol(void **state)
{
    (void)state;
    assert_vendor("1 0 GET https://sst.shop.test/x/g/collect?v=2&tid=G-AB12&cid=1.2 200 img",
            "Google Analytics 4 (tagging server)");
    assert_vendor(
            "1 0 GET https://stats.shop.test/matomo.php?idsite=1&rec=1 200 img", "Matomo");
    assert_vendor("1 0 GET https://sc.shop.test/sa.gif?project=p&data=e30 200 img",
            "Sensors Analytics");
    assert_vendor("1 0 POST https://sc.shop.test/sa?project=p 200 fetch | > Content-Type: "
                  "application/x-www-form-urlencoded | * data_list=H4sI&gzip=1",
            "Sensors Analytics (batch)");
    assert_vendor("1 0 POST https://log.shop.test/v1/list 200 fetch | > Content-Type: "
                  "application/json | * [{\"user\":{\"user_unique_id\":\"1\",\"web_id\":\"2\"},"
                  "\"header\":{\"app_id\":3}}]",
            "Volcano Engine DataFinder (own host)");
}

static void the_path_alone_is_not_enough_for_server_side_tagging(void **state)
{
    (void)state;
    assert_vendor("1 0 GET https://sst.shop.test/g/collect?v=2&tid=UA-1&cid=1 200 img", "");
    assert_vendor("1 0 GET https://sst.shop.test/g/collect?v=2&tid=G-1 200 img", "");
    assert_vendor("1 0 POST https://log.shop.test/list 200 fetch | * user_unique_id=1", "");
    assert_vendor("1 0 GET https://shop.test/sa.gif 200 img", "");
}

static void messages_belong_to_who_was_asked_for_the_socket(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w,
            "1 0 GET https://ws.hotjar.com/api/v2/client/ws 101 plain | > Upgrade: websocket",
            "1 100 SEND https://ws.hotjar.com/api/v2/client/ws 0 plain | * {\"a\":1}");
    assert_string_equal(vendor_at(&w, 1), "Hotjar");
    world_clear(&w);
}

static const struct vendor *named(const char *name)
{
    for (size_t i = 0; i < vendor_table_size; i++) {
        if (strcmp(vendor_table[i].name, name) == 0)
            return &vendor_table[i];
    }
    fail_msg("no vendor %s", name);
    return NULL;
}

static void assert_field(const char *vendor, const char *name, const char *want)
{
    const struct vendor_field *f = vendor_field_find(named(vendor), bytes_text(name));

    assert_string_equal(f == NULL ? "" : property_name(f->property), want);
}

static void fields_are_known_by_name_pattern_and_inner_key(void **state)
{
    (void)state;
    assert_field("Baidu Tongji", "su", "referrer");
    assert_field("Baidu Tongji", "SU", "");
    assert_field("Baidu Tongji", "", "");
    assert_field("Google Analytics 4", "ep.page", "event");
    assert_field("Google Analytics 4", "ep", "");
    assert_field("Meta pixel", "ud[em]", "email-digest");
    assert_field("Meta pixel", "ud%5Bem%5D", "email-digest");
    assert_field("Meta pixel", "ud%5bem", "");
    assert_field("TikTok pixel", "email", "email-digest");
    assert_field("TikTok pixel", "context.user.email", "email-digest");
    assert_field("HubSpot", "bfp", "fingerprint");
}

static void a_vendor_is_at_home_below_its_hosts_only(void **state)
{
    const struct vendor *v = named("CNZZ");

    (void)state;
    assert_true(vendor_at_home(v, BYTES_LITERAL("cnzz.com")));
    assert_true(vendor_at_home(v, BYTES_LITERAL("s9.cnzz.com")));
    assert_false(vendor_at_home(v, BYTES_LITERAL("notcnzz.com")));
    assert_false(vendor_at_home(v, BYTES_LITERAL("cnzz.com.test")));
    assert_false(vendor_at_home(v, BYTES_LITERAL("")));
    assert_false(vendor_at_home(named("Matomo (as Piwik)"), BYTES_LITERAL("shop.test")));
}

static void every_failed_allocation_is_told(void **state)
{
    const struct vendor *out[2];
    struct evidence_world w;
    enum status status;
    long at = 0;

    (void)state;
    WORLD_MAKE(&w, "1 0 POST https://s.test/sa?project=p 200 fetch | * data=1&b=2",
            "1 9 GET https://hm.baidu.com/hm.gif?si=a 200 img");
    do {
        oom_fail_at(++at);
        status = vendors_mark(&w.e, &w.a, out);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status == STATUS_NOMEM);
    assert_true(at > 2);
    assert_string_equal(out[0]->name, "Sensors Analytics (single)");
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_table_has_half_of_its_vendors_in_china),
            cmocka_unit_test(every_row_says_what_it_must),
            cmocka_unit_test(owners_are_written_as_in_the_table_of_parties),
            cmocka_unit_test(every_property_has_a_name_of_its_own),
            cmocka_unit_test(every_home_is_found_by_the_index),
            cmocka_unit_test(a_vendor_is_known_at_its_own_host),
            cmocka_unit_test(another_host_or_path_is_no_vendor),
            cmocka_unit_test(server_side_tagging_is_known_by_the_protocol),
            cmocka_unit_test(the_path_alone_is_not_enough_for_server_side_tagging),
            cmocka_unit_test(messages_belong_to_who_was_asked_for_the_socket),
            cmocka_unit_test(fields_are_known_by_name_pattern_and_inner_key),
            cmocka_unit_test(a_vendor_is_at_home_below_its_hosts_only),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
