/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent.h"

#include "classify/consent_site.h"
#include "classify/finding_consent.h"

/*
 * The site of the only page that was open when an exchange without a page was sent, so that its
 * state is known all the same; empty when pages of two sites had begun, or none. Exchanges come
 * in order of time: `*visit` and `*site` go on from one to the next.
 */
struct only {
    size_t visit;
    struct bytes site;
    bool several;
};

static struct bytes only_site(const struct attributions *a, int64_t when_ns, struct only *only)
{
    for (; only->visit < a->visit_count && a->visits[only->visit]->start_ns <= when_ns;
            only->visit++) {
        struct bytes site = a->visits[only->visit]->site;

        if (only->site.n == 0)
            only->site = site;
        else if (!bytes_equal(only->site, site))
            only->several = true;
    }
    return only->several ? (struct bytes){0} : only->site;
}

enum status consent_mark(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j)
{
    struct consent_sites sites;
    struct only only = {0};
    enum consent_state *states = arena_array(j->arena, e->exchange_count, sizeof(*states));

    if (states == NULL || !consent_sites_make(j->arena, setup, j, &sites))
        return STATUS_NOMEM;
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct visit *visit = j->attributions.of[i].visit;
        int64_t when = consent_time(e->exchanges[i]);
        struct bytes site = only_site(&j->attributions, when, &only);

        states[i] = consent_site_state(
                consent_sites_find(&sites, visit != NULL ? visit->site : site), when, NULL);
    }
    for (size_t i = 0; i < j->trace_count; i++)
        j->traces[i]->consent = states[j->traces[i]->places[0].exchange];
    j->consents = states;
    return STATUS_OK;
}

enum status consent_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct consent_sites sites;
    struct finding_consent_ground g = {.e = e, .setup = setup, .j = j, .sites = &sites};
    enum status status;

    if (setup->marks == NULL || setup->marks->n == 0)
        return STATUS_OK;
    if (!consent_sites_make(j->arena, setup, j, &sites))
        return STATUS_NOMEM;
    if (sites.n == 0)
        return STATUS_OK;
    status = finding_consent_make(&g, out);
    return status == STATUS_OK ? finding_erasure_make(&g, out) : status;
}
