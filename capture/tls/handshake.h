/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_HANDSHAKE_H
#define CAPTURE_TLS_HANDSHAKE_H

/*
 * The TLS 1.3 handshake of a QUIC connection (RFC 9001 section 4): messages of CRYPTO streams go
 * in, already put in order; facts, certificates and what secrets need come out. It is the same
 * reader that serves TLS over TCP, without its records.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/item.h"
#include "capture/tls/secret.h"
#include "capture/tls/tls.h"

enum handshake_level {
    HANDSHAKE_INITIAL,
    HANDSHAKE_HANDSHAKE,
    HANDSHAKE_APPLICATION, /* NewSessionTicket */
    HANDSHAKE_LEVELS,
};

struct handshake;

/* `setup` as for tls_new. NULL: no memory. */
struct handshake *handshake_new(const struct tls_setup *setup);
void handshake_free(struct handshake *h); /* NULL is fine */

/* The next bytes of a CRYPTO stream. A message does not cross levels (RFC 9001 section 4.1.3). */
MUST_USE enum status handshake_push(struct handshake *h, enum direction dir,
        enum handshake_level level, struct bytes content);
/* The rest of a CRYPTO stream, from here on, is missing for good: messages behind a hole cannot be
 * found. What waited for it (the server's hello for the client's) goes on. */
MUST_USE enum status handshake_lost(
        struct handshake *h, enum direction dir, enum handshake_level level);
/* The client begins anew after Version Negotiation: what was read is forgotten, not its facts. */
void handshake_again(struct handshake *h);

/* Borrowed; changes with each push. */
const struct negotiation *handshake_negotiation(const struct handshake *h);
/* The client random by which the key log names this connection's secrets, when no ClientHello
 * tells it: it was not captured, or ECH hides it (RFC 9849). A secret's fit has shown it. */
void handshake_name(struct handshake *h, struct bytes client_random);
/* The transport parameters of `dir`'s side as they were sent; empty while not seen. Borrowed until
 * the next push. */
struct bytes handshake_parameters(const struct handshake *h, enum direction dir);
/* The name of a TLS alert, which QUIC carries in an error code (RFC 9001 section 4.8); NULL. */
const char *handshake_alert_name(uint8_t alert);

#endif
