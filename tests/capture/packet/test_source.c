/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/capture/packet/piecemeal.h"
#include "tests/support/oom.h"

/* Two packets of 20 bytes, at 1700000000.000005 and one second and microsecond later. */
enum { TWO_BYTES = 24 + 2 * 36, SECOND = 1000000000 };

static const uint8_t two_gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
        0xbb, 0x72, 0x78, 0xd3, 0x42, 0x26, 0x06, 0x16, 0x06, 0x04, 0x60, 0x61, 0x60, 0x04,
        0x51, 0x1f, 0x83, 0x53, 0x59, 0x81, 0x94, 0x08, 0x14, 0x33, 0x30, 0x32, 0x31, 0xb3,
        0xb0, 0xb2, 0xb1, 0x73, 0x70, 0x72, 0x71, 0xf3, 0xf0, 0xf2, 0xf1, 0x0b, 0x08, 0x0a,
        0x09, 0x33, 0x02, 0xd5, 0xb0, 0x11, 0x50, 0x03, 0x00, 0x48, 0x1a, 0xdd, 0xad, 0x60,
        0x00, 0x00, 0x00}; /* gzip -n -9 */
static const uint8_t two_zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x60, 0xe5, 0x01, 0x00, 0x04,
        0x03, 0xd4, 0xc3, 0xb2, 0xa1, 0x02, 0x00, 0x04, 0x00, 0x04, 0x00, 0x01, 0x00, 0x00,
        0x00, 0x00, 0xf1, 0x53, 0x65, 0x05, 0x00, 0x00, 0x00, 0x14, 0x00, 0x01, 0x02, 0x03,
        0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11,
        0x12, 0x13, 0x01, 0xf1, 0x53, 0x65, 0x06, 0x03, 0x00, 0x1d, 0xd5, 0x46, 0x37, 0xd7,
        0x0d, 0xc4, 0x01, 0x97, 0xf7, 0xad, 0x56}; /* zstd -19 */

static void put(uint8_t *at, unsigned bytes, bool big, uint32_t v)
{
    for (unsigned i = 0; i < bytes; i++)
        at[big ? bytes - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static void make_two(uint8_t out[TWO_BYTES], uint32_t magic, bool big)
{
    memset(out, 0, TWO_BYTES);
    put(out, 4, big, magic);
    put(out + 4, 2, big, 2);
    put(out + 6, 2, big, 4);
    put(out + 16, 4, big, 262144);
    put(out + 20, 4, big, 1);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *record = out + 24 + 36 * (size_t)i;

        put(record, 4, big, 1700000000 + i);
        put(record + 4, 4, big, 5 + i);
        put(record + 8, 4, big, 20);
        put(record + 12, 4, big, 20);
        for (uint8_t k = 0; k < 20; k++)
            record[16 + k] = k;
    }
}

struct seen {
    size_t packets;
    int64_t time_ns[4];
    size_t bytes[4];
    uint8_t last[4]; /* last byte of each */
    uint32_t wire_len[4];
    int link;
    uint64_t number;
    size_t gaps;
    struct gap gap;
};

static void drain(struct source *s, struct seen *out)
{
    struct fault fault = {0};
    struct packet p = {0};
    enum source_found found;

    *out = (struct seen){0};
    while ((found = source_next(s, &p, &fault)) != SOURCE_END) {
        assert_int_not_equal(found, SOURCE_FAILED);
        if (found == SOURCE_GAP) {
            out->gap = *source_gap(s);
            out->gaps++;
            continue;
        }
        assert_int_equal(found, SOURCE_PACKET);
        if (out->packets < 4) {
            out->time_ns[out->packets] = p.time_ns;
            out->bytes[out->packets] = p.data.n;
            out->last[out->packets] = p.data.n == 0 ? 0 : p.data.p[p.data.n - 1];
            out->wire_len[out->packets] = p.wire_len;
        }
        out->packets++;
        out->link = p.link;
        out->number = p.number;
    }
    assert_int_equal(source_next(s, &p, &fault), SOURCE_END);
}

static enum status read_bytes(struct bytes raw, struct seen *out, struct fault *fault)
{
    uint8_t *exact = malloc(raw.n == 0 ? 1 : raw.n);
    struct source *s;
    enum status status;

    assert_non_null(exact);
    if (raw.n != 0)
        memcpy(exact, raw.p, raw.n);
    *fault = (struct fault){0};
    status = source_memory(bytes_of(exact, raw.n), "made.pcap", &s, fault);
    if (status == STATUS_OK) {
        drain(s, out);
        source_close(s);
    }
    free(exact);
    return status;
}

static void assert_two(const struct seen *got, int64_t unit)
{
    assert_int_equal(got->packets, 2);
    assert_int_equal(got->gaps, 0);
    assert_int_equal(got->time_ns[0], INT64_C(1700000000) * SECOND + 5 * unit);
    assert_int_equal(got->time_ns[1], INT64_C(1700000001) * SECOND + 6 * unit);
    assert_int_equal(got->bytes[1], 20);
    assert_int_equal(got->last[1], 19);
    assert_int_equal(got->wire_len[1], 20);
    assert_int_equal(got->link, 1);
    assert_int_equal(got->number, 2);
}

static void classic_files_of_both_orders_and_resolutions_are_read(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    for (int big = 0; big < 2; big++) {
        make_two(raw, 0xa1b2c3d4, big == 1);
        assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
        assert_two(&got, 1000);
        make_two(raw, 0xa1b23c4d, big == 1);
        assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
        assert_two(&got, 1);
    }
}

static void the_longer_records_of_modified_files_are_read(void **state)
{
    uint8_t plain[TWO_BYTES], raw[TWO_BYTES + 16] = {0};
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(plain, 0xa1b2cd34, false);
    memcpy(raw, plain, 24 + 16);
    memcpy(raw + 48, plain + 40, 20 + 16); /* eight bytes more before each packet */
    memcpy(raw + 92, plain + 76, 20);
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_two(&got, 1000);
}

static void a_classic_file_cut_anywhere_gives_what_stands_before_the_cut(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    for (size_t n = 0; n < sizeof(raw); n++) {
        enum status status = read_bytes(bytes_of(raw, n), &got, &fault);

        assert_int_equal(status, n < 24 ? STATUS_INPUT : STATUS_OK);
        if (status != STATUS_OK) {
            assert_string_not_equal(fault.text, "");
            continue;
        }
        assert_int_equal(got.packets, n < 60 ? 0 : 1);
        assert_int_equal(got.gaps, n == 24 || n == 60 ? 0 : 1);
        if (got.gaps == 1) {
            size_t record = n < 60 ? 24 : 60;

            assert_int_equal(got.gap.why, GAP_CUT);
            assert_int_equal(got.gap.off, record);
            assert_int_equal(got.gap.len, n - record < 16 ? record + 16 - n : record + 36 - n);
            assert_int_equal(got.gap.first_packet, got.packets);
        }
    }
}

static void a_record_of_impossible_length_is_a_gap_at_its_offset(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    put(raw + 60 + 8, 4, false, 0x7fffffff);
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_int_equal(got.packets, 1);
    assert_int_equal(got.gap.why, GAP_BAD);
    assert_int_equal(got.gap.off, 60);
    assert_int_equal(got.gap.len, 36);
}

static void packets_longer_than_the_snap_length_stay_whole(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    put(raw + 16, 4, false, 4);
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_two(&got, 1000);
}

static void raw_ip_has_one_link_type_whatever_the_file_calls_it(void **state)
{
    static const uint32_t names[] = {12, 14, 101};
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    for (size_t i = 0; i < 3; i++) {
        put(raw + 20, 4, false, names[i]);
        assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
        assert_int_equal(got.link, 101);
    }
}

static void seconds_past_2038_stay_in_the_future(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct fault fault;
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, true);
    put(raw + 24, 4, true, 0xfffffff0U);
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_int_equal(got.time_ns[0], INT64_C(0xfffffff0) * SECOND + 5000);
}

static void compressed_files_are_read_by_content(void **state)
{
    struct fault fault;
    struct seen got;

    (void)state;
    assert_int_equal(read_bytes(bytes_of(two_gzip, sizeof(two_gzip)), &got, &fault), STATUS_OK);
    assert_two(&got, 1000);
    assert_int_equal(read_bytes(bytes_of(two_zstd, sizeof(two_zstd)), &got, &fault), STATUS_OK);
    assert_two(&got, 1000);
}

static void a_compressed_file_cut_anywhere_says_so(void **state)
{
    static const struct bytes whole[] = {
            {two_gzip, sizeof(two_gzip)}, {two_zstd, sizeof(two_zstd)}};
    struct fault fault;
    struct seen got;

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t n = 0; n < whole[k].n; n++) {
            enum status status = read_bytes(bytes_slice(whole[k], 0, n), &got, &fault);

            if (status == STATUS_OK) {
                assert_int_equal(got.gaps, 1);
                assert_int_equal(got.gap.why, GAP_CUT);
                assert_true(got.packets <= 2);
            } else {
                assert_int_equal(status, STATUS_INPUT);
                assert_string_not_equal(fault.text, "");
            }
        }
    }
}

static void a_damaged_compressed_file_is_a_gap(void **state)
{
    uint8_t raw[sizeof(two_gzip)];
    struct fault fault;
    struct seen got;

    (void)state;
    memcpy(raw, two_gzip, sizeof(raw));
    raw[sizeof(raw) - 8] ^= 1; /* its checksum */
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_int_equal(got.packets, 2);
    assert_int_equal(got.gaps, 1);
    assert_int_equal(got.gap.why, GAP_BAD);
}

/* A zstd frame by hand (RFC 8878 section 3.1.1): a raw block with the file header, then blocks
 * that repeat one zero 128 KiB long: records without bytes. */
static void a_bomb_is_a_gap_of_our_own_limit(void **state)
{
    enum { BLOCKS = 64, BLOCK = 1 << 17 };
    static const uint8_t head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38};
    uint8_t raw[sizeof(head) + 3 + 24 + 4 * BLOCKS] = {0}, two[TWO_BYTES];
    struct fault fault;
    struct seen got;
    size_t n = sizeof(head);

    (void)state;
    memcpy(raw, head, n);
    put(raw + n, 3, false, 24 << 3);
    make_two(two, 0xa1b2c3d4, false);
    memcpy(raw + n + 3, two, 24);
    n += 3 + 24;
    for (uint32_t i = 0; i < BLOCKS; i++, n += 4)
        put(raw + n, 3, false, (uint32_t)BLOCK << 3 | 1 << 1 | (i == BLOCKS - 1));
    assert_int_equal(read_bytes(bytes_of(raw, sizeof(raw)), &got, &fault), STATUS_OK);
    assert_int_equal(got.gaps, 1);
    assert_int_equal(got.gap.why, GAP_BUDGET);
    assert_true(got.packets < (size_t)BLOCKS * BLOCK / 16);
}

static void read_in_pieces(struct bytes raw, size_t size, struct seen *out)
{
    struct piecemeal p;

    piecemeal_open(&p, raw, size);
    drain(p.source, out);
    piecemeal_close(&p);
}

static void a_stream_that_comes_in_any_pieces_reads_the_same(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct seen got;

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    for (size_t size = 1; size <= sizeof(raw); size++) {
        read_in_pieces(bytes_of(raw, sizeof(raw)), size, &got);
        assert_two(&got, 1000);
        read_in_pieces(bytes_of(two_gzip, sizeof(two_gzip)), size, &got);
        assert_two(&got, 1000);
        read_in_pieces(bytes_of(two_zstd, sizeof(two_zstd)), size, &got);
        assert_two(&got, 1000);
    }
}

static void write_file(char path[], const void *p, size_t n)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    assert_int_equal(close(fd), 0);
}

static void numbers_run_on_over_files(void **state)
{
    char path[] = "/tmp/exhibit-source-XXXXXX";
    struct fault fault = {0};
    struct source *s = NULL;
    struct packet p = {0};
    uint8_t raw[TWO_BYTES];

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    write_file(path, raw, sizeof(raw));
    assert_int_equal(source_open(path, &s, &fault), STATUS_OK);
    source_place(s, 3, 100);
    assert_int_equal(source_next(s, &p, &fault), SOURCE_PACKET);
    assert_int_equal(p.number, 101);
    assert_int_equal(p.file, 3);
    assert_int_equal(source_next(s, &p, &fault), SOURCE_PACKET);
    assert_int_equal(source_last_number(s), 102);
    assert_int_equal(source_format(s), SOURCE_PCAP);
    assert_int_equal(source_compression(s), INPUT_PLAIN);
    assert_int_equal(source_description(s)->interfaces[0].snaplen, 262144);
    assert_false(source_drops(s).kernel.known);
    source_close(s);
    assert_int_equal(unlink(path), 0);
}

static void what_is_no_capture_is_named(void **state)
{
    static const uint8_t zip[] = {0x50, 0x4b, 0x03, 0x04, 0, 0};
    struct fault fault = {0};
    struct source *s = NULL;
    struct seen got;

    (void)state;
    assert_int_equal(read_bytes(bytes_of(zip, sizeof(zip)), &got, &fault), STATUS_INPUT);
    assert_string_equal(fault.text, "made.pcap: not a capture (first bytes: 50 4b 03 04); "
                                    "expected pcap or pcapng, plain, gzip or zstd");
    assert_int_equal(read_bytes(bytes_of(zip, 2), &got, &fault), STATUS_INPUT);
    assert_int_equal(read_bytes(bytes_of(NULL, 0), &got, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "empty"));
    fault = (struct fault){0};
    assert_int_equal(source_open("/nonexistent/x.pcap", &s, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "/nonexistent/x.pcap"));
    fault = (struct fault){0};
    assert_int_equal(source_open("/", &s, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "directory"));
    assert_null(s);
}

/* A section, an interface, a packet, then two secrets blocks: TLS without a last line feed,
 * and SSH. */
static size_t make_secrets(uint8_t out[256])
{
    static const uint32_t words[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28,
            1, 20, 1, 0, 20, 6, 36, 0, 0, 0, 4, 4, 0xdddddddd, 36, 10, 24, SECRETS_TLS, 3,
            0x00636261, 24, 10, 24, SECRETS_SSH, 4, 0x6b6b6b6b, 24};
    size_t n = 0;

    for (; n < sizeof(words) / sizeof(words[0]); n++)
        put(out + 4 * n, 4, false, words[n]);
    return 4 * n;
}

static void secrets_are_collected_before_packets_are_read(void **state)
{
    char path[] = "/tmp/exhibit-source-XXXXXX";
    struct fault fault = {0};
    struct source_scan scan = {0};
    struct buf log;
    uint8_t raw[256];
    size_t n = make_secrets(raw);

    (void)state;
    write_file(path, raw, n);
    buf_init(&log, 5);
    assert_int_equal(source_scan_secrets(path, &log, &scan, &fault), STATUS_OK);
    assert_true(bytes_is(buf_view(&log), "abc\n"));
    assert_int_equal(scan.tls_blocks, 1);
    assert_int_equal(scan.other_blocks, 1);
    assert_int_equal(scan.first_other, SECRETS_SSH);
    assert_true(scan.gaps == 0);
    assert_int_equal(source_scan_secrets(path, &log, &scan, &fault), STATUS_USAGE);
    assert_string_not_equal(fault.text, "");
    assert_int_equal(source_scan_secrets("-", &log, &scan, &fault), STATUS_USAGE);
    buf_clear(&log);
    assert_int_equal(unlink(path), 0);
}

static void every_failed_allocation_is_survived(void **state)
{
    uint8_t raw[TWO_BYTES];
    struct bytes inputs[] = {
            {raw, sizeof(raw)}, {two_gzip, sizeof(two_gzip)}, {two_zstd, sizeof(two_zstd)}};

    (void)state;
    make_two(raw, 0xa1b2c3d4, false);
    for (size_t k = 0; k < 3; k++) {
        bool failed = true;

        for (long n = 1; failed; n++) {
            struct fault fault = {0};
            struct packet p = {0};
            struct source *s = NULL;
            enum status status;

            oom_fail_at(n);
            status = source_memory(inputs[k], "made", &s, &fault);
            if (status == STATUS_OK) {
                enum source_found found;

                do {
                    found = source_next(s, &p, &fault);
                } while (found != SOURCE_END && found != SOURCE_FAILED);
                source_close(s);
            } else {
                assert_int_equal(status, STATUS_NOMEM);
                assert_non_null(strstr(fault.text, "memory"));
            }
            failed = oom_happened();
            oom_fail_at(0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(classic_files_of_both_orders_and_resolutions_are_read),
            cmocka_unit_test(the_longer_records_of_modified_files_are_read),
            cmocka_unit_test(a_classic_file_cut_anywhere_gives_what_stands_before_the_cut),
            cmocka_unit_test(a_record_of_impossible_length_is_a_gap_at_its_offset),
            cmocka_unit_test(packets_longer_than_the_snap_length_stay_whole),
            cmocka_unit_test(raw_ip_has_one_link_type_whatever_the_file_calls_it),
            cmocka_unit_test(seconds_past_2038_stay_in_the_future),
            cmocka_unit_test(compressed_files_are_read_by_content),
            cmocka_unit_test(a_compressed_file_cut_anywhere_says_so),
            cmocka_unit_test(a_damaged_compressed_file_is_a_gap),
            cmocka_unit_test(a_bomb_is_a_gap_of_our_own_limit),
            cmocka_unit_test(a_stream_that_comes_in_any_pieces_reads_the_same),
            cmocka_unit_test(numbers_run_on_over_files),
            cmocka_unit_test(what_is_no_capture_is_named),
            cmocka_unit_test(secrets_are_collected_before_packets_are_read),
            cmocka_unit_test(every_failed_allocation_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
