/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/qpack_count.h"

#include <string.h>

#include "capture/http/qpack_table.h"

/* The first place whose packet is behind `packet`. */
static size_t place_of(const struct qpack_count *c, uint64_t packet)
{
    size_t at = c->n;

    while (at != 0 && c->at[at - 1].packet > packet)
        at--;
    return at;
}

/* Makes room for one more at `at`; the oldest one goes. */
static size_t open_place(struct qpack_count *c, size_t at)
{
    if (c->n == QPACK_COUNTS_MOST) {
        c->n--;
        at--;
        memmove(c->at, c->at + 1, c->n * sizeof(c->at[0]));
        c->forgot = true;
    }
    memmove(c->at + at + 1, c->at + at, (c->n - at) * sizeof(c->at[0]));
    c->n++;
    return at;
}

void qpack_count_note(struct qpack_count *c, uint64_t packet, uint64_t count)
{
    size_t at = place_of(c, packet);

    if (count > c->newest)
        c->newest = count;
    if (packet == 0 || (at != 0 && c->at[at - 1].count >= count))
        return;
    if (at == 0 && (c->forgot || c->n == QPACK_COUNTS_MOST)) {
        c->forgot = true;
    } else if (at != 0 && c->at[at - 1].packet == packet) {
        c->at[at - 1].count = count;
    } else {
        at = open_place(c, at);
        c->at[at++] = (struct qpack_count_at){packet, count};
    }
    for (; at < c->n && c->at[at].count < count; at++)
        c->at[at].count = count;
}

/* Between which numbers T lies for a section of `packet`. */
static void bounds(const struct qpack_count *c, uint64_t packet, uint64_t *low, uint64_t *high)
{
    size_t at = place_of(c, packet);

    *low = 0;
    *high = c->newest;
    if (packet != 0 && at != 0)
        *low = *high = c->at[at - 1].count;
    else if (packet != 0)
        *high = !c->forgot ? 0 : c->at[0].count;
    if (c->lost && *high < c->most)
        *high = c->most;
}

enum qpack_need qpack_count_required(
        const struct qpack_count *c, uint64_t encoded, uint64_t packet, uint64_t *out)
{
    uint64_t low, high, entries, range, least, found;

    bounds(c, packet, &low, &high);
    if (!c->limit_known) {
        /* MaxEntries is at least this much: does that leave anything but the number itself? */
        entries = c->capacity / QPACK_ENTRY_EXTRA;
        if (entries < (encoded + 1) / 2) /* not more than 2 * MaxEntries is allowed */
            entries = (encoded + 1) / 2;
        if (encoded == 1 || high >= encoded - 1 + entries)
            return QPACK_SETTINGS;
        *out = encoded - 1;
        return QPACK_NEED;
    }
    entries = c->limit / QPACK_ENTRY_EXTRA;
    range = 2 * entries;
    if (entries == 0 || encoded > range)
        return QPACK_NO_NEED;
    least = low >= entries ? low - entries + 1 : 1;
    /* The smallest number from `least` on that is encoded - 1 modulo the range. */
    found = encoded - 1;
    if (found < least)
        found += (least - found + range - 1) / range * range;
    if (high == UINT64_MAX || found + range <= high + entries)
        return QPACK_AMBIGUOUS;
    if (found > high + entries)
        return QPACK_NO_NEED;
    *out = found;
    return QPACK_NEED;
}
