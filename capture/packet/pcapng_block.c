/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/pcapng_block.h"

#include <endian.h>
#include <string.h>

enum {
    OPTION_HARDWARE = 2, /* of a section */
    OPTION_OS = 3,
    OPTION_APPLICATION = 4,
    OPTION_NAME = 2, /* of an interface */
    OPTION_DESCRIPTION = 3,
    OPTION_RESOLUTION = 9,
    OPTION_FILTER = 11,
    OPTION_INTERFACE_OS = 12,
    OPTION_OFFSET = 14,
    OPTION_INTERFACE_HARDWARE = 15,
    OPTION_RECEIVED = 4, /* of statistics */
    OPTION_DROPPED_DEVICE = 5,
    OPTION_ACCEPTED = 6,
    OPTION_DROPPED_KERNEL = 7,
    OPTION_DELIVERED = 8,
    OPTION_DROPCOUNT = 4, /* of an enhanced packet */
    RESOLUTION_DEFAULT = 6,
    DROPS_UNKNOWN = 0xffff, /* in the old packet block */
    FILTER_IS_TEXT = 0,
};

__extension__ typedef __int128 wide;

uint16_t pcapng_u16(const uint8_t *p, enum byte_order order)
{
    uint16_t value;

    memcpy(&value, p, sizeof(value));
    return order == ORDER_BIG ? be16toh(value) : le16toh(value);
}

uint32_t pcapng_u32(const uint8_t *p, enum byte_order order)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return order == ORDER_BIG ? be32toh(value) : le32toh(value);
}

uint64_t pcapng_u64(const uint8_t *p, enum byte_order order)
{
    uint64_t value;

    memcpy(&value, p, sizeof(value));
    return order == ORDER_BIG ? be64toh(value) : le64toh(value);
}

static size_t padded(size_t n)
{
    return (n + 3) / 4 * 4;
}

bool pcapng_option_take(struct bytes *options, enum byte_order order, struct pcapng_option *out)
{
    struct bytes at = *options, head, value;
    uint16_t code, length;

    if (!bytes_take(&at, 4, &head))
        return false;
    code = pcapng_u16(head.p, order);
    length = pcapng_u16(head.p + 2, order);
    if (code == PCAPNG_END_OF_OPTIONS || !bytes_take(&at, length, &value))
        return false;
    /* The padding of the last option may be missing when nothing follows it. */
    if (!bytes_skip(&at, padded(length) - length))
        at.n = 0;
    *options = at;
    *out = (struct pcapng_option){.code = code, .value = value};
    return true;
}

bool pcapng_order(struct bytes block, enum byte_order *out)
{
    static const uint8_t big[] = {0x1a, 0x2b, 0x3c, 0x4d}, little[] = {0x4d, 0x3c, 0x2b, 0x1a};
    struct bytes magic = bytes_slice(block, PCAPNG_HEAD, PCAPNG_HEAD + sizeof(big));

    if (bytes_equal(magic, bytes_of(big, sizeof(big))))
        *out = ORDER_BIG;
    else if (bytes_equal(magic, bytes_of(little, sizeof(little))))
        *out = ORDER_LITTLE;
    else
        return false;
    return true;
}

/*
 *  0                   1                   2                   3
 * |                     byte order magic                          |
 * |         major version         |         minor version         |
 * |                    section length, 64 bits                    |
 * | options …
 */
enum parse pcapng_section(struct bytes body, struct pcapng_section *out)
{
    struct pcapng_section s = {0};
    struct pcapng_option option;
    struct bytes options;
    enum byte_order order;

    if (body.n < 16)
        return PARSE_BAD;
    if (pcapng_u32(body.p, ORDER_BIG) == 0x1a2b3c4d)
        order = ORDER_BIG;
    else if (pcapng_u32(body.p, ORDER_LITTLE) == 0x1a2b3c4d)
        order = ORDER_LITTLE;
    else
        return PARSE_BAD;
    if (pcapng_u16(body.p + 4, order) != 1)
        return PARSE_UNSUPPORTED;
    s.order = order;
    s.options = bytes_slice(body, 16, body.n);
    options = s.options;
    while (pcapng_option_take(&options, order, &option)) {
        if (option.code == OPTION_HARDWARE)
            s.hardware = option.value;
        else if (option.code == OPTION_OS)
            s.os = option.value;
        else if (option.code == OPTION_APPLICATION)
            s.application = option.value;
    }
    *out = s;
    return PARSE_DONE;
}

static void interface_option(
        const struct pcapng_option *option, enum byte_order order, struct pcapng_interface *out)
{
    struct bytes value = option->value;

    switch (option->code) {
    case OPTION_NAME:
        out->name = value;
        break;
    case OPTION_DESCRIPTION:
        out->description = value;
        break;
    case OPTION_RESOLUTION:
        if (value.n == 1)
            out->resolution = value.p[0];
        break;
    case OPTION_FILTER:
        if (value.n > 1 && value.p[0] == FILTER_IS_TEXT)
            out->filter = bytes_slice(value, 1, value.n);
        break;
    case OPTION_INTERFACE_OS:
        out->os = value;
        break;
    case OPTION_OFFSET:
        if (value.n == 8)
            out->offset_s = (int64_t)pcapng_u64(value.p, order);
        break;
    case OPTION_INTERFACE_HARDWARE:
        out->hardware = value;
        break;
    default:
        break;
    }
}

/*
 * |           link type           |           reserved            |
 * |                       snapshot length                         |
 * | options …
 */
enum parse pcapng_interface(
        struct bytes body, enum byte_order order, struct pcapng_interface *out)
{
    struct pcapng_interface i = {.resolution = RESOLUTION_DEFAULT};
    struct pcapng_option option;
    struct bytes options;

    if (body.n < 8)
        return PARSE_BAD;
    i.link = pcapng_u16(body.p, order);
    i.snaplen = pcapng_u32(body.p + 4, order);
    i.options = bytes_slice(body, 8, body.n);
    options = i.options;
    while (pcapng_option_take(&options, order, &option))
        interface_option(&option, order, &i);
    *out = i;
    return PARSE_DONE;
}

/* |interface|stamp high|stamp low|kept|on the wire|data, padded|options */
static enum parse enhanced(struct bytes body, enum byte_order order, struct pcapng_frame *out)
{
    struct pcapng_frame f = {.timed = true};
    struct pcapng_option option;
    struct bytes options;
    uint32_t kept;

    if (body.n < 20)
        return PARSE_BAD;
    f.interface_id = pcapng_u32(body.p, order);
    f.stamp = (uint64_t)pcapng_u32(body.p + 4, order) << 32 | pcapng_u32(body.p + 8, order);
    kept = pcapng_u32(body.p + 12, order);
    f.wire_len = pcapng_u32(body.p + 16, order);
    body = bytes_slice(body, 20, body.n);
    if (!bytes_take(&body, kept, &f.data))
        return PARSE_BAD;
    f.options = bytes_slice(body, padded(kept) - kept, body.n);
    options = f.options;
    while (pcapng_option_take(&options, order, &option)) {
        if (option.code == OPTION_DROPCOUNT && option.value.n == 8)
            f.dropped = (struct count){true, pcapng_u64(option.value.p, order)};
    }
    *out = f;
    return PARSE_DONE;
}

/* |interface 16|drops 16|stamp high|stamp low|kept|on the wire|data, padded|options */
static enum parse old(struct bytes body, enum byte_order order, struct pcapng_frame *out)
{
    struct pcapng_frame f = {.timed = true};
    uint16_t drops;
    uint32_t kept;

    if (body.n < 20)
        return PARSE_BAD;
    f.interface_id = pcapng_u16(body.p, order);
    drops = pcapng_u16(body.p + 2, order);
    if (drops != DROPS_UNKNOWN)
        f.dropped = (struct count){true, drops};
    f.stamp = (uint64_t)pcapng_u32(body.p + 4, order) << 32 | pcapng_u32(body.p + 8, order);
    kept = pcapng_u32(body.p + 12, order);
    f.wire_len = pcapng_u32(body.p + 16, order);
    body = bytes_slice(body, 20, body.n);
    if (!bytes_take(&body, kept, &f.data))
        return PARSE_BAD;
    f.options = bytes_slice(body, padded(kept) - kept, body.n);
    *out = f;
    return PARSE_DONE;
}

/* |on the wire|data, padded|: no length kept, so it is the least of three. */
static enum parse simple(
        struct bytes body, enum byte_order order, uint32_t snaplen, struct pcapng_frame *out)
{
    struct pcapng_frame f = {0};
    size_t kept;

    if (body.n < 4)
        return PARSE_BAD;
    f.wire_len = pcapng_u32(body.p, order);
    kept = f.wire_len;
    if (snaplen != 0 && kept > snaplen)
        kept = snaplen;
    body = bytes_slice(body, 4, body.n);
    /* Without a snap length the block itself is the only bound. */
    if (kept > body.n && snaplen == 0)
        kept = body.n;
    if (!bytes_take(&body, kept, &f.data))
        return PARSE_BAD;
    *out = f;
    return PARSE_DONE;
}

enum parse pcapng_frame(struct bytes body, enum byte_order order, uint32_t type,
        uint32_t snaplen, struct pcapng_frame *out)
{
    if (type == PCAPNG_PACKET)
        return enhanced(body, order, out);
    if (type == PCAPNG_PACKET_OLD)
        return old(body, order, out);
    return simple(body, order, snaplen, out);
}

enum parse pcapng_statistics(
        struct bytes body, enum byte_order order, struct pcapng_statistics *out)
{
    struct pcapng_statistics s = {0};
    struct count *const counters[] = {
            [OPTION_RECEIVED] = &s.received,
            [OPTION_DROPPED_DEVICE] = &s.dropped_device,
            [OPTION_ACCEPTED] = &s.accepted,
            [OPTION_DROPPED_KERNEL] = &s.dropped_kernel,
            [OPTION_DELIVERED] = &s.delivered,
    };
    struct pcapng_option option;
    struct bytes options;

    if (body.n < 12)
        return PARSE_BAD;
    s.interface_id = pcapng_u32(body.p, order);
    s.options = bytes_slice(body, 12, body.n);
    options = s.options;
    while (pcapng_option_take(&options, order, &option)) {
        if (option.code >= OPTION_RECEIVED && option.code <= OPTION_DELIVERED &&
                option.value.n == 8)
            *counters[option.code] = (struct count){true, pcapng_u64(option.value.p, order)};
    }
    *out = s;
    return PARSE_DONE;
}

enum parse pcapng_secrets(
        struct bytes body, enum byte_order order, uint32_t *type, struct bytes *secrets)
{
    struct bytes data = bytes_slice(body, 8, body.n);

    if (body.n < 8 || !bytes_take(&data, pcapng_u32(body.p + 4, order), secrets))
        return PARSE_BAD;
    *type = pcapng_u32(body.p, order);
    return PARSE_DONE;
}

bool pcapng_is_numbered(uint32_t type)
{
    switch (type) {
    case PCAPNG_PACKET:
    case PCAPNG_PACKET_OLD:
    case PCAPNG_PACKET_SIMPLE:
    case PCAPNG_JOURNAL:
    case PCAPNG_CUSTOM:
    case PCAPNG_CUSTOM_NO_COPY:
    case 0x204: /* system call events of Sysdig, in six forms */
    case 0x208:
    case 0x216:
    case 0x217:
    case 0x221:
    case 0x222:
        return true;
    default:
        return false;
    }
}

static uint64_t power_of_ten(unsigned n)
{
    uint64_t value = 1;

    while (n-- != 0)
        value *= 10;
    return value;
}

int64_t pcapng_time_ns(uint64_t stamp, uint8_t resolution, int64_t offset_s)
{
    enum { SECOND = 1000000000, TEN_MOST = 19 /* 10^19 still fits 64 bits */ };
    unsigned n = resolution & 0x7fU;
    wide ns;

    if ((resolution & 0x80U) != 0)
        ns = n > 94 ? 0 : (wide)stamp * SECOND >> n;
    else if (n <= 9)
        ns = (wide)stamp * (wide)power_of_ten(9 - n);
    else
        ns = n - 9 > TEN_MOST ? 0 : (wide)(stamp / power_of_ten(n - 9));
    ns += (wide)offset_s * SECOND;
    if (ns > INT64_MAX)
        return INT64_MAX;
    return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}
