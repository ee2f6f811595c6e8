/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_QUIC_MAKER_H
#define TESTS_SUPPORT_QUIC_MAKER_H

/*
 * A QUIC conversation made up for a test: both sides' packets, sealed with OpenSSL's own
 * encryption and its own key derivation, so that what opens them was not made by what is tested;
 * and the key log for them. Everything follows from the settings: two runs give the same bytes.
 * A step that fails aborts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/gap.h"

enum maker_level {
    MAKER_INITIAL,
    MAKER_EARLY,
    MAKER_HANDSHAKE,
    MAKER_TRAFFIC,
    MAKER_LEVELS,
};

enum {
    MAKER_V1 = 0x00000001,
    MAKER_V2 = 0x6b3343cf,
    MAKER_SECRET_MOST = 48,
    MAKER_ID = 8,
    MAKER_DATAGRAM_MOST = 65535,
};

struct maker {
    uint32_t version;
    uint16_t suite; /* 0x1301, 0x1302 or 0x1303 */
    uint8_t client_random[32];
    uint8_t secret[2][MAKER_LEVELS][MAKER_SECRET_MOST]; /* by enum direction */
    uint8_t header_secret[2][MAKER_SECRET_MOST]; /* of MAKER_TRAFFIC before all updates */
    unsigned phase[2];
    uint64_t number[2][MAKER_LEVELS]; /* of the next packet; 0-RTT and 1-RTT share one */
    unsigned number_length;           /* bytes, 1 to 4 */
    uint8_t id[2][20];                /* that each side is addressed by */
    size_t id_n[2];
    uint8_t first_id[20]; /* that the client made up for the server */
    size_t first_id_n;
    uint8_t initial_id[20]; /* that the Initial keys come from: the first, or a Retry's */
    size_t initial_id_n;
    struct buf token;    /* of the client's Initials */
    bool addressed;      /* the client knows the server's own ID */
    struct buf datagram; /* what was sealed since maker_begin */
};

void maker_init(struct maker *m, uint32_t version, uint16_t suite);
void maker_clear(struct maker *m);
/* The lines of the key log; `early` with the secret of 0-RTT. */
void maker_log(const struct maker *m, bool early, struct buf *out);

void maker_begin(struct maker *m); /* a new datagram */
/* Seals frames into a packet and adds it to the datagram, with the next number. */
void maker_packet(
        struct maker *m, enum direction dir, enum maker_level level, struct bytes frames);
/* Likewise, with PADDING so that the packet has `size` bytes in all. */
void maker_packet_of(struct maker *m, enum direction dir, enum maker_level level,
        struct bytes frames, size_t size);
void maker_update(struct maker *m, enum direction dir); /* the next key phase */
/* The server wants the client to come again under this ID; and the client does. */
void maker_retry(struct maker *m, struct bytes new_id);
/* Version Negotiation: offers one version. */
void maker_negotiation(struct maker *m, uint32_t version);
/* 40 bytes that end with the token. */
void maker_reset(struct maker *m, const uint8_t token[16]);

/* Frames and messages, appended to a buffer. */
void maker_varint(struct buf *b, uint64_t value);
void maker_crypto(struct buf *b, uint64_t off, struct bytes data);
void maker_stream(struct buf *b, uint64_t stream, uint64_t off, struct bytes data, bool fin);
void maker_reset_stream(struct buf *b, uint64_t stream, uint64_t error, uint64_t final_size);
void maker_new_id(struct buf *b, uint64_t sequence, struct bytes id, const uint8_t token[16]);
void maker_close(struct buf *b, bool application, uint64_t error, const char *reason);
void maker_byte(struct buf *b, uint8_t byte); /* PING 0x01, HANDSHAKE_DONE 0x1e, … */
void maker_datagram(struct buf *b, struct bytes data);

struct maker_hello {
    bool early;        /* client: offers early data; EncryptedExtensions: accepts it */
    bool psk;          /* client: offers one; server: takes it */
    bool retry;        /* server: a HelloRetryRequest */
    bool ech;          /* client: offers encrypted_client_hello */
    size_t filler;     /* client: bytes of padding */
    uint8_t token[16]; /* EncryptedExtensions: stateless reset token, when has_token */
    bool has_token;
    struct bytes preferred_id; /* EncryptedExtensions: of a preferred address */
    const char *alpn;          /* offered and taken; NULL: "h3" */
};

void maker_client_hello(
        const struct maker *m, const struct maker_hello *hello, struct buf *out);
void maker_server_hello(
        const struct maker *m, const struct maker_hello *hello, struct buf *out);
void maker_extensions(const struct maker *m, const struct maker_hello *hello, struct buf *out);
void maker_finished(struct buf *out); /* of no meaning but its type */

#endif
