/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_PACKET_PCAPNG_MADE_H
#define TESTS_CAPTURE_PACKET_PCAPNG_MADE_H

/* Makes small pcapng files for tests. Include cmocka.h before. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "capture/packet/pcapng_block.h"

enum { MADE_MOST = 8192 };

/* A pcapng file being made, in either byte order. */
struct made {
    uint8_t b[MADE_MOST];
    size_t n;
    size_t block; /* where the open block begins */
    bool big;
};

static inline void put8(struct made *m, unsigned v)
{
    assert_true(m->n < MADE_MOST);
    m->b[m->n++] = (uint8_t)v;
}

static inline void put16(struct made *m, unsigned v)
{
    put8(m, m->big ? v >> 8 : v & 0xff);
    put8(m, m->big ? v & 0xff : v >> 8);
}

static inline void put32(struct made *m, uint32_t v)
{
    put16(m, m->big ? v >> 16 : v & 0xffff);
    put16(m, m->big ? v & 0xffff : v >> 16);
}

static inline void put64(struct made *m, uint64_t v)
{
    put32(m, (uint32_t)(m->big ? v >> 32 : v));
    put32(m, (uint32_t)(m->big ? v : v >> 32));
}

static inline void put_text(struct made *m, const char *text)
{
    for (; *text != '\0'; text++)
        put8(m, (uint8_t)*text);
    while (m->n % 4 != 0)
        put8(m, 0);
}

static inline void begin(struct made *m, uint32_t type)
{
    m->block = m->n;
    put32(m, type);
    put32(m, 0);
}

static inline void end(struct made *m)
{
    size_t after;
    uint32_t length;

    while (m->n % 4 != 0)
        put8(m, 0);
    length = (uint32_t)(m->n + 4 - m->block);
    put32(m, length);
    after = m->n;
    m->n = m->block + 4;
    put32(m, length);
    m->n = after;
}

static inline void option(struct made *m, unsigned code, const char *text)
{
    put16(m, code);
    put16(m, (unsigned)strlen(text));
    put_text(m, text);
}

static inline void section(struct made *m)
{
    begin(m, PCAPNG_SECTION);
    put32(m, 0x1a2b3c4d);
    put16(m, 1);
    put16(m, 0);
    put64(m, UINT64_MAX);
    end(m);
}

static inline void interface(struct made *m, unsigned link, uint32_t snaplen, int resolution)
{
    begin(m, PCAPNG_INTERFACE);
    put16(m, link);
    put16(m, 0);
    put32(m, snaplen);
    if (resolution >= 0) {
        put16(m, 9);
        put16(m, 1);
        put8(m, (unsigned)resolution);
        put8(m, 0);
        put16(m, 0);
        put32(m, 0); /* end of options */
    }
    end(m);
}

/* A section with one interface: Ethernet, whole packets, microseconds. */
static inline void ethernet(struct made *m)
{
    section(m);
    interface(m, 1, 0, -1);
}

static inline void packet(struct made *m, uint32_t id, uint64_t stamp, const char *text)
{
    begin(m, PCAPNG_PACKET);
    put32(m, id);
    put32(m, (uint32_t)(stamp >> 32));
    put32(m, (uint32_t)stamp);
    put32(m, (uint32_t)strlen(text));
    put32(m, (uint32_t)strlen(text) + 1);
    put_text(m, text);
    end(m);
}

static inline void secrets(struct made *m, uint32_t type, const char *text)
{
    begin(m, PCAPNG_SECRETS);
    put32(m, type);
    put32(m, (uint32_t)strlen(text));
    put_text(m, text);
    end(m);
}

#endif
