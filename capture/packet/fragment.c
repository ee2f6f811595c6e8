/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "base/ranges.h"

enum { DATAGRAM_MOST = 65535 };

static const int64_t timeout_ns = FRAGMENT_SECONDS * INT64_C(1000000000);

/* A datagram in the making. */
struct datagram {
    struct ip_packet
            head;  /* addresses and protocol, of the piece at offset 0 once it is here */
    uint8_t *data; /* owned */
    size_t room;
    struct ranges seen; /* offsets that crossed the wire */
    struct ranges kept; /* those of them that are in `data` */
    uint32_t total;     /* known once the last piece came, else 0 */
    bool overfull, conflict;
    uint64_t first_packet, last_packet;
    int64_t first_ns;
};

struct fragments {
    struct ledger *ledger;
    struct datagram *waiting[FRAGMENT_DATAGRAMS_MOST]; /* oldest first */
    size_t n;
    uint8_t *done; /* the payload handed out last; owned */
};

struct fragments *fragment_new(struct ledger *ledger)
{
    struct fragments *f = calloc(1, sizeof(*f));

    if (f != NULL)
        f->ledger = ledger;
    return f;
}

static void datagram_free(struct datagram *d)
{
    ranges_clear(&d->seen);
    ranges_clear(&d->kept);
    free(d->data);
    free(d);
}

void fragment_free(struct fragments *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->n; i++)
        datagram_free(f->waiting[i]);
    free(f->done);
    free(f);
}

static bool same_datagram(const struct ip_packet *a, const struct ip_packet *b)
{
    /* IPv6 leaves the protocol out of the key (RFC 8200), IPv4 has it in. */
    return a->fragment_id == b->fragment_id && endpoint_equal(&a->src, &b->src) &&
           endpoint_equal(&a->dst, &b->dst) &&
           (a->src.version == IPV6 || a->protocol == b->protocol);
}

static void file(struct fragments *f, const struct datagram *d, enum gap_cause why,
        struct range at, const char *detail)
{
    struct gap gap = {
            .why = why,
            .layer = LAYER_PACKET,
            .off = at.begin,
            .len = at.end - at.begin,
            .first_packet = d->first_packet,
            .last_packet = d->last_packet,
            .detail = detail,
    };

    /* Out of memory for the ledger shows in the ledger's own count, not here. */
    (void)ledger_file(f->ledger, &gap);
}

/* Forgets the i-th waiting datagram and says what it lacked. */
static void give_up(struct fragments *f, size_t i, enum gap_cause why)
{
    struct datagram *d = f->waiting[i];
    uint64_t known = d->seen.n == 0 ? 0 : d->seen.at[d->seen.n - 1].end;
    struct range hole;

    if (d->overfull)
        why = GAP_BUDGET;
    if (!ranges_hole(&d->seen, 0, d->total == 0 ? known : d->total, &hole)) {
        hole = (struct range){known, known};
        file(f, d, why, hole, "the last fragment of an IP datagram is missing");
    } else {
        file(f, d, why, hole, "an IP datagram lacks fragments");
    }
    f->n--;
    memmove(f->waiting + i, f->waiting + i + 1, (f->n - i) * sizeof(struct datagram *));
    datagram_free(d);
}

/* The waiting datagram that `piece` belongs to, made anew if there is none. */
static struct datagram *find(struct fragments *f, const struct ip_packet *piece,
        uint64_t number, int64_t time_ns, size_t *at)
{
    struct datagram *d;

    for (size_t i = 0; i < f->n; i++) {
        if (same_datagram(&f->waiting[i]->head, piece)) {
            *at = i;
            return f->waiting[i];
        }
    }
    if (f->n == FRAGMENT_DATAGRAMS_MOST)
        give_up(f, 0, GAP_BUDGET);
    d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->head = *piece;
    d->head.payload = d->head.whole = (struct bytes){0};
    d->first_packet = number;
    d->first_ns = time_ns;
    *at = f->n;
    f->waiting[f->n++] = d;
    return d;
}

static bool make_room(struct datagram *d, size_t end)
{
    size_t room = d->room == 0 ? 4096 : d->room;
    uint8_t *data;

    if (end <= d->room)
        return true;
    while (room < end)
        room *= 2;
    data = realloc(d->data, room);
    if (data == NULL)
        return false;
    memset(data + d->room, 0, room - d->room);
    d->data = data;
    d->room = room;
    return true;
}

/* Copies what is new of [begin, ...) and compares what is not. */
static enum status add_bytes(struct datagram *d, uint32_t begin, struct bytes data)
{
    uint64_t at = begin, end = begin + data.n;
    struct range hole;

    if (data.n == 0)
        return STATUS_OK;
    if (!make_room(d, end))
        return STATUS_NOMEM;
    while (at < end) {
        uint64_t old;

        if (!ranges_hole(&d->kept, at, end, &hole))
            hole = (struct range){end, end};
        old = hole.begin - at;
        if (old != 0 && memcmp(d->data + at, data.p + (at - begin), old) != 0)
            d->conflict = true;
        if (hole.end != hole.begin)
            memcpy(d->data + hole.begin, data.p + (hole.begin - begin), hole.end - hole.begin);
        at = hole.end;
    }
    return ranges_add(&d->kept, begin, end);
}

static enum status add(struct fragments *f, struct datagram *d, const struct ip_packet *piece)
{
    uint32_t begin = piece->fragment_off, length = piece->wire_len;
    struct bytes data = piece->payload;
    bool conflict = d->conflict;
    enum status status;

    /* Only the last piece may have a length that is no multiple of eight. */
    if (piece->more)
        length &= ~7U;
    if (begin > DATAGRAM_MOST || length > DATAGRAM_MOST - begin ||
            (d->total != 0 && begin + length > d->total)) {
        file(f, d, GAP_BAD, (struct range){begin, begin},
                "a fragment reaches past the end of its IP datagram");
        return STATUS_OK;
    }
    if (d->seen.n >= FRAGMENT_PIECES_MOST || d->kept.n >= FRAGMENT_PIECES_MOST) {
        d->overfull = true;
        return STATUS_OK;
    }
    data = bytes_slice(data, 0, length);
    status = add_bytes(d, begin, data);
    if (status == STATUS_OK)
        status = ranges_add(&d->seen, begin, begin + length);
    if (status != STATUS_OK)
        return status;
    if (d->conflict && !conflict)
        file(f, d, GAP_CONFLICT, (struct range){begin, begin},
                "IP fragments overlap and differ; the first one stands");
    if (begin == 0)
        d->head.protocol = piece->protocol;
    if (piece->routed)
        d->head.routed = true;
    if (!piece->more && d->total == 0)
        d->total = begin + length;
    return STATUS_OK;
}

static void hand_out(struct fragments *f, size_t i, struct ip_packet *whole)
{
    struct datagram *d = f->waiting[i];
    struct range hole = {d->total, d->total};

    if (!ranges_hole(&d->kept, 0, d->total, &hole))
        hole.begin = d->total;
    *whole = d->head;
    whole->fragment = whole->more = false;
    whole->fragment_off = 0;
    whole->wire_len = d->total;
    free(f->done);
    f->done = d->data;
    whole->payload = (struct bytes){f->done, hole.begin};
    d->data = NULL;
    f->n--;
    memmove(f->waiting + i, f->waiting + i + 1, (f->n - i) * sizeof(struct datagram *));
    datagram_free(d);
}

/* Times come from the file and may be anything. */
static bool is_over(const struct datagram *d, int64_t now)
{
    int64_t age;

    return now > d->first_ns &&
           (__builtin_sub_overflow(now, d->first_ns, &age) || age > timeout_ns);
}

enum status fragment_push(struct fragments *f, const struct ip_packet *piece, uint64_t number,
        int64_t time_ns, struct ip_packet *whole, bool *done)
{
    struct datagram *d;
    enum status status;
    size_t i;

    *done = false;
    while (f->n != 0 && is_over(f->waiting[0], time_ns))
        give_up(f, 0, GAP_LOST);
    d = find(f, piece, number, time_ns, &i);
    if (d == NULL)
        return STATUS_NOMEM;
    d->last_packet = number;
    status = add(f, d, piece);
    if (status != STATUS_OK)
        return status;
    if (d->total != 0 && ranges_cover(&d->seen, 0, d->total)) {
        hand_out(f, i, whole);
        *done = true;
    }
    return STATUS_OK;
}

void fragment_close(struct fragments *f)
{
    while (f->n != 0)
        give_up(f, 0, GAP_LOST);
}
