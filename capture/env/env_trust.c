/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/env/env_parts.h"

/* Who may vouch for a web site on this machine: the stores of certificate authorities. */

enum {
    BUNDLE_MOST = 16 << 20,
    ADDED_MOST = 1024,
    VARIABLE_TEXT = 200,
    CERTIFICATES_MOST = 4096
};

#define PEM_BEGIN BYTES_LITERAL("-----BEGIN CERTIFICATE-----")
#define PEM_END BYTES_LITERAL("-----END CERTIFICATE-----")

/* Digests of certificates as they stand in PEM (RFC 7468), white space left out. */
struct certificates {
    struct digest *digest;
    uint8_t (*at)[SHA256_BYTES];
    size_t n, capacity;
};

static bool next_certificate(struct bytes *text, struct bytes *body)
{
    size_t begin, end;

    if (!bytes_find(*text, PEM_BEGIN, 0, &begin) ||
            !bytes_find(*text, PEM_END, begin + PEM_BEGIN.n, &end))
        return false;
    *body = bytes_slice(*text, begin + PEM_BEGIN.n, end);
    *text = bytes_slice(*text, end + PEM_END.n, text->n);
    return true;
}

static void digest_certificate(struct digest *digest, struct bytes body, uint8_t *out)
{
    uint8_t raw[DIGEST_MOST];
    struct bytes line;

    while (parts_line(&body, &line))
        digest_add(digest, bytes_trim(line));
    digest_finish(digest, raw);
    memcpy(out, raw, SHA256_BYTES);
}

static void add_certificates(struct look *l, const char *path, struct certificates *c)
{
    struct seen s = look_scan(l, path, 4 * PARTS_SMALL);
    struct bytes body;

    while (c->n < CERTIFICATES_MOST && next_certificate(&s.text, &body)) {
        uint8_t(*more)[SHA256_BYTES] =
                arena_grow(l->out->arena, c->at, c->n, &c->capacity, sizeof(*c->at));

        if (more == NULL) {
            l->status = STATUS_NOMEM;
            return;
        }
        c->at = more;
        digest_certificate(c->digest, body, c->at[c->n++]);
    }
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_BYTES);
}

/* What update-ca-certificates(8) makes the bundle of; false when its list cannot be read. */
static bool read_sources(struct look *l, struct certificates *c)
{
    struct seen s = look_read(l, "/etc/ca-certificates.conf", 4 * PARTS_SMALL);
    struct names own = look_names(l, "/usr/local/share/ca-certificates");
    struct bytes line;

    while (parts_line(&s.text, &line)) {
        line = bytes_trim(line);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '!')
            continue;
        add_certificates(l,
                look_print(l, "/usr/share/ca-certificates/%.*s", (int)line.n,
                        (const char *)line.p),
                c);
    }
    for (size_t i = 0; i < own.n; i++)
        add_certificates(l, look_print(l, "/usr/local/share/ca-certificates/%s", own.at[i]), c);
    if (c->n > 1)
        qsort(c->at, c->n, sizeof(*c->at), by_digest);
    return s.error == 0;
}

struct store {
    const char *path;
    struct seen file; /* its text is not kept */
    size_t n, strays; /* certificates; those that come from no known file */
    bool compared;
};

static void read_store(struct look *l, struct store *out)
{
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"};
    struct certificates known = {.digest = digest_new(DIGEST_SHA256)};
    struct bytes text, body;
    uint8_t one[SHA256_BYTES];

    if (known.digest == NULL) {
        l->status = STATUS_NOMEM;
        return;
    }
    out->compared = read_sources(l, &known);
    out->path = bundles[0];
    for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++) {
        out->file = look_scan(l, bundles[i], BUNDLE_MOST);
        if (out->file.error == 0) {
            out->path = bundles[i];
            break;
        }
    }
    text = out->file.text;
    while (next_certificate(&text, &body)) {
        out->n++;
        digest_certificate(known.digest, body, one);
        out->strays +=
                known.n == 0 || bsearch(one, known.at, known.n, sizeof(one), by_digest) == NULL;
    }
    digest_free(known.digest);
}

static void look_store(struct look *l)
{
    struct json *j = look_begin(l, "trust", "system-authorities",
            "Certificate authorities of the system", "系统信任的证书颁发机构");
    struct store s = {.path = ""};

    read_store(l, &s);
    look_file_facts(j, "file", s.path, &s.file, false);
    json_unsigned(j, "certificates", s.n);
    if (s.compared)
        json_unsigned(j, "from_no_package", s.strays);
    else
        json_null(j, "from_no_package");
    if (s.file.error != 0)
        look_unread(l, s.path, s.file.error);
    else if (s.n == 0 || s.file.cut)
        look_unknown(l, "%s has no certificates that could be read.", "%s 中没有可读取的证书。",
                s.path);
    else if (!s.compared)
        look_unknown(l,
                "%zu of them, which could not be compared with the packages they came from; "
                "the "
                "file's digest is in the record.",
                "共 %zu 个，未能与其来源软件包比对；文件摘要已记录。", s.n);
    else if (s.strays != 0)
        look_attention(l,
                "%zu of %zu come neither from the system's package nor from the place for "
                "added "
                "ones: somebody wrote them in. Run sudo update-ca-certificates --fresh.",
                "有 %zu 个（共 %zu 个）既不来自系统软件包，也不来自添加位置：系被写入。请执行 "
                "sudo update-ca-certificates --fresh。",
                s.strays, s.n);
    else
        look_ok(l,
                "%zu of them, all from known files; the digest of all is in the record. "
                "Chromium "
                "brings a list of its own and takes added ones from here.",
                "共 %zu 个，均来自已知文件；总摘要已记录。Chromium 自带列表，并采用此处新增的"
                "机构。",
                s.n);
    look_end(l);
}

static void list_files(struct look *l, const char *directory, const char *suffix,
        struct json *j, struct listing *out, int *error)
{
    struct names all = look_names(l, directory);

    if (all.error != 0 && all.error != ENOENT)
        *error = all.error;
    for (size_t i = 0; i < all.n && i < ADDED_MOST; i++) {
        const char *path = look_print(l, "%s/%s", directory, all.at[i]), *shown;
        char hex[SHA256_TEXT];
        int why;

        if (!bytes_ends_nocase(bytes_text(all.at[i]), bytes_text(suffix)))
            continue;
        shown = look_shown(l, bytes_text(path), VARIABLE_TEXT);
        json_object(j, NULL);
        json_string(j, "path", shown);
        json_string(
                j, "sha256", look_digest(l, path, PARTS_LARGE, hex, NULL, &why) ? hex : NULL);
        json_end(j);
        listing_add(out, look_shown(l, bytes_text(all.at[i]), PARTS_SHOWN));
    }
}

/* Names in ca-certificates.conf that no package put there: outside mozilla/. */
static void list_configured(struct look *l, struct json *j, struct listing *out)
{
    struct seen s = look_read(l, "/etc/ca-certificates.conf", 4 * PARTS_SMALL);
    struct bytes line;

    while (parts_line(&s.text, &line)) {
        line = bytes_trim(line);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '!' ||
                bytes_starts(line, BYTES_LITERAL("mozilla/")))
            continue;
        json_object(j, NULL);
        json_string(j, "configured", look_shown(l, line, VARIABLE_TEXT));
        json_end(j);
        listing_add(out, look_shown(l, line, PARTS_SHOWN));
    }
}

static void look_added(struct look *l)
{
    struct json *j = look_begin(l, "trust", "added-authorities",
            "Certificate authorities added on this machine", "在本机上添加的证书颁发机构");
    struct listing list = {0};
    int error = 0;
    bool known;

    json_array(j, "added");
    list_files(l, "/usr/local/share/ca-certificates", ".crt", j, &list, &error);
    list_files(l, "/etc/pki/ca-trust/source/anchors", "", j, &list, &error);
    list_configured(l, j, &list);
    json_end(j);
    known = look_exists(l, "/usr/local/share/ca-certificates") ||
            look_exists(l, "/etc/pki/ca-trust/source/anchors");
    if (list.n != 0)
        look_attention(l,
                "Added by hand or by a program: %s. Who holds such a key can pretend to be any "
                "site to this browser. Remove it (sudo rm, then sudo update-ca-certificates), "
                "or "
                "explain whose it is.",
                "由人工或程序添加：%s。持有其密钥者可向此浏览器冒充任何网站。请删除（sudo rm，"
                "再执行 sudo update-ca-certificates），或说明其归属。",
                listing_text(&list));
    else if (error != 0)
        look_unread(l, "/usr/local/share/ca-certificates", error);
    else if (!known)
        look_unknown(l, "The places where they are added were not found on this system.",
                "未找到本系统用于添加证书颁发机构的位置。");
    else
        look_ok(l, "None.", "无。");
    look_end(l);
}

static void look_personal(struct look *l)
{
    struct json *j = look_begin(l, "trust", "personal-authorities",
            "Certificate authorities added for this person", "为当前用户添加的证书颁发机构");
    const char *path = look_print(l, "%s/.pki/nssdb/cert9.db", look_home(l));
    struct seen s = look_scan(l, path, BUNDLE_MOST);
    bool tool = look_exists(l, "/usr/bin/certutil");

    look_file_facts(j, "file", path, &s, false);
    json_bool(j, "certutil", tool);
    if (s.error == ENOENT)
        look_ok(l, "This account has no such store (~/.pki/nssdb).",
                "此账户没有此类存储（~/.pki/nssdb）。");
    else if (s.error != 0)
        look_unread(l, path, s.error);
    else if (tool)
        look_unknown(l,
                "There is a store (its digest is in the record), which is not opened here: "
                "\"certutil -L -d sql:$HOME/.pki/nssdb\" lists what is in it; the list should "
                "be "
                "empty.",
                "存在此类存储（已记录其摘要），本程序不打开："
                "“certutil -L -d sql:$HOME/.pki/nssdb”可列出其内容，应为空。");
    else
        look_unknown(l,
                "There is a store, and no program to read it: install libnss3-tools, then "
                "\"certutil -L -d sql:$HOME/.pki/nssdb\" lists what is in it.",
                "存在此类存储，但没有读取它的程序：请安装 libnss3-tools，再执行"
                "“certutil -L -d sql:$HOME/.pki/nssdb”查看。");
    look_end(l);
}

static void look_switches(struct look *l)
{
    static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
            "SSLKEYLOGFILE", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GTK_MODULES"};
    struct json *j =
            look_begin(l, "trust", "switches", "Switches that change how programs trust or run",
                    "改变程序信任或运行方式的环境变量");
    struct seen preload = look_read(l, "/etc/ld.so.preload", PARTS_SMALL),
                own = look_scan(l, "/proc/self/environ", 1);
    struct listing list = {0};

    json_object(j, "environment");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = look_environment(l, names[i]);

        if (value == NULL || value[0] == '\0')
            continue;
        json_string(j, names[i], look_shown(l, bytes_text(value), VARIABLE_TEXT));
        listing_add(&list, names[i]);
    }
    json_end(j);
    look_file_facts(j, "preload", "/etc/ld.so.preload", &preload, true);
    if (bytes_trim(preload.text).n != 0)
        listing_add(&list, "/etc/ld.so.preload");
    if (list.n != 0)
        look_attention(l,
                "Set: %s. Such a switch can slip foreign code or keys into every program; "
                "start "
                "again from a session without it.",
                "已设置：%s。此类变量可将外来代码或密钥带入每个程序；请在未设置它的会话中重新"
                "开始。",
                listing_text(&list));
    else if (own.error != 0)
        look_unread(l, "/proc/self/environ", own.error);
    else if (preload.error != 0 && preload.error != ENOENT)
        look_unread(l, "/etc/ld.so.preload", preload.error);
    else
        look_ok(l, "None is set.", "均未设置。");
    look_end(l);
}

void env_trust(struct look *l)
{
    look_store(l);
    look_added(l);
    look_personal(l);
    look_switches(l);
}
