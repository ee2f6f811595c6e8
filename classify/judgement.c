/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/judgement.h"

#include "classify/gather.h"
#include "classify/request_view.h"
#include "classify/score.h"
#include "classify/verdict.h"

#define JUDGEMENT_ARENA_MOST ((size_t)4 << 30)

static void match_trackers(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    for (size_t i = 0; i < e->exchange_count && setup->lists != NULL; i++) {
        const struct exchange *x = e->exchanges[i];
        const struct attribution *a = &j->attributions.of[i];
        const struct request_view *v = &j->attributions.views[i];
        /* domain= asks for the frame or page; the initiator is what is known of the frame. */
        const bool known = v->origin_host.n != 0 || v->referer_host.n != 0;
        const struct visit *visit = a->visit;
        struct match_request request = {
                .url = x->url,
                .site = a->site,
                .method = x->method,
                .type = request_view_type(v, x),
                .third_party = a->party == PARTY_THIRD || a->initiator_party == PARTY_THIRD,
        };

        if (x->url.n == 0)
            continue;
        if (known)
            request.page_host = v->origin_host.n != 0 ? v->origin_host : v->referer_host;
        else if (visit != NULL)
            request.page_host = e->exchanges[visit->exchange]->host;
        request.page_site = site_of(setup->sites, request.page_host);
        match_decide(setup->lists, &request, &j->trackers[i]);
    }
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

static enum status judge_traces(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct formats *formats = formats_new();
    struct traces traces;
    struct findings findings;
    enum status status = STATUS_NOMEM;

    if (formats != NULL)
        status = gather_traces(j->arena, e, &j->attributions, &traces);
    if (status == STATUS_OK) {
        j->traces = traces.at;
        j->trace_count = traces.n;
        j->traces_capped = traces.capped;
        status = score_traces(formats, traces.at, traces.n);
    }
    formats_free(formats);
    if (status != STATUS_OK)
        return status;
    find_owners(e, setup, j);
    status = verdict_judge(setup->legal, setup->parties, e, &j->attributions, j->traces,
            j->trace_count, capture_time(e));
    if (status == STATUS_OK)
        status = finding_make(j->arena, j->traces, j->trace_count, &findings);
    if (status == STATUS_OK) {
        j->findings = findings.at;
        j->finding_count = findings.n;
    }
    return status;
}

enum status judgement_make(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *out, struct fault *fault)
{
    struct judgement j = {.arena = arena_new(JUDGEMENT_ARENA_MOST)};
    enum status status = STATUS_NOMEM;

    if (j.arena != NULL)
        status = attribution_judge(e, setup->sites, &j.attributions);
    if (status == STATUS_OK) {
        j.trackers = arena_array(j.arena, e->exchange_count, sizeof(*j.trackers));
        j.owners = arena_array(j.arena, e->exchange_count, sizeof(*j.owners));
        if (j.trackers == NULL || j.owners == NULL)
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK) {
        match_trackers(e, setup, &j);
        status = judge_traces(e, setup, &j);
    }
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
