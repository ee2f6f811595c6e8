/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/digest.h"
#include "report/lines.h"
#include "tests/report/blank_judgement.h"

enum { OUT_MOST = 1 << 20 };

struct written {
    struct buf out;
    struct json j;
    struct json_value *v;
};

static void open_line(struct written *w)
{
    buf_init(&w->out, OUT_MOST);
    json_init(&w->j, &w->out);
}

/* Everything written must be JSON that a strict reader takes. */
static void parse_line(struct written *w)
{
    struct fault fault = {0};

    assert_int_equal(w->j.status, STATUS_OK);
    w->v = json_parse(buf_view(&w->out), &fault);
    if (w->v == NULL)
        fail_msg("%s", fault.text);
}

static void close_line(struct written *w)
{
    json_free(w->v);
    buf_clear(&w->out);
}

static const char *text_of(const struct json_value *v, const char *key)
{
    return json_string_of(json_member(v, key));
}

static void add_gaps(struct evidence_world *w, size_t exchange, uint32_t a, uint32_t b)
{
    struct exchange *x = w->e.exchanges[exchange];
    const struct gap gap = {.why = GAP_LOST, .len = 1};
    struct ledger *l = &w->e.connections[x->connection - 1]->ledger;

    while (l->n < b)
        assert_true(ledger_file(l, &gap) != 0);
    x->gaps[0] = a;
    x->gaps[1] = b;
    x->gap_count = 2;
}

static struct trace trace(struct place *places, size_t n)
{
    return (struct trace){.number = 5,
            .carrier = CARRIER_COOKIE,
            .name = bytes_text("uid"),
            .value = bytes_text("12ab"),
            .decoded = bytes_text("12ab"),
            .recipient = bytes_text("t.test"),
            .recipient_site = bytes_text("t.test"),
            .set_by = ATTRIBUTION_NONE,
            .lifetime_s = -1,
            .places = places,
            .place_count = n,
            .count = n};
}

static void gap_ids_are_sorted_and_stand_once(void **state)
{
    struct place places[] = {{.exchange = 1, .part = "request.headers.0"},
            {.exchange = 0, .part = "request.headers.0"},
            {.exchange = 1, .part = "request.headers.0"}};
    struct trace t = trace(places, 3);
    struct evidence_world w;
    struct written line;
    const struct json_value *at;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav", "1 10 GET https://t.test/x 200 img");
    add_gaps(&w, 0, 1, 3);
    add_gaps(&w, 1, 2, 3);
    assert_int_equal(evidence_seal(&w.e), STATUS_OK);
    open_line(&line);
    line_item(&line.j, &w.e, &t);
    parse_line(&line);
    at = json_first(json_member(line.v, "gaps"));
    assert_string_equal(json_string_of(at), "g1");
    at = json_next(at);
    assert_string_equal(json_string_of(at), "g2");
    at = json_next(at);
    assert_string_equal(json_string_of(at), "g3");
    assert_null(json_next(at));
    assert_null(text_of(line.v, "owner"));
    assert_string_equal(text_of(line.v, "id"), "i5");
    close_line(&line);
    world_clear(&w);
}

static void a_credential_is_written_by_its_digest_only(void **state)
{
    struct place place = {.exchange = 0, .part = "request.headers.0"};
    struct trace t = trace(&place, 1);
    struct evidence_world w;
    struct written line;
    char hex[SHA256_TEXT];
    size_t at;

    (void)state;
    t.value = t.decoded = bytes_text("top-secret-value");
    t.masked = true;
    t.attributes = bytes_text("Path=/; HttpOnly; =x; Max-Age=\"5");
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav");
    open_line(&line);
    line_item(&line.j, &w.e, &t);
    parse_line(&line);
    assert_false(bytes_find(buf_view(&line.out), t.value, 0, &at));
    assert_true(sha256_text(t.value, hex));
    assert_string_equal(text_of(line.v, "value_sha256"), hex);
    assert_true(json_is_true(json_member(json_member(line.v, "attributes"), "HttpOnly")));
    close_line(&line);
    world_clear(&w);
}

static void places_give_the_bytes_they_cite(void **state)
{
    static const struct {
        const char *part;
        uint64_t off, len;
        const char *want;
    } all[] = {
            {"request.path", 1, 3, "abc"},
            {"request.headers.1", 2, 2, "yz"},
            {"response.headers.0", 0, 1, "s"},
            {"request.body", 1, 2, "od"},
            {"request.headers.99", 0, 2, ""},
            {"request.path", 90, 2, ""},
            {"nothing", 0, 2, ""},
    };
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 POST https://t.test/abcd 200 plain | > X: xxyz | < Set-Cookie: s=1 | * "
                   "body");
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct place p = {
                .exchange = 0, .part = all[i].part, .off = all[i].off, .len = all[i].len};

        assert_true(bytes_is(line_place_bytes(&w.e, &p), all[i].want));
    }
    world_clear(&w);
}

static void a_message_of_a_websocket_is_a_line_of_its_own(void **state)
{
    struct evidence_world w;
    struct written line;
    struct judgement judged;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/live 101 plain | > Upgrade: websocket",
            "1 10 SEND https://t.test/live 0 plain | * hi",
            "1 20 RECV https://t.test/live 0 plain | = ho");
    blank_judgement_make(&w, &judged);
    for (size_t i = 1; i < 3; i++) {
        bool sent = i == 1;

        open_line(&line);
        line_exchange(&line.j, &w.e, &judged, i);
        parse_line(&line);
        assert_string_equal(text_of(line.v, "id"), sent ? "c1.s1.m1" : "c1.s1.m2");
        assert_string_equal(text_of(line.v, "protocol"), "ws");
        assert_string_equal(text_of(line.v, "method"), sent ? "SEND" : "RECV");
        assert_string_equal(text_of(line.v, "opcode"), "text");
        assert_string_equal(text_of(line.v, "opened_by"), "c1.s1");
        assert_string_equal(text_of(line.v, "url"), "https://t.test/live");
        assert_string_equal(text_of(line.v, "state"), "complete");
        assert_int_equal(json_is_object(json_member(line.v, "request")), sent);
        assert_int_equal(json_is_object(json_member(line.v, "response")), !sent);
        close_line(&line);
    }
    blank_judgement_clear(&judged);
    world_clear(&w);
}

static void an_http3_exchange_names_what_announced_it(void **state)
{
    struct evidence_world w;
    struct written line;
    struct judgement judged;
    const struct json_value *by;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav | < Alt-Svc: h3=\":443\"",
            "2 100 GET https://t.test/x 200 img");
    blank_judgement_make(&w, &judged);
    w.e.exchanges[1]->protocol = PROTOCOL_H3;
    w.e.connections[1]->quic.seen = true;
    w.e.connections[1]->tls.server_name = "t.test";
    w.e.connections[1]->server.port = 443;
    w.e.connections[1]->first_ns = WORLD_START + 100 * WORLD_MS;
    judged.arena = arena_new(1 << 16);
    assert_non_null(judged.arena);
    assert_int_equal(
            announcements_gather(judged.arena, &w.e, &judged.announcements), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        open_line(&line);
        line_exchange(&line.j, &w.e, &judged, i);
        parse_line(&line);
        by = json_member(line.v, "announced_by");
        if (i == 0)
            assert_null(by);
        else
            assert_string_equal(text_of(by, "exchange"), "c1.s1");
        if (i == 1)
            assert_string_equal(text_of(by, "how"), "alt-svc");
        close_line(&line);
    }
    arena_free(judged.arena);
    blank_judgement_clear(&judged);
    world_clear(&w);
}

static void text_that_is_not_utf8_says_so(void **state)
{
    struct evidence_world w;
    struct written line;
    struct judgement judged;
    const struct json_value *header;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 0 plain | > X-Name: caf\xe9 \"q\"");
    blank_judgement_make(&w, &judged);
    open_line(&line);
    line_exchange(&line.j, &w.e, &judged, 0);
    parse_line(&line);
    header = json_first(json_member(json_member(line.v, "request"), "headers"));
    header = json_first(json_next(header));
    assert_string_equal(json_string_of(header), "X-Name");
    header = json_next(header);
    assert_string_equal(json_string_of(header), "caf\xc3\xa9 \"q\"");
    assert_string_equal(json_string_of(json_next(header)), "latin1");
    assert_null(text_of(line.v, "page_site"));
    assert_string_equal(text_of(line.v, "page_basis"), "none");
    assert_null(json_first(json_member(line.v, "response")));
    close_line(&line);
    blank_judgement_clear(&judged);
    world_clear(&w);
}

static void a_finding_cites_digests_and_frames_of_one_file(void **state)
{
    uint64_t frames[] = {2, 12};
    struct evidence_file files[] = {{.name = "data/raw/a", .first_frame = 1, .packets = 10},
            {.name = "data/raw/b", .first_frame = 11, .packets = 10}};
    struct place place = {.exchange = 0, .part = "request.path", .off = 1, .len = 3};
    struct trace t = trace(&place, 1);
    const struct trace *traces[] = {&t};
    const struct finding f = {.number = 1,
            .kind = "tracking-identifier",
            .statement_en = "a",
            .statement_zh = "b",
            .traces = traces,
            .trace_count = 1,
            .evidence = &place,
            .evidence_count = 1};
    struct evidence_world w;
    struct written line;
    const struct json_value *cited;
    char hex[SHA256_TEXT];

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/abcd 200 plain");
    w.e.files = files;
    w.e.file_count = 2;
    w.e.exchanges[0]->request.frames = frames;
    w.e.exchanges[0]->request.frames_listed = 2;
    open_line(&line);
    line_finding(&line.j, &w.e, &f);
    parse_line(&line);
    cited = json_first(json_member(line.v, "evidence"));
    assert_true(sha256_text(bytes_text("abc"), hex));
    assert_string_equal(text_of(cited, "sha256"), hex);
    assert_string_equal(text_of(cited, "filter"), "frame.number in {2}");
    assert_string_equal(text_of(cited, "file"), "data/raw/a");
    close_line(&line);
    w.e.exchanges[0]->request.frames_listed = 0;
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gap_ids_are_sorted_and_stand_once),
            cmocka_unit_test(a_credential_is_written_by_its_digest_only),
            cmocka_unit_test(places_give_the_bytes_they_cite),
            cmocka_unit_test(a_message_of_a_websocket_is_a_line_of_its_own),
            cmocka_unit_test(an_http3_exchange_names_what_announced_it),
            cmocka_unit_test(text_that_is_not_utf8_says_so),
            cmocka_unit_test(a_finding_cites_digests_and_frames_of_one_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
