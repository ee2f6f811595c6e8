/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_DAMAGE_H
#define TESTS_SUPPORT_DAMAGE_H

/* Captures in memory, and what can happen to them on the way to us: seeded, so repeatable. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet/packet.h"
#include "capture/tls/keylog.h"

/* A recorded capture with its keys. */
struct recorded {
    char *name;             /* owned */
    struct packet *packets; /* owned, with their bytes */
    size_t n;
    struct keylog *keys;
};

/* Reads the capture and key log of a folder of fixtures; fails the test when it cannot. */
void recorded_read(const char *folder, struct recorded *out);
void recorded_clear(struct recorded *r);

enum damage_kind {
    DAMAGE_DROP,     /* single packets, here and there */
    DAMAGE_BURST,    /* some in a row */
    DAMAGE_LATE,     /* the capture began late */
    DAMAGE_EARLY,    /* it ended early */
    DAMAGE_ONE_SIDE, /* packets of one address and port were not captured at all for a while */
    DAMAGE_TWICE,    /* packets captured twice, at once or later */
    DAMAGE_SHUFFLE,  /* packets in another order, close by */
    DAMAGE_SKEW,     /* each direction captured on an interface of its own, one behind */
    DAMAGE_CUT,      /* a snap length */
    DAMAGE_CLOCK,    /* the clock was set */
    DAMAGE_KINDS,
};

const char *damage_name(enum damage_kind kind);

/* A damaged copy: packets borrow their bytes from the recording. */
struct variant {
    enum damage_kind kind;
    struct packet *packets;
    size_t *origin; /* index in the recording */
    size_t n, capacity;
    uint8_t *missing; /* of the recording's packets, by index: 1 lost or cut, 2 moved */
};

void variant_init(struct variant *v, const struct recorded *of);
void variant_clear(struct variant *v);
/* Damage of one kind, drawn from `seed`. */
void variant_make(
        struct variant *v, const struct recorded *of, enum damage_kind kind, uint64_t seed);
/* The recording as it is. */
void variant_whole(struct variant *v, const struct recorded *of);

#endif
