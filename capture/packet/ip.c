/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/ip.h"

#include <string.h>

enum {
    V4_HEADER = 20,
    V4_MORE = 0x2000,
    V4_OFFSET = 0x1fff,
    V6_HEADER = 40,
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AH = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
    NEXT_HIP = 139,
    NEXT_SHIM6 = 140,
    FRAGMENT_HEADER = 8,
};

uint64_t ip_sum(struct bytes data)
{
    uint64_t low = 0, high = 0, word;
    uint32_t half;
    uint8_t tail[4] = {0};
    const uint8_t *p = data.p;
    size_t n = data.n;

    /* RFC 1071 section 2: words of any size may be added, in any byte order. 32-bit halves in
     * 64-bit sums need no carry: no input is long enough to overflow them. */
    for (; n >= 32; n -= 32, p += 32) {
        for (size_t i = 0; i < 32; i += 8) {
            memcpy(&word, p + i, 8);
            low += (uint32_t)word;
            high += word >> 32;
        }
    }
    for (; n >= 4; n -= 4, p += 4) {
        memcpy(&half, p, 4);
        low += half;
    }
    if (n != 0) {
        memcpy(tail, p, n);
        memcpy(&half, tail, 4);
        high += half;
    }
    return ip_fold(low) + (uint64_t)ip_fold(high);
}

uint16_t ip_fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Cuts the view to the packet's own length; padding goes, and what the capture lacks shows. */
static void cut_to(struct ip_packet *p, uint64_t length, size_t header)
{
    if (p->whole.n > length)
        p->whole.n = (size_t)length;
    p->payload = bytes_slice(p->whole, header, p->whole.n);
    p->wire_len = length > header ? (uint32_t)(length - header) : 0;
}

static enum parse parse_v4(struct bytes data, uint32_t wire_len, struct ip_packet *out)
{
    struct ip_packet p = {.whole = data};
    size_t header = (size_t)(data.p[0] & 15) * 4;
    uint16_t length, flags;

    if (header < V4_HEADER || data.n < header)
        return PARSE_BAD;
    length = (uint16_t)(data.p[2] << 8 | data.p[3]);
    flags = (uint16_t)(data.p[6] << 8 | data.p[7]);
    if (length != 0 && length < header)
        return PARSE_BAD;
    cut_to(&p, length == 0 ? wire_len : length, header);
    p.src.version = p.dst.version = IPV4;
    memcpy(p.src.address, data.p + 12, 4);
    memcpy(p.dst.address, data.p + 16, 4);
    p.protocol = data.p[9];
    p.fragment = (flags & (V4_MORE | V4_OFFSET)) != 0;
    p.more = (flags & V4_MORE) != 0;
    p.fragment_off = (uint32_t)(flags & V4_OFFSET) * 8;
    p.fragment_id = (uint32_t)data.p[4] << 8 | data.p[5];
    /* Zero: left to the network card. */
    p.bad_checksum = (data.p[10] | data.p[11]) != 0 &&
                     ip_fold(ip_sum(bytes_slice(data, 0, header))) != 0xffff;
    *out = p;
    return PARSE_DONE;
}

/* RFC 8200 section 4.5. A fragment header that divides nothing is skipped (RFC 6946). */
static bool read_fragment(struct ip_packet *p)
{
    struct bytes at = bytes_slice(p->payload, 2, p->payload.n);
    uint16_t field;
    uint32_t id;

    if (!bytes_take_u16(&at, &field) || !bytes_take_u32(&at, &id))
        return false;
    p->more = (field & 1) != 0;
    p->fragment_off = field & 0xfff8U;
    p->fragment_id = id;
    p->fragment = p->more || p->fragment_off != 0;
    return true;
}

/* True when `protocol` is an extension header we can step over, and how long it is. */
static bool extension_length(uint8_t protocol, const uint8_t *p, size_t *length)
{
    switch (protocol) {
    case NEXT_HOP_BY_HOP:
    case NEXT_ROUTING:
    case NEXT_DESTINATION:
    case NEXT_MOBILITY:
    case NEXT_HIP:
    case NEXT_SHIM6:
        *length = ((size_t)p[1] + 1) * 8;
        return true;
    case NEXT_AH: /* RFC 4302 section 2.2: in 4-byte words, minus 2 */
        *length = ((size_t)p[1] + 2) * 4;
        return true;
    case NEXT_FRAGMENT:
        *length = FRAGMENT_HEADER;
        return true;
    default:
        return false;
    }
}

enum parse ip_extensions(struct ip_packet *packet)
{
    static const uint8_t absent[2] = {0};
    struct ip_packet p = *packet;
    size_t length;

    for (unsigned i = 0; i < IP_EXTENSIONS_MOST; i++) {
        const uint8_t *head = p.payload.n >= 2 ? p.payload.p : absent;
        uint8_t next = head[0];

        /* What follows the fragment header of one piece is not a header yet, or not one any
         * more. */
        if (p.fragment || !extension_length(p.protocol, head, &length)) {
            *packet = p;
            return PARSE_DONE;
        }
        if (length > p.wire_len)
            return PARSE_BAD;
        if (p.protocol == NEXT_ROUTING && p.payload.n >= 4 && p.payload.p[3] != 0)
            p.routed = true;
        if (p.payload.n < length || (p.protocol == NEXT_FRAGMENT && !read_fragment(&p))) {
            p.cut_off = true;
            p.payload.n = 0;
            *packet = p;
            return PARSE_DONE;
        }
        p.payload = bytes_slice(p.payload, length, p.payload.n);
        p.wire_len -= (uint32_t)length;
        p.protocol = next;
    }
    return PARSE_BAD;
}

static enum parse parse_v6(struct bytes data, uint32_t wire_len, struct ip_packet *out)
{
    struct ip_packet p = {.whole = data};
    struct bytes at = bytes_slice(data, 4, data.n);
    uint16_t length;

    if (data.n < V6_HEADER || !bytes_take_u16(&at, &length))
        return PARSE_BAD;
    cut_to(&p, length == 0 ? wire_len : (uint64_t)length + V6_HEADER, V6_HEADER);
    p.src.version = p.dst.version = IPV6;
    memcpy(p.src.address, data.p + 8, 16);
    memcpy(p.dst.address, data.p + 24, 16);
    p.protocol = data.p[6];
    if (ip_extensions(&p) != PARSE_DONE)
        return PARSE_BAD;
    *out = p;
    return PARSE_DONE;
}

enum parse ip_parse(struct bytes data, uint32_t wire_len, struct ip_packet *out)
{
    if (data.n == 0)
        return PARSE_BAD;
    switch (data.p[0] >> 4) {
    case IPV4:
        return parse_v4(data, wire_len, out);
    case IPV6:
        return parse_v6(data, wire_len, out);
    default:
        return PARSE_BAD;
    }
}
