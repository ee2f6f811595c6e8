/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/env/env_parts.h"

enum { COMMAND_LINE_MOST = 64 << 10, ADDED_FILES_MOST = 64 };

#define BROWSER_MOST (UINT64_C(2) << 30)

static const char *real_path(struct look *l, const char *path)
{
    char *real = l->live ? realpath(path, NULL) : NULL;
    const char *kept = real == NULL ? path : look_print(l, "%s", real);

    free(real);
    return kept;
}

static void say_binary(
        struct look *l, const char *path, const struct package *o, const char *md5, bool script)
{
    if (o->name != NULL && strcmp(o->md5, md5) != 0)
        look_attention(l,
                "%s differs from what the package %s installed: it was changed or replaced. "
                "Install the package again, or explain why.",
                "%s 与软件包 %s 所安装的文件不一致：已被更改或替换。请重新安装该软件包，或说明"
                "原因。",
                path, o->name);
    else if (o->name != NULL)
        look_ok(l, "%s is unchanged as the package %s %s installed it.",
                "%s 与软件包 %s %s 安装时一致，未被更改。", path, o->name,
                o->version == NULL ? "" : o->version);
    else
        look_unknown(l,
                "%s belongs to no Debian package here, so that it can't be compared with an "
                "original; its digest is in the record.",
                "%s 不属于本机的任何 Debian 软件包，无法与原件比对；其摘要已记录。", path);
    if (script)
        look_attention(l,
                "It is a script that starts the browser with flags of its own; name the "
                "program "
                "behind it.",
                "它是以自带参数启动浏览器的脚本；请指定其背后的程序。");
}

static void look_binary(struct look *l)
{
    struct json *j = look_begin(l, "browser", "browser", "The browser's program", "浏览器程序");
    const char *path = l->setup->browser;
    char sha256[SHA256_TEXT], md5[DIGEST_TEXT_MOST];
    struct package owner = {0};
    struct seen head;
    int error = 0;

    if (path == NULL || path[0] != '/') {
        json_null(j, "path");
        look_unknown(l, "No browser was named.", "未指定浏览器。");
        look_end(l);
        return;
    }
    path = real_path(l, path);
    json_text(j, "path", bytes_text(path));
    head = look_scan(l, path, 2);
    if (head.error != 0 || !look_digest(l, path, BROWSER_MOST, sha256, md5, &error)) {
        look_unread(l, look_shown(l, bytes_text(path), PARTS_NAMES),
                head.error != 0 ? head.error : error);
        look_end(l);
        return;
    }
    json_string(j, "sha256", sha256);
    json_bool(j, "script", bytes_is(head.text, "#!"));
    error = bytes_is(head.text, "#!");
    env_package_of(l, path, &owner);
    json_string(j, "package", owner.name);
    json_string(j, "version", owner.version);
    json_string(j, "md5_of_package", owner.md5);
    json_string(j, "md5", md5);
    say_binary(l, look_shown(l, bytes_text(path), PARTS_NAMES), &owner, md5, error != 0);
    look_end(l);
}

static bool is_debians(const char *name)
{
    static const char *const known[] = {
            "README", "apikeys", "default-flags", "dev-shm", "extensions"};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(name, known[i]) == 0)
            return true;
    }
    return false;
}

static void look_flags(struct look *l)
{
    struct json *j = look_begin(l, "browser", "browser-flags",
            "Start-up flags that this system adds to browsers", "系统为浏览器附加的启动参数");
    struct names files = look_names(l, "/etc/chromium.d");
    const char *home = look_home(l), *flags = look_environment(l, "CHROMIUM_FLAGS");
    const char *const more[] = {look_print(l, "%s/.config/chromium-flags.conf", home),
            look_print(l, "%s/.config/chrome-flags.conf", home),
            "/etc/chromium-browser/default"};
    struct listing list = {0};

    json_string(j, "CHROMIUM_FLAGS",
            flags == NULL ? NULL : look_shown(l, bytes_text(flags), PARTS_NAMES));
    json_array(j, "files");
    for (size_t i = 0; i < files.n && i < ADDED_FILES_MOST; i++) {
        const char *path = look_print(l, "/etc/chromium.d/%s", files.at[i]);
        struct seen s = look_scan(l, path, PARTS_SMALL);

        look_file_facts(j, NULL, look_shown(l, bytes_text(path), PARTS_NAMES), &s, false);
        if (!is_debians(files.at[i]))
            listing_add(&list, look_shown(l, bytes_text(path), PARTS_SHOWN));
    }
    for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
        struct seen s = look_scan(l, more[i], PARTS_SMALL);

        if (s.error != 0)
            continue;
        look_file_facts(j, NULL, more[i], &s, true);
        listing_add(&list, look_shown(l, bytes_text(more[i]), PARTS_SHOWN));
    }
    json_end(j);
    if (flags != NULL && flags[0] != '\0')
        listing_add(&list, "CHROMIUM_FLAGS");
    if (files.error != 0 && files.error != ENOENT)
        look_unread(l, "/etc/chromium.d", files.error);
    else if (list.n != 0)
        look_ok(l,
                "Set on this system: %s. A recording does not use them: it starts the program "
                "itself, and its flags are in the case.",
                "本系统已设置：%s。记录时不使用这些参数：程序由本工具直接启动，所用参数列于"
                "案卷。",
                listing_text(&list));
    else
        look_ok(l,
                "Nothing besides what the packages bring; a recording does not use those "
                "either.",
                "除软件包自带者外没有其他；记录时也不使用自带参数。");
    look_end(l);
}

static bool is_browser(const struct process *p)
{
    static const char *const known[] = {"chromium", "chrome", "firefox", "firefox-esr",
            "firefox-bin", "msedge", "brave", "vivaldi-bin", "opera"};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (env_process_is(p, known[i]))
            return true;
    }
    return false;
}

struct running_browsers {
    struct listing driven, others;
    size_t unread;
};

static void look_at_running(struct look *l, const struct process *p, struct running_browsers *r)
{
    static const char *const switches[] = {"--headless", "--enable-automation",
            "--remote-debugging-port", "--remote-debugging-pipe", "--marionette"};
    struct seen s = look_scan(l, look_print(l, "/proc/%s/cmdline", p->pid), COMMAND_LINE_MOST);
    size_t at;

    if (s.error != 0) {
        r->unread++;
        return;
    }
    /* A part of a browser: only its first process counts. */
    if (bytes_find(s.text, BYTES_LITERAL("--type="), 0, &at) ||
            bytes_find(s.text, BYTES_LITERAL("-contentproc"), 0, &at))
        return;
    listing_add(&r->others, p->name);
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        if (bytes_find(s.text, bytes_text(switches[i]), 0, &at))
            listing_add(&r->driven, look_print(l, "%s %s", p->name, switches[i]));
    }
}

static void look_running(struct look *l, const struct processes *running)
{
    static const char *const drivers[] = {"chromedriver", "geckodriver", "msedgedriver",
            "operadriver", "selenium", "selenium-server", "playwright", "puppeteer", "Xvfb"};
    struct running_browsers r = {0};
    struct json *j;

    for (size_t i = 0; i < running->n; i++) {
        for (size_t k = 0; k < sizeof(drivers) / sizeof(*drivers); k++) {
            if (env_process_is(&running->at[i], drivers[k]))
                listing_add(&r.driven, drivers[k]);
        }
        if (is_browser(&running->at[i]))
            look_at_running(l, &running->at[i], &r);
    }
    j = look_begin(l, "browser", "automation", "Signs that a program drives a browser",
            "由程序操控浏览器的迹象");
    json_string(j, "driven", listing_text(&r.driven));
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    else if (r.driven.n != 0)
        look_attention(l,
                "Running: %s. Courts have refused visits made by programs; end them, unless "
                "this "
                "is a controlled run and declared as such.",
                "正在运行：%"
                "s。法院曾不采信由程序完成的访问；除已声明的受控运行外，请将其结束。",
                listing_text(&r.driven));
    else
        look_ok(l, "No driver of browsers that we know is running.",
                "没有已知的浏览器驱动程序在运行。");
    look_end(l);
    j = look_begin(
            l, "browser", "other-browsers", "Browsers already running", "已在运行的浏览器");
    look_changes(l);
    json_string(j, "running", listing_text(&r.others));
    json_unsigned(j, "unread", r.unread);
    if (running->error != 0)
        look_unread(l, "/proc", running->error);
    else if (r.others.n != 0)
        look_attention(l,
                "Running: %s. Close them: their traffic is not in the capture, and a profile "
                "can "
                "be open only once.",
                "正在运行：%s。请将其关闭：其流量不在捕获之内，且同一用户配置只能打开一次。",
                listing_text(&r.others));
    else if (r.unread != 0)
        look_unknown(l, "Another account's browser may be running.",
                "可能有其他账户的浏览器在运行。");
    else
        look_ok(l, "None.", "无。");
    look_end(l);
}

void env_browser(struct look *l, const struct processes *running)
{
    look_binary(l);
    look_flags(l);
    look_running(l, running);
}
