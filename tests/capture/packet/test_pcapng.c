/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/pcapng_block.h"
#include "tests/capture/packet/pcapng_made.h"
#include "tests/capture/packet/piecemeal.h"
#include "tests/support/oom.h"

enum { EVENTS_MOST = 64 };

/* What a file gave, in order. */
struct seen {
    struct {
        enum source_found found;
        struct packet packet;
        char text[64]; /* data of the packet or secrets */
        uint32_t secrets_type;
        struct gap gap;
    } at[EVENTS_MOST];
    size_t n;
};

static struct source *opened(const uint8_t *raw, size_t n)
{
    struct fault fault = {0};
    struct source *s = NULL;

    assert_int_equal(source_memory(bytes_of(raw, n), "made.pcapng", &s, &fault), STATUS_OK);
    return s;
}

static void read_all(struct source *s, struct seen *out)
{
    struct fault fault = {0};
    enum source_found found;
    struct packet p = {0};

    *out = (struct seen){0};
    while ((found = source_next(s, &p, &fault)) != SOURCE_END) {
        struct bytes data = {0};

        assert_int_not_equal(found, SOURCE_FAILED);
        assert_true(out->n < EVENTS_MOST);
        out->at[out->n].found = found;
        if (found == SOURCE_PACKET) {
            out->at[out->n].packet = p;
            data = p.data;
        } else if (found == SOURCE_SECRETS) {
            out->at[out->n].secrets_type = source_secrets(s)->type;
            data = source_secrets(s)->data;
        } else {
            out->at[out->n].gap = *source_gap(s);
        }
        data = bytes_slice(data, 0, sizeof(out->at[0].text) - 1);
        if (data.n != 0)
            memcpy(out->at[out->n].text, data.p, data.n);
        out->n++;
    }
    assert_int_equal(source_next(s, &p, &fault), SOURCE_END);
}

static void read_bytes(const uint8_t *raw, size_t n, struct seen *out)
{
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    struct source *s;

    assert_non_null(exact);
    memcpy(exact, raw, n);
    s = opened(exact, n);
    read_all(s, out);
    source_close(s);
    free(exact);
}

/* Two sections of different byte order, each with two interfaces and something of everything. */
static void make_rich(struct made *m)
{
    *m = (struct made){0};
    for (int i = 0; i < 2; i++) {
        m->big = i == 1;
        section(m);
        interface(m, 1, 0, -1);
        packet(m, 0, 1700000000000001, "first");
        interface(m, 12, 6, 9);
        packet(m, 1, 1700000000000000002, "second");
        secrets(m, SECRETS_TLS, "CLIENT_RANDOM 00 11\n");
        begin(m, 0x12345678); /* nobody knows this one */
        put32(m, 7);
        end(m);
        begin(m, PCAPNG_PACKET_SIMPLE);
        put32(m, 5);
        put_text(m, "third");
        end(m);
        begin(m, PCAPNG_PACKET_OLD);
        put16(m, 1);
        put16(m, 3);
        put32(m, 1700000000000000003 >> 32);
        put32(m, (uint32_t)1700000000000000003);
        put32(m, 6);
        put32(m, 6);
        put_text(m, "fourth");
        end(m);
    }
}

static void every_block_is_read_in_both_byte_orders(void **state)
{
    static const char *const text[] = {
            "first", "second", "CLIENT_RANDOM 00 11\n", "third", "fourth"};
    struct made m;
    struct seen got;

    (void)state;
    make_rich(&m);
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 10);
    for (size_t i = 0; i < got.n; i++)
        assert_string_equal(got.at[i].text, text[i % 5]);
    for (size_t half = 0; half < 10; half += 5) {
        assert_int_equal(got.at[half].packet.time_ns, 1700000000000001000);
        assert_int_equal(got.at[half].packet.link, 1);
        assert_int_equal(got.at[half].packet.wire_len, 6);
        assert_int_equal(got.at[half + 1].packet.time_ns, 1700000000000000002);
        assert_int_equal(got.at[half + 1].packet.interface_id, 1);
        assert_int_equal(got.at[half + 1].packet.link, 101);
        assert_int_equal(got.at[half + 2].found, SOURCE_SECRETS);
        assert_int_equal(got.at[half + 2].secrets_type, SECRETS_TLS);
        assert_int_equal(got.at[half + 3].packet.time_ns, 0);
        assert_int_equal(got.at[half + 4].packet.time_ns, 1700000000000000003);
    }
    assert_int_equal(got.at[9].packet.number, 8);
}

static void a_file_cut_anywhere_gives_what_stands_before_the_cut(void **state)
{
    struct made m;
    struct seen whole, got;
    size_t events = 0;

    (void)state;
    make_rich(&m);
    read_bytes(m.b, m.n, &whole);
    for (size_t n = PCAPNG_OVERHEAD; n < m.n; n++) {
        bool cut;

        read_bytes(m.b, n, &got);
        cut = got.n != 0 && got.at[got.n - 1].found == SOURCE_GAP;
        if (cut) {
            const struct gap *gap = &got.at[got.n - 1].gap;

            assert_int_equal(gap->why, GAP_CUT);
            assert_int_equal(gap->layer, LAYER_FILE);
            assert_true(gap->off < n && gap->off + gap->len > 0);
            got.n--;
        }
        assert_true(got.n == events || got.n == events + 1);
        events = got.n;
        for (size_t i = 0; i < got.n; i++)
            assert_string_equal(got.at[i].text, whole.at[i].text);
        /* Between two blocks it does not look cut. */
        if (!cut)
            assert_true(n % 4 == 0);
    }
}

/* A download of a capture file: its blocks are whole, but they are a packet's content. */
static void a_capture_within_a_cut_packet_is_not_taken_for_ours(void **state)
{
    struct made inner = {0}, m = {0};
    struct seen got;
    size_t at;

    (void)state;
    ethernet(&inner);
    packet(&inner, 0, 1, "not ours");
    packet(&inner, 0, 2, "nor this");
    ethernet(&m);
    packet(&m, 0, 1, "ours");
    at = m.n;
    begin(&m, PCAPNG_PACKET);
    put32(&m, 0);
    put64(&m, 0);
    put32(&m, (uint32_t)inner.n + 100);
    put32(&m, (uint32_t)inner.n + 100);
    for (size_t i = 0; i < inner.n + 100; i++)
        put8(&m, i < inner.n ? inner.b[i] : 0);
    end(&m);
    read_bytes(m.b, m.n - 60, &got);
    assert_int_equal(got.n, 2);
    assert_string_equal(got.at[0].text, "ours");
    assert_int_equal(got.at[1].gap.why, GAP_CUT);
    assert_int_equal(got.at[1].gap.off, at);
    assert_int_equal(got.at[1].gap.len, 60);
}

static void read_in_pieces(struct bytes raw, size_t size, struct seen *out)
{
    struct piecemeal p;

    piecemeal_open(&p, raw, size);
    read_all(p.source, out);
    piecemeal_close(&p);
}

static void assert_same(const struct seen *a, const struct seen *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(a->at[i].found, b->at[i].found);
        assert_string_equal(a->at[i].text, b->at[i].text);
        assert_int_equal(a->at[i].packet.time_ns, b->at[i].packet.time_ns);
        assert_int_equal(a->at[i].gap.why, b->at[i].gap.why);
        assert_int_equal(a->at[i].gap.off, b->at[i].gap.off);
        assert_int_equal(a->at[i].gap.len, b->at[i].gap.len);
    }
}

static void a_stream_that_comes_in_any_pieces_reads_the_same(void **state)
{
    struct made m;
    struct seen whole, pieces;

    (void)state;
    make_rich(&m);
    for (size_t size = 8; size < 200; size += 3) {
        read_bytes(m.b, m.n, &whole);
        read_in_pieces(bytes_of(m.b, m.n), size, &pieces);
        assert_same(&whole, &pieces);
        read_bytes(m.b, m.n - size, &whole);
        read_in_pieces(bytes_of(m.b, m.n - size), size, &pieces);
        assert_same(&whole, &pieces);
    }
    m.b[28 + 20 + 5] = 0xff; /* in the length of the first packet's block */
    read_bytes(m.b, m.n, &whole);
    assert_int_equal(whole.at[0].found, SOURCE_GAP);
    for (size_t size = 8; size < 200; size += 3) {
        read_in_pieces(bytes_of(m.b, m.n), size, &pieces);
        assert_same(&whole, &pieces);
    }
}

/* Made by editcap 4.0.17 --inject-secrets of a classic file of two packets. */
static void what_editcap_writes_is_read(void **state)
{
    static const uint8_t raw[] = {0x0a, 0x0d, 0x0d, 0x0a, 0x6c, 0x00, 0x00, 0x00, 0x4d, 0x3c,
            0x2b, 0x1a, 0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0x04, 0x00, 0x45, 0x00, 0x45, 0x64, 0x69, 0x74, 0x63, 0x61, 0x70, 0x20, 0x28, 0x57,
            0x69, 0x72, 0x65, 0x73, 0x68, 0x61, 0x72, 0x6b, 0x29, 0x20, 0x34, 0x2e, 0x30, 0x2e,
            0x31, 0x37, 0x20, 0x28, 0x47, 0x69, 0x74, 0x20, 0x76, 0x34, 0x2e, 0x30, 0x2e, 0x31,
            0x37, 0x20, 0x70, 0x61, 0x63, 0x6b, 0x61, 0x67, 0x65, 0x64, 0x20, 0x61, 0x73, 0x20,
            0x34, 0x2e, 0x30, 0x2e, 0x31, 0x37, 0x2d, 0x30, 0x2b, 0x64, 0x65, 0x62, 0x31, 0x32,
            0x75, 0x33, 0x29, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x6c, 0x00, 0x00, 0x00,
            0x0a, 0x00, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x4b, 0x53, 0x4c, 0x54, 0x14, 0x00,
            0x00, 0x00, 0x43, 0x4c, 0x49, 0x45, 0x4e, 0x54, 0x5f, 0x52, 0x41, 0x4e, 0x44, 0x4f,
            0x4d, 0x20, 0x30, 0x30, 0x20, 0x31, 0x31, 0x0a, 0x28, 0x00, 0x00, 0x00, 0x01, 0x00,
            0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
            0x14, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x24, 0x0a, 0x06, 0x00, 0x05, 0x40, 0x1e, 0x18, 0x14, 0x00, 0x00, 0x00,
            0x14, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
            0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x34, 0x00, 0x00, 0x00,
            0x06, 0x00, 0x00, 0x00, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x0a,
            0x06, 0x00, 0x46, 0x82, 0x2d, 0x18, 0x14, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
            0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x34, 0x00, 0x00, 0x00};
    struct seen got;

    (void)state;
    read_bytes(raw, sizeof(raw), &got);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.at[0].found, SOURCE_SECRETS);
    assert_string_equal(got.at[0].text, "CLIENT_RANDOM 00 11\n");
    assert_int_equal(got.at[1].packet.time_ns, 1700000000000005000);
    assert_int_equal(got.at[2].packet.time_ns, 1700000001000006000);
    assert_int_equal(got.at[2].packet.data.n, 20);
}

static void damage_is_a_gap_and_reading_goes_on_behind_it(void **state)
{
    struct made m = {0};
    struct seen got;
    size_t bad, next;

    (void)state;
    ethernet(&m);
    packet(&m, 0, 1, "before");
    bad = m.n;
    packet(&m, 0, 2, "broken");
    next = m.n;
    packet(&m, 0, 3, "behind");
    for (size_t i = 4; i < 8; i++) { /* its length, of 44 bytes */
        uint8_t kept = m.b[bad + i];

        m.b[bad + i] = 0xff;
        read_bytes(m.b, m.n, &got);
        m.b[bad + i] = kept;
        assert_int_equal(got.n, 3);
        assert_string_equal(got.at[0].text, "before");
        assert_int_equal(got.at[1].found, SOURCE_GAP);
        assert_int_equal(got.at[1].gap.why, GAP_BAD);
        assert_int_equal(got.at[1].gap.off, bad);
        assert_int_equal(got.at[1].gap.len, next - bad);
        assert_int_equal(got.at[1].gap.first_packet, 1);
        assert_string_equal(got.at[2].text, "behind");
        assert_int_equal(got.at[2].packet.number, 2);
    }
}

static void a_block_whose_lengths_differ_is_used_with_a_mark(void **state)
{
    struct made m = {0};
    struct seen got;
    size_t at;

    (void)state;
    ethernet(&m);
    at = m.n;
    packet(&m, 0, 1, "odd");
    m.b[m.n - 4] ^= 0x40;
    packet(&m, 0, 2, "next");
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.at[0].gap.why, GAP_BAD);
    assert_int_equal(got.at[0].gap.off, at);
    assert_int_equal(got.at[0].gap.len, 0);
    assert_string_equal(got.at[1].text, "odd");
    assert_string_equal(got.at[2].text, "next");
}

static void a_packet_that_does_not_fit_its_block_is_left_out(void **state)
{
    struct made m = {0};
    struct seen got;
    size_t at;

    (void)state;
    ethernet(&m);
    at = m.n;
    packet(&m, 0, 1, "wrong");
    m.b[at + 20] = 9;            /* kept bytes, where the block has room for eight */
    packet(&m, 7, 2, "nowhere"); /* no such interface */
    packet(&m, 0, 3, "right");
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.at[0].gap.why, GAP_BAD);
    assert_int_equal(got.at[0].gap.off, at);
    assert_int_equal(got.at[1].gap.why, GAP_BAD);
    assert_string_equal(got.at[2].text, "right");
    assert_int_equal(got.at[2].packet.number, 1);
}

static void blocks_that_wireshark_numbers_take_a_number(void **state)
{
    struct made m = {0};
    struct seen got;

    (void)state;
    ethernet(&m);
    packet(&m, 0, 1, "one");
    begin(&m, PCAPNG_CUSTOM);
    put32(&m, 62652);
    put_text(&m, "abcd");
    end(&m);
    packet(&m, 0, 1, "three");
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 2);
    assert_int_equal(got.at[1].packet.number, 3);
}

static void an_unknown_major_version_is_not_guessed_at(void **state)
{
    struct made m = {0};
    struct seen got;

    (void)state;
    ethernet(&m);
    packet(&m, 0, 1, "one");
    section(&m);
    m.b[m.n - 16] = 2;
    interface(&m, 1, 0, -1);
    packet(&m, 0, 1, "two");
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 2);
    assert_string_equal(got.at[0].text, "one");
    assert_int_equal(got.at[1].gap.why, GAP_UNSUPPORTED);
}

static void a_simple_packet_is_cut_by_the_snap_length(void **state)
{
    struct made m = {0};
    struct seen got;

    (void)state;
    section(&m);
    interface(&m, 1, 3, -1);
    begin(&m, PCAPNG_PACKET_SIMPLE);
    put32(&m, 100);
    put_text(&m, "abc");
    end(&m);
    read_bytes(m.b, m.n, &got);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.at[0].packet.data.n, 3);
    assert_int_equal(got.at[0].packet.wire_len, 100);
}

static void a_file_says_who_made_it_and_what_was_lost(void **state)
{
    struct made m = {0};
    const struct description *d;
    struct source_drops drops;
    struct seen got;
    struct source *s;

    (void)state;
    begin(&m, PCAPNG_SECTION);
    put32(&m, 0x1a2b3c4d);
    put32(&m, 1);
    put64(&m, UINT64_MAX);
    option(&m, 3, "Debian");
    option(&m, 1, "taken at home");
    put32(&m, 0);
    end(&m);
    begin(&m, PCAPNG_INTERFACE);
    put32(&m, 1);
    put32(&m, 0);
    option(&m, 2, "wlan0");
    put32(&m, 0);
    end(&m);
    begin(&m, PCAPNG_PACKET);
    put32(&m, 0);
    put64(&m, 0);
    put64(&m, 0);
    option(&m, 1, "look here");
    put16(&m, 4);
    put16(&m, 8);
    put64(&m, 5);
    put32(&m, 0);
    end(&m);
    begin(&m, PCAPNG_STATISTICS);
    put32(&m, 0);
    put64(&m, 0);
    put16(&m, 5);
    put16(&m, 8);
    put64(&m, 2);
    put16(&m, 7);
    put16(&m, 8);
    put64(&m, 3);
    put32(&m, 0);
    end(&m);
    s = opened(m.b, m.n);
    read_all(s, &got);
    d = source_description(s);
    assert_int_equal(d->section_count, 1);
    assert_string_equal(d->sections[0].os, "Debian");
    assert_null(d->sections[0].hardware);
    assert_int_equal(d->interface_count, 1);
    assert_string_equal(d->interfaces[0].name, "wlan0");
    assert_int_equal(d->interfaces[0].packets, 1);
    assert_true(d->interfaces[0].dropped_between.known);
    assert_int_equal(d->interfaces[0].dropped_between.n, 5);
    assert_false(d->interfaces[0].received.known);
    assert_int_equal(d->comment_count, 2);
    assert_string_equal(d->comments[0].text, "taken at home");
    assert_int_equal(d->comments[0].packet, 0);
    assert_string_equal(d->comments[1].text, "look here");
    assert_int_equal(d->comments[1].packet, 1);
    drops = source_drops(s);
    assert_true(drops.kernel.known);
    assert_int_equal(drops.kernel.n, 3);
    assert_int_equal(drops.device.n, 2);
    source_close(s);
}

static void an_interface_that_nobody_counted_makes_the_sum_unknown(void **state)
{
    struct made m;
    struct seen got;
    struct source *s;

    (void)state;
    make_rich(&m);
    s = opened(m.b, m.n);
    read_all(s, &got);
    assert_false(source_drops(s).kernel.known);
    assert_false(source_drops(s).device.known);
    source_close(s);
}

static void times_are_exact_and_never_overflow(void **state)
{
    (void)state;
    assert_int_equal(pcapng_time_ns(1700000000123456, 6, 0), 1700000000123456000);
    assert_int_equal(pcapng_time_ns(1700000000123456789, 9, 0), 1700000000123456789);
    assert_int_equal(pcapng_time_ns(1700000000, 0, -5), 1699999995000000000);
    assert_int_equal(pcapng_time_ns(1234567, 12, 0), 1234);
    assert_int_equal(pcapng_time_ns(3, 0x81, 0), 1500000000);
    assert_int_equal(pcapng_time_ns(UINT64_C(1700000000) << 32 | 0x80000000, 0x80 | 32, 0),
            1700000000500000000);
    assert_int_equal(pcapng_time_ns(UINT64_MAX, 0xff, 1), 1000000000);
    assert_int_equal(pcapng_time_ns(UINT64_MAX, 0x7f, 1), 1000000000);
    assert_int_equal(pcapng_time_ns(UINT64_MAX, 0, 0), INT64_MAX);
    assert_int_equal(pcapng_time_ns(0, 6, INT64_MIN), INT64_MIN);
    assert_int_equal(pcapng_time_ns(0, 6, INT64_MAX), INT64_MAX);
}

static void every_failed_allocation_is_survived(void **state)
{
    struct made m;
    bool failed = true;

    (void)state;
    make_rich(&m);
    for (long n = 1; failed; n++) {
        struct fault fault = {0};
        struct packet p = {0};
        struct source *s = NULL;
        enum status status;

        oom_fail_at(n);
        status = source_memory(bytes_of(m.b, m.n), "made", &s, &fault);
        if (status == STATUS_OK) {
            while (source_next(s, &p, &fault) != SOURCE_END)
                ;
            source_close(s);
        } else {
            assert_int_equal(status, STATUS_NOMEM);
            assert_non_null(strstr(fault.text, "memory"));
        }
        failed = oom_happened();
        oom_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_block_is_read_in_both_byte_orders),
            cmocka_unit_test(a_file_cut_anywhere_gives_what_stands_before_the_cut),
            cmocka_unit_test(a_capture_within_a_cut_packet_is_not_taken_for_ours),
            cmocka_unit_test(a_stream_that_comes_in_any_pieces_reads_the_same),
            cmocka_unit_test(what_editcap_writes_is_read),
            cmocka_unit_test(damage_is_a_gap_and_reading_goes_on_behind_it),
            cmocka_unit_test(a_block_whose_lengths_differ_is_used_with_a_mark),
            cmocka_unit_test(a_packet_that_does_not_fit_its_block_is_left_out),
            cmocka_unit_test(blocks_that_wireshark_numbers_take_a_number),
            cmocka_unit_test(an_unknown_major_version_is_not_guessed_at),
            cmocka_unit_test(a_simple_packet_is_cut_by_the_snap_length),
            cmocka_unit_test(a_file_says_who_made_it_and_what_was_lost),
            cmocka_unit_test(an_interface_that_nobody_counted_makes_the_sum_unknown),
            cmocka_unit_test(times_are_exact_and_never_overflow),
            cmocka_unit_test(every_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
