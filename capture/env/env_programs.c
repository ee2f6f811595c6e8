/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "capture/env/env_parts.h"

enum {
    PROCESSES_MOST = 4096,
    PATH_TEXT = 512,
};

static void read_status(struct look *l, struct process *p)
{
    struct seen s = look_scan(l, look_print(l, "/proc/%s/status", p->pid), PARTS_SMALL);
    struct bytes parent = parts_setting(s.text, "PPid", ':'),
                 tracer = parts_setting(s.text, "TracerPid", ':');

    p->name = look_shown(l, parts_setting(s.text, "Name", ':'), PARTS_SHOWN);
    if (!bytes_decimal(parent, &p->parent))
        p->parent = 0;
    if (!bytes_decimal(tracer, &p->tracer))
        p->tracer = 0;
}

void env_processes_look(struct look *l, struct processes *out)
{
    struct names all = look_names(l, "/proc");

    *out = (struct processes){.error = all.error, .cut = all.cut};
    if (all.error != 0 || all.n == 0)
        return;
    out->at = arena_array(l->out->arena, all.n, sizeof(*out->at));
    if (out->at == NULL) {
        l->status = STATUS_NOMEM;
        return;
    }
    for (size_t i = 0; i < all.n; i++) {
        struct process *p = &out->at[out->n];

        if (!parts_is_pid(all.at[i]))
            continue;
        if (out->n == PROCESSES_MOST) {
            out->cut = true;
            return;
        }
        *p = (struct process){.pid = all.at[i]};
        read_status(l, p);
        if (p->name[0] == '\0')
            continue; /* over already */
        p->exe = look_link(l, look_print(l, "/proc/%s/exe", p->pid));
        /* kthreadd is process 2, and the parent of all threads of the kernel. */
        p->kernel = p->exe == NULL && (p->parent == 2 || strcmp(p->pid, "2") == 0);
        out->hidden += p->exe == NULL && !p->kernel;
        out->n++;
    }
}

bool env_process_is(const struct process *p, const char *name)
{
    const char *file = p->exe == NULL ? NULL : strrchr(p->exe, '/');

    /* A process may call itself as it likes; its file says more, where it may be read. */
    return strcmp(p->name, name) == 0 || (file != NULL && strcmp(file + 1, name) == 0);
}

static void look_processes(struct look *l, const struct processes *running)
{
    struct json *j =
            look_begin(l, "programs", "processes", "Programs that run", "正在运行的程序");
    size_t n = 0;

    look_changes(l);
    json_array(j, "processes");
    for (size_t i = 0; i < running->n; i++) {
        const struct process *p = &running->at[i];

        if (p->kernel)
            continue;
        n++;
        /* A text, not an object with the number: two looks are compared by what ran. */
        if (p->exe == NULL)
            json_string(j, NULL, p->name);
        else
            json_string(j, NULL, look_print(l, "%s %s", p->name, p->exe));
    }
    json_end(j);
    json_unsigned(j, "hidden", running->hidden);
    json_bool(j, "cut", running->cut);
    if (running->error != 0) {
        look_unread(l, "/proc", running->error);
        look_end(l);
        return;
    }
    look_ok(l,
            "%zu programs run; their names and files are in the record, their command lines "
            "are "
            "not (they may hold passwords).",
            "正在运行 %zu 个程序；已记录其名称和文件，未记录命令行（其中可能含有密码）。", n);
    if (running->hidden != 0)
        look_also(l, "Of %zu, of other accounts, only the name can be seen.",
                "其中 %zu 个属于其他账户，仅能看到名称。", running->hidden);
    if (running->cut)
        look_unknown(l, "There are more than are listed.", "另有程序未列出。");
    look_end(l);
}

static void look_tracers(struct look *l, const struct processes *running)
{
    struct json *j =
            look_begin(l, "programs", "debuggers", "Debuggers and tracers", "调试与跟踪程序");
    struct listing list = {0};

    json_array(j, "traced");
    for (size_t i = 0; i < running->n; i++) {
        const struct process *p = &running->at[i];

        if (p->tracer == 0)
            continue;
        json_string(j, NULL, p->name);
        listing_add(&list, p->name);
    }
    json_end(j);
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    else if (list.n != 0)
        look_attention(l,
                "These programs are being traced by another one: %s. A tracer can change what "
                "a "
                "program does; end it.",
                "以下程序正被其他程序跟踪：%s。跟踪者可以改变程序的行为，请将其结束。",
                listing_text(&list));
    else
        look_ok(l, "No program is being traced by a debugger.", "没有程序正被调试器跟踪。");
    look_end(l);
}

enum meddling { MEDDLE_TRAFFIC, MEDDLE_REMOTE };

static const struct {
    const char *name;
    enum meddling how;
} meddlers[] = {
        {"mitmproxy", MEDDLE_TRAFFIC},
        {"mitmdump", MEDDLE_TRAFFIC},
        {"mitmweb", MEDDLE_TRAFFIC},
        {"charles", MEDDLE_TRAFFIC},
        {"Charles", MEDDLE_TRAFFIC},
        {"Fiddler", MEDDLE_TRAFFIC},
        {"fiddler", MEDDLE_TRAFFIC},
        {"fiddler-everywhere", MEDDLE_TRAFFIC},
        {"BurpSuitePro", MEDDLE_TRAFFIC},
        {"BurpSuiteCommunity", MEDDLE_TRAFFIC},
        {"burpsuite", MEDDLE_TRAFFIC},
        {"zaproxy", MEDDLE_TRAFFIC},
        {"proxyman", MEDDLE_TRAFFIC},
        {"bettercap", MEDDLE_TRAFFIC},
        {"ettercap", MEDDLE_TRAFFIC},
        {"sslsplit", MEDDLE_TRAFFIC},
        {"squid", MEDDLE_TRAFFIC},
        {"privoxy", MEDDLE_TRAFFIC},
        {"tinyproxy", MEDDLE_TRAFFIC},
        {"AdGuard", MEDDLE_TRAFFIC},
        {"adguard-cli", MEDDLE_TRAFFIC},
        {"AdGuardHome", MEDDLE_TRAFFIC},
        {"pihole-FTL", MEDDLE_TRAFFIC},
        {"esets_daemon", MEDDLE_TRAFFIC},
        {"oaeventd", MEDDLE_TRAFFIC},
        {"kesl", MEDDLE_TRAFFIC},
        {"wdavdaemon", MEDDLE_TRAFFIC},
        {"sophos_av", MEDDLE_TRAFFIC},
        {"zscaler", MEDDLE_TRAFFIC},
        {"zstunnel", MEDDLE_TRAFFIC},
        {"stAgentSvc", MEDDLE_TRAFFIC},
        {"clash", MEDDLE_TRAFFIC},
        {"mihomo", MEDDLE_TRAFFIC},
        {"v2ray", MEDDLE_TRAFFIC},
        {"xray", MEDDLE_TRAFFIC},
        {"sing-box", MEDDLE_TRAFFIC},
        {"ss-local", MEDDLE_TRAFFIC},
        {"redsocks", MEDDLE_TRAFFIC},
        {"teamviewerd", MEDDLE_REMOTE},
        {"TeamViewer", MEDDLE_REMOTE},
        {"anydesk", MEDDLE_REMOTE},
        {"rustdesk", MEDDLE_REMOTE},
        {"todesk", MEDDLE_REMOTE},
        {"ToDesk_Service", MEDDLE_REMOTE},
        {"sunloginclient", MEDDLE_REMOTE},
        {"x11vnc", MEDDLE_REMOTE},
        {"Xvnc", MEDDLE_REMOTE},
        {"Xtigervnc", MEDDLE_REMOTE},
        {"vino-server", MEDDLE_REMOTE},
        {"wayvnc", MEDDLE_REMOTE},
        {"xrdp", MEDDLE_REMOTE},
        {"gnome-remote-desktop-daemon", MEDDLE_REMOTE},
        {"gnome-remote-de", MEDDLE_REMOTE},
        {"nxserver.bin", MEDDLE_REMOTE},
};

static void look_meddlers(struct look *l, const struct processes *running)
{
    struct json *j = look_begin(l, "programs", "meddlers",
            "Programs known to change traffic or to control from afar",
            "已知会改动流量或用于远程控制的程序");
    struct listing traffic = {0}, remote = {0};

    json_array(j, "found");
    for (size_t i = 0; i < running->n; i++) {
        for (size_t k = 0; k < sizeof(meddlers) / sizeof(*meddlers); k++) {
            if (!env_process_is(&running->at[i], meddlers[k].name))
                continue;
            json_string(j, NULL, meddlers[k].name);
            listing_add(
                    meddlers[k].how == MEDDLE_TRAFFIC ? &traffic : &remote, meddlers[k].name);
            break;
        }
    }
    json_end(j);
    if (traffic.n != 0)
        look_attention(l,
                "Running, and able to read or change web traffic: %s. End it before recording, "
                "or the other side will say that it made the evidence.",
                "正在运行且能够读取或改动网页流量：%s。请在记录前结束，否则对方会主张证据由其"
                "产生。",
                listing_text(&traffic));
    if (remote.n != 0)
        look_attention(l, "Running, and made to control a computer from afar: %s. End it.",
                "正在运行且用于远程控制计算机：%s。请将其结束。", listing_text(&remote));
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    else if (traffic.n == 0 && remote.n == 0)
        look_ok(l,
                "None of the %zu that we know by name is running; unknown ones can't be told.",
                "已知名称的 %zu 个程序均未运行；名称未知的程序无法判断。",
                sizeof(meddlers) / sizeof(*meddlers));
    look_end(l);
}

static void look_scanners(struct look *l)
{
    static const char *const known[] = {"/usr/bin/clamscan", "/usr/bin/clamdscan",
            "/usr/sbin/clamd", "/usr/bin/rkhunter", "/usr/sbin/chkrootkit", "/usr/bin/savscan",
            "/opt/kaspersky/kesl/bin/kesl-control", "/usr/bin/mdatp",
            "/opt/eset/efs/bin/odscan"};
    struct json *j =
            look_begin(l, "programs", "malware-scanner", "Malware scanner", "恶意软件扫描程序");
    struct listing list = {0};

    json_array(j, "installed");
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (!look_exists(l, known[i]))
            continue;
        json_string(j, NULL, known[i]);
        listing_add(&list, known[i]);
    }
    json_end(j);
    json_bool(j, "scanned", false);
    if (list.n != 0)
        look_unknown(l,
                "Installed: %s. exhibit has scanned nothing: run it, and keep what it says "
                "with "
                "the case.",
                "已安装：%s。本程序未进行扫描：请自行运行，并将其结果与案卷一并保存。",
                listing_text(&list));
    else
        look_unknown(l,
                "No scanner that we know is installed. Nothing is claimed about malware; where "
                "a "
                "notary asks for a scan, install one (for example clamav) and run it.",
                "未安装已知的扫描程序。对是否存在恶意软件不作任何说明；如公证要求扫描，请安装"
                "（例如 clamav）并运行。");
    look_end(l);
}

void env_programs(struct look *l, const struct processes *running)
{
    look_processes(l, running);
    look_tracers(l, running);
    look_meddlers(l, running);
    look_scanners(l);
}
