/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/env/env_parts.h"

/* Whether this machine can capture, and how well. */

enum { MAPS_MOST = 4 << 20, MIB_SHIFT = 20, TRIAL_OTHER = 255 };

#define PROGRAM_MOST (UINT64_C(1) << 30)
#define FREE_LEAST (UINT64_C(2) << 30) /* below this a day's browsing may not fit */

/* "libpcap.so.1.10.3" among what is mapped into us. */
static void look_library(struct look *l)
{
    struct json *j = look_begin(l, "capture", "capture-library",
            "The library that captures packets", "数据包捕获库");
    struct seen s = look_read(l, "/proc/self/maps", MAPS_MOST);
    struct bytes text = s.text;
    const char *name = NULL;
    size_t at, end;

    if (bytes_find(text, BYTES_LITERAL("/libpcap.so"), 0, &at)) {
        for (end = at; end < text.n && text.p[end] != '\n';)
            end++;
        name = look_shown(l, bytes_slice(text, at + 1, end), PARTS_SHOWN);
    }
    json_string(j, "libpcap", name);
    if (s.error != 0)
        look_unread(l, "/proc/self/maps", s.error);
    else if (name == NULL)
        look_unknown(l, "libpcap is not a shared library here; its version is not told.",
                "此处 libpcap 不是共享库，版本未知。");
    else
        look_ok(l, "%s.", "%s。", name);
    look_end(l);
}

/* In a child: new namespaces, and one act that needs rights inside them. Distributions allow
 * the first and forbid the second (AppArmor), so both are tried. Nothing outside changes. */
static int trial(void)
{
    struct ifreq lo = {.ifr_name = "lo"};
    int fd;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return errno;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &lo) != 0)
        return errno;
    lo.ifr_flags = (short)(lo.ifr_flags | IFF_UP);
    return ioctl(fd, SIOCSIFFLAGS, &lo) == 0 ? 0 : errno;
}

static int try_namespaces(void)
{
    int said = 0;
    pid_t child = fork();

    if (child == 0) {
        said = trial();
        _exit(said < 0 || said > TRIAL_OTHER ? TRIAL_OTHER : said);
    }
    if (child < 0)
        return errno;
    while (waitpid(child, &said, 0) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return WIFEXITED(said) ? WEXITSTATUS(said) : TRIAL_OTHER;
}

static bool is_value(const char *text, const char *value)
{
    return text != NULL && strcmp(text, value) == 0;
}

static void say_namespaces(
        struct look *l, int error, const char *most, const char *clone, const char *apparmor)
{
    if (error == 0)
        look_ok(l, "Allowed: the browser can be given a network of its own, without root.",
                "允许：无需 root 即可为浏览器建立独立的网络。");
    else if (is_value(most, "0"))
        look_attention(l,
                "Forbidden by user.max_user_namespaces = 0. Ask the administrator: "
                "sysctl user.max_user_namespaces=15000; or record with --isolate=none.",
                "被 user.max_user_namespaces = 0 禁止。请管理员执行 sysctl "
                "user.max_user_namespaces=15000，或使用 --isolate=none 记录。");
    else if (is_value(clone, "0"))
        look_attention(l,
                "Forbidden by kernel.unprivileged_userns_clone = 0. Ask the administrator: "
                "sysctl kernel.unprivileged_userns_clone=1; or record with --isolate=none.",
                "被 kernel.unprivileged_userns_clone = 0 禁止。请管理员执行 sysctl "
                "kernel.unprivileged_userns_clone=1，或使用 --isolate=none 记录。");
    else if (is_value(apparmor, "1"))
        look_attention(l,
                "Forbidden by AppArmor (kernel.apparmor_restrict_unprivileged_userns = 1). Ask "
                "the administrator for a profile that allows userns to exhibit, or for the "
                "setting to be 0; or record with --isolate=none.",
                "被 AppArmor 禁止（kernel.apparmor_restrict_unprivileged_userns = 1）。请管理员"
                "为 exhibit 添加允许 userns 的配置或将该项设为 0，或使用 --isolate=none "
                "记录。");
    else
        look_attention(l,
                "The kernel refuses (error %d), as it does inside many containers: record with "
                "--isolate=none, or on another machine.",
                "内核拒绝（错误 %d），许多容器中如此：请使用 --isolate=none 记录，或改用其他"
                "计算机。",
                error);
}

static void look_namespaces(struct look *l)
{
    struct json *j = look_begin(l, "capture", "namespaces",
            "A network of the browser's own, without root", "无需 root 的浏览器独立网络");
    const char *most = look_line(l, "/proc/sys/user/max_user_namespaces"),
               *clone = look_line(l, "/proc/sys/kernel/unprivileged_userns_clone"),
               *apparmor =
                       look_line(l, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    int error = l->live ? try_namespaces() : 0;

    json_string(j, "max_user_namespaces", most);
    json_string(j, "unprivileged_userns_clone", clone);
    json_string(j, "apparmor_restrict_unprivileged_userns", apparmor);
    if (l->live)
        json_bool(j, "works", error == 0);
    else
        json_null(j, "works");
    if (l->live)
        say_namespaces(l, error, most, clone, apparmor);
    else if (is_value(most, "0") || is_value(clone, "0") || is_value(apparmor, "1"))
        say_namespaces(l, EPERM, most, clone, apparmor);
    else
        look_unknown(l, "Not tried.", "未尝试。");
    look_end(l);
}

static const char *find_program(struct look *l, const char *name)
{
    static const char *const places[] = {"/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin"};

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        const char *path = look_print(l, "%s/%s", places[i], name);

        if (look_exists(l, path))
            return path;
    }
    return NULL;
}

static void look_joiners(struct look *l)
{
    static const struct {
        const char *program, *package;
    } known[] = {{"slirp4netns", "slirp4netns"}, {"pasta", "passt"}};
    struct json *j = look_begin(l, "capture", "joiner",
            "The program that joins that network to the outside", "将该网络与外部相连的程序");
    struct listing list = {0};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const char *path = find_program(l, known[i].program), *version = NULL;

        json_object(j, known[i].program);
        json_string(j, "path", path);
        if (path != NULL)
            version = env_package_version(l, known[i].package);
        json_string(j, "version", version);
        json_end(j);
        if (path != NULL)
            listing_add(&list,
                    look_print(l, "%s %s", known[i].program, version == NULL ? "?" : version));
    }
    if (list.n != 0)
        look_ok(l, "Installed: %s.", "已安装：%s。", listing_text(&list));
    else
        look_attention(l,
                "Neither slirp4netns nor pasta is installed. Install one: "
                "sudo apt-get install slirp4netns.",
                "slirp4netns 和 pasta 均未安装。请安装其一：sudo apt-get install "
                "slirp4netns。");
    look_end(l);
}

static void look_tun(struct look *l)
{
    struct json *j = look_begin(l, "capture", "tun", "The device that it needs (/dev/net/tun)",
            "所需的设备（/dev/net/tun）");
    const char *path = look_path(l, "/dev/net/tun");
    int error;

    /* Asked for, not opened: opening it may load a module. */
    error = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 ? 0 : errno;
    json_bool(j, "usable", error == 0);
    if (error == 0)
        look_ok(l, "There, and this account may open it.", "存在，且此账户可以打开。");
    else if (error == ENOENT)
        look_attention(l, "Missing. Ask the administrator: modprobe tun.",
                "不存在。请管理员执行 modprobe tun。");
    else
        look_attention(l,
                "This account may not open it. Ask the administrator: chmod 666 /dev/net/tun "
                "(what most distributions have).",
                "此账户无权打开。请管理员执行 chmod 666 "
                "/dev/net/tun（多数发行版的默认设置）。");
    look_end(l);
}

/* One of the old questions of ethtool(8); 1, 0, or -1 when the device does not say. */
static int ask_device(int fd, const char *device, uint32_t what)
{
    struct ethtool_value value = {.cmd = what};
    struct ifreq request = {0};

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
    request.ifr_data = (void *)&value;
    return ioctl(fd, SIOCETHTOOL, &request) == 0 ? value.data != 0 : -1;
}

static void look_offload(struct look *l, const char *device)
{
    static const struct {
        const char *name;
        uint32_t what;
    } known[] = {{"rx-checksum", ETHTOOL_GRXCSUM}, {"tx-checksum", ETHTOOL_GTXCSUM},
            {"tso", ETHTOOL_GTSO}, {"gso", ETHTOOL_GGSO}, {"gro", ETHTOOL_GGRO}};
    struct json *j = look_begin(l, "capture", "offload",
            "Work that the network card does for the system", "由网卡代为处理的工作");
    int fd = l->live && device != NULL ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    struct listing on = {0};
    size_t told = 0;

    json_string(j, "interface", device);
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        int is = fd < 0 ? -1 : ask_device(fd, device, known[i].what);

        if (is < 0)
            json_null(j, known[i].name);
        else
            json_bool(j, known[i].name, is == 1);
        told += is >= 0;
        if (is == 1)
            listing_add(&on, known[i].name);
    }
    if (fd >= 0)
        (void)close(fd);
    if (device == NULL)
        look_unknown(l, "No interface was named.", "未指定网络接口。");
    else if (told == 0)
        look_unknown(l, "%s does not tell.", "%s 未提供。", device);
    else if (on.n != 0)
        look_ok(l,
                "On for %s: %s. Packets that this machine sends may then show as larger than "
                "the "
                "wire carries and with checksums not yet filled in: that is usual and no sign "
                "of tampering.",
                "%s 已启用：%s。因此本机发出的数据包在捕获中可能大于线路实际长度，校验和也可能"
                "尚未填写：属正常现象，并非篡改迹象。",
                device, listing_text(&on));
    else
        look_ok(l, "None on %s.", "%s 未启用。", device);
    look_end(l);
}

static void look_drops(struct look *l, const char *device)
{
    static const char *const counters[] = {"rx_packets", "tx_packets", "rx_dropped",
            "tx_dropped", "rx_errors", "rx_missed_errors", "rx_over_errors"};
    struct json *j = look_begin(l, "capture", "interface-counters",
            "Packets that the interface lost since start-up", "网络接口自启动以来丢失的数据包");
    uint64_t lost = 0;
    size_t told = 0;

    look_changes(l);
    json_string(j, "interface", device);
    for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
        const char *line =
                device == NULL || strchr(device, '/') != NULL
                        ? NULL
                        : look_line(l, look_print(l, "/sys/class/net/%s/statistics/%s", device,
                                               counters[i]));
        uint64_t n;

        if (line == NULL || !bytes_decimal(bytes_text(line), &n)) {
            json_null(j, counters[i]);
            continue;
        }
        json_unsigned(j, counters[i], n);
        told++;
        lost += i >= 2 ? n : 0;
    }
    if (told == 0)
        look_unknown(l, "The counters could not be read.", "未能读取计数。");
    else if (lost != 0)
        look_ok(l,
                "%s counted %llu lost or damaged packets since it was switched on; what "
                "matters "
                "is whether the number grows while recording.",
                "%s 自启用以来计有 %llu 个丢失或损坏的数据包；关键在于记录期间该数是否增加。",
                device, (unsigned long long)lost);
    else
        look_ok(l, "%s counted none.", "%s 计数为零。", device);
    look_end(l);
}

static void look_disk(struct look *l)
{
    struct json *j = look_begin(l, "capture", "disk", "Room on the disk", "磁盘空间");
    const char *home = look_home(l);
    const char *const places[] = {".", home, "/tmp"};
    uint64_t least = UINT64_MAX;

    look_changes(l);
    json_array(j, "places");
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        const char *path = i == 0 && l->live ? "." : look_path(l, i == 0 ? "/" : places[i]);
        struct statvfs s;
        uint64_t room;

        if (places[i][0] == '\0' || statvfs(path, &s) != 0)
            continue;
        room = (uint64_t)s.f_bavail * s.f_frsize;
        json_object(j, NULL);
        json_string(j, "path", places[i]);
        json_unsigned(j, "free_bytes", room);
        json_end(j);
        least = i == 0 || room < least ? room : least;
    }
    json_end(j);
    if (least == UINT64_MAX)
        look_unknown(l, "The system did not tell.", "系统未提供。");
    else if (least < FREE_LEAST)
        look_attention(l,
                "Only %llu MiB are free: a recording needs about 100 MiB for an hour of "
                "reading "
                "and far more with videos. Make room, or write elsewhere with -o.",
                "仅剩 %llu MiB：阅读网页一小时约需 100 "
                "MiB，观看视频则远多于此。请腾出空间，或用 "
                "-o 写到别处。",
                (unsigned long long)(least >> MIB_SHIFT));
    else
        look_ok(l, "%llu MiB are free.", "可用 %llu MiB。",
                (unsigned long long)(least >> MIB_SHIFT));
    look_end(l);
}

static void look_resolution(struct look *l)
{
    struct json *j = look_begin(
            l, "capture", "clock-resolution", "How finely time is measured", "计时精度");
    const char *source =
            look_line(l, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    struct timespec t;
    bool known = clock_getres(CLOCK_REALTIME, &t) == 0;

    json_string(j, "source", source);
    if (known)
        json_integer(j, "resolution_ns", (int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
    else
        json_null(j, "resolution_ns");
    if (!known)
        look_unknown(l, "The kernel did not tell.", "内核未提供。");
    else if (t.tv_sec != 0 || t.tv_nsec > 1000000)
        look_attention(l,
                "Only to %ld ms: the order of packets close together is that of the capture, "
                "not "
                "of their times.",
                "仅精确到 %ld 毫秒：相近数据包的先后以捕获顺序为准，而非时间。",
                t.tv_nsec / 1000000);
    else
        look_ok(l, "To %ld ns (%s).", "精确到 %ld 纳秒（%s）。", t.tv_nsec,
                source == NULL ? "?" : source);
    look_end(l);
}

static void look_self(struct look *l)
{
    struct json *j = look_begin(l, "capture", "exhibit", "This program itself", "本程序自身");
    const char *path = look_link(l, "/proc/self/exe");
    char sha256[SHA256_TEXT];
    int error = 0;

    json_string(j, "version", EXHIBIT_VERSION);
    json_string(j, "path", path);
    if (look_digest(l, "/proc/self/exe", PROGRAM_MOST, sha256, NULL, &error)) {
        json_string(j, "sha256", sha256);
        look_ok(l, "exhibit %s, SHA-256 %s.", "exhibit %s，SHA-256 %s。", EXHIBIT_VERSION,
                sha256);
    } else {
        json_null(j, "sha256");
        look_unread(l, "/proc/self/exe", error);
    }
    look_end(l);
}

void env_capture(struct look *l, const char *way_out)
{
    const char *device = l->setup->device == NULL ? way_out : l->setup->device;

    look_library(l);
    look_namespaces(l);
    look_joiners(l);
    look_tun(l);
    look_offload(l, device);
    look_drops(l, device);
    look_disk(l);
    look_resolution(l);
    look_self(l);
}
