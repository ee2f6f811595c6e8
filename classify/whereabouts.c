/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/whereabouts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>

enum {
    DATE_TEXT = 11,
    ADDRESS_TEXT = 64,
    DATABASE_MOST = 1 << 30, /* bytes; Debian's has 55 million */
};

/* What Debian's package has, then what its updater writes. The updated one is newer. */
static const char *const usual[] = {
        "/var/lib/location/database.db", "/usr/share/libloc-location/location.db"};

struct whereabouts {
    struct loc_ctx *context;
    struct loc_database *database;
    char date[DATE_TEXT];
    char sha256[SHA256_TEXT];
};

/* libloc writes its errors to stderr unless it is told where; only cli/ may do that. */
static void say_nothing(struct loc_ctx *context, int priority, const char *file, int line,
        const char *function, const char *format, va_list arguments)
        __attribute__((format(printf, 6, 0)));

static void say_nothing(struct loc_ctx *context, int priority, const char *file, int line,
        const char *function, const char *format, va_list arguments)
{
    (void)context;
    (void)priority;
    (void)file;
    (void)line;
    (void)function;
    (void)format;
    (void)arguments;
}

/* The digest of the whole file, which names the database for whoever looks it up again. */
static enum status digest_file(
        FILE *file, const char *path, char out[SHA256_TEXT], struct fault *fault)
{
    struct stat st;
    void *map;
    bool ok;

    if (fstat(fileno(file), &st) != 0)
        return fault_set(fault, STATUS_IO, "location database %s: cannot be read: %s", path,
                strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > DATABASE_MOST)
        return fault_set(fault, STATUS_INPUT,
                "location database %s: not a database (%lld bytes)", path,
                (long long)st.st_size);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fileno(file), 0);
    if (map == MAP_FAILED)
        return fault_set(fault, STATUS_IO, "location database %s: cannot be read: %s", path,
                strerror(errno));
    ok = sha256_text(bytes_of(map, (size_t)st.st_size), out);
    munmap(map, (size_t)st.st_size);
    return ok ? STATUS_OK : fault_set(fault, STATUS_NOMEM, "out of memory");
}

static enum status open_database(
        struct whereabouts *w, FILE *file, const char *path, struct fault *fault)
{
    enum status status = digest_file(file, path, w->sha256, fault);
    time_t made;
    struct tm day;

    if (status != STATUS_OK)
        return status;
    if (loc_new(&w->context) != 0)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    loc_set_log_fn(w->context, say_nothing);
    if (loc_database_new(w->context, &w->database, file) != 0) {
        w->database = NULL;
        return fault_set(fault, STATUS_INPUT,
                "location database %s: not a database of libloc; install libloc-database anew",
                path);
    }
    made = loc_database_created_at(w->database);
    if (gmtime_r(&made, &day) == NULL ||
            strftime(w->date, sizeof(w->date), "%Y-%m-%d", &day) == 0)
        w->date[0] = '\0';
    return STATUS_OK;
}

/* The first of the usual places that is there, or `path`. */
static FILE *open_file(const char *path, const char **found)
{
    FILE *file;

    *found = path;
    if (path != NULL)
        return fopen(path, "rbe");
    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
        *found = usual[i];
        file = fopen(usual[i], "rbe");
        if (file != NULL || errno != ENOENT)
            return file;
    }
    return NULL;
}

enum status whereabouts_open(const char *path, struct whereabouts **out, struct fault *fault)
{
    const char *found;
    FILE *file = open_file(path, &found);
    struct whereabouts *w;
    enum status status;

    if (file == NULL && errno == ENOENT)
        return fault_set(fault, STATUS_MISSING,
                "location database %s: not installed; install the Debian package "
                "libloc-database to have the country and network of addresses",
                found);
    if (file == NULL)
        return fault_set(fault, STATUS_IO, "location database %s: cannot be opened: %s", found,
                strerror(errno));
    w = calloc(1, sizeof(*w));
    status = w == NULL ? fault_set(fault, STATUS_NOMEM, "out of memory")
                       : open_database(w, file, found, fault);
    /* libloc maps the file and needs it open no longer. */
    fclose(file);
    if (status != STATUS_OK) {
        whereabouts_close(w);
        return status;
    }
    *out = w;
    return STATUS_OK;
}

void whereabouts_close(struct whereabouts *w)
{
    if (w == NULL)
        return;
    if (w->database != NULL)
        loc_database_unref(w->database);
    if (w->context != NULL)
        loc_unref(w->context);
    free(w);
}

static bool within(const struct in6_addr *a, const char *network, unsigned prefix)
{
    struct in6_addr n;

    if (inet_pton(AF_INET6, network, &n) != 1)
        return false;
    for (unsigned i = 0; i < prefix; i += 8) {
        unsigned bits = prefix - i < 8 ? prefix - i : 8;
        uint8_t mask = (uint8_t)(0xff << (8 - bits));

        if (((a->s6_addr[i / 8] ^ n.s6_addr[i / 8]) & mask) != 0)
            return false;
    }
    return true;
}

/* Networks that no place on earth owns: IANA's registries of special-purpose addresses, RFC 6890,
 * and multicast. A database may still list what somebody announced there. */
static bool is_special(const struct in6_addr *a)
{
    static const struct {
        const char *network;
        unsigned prefix;
    } special[] = {
            {"::ffff:0.0.0.0", 96 + 8},
            {"::ffff:10.0.0.0", 96 + 8},
            {"::ffff:100.64.0.0", 96 + 10},
            {"::ffff:127.0.0.0", 96 + 8},
            {"::ffff:169.254.0.0", 96 + 16},
            {"::ffff:172.16.0.0", 96 + 12},
            {"::ffff:192.0.0.0", 96 + 24},
            {"::ffff:192.0.2.0", 96 + 24},
            {"::ffff:192.168.0.0", 96 + 16},
            {"::ffff:198.18.0.0", 96 + 15},
            {"::ffff:198.51.100.0", 96 + 24},
            {"::ffff:203.0.113.0", 96 + 24},
            {"::ffff:224.0.0.0", 96 + 4},
            {"::ffff:240.0.0.0", 96 + 4},
            {"::", 127},
            {"100::", 64},
            {"2001:db8::", 32},
            {"3fff::", 20},
            {"fc00::", 7},
            {"fe80::", 10},
            {"ff00::", 8},
    };

    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
        if (within(a, special[i].network, special[i].prefix))
            return true;
    }
    return false;
}

/* An address as text: IPv4 as ::ffff:a.b.c.d, which is how the database has it. */
static bool read_address(const char *text, struct in6_addr *out)
{
    char mapped[ADDRESS_TEXT];
    int n;

    if (text == NULL)
        return false;
    if (strchr(text, ':') != NULL)
        return inet_pton(AF_INET6, text, out) == 1;
    n = snprintf(mapped, sizeof(mapped), "::ffff:%s", text);
    return n > 0 && (size_t)n < sizeof(mapped) && inet_pton(AF_INET6, mapped, out) == 1;
}

/* Texts of the database are of an outside hand: only whole UTF-8 without control characters. */
static void put_text(char *out, size_t size, const char *text)
{
    size_t n = text == NULL ? 0 : strlen(text);

    if (n >= size) {
        n = size - 1;
        while (n != 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    if (!bytes_is_utf8(bytes_of(text, n)))
        n = 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
    out[n] = '\0';
}

static void put_as(const struct whereabouts *w, struct whereabouts_of *of)
{
    struct loc_as *as;

    if (of->as == 0 || loc_database_get_as(w->database, &as, of->as) != 0 || as == NULL)
        return;
    put_text(of->as_name, sizeof(of->as_name), loc_as_get_name(as));
    loc_as_unref(as);
}

bool whereabouts_find(struct whereabouts *w, const char *address, struct whereabouts_of *out)
{
    struct whereabouts_of of = {0};
    struct loc_network *network = NULL;
    struct in6_addr a;
    const char *country;

    if (w == NULL || !read_address(address, &a) || is_special(&a) ||
            loc_database_lookup(w->database, &a, &network) != 0 || network == NULL)
        return false;
    country = loc_network_get_country_code(network);
    /* A1 to A3, T1 and XD are libloc's own marks, "no country". */
    if (country != NULL && strlen(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' &&
            country[1] >= 'A' && country[1] <= 'Z' && strcmp(country, "XD") != 0)
        memcpy(of.country, country, sizeof(of.country));
    of.as = loc_network_get_asn(network);
    put_text(of.network, sizeof(of.network), loc_network_str(network));
    put_as(w, &of);
    loc_network_unref(network);
    if (of.country[0] == '\0' && of.as == 0)
        return false;
    *out = of;
    return true;
}

const char *whereabouts_date(const struct whereabouts *w)
{
    return w->date;
}

const char *whereabouts_sha256(const struct whereabouts *w)
{
    return w->sha256;
}
