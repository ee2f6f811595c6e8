/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_start.h"

#include <stdlib.h>
#include <string.h>

#include "capture/packet/flow_track.h"

struct flow_kept {
    struct flow_kept *next;
    struct segment segment; /* its payload lies behind this struct */
    enum direction dir;
    uint8_t payload[];
};

void flow_start_clear(struct flow_start *s)
{
    struct flow_kept *kept = s->first;

    while (kept != NULL) {
        struct flow_kept *next = kept->next;

        free(kept);
        kept = next;
    }
    free(s->given);
    *s = (struct flow_start){.over = true};
}

void flow_start_end(struct flow_start *s)
{
    s->over = true;
}

/* SYNs in front of all others, each side's in the order of the capture. */
static void insert(struct flow_start *s, struct flow_kept *kept)
{
    struct flow_kept **at = &s->first;

    if (s->first == NULL || !track_opens(&kept->segment)) {
        if (s->first == NULL)
            s->first = kept;
        else
            s->last->next = kept;
        s->last = kept;
        return;
    }
    while (*at != NULL && track_opens(&(*at)->segment) && (*at)->dir <= kept->dir)
        at = &(*at)->next;
    kept->next = *at;
    *at = kept;
    if (kept->next == NULL)
        s->last = kept;
}

enum status flow_start_take(
        struct flow_start *s, const struct segment *seg, enum direction dir, bool *kept)
{
    struct flow_kept *copy;

    *kept = false;
    if (s->over)
        return STATUS_OK;
    s->syn[dir] |= track_opens(seg);
    if (track_opens(seg) && (seg->flags & TCP_ACK) != 0) /* which names the other's too */
        s->syn[FROM_CLIENT] = s->syn[FROM_SERVER] = true;
    if (s->n == 0 && track_opens(seg)) {
        s->over = s->syn[FROM_CLIENT] && s->syn[FROM_SERVER];
        return STATUS_OK;
    }
    *kept = true;
    copy = malloc(sizeof(*copy) + seg->payload.n);
    if (copy == NULL)
        return STATUS_NOMEM;
    copy->next = NULL;
    copy->segment = *seg;
    copy->dir = dir;
    if (seg->payload.n != 0)
        memcpy(copy->payload, seg->payload.p, seg->payload.n);
    copy->segment.payload = bytes_of(copy->payload, seg->payload.n);
    copy->segment.ip = bytes_of(NULL, 0);
    insert(s, copy);
    s->n++;
    s->bytes += sizeof(*copy) + seg->payload.n;
    s->over = s->n == FLOW_START_PACKETS || (s->syn[FROM_CLIENT] && s->syn[FROM_SERVER]);
    return STATUS_OK;
}

/* The lower of two places, unless it lies further before the other than packets are mixed up. */
static void lower(uint32_t candidate, uint64_t packet, bool *known, uint32_t *seq, uint64_t *by)
{
    int32_t apart = (int32_t)(candidate - *seq);

    if (*known && (apart >= 0 || apart < -FLOW_START_BEFORE))
        return;
    *known = true;
    *seq = candidate;
    *by = packet;
}

bool flow_start_lowest(
        const struct flow_start *s, enum direction dir, uint32_t *seq, uint64_t *packet)
{
    bool known = false;
    uint32_t low = 0;
    uint64_t by = 0;

    if (s->syn[dir])
        return false;
    for (const struct flow_kept *k = s->first; k != NULL; k = k->next) {
        const struct segment *seg = &k->segment;
        bool plain = !track_opens(seg) && (seg->flags & TCP_RST) == 0;

        /* A single byte may be a keep-alive, which is none of the stream's. */
        if (plain && k->dir == dir && (seg->wire_len > 1 || (seg->flags & TCP_FIN) != 0))
            lower(seg->seq, seg->packet, &known, &low, &by);
    }
    for (const struct flow_kept *k = s->first; k != NULL; k = k->next) {
        const struct segment *seg = &k->segment;

        if (k->dir != dir && (seg->flags & (TCP_ACK | TCP_RST)) == TCP_ACK && seg->ack != 0)
            lower(seg->ack, seg->packet, &known, &low, &by);
    }
    if (!known)
        return false;
    *seq = low;
    *packet = by;
    return true;
}

bool flow_start_next(struct flow_start *s, struct segment *out, enum direction *dir)
{
    struct flow_kept *kept = s->first;

    free(s->given);
    s->given = NULL;
    if (!s->over || kept == NULL)
        return false;
    s->first = kept->next;
    if (s->first == NULL)
        s->last = NULL;
    s->n--;
    s->bytes -= sizeof(*kept) + kept->segment.payload.n;
    s->given = kept;
    *out = kept->segment;
    *dir = kept->dir;
    return true;
}
