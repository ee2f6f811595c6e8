/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_CONNECTION_H
#define CAPTURE_CONNECTION_H

/* What is known of one connection besides its exchanges: the line of connections.jsonl. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ledger.h"
#include "base/status.h"
#include "capture/packet/packet.h"

enum decrypted {
    DECRYPTED_NOT_NEEDED, /* plain text, or nothing was carried */
    DECRYPTED_FULL,
    DECRYPTED_PARTIAL,
    DECRYPTED_NO,
};

/* One certificate the server (or client) presented. All views borrow from the arena. */
struct certificate {
    struct bytes der;    /* empty when only a compressed, unreadable form was seen */
    uint8_t sha256[32];  /* of the DER */
    const char *subject; /* RFC 2253 style, UTF-8 */
    const char *issuer;
    const char *serial; /* hexadecimal */
    const char **names; /* subject alternative names, dNSName and iPAddress as text */
    size_t name_count;
    int64_t not_before; /* seconds since 1970 UTC */
    int64_t not_after;
};

/* What the server's signature over the handshake says, checked from packets and keys. */
enum certificate_verify {
    VERIFY_NOT_SEEN, /* no signature in what was captured, or TLS too old to have one */
    VERIFY_GOOD,     /* this certificate's key signed this very handshake */
    VERIFY_WRONG,
    VERIFY_UNCHECKED, /* seen, but of an algorithm or with a gap that forbids checking */
};

/* What a server gives a client to show again, so that a later connection links to an earlier. */
enum ticket_kind {
    TICKET_NONE,
    TICKET_PSK,        /* TLS 1.3: RFC 8446 sections 4.2.11 and 4.6.1 */
    TICKET_SESSION,    /* RFC 5077 */
    TICKET_SESSION_ID, /* RFC 5246 section 7.4.1.2 */
    TICKET_TOKEN,      /* QUIC NEW_TOKEN: RFC 9000 section 8.1.3 */
};

/* A ticket may open what it resumes: only its hash is kept. */
struct ticket {
    enum ticket_kind kind;
    uint8_t sha256[32];
};

enum { TICKETS_MOST = 8 };

/* Those of one connection, each once, in the order they came. */
struct tickets {
    struct ticket at[TICKETS_MOST];
    size_t n;
    bool more; /* than these came */
};

/* All of TLS that a report may cite. Strings live in the connection's arena; NULL: unknown. */
struct tls_facts {
    bool seen;               /* a TLS record or QUIC Initial was recognised */
    uint16_t version;        /* negotiated, 0x0304 for TLS 1.3; 0 unknown */
    uint16_t suite;          /* IANA number; 0 unknown */
    const char *suite_name;  /* IANA name */
    const char *server_name; /* SNI of the first ClientHello */
    const char *alpn;        /* selected; NULL when none */
    const char *ja3;         /* MD5 hex of the JA3 string (GREASE left out) */
    const char *ja3_text;
    const char *ja3s;
    const char *ja4;   /* FoxIO JA4, technical specification of 2023 */
    const char *group; /* key exchange group, e.g. "X25519MLKEM768"; NULL unknown */
    bool ech;          /* the ClientHello offered encrypted_client_hello (maybe GREASE) */
    bool resumed;      /* PSK, session id or ticket */
    bool early_data;   /* 0-RTT bytes were sent */
    bool hello_retry;
    bool client_certificate;
    uint8_t client_random[32];
    bool has_client_random;
    struct bytes psk_identity; /* first identity offered; empty when none */
    struct ticket offered; /* by the first ClientHello; the first identity where it has several.
                              A session id only when the server resumed it */
    struct tickets issued;
    struct certificate *chain; /* the server's, leaf first */
    size_t chain_length;
    enum certificate_verify verify;
    const char *alert; /* last alert in words, e.g. "fatal unknown_ca from client" */
};

/* What QUIC adds; by enum direction where there are two. Strings as above. */
struct quic_facts {
    bool seen;
    uint32_t version;         /* of the Handshake, else of the newest Initial */
    const char *version_name; /* "QUIC v1"; NULL: not one that is read */
    bool retry, negotiation;  /* a Retry, a Version Negotiation was answered */
    uint64_t packets[2];      /* opened */
    uint64_t unopened[2];
    uint64_t missing[2];   /* the other side acknowledged them; not captured */
    uint64_t datagrams[2]; /* DATAGRAM frames, RFC 9221, and their bytes: not read further */
    uint64_t datagram_bytes[2];
    uint64_t resets[2]; /* RESET_STREAM */
    uint64_t key_updates[2];
    uint64_t merged;   /* frames that held several datagrams, split again */
    uint64_t repeated; /* packets captured more than once */
    bool stateless_reset;
    struct ticket token;   /* shown by the client before any Retry; TICKET_NONE: none */
    struct tickets tokens; /* that the server issued */
    const char *close;     /* "server: 0x100 H3_NO_ERROR" and the reason given; NULL */
};

struct connection {
    uint32_t id; /* from 1, in order of the first packet: "c1" */
    enum transport transport;
    struct endpoint client, server;
    bool roles_guessed; /* no SYN was captured: roles by port and content */
    int64_t first_ns, last_ns;
    uint64_t packets, first_packet, last_packet;
    uint64_t bytes[2]; /* payload bytes on the wire by enum direction, repeats included */
    uint64_t bad_checksums;
    uint32_t
            continues; /* QUIC: the connection whose packets came by these addresses; 0: none */
    struct tls_facts tls;
    struct quic_facts quic;
    enum decrypted decrypted;
    const char *reason; /* why not (fully) decrypted: "no keys", … ; NULL */
    const char
            *protocol; /* application protocol as read: "http/1.1", "h2", "dns"; NULL unknown */
    const char *label; /* nDPI: "TLS.Google"; NULL when it has no opinion */
    const char *label_category;
    const char *label_confidence;
    uint64_t exchanges;
    struct ledger ledger;
    struct arena *arena; /* owns the strings above */
};

/* Exchanges client and server, for roles that were guessed wrong: ends, bytes, and the gaps of
 * LAYER_STREAM. Gaps of the layers above have the true direction already. */
void connection_turn(struct connection *facts);

/* Untouched when false: out of memory. */
MUST_USE bool ticket_make(enum ticket_kind kind, struct bytes secret, struct ticket *out);
MUST_USE bool tickets_add(struct tickets *t, enum ticket_kind kind, struct bytes secret);

#endif
