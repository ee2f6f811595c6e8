/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/env_tree.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/folder.h"

void env_tree_make(struct env_tree *t)
{
    *t = (struct env_tree){.root = "/tmp/exhibit-test-env-XXXXXX"};
    assert_non_null(mkdtemp(t->root));
}

void env_tree_drop(struct env_tree *t)
{
    folder_remove(t->root);
}

const char *env_tree_path(struct env_tree *t, const char *path)
{
    (void)snprintf(t->path, sizeof(t->path), "%s%s", t->root, path);
    return t->path;
}

static void make_above(struct env_tree *t, const char *path)
{
    char *full = t->path;

    (void)env_tree_path(t, path);
    for (char *p = full + strlen(t->root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
        *p = '/';
    }
}

void env_tree_bytes(struct env_tree *t, const char *path, struct bytes data)
{
    FILE *file;

    make_above(t, path);
    file = fopen(t->path, "wbe");
    assert_non_null(file);
    if (data.n != 0)
        assert_int_equal(fwrite(data.p, 1, data.n, file), data.n);
    assert_int_equal(fclose(file), 0);
}

void env_tree_file(struct env_tree *t, const char *path, const char *text)
{
    env_tree_bytes(t, path, bytes_text(text));
}

void env_tree_link(struct env_tree *t, const char *path, const char *target)
{
    make_above(t, path);
    (void)unlink(t->path);
    assert_int_equal(symlink(target, t->path), 0);
}

void env_tree_process(struct env_tree *t, unsigned pid, const char *name, const char *exe,
        const char *command_line)
{
    char path[128], text[256];

    (void)snprintf(path, sizeof(path), "/proc/%u/status", pid);
    (void)snprintf(text, sizeof(text), "Name:\t%s\nPPid:\t1\nTracerPid:\t0\n", name);
    env_tree_file(t, path, text);
    (void)snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
    env_tree_file(t, path, command_line);
    (void)snprintf(path, sizeof(path), "/proc/%u/exe", pid);
    env_tree_link(t, path, exe);
}

static void clean_machine(struct env_tree *t)
{
    env_tree_file(t, "/sys/class/dmi/id/sys_vendor", "LENOVO\n");
    env_tree_file(t, "/sys/class/dmi/id/product_name", "21CB001\n");
    env_tree_file(t, "/proc/cpuinfo",
            "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n"
            "flags\t\t: fpu vme sse2\n\n");
    env_tree_file(t, "/proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\n");
    env_tree_file(t, "/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
    env_tree_file(t, "/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
    env_tree_file(t, "/proc/sys/kernel/hostname", "desk\n");
    env_tree_file(t, "/proc/sys/kernel/random/boot_id", "c1d2\n");
    env_tree_file(t, "/proc/uptime", "93784.22 1.0\n");
    env_tree_file(t, "/proc/1/cgroup", "0::/init.scope\n");
    env_tree_file(t, "/proc/self/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
    env_tree_bytes(
            t, "/proc/self/environ", BYTES_LITERAL("HOME=/home/wang\0LANG=zh_CN.UTF-8\0"));
    env_tree_file(t, "/proc/self/maps", "7f0-7f1 r-xp 0 0:0 1 /usr/lib/libpcap.so.1.10.3\n");
    env_tree_file(t, "/proc/self/exe", "exhibit");
    env_tree_file(t, "/run/systemd/sessions/1", "USER=wang\nCLASS=user\nREMOTE=0\n");
    env_tree_link(t, "/etc/localtime", "/usr/share/zoneinfo/Asia/Shanghai");
    env_tree_process(t, 1, "systemd", "/usr/lib/systemd/systemd", "");
    env_tree_process(t, 300, "chronyd", "/usr/sbin/chronyd", "");
}

static void clean_network(struct env_tree *t)
{
    env_tree_file(t, "/etc/hosts",
            "127.0.0.1 localhost\n127.0.1.1 desk desk.lan\n"
            "::1 ip6-localhost # 1.2.3.4 bad.example\n");
    env_tree_file(t, "/etc/resolv.conf", "# by hand\nnameserver 192.0.2.53\n");
    env_tree_file(
            t, "/etc/nsswitch.conf", "hosts: files mdns4_minimal [NOTFOUND=return] dns\n");
    env_tree_file(t, "/sys/class/net/lo/type", "772\n");
    env_tree_file(t, "/sys/class/net/lo/flags", "0x9\n");
    env_tree_file(t, "/sys/class/net/eth0/type", "1\n");
    env_tree_file(t, "/sys/class/net/eth0/flags", "0x1003\n");
    env_tree_file(t, "/sys/class/net/eth0/device/x", "");
    env_tree_file(t, "/sys/class/net/eth0/statistics/rx_packets", "10\n");
    env_tree_file(t, "/sys/class/net/eth0/statistics/rx_dropped", "0\n");
    env_tree_file(t, "/proc/net/route",
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n"
            "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n");
    env_tree_file(t, "/proc/net/tcp",
            "  sl  local_address rem_address st …\n"
            "   0: 0100007F:0277 00000000:0000 0A 0:0 00:0 0 0 0 77 1\n");
}

void env_tree_clean(struct env_tree *t)
{
    clean_machine(t);
    clean_network(t);
    env_tree_file(t, "/etc/ssl/certs/ca-certificates.crt",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    env_tree_file(t, "/usr/share/ca-certificates/mozilla/A.crt",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    env_tree_file(t, "/etc/ca-certificates.conf", "# x\nmozilla/A.crt\n!mozilla/B.crt\n");
    env_tree_file(t, "/usr/local/share/ca-certificates/.keep", "");
    env_tree_file(t, "/usr/lib/chromium/chromium", "\177ELF the browser");
    env_tree_file(t, "/var/lib/dpkg/info/chromium.md5sums",
            "00000000000000000000000000000000  usr/bin/chromium\n"
            "f1e4f1a1a9b2f6a1d2b4a9e2c1f0f000  usr/lib/chromium/chromium.bak\n"
            "059060f1aec08acfe491cd646b12ab13  usr/lib/chromium/chromium\n");
    env_tree_file(t, "/var/lib/dpkg/status",
            "Package: chromium-common\nVersion: 9\n\nPackage: chromium\nStatus: x\n"
            "Version: 142.0-1\n\nPackage: slirp4netns\nVersion: 1.2.0-1\n");
    env_tree_file(t, "/usr/bin/slirp4netns", "");
    env_tree_file(t, "/dev/net/tun", "");
    env_tree_file(t, "/home/wang/.keep", "");
}

void env_tree_look(const struct env_tree *t, struct environment *out)
{
    static const char *const nobody[] = {NULL};
    const struct environment_setup setup = {
            .browser = "/usr/lib/chromium/chromium", .time_servers = nobody, .root = t->root};
    struct fault fault = {0};

    assert_int_equal(environment_look(&setup, out, &fault), STATUS_OK);
}
