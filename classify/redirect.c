/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/redirect.h"

#include <stdlib.h>

/* A redirect, findable by where it points. */
struct hop {
    struct bytes to;
    int64_t when_ns;
    size_t index;
    bool used;
};

static int by_target(const void *a, const void *b)
{
    const struct hop *left = a, *right = b;
    int order = bytes_compare(left->to, right->to);

    if (order == 0)
        order = (left->when_ns > right->when_ns) - (left->when_ns < right->when_ns);
    return order == 0 ? (left->index > right->index) - (left->index < right->index) : order;
}

/* How many hops stand before those to `url` that came after `when`. */
static size_t hops_before(const struct hop *hops, size_t n, struct bytes url, int64_t when_ns)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(hops[middle].to, url);

        if (order < 0 || (order == 0 && hops[middle].when_ns <= when_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A browser keeps the purpose of a request over its redirects: a page's image never becomes a
 * page. Fetch Metadata is compared where both have it; plain HTTP hops have none. */
static bool continues(const struct request_view *hop, const struct request_view *request)
{
    bool hop_page = hop->navigates || hop->maybe_navigates;

    if (hop->user_agent.n != 0 && request->user_agent.n != 0 &&
            !bytes_equal(hop->user_agent, request->user_agent))
        return false;
    if (hop->has_fetch && request->has_fetch)
        return bytes_equal(hop->fetch_dest, request->fetch_dest) &&
               bytes_equal(hop->fetch_mode, request->fetch_mode);
    return !request->navigates || hop_page;
}

/* The best hop for a request; n when there is none. Looks at a bounded number of candidates,
 * so that a page that redirects to itself for ever does not cost squared time. */
static size_t best_hop(
        const struct hop *hops, size_t n, const struct request_view *views, size_t index)
{
    enum { CANDIDATES_MOST = 256 };
    const int64_t longest = (int64_t)REDIRECT_SECONDS * 1000000000;
    const struct request_view *request = &views[index];
    size_t first = hops_before(hops, n, request->url, INT64_MIN), best = n;
    size_t last = hops_before(hops, n, request->url, request->start_ns);
    bool best_same = false;

    for (size_t i = last; i > first && last - i < CANDIDATES_MOST; i--) {
        const struct hop *hop = &hops[i - 1];
        bool same = bytes_equal(views[hop->index].referer, request->referer);

        if (request->start_ns - hop->when_ns > longest)
            break;
        /* Links point to earlier requests only, so that no chain of them is a ring, whatever
         * the clock of the capture says. */
        if (hop->used || hop->index >= index || (best != n && (best_same || !same)) ||
                !continues(&views[hop->index], request))
            continue;
        best = i - 1;
        best_same = same;
    }
    return best;
}

bool redirect_link(const struct request_view *views, size_t n, int64_t *from)
{
    struct hop *hops = calloc(n + 1, sizeof(*hops));
    size_t count = 0;

    if (hops == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        from[i] = -1;
        if (views[i].location.n != 0)
            hops[count++] = (struct hop){views[i].location, views[i].end_ns, i, false};
    }
    if (count != 0)
        qsort(hops, count, sizeof(*hops), by_target);
    for (size_t i = 0; i < n && count != 0; i++) {
        size_t hop = views[i].url.n == 0 ? count : best_hop(hops, count, views, i);

        if (hop == count)
            continue;
        hops[hop].used = true;
        from[i] = (int64_t)hops[hop].index;
    }
    free(hops);
    return true;
}
