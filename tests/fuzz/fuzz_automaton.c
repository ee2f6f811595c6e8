/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: automaton. Patterns, a line each, then an empty line and a text. Asserts: it finds what
 * a naive search finds, in the order of the header, however the text is cut. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/automaton.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATTERNS_MOST = 16, TEXT_MOST = 1 << 10 };

/* The next match at or behind `end`, of at most `length` bytes, from pattern `nth` on. */
static bool naive_next(const struct bytes *patterns, size_t n, struct bytes text, size_t *end,
        size_t *length, size_t *nth)
{
    for (; *end <= text.n; (*end)++, *length = *end, *nth = 0) {
        for (; *length > 0; (*length)--, *nth = 0) {
            for (; *nth < n; (*nth)++) {
                if (patterns[*nth].n == *length &&
                        bytes_equal_nocase(
                                patterns[*nth], bytes_slice(text, *end - *length, *end)))
                    return true;
            }
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes patterns[PATTERNS_MOST], text = {data, size}, line;
    size_t n = 0, end = 1, length = 1, nth = 0, cut;
    struct automaton *a = NULL;
    struct automaton_scan scan;
    struct automaton_match match;

    while (n < PATTERNS_MOST && bytes_take_until(&text, '\n', &line) && line.n != 0)
        patterns[n++] = line;
    text = bytes_slice(text, 0, TEXT_MOST);
    if (automaton_new(patterns, n, &a) != STATUS_OK)
        abort();
    cut = text.n == 0 ? 0 : data[0] % text.n;
    automaton_begin(&scan, a);
    for (int half = 0; half < 2; half++) {
        automaton_push(
                &scan, half == 0 ? bytes_slice(text, 0, cut) : bytes_slice(text, cut, text.n));
        while (automaton_next(&scan, &match)) {
            assert(naive_next(patterns, n, text, &end, &length, &nth));
            assert(match.end == end && match.pattern == nth);
            nth++;
        }
    }
    assert(!naive_next(patterns, n, text, &end, &length, &nth));
    automaton_free(a);
    return 0;
}
