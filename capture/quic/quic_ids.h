/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_IDS_H
#define CAPTURE_QUIC_QUIC_IDS_H

/*
 * The connection IDs by which one side of a connection is addressed (RFC 9000 section 5.1), and
 * the tokens with which it may end the connection without its state (section 10.3).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/quic/quic.h"

struct quic_id {
    uint8_t n;
    uint8_t at[QUIC_ID_MOST];
};

/* All zero is one that knows nothing. */
struct quic_ids {
    struct quic_id list[QUIC_IDS_MOST]; /* a ring once it is full */
    bool told[QUIC_IDS_MOST];
    size_t n, next;
    size_t recent; /* the one found last */
    bool nested;   /* one of them begins with another */
    bool issued;   /* `length` is known */
    size_t length; /* of the newest one that this side chose itself */
    uint8_t tokens[QUIC_IDS_MOST][QUIC_TAG];
    size_t token_n, token_next;
};

struct bytes quic_id_view(const struct quic_id *id);

/* `issued`: this side chose it; else the client chose it for the server's first address. */
void quic_ids_add(struct quic_ids *ids, struct bytes id, bool issued);
void quic_ids_add_token(struct quic_ids *ids, struct bytes token);
MUST_USE bool quic_ids_has(const struct quic_ids *ids, struct bytes id);
/* The length of the ID in a short header that starts `packet`; false when nothing tells. */
MUST_USE bool quic_ids_length(struct quic_ids *ids, struct bytes packet, size_t *length);
/* Does the packet end with one of the tokens of the side that sent it? */
MUST_USE bool quic_ids_is_reset(const struct quic_ids *ids, struct bytes packet);
/* The next one that was not asked for yet; false when there is none. */
MUST_USE bool quic_ids_next(struct quic_ids *ids, struct bytes *id);

#endif
