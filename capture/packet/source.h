/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_SOURCE_H
#define CAPTURE_PACKET_SOURCE_H

/*
 * Packets out of a capture file: classic pcap in all variants that libpcap reads, and pcapng;
 * plain, gzip or zstd. This is the one door to libpcap.
 *
 * What the file lacks comes out as a gap at the place where it is missing; whoever reads files
 * it. Whatever is damaged, every packet before it is given, and in pcapng those after it too
 * where the next block can be found.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/count.h"
#include "base/fault.h"
#include "base/gap.h"
#include "capture/packet/describe.h"
#include "capture/packet/input.h"
#include "capture/packet/packet.h"

enum source_format {
    SOURCE_PCAP,
    SOURCE_PCAPNG,
};

/* What source_next met. */
enum source_found {
    SOURCE_PACKET,
    SOURCE_SECRETS, /* a decryption secrets block: source_secrets */
    SOURCE_GAP,     /* source_gap; reading goes on */
    SOURCE_END,
    SOURCE_FAILED, /* our failure: `fault` is set, and no more will come */
};

/* Types of a decryption secrets block that are registered (Wireshark's secrets-types.h). */
enum secrets_type {
    SECRETS_TLS = 0x544c534b, /* an NSS key log */
    SECRETS_SSH = 0x5353484b,
    SECRETS_WIREGUARD = 0x57474b4c,
    SECRETS_ZIGBEE_NETWORK = 0x5a4e574b,
    SECRETS_ZIGBEE_APPLICATION = 0x5a415053,
    SECRETS_OPC_UA = 0x55414b4c,
    SECRETS_ESP = 0x45535053,
};

struct source_secrets {
    uint32_t type; /* enum secrets_type, or any other number */
    uint64_t off;  /* of its block, in the file */
    struct bytes data;
};

struct source;

/*
 * STATUS_IO; STATUS_INPUT when this is no capture that can be read, in which case `fault` says
 * what it looks like; STATUS_NOMEM. Close with source_close. "-" is standard input.
 */
MUST_USE enum status source_open(const char *path, struct source **out, struct fault *fault);
/*
 * The same for a pcapng file that still grows. Until source_unfollow, source_next gives
 * SOURCE_END when the next block is not there as a whole yet, and may be called again; what it
 * gives over time is what it would give of the whole file. STATUS_INPUT when no header of such a
 * file is there, or not yet.
 */
MUST_USE enum status source_follow(const char *path, struct source **out, struct fault *fault);
/* The file grows no more: what is there is all. */
void source_unfollow(struct source *s);
/* The same over bytes in memory that stay until source_close. */
MUST_USE enum status source_memory(
        struct bytes data, const char *name, struct source **out, struct fault *fault);
void source_close(struct source *s); /* NULL is fine */

/*
 * Call before the first source_next when this is not the only file: `file` is its index, and
 * its first packet gets number `packets_before + 1`. Numbers are those Wireshark gives: in a
 * pcapng file some blocks that hold no packet are counted too.
 */
void source_place(struct source *s, uint32_t file, uint64_t packets_before);
uint64_t source_last_number(const struct source *s); /* the number given last */

/*
 * The next thing in the file. `packet` is written on SOURCE_PACKET only and borrows until the
 * next call. Packets of a simple packet block carry no time and get time_ns 0; a time beyond
 * int64_t nanoseconds becomes the nearest one. LINKTYPE_ 12 and 14 come out as 101 (raw IP).
 */
enum source_found source_next(struct source *s, struct packet *packet, struct fault *fault);

/* After SOURCE_GAP, until the next call. LAYER_FILE; `off` and `len` count decompressed bytes
 * of the file. `len` is what is known to be lost, at least 1, except for GAP_BAD of length 0:
 * a mark at a block that was used although its two lengths differ. `first_packet` and
 * `last_packet` are the number of the packet before it (0: none). */
const struct gap *source_gap(const struct source *s);
/* After SOURCE_SECRETS, until the next call. */
const struct source_secrets *source_secrets(const struct source *s);

enum source_format source_format(const struct source *s);
enum input_kind source_compression(const struct source *s);
/* What the file has said so far about itself; classic pcap has one interface. Borrowed; entries
 * may move with the next source_next. */
const struct description *source_description(const struct source *s);

/* The sums over all interfaces so far. Known only when every interface that gave packets was
 * counted: one that was not could have lost any number. */
struct source_drops {
    struct count kernel; /* by the operating system */
    struct count device; /* by the interface */
};

struct source_drops source_drops(const struct source *s);

/* What source_scan_secrets found. */
struct source_scan {
    uint64_t tls_blocks;
    uint64_t other_blocks; /* secrets of other kinds */
    uint32_t first_other;  /* the type of the first of those */
    uint64_t gaps;         /* damage met on the way: some secrets may be lost */
};

/*
 * Reads through a file for its secrets alone, wherever they stand, before packets are read.
 * TLS key logs are appended to `keylog`, each ending in a line feed. Files that are no pcapng
 * have none. Status as source_open; STATUS_USAGE for standard input, which cannot be read
 * twice, and when they pass the limit of `keylog` (what was appended stands).
 */
MUST_USE enum status source_scan_secrets(
        const char *path, struct buf *keylog, struct source_scan *out, struct fault *fault);

#endif
