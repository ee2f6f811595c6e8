/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: dns_parse, dns_follow and dns_frame.
 * Asserts: the arena that the header promises is enough; borrowed views are in bounds; names
 * print in ASCII and have at most 1020 characters; what is malformed leaves the output alone.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "capture/packet/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    assert(text != NULL);
    for (; *text != '\0'; text++)
        assert((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f);
}

static void check_name(const char *name)
{
    check_text(name);
    assert(name[0] != '\0' && strlen(name) < DNS_NAME_TEXT);
}

static void check_service(const struct dns_service *s, struct bytes message)
{
    check_name(s->target);
    for (size_t i = 0; i < s->alpn_count; i++)
        check_text(s->alpn[i]);
    for (size_t i = 0; i < s->ipv4_hint_count; i++)
        check_text(s->ipv4_hints[i]);
    for (size_t i = 0; i < s->ipv6_hint_count; i++)
        check_text(s->ipv6_hints[i]);
    if (s->ech.n != 0)
        assert(s->ech.p >= message.p && s->ech.p + s->ech.n <= message.p + message.n);
}

static void parse(struct bytes message)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {.trailing = SIZE_MAX};
    struct dns_resolution r;
    enum parse said;

    assert(arena != NULL);
    said = dns_parse(message, arena, &m);
    assert(said == PARSE_DONE || said == PARSE_BAD);
    if (said == PARSE_BAD) {
        assert(m.trailing == SIZE_MAX && m.records == NULL);
        arena_free(arena);
        return;
    }
    assert(m.trailing <= message.n && m.record_count <= DNS_RECORDS_MOST);
    for (size_t i = 0; i < m.question_count; i++)
        check_name(m.questions[i].name);
    for (size_t i = 0; i < m.record_count; i++) {
        const struct dns_record *one = &m.records[i];

        check_name(one->name);
        if (one->data.n != 0)
            assert(one->data.p >= message.p &&
                    one->data.p + one->data.n <= message.p + message.n);
        if (one->text != NULL)
            check_text(one->text);
        if (one->service != NULL)
            check_service(one->service, message);
        assert(!one->malformed || (one->text == NULL && one->service == NULL));
    }
    if (dns_follow(&m, arena, &r)) {
        assert(r.chain_length >= 1 && r.chain_length <= DNS_CHAIN_MOST);
        assert(r.address_count + r.service_count <= m.record_count);
    } else {
        assert(m.question_count == 0);
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes stream = bytes_of(data, size), message;

    parse(stream);
    while (dns_frame(&stream, &message) == PARSE_DONE) {
        assert(message.p + message.n <= data + size);
        if (message.n >= DNS_HEADER)
            parse(message);
    }
    assert(stream.n < 2 || stream.n < ((size_t)stream.p[0] << 8 | stream.p[1]) + 2);
    return 0;
}
