/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/unwrap.h"

#include <stdlib.h>

#include "capture/packet/fragment.h"
#include "capture/packet/ip.h"
#include "capture/packet/link.h"
#include "capture/packet/transport.h"

enum {
    PORT_GTP = 2152,
    PORT_GRE = 4754, /* RFC 8086 */
    PORT_VXLAN = 4789,
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_VERSION = 0x0007,
    GRE_ETHERNET = 0x6558, /* transparent Ethernet bridging */
    GTP_PAYLOAD = 255,     /* message type G-PDU */
};

/* The ways in which a frame can be unreadable. */
enum trouble {
    TROUBLE_LINK,
    TROUBLE_BAD,
    TROUBLE_CUT,
    TROUBLE_DEEP,
    TROUBLES,
};

static const struct {
    enum gap_cause why;
    const char *detail;
} troubles[TROUBLES] = {
        [TROUBLE_LINK] = {GAP_UNSUPPORTED, "frames of a link type that is not read"},
        [TROUBLE_BAD] = {GAP_BAD, "frames with malformed headers"},
        [TROUBLE_CUT] = {GAP_SNAPLEN, "frames cut inside their headers"},
        [TROUBLE_DEEP] = {GAP_UNSUPPORTED, "frames with too many tunnels in tunnels"},
};

struct unwrap {
    struct fragments *fragments;
    struct ledger *ledger;
    struct unwrap_counts counts;
    struct gap summary[TROUBLES]; /* first_packet is 0 while there was none */
    bool sums;
};

struct unwrap *unwrap_new(struct ledger *ledger, bool sums)
{
    struct unwrap *u = calloc(1, sizeof(*u));

    if (u == NULL)
        return NULL;
    u->fragments = fragment_new(ledger);
    if (u->fragments == NULL) {
        free(u);
        return NULL;
    }
    u->ledger = ledger;
    u->sums = sums;
    return u;
}

void unwrap_free(struct unwrap *u)
{
    if (u == NULL)
        return;
    fragment_free(u->fragments);
    free(u);
}

static void note(struct unwrap *u, const struct packet *frame, enum trouble what)
{
    struct gap *gap = &u->summary[what];

    if (what == TROUBLE_BAD && frame->wire_len > frame->data.n)
        gap = &u->summary[TROUBLE_CUT];
    if (gap->first_packet == 0)
        gap->first_packet = frame->number;
    gap->last_packet = frame->number;
    gap->len += frame->wire_len > frame->data.n ? frame->wire_len : frame->data.n;
    u->counts.unreadable++;
}

/* What is inside a tunnel, and how much of it there was on the wire. */
struct inner {
    struct bytes ip;
    uint32_t wire_len;
};

static void step_into(struct bytes rest, uint32_t missing, struct inner *out)
{
    *out = (struct inner){rest, (uint32_t)rest.n + missing};
}

/* RFC 2784, RFC 2890. Version 1 (PPTP) carries PPP and is compressed or encrypted: not read. */
static bool open_gre(struct bytes at, uint32_t missing, struct inner *out)
{
    uint16_t flags, type;

    if (!bytes_take_u16(&at, &flags) || !bytes_take_u16(&at, &type) ||
            (flags & (GRE_VERSION | GRE_ROUTING)) != 0 ||
            ((flags & GRE_CHECKSUM) != 0 && !bytes_skip(&at, 4)) ||
            ((flags & GRE_KEY) != 0 && !bytes_skip(&at, 4)) ||
            ((flags & GRE_SEQUENCE) != 0 && !bytes_skip(&at, 4)))
        return false;
    if (type == GRE_ETHERNET && link_ethernet(at, &at) != PARSE_DONE)
        return false;
    if (type != 0x0800 && type != 0x86dd && type != GRE_ETHERNET)
        return false;
    step_into(at, missing, out);
    return at.n != 0;
}

/* RFC 7348 section 5: the I flag alone, reserved fields zero. */
static bool open_vxlan(const struct segment *s, struct inner *out)
{
    struct bytes at = s->payload;
    uint32_t flags, network;

    if (!bytes_take_u32(&at, &flags) || flags != 0x08000000 || !bytes_take_u32(&at, &network) ||
            (network & 0xff) != 0 || link_ethernet(at, &at) != PARSE_DONE || at.n == 0)
        return false;
    step_into(at, s->wire_len - (uint32_t)s->payload.n, out);
    return true;
}

/* 3GPP TS 29.281 section 5.1: version 1, protocol type GTP; extension headers are not read. */
static bool open_gtp(const struct segment *s, struct inner *out)
{
    struct bytes at = s->payload;
    uint8_t flags, type, next = 0;

    if (!bytes_take_u8(&at, &flags) || (flags & 0xf0) != 0x30 || !bytes_take_u8(&at, &type) ||
            type != GTP_PAYLOAD || !bytes_skip(&at, 6))
        return false;
    if ((flags & 7) != 0 && (!bytes_skip(&at, 3) || !bytes_take_u8(&at, &next)))
        return false;
    if (next != 0 || at.n == 0 || (at.p[0] >> 4 != IPV4 && at.p[0] >> 4 != IPV6))
        return false;
    step_into(at, s->wire_len - (uint32_t)s->payload.n, out);
    return true;
}

static bool open_udp(const struct segment *s, struct inner *out)
{
    if (s->transport != TRANSPORT_UDP)
        return false;
    if (s->dst.port == PORT_VXLAN)
        return open_vxlan(s, out);
    if (s->dst.port == PORT_GRE)
        return open_gre(s->payload, s->wire_len - (uint32_t)s->payload.n, out);
    return s->dst.port == PORT_GTP && s->src.port != 0 && open_gtp(s, out);
}

enum outcome {
    OUTCOME_SEGMENT,
    OUTCOME_TUNNEL,
    OUTCOME_WAITS,
    OUTCOME_OTHER,
    OUTCOME_BAD,
};

static bool wanted(uint8_t protocol)
{
    return protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP ||
           protocol == IP_PROTOCOL_IPV4 || protocol == IP_PROTOCOL_IPV6 ||
           protocol == IP_PROTOCOL_GRE;
}

static enum outcome open_payload(
        const struct ip_packet *ip, bool sums, struct segment *s, struct inner *inner)
{
    if (ip->protocol == IP_PROTOCOL_IPV4 || ip->protocol == IP_PROTOCOL_IPV6) {
        *inner = (struct inner){ip->payload, ip->wire_len};
        return OUTCOME_TUNNEL;
    }
    if (ip->protocol == IP_PROTOCOL_GRE)
        return open_gre(ip->payload, ip->wire_len - (uint32_t)ip->payload.n, inner)
                       ? OUTCOME_TUNNEL
                       : OUTCOME_OTHER;
    switch (transport_parse(ip, sums, s)) {
    case PARSE_DONE:
        return open_udp(s, inner) ? OUTCOME_TUNNEL : OUTCOME_SEGMENT;
    case PARSE_UNSUPPORTED:
        return OUTCOME_OTHER;
    case PARSE_MORE:
    case PARSE_BAD:
        break;
    }
    return OUTCOME_BAD;
}

/* One IP packet: `s` or `inner` is set, as the outcome says. */
static enum status open_ip(struct unwrap *u, const struct packet *frame, struct inner *inner,
        struct segment *s, enum outcome *outcome)
{
    struct ip_packet ip, whole;
    enum status status;
    bool done;

    *outcome = OUTCOME_BAD;
    if (ip_parse(inner->ip, inner->wire_len, &ip) != PARSE_DONE || ip.cut_off)
        return STATUS_OK;
    if (ip.fragment) {
        *outcome =
                wanted(ip.protocol) || ip.src.version == IPV6 ? OUTCOME_WAITS : OUTCOME_OTHER;
        if (*outcome == OUTCOME_OTHER)
            return STATUS_OK;
        status = fragment_push(u->fragments, &ip, frame->number, frame->time_ns, &whole, &done);
        if (status != STATUS_OK || !done)
            return status;
        ip = whole;
        *outcome = OUTCOME_BAD;
        if (ip.src.version == IPV6 && (ip_extensions(&ip) != PARSE_DONE || ip.cut_off))
            return STATUS_OK;
    }
    *outcome = open_payload(&ip, u->sums, s, inner);
    return STATUS_OK;
}

enum status unwrap_frame(
        struct unwrap *u, const struct packet *frame, struct segment *out, bool *found)
{
    enum outcome outcome = OUTCOME_TUNNEL;
    struct inner inner;
    struct segment s;
    enum status status;
    enum parse verdict;

    *found = false;
    u->counts.frames++;
    verdict = link_payload(frame, &inner.ip, &inner.wire_len);
    if (verdict != PARSE_DONE) {
        note(u, frame, verdict == PARSE_UNSUPPORTED ? TROUBLE_LINK : TROUBLE_BAD);
        return STATUS_OK;
    }
    if (inner.ip.n == 0)
        outcome = OUTCOME_OTHER;
    for (unsigned i = 0; i <= UNWRAP_TUNNELS_MOST && outcome == OUTCOME_TUNNEL; i++) {
        status = open_ip(u, frame, &inner, &s, &outcome);
        if (status != STATUS_OK)
            return status;
    }
    switch (outcome) {
    case OUTCOME_SEGMENT:
        s.packet = frame->number;
        s.time_ns = frame->time_ns;
        *out = s;
        *found = true;
        u->counts.segments++;
        break;
    case OUTCOME_WAITS:
        u->counts.fragments++;
        break;
    case OUTCOME_OTHER:
        u->counts.other++;
        break;
    case OUTCOME_TUNNEL:
        note(u, frame, TROUBLE_DEEP);
        break;
    case OUTCOME_BAD:
        note(u, frame, TROUBLE_BAD);
        break;
    }
    return STATUS_OK;
}

void unwrap_close(struct unwrap *u)
{
    fragment_close(u->fragments);
    for (size_t i = 0; i < TROUBLES; i++) {
        struct gap *gap = &u->summary[i];

        if (gap->first_packet == 0)
            continue;
        gap->why = troubles[i].why;
        gap->layer = LAYER_PACKET;
        gap->detail = troubles[i].detail;
        (void)ledger_file(u->ledger, gap);
        *gap = (struct gap){0};
    }
}

struct unwrap_counts unwrap_counts(const struct unwrap *u)
{
    return u->counts;
}
