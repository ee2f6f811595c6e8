/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_H
#define CAPTURE_QUIC_QUIC_H

/*
 * One QUIC connection, read from the side (RFC 9000, 9001, 9369): datagrams of both sides go in,
 * in the order of the capture; what its streams carried comes out as items of LAYER_QUIC.
 *
 * Initial packets open for everyone; the rest with the secrets of a key log. A packet whose
 * keys are not known yet (0-RTT before its Initial, Handshake before the ServerHello, 1-RTT before
 * either) waits, within bounds, until they are or until the connection ends. What cannot be opened is
 * counted, and filed once for each direction and cause with the number of ciphertext bytes:
 *   GAP_NO_KEYS      no secret for this connection
 *   GAP_BAD_TAG      there are secrets, but none opens it
 *   GAP_SNAPLEN      the capture kept only the front of the datagram
 *   GAP_MIDSTREAM    the handshake began before the capture, and no secret of the log opens it
 *   GAP_UNSUPPORTED  a version or cipher that is not read
 *   GAP_BAD          no QUIC packet, or frames that are none
 *   GAP_BUDGET       one of the limits below
 * These gaps of the connection are of LAYER_PACKET and take nothing away from a stream's account; a
 * stream that misses bytes has gaps of its own (quic_streams.h), whose cause is the connection's
 * where there is one. Early data that the server refused, and early data whose answer was not seen
 * (shown, for the client sent them), are marks of length 0.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ledger.h"
#include "base/status.h"
#include "capture/connection.h"
#include "capture/item.h"
#include "capture/quic/quic_packet.h"
#include "capture/tls/keylog.h"

enum {
    QUIC_HELD_PACKETS = 1024,   /* packets that wait for keys */
    QUIC_HELD_BYTES = 2 << 20,  /* their bytes */
    QUIC_TRIAL_BYTES = 1 << 28, /* ciphertext bytes that may be spent on tries that fail */
    QUIC_UPDATES_MOST = 4,      /* key updates that a hole may hide */
    QUIC_IDS_MOST = 64,         /* connection IDs of one side kept; the oldest goes first */
    QUIC_MERGED_MOST = 65535,   /* a frame of several datagrams, merged by the capturing host */
};

struct quic_setup {
    const struct keylog *keys; /* borrowed; NULL: none */
    struct ledger *ledger;     /* borrowed */
    struct arena *arena;       /* borrowed: strings and certificates of the facts */
    struct tls_facts *tls;     /* borrowed; as for TLS over TCP */
    struct quic_facts *facts;  /* borrowed; see capture/connection.h */
};

/* One UDP payload. The direction is who sent it as far as addresses tell; see quic_turned. */
struct quic_datagram {
    enum direction dir;
    struct bytes data;
    uint32_t wire_len; /* more than data.n when a snap length cut it */
    uint64_t packet;   /* number of the frame */
    int64_t time_ns;
};

struct quic;

struct quic *quic_new(const struct quic_setup *setup); /* NULL: no memory */
void quic_free(struct quic *q);                        /* NULL is fine */

/* Takes one datagram. Its bytes are borrowed until quic_next is false. STATUS_NOMEM: the
 * connection cannot go on; so say all later calls. */
MUST_USE enum status quic_push(struct quic *q, const struct quic_datagram *d);
/* The application's streams of this number never end before the connection does (the control
 * streams of HTTP/3): that no end was captured is no gap. */
void quic_endless(struct quic *q, uint64_t stream);
/* The next item of a stream; false when there is none until more is pushed. */
MUST_USE bool quic_next(struct quic *q, uint64_t *stream, struct item *out);
/* Nothing more will come, for `why` (GAP_CUT: the capture ended): take what is left. */
MUST_USE enum status quic_close(struct quic *q, enum gap_cause why);
MUST_USE enum status quic_status(const struct quic *q);

/*
 * A connection ID that packets to `to` may bear from now on, so that datagrams on new addresses
 * find their connection; false when there is no new one. Borrowed until the next call.
 */
MUST_USE bool quic_next_id(struct quic *q, enum direction *to, struct bytes *id);

/*
 * Is this datagram, from addresses not seen with this connection, part of it? Opens its first
 * packet with the connection's keys and changes nothing. `dir` is who must have sent it, as
 * quic_push takes it. False while something that was pushed is not pulled dry.
 */
MUST_USE bool quic_claims(struct quic *q, const struct quic_datagram *d, enum direction *dir);
/* Does the datagram begin another connection: an Initial of a client, under a connection ID that
 * is none of this one's, which opens with its own keys and holds a ClientHello of another
 * random? */
MUST_USE bool quic_is_foreign(struct quic *q, const struct quic_datagram *d);

/* Addresses suggested the wrong roles: who they call the server sent the ClientHello. Items,
 * gaps and facts of this connection already have the true ones. */
MUST_USE bool quic_turned(const struct quic *q);
/* How much could be read, and in words why not all of it; NULL when all. */
enum decrypted quic_decrypted(const struct quic *q, const char **reason);
/* The application protocol: ALPN where known, else NULL. */
const char *quic_protocol(const struct quic *q);
/* Bytes of this stream before this offset came as 0-RTT data, which can be replayed. Kept for as
 * many streams as may be open at once. */
uint64_t quic_early_until(const struct quic *q, uint64_t stream);

#endif
