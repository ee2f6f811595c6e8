/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/completeness.h"
#include "report/lines.h"
#include "tests/support/page_world.h"

enum { TEXT_MOST = 1 << 20, MANY = 60 };

/* The world's one connection, as if it were of this kind. */
struct told {
    struct endpoint_list list;
    uint8_t of[1 + MANY];
};

static void tell(struct page_world *w, struct told *t, enum belonging of)
{
    t->list = (struct endpoint_list){.browser = true, .endpoints = 41, .lines = 77};
    t->of[0] = (uint8_t)of;
    w->judgement.belongings = (struct belongings){.list = &t->list, .of = t->of};
    w->judgement.belongings.n[of] = 1;
    w->evidence.connections[0]->exchanges = 2;
    w->judgement.belongings.with_exchanges = of == BELONGING_UNKNOWN;
}

static char *completeness(const struct page_world *w)
{
    struct buf text;
    struct json j;

    buf_init(&text, TEXT_MOST);
    json_init(&j, &text);
    completeness_write(&j, &w->evidence, &w->judgement);
    assert_int_equal(j.status, STATUS_OK);
    assert_int_equal(buf_append_u8(&text, 0), STATUS_OK);
    return (char *)text.p; /* freed by whoever asked */
}

static void nothing_is_said_where_nobody_asked(void **state)
{
    struct page_world *w = *state;
    char *text = completeness(w);

    assert_null(strstr(text, "browser_sockets"));
    assert_null(strstr(text, "Which program made"));
    free(text);
    assert_null(strstr(
            page_world_section(w, LANGUAGE_ENGLISH, "limits"), "The browser's connections"));
}

static void connections_of_the_browser_are_counted(void **state)
{
    struct page_world *w = *state;
    struct told t;
    char *text;

    tell(w, &t, BELONGING_KEYS);
    text = completeness(w);
    assert_non_null(strstr(text,
            "\"browser_sockets\":{\"lines\":77,\"lines_not_read\":0,\"cut\":false,"
            "\"capped\":false,\"endpoints\":41,\"connections\":{\"by_socket\":0,\"by_keys\":1,"
            "\"not_known\":0,\"not_known_with_exchanges\":0,\"not_known_look_ups\":0}}"));
    assert_null(strstr(text, "Which program made"));
    free(text);
    text = strdup(page_world_section(w, LANGUAGE_ENGLISH, "limits"));
    assert_non_null(strstr(text, "(41 of them)"));
    assert_null(strstr(text, "Connections that are not known to be"));
    assert_null(strstr(text, "The list has holes"));
    free(text);
}

static void those_not_known_are_listed_with_their_hosts(void **state)
{
    struct page_world *w = *state;
    struct told t;
    char *text;

    tell(w, &t, BELONGING_UNKNOWN);
    text = completeness(w);
    assert_non_null(strstr(text, "\"not_known\":1,\"not_known_with_exchanges\":1"));
    assert_non_null(strstr(text, "not known to be the browser's (1 here, 1 of them with"));
    free(text);
    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *section = page_world_section(w, (enum language)l, "limits");
        const char *table =
                strstr(section, l == LANGUAGE_ENGLISH ? "Connections that are not known to be"
                                                      : "未能确认属于该浏览器的连接");

        assert_non_null(table);
        assert_non_null(strstr(table, "<td>c1</td>"));
        assert_non_null(strstr(table, "news.test"));
        assert_non_null(strstr(table, "192.0.2.1:443"));
        assert_non_null(strstr(table, "TCP"));
    }
}

static void a_list_with_holes_says_so(void **state)
{
    struct page_world *w = *state;
    struct told t;

    tell(w, &t, BELONGING_SOCKET);
    t.list.unread = 3;
    assert_non_null(strstr(page_world_section(w, LANGUAGE_ENGLISH, "limits"),
            "3 of its lines could not be read"));
    t.list.unread = 0;
    t.list.capped = true;
    assert_non_null(
            strstr(page_world_section(w, LANGUAGE_ENGLISH, "limits"), "The list has holes"));
}

static void add_many(struct page_world *w, struct told *t)
{
    for (uint32_t i = 0; i < MANY; i++) {
        struct connection *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        c->id = i + 2;
        c->transport = TRANSPORT_UDP;
        c->server = (struct endpoint){.address = {192, 0, 2, 9}, .port = 53, .version = IPV4};
        c->tls.server_name = "<b>name";
        ledger_init(&c->ledger, c->id);
        assert_int_equal(evidence_add_connection(&w->evidence, c), STATUS_OK);
        t->of[i + 1] = BELONGING_UNKNOWN;
    }
    w->judgement.belongings.n[BELONGING_UNKNOWN] = MANY;
    assert_int_equal(evidence_seal(&w->evidence), STATUS_OK);
}

static void many_are_listed_in_part_and_the_rest_is_counted(void **state)
{
    struct page_world *w = *state;
    struct told t;
    const char *table;

    tell(w, &t, BELONGING_SOCKET);
    add_many(w, &t);
    table = strstr(page_world_section(w, LANGUAGE_ENGLISH, "limits"),
            "Connections that are not known to be");
    assert_non_null(table);
    assert_int_equal(page_world_count(table, "&lt;b&gt;name"), 50);
    assert_non_null(strstr(table, "Not listed here: 10 further connections"));
}

static void look_ups_of_names_are_counted_and_not_listed(void **state)
{
    struct page_world *w = *state;
    struct told t;
    const char *section;

    tell(w, &t, BELONGING_SOCKET);
    add_many(w, &t);
    for (size_t i = 1; i < w->evidence.connection_count; i++)
        w->evidence.connections[i]->protocol = "dns";
    w->judgement.belongings.look_ups = MANY;
    section = page_world_section(w, LANGUAGE_ENGLISH, "limits");
    assert_null(strstr(section, "Connections that are not known to be"));
    assert_non_null(strstr(section, "60 of them are look-ups of names"));
}

static void a_finding_that_is_doubted_says_why_it_is_inferred(void **state)
{
    struct page_world *w = *state;
    static const char words[] = "inferred: it is not known to be the browser";

    assert_null(strstr(page_world_render(w, LANGUAGE_ENGLISH), words));
    w->finding.doubted = true;
    w->finding.grade = GRADE_INFERRED;
    assert_non_null(strstr(page_world_render(w, LANGUAGE_ENGLISH), words));
    assert_null(strstr(page_world_render(w, LANGUAGE_CHINESE), words));
}

static void a_connections_line_says_whose_only_when_asked(void **state)
{
    const struct page_world *w = *state;
    static const char *const names[] = {NULL, "not-known"};

    for (size_t i = 0; i < 2; i++) {
        struct buf text;
        struct json j;

        buf_init(&text, TEXT_MOST);
        json_init(&j, &text);
        line_connection(&j, &w->evidence, w->evidence.connections[0], names[i]);
        assert_int_equal(j.status, STATUS_OK);
        assert_int_equal(buf_append_u8(&text, 0), STATUS_OK);
        assert_int_equal(
                strstr((char *)text.p, "\"of_browser\":\"not-known\"") != NULL, i == 1);
        assert_int_equal(strstr((char *)text.p, "of_browser") != NULL, i == 1);
        buf_clear(&text);
    }
}

static void every_allocation_of_the_page_can_fail(void **state)
{
    struct page_world *w = *state;
    struct told t;

    tell(w, &t, BELONGING_UNKNOWN);
    page_world_run_short(w, LANGUAGE_ENGLISH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            PAGE_WORLD_TEST(nothing_is_said_where_nobody_asked),
            PAGE_WORLD_TEST(connections_of_the_browser_are_counted),
            PAGE_WORLD_TEST(those_not_known_are_listed_with_their_hosts),
            PAGE_WORLD_TEST(a_list_with_holes_says_so),
            PAGE_WORLD_TEST(many_are_listed_in_part_and_the_rest_is_counted),
            PAGE_WORLD_TEST(look_ups_of_names_are_counted_and_not_listed),
            PAGE_WORLD_TEST(a_finding_that_is_doubted_says_why_it_is_inferred),
            PAGE_WORLD_TEST(a_connections_line_says_whose_only_when_asked),
            PAGE_WORLD_TEST(every_allocation_of_the_page_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
