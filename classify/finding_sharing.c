/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_sharing.h"

#include <stdlib.h>
#include <string.h>

#include "classify/value_piece.h"

enum {
    WEIGHT = 30, /* besides the score: above the identifier itself */
    WEIGHT_OFTEN = 3,
    CLAUSE_MOST = 1024,
    REDIRECT_TEXT_MOST = 2048, /* of a value that is looked for in a Location */
};

/* The ways by which a value went, in the order of the fact "mechanism". */
enum way {
    WAY_REDIRECT,
    WAY_SCRIPT,
    WAY_POST,
    WAY_REFERER,
    WAY_WEBSOCKET,
    WAYS,
};

static const char *const ways[WAYS] = {"redirect", "script", "post", "referer", "websocket"};
static const char *const keepers[] = {
        [KEEPER_COOKIE] = "cookie",
        [KEEPER_ETAG] = "etag",
        [KEEPER_RESPONSE] = "response",
        [KEEPER_REDIRECT] = "redirect",
        [KEEPER_SENT] = "sent",
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* By what makes a finding, then by trace, the longest piece of each first. */
static int by_edge(const void *a, const void *b)
{
    const struct sharing_hit *left = a, *right = b;
    int order = ORDER(left->owner->trace->number, right->owner->trace->number);

    if (order == 0)
        order = ORDER(left->leaves_first_party, right->leaves_first_party);
    if (order == 0)
        order = bytes_compare(left->trace->recipient_site, right->trace->recipient_site);
    if (order == 0)
        order = ORDER(left->as, right->as);
    if (order == 0)
        order = ORDER(left->trace->number, right->trace->number);
    if (order == 0)
        order = ORDER(right->of.n, left->of.n);
    return order == 0 ? bytes_compare(left->of, right->of) : order;
}

static bool same_edge(const struct sharing_hit *a, const struct sharing_hit *b)
{
    return a->owner == b->owner && a->leaves_first_party == b->leaves_first_party &&
           a->as == b->as && bytes_equal(a->trace->recipient_site, b->trace->recipient_site);
}

/* All that the sentence and the facts need. */
struct edge {
    const struct sharing_hit *hits;
    size_t n;
    struct bytes piece; /* the longest */
    bool whole;         /* it is the owner's whole value */
    uint64_t times;
    struct finding_sites pages;
    bool went[WAYS];
    int64_t redirects;     /* how often the redirect was seen, too */
    struct place redirect; /* the first; its part is NULL */
    size_t header;         /* that it stands in */
};

bool sharing_redirect_says(const struct sharing_ground *g, size_t exchange, struct bytes text,
        size_t *header, struct place *out)
{
    int64_t from = g->a->of[exchange].redirect_from;
    const struct message *m;
    size_t at;

    if (from == ATTRIBUTION_NONE || bytes_equal(g->a->of[from].site, g->a->of[exchange].site))
        return false;
    m = &g->e->exchanges[from]->response;
    for (size_t i = 0; i < m->header_count; i++) {
        if (!bytes_is_nocase(m->headers[i].name, "location") ||
                !bytes_find(m->headers[i].value, text, 0, &at))
            continue;
        *header = i;
        *out = (struct place){.exchange = (size_t)from, .off = at, .len = text.n};
        return true;
    }
    return false;
}

/* A redirect is told where its instruction and its effect were seen; a script where only the
 * effect was, and nothing tells of another way. */
static enum way way_of(const struct sharing_ground *g, struct edge *e,
        const struct sharing_hit *hit, size_t exchange)
{
    struct place place;
    size_t header;

    if (g->e != NULL && (sharing_redirect_says(g, exchange, hit->of, &header, &place) ||
                                (hit->trace->value.n <= REDIRECT_TEXT_MOST &&
                                        sharing_redirect_says(g, exchange, hit->trace->value,
                                                &header, &place)))) {
        if (e->redirects++ == 0) {
            e->redirect = place;
            e->header = header;
        }
        return WAY_REDIRECT;
    }
    if (hit->trace->carrier == CARRIER_REFERER)
        return WAY_REFERER;
    if (hit->trace->carrier == CARRIER_WEBSOCKET)
        return WAY_WEBSOCKET;
    return hit->trace->carrier == CARRIER_BODY ||
                           (g->e != NULL && bytes_is(g->e->exchanges[exchange]->method, "POST"))
                   ? WAY_POST
                   : WAY_SCRIPT;
}

static bool take_hits(const struct sharing_ground *g, struct edge *e, struct finding *f)
{
    const struct sharing_owner *o = e->hits[0].owner;
    struct arena *arena = g->arena;

    if (!finding_add_trace(arena, f, o->trace) ||
            (o->set != NULL && o->set != o->trace && !finding_add_trace(arena, f, o->set)))
        return false;
    f->weight = o->trace->score;
    for (size_t i = 0; i < e->n; i++) {
        const struct trace *t = e->hits[i].trace;

        if (e->hits[i].of.n > e->piece.n)
            e->piece = e->hits[i].of;
        if (i != 0 && t == e->hits[i - 1].trace)
            continue;
        if (t != o->trace && !finding_add_trace(arena, f, t))
            return false;
        for (size_t k = 0; k < t->place_count; k++)
            e->went[way_of(g, e, &e->hits[i], t->places[k].exchange)] = true;
        if (t->score > f->weight)
            f->weight = t->score;
        e->times += t->count;
        finding_add_pages(&e->pages, t);
    }
    e->whole = bytes_equal(e->piece, o->trace->decoded);
    f->weight += WEIGHT + (e->times > 1 ? WEIGHT_OFTEN : 0);
    return true;
}

/* The parts of the sentence that may be missing: where, and in which form. */
static bool put_clauses(const struct edge *e, struct buf clauses[4])
{
    unsigned as = e->hits[0].as;
    enum status status = STATUS_OK;

    if (e->pages.n != 0) {
        status = buf_text(&clauses[0], " on pages of ");
        if (status == STATUS_OK)
            status = finding_put_sites(&clauses[0], &e->pages, ", ");
        if (status == STATUS_OK)
            status = buf_text(&clauses[1], "在 ");
        if (status == STATUS_OK)
            status = finding_put_sites(&clauses[1], &e->pages, "、");
        if (status == STATUS_OK)
            status = buf_text(&clauses[1], " 的页面上，");
    }
    for (size_t i = 0, n = 0; i < PIECE_ENCODINGS && status == STATUS_OK; i++) {
        if ((as >> i & 1) == 0)
            continue;
        status = buf_print(&clauses[2], "%s%s", n == 0 ? ", written as " : " of ",
                value_piece_encoding(i));
        if (status == STATUS_OK)
            status = buf_print(&clauses[3], "%s%s", n == 0 ? "，其形式为 " : "、",
                    value_piece_encoding(i));
        n++;
    }
    return status == STATUS_OK;
}

/* By keeper; of cookies see below. */
static const char *const kept[][2] = {
        [KEEPER_ETAG] = {"$0 received the identifier $3, which $1 keeps in the browser's cache "
                         "as a validator, $4$5$7.",
                "$6$0 共 $9 次收到标识符 $3$8，该标识符由 $1 "
                "以校验值的形式保存在浏览器缓存中。"},
        [KEEPER_RESPONSE] = {"$0 received the identifier $3, which a response of $1 had given "
                             "to this browser, $4$5$7.",
                "$6$0 共 $9 次收到标识符 $3$8，该标识符此前由 $1 的响应交给本浏览器。"},
        [KEEPER_REDIRECT] = {"$0 received the identifier $3, which a redirect of $1 carried, "
                             "$4$5$7.",
                "$6$0 共 $9 次收到标识符 $3$8，该标识符由 $1 的重定向携带。"},
        [KEEPER_SENT] = {"$0 received the identifier $3, which had been sent to $1 before, "
                         "$4$5$7.",
                "$6$0 共 $9 次收到标识符 $3$8，该标识符此前已发送给 $1。"},
};

static const char *const sentences[2][2][2] = {
        {{"$0 received a part of the cookie $2 of $1, $3, $4$5$7.",
                 "$6$0 共 $9 次收到 $1 的 Cookie $2 的一部分：$3$8。"},
                {"$0 received the identifier that $1 keeps in the cookie $2, $3, $4$5$7.",
                        "$6$0 共 $9 次收到 $1 保存在 Cookie $2 中的标识符 $3$8。"}},
        {{"$0, a third party, received a part of the first-party cookie $2 of $1, $3, $4$5$7.",
                 "$6第三方 $0 共 $9 次收到 $1 的第一方 Cookie $2 的一部分：$3$8。"},
                {"$0, a third party, received the value of the first-party cookie $2 of $1, "
                 "$3, "
                 "$4$5$7.",
                        "$6第三方 $0 共 $9 次收到 $1 的第一方 Cookie $2 的值 $3$8。"}},
};

static bool say(struct arena *arena, const struct edge *e, struct finding *f)
{
    const struct trace *own = e->hits[0].owner->trace;
    const struct sharing_owner *o = e->hits[0].owner;
    const char *const *sentence = o->keeper != KEEPER_COOKIE
                                          ? kept[o->keeper]
                                          : sentences[e->hits[0].leaves_first_party][e->whole];
    const char *who = arena_print(arena, "%.*s%s%s%s",
            (int)(f->recipient.n < CLAUSE_MOST ? f->recipient.n : CLAUSE_MOST),
            (const char *)f->recipient.p, f->owner == NULL ? "" : " (",
            f->owner == NULL ? "" : f->owner, f->owner == NULL ? "" : ")");
    const char *times = arena_print(
            arena, "%llu time%s", (unsigned long long)e->times, e->times == 1 ? "" : "s");
    const char *count = arena_print(arena, "%llu", (unsigned long long)e->times);
    struct buf clauses[4];
    bool ok;

    for (size_t i = 0; i < 4; i++)
        buf_init(&clauses[i], CLAUSE_MOST);
    ok = who != NULL && times != NULL && count != NULL && put_clauses(e, clauses);
    if (ok) {
        const struct finding_word words[] = {{bytes_text(who), 2 * FINDING_NAME_SHOWN},
                {o->site, FINDING_NAME_SHOWN}, {own->name, FINDING_NAME_SHOWN},
                {e->piece, FINDING_VALUE_SHOWN}, {bytes_text(times), FINDING_NAME_SHOWN},
                {buf_view(&clauses[0]), CLAUSE_MOST}, {buf_view(&clauses[1]), CLAUSE_MOST},
                {buf_view(&clauses[2]), CLAUSE_MOST}, {buf_view(&clauses[3]), CLAUSE_MOST},
                {bytes_text(count), FINDING_NAME_SHOWN}};

        f->statement_en = finding_say(arena, sentence[0], words);
        f->statement_zh = finding_say(arena, sentence[1], words);
        ok = f->statement_en != NULL && f->statement_zh != NULL;
    }
    for (size_t i = 0; i < 4; i++)
        buf_clear(&clauses[i]);
    return ok;
}

static bool add_facts(struct arena *arena, const struct edge *e, struct finding *f)
{
    const struct sharing_owner *o = e->hits[0].owner;
    struct bytes *encoding = arena_array(arena, PIECE_ENCODINGS, sizeof(*encoding));
    struct bytes *mechanism = arena_array(arena, WAYS, sizeof(*mechanism));
    size_t n = 0, way_count = 0;

    if (encoding == NULL || mechanism == NULL)
        return false;
    for (size_t i = 0; i < PIECE_ENCODINGS; i++) {
        if ((e->hits[0].as >> i & 1) != 0)
            encoding[n++] = bytes_text(value_piece_encoding(i));
    }
    for (size_t i = 0; i < WAYS; i++) {
        if (e->went[i])
            mechanism[way_count++] = bytes_text(ways[i]);
    }
    finding_add_text(f, "name", o->trace->name);
    finding_add_text(f, "value", o->trace->decoded);
    if (!e->whole)
        finding_add_text(f, "part", e->piece);
    finding_add_text(f, "from_site", o->site);
    finding_add_text(f, "to_site", f->recipient_site);
    finding_add_list(f, "encoding", encoding, n);
    finding_add_list(f, "mechanism", mechanism, way_count);
    if (!finding_add_sites(arena, f, "sites_seen_on", &e->pages))
        return false;
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "times_sent", .kind = FACT_NUMBER, .number = (int64_t)e->times});
    if (e->redirects != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "times_redirected",
                                    .kind = FACT_NUMBER,
                                    .number = e->redirects});
    finding_add_text(f, "kept_as", bytes_text(keepers[o->keeper]));
    return true;
}

static bool cite(struct arena *arena, struct finding *f, const struct place *place)
{
    size_t n = f->evidence_count == FINDING_EVIDENCE_MOST ? FINDING_EVIDENCE_MOST - 1
                                                          : f->evidence_count;
    struct place *all = arena_array(arena, n + 1, sizeof(*all));

    if (all == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        all[i] = f->evidence[i];
    all[n] = *place;
    f->evidence = all;
    f->evidence_count = n + 1;
    return true;
}

/* What is seen of the other end: the redirect's instruction, the response that gave the value. */
static bool cite_cause(const struct sharing_ground *g, const struct edge *e, struct finding *f)
{
    const struct sharing_owner *o = e->hits[0].owner;
    struct place place = e->redirect;

    if (e->redirects != 0) {
        place.part = arena_print(g->arena, "response.headers.%zu", e->header);
        if (place.part == NULL || !cite(g->arena, f, &place))
            return false;
    }
    if (o->keeper == KEEPER_RESPONSE) {
        const struct exchange *x = g->e->exchanges[o->trace->set_by];
        size_t at;

        if (bytes_find(evidence_body(g->e, &x->response.body), o->trace->decoded, 0, &at))
            return cite(g->arena, f,
                    &(struct place){(size_t)o->trace->set_by, "response.body", at,
                            o->trace->decoded.n});
    }
    return true;
}

static bool state(const struct sharing_ground *g, const struct sharing_hit *hits, size_t n,
        struct findings *out)
{
    struct arena *arena = g->arena;
    struct edge e = {.hits = hits, .n = n};
    struct finding *f = finding_new(arena,
            hits[0].leaves_first_party ? "first-party-cookie-exfiltration"
                                       : "identifier-sharing",
            out);

    if (f == NULL || !take_hits(g, &e, f))
        return false;
    f->recipient = hits[0].trace->recipient;
    f->recipient_site = hits[0].trace->recipient_site;
    f->owner = hits[0].trace->owner;
    if (e.pages.n != 0)
        f->page_site = e.pages.at[0];
    /* Undoing an encoding, or making a digest anew, is part of the claim. */
    f->grade = hits[0].as == 0 ? GRADE_OBSERVED : GRADE_DERIVED;
    finding_take_verdicts(f);
    return say(arena, &e, f) && add_facts(arena, &e, f) && finding_take_evidence(arena, f) &&
           cite_cause(g, &e, f);
}

bool sharing_state(const struct sharing_ground *g, struct sharing_hit *hits, size_t n,
        struct findings *out)
{
    if (n != 0)
        qsort(hits, n, sizeof(*hits), by_edge);
    for (size_t i = 1, begin = 0; i <= n; i++) {
        if (i < n && same_edge(&hits[i], &hits[begin]))
            continue;
        if (!state(g, hits + begin, i - begin, out))
            return false;
        begin = i;
    }
    return true;
}
