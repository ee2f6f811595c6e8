/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_GAP_H
#define BASE_GAP_H

/* What the evidence lacks, as a value: which bytes, of whom, why, between which packets. */

#include <stdint.h>

enum gap_cause {
    GAP_LOST,        /* the segment never reached the capture */
    GAP_SNAPLEN,     /* the capture kept only the front of the packet */
    GAP_KERNEL_DROP, /* the kernel says that it dropped packets */
    GAP_MIDSTREAM,   /* the connection began before the capture */
    GAP_NO_KEYS,     /* encrypted, and no secret for it was given */
    GAP_BAD_TAG,     /* encrypted, and no secret given opens it */
    GAP_BAD,         /* malformed */
    GAP_UNSUPPORTED, /* of a kind we cannot read */
    GAP_CONFLICT,    /* two copies of the same bytes differ; the first one stands */
    GAP_BUDGET,      /* one of our own limits was reached */
    GAP_CUT,         /* the capture ends here */
};

enum { GAP_CAUSES = GAP_CUT + 1 };

/* Who sent the bytes. The client is the side that opened the connection. */
enum direction {
    FROM_CLIENT,
    FROM_SERVER,
};

static inline enum direction direction_other(enum direction dir)
{
    return dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
}

/* Which offsets `off` counts. */
enum layer {
    LAYER_FILE,   /* bytes of a capture file */
    LAYER_PACKET, /* bytes of one packet (IP fragments, cut frames) */
    LAYER_STREAM, /* TCP payload of one direction, 0 is the byte after the SYN */
    LAYER_TLS,    /* decrypted TLS application data of one direction */
    LAYER_QUIC,   /* payload of one QUIC stream, one direction */
    LAYER_HTTP,   /* bytes of one HTTP message's head or body */
};

struct gap {
    uint32_t id; /* number in its ledger, from 1; 0 while not filed */
    enum gap_cause why;
    enum layer layer;
    enum direction dir;
    uint32_t connection; /* its number in the capture, from 1; 0: of the capture itself */
    uint64_t stream;     /* stream of HTTP/2 or QUIC, where the layer has such */
    uint64_t off;
    uint64_t len;          /* 0 marks a place and takes nothing away (GAP_CONFLICT) */
    uint64_t first_packet; /* the packets around or in it, from 1; 0 when there is none */
    uint64_t last_packet;
    const char *detail; /* static text or NULL: which limit, which rule, in English */
};

const char *gap_cause_name(enum gap_cause why); /* "LOST", … as in the contract */
const char *layer_name(enum layer layer);

#endif
