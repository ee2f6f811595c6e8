/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

enum {
    HOST_MOST = 256, /* RFC 1035 section 2.3.4: names of at most 255 bytes */
    LIST_MOST = 16 << 20,
};

/* Where Debian's packages put the list. */
static const char *const places[] = {
        "/usr/share/publicsuffix/public_suffix_list.dat",
        "/usr/share/publicsuffix/effective_tld_names.dat",
        "/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/publicsuffix.org/"
        "list/"
        "effective_tld_names.dat",
        "/usr/share/webext/ublock-origin/assets/thirdparties/publicsuffix.org/list/"
        "effective_tld_names.dat",
};

/* Storage and application hosts of Chinese clouds, one customer a label, that the list lacks. */
static const char *const own_suffixes[] = {
        "myqcloud.com",
        "file.myqcloud.com",
        "bcebos.com",
        "bj.bcebos.com",
        "gz.bcebos.com",
        "su.bcebos.com",
        "oss-cn-beijing.aliyuncs.com",
        "oss-cn-hangzhou.aliyuncs.com",
        "oss-cn-shanghai.aliyuncs.com",
        "oss-cn-shenzhen.aliyuncs.com",
};

struct sites {
    psl_ctx_t *psl;
    struct site_list list;
    char *path, *date;
};

void sites_free(struct sites *s)
{
    if (s == NULL)
        return;
    psl_free(s->psl);
    free(s->path);
    free(s->date);
    free(s);
}

static enum status read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rbe");
    uint8_t piece[8192];
    enum status status = STATUS_OK;
    size_t n;

    if (file == NULL)
        return STATUS_MISSING;
    while (status == STATUS_OK && (n = fread(piece, 1, sizeof(piece), file)) != 0)
        status = buf_append(out, bytes_of(piece, n));
    if (ferror(file))
        status = STATUS_IO;
    (void)fclose(file);
    return status;
}

/* Counts the rules and finds the version line ("// VERSION: 2025-01-02_…"). */
static enum status describe(struct sites *s, struct bytes text)
{
    struct bytes line;

    while (bytes_take_line(&text, &line)) {
        size_t at;

        if (line.n == 0)
            continue;
        if (!bytes_starts(line, BYTES_LITERAL("//"))) {
            s->list.rules++;
        } else if (s->date == NULL && bytes_find(line, BYTES_LITERAL("VERSION:"), 0, &at)) {
            line = bytes_trim(bytes_slice(line, at + 8, line.n));
            s->date = strndup((const char *)line.p, line.n);
            if (s->date == NULL)
                return STATUS_NOMEM;
        }
    }
    s->list.date = s->date;
    s->list.added = sizeof(own_suffixes) / sizeof(*own_suffixes);
    return STATUS_OK;
}

/* libpsl reads lists from a stream only; give it the list and our additions behind it. */
static psl_ctx_t *load(struct buf *text)
{
    psl_ctx_t *psl = NULL;
    enum status status = buf_text(text, "\n");
    FILE *stream;

    for (size_t i = 0; i < sizeof(own_suffixes) / sizeof(*own_suffixes); i++) {
        if (status == STATUS_OK)
            status = buf_print(text, "%s\n", own_suffixes[i]);
    }
    if (status != STATUS_OK)
        return NULL;
    stream = fmemopen(text->p, text->n, "r");
    if (stream != NULL) {
        psl = psl_load_fp(stream);
        (void)fclose(stream);
    }
    return psl;
}

static enum status open_list(struct sites *s, const char *path, struct fault *fault)
{
    struct buf text;
    enum status status;

    buf_init(&text, LIST_MOST);
    status = read_file(path, &text);
    if (status == STATUS_OK && !sha256_text(buf_view(&text), s->list.sha256))
        status = STATUS_NOMEM;
    if (status == STATUS_OK) {
        s->list.bytes = text.n;
        status = describe(s, buf_view(&text));
    }
    if (status == STATUS_OK && s->list.rules == 0)
        status = STATUS_INPUT;
    if (status == STATUS_OK) {
        s->psl = load(&text);
        s->path = strdup(path);
        s->list.path = s->path;
        if (s->psl == NULL || s->path == NULL)
            status = STATUS_NOMEM;
    }
    buf_clear(&text);
    if (status != STATUS_OK)
        fault_set(fault, status, "%s: %s", path,
                status == STATUS_NOMEM   ? "out of memory"
                : status == STATUS_INPUT ? "is no public suffix list"
                                         : "the public suffix list cannot be read");
    return status;
}

/* The list that was changed last. Debian's file keeps the time of the package's build. */
static const char *newest(void)
{
    const char *best = NULL;
    struct stat about;
    time_t when = 0;

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        if (stat(places[i], &about) == 0 && (best == NULL || about.st_mtime > when)) {
            best = places[i];
            when = about.st_mtime;
        }
    }
    return best;
}

enum status sites_new(const char *path, struct sites **out, struct fault *fault)
{
    struct sites *s;
    enum status status;

    if (path == NULL)
        path = newest();
    if (path == NULL)
        return fault_set(fault, STATUS_MISSING,
                "no public suffix list is installed; install Debian's package publicsuffix");
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    status = open_list(s, path, fault);
    if (status != STATUS_OK) {
        sites_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

const struct site_list *sites_list(const struct sites *s)
{
    return &s->list;
}

bool site_is_address(struct bytes host)
{
    char text[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];

    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = bytes_slice(host, 1, host.n - 1);
    if (host.n >= sizeof(text))
        return false;
    (void)snprintf(text, sizeof(text), "%.*s", (int)host.n, (const char *)host.p);
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

struct bytes site_of(const struct sites *s, struct bytes host)
{
    char text[HOST_MOST];
    const char *found;
    struct bytes name = host;

    /* A final dot makes a name absolute and is not part of it. */
    if (name.n > 1 && name.p[name.n - 1] == '.')
        name.n--;
    if (name.n == 0 || name.n >= sizeof(text) || bytes_has(name, '\0') || site_is_address(name))
        return name;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    found = psl_registrable_domain(s->psl, text);
    if (found == NULL)
        return name; /* one label, or a public suffix itself */
    return bytes_slice(name, (size_t)(found - text), name.n);
}

bool site_same(const struct sites *s, struct bytes host, struct bytes other)
{
    struct bytes a = site_of(s, host), b = site_of(s, other);

    return a.n != 0 && bytes_equal(a, b);
}
