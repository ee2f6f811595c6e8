/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: url. A base, a line feed, a reference. Asserts: parts are views in bounds that put
 * together give the text again; a resolved URL has the base's or the reference's authority, no
 * dot segments, and resolving it again changes nothing; parameters use up the whole query. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct bytes part, struct bytes all)
{
    assert(part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n));
}

static void check_split(struct bytes text)
{
    struct bytes rest, name, value;
    size_t n;
    struct url u;

    url_split(text, &u);
    within(u.scheme, text);
    within(u.authority, text);
    within(u.userinfo, u.authority);
    within(u.host, u.authority);
    within(u.port, u.authority);
    within(u.path, text);
    within(u.query, text);
    within(u.fragment, text);
    n = u.scheme.n + (u.scheme.n != 0) + u.authority.n + (u.has_authority ? 2u : 0u) +
        u.path.n + u.query.n + u.has_query + u.fragment.n + u.has_fragment;
    assert(n == text.n);
    rest = u.query;
    n = 0;
    while (url_parameter(&rest, &name, &value)) {
        within(name, u.query);
        within(value, u.query);
        assert(!bytes_has(name, '&') && !bytes_has(name, '=') && !bytes_has(value, '&'));
        n++;
    }
    assert(rest.n == 0 && n <= u.query.n);
}

static void check_resolve(struct bytes base, struct bytes reference)
{
    struct arena *arena = arena_new(1 << 20);
    struct url b, r, u;
    struct bytes out, again;
    size_t at;

    url_split(base, &b);
    url_split(bytes_trim(reference), &r);
    if (arena == NULL)
        abort();
    if (b.scheme.n == 0 || !b.has_authority || !url_resolve(arena, base, reference, &out)) {
        arena_free(arena);
        return;
    }
    check_split(out);
    url_split(out, &u);
    if (r.scheme.n == 0) {
        assert(bytes_equal(u.scheme, b.scheme));
        assert(bytes_equal(u.authority, r.has_authority ? r.authority : b.authority));
        if (r.path.n != 0) {
            assert(u.path.n != 0 && u.path.p[0] == '/');
            assert(!bytes_find(u.path, BYTES_LITERAL("/../"), 0, &at));
            assert(!bytes_find(u.path, BYTES_LITERAL("/./"), 0, &at));
        }
        assert(url_resolve(arena, base, out, &again));
        assert(bytes_equal(again, bytes_trim(out)));
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size}, base;

    check_split(rest);
    if (!bytes_take_until(&rest, '\n', &base))
        return 0;
    check_resolve(base, rest);
    return 0;
}
