/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/dns_stream.h"

#include <stdlib.h>

#include "base/buf.h"
#include "capture/packet/dns.h"

enum {
    MESSAGE_MOST = 2 + 65535,
    WAITING_MOST = 1 << 20, /* bytes of messages that nobody took yet */
};

struct half {
    struct buf bytes;
    size_t used; /* bytes in front that were given out */
    bool lost;
    enum gap_cause why;  /* then */
    uint64_t passed;     /* then: bytes that went by since */
    uint64_t off;        /* behind the last byte that is in `bytes`, or was */
    uint64_t frame;      /* of the newest item that was taken */
    uint64_t last_frame; /* of the newest item at all */
    int64_t time_ns;
};

struct dns_stream {
    struct half halves[2];
};

struct dns_stream *dns_stream_new(void)
{
    struct dns_stream *s = calloc(1, sizeof(*s));

    if (s != NULL) {
        buf_init(&s->halves[FROM_CLIENT].bytes, MESSAGE_MOST + WAITING_MOST);
        buf_init(&s->halves[FROM_SERVER].bytes, MESSAGE_MOST + WAITING_MOST);
    }
    return s;
}

void dns_stream_free(struct dns_stream *s)
{
    if (s == NULL)
        return;
    buf_clear(&s->halves[FROM_CLIENT].bytes);
    buf_clear(&s->halves[FROM_SERVER].bytes);
    free(s);
}

static void lose(struct half *h, enum gap_cause why)
{
    h->lost = true;
    h->why = why;
}

enum status dns_stream_push(struct dns_stream *s, const struct item *item)
{
    struct half *h = &s->halves[item->dir];
    enum status status;

    if (item->kind == ITEM_GAP && item->len != 0 && !h->lost)
        lose(h, item->why);
    if (item->kind != ITEM_BYTES)
        return STATUS_OK;
    if (item->frames.n != 0)
        h->last_frame = item->frames.at[item->frames.n - 1];
    if (h->lost) {
        h->passed += item->len;
        return STATUS_OK;
    }
    buf_drop(&h->bytes, h->used);
    h->used = 0;
    status = buf_append(&h->bytes, item->data);
    if (status == STATUS_USAGE) {
        lose(h, GAP_BUDGET);
        h->passed = item->len;
        return STATUS_OK;
    }
    h->off = item->off + item->len;
    h->frame = h->last_frame;
    h->time_ns = item->last_ns;
    return status;
}

bool dns_stream_next(struct dns_stream *s, struct item *message)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct half *h = &s->halves[dir];
        struct bytes rest = bytes_slice(buf_view(&h->bytes), h->used, h->bytes.n);
        struct bytes data;

        if (dns_frame(&rest, &data) != PARSE_DONE)
            continue;
        h->used = h->bytes.n - rest.n;
        *message = (struct item){
                .kind = ITEM_BYTES,
                .dir = (enum direction)dir,
                .len = data.n,
                .data = data,
                .frames = {&h->frame, h->frame != 0},
                .first_ns = h->time_ns,
                .last_ns = h->time_ns,
        };
        return true;
    }
    return false;
}

bool dns_stream_unread(const struct dns_stream *s, enum direction dir, struct gap *out)
{
    const struct half *h = &s->halves[dir];
    size_t begun = h->bytes.n - h->used;

    if (begun + h->passed == 0)
        return false;
    *out = (struct gap){
            .why = h->lost ? h->why : GAP_CUT,
            .dir = dir,
            .off = h->off - begun,
            .len = begun + h->passed,
            .first_packet = begun != 0 ? h->frame : 0,
            .last_packet = h->last_frame,
            .detail = h->lost ? "behind a hole: where the next DNS message begins is not known"
                              : "the connection ends inside a DNS message",
    };
    if (h->lost && h->why == GAP_BUDGET)
        out->detail = "more DNS messages at once than we hold";
    return true;
}
