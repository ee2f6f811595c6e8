/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/source.h"

#include <endian.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/pcapng.h"

enum {
    HEADER_BYTES = 24, /* of a classic file */
    SNAPLEN_AT = 16,   /* offset in it */
    READ_BUFFER = 1 << 16,
    SECOND = 1000000000,
};

struct source {
    struct input *in; /* owned */
    enum source_format format;
    struct description described;
    struct pcapng *pcapng; /* owned; NULL for classic files */

    /* Classic files: libpcap reads through a FILE whose bytes come from `in`. */
    pcap_t *pcap; /* owned, and with it the FILE */
    FILE *file;
    char *buffer; /* owned; of the FILE */
    uint8_t header[HEADER_BYTES];
    uint64_t read; /* bytes handed to libpcap */
    bool ended;
    uint32_t index;
    uint64_t number;
    struct gap gap;
};

static uint32_t read_u32(const uint8_t *p, bool big)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return big ? be32toh(value) : le32toh(value);
}

/* The magic numbers that libpcap knows, in the file's own byte order. */
static bool is_classic(struct bytes head, bool *big)
{
    static const uint32_t magic[] = {
            0xa1b2c3d4, /* microseconds */
            0xa1b23c4d, /* nanoseconds */
            0xa1b2cd34, /* Kuznetzov's libpcap, longer records */
            0xa1b234cd, /* Navtel Communications */
    };

    if (head.n < 4)
        return false;
    for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
        for (int order = 0; order < 2; order++) {
            if (read_u32(head.p, order == 1) == magic[i]) {
                *big = order == 1;
                return true;
            }
        }
    }
    return false;
}

/* libpcap's reads. The file header comes from our copy. */
static ssize_t cookie_read(void *cookie, char *out, size_t room)
{
    struct source *s = cookie;
    struct bytes there;

    if (room == 0)
        return 0;
    if (s->read < HEADER_BYTES)
        there = bytes_slice(bytes_of(s->header, HEADER_BYTES), (size_t)s->read, HEADER_BYTES);
    else
        there = input_peek(s->in, 1);
    if (there.n > room)
        there.n = room;
    if (there.n == 0)
        return 0;
    memcpy(out, there.p, there.n);
    if (s->read >= HEADER_BYTES)
        input_skip(s->in, there.n);
    s->read += there.n;
    return (ssize_t)there.n;
}

/* Only tells where we are: ftello then knows how much libpcap has used. */
static int cookie_seek(void *cookie, off_t *offset, int whence)
{
    const struct source *s = cookie;

    if (whence != SEEK_CUR || *offset != 0)
        return -1;
    *offset = (off_t)s->read;
    return 0;
}

static enum status no_memory(const char *name, struct fault *fault)
{
    return fault_set(fault, STATUS_NOMEM, "%s: out of memory", name);
}

static enum status open_classic(struct source *s, bool big, struct fault *fault)
{
    static const cookie_io_functions_t io = {.read = cookie_read, .seek = cookie_seek};
    struct bytes head = input_peek(s->in, HEADER_BYTES);
    const char *name = input_name(s->in);
    struct described_interface *i;
    char error[PCAP_ERRBUF_SIZE] = "";
    uint32_t link;

    if (head.n < HEADER_BYTES)
        return fault_set(fault, STATUS_INPUT,
                "%s: a pcap file that ends inside its header (%zu of %d bytes); nothing is in "
                "it",
                name, head.n, HEADER_BYTES);
    memcpy(s->header, head.p, HEADER_BYTES);
    input_skip(s->in, HEADER_BYTES);
    link = read_u32(s->header + 20, big) & 0x03ffffff; /* above it: the length of a checksum */
    i = describe_interface(&s->described);
    s->buffer = malloc(READ_BUFFER);
    s->file = fopencookie(s, "r", io);
    if (i == NULL || s->buffer == NULL || s->file == NULL)
        return no_memory(name, fault);
    i->link = describe_link(link);
    i->snaplen = read_u32(s->header + SNAPLEN_AT, big);
    /* libpcap cuts packets to the header's snap length even when the file has all of them, as
     * files with offloaded frames do. With 0 there it takes what the file has. */
    memset(s->header + SNAPLEN_AT, 0, 4);
    (void)setvbuf(s->file, s->buffer, _IOFBF, READ_BUFFER);
    s->pcap = pcap_fopen_offline_with_tstamp_precision(
            s->file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (s->pcap == NULL)
        return fault_set(
                fault, STATUS_INPUT, "%s: a pcap file that cannot be read: %s", name, error);
    i->resolution = s->header[0] == 0x4d || s->header[3] == 0x4d ? 9 : 6;
    s->format = SOURCE_PCAP;
    return STATUS_OK;
}

/* This is no capture: says what its first bytes are, and what was looked for. */
static enum status not_a_capture(struct input *in, struct bytes head, struct fault *fault)
{
    const char *name = input_name(in);
    const char *packed = input_kind(in) == INPUT_GZIP   ? " inside gzip"
                         : input_kind(in) == INPUT_ZSTD ? " inside zstd"
                                                        : "";
    enum input_end end = input_end(in);
    char bytes[4 * 3 + 1] = "";

    if (end == INPUT_FAILED)
        return input_fault(in, fault);
    if (head.n < 4 && (end == INPUT_CORRUPT || end == INPUT_CUT || end == INPUT_LIMIT))
        return fault_set(fault, STATUS_INPUT,
                "%s: compressed data that %s before any packet; get the file again", name,
                end == INPUT_CUT ? "end" : "are damaged");
    if (head.n == 0)
        return fault_set(
                fault, STATUS_INPUT, "%s: empty%s; nothing was captured", name, packed);
    for (size_t i = 0; i < 4 && i < head.n; i++)
        (void)snprintf(bytes + 3 * i, 4, " %02x", head.p[i]);
    return fault_set(fault, STATUS_INPUT,
            "%s: not a capture (first bytes%s:%s); expected pcap or pcapng, plain, gzip or "
            "zstd",
            name, packed, bytes);
}

static enum status open_pcapng(struct source *s, struct fault *fault)
{
    struct bytes head = input_peek(s->in, 12);

    if (head.n < 12)
        return fault_set(fault, STATUS_INPUT,
                "%s: a pcapng file that ends inside its header (%zu bytes); nothing is in it",
                input_name(s->in), head.n);
    if (memcmp(head.p + 8, "\x1a\x2b\x3c\x4d", 4) != 0 &&
            memcmp(head.p + 8, "\x4d\x3c\x2b\x1a", 4) != 0)
        return fault_set(fault, STATUS_INPUT,
                "%s: begins like pcapng, but its byte-order mark at offset 8 is damaged",
                input_name(s->in));
    s->pcapng = pcapng_new(s->in, &s->described);
    if (s->pcapng == NULL)
        return no_memory(input_name(s->in), fault);
    s->format = SOURCE_PCAPNG;
    return STATUS_OK;
}

/* Takes `in` over, also when it fails. */
static enum status open_input(struct input *in, struct source **out, struct fault *fault)
{
    struct source *s = calloc(1, sizeof(*s));
    enum status status;
    struct bytes head;
    bool big = false;

    if (s == NULL || !describe_init(&s->described)) {
        status = no_memory(input_name(in), fault);
        free(s);
        input_close(in);
        return status;
    }
    s->in = in;
    head = input_peek(in, 4);
    if (is_classic(head, &big))
        status = open_classic(s, big, fault);
    else if (bytes_starts(head, bytes_of("\x0a\x0d\x0d\x0a", 4)))
        status = open_pcapng(s, fault);
    else
        status = not_a_capture(in, head, fault);
    if (status != STATUS_OK) {
        source_close(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

enum status source_open(const char *path, struct source **out, struct fault *fault)
{
    struct input *in;
    enum status status = input_open(path, &in, fault);

    return status == STATUS_OK ? open_input(in, out, fault) : status;
}

enum status source_memory(
        struct bytes data, const char *name, struct source **out, struct fault *fault)
{
    struct input *in;
    enum status status = input_memory(data, name, &in, fault);

    return status == STATUS_OK ? open_input(in, out, fault) : status;
}

enum status source_follow(const char *path, struct source **out, struct fault *fault)
{
    struct source *s = NULL;
    struct input *in;
    enum status status = input_follow(path, &in, fault);

    if (status == STATUS_OK)
        status = open_input(in, &s, fault);
    if (status != STATUS_OK)
        return status;
    if (s->pcapng == NULL) {
        source_close(s);
        return fault_set(
                fault, STATUS_INPUT, "%s: only pcapng can be read while it grows", path);
    }
    *out = s;
    return STATUS_OK;
}

void source_unfollow(struct source *s)
{
    input_unfollow(s->in);
}

void source_close(struct source *s)
{
    if (s == NULL)
        return;
    if (s->pcap != NULL)
        pcap_close(s->pcap); /* and the FILE */
    else if (s->file != NULL)
        (void)fclose(s->file);
    pcapng_free(s->pcapng);
    describe_clear(&s->described);
    input_close(s->in);
    free(s->buffer);
    free(s);
}

void source_place(struct source *s, uint32_t file, uint64_t packets_before)
{
    s->index = file;
    s->number = packets_before;
    if (s->pcapng != NULL)
        pcapng_place(s->pcapng, file, packets_before);
}

uint64_t source_last_number(const struct source *s)
{
    return s->pcapng != NULL ? pcapng_last_number(s->pcapng) : s->number;
}

/* How many bytes of the last record are missing. Only libpcap's message has its length: when
 * that reads otherwise one day, 1 is still true. */
static uint64_t missing(struct source *s)
{
    const char *text = strstr(pcap_geterr(s->pcap), "tried to read ");
    unsigned long wanted, got;

    if (text == NULL ||
            sscanf(text, "tried to read %lu %*s bytes, only got %lu", &wanted, &got) != 2)
        return 1;
    return wanted > got ? wanted - got : 1;
}

/* libpcap gave up at the record that begins at `off`: because the file ends there, or because
 * the record cannot be one. */
static enum source_found classic_damage(struct source *s, uint64_t off)
{
    enum input_end end = input_end(s->in);
    struct gap gap = {.layer = LAYER_FILE,
            .off = off,
            .first_packet = s->number,
            .last_packet = s->number,
            .why = GAP_CUT,
            .detail = "the file ends inside a packet"};

    s->ended = true;
    if (!feof(s->file)) {
        gap.why = GAP_BAD;
        gap.detail = "a packet of impossible length; nothing behind it can be read";
        gap.len = s->read - off + input_peek(s->in, 1).n;
    } else {
        gap.len = missing(s);
        if (end == INPUT_CUT) {
            gap.detail = "the compressed file ends early";
        } else if (end == INPUT_CORRUPT) {
            gap.why = GAP_BAD;
            gap.detail = "the compressed data are damaged";
        } else if (end == INPUT_LIMIT) {
            gap.why = GAP_BUDGET;
            gap.detail = "the file unpacks to far more than it should";
        }
    }
    s->gap = gap;
    return SOURCE_GAP;
}

/* At the end between two records: whole only if the input is. */
static enum source_found classic_end(struct source *s, uint64_t off)
{
    enum input_end end = input_end(s->in);

    if (end == INPUT_CUT || end == INPUT_CORRUPT || end == INPUT_LIMIT)
        return classic_damage(s, off);
    s->ended = true;
    return SOURCE_END;
}

static enum source_found classic_next(
        struct source *s, struct packet *packet, struct fault *fault)
{
    struct described_interface *i = s->described.interfaces;
    struct pcap_pkthdr *head;
    const u_char *data;
    uint64_t off;
    int got;

    if (s->ended)
        return SOURCE_END;
    off = (uint64_t)ftello(s->file);
    got = pcap_next_ex(s->pcap, &head, &data);
    if (got != 1 && input_end(s->in) == INPUT_FAILED) {
        s->ended = true;
        (void)input_fault(s->in, fault);
        return SOURCE_FAILED;
    }
    if (got == PCAP_ERROR_BREAK)
        return classic_end(s, off);
    if (got != 1)
        return classic_damage(s, off);
    s->number++;
    i->packets++;
    packet->number = s->number;
    /* The file has 32 unsigned bits of seconds, libpcap gives them signed. */
    packet->time_ns = (int64_t)(uint32_t)head->ts.tv_sec * SECOND + head->ts.tv_usec;
    packet->file = s->index;
    packet->interface_id = 0;
    packet->link = i->link;
    packet->data = bytes_of(data, head->caplen);
    packet->wire_len = head->len > head->caplen ? head->len : head->caplen;
    return SOURCE_PACKET;
}

enum source_found source_next(struct source *s, struct packet *packet, struct fault *fault)
{
    enum source_found found;

    if (s->pcapng == NULL)
        return classic_next(s, packet, fault);
    found = pcapng_next(s->pcapng, packet);
    if (found == SOURCE_FAILED)
        (void)input_fault(s->in, fault);
    return found;
}

const struct gap *source_gap(const struct source *s)
{
    return s->pcapng != NULL ? pcapng_gap(s->pcapng) : &s->gap;
}

const struct source_secrets *source_secrets(const struct source *s)
{
    static const struct source_secrets none;

    return s->pcapng != NULL ? pcapng_found_secrets(s->pcapng) : &none;
}

enum source_format source_format(const struct source *s)
{
    return s->format;
}

enum input_kind source_compression(const struct source *s)
{
    return input_kind(s->in);
}

const struct description *source_description(const struct source *s)
{
    return &s->described;
}

static void add(struct count *sum, struct count more)
{
    sum->known = sum->known && more.known;
    if (__builtin_add_overflow(sum->n, more.n, &sum->n))
        sum->n = UINT64_MAX;
}

struct source_drops source_drops(const struct source *s)
{
    const struct description *d = &s->described;
    struct source_drops sum = {.kernel = {true, 0}, .device = {true, 0}};
    bool any = false;

    for (size_t i = 0; i < d->interface_count; i++) {
        const struct described_interface *one = &d->interfaces[i];

        if (one->packets == 0 && !one->dropped_kernel.known && !one->dropped_device.known)
            continue;
        any = true;
        add(&sum.kernel, one->dropped_kernel);
        add(&sum.device, one->dropped_device);
    }
    if (!any)
        return (struct source_drops){0};
    return sum;
}

/* One TLS key log into the buffer, with a line feed between it and the next. */
static enum status append_log(
        struct buf *keylog, struct bytes data, const char *path, struct fault *fault)
{
    enum status status = buf_reserve(keylog, data.n + 1);

    if (status == STATUS_OK)
        status = buf_append(keylog, data);
    if (status == STATUS_OK && data.n != 0 && data.p[data.n - 1] != '\n')
        status = buf_append_u8(keylog, '\n');
    if (status == STATUS_NOMEM)
        return no_memory(path, fault);
    if (status != STATUS_OK)
        return fault_set(fault, status, "%s: the TLS secrets in it are more than %zu bytes",
                path, keylog->limit);
    return STATUS_OK;
}

enum status source_scan_secrets(
        const char *path, struct buf *keylog, struct source_scan *out, struct fault *fault)
{
    struct source_scan scan = {0};
    enum source_found found = SOURCE_END;
    enum status status;
    struct source *s;
    struct packet unused;

    if (strcmp(path, "-") == 0)
        return fault_set(fault, STATUS_USAGE,
                "standard input cannot be read twice, first for secrets and then for packets; "
                "save it to a file");
    status = source_open(path, &s, fault);
    if (status != STATUS_OK)
        return status;
    if (s->pcapng != NULL)
        pcapng_skip_packets(s->pcapng);
    while (s->pcapng != NULL && status == STATUS_OK &&
            (found = source_next(s, &unused, fault)) != SOURCE_END) {
        const struct source_secrets *secrets = source_secrets(s);

        if (found == SOURCE_FAILED) {
            status = input_fault(s->in, fault);
        } else if (found == SOURCE_GAP) {
            scan.gaps++;
        } else if (found == SOURCE_SECRETS && secrets->type == SECRETS_TLS) {
            scan.tls_blocks++;
            status = append_log(keylog, secrets->data, path, fault);
        } else if (found == SOURCE_SECRETS) {
            if (scan.other_blocks++ == 0)
                scan.first_other = secrets->type;
        }
    }
    source_close(s);
    if (status == STATUS_OK)
        *out = scan;
    return status;
}
