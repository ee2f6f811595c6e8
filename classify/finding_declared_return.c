/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "classify/finding_declared.h"

/*
 * Values of the person that came back from a site which nothing in this capture gave them to. The
 * capture knows only itself: what went before it, and between companies, is what the finding
 * asks about, so it says which of that could not be seen.
 */

enum {
    WEIGHT = 65,
    OWNERS_ASKED_MOST = 256, /* sites that were sent the value, asked for the same owner */
};

/* What others may know of a person. A name in running text may be anybody's. */
static bool counts(const struct declared_ground *g, const struct hit *h)
{
    if (declared_partial(h))
        return false;
    switch (declared_value(g, h)->kind) {
    case SUBJECT_NAME:
        return h->key.n != 0;
    case SUBJECT_EMAIL:
    case SUBJECT_PHONE:
    case SUBJECT_ID_NUMBER:
    case SUBJECT_ADDRESS:
    case SUBJECT_ACCOUNT:
    case SUBJECT_DEVICE:
        return true;
    case SUBJECT_SEARCH:
    case SUBJECT_LOCATION:
    case SUBJECT_OTHER:
    case SUBJECT_KINDS:
        break;
    }
    return false;
}

static bool carries_credentials(const struct exchange *x)
{
    return message_find(&x->request, "cookie") != NULL ||
           message_find(&x->request, "authorization") != NULL;
}

/* Its request carried something by which the answer can be made for one visitor: a cookie, or an
 * identifier in the address that led there. */
static bool tells_visitors_apart(const struct declared_ground *g, size_t exchange)
{
    const struct together *t = g->j->together == NULL ? NULL : &g->j->together[exchange];

    return carries_credentials(g->e->exchanges[exchange]) ||
           (t != NULL && (t->class_ == CLASS_BROWSER_IDENTIFIER || t->class_ == CLASS_DEVICE ||
                                 t->class_ == CLASS_ACCOUNT || t->class_ == CLASS_DIRECT));
}

/*
 * The site may know its visitor from before the capture, or was told who they are in it: the
 * first request to it had a cookie, or one before the response had a credential.
 */
static bool may_know(const struct declared_ground *g, const struct hit *h)
{
    struct bytes site = declared_site(g, h);
    bool first = true;

    for (size_t i = 0; i < g->e->exchange_count && i <= h->place.exchange; i++) {
        const struct exchange *x = g->e->exchanges[i];

        if (!bytes_equal(g->j->attributions.of[i].site, site))
            continue;
        if ((first && carries_credentials(x)) ||
                message_find(&x->request, "authorization") != NULL)
            return true;
        first = false;
    }
    for (size_t i = 0; i < g->j->trace_count; i++) {
        const struct trace *t = g->j->traces[i];

        if (t->class_ == CLASS_CREDENTIAL && t->carrier != CARRIER_SET_COOKIE &&
                bytes_equal(t->recipient_site, site) && t->first_ns <= declared_time(g, h))
            return true;
    }
    for (size_t i = 0; i < g->n; i++) {
        if (!g->hits[i]->response && bytes_equal(declared_site(g, g->hits[i]), site) &&
                declared_time(g, g->hits[i]) <= declared_time(g, h))
            return true;
    }
    return false;
}

/* A site of the same group was sent the value. */
static bool owner_was_sent(const struct declared_ground *g, const struct hit *h)
{
    const struct party_owner *owner =
            parties_find(g->setup->parties, g->e->exchanges[h->place.exchange]->host);
    struct bytes last = {0};
    size_t low = declared_first(g, h->value), asked = 0;

    if (owner == NULL)
        return false;
    for (; low < g->n && g->hits[low]->value == h->value && asked < OWNERS_ASKED_MOST; low++) {
        const struct hit *o = g->hits[low];

        if (o->response || (asked != 0 && bytes_equal(declared_site(g, o), last)))
            continue;
        last = declared_site(g, o);
        asked++;
        if (declared_time(g, o) <= declared_time(g, h) &&
                parties_same_group(owner, parties_find(g->setup->parties,
                                                  g->e->exchanges[o->place.exchange]->host)))
            return true;
    }
    return false;
}

/* The earliest response that has it, and when it was first sent. */
struct return_ {
    const struct hit *first;
    int64_t sent_ns; /* INT64_MAX: never */
    uint64_t times;
    size_t unseen;
    bool owner_sent;
};

static bool add_facts(
        const struct declared_ground *g, const struct return_ *r, struct finding *f)
{
    const struct hit *h = r->first;
    const struct subject_value *v = declared_value(g, h);
    struct bytes cookies = carries_credentials(g->e->exchanges[h->place.exchange])
                                   ? BYTES_LITERAL("yes")
                                   : BYTES_LITERAL("no");

    finding_add_text(f, "value_label", v->label);
    finding_add_fact(f,
            &(struct finding_fact){
                    .name = "value_number", .kind = FACT_NUMBER, .number = (int64_t)v->number});
    finding_add_text(f, "field", h->key);
    finding_add_text(f, "where", bytes_text(h->where));
    finding_add_text(f, "recipient", f->recipient);
    if (!declared_add_encoding(g, f, h))
        return false;
    finding_add_number(f, "times_returned", r->times);
    finding_add_text(f, "cookies_sent", cookies);
    if (r->owner_sent)
        finding_add_fact(f, &(struct finding_fact){.name = "same_owner_was_sent",
                                    .text = BYTES_LITERAL("yes")});
    if (r->sent_ns != INT64_MAX)
        finding_add_fact(
                f, &(struct finding_fact){.name = "sent_later", .text = BYTES_LITERAL("yes")});
    if (r->unseen != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "earlier_requests_unseen",
                                    .kind = FACT_NUMBER,
                                    .number = (int64_t)r->unseen});
    return true;
}

static bool say(const struct declared_ground *g, const struct return_ *r, struct finding *f)
{
    static const char *const sentence[2] = {
            "A response of $0 held $1$2, $3. $4$5 What the site was given before this capture, "
            "or by others, cannot be seen in it.",
            "$0 的响应中含有$1$2，位于$3。$4$5该网站在本次抓包之前或者从他人处得到过什么，"
            "本次抓包无法显示。"};
    const struct said who = say_who(g, f), value = say_value(g, r->first),
                      form = say_form(g, r->first), where = say_where(g, r->first);
    const char *sent[2] = {"No request seen before that gave it to this site.",
            "在此之前，本次抓包中没有看到任何请求把该值发送给该网站。"};
    const char *owner[2] = {
            r->owner_sent ? " Another host of the same owner was sent it before." : "",
            r->owner_sent ? "同一运营者的另一主机此前收到过该值。" : ""};

    if (r->unseen != 0) {
        sent[0] = arena_print(g->j->arena,
                "No request that could be read gave it to this site before, but %zu earlier "
                "request%s or connection%s to it could not be read, so whether it was sent is "
                "not known.",
                r->unseen, r->unseen == 1 ? "" : "s", r->unseen == 1 ? "" : "s");
        sent[1] = arena_print(g->j->arena,
                "在此之前，可读取的请求都没有把该值发送给该网站，但有 %zu 个更早的请求或者连接"
                "无法读取，因此是否发送过不得而知。",
                r->unseen);
    }
    if (!said_whole(who) || !said_whole(value) || !said_whole(form) || !said_whole(where) ||
            sent[0] == NULL || sent[1] == NULL)
        return false;
    for (int i = 0; i < 2; i++) {
        const char *texts[] = {i == 0 ? who.en : who.zh, i == 0 ? value.en : value.zh,
                i == 0 ? form.en : form.zh, i == 0 ? where.en : where.zh, sent[i], owner[i]};
        struct finding_word words[sizeof(texts) / sizeof(*texts)];
        const char *said;

        for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
            words[k] = (struct finding_word){bytes_text(texts[k]), 512};
        said = finding_say(g->j->arena, sentence[i], words);
        if (i == 0)
            f->statement_en = said;
        else
            f->statement_zh = said;
    }
    return f->statement_en != NULL && f->statement_zh != NULL;
}

/* When a response had come in whole: what was sent while it came did not cause it, but may have
 * been sent because of what another one said. Such a one is left out of the claim. */
static int64_t end_of(const struct declared_ground *g, const struct hit *h)
{
    return g->e->exchanges[h->place.exchange]->response.last_ns;
}

static bool is_return(
        const struct declared_ground *g, const struct return_ *r, const struct hit *h)
{
    return counts(g, h) && end_of(g, h) < r->sent_ns;
}

static enum status state(
        struct declared_ground *g, const struct declared_run *run, struct return_ *r)
{
    struct finding *f;
    enum status status = declared_new(g, "data-from-others", r->first, &f);
    size_t last = SIZE_MAX;

    if (f == NULL)
        return status;
    for (size_t i = 0; i < run->back_count; i++) {
        const struct hit *h = run->back[i];

        if (!is_return(g, r, h))
            continue;
        if (!declared_cite(g, f, &h->place) || !declared_rest_on(g, f, h))
            return STATUS_NOMEM;
        r->times += h->place.exchange != last;
        last = h->place.exchange;
        if (declared_grade(h) > f->grade)
            f->grade = declared_grade(h);
    }
    r->unseen = declared_unseen(g, f->recipient_site, declared_time(g, r->first));
    r->owner_sent = owner_was_sent(g, r->first);
    declared_take_verdicts(g, f, r->first);
    f->weight = WEIGHT - (r->unseen != 0 ? 20 : 0) - (r->owner_sent ? 20 : 0);
    return add_facts(g, r, f) && say(g, r, f) ? STATUS_OK : STATUS_NOMEM;
}

enum status declared_returns(struct declared_ground *g, const struct declared_run *run)
{
    struct return_ r = {.sent_ns = INT64_MAX};

    for (size_t i = 0; i < run->sent_count; i++) {
        int64_t time = declared_time(g, run->sent[i]);

        r.sent_ns = time < r.sent_ns ? time : r.sent_ns;
    }
    for (size_t i = 0; i < run->back_count; i++) {
        if (is_return(g, &r, run->back[i]) &&
                (r.first == NULL || end_of(g, run->back[i]) < end_of(g, r.first)))
            r.first = run->back[i];
    }
    if (r.first == NULL)
        return STATUS_OK;
    if (declared_party(g, r.first) != PARTY_THIRD) {
        if (++g->runs > DECLARED_RUNS_MOST) {
            g->j->hits.capped = true;
            return STATUS_OK;
        }
        /* A site that the person went to may have them as a customer: then it is no news. And
         * what it says to a visitor it cannot tell from others, it says to everybody. */
        if (may_know(g, r.first) || !tells_visitors_apart(g, r.first->place.exchange))
            return STATUS_OK;
    }
    return state(g, run, &r);
}
