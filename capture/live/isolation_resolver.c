/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Where look-ups would leave by a socket in the file system instead of the network: glibc's
 * and others' caches (nscd(8)), systemd-resolved (nss-resolve(8)), Avahi (nss-mdns). */
static const char *const hidden[] = {
        "/run/nscd", "/run/systemd/resolve", "/run/avahi-daemon", NULL};

static bool take_line(struct bytes *text, struct bytes *line)
{
    const uint8_t *end;

    if (text->n == 0)
        return false;
    end = memchr(text->p, '\n', text->n);
    line->p = text->p;
    line->n = end == NULL ? text->n : (size_t)(end - text->p);
    text->p += line->n + (end != NULL);
    text->n -= line->n + (end != NULL);
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A keyword must start its line (resolv.conf(5)). */
static bool keyword(struct bytes line, const char *word, struct bytes *rest)
{
    size_t n = strlen(word);

    if (line.n <= n || memcmp(line.p, word, n) != 0 || !is_blank(line.p[n]))
        return false;
    while (n < line.n && is_blank(line.p[n]))
        n++;
    *rest = bytes_of(line.p + n, line.n - n);
    return true;
}

static void take_server(struct bytes value, struct isolation_resolver *out)
{
    char text[ISOLATION_TEXT];
    uint8_t four[4], six[16];
    size_t n = 0, plain;

    while (n < value.n && !is_blank(value.p[n]) && n + 1 < sizeof(text))
        n++;
    memcpy(text, value.p, n);
    text[n] = '\0';
    plain = strcspn(text, "%"); /* fe80::1%eth0 */
    if (inet_pton(AF_INET, text, four) == 1) {
        out->four = true;
        if (out->first[0] == '\0' && four[0] != 127 && four[0] != 0)
            memcpy(out->first, text, n + 1);
        return;
    }
    text[plain] = '\0';
    if (inet_pton(AF_INET6, text, six) == 1)
        out->six = true;
}

void isolation_resolver_read(struct bytes text, struct isolation_resolver *out)
{
    static const char *const keep[] = {"search", "domain", "options"};
    struct bytes line, value;
    size_t used = strlen(out->kept);

    while (take_line(&text, &line)) {
        if (keyword(line, "nameserver", &value))
            take_server(value, out);
        for (size_t k = 0; k < sizeof(keep) / sizeof(keep[0]); k++) {
            /* Room is left for the name servers. */
            if (!keyword(line, keep[k], &value) || memchr(line.p, '\0', line.n) != NULL ||
                    used + line.n + 2 + 3 * ISOLATION_TEXT > sizeof(out->kept))
                continue;
            memcpy(out->kept + used, line.p, line.n);
            used += line.n;
            out->kept[used++] = '\n';
            out->kept[used] = '\0';
        }
    }
}

static void read_one(const char *path, struct isolation_resolver *out)
{
    struct buf text;

    buf_init(&text, 65536);
    if (file_read(path, "resolver configuration", &text, NULL) == STATUS_OK)
        isolation_resolver_read(buf_view(&text), out);
    buf_clear(&text);
}

void isolation_resolver_find(struct isolation_resolver *out)
{
    struct isolation_resolver behind = {0};

    *out = (struct isolation_resolver){0};
    read_one("/etc/resolv.conf", out);
    if (out->first[0] != '\0')
        return;
    /* 127.0.0.53 is systemd-resolved's; this file has the servers that it asks. */
    read_one("/run/systemd/resolve/resolv.conf", &behind);
    memcpy(out->first, behind.first, sizeof(out->first));
}

void isolation_keeper_places(struct keeper_plan *plan)
{
    /* Empty by custom (hier(7)); covered for microseconds, in our namespace only. */
    static const char *const stages[] = {"/mnt", "/srv", "/media", "/opt", "/tmp"};
    char real[PATH_MAX];

    plan->hide = hidden;
    plan->stage = "/tmp";
    for (size_t k = 0; k < sizeof(stages) / sizeof(stages[0]); k++) {
        if (access(stages[k], F_OK) == 0) {
            plan->stage = stages[k];
            break;
        }
    }
    plan->resolv_path[0] = '\0';
    plan->resolv_hidden = NULL;
    if (realpath("/etc/resolv.conf", real) == NULL || strlen(real) >= ISOLATION_PATH)
        return;
    memcpy(plan->resolv_path, real, strlen(real) + 1);
    for (size_t k = 0; hidden[k] != NULL; k++) {
        size_t n = strlen(hidden[k]);

        if (strncmp(real, hidden[k], n) == 0 && real[n] == '/' &&
                strchr(real + n + 1, '/') == NULL) {
            plan->resolv_hidden = plan->resolv_path + n + 1;
            plan->resolv_in = k;
        }
    }
}
