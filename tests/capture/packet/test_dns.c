/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/dns.h"
#include "capture/packet/dns_service.h"
#include "tests/support/oom.h"

/* A message being made; names are given as labels with their lengths. */
struct made {
    uint8_t b[4096];
    size_t n;
};

static void put(struct made *m, const void *p, size_t n)
{
    assert_true(n <= sizeof(m->b) - m->n);
    memcpy(m->b + m->n, p, n);
    m->n += n;
}

static void put16(struct made *m, unsigned v)
{
    uint8_t raw[] = {(uint8_t)(v >> 8), (uint8_t)v};

    put(m, raw, sizeof(raw));
}

static void head(struct made *m, unsigned flags, unsigned questions, unsigned answers,
        unsigned authorities, unsigned additionals)
{
    m->n = 0;
    put16(m, 0x1234);
    put16(m, flags);
    put16(m, questions);
    put16(m, answers);
    put16(m, authorities);
    put16(m, additionals);
}

static void record(struct made *m, struct bytes name, unsigned type, struct bytes data)
{
    put(m, name.p, name.n);
    put16(m, type);
    put16(m, type == DNS_OPT ? 1232 : DNS_CLASS_INTERNET);
    put16(m, 0);
    put16(m, type == DNS_OPT ? 0x8000 : 300);
    put16(m, (unsigned)data.n);
    put(m, data.p, data.n);
}

#define RAW(s) bytes_of(s, sizeof(s) - 1)

/* www.example.com is an alias of a tracker's name, which has two addresses; and one record of
 * each kind we read. The question's name is at offset 12, "example.com" at 16. */
static void make_answer(struct made *m)
{
    head(m, 0x8180, 1, 4, 2, 4);
    put(m, "\3www\7eXample\3com\0\0\1\0\1", 21);
    record(m, RAW("\xc0\x0c"), DNS_CNAME, RAW("\1t\7tracker\4test\0"));
    record(m, RAW("\1T\7tracker\4test\0"), DNS_A, RAW("\300\0\2\1"));
    record(m, RAW("\1t\7tracker\4test\0"), DNS_AAAA,
            RAW("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"));
    record(m, RAW("\1t\7tracker\4test\0"), DNS_HTTPS,
            RAW("\0\1\0\0\1\0\6\2h2\2h3\0\5\0\4\0\2\1\1"));
    record(m, RAW("\xc0\x10"), DNS_NS, RAW("\2ns\xc0\x10"));
    record(m, RAW("\xc0\x10"), DNS_SOA,
            RAW("\2ns\xc0\x10\4post\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\xff\xff\xff\xff"));
    record(m, RAW("\0"), DNS_OPT, RAW(""));
    record(m, RAW("\xc0\x10"), DNS_MX, RAW("\0\x0a\4mail\xc0\x10"));
    record(m, RAW("\xc0\x10"), DNS_TXT, RAW("\4a\"\\b\1\7"));
    record(m, RAW("\xc0\x10"), 999, RAW("any"));
}

/* Parses an exact copy, so that the sanitizer sees a read of one byte too far. */
static enum parse parse(struct bytes raw, struct arena *arena, struct dns_message *out)
{
    uint8_t *copy = malloc(raw.n == 0 ? 1 : raw.n);
    enum parse said;

    assert_non_null(copy);
    if (raw.n != 0)
        memcpy(copy, raw.p, raw.n);
    said = dns_parse(bytes_of(copy, raw.n), arena, out);
    free(copy);
    return said;
}

static void an_answer_with_every_kind_of_record_is_read(void **state)
{
    static const char *const text[] = {"t.tracker.test", "192.0.2.1", "2001:db8::1", NULL,
            "ns.eXample.com", "ns.eXample.com post.eXample.com 1 2 3 4 4294967295",
            "10 mail.eXample.com", "\"a\\\"\\\\b\" \"\\007\"", NULL};
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {0};
    struct made made;

    (void)state;
    make_answer(&made);
    assert_int_equal(dns_parse(bytes_of(made.b, made.n), arena, &m), PARSE_DONE);
    assert_int_equal(m.id, 0x1234);
    assert_true(m.response && m.recursion_desired && m.recursion_available);
    assert_false(m.authoritative || m.truncated || m.capped);
    assert_int_equal(m.rcode, 0);
    assert_true(m.edns && m.dnssec_ok);
    assert_int_equal(m.edns_payload, 1232);
    assert_int_equal(m.trailing, 0);
    assert_int_equal(m.question_count, 1);
    assert_string_equal(m.questions[0].name, "www.eXample.com");
    assert_int_equal(m.questions[0].type, DNS_A);
    assert_int_equal(m.record_count, 9);
    for (size_t i = 0; i < 9; i++) {
        assert_false(m.records[i].malformed);
        assert_int_equal(m.records[i].ttl, 300);
        if (text[i] == NULL)
            assert_null(m.records[i].text);
        else
            assert_string_equal(m.records[i].text, text[i]);
    }
    assert_int_equal(m.records[3].section, DNS_ANSWER);
    assert_int_equal(m.records[4].section, DNS_AUTHORITY);
    assert_int_equal(m.records[8].section, DNS_ADDITIONAL);
    assert_true(bytes_is(m.records[8].data, "any"));
    assert_int_equal(m.records[3].service->alpn_count, 2);
    assert_string_equal(m.records[3].service->alpn[1], "h3");
    assert_int_equal(m.records[3].service->ech.n, 4);
    arena_free(arena);
}

static void every_truncation_is_rejected(void **state)
{
    struct made made;

    (void)state;
    make_answer(&made);
    for (size_t n = 0; n < made.n; n++) {
        struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
        struct dns_message m = {.id = 99};

        assert_int_equal(parse(bytes_of(made.b, n), arena, &m), PARSE_BAD);
        assert_int_equal(m.id, 99);
        arena_free(arena);
    }
}

static void aliases_are_followed_from_the_question(void **state)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {0};
    struct dns_resolution r = {0};
    struct made made;

    (void)state;
    make_answer(&made);
    assert_int_equal(dns_parse(bytes_of(made.b, made.n), arena, &m), PARSE_DONE);
    assert_true(dns_follow(&m, arena, &r));
    assert_int_equal(r.chain_length, 2);
    assert_string_equal(r.chain[0], "www.eXample.com");
    assert_string_equal(r.chain[1], "t.tracker.test");
    assert_false(r.chain_broken);
    assert_int_equal(r.address_count, 2);
    assert_string_equal(r.addresses[0], "192.0.2.1");
    assert_string_equal(r.addresses[1], "2001:db8::1");
    assert_int_equal(r.service_count, 1);
    arena_free(arena);
}

static void aliases_in_a_circle_end(void **state)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {0};
    struct dns_resolution r = {0};
    struct made made;

    (void)state;
    head(&made, 0x8180, 1, 2, 0, 0);
    put(&made, "\1a\0\0\1\0\1", 7);
    record(&made, RAW("\1a\0"), DNS_CNAME, RAW("\1b\0"));
    record(&made, RAW("\1b\0"), DNS_CNAME, RAW("\1A\0"));
    assert_int_equal(dns_parse(bytes_of(made.b, made.n), arena, &m), PARSE_DONE);
    assert_true(dns_follow(&m, arena, &r));
    assert_int_equal(r.chain_length, 2);
    assert_true(r.chain_broken);
    head(&made, 0x8180, 0, 0, 0, 0);
    assert_int_equal(dns_parse(bytes_of(made.b, made.n), arena, &m), PARSE_DONE);
    assert_false(dns_follow(&m, arena, &r));
    arena_free(arena);
}

static void pointers_that_do_not_lead_back_are_rejected(void **state)
{
    static const char *const names[] = {
            "\xc0\x0c", "\xc0\x0e", "\1a\xc0\x0c", "\xc0\xff", "\x40xx", "\x80xx"};
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct dns_message m = {.id = 99};
        struct made made;

        head(&made, 0, 1, 0, 0, 0);
        put(&made, names[i], strlen(names[i]));
        put(&made, "\0\0\1\0\1", 5);
        assert_int_equal(parse(bytes_of(made.b, made.n), arena, &m), PARSE_BAD);
        assert_int_equal(m.id, 99);
    }
    arena_free(arena);
}

static void a_name_may_have_255_bytes_and_no_more(void **state)
{
    uint8_t raw[300];
    char text[DNS_NAME_TEXT] = "untouched";
    size_t n = 0, off = 0;

    (void)state;
    while (n < 252) { /* 63 labels of three bytes and their lengths */
        memcpy(raw + n, "\3\1.\\", 4);
        n += 4;
    }
    raw[n] = 1;
    raw[n + 1] = 'x';
    raw[n + 2] = 0; /* 255 bytes in all */
    assert_true(dns_name_take(bytes_of(raw, n + 3), &off, text));
    assert_int_equal(off, 255);
    assert_int_equal(strlen(text), 63 * 9 + 1);
    assert_memory_equal(text, "\\001\\.\\\\.\\001", 13);
    raw[n] = 2;
    raw[n + 2] = 'x';
    raw[n + 3] = 0;
    off = 0;
    text[0] = '!';
    assert_false(dns_name_take(bytes_of(raw, n + 4), &off, text));
    assert_int_equal(off, 0);
    assert_int_equal(text[0], '!');
}

static void one_malformed_record_leaves_the_others(void **state)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {0};
    struct made made;

    (void)state;
    head(&made, 0x8180, 0, 3, 0, 0);
    record(&made, RAW("\1a\0"), DNS_A, RAW("\1\2\3"));
    record(&made, RAW("\1a\0"), DNS_HTTPS, RAW("\0\1\0\0\3\0\1\0"));
    record(&made, RAW("\1a\0"), DNS_A, RAW("\1\2\3\4"));
    put(&made, "more", 4);
    assert_int_equal(dns_parse(bytes_of(made.b, made.n), arena, &m), PARSE_DONE);
    assert_int_equal(m.record_count, 3);
    assert_true(m.records[0].malformed && m.records[1].malformed);
    assert_null(m.records[0].text);
    assert_null(m.records[1].service);
    assert_false(m.records[2].malformed);
    assert_string_equal(m.records[2].text, "1.2.3.4");
    assert_int_equal(m.trailing, 4);
    arena_free(arena);
}

static enum parse service(struct bytes raw, struct arena *arena, struct dns_service *out)
{
    *out = (struct dns_service){0};
    return dns_service(raw, arena, out);
}

#define FOO "\3foo\7example\3com\0"

static void the_service_vectors_of_rfc_9460_are_read(void **state)
{
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_service s;

    (void)state;
    assert_int_equal(service(RAW("\0\0" FOO), arena, &s), PARSE_DONE);
    assert_int_equal(s.priority, 0);
    assert_string_equal(s.target, "foo.example.com");
    assert_int_equal(service(RAW("\0\1\0"), arena, &s), PARSE_DONE);
    assert_string_equal(s.target, ".");
    assert_int_equal(service(RAW("\0\x10" FOO "\0\3\0\2\0\x35"), arena, &s), PARSE_DONE);
    assert_int_equal(s.priority, 16);
    assert_true(s.has_port);
    assert_int_equal(s.port, 53);
    assert_int_equal(service(RAW("\0\1" FOO "\2\x9b\0\5hello"), arena, &s), PARSE_DONE);
    assert_int_equal(service(RAW("\0\1" FOO "\0\6\0\x20"
                                 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
                                 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\x53\0\1"),
                             arena, &s),
            PARSE_DONE);
    assert_int_equal(s.ipv6_hint_count, 2);
    assert_string_equal(s.ipv6_hints[0], "2001:db8::1");
    assert_string_equal(s.ipv6_hints[1], "2001:db8::53:1");
    assert_int_equal(service(RAW("\0\x10\3foo\7example\3org\0"
                                 "\0\0\0\4\0\1\0\4\0\1\0\x9\2h2\5h3-19\0\4\0\4\xc0\0\2\1"),
                             arena, &s),
            PARSE_DONE);
    assert_int_equal(s.alpn_count, 2);
    assert_string_equal(s.alpn[1], "h3-19");
    assert_string_equal(s.ipv4_hints[0], "192.0.2.1");
    assert_int_equal(service(RAW("\0\x10" FOO "\0\1\0\xc\x8"
                                 "f\\oo,bar\2h2"),
                             arena, &s),
            PARSE_DONE);
    assert_string_equal(s.alpn[0], "f\\092oo\\044bar");
    arena_free(arena);
}

static void malformed_services_are_rejected(void **state)
{
    static const struct bytes raw[] = {
            {(const uint8_t *)"\0\1\0\0\1\0\0", 7},                  /* no protocol */
            {(const uint8_t *)"\0\1\0\0\1\0\1\0", 8},                /* an empty one */
            {(const uint8_t *)"\0\1\0\0\3\0\1\1", 8},                /* half a port */
            {(const uint8_t *)"\0\1\0\0\4\0\0", 7},                  /* no address */
            {(const uint8_t *)"\0\1\0\0\4\0\5\1\2\3\4\5", 12},       /* one and a bit */
            {(const uint8_t *)"\0\1\0\0\5\0\2\0\1", 9},              /* ECH cut */
            {(const uint8_t *)"\0\1\0\0\2\0\1x", 8},                 /* a flag with a value */
            {(const uint8_t *)"\0\1\0\0\3\0\2\0\1\0\3\0\2\0\1", 15}, /* the same key twice */
            {(const uint8_t *)"\0\1\xc0\0", 4},                      /* a compressed name */
            {(const uint8_t *)"\0\1\0\0", 4},
            {(const uint8_t *)"\0", 1},
    };
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_service s;

    (void)state;
    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        assert_int_equal(service(raw[i], arena, &s), PARSE_BAD);
        assert_null(s.target);
    }
    arena_free(arena);
}

static void messages_are_found_in_a_stream_cut_anywhere(void **state)
{
    static const uint8_t raw[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd'};

    (void)state;
    for (size_t n = 0; n <= sizeof(raw); n++) {
        struct bytes stream = bytes_of(raw, n), message = {0};
        size_t found = 0;

        while (dns_frame(&stream, &message) == PARSE_DONE) {
            assert_int_equal(message.n, found == 0 ? 3 : found == 1 ? 0 : 1);
            found++;
        }
        assert_int_equal(found, n < 5 ? 0 : n < 7 ? 1 : n < 10 ? 2 : 3);
        assert_ptr_equal(stream.p + stream.n, raw + n);
        assert_int_equal(stream.n, n - (found == 0 ? 0 : found == 1 ? 5 : found == 2 ? 7 : 10));
    }
}

static void more_records_than_the_cap_are_stated(void **state)
{
    enum { COUNT = DNS_RECORDS_MOST + 10, SIZE = DNS_HEADER + COUNT * 11 };
    struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
    struct dns_message m = {0};
    uint8_t *raw = calloc(1, SIZE); /* root, type 0, class 0, no data */

    (void)state;
    assert_non_null(raw);
    raw[6] = COUNT >> 8;
    raw[7] = COUNT & 0xff;
    assert_int_equal(dns_parse(bytes_of(raw, SIZE), arena, &m), PARSE_DONE);
    assert_true(m.capped);
    assert_int_equal(m.record_count, DNS_RECORDS_MOST);
    free(raw);
    arena_free(arena);
}

static void an_arena_too_small_is_no_verdict_on_the_message(void **state)
{
    struct made made;
    enum parse said = PARSE_UNSUPPORTED;
    size_t limit = 0;

    (void)state;
    make_answer(&made);
    for (; said != PARSE_DONE; limit += 16) {
        struct arena *arena = arena_new(limit);
        struct dns_message m = {.id = 99};

        assert_true(limit < 65536);
        said = dns_parse(bytes_of(made.b, made.n), arena, &m);
        assert_true(said == PARSE_DONE || said == PARSE_UNSUPPORTED);
        assert_int_equal(m.id, said == PARSE_DONE ? 0x1234 : 99);
        arena_free(arena);
    }
    assert_true(limit > 512);
}

static void every_failed_allocation_is_survived(void **state)
{
    struct made made;
    bool failed = true;

    (void)state;
    make_answer(&made);
    for (long n = 1; failed; n++) {
        struct arena *arena = arena_new(DNS_ARENA_ENOUGH);
        struct dns_message m = {.id = 99};
        struct dns_resolution r = {.chain_length = 99};

        oom_fail_at(n);
        if (dns_parse(bytes_of(made.b, made.n), arena, &m) != PARSE_DONE)
            assert_int_equal(m.id, 99);
        else if (!dns_follow(&m, arena, &r))
            assert_int_equal(r.chain_length, 99);
        failed = oom_happened();
        oom_fail_at(0);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_answer_with_every_kind_of_record_is_read),
            cmocka_unit_test(every_truncation_is_rejected),
            cmocka_unit_test(aliases_are_followed_from_the_question),
            cmocka_unit_test(aliases_in_a_circle_end),
            cmocka_unit_test(pointers_that_do_not_lead_back_are_rejected),
            cmocka_unit_test(a_name_may_have_255_bytes_and_no_more),
            cmocka_unit_test(one_malformed_record_leaves_the_others),
            cmocka_unit_test(the_service_vectors_of_rfc_9460_are_read),
            cmocka_unit_test(malformed_services_are_rejected),
            cmocka_unit_test(messages_are_found_in_a_stream_cut_anywhere),
            cmocka_unit_test(more_records_than_the_cap_are_stated),
            cmocka_unit_test(an_arena_too_small_is_no_verdict_on_the_message),
            cmocka_unit_test(every_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
