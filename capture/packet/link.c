/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/link.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_PPPOE = 0x8864,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_LENGTH_MOST = 1500, /* IEEE 802.3: up to here the field is a length */
    TYPE_LLC = 0x0004,       /* ETH_P_802_2 in a cooked header */
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
};

/* Where the walk through the headers stands. */
struct walk {
    struct bytes rest;
    bool none; /* no IP in it */
};

static enum parse no_ip(struct walk *w)
{
    w->none = true;
    return PARSE_DONE;
}

/* The nibble tells: MPLS and raw IP have no type field. */
static enum parse by_version(struct walk *w)
{
    if (w->rest.n == 0)
        return PARSE_BAD;
    switch (w->rest.p[0] >> 4) {
    case IPV4:
    case IPV6:
        return PARSE_DONE;
    default:
        return no_ip(w);
    }
}

/* PPP in HDLC-like framing (RFC 1662): address and control may be compressed away, and so may
 * the first byte of the protocol, whose last bit tells (RFC 1661 section 2). */
static enum parse ppp(struct walk *w)
{
    uint8_t byte;
    uint16_t protocol;

    if (w->rest.n >= 2 && w->rest.p[0] == 0xff && w->rest.p[1] == 0x03 &&
            !bytes_skip(&w->rest, 2))
        return PARSE_BAD;
    if (!bytes_take_u8(&w->rest, &byte))
        return PARSE_BAD;
    protocol = byte;
    if ((byte & 1) == 0) {
        if (!bytes_take_u8(&w->rest, &byte))
            return PARSE_BAD;
        protocol = (uint16_t)(protocol << 8 | byte);
    }
    return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? PARSE_DONE : no_ip(w);
}

/* RFC 2516 section 4: version and type 1, code 0 is session data. */
static enum parse pppoe(struct walk *w)
{
    uint8_t version, code;

    if (!bytes_take_u8(&w->rest, &version) || !bytes_take_u8(&w->rest, &code) ||
            !bytes_skip(&w->rest, 4))
        return PARSE_BAD;
    return version == 0x11 && code == 0 ? ppp(w) : no_ip(w);
}

static enum parse mpls(struct walk *w)
{
    uint32_t label;

    for (unsigned i = 0; i < LINK_LAYERS_MOST; i++) {
        if (!bytes_take_u32(&w->rest, &label))
            return PARSE_BAD;
        if ((label & 0x100) != 0) /* bottom of the stack, RFC 3032 section 2.1 */
            return by_version(w);
    }
    return PARSE_BAD;
}

/* Takes the tags and labels behind an EtherType until IP is next. */
static enum parse by_type(struct walk *w, uint16_t type)
{
    for (unsigned i = 0; i < LINK_LAYERS_MOST; i++) {
        switch (type) {
        case TYPE_IPV4:
        case TYPE_IPV6:
            return PARSE_DONE;
        case TYPE_VLAN:
        case TYPE_QINQ:
        case TYPE_QINQ_OLD:
            if (!bytes_skip(&w->rest, 2) || !bytes_take_u16(&w->rest, &type))
                return PARSE_BAD;
            break;
        case TYPE_PPPOE:
            return pppoe(w);
        case TYPE_MPLS:
        case TYPE_MPLS_MULTICAST:
            return mpls(w);
        default:
            /* 802.2 LLC; with the SNAP header of RFC 1042 an EtherType follows. */
            if (type > TYPE_LENGTH_MOST || w->rest.n < 8 || w->rest.p[0] != 0xaa ||
                    w->rest.p[1] != 0xaa || w->rest.p[2] != 0x03)
                return no_ip(w);
            if (!bytes_skip(&w->rest, 6) || !bytes_take_u16(&w->rest, &type))
                return PARSE_BAD;
        }
    }
    return PARSE_BAD;
}

static enum parse ethernet(struct walk *w)
{
    uint16_t type;

    if (w->rest.n < 14)
        return PARSE_BAD;
    type = (uint16_t)(w->rest.p[12] << 8 | w->rest.p[13]);
    w->rest = bytes_slice(w->rest, 14, w->rest.n);
    return by_type(w, type);
}

/* The address family stands in the byte order of the capturing host, so both are accepted;
 * AF_INET6 differs between systems. */
static enum parse loopback(struct walk *w)
{
    uint32_t family;

    if (!bytes_take_u32(&w->rest, &family))
        return PARSE_BAD;
    if ((family & 0xffff) == 0)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:  /* AF_INET everywhere */
    case 10: /* AF_INET6: Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return by_version(w);
    default:
        return no_ip(w);
    }
}

static enum parse cooked(struct walk *w)
{
    uint16_t type;

    if (!bytes_skip(&w->rest, 14) || !bytes_take_u16(&w->rest, &type))
        return PARSE_BAD;
    return by_type(w, type);
}

static enum parse cooked2(struct walk *w)
{
    uint16_t type;

    if (!bytes_take_u16(&w->rest, &type) || !bytes_skip(&w->rest, 18))
        return PARSE_BAD;
    return by_type(w, type);
}

static enum parse cisco(struct walk *w)
{
    uint16_t type;

    if (!bytes_skip(&w->rest, 2) || !bytes_take_u16(&w->rest, &type))
        return PARSE_BAD;
    return by_type(w, type);
}

/* IEEE 802.11-2020 section 9.3.2: only data frames that are not encrypted carry IP for us. */
static enum parse wireless(struct walk *w)
{
    uint8_t control, flags;
    size_t more = 22; /* duration, three addresses, sequence control */

    if (!bytes_take_u8(&w->rest, &control) || !bytes_take_u8(&w->rest, &flags))
        return PARSE_BAD;
    if ((control & 0x0c) != 0x08 || (control & 0x40) != 0 || (flags & 0x40) != 0)
        return no_ip(w); /* not data, data without a body, or protected */
    if ((flags & 0x03) == 0x03)
        more += 6; /* between access points: a fourth address */
    if ((control & 0x80) != 0)
        more += (flags & 0x80) != 0 ? 6 : 2; /* QoS control, HT control */
    if (!bytes_skip(&w->rest, more))
        return PARSE_BAD;
    return by_type(w, 0);
}

static uint32_t le(struct bytes b, size_t at, size_t n)
{
    uint32_t value = 0;

    while (n-- != 0)
        value = value << 8 | b.p[at + n];
    return value;
}

/* A header that tells its own length at `at`, `n` bytes of it, little-endian. */
static enum parse behind_length(struct walk *w, size_t at, size_t n)
{
    if (w->rest.n < at + n || !bytes_skip(&w->rest, le(w->rest, at, n)))
        return PARSE_BAD;
    return wireless(w);
}

/* Prism and AVS headers share a link type; the first word tells AVS by its version. */
static enum parse prism(struct walk *w)
{
    uint32_t word;
    struct bytes at = w->rest;

    if (!bytes_take_u32(&at, &word))
        return PARSE_BAD;
    if ((word & 0xfffff000) == 0x80211000) {
        if (!bytes_take_u32(&at, &word) || !bytes_skip(&w->rest, word))
            return PARSE_BAD;
        return wireless(w);
    }
    return behind_length(w, 4, 4);
}

/* Attributes of a length in host order each, padded to four; the ninth kind is the packet. */
static enum parse nflog(struct walk *w)
{
    if (!bytes_skip(&w->rest, 4))
        return PARSE_BAD;
    for (unsigned i = 0; i < 64 && w->rest.n >= 4; i++) {
        uint32_t length = le(w->rest, 0, 2), type = le(w->rest, 2, 2);
        struct bytes whole;

        if (length < 4)
            return PARSE_BAD;
        if (type == 9) {
            if (!bytes_skip(&w->rest, 4))
                return PARSE_BAD;
            return by_version(w);
        }
        if (!bytes_take(&w->rest, (length + 3) & ~3U, &whole))
            return PARSE_BAD;
    }
    return no_ip(w);
}

static enum parse by_link(struct walk *w, int link);

/* PPI and PKTAP name another link type at their front. */
static enum parse wrapped(struct walk *w, size_t length_at, size_t length_n, size_t link_at)
{
    uint32_t length, link;

    if (w->rest.n < link_at + 4)
        return PARSE_BAD;
    length = le(w->rest, length_at, length_n);
    link = le(w->rest, link_at, 4);
    if (!bytes_skip(&w->rest, length))
        return PARSE_BAD;
    if (link == LINK_PPI || link == LINK_PKTAP || link > INT32_MAX)
        return PARSE_UNSUPPORTED; /* one in the other is nothing anybody makes */
    return by_link(w, (int)link);
}

static enum parse by_link(struct walk *w, int link)
{
    switch (link) {
    case LINK_ETHERNET:
        return ethernet(w);
    case LINK_LINUX_SLL:
        return cooked(w);
    case LINK_LINUX_SLL2:
        return cooked2(w);
    case LINK_NULL:
    case LINK_LOOP:
        return loopback(w);
    case LINK_RAW:
    case LINK_RAW_12:
    case LINK_RAW_14:
    case LINK_IPV4:
    case LINK_IPV6:
        return by_version(w);
    case LINK_PPP:
    case LINK_PPP_HDLC:
        /* Cisco's framing is found under PPP's numbers too. */
        if (w->rest.n != 0 && (w->rest.p[0] == 0x0f || w->rest.p[0] == 0x8f))
            return cisco(w);
        return ppp(w);
    case LINK_C_HDLC:
        return cisco(w);
    case LINK_IEEE802_11:
        return wireless(w);
    case LINK_RADIOTAP:
        return behind_length(w, 2, 2);
    case LINK_PRISM:
    case LINK_IEEE802_11_AVS:
        return prism(w);
    case LINK_NFLOG:
        return nflog(w);
    case LINK_PPI:
        return wrapped(w, 2, 2, 4);
    case LINK_PKTAP:
        return wrapped(w, 0, 4, 8);
    default:
        return PARSE_UNSUPPORTED;
    }
}

enum parse link_payload(const struct packet *packet, struct bytes *ip, uint32_t *wire_len)
{
    struct walk w = {.rest = packet->data};
    enum parse verdict = by_link(&w, packet->link);
    size_t before;

    if (verdict != PARSE_DONE)
        return verdict;
    if (w.none)
        w.rest = (struct bytes){0};
    before = packet->data.n - w.rest.n;
    *ip = w.rest;
    /* A file may claim less on the wire than it kept. */
    *wire_len = (uint32_t)w.rest.n;
    if (!w.none && packet->wire_len > packet->data.n)
        *wire_len = packet->wire_len - (uint32_t)before;
    return PARSE_DONE;
}

enum parse link_ethernet(struct bytes frame, struct bytes *ip)
{
    struct walk w = {.rest = frame};
    enum parse verdict = ethernet(&w);

    if (verdict == PARSE_DONE)
        *ip = w.none ? (struct bytes){0} : w.rest;
    return verdict;
}
