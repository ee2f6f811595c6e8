/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/env/env_parts.h"

enum {
    TABLE_MOST = 4 << 20, /* bytes of /proc/net/tcp */
    SOCKETS_MOST = 1024,
    FDS_MOST = 4096, /* descriptors of one process that are looked at */
    TCP_LISTEN = 10,
    UDP_OPEN = 7,
    WORDS_MOST = 10, /* columns up to the inode */
    ADDRESS_HEX = 32,
    SOCKET_TEXT = 80,
};

/* Programs whose files are digested, all together. */
#define DIGEST_BYTES (UINT64_C(256) << 20)

struct listener {
    char at[SOCKET_TEXT]; /* "tcp 0.0.0.0:22" */
    uint64_t inode;
    bool loopback;
    const struct process *owner; /* NULL unknown */
    const char *sha256;
};

struct listeners {
    struct listener at[SOCKETS_MOST];
    size_t n;
    bool cut;
    unsigned tables; /* that could be read */
};

/* The kernel prints an address as words of four bytes in the order of the machine. */
static bool read_address(struct bytes hex, bool six, char out[INET6_ADDRSTRLEN], bool *loopback)
{
    uint32_t words[4] = {0};
    size_t n = six ? 4 : 1;

    if (hex.n != n * 8)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t value;

        if (!bytes_hex(bytes_slice(hex, 8 * i, 8 * i + 8), &value))
            return false;
        words[i] = (uint32_t)value;
    }
    if (six)
        *loopback = words[0] == 0 && words[1] == 0 && words[2] == 0 && words[3] == htonl(1);
    else
        *loopback = (ntohl(words[0]) >> 24) == 127;
    return inet_ntop(six ? AF_INET6 : AF_INET, words, out, INET6_ADDRSTRLEN) != NULL;
}

static void read_row(struct bytes line, const char *kind, bool six, struct listeners *out)
{
    struct bytes words[WORDS_MOST], address, port = {0};
    char text[INET6_ADDRSTRLEN];
    struct listener s = {0};
    uint64_t number, state;
    bool tcp = kind[0] == 't';

    for (size_t i = 0; i < WORDS_MOST; i++) {
        if (!parts_word(&line, &words[i]))
            return;
    }
    port = words[1];
    if (!bytes_take_until(&port, ':', &address) || !bytes_hex(port, &number) ||
            !bytes_hex(words[3], &state) || !bytes_decimal(words[9], &s.inode) ||
            state != (uint64_t)(tcp ? TCP_LISTEN : UDP_OPEN) ||
            !read_address(address, six, text, &s.loopback))
        return;
    if (out->n == SOCKETS_MOST) {
        out->cut = true;
        return;
    }
    (void)snprintf(s.at, sizeof(s.at), six ? "%s [%s]:%llu" : "%s %s:%llu", kind, text,
            (unsigned long long)number);
    out->at[out->n++] = s;
}

static void read_tables(struct look *l, struct listeners *out)
{
    static const struct {
        const char *path, *kind;
        bool six;
    } tables[] = {{"/proc/net/tcp", "tcp", false}, {"/proc/net/tcp6", "tcp", true},
            {"/proc/net/udp", "udp", false}, {"/proc/net/udp6", "udp", true}};

    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        struct seen s = look_scan(l, tables[i].path, TABLE_MOST);
        struct bytes line;

        out->tables += s.error == 0;
        out->cut = out->cut || s.cut;
        if (!parts_line(&s.text, &line)) /* the heads of the columns */
            continue;
        while (parts_line(&s.text, &line))
            read_row(line, tables[i].kind, tables[i].six, out);
    }
}

static int by_inode(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;

    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int by_text(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;

    return strcmp(x->at, y->at);
}

static void own(struct listeners *out, const struct process *p, const char *target)
{
    struct bytes text = bytes_text(target), inode;
    struct listener key = {0}, *found;

    if (!bytes_starts(text, BYTES_LITERAL("socket:[")))
        return;
    text = bytes_slice(text, strlen("socket:["), text.n);
    if (!bytes_take_until(&text, ']', &inode) || !bytes_decimal(inode, &key.inode))
        return;
    found = bsearch(&key, out->at, out->n, sizeof(key), by_inode);
    if (found != NULL && found->owner == NULL)
        found->owner = p;
}

static void find_owners(struct look *l, const struct processes *running, struct listeners *out)
{
    qsort(out->at, out->n, sizeof(*out->at), by_inode);
    for (size_t i = 0; i < running->n && out->n != 0; i++) {
        const struct process *p = &running->at[i];
        struct names fds;

        if (p->exe == NULL)
            continue; /* then its descriptors may not be read either */
        fds = look_names(l, look_print(l, "/proc/%s/fd", p->pid));
        for (size_t k = 0; k < fds.n && k < FDS_MOST; k++) {
            const char *target =
                    look_link(l, look_print(l, "/proc/%s/fd/%s", p->pid, fds.at[k]));

            if (target != NULL)
                own(out, p, target);
        }
    }
    qsort(out->at, out->n, sizeof(*out->at), by_text);
}

/* The file behind a process that listens: read through /proc, so that a replaced file is told
 * from the one that runs. */
static void digest_owners(struct look *l, struct listeners *out)
{
    uint64_t left = DIGEST_BYTES;

    for (size_t i = 0; i < out->n; i++) {
        struct listener *s = &out->at[i];
        char hex[SHA256_TEXT];
        int error;

        if (s->owner == NULL)
            continue;
        for (size_t k = 0; k < i && s->sha256 == NULL; k++) {
            if (out->at[k].owner == s->owner)
                s->sha256 = out->at[k].sha256;
        }
        /* Each file counts as a quarter of what is left: no file may use up all of it. */
        if (s->sha256 == NULL && left > 1 &&
                look_digest(l, look_print(l, "/proc/%s/exe", s->owner->pid), left / 4, hex,
                        NULL, &error)) {
            s->sha256 = look_print(l, "%s", hex);
            left -= left / 8;
        }
    }
}

static void write_sockets(struct json *j, const struct listeners *s)
{
    json_array(j, "listening");
    for (size_t i = 0; i < s->n; i++) {
        const struct listener *one = &s->at[i];

        json_object(j, NULL);
        json_string(j, "address", one->at);
        json_string(j, "program", one->owner == NULL ? NULL : one->owner->name);
        json_string(j, "path", one->owner == NULL ? NULL : one->owner->exe);
        json_string(j, "sha256", one->sha256);
        json_end(j);
    }
    json_end(j);
    json_bool(j, "cut", s->cut);
}

void env_sockets(struct look *l, const struct processes *running)
{
    struct json *j = look_begin(
            l, "programs", "listening", "Programs that wait for connections", "等待连接的程序");
    struct listeners *s = arena_alloc(l->out->arena, sizeof(*s));
    struct listing open = {0};

    if (s == NULL) {
        l->status = STATUS_NOMEM;
        return;
    }
    look_changes(l);
    read_tables(l, s);
    find_owners(l, running, s);
    digest_owners(l, s);
    write_sockets(j, s);
    for (size_t i = 0; i < s->n; i++) {
        if (!s->at[i].loopback && s->at[i].at[0] == 't')
            listing_add(&open, look_print(l, "%s %s", s->at[i].at,
                                       s->at[i].owner == NULL ? "?" : s->at[i].owner->name));
    }
    if (s->tables == 0)
        look_unknown(l, "The kernel's tables of sockets could not be read.",
                "未能读取内核的套接字表。");
    else if (open.n != 0)
        look_attention(l,
                "Reachable from other computers: %s. End what is not needed, or note what it "
                "is "
                "for.",
                "可从其他计算机访问：%s。请结束不需要的程序，或记录其用途。",
                listing_text(&open));
    else
        look_ok(l, "No program takes connections from other computers (%zu sockets in all).",
                "没有程序接受来自其他计算机的连接（共 %zu 个套接字）。", s->n);
    if (s->cut)
        look_unknown(l, "There are more than are listed.", "另有未列出者。");
    look_end(l);
}
