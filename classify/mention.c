/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/mention.h"

enum { MENTION_STEP = 64 /* of the budget, for looking at an exchange at all */ };

static bool has_query(struct bytes path)
{
    return bytes_has(path, '?');
}

/* "&" as "&amp;", as HTML attributes have it. */
static bool escape_html(struct arena *arena, struct bytes path, struct bytes *out)
{
    uint8_t *p = arena_alloc(arena, path.n * 5);
    size_t n = 0;

    if (p == NULL)
        return false;
    for (size_t i = 0; i < path.n; i++) {
        static const char escaped[] = "&amp;";

        if (path.p[i] != '&') {
            p[n++] = path.p[i];
            continue;
        }
        for (size_t k = 0; k < sizeof(escaped) - 1; k++)
            p[n++] = (uint8_t)escaped[k];
    }
    *out = bytes_of(p, n);
    return true;
}

static bool mentions(struct bytes body, struct bytes path, struct bytes escaped)
{
    size_t at;

    return bytes_find(body, path, 0, &at) ||
           (escaped.n != path.n && bytes_find(body, escaped, 0, &at));
}

bool mention_find(struct arena *arena, const struct evidence *e,
        const struct request_view *views, const struct attribution *of, size_t i,
        uint64_t *budget, int64_t *found)
{
    const int64_t since = views[i].start_ns - (int64_t)MENTION_SECONDS * 1000000000;
    struct bytes path = e->exchanges[i]->path, escaped;

    *found = ATTRIBUTION_NONE;
    if (path.n < MENTION_LEAST || !has_query(path) || path.n > 4096)
        return true;
    if (!escape_html(arena, path, &escaped))
        return false;
    for (size_t k = i; k > 0 && views[k - 1].start_ns >= since; k--) {
        struct bytes body = e->exchanges[k - 1]->response.body.data;

        *budget -= *budget < MENTION_STEP ? *budget : MENTION_STEP;
        if (*budget == 0)
            break;
        if (of[k - 1].visit == NULL || of[k - 1].basis == PAGE_TIMING || body.n < path.n ||
                e->exchanges[k - 1]->response.first_ns > views[i].start_ns)
            continue;
        if (*budget < body.n) {
            *found = ATTRIBUTION_NONE;
            return true;
        }
        *budget -= body.n;
        if (!mentions(body, path, escaped))
            continue;
        if (*found != ATTRIBUTION_NONE &&
                !bytes_equal(of[*found].visit->site, of[k - 1].visit->site)) {
            *found = ATTRIBUTION_NONE;
            return true;
        }
        if (*found == ATTRIBUTION_NONE)
            *found = (int64_t)k - 1;
    }
    if (*budget == 0)
        *found =
                ATTRIBUTION_NONE; /* not all were looked at, so none is known to be the only one */
    return true;
}
