/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

/*
 * A veth pair, one end inside; packets from inside are forwarded, and given the machine's address
 * by nftables. What stays behind when both we and the keeper are killed bears our process
 * number and its start time, so that the next start can tell and take it away:
 *
 *   device exhPPPPPPSSSSSo        table exhibit_PPPPPP_SSSSS_UPLINK
 *
 * in hexadecimal; UPLINK names the device whose forwarding we switched on, 0 for none.
 * IPv4 only: forwarding IPv6 would make the machine ignore its router's advertisements.
 */

enum { KEY = 16, LISTED = 1 << 20 };

struct network {
    char ip[ISOLATION_PATH], nft[ISOLATION_PATH];
    char outer[IF_NAMESIZE];
    char table[80];
    char range[ISOLATION_TEXT];
    char uplink[IF_NAMESIZE];
    bool switch_on; /* the uplink's forwarding */
};

/* Field 22 of /proc/PID/stat: clock ticks from boot to its start (proc(5)). 0: no such process. */
static uint64_t start_of(long pid)
{
    char path[64], text[1024], *at;
    int fd, field = 2;
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return 0;
    n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    at = strrchr(text, ')'); /* the name before may hold anything */
    while (at != NULL && field < 22) {
        at = strchr(at + 1, ' ');
        field++;
    }
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static void key_of(long pid, char out[KEY])
{
    (void)snprintf(out, KEY, "%06lx%05x", (unsigned long)pid & 0xffffffUL,
            (unsigned)(start_of(pid) & 0xfffffU));
}

/* Of a name "…PPPPPPSSSSS…": does its owner live? False for what is no key. */
static bool is_key(const char *text)
{
    return strspn(text, "0123456789abcdef") >= 11;
}

static bool owner_lives(const char key[KEY])
{
    char text[7], now[KEY];
    long pid;

    memcpy(text, key, 6);
    text[6] = '\0';
    pid = strtol(text, NULL, 16);
    key_of(pid, now);
    return start_of(pid) != 0 && strncmp(now, key, 11) == 0;
}

static bool forwarding_path(const char *device, char out[ISOLATION_PATH])
{
    if (device[0] == '\0' || strchr(device, '/') != NULL || strcmp(device, "..") == 0)
        return false;
    return snprintf(out, ISOLATION_PATH, "/proc/sys/net/ipv4/conf/%s/forwarding", device) <
           ISOLATION_PATH;
}

static bool write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd != -1 && write(fd, value, 1) == 1;

    isolation_close(&fd);
    return good;
}

static bool setting_is_off(const char *path)
{
    char c = '0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool off = fd != -1 && read(fd, &c, 1) == 1 && c == '0';

    isolation_close(&fd);
    return off;
}

/* "exhibit_PPPPPP_SSSSS_UPLINK": its key, and the uplink to switch off again. */
static bool read_table(const char *name, char key[KEY], char uplink[IF_NAMESIZE])
{
    unsigned long pid;
    unsigned start, byte;
    int used = 0;
    size_t n = 0;

    if (sscanf(name, "exhibit_%6lx_%5x_%n", &pid, &start, &used) != 2 || used == 0)
        return false;
    (void)snprintf(key, KEY, "%06lx%05x", pid, start);
    for (name += used; n + 1 < IF_NAMESIZE && sscanf(name, "%2x", &byte) == 1 && byte != 0 &&
                       name[1] != '\0';
            name += 2)
        uplink[n++] = (char)byte;
    uplink[n] = '\0';
    return true;
}

static void remove_table(const struct network *n, const char *name)
{
    const char *const argv[] = {n->nft, "delete", "table", "ip", name, NULL};
    char key[KEY], uplink[IF_NAMESIZE], path[ISOLATION_PATH];
    struct buf said;

    if (!read_table(name, key, uplink) || owner_lives(key))
        return;
    if (forwarding_path(uplink, path))
        (void)write_setting(path, "0");
    buf_init(&said, LISTED);
    (void)!isolation_run(argv, &said);
    buf_clear(&said);
}

static void remove_device(const struct network *n, const char *name)
{
    const char *const argv[] = {n->ip, "link", "del", "dev", name, NULL};
    struct buf said;

    if (strlen(name) != 15 || !is_key(name + 3) || owner_lives(name + 3))
        return;
    buf_init(&said, LISTED);
    (void)!isolation_run(argv, &said);
    buf_clear(&said);
}

/* What a run left that was killed together with its keeper. */
static void remove_leftovers(const struct network *n)
{
    const char *const tables[] = {n->nft, "list", "tables", "ip", NULL};
    const char *const devices[] = {n->ip, "-o", "link", "show", "type", "veth", NULL};
    struct buf said;
    char *save = NULL, *word;

    buf_init(&said, LISTED);
    if (isolation_run(tables, &said) && buf_append_u8(&said, '\0') == STATUS_OK) {
        for (word = strtok_r((char *)said.p, " \n", &save); word != NULL;
                word = strtok_r(NULL, " \n", &save)) {
            if (strncmp(word, "exhibit_", 8) == 0)
                remove_table(n, word);
        }
    }
    buf_reset(&said);
    if (isolation_run(devices, &said) && buf_append_u8(&said, '\0') == STATUS_OK) {
        for (word = strtok_r((char *)said.p, " \n:@", &save); word != NULL;
                word = strtok_r(NULL, " \n:@", &save)) {
            if (strncmp(word, "exh", 3) == 0)
                remove_device(n, word);
        }
    }
    buf_clear(&said);
}

static enum status run(const char *const argv[], const char *doing, struct fault *fault)
{
    struct buf said;
    bool good;

    buf_init(&said, 65536);
    good = isolation_run(argv, &said);
    if (!good)
        (void)fault_set(fault, STATUS_IO, "Could not %s: %s said: %.*s", doing, argv[0],
                (int)(said.n < ISOLATION_SAID ? said.n : ISOLATION_SAID),
                said.n == 0 ? "nothing" : (const char *)said.p);
    buf_clear(&said);
    return good ? STATUS_OK : STATUS_IO;
}

/* Docker and others set the old filter's forward chain to drop: ours cannot overrule it. */
static enum status look_for_drop(const struct network *n, struct fault *fault)
{
    const char *const argv[] = {n->nft, "list", "chain", "ip", "filter", "FORWARD", NULL};
    struct buf said;
    bool drops;

    buf_init(&said, LISTED);
    drops = isolation_run(argv, &said) && buf_append_u8(&said, '\0') == STATUS_OK &&
            strstr((const char *)said.p, "policy drop") != NULL;
    buf_clear(&said);
    if (!drops)
        return STATUS_OK;
    return fault_set(fault, STATUS_IO,
            "This machine's firewall drops forwarded packets (chain FORWARD, policy drop; "
            "Docker does that). Nothing was changed. Use the default isolation instead, which "
            "needs no forwarding, or have the policy accept for the time of the recording.");
}

static void name_things(struct network *n)
{
    char key[KEY];
    size_t used;

    key_of((long)getpid(), key);
    (void)snprintf(n->outer, sizeof(n->outer), "exh%.11so", key);
    used = (size_t)snprintf(n->table, sizeof(n->table), "exhibit_%.6s_%.5s_%s", key, key + 6,
            n->switch_on ? "" : "0");
    for (size_t k = 0; n->switch_on && n->uplink[k] != '\0'; k++)
        used += (size_t)snprintf(
                n->table + used, sizeof(n->table) - used, "%02x", (unsigned char)n->uplink[k]);
}

/* What takes it all away again; run by the keeper, or by us if it was killed. */
static void plan_undo(const struct network *n, struct isolation_undo *undo)
{
    char(*w)[2][ISOLATION_PATH] = undo->words;

    (void)snprintf(w[0][0], ISOLATION_PATH, "%s", n->nft);
    (void)snprintf(w[0][1], ISOLATION_PATH, "%s", n->table);
    (void)snprintf(w[1][0], ISOLATION_PATH, "%s", n->ip);
    (void)snprintf(w[1][1], ISOLATION_PATH, "%s", n->outer);
    undo->argv[0][0] = w[0][0];
    undo->argv[0][1] = "delete";
    undo->argv[0][2] = "table";
    undo->argv[0][3] = "ip";
    undo->argv[0][4] = w[0][1];
    undo->argv[1][0] = w[1][0];
    undo->argv[1][1] = "link";
    undo->argv[1][2] = "del";
    undo->argv[1][3] = "dev";
    undo->argv[1][4] = w[1][1];
    undo->count = 2;
    if (!n->switch_on || !forwarding_path(n->uplink, undo->forwarding))
        undo->forwarding[0] = '\0';
}

/* The inner end is made in its namespace: `ip` enters it by the keeper's number. */
static enum status join(
        const struct network *n, unsigned mtu, const struct isolation *i, struct fault *fault)
{
    char pid[32], outer[ISOLATION_TEXT + 8], inner[ISOLATION_TEXT + 8], via[ISOLATION_TEXT + 8];
    char bytes[16], path[64];
    const char *const make[] = {n->ip, "link", "add", n->outer, "mtu", bytes, "type", "veth",
            "peer", "name", "eth0", "mtu", bytes, "netns", pid, NULL};
    const char *const outer_address[] = {n->ip, "addr", "add", outer, "dev", n->outer, NULL};
    const char *const outer_up[] = {n->ip, "link", "set", n->outer, "up", NULL};
    char enter[80];
    const char *const inner_all[] = {
            "/usr/bin/nsenter", enter, n->ip, "addr", "add", inner, "dev", "eth0", NULL};
    const char *const inner_up[] = {
            "/usr/bin/nsenter", enter, n->ip, "link", "set", "eth0", "up", NULL};
    const char *const inner_route[] = {
            "/usr/bin/nsenter", enter, n->ip, "route", "add", "default", "via", via, NULL};
    const char *const *const steps[] = {
            make, outer_address, outer_up, inner_all, inner_up, inner_route};
    enum status s = STATUS_OK;

    (void)snprintf(pid, sizeof(pid), "%ld", (long)i->keeper);
    (void)snprintf(path, sizeof(path), "/proc/%ld/ns/net", (long)i->keeper);
    (void)snprintf(enter, sizeof(enter), "--net=%s", path);
    (void)snprintf(outer, sizeof(outer), "%s.1/24", n->range);
    (void)snprintf(inner, sizeof(inner), "%s.2/24", n->range);
    (void)snprintf(via, sizeof(via), "%s.1", n->range);
    (void)snprintf(bytes, sizeof(bytes), "%u", mtu);
    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]) && s == STATUS_OK; k++)
        s = run(steps[k], "make the browser's network device", fault);
    return s;
}

static enum status translate(const struct network *n, struct fault *fault)
{
    char command[ISOLATION_COMMAND], only[ISOLATION_COMMAND / 4] = "", path[ISOLATION_PATH];
    const char *const argv[] = {n->nft, command, NULL};
    enum status s;

    /* A machine that forwarded nothing until now goes on to forward nothing else. */
    if (n->switch_on)
        (void)snprintf(only, sizeof(only),
                "; add rule ip %s forward iifname \"%s\" oifname != \"%s\" drop", n->table,
                n->uplink, n->outer);
    (void)snprintf(command, sizeof(command),
            "add table ip %s; add chain ip %s post { type nat hook postrouting priority 100; "
            "}; "
            "add chain ip %s forward { type filter hook forward priority 0; policy accept; }; "
            "add rule ip %s post ip saddr %s.0/24 oifname != \"%s\" masquerade%s",
            n->table, n->table, n->table, n->table, n->range, n->outer, only);
    s = run(argv, "set up address translation (nftables)", fault);
    if (s != STATUS_OK)
        return s;
    if (!forwarding_path(n->outer, path) || !write_setting(path, "1"))
        return fault_set(fault, STATUS_IO, "Could not switch on forwarding (%s): %s", path,
                strerror(errno));
    if (n->switch_on && (!forwarding_path(n->uplink, path) || !write_setting(path, "1")))
        return fault_set(fault, STATUS_IO, "Could not switch on forwarding (%s): %s", path,
                strerror(errno));
    return STATUS_OK;
}

static enum status find_ground(struct network *n, unsigned *mtu, struct fault *fault)
{
    int route = isolation_route_socket();
    struct isolation_look look = {0};
    char path[ISOLATION_PATH];
    bool good = route != -1 && isolation_look(route, NULL, &look) && look.default4;

    memcpy(n->uplink, look.uplink, sizeof(n->uplink));
    good = good && isolation_look(route, n->uplink, &look);
    *mtu = look.mtu >= 576 && look.mtu <= 1500 ? look.mtu : 1500;
    if (good && !isolation_range(route, n->range)) {
        isolation_close(&route);
        return fault_set(fault, STATUS_IO, "No private address range is free on this machine.");
    }
    isolation_close(&route);
    if (!good || strchr(n->uplink, '"') != NULL || !forwarding_path(n->uplink, path))
        return fault_set(fault, STATUS_IO,
                "This machine has no network: it has no IPv4 default route. Connect it, then "
                "start again.");
    n->switch_on = setting_is_off(path);
    return STATUS_OK;
}

static enum status find_programs(struct network *n, struct fault *fault)
{
    if (geteuid() != 0)
        return fault_set(fault, STATUS_IO,
                "--isolate=netns changes the machine's network and needs root. The default "
                "isolation needs none.");
    if (!isolation_program("ip", n->ip))
        return fault_set(fault, STATUS_MISSING,
                "ip is not installed, which makes network devices: apt install iproute2.");
    if (!isolation_program("nft", n->nft))
        return fault_set(fault, STATUS_MISSING,
                "nft is not installed, which translates addresses: apt install nftables.");
    if (access("/usr/bin/nsenter", X_OK) != 0)
        return fault_set(fault, STATUS_MISSING,
                "nsenter is not installed, which enters namespaces: apt install util-linux.");
    return STATUS_OK;
}

static void state_facts(const struct network *n, unsigned mtu, struct isolation_facts *facts)
{
    facts->mtu = mtu;
    memcpy(facts->device, "eth0", sizeof("eth0"));
    (void)snprintf(facts->addresses[0], ISOLATION_TEXT, "%.16s.2/24", n->range);
    facts->address_count = 1;
    (void)snprintf(facts->changed, sizeof(facts->changed),
            "device %s, nftables table ip %s (IPv4 address translation for %s.0/24)%s%s%s; "
            "taken away again at the end; no IPv6 inside",
            n->outer, n->table, n->range,
            n->switch_on ? ", IPv4 forwarding switched on for " : "",
            n->switch_on ? n->uplink : "",
            n->switch_on ? " (it was off), for this device alone" : "");
}

enum status isolation_network_start(
        const struct isolation_setup *setup, struct isolation *i, struct fault *fault)
{
    struct network n = {0};
    struct keeper_plan keeper = {.joiner_leash = -1, .outer = -1, .undo = &i->undo};
    struct isolation_resolver machine;
    unsigned mtu = 1500;
    int length;
    enum status s = find_programs(&n, fault);

    (void)setup;
    if (s != STATUS_OK)
        return s;
    remove_leftovers(&n);
    s = find_ground(&n, &mtu, fault);
    if (s == STATUS_OK)
        s = look_for_drop(&n, fault);
    if (s != STATUS_OK)
        return s;
    name_things(&n);
    plan_undo(&n, &i->undo);
    isolation_resolver_find(&machine);
    if (machine.first[0] == '\0')
        return fault_set(fault, STATUS_IO,
                "This machine's name server is a program on the machine itself, which a "
                "network of its own cannot reach. Use the default isolation, or name an "
                "outside server in /etc/resolv.conf.");
    memcpy(i->facts.resolver, machine.first, sizeof(machine.first));
    length = snprintf(keeper.resolv, sizeof(keeper.resolv), "nameserver %s\n%s", machine.first,
            machine.kept);
    keeper.resolv_length = length > 0 ? (size_t)length : 0;
    isolation_keeper_places(&keeper);
    keeper.outer = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (keeper.outer == -1)
        return fault_set(fault, STATUS_IO, "/proc/self/ns/net: %s", strerror(errno));
    s = isolation_keeper_start(&keeper, i, fault);
    isolation_close(&keeper.outer);
    if (s != STATUS_OK)
        return s;
    i->undo_wanted = true;
    s = join(&n, mtu, i, fault);
    if (s == STATUS_OK)
        s = translate(&n, fault);
    state_facts(&n, mtu, &i->facts);
    return s;
}
