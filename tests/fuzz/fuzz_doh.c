/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: doh, lookup, and dns_stream behind them. The first byte picks the carrier: the path of a
 * GET, a body, or a stream of DNS messages in two pieces. Look-ups have a name, a type and a
 * carrier, stand in order of time, and there are no more of them than messages.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/doh.h"
#include "capture/packet/dns_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_exchange(struct lookups *l, struct bytes in, bool get)
{
    struct exchange *x = exchange_new(1, 1, PROTOCOL_H2);

    if (x == NULL)
        abort();
    x->method = get ? BYTES_LITERAL("GET") : BYTES_LITERAL("POST");
    if (get)
        x->path = in;
    x->response.body.type = BYTES_LITERAL("application/dns-message");
    x->request.body = (struct body){.whole = !get, .data = in, .bytes = in.n};
    x->request.body.type = x->response.body.type;
    if (doh_read(l, x) != STATUS_OK)
        abort();
    exchange_free(x);
}

/* How many messages the stream gave; what it did not give it must own to. */
static size_t read_stream(struct lookups *l, struct bytes in, size_t at)
{
    struct dns_stream *s = dns_stream_new();
    size_t n = 0, bytes = 0;
    struct gap gap = {.len = 0};
    struct item item = {.kind = ITEM_BYTES}, message;

    if (s == NULL)
        abort();
    for (int i = 0; i < 2; i++) {
        item.data = i == 0 ? bytes_slice(in, 0, at) : bytes_slice(in, at, in.n);
        item.len = item.data.n;
        if (dns_stream_push(s, &item) != STATUS_OK)
            abort();
        item.off += item.len;
        while (dns_stream_next(s, &message)) {
            const struct lookup_origin from = {.connection = 1, .carrier = "dot"};

            if (lookups_push(l, &from, message.data) != STATUS_OK)
                abort();
            bytes += 2 + message.data.n;
            n++;
        }
    }
    if (dns_stream_unread(s, FROM_CLIENT, &gap))
        assert(gap.len != 0 && gap.off + gap.len == in.n);
    assert(bytes + gap.len == in.n);
    dns_stream_free(s);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct lookups *l = lookups_new();
    const struct lookup *all;
    size_t n, most = 1;
    uint8_t mode;

    if (l == NULL)
        abort();
    if (bytes_take_u8(&in, &mode)) {
        if (mode % 4 == 0)
            most = read_stream(l, in, in.n == 0 ? 0 : mode % in.n);
        else
            read_exchange(l, in, mode % 4 == 1);
    }
    all = lookups_all(l, &n);
    assert(n <= most);
    for (size_t i = 0; i < n; i++) {
        assert(all[i].name != NULL && all[i].type != NULL && all[i].carrier != NULL);
        assert(i == 0 || all[i - 1].time_ns <= all[i].time_ns);
    }
    lookups_free(l);
    return 0;
}
