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
    uint64_t frame; /* of the newest item */
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

enum status dns_stream_push(struct dns_stream *s, const struct item *item)
{
    struct half *h = &s->halves[item->dir];
    enum status status;

    if (item->kind != ITEM_BYTES) {
        h->lost |= item->kind == ITEM_GAP && item->len != 0;
        return STATUS_OK;
    }
    if (h->lost)
        return STATUS_OK;
    buf_drop(&h->bytes, h->used);
    h->used = 0;
    status = buf_append(&h->bytes, item->data);
    if (status == STATUS_USAGE) {
        h->lost = true;
        return STATUS_OK;
    }
    if (item->frames.n != 0)
        h->frame = item->frames.at[item->frames.n - 1];
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
