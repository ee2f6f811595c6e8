/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_HUNT_H
#define CAPTURE_HTTP_H2_HUNT_H

/*
 * Finds a frame boundary of HTTP/2 again after a hole.
 *
 * Nothing marks the beginning of a frame, so every offset is a candidate whose nine bytes
 * could be a head (known type, fitting length, flags and stream), and a candidate is believed
 * once the frames that it implies follow one another. Items wait here, copied, until that is
 * settled; then the framer reads them again from the boundary on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/item.h"

struct h2_frame;

enum {
    H2_HUNT_BYTES_MOST = 256 << 10, /* bytes that wait; then they are given up and the search
                                     * goes on behind them */
    H2_HUNT_ITEMS_MOST = 8192,
    H2_HUNT_CANDIDATES = 32,
    H2_HUNT_CHAIN = 3,      /* frames in a row that make a boundary believable */
    H2_HUNT_CHAIN_SURE = 8, /* … even when an earlier candidate is still open */
    H2_HUNT_STREAMS = 2000, /* how far a stream may be above the highest seen */
    H2_FRAME_USUAL = 16384, /* RFC 9113 section 4.2: what every peer must accept */
    H2_HUNT_SETTINGS = 6 * 64,
    H2_HUNT_GOAWAY = 1024,
};

/* What a frame of this direction must agree with. */
struct h2_hint {
    enum direction dir;
    uint32_t highest; /* highest stream of the client seen in either direction; 0 unknown */
    uint32_t largest; /* longest payload expected */
    bool pushes;      /* streams of the server were seen */
};

/* Whether these nine bytes could well be the head of a frame; unknown types could not. */
MUST_USE bool h2_plausible(const struct h2_frame *f, const struct h2_hint *hint);

struct h2_candidate {
    size_t start;
    size_t at; /* where its next head has to be */
    unsigned frames;
    uint32_t continues; /* stream whose CONTINUATION must come next; 0 none */
};

struct h2_held; /* one item that waits */

struct h2_hunt {
    struct buf bytes;
    uint64_t base;         /* offset in the stream of the first of them */
    struct h2_held *items; /* owned */
    size_t item_count, item_capacity;
    uint64_t *packets; /* owned: the packets of all items */
    size_t packet_count, packet_capacity;
    size_t scanned; /* offsets before this one have been tried */
    struct h2_candidate candidates[H2_HUNT_CANDIDATES];
    size_t candidate_count;
    size_t replay; /* items that were given back */
};

enum h2_hunt_end {
    H2_HUNT_GOES_ON,
    H2_HUNT_AT_GAP,
    H2_HUNT_AT_END,
};

void h2_hunt_init(struct h2_hunt *h);
void h2_hunt_clear(struct h2_hunt *h); /* frees; usable again */
void h2_hunt_reset(struct h2_hunt *h); /* forgets what waits */

/* Copies [from, data.n) of a BYTES item; `*taken` says how much fitted. */
MUST_USE enum status h2_hunt_hold(
        struct h2_hunt *h, const struct item *item, size_t from, size_t *taken);
MUST_USE bool h2_hunt_full(const struct h2_hunt *h);
/* Whether a boundary is settled, and at which of the bytes that wait. */
MUST_USE bool h2_hunt_find(
        struct h2_hunt *h, const struct h2_hint *hint, enum h2_hunt_end end, size_t *at);
/* Gives what waits back, item by item, without the first `from` bytes of all; false when there
 * is no more. The views live until the next h2_hunt_hold. */
MUST_USE bool h2_hunt_replay(struct h2_hunt *h, size_t from, struct item *out);

#endif
