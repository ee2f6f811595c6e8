/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: marks. Asserts: a file that is refused says why, and nothing is touched; of one that is
 * taken the marks are in order, each of a line that is there, with texts inside their limits; a
 * time written out again is the same to the microsecond. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "classify/marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(struct bytes text)
{
    char written[TIME_TEXT];
    int64_t ns = -1, again;

    if (!marks_time(text, &ns)) {
        assert(ns == -1);
        return;
    }
    /* An offset can lead a day out of the years that are taken. */
    if (ns < 0 || ns >= INT64_C(9214646400000000000))
        return;
    json_time_text(ns, written);
    assert(marks_time(bytes_text(written), &again));
    assert(again == ns - ns % 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct marks marks = {.n = 77};
    struct fault fault = {0};
    enum status status;

    assert(arena != NULL);
    status = marks_read(arena, bytes_of(data, size), "m", &marks, &fault);
    if (status != STATUS_OK) {
        assert(status == STATUS_INPUT && fault.text[0] != '\0');
        assert(marks.n == 77 && marks.at == NULL);
    }
    for (size_t i = 0; status == STATUS_OK && i < marks.n; i++) {
        const struct mark *m = &marks.at[i];

        assert(m->kind < MARK_KINDS && mark_kind_name(m->kind) != NULL);
        assert(m->line != 0 && m->line <= size);
        assert(m->text.n <= MARKS_TEXT_MOST && m->site.n <= 253);
        assert(!bytes_has(m->site, ' ') && !bytes_has(m->site, '/'));
        assert(i == 0 || m[-1].time_ns < m->time_ns ||
                (m[-1].time_ns == m->time_ns && m[-1].line < m->line));
    }
    check_time(bytes_of(data, size));
    arena_free(arena);
    return 0;
}
