/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_SEGMENT_NAME_H
#define CAPTURE_LIVE_SEGMENT_NAME_H

/* The names of segments in their directory: packets-000001.pcapng and on. */

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define SEGMENT_CHAIN "chain.jsonl"

enum {
    SEGMENT_NAME = 24,
    SEGMENT_NUMBER_MOST = 999999,
};

void segment_name(uint32_t number, char out[SEGMENT_NAME]); /* up to SEGMENT_NUMBER_MOST */
uint32_t segment_name_number(const char *name);             /* 0: none of these names */

struct segment_names {
    uint32_t next;  /* the smallest number above `after`; 0: none */
    uint32_t last;  /* the largest of all; 0: none */
    uint64_t bytes; /* of all of them */
};

/* Reads the directory; false with errno. `directory` may be anything that openat takes. */
MUST_USE bool segment_names_read(int directory, uint32_t after, struct segment_names *out);

#endif
