/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/env/env_parts.h"

/* Whether something stands between the browser and the network: environment, desktop, policy. */

static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy",
        "no_proxy", "auto_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY",
        "NO_PROXY"};

/* What a proxy's address may hold besides: a name and a password. */
static const char *without_password(struct look *l, struct bytes value)
{
    size_t scheme = 0, at = SIZE_MAX;

    if (bytes_find(value, BYTES_LITERAL("://"), 0, &scheme))
        scheme += 3;
    for (size_t i = scheme; i < value.n; i++) {
        if (value.p[i] == '@')
            at = i;
        if (value.p[i] == '/' && at == SIZE_MAX)
            break;
    }
    if (at == SIZE_MAX)
        return look_shown(l, value, PARTS_SHOWN);
    return look_print(l, "%s***@%s", look_shown(l, bytes_slice(value, 0, scheme), PARTS_SHOWN),
            look_shown(l, bytes_slice(value, at + 1, value.n), PARTS_SHOWN));
}

static bool is_exemption(const char *name)
{
    return strcmp(name, "no_proxy") == 0 || strcmp(name, "NO_PROXY") == 0;
}

static void found(struct look *l, struct json *j, const char *where, const char *name,
        struct bytes value, struct listing *out)
{
    const char *shown = without_password(l, value);

    json_object(j, NULL);
    json_string(j, "where", where);
    json_string(j, "name", name);
    json_string(j, "value", shown);
    json_end(j);
    if (!is_exemption(name))
        listing_add(out, look_print(l, "%s=%s (%s)", name, shown, where));
}

static void look_variables(struct look *l, struct json *j, struct listing *out)
{
    struct seen own = look_scan(l, "/proc/self/environ", 1);
    struct seen s = look_read(l, "/etc/environment", PARTS_SMALL);

    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        const char *value = look_environment(l, variables[i]);
        struct bytes line = parts_setting(s.text, variables[i], '=');

        if (value != NULL && value[0] != '\0')
            found(l, j, "environment", variables[i], bytes_text(value), out);
        if (line.n != 0)
            found(l, j, "/etc/environment", variables[i], line, out);
    }
    if (own.error != 0)
        look_unread(l, "/proc/self/environ", own.error);
    /* Many systems have no such file: then it sets nothing. */
    if (s.error != 0 && s.error != ENOENT)
        look_unread(l, "/etc/environment", s.error);
}

/* dconf keeps its settings as GVDB, which is not read here. A key file beside it is. */
static void look_desktop(struct look *l, struct json *j, struct listing *out, bool *dconf)
{
    const char *home = look_home(l),
               *file = look_print(l, "%s/.config/glib-2.0/settings/keyfile", home),
               *kde = look_print(l, "%s/.config/kioslaverc", home);
    struct seen keys = look_read(l, file, PARTS_SMALL), kio;
    struct bytes type, mode;
    size_t at;

    if (bytes_find(keys.text, BYTES_LITERAL("[org/gnome/system/proxy]"), 0, &at)) {
        mode = parts_setting(bytes_slice(keys.text, at, keys.text.n), "mode", '=');
        if (mode.n != 0 && !bytes_is(mode, "none"))
            found(l, j, file, "mode", mode, out);
    }
    kio = look_read(l, kde, PARTS_SMALL);
    type = parts_setting(kio.text, "ProxyType", '=');
    if (type.n != 0 && !bytes_is(type, "0"))
        found(l, j, kde, "ProxyType", type, out);
    *dconf = look_exists(l, look_print(l, "%s/.config/dconf/user", home));
    if (*dconf) {
        struct seen d = look_scan(l, look_print(l, "%s/.config/dconf/user", home), PARTS_LARGE);

        if (d.error == 0 && !bytes_find(d.text, BYTES_LITERAL("proxy"), 0, &at))
            *dconf = false; /* no such key has ever been set */
    }
}

void env_proxy(struct look *l)
{
    struct json *j = look_begin(l, "network", "proxy",
            "Anything that traffic is sent through (proxy)", "流量是否经由代理");
    struct listing list = {0};
    bool dconf = false;

    json_array(j, "found");
    look_variables(l, j, &list);
    look_desktop(l, j, &list, &dconf);
    json_end(j);
    json_bool(j, "dconf_has_proxy_keys", dconf);
    if (list.n != 0)
        look_attention(l,
                "A proxy is set: %s. What is captured then goes to the proxy and not to the "
                "sites; switch it off before recording.",
                "已设置代理：%s。所捕获的流量将发往代理而非网站；请在记录前关闭。",
                listing_text(&list));
    else
        look_ok(l,
                "None is set in the environment, in /etc/environment or in the desktop's "
                "files.",
                "环境变量、/etc/environment 和桌面设置文件中均未设置代理。");
    if (dconf)
        look_unknown(l,
                "The desktop's database of settings has keys for a proxy, which are not read "
                "here: look in its settings under Network.",
                "桌面设置数据库中有代理相关条目，本程序不读取：请在系统设置的网络部分查看。");
    look_also(l, "Policies of the browser are looked at below.", "浏览器策略见下文。");
    look_end(l);
}
