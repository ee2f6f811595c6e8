/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/page_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oom.h"

struct exchange *page_world_exchange(uint64_t stream, const char *url, const char *host)
{
    struct exchange *x = exchange_new(1, stream, PROTOCOL_H2);

    assert_non_null(x);
    x->url = bytes_text(url);
    x->host = bytes_text(host);
    x->request.seen = true;
    x->request.first_ns = (int64_t)stream * 1000;
    x->complete = true;
    return x;
}

static struct connection *make_connection(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct connection *c;

    assert_non_null(arena);
    c = calloc(1, sizeof(*c));
    assert_non_null(c);
    c->id = 1;
    c->arena = arena;
    c->client = (struct endpoint){.address = {10, 0, 0, 2}, .port = 5000, .version = IPV4};
    c->server = (struct endpoint){.address = {192, 0, 2, 1}, .port = 443, .version = IPV4};
    c->decrypted = DECRYPTED_PARTIAL;
    c->reason = "<i>no keys</i>";
    ledger_init(&c->ledger, 1);
    return c;
}

static void fill_traces(struct page_world *w)
{
    w->traces[0] = (struct trace){.number = 1,
            .carrier = CARRIER_QUERY,
            .name = BYTES_LITERAL("<b>uid"),
            .value = BYTES_LITERAL("\"><script>x</script>\x1b[31m"),
            .recipient = BYTES_LITERAL("ads.test"),
            .recipient_site = BYTES_LITERAL("ads.test"),
            .party = PARTY_THIRD,
            .owner = "Ads & <Co>",
            .set_by = ATTRIBUTION_NONE,
            .lifetime_s = 86400 * 400,
            .class_ = CLASS_BROWSER_IDENTIFIER,
            .count = 1,
            .places = &w->place,
            .place_count = 1};
    w->traces[0].decoded = w->traces[0].value;
    w->traces[0].verdicts[READING_BROAD] = VERDICT_IDENTIFIABLE;
    w->traces[0].grounds[READING_BROAD][0] = legal_rule_at(w->legal, 0)->id;
    w->traces[0].ground_count[READING_BROAD] = 1;
    w->traces[1] = (struct trace){.number = 2,
            .carrier = CARRIER_QUERY,
            .name = BYTES_LITERAL("token"),
            .value = BYTES_LITERAL(PAGE_WORLD_SECRET),
            .decoded = BYTES_LITERAL(PAGE_WORLD_SECRET),
            .masked = true,
            .recipient = BYTES_LITERAL("news.test"),
            .recipient_site = BYTES_LITERAL("news.test"),
            .party = PARTY_FIRST,
            .set_by = ATTRIBUTION_NONE,
            .lifetime_s = -1,
            .class_ = CLASS_CREDENTIAL,
            .count = 1};
    w->finding = (struct finding){.number = 1,
            .kind = "tracking-identifier",
            .recipient = BYTES_LITERAL("ads.test"),
            .recipient_site = BYTES_LITERAL("ads.test"),
            .statement_en = "ads.test received <script>",
            .statement_zh = "ads.test 收到 <script>",
            .traces = w->finding_traces,
            .trace_count = 1,
            .evidence = &w->place,
            .evidence_count = 1};
}

static void fill_judgement(struct page_world *w)
{
    w->visit = (struct visit){.exchange = 0,
            .url = BYTES_LITERAL(
                    "https://news.test/?token=" PAGE_WORLD_SECRET "&a=<svg/onload=x>"),
            .site = BYTES_LITERAL("news.test"),
            .number = 1};
    w->visits[0] = &w->visit;
    for (size_t i = 0; i < 2; i++)
        w->of[i] = (struct attribution){.visit = &w->visit,
                .basis = i == 0 ? PAGE_DOCUMENT : PAGE_REFERER,
                .ground_exchange = ATTRIBUTION_NONE,
                .site = bytes_text(i == 0 ? "news.test" : "ads.test"),
                .party = i == 0 ? PARTY_FIRST : PARTY_THIRD,
                .redirect_from = ATTRIBUTION_NONE};
    w->owners[1] = "Ads & <Co>";
    w->place = (struct place){.exchange = 1, .part = "request.path", .off = 3, .len = 5};
    fill_traces(w);
    w->trace_at[0] = &w->traces[0];
    w->trace_at[1] = &w->traces[1];
    w->finding_traces[0] = &w->traces[0];
    w->finding_at[0] = &w->finding;
    w->judgement = (struct judgement){.trackers = w->trackers,
            .owners = w->owners,
            .traces = w->trace_at,
            .trace_count = 2,
            .findings = w->finding_at,
            .finding_count = 1};
    w->judgement.attributions.visits = w->visits;
    w->judgement.attributions.visit_count = 1;
    w->judgement.attributions.of = w->of;
}

void page_world_make(struct page_world *w)
{
    struct fault fault = {0};

    memset(w, 0, sizeof(*w));
    buf_init(&w->page, PAGE_WORLD_MOST);
    assert_int_equal(evidence_init(&w->evidence), STATUS_OK);
    assert_int_equal(evidence_add_connection(&w->evidence, make_connection()), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&w->evidence,
                             page_world_exchange(1, "https://news.test/", "news.test")),
            STATUS_OK);
    assert_int_equal(evidence_add_exchange(&w->evidence,
                             page_world_exchange(3, "https://ads.test/p", "ads.test")),
            STATUS_OK);
    assert_int_equal(evidence_seal(&w->evidence), STATUS_OK);
    w->parties = parties_new();
    w->legal = legal_new(NULL, &fault);
    assert_non_null(w->parties);
    assert_non_null(w->legal);
    w->basis = (struct basis){.parties = w->parties, .legal = w->legal};
    w->facts = (struct page_facts){
            .case_name = "<case>", .tool_version = "0.0", .basis = &w->basis};
    fill_judgement(w);
}

void page_world_clear(struct page_world *w)
{
    buf_clear(&w->page);
    evidence_clear(&w->evidence);
    parties_free(w->parties);
    legal_free(w->legal);
}

int page_world_enter(void **state)
{
    struct page_world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    page_world_make(w);
    *state = w;
    return 0;
}

int page_world_leave(void **state)
{
    page_world_clear(*state);
    free(*state);
    return 0;
}

const char *page_world_render(struct page_world *w, enum language language)
{
    buf_clear(&w->page);
    assert_int_equal(
            page_render(language, &w->evidence, &w->judgement, &w->facts, &w->page), STATUS_OK);
    assert_int_equal(buf_append_u8(&w->page, 0), STATUS_OK);
    return (const char *)w->page.p;
}

const char *page_world_section(struct page_world *w, enum language language, const char *id)
{
    char with_id[64], *section, *end;

    (void)snprintf(with_id, sizeof(with_id), "id=\"%s\"", id);
    (void)page_world_render(w, language);
    section = strstr((char *)w->page.p, with_id);
    assert_non_null(section);
    end = strstr(section, "</section>");
    assert_non_null(end);
    *end = '\0';
    return section;
}

void page_world_run_short(const struct page_world *w, enum language language)
{
    bool happened = true;

    for (long i = 1; happened; i++) {
        struct buf out;
        enum status status;

        buf_init(&out, PAGE_WORLD_MOST);
        oom_fail_at(i);
        status = page_render(language, &w->evidence, &w->judgement, &w->facts, &out);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        buf_clear(&out);
    }
}

size_t page_world_count(const char *text, const char *needle)
{
    size_t n = 0;

    for (const char *p = strstr(text, needle); p != NULL; p = strstr(p + 1, needle))
        n++;
    return n;
}
