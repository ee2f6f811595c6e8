/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_SECRET_H
#define CAPTURE_TLS_SECRET_H

/*
 * One handshake as far as keys need it, and the secrets that the key log offers for it. There
 * may be several for one client random: the first record that one of them opens decides.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "capture/tls/keylog.h"
#include "capture/tls/schedule.h"
#include "capture/tls/session.h"
#include "capture/tls/suite.h"

enum secret_early {
    EARLY_NONE,    /* the client offered no early data */
    EARLY_UNKNOWN, /* the server's answer was not seen yet */
    EARLY_ACCEPTED,
    EARLY_REJECTED, /* also by a HelloRetryRequest */
};

struct negotiation {
    bool client_seen, server_seen; /* the hellos, the server's not being a retry */
    bool retry;                    /* a HelloRetryRequest came, its answer did not yet */
    uint8_t client_random[32], server_random[32];
    uint8_t client_session[32], server_session[32];
    size_t client_session_n, server_session_n;
    bool has_ticket;
    uint8_t ticket[SHA256_BYTES]; /* key of the ticket offered */
    uint16_t version;             /* 0 unknown */
    uint16_t suite_number;
    const struct suite *suite; /* NULL unknown */
    bool encrypt_then_mac, extended_master, compressed, ech;
    enum secret_early early;
    bool has_rsa;
    uint8_t rsa[8]; /* the front of the encrypted pre-master secret */
    bool has_issued;
    uint8_t issued[SHA256_BYTES]; /* key of the ticket that the server issued */
    bool has_master;
    uint8_t master[SCHEDULE_MASTER]; /* a record has proved it */
    struct buf transcript;           /* handshake messages, with their headers */
    size_t exchange_end;             /* the transcript up to the ClientKeyExchange; 0: none */
    bool transcript_broken;          /* something of it is missing */
};

enum { TRANSCRIPT_MOST = 1 << 20 };

MUST_USE bool secret_is_tls13(const struct negotiation *n);

/* The nth candidate for the master secret, TLS 1.2 and before. */
MUST_USE bool secret_master(const struct negotiation *n, const struct keylog *keys,
        const struct sessions *sessions, size_t nth, uint8_t out[SCHEDULE_MASTER]);
/* The nth candidate for a traffic secret of TLS 1.3, of the length that the suite asks for. */
MUST_USE bool secret_traffic(const struct negotiation *n, const struct keylog *keys,
        enum keylog_label label, size_t nth, struct bytes *out);

#endif
