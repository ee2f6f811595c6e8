/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_PCAPNG_H
#define CAPTURE_PACKET_PCAPNG_H

/*
 * Walks the blocks of a pcapng file (draft-ietf-opsawg-pcapng). libpcap's own reader skips
 * secrets blocks and refuses files whose interfaces differ in link type; this one does not.
 *
 * Sections in either byte order, any number of interfaces; unknown blocks are stepped over. A
 * damaged block becomes a gap, and the next plausible block is looked for within a bound.
 */

#include "capture/packet/describe.h"
#include "capture/packet/input.h"
#include "capture/packet/packet.h"
#include "capture/packet/source.h"

enum {
    PCAPNG_BLOCK_MOST = 1 << 24,  /* a longer block is damage: Wireshark says the same */
    PCAPNG_SEARCH_MOST = 1 << 20, /* how far behind damage the next block is looked for */
};

struct pcapng;

/* Borrows both until pcapng_free. NULL when out of memory. */
struct pcapng *pcapng_new(struct input *in, struct description *description);
void pcapng_free(struct pcapng *p); /* NULL is fine */

/* Packets are stepped over unseen, without a look at their data: for secrets alone. */
void pcapng_skip_packets(struct pcapng *p);
void pcapng_place(struct pcapng *p, uint32_t file, uint64_t packets_before);
uint64_t pcapng_last_number(const struct pcapng *p);

/* See source_next and source_follow; SOURCE_FAILED leaves the reason with the input. */
enum source_found pcapng_next(struct pcapng *p, struct packet *packet);
const struct gap *pcapng_gap(const struct pcapng *p);
const struct source_secrets *pcapng_found_secrets(const struct pcapng *p);

#endif
