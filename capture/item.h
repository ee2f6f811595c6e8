/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_ITEM_H
#define CAPTURE_ITEM_H

/*
 * The stream type, end to end: reassembly gives items, TLS takes and gives items, HTTP takes
 * items and does not know whether TLS was there.
 *
 * The items of one direction of one stream cover every offset from 0 up to the highest one
 * seen exactly once, in order: bytes handed out + bytes in gaps == highest offset seen. One
 * ITEM_END closes a direction; nothing follows it. A gap of length 0 (GAP_CONFLICT) marks a
 * place and takes nothing away.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/gap.h"

enum item_kind {
    ITEM_BYTES,
    ITEM_GAP,
    ITEM_END,
};

/* Numbers of the packets that carried something, ascending, without repeats. */
struct frames {
    const uint64_t *at;
    size_t n;
};

/*
 * Where an item stands among what both sides sent, in offsets of TCP's own streams
 * (LAYER_STREAM), also when TLS has opened it. Every TCP segment says how much of the other
 * direction its sender had received (RFC 9293 section 3.4), so it says what it cannot answer:
 * whoever answers has heard the question, and whoever asks has not heard the answer. That
 * holds whatever order the packets were captured in.
 *
 * Of a segment that was captured only as it was sent again, `heard` may be more than when its
 * bytes were sent first. All zero: nothing is known (UDP, QUIC).
 */
struct item_place {
    bool has_sent_from, has_heard;
    uint64_t sent_from; /* first byte of what carried the item's first byte: segment or record;
                           of a gap, the first missing byte */
    uint64_t sent_to;   /* known with it: behind the last byte of what carried the item */
    uint64_t heard;     /* bytes of the other direction that the sender of that byte had; of a
                           gap, the sender of the byte behind it */
};

struct item {
    enum item_kind kind;
    enum direction dir;
    uint64_t off;         /* offset in this stream and direction of the first byte */
    uint64_t len;         /* bytes of stream that it stands for; 0 for END */
    struct bytes data;    /* BYTES: `len` bytes, borrowed until the next call on the stage */
    struct frames frames; /* borrowed likewise; of a gap, the packets on both sides if known */
    int64_t first_ns;     /* time of the first packet of `frames`; 0 when there is none */
    int64_t last_ns;      /* time of the packet that completed it */
    uint32_t gap;         /* GAP: its number in the connection's ledger */
    enum gap_cause why;   /* GAP: the cause, as in the ledger */
    struct item_place place;
};

#endif
