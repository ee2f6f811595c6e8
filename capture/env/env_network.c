/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/env/env_parts.h"

/* How names become addresses on this machine: hosts, resolver, order of sources. */

enum { HOSTS_MOST = 256 << 10, SERVERS_MOST = 16 };

/* Names that a fresh Debian, Ubuntu or Fedora has, and the machine's own. */
static bool is_usual(struct bytes name, const char *own)
{
    static const char *const usual[] = {"localhost", "ip6-localhost", "ip6-loopback",
            "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts",
            "localhost.localdomain", "localhost4", "localhost6", "localhost4.localdomain4",
            "localhost6.localdomain6", "host.docker.internal"};
    struct bytes first;

    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        if (bytes_is_nocase(name, usual[i]))
            return true;
    }
    if (own == NULL)
        return false;
    if (bytes_is_nocase(name, own))
        return true;
    /* host.domain of this host */
    return bytes_take_until(&name, '.', &first) && bytes_is_nocase(first, own);
}

static size_t list_entries(
        struct look *l, struct bytes text, const char *own, struct json *j, struct listing *out)
{
    struct bytes line, word, address;
    size_t n = 0;

    while (parts_line(&text, &line)) {
        struct bytes body = line;

        if (bytes_take_until(&line, '#', &word))
            body = word;
        if (!parts_word(&body, &address))
            continue;
        while (parts_word(&body, &word)) {
            const char *entry;

            n++;
            if (is_usual(word, own))
                continue;
            entry = look_print(l, "%s %s", look_shown(l, address, PARTS_SHOWN),
                    look_shown(l, word, PARTS_SHOWN));
            json_string(j, NULL, entry);
            listing_add(out, entry);
        }
    }
    return n;
}

static void look_hosts(struct look *l)
{
    struct json *j = look_begin(l, "network", "hosts-file",
            "Names answered by this machine itself (hosts file)",
            "由本机自行解析的名称（hosts 文件）");
    const char *own = look_line(l, "/proc/sys/kernel/hostname");
    struct seen s = look_read(l, "/etc/hosts", HOSTS_MOST);
    struct listing unusual = {0};
    size_t n;

    if (own == NULL)
        own = look_line(l, "/etc/hostname");
    look_file_facts(j, "file", "/etc/hosts", &s, true);
    json_array(j, "unusual");
    n = list_entries(l, s.text, own, j, &unusual);
    json_end(j);
    if (s.error != 0)
        look_unread(l, "/etc/hosts", s.error);
    else if (unusual.n != 0)
        look_attention(l,
                "Answered here and not by the network (%zu): %s. A site among them would be "
                "another one than everybody else's; take such lines out, or explain them.",
                "有 %zu 个名称由本机而非网络解析：%s。其中若有网站，则与他人访问到的并非同一"
                "网站；请删除这些条目或作出说明。",
                unusual.n, listing_text(&unusual));
    else
        look_ok(l, "Only the %zu names that belong to this machine stand in it.",
                "其中仅有属于本机的 %zu 个名称。", n);
    if (s.cut)
        look_unknown(l, "The file goes on behind what was read.", "文件后续内容未读取。");
    look_end(l);
}

static bool is_local(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* Who answers look-ups, by what resolv.conf points at and says. */
static const char *resolver_kind(const char *link, struct bytes text, const char *first)
{
    size_t at;

    if (link != NULL && strstr(link, "systemd/resolve") != NULL)
        return "systemd-resolved";
    if (first != NULL && strcmp(first, "127.0.0.53") == 0)
        return "systemd-resolved";
    if (link != NULL && strstr(link, "resolvconf") != NULL)
        return "resolvconf";
    if (bytes_find(text, BYTES_LITERAL("NetworkManager"), 0, &at))
        return "NetworkManager";
    if (bytes_find(text, BYTES_LITERAL("tailscale"), 0, &at))
        return "Tailscale";
    return first != NULL && is_local(first) ? "a resolver on this machine" : "direct";
}

static size_t read_servers(
        struct look *l, struct bytes text, const char *out[SERVERS_MOST], size_t *left_out)
{
    struct bytes line, word;
    size_t n = 0;

    while (parts_line(&text, &line)) {
        if (!parts_word(&line, &word) || !bytes_is(word, "nameserver") ||
                !parts_word(&line, &word))
            continue;
        if (n == SERVERS_MOST)
            (*left_out)++;
        else
            out[n++] = look_shown(l, word, PARTS_SHOWN);
    }
    return n;
}

static void look_resolver(struct look *l)
{
    struct json *j = look_begin(
            l, "network", "resolver", "Who answers look-ups of names", "域名解析由谁应答");
    struct seen s = look_read(l, "/etc/resolv.conf", PARTS_SMALL),
                behind = look_read(l, "/run/systemd/resolve/resolv.conf", PARTS_SMALL);
    const char *link = look_link(l, "/etc/resolv.conf"), *servers[SERVERS_MOST], *kind;
    struct listing list = {0};
    size_t left_out = 0, n = read_servers(l, s.text, servers, &left_out);

    kind = resolver_kind(link, s.text, n == 0 ? NULL : servers[0]);
    if (strcmp(kind, "systemd-resolved") == 0 && behind.error == 0)
        n = read_servers(l, behind.text, servers, &left_out);
    look_file_facts(j, "file", "/etc/resolv.conf", &s, true);
    json_string(j, "link", link);
    json_string(j, "kind", s.error == 0 ? kind : NULL);
    json_array(j, "servers");
    for (size_t i = 0; i < n; i++) {
        json_string(j, NULL, servers[i]);
        listing_add(&list, servers[i]);
    }
    json_end(j);
    list.left_out += left_out;
    if (s.error != 0)
        look_unread(l, "/etc/resolv.conf", s.error);
    else if (n == 0)
        look_unknown(l, "No name server is named; the system then asks itself.",
                "未指定域名服务器；系统将向本机查询。");
    else
        look_ok(l, "Asked: %s (%s). A browser may use encrypted look-ups of its own instead.",
                "查询：%s（%s）。浏览器也可能使用其自带的加密解析。", listing_text(&list),
                kind);
    look_end(l);
}

static void look_sources(struct look *l)
{
    static const char *const usual[] = {"files", "dns", "myhostname", "mymachines", "resolve",
            "mdns4_minimal", "mdns_minimal", "mdns4", "mdns", "mdns6_minimal"};
    struct json *j = look_begin(l, "network", "name-sources",
            "Where names are looked up, in order", "名称解析的顺序");
    struct seen s = look_read(l, "/etc/nsswitch.conf", PARTS_SMALL);
    struct bytes line = parts_setting(s.text, "hosts", ':'), rest = line, word;
    struct listing odd = {0};

    json_string(j, "hosts", line.n == 0 ? NULL : look_shown(l, line, 4 * PARTS_SHOWN));
    while (parts_word(&rest, &word)) {
        bool known = word.p[0] == '['; /* [NOTFOUND=return] and the like */

        for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
            known = known || bytes_is(word, usual[i]);
        if (!known)
            listing_add(&odd, look_shown(l, word, PARTS_SHOWN));
    }
    if (s.error != 0)
        look_unread(l, "/etc/nsswitch.conf", s.error);
    else if (odd.n != 0)
        look_attention(l,
                "Names are also looked up in an unusual place (%s): find out what put it "
                "there.",
                "名称还会在非常规来源中查找（%s）：请查明由何程序设置。", listing_text(&odd));
    else if (line.n == 0)
        look_unknown(l, "/etc/nsswitch.conf has no line for hosts.",
                "/etc/nsswitch.conf 中没有 hosts 一行。");
    else
        look_ok(l, "%s: as usual.", "%s：属常规设置。", look_shown(l, line, PARTS_SHOWN));
    look_end(l);
}

void env_network(struct look *l)
{
    look_hosts(l);
    look_resolver(l);
    look_sources(l);
}
