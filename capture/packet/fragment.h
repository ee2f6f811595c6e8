/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FRAGMENT_H
#define CAPTURE_PACKET_FRAGMENT_H

/*
 * Puts IP datagrams together from their fragments (RFC 791 section 3.2, RFC 8200 section 4.5)
 * in bounded memory. Where fragments overlap the first copy stands; a difference is filed as a
 * GAP_CONFLICT of length 0. A datagram that never becomes whole is filed as a gap of
 * LAYER_PACKET between its first and last fragment.
 */

#include "base/ledger.h"
#include "base/status.h"
#include "capture/packet/ip.h"

enum {
    FRAGMENT_DATAGRAMS_MOST = 256, /* waiting at once; past it the oldest is given up */
    FRAGMENT_PIECES_MOST = 1024,   /* separate runs of bytes in one datagram */
    FRAGMENT_SECONDS = 30,         /* of packet time a datagram may wait, as Linux has it */
};

struct fragments; /* the store of one capture */

/* `ledger` is borrowed and gets the gaps. NULL when out of memory. */
struct fragments *fragment_new(struct ledger *ledger);
void fragment_free(struct fragments *f); /* NULL is fine; files nothing */

/*
 * Takes one piece (`piece->fragment` is true) that frame `number` carried. When it completes
 * its datagram, `*done` is true and `*whole` has all of the payload, borrowed until the next
 * call that sets `*done`; `whole->whole` is empty, since such an IP packet was never sent. The
 * extension headers behind IPv6's fragment header are still to be walked (ip_extensions).
 * `*done` is false otherwise. STATUS_NOMEM: the piece counts as not captured.
 */
MUST_USE enum status fragment_push(struct fragments *f, const struct ip_packet *piece,
        uint64_t number, int64_t time_ns, struct ip_packet *whole, bool *done);

/* No more pieces will come: files what is incomplete. */
void fragment_close(struct fragments *f);

#endif
