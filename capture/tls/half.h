/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_HALF_H
#define CAPTURE_TLS_HALF_H

/*
 * What the parts of the TLS stage share: one connection, and each of its directions. Only
 * tls.c and the .c files named below include this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "capture/item.h"
#include "capture/tls/crypt.h"
#include "capture/tls/record.h"
#include "capture/tls/secret.h"
#include "capture/tls/tls.h"

/* Which secret protects the records of a direction. */
enum epoch {
    EPOCH_PLAIN,
    EPOCH_MASTER, /* TLS 1.2 and before */
    EPOCH_EARLY,  /* TLS 1.3, in the order in which they follow */
    EPOCH_HANDSHAKE,
    EPOCH_TRAFFIC,
};

enum {
    HOLE_IDS = 8,
    TLS_QUEUE = 2 * HOLE_IDS + 4,
    TLS_ALERTS_MOST = 64, /* told of one connection */
};

/* Plaintext that is missing, not told yet: one for everything between two readable records. */
struct hole {
    bool open;
    enum epoch epoch; /* in which it began */
    enum gap_cause why;
    const char *detail;
    uint64_t len;        /* plaintext bytes, as estimated */
    uint64_t packets[2]; /* around it */
    int64_t first_ns, last_ns;
    struct item_place place; /* where it begins; what the newest part or its end had heard */
    uint32_t ids[HOLE_IDS];  /* of the stream's gaps in it */
    size_t id_n;
};

/* A copied item of a direction that waits for the other one. */
struct waiting {
    struct waiting *next;
    struct item item; /* views point behind this struct */
};

struct half {
    enum direction dir;
    struct records records;
    struct waiting *first, *last;
    struct waiting *current; /* owned; the one that records reads from */
    size_t waiting_bytes;
    bool blocked;

    enum epoch epoch;
    struct crypt *crypt;       /* NULL until a record of this epoch was opened */
    const struct suite *suite; /* of `crypt` */
    uint16_t version;
    uint8_t secret[SCHEDULE_SECRET_MOST]; /* the traffic secret of `crypt`, TLS 1.3 */
    size_t secret_n;
    uint64_t sequence; /* of the next record */
    uint64_t nonce;    /* explicit one of the last record */
    bool has_nonce;
    uint64_t record_count, record_bytes; /* opened, for the mean length */
    bool doubt;                          /* records were lost since the last one opened */

    struct buf message; /* handshake bytes that do not make a message yet */
    uint64_t message_skip;
    uint8_t *plain; /* owned: content of the record last opened */

    uint64_t off; /* of the next plaintext byte */
    uint64_t last_packet;
    struct hole hole;
    bool lost_hello; /* its hello is missing for good */
    bool keyless;    /* its last record found no secret */
    bool impatient;  /* too much waits: it goes on without the other direction */
    bool over;
    uint64_t unopened;      /* records that no key opened */
    uint64_t refused_early; /* bytes of early data that the server refused */
};

struct tls {
    struct tls_setup setup;
    enum status status;
    struct negotiation now;
    struct half half[2];
    struct item queue[TLS_QUEUE];
    size_t queue_at, queue_n;
    uint64_t queue_packets[TLS_QUEUE][2];
    uint64_t trial_bytes; /* left */
    unsigned alerts;
    unsigned handshakes;          /* ClientHellos that began one */
    bool closing;                 /* nothing waits any more */
    uint64_t opened, opened_data; /* records; bytes of application data */
    uint64_t missed;              /* bytes that no key opened */
    bool has_missed_why;
    enum gap_cause missed_why;
    uint64_t early_until;
    /* In QUIC only (handshake.c): */
    bool quic;
    struct buf parameters[2]; /* transport parameters of both sides' hellos, as sent */
};

static inline struct half *tls_peer(struct tls *t, const struct half *h)
{
    return &t->half[h->dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
}

/* half.c */

void half_init(struct half *h, enum direction dir);
void half_clear(struct half *h);
/* Copies an item to the end of the line. */
MUST_USE enum status half_wait(struct half *h, const struct item *in);
/* Starts on the next item of the line; false when there is none. */
MUST_USE bool half_resume(struct half *h);
/* Does this record need something of the other direction that was not read yet? */
MUST_USE bool half_must_wait(const struct tls *t, const struct half *h, const struct record *r);

/* hole.c */

/* Adds `len` plaintext bytes for `why`; a hole of another cause before it is told first. */
void hole_add(struct tls *t, struct half *h, enum gap_cause why, const char *detail,
        uint64_t len, const struct record *around);
/* A gap of the stream. */
void hole_add_gap(struct tls *t, struct half *h, const struct item *gap);
/* Queues the items for it, if there is one. `next_packet` is the one behind it, or 0. */
void hole_tell(struct tls *t, struct half *h, uint64_t next_packet);
/* Nothing of the plaintext was lost in it after all. */
void hole_forget(struct half *h);

/* open.c */

enum open_result {
    OPEN_DONE,
    OPEN_FAILED,  /* `why` and `detail` say it */
    OPEN_REFUSED, /* early data that the server refused: to be passed over */
    OPEN_NOMEM,
};

struct opened {
    struct bytes content; /* in h->plain */
    uint8_t type;         /* enum record_type */
    enum gap_cause why;
    const char *detail;
    bool first; /* the first record of its epoch */
};

/* Takes the protection off, finding secrets, epoch and sequence number where they are in
 * doubt. On OPEN_DONE the half has moved on behind the record. */
MUST_USE enum open_result open_record(
        struct tls *t, struct half *h, const struct record *record, struct opened *out);
/* A KeyUpdate was read: the next record has new keys. False when out of memory. */
MUST_USE bool open_update(struct half *h);
/* The direction goes on in this epoch, with its first record. */
void open_enter(struct half *h, enum epoch epoch);
/* What `n` bytes of `records` protected records, headers included, hold at most. */
uint64_t open_plain_most(
        const struct tls *t, const struct half *h, uint64_t n, uint64_t records);

/* message.c */

/* Takes the content of a handshake record; reads the messages that it completes. */
MUST_USE enum status message_push(struct tls *t, struct half *h, struct bytes content);
/* Part of the handshake is missing: what was begun is forgotten. */
void message_lost(struct tls *t, struct half *h);
/* The SSL 2 compatible ClientHello. */
MUST_USE enum status message_sslv2(struct tls *t, struct half *h, struct bytes message);

/* alert.c */

void message_alert(struct tls *t, struct half *h, struct bytes content);
/* "handshake_failure", as the IANA registry has it; NULL when it is not there. Static. */
const char *message_alert_name(uint8_t description);

#endif
