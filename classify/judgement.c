/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/judgement.h"

#include <string.h>

#include "classify/bounce.h"
#include "classify/cloak.h"
#include "classify/consent.h"
#include "classify/declared.h"
#include "classify/finding_part.h"
#include "classify/fingerprint.h"
#include "classify/gather.h"
#include "classify/kept.h"
#include "classify/objection.h"
#include "classify/request_view.h"
#include "classify/respawn.h"
#include "classify/score.h"
#include "classify/sensitive.h"
#include "classify/sharing.h"
#include "classify/ticket.h"
#include "classify/typing.h"
#include "classify/validator.h"
#include "classify/verdict.h"

#define JUDGEMENT_ARENA_MOST ((size_t)4 << 30)

/* What a browser asks for when it opens a WebSocket: lists know it as wss:, packets as https:. */
static bool socket_url(struct arena *arena, struct bytes *url)
{
    uint8_t *p;

    if (!bytes_starts_nocase(*url, BYTES_LITERAL("http")))
        return true;
    p = arena_alloc(arena, url->n);
    if (p == NULL)
        return false;
    memcpy(p, "ws", 2);
    memcpy(p + 2, url->p + 4, url->n - 4);
    *url = bytes_of(p, url->n - 2);
    return true;
}

static bool match_tracker(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, size_t i)
{
    const struct exchange *x = e->exchanges[i];
    const struct attribution *a = &j->attributions.of[i];
    const struct request_view *v = &j->attributions.views[i];
    /* domain= asks for the frame or page; the initiator is what is known of the frame. */
    const struct request_view *from =
            a->opened_by == ATTRIBUTION_NONE ? v : &j->attributions.views[a->opened_by];
    struct match_request request = {
            .url = x->url,
            .site = a->site,
            .method = x->message == 0 ? x->method : BYTES_LITERAL("GET"),
            .type = request_view_type(v, x),
            .third_party = a->party == PARTY_THIRD || a->initiator_party == PARTY_THIRD,
    };

    if (x->url.n == 0)
        return true;
    if (request.type == RESOURCE_WEBSOCKET && !socket_url(j->arena, &request.url))
        return false;
    if (from->origin_host.n != 0 || from->referer_host.n != 0)
        request.page_host = from->origin_host.n != 0 ? from->origin_host : from->referer_host;
    else if (a->visit != NULL)
        request.page_host = a->visit->host;
    request.page_site = site_of(setup->sites, request.page_host);
    match_decide(setup->lists, &request, &j->trackers[i]);
    return true;
}

static enum status match_trackers(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    for (size_t i = 0; i < e->exchange_count && setup->lists != NULL; i++) {
        int64_t opened = j->attributions.of[i].opened_by;

        /* What a list says of a WebSocket it says of all its messages. */
        if (opened != ATTRIBUTION_NONE && opened < (int64_t)i &&
                bytes_equal(e->exchanges[opened]->url, e->exchanges[i]->url))
            j->trackers[i] = j->trackers[opened];
        else if (!match_tracker(e, setup, j, i))
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static void find_owners(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct party_owner *owner = parties_find(setup->parties, e->exchanges[i]->host);

        j->owners[i] = owner == NULL ? NULL : owner->owner_en;
    }
    for (size_t i = 0; i < j->trace_count; i++)
        j->traces[i]->owner = j->owners[j->traces[i]->places[0].exchange];
}

static int64_t capture_time(const struct evidence *e)
{
    const struct exchange *first = e->exchange_count == 0 ? NULL : e->exchanges[0];

    if (first == NULL)
        return 0;
    return first->request.seen ? first->request.first_ns : first->response.first_ns;
}

static enum status find_shared(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    (void)setup;
    return sharing_find(
            j->arena, e, &j->attributions, j->traces, j->trace_count, out, &j->sharing_capped);
}

/* Each kind of finding has its maker; none looks at what the others found but sharing and
 * bounce, which are one story. */
static enum status make_findings(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    static enum status (*const makers[])(const struct evidence *,
            const struct judgement_setup *, struct judgement *, struct findings *) = {
            cloak_find,
            find_shared,
            bounce_find,
            respawn_find,
            declared_find,
            fingerprint_find,
            typing_find,
            consent_find,
    };
    struct findings findings;
    enum status status = finding_make(j->arena, j->traces, j->trace_count, &findings);

    for (size_t i = 0; i < sizeof(makers) / sizeof(*makers) && status == STATUS_OK; i++)
        status = makers[i](e, setup, j, &findings);
    if (status == STATUS_OK)
        status = belongings_mark(j->arena, e, &j->belongings, findings.at, findings.n);
    if (status == STATUS_OK)
        status = objections_find(j->arena, findings.at, findings.n);
    if (status != STATUS_OK)
        return status;
    findings_order(&findings);
    j->findings = findings.at;
    j->finding_count = findings.n;
    return STATUS_OK;
}

/* What travelled, each value once, and what its form and name say. */
static enum status make_traces(const struct evidence *e, struct judgement *j)
{
    struct formats *formats = formats_new();
    struct traces traces;
    enum status status = STATUS_NOMEM;

    if (formats != NULL)
        status = gather_traces(j->arena, e, &j->attributions, &traces);
    if (status == STATUS_OK)
        status = tickets_gather(j->arena, e, &j->attributions, &traces);
    if (status == STATUS_OK) {
        j->traces = traces.at;
        j->trace_count = traces.n;
        j->traces_capped = traces.capped;
        j->opaque_bodies = traces.opaque;
        status = kept_find(e, &j->attributions, traces.at, traces.n, &j->traces_capped);
    }
    if (status == STATUS_OK)
        status = score_traces(formats, traces.at, traces.n);
    if (status == STATUS_OK)
        status = validators_mark(e, traces.at, traces.n);
    formats_free(formats);
    return status;
}

/* The person's own values, wherever they stand. */
static enum status find_declared(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct variants variants;
    enum status status;

    if (setup->subject == NULL || setup->subject->n == 0)
        return STATUS_OK;
    status = variants_make(j->arena, setup->subject, &variants);
    if (status == STATUS_OK)
        status = search_evidence(
                j->arena, e, &j->attributions, setup->subject, &variants, &j->hits);
    return status == STATUS_OK ? declared_mark(e, setup, j) : status;
}

static enum status judge_verdicts(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    enum status status = verdict_judge(setup->legal, setup->parties, e, &j->attributions,
            j->traces, j->trace_count, capture_time(e));

    return status != STATUS_OK ? status
                               : together_judge(setup->legal, j->traces, j->trace_count,
                                         e->exchange_count, capture_time(e), j->together);
}

/* Adds a fact that only a finding shows. True when it is new. */
static bool note(struct judgement *j, const struct trace *of, const char *fact)
{
    struct trace *t = j->traces[of->number - 1];

    for (size_t i = 0; i < t->fact_count; i++) {
        if (strcmp(t->facts[i], fact) == 0)
            return false;
    }
    if (t->fact_count == TRACE_FACTS_MOST)
        return false;
    t->facts[t->fact_count++] = fact;
    return true;
}

static bool identifies(const struct trace *t)
{
    return t->class_ == CLASS_SEARCH || finding_identifies(t);
}

/* Its verdict is that of its values and nothing besides. */
static bool leans_on_values(const struct finding *f)
{
    static const char *const kinds[] = {"tracking-identifier", "identifier-sharing",
            "first-party-cookie-exfiltration", "identifier-respawn", "cname-cloaking"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(f->kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

/*
 * That a value came back behind a clearing of cookies (U8), or that an answer made use of it
 * (U11), is known when the findings are: then verdicts are judged once more.
 */
static enum status judge_again(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    enum status status = STATUS_OK;
    bool any = false;

    for (size_t i = 0; i < j->finding_count; i++) {
        const struct finding *f = j->findings[i];
        const char *fact = strcmp(f->kind, "identifier-respawn") == 0      ? "U8"
                           : strcmp(f->kind, "personalised-response") == 0 ? "U11"
                                                                           : NULL;

        for (size_t k = 0; fact != NULL && k < f->trace_count; k++)
            any |= identifies(f->traces[k]) && note(j, f->traces[k], fact);
    }
    if (!any)
        return STATUS_OK;
    status = judge_verdicts(e, setup, j);
    for (size_t i = 0; i < j->finding_count && status == STATUS_OK; i++) {
        if (leans_on_values(j->findings[i]))
            finding_take_verdicts(j->findings[i]);
    }
    return status;
}

static enum status judge_traces(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    enum status status = make_traces(e, j);

    if (status != STATUS_OK)
        return status;
    find_owners(e, setup, j);
    status = find_declared(e, setup, j);
    if (status == STATUS_OK)
        status = consent_mark(e, setup, j);
    if (status == STATUS_OK)
        status = sensitive_mark(j->arena, j->traces, j->trace_count);
    if (status == STATUS_OK && setup->subject != NULL)
        sensitive_mark_declared(setup->subject, j->traces, j->trace_count);
    if (status == STATUS_OK)
        status = judge_verdicts(e, setup, j);
    if (status == STATUS_OK)
        status = make_findings(e, setup, j);
    return status == STATUS_OK ? judge_again(e, setup, j) : status;
}

/* What is said of each exchange by itself. */
static enum status judge_exchanges(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    enum status status;

    j->trackers = arena_array(j->arena, e->exchange_count, sizeof(*j->trackers));
    j->owners = arena_array(j->arena, e->exchange_count, sizeof(*j->owners));
    j->vendors = arena_array(j->arena, e->exchange_count, sizeof(*j->vendors));
    j->consents = arena_array(j->arena, e->exchange_count, sizeof(*j->consents));
    j->together = arena_array(j->arena, e->exchange_count, sizeof(*j->together));
    if (j->trackers == NULL || j->owners == NULL || j->vendors == NULL || j->consents == NULL ||
            j->together == NULL)
        return STATUS_NOMEM;
    status = match_trackers(e, setup, j);
    if (status == STATUS_OK)
        status = vendors_mark(e, &j->attributions, j->vendors);
    if (status == STATUS_OK)
        status = announcements_gather(j->arena, e, &j->announcements);
    return status == STATUS_OK ? servers_gather(j->arena, e, setup->whereabouts, &j->servers)
                               : status;
}

enum status judgement_make(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *out, struct fault *fault)
{
    struct judgement j = {.arena = arena_new(JUDGEMENT_ARENA_MOST)};
    enum status status = STATUS_NOMEM;

    if (j.arena != NULL)
        status = attribution_judge(e, setup->sites, setup->browser, &j.attributions);
    if (status == STATUS_OK)
        status = belongings_judge(j.arena, e, setup->sockets, &j.belongings);
    if (status == STATUS_OK)
        status = judge_exchanges(e, setup, &j);
    if (status == STATUS_OK)
        status = judge_traces(e, setup, &j);
    if (status != STATUS_OK) {
        judgement_clear(&j);
        return fault_set(fault, status, "out of memory while judging what was captured");
    }
    *out = j;
    return STATUS_OK;
}

void judgement_clear(struct judgement *j)
{
    attribution_clear(&j->attributions);
    arena_free(j->arena);
    *j = (struct judgement){0};
}
