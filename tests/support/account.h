/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_ACCOUNT_H
#define TESTS_SUPPORT_ACCOUNT_H

/* What a capture came to, as far as two readings of it can be compared. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "tests/support/damage.h"

enum { PAIR_TEXT = 160 };

struct account_exchange {
    uint8_t content[SHA256_BYTES]; /* of all that both sides sent, without times and packets */
    uint32_t connection;
    size_t pair; /* index of its connection's addresses */
    bool complete;
    size_t gaps;
    char text[200]; /* for messages */
};

/* Two addresses and ports, whoever is the client. */
struct account_pair {
    char text[PAIR_TEXT];
    size_t gaps; /* in the ledgers of its connections */
    size_t connections;
    uint32_t continues; /* a connection on other addresses that came here */
    size_t group;       /* the pair it began on; its own index when it did not move */
};

struct account {
    struct account_exchange *exchanges; /* owned; by pair, then content */
    size_t n, capacity;
    struct account_pair *pairs; /* owned */
    size_t pair_count, pair_capacity;
    size_t *pair_of; /* owned: by number of connection */
    size_t connection_most;
    size_t gaps; /* of the capture itself */
};

/* Reads the packets; fails the test when the reader reports a failure. */
void account_read(
        const struct packet *packets, size_t n, const struct keylog *keys, struct account *out);
void account_clear(struct account *a);
/* The pair with this text, or SIZE_MAX. */
size_t account_find(const struct account *a, const char *text);
/* The addresses of a frame in the form of account_pair.text; "" when it has none. Frames of one
 * pair give the same text in both directions. */
void account_pair_of(const struct packet *packet, char out[PAIR_TEXT]);

/* Conservation: of every stream in these packets, bytes handed out and bytes in gaps add up to the
 * highest offset. Fails the test when not; returns the number of streams. */
size_t account_conserve(const struct packet *packets, size_t n, const struct keylog *keys);

#endif
