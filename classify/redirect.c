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

/* The first hop to `url`. */
static size_t first_to(const struct hop *hops, size_t n, struct bytes url)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(hops[middle].to, url) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The best hop for a request; n when there is none. Looks at a bounded number of candidates,
 * so that a page that redirects to itself for ever does not cost squared time. */
static size_t best_hop(const struct hop *hops, size_t n, const struct request_view *views,
        const struct request_view *request)
{
    enum { CANDIDATES_MOST = 256 };
    const int64_t longest = (int64_t)REDIRECT_SECONDS * 1000000000;
    size_t first = first_to(hops, n, request->url), best = n, last = first;
    bool best_same = false;

    while (last < n && bytes_equal(hops[last].to, request->url) &&
            hops[last].when_ns <= request->start_ns)
        last++;
    for (size_t i = last; i > first && last - i < CANDIDATES_MOST; i--) {
        const struct hop *hop = &hops[i - 1];
        bool same = bytes_equal(views[hop->index].referer, request->referer);

        if (request->start_ns - hop->when_ns > longest)
            break;
        if (hop->used || (best != n && (best_same || !same)))
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
        size_t hop = views[i].url.n == 0 ? count : best_hop(hops, count, views, &views[i]);

        if (hop == count || hops[hop].index == i)
            continue;
        hops[hop].used = true;
        from[i] = (int64_t)hops[hop].index;
    }
    free(hops);
    return true;
}
