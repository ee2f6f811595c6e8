/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    ANSWER = 32768,   /* the kernel fills at most this much at once (netlink(7)) */
    ANSWERS = 100000, /* messages of one dump: a full routing table of a home, and more */
    SECONDS = 3,
    ROUTES = 512,
    HALVES = 3, /* a VPN's 0.0.0.0/1 and 128.0.0.0/1 mean "everything", not "taken" */
};

/* One message of a dump: its header, then the family's own, then attributes. */
struct walk {
    struct isolation_look *look;
    const char *device;
    unsigned index;                       /* of the device, once known */
    uint32_t taken[ROUTES], mask[ROUTES]; /* routes of the machine, host order */
    size_t taken_count;
    bool too_many;
};

typedef void (*message_taker)(struct walk *w, uint16_t type, struct bytes body);

static bool take(struct bytes *b, void *out, size_t n)
{
    struct bytes part;

    if (!bytes_take(b, n, &part))
        return false;
    memcpy(out, part.p, n);
    return true;
}

/* The next attribute; lengths are rounded up to four (RTA_ALIGN). */
static bool next_attribute(struct bytes *b, uint16_t *type, struct bytes *value)
{
    struct rtattr head;
    size_t padding;

    if (!take(b, &head, sizeof(head)) || head.rta_len < sizeof(head) ||
            !bytes_take(b, head.rta_len - sizeof(head), value))
        return false;
    padding = (4 - (head.rta_len & 3U)) & 3U;
    if (!bytes_skip(b, padding))
        b->n = 0;
    *type = (uint16_t)(head.rta_type & 0x3fffU); /* NLA_TYPE_MASK */
    return true;
}

/* Messages of one datagram. False: the dump is over (or the kernel refused it: *bad). */
static bool take_messages(struct bytes all, struct walk *w, message_taker taker, bool *bad)
{
    struct nlmsghdr head;
    struct bytes body;

    while (take(&all, &head, sizeof(head))) {
        if (head.nlmsg_len < sizeof(head) ||
                !bytes_take(&all, head.nlmsg_len - sizeof(head), &body)) {
            *bad = true;
            return false;
        }
        if (!bytes_skip(&all, (4 - (head.nlmsg_len & 3U)) & 3U))
            all.n = 0;
        if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
            *bad = head.nlmsg_type == NLMSG_ERROR;
            return false;
        }
        taker(w, head.nlmsg_type, body);
    }
    return true;
}

static bool dump(int fd, uint16_t type, struct walk *w, message_taker taker)
{
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } ask = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
                     .nlmsg_type = type,
                     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    struct timeval limit = {.tv_sec = SECONDS};
    static _Thread_local uint8_t answer[ANSWER];
    bool bad = false;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (send(fd, &ask, ask.head.nlmsg_len, 0) == -1)
        return false;
    for (unsigned k = 0; k < ANSWERS; k++) {
        ssize_t n = recv(fd, answer, sizeof(answer), 0);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        if (!take_messages(bytes_of(answer, (size_t)n), w, taker, &bad))
            return !bad;
    }
    return false;
}

static void take_link(struct walk *w, uint16_t type, struct bytes body)
{
    struct ifinfomsg info;
    struct bytes value;
    uint16_t kind;
    unsigned mtu = 0;
    bool ours = false;

    if (type != RTM_NEWLINK || w->device == NULL || !take(&body, &info, sizeof(info)))
        return;
    while (next_attribute(&body, &kind, &value)) {
        if (kind == IFLA_IFNAME)
            ours = value.n > 0 && value.p[value.n - 1] == '\0' &&
                   strcmp((const char *)value.p, w->device) == 0;
        if (kind == IFLA_MTU && value.n == sizeof(mtu))
            memcpy(&mtu, value.p, sizeof(mtu));
    }
    if (!ours)
        return;
    w->index = (unsigned)info.ifi_index;
    w->look->up = (info.ifi_flags & IFF_UP) != 0;
    w->look->mtu = mtu;
}

static void take_address(struct walk *w, uint16_t type, struct bytes body)
{
    struct ifaddrmsg info;
    struct bytes value, local = {0}, plain = {0};
    struct isolation_look *look = w->look;
    char text[INET6_ADDRSTRLEN];
    uint32_t flags;
    uint16_t kind;

    if (type != RTM_NEWADDR || !take(&body, &info, sizeof(info)) || info.ifa_index != w->index)
        return;
    flags = info.ifa_flags;
    while (next_attribute(&body, &kind, &value)) {
        if (kind == IFA_LOCAL)
            local = value;
        if (kind == IFA_ADDRESS)
            plain = value;
        if (kind == IFA_FLAGS && value.n == sizeof(flags))
            memcpy(&flags, value.p, sizeof(flags));
    }
    /* IFA_ADDRESS is the other end on a link of two; IPv6 has no IFA_LOCAL then. */
    local = local.n != 0 ? local : plain;
    if (local.n != (info.ifa_family == AF_INET ? 4U : 16U) ||
            inet_ntop(info.ifa_family, local.p, text, sizeof(text)) == NULL)
        return;
    if (info.ifa_family == AF_INET6 && info.ifa_scope == RT_SCOPE_UNIVERSE &&
            (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0)
        look->global6 = true;
    if (look->address_count < ISOLATION_ADDRESSES)
        (void)snprintf(look->addresses[look->address_count++], ISOLATION_TEXT, "%s/%u", text,
                (unsigned)info.ifa_prefixlen);
}

static void keep_taken(struct walk *w, struct bytes to, unsigned length)
{
    uint32_t address;

    if (to.n != sizeof(address) || length < HALVES || length > 32)
        return;
    if (w->taken_count == sizeof(w->taken) / sizeof(w->taken[0])) {
        w->too_many = true;
        return;
    }
    memcpy(&address, to.p, sizeof(address));
    w->mask[w->taken_count] = ~UINT32_C(0) << (32 - length);
    w->taken[w->taken_count++] = ntohl(address);
}

static void take_route(struct walk *w, uint16_t type, struct bytes body)
{
    struct rtmsg info;
    struct bytes value, to = {0};
    unsigned out = 0;
    uint16_t kind;

    if (type != RTM_NEWROUTE || !take(&body, &info, sizeof(info)))
        return;
    while (next_attribute(&body, &kind, &value)) {
        if (kind == RTA_DST)
            to = value;
        if (kind == RTA_OIF && value.n == sizeof(out))
            memcpy(&out, value.p, sizeof(out));
    }
    if (info.rtm_family == AF_INET)
        keep_taken(w, to, info.rtm_dst_len);
    /* "Unreachable" and such are routes to everywhere too (rtm_type). */
    if (info.rtm_dst_len != 0 || info.rtm_type != RTN_UNICAST ||
            info.rtm_table == RT_TABLE_LOCAL)
        return;
    if (info.rtm_family == AF_INET6)
        w->look->default6 = true;
    if (info.rtm_family == AF_INET && !w->look->default4) {
        w->look->default4 = true;
        if (if_indextoname(out, w->look->uplink) == NULL)
            w->look->uplink[0] = '\0';
    }
}

bool isolation_look(int socket, const char *device, struct isolation_look *out)
{
    struct isolation_look look = {0};
    struct walk w = {.look = &look, .device = device};

    if (device != NULL && (!dump(socket, RTM_GETLINK, &w, take_link) ||
                                  !dump(socket, RTM_GETADDR, &w, take_address)))
        return false;
    if (!dump(socket, RTM_GETROUTE, &w, take_route))
        return false;
    *out = look;
    return true;
}

bool isolation_range(int socket, char out[ISOLATION_TEXT])
{
    /* The first is what slirp4netns takes by itself; the others are seldom used (RFC 1918;
     * the last one RFC 2544). */
    static const uint8_t ranges[][3] = {{10, 0, 2}, {10, 213, 77}, {172, 29, 213},
            {192, 168, 213}, {10, 86, 213}, {172, 22, 86}, {192, 168, 86}, {198, 18, 213}};
    struct isolation_look look = {0};
    struct walk w = {.look = &look};

    if (!dump(socket, RTM_GETROUTE, &w, take_route) || w.too_many)
        return false;
    for (size_t k = 0; k < sizeof(ranges) / sizeof(ranges[0]); k++) {
        const uint8_t *r = ranges[k];
        uint32_t base = (uint32_t)r[0] << 24 | (uint32_t)r[1] << 16 | (uint32_t)r[2] << 8;
        bool free = true;

        for (size_t t = 0; t < w.taken_count; t++) {
            uint32_t mask = w.mask[t] & UINT32_C(0xffffff00);

            free = free && (base & mask) != (w.taken[t] & mask);
        }
        if (free) {
            (void)snprintf(out, ISOLATION_TEXT, "%u.%u.%u", r[0], r[1], r[2]);
            return true;
        }
    }
    return false;
}

int isolation_route_socket(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}
