/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/packet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8 };

static unsigned group_of(const uint8_t address[16], size_t i)
{
    return (unsigned)address[2 * i] << 8 | address[2 * i + 1];
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2). */
static void find_zeros(const uint8_t address[16], size_t *begin, size_t *end)
{
    *begin = *end = GROUPS;
    for (size_t i = 0; i < GROUPS;) {
        size_t from = i;

        while (i < GROUPS && group_of(address, i) == 0)
            i++;
        if (i - from >= 2 && i - from > *end - *begin) {
            *begin = from;
            *end = i;
        }
        if (i == from)
            i++;
    }
}

static size_t write_v6(const uint8_t address[16], char *out, size_t room)
{
    size_t begin, end, n = 0;

    find_zeros(address, &begin, &end);
    for (size_t i = 0; i < GROUPS; i++) {
        if (i == begin) {
            n += (size_t)snprintf(out + n, room - n, "::");
            i = end - 1;
            continue;
        }
        n += (size_t)snprintf(
                out + n, room - n, "%s%x", i == 0 || i == end ? "" : ":", group_of(address, i));
    }
    return n;
}

static size_t write_address(const struct endpoint *e, char *out, size_t room)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *a = e->address;
    const char *prefix = "";

    if (e->version != IPV4) {
        if (memcmp(a, mapped, sizeof(mapped)) != 0)
            return write_v6(a, out, room);
        /* RFC 5952 section 5: the IPv4 part of a mapped address is written as such. */
        prefix = "::ffff:";
        a += sizeof(mapped);
    }
    return (size_t)snprintf(out, room, "%s%u.%u.%u.%u", prefix, a[0], a[1], a[2], a[3]);
}

void endpoint_address_text(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
    (void)write_address(e, out, ENDPOINT_TEXT);
}

void endpoint_text(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
    size_t n = 0;

    if (e->version != IPV4)
        out[n++] = '[';
    n += write_address(e, out + n, ENDPOINT_TEXT - n);
    (void)snprintf(out + n, ENDPOINT_TEXT - n, "%s:%u", e->version == IPV4 ? "" : "]", e->port);
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
    int order;

    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    order = memcmp(a->address, b->address, sizeof(a->address));
    if (order != 0)
        return order;
    return (a->port > b->port) - (a->port < b->port);
}

bool endpoint_read_address(const char *text, struct endpoint *out)
{
    uint8_t address[sizeof(out->address)] = {0};
    enum ip_version version;

    if (inet_pton(AF_INET, text, address) == 1)
        version = IPV4;
    else if (inet_pton(AF_INET6, text, address) == 1)
        version = IPV6;
    else
        return false;
    memcpy(out->address, address, sizeof(address));
    out->version = (uint8_t)version;
    return true;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return endpoint_compare(a, b) == 0;
}
