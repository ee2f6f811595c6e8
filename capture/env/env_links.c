/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "capture/env/env_parts.h"

enum {
    LINKS_MOST = 256,
    ADDRESSES_MOST = 256,
    ROUTES_MOST = 4 << 20,
    ROUTE_WORDS = 10,
    RTF_IS_UP = 1,
};

struct link {
    const char *name, *kind;
    bool up, tunnel;
};

struct links {
    struct link at[LINKS_MOST];
    size_t n;
};

/* Files of the device's driver say what it is: tun_flags, bridge, the DEVTYPE of its uevent. */
static const char *kind_of(struct look *l, const char *name, uint64_t type)
{
    const char *base = look_print(l, "/sys/class/net/%s", name);
    struct seen s = look_scan(l, look_print(l, "%s/uevent", base), PARTS_SMALL);
    struct bytes dev = parts_setting(s.text, "DEVTYPE", '=');

    if (type == ARPHRD_LOOPBACK)
        return "loopback";
    if (dev.n != 0)
        return look_shown(l, dev, PARTS_SHOWN);
    if (look_exists(l, look_print(l, "%s/tun_flags", base)))
        return "tun";
    if (look_exists(l, look_print(l, "%s/bridge", base)))
        return "bridge";
    if (look_exists(l, look_print(l, "%s/wireless", base)))
        return "wlan";
    if (type == ARPHRD_PPP)
        return "ppp";
    if (type == ARPHRD_TUNNEL || type == ARPHRD_SIT || type == ARPHRD_IPGRE ||
            type == ARPHRD_TUNNEL6)
        return "ip-tunnel";
    if (strncmp(name, "veth", 4) == 0)
        return "veth";
    if (look_exists(l, look_print(l, "%s/device", base)))
        return "ethernet";
    return type == ARPHRD_ETHER ? "virtual" : "other";
}

static bool is_tunnel(const char *kind)
{
    static const char *const kinds[] = {"tun", "wireguard", "ppp", "ip-tunnel", "xfrm", "gre"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

static int read_links(struct look *l, struct links *out)
{
    struct names all = look_names(l, "/sys/class/net");

    for (size_t i = 0; i < all.n && out->n < LINKS_MOST; i++) {
        struct link *k = &out->at[out->n];
        const char *base = look_print(l, "/sys/class/net/%s", all.at[i]),
                   *type = look_line(l, look_print(l, "%s/type", base)),
                   *flags = look_line(l, look_print(l, "%s/flags", base));
        uint64_t number = 0, bits = 0;

        if (type == NULL || !bytes_decimal(bytes_text(type), &number))
            continue; /* bonding_masters and the like are not devices */
        if (flags != NULL && strncmp(flags, "0x", 2) == 0 &&
                !bytes_hex(bytes_text(flags + 2), &bits))
            bits = 0;
        k->name = look_shown(l, bytes_text(all.at[i]), PARTS_SHOWN);
        k->kind = kind_of(l, all.at[i], number);
        k->up = (bits & IFF_UP) != 0;
        k->tunnel = is_tunnel(k->kind);
        out->n++;
    }
    return all.error;
}

static void look_interfaces(struct look *l, const struct links *links, int error)
{
    struct json *j = look_begin(l, "network", "interfaces", "Network interfaces", "网络接口");
    struct listing up = {0};

    json_array(j, "interfaces");
    for (size_t i = 0; i < links->n; i++) {
        const struct link *k = &links->at[i];

        json_object(j, NULL);
        json_string(j, "name", k->name);
        json_string(j, "kind", k->kind);
        json_bool(j, "up", k->up);
        json_string(j, "mtu", look_line(l, look_print(l, "/sys/class/net/%s/mtu", k->name)));
        json_end(j);
        if (k->up)
            listing_add(&up, look_print(l, "%s (%s)", k->name, k->kind));
    }
    json_end(j);
    if (error != 0)
        look_unread(l, "/sys/class/net", error);
    else if (up.n == 0)
        look_unknown(l, "None is up.", "没有处于启用状态的接口。");
    else
        look_ok(l, "In use: %s.", "使用中：%s。", listing_text(&up));
    look_end(l);
}

static void look_addresses(struct look *l)
{
    struct json *j =
            look_begin(l, "network", "addresses", "Addresses of this machine", "本机地址");
    struct ifaddrs *all = NULL;
    struct listing list = {0};
    char text[INET6_ADDRSTRLEN];
    size_t n = 0;
    bool known = l->live && getifaddrs(&all) == 0;

    json_array(j, "addresses");
    for (const struct ifaddrs *a = all; a != NULL && n < ADDRESSES_MOST; a = a->ifa_next) {
        const void *raw = NULL;

        if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET)
            raw = &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
        if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET6)
            raw = &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr;
        if (raw == NULL || (a->ifa_flags & IFF_LOOPBACK) != 0 ||
                inet_ntop(a->ifa_addr->sa_family, raw, text, sizeof(text)) == NULL)
            continue;
        json_string(j, NULL, look_print(l, "%s %s", a->ifa_name, text));
        listing_add(&list, text);
        n++;
    }
    json_end(j);
    if (all != NULL)
        freeifaddrs(all);
    if (!known)
        look_unknown(l, "The kernel did not tell them.", "内核未提供地址。");
    else if (list.n == 0)
        look_attention(l, "This machine has no address: it is not connected.",
                "本机没有地址：未联网。");
    else
        look_ok(l,
                "%s. The address that sites see may be another one, given by the router or the "
                "provider; note it from the provider's papers.",
                "%s。网站看到的可能是路由器或运营商分配的另一地址；请按运营商的资料记录。",
                listing_text(&list));
    look_end(l);
}

struct routes {
    struct listing text;
    const char *device; /* of the first default route */
    bool tables;
};

static void add_route(struct look *l, struct json *j, struct routes *out, struct bytes device,
        const char *gateway)
{
    const char *name = look_shown(l, device, PARTS_SHOWN);

    json_object(j, NULL);
    json_string(j, "interface", name);
    json_string(j, "gateway", gateway);
    json_end(j);
    listing_add(&out->text, look_print(l, "%s (%s)", gateway, name));
    if (out->device == NULL)
        out->device = name;
}

/* /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask … */
static void read_routes4(struct look *l, struct json *j, struct routes *out)
{
    struct seen s = look_read(l, "/proc/net/route", ROUTES_MOST);
    struct bytes line, w[8];

    out->tables = out->tables || s.error == 0;
    while (parts_line(&s.text, &line)) {
        uint64_t to, gateway, flags, mask;
        char text[INET_ADDRSTRLEN];
        uint32_t raw;
        size_t n = 0;

        while (n < 8 && parts_word(&line, &w[n]))
            n++;
        if (n < 8 || !bytes_hex(w[1], &to) || !bytes_hex(w[2], &gateway) ||
                !bytes_hex(w[3], &flags) || !bytes_hex(w[7], &mask))
            continue;
        raw = (uint32_t)gateway; /* printed in the order of the machine */
        /* A VPN often lays two halves of the world over the default route. */
        if ((flags & RTF_IS_UP) == 0 || (ntohl((uint32_t)mask) & 0x7fffffff) != 0 ||
                (to != 0 && mask == 0) || inet_ntop(AF_INET, &raw, text, sizeof(text)) == NULL)
            continue;
        add_route(l, j, out, w[0], text);
    }
}

/* /proc/net/ipv6_route: destination, length, source, length, next hop, metric, …, flags, device */
static void read_routes6(struct look *l, struct json *j, struct routes *out)
{
    struct seen s = look_read(l, "/proc/net/ipv6_route", ROUTES_MOST);
    struct bytes line, w[ROUTE_WORDS];

    out->tables = out->tables || s.error == 0;
    while (parts_line(&s.text, &line)) {
        uint64_t length, flags, half;
        char text[INET6_ADDRSTRLEN];
        uint8_t raw[16];
        size_t n = 0;

        while (n < ROUTE_WORDS && parts_word(&line, &w[n]))
            n++;
        if (n < ROUTE_WORDS || !bytes_hex(w[1], &length) || length > 1 ||
                !bytes_hex(w[8], &flags) || (flags & RTF_IS_UP) == 0 || w[4].n != 32 ||
                bytes_is(w[9], "lo"))
            continue;
        for (size_t i = 0; i < sizeof(raw); i++) {
            if (!bytes_hex(bytes_slice(w[4], 2 * i, 2 * i + 2), &half))
                half = 0;
            raw[i] = (uint8_t)half;
        }
        if (inet_ntop(AF_INET6, raw, text, sizeof(text)) != NULL)
            add_route(l, j, out, w[9], text);
    }
}

static const char *look_routes(struct look *l)
{
    struct json *j = look_begin(
            l, "network", "routes", "The way out (default route)", "出口（默认路由）");
    struct routes r = {0};

    json_array(j, "default");
    read_routes4(l, j, &r);
    read_routes6(l, j, &r);
    json_end(j);
    if (!r.tables)
        look_unknown(
                l, "The kernel's tables of routes could not be read.", "未能读取内核路由表。");
    else if (r.text.n == 0)
        look_attention(l, "There is no way out: this machine is not connected.",
                "没有出口路由：本机未联网。");
    else
        look_ok(l, "By way of %s.", "经由 %s。", listing_text(&r.text));
    look_end(l);
    return r.device;
}

static void look_vpn(struct look *l, const struct links *links, int error, const char *way_out,
        const struct processes *running)
{
    static const char *const known[] = {"openvpn", "openconnect", "vpnc", "charon",
            "charon-systemd", "wg-quick", "tailscaled", "zerotier-one", "nordvpnd",
            "expressvpnd", "mullvad-daemon", "protonvpn", "warp-svc", "tor", "pppd", "xl2tpd",
            "snx", "ivpn-service"};
    struct json *j =
            look_begin(l, "network", "vpn", "Signs of a VPN or tunnel", "VPN 或隧道的迹象");
    struct listing devices = {0}, programs = {0};
    bool out = false;

    json_array(j, "tunnels");
    for (size_t i = 0; i < links->n; i++) {
        if (!links->at[i].tunnel || !links->at[i].up)
            continue;
        json_string(j, NULL, links->at[i].name);
        listing_add(&devices, links->at[i].name);
        out = out || (way_out != NULL && strcmp(way_out, links->at[i].name) == 0);
    }
    json_end(j);
    json_bool(j, "default_route_through_tunnel", out);
    json_array(j, "programs");
    for (size_t i = 0; i < running->n; i++) {
        for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
            if (!env_process_is(&running->at[i], known[k]))
                continue;
            json_string(j, NULL, known[k]);
            listing_add(&programs, known[k]);
            break;
        }
    }
    json_end(j);
    if (out)
        look_attention(l,
                "All traffic leaves through a tunnel (%s): sites see another address and maybe "
                "another country. Courts have held this against claimants; switch it off.",
                "全部流量经由隧道（%s）：网站看到的是另一地址，可能属于另一国家。已有法院据此"
                "作出对原告不利的认定；请关闭。",
                listing_text(&devices));
    else if (devices.n != 0)
        look_attention(l, "A tunnel is up (%s): switch it off, or note what it is for.",
                "隧道处于启用状态（%s）：请关闭，或记录其用途。", listing_text(&devices));
    if (programs.n != 0)
        look_attention(l, "A program that makes tunnels is running: %s.",
                "正在运行建立隧道的程序：%s。", listing_text(&programs));
    if (error != 0)
        look_unread(l, "/sys/class/net", error);
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    if (devices.n == 0 && programs.n == 0 && error == 0 && running->error == 0)
        look_ok(l,
                "No tunnel is up and no known VPN program runs. A VPN in the router can't be "
                "seen from here.",
                "没有启用的隧道，也没有已知的 VPN 程序在运行。路由器中的 VPN 无法由此看出。");
    look_end(l);
}

const char *env_links(struct look *l, const struct processes *running)
{
    struct links *links = arena_alloc(l->out->arena, sizeof(*links));
    const char *way_out;
    int error;

    if (links == NULL) {
        l->status = STATUS_NOMEM;
        return NULL;
    }
    error = read_links(l, links);
    look_interfaces(l, links, error);
    look_addresses(l);
    way_out = look_routes(l);
    look_vpn(l, links, error, way_out, running);
    return way_out;
}
