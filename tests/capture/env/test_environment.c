/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/env/environment.h"
#include "tests/support/env_tree.h"
#include "tests/support/ntp_server.h"
#include "tests/support/oom.h"

#define SECOND INT64_C(1000000000)

struct world {
    struct env_tree tree;
    struct environment env;
};

static int make(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return 1;
    env_tree_make(&w->tree);
    *state = w;
    return 0;
}

static int drop(void **state)
{
    struct world *w = *state;

    environment_clear(&w->env);
    env_tree_drop(&w->tree);
    free(w);
    return 0;
}

static void look(struct world *w)
{
    environment_clear(&w->env);
    env_tree_look(&w->tree, &w->env);
}

static const struct probe *probe(struct world *w, const char *id)
{
    const struct probe *p = environment_probe(&w->env, id);

    if (p == NULL)
        fail_msg("no probe %s", id);
    return p;
}

static void check(struct world *w, const char *id, enum probe_state state, const char *says)
{
    const struct probe *p = probe(w, id);

    if (p->state != state || strstr(p->reason_en, says) == NULL)
        fail_msg("%s is %s: %s", id, probe_state_name(p->state), p->reason_en);
}

static bool has_fact(struct world *w, const char *id, const char *text)
{
    const struct probe *p = probe(w, id);
    size_t at;

    return bytes_find(p->facts, bytes_text(text), 0, &at);
}

/* Ids whose state on a made-up machine is not known, whatever it holds. */
static bool needs_a_kernel(const char *id)
{
    static const char *const ids[] = {
            "clock", "clock-offset", "addresses", "namespaces", "offload", "malware-scanner"};

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        if (strcmp(id, ids[i]) == 0)
            return true;
    }
    return false;
}

static void a_clean_machine_is_in_order_throughout(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    look(w);
    assert_in_range(w->env.n, 30, ENVIRONMENT_PROBES);
    for (size_t i = 0; i < w->env.n; i++) {
        const struct probe *p = &w->env.at[i];

        if (p->state != PROBE_OK && !needs_a_kernel(p->id) && strcmp(p->id, "disk") != 0)
            fail_msg("%s: %s", p->id, p->reason_en);
    }
    check(w, "machine", PROBE_OK, "LENOVO 21CB001. Processor A CPU @ 2 GHz, 16000 MiB");
    check(w, "system", PROBE_OK, "Debian GNU/Linux 12, Linux 6.1.0-13-amd64.");
    check(w, "uptime", PROBE_OK, "1 d 2 h 3 min");
    check(w, "users", PROBE_OK, "wang");
    check(w, "time-zone", PROBE_OK, "Asia/Shanghai");
    check(w, "time-daemon", PROBE_OK, "chronyd");
    check(w, "resolver", PROBE_OK, "192.0.2.53 (direct)");
    check(w, "routes", PROBE_OK, "192.0.2.1 (eth0)");
    check(w, "browser", PROBE_OK, "chromium 142.0-1");
    check(w, "joiner", PROBE_OK, "slirp4netns 1.2.0-1");
    check(w, "capture-library", PROBE_OK, "libpcap.so.1.10.3");
    check(w, "system-authorities", PROBE_OK, "1 of them");
    assert_true(has_fact(w, "interface-counters", "\"interface\":\"eth0\",\"rx_packets\":10"));
}

static void a_machine_that_tells_nothing_is_nowhere_in_order(void **state)
{
    /* What is absent there means nothing was set; what these need would be there. */
    static const char *const silent[] = {"policies", "personal-authorities", "extensions",
            "profile", "browser-flags", "clock-resolution", "disk"};
    struct world *w = *state;

    look(w);
    for (size_t i = 0; i < w->env.n; i++) {
        const struct probe *p = &w->env.at[i];
        bool excused = p->state != PROBE_OK;

        for (size_t k = 0; k < sizeof(silent) / sizeof(*silent); k++)
            excused = excused || strcmp(p->id, silent[k]) == 0;
        if (!excused)
            fail_msg("%s is ok: %s", p->id, p->reason_en);
        assert_true(p->reason_en[0] != '\0' && p->reason_zh[0] != '\0');
    }
    check(w, "hosts-file", PROBE_UNKNOWN, "/etc/hosts could not be read: No such file");
    check(w, "time-daemon", PROBE_UNKNOWN, "/proc could not be read");
}

static void every_probe_has_words_facts_and_a_place(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    look(w);
    for (size_t i = 0; i < w->env.n; i++) {
        const struct probe *p = &w->env.at[i];
        struct json_value *v = json_parse(p->facts, NULL);

        assert_true(json_is_object(v));
        json_free(v);
        assert_true(strlen(p->title_en) > 3 && strlen(p->title_zh) > 3);
        assert_true(bytes_is_utf8(bytes_text(p->reason_zh)));
        assert_true((uint8_t)p->title_zh[0] >= 0x80 || strchr(p->title_zh, 'N') != NULL ||
                    (uint8_t)p->title_zh[strlen(p->title_zh) - 1] >= 0x80);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(p->id, w->env.at[k].id);
    }
}

static void names_answered_by_the_machine_itself_are_shown(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/etc/hosts",
            "127.0.0.1 localhost desk.lan\n203.0.113.7\tads.example  www.ads.example#x\n"
            "  # 1.1.1.1 not.example\n\n0.0.0.0 \x1b[2Jx \xff");
    look(w);
    check(w, "hosts-file", PROBE_ATTENTION,
            "(4): 203.0.113.7 ads.example, 203.0.113.7 www.ads");
    assert_null(strchr(probe(w, "hosts-file")->reason_en, '\x1b'));
    check(w, "hosts-file", PROBE_ATTENTION, "0.0.0.0 \\xff");
    assert_true(has_fact(w, "hosts-file", "\"unusual\":[\"203.0.113.7 ads.example\""));
    assert_true(has_fact(w, "hosts-file", "\"sha256\":\""));
}

static void a_proxy_is_shown_without_its_password(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_bytes(&w->tree, "/proc/self/environ",
            BYTES_LITERAL("HOME=/home/wang\0no_proxy=x\0"
                          "https_proxy=http://wang:geheim@proxy.lan:3128/\0"));
    env_tree_file(&w->tree, "/home/wang/.config/kioslaverc", "[Proxy Settings]\nProxyType=1\n");
    look(w);
    check(w, "proxy", PROBE_ATTENTION, "https_proxy=http://***@proxy.lan:3128/ (environment)");
    check(w, "proxy", PROBE_ATTENTION, "ProxyType=1");
    assert_false(has_fact(w, "proxy", "geheim"));
}

static void a_tunnel_over_the_default_route_is_shown(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/sys/class/net/tun0/type", "65534\n");
    env_tree_file(&w->tree, "/sys/class/net/tun0/flags", "0x1091\n");
    env_tree_file(&w->tree, "/sys/class/net/tun0/tun_flags", "0x1\n");
    env_tree_file(&w->tree, "/sys/class/net/wg0/type", "65534\n");
    env_tree_file(&w->tree, "/sys/class/net/wg0/flags", "0x0\n");
    env_tree_file(&w->tree, "/sys/class/net/wg0/uevent", "DEVTYPE=wireguard\nINTERFACE=wg0\n");
    /* OpenVPN's redirect-gateway def1: two halves of the world. */
    env_tree_file(&w->tree, "/proc/net/route",
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
            "tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\n"
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n");
    look(w);
    check(w, "vpn", PROBE_ATTENTION, "All traffic leaves through a tunnel (tun0)");
    check(w, "routes", PROBE_OK, "10.8.0.1 (tun0), 192.0.2.1 (eth0)");
    assert_true(
            has_fact(w, "interfaces", "\"name\":\"wg0\",\"kind\":\"wireguard\",\"up\":false"));
}

static void added_authorities_and_written_in_ones_are_shown(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/usr/local/share/ca-certificates/corp.crt",
            "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n");
    env_tree_file(&w->tree, "/etc/ssl/certs/ca-certificates.crt",
            "-----BEGIN CERTIFICATE-----\nAA\nAA\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\r\nBBBB\r\n-----END CERTIFICATE-----\n"
            "-----BEGIN CERTIFICATE-----\nEVIL\n-----END CERTIFICATE-----\n");
    env_tree_file(&w->tree, "/home/wang/.pki/nssdb/cert9.db", "SQLite format 3");
    env_tree_bytes(&w->tree, "/proc/self/environ",
            BYTES_LITERAL("HOME=/home/wang\0LD_PRELOAD=/tmp/x.so"));
    look(w);
    check(w, "added-authorities", PROBE_ATTENTION, "corp.crt");
    check(w, "system-authorities", PROBE_ATTENTION, "1 of 3 come neither from");
    check(w, "personal-authorities", PROBE_UNKNOWN, "install libnss3-tools");
    check(w, "switches", PROBE_ATTENTION, "LD_PRELOAD");
}

static void a_changed_browser_is_told_from_the_packaged_one(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/usr/lib/chromium/chromium", "#!/bin/sh\n");
    look(w);
    check(w, "browser", PROBE_ATTENTION, "differs from what the package chromium installed");
    check(w, "browser", PROBE_ATTENTION, "It is a script");
    env_tree_file(&w->tree, "/var/lib/dpkg/info/chromium.md5sums", "");
    look(w);
    check(w, "browser", PROBE_ATTENTION, "belongs to no Debian package");
    env_tree_link(&w->tree, "/usr/lib/chromium/chromium", "/nowhere/at/all");
    look(w);
    check(w, "browser", PROBE_UNKNOWN, "could not be read: No such file");
}

static void policies_are_read_and_telling_ones_named(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/etc/firefox/policies/policies.json",
            "{\"policies\": {\"DisableTelemetry\": true}}");
    look(w);
    check(w, "policies", PROBE_ATTENTION, "There are policies: /etc/firefox/policies");
    env_tree_file(&w->tree, "/etc/chromium/policies/managed/x.json",
            "{\"ProxySettings\": {\"ProxyMode\": \"pac_script\"}, \"BookmarkBarEnabled\": 1}");
    look(w);
    check(w, "policies", PROBE_ATTENTION, "Set: ProxySettings (in /etc/chromium/policies");
    env_tree_file(&w->tree, "/etc/chromium/policies/managed/x.json", "{\"Proxy");
    look(w);
    check(w, "policies", PROBE_ATTENTION, "There are policies");
}

static void extensions_of_a_given_profile_are_listed(void **state)
{
    static const char *const nobody[] = {NULL};
    struct world *w = *state;
    const struct environment_setup setup = {
            .profile = "/p", .time_servers = nobody, .root = w->tree.root};
    struct fault fault = {0};

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/p/Default/Extensions/abcd/1.2_0/manifest.json",
            "{\"name\": \"__MSG_appName__\", \"default_locale\": \"en\", \"version\": \"1.2\","
            " \"permissions\": [\"cookies\", \"webRequest\", 7]}");
    env_tree_file(&w->tree, "/p/Default/Extensions/abcd/1.2_0/_locales/en/messages.json",
            "{\"appname\": {\"message\": \"Block it\"}}");
    env_tree_file(&w->tree, "/p/Default/Extensions/efgh/2_0/manifest.json", "{");
    env_tree_file(&w->tree, "/p/extensions.json",
            "{\"addons\": [{\"id\": \"u@x\", \"version\": \"3\", \"location\": \"app-profile\","
            " \"defaultLocale\": {\"name\": \"Fox\"}, \"active\": true},"
            " {\"id\": \"own\", \"location\": \"app-builtin\"}]}");
    env_tree_bytes(&w->tree, "/p/Default/Cookies",
            BYTES_LITERAL("SQLite format 3\0\x10\0\1\1\0@  \0\0\0\3\0\0\0\5"));
    env_tree_link(&w->tree, "/p/SingletonLock", "desk-4711");
    assert_int_equal(environment_look(&setup, &w->env, &fault), STATUS_OK);
    check(w, "extensions", PROBE_ATTENTION, "Block it, Fox.");
    check(w, "extensions", PROBE_ATTENTION, "Some could not be read.");
    assert_true(has_fact(w, "extensions", "\"permissions\":[\"cookies\",\"webRequest\"]"));
    check(w, "profile", PROBE_ATTENTION, "desk-4711");
    assert_true(has_fact(w, "profile", "\"file\":\"Default/Cookies\",\"bytes\":20480"));
    assert_true(has_fact(w, "profile", "\"cookies\":null"));
    check(w, "browser", PROBE_UNKNOWN, "No browser was named.");
}

static void programs_that_meddle_trace_or_drive_are_named(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_process(&w->tree, 400, "python3", "/usr/bin/mitmdump", "");
    env_tree_process(&w->tree, 401, "anydesk", "/usr/bin/anydesk", "");
    env_tree_process(&w->tree, 402, "chrome", "/opt/google/chrome/chrome",
            "/opt/google/chrome/chrome\n--headless");
    env_tree_process(&w->tree, 403, "chromedriver", "/usr/bin/chromedriver", "");
    env_tree_process(&w->tree, 404, "openvpn", "/usr/sbin/openvpn", "");
    env_tree_file(&w->tree, "/proc/405/status", "Name:\tvictim\nTracerPid:\t400\n");
    look(w);
    check(w, "meddlers", PROBE_ATTENTION, "web traffic: mitmdump");
    check(w, "meddlers", PROBE_ATTENTION, "from afar: anydesk");
    check(w, "automation", PROBE_ATTENTION, "chrome --headless, chromedriver");
    check(w, "other-browsers", PROBE_ATTENTION, "chrome");
    check(w, "vpn", PROBE_ATTENTION, "openvpn");
    check(w, "debuggers", PROBE_ATTENTION, "victim");
    assert_true(has_fact(w, "processes", "\"python3 /usr/bin/mitmdump\""));
    check(w, "processes", PROBE_OK, "Of 1, of other accounts");
}

static void programs_that_listen_are_found_by_their_sockets(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_process(&w->tree, 500, "sshd", "/usr/sbin/sshd", "");
    env_tree_link(&w->tree, "/proc/500/fd/3", "socket:[4242]");
    env_tree_file(&w->tree, "/proc/net/tcp",
            "  sl  local_address rem_address st\n"
            "   0: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 4242 1\n"
            "   1: 0100007F:0277 00000000:0000 0A 0:0 00:0 0 0 0 77 1\n"
            "   2: 020200C0:C000 01010101:01BB 01 0:0 00:0 0 0 0 78 1\n"
            "   3: zz:0016 x");
    env_tree_file(&w->tree, "/proc/net/tcp6",
            "  sl\n   0: 00000000000000000000000001000000:1F90 "
            "00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 79 1\n");
    look(w);
    check(w, "listening", PROBE_ATTENTION, "other computers: tcp 0.0.0.0:22 sshd.");
    assert_true(has_fact(w, "listening", "\"address\":\"tcp 127.0.0.1:631\",\"program\":null"));
    assert_true(has_fact(w, "listening", "\"address\":\"tcp [::1]:8080\""));
    assert_false(has_fact(w, "listening", "192.0.2.2"));
}

static void settings_that_forbid_namespaces_are_named(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/proc/sys/user/max_user_namespaces", "0\n");
    look(w);
    check(w, "namespaces", PROBE_ATTENTION, "user.max_user_namespaces = 0");
    env_tree_file(&w->tree, "/proc/sys/user/max_user_namespaces", "15000\n");
    env_tree_file(&w->tree, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    look(w);
    check(w, "namespaces", PROBE_ATTENTION, "AppArmor");
    env_tree_file(&w->tree, "/proc/sys/kernel/unprivileged_userns_clone", "0\n");
    look(w);
    check(w, "namespaces", PROBE_ATTENTION, "unprivileged_userns_clone=1");
}

static void virtual_machines_and_containers_are_told(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    env_tree_file(&w->tree, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
    env_tree_file(&w->tree, "/proc/1/cgroup", "0::/docker/abc\n");
    env_tree_file(&w->tree, "/proc/sys/kernel/osrelease", "5.15.90-microsoft-standard-WSL2\n");
    look(w);
    check(w, "virtual", PROBE_ATTENTION, "virtual machine (QEMU/KVM)");
    check(w, "virtual", PROBE_ATTENTION, "container (docker)");
    check(w, "virtual", PROBE_ATTENTION, "WSL");
    env_tree_file(&w->tree, "/proc/self/status", "Uid:\t0\t0\t0\t0\n");
    look(w);
    check(w, "account", PROBE_ATTENTION, "This runs as root");
}

static void ask(struct world *w, const char *const *servers)
{
    const struct environment_setup setup = {.ask_network = true,
            .time_servers = servers,
            .wait_ns = 4 * SECOND,
            .root = w->tree.root};
    struct fault fault = {0};

    environment_clear(&w->env);
    assert_int_equal(environment_look(&setup, &w->env, &fault), STATUS_OK);
}

static void the_clock_is_judged_by_two_servers_at_least(void **state)
{
    struct world *w = *state;
    struct ntp_server a, b, ahead, spoofed;

    env_tree_clean(&w->tree);
    ntp_server_start(&a, NTP_RIGHT);
    ntp_server_start(&b, NTP_RIGHT);
    ntp_server_start(&ahead, NTP_AHEAD);
    ntp_server_start(&spoofed, NTP_SPOOFED);
    ask(w, (const char *const[]){a.name, b.name, NULL});
    check(w, "clock-offset", PROBE_OK, "Compared with independent time servers");
    ask(w, (const char *const[]){a.name, NULL});
    check(w, "clock-offset", PROBE_UNKNOWN, "Only one time server answered");
    ask(w, (const char *const[]){a.name, ahead.name, NULL});
    check(w, "clock-offset", PROBE_ATTENTION, "The time servers disagree");
    ask(w, (const char *const[]){ahead.name, ahead.name, NULL});
    check(w, "clock-offset", PROBE_ATTENTION, "This clock is wrong by more than a second");
    ask(w, (const char *const[]){a.name, b.name, spoofed.name, NULL});
    check(w, "clock-offset", PROBE_ATTENTION, "somebody may be forging time");
    ask(w, (const char *const[]){"127.0.0.1:1", NULL});
    check(w, "clock-offset", PROBE_UNKNOWN, "127.0.0.1:1 (unreachable)");
    ntp_server_stop(&a);
    ntp_server_stop(&b);
    ntp_server_stop(&ahead);
    ntp_server_stop(&spoofed);
}

static void what_is_no_file_does_not_make_it_wait(void **state)
{
    struct world *w = *state;

    env_tree_clean(&w->tree);
    assert_int_equal(remove(env_tree_path(&w->tree, "/etc/hosts")), 0);
    assert_int_equal(mkfifo(env_tree_path(&w->tree, "/etc/hosts"), 0600), 0);
    look(w);
    check(w, "hosts-file", PROBE_UNKNOWN, "not a regular file");
}

static void this_machine_is_looked_at_and_written(void **state)
{
    struct world *w = *state;
    const struct environment_setup setup = {.ask_network = false};
    struct fault fault = {0};
    struct json_value *v;
    struct json j;
    struct buf out;

    assert_int_equal(environment_look(&setup, &w->env, &fault), STATUS_OK);
    assert_true(probe(w, "uptime")->changes && !probe(w, "system")->changes);
    buf_init(&out, 16 << 20);
    json_init(&j, &out);
    environment_write(&w->env, &j);
    assert_int_equal(j.status, STATUS_OK);
    v = json_parse(buf_view(&out), &fault);
    assert_string_equal(json_string_of(json_member(v, "schema")), "exhibit/environment/1");
    assert_string_equal(
            json_string_of(json_member(json_first(json_member(v, "probes")), "id")), "machine");
    json_free(v);
    buf_clear(&out);
}

static void failed_memory_is_told_at_every_step(void **state)
{
    static const char *const nobody[] = {NULL};
    struct world *w = *state;
    const struct environment_setup setup = {.browser = "/usr/lib/chromium/chromium",
            .profile = "/home/wang",
            .time_servers = nobody,
            .root = w->tree.root};

    env_tree_clean(&w->tree);
    for (long n = 1;; n++) {
        struct environment env = {.n = 99};
        struct fault fault = {0};
        enum status status;

        oom_fail_at(n);
        status = environment_look(&setup, &env, &fault);
        if (!oom_happened()) {
            oom_fail_at(0);
            assert_int_equal(status, STATUS_OK);
            environment_clear(&env);
            return;
        }
        oom_fail_at(0);
        assert_int_equal(status, STATUS_NOMEM);
        assert_int_equal(env.n, 99);
        assert_int_equal(fault.status, STATUS_NOMEM);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(a_clean_machine_is_in_order_throughout),
            TEST(a_machine_that_tells_nothing_is_nowhere_in_order),
            TEST(every_probe_has_words_facts_and_a_place),
            TEST(names_answered_by_the_machine_itself_are_shown),
            TEST(a_proxy_is_shown_without_its_password),
            TEST(a_tunnel_over_the_default_route_is_shown),
            TEST(added_authorities_and_written_in_ones_are_shown),
            TEST(a_changed_browser_is_told_from_the_packaged_one),
            TEST(policies_are_read_and_telling_ones_named),
            TEST(extensions_of_a_given_profile_are_listed),
            TEST(programs_that_meddle_trace_or_drive_are_named),
            TEST(programs_that_listen_are_found_by_their_sockets),
            TEST(settings_that_forbid_namespaces_are_named),
            TEST(virtual_machines_and_containers_are_told),
            TEST(the_clock_is_judged_by_two_servers_at_least),
            TEST(what_is_no_file_does_not_make_it_wait),
            TEST(this_machine_is_looked_at_and_written),
            TEST(failed_memory_is_told_at_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
