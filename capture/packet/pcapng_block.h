/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_PCAPNG_BLOCK_H
#define CAPTURE_PACKET_PCAPNG_BLOCK_H

/*
 * The blocks of a pcapng file, one by one (draft-ietf-opsawg-pcapng, section 4). Each parser
 * is given a block's whole body, without type and lengths; on PARSE_DONE the output borrows
 * from it, else the output is untouched. Nothing here allocates.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/count.h"

enum pcapng_type {
    PCAPNG_INTERFACE = 1,
    PCAPNG_PACKET_OLD = 2, /* obsolete; written by captures before 2009 */
    PCAPNG_PACKET_SIMPLE = 3,
    PCAPNG_NAMES = 4,
    PCAPNG_STATISTICS = 5,
    PCAPNG_PACKET = 6,
    PCAPNG_JOURNAL = 9,
    PCAPNG_SECRETS = 10,
    PCAPNG_CUSTOM = 0xbad,
    PCAPNG_CUSTOM_NO_COPY = 0x40000bad,
    PCAPNG_SECTION = 0x0a0d0d0a, /* reads the same in either byte order */
};

enum {
    PCAPNG_HEAD = 8,           /* type and length before the body */
    PCAPNG_OVERHEAD = 12,      /* with the length behind it */
    PCAPNG_SECTION_LEAST = 28, /* a whole section header block */
};

enum pcapng_option_code {
    PCAPNG_END_OF_OPTIONS = 0,
    PCAPNG_COMMENT = 1,
};

/* The byte order of the section a block stands in. */
enum byte_order {
    ORDER_LITTLE,
    ORDER_BIG,
};

uint16_t pcapng_u16(const uint8_t *p, enum byte_order order);
uint32_t pcapng_u32(const uint8_t *p, enum byte_order order);
uint64_t pcapng_u64(const uint8_t *p, enum byte_order order);

struct pcapng_option {
    uint16_t code;
    struct bytes value; /* without padding */
};

/* The next option; false at their end, and at the first malformed one. */
MUST_USE bool pcapng_option_take(
        struct bytes *options, enum byte_order order, struct pcapng_option *out);

struct pcapng_section {
    enum byte_order order;
    struct bytes options;
    struct bytes hardware, os, application; /* empty: not stated */
};

/* PARSE_UNSUPPORTED when its major version is not 1. `order` need not be known before. */
enum parse pcapng_section(struct bytes body, struct pcapng_section *out);
/* The byte order from the eight bytes of head and the four behind them. */
MUST_USE bool pcapng_order(struct bytes block, enum byte_order *out);

struct pcapng_interface {
    uint16_t link;
    uint32_t snaplen;
    uint8_t resolution; /* 6 unless stated */
    int64_t offset_s;
    struct bytes options;
    struct bytes name, description, filter, os, hardware; /* empty: not stated */
};

enum parse pcapng_interface(
        struct bytes body, enum byte_order order, struct pcapng_interface *out);

struct pcapng_frame {
    uint32_t interface_id;
    bool timed;     /* false for simple packet blocks, which carry no time */
    uint64_t stamp; /* in units of the interface's resolution */
    struct bytes data;
    uint32_t wire_len;
    struct count dropped; /* packets lost between the one before and this */
    struct bytes options;
};

/* `type` is one of the three packet blocks; `snaplen` that of interface 0, which is how a
 * simple packet block says how much it kept. */
enum parse pcapng_frame(struct bytes body, enum byte_order order, uint32_t type,
        uint32_t snaplen, struct pcapng_frame *out);

struct pcapng_statistics {
    uint32_t interface_id;
    struct count received, dropped_device, accepted, dropped_kernel, delivered;
    struct bytes options;
};

enum parse pcapng_statistics(
        struct bytes body, enum byte_order order, struct pcapng_statistics *out);

/* A decryption secrets block: `type` as registered, see enum secrets_type in source.h. */
enum parse pcapng_secrets(
        struct bytes body, enum byte_order order, uint32_t *type, struct bytes *secrets);

/* True when Wireshark counts a block of this type as a frame: its numbers must be ours. */
MUST_USE bool pcapng_is_numbered(uint32_t type);

/* Nanoseconds since 1970 of a time stamp; the nearest int64_t when it does not fit. */
int64_t pcapng_time_ns(uint64_t stamp, uint8_t resolution, int64_t offset_s);

#endif
