/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/judgement.h"

#include <string.h>

#include "classify/cloak.h"
#include "classify/gather.h"
#include "classify/request_view.h"
#include "classify/score.h"
#include "classify/sharing.h"
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
        request.page_host = e->exchanges[a->visit->exchange]->host;
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

static enum status make_findings(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct findings findings;
    enum status status = finding_make(j->arena, j->traces, j->trace_count, &findings);

    if (status == STATUS_OK)
        status = cloak_find(e, setup, j, &findings);
    if (status == STATUS_OK)
        status = sharing_find(j->arena, e, &j->attributions, j->traces, j->trace_count,
                &findings, &j->sharing_capped);
    if (status != STATUS_OK)
        return status;
    findings_order(&findings);
    j->findings = findings.at;
    j->finding_count = findings.n;
    return STATUS_OK;
}

static enum status judge_traces(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct formats *formats = formats_new();
    struct traces traces;
    enum status status = STATUS_NOMEM;

    if (formats != NULL)
        status = gather_traces(j->arena, e, &j->attributions, &traces);
    if (status == STATUS_OK) {
        j->traces = traces.at;
        j->trace_count = traces.n;
        j->traces_capped = traces.capped;
        j->opaque_bodies = traces.opaque;
        status = score_traces(formats, traces.at, traces.n);
    }
    formats_free(formats);
    if (status != STATUS_OK)
        return status;
    find_owners(e, setup, j);
    status = verdict_judge(setup->legal, setup->parties, e, &j->attributions, j->traces,
            j->trace_count, capture_time(e));
    return status == STATUS_OK ? make_findings(e, setup, j) : status;
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
        status = match_trackers(e, setup, &j);
    }
    if (status == STATUS_OK)
        status = announcements_gather(j.arena, e, &j.announcements);
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
