/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/similar.h"

#include <string.h>

#include "classify/value.h"

enum { MICROSECONDS = 16 /* digits of them since 1970 */ };

/* A part of both texts whose blocks are still to be counted. */
struct range {
    uint16_t a_begin, a_end, b_begin, b_end;
};

struct block {
    size_t a, b, n;
};

/* The longest common run; of equally long ones the first in `a`, then in `b`. */
static struct block longest(struct bytes a, struct bytes b, const struct range *r)
{
    uint16_t before[SIMILAR_MOST + 1] = {0}, now[SIMILAR_MOST + 1] = {0};
    struct block best = {r->a_begin, r->b_begin, 0};

    for (size_t i = r->a_begin; i < r->a_end; i++) {
        for (size_t k = r->b_begin; k < r->b_end; k++) {
            uint16_t n = 0;

            if (a.p[i] == b.p[k])
                n = (uint16_t)((k == r->b_begin ? 0 : before[k - 1]) + 1);
            now[k] = n;
            if (n > best.n)
                best = (struct block){i + 1 - n, k + 1 - n, n};
        }
        memcpy(before, now, sizeof(before));
    }
    return best;
}

bool similar_blocks(struct bytes a, struct bytes b, uint64_t *budget, size_t *matched)
{
    /* Each block leaves at most two ranges, and there are no more blocks than bytes. */
    struct range open[2 * SIMILAR_MOST + 2];
    size_t n = 0, sum = 0;

    if (a.n > SIMILAR_MOST || b.n > SIMILAR_MOST)
        return false;
    open[n++] = (struct range){0, (uint16_t)a.n, 0, (uint16_t)b.n};
    while (n != 0) {
        struct range r = open[--n];
        uint64_t cells = (uint64_t)(r.a_end - r.a_begin) * (uint64_t)(r.b_end - r.b_begin);
        struct block found;

        if (cells == 0)
            continue;
        if (cells > *budget)
            return false;
        *budget -= cells;
        found = longest(a, b, &r);
        if (found.n == 0)
            continue;
        sum += found.n;
        open[n++] = (struct range){r.a_begin, (uint16_t)found.a, r.b_begin, (uint16_t)found.b};
        open[n++] = (struct range){
                (uint16_t)(found.a + found.n), r.a_end, (uint16_t)(found.b + found.n), r.b_end};
    }
    *matched = sum;
    return true;
}

/* The next run of digits at or behind `*at`; false when there is none. */
static bool next_run(struct bytes t, size_t *at, size_t *end)
{
    size_t begin = *at;

    while (begin < t.n && !ascii_is_digit(t.p[begin]))
        begin++;
    if (begin == t.n)
        return false;
    *at = begin;
    *end = begin;
    while (*end < t.n && ascii_is_digit(t.p[*end]))
        (*end)++;
    return true;
}

/* How many digits at the start of both runs are a time in both; 0: none. Microseconds stand alone:
 * a longer run that begins with seconds would nearly always read as such. */
static size_t common_time(struct bytes a, int64_t near_a_ns, struct bytes b, int64_t near_b_ns)
{
    static const uint8_t lengths[] = {MICROSECONDS, 14, 13, 12, 10, 8};

    for (size_t i = 0; i < sizeof(lengths); i++) {
        size_t n = lengths[i];

        if (n == MICROSECONDS && (a.n != n || b.n != n))
            continue;
        if (a.n >= n && b.n >= n && leaf_kind(bytes_slice(a, 0, n), near_a_ns) == LEAF_TIME &&
                leaf_kind(bytes_slice(b, 0, n), near_b_ns) == LEAF_TIME)
            return n;
    }
    return 0;
}

struct text {
    uint8_t p[SIMILAR_TEXT_MOST];
    size_t n;
};

static void append(struct text *out, struct bytes piece)
{
    if (piece.n != 0)
        memcpy(out->p + out->n, piece.p, piece.n);
    out->n += piece.n;
}

/* Copies both without the times at the start of their runs of digits, run by run. */
static bool without_times(struct bytes a, int64_t near_a_ns, struct bytes b, int64_t near_b_ns,
        struct text *out_a, struct text *out_b)
{
    size_t at_a = 0, at_b = 0, end_a, end_b, from_a = 0, from_b = 0;
    bool any = false;

    out_a->n = out_b->n = 0;
    while (next_run(a, &at_a, &end_a) && next_run(b, &at_b, &end_b)) {
        size_t n = common_time(
                bytes_slice(a, at_a, end_a), near_a_ns, bytes_slice(b, at_b, end_b), near_b_ns);

        if (n != 0) {
            append(out_a, bytes_slice(a, from_a, at_a));
            append(out_b, bytes_slice(b, from_b, at_b));
            from_a = at_a + n;
            from_b = at_b + n;
            any = true;
        }
        at_a = end_a;
        at_b = end_b;
    }
    append(out_a, bytes_slice(a, from_a, a.n));
    append(out_b, bytes_slice(b, from_b, b.n));
    return any;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

struct similar_difference similar_difference(
        struct bytes a, int64_t near_a_ns, struct bytes b, int64_t near_b_ns)
{
    struct similar_difference d = {0};
    struct text text_a, text_b;
    size_t front = 0, back = 0, shorter;
    unsigned rest_a, rest_b;

    if (a.n <= SIMILAR_TEXT_MOST && b.n <= SIMILAR_TEXT_MOST) {
        d.times = without_times(a, near_a_ns, b, near_b_ns, &text_a, &text_b);
        a = bytes_of(text_a.p, text_a.n);
        b = bytes_of(text_b.p, text_b.n);
    }
    shorter = a.n < b.n ? a.n : b.n;
    while (front < shorter && a.p[front] == b.p[front])
        front++;
    while (back < shorter - front && a.p[a.n - 1 - back] == b.p[b.n - 1 - back])
        back++;
    rest_a = leaf_bits(bytes_slice(a, front, a.n - back));
    rest_b = leaf_bits(bytes_slice(b, front, b.n - back));
    d.rest = least(rest_a, rest_b);
    /* What is left is unequal unless nothing is left of either. */
    d.specific = d.rest >= SIMILAR_REST_BITS;
    d.bits = least(leaf_bits(a), rest_a + SIMILAR_CHANCE_BITS);
    return d;
}
