/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/dns.h"

#include <inttypes.h>
#include <string.h>

#include "capture/packet/dns_service.h"

enum {
    QUESTION_LEAST = 5, /* bytes of the shortest question and record */
    RECORD_LEAST = 11,
};

/* Reads a name at `*off` and copies its text into the arena. */
static enum parse take_name(
        struct bytes message, size_t *off, struct arena *arena, const char **out)
{
    char text[DNS_NAME_TEXT];
    size_t at = *off;
    const char *copy;

    if (!dns_name_take(message, &at, text))
        return PARSE_BAD;
    copy = arena_string(arena, bytes_text(text));
    if (copy == NULL)
        return PARSE_UNSUPPORTED;
    *out = copy;
    *off = at;
    return PARSE_DONE;
}

/* The view of what stands at `off`, which later goes back as an offset. */
static struct bytes from(struct bytes message, size_t off)
{
    return bytes_slice(message, off, message.n);
}

/* The name that fills [off, end), perhaps with a pointer to elsewhere. */
static enum parse name_text(
        struct bytes message, size_t off, size_t end, struct arena *arena, const char **out)
{
    enum parse said = take_name(bytes_slice(message, 0, end), &off, arena, out);

    return said == PARSE_DONE && off != end ? PARSE_BAD : said;
}

static enum parse exchanger_text(
        struct bytes message, size_t off, size_t end, struct arena *arena, const char **out)
{
    struct bytes data = bytes_slice(message, off, end);
    char name[DNS_NAME_TEXT];
    uint16_t preference;

    off += 2;
    if (!bytes_take_u16(&data, &preference) ||
            !dns_name_take(bytes_slice(message, 0, end), &off, name) || off != end)
        return PARSE_BAD;
    *out = arena_print(arena, "%u %s", (unsigned)preference, name);
    return *out == NULL ? PARSE_UNSUPPORTED : PARSE_DONE;
}

static enum parse authority_text(
        struct bytes message, size_t off, size_t end, struct arena *arena, const char **out)
{
    struct bytes all = bytes_slice(message, 0, end), numbers;
    char server[DNS_NAME_TEXT], mailbox[DNS_NAME_TEXT];
    uint32_t n[5];

    if (!dns_name_take(all, &off, server) || !dns_name_take(all, &off, mailbox))
        return PARSE_BAD;
    numbers = from(all, off);
    for (size_t i = 0; i < 5; i++) {
        if (!bytes_take_u32(&numbers, &n[i]))
            return PARSE_BAD;
    }
    if (numbers.n != 0)
        return PARSE_BAD;
    *out = arena_print(arena, "%s %s %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32,
            server, mailbox, n[0], n[1], n[2], n[3], n[4]);
    return *out == NULL ? PARSE_UNSUPPORTED : PARSE_DONE;
}

/* Character strings in quotes, as in a zone file (RFC 1035 section 5.1). */
static enum parse strings_text(struct bytes data, struct arena *arena, const char **out)
{
    size_t room = 4 * data.n + 1, n = 0;
    struct bytes each = data, one;
    char *text;

    while (bytes_take_vec8(&each, &one))
        ;
    if (data.n == 0 || each.n != 0)
        return PARSE_BAD;
    /* Each string's length byte pays for its quotes and the space. */
    text = arena_alloc(arena, room);
    if (text == NULL)
        return PARSE_UNSUPPORTED;
    while (bytes_take_vec8(&data, &one)) {
        if (n != 0)
            text[n++] = ' ';
        text[n++] = '"';
        for (size_t i = 0; i < one.n; i++) {
            uint8_t c = one.p[i];

            if (c == '"' || c == '\\') {
                text[n++] = '\\';
                text[n++] = (char)c;
            } else if (c >= 0x20 && c < 0x7f) {
                text[n++] = (char)c;
            } else {
                text[n++] = '\\';
                text[n++] = (char)('0' + c / 100);
                text[n++] = (char)('0' + c / 10 % 10);
                text[n++] = (char)('0' + c % 10);
            }
        }
        text[n++] = '"';
    }
    *out = text;
    return PARSE_DONE;
}

static enum parse address(struct bytes data, size_t size, struct arena *arena, const char **out)
{
    if (data.n != size)
        return PARSE_BAD;
    *out = dns_address_text(data, arena);
    return *out == NULL ? PARSE_UNSUPPORTED : PARSE_DONE;
}

static enum parse service_of(
        struct bytes data, struct arena *arena, const struct dns_service **out)
{
    struct dns_service *s = arena_alloc(arena, sizeof(*s));
    enum parse said;

    if (s == NULL)
        return PARSE_UNSUPPORTED;
    said = dns_service(data, arena, s);
    if (said == PARSE_DONE)
        *out = s;
    return said;
}

/* What the data of a record mean; `off` is where they start. */
static enum parse read_data(
        struct bytes message, size_t off, struct arena *arena, struct dns_record *r)
{
    size_t end = off + r->data.n;

    if (r->class != DNS_CLASS_INTERNET)
        return PARSE_DONE;
    switch (r->type) {
    case DNS_A:
        return address(r->data, 4, arena, &r->text);
    case DNS_AAAA:
        return address(r->data, 16, arena, &r->text);
    case DNS_CNAME:
    case DNS_NS:
    case DNS_PTR:
        return name_text(message, off, end, arena, &r->text);
    case DNS_MX:
        return exchanger_text(message, off, end, arena, &r->text);
    case DNS_SOA:
        return authority_text(message, off, end, arena, &r->text);
    case DNS_TXT:
        return strings_text(r->data, arena, &r->text);
    case DNS_SVCB:
    case DNS_HTTPS:
        return service_of(r->data, arena, &r->service);
    default:
        return PARSE_DONE;
    }
}

/* One record at `*off`. Malformed data spoil the record, not the message. */
static enum parse take_record(
        struct bytes message, size_t *off, struct arena *arena, struct dns_record *out)
{
    struct dns_record r = {.section = out->section};
    struct bytes rest;
    enum parse said;
    size_t at = *off, data_at;

    said = take_name(message, &at, arena, &r.name);
    if (said != PARSE_DONE)
        return said;
    rest = from(message, at);
    if (!bytes_take_u16(&rest, &r.type) || !bytes_take_u16(&rest, &r.class) ||
            !bytes_take_u32(&rest, &r.ttl) || !bytes_take_vec16(&rest, &r.data))
        return PARSE_BAD;
    data_at = message.n - rest.n - r.data.n;
    said = read_data(message, data_at, arena, &r);
    if (said == PARSE_UNSUPPORTED)
        return said;
    r.malformed = said != PARSE_DONE;
    if (r.malformed)
        r.text = NULL;
    *off = message.n - rest.n;
    *out = r;
    return PARSE_DONE;
}

static enum parse take_questions(struct bytes message, size_t *off, uint16_t count,
        struct arena *arena, struct dns_message *m)
{
    for (uint16_t i = 0; i < count; i++) {
        struct dns_question *q;
        struct bytes rest;
        enum parse said;

        if (i == DNS_QUESTIONS_MOST) {
            m->capped = true;
            return PARSE_DONE;
        }
        if (m->questions == NULL)
            m->questions = arena_array(
                    arena, count < DNS_QUESTIONS_MOST ? count : DNS_QUESTIONS_MOST, sizeof(*q));
        if (m->questions == NULL)
            return PARSE_UNSUPPORTED;
        q = &m->questions[i];
        said = take_name(message, off, arena, &q->name);
        if (said != PARSE_DONE)
            return said;
        rest = from(message, *off);
        if (!bytes_take_u16(&rest, &q->type) || !bytes_take_u16(&rest, &q->class))
            return PARSE_BAD;
        *off = message.n - rest.n;
        m->question_count++;
    }
    return PARSE_DONE;
}

/* OPT is about the message itself (RFC 6891 section 6.1.3): no entry in the list. */
static void use_options(const struct dns_record *r, struct dns_message *m)
{
    m->edns = true;
    m->edns_payload = r->class;
    m->rcode = (uint16_t)((m->rcode & 0xf) | (r->ttl >> 24) << 4);
    m->dnssec_ok = (r->ttl & 0x8000) != 0;
}

static enum parse take_records(struct bytes message, size_t *off, const uint16_t counts[3],
        struct arena *arena, struct dns_message *m)
{
    size_t capacity = 0;

    for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++) {
        for (uint16_t i = 0; i < counts[section]; i++) {
            struct dns_record r = {.section = (enum dns_section)section};
            struct dns_record *grown;
            enum parse said;

            if (m->record_count == DNS_RECORDS_MOST) {
                m->capped = true;
                return PARSE_DONE;
            }
            said = take_record(message, off, arena, &r);
            if (said != PARSE_DONE)
                return said;
            if (r.type == DNS_OPT) {
                use_options(&r, m);
                continue;
            }
            grown = arena_grow(arena, m->records, m->record_count, &capacity, sizeof(r));
            if (grown == NULL)
                return PARSE_UNSUPPORTED;
            m->records = grown;
            m->records[m->record_count++] = r;
        }
    }
    return PARSE_DONE;
}

enum parse dns_parse(struct bytes message, struct arena *arena, struct dns_message *out)
{
    struct dns_message m = {0};
    struct bytes head = message;
    uint16_t flags, questions, counts[3];
    size_t off = DNS_HEADER;
    enum parse said;

    if (!bytes_take_u16(&head, &m.id) || !bytes_take_u16(&head, &flags) ||
            !bytes_take_u16(&head, &questions) || !bytes_take_u16(&head, &counts[0]) ||
            !bytes_take_u16(&head, &counts[1]) || !bytes_take_u16(&head, &counts[2]))
        return PARSE_BAD;
    /* More records than could fit are refused before any work: a flood of port 53 that is no
     * DNS ends here. */
    if ((uint64_t)questions * QUESTION_LEAST +
                    ((uint64_t)counts[0] + counts[1] + counts[2]) * RECORD_LEAST >
            head.n)
        return PARSE_BAD;
    m.response = (flags & 0x8000) != 0;
    m.opcode = (uint8_t)(flags >> 11 & 0xf);
    m.authoritative = (flags & 0x0400) != 0;
    m.truncated = (flags & 0x0200) != 0;
    m.recursion_desired = (flags & 0x0100) != 0;
    m.recursion_available = (flags & 0x0080) != 0;
    m.rcode = flags & 0xf;
    said = take_questions(message, &off, questions, arena, &m);
    if (said == PARSE_DONE && !m.capped)
        said = take_records(message, &off, counts, arena, &m);
    if (said != PARSE_DONE)
        return said;
    if (!m.capped)
        m.trailing = message.n - off;
    *out = m;
    return PARSE_DONE;
}

/* The alias of `name` among the answers; NULL when it has none. */
static const char *alias_of(const struct dns_message *m, const char *name)
{
    for (size_t i = 0; i < m->record_count; i++) {
        const struct dns_record *r = &m->records[i];

        if (r->section == DNS_ANSWER && r->type == DNS_CNAME && r->text != NULL &&
                dns_name_equal(r->name, name))
            return r->text;
    }
    return NULL;
}

static bool was_met(const char *const *chain, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (dns_name_equal(chain[i], name))
            return true;
    }
    return false;
}

bool dns_follow(
        const struct dns_message *message, struct arena *arena, struct dns_resolution *out)
{
    struct dns_resolution r = {0};
    const char *name;

    if (message->question_count == 0)
        return false;
    r.chain = arena_array(arena, DNS_CHAIN_MOST, sizeof(*r.chain));
    r.addresses = arena_array(arena, message->record_count, sizeof(*r.addresses));
    r.services = arena_array(arena, message->record_count, sizeof(*r.services));
    if (r.chain == NULL || r.addresses == NULL || r.services == NULL)
        return false;
    name = message->questions[0].name;
    r.chain[r.chain_length++] = name;
    for (;;) {
        const char *next = alias_of(message, name);

        if (next == NULL)
            break;
        if (r.chain_length == DNS_CHAIN_MOST || was_met(r.chain, r.chain_length, next)) {
            r.chain_broken = true;
            break;
        }
        r.chain[r.chain_length++] = name = next;
    }
    for (size_t i = 0; i < message->record_count; i++) {
        const struct dns_record *one = &message->records[i];

        if (one->section != DNS_ANSWER || !dns_name_equal(one->name, name))
            continue;
        if ((one->type == DNS_A || one->type == DNS_AAAA) && one->text != NULL)
            r.addresses[r.address_count++] = one->text;
        else if (one->service != NULL)
            r.services[r.service_count++] = one->service;
    }
    *out = r;
    return true;
}

enum parse dns_frame(struct bytes *stream, struct bytes *message)
{
    return bytes_take_vec16(stream, message) ? PARSE_DONE : PARSE_MORE;
}
