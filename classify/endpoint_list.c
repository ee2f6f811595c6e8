/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/endpoint_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "classify/marks.h"

enum { ADDRESS_TEXT = 48 };

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static const struct endpoint nobody = {.version = 0};

static bool read_port(struct bytes text, uint16_t *port)
{
    uint64_t n;

    if (!bytes_decimal(text, &n) || n > UINT16_MAX)
        return false;
    *port = (uint16_t)n;
    return true;
}

/* "192.0.2.7:50312", "[2001:db8::1]:443", as sockets_row_read writes them. */
static bool read_endpoint(const char *given, struct endpoint *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct bytes text = bytes_text(given), address;
    struct endpoint e = {0};
    bool brackets = bytes_starts(text, BYTES_LITERAL("["));
    char copy[ADDRESS_TEXT];

    if (brackets) {
        if (!bytes_skip(&text, 1) || !bytes_take_until(&text, ']', &address) ||
                !bytes_starts(text, BYTES_LITERAL(":")) || !bytes_skip(&text, 1))
            return false;
    } else if (!bytes_take_until(&text, ':', &address)) {
        return false;
    }
    if (address.n >= sizeof(copy) || !read_port(text, &e.port))
        return false;
    (void)snprintf(copy, sizeof(copy), "%.*s", (int)address.n, (const char *)address.p);
    if (!endpoint_read_address(copy, &e) || (e.version == IPV6) != brackets)
        return false;
    /* What goes over the wire is IPv4 (RFC 4291 section 2.5.5.2). */
    if (e.version == IPV6 && memcmp(e.address, mapped, sizeof(mapped)) == 0) {
        memmove(e.address, e.address + sizeof(mapped), 4);
        memset(e.address + 4, 0, sizeof(e.address) - 4);
        e.version = IPV4;
    }
    *out = e;
    return true;
}

/* A text that is one of two; -1: neither. */
static int which(const struct json_value *v, const char *key, const char *zero, const char *one)
{
    const char *text = json_string_of(json_member(v, key));

    if (text == NULL)
        return -1;
    return strcmp(text, zero) == 0 ? 0 : strcmp(text, one) == 0 ? 1 : -1;
}

static bool read_use(const struct json_value *v, struct endpoint_use *out)
{
    const char *time = json_string_of(json_member(v, "time"));
    const char *local = json_string_of(json_member(v, "local"));
    const char *remote = json_string_of(json_member(v, "remote"));
    int state = which(v, "state", "first", "last"), udp = which(v, "protocol", "tcp", "udp");
    struct endpoint_use use = {.transport = udp == 1 ? TRANSPORT_UDP : TRANSPORT_TCP};

    if (time == NULL || local == NULL || remote == NULL || state < 0 || udp < 0 ||
            !marks_time(bytes_text(time), &use.first_ns) || !read_endpoint(local, &use.local) ||
            (strcmp(remote, "*") != 0 && !read_endpoint(remote, &use.remote)))
        return false;
    use.last_ns = use.first_ns;
    use.last = state == 1;
    *out = use;
    return true;
}

static enum status add(struct endpoint_list *l, const struct endpoint_use *use)
{
    struct endpoint_use *grown;

    if (l->use_count == ENDPOINT_LINES_MOST) {
        l->capped = true;
        return STATUS_OK;
    }
    grown = array_grow(l->uses, l->use_count, &l->use_capacity, sizeof(*grown));
    if (grown == NULL)
        return STATUS_NOMEM;
    l->uses = grown;
    l->uses[l->use_count] = *use;
    l->uses[l->use_count].order = (uint32_t)l->use_count;
    l->use_count++;
    return STATUS_OK;
}

static enum status take_value(struct endpoint_list *l, const struct json_value *v)
{
    const char *state = json_string_of(json_member(v, "state"));
    int of = which(v, "of", "browser", "joiner");
    struct endpoint_use use;

    if (of == -1 && json_member(v, "of") == NULL && state != NULL &&
            strcmp(state, "full") == 0) {
        l->capped = true;
        return STATUS_OK;
    }
    l->browser |= of == 0;
    if (of < 0 || (of == 0 && !read_use(v, &use))) {
        l->unread++;
        return STATUS_OK;
    }
    return of == 0 ? add(l, &use) : STATUS_OK;
}

static enum status take_line(void *to, struct bytes line, bool whole)
{
    struct endpoint_list *l = to;
    enum status status;
    struct json_value *v;

    if (whole && bytes_trim(line).n == 0)
        return STATUS_OK;
    l->lines++;
    if (!whole) {
        l->unread++;
        return STATUS_OK;
    }
    v = json_parse(line, NULL);
    status = take_value(l, v);
    json_free(v);
    return status;
}

struct endpoint_list *endpoint_list_new(void)
{
    struct endpoint_list *l = calloc(1, sizeof(*l));

    if (l != NULL)
        line_reader_init(&l->reader, ENDPOINT_LINE_MOST, take_line, l);
    return l;
}

void endpoint_list_free(struct endpoint_list *l)
{
    if (l == NULL)
        return;
    line_reader_clear(&l->reader);
    free(l->uses);
    free(l);
}

enum status endpoint_list_push(struct endpoint_list *l, struct bytes data)
{
    return line_reader_push(&l->reader, data);
}

/* By endpoint alone. */
static int by_ends(const struct endpoint_use *a, const struct endpoint_use *b)
{
    int order = ORDER(a->transport, b->transport);

    if (order == 0)
        order = endpoint_compare(&a->local, &b->local);
    return order == 0 ? endpoint_compare(&a->remote, &b->remote) : order;
}

static int by_line(const void *a, const void *b)
{
    const struct endpoint_use *left = a, *right = b;
    int order = by_ends(left, right);

    return order == 0 ? ORDER(left->order, right->order) : order;
}

static int by_time(const void *a, const void *b)
{
    const struct endpoint_use *left = a, *right = b;
    int order = by_ends(left, right);

    if (order == 0)
        order = ORDER(left->first_ns, right->first_ns);
    return order == 0 ? ORDER(left->last_ns, right->last_ns) : order;
}

/* A "last" ends the use that began before it. A "first" without one, as a recording that was
 * killed leaves it, stands for the moment in which it was seen: what came by it and began before
 * that moment and ended behind it meets it all the same. */
static size_t join_lines(struct endpoint_use *uses, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        struct endpoint_use *before = out == 0 ? NULL : &uses[out - 1];

        if (before == NULL || !uses[i].last || by_ends(before, &uses[i]) != 0)
            uses[out++] = uses[i];
        else if (uses[i].last_ns > before->last_ns)
            before->last_ns = uses[i].last_ns;
    }
    return out;
}

/* Uses that meet become one: then those of one endpoint are in order by their ends, too. */
static size_t join_times(struct endpoint_use *uses, size_t n, uint64_t *endpoints)
{
    size_t out = 0;

    *endpoints = 0;
    for (size_t i = 0; i < n; i++) {
        struct endpoint_use *before = out == 0 ? NULL : &uses[out - 1];
        bool same = before != NULL && by_ends(before, &uses[i]) == 0;

        *endpoints += !same;
        if (!same || uses[i].first_ns > before->last_ns)
            uses[out++] = uses[i];
        else if (uses[i].last_ns > before->last_ns)
            before->last_ns = uses[i].last_ns;
    }
    return out;
}

enum status endpoint_list_seal(struct endpoint_list *l)
{
    uint64_t unread = l->unread;
    bool rest;
    enum status status = line_reader_end(&l->reader, &rest);

    /* What a cut left of a line is none, but when all but its line feed is there. */
    l->cut = rest && l->unread != unread;
    line_reader_clear(&l->reader);
    if (status != STATUS_OK || l->use_count == 0)
        return status;
    qsort(l->uses, l->use_count, sizeof(*l->uses), by_line);
    l->use_count = join_lines(l->uses, l->use_count);
    qsort(l->uses, l->use_count, sizeof(*l->uses), by_time);
    l->use_count = join_times(l->uses, l->use_count, &l->endpoints);
    return STATUS_OK;
}

enum status endpoint_list_read(
        const char *path, struct endpoint_list **out, struct fault *fault)
{
    struct endpoint_list *l = endpoint_list_new();
    enum status status = STATUS_NOMEM;

    if (l != NULL)
        status = line_reader_file(
                &l->reader, path, "the list of the browser's endpoints", fault);
    if (status == STATUS_OK)
        status = endpoint_list_seal(l);
    if (status == STATUS_OK) {
        *out = l;
        return STATUS_OK;
    }
    endpoint_list_free(l);
    return fault_set(fault, status, "out of memory");
}

/* The last use of these ends that began in time is the one that ended last. */
static bool was_used(const struct endpoint_list *l, const struct endpoint_use *wanted,
        int64_t first_ns, int64_t last_ns)
{
    size_t low = 0, high = l->use_count;

    while (low < high) {
        size_t at = low + (high - low) / 2;
        int order = by_ends(&l->uses[at], wanted);

        if (order < 0 || (order == 0 && l->uses[at].first_ns - ENDPOINT_SLACK_NS <= last_ns))
            low = at + 1;
        else
            high = at;
    }
    return low != 0 && by_ends(&l->uses[low - 1], wanted) == 0 &&
           l->uses[low - 1].last_ns + ENDPOINT_SLACK_NS >= first_ns;
}

static bool is_unset(const struct endpoint *e)
{
    return memcmp(e->address, nobody.address, sizeof(e->address)) == 0;
}

bool endpoint_list_has(const struct endpoint_list *l, enum transport transport,
        const struct endpoint *local, const struct endpoint *remote, int64_t first_ns,
        int64_t last_ns)
{
    struct endpoint_use wanted = {.local = *local, .remote = *remote, .transport = transport};

    if (is_unset(local))
        return false;
    if (was_used(l, &wanted, first_ns, last_ns))
        return true;
    wanted.remote = nobody;
    return transport == TRANSPORT_UDP && was_used(l, &wanted, first_ns, last_ns);
}
