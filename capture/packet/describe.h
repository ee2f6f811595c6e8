/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DESCRIBE_H
#define CAPTURE_PACKET_DESCRIBE_H

/*
 * What a capture file says about itself: its sections, its interfaces with their counters of
 * packets lost, and the comments people left in it. Texts are UTF-8 as the file has them,
 * unchecked, up to the first NUL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/count.h"

/* Past these the rest is left out and `cut` is set. */
enum {
    DESCRIBE_INTERFACES_MOST = 4096,
    DESCRIBE_SECTIONS_MOST = 1024,
    DESCRIBE_COMMENTS_MOST = 1024,
    DESCRIBE_TEXT_MOST = 4096,     /* bytes of one text */
    DESCRIBE_BYTES_MOST = 1 << 24, /* of everything together */
};

struct described_interface {
    uint32_t section;   /* index of its section, from 0 */
    uint32_t id;        /* index within its section */
    int link;           /* LINKTYPE_ */
    uint32_t snaplen;   /* 0: no limit, or not stated */
    uint8_t resolution; /* as if_tsresol: 6 is 10^-6 s, 0x80 | n is 2^-n s */
    int64_t offset_s;   /* added to every time stamp */
    const char *name, *description, *filter, *os, *hardware; /* NULL: not stated */
    /* The last statistics block stands: its counters run from the start of the capture. */
    struct count received;       /* isb_ifrecv */
    struct count dropped_device; /* isb_ifdrop: no room in the interface */
    struct count accepted;       /* isb_filteraccept */
    struct count dropped_kernel; /* isb_osdrop: no room in the operating system */
    struct count delivered;      /* isb_usrdeliv */
    /* The sum of what single packets say was lost just before them. */
    struct count dropped_between;
    uint64_t packets; /* read from the file so far */
};

struct described_section {
    uint64_t off; /* in the file */
    bool big_endian;
    const char *hardware, *os, *application; /* NULL: not stated */
};

struct described_comment {
    uint64_t off;    /* of its block */
    uint64_t packet; /* number of the packet it was left at; 0: section or interface */
    const char *text;
};

struct description {
    struct arena *arena; /* owned; all of the below lives there */
    struct described_section *sections;
    size_t section_count, section_capacity;
    struct described_interface *interfaces;
    size_t interface_count, interface_capacity;
    struct described_comment *comments;
    size_t comment_count, comment_capacity;
    bool cut; /* a cap above was reached: more was said than is listed */
};

/* False when out of memory. */
MUST_USE bool describe_init(struct description *d);
void describe_clear(struct description *d);

/* Each adds an empty entry and returns it, good until the next one of its kind is added. NULL
 * when a cap is reached; `cut` is set then. */
struct described_section *describe_section(struct description *d);
struct described_interface *describe_interface(struct description *d);
void describe_comment(struct description *d, uint64_t off, uint64_t packet, struct bytes text);
/* The LINKTYPE_ number that `link` of a file stands for: raw IP was also written as 12 and 14. */
int describe_link(uint32_t link);
/* A copy that lasts as long as `d`; NULL when a cap is reached. */
const char *describe_text(struct description *d, struct bytes text);

#endif
