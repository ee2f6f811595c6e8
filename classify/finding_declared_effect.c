/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "classify/finding_declared.h"

/*
 * The three facts that decided Zhu Ye v. Baidu (Nanjing Intermediate Court, 2014), told apart:
 * the term was sent to a third party (1), the same identifier accompanied it and a later request
 * from a page of another site (2), and the response to that one has the term (3).
 */

enum {
    WEIGHT = 90,
    CARRIERS_MOST = 16,    /* requests with the term, of one run */
    EFFECTS_MOST = 8,      /* responses with it */
    ASKED_MOST = 256,      /* responses of one run that are asked what came before them */
    OTHERS_MOST = 1024,    /* hits that one is compared with, at its site and at others */
    CANDIDATES_MOST = 256, /* identifiers of one site */
    VALUE_LEAST = 8,       /* bytes of an identifier that is looked for as it is */
};

/* One term, one recipient's site. */
struct effect {
    const struct declared_run *run;
    const struct hit *carriers[CARRIERS_MOST]; /* earlier requests with the term */
    size_t carrier_count;
    const struct hit *effects[EFFECTS_MOST]; /* responses with it */
    size_t effect_count;
    const struct hit *sent; /* (1): to a third party; NULL */
    const struct trace *link;
    const struct hit *linked_from; /* (2): the request with the term */
    struct place link_from, link_to;
    const struct hit *back; /* (3) */
    bool page_has_term;
    size_t unseen;
};

static const struct attribution *about(const struct declared_ground *g, const struct hit *h)
{
    return &g->j->attributions.of[h->place.exchange];
}

static bool same_group(
        const struct declared_ground *g, const struct hit *a, const struct hit *b)
{
    const struct parties *p = g->setup->parties;

    return parties_same_group(parties_find(p, g->e->exchanges[a->place.exchange]->host),
            parties_find(p, g->e->exchanges[b->place.exchange]->host));
}

/* The request itself asked for the term: its response is an answer, no effect of an earlier one. */
static bool asked_for(const struct declared_run *run, const struct hit *back)
{
    for (size_t i = 0; i < run->sent_count; i++) {
        if (run->sent[i]->place.exchange == back->place.exchange)
            return true;
    }
    return false;
}

static void add_carrier(const struct declared_ground *g, const struct hit *back,
        const struct hit *h, struct effect *x)
{
    const struct visit *visit = about(g, h)->visit;

    if (h->response || x->carrier_count == CARRIERS_MOST || visit == NULL ||
            declared_time(g, h) >= g->e->exchanges[back->place.exchange]->request.first_ns ||
            bytes_equal(visit->site, about(g, back)->visit->site))
        return;
    x->carriers[x->carrier_count++] = h;
    if (x->sent == NULL && declared_party(g, h) == PARTY_THIRD)
        x->sent = h;
}

/* Requests to the recipient that had the term, from pages of another site than the response's:
 * to its site first, then to others of its group. */
static void find_carriers(
        const struct declared_ground *g, const struct hit *back, struct effect *x)
{
    size_t at = declared_first(g, back->value), end = at + OTHERS_MOST;

    x->carrier_count = 0;
    x->sent = NULL;
    for (size_t i = 0; i < x->run->sent_count && i < OTHERS_MOST; i++)
        add_carrier(g, back, x->run->sent[i], x);
    for (; at < g->n && at < end && g->hits[at]->value == back->value; at++) {
        const struct hit *h = g->hits[at];

        if (!bytes_equal(declared_site(g, h), declared_site(g, back)) && same_group(g, h, back))
            add_carrier(g, back, h, x);
    }
}

/* Responses with the term that followed it from a page of another site. */
static void find_effects(const struct declared_ground *g, struct effect *x)
{
    const struct declared_run *run = x->run;
    size_t asked = 0, last = SIZE_MAX;

    for (size_t i = 0; i < run->back_count && asked < ASKED_MOST; i++) {
        const struct hit *h = run->back[i];

        if (h->place.exchange == last || declared_party(g, h) != PARTY_THIRD ||
                about(g, h)->visit == NULL ||
                (strcmp(h->where, "body") != 0 && strcmp(h->where, "websocket") != 0) ||
                !g->e->exchanges[h->place.exchange]->request.seen || asked_for(run, h))
            continue;
        last = h->place.exchange;
        asked++;
        find_carriers(g, h, x);
        if (x->carrier_count != 0 && x->effect_count < EFFECTS_MOST)
            x->effects[x->effect_count++] = h;
    }
}

/* Where a request carries a value as it is; false when nowhere. */
static bool carries(
        const struct declared_ground *g, size_t exchange, struct bytes value, struct place *out)
{
    const struct exchange *x = g->e->exchanges[exchange];
    struct place p = {.exchange = exchange, .len = value.n};
    size_t at = 0;

    if (bytes_find(x->path, value, 0, &at)) {
        p.part = "request.path";
    } else if (x->request.body.data.n != 0 && bytes_find(x->request.body.data, value, 0, &at)) {
        p.part = "request.body";
    } else {
        size_t i = 0;

        while (i < x->request.header_count &&
                !bytes_find(x->request.headers[i].value, value, 0, &at))
            i++;
        if (i == x->request.header_count)
            return false;
        p.part = arena_print(g->j->arena, "request.headers.%zu", i);
        if (p.part == NULL)
            return false;
    }
    p.off = at;
    *out = p;
    return true;
}

/* Where a request carried a trace: by its places, and, when they are not all, by its bytes. */
static bool had(const struct declared_ground *g, const struct trace *t, size_t exchange,
        struct place *out)
{
    for (size_t i = 0; i < t->place_count; i++) {
        if (t->places[i].exchange == exchange) {
            *out = t->places[i];
            return true;
        }
    }
    return t->count > t->place_count && carries(g, exchange, t->value, out);
}

/* What every request of the browser says of it, wherever it stands, links nothing. */
static bool is_user_agent(const struct declared_ground *g, size_t exchange, struct bytes value)
{
    const struct header *h = message_find(&g->e->exchanges[exchange]->request, "user-agent");
    size_t at;

    return h != NULL && bytes_find(h->value, value, 0, &at);
}

/* One identifier on both requests; a cookie is taken before all others. */
static bool try_link(const struct declared_ground *g, const struct trace *t,
        const struct hit *from, const struct hit *back, struct effect *x)
{
    struct place there, here;

    if ((x->link != NULL && t->carrier != CARRIER_COOKIE) || t->value.n < VALUE_LEAST ||
            !had(g, t, from->place.exchange, &there) ||
            is_user_agent(g, from->place.exchange, t->value) ||
            !carries(g, back->place.exchange, t->value, &here))
        return false;
    x->link = t;
    x->linked_from = from;
    x->link_from = there;
    x->link_to = here;
    return t->carrier == CARRIER_COOKIE;
}

/* An identifier of the recipient that went with the term and with the later request. */
static void find_link(const struct declared_ground *g, const struct hit *back, struct effect *x)
{
    for (size_t c = 0; c < x->carrier_count; c++) {
        const struct hit *from = x->carriers[c];
        struct bytes site = declared_site(g, from);
        size_t at = declared_first_identifier(g, site), end = at + CANDIDATES_MOST;

        for (; at < g->identifier_count && at < end &&
                bytes_equal(g->identifiers[at]->recipient_site, site);
                at++) {
            if (try_link(g, g->identifiers[at], from, back, x))
                return;
        }
    }
}

/* The page that the response went to shows the term, too: it may have been chosen for the page. */
static bool page_shows(const struct declared_ground *g, const struct hit *back)
{
    const struct visit *visit = about(g, back)->visit;

    for (size_t i = 0; i < g->n; i++) {
        if (g->hits[i]->response && g->hits[i]->value == back->value &&
                g->hits[i]->place.exchange == visit->exchange)
            return true;
    }
    return false;
}

static const char *seen(bool is, size_t unseen)
{
    return is ? "present" : unseen != 0 ? "not visible" : "absent";
}

static bool add_facts(
        const struct declared_ground *g, const struct effect *x, struct finding *f)
{
    size_t ids[CARRIERS_MOST]; /* the larger of both */
    bool ok = true;

    finding_add_fact(f,
            &(struct finding_fact){.name = "term", .text = declared_value(g, x->back)->text});
    finding_add_fact(f, &(struct finding_fact){.name = "f1",
                                .text = bytes_text(seen(x->sent != NULL, x->unseen))});
    finding_add_fact(f, &(struct finding_fact){.name = "f2",
                                .text = bytes_text(seen(x->link != NULL, x->unseen))});
    finding_add_fact(f, &(struct finding_fact){.name = "f3", .text = BYTES_LITERAL("present")});
    for (size_t i = 0; i < x->carrier_count; i++)
        ids[i] = x->carriers[i]->place.exchange;
    ok = declared_add_ids(g, f, "term_sent_in", ids, x->carrier_count);
    if (x->link != NULL) {
        finding_add_fact(f, &(struct finding_fact){.name = "linked_by", .text = x->link->name});
        ok = ok &&
             declared_add_ids(g, f, "linked_to_request", &x->linked_from->place.exchange, 1);
        ok = ok && declared_add_ids(g, f, "linked_request", &x->back->place.exchange, 1);
    }
    for (size_t i = 0; i < x->effect_count; i++)
        ids[i] = x->effects[i]->place.exchange;
    ok = ok && declared_add_ids(g, f, "effect_in", ids, x->effect_count);
    finding_add_fact(f, &(struct finding_fact){.name = "search_page_site",
                                .text = about(g, x->carriers[0])->visit->site});
    finding_add_fact(
            f, &(struct finding_fact){.name = "page_has_term",
                       .text = x->page_has_term ? BYTES_LITERAL("yes") : BYTES_LITERAL("no")});
    return ok;
}

static const char *const unseen_words[2][2] = {{"not seen", "未见"},
        {"not visible (earlier requests could not be read)", "无法看到（更早的请求无法读取）"}};

static bool say(const struct declared_ground *g, const struct effect *x, struct finding *f)
{
    static const char *const sentence[2] = {
            "$0 answered a request from a page of $1 with a response that has your search term "
            "\"$2\"; the request did not ask for it. Of three facts: (1) the term was sent to "
            "it before as a third party: $3; (2) one identifier went with the term, from a "
            "page "
            "of $4, and with this later request: $5; (3) the term is in the response: seen.$6",
            "$0 对来自 $1 页面的请求作出的响应中含有您的检索词“$2”，而该请求本身并未含有该词。"
            "三项事实：（一）该词此前曾发送给作为第三方的它：$3；（二）同一标识符既随该词"
            "（来自 $4 "
            "的页面）发送，又随其后的这一请求发送：$5；（三）响应中含有该词：已见。$6"};
    static const char *const page[2] = {
            " The page itself has the term, too, so the response may follow the page and not "
            "the search.",
            "该页面本身也含有该词，因此响应可能取决于页面内容，而非检索。"};
    const struct said who = say_who(g, f);

    if (!said_whole(who))
        return false;
    for (int i = 0; i < 2; i++) {
        const char *missing = unseen_words[x->unseen != 0][i], *first = missing;
        const char *second = missing, *made;

        if (x->sent != NULL)
            first = i == 0 ? "seen" : "已见";
        else if (x->linked_from != NULL && declared_party(g, x->linked_from) == PARTY_FIRST)
            first = i == 0 ? "not seen; it received the term as the site that was searched"
                           : "未见；它是作为被检索的网站收到该词的";
        if (x->link != NULL)
            second = arena_print(g->j->arena, i == 0 ? "seen (%.*s)" : "已见（%.*s）",
                    (int)(x->link->name.n > 60 ? 60 : x->link->name.n),
                    (const char *)x->link->name.p);
        if (second == NULL)
            return false;
        const struct finding_word words[] = {{bytes_text(i == 0 ? who.en : who.zh), 512},
                {about(g, x->back)->visit->site, FINDING_NAME_SHOWN},
                {declared_value(g, x->back)->text, FINDING_VALUE_SHOWN},
                {bytes_text(first), 512},
                {about(g, x->carriers[0])->visit->site, FINDING_NAME_SHOWN},
                {bytes_text(second), 512}, {bytes_text(x->page_has_term ? page[i] : ""), 512}};

        made = finding_say(g->j->arena, sentence[i], words);
        if (i == 0)
            f->statement_en = made;
        else
            f->statement_zh = made;
    }
    return f->statement_en != NULL && f->statement_zh != NULL;
}

static bool cite(const struct declared_ground *g, const struct effect *x, struct finding *f)
{
    bool ok = true;

    if (x->link != NULL)
        ok = finding_add_trace(g->j->arena, f, x->link) &&
             declared_cite(g, f, &x->linked_from->place) &&
             declared_cite(g, f, &x->link_from) && declared_cite(g, f, &x->link_to);
    ok = ok && declared_cite(g, f, &x->back->place);
    for (size_t i = 0; i < x->carrier_count; i++)
        ok = ok && declared_rest_on(g, f, x->carriers[i]) &&
             declared_cite(g, f, &x->carriers[i]->place);
    for (size_t i = 0; i < x->effect_count; i++)
        ok = ok && declared_cite(g, f, &x->effects[i]->place);
    return ok;
}

static enum status state(struct declared_ground *g, struct effect *x)
{
    struct finding *f;
    enum status status = declared_new(g, "personalised-response", x->back, &f);

    if (f == NULL)
        return status;
    x->page_has_term = page_shows(g, x->back);
    f->grade = declared_grade(x->back);
    for (size_t i = 0; i < x->carrier_count; i++) {
        if (declared_grade(x->carriers[i]) > f->grade)
            f->grade = declared_grade(x->carriers[i]);
    }
    if (!cite(g, x, f))
        return STATUS_NOMEM;
    declared_take_verdicts(g, f, x->back);
    f->weight = WEIGHT - (x->link == NULL || x->page_has_term ? 20 : 0);
    return add_facts(g, x, f) && say(g, x, f) ? STATUS_OK : STATUS_NOMEM;
}

enum status declared_effects(struct declared_ground *g, const struct declared_run *run)
{
    struct effect x = {.run = run}, best = {0};

    if (run->back_count == 0 || declared_value(g, run->back[0])->kind != SUBJECT_SEARCH)
        return STATUS_OK;
    if (++g->runs > DECLARED_RUNS_MOST) {
        g->j->hits.capped = true;
        return STATUS_OK;
    }
    find_effects(g, &x);
    /* The first that is linked; else the first that followed the term. */
    for (size_t i = 0; i < x.effect_count && best.link == NULL; i++) {
        x.back = x.effects[i];
        find_carriers(g, x.back, &x);
        if (x.carrier_count == 0)
            continue;
        find_link(g, x.back, &x);
        if (x.link != NULL || (best.back == NULL && x.sent != NULL))
            best = x;
    }
    if (best.back == NULL)
        return STATUS_OK;
    best.unseen = declared_unseen(g, declared_site(g, best.back),
            g->e->exchanges[best.back->place.exchange]->request.first_ns);
    return state(g, &best);
}
