/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/pattern.h"

#include <string.h>

#include "classify/wide.h"

/* What `^` does not match: the bytes of words and names. */
static bool is_word(uint8_t c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '%';
}

struct pattern_url pattern_url_of(struct bytes url)
{
    /* Few bytes of a host are looked at twice. */
    static const bool marks[256] = {
            ['/'] = true, ['?'] = true, ['#'] = true, ['@'] = true, [':'] = true, [']'] = true};
    struct pattern_url found = {.text = url};
    const uint8_t *colon = url.n == 0 ? NULL : memchr(url.p, ':', url.n);
    size_t i = colon == NULL ? url.n : (size_t)(colon - url.p) + 1, port = 0;

    if (url.n - i < 2 || url.p[i] != '/' || url.p[i + 1] != '/')
        return found;
    i += 2;
    found.host_begin = i;
    for (; i < url.n; i++) {
        uint8_t c = url.p[i];

        if (!marks[c])
            continue;
        if (c == '/' || c == '?' || c == '#')
            break;
        if (c == '@') { /* all so far was user information */
            found.host_begin = i + 1;
            port = 0;
        } else if (c == ']') { /* the colons of an IPv6 address are no port */
            port = 0;
        } else if (port == 0) {
            port = i;
        }
    }
    found.host_end = port != 0 ? port : i;
    return found;
}

struct pattern_url pattern_url_of_padded(struct bytes url)
{
    uint32_t colons = wide_equal(url.p, ':');
    size_t begin = colons == 0 ? 0 : (size_t)__builtin_ctz(colons) + 3, end;
    uint64_t odd;

    if (begin == 0 || url.p[begin - 2] != '/' || url.p[begin - 1] != '/')
        return pattern_url_of(url);
    odd = ~wide_names_four(url.p + begin);
    end = begin + (odd == 0 ? 0 : (size_t)__builtin_ctzll(odd));
    if (end == url.n || url.p[end] == '/' || url.p[end] == '?' || url.p[end] == '#')
        return (struct pattern_url){url, begin, end};
    return pattern_url_of(url);
}

/* Fits `part` at `at`? `*end` is where it ends then. At the end of the URL `^` takes nothing. */
static bool part_at(struct bytes part, struct bytes url, size_t at, size_t *end)
{
    size_t fit = url.n - at < part.n ? url.n - at : part.n, i = 0;

    while (i + 8 <= fit && wide_load_eight(part.p + i) == wide_load_eight(url.p + at + i))
        i += 8;
    for (; i < fit; i++) {
        if (part.p[i] != url.p[at + i] && (part.p[i] != '^' || is_word(url.p[at + i])))
            return false;
    }
    for (; i < part.n; i++) {
        if (part.p[i] != '^')
            return false;
    }
    *end = at + fit;
    return true;
}

static bool part_find_slowly(struct bytes part, struct bytes url, size_t from, size_t *end)
{
    for (; from <= url.n; from++) {
        if (part_at(part, url, from, end))
            return true;
    }
    return false;
}

/* The first place at or after `from` where `part` fits. */
static bool part_find(struct bytes part, struct bytes url, size_t from, size_t *end)
{
    size_t first = 0, last = part.n, most;
    uint8_t start, stop;

    while (first < part.n && part.p[first] == '^')
        first++;
    while (last > first && part.p[last - 1] == '^')
        last--;
    if (first == last || url.n < last - 1 + WIDE)
        return part_find_slowly(part, url, from, end);
    last--;
    /* Both bytes stand for themselves, so they must be there, even at the end of the URL. */
    start = part.p[first];
    stop = part.p[last];
    most = url.n - last - WIDE;
    while (from < most + WIDE) {
        size_t at = from < most ? from : most;
        uint32_t hits = wide_equal(url.p + at + first, start);

        hits = (hits & wide_equal(url.p + at + last, stop)) >> (from - at);
        for (; hits != 0; hits &= hits - 1) {
            if (part_at(part, url, from + (unsigned)__builtin_ctz(hits), end))
                return true;
        }
        from = at + WIDE;
    }
    return false;
}

/* Does `part` fit somewhere at or after `from` so that it ends with the URL? */
static bool part_ends(struct bytes part, struct bytes url, size_t from)
{
    size_t end, shortest = part.n;

    while (shortest > 0 && part.p[shortest - 1] == '^')
        shortest--;
    for (size_t n = shortest; n <= part.n; n++) {
        if (n <= url.n - from && part_at(part, url, url.n - n, &end) && end == url.n)
            return true;
    }
    return false;
}

/* Takes the part before the next `*`; `*last` when no `*` was left. */
static struct bytes take_part(struct bytes *text, bool *last)
{
    struct bytes part;

    *last = !bytes_take_until(text, '*', &part);
    if (*last) {
        part = *text;
        *text = bytes_slice(*text, text->n, text->n);
    }
    return part;
}

/* The parts behind the first `*`, the URL being matched up to `at`. */
static bool rest_matches(struct bytes text, bool right_anchor, struct bytes url, size_t at)
{
    bool last = false;

    while (!last) {
        struct bytes part = take_part(&text, &last);

        if (last && right_anchor)
            return part_ends(part, url, at);
        if (!part_find(part, url, at, &at))
            return false;
    }
    return true;
}

static bool starts_label(const struct pattern_url *url, size_t at)
{
    return at == url->host_begin ||
           (at > url->host_begin && at < url->host_end && url->text.p[at - 1] == '.');
}

/* `first` is the part before any `*`, `rest` what follows it; `alone` when there is no `*`. */
static bool matches_from(const struct pattern *p, struct bytes first, struct bytes rest,
        bool alone, struct bytes url, size_t at)
{
    size_t end;

    if (!part_at(first, url, at, &end))
        return false;
    if (alone)
        return !p->right_anchor || end == url.n;
    return rest_matches(rest, p->right_anchor, url, end);
}

bool pattern_matches_at(const struct pattern *p, const struct pattern_url *url, size_t at)
{
    if (at > url->text.n || (p->host_anchor && !starts_label(url, at)) ||
            (p->left_anchor && at != 0))
        return false;
    return matches_from(p, p->text, (struct bytes){0}, true, url->text, at);
}

bool pattern_matches(const struct pattern *p, const struct pattern_url *url)
{
    struct bytes rest = p->text, first;
    bool alone;

    if (!p->host_anchor && !p->left_anchor)
        return rest_matches(p->text, p->right_anchor, url->text, 0);
    first = take_part(&rest, &alone);
    if (p->left_anchor)
        return matches_from(p, first, rest, alone, url->text, 0);
    for (size_t at = url->host_begin; at < url->host_end; at++) {
        size_t end;

        if (!starts_label(url, at) || !part_at(first, url->text, at, &end))
            continue;
        if (matches_from(p, first, rest, alone, url->text, at))
            return true;
        /* With a `*` behind it, the first label that fits leaves most to the rest. */
        if (!alone)
            return false;
    }
    return false;
}
