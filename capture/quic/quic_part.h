/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_PART_H
#define CAPTURE_QUIC_QUIC_PART_H

/*
 * What the parts of one QUIC connection share. Only quic.c and the .c files named below include
 * this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ranges.h"
#include "capture/quic/quic.h"
#include "capture/quic/quic_frame.h"
#include "capture/quic/quic_ids.h"
#include "capture/quic/quic_keys.h"
#include "capture/quic/quic_streams.h"
#include "capture/tls/handshake.h"

enum {
    QUIC_KEY_COST = 16384,     /* what deriving keys for a try counts as, in bytes */
    QUIC_WALK_BYTES = 1 << 26, /* of QUIC_TRIAL_BYTES, for the secrets of other connections */
    QUIC_TRY_LEAST = 256,      /* what any try counts as */
    QUIC_WHOLE_MOST = 1500,    /* a longer datagram may be several, merged */
    QUIC_INITIALS_MOST = 4,    /* sets of Initial keys: versions, IDs behind a Retry */
    QUIC_AGAINS_MOST = 4,      /* a client begins anew so often */
    QUIC_GUESS_AFTER = 32,     /* packets that wait before secrets are guessed */
    QUIC_GUESSES = 16,         /* packets of one space for which they are */
    QUIC_RANGES_MOST = 4096,   /* runs of packet numbers kept, to know repeats */
    QUIC_SIZES_MOST = 8,       /* sizes of datagrams remembered */
    QUIC_EARLY_MOST = 4096,    /* streams whose early data are told apart */
    QUIC_FULL_SEARCHES = 4,    /* datagrams for which every size is tried */
    QUIC_CLOSE_REASON = 256,   /* bytes of a CONNECTION_CLOSE's reason told */
};

/* One packet number space of one direction. 0-RTT shares that of 1-RTT. */
struct quic_space {
    bool any; /* something was opened */
    uint64_t highest;
    struct ranges seen;
    struct quic_keys *keys, *next, *previous; /* owned; of the key phase, and around it */
    unsigned generation;                      /* of `keys`: updates since the first */
    uint64_t first;                           /* lowest number opened with `keys` */
    unsigned guesses;                         /* used up */
};

struct quic_initial {
    const struct quic_version *version;
    struct quic_id dcid;
    struct quic_keys *keys[2]; /* owned */
};

/* What is left of a datagram, or of a packet of it that waited. */
struct quic_source {
    struct bytes data;
    size_t base;        /* where in its datagram `data` begins */
    size_t at;          /* the next byte of `data` */
    size_t segment;     /* length of the datagrams merged in it; 0: unknown or one */
    enum direction raw; /* as the addresses tell */
    uint64_t missing;   /* bytes that the snap length cut off its end */
    uint64_t packet;
    int64_t time_ns;
};

struct quic_held {
    struct quic_held *next;
    struct quic_source source; /* views point behind this struct */
    enum quic_packet_kind kind;
};

struct quic_line {
    struct quic_held *first, *last;
    size_t n, bytes;
};

/* Packets that could not be opened, of one direction and cause. */
struct quic_loss {
    uint64_t packets, bytes, data_bytes; /* data: of packets that may carry streams */
    uint64_t first_packet, last_packet;
    const char *detail;
};

/* A packet on its way from ciphertext to frames. */
struct quic_try {
    struct quic_packet packet; /* ONE_RTT: up to the end of the datagram until it is split */
    enum direction dir;
    enum handshake_level level;
    size_t from, total; /* its place in the datagram; the length of that */
    bool cut;           /* its end is missing */
    bool any_length;    /* nothing tells how long its connection ID is */
    unsigned windows;   /* further numbers to try */
    /* Of one that was opened: */
    struct quic_number bits;
    uint64_t number;
    size_t n;       /* bytes of frames in q->plain */
    size_t segment; /* not 0: it was found by splitting the datagram into this length */
    /* Of one that was not: */
    enum gap_cause why;
    const char *detail;
};

enum quic_verdict {
    QUIC_OPENED,
    QUIC_WAITS,
    QUIC_LOST,    /* `why` and `detail` say it */
    QUIC_DROPPED, /* dealt with, and no loss */
    QUIC_FAILED,  /* no memory */
};

/* The packet whose frames are being read. */
struct quic_now {
    struct bytes frames; /* what is left of them, in q->plain */
    enum direction dir;
    enum handshake_level level;
    bool early;
    uint64_t packet;
    int64_t time_ns;
};

struct quic_early {
    uint64_t stream, until;
};

enum quic_closing {
    CLOSING_NOT,
    CLOSING_REPLAY, /* what waited is tried a last time */
    CLOSING_CRYPTO,
    CLOSING_STREAMS,
    CLOSING_DONE,
};

struct quic {
    struct quic_setup setup;
    enum status status;
    struct handshake *handshake;           /* owned */
    struct quic_streams *streams, *crypto; /* owned */
    struct quic_space space[2][HANDSHAKE_LEVELS];
    struct ranges acked[2]; /* by enum direction of the packets, 1-RTT: numbers that arrived */
    struct quic_ids ids[2]; /* of those by which this side is addressed */
    bool turned;

    const struct quic_version *version; /* NULL unknown; of the server's long headers, or of the
                                           Handshake, once they were seen: */
    bool version_sure, handshake_version;
    struct quic_initial initials[QUIC_INITIALS_MOST]; /* the newest first */
    size_t initial_n;
    bool answered; /* a packet of the server was opened */
    bool retry_pending, negotiation_pending;
    struct quic_id retry_id;
    unsigned agains;
    struct quic_keys *early_keys; /* owned; 0-RTT */
    const struct suite *suite;    /* that opened something; NULL unknown */
    bool has_random;              /* `random` names the secrets in the key log */
    uint8_t random[32];
    bool parameters_read[2];

    struct quic_source now_source; /* the datagram being read */
    struct quic_line held;         /* packets that wait */
    struct quic_line replay;       /* of these, what is tried again just now */
    struct quic_held *replaying;   /* owned; the one of them being read */
    bool stirred;                  /* what waits may be opened now */
    bool guess;                    /* secrets are guessed */
    bool hopeless;                 /* no hello was captured, and no secret fits */
    bool flooded;                  /* too much waited: nothing waits any more */
    enum quic_closing closing;
    enum gap_cause close_why;

    struct quic_now now;
    uint8_t *plain; /* owned: frames of the packet opened last */
    size_t plain_size;
    uint64_t trial_bytes; /* left */
    uint64_t walk_bytes;  /* likewise, of QUIC_WALK_BYTES */
    size_t segment[2];    /* length of merged datagrams found last */
    size_t sizes[2][QUIC_SIZES_MOST];
    size_t size_next[2];
    unsigned searches; /* for any size, made in vain */

    struct quic_loss loss[2][GAP_CAUSES];
    uint64_t refused, refused_first, refused_last; /* bytes of early data, and packets */
    uint64_t unsure, unsure_first, unsure_last;    /* likewise, opened without an answer */
    bool streamed[2];                              /* frames of streams were seen */
    uint64_t opened, opened_data; /* packets; of these, such that may carry streams */
    struct quic_early *early;     /* owned */
    size_t early_n, early_capacity;
    bool early_seen;
};

static inline enum direction quic_true(const struct quic *q, enum direction raw)
{
    return q->turned ? direction_other(raw) : raw;
}

/* quic_space.c */

void quic_space_clear(struct quic_space *s);
/* Takes from what may be spent on tries; false when it is used up. */
MUST_USE bool quic_spend(struct quic *q, size_t bytes);
/* Tries keys with the number that the packet most likely has, and t->windows others around. */
MUST_USE bool quic_space_try(
        struct quic *q, const struct quic_space *s, struct quic_keys *k, struct quic_try *t);
/* Opens a packet with the keys of its space: of its key phase, of those around it, of datagrams
 * that were merged, and, when thorough, with numbers and updates that a hole may hide. The space
 * moves on to what fits. */
MUST_USE enum quic_verdict quic_space_open(
        struct quic *q, struct quic_space *s, struct quic_try *t, bool thorough);
/* Would it open? Nothing changes. */
MUST_USE bool quic_space_peek(struct quic *q, const struct quic_space *s, struct quic_try *t);
/* Notes the number of an opened packet. */
MUST_USE enum status quic_space_note(struct quic_space *s, uint64_t number, bool *repeated);

/* quic_ack.c */

/* An ACK frame of the packet being read. */
MUST_USE enum status quic_ack_note(struct quic *q, const struct quic_frame *frame);
/* Files what was acknowledged and not captured, and that no end was seen. */
MUST_USE enum status quic_ack_file(struct quic *q);

/* quic_split.c */

/* Opens the first of several datagrams merged in one: finds how long they are. t->packet and
 * t->segment say it. `sizes`: only those that were seen before. */
MUST_USE bool quic_split_try(struct quic *q, const struct quic_space *s, struct quic_keys *k,
        struct quic_try *t, bool known_sizes);
void quic_split_note(struct quic *q, enum direction dir, size_t size);

/* quic_secret.c */

/* Finds the secret of the key log that opens the packet, and keeps its keys. */
MUST_USE enum quic_verdict quic_secret_find(struct quic *q, struct quic_try *t);
MUST_USE enum quic_verdict quic_secret_find_early(struct quic *q, struct quic_try *t);
/* Does the log hold a secret that this direction's packets of the level may need? */
MUST_USE bool quic_secret_exists(
        const struct quic *q, enum direction dir, enum handshake_level level);
/* What follows from a handshake that was not captured: tries the secrets of the log on what
 * waits. */
MUST_USE enum status quic_secret_guess(struct quic *q);

/* quic_initial.c */

/* Roles turn when who the addresses call the server began the connection: then t->dir does. */
MUST_USE enum quic_verdict quic_initial_open(struct quic *q, struct quic_try *t);
MUST_USE bool quic_initial_peek(struct quic *q, struct quic_try *t);
MUST_USE enum status quic_initial_retry(struct quic *q, const struct quic_try *t);
void quic_initial_negotiation(struct quic *q, const struct quic_try *t);
void quic_initial_clear(struct quic *q);

/* quic_hold.c */

/* Copies what is left of the source from its packet on, or only this packet when its header says
 * how long it is. */
MUST_USE enum status quic_hold_add(
        struct quic *q, const struct quic_source *source, const struct quic_try *t);
struct quic_held *quic_hold_take(struct quic_line *line); /* NULL when it is empty */
void quic_hold_put(struct quic_line *line, struct quic_held *held);
void quic_hold_clear(struct quic_line *line);

/* quic.c */

/* Makes q->plain hold a packet of this length. */
MUST_USE enum status quic_room(struct quic *q, size_t n);
/* Something that was pushed is not read yet. */
MUST_USE bool quic_busy(const struct quic *q);

struct quic_streams_setup quic_crypto_setup(const struct quic *q);

/* quic_step.c */

/* Takes the next packet of a source, which has one. `*held` owns the source when it waited
 * before; it becomes NULL when it waits again. */
MUST_USE enum status quic_step(
        struct quic *q, struct quic_source *source, struct quic_held **held);

/* quic_take.c */

/* Reads the next frame of q->now. */
MUST_USE enum status quic_take_frame(struct quic *q);
/* What the CRYPTO streams have in order goes to the handshake. */
MUST_USE enum status quic_take_crypto(struct quic *q);
/* What the handshake says now of names and IDs. */
void quic_take_terms(struct quic *q);

/* quic_loss.c */

void quic_lose(struct quic *q, const struct quic_try *t, uint64_t bytes, uint64_t packet);
void quic_lose_bytes(struct quic *q, enum direction dir, enum gap_cause why, const char *detail,
        uint64_t bytes, uint64_t packet);
/* Files what was counted. */
MUST_USE enum status quic_loss_file(struct quic *q);
/* Why a stream may have holes. */
enum gap_cause quic_loss_cause(const struct quic *q);

/* quic_words.c */

/* Says in words how a side closed the connection. */
void quic_words_close(struct quic *q, enum direction dir, const struct quic_frame *frame);
/* What a version that is not read is called, for a gap; NULL: no memory. */
const char *quic_words_version(struct quic *q, uint32_t version);

#endif
