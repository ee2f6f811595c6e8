/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/url.h"

#include <string.h>

/* Splits at the first of the bytes in `stops`, which stays in front of the rest. */
static struct bytes take_up_to(struct bytes *rest, const char *stops)
{
    size_t n = 0;
    struct bytes part;

    while (n < rest->n && (rest->p[n] == '\0' || strchr(stops, rest->p[n]) == NULL))
        n++;
    part = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n, rest->n);
    return part;
}

static struct bytes without_first(struct bytes b)
{
    return bytes_slice(b, 1, b.n);
}

static bool take_scheme(struct bytes *rest, struct bytes *scheme)
{
    size_t n = 0;

    if (rest->n == 0 || !ascii_is_alpha(rest->p[0]))
        return false;
    while (n < rest->n && (ascii_is_alnum(rest->p[n]) || rest->p[n] == '+' ||
                                  rest->p[n] == '-' || rest->p[n] == '.'))
        n++;
    if (n == rest->n || rest->p[n] != ':')
        return false;
    *scheme = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n + 1, rest->n);
    return true;
}

static void split_authority(struct url *u)
{
    struct bytes rest = u->authority, before;
    size_t end;

    /* The last "@" ends the userinfo: browsers read it so, and it is what a phisher uses. */
    while (bytes_take_until(&rest, '@', &before))
        u->userinfo = bytes_slice(u->authority, 0, (size_t)(rest.p - u->authority.p) - 1);
    if (rest.n != 0 && rest.p[0] == '[') {
        for (end = 1; end < rest.n && rest.p[end] != ']'; end++)
            continue;
        end = end < rest.n ? end + 1 : rest.n;
    } else {
        for (end = 0; end < rest.n && rest.p[end] != ':'; end++)
            continue;
    }
    u->host = bytes_slice(rest, 0, end);
    if (end < rest.n && rest.p[end] == ':')
        u->port = bytes_slice(rest, end + 1, rest.n);
}

void url_split(struct bytes text, struct url *out)
{
    struct url u = {0};
    struct bytes rest = text;

    if (!take_scheme(&rest, &u.scheme))
        u.scheme = bytes_slice(text, 0, 0);
    if (rest.n >= 2 && (rest.p[0] == '/' || rest.p[0] == '\\') &&
            (rest.p[1] == '/' || rest.p[1] == '\\')) {
        rest = bytes_slice(rest, 2, rest.n);
        u.has_authority = true;
        u.authority = take_up_to(&rest, "/\\?#");
        split_authority(&u);
    }
    u.path = take_up_to(&rest, "?#");
    if (rest.n != 0 && rest.p[0] == '?') {
        rest = without_first(rest);
        u.has_query = true;
        u.query = take_up_to(&rest, "#");
    }
    if (rest.n != 0) {
        u.has_fragment = true;
        u.fragment = without_first(rest);
    }
    *out = u;
}

static bool lower_copy(struct arena *arena, struct bytes text, struct bytes *out)
{
    uint8_t *p = arena_alloc(arena, text.n);

    if (p == NULL)
        return false;
    for (size_t i = 0; i < text.n; i++)
        p[i] = ascii_lower(text.p[i]);
    *out = bytes_of(p, text.n);
    return true;
}

bool url_host(struct arena *arena, struct bytes text, struct bytes *out)
{
    struct url u;

    url_split(text, &u);
    return lower_copy(arena, u.host, out);
}

/* Appends into memory that is known to be large enough. */
struct builder {
    uint8_t *p;
    size_t n;
};

static void put(struct builder *b, struct bytes text)
{
    if (text.n != 0)
        memcpy(b->p + b->n, text.p, text.n);
    b->n += text.n;
}

static void put_path_slash(struct builder *b, struct bytes path)
{
    size_t begin = b->n;

    put(b, path);
    for (size_t i = begin; i < b->n; i++) {
        if (b->p[i] == '\\')
            b->p[i] = '/';
    }
}

/* RFC 3986 section 5.2.4, in place from `begin`: the path never grows. */
static void remove_dots(struct builder *b, size_t begin)
{
    size_t out = begin, in = begin, end = b->n;

    while (in < end) {
        size_t next = in + 1, n;

        while (next < end && b->p[next] != '/')
            next++;
        n = next - in;
        if (n == 2 && b->p[in] == '/' && b->p[in + 1] == '.') {
            if (next == end)
                b->p[out++] = '/';
        } else if (n == 3 && memcmp(b->p + in, "/..", 3) == 0) {
            while (out > begin && b->p[--out] != '/')
                continue;
            if (next == end)
                b->p[out++] = '/';
        } else {
            memmove(b->p + out, b->p + in, n);
            out += n;
        }
        in = next;
    }
    b->n = out;
}

/* The base path up to and with its last slash (section 5.2.3). */
static struct bytes folder_of(struct bytes path)
{
    while (path.n != 0 && path.p[path.n - 1] != '/' && path.p[path.n - 1] != '\\')
        path.n--;
    return path;
}

static void put_path(struct builder *b, const struct url *base, const struct url *reference)
{
    size_t begin = b->n;

    if (reference->path.n == 0) {
        put(b, base->path);
        return;
    }
    if (reference->path.p[0] != '/' && reference->path.p[0] != '\\' &&
            !reference->has_authority) {
        struct bytes folder = folder_of(base->path);

        put_path_slash(b, folder.n == 0 ? BYTES_LITERAL("/") : folder);
    }
    put_path_slash(b, reference->path);
    remove_dots(b, begin);
}

bool url_resolve(struct arena *arena, struct bytes base_text, struct bytes reference_text,
        struct bytes *out)
{
    struct builder b = {.p = arena_alloc(arena, base_text.n + reference_text.n + 16)};
    struct bytes query;
    bool has_query;
    struct url base, reference;

    if (b.p == NULL)
        return false;
    url_split(base_text, &base);
    url_split(bytes_trim(reference_text), &reference);
    if (reference.scheme.n != 0) {
        *out = bytes_trim(reference_text);
        return true;
    }
    put(&b, base.scheme);
    put(&b, BYTES_LITERAL("://"));
    put(&b, reference.has_authority ? reference.authority : base.authority);
    if (reference.has_authority)
        base.path = bytes_slice(base.path, 0, 0);
    put_path(&b, &base, &reference);
    has_query = reference.has_query ||
                (reference.path.n == 0 && !reference.has_authority && base.has_query);
    query = reference.has_query ? reference.query : base.query;
    if (has_query) {
        put(&b, BYTES_LITERAL("?"));
        put(&b, query);
    }
    if (reference.has_fragment) {
        put(&b, BYTES_LITERAL("#"));
        put(&b, reference.fragment);
    }
    *out = bytes_of(b.p, b.n);
    return true;
}

bool url_parameter(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    while (rest->n != 0) {
        struct bytes part, key;

        if (!bytes_take_until(rest, '&', &part)) {
            part = *rest;
            *rest = bytes_slice(*rest, rest->n, rest->n);
        }
        if (part.n == 0)
            continue;
        if (bytes_take_until(&part, '=', &key)) {
            *name = key;
            *value = part;
        } else {
            *name = part;
            *value = bytes_slice(part, part.n, part.n);
        }
        return true;
    }
    return false;
}

bool url_is_web(struct bytes text)
{
    struct url u;

    url_split(text, &u);
    return u.host.n != 0 &&
           (bytes_is_nocase(u.scheme, "http") || bytes_is_nocase(u.scheme, "https") ||
                   bytes_is_nocase(u.scheme, "ws") || bytes_is_nocase(u.scheme, "wss"));
}
