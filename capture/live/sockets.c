/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/siphash.h"
#include "capture/live/sockets_proc.h"

enum {
    SLOTS = 2 * SOCKETS_MOST, /* a power of two */
    LINES = 8 << 20,          /* bytes of one sample's lines */
    OF = 2,
    TABLES = 4,
};

struct entry {
    struct sockets_row row;
    pid_t pid;
    int64_t first_ns, last_ns;
    uint8_t of, table;
    bool live;
};

struct side { /* browser or joiner */
    struct sockets_tree tree;
    struct sockets_counts counts;
};

struct sockets {
    int fd;
    struct siphash_key key;
    struct entry *entries; /* grows up to SOCKETS_MOST */
    size_t count, capacity;
    uint32_t *slots; /* number of the entry + 1; 0 empty */
    struct buf lines;
    struct side sides[OF];
    bool full;
};

static const char *const tables[TABLES] = {"tcp", "tcp6", "udp", "udp6"};

/* "0100007F:1F90": address as 32-bit words in the machine's order, port big-endian. */
static bool read_endpoint(const char *text, char out[SOCKETS_ENDPOINT], unsigned *port)
{
    const char *colon = strchr(text, ':');
    size_t digits = colon == NULL ? 0 : (size_t)(colon - text);
    uint32_t words[4];
    char address[INET6_ADDRSTRLEN], *end;

    if ((digits != 8 && digits != 32) || strspn(text, "0123456789ABCDEFabcdef") != digits)
        return false;
    for (size_t k = 0; k < digits / 8; k++) {
        char word[9];

        memcpy(word, text + 8 * k, 8);
        word[8] = '\0';
        words[k] = (uint32_t)strtoul(word, NULL, 16);
    }
    *port = (unsigned)strtoul(colon + 1, &end, 16);
    if (end != colon + 5 || *end != '\0')
        return false;
    /* An IPv4 peer of an IPv6 socket (::ffff:a.b.c.d) is written as what goes over the wire. */
    if (digits == 32 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff)) {
        words[0] = words[3];
        digits = 8;
    }
    if (inet_ntop(digits == 8 ? AF_INET : AF_INET6, words, address, sizeof(address)) == NULL)
        return false;
    (void)snprintf(out, SOCKETS_ENDPOINT, digits == 8 ? "%s:%u" : "[%s]:%u", address, *port);
    return true;
}

bool sockets_row_read(struct bytes line, struct sockets_row *out)
{
    char text[256], number[16], local[48], remote[48];
    struct sockets_row row;
    unsigned long long inode;
    unsigned port;

    if (line.n >= sizeof(text) || memchr(line.p, '\0', line.n) != NULL)
        return false;
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    /* sl local remote st tx:rx tr:when retrnsmt uid timeout inode */
    if (sscanf(text, "%15s %47s %47s %*s %*s %*s %*s %*s %*s %llu", number, local, remote,
                &inode) != 4)
        return false;
    if (!read_endpoint(local, row.local, &port) || !read_endpoint(remote, row.remote, &port))
        return false;
    if (port == 0)
        memcpy(row.remote, "*", 2);
    row.inode = inode;
    *out = row;
    return true;
}

enum status sockets_open(
        int directory, const char *name, struct sockets **out, struct fault *fault)
{
    struct sockets *s = calloc(1, sizeof(*s));

    if (s != NULL)
        s->slots = calloc(SLOTS, sizeof(*s->slots));
    if (s == NULL || s->slots == NULL) {
        free(s);
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    }
    s->key = siphash_key_draw();
    buf_init(&s->lines, LINES);
    s->fd = openat(
            directory, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->fd == -1) {
        (void)fault_set(fault, STATUS_IO,
                "%s: cannot write this list of the browser's "
                "connections: %s",
                name, strerror(errno));
        sockets_free(s);
        return STATUS_IO;
    }
    *out = s;
    return STATUS_OK;
}

static void write_line(struct sockets *s, const struct entry *e, const char *state, int64_t ns)
{
    static const char *const of[OF] = {"browser", "joiner"};
    struct json j;

    json_init(&j, &s->lines);
    json_object(&j, NULL);
    json_time(&j, "time", ns);
    if (e != NULL)
        json_string(&j, "of", of[e->of]);
    json_string(&j, "state", state);
    if (e != NULL) {
        json_integer(&j, "pid", e->pid);
        json_string(&j, "protocol", e->table < 2 ? "tcp" : "udp");
        json_string(&j, "local", e->row.local);
        json_string(&j, "remote", e->row.remote);
    }
    json_end(&j);
    /* A sample's lines fit the buffer by far: SOCKETS_MOST of them would. */
    if (j.status == STATUS_OK)
        (void)!buf_append_u8(&s->lines, '\n');
}

static enum status flush(struct sockets *s, struct fault *fault)
{
    size_t at = 0;

    while (at < s->lines.n) {
        ssize_t n = write(s->fd, s->lines.p + at, s->lines.n - at);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0) {
            enum status why = errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;

            /* What was written stays; the rest is tried again with the next sample. */
            buf_drop(&s->lines, at);
            return fault_set(
                    fault, why, "cannot write the list of connections: %s", strerror(errno));
        }
        at += (size_t)n;
    }
    buf_reset(&s->lines);
    return STATUS_OK;
}

static bool same(const struct entry *a, const struct entry *b)
{
    return a->of == b->of && a->table == b->table && a->row.inode == b->row.inode &&
           strcmp(a->row.local, b->row.local) == 0 && strcmp(a->row.remote, b->row.remote) == 0;
}

/* The slot of an equal entry, or the empty one where it belongs. */
static uint32_t *slot_of(struct sockets *s, const struct entry *e)
{
    uint64_t words[3] = {e->row.inode, (uint64_t)e->of << 8 | e->table, 0};
    size_t at;

    words[2] = siphash_bytes(s->key, bytes_text(e->row.remote));
    at = (size_t)siphash_words(s->key, words, 3) & (SLOTS - 1);
    while (s->slots[at] != 0 && !same(&s->entries[s->slots[at] - 1], e))
        at = (at + 1) & (SLOTS - 1);
    return &s->slots[at];
}

static enum status grow(struct sockets *s)
{
    struct entry *grown = array_grow(s->entries, s->count, &s->capacity, sizeof(*grown));

    if (grown == NULL)
        return STATUS_NOMEM;
    s->entries = grown;
    return STATUS_OK;
}

static enum status enter(struct sockets *s, struct entry *e, int64_t now_ns)
{
    uint32_t *slot = slot_of(s, e);

    s->sides[e->of].counts.now++;
    if (*slot != 0) {
        s->entries[*slot - 1].last_ns = now_ns;
        s->entries[*slot - 1].live = true;
        return STATUS_OK;
    }
    if (s->count == SOCKETS_MOST) {
        if (!s->full)
            write_line(s, NULL, "full", now_ns);
        s->full = true;
        return STATUS_OK;
    }
    if (grow(s) != STATUS_OK)
        return STATUS_NOMEM;
    e->first_ns = e->last_ns = now_ns;
    e->live = true;
    s->entries[s->count++] = *e;
    *slot = (uint32_t)s->count;
    s->sides[e->of].counts.seen++;
    write_line(s, e, "first", now_ns);
    return STATUS_OK;
}

/* One table of a process's network; *read says whether there was one to read. */
static enum status take_table(struct sockets *s, enum sockets_of of, pid_t through,
        uint8_t table, const struct sockets_inodes *inodes, int64_t now_ns, bool *read)
{
    char path[64], line[512];
    enum status status = STATUS_OK;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%ld/net/%s", (long)through, tables[table]);
    f = fopen(path, "re");
    if (f == NULL)
        return STATUS_OK;
    *read = true;
    while (status == STATUS_OK && fgets(line, sizeof(line), f) != NULL) {
        struct entry e = {.of = (uint8_t)of, .table = table};
        const struct sockets_inode *holder;

        if (!sockets_row_read(bytes_of(line, strcspn(line, "\n")), &e.row))
            continue;
        holder = e.row.inode == 0 ? NULL : sockets_inodes_find(inodes, e.row.inode);
        if (holder == NULL)
            continue;
        e.pid = holder->pid;
        status = enter(s, &e, now_ns);
    }
    (void)fclose(f);
    return status;
}

static enum status take_tables(struct sockets *s, enum sockets_of of, pid_t pid,
        const struct sockets_inodes *inodes, int64_t now_ns)
{
    enum status status = STATUS_OK;
    bool read = false, gone;

    /* Renderers may sit in empty networks of their own: the first process's counts, and if that
     * is gone, the oldest socket's holder's. */
    for (uint8_t t = 0; t < TABLES && status == STATUS_OK; t++)
        status = take_table(s, of, pid, t, inodes, now_ns, &read);
    gone = !read;
    for (uint8_t t = 0; t < TABLES && status == STATUS_OK && gone && inodes->n > 0; t++)
        status = take_table(s, of, inodes->p[0].pid, t, inodes, now_ns, &read);
    return status;
}

static void close_gone(struct sockets *s, enum sockets_of of, int64_t now_ns)
{
    for (size_t k = 0; k < s->count; k++) {
        struct entry *e = &s->entries[k];

        if (!e->live || e->of != of || e->last_ns == now_ns)
            continue;
        e->live = false;
        write_line(s, e, "last", e->last_ns);
    }
}

enum status sockets_sample(
        struct sockets *s, enum sockets_of of, pid_t pid, int64_t now_ns, struct fault *fault)
{
    struct side *side = &s->sides[of];
    struct sockets_inodes inodes;
    enum status status = sockets_tree_look(&side->tree, pid, of == SOCKETS_JOINER);

    if (status == STATUS_OK)
        status = sockets_inodes_look(&side->tree, &inodes);
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory");
    side->counts.processes = side->tree.count;
    side->counts.unreadable = inodes.unreadable;
    side->counts.now = 0;
    status = take_tables(s, of, pid, &inodes, now_ns);
    sockets_inodes_clear(&inodes);
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory");
    close_gone(s, of, now_ns);
    return flush(s, fault);
}

struct sockets_counts sockets_counts(const struct sockets *s, enum sockets_of of)
{
    struct sockets_counts counts = s->sides[of].counts;

    counts.full = s->full;
    return counts;
}

enum status sockets_end(struct sockets *s, struct fault *fault)
{
    enum status status;

    for (size_t k = 0; k < s->count; k++) {
        if (s->entries[k].live)
            write_line(s, &s->entries[k], "last", s->entries[k].last_ns);
        s->entries[k].live = false;
    }
    status = flush(s, fault);
    if (status == STATUS_OK && fsync(s->fd) == -1)
        return fault_set(
                fault, STATUS_IO, "cannot write the list of connections: %s", strerror(errno));
    return status;
}

void sockets_free(struct sockets *s)
{
    if (s == NULL)
        return;
    if (s->fd != -1)
        (void)close(s->fd);
    for (size_t k = 0; k < OF; k++)
        sockets_tree_clear(&s->sides[k].tree);
    buf_clear(&s->lines);
    free(s->entries);
    free(s->slots);
    free(s);
}
