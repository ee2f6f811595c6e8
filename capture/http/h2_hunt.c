/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_hunt.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "capture/http/h2_frame.h"

struct h2_held {
    size_t end; /* where its bytes end among all that wait */
    size_t packet_end;
    struct item item; /* without its views */
};

enum { STREAM_UNKNOWN_MOST = 1 << 24 };

static bool stream_fits(uint32_t stream, const struct h2_hint *hint)
{
    if (stream == 0)
        return false;
    if (stream % 2 == 0)
        return hint->pushes && stream < STREAM_UNKNOWN_MOST;
    if (hint->highest == 0)
        return stream < STREAM_UNKNOWN_MOST;
    return stream <= hint->highest + H2_HUNT_STREAMS;
}

static bool flags_within(const struct h2_frame *f, unsigned known)
{
    return (f->flags & ~known) == 0;
}

/* The fixed parts of each frame type, RFC 9113 section 6. */
bool h2_plausible(const struct h2_frame *f, const struct h2_hint *hint)
{
    bool fits = stream_fits(f->stream, hint);

    if (f->length > hint->largest)
        return false;
    switch (f->type) {
    case H2_DATA:
        return fits && flags_within(f, H2_FLAG_END_STREAM | H2_FLAG_PADDED) &&
               (f->length != 0 || f->flags == H2_FLAG_END_STREAM);
    case H2_HEADERS:
        return fits && f->length != 0 &&
               flags_within(f, H2_FLAG_END_STREAM | H2_FLAG_END_HEADERS | H2_FLAG_PADDED |
                                       H2_FLAG_PRIORITY);
    case H2_CONTINUATION:
        return fits && flags_within(f, H2_FLAG_END_HEADERS);
    case H2_PUSH_PROMISE:
        return fits && hint->dir == FROM_SERVER && f->length >= 4 &&
               flags_within(f, H2_FLAG_END_HEADERS | H2_FLAG_PADDED);
    case H2_PRIORITY:
        return f->stream != 0 && f->length == 5 && f->flags == 0;
    case H2_RST_STREAM:
        return fits && f->length == 4 && f->flags == 0;
    case H2_WINDOW_UPDATE:
        return (f->stream == 0 || fits) && f->length == 4 && f->flags == 0;
    case H2_SETTINGS:
        return f->stream == 0 && f->length % 6 == 0 && f->length <= H2_HUNT_SETTINGS &&
               flags_within(f, H2_FLAG_ACK) && (f->flags == 0 || f->length == 0);
    case H2_PING:
        return f->stream == 0 && f->length == 8 && flags_within(f, H2_FLAG_ACK);
    case H2_GOAWAY:
        return f->stream == 0 && f->length >= 8 && f->length <= H2_HUNT_GOAWAY && f->flags == 0;
    case H2_ALTSVC:
        return (f->stream == 0 || fits) && hint->dir == FROM_SERVER && f->length >= 2 &&
               f->flags == 0;
    case H2_ORIGIN:
        return f->stream == 0 && hint->dir == FROM_SERVER && f->flags == 0;
    case H2_PRIORITY_UPDATE:
        return f->stream == 0 && hint->dir == FROM_CLIENT && f->length >= 4 && f->flags == 0;
    default:
        return false;
    }
}

void h2_hunt_init(struct h2_hunt *h)
{
    *h = (struct h2_hunt){0};
    buf_init(&h->bytes, H2_HUNT_BYTES_MOST);
}

void h2_hunt_clear(struct h2_hunt *h)
{
    buf_clear(&h->bytes);
    free(h->items);
    free(h->packets);
    h2_hunt_init(h);
}

void h2_hunt_reset(struct h2_hunt *h)
{
    buf_reset(&h->bytes);
    h->item_count = 0;
    h->packet_count = 0;
    h->scanned = 0;
    h->candidate_count = 0;
    h->replay = 0;
}

static enum status make_room(struct h2_hunt *h, size_t packets)
{
    struct h2_held *items =
            array_grow(h->items, h->item_count, &h->item_capacity, sizeof(*items));

    if (items == NULL)
        return STATUS_NOMEM;
    h->items = items;
    if (packets > h->packet_capacity - h->packet_count) {
        size_t larger = (h->packet_count + packets) * 2;
        uint64_t *grown = realloc(h->packets, larger * sizeof(*grown));

        if (grown == NULL)
            return STATUS_NOMEM;
        h->packets = grown;
        h->packet_capacity = larger;
    }
    return STATUS_OK;
}

enum status h2_hunt_hold(struct h2_hunt *h, const struct item *item, size_t from, size_t *taken)
{
    size_t room = H2_HUNT_BYTES_MOST - h->bytes.n;
    struct bytes data = bytes_slice(item->data, from, item->data.n);
    struct h2_held *held;

    if (data.n > room)
        data.n = room;
    if (make_room(h, item->frames.n) != STATUS_OK || buf_append(&h->bytes, data) != STATUS_OK)
        return STATUS_NOMEM;
    if (h->item_count == 0)
        h->base = item->off + from;
    held = &h->items[h->item_count++];
    held->item = *item;
    held->item.off = item->off + from;
    held->item.len = data.n;
    held->end = h->bytes.n;
    if (item->frames.n != 0)
        memcpy(h->packets + h->packet_count, item->frames.at,
                item->frames.n * sizeof(*h->packets));
    h->packet_count += item->frames.n;
    held->packet_end = h->packet_count;
    *taken = data.n;
    return STATUS_OK;
}

bool h2_hunt_full(const struct h2_hunt *h)
{
    return h->bytes.n == H2_HUNT_BYTES_MOST || h->item_count >= H2_HUNT_ITEMS_MOST;
}

static void drop_candidate(struct h2_hunt *h, size_t i)
{
    h->candidate_count--;
    memmove(h->candidates + i, h->candidates + i + 1,
            (h->candidate_count - i) * sizeof(*h->candidates));
}

static uint32_t continuation_after(const struct h2_frame *f)
{
    bool block =
            f->type == H2_HEADERS || f->type == H2_PUSH_PROMISE || f->type == H2_CONTINUATION;

    return block && (f->flags & H2_FLAG_END_HEADERS) == 0 ? f->stream : 0;
}

/* RFC 9113 section 4.3: nothing may come between the frames of one header block. */
static bool follows(const struct h2_candidate *c, const struct h2_frame *f)
{
    if (c->continues != 0)
        return f->type == H2_CONTINUATION && f->stream == c->continues;
    return f->type != H2_CONTINUATION || c->frames == 0;
}

/* Leads the candidates that wait for a head at `at` on, or begins a new one. */
static void visit(struct h2_hunt *h, size_t at, const struct h2_frame *f, bool plausible)
{
    size_t next = at + H2_HEAD_BYTES + f->length;
    struct h2_candidate *kept = NULL;

    for (size_t i = 0; i < h->candidate_count;) {
        struct h2_candidate *c = &h->candidates[i];

        if (c->at != at) {
            i++;
        } else if (!plausible || !follows(c, f)) {
            drop_candidate(h, i);
        } else if (kept != NULL && kept->frames > c->frames) {
            /* Two chains meet: the longer one was hardly there by chance. */
            drop_candidate(h, i);
        } else {
            c->frames++;
            c->at = next;
            c->continues = continuation_after(f);
            if (kept != NULL) {
                size_t older = (size_t)(kept - h->candidates);

                drop_candidate(h, older);
                kept = &h->candidates[i - 1];
            } else {
                kept = c;
                i++;
            }
        }
    }
    if (!plausible || kept != NULL || h->candidate_count == H2_HUNT_CANDIDATES)
        return;
    h->candidates[h->candidate_count++] = (struct h2_candidate){
            .start = at, .at = next, .frames = 1, .continues = continuation_after(f)};
}

static bool first_with(const struct h2_hunt *h, unsigned frames, size_t *at)
{
    for (size_t i = 0; i < h->candidate_count; i++) {
        if (h->candidates[i].frames >= frames) {
            *at = h->candidates[i].start;
            return true;
        }
    }
    return false;
}

/* Nothing more will come to tell candidates apart: less has to do. */
static bool settle(const struct h2_hunt *h, size_t *at)
{
    if (first_with(h, H2_HUNT_CHAIN, at) || first_with(h, 2, at))
        return true;
    for (size_t i = 0; i < h->candidate_count; i++) {
        const struct h2_candidate *c = &h->candidates[i];

        /* Ends where the bytes end, or begins where the hole ended: TLS records and TCP
         * segments mostly begin with a frame. */
        if (c->at == h->bytes.n || c->start == 0) {
            *at = c->start;
            return true;
        }
    }
    return false;
}

bool h2_hunt_find(
        struct h2_hunt *h, const struct h2_hint *hint, enum h2_hunt_end end, size_t *at)
{
    while (h->bytes.n - h->scanned >= H2_HEAD_BYTES) {
        struct bytes rest = bytes_slice(buf_view(&h->bytes), h->scanned, h->bytes.n);
        struct h2_frame f;

        if (!h2_frame_take(&rest, &f))
            break;
        visit(h, h->scanned, &f, h2_plausible(&f, hint));
        h->scanned++;
        if (h->candidate_count != 0 && h->candidates[0].frames >= H2_HUNT_CHAIN) {
            *at = h->candidates[0].start;
            return true;
        }
        if (first_with(h, H2_HUNT_CHAIN_SURE, at))
            return true;
    }
    return end != H2_HUNT_GOES_ON && settle(h, at);
}

bool h2_hunt_replay(struct h2_hunt *h, size_t from, struct item *out)
{
    while (h->replay < h->item_count) {
        const struct h2_held *held = &h->items[h->replay];
        const struct h2_held *before = h->replay == 0 ? NULL : held - 1;
        size_t begin = before == NULL ? 0 : before->end;
        size_t packet = before == NULL ? 0 : before->packet_end;
        size_t cut = from > begin ? from - begin : 0;

        h->replay++;
        if (held->end <= from)
            continue;
        *out = held->item;
        out->data = bytes_slice(buf_view(&h->bytes), begin + cut, held->end);
        out->off += cut;
        out->len = out->data.n;
        out->frames = (struct frames){
                h->packets == NULL ? NULL : h->packets + packet, held->packet_end - packet};
        return true;
    }
    return false;
}
