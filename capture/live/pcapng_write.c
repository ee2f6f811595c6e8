/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/pcapng_write.h"

#include <string.h>

#include "capture/packet/pcapng_block.h"

enum {
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    STAMP_AT = 12, /* offset in a packet's block */
    DATA_AT = 28,
    /* Option codes: section 4.1, 4.2 and 4.6 of the draft. */
    SHB_HARDWARE = 2,
    SHB_OS = 3,
    SHB_APPLICATION = 4,
    IF_NAME = 2,
    IF_TSRESOL = 9,
    IF_OS = 12,
    ISB_IFDROP = 5,
    ISB_OSDROP = 7,
};

static void put16(uint8_t *at, uint16_t v)
{
    memcpy(at, &v, sizeof(v));
}

static void put32(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof(v));
    return v;
}

/* A time stamp is written as its upper half and then its lower one, in any byte order. */
static void put_stamp(uint8_t *at, int64_t time_ns)
{
    uint64_t stamp = time_ns < 0 ? 0 : (uint64_t)time_ns;

    put32(at, (uint32_t)(stamp >> 32));
    put32(at + 4, (uint32_t)stamp);
}

static size_t padded(size_t n)
{
    return (n + 3) / 4 * 4;
}

static enum status add_u16(struct buf *out, uint16_t v)
{
    return buf_append(out, bytes_of(&v, sizeof(v)));
}

static enum status add_u32(struct buf *out, uint32_t v)
{
    return buf_append(out, bytes_of(&v, sizeof(v)));
}

static enum status add_option(struct buf *out, uint16_t code, struct bytes value)
{
    static const uint8_t zeros[4];
    enum status status = add_u16(out, code);

    if (status == STATUS_OK)
        status = add_u16(out, (uint16_t)value.n);
    if (status == STATUS_OK)
        status = buf_append(out, value);
    if (status == STATUS_OK)
        status = buf_append(out, bytes_of(zeros, padded(value.n) - value.n));
    return status;
}

/* A text is cut where a character of UTF-8 begins. */
static enum status add_text(struct buf *out, uint16_t code, const char *text)
{
    struct bytes value = bytes_text(text);

    if (value.n == 0)
        return STATUS_OK;
    if (value.n > PCAPNG_WRITE_TEXT) {
        value.n = PCAPNG_WRITE_TEXT;
        while (value.n != 0 && (value.p[value.n] & 0xc0) == 0x80)
            value.n--;
    }
    return add_option(out, code, value);
}

/* The length stands before and behind a block. */
static enum status end_block(struct buf *out, size_t begin)
{
    enum status status = add_option(out, PCAPNG_END_OF_OPTIONS, bytes_of(NULL, 0));
    uint32_t length = (uint32_t)(out->n - begin + 4);

    if (status == STATUS_OK)
        status = add_u32(out, length);
    if (status == STATUS_OK)
        put32(out->p + begin + 4, length);
    return status;
}

static enum status add_section(const struct pcapng_head *head, struct buf *out)
{
    /* Type, length, magic, version 1.0, and a section length that is not known: -1. */
    const uint32_t fixed[] = {PCAPNG_SECTION, 0, BYTE_ORDER_MAGIC};
    size_t begin = out->n;
    enum status status = buf_append(out, bytes_of(fixed, sizeof(fixed)));

    if (status == STATUS_OK)
        status = add_u16(out, 1);
    if (status == STATUS_OK)
        status = add_u16(out, 0);
    if (status == STATUS_OK)
        status = buf_append(out, bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff", 8));
    if (status == STATUS_OK)
        status = add_text(out, PCAPNG_COMMENT, head->comment);
    if (status == STATUS_OK)
        status = add_text(out, SHB_HARDWARE, head->hardware);
    if (status == STATUS_OK)
        status = add_text(out, SHB_OS, head->os);
    if (status == STATUS_OK)
        status = add_text(out, SHB_APPLICATION, head->application);
    return status == STATUS_OK ? end_block(out, begin) : status;
}

static enum status add_interface(const struct pcapng_head *head, struct buf *out)
{
    static const uint8_t nanoseconds = 9;
    const uint32_t fixed[] = {PCAPNG_INTERFACE, 0};
    size_t begin = out->n;
    enum status status = buf_append(out, bytes_of(fixed, sizeof(fixed)));

    if (status == STATUS_OK)
        status = add_u16(out, head->link);
    if (status == STATUS_OK)
        status = add_u16(out, 0);
    if (status == STATUS_OK)
        status = add_u32(out, head->snaplen);
    if (status == STATUS_OK)
        status = add_text(out, IF_NAME, head->device);
    if (status == STATUS_OK)
        status = add_option(out, IF_TSRESOL, bytes_of(&nanoseconds, 1));
    if (status == STATUS_OK)
        status = add_text(out, IF_OS, head->os);
    return status == STATUS_OK ? end_block(out, begin) : status;
}

enum status pcapng_write_head(const struct pcapng_head *head, struct buf *out)
{
    enum status status = add_section(head, out);

    return status == STATUS_OK ? add_interface(head, out) : status;
}

size_t pcapng_write_packet_bytes(size_t n)
{
    return PCAPNG_WRITE_PACKET + padded(n);
}

void pcapng_write_packet(int64_t time_ns, uint32_t wire_len, struct bytes data, uint8_t *out)
{
    size_t size = pcapng_write_packet_bytes(data.n);

    put32(out, PCAPNG_PACKET);
    put32(out + 4, (uint32_t)size);
    put32(out + 8, 0); /* interface */
    put_stamp(out + STAMP_AT, time_ns);
    put32(out + 20, (uint32_t)data.n);
    put32(out + size - 8, 0); /* the padding; whatever else stands there is written next */
    put32(out + 24, wire_len);
    if (data.n != 0)
        memcpy(out + DATA_AT, data.p, data.n);
    put32(out + size - 4, (uint32_t)size);
}

static uint8_t *put_count(uint8_t *at, uint16_t code, struct count count)
{
    if (!count.known)
        return at;
    put16(at, code);
    put16(at + 2, 8);
    memcpy(at + 4, &count.n, 8);
    return at + 12;
}

size_t pcapng_write_statistics(int64_t now_ns, struct count kernel, struct count device,
        uint8_t out[PCAPNG_WRITE_STATISTICS])
{
    uint8_t *at = out + 20;
    uint32_t size;

    put32(out, PCAPNG_STATISTICS);
    put32(out + 8, 0); /* interface */
    put_stamp(out + STAMP_AT, now_ns);
    at = put_count(at, ISB_IFDROP, device);
    at = put_count(at, ISB_OSDROP, kernel);
    if (at != out + 20) { /* the end of the options */
        put32(at, 0);
        at += 4;
    }
    size = (uint32_t)(at + 4 - out);
    put32(out + 4, size);
    put32(at, size);
    return size;
}

struct pcapng_whole pcapng_write_whole(struct bytes blocks)
{
    struct pcapng_whole whole = {0};

    while (blocks.n - whole.bytes >= PCAPNG_OVERHEAD) {
        const uint8_t *at = blocks.p + whole.bytes;
        uint32_t size = get32(at + 4);
        uint64_t stamp;

        if (size < PCAPNG_OVERHEAD || size > blocks.n - whole.bytes)
            break;
        whole.bytes += size;
        if (get32(at) != PCAPNG_PACKET || size < PCAPNG_WRITE_PACKET)
            continue;
        stamp = (uint64_t)get32(at + STAMP_AT) << 32 | get32(at + STAMP_AT + 4);
        whole.last_ns = (int64_t)stamp;
        if (whole.packets++ == 0)
            whole.first_ns = whole.last_ns;
    }
    return whole;
}
