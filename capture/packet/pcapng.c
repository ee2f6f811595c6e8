/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/pcapng.h"

#include <stdlib.h>

#include "capture/packet/pcapng_block.h"

enum {
    LENGTH_AT = 4, /* offsets in a block */
    KEPT_AT = 20,
    SECRETS_LENGTH_AT = 12,
};

struct pcapng {
    struct input *in;              /* borrowed */
    struct description *described; /* borrowed */
    enum byte_order order;
    bool skips_packets;
    bool ended;
    bool full; /* the list of interfaces is full: no further one is added to it */
    uint32_t file;
    uint64_t number;
    uint32_t sections; /* met so far */
    size_t first;      /* where this section's interfaces begin in the list */
    size_t interfaces; /* described in this section, also those that are not in the list */
    bool forgives;     /* the block at `forgiven` is used though its lengths differ */
    uint64_t forgiven;
    struct gap gap;
    struct source_secrets secrets;
};

/* One whole block. */
struct block {
    uint32_t type;
    uint64_t off;
    size_t size; /* with its padding */
    struct bytes body;
};

/* What a step gave that is nothing for the caller: go on with the next block. */
enum walked {
    WALKED_ON,
    WALKED_BACK, /* `found` is to be returned */
};

struct pcapng *pcapng_new(struct input *in, struct description *description)
{
    struct pcapng *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return NULL;
    p->in = in;
    p->described = description;
    return p;
}

void pcapng_free(struct pcapng *p)
{
    free(p);
}

void pcapng_skip_packets(struct pcapng *p)
{
    p->skips_packets = true;
}

void pcapng_place(struct pcapng *p, uint32_t file, uint64_t packets_before)
{
    p->file = file;
    p->number = packets_before;
}

uint64_t pcapng_last_number(const struct pcapng *p)
{
    return p->number;
}

const struct gap *pcapng_gap(const struct pcapng *p)
{
    return &p->gap;
}

const struct source_secrets *pcapng_found_secrets(const struct pcapng *p)
{
    return &p->secrets;
}

static enum source_found gap_at(
        struct pcapng *p, enum gap_cause why, uint64_t off, uint64_t len, const char *detail)
{
    p->gap = (struct gap){.why = why,
            .layer = LAYER_FILE,
            .off = off,
            .len = len,
            .first_packet = p->number,
            .last_packet = p->number,
            .detail = detail};
    return SOURCE_GAP;
}

/* The input gives no more, although `missing` bytes were still wanted; 0 wanted none. */
static enum source_found stop(struct pcapng *p, size_t there, size_t missing)
{
    uint64_t off = input_offset(p->in);
    size_t len = missing == 0 ? 1 : missing;

    p->ended = true;
    input_skip(p->in, there);
    switch (input_end(p->in)) {
    case INPUT_GOES_ON:
    case INPUT_ENDED:
        if (there == 0)
            return SOURCE_END;
        return gap_at(p, GAP_CUT, off, len, "the file ends inside a block");
    case INPUT_CUT:
        return gap_at(p, GAP_CUT, off, len, "the compressed file ends early");
    case INPUT_CORRUPT:
        return gap_at(p, GAP_BAD, off, len, "the compressed data are damaged");
    case INPUT_LIMIT:
        return gap_at(p, GAP_BUDGET, off, len, "the file unpacks to far more than it should");
    case INPUT_FAILED:
        break;
    }
    return SOURCE_FAILED;
}

static bool length_is_sane(uint32_t type, uint32_t length)
{
    return length >= (type == PCAPNG_SECTION ? (uint32_t)PCAPNG_SECTION_LEAST
                                             : (uint32_t)PCAPNG_OVERHEAD) &&
           length <= PCAPNG_BLOCK_MOST;
}

/* Where a block's content ends by what it says within, at the earliest; 0 when that does not
 * fit its length. `there` may hold only its front. */
static size_t content_end(
        struct bytes there, enum byte_order order, uint32_t type, uint32_t length)
{
    size_t fixed = PCAPNG_HEAD, more = 0;

    switch (type) {
    case PCAPNG_PACKET:
    case PCAPNG_PACKET_OLD:
        fixed += 20;
        if (there.n >= KEPT_AT + 4)
            more = pcapng_u32(there.p + KEPT_AT, order);
        break;
    case PCAPNG_SECRETS:
        fixed += 8;
        if (there.n >= SECRETS_LENGTH_AT + 4)
            more = pcapng_u32(there.p + SECRETS_LENGTH_AT, order);
        break;
    case PCAPNG_PACKET_SIMPLE:
        fixed += 4;
        break;
    case PCAPNG_INTERFACE:
        fixed += 8;
        break;
    case PCAPNG_STATISTICS:
        fixed += 12;
        break;
    default:
        break;
    }
    return fixed + more + 4 <= length ? fixed + more : 0;
}

/* Type, order and length of what stands in front; false when it cannot be a block. */
static bool read_head(
        struct bytes there, enum byte_order *order, uint32_t *type, uint32_t *length)
{
    if (there.n < PCAPNG_OVERHEAD)
        return false;
    *type = pcapng_u32(there.p, *order);
    if (*type == PCAPNG_SECTION && !pcapng_order(there, order))
        return false;
    *length = pcapng_u32(there.p + LENGTH_AT, *order);
    return length_is_sane(*type, *length);
}

static size_t rounded(uint32_t length)
{
    return ((size_t)length + 3) / 4 * 4;
}

static bool is_known(uint32_t type)
{
    return pcapng_is_numbered(type) || type == PCAPNG_SECTION || type == PCAPNG_INTERFACE ||
           type == PCAPNG_NAMES || type == PCAPNG_STATISTICS || type == PCAPNG_SECRETS;
}

/* A whole block of a known type whose two lengths agree: chance gives that once in 2^60. */
static bool is_block(const struct pcapng *p, struct bytes there)
{
    enum byte_order order = p->order;
    uint32_t type, length, id;

    if (!read_head(there, &order, &type, &length) || !is_known(type) || length % 4 != 0 ||
            length > there.n || pcapng_u32(there.p + length - 4, order) != length ||
            content_end(there, order, type, length) == 0)
        return false;
    if (type == PCAPNG_PACKET) {
        id = pcapng_u32(there.p + PCAPNG_HEAD, order);
        return id < p->interfaces;
    }
    return true;
}

/* Where the next block begins behind damage in front, at `from` or later; 0: nowhere near. */
static size_t find_block(const struct pcapng *p, struct bytes there, size_t from)
{
    size_t most = there.n < PCAPNG_SEARCH_MOST ? there.n : PCAPNG_SEARCH_MOST;

    for (size_t at = from; at < most; at++) {
        if (is_block(p, bytes_slice(there, at, there.n)))
            return at;
    }
    return 0;
}

/* A block without a usable length begins in front: goes to the next one. `from` is where its
 * own content ends, so that a capture file carried within a packet is not taken for ours. */
static enum source_found search(struct pcapng *p, size_t from, const char *detail)
{
    uint64_t off = input_offset(p->in);
    struct bytes there = input_peek(p->in, 2 * (size_t)PCAPNG_SEARCH_MOST);
    size_t at;

    if (input_end(p->in) == INPUT_FAILED)
        return stop(p, there.n, 0);
    at = find_block(p, there, from == 0 ? 1 : from);
    if (at == 0 && from > 1)
        at = find_block(p, there, 1);
    if (at != 0) {
        input_skip(p->in, at);
        return gap_at(p, GAP_BAD, off, at, detail);
    }
    p->ended = true;
    input_skip(p->in, there.n);
    return gap_at(p, GAP_BAD, off, there.n, "damaged, and no block found behind it");
}

/* The lengths before and behind a block differ. If it looks whole otherwise and the next block
 * follows it, it is used, with a mark; else its place is damage. */
static enum source_found lengths_differ(
        struct pcapng *p, struct bytes there, uint32_t type, uint32_t length)
{
    struct bytes behind = bytes_slice(there, rounded(length), there.n);
    size_t content = content_end(there, p->order, type, length);
    uint64_t off = input_offset(p->in);

    if (is_known(type) && content != 0 && (behind.n == 0 || is_block(p, behind))) {
        p->forgives = true;
        p->forgiven = off;
        return gap_at(p, GAP_BAD, off, 0, "the two lengths of a block differ");
    }
    return search(p, content, "the two lengths of a block differ");
}

/* The block in front is longer than what is left: the file was cut, or the length is wrong. It
 * is wrong if the block says so itself, or if another one stands behind its content. */
static enum source_found runs_out(
        struct pcapng *p, struct bytes there, uint32_t type, uint32_t length)
{
    size_t content = content_end(there, p->order, type, length);

    if (input_end(p->in) != INPUT_FAILED &&
            (content == 0 || find_block(p, there, content) != 0))
        return search(p, content, "a block is longer than the file");
    return stop(p, there.n, rounded(length) - there.n);
}

/* The next whole block, or something for the caller. */
static enum walked take_block(struct pcapng *p, struct block *out, enum source_found *found)
{
    struct bytes there = input_peek(p->in, PCAPNG_OVERHEAD);
    enum byte_order order = p->order;
    uint32_t type, length, trailer;
    size_t size;

    if (there.n < PCAPNG_OVERHEAD) {
        *found = stop(p, there.n, PCAPNG_OVERHEAD - there.n);
        return WALKED_BACK;
    }
    if (!read_head(there, &order, &type, &length)) {
        *found = search(p, 1, "no block begins here");
        return WALKED_BACK;
    }
    size = rounded(length);
    there = input_peek(p->in, size);
    if (there.n < size) {
        *found = runs_out(p, there, type, length);
        return WALKED_BACK;
    }
    trailer = pcapng_u32(there.p + size - 4, order);
    if (trailer != length && size != length &&
            pcapng_u32(there.p + length - 4, order) == length) {
        size = length; /* a writer that pads nothing */
        trailer = length;
    }
    if (trailer != length && !(p->forgives && p->forgiven == input_offset(p->in))) {
        /* So far only this block was asked for: now its successor too. */
        there = input_peek(p->in, size + (size_t)PCAPNG_SEARCH_MOST);
        *found = lengths_differ(p, there, type, length);
        return WALKED_BACK;
    }
    p->order = order;
    *out = (struct block){.type = type,
            .off = input_offset(p->in),
            .size = size,
            .body = bytes_slice(there, PCAPNG_HEAD, size - 4)};
    input_skip(p->in, size);
    return WALKED_ON;
}

static enum source_found block_gap(
        struct pcapng *p, const struct block *b, enum gap_cause why, const char *detail)
{
    return gap_at(p, why, b->off, b->size, detail);
}

static void keep_comments(
        struct pcapng *p, const struct block *b, uint64_t packet, struct bytes options)
{
    struct pcapng_option option;

    while (pcapng_option_take(&options, p->order, &option)) {
        if (option.code == PCAPNG_COMMENT)
            describe_comment(p->described, b->off, packet, option.value);
    }
}

static const char *text_or_null(struct pcapng *p, struct bytes text)
{
    return text.n == 0 ? NULL : describe_text(p->described, text);
}

static enum walked use_section(
        struct pcapng *p, const struct block *b, enum source_found *found)
{
    struct pcapng_section s;
    struct described_section *kept;
    enum parse said = pcapng_section(b->body, &s);

    if (said == PARSE_UNSUPPORTED) {
        /* Its blocks may mean anything: what follows is not to be guessed. */
        p->ended = true;
        *found = block_gap(p, b, GAP_UNSUPPORTED, "a pcapng section of an unknown version");
        return WALKED_BACK;
    }
    if (said != PARSE_DONE) {
        *found = block_gap(p, b, GAP_BAD, "malformed section header");
        return WALKED_BACK;
    }
    p->sections++;
    p->first = p->described->interface_count;
    p->interfaces = 0;
    kept = describe_section(p->described);
    if (kept != NULL) {
        kept->off = b->off;
        kept->big_endian = s.order == ORDER_BIG;
        kept->hardware = text_or_null(p, s.hardware);
        kept->os = text_or_null(p, s.os);
        kept->application = text_or_null(p, s.application);
    }
    keep_comments(p, b, 0, s.options);
    return WALKED_ON;
}

static enum walked use_interface(
        struct pcapng *p, const struct block *b, enum source_found *found)
{
    struct pcapng_interface i;
    struct described_interface *kept;

    if (pcapng_interface(b->body, p->order, &i) != PARSE_DONE) {
        *found = block_gap(p, b, GAP_BAD, "malformed interface description");
        return WALKED_BACK;
    }
    p->interfaces++;
    kept = p->full ? NULL : describe_interface(p->described);
    if (kept == NULL) {
        bool first = !p->full;

        p->full = true;
        *found = block_gap(p, b, GAP_BUDGET, "too many interfaces");
        return first ? WALKED_BACK : WALKED_ON;
    }
    kept->section = p->sections - 1;
    kept->id = (uint32_t)(p->interfaces - 1);
    kept->link = describe_link(i.link);
    kept->snaplen = i.snaplen;
    kept->resolution = i.resolution;
    kept->offset_s = i.offset_s;
    kept->name = text_or_null(p, i.name);
    kept->description = text_or_null(p, i.description);
    kept->filter = text_or_null(p, i.filter);
    kept->os = text_or_null(p, i.os);
    kept->hardware = text_or_null(p, i.hardware);
    keep_comments(p, b, 0, i.options);
    return WALKED_ON;
}

/* The interface with this index in its section; NULL when it is not in the list. */
static struct described_interface *interface_of(const struct pcapng *p, uint32_t id)
{
    if (id >= p->interfaces || id >= p->described->interface_count - p->first)
        return NULL;
    return &p->described->interfaces[p->first + id];
}

static void add_drops(struct count *sum, struct count more)
{
    if (!more.known)
        return;
    sum->known = true;
    if (__builtin_add_overflow(sum->n, more.n, &sum->n))
        sum->n = UINT64_MAX;
}

static enum source_found use_packet(
        struct pcapng *p, const struct block *b, struct packet *packet)
{
    struct described_interface *i = interface_of(p, 0);
    struct pcapng_frame f;

    if (pcapng_frame(b->body, p->order, b->type, i == NULL ? 0 : i->snaplen, &f) != PARSE_DONE)
        return block_gap(p, b, GAP_BAD, "a packet is longer than its block");
    i = interface_of(p, f.interface_id);
    if (i == NULL && f.interface_id < p->interfaces)
        return block_gap(p, b, GAP_BUDGET, "a packet of one of too many interfaces");
    if (i == NULL)
        return block_gap(p, b, GAP_BAD, "a packet of an interface that is not described");
    p->number++;
    i->packets++;
    add_drops(&i->dropped_between, f.dropped);
    packet->number = p->number;
    packet->time_ns = f.timed ? pcapng_time_ns(f.stamp, i->resolution, i->offset_s) : 0;
    packet->file = p->file;
    packet->interface_id = f.interface_id;
    packet->link = i->link;
    packet->data = f.data;
    packet->wire_len = f.wire_len > f.data.n ? f.wire_len : (uint32_t)f.data.n;
    if (f.options.n != 0)
        keep_comments(p, b, p->number, f.options);
    return SOURCE_PACKET;
}

static void replace(struct count *old, struct count newer)
{
    if (newer.known)
        *old = newer;
}

static enum walked use_statistics(
        struct pcapng *p, const struct block *b, enum source_found *found)
{
    struct pcapng_statistics s;
    struct described_interface *i;

    if (pcapng_statistics(b->body, p->order, &s) != PARSE_DONE) {
        *found = block_gap(p, b, GAP_BAD, "malformed interface statistics");
        return WALKED_BACK;
    }
    i = interface_of(p, s.interface_id);
    if (i == NULL)
        return WALKED_ON;
    replace(&i->received, s.received);
    replace(&i->dropped_device, s.dropped_device);
    replace(&i->accepted, s.accepted);
    replace(&i->dropped_kernel, s.dropped_kernel);
    replace(&i->delivered, s.delivered);
    keep_comments(p, b, 0, s.options);
    return WALKED_ON;
}

static enum source_found use_secrets(struct pcapng *p, const struct block *b)
{
    struct source_secrets s = {.off = b->off};

    if (pcapng_secrets(b->body, p->order, &s.type, &s.data) != PARSE_DONE)
        return block_gap(p, b, GAP_BAD, "malformed decryption secrets");
    p->secrets = s;
    return SOURCE_SECRETS;
}

static enum walked use_block(struct pcapng *p, const struct block *b, struct packet *packet,
        enum source_found *found)
{
    switch (b->type) {
    case PCAPNG_SECTION:
        return use_section(p, b, found);
    case PCAPNG_INTERFACE:
        return use_interface(p, b, found);
    case PCAPNG_STATISTICS:
        return use_statistics(p, b, found);
    case PCAPNG_SECRETS:
        *found = use_secrets(p, b);
        return WALKED_BACK;
    case PCAPNG_PACKET:
    case PCAPNG_PACKET_OLD:
    case PCAPNG_PACKET_SIMPLE:
        if (p->skips_packets)
            return WALKED_ON;
        *found = use_packet(p, b, packet);
        return WALKED_BACK;
    default:
        if (pcapng_is_numbered(b->type))
            p->number++;
        return WALKED_ON;
    }
}

/* Whether a growing file has the next block as a whole already. One that is damaged waits until
 * the file has ended: what is made of it may depend on all that stands behind it. */
static bool is_there(struct pcapng *p)
{
    struct bytes there = input_peek(p->in, PCAPNG_OVERHEAD);
    enum byte_order order = p->order;
    uint32_t type, length;
    size_t size;

    if (there.n < PCAPNG_OVERHEAD || !read_head(there, &order, &type, &length))
        return false;
    size = rounded(length);
    there = input_peek(p->in, size);
    return there.n >= size && pcapng_u32(there.p + size - 4, order) == length;
}

enum source_found pcapng_next(struct pcapng *p, struct packet *packet)
{
    enum source_found found = SOURCE_END;
    struct block b;

    while (!p->ended) {
        if (input_follows(p->in) && !is_there(p))
            break;
        if (take_block(p, &b, &found) == WALKED_BACK)
            return found;
        if (use_block(p, &b, packet, &found) == WALKED_BACK)
            return found;
    }
    return input_end(p->in) == INPUT_FAILED ? SOURCE_FAILED : SOURCE_END;
}
