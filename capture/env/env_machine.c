/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include <utmp.h>

#include "capture/env/env_parts.h"

enum {
    CPUINFO_MOST = 4 << 20,
    UTMP_MOST = 1 << 20,
    USERS_MOST = 256,
    DAY = 86400,
    HOUR = 3600,
    MINUTE = 60,
};

static const char *or_unknown(const char *text)
{
    return text == NULL ? "?" : text;
}

static void look_machine(struct look *l)
{
    struct json *j = look_begin(l, "machine", "machine", "The computer: make, model, processor",
            "计算机：品牌、型号、处理器");
    const char *vendor = look_line(l, "/sys/class/dmi/id/sys_vendor"),
               *model = look_line(l, "/sys/class/dmi/id/product_name");
    struct seen cpus = look_read(l, "/proc/cpuinfo", CPUINFO_MOST);
    struct seen memory = look_read(l, "/proc/meminfo", PARTS_SMALL);
    struct bytes cpu = parts_setting(cpus.text, "model name", ':'),
                 total = parts_setting(memory.text, "MemTotal", ':'), word;
    uint64_t kib = 0;

    if (model == NULL)
        model = look_line(l, "/proc/device-tree/model");
    if (cpu.n == 0)
        cpu = parts_setting(cpus.text, "Model", ':');
    json_string(j, "vendor", vendor);
    json_string(j, "model", model);
    json_string(j, "version", look_line(l, "/sys/class/dmi/id/product_version"));
    json_string(j, "firmware", look_line(l, "/sys/class/dmi/id/bios_version"));
    json_string(j, "processor", cpu.n == 0 ? NULL : look_shown(l, cpu, PARTS_SHOWN));
    if (parts_word(&total, &word) && bytes_decimal(word, &kib))
        json_unsigned(j, "memory_bytes", kib << 10);
    else
        json_null(j, "memory_bytes");
    if (vendor == NULL && model == NULL)
        look_unknown(l,
                "The firmware does not tell make and model (usual in virtual machines): note "
                "them "
                "from the label of the device.",
                "固件未提供品牌和型号（虚拟机中常见），请按设备铭牌记录。");
    else
        look_ok(l, "%s %s.", "%s %s。", or_unknown(vendor), or_unknown(model));
    if (cpu.n != 0 && kib != 0)
        look_also(l, "Processor %s, %llu MiB of memory.", "处理器 %s，内存 %llu MiB。",
                look_shown(l, cpu, PARTS_SHOWN), (unsigned long long)(kib >> 10));
    else
        look_unknown(l, "Processor or memory could not be read.", "未能读取处理器或内存信息。");
    look_end(l);
}

static void look_system(struct look *l)
{
    struct json *j =
            look_begin(l, "machine", "system", "Operating system and kernel", "操作系统与内核");
    struct seen release = look_read(l, "/etc/os-release", PARTS_SMALL);
    struct bytes name;
    const char *kernel = look_line(l, "/proc/sys/kernel/osrelease"), *system;

    if (release.error != 0)
        release = look_read(l, "/usr/lib/os-release", PARTS_SMALL);
    name = parts_setting(release.text, "PRETTY_NAME", '=');
    system = name.n == 0 ? NULL : look_shown(l, name, PARTS_SHOWN);
    json_string(j, "system", system);
    json_string(j, "kernel", kernel);
    json_string(j, "build", look_line(l, "/proc/version"));
    json_string(j, "boot_id", look_line(l, "/proc/sys/kernel/random/boot_id"));
    json_string(j, "host_name", look_line(l, "/proc/sys/kernel/hostname"));
    if (system == NULL)
        look_unread(l, "/etc/os-release", release.error);
    if (kernel == NULL)
        look_unknown(l, "The kernel's version could not be read.", "未能读取内核版本。");
    if (system != NULL && kernel != NULL)
        look_ok(l, "%s, Linux %s.", "%s，Linux %s。", system, kernel);
    look_end(l);
}

/* What the firmware calls itself where there is no hardware of its own. */
static const char *maker_of_machines(struct bytes text)
{
    static const char *const known[][2] = {{"QEMU", "QEMU/KVM"}, {"KVM", "KVM"},
            {"VMware", "VMware"}, {"VirtualBox", "VirtualBox"}, {"innotek", "VirtualBox"},
            {"Virtual Machine", "Hyper-V"}, {"Xen", "Xen"}, {"Bochs", "Bochs"},
            {"Parallels", "Parallels"}, {"bhyve", "bhyve"}, {"Amazon EC2", "Amazon EC2"},
            {"Google Compute", "Google Compute Engine"}, {"Alibaba Cloud", "Alibaba Cloud"},
            {"Tencent Cloud", "Tencent Cloud"}, {"OpenStack", "OpenStack"}};
    size_t at;

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (bytes_find(text, bytes_text(known[i][0]), 0, &at))
            return known[i][1];
    }
    return NULL;
}

static const char *container_of(struct look *l)
{
    static const char *const marks[] = {
            "docker", "kubepods", "containerd", "libpod", "lxc", "machine.slice"};
    struct seen groups = look_scan(l, "/proc/1/cgroup", PARTS_SMALL);
    size_t at;

    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (bytes_find(groups.text, bytes_text(marks[i]), 0, &at))
            return marks[i];
    }
    if (look_exists(l, "/run/.containerenv"))
        return "podman";
    if (look_exists(l, "/.dockerenv"))
        return "docker";
    if (look_exists(l, "/run/systemd/container"))
        return or_unknown(look_line(l, "/run/systemd/container"));
    return NULL;
}

/* CPUID leaf 1, ECX bit 31: "hypervisor" among the flags. */
static bool has_flag(struct bytes flags, const char *flag)
{
    struct bytes word;

    while (parts_word(&flags, &word)) {
        if (bytes_is(word, flag))
            return true;
    }
    return false;
}

static const char *machine_of(struct look *l, bool *flags_known, bool *under)
{
    static const char *const files[] = {"/sys/class/dmi/id/sys_vendor",
            "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/board_vendor",
            "/sys/hypervisor/type"};
    struct seen cpus = look_read(l, "/proc/cpuinfo", CPUINFO_MOST);
    struct bytes flags = parts_setting(cpus.text, "flags", ':');
    const char *found = NULL;

    for (size_t i = 0; found == NULL && i < sizeof(files) / sizeof(*files); i++) {
        const char *line = look_line(l, files[i]);

        found = line == NULL ? NULL : maker_of_machines(bytes_text(line));
    }
    if (found == NULL && look_exists(l, "/sys/hypervisor/type"))
        found = "Xen";
    *flags_known = flags.n != 0;
    *under = has_flag(flags, "hypervisor");
    return found;
}

static void look_virtual(struct look *l)
{
    struct json *j = look_begin(l, "machine", "virtual", "Real machine, or a virtual one",
            "真实计算机还是虚拟环境");
    bool flags_known, under, wsl;
    const char *machine = machine_of(l, &flags_known, &under), *container = container_of(l);
    const char *kernel = look_line(l, "/proc/sys/kernel/osrelease");
    size_t at;

    wsl = kernel != NULL &&
          (bytes_find(bytes_text(kernel), BYTES_LITERAL("microsoft"), 0, &at) ||
                  bytes_find(bytes_text(kernel), BYTES_LITERAL("WSL"), 0, &at));
    json_string(j, "virtual_machine", machine);
    json_bool(j, "hypervisor_flag", under);
    json_string(j, "container", container);
    json_bool(j, "wsl", wsl);
    if (machine != NULL || under)
        look_attention(l,
                "This is a virtual machine (%s): whoever runs its host can see and change what "
                "happens here. Note where the host stands and who runs it, or record on a real "
                "computer.",
                "这是虚拟机（%s）：控制宿主机的人能够看到并改变此处发生的事。请记录宿主机的"
                "位置和控制者，或改用真实计算机。",
                machine == NULL ? "hypervisor" : machine);
    if (container != NULL)
        look_attention(l,
                "This is a container (%s): programs outside it are not visible to this check.",
                "这是容器（%s）：容器之外的程序不在本次检查的可见范围内。", container);
    if (wsl)
        look_attention(l,
                "This is Linux inside Windows (WSL): Windows sees and carries all traffic, and "
                "was not checked.",
                "这是 Windows 中的 Linux（WSL）：全部流量都经过 Windows，而 Windows "
                "未经检查。");
    if (machine == NULL && !under && container == NULL && !wsl) {
        if (flags_known)
            look_ok(l, "No sign of a virtual machine, a container or WSL.",
                    "未见虚拟机、容器或 WSL 的迹象。");
        else
            look_unknown(l,
                    "Neither firmware nor processor say whether this is a virtual machine.",
                    "固件和处理器均未说明是否为虚拟机。");
    }
    look_end(l);
}

static void look_uptime(struct look *l)
{
    struct json *j =
            look_begin(l, "machine", "uptime", "How long it has been running", "已运行时间");
    const char *line = look_line(l, "/proc/uptime");
    struct bytes text = bytes_text(line), whole;
    uint64_t s;

    look_changes(l);
    if (bytes_take_until(&text, '.', &whole) && bytes_decimal(whole, &s)) {
        json_unsigned(j, "seconds", s);
        look_ok(l, "Started %llu d %llu h %llu min ago.",
                "已启动 %llu 天 %llu 小时 %llu 分钟。", (unsigned long long)(s / DAY),
                (unsigned long long)(s % DAY / HOUR), (unsigned long long)(s % HOUR / MINUTE));
    } else {
        json_null(j, "seconds");
        look_unknown(l, "/proc/uptime could not be read.", "未能读取 /proc/uptime。");
    }
    look_end(l);
}

struct users {
    const char *names[USERS_MOST];
    size_t n;
    bool remote;
};

static void add_user(struct look *l, struct users *u, struct bytes name)
{
    const char *shown = look_shown(l, name, PARTS_SHOWN);

    for (size_t i = 0; i < u->n; i++) {
        if (strcmp(u->names[i], shown) == 0)
            return;
    }
    if (u->n < USERS_MOST)
        u->names[u->n++] = shown;
}

/* Records of utmp(5); what is cut short at the end is left out. */
static bool users_of_utmp(struct look *l, struct users *u)
{
    struct seen s = look_read(l, "/run/utmp", UTMP_MOST);
    struct bytes record;

    if (s.error != 0)
        return false;
    while (bytes_take(&s.text, sizeof(struct utmp), &record)) {
        struct utmp entry;

        memcpy(&entry, record.p, sizeof(entry));
        if (entry.ut_type != USER_PROCESS)
            continue;
        add_user(l, u, bytes_of(entry.ut_user, strnlen(entry.ut_user, sizeof(entry.ut_user))));
        u->remote = u->remote || entry.ut_addr_v6[0] != 0 || entry.ut_addr_v6[3] != 0;
    }
    return true;
}

/* sd-login(3): one file of NAME=VALUE a session. */
static bool users_of_sessions(struct look *l, struct users *u)
{
    struct names sessions = look_names(l, "/run/systemd/sessions");

    if (sessions.error != 0)
        return false;
    for (size_t i = 0; i < sessions.n && i < USERS_MOST; i++) {
        struct seen s = look_read(
                l, look_print(l, "/run/systemd/sessions/%s", sessions.at[i]), PARTS_SMALL);
        struct bytes name = parts_setting(s.text, "USER", '=');

        if (s.error != 0 || name.n == 0 ||
                !bytes_is(parts_setting(s.text, "CLASS", '='), "user"))
            continue;
        add_user(l, u, name);
        u->remote = u->remote || bytes_is(parts_setting(s.text, "REMOTE", '='), "1");
    }
    return true;
}

static void look_users(struct look *l)
{
    struct json *j = look_begin(l, "machine", "users", "People logged in", "已登录的用户");
    struct users u = {0};
    struct listing list = {0};
    bool utmp = users_of_utmp(l, &u), sessions = users_of_sessions(l, &u);

    json_array(j, "users");
    for (size_t i = 0; i < u.n; i++) {
        json_string(j, NULL, u.names[i]);
        listing_add(&list, u.names[i]);
    }
    json_end(j);
    json_bool(j, "from_elsewhere", u.remote);
    if (!utmp && !sessions)
        look_unknown(l, "The system keeps no list of log-ins that can be read.",
                "系统没有可读取的登录记录。");
    else if (u.remote)
        look_attention(l,
                "Somebody is logged in from another computer (%s): end that, or note who it "
                "is.",
                "有人从其他计算机登录（%s）：请断开，或记录其身份。", listing_text(&list));
    else if (u.n > 1)
        look_attention(l, "More than one person is logged in: %s. Note why.",
                "登录的不止一人：%s。请记录原因。", listing_text(&list));
    else if (u.n == 0)
        look_ok(l, "No log-in is on record.", "没有登录记录。");
    else
        look_ok(l, "Logged in: %s.", "已登录：%s。", listing_text(&list));
    look_end(l);
}

static void look_account(struct look *l)
{
    struct json *j = look_begin(
            l, "machine", "account", "The account exhibit runs under", "运行本程序的账户");
    uint64_t uid = 0;
    struct seen s = look_read(l, "/proc/self/status", PARTS_SMALL);
    struct bytes ids = parts_setting(s.text, "Uid", ':'), word;

    if (!parts_word(&ids, &word) || !bytes_decimal(word, &uid)) {
        look_unread(l, "/proc/self/status", s.error);
    } else {
        json_unsigned(j, "uid", uid);
        json_bool(j, "root", uid == 0);
        if (uid == 0)
            look_attention(l,
                    "This runs as root. Recording needs no such rights; run it from an "
                    "ordinary "
                    "account, so that nobody can say the system was changed.",
                    "当前以 root 身份运行。记录不需要此权限；请改用普通账户，以免被质疑系统"
                    "曾被更改。");
        else
            look_ok(l, "An ordinary account (number %llu).", "普通账户（编号 %llu）。",
                    (unsigned long long)uid);
    }
    look_end(l);
}

void env_machine(struct look *l)
{
    look_machine(l);
    look_system(l);
    look_virtual(l);
    look_uptime(l);
    look_users(l);
    look_account(l);
}
