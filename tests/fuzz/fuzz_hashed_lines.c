/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: hashed_lines_next. Asserts: lines are views of the input, one behind the other; a line
 * that was taken is the only one that could stand there; the same lines come when the input is
 * given in two pieces; what follows a break is never taken. */
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hashed_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char zeros[SHA256_TEXT] =
        "0000000000000000000000000000000000000000000000000000000000000000";

/* The beginning that the line must have, from the lines before it. */
static void check_head(struct bytes line, uint64_t number, const char *previous)
{
    char head[160];
    int n = snprintf(head, sizeof(head), "{\"number\":%" PRIu64 ",\"previous\":\"%s\",", number,
            previous);

    assert(n > 0 && (size_t)n < sizeof(head));
    assert(bytes_starts(line, bytes_of(head, (size_t)n)));
    assert(line.p[line.n - 1] == '}');
    assert(!bytes_has(line, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size), rest = all, line;
    struct hashed_check check = {0}, halves = {0};
    char previous[SHA256_TEXT];
    enum parse said, again;
    size_t used = 0;

    memcpy(previous, zeros, sizeof(previous));
    while ((said = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE) {
        assert(line.p == all.p + used);
        used += line.n + 1;
        assert(rest.p == all.p + used && rest.n == all.n - used);
        check_head(line, check.number, previous);
        assert(sha256_text(line, previous));
        assert(strcmp(previous, check.previous) == 0);
    }
    assert(rest.n == all.n - used);
    assert(said == PARSE_BAD || !bytes_has(rest, '\n'));
    assert(hashed_lines_next(&check, &rest, &line) == said);
    rest = bytes_slice(all, 0, size / 2);
    while ((again = hashed_lines_next(&halves, &rest, &line)) == PARSE_DONE)
        ;
    if (again == PARSE_MORE) {
        rest = bytes_slice(all, size / 2 - rest.n, size);
        while ((again = hashed_lines_next(&halves, &rest, &line)) == PARSE_DONE)
            ;
    }
    assert(again == said && halves.number == check.number);
    return 0;
}
