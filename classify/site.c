/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/site.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum {
    HOST_MOST = 256, /* RFC 1035 section 2.3.4: names of at most 255 bytes */
    LIST_MOST = 16 << 20,
};

#define UBLOCK_LIST "assets/thirdparties/publicsuffix.org/list/effective_tld_names.dat"

/* Where Debian's packages put the list. */
static const char *const places[] = {
        "/usr/share/publicsuffix/public_suffix_list.dat",
        "/usr/share/publicsuffix/effective_tld_names.dat",
        ("/usr/share/chromium/extensions/ublock-origin/" UBLOCK_LIST),
        ("/usr/share/webext/ublock-origin/" UBLOCK_LIST),
};

/*
 * Storage of Chinese clouds, one customer a label, that the list lacks: <bucket>.<place>. The
 * places are the providers' documented regions.
 */
static const struct own_suffixes {
    const char *before; /* of the region */
    const char *behind;
    const char *const *regions;
} own_suffixes[] = {
        {"cos.", ".myqcloud.com",
                (const char *const[]){"ap-beijing-1", "ap-beijing", "ap-nanjing", "ap-shanghai",
                        "ap-guangzhou", "ap-chengdu", "ap-chongqing", "ap-shenzhen-fsi",
                        "ap-shanghai-fsi", "ap-beijing-fsi", "ap-hongkong", "ap-singapore",
                        "ap-mumbai", "ap-jakarta", "ap-seoul", "ap-bangkok", "ap-tokyo",
                        "na-siliconvalley", "na-ashburn", "na-toronto", "sa-saopaulo",
                        "eu-frankfurt", "accelerate", NULL}},
        {"", ".myqcloud.com", (const char *const[]){"file", "image", NULL}},
        {"oss-", ".aliyuncs.com",
                (const char *const[]){"cn-hangzhou", "cn-shanghai", "cn-nanjing", "cn-fuzhou",
                        "cn-wuhan-lr", "cn-qingdao", "cn-beijing", "cn-zhangjiakou",
                        "cn-huhehaote", "cn-wulanchabu", "cn-shenzhen", "cn-heyuan",
                        "cn-guangzhou", "cn-chengdu", "cn-hongkong", "us-west-1", "us-east-1",
                        "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2",
                        "ap-southeast-3", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
                        "eu-central-1", "eu-west-1", "me-east-1", "accelerate", NULL}},
        {"", ".bcebos.com",
                (const char *const[]){"bj", "gz", "su", "bd", "cd", "fwh", "fsh", "hkg", NULL}},
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
    return STATUS_OK;
}

/* Appends our additions to the text of the list. */
static enum status add_own(struct buf *text, uint64_t *added)
{
    enum status status = buf_text(text, "\n");

    *added = 0;
    for (size_t i = 0; i < sizeof(own_suffixes) / sizeof(*own_suffixes); i++) {
        const struct own_suffixes *own = &own_suffixes[i];

        for (size_t r = 0; own->regions[r] != NULL && status == STATUS_OK; r++) {
            status = buf_print(text, "%s%s%s\n", own->before, own->regions[r], own->behind);
            (*added)++;
        }
    }
    return status;
}

/* libpsl reads lists from a stream only; give it the list and our additions behind it. */
static psl_ctx_t *load(struct buf *text, uint64_t *added)
{
    psl_ctx_t *psl = NULL;
    FILE *stream;

    if (add_own(text, added) != STATUS_OK)
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
    status = file_read(path, "public suffix list", &text, fault);
    if (status == STATUS_OK && !sha256_text(buf_view(&text), s->list.sha256))
        status = STATUS_NOMEM;
    if (status == STATUS_OK) {
        s->list.bytes = text.n;
        status = describe(s, buf_view(&text));
    }
    if (status == STATUS_OK && s->list.rules == 0)
        status = STATUS_INPUT;
    if (status == STATUS_OK) {
        s->psl = load(&text, &s->list.added);
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
