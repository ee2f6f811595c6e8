/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/transport.h"

#include <string.h>

enum {
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    FLAGS = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK,
};

/* Every packet comes by here, so the fixed fields are read after one check of the length. */
static inline uint16_t u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)u16_at(p) << 16 | u16_at(p + 2);
}

/* The sum over pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) and `all`. */
static bool sum_is_right(const struct ip_packet *ip, struct bytes all)
{
    uint8_t pseudo[40] = {0};
    size_t address = ip->src.version == IPV4 ? 4 : 16;

    memcpy(pseudo, ip->src.address, address);
    memcpy(pseudo + address, ip->dst.address, address);
    pseudo[32] = (uint8_t)(all.n >> 24);
    pseudo[33] = (uint8_t)(all.n >> 16);
    pseudo[34] = (uint8_t)(all.n >> 8);
    pseudo[35] = (uint8_t)all.n;
    pseudo[39] = ip->protocol;
    return ip_fold(ip_sum(all) + ip_sum(bytes_of(pseudo, sizeof(pseudo)))) == 0xffff;
}

/* Where the last address of a routing header goes is not worth finding for a counter. */
static bool sum_is_known(const struct ip_packet *ip)
{
    return !ip->routed && ip->wire_len == ip->payload.n;
}

static enum parse parse_tcp(const struct ip_packet *ip, bool sums, struct segment *s)
{
    const uint8_t *p = ip->payload.p;
    uint16_t flags;
    size_t header;

    if (ip->payload.n < TCP_HEADER)
        return PARSE_BAD;
    s->src.port = u16_at(p);
    s->dst.port = u16_at(p + 2);
    s->seq = u32_at(p + 4);
    s->ack = u32_at(p + 8);
    flags = u16_at(p + 12);
    s->window = u16_at(p + 14);
    header = (size_t)(flags >> 12) * 4;
    if (header < TCP_HEADER || header > ip->wire_len)
        return PARSE_BAD;
    s->transport = TRANSPORT_TCP;
    s->flags = flags & FLAGS;
    s->payload = bytes_slice(ip->payload, header, ip->payload.n);
    s->wire_len = ip->wire_len - (uint32_t)header;
    s->bad_checksum = sums && sum_is_known(ip) && !sum_is_right(ip, ip->payload);
    return PARSE_DONE;
}

static enum parse parse_udp(const struct ip_packet *ip, bool sums, struct segment *s)
{
    struct bytes at = ip->payload;
    uint16_t length, sum;
    struct bytes all;

    if (!bytes_take_u16(&at, &s->src.port) || !bytes_take_u16(&at, &s->dst.port) ||
            !bytes_take_u16(&at, &length) || !bytes_take_u16(&at, &sum))
        return PARSE_BAD;
    /* 0: longer than 65,535 (RFC 2675 section 4), or left to the network card. */
    if (length != 0 && length < UDP_HEADER)
        return PARSE_BAD;
    s->transport = TRANSPORT_UDP;
    s->wire_len = length == 0 ? ip->wire_len - UDP_HEADER : length - (uint32_t)UDP_HEADER;
    s->payload = bytes_slice(at, 0, s->wire_len);
    all = bytes_slice(ip->payload, 0, (size_t)s->wire_len + UDP_HEADER);
    s->bad_checksum = sums && sum != 0 && sum_is_known(ip) &&
                      all.n == (size_t)s->wire_len + UDP_HEADER && !sum_is_right(ip, all);
    return PARSE_DONE;
}

enum parse transport_parse(const struct ip_packet *ip, bool sums, struct segment *out)
{
    struct segment s = {.src = ip->src, .dst = ip->dst, .ip = ip->whole};
    enum parse verdict;

    switch (ip->protocol) {
    case IP_PROTOCOL_TCP:
        verdict = parse_tcp(ip, sums, &s);
        break;
    case IP_PROTOCOL_UDP:
        verdict = parse_udp(ip, sums, &s);
        break;
    default:
        return PARSE_UNSUPPORTED;
    }
    if (verdict == PARSE_DONE)
        *out = s;
    return verdict;
}
