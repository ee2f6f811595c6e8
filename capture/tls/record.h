/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_RECORD_H
#define CAPTURE_TLS_RECORD_H

/*
 * Cuts one direction of a TCP stream into TLS records (RFC 8446 section 5.1), over items.
 *
 * A record that lies whole in one item is handed out where it lies; others are joined in a
 * buffer. A hole inside one record costs that record alone, because its header says where the
 * next one starts. After any other hole, or after bytes that are no record, the next place
 * that looks like a header is offered as a guess, which the caller takes or refuses.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/item.h"

enum {
    RECORD_HEADER = 5,
    RECORD_FRAGMENT_MOST = (1 << 14) + 2048, /* RFC 5246 section 6.2.3; less in TLS 1.3 */
    RECORD_SEARCH_MOST = 1 << 20, /* bytes looked through for the next record after a hole */
};

enum record_type {
    RECORD_CHANGE_CIPHER = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_DATA = 23,
    RECORD_HEARTBEAT = 24,
};

/* All views are good until the next call on the same records. */
struct record {
    uint8_t type; /* enum record_type */
    uint16_t version;
    bool sslv2;            /* an SSL 2 compatible ClientHello: header of two bytes */
    uint64_t off;          /* in the stream, of its header */
    struct bytes whole;    /* with the header */
    struct bytes fragment; /* without */
    struct bytes before;   /* some bytes of the stream right before it, as far as known */
    struct frames frames;
    int64_t first_ns, last_ns;
    struct item_place place; /* of its first byte */
    bool guess;              /* its place was searched for: take or refuse it */
    uint64_t lost; /* stream bytes between the last record taken and this one; 0: none */
    uint64_t lost_records; /* how many records that was; 0: not known */
};

enum record_step {
    RECORD_MORE,   /* nothing until more is pushed */
    RECORD_HERE,   /* `record` is filled; call take or refuse */
    RECORD_HOLE,   /* `gap` is the item that was pushed */
    RECORD_JUNK,   /* what follows is no record; the search begins */
    RECORD_GONE,   /* the search was given up: nothing more comes of this direction */
    RECORD_END,    /* the direction is over */
    RECORD_FAILED, /* out of memory */
};

enum record_state {
    RECORDS_SYNC,   /* the next byte starts a record */
    RECORDS_SKIP,   /* inside a record with a hole, whose end is known */
    RECORDS_SEARCH, /* somewhere */
    RECORDS_GONE,
};

enum { RECORD_BEFORE = 96 };

struct record_piece {
    uint64_t end; /* stream offset behind it */
    size_t frames_at, frames_n;
    int64_t first_ns, last_ns;
    struct item_place place;
};

struct records { /* private */
    enum record_state state;
    struct item item;   /* borrowed, being read */
    uint64_t around[2]; /* packets of a gap, which may be read later than it was pushed */
    bool has_item;
    bool may_be_sslv2;
    bool unproved; /* set by the owner: no tag will prove a guess, so ask for the next header */
    size_t item_at;
    uint64_t at;     /* stream offset of the first byte not taken */
    struct buf held; /* bytes from `at` on that were copied, from held_at on */
    size_t held_at;
    struct record_piece *pieces; /* owned: where held bytes came from */
    size_t piece_at, piece_n, piece_capacity;
    uint64_t *numbers; /* owned: frames of the pieces */
    size_t number_n, number_capacity;
    uint64_t *joined; /* owned: frames of a record of several pieces */
    size_t joined_capacity;
    size_t scan;       /* SEARCH: bytes of held already refused */
    uint64_t searched; /* SEARCH: since the hole */
    bool has_lost;
    uint64_t lost_from, lost_records, skip_to;
    size_t here; /* bytes of the record last handed out */
    uint8_t tail[RECORD_BEFORE];
    size_t tail_n;
};

void records_init(struct records *r);
void records_clear(struct records *r);

/* Starts on an item, which is borrowed until it is used up (RECORD_MORE, RECORD_END) or
 * records_settle is called; of a gap or end only until this returns. Only when nothing is left
 * of the item before. */
void records_push(struct records *r, const struct item *in);
MUST_USE enum record_step records_next(
        struct records *r, struct record *record, struct item *gap);
/* The record handed out is done with; the next one follows it. */
void records_take(struct records *r);
/* The guess was none. */
void records_refuse(struct records *r);
/* Copies what is left of the item. STATUS_NOMEM: it is still borrowed. */
MUST_USE enum status records_settle(struct records *r);
/* Stream bytes since the last record taken that will never make one, once nothing follows. */
uint64_t records_rest(const struct records *r);

#endif
