/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/env/env_parts.h"

/* What a browser's profile and its administrator bring along: policies, extensions, state. */

enum {
    POLICIES_MOST = 32,
    EXTENSIONS_MOST = 256,
    MANIFEST_MOST = 1 << 20,
    ADDONS_MOST = 8 << 20,
    NAMES_MOST = 64,
    SQLITE_HEAD = 100,
};

/* Parsed JSON of a file; NULL when it is none, or when out of memory, which is noted. */
static struct json_value *parse_file(struct look *l, const char *path, size_t most, int *error)
{
    struct seen s = look_scan(l, path, most);
    struct fault fault = {0};
    struct json_value *v;

    *error = s.error != 0 ? s.error : s.cut ? EFBIG : 0;
    if (*error != 0)
        return NULL;
    v = json_parse(s.text, &fault);
    if (v == NULL && fault.status == STATUS_NOMEM)
        l->status = STATUS_NOMEM;
    return v;
}

struct policies {
    struct listing files, telling;
    int error;
};

/* Names of policies that change where traffic goes, whom the browser trusts, what runs in it. */
static bool is_telling(const char *name)
{
    static const char *const parts[] = {"Proxy", "Extension", "Certificate", "CA", "Dns", "DNS",
            "DoH", "SSL", "Cookie", "HostRules", "Homepage", "Incognito", "Quic"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (strstr(name, parts[i]) != NULL)
            return true;
    }
    return false;
}

static void add_policy(struct look *l, struct json *j, const char *path, struct policies *out)
{
    struct seen s = look_read(l, path, 4 * PARTS_SMALL);
    const struct json_value *first;
    struct json_value *v;
    int error;

    if (s.error == ENOENT)
        return;
    look_file_facts(j, NULL, path, &s, true);
    listing_add(&out->files, path);
    v = parse_file(l, path, 4 * PARTS_SMALL, &error);
    /* Firefox has one object named "policies" around them. */
    first = json_member(v, "policies") != NULL ? json_first(json_member(v, "policies"))
                                               : json_first(v);
    for (size_t n = 0; first != NULL && n < NAMES_MOST; first = json_next(first), n++) {
        const char *key = json_key(first);

        if (key != NULL && is_telling(key))
            listing_add(&out->telling, look_shown(l, bytes_text(key), PARTS_SHOWN));
    }
    json_free(v);
}

static void look_policies(struct look *l)
{
    static const char *const directories[] = {"/etc/chromium/policies/managed",
            "/etc/chromium/policies/recommended", "/etc/chromium-browser/policies/managed",
            "/etc/opt/chrome/policies/managed", "/etc/opt/chrome/policies/recommended",
            "/etc/opt/edge/policies/managed", "/etc/opt/edge/policies/recommended",
            "/etc/brave/policies/managed"};
    static const char *const files[] = {"/etc/firefox/policies/policies.json",
            "/usr/lib/firefox-esr/distribution/policies.json",
            "/usr/lib/firefox/distribution/policies.json"};
    struct json *j = look_begin(l, "browser", "policies", "Policies set by an administrator",
            "管理员设置的浏览器策略");
    struct policies p = {0};

    json_array(j, "files");
    for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++) {
        struct names all = look_names(l, directories[i]);

        if (all.error != 0 && all.error != ENOENT)
            p.error = all.error;
        for (size_t k = 0; k < all.n && k < POLICIES_MOST; k++)
            add_policy(l, j,
                    look_print(l, "%s/%s", directories[i],
                            look_shown(l, bytes_text(all.at[k]), PARTS_SHOWN)),
                    &p);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        add_policy(l, j, files[i], &p);
    json_end(j);
    if (p.telling.n != 0)
        look_attention(l,
                "Set: %s (in %s). Such a policy changes where the browser's traffic goes, whom "
                "it "
                "trusts or what runs in it; remove it, or explain who set it.",
                "已设置：%s（位于 %s）。此类策略会改变浏览器流量的去向、信任对象或其中运行的"
                "内容；请移除，或说明由谁设置。",
                listing_text(&p.telling), listing_text(&p.files));
    else if (p.files.n != 0)
        look_attention(l, "There are policies: %s. Look through them.",
                "存在策略：%s。请查看其内容。", listing_text(&p.files));
    else if (p.error != 0)
        look_unread(l, "/etc/chromium/policies", p.error);
    else
        look_ok(l, "None.", "无。");
    look_end(l);
}

/* "__MSG_name__" stands for a text of the extension's own language file. */
static const char *extension_name(
        struct look *l, const char *directory, const struct json_value *manifest)
{
    const char *name = json_string_of(json_member(manifest, "name")),
               *locale = json_string_of(json_member(manifest, "default_locale"));
    const struct json_value *m;
    struct json_value *messages;
    struct bytes key;
    int error;

    if (name == NULL)
        return "?";
    if (strncmp(name, "__MSG_", 6) != 0 || locale == NULL || strchr(locale, '/') != NULL)
        return look_shown(l, bytes_text(name), PARTS_SHOWN);
    key = bytes_slice(bytes_text(name), 6, strlen(name) < 8 ? 6 : strlen(name) - 2);
    messages = parse_file(l, look_print(l, "%s/_locales/%s/messages.json", directory, locale),
            MANIFEST_MOST, &error);
    name = look_shown(l, key, PARTS_SHOWN);
    /* Names of messages are told apart without regard to case. */
    for (m = json_first(messages); m != NULL; m = json_next(m)) {
        const char *text = json_string_of(json_member(m, "message"));

        if (json_key(m) != NULL && bytes_is_nocase(key, json_key(m)) && text != NULL) {
            name = look_shown(l, bytes_text(text), PARTS_SHOWN);
            break;
        }
    }
    json_free(messages);
    return name;
}

static void write_permissions(
        struct look *l, struct json *j, const char *key, const struct json_value *list)
{
    size_t n = 0;

    json_array(j, key);
    for (const struct json_value *v = json_first(list); v != NULL && n < NAMES_MOST;
            v = json_next(v), n++) {
        const char *text = json_string_of(v);

        if (text != NULL)
            json_string(j, NULL, look_shown(l, bytes_text(text), PARTS_SHOWN));
    }
    json_end(j);
}

struct extensions {
    struct listing names;
    size_t n;
    int error; /* of the first that could not be read */
};

static void add_extension(struct look *l, struct json *j, const char *id, const char *directory,
        struct extensions *out)
{
    struct json_value *v;
    const char *name, *version;
    int error;

    if (out->n == EXTENSIONS_MOST)
        return;
    v = parse_file(l, look_print(l, "%s/manifest.json", directory), MANIFEST_MOST, &error);
    if (v == NULL) {
        out->error = out->error == 0 ? (error == 0 ? EINVAL : error) : out->error;
        return;
    }
    name = extension_name(l, directory, v);
    version = json_string_of(json_member(v, "version"));
    json_object(j, NULL);
    json_string(j, "id", look_shown(l, bytes_text(id), PARTS_SHOWN));
    json_string(j, "name", name);
    json_string(j, "version",
            version == NULL ? NULL : look_shown(l, bytes_text(version), PARTS_SHOWN));
    write_permissions(l, j, "permissions", json_member(v, "permissions"));
    write_permissions(l, j, "host_permissions", json_member(v, "host_permissions"));
    json_end(j);
    listing_add(&out->names, name);
    out->n++;
    json_free(v);
}

static void chromium_extensions(struct look *l, struct json *j, struct extensions *out)
{
    const char *base = look_print(l, "%s/Default/Extensions", l->setup->profile);
    struct names ids = look_names(l, base);

    if (ids.error != 0 && ids.error != ENOENT)
        out->error = ids.error;
    for (size_t i = 0; i < ids.n && i < EXTENSIONS_MOST; i++) {
        struct names versions = look_names(l, look_print(l, "%s/%s", base, ids.at[i]));

        if (strcmp(ids.at[i], "Temp") == 0)
            continue;
        for (size_t k = 0; k < versions.n && k < NAMES_MOST; k++)
            add_extension(l, j, ids.at[i],
                    look_print(l, "%s/%s/%s", base, ids.at[i], versions.at[k]), out);
    }
}

static void firefox_addon(
        struct look *l, struct json *j, const struct json_value *v, struct extensions *out)
{
    const char *id = json_string_of(json_member(v, "id")),
               *where = json_string_of(json_member(v, "location")),
               *version = json_string_of(json_member(v, "version")),
               *name = json_string_of(json_member(json_member(v, "defaultLocale"), "name"));

    /* Those that Firefox brings itself live elsewhere. */
    if (where == NULL || strncmp(where, "app-profile", 11) != 0 || id == NULL)
        return;
    name = look_shown(l, bytes_text(name == NULL ? id : name), PARTS_SHOWN);
    json_object(j, NULL);
    json_string(j, "id", look_shown(l, bytes_text(id), PARTS_SHOWN));
    json_string(j, "name", name);
    json_string(j, "version",
            version == NULL ? NULL : look_shown(l, bytes_text(version), PARTS_SHOWN));
    write_permissions(
            l, j, "permissions", json_member(json_member(v, "userPermissions"), "permissions"));
    write_permissions(l, j, "host_permissions",
            json_member(json_member(v, "userPermissions"), "origins"));
    json_bool(j, "active", json_is_true(json_member(v, "active")));
    json_end(j);
    listing_add(&out->names, name);
    out->n++;
}

static void firefox_extensions(struct look *l, struct json *j, struct extensions *out)
{
    int error;
    struct json_value *all = parse_file(
            l, look_print(l, "%s/extensions.json", l->setup->profile), ADDONS_MOST, &error);

    if (all == NULL && error != ENOENT)
        out->error = error == 0 ? EINVAL : error;
    for (const struct json_value *v = json_first(json_member(all, "addons"));
            v != NULL && out->n < EXTENSIONS_MOST; v = json_next(v))
        firefox_addon(l, j, v, out);
    json_free(all);
}

static void look_extensions(struct look *l)
{
    struct json *j = look_begin(
            l, "browser", "extensions", "Extensions in the profile", "用户配置中的扩展程序");
    struct extensions e = {0};

    json_array(j, "extensions");
    if (l->setup->profile != NULL) {
        chromium_extensions(l, j, &e);
        firefox_extensions(l, j, &e);
    }
    json_end(j);
    if (l->setup->profile == NULL)
        look_ok(l, "None: a fresh profile will be made.", "无：将使用全新的用户配置。");
    else if (e.n != 0)
        look_attention(l,
                "%s. Extensions can block, add or change what is sent; say in the case that "
                "they "
                "were there, or use a fresh profile.",
                "%s。扩展程序可阻止、添加或更改所发送的内容；请在案卷中说明，或使用全新的用户"
                "配置。",
                listing_text(&e.names));
    else if (e.error == 0 && look_exists(l, l->setup->profile))
        look_ok(l, "None.", "无。");
    if (e.error != 0)
        look_unknown(l, "Some could not be read.", "部分扩展程序未能读取。");
    look_end(l);
}

/* Offset 28 of a SQLite file holds its size in pages; "SQLite format 3" stands in front. */
static void write_cookie_file(struct look *l, struct json *j)
{
    static const char *const places[] = {
            "Default/Network/Cookies", "Default/Cookies", "cookies.sqlite"};

    json_array(j, "cookie_files");
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct seen s =
                look_scan(l, look_print(l, "%s/%s", l->setup->profile, places[i]), SQLITE_HEAD);
        struct bytes rest = s.text;
        uint32_t pages;
        uint16_t size;

        if (s.error != 0)
            continue;
        json_object(j, NULL);
        json_string(j, "file", places[i]);
        if (bytes_starts(s.text, bytes_of("SQLite format 3", 16)) && bytes_skip(&rest, 16) &&
                bytes_take_u16(&rest, &size) && bytes_skip(&rest, 10) &&
                bytes_take_u32(&rest, &pages))
            json_unsigned(j, "bytes", (uint64_t)pages * (size == 1 ? 65536 : size));
        else
            json_null(j, "bytes");
        json_end(j);
    }
    json_end(j);
}

static void look_state(struct look *l)
{
    struct json *j = look_begin(l, "browser", "profile",
            "What the browser remembers at the start", "浏览器启动时已有的记录");
    const char *lock;

    json_bool(j, "fresh", l->setup->profile == NULL);
    if (l->setup->profile == NULL) {
        json_unsigned(j, "cookies", 0);
        look_ok(l, "Nothing: a fresh profile, without cookies, cache or log-ins.",
                "无：全新的用户配置，不含 Cookie、缓存或登录状态。");
        look_end(l);
        return;
    }
    json_text(j, "directory", bytes_text(l->setup->profile));
    json_null(j, "cookies"); /* not counted: that would mean opening the database */
    if (!look_exists(l, l->setup->profile)) {
        look_unread(l, look_shown(l, bytes_text(l->setup->profile), PARTS_NAMES), ENOENT);
        look_end(l);
        return;
    }
    write_cookie_file(l, j);
    look_changes(l);
    lock = look_link(l, look_print(l, "%s/SingletonLock", l->setup->profile));
    json_string(j, "lock", lock);
    look_attention(l,
            "A profile that exists is used: cookies, cache and log-ins in it are from before "
            "and "
            "were not counted. That shows ordinary use; say so in the case.",
            "使用已有的用户配置：其中的 Cookie、缓存和登录状态产生于此前，未作统计。这反映日常"
            "使用；请在案卷中说明。");
    if (lock != NULL)
        look_attention(l, "It is in use already (lock %s): close that browser first.",
                "该配置正被使用（锁 %s）：请先关闭相应的浏览器。", lock);
    look_end(l);
}

void env_profile(struct look *l)
{
    look_policies(l);
    look_extensions(l);
    look_state(l);
}
