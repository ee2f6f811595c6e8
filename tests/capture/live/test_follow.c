/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "capture/live/follow.h"
#include "tests/capture/live/segment_place.h"
#include "tests/support/oom.h"

static const struct count none = {true, 0};

enum { TEXT_MOST = 8 << 20 };

/* What a reading gave, as text: two readings are the same when their texts are. */
static void note_file(struct buf *out, const char *name)
{
    assert_int_equal(buf_print(out, "file %s\n", name), STATUS_OK);
}

static void note_packet(struct buf *out, const struct packet *p)
{
    char hash[SHA256_TEXT];

    assert_true(sha256_text(p->data, hash));
    assert_int_equal(
            buf_print(out, "packet %llu file %u interface %u link %d time %lld %u %s\n",
                    (unsigned long long)p->number, p->file, p->interface_id, p->link,
                    (long long)p->time_ns, p->wire_len, hash),
            STATUS_OK);
}

static void note_gap(struct buf *out, const struct gap *gap)
{
    assert_int_equal(
            buf_print(out, "gap %s off %llu len %llu packets %llu %llu: %s\n",
                    gap_cause_name(gap->why), (unsigned long long)gap->off,
                    (unsigned long long)gap->len, (unsigned long long)gap->first_packet,
                    (unsigned long long)gap->last_packet, gap->detail),
            STATUS_OK);
}

/* Everything that is there now; how it ended. */
static enum follow_found drain(struct follow *f, struct buf *out)
{
    struct packet packet;
    struct fault fault = {0};

    for (;;) {
        enum follow_found found = follow_next(f, &packet, &fault);

        switch (found) {
        case FOLLOW_PACKET:
            assert_int_equal(packet.number, follow_packets(f));
            note_packet(out, &packet);
            continue;
        case FOLLOW_GAP:
            note_gap(out, follow_gap(f));
            continue;
        case FOLLOW_FILE:
            note_file(out, follow_file(f));
            continue;
        case FOLLOW_WAIT:
        case FOLLOW_END:
            return found;
        case FOLLOW_FAILED:
            break;
        }
        fail_msg("%s", fault.text);
    }
}

/* The finished files, read one after the other as an import does. */
static void read_at_the_end(const struct place *p, struct buf *out)
{
    struct segment_names names = {0};
    uint32_t number = 0, file = 0;
    uint64_t packets = 0;

    while (segment_names_read(p->fd, number, &names) && names.next != 0) {
        char name[SEGMENT_NAME], path[128];
        struct source *s = NULL;
        struct packet packet;
        enum source_found found;

        number = names.next;
        segment_name(number, name);
        place_path(p, name, path);
        note_file(out, name);
        assert_int_equal(source_open(path, &s, NULL), STATUS_OK);
        source_place(s, file++, packets);
        while ((found = source_next(s, &packet, NULL)) != SOURCE_END) {
            if (found == SOURCE_PACKET)
                note_packet(out, &packet);
            else if (found == SOURCE_GAP)
                note_gap(out, source_gap(s));
            else
                assert_int_equal(found, SOURCE_SECRETS);
        }
        packets = source_last_number(s);
        source_close(s);
    }
}

static void assert_same(struct buf *a, struct buf *b)
{
    if (!bytes_equal(buf_view(a), buf_view(b)))
        fail_msg("read while it grew:\n%.*s\nread at the end:\n%.*s", (int)a->n, (char *)a->p,
                (int)b->n, (char *)b->p);
    buf_clear(a);
    buf_clear(b);
}

static struct follow *opened(const struct place *p)
{
    struct follow *f = NULL;

    assert_int_equal(follow_open(p->path, &f, NULL), STATUS_OK);
    return f;
}

static void in_step_with_the_writer_it_gives_what_is_there_at_the_end(void **state)
{
    const struct place *p = *state;
    const struct segments_setup setup = {.bytes_most = 30000};
    struct follow *f = opened(p);
    struct segments *s = place_begin(p, &setup);
    struct buf now, later;

    buf_init(&now, TEXT_MOST);
    buf_init(&later, TEXT_MOST);
    for (uint64_t i = 0; i < 300; i++) {
        assert_int_equal(drain(f, &now), FOLLOW_WAIT);
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
        if (i % 3 == 0)
            assert_int_equal(segments_tick(s, none, none, NULL), STATUS_OK);
        assert_true(follow_packets(f) <= i + 1);
    }
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_OK);
    segments_free(s);
    assert_int_equal(drain(f, &now), FOLLOW_WAIT);
    assert_int_equal(follow_packets(f), 300); /* nothing is held back for want of an end */
    follow_finish(f);
    assert_int_equal(drain(f, &now), FOLLOW_END);
    assert_int_equal(drain(f, &now), FOLLOW_END);
    follow_close(f);
    read_at_the_end(p, &later);
    assert_int_equal(place_law(p).packets, 300);
    assert_true(place_law(p).files > 5);
    assert_same(&now, &later);
}

/* A segment of ours as bytes. */
static struct bytes make_segment(const struct place *p, uint64_t packets)
{
    struct segments *s = place_begin(p, NULL);
    struct bytes out;

    for (uint64_t i = 0; i < packets; i++)
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_OK);
    segments_free(s);
    out = place_read(p, "packets-000001.pcapng");
    place_empty(p);
    return out;
}

/* Lets a segment grow by `step` bytes at a time, with the segment before and after it. */
static void grow(const struct place *p, struct bytes whole, size_t step)
{
    struct follow *f = opened(p);
    struct buf now, later;
    int fd;

    buf_init(&now, TEXT_MOST);
    buf_init(&later, TEXT_MOST);
    assert_int_equal(drain(f, &now), FOLLOW_WAIT);
    fd = openat(p->fd, "packets-000001.pcapng", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t at = 0; at < whole.n; at += step) {
        struct bytes piece = bytes_slice(whole, at, at + step);

        assert_int_equal(drain(f, &now), FOLLOW_WAIT);
        assert_int_equal(write(fd, piece.p, piece.n), piece.n);
    }
    assert_int_equal(drain(f, &now), FOLLOW_WAIT);
    (void)close(fd);
    place_write(p, "packets-000002.pcapng", whole);
    assert_int_equal(drain(f, &now), FOLLOW_WAIT);
    follow_finish(f);
    assert_int_equal(drain(f, &now), FOLLOW_END);
    follow_close(f);
    read_at_the_end(p, &later);
    assert_same(&now, &later);
    place_empty(p);
}

static void growing_byte_by_byte_it_gives_the_same_packets(void **state)
{
    const struct place *p = *state;
    struct bytes whole = make_segment(p, 6);
    const size_t steps[] = {1, 2, 3, 5, 28, 29, 997, 4096};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        grow(p, whole, steps[i]);
    free((void *)(uintptr_t)whole.p);
}

/* Files that others damaged: what is made of that does not depend on when it is read. */
static void damage_is_read_the_same_while_the_file_grows(void **state)
{
    const struct place *p = *state;
    struct bytes whole = make_segment(p, 8);
    uint8_t *copy = malloc(whole.n);
    uint64_t seed = 7;

    assert_non_null(copy);
    for (int run = 0; run < 150; run++) {
        size_t n = whole.n, at;

        memcpy(copy, whole.p, whole.n);
        for (int k = 0; k <= run % 3; k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            at = (size_t)(seed >> 33) % whole.n;
            if (at < 12) /* by then it is no pcapng file: tested elsewhere */
                at = 12;
            copy[at] ^= (uint8_t)(1 + (seed >> 20) % 255);
        }
        if (run % 5 == 0)
            n -= (size_t)(seed >> 40) % 2000;
        grow(p, bytes_of(copy, n), run % 10 == 0 ? 7 : 211);
    }
    free(copy);
    free((void *)(uintptr_t)whole.p);
}

/* A full disk: part of a block is written, taken back, and the trailer stands in its place. */
static void a_block_that_was_taken_back_is_forgotten(void **state)
{
    const struct place *p = *state;
    struct bytes whole = make_segment(p, 4), chopped;
    struct pcapng_block_at {
        size_t last, trailer; /* where the last packet and the statistics begin */
    } at = {0, 0};
    struct buf now, later;

    for (size_t off = 0, next; off < whole.n; off = next) {
        uint32_t size;

        memcpy(&size, whole.p + off + 4, 4);
        next = off + size;
        at.last = at.trailer;
        at.trailer = off;
    }
    buf_init(&now, TEXT_MOST);
    buf_init(&later, TEXT_MOST);
    for (size_t part = 1; part < at.trailer - at.last; part += 5) {
        struct follow *f = opened(p);
        int fd;

        chopped = bytes_slice(whole, 0, at.last + part);
        place_write(p, "packets-000001.pcapng", chopped);
        assert_int_equal(drain(f, &now), FOLLOW_WAIT);
        assert_int_equal(follow_packets(f), 3);
        fd = openat(p->fd, "packets-000001.pcapng", O_WRONLY | O_CLOEXEC);
        assert_int_equal(ftruncate(fd, (off_t)at.last), 0);
        assert_int_equal(pwrite(fd, whole.p + at.trailer, whole.n - at.trailer, (off_t)at.last),
                whole.n - at.trailer);
        (void)close(fd);
        assert_int_equal(drain(f, &now), FOLLOW_WAIT);
        follow_finish(f);
        assert_int_equal(drain(f, &now), FOLLOW_END);
        follow_close(f);
        read_at_the_end(p, &later);
        assert_same(&now, &later);
    }
    free((void *)(uintptr_t)whole.p);
}

static void what_is_cut_at_the_end_is_a_gap(void **state)
{
    const struct place *p = *state;
    struct bytes whole = make_segment(p, 3);
    struct follow *f = opened(p);
    struct buf now, later;

    buf_init(&now, TEXT_MOST);
    buf_init(&later, TEXT_MOST);
    place_write(p, "packets-000001.pcapng", bytes_slice(whole, 0, whole.n / 2));
    place_write(p, "packets-000002.pcapng", whole);
    place_write(p, "packets-000005.pcapng", bytes_slice(whole, 0, whole.n - 1));
    assert_int_equal(drain(f, &now), FOLLOW_WAIT);
    follow_finish(f);
    assert_int_equal(drain(f, &now), FOLLOW_END);
    assert_true(bytes_find(buf_view(&now), bytes_text("gap CUT"), 0, &(size_t){0}));
    assert_string_equal(follow_file(f), "packets-000005.pcapng");
    follow_close(f);
    read_at_the_end(p, &later);
    assert_same(&now, &later);
    free((void *)(uintptr_t)whole.p);
}

static void a_file_that_is_no_segment_is_one_gap(void **state)
{
    const struct place *p = *state;
    /* An empty file of classic pcap: fine, but none of ours. */
    static const uint8_t classic[24] = {
            0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, 0xff, [20] = 1};
    struct bytes whole = make_segment(p, 2);
    struct follow *f = opened(p);
    struct packet packet;

    place_write(p, "packets-000001.pcapng", bytes_of(NULL, 0));
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_FILE);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_WAIT); /* it may come yet */
    place_write(p, "packets-000002.pcapng", BYTES_LITERAL("no capture at all, only text"));
    place_write(p, "packets-000003.pcapng", bytes_of(classic, sizeof(classic)));
    place_write(p, "packets-000004.pcapng", whole);
    place_write(p, "packets-.pcapng", whole); /* none of ours */
    place_write(p, "packets-000000.pcapng", whole);
    place_write(p, "packets-0000005.pcapng", whole);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_GAP);
    assert_int_equal(follow_gap(f)->why, GAP_CUT);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_FILE);
    assert_string_equal(follow_file(f), "packets-000002.pcapng");
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_GAP);
    assert_int_equal(follow_gap(f)->why, GAP_BAD);
    assert_int_equal(follow_gap(f)->len, 28);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_FILE);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_GAP);
    assert_int_equal(follow_gap(f)->len, sizeof(classic));
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_FILE);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_PACKET);
    assert_int_equal(packet.number, 1);
    assert_int_equal(packet.file, 3);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_PACKET);
    follow_finish(f);
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_END);
    follow_close(f);
    free((void *)(uintptr_t)whole.p);
}

static void what_cannot_be_read_is_said(void **state)
{
    const struct place *p = *state;
    struct follow *f = NULL;
    struct fault fault = {0};
    struct packet packet;

    assert_int_equal(follow_open("/nonexistent/here", &f, &fault), STATUS_IO);
    assert_null(f);
    f = opened(p);
    assert_int_equal(follow_next(f, &packet, &fault), FOLLOW_WAIT);
    assert_int_equal(mkfifoat(p->fd, "packets-000001.pcapng", 0600), 0); /* must not block */
    assert_int_equal(follow_next(f, &packet, NULL), FOLLOW_FILE);
    fault = (struct fault){0};
    assert_int_equal(follow_next(f, &packet, &fault), FOLLOW_FAILED);
    assert_int_equal(fault.status, STATUS_IO);
    fault = (struct fault){0};
    assert_int_equal(follow_next(f, &packet, &fault), FOLLOW_FAILED);
    assert_non_null(strstr(fault.text, "packets-000001.pcapng"));
    follow_close(f);
}

static void each_failed_allocation_is_reported(void **state)
{
    const struct place *p = *state;
    struct bytes whole = make_segment(p, 4);
    bool failed = true;
    long n = 0;

    place_write(p, "packets-000001.pcapng", whole);
    place_write(p, "packets-000002.pcapng", whole);
    while (failed) {
        struct fault fault = {0};
        struct follow *f = NULL;
        struct packet packet;
        enum follow_found found = FOLLOW_WAIT;
        uint64_t packets = 0, gaps = 0;

        oom_fail_at(++n);
        if (follow_open(p->path, &f, &fault) == STATUS_OK) {
            follow_finish(f);
            while ((found = follow_next(f, &packet, &fault)) != FOLLOW_END &&
                    found != FOLLOW_FAILED) {
                packets += found == FOLLOW_PACKET;
                gaps += found == FOLLOW_GAP;
            }
        }
        failed = oom_happened();
        oom_fail_at(0);
        /* Comments and names of a file are left out when there is no memory for them; packets
         * never are without a word. */
        if (found == FOLLOW_END)
            assert_true(packets == 8 || gaps != 0);
        else
            assert_int_equal(fault.status, STATUS_NOMEM);
        assert_true(failed || found == FOLLOW_END);
        follow_close(f);
    }
    assert_true(n > 8);
    free((void *)(uintptr_t)whole.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
            IN_PLACE(in_step_with_the_writer_it_gives_what_is_there_at_the_end),
            IN_PLACE(growing_byte_by_byte_it_gives_the_same_packets),
            IN_PLACE(damage_is_read_the_same_while_the_file_grows),
            IN_PLACE(a_block_that_was_taken_back_is_forgotten),
            IN_PLACE(what_is_cut_at_the_end_is_a_gap),
            IN_PLACE(a_file_that_is_no_segment_is_one_gap),
            IN_PLACE(what_cannot_be_read_is_said),
            IN_PLACE(each_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
