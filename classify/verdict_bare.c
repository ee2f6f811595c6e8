/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "classify/verdict.h"
#include "classify/verdict_fact.h"

/* Traces by the site they went to. */
struct by_site {
    struct trace *const *traces;
    const struct verdict_view *views;
};

static struct bytes site_of_trace(const struct trace *t)
{
    return t->recipient_site.n != 0 ? t->recipient_site : t->recipient;
}

static int compare_sites(const void *a, const void *b, void *context)
{
    const struct by_site *s = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int order = bytes_compare(site_of_trace(s->traces[left]), site_of_trace(s->traces[right]));

    return order == 0 ? (left > right) - (left < right) : order;
}

/* It stands for somebody, or might: of what is unknown, length alone decides. */
static bool may_identify(const struct trace *t)
{
    if (verdict_is_identifier(t))
        return true;
    return t->class_ == CLASS_UNKNOWN && t->bits >= VERDICT_BITS_DIFFERING;
}

/* A request whose whole content stands in traces: nothing missing, and no body, of which they
 * may hold a part only. */
static bool is_plain(const struct exchange *x)
{
    return x->request.whole && x->request.body.bytes == 0 && x->message == 0;
}

static bool is_bare(const struct evidence *e, const struct attributions *a,
        const struct trace *t, const struct verdict_view *view)
{
    if (t->place_count == 0 || t->count > t->place_count || (view->with & WITH_IDENTIFIER) != 0)
        return false;
    for (size_t i = 0; i < t->place_count; i++) {
        size_t x = t->places[i].exchange;

        if (x >= e->exchange_count || !is_plain(e->exchanges[x]) || a->of[x].visit == NULL)
            return false;
    }
    return true;
}

enum status verdict_bare(const struct evidence *e, const struct attributions *a,
        struct trace *const *traces, size_t n, struct verdict_view *views)
{
    struct by_site s = {traces, views};
    size_t *sorted = calloc(n + 1, sizeof(*sorted));

    if (sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = i;
    if (n != 0)
        qsort_r(sorted, n, sizeof(*sorted), compare_sites, &s);
    for (size_t begin = 0, end; begin < n; begin = end) {
        struct bytes site = site_of_trace(traces[sorted[begin]]);
        bool known = false;

        for (end = begin; end < n && bytes_equal(site_of_trace(traces[sorted[end]]), site);
                end++)
            known = known || may_identify(traces[sorted[end]]);
        for (size_t i = begin; i < end && !known; i++) {
            const struct trace *t = traces[sorted[i]];

            if (t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT)
                views[sorted[i]].bare = is_bare(e, a, t, &views[sorted[i]]);
        }
    }
    free(sorted);
    return STATUS_OK;
}
