/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/capture/live/segment_place.h"
#include "tests/support/oom.h"

static const struct count unknown;
static const struct count none = {true, 0};

static void end_ok(struct segments *s, enum segment_end why)
{
    struct fault fault = {0};

    if (segments_end(s, why, none, none, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    segments_free(s);
}

static void tick_ok(struct segments *s, struct count kernel, struct count device)
{
    struct fault fault = {0};

    if (segments_tick(s, kernel, device, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

static void what_was_handed_in_is_read_back(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.comment = "what captured \xe9\x9a\x90", .snaplen = 262144};
    struct segments *s = place_begin(p, &setup);
    const struct description *said;
    struct source *source = NULL;
    struct segments_counts counts;
    struct packet packet;
    struct stat st;
    char path[128];

    assert_int_equal(faccessat(p->fd, "packets-000001.pcapng", F_OK, 0), -1);
    for (uint64_t i = 0; i < 3000; i++)
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
    counts = segments_counts(s);
    assert_int_equal(counts.packets, 3000);
    assert_int_equal(counts.last_ns, made_time(2999));
    assert_int_equal(segments_end(s, SEGMENT_STOP, (struct count){true, 5}, unknown, NULL), 0);
    counts = segments_counts(s);
    assert_int_equal(counts.synced_packets, 3000);
    assert_int_equal(counts.finished, 1);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_USAGE);
    segments_free(s);
    assert_int_equal(place_law(p).packets, 3000);
    assert_string_equal(place_law(p).last_end, "stop");
    assert_int_equal(place_law(p).kernel, 5);

    place_path(p, "packets-000001.pcapng", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, counts.bytes);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(source_open(path, &source, NULL), STATUS_OK);
    while (source_next(source, &packet, NULL) != SOURCE_END)
        ;
    said = source_description(source);
    assert_int_equal(said->section_count, 1);
    assert_string_equal(said->sections[0].application, "exhibit " EXHIBIT_VERSION);
    assert_non_null(strstr(said->sections[0].os, "Linux "));
    assert_non_null(said->sections[0].hardware);
    assert_int_equal(said->comment_count, 1);
    assert_string_equal(said->comments[0].text, "what captured \xe9\x9a\x90");
    assert_int_equal(said->interface_count, 1);
    assert_string_equal(said->interfaces[0].name, "tap0");
    assert_int_equal(said->interfaces[0].snaplen, 262144);
    assert_int_equal(said->interfaces[0].resolution, 9);
    assert_true(said->interfaces[0].dropped_kernel.known);
    assert_int_equal(said->interfaces[0].dropped_kernel.n, 5);
    assert_false(said->interfaces[0].dropped_device.known);
    source_close(source);
}

static void odd_packets_are_written_as_they_are(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.snaplen = 100};
    uint8_t data[200] = {1, 2, 3, 4, 5};
    struct segments *s = place_begin(p, &setup);
    struct source *source = NULL;
    struct packet packet;
    char path[128];

    for (size_t n = 0; n < sizeof(data); n++)
        assert_int_equal(segments_packet(s, (int64_t)n, 300, bytes_of(data, n), NULL), 0);
    assert_int_equal(segments_packet(s, -5, 1, bytes_of(data, 1), NULL), 0);
    assert_int_equal(segments_packet(s, INT64_MAX, UINT32_MAX, bytes_of(NULL, 0), NULL), 0);
    end_ok(s, SEGMENT_DEVICE);
    place_path(p, "packets-000001.pcapng", path);
    assert_int_equal(source_open(path, &source, NULL), STATUS_OK);
    for (size_t n = 0; n < sizeof(data); n++) {
        assert_int_equal(source_next(source, &packet, NULL), SOURCE_PACKET);
        assert_true(bytes_equal(packet.data, bytes_of(data, n < 100 ? n : 100)));
        assert_int_equal(packet.wire_len, 300);
        assert_int_equal(packet.time_ns, n);
    }
    assert_int_equal(source_next(source, &packet, NULL), SOURCE_PACKET);
    assert_int_equal(packet.time_ns, 0);
    assert_int_equal(source_next(source, &packet, NULL), SOURCE_PACKET);
    assert_int_equal(packet.time_ns, INT64_MAX);
    assert_int_equal(packet.wire_len, UINT32_MAX);
    assert_int_equal(source_next(source, &packet, NULL), SOURCE_END);
    source_close(source);
}

static void a_segment_ends_once_it_is_large_or_old_enough(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.bytes_most = 20000, .age_most_ns = 1};
    struct segments *s = place_begin(p, &setup);
    struct law law;
    uint64_t i = 0;

    while (segments_counts(s).bytes < 200000)
        assert_int_equal(made_hand_in(s, i++, NULL), STATUS_OK);
    tick_ok(s, none, none); /* by age */
    tick_ok(s, none, none); /* an empty one never ages */
    (void)usleep(1000);
    tick_ok(s, none, none);
    assert_int_equal(made_hand_in(s, i++, NULL), STATUS_OK);
    end_ok(s, SEGMENT_PARENT_GONE);
    law = place_law(p);
    assert_int_equal(law.packets, i);
    assert_in_range(law.files, 9, 12);
    assert_int_equal(law.chained, law.files);
    assert_string_equal(law.last_end, "parent-gone");
}

static void each_segment_states_its_own_drops_and_the_chain_their_total(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.age_most_ns = 1};
    const uint64_t totals[] = {3, 3, 10};
    const uint64_t own[] = {3, 0, 7};
    struct segments *s = place_begin(p, &setup);
    char path[128], name[SEGMENT_NAME];
    struct packet packet;

    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
        (void)usleep(10);
        tick_ok(s, (struct count){true, totals[i]}, unknown);
    }
    segments_free(s);
    assert_int_equal(place_law(p).kernel, 10);
    for (uint32_t i = 0; i < 3; i++) {
        struct source *source = NULL;

        segment_name(i + 1, name);
        place_path(p, name, path);
        assert_int_equal(source_open(path, &source, NULL), STATUS_OK);
        while (source_next(source, &packet, NULL) != SOURCE_END)
            ;
        assert_true(source_drops(source).kernel.known);
        assert_int_equal(source_drops(source).kernel.n, own[i]);
        assert_false(source_drops(source).device.known);
        source_close(source);
    }
}

static void a_resumed_recording_goes_on_behind_all_that_is_there(void **state)
{
    const struct place *p = *state;
    struct segments *s = place_begin(p, NULL);
    struct bytes left;
    struct law law;

    assert_int_equal(made_hand_in(s, 0, NULL), STATUS_OK);
    end_ok(s, SEGMENT_STOP);
    s = place_begin(p, NULL); /* killed: its segment has no line */
    assert_int_equal(made_hand_in(s, 1, NULL), STATUS_OK);
    segments_free(s);
    s = place_begin(p, NULL);
    assert_int_equal(segments_counts(s).finished, 1);
    assert_int_equal(made_hand_in(s, 2, NULL), STATUS_OK);
    assert_int_equal(segments_counts(s).packets, 1);
    end_ok(s, SEGMENT_STOP);
    assert_int_equal(faccessat(p->fd, "packets-000003.pcapng", F_OK, 0), 0);
    law = place_law(p);
    assert_int_equal(law.files, 3);
    assert_int_equal(law.chained, 2);
    assert_int_equal(law.packets, 3);
    place_write(p, "packets-000041.pcapng", BYTES_LITERAL("left"));
    s = place_begin(p, NULL); /* it stays as it is */
    tick_ok(s, none, none);
    end_ok(s, SEGMENT_STOP);
    assert_int_equal(faccessat(p->fd, "packets-000042.pcapng", F_OK, 0), 0);
    left = place_read(p, "packets-000041.pcapng");
    assert_true(bytes_is(left, "left"));
    free((void *)(uintptr_t)left.p);
}

static void a_chain_that_does_not_hold_is_refused(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.directory = p->fd, .device = "tap0", .link = 1};
    struct segments *s = place_begin(p, NULL);
    struct fault fault = {0};
    struct bytes chain;

    assert_int_equal(made_hand_in(s, 0, NULL), STATUS_OK);
    end_ok(s, SEGMENT_STOP);
    chain = place_read(p, SEGMENT_CHAIN);
    ((uint8_t *)(uintptr_t)chain.p)[10] = '2';
    place_write(p, SEGMENT_CHAIN, chain);
    free((void *)(uintptr_t)chain.p);
    s = NULL;
    assert_int_equal(segments_new(&setup, &s, &fault), STATUS_INPUT);
    assert_null(s);
    setup.link = 1 << 20;
    assert_int_equal(segments_new(&setup, &s, NULL), STATUS_USAGE);
}

static void the_guard_ends_the_capture_before_the_disk_is_full(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.free_least = UINT64_MAX};
    struct segments *s = place_begin(p, &setup);
    struct fault fault = {0};

    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
    assert_int_equal(segments_tick(s, none, none, &fault), STATUS_FULL);
    assert_non_null(strstr(fault.text, "free"));
    assert_int_equal(made_hand_in(s, 10, NULL), STATUS_FULL);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_FULL);
    assert_int_equal(segments_counts(s).packets, 10);
    segments_free(s);
    assert_int_equal(place_law(p).packets, 10);
    assert_string_equal(place_law(p).last_end, "full");
}

static void all_segments_together_keep_their_bound(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.bytes_most = 10000, .total_most = 50000};
    uint64_t i = 0;

    for (int run = 0; run < 2; run++) { /* a second run has what the first left */
        struct segments *s = place_begin(p, &setup);
        enum status status = STATUS_OK;
        struct segment_names names = {0};

        while (status == STATUS_OK)
            status = made_hand_in(s, i++, NULL);
        i--;
        assert_int_equal(status, STATUS_FULL);
        segments_free(s);
        assert_true(segment_names_read(p->fd, 0, &names));
        assert_in_range(names.bytes, 45000, 50000);
        setup.total_most = 50000;
    }
    assert_int_equal(place_law(p).packets, i);
}

/* A limit on the size of files stands for a disk that is full in the middle of a block. */
static void a_file_that_may_not_grow_ends_at_its_last_whole_block(void **state)
{
    const struct place *p = *state;
    struct rlimit before, small;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t most = 1000; most < 12000; most += 111) {
        struct segments *s;
        enum status status = STATUS_OK;
        struct fault fault = {0};
        struct law law;

        place_empty(p);
        small = (struct rlimit){most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        s = place_begin(p, NULL);
        for (uint64_t i = 0; i < 100000 && status == STATUS_OK; i++) {
            status = made_hand_in(s, i, &fault);
            if (status == STATUS_OK && i % 4 == 3)
                status = segments_tick(s, none, none, &fault);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_FULL);
        assert_int_equal(fault.status, STATUS_FULL);
        law = place_law(p);
        assert_int_equal(law.files, 1);
        assert_int_equal(law.packets, segments_counts(s).packets);
        assert_int_equal(law.chained, 1);
        assert_string_equal(law.last_end, "full");
        assert_int_equal(segments_counts(s).synced_packets, law.packets);
        segments_free(s);
    }
}

/* Without a descriptor to be had, as with any other error of the machine. */
static void a_segment_that_cannot_be_made_is_our_failure(void **state)
{
    const struct place *p = *state;
    struct rlimit before, nothing;
    struct segments *s = place_begin(p, NULL);
    struct fault fault = {0};
    enum status status = STATUS_OK;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    nothing = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &nothing), 0);
    for (uint64_t i = 0; i < 100000 && status == STATUS_OK; i++)
        status = made_hand_in(s, i, &fault);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(fault.text, "packets-000001.pcapng"));
    assert_int_equal(segments_tick(s, none, none, NULL), STATUS_IO);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_IO);
    assert_int_equal(segments_counts(s).packets, 0);
    assert_int_equal(segments_counts(s).bytes, 0);
    segments_free(s);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(place_law(p).files, 0);
}

static void each_failed_allocation_is_reported(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.directory = p->fd, .device = "tap0", .link = 1};
    bool failed = true;
    long n = 0;

    while (failed) {
        struct segments *s = NULL;
        enum status status;

        oom_fail_at(++n);
        status = segments_new(&setup, &s, NULL);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        if (!failed) {
            oom_fail_at(1); /* from here on nothing is allocated */
            for (uint64_t i = 0; i < 1000; i++)
                assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
            tick_ok(s, none, none);
            assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_OK);
            assert_false(oom_happened());
            oom_fail_at(0);
        }
        segments_free(s);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
            IN_PLACE(what_was_handed_in_is_read_back),
            IN_PLACE(odd_packets_are_written_as_they_are),
            IN_PLACE(a_segment_ends_once_it_is_large_or_old_enough),
            IN_PLACE(each_segment_states_its_own_drops_and_the_chain_their_total),
            IN_PLACE(a_resumed_recording_goes_on_behind_all_that_is_there),
            IN_PLACE(a_chain_that_does_not_hold_is_refused),
            IN_PLACE(the_guard_ends_the_capture_before_the_disk_is_full),
            IN_PLACE(all_segments_together_keep_their_bound),
            IN_PLACE(a_file_that_may_not_grow_ends_at_its_last_whole_block),
            IN_PLACE(a_segment_that_cannot_be_made_is_our_failure),
            IN_PLACE(each_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
