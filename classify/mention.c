/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/mention.h"

static bool has_query(struct bytes path)
{
    return bytes_has(path, '?');
}

/* "&" as "&amp;", as HTML attributes have it. `out` has room for five times the path. */
static struct bytes escape_html(struct bytes path, uint8_t *out)
{
    static const char escaped[] = "&amp;";
    size_t n = 0;

    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '&') {
            out[n++] = path.p[i];
            continue;
        }
        for (size_t k = 0; k < sizeof(escaped) - 1; k++)
            out[n++] = (uint8_t)escaped[k];
    }
    return bytes_of(out, n);
}

/* What may stand in a URL; a path ends where something else, or its fragment, begins. */
static bool is_url_byte(uint8_t c)
{
    return ascii_is_alnum(c) || bytes_has(BYTES_LITERAL("-._~%/?&=+$:@!*,;|"), c);
}

/* The whole path stands at `at`: behind `authority`, or behind nothing that could be part of a
 * URL; and what follows is no more of it. */
static bool is_whole(struct bytes body, size_t at, size_t n, struct bytes authority)
{
    struct bytes before = bytes_slice(body, 0, at);
    size_t end = at + n;

    if (end < body.n && is_url_byte(body.p[end]))
        return false;
    if (authority.n != 0 && bytes_ends_nocase(before, authority)) {
        /* "https://host" and "//host" have a slash in front of the host. */
        before.n -= authority.n;
        return before.n == 0 || before.p[before.n - 1] == '/' ||
               !is_url_byte(before.p[before.n - 1]);
    }
    return before.n == 0 || !is_url_byte(before.p[before.n - 1]);
}

static bool names(struct bytes body, struct bytes text, struct bytes authority)
{
    size_t from = 0, at;

    while (bytes_find(body, text, from, &at)) {
        if (is_whole(body, at, text.n, authority))
            return true;
        from = at + text.n;
    }
    return false;
}

int64_t mention_find(const struct evidence *e, const struct request_view *views,
        const struct attribution *of, size_t i, uint64_t *budget)
{
    const int64_t since = views[i].start_ns - (int64_t)MENTION_SECONDS * 1000000000;
    const struct exchange *x = e->exchanges[i];
    uint8_t room[5 * MENTION_MOST];
    int64_t found = ATTRIBUTION_NONE;
    struct bytes escaped;

    if (x->path.n < MENTION_LEAST || x->path.n > MENTION_MOST || !has_query(x->path))
        return ATTRIBUTION_NONE;
    escaped = escape_html(x->path, room);
    for (size_t k = i; k > 0 && views[k - 1].start_ns >= since; k--) {
        const struct message *m = &e->exchanges[k - 1]->response;
        struct bytes body = m->body.data;
        uint64_t cost = MENTION_STEP;
        bool looked = of[k - 1].visit != NULL && of[k - 1].basis != PAGE_TIMING &&
                      body.n >= x->path.n && m->first_ns <= views[i].start_ns;

        cost += looked ? body.n : 0;
        if (*budget < cost) {
            *budget = 0;
            return ATTRIBUTION_NONE; /* what was not looked at might name another page */
        }
        *budget -= cost;
        if (!looked || (!names(body, x->path, x->authority) &&
                               (escaped.n == x->path.n || !names(body, escaped, x->authority))))
            continue;
        if (found == ATTRIBUTION_NONE)
            found = (int64_t)k - 1;
        else if (!bytes_equal(of[found].visit->site, of[k - 1].visit->site))
            return ATTRIBUTION_NONE;
    }
    return found;
}
