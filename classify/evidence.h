/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_EVIDENCE_H
#define CLASSIFY_EVIDENCE_H

/*
 * Everything a capture gave, in one deterministic order: what classify/ judges and report/
 * writes down. Exchanges are sorted by the time of their request, then by connection,
 * stream and message; gaps of all connections share one numbering.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/count.h"
#include "capture/connection.h"
#include "capture/har/har.h"
#include "capture/http/exchange.h"
#include "capture/lookup.h"

/* One file of the capture, for completeness.json. */
struct evidence_file {
    const char *path;     /* as it was given on the command line */
    const char *name;     /* inside the case: "data/raw/…" */
    uint64_t first_frame; /* number of its first packet; 0 when it has none */
    uint64_t packets;
    uint64_t bytes;
    uint64_t truncated;  /* packets cut by the snap length */
    const char *sha256;  /* hex; NULL while not known */
    const char *program; /* that wrote it, of a HAR file; NULL: it holds packets */
};

/*
 * What one case holds at most, so that a capture made to hurt cannot fill memory: a person's
 * browser is far below. Exchanges past it, and connections past it with all of theirs, are
 * counted in one gap of the capture, GAP_BUDGET, that evidence_seal files.
 */
enum { EVIDENCE_EXCHANGES_MOST = 1 << 20, EVIDENCE_CONNECTIONS_MOST = 1 << 19 };
#define EVIDENCE_BYTES_MOST ((size_t)2 << 30) /* of all exchanges */

struct evidence {
    struct arena *arena;         /* owns what is listed here, unless it says owned */
    struct exchange **exchanges; /* each owned */
    size_t exchange_count, exchange_capacity;
    size_t exchange_bytes;           /* of their arenas */
    uint64_t left_out;               /* exchanges past the caps above */
    struct connection **connections; /* each owned; index is id - 1 */
    size_t connection_count, connection_capacity;
    uint64_t connections_left_out;
    struct ledger capture_gaps; /* of the capture itself: connection 0 */
    struct lookups *lookups;    /* owned; may be NULL */
    struct evidence_file *files;
    size_t file_count, file_capacity;
    struct count dropped_kernel, dropped_interface;
    uint64_t packets_unread;  /* frames without TCP or UDP over IP, or unreadable */
    const char *spool;        /* borrowed: directory of bodies too large for memory, or NULL */
    struct evidence_map *map; /* owned: of the spool, the body that was asked for last */
    struct har_facts *har;    /* of HAR files: there are no packets; NULL: of packets. Arena */
    uint32_t *gap_base;       /* by connection id, 0 first: id in case - id in ledger */
    uint32_t gap_total;
};

MUST_USE enum status evidence_init(struct evidence *e);
void evidence_clear(struct evidence *e);
/* Takes ownership, also on failure. What is past the caps is left out: STATUS_OK. */
MUST_USE enum status evidence_add_exchange(struct evidence *e, struct exchange *x);
MUST_USE enum status evidence_add_connection(struct evidence *e, struct connection *c);
/* Sorts and numbers; call once, when everything was added. */
MUST_USE enum status evidence_seal(struct evidence *e);

/* The number in the case of a gap in a connection's ledger ("g7" is 7); 0 for 0. */
uint32_t evidence_gap(const struct evidence *e, uint32_t connection, uint32_t gap);
/* The connection of an exchange. */
const struct connection *evidence_connection(
        const struct evidence *e, const struct exchange *x);
/* The file that holds a frame; NULL when none does. */
const struct evidence_file *evidence_file_of(const struct evidence *e, uint64_t frame);

/* All that was kept of a body, on disk or in memory; only what is in memory when the file is
 * gone. Borrowed until the next call; one thread at a time. */
struct bytes evidence_body(const struct evidence *e, const struct body *b);

enum { EXCHANGE_ID_TEXT = 64 };
/* "c3.s5"; inside a tunnel or after an upgrade on the same connection "c3.s5.n1"; a message of
 * the WebSocket that it opened "c3.s5.m7", "c3.s5.n1.m7". */
void exchange_id(const struct exchange *x, char out[EXCHANGE_ID_TEXT]);

#endif
