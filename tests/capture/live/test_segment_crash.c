/* SPDX-License-Identifier: Apache-2.0 */
/* What is left when the writer of segments dies or its disk is full. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/capture/live/segment_place.h"

enum { KILLS = 40 };

static const struct count none = {true, 0};

/* Tells what it knows of itself while it writes, until it is killed. */
static void write_until_killed(
        const struct place *p, uint64_t first, volatile struct segments_counts *told)
{
    const struct segments_setup setup = {.directory = p->fd,
            .device = "tap0",
            .link = 1,
            .bytes_most = 300000,
            .age_most_ns = 3000000,
            .free_least = 1};
    struct segments *s;

    if (segments_new(&setup, &s, NULL) != STATUS_OK)
        _exit(1);
    for (uint64_t i = 0;; i++) {
        if (made_hand_in(s, first + i, NULL) != STATUS_OK)
            _exit(2);
        if (i % 64 == 63 && segments_tick(s, none, none, NULL) != STATUS_OK)
            _exit(3);
        if (i % 16 == 0)
            *told = segments_counts(s);
    }
}

static uint64_t step(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static void killed_at_any_moment_all_that_is_chained_is_whole(void **state)
{
    const struct place *p = *state;
    uint64_t seed = 20240229, chained = 0, left = 0;
    volatile struct segments_counts *told = mmap(
            NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(told != MAP_FAILED);
    for (uint64_t run = 0; run < KILLS; run++) {
        const uint64_t far = step(&seed) % 3000;
        const struct timespec moment = {.tv_nsec = (long)(step(&seed) % 3000000)};
        uint64_t synced, finished;
        struct law law;
        pid_t child;
        int status;

        if (run % 4 == 0)
            place_empty(p);
        *told = (struct segments_counts){0};
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(p, run * MADE_RUN, told);
        /* By its progress, not by the clock, so that a busy machine shows as much. */
        for (int waited = 0; told->packets < far && waited < 5000; waited++)
            (void)usleep(1000);
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        synced = told->synced_packets;
        finished = told->finished;
        law = place_law(p);
        assert_true(law.packets >= synced);
        assert_true(law.chained >= finished);
        chained += law.chained;
        left += law.files - law.chained;
    }
    assert_true(chained > 10 && left > 10); /* or this has shown nothing */
    assert_int_equal(munmap((void *)(uintptr_t)told, sizeof(*told)), 0);
}

/* A power cut may leave any part of what had not been synced. */
static void the_last_segment_cut_at_every_byte_is_read_up_to_its_last_whole_block(void **state)
{
    const struct place *p = *state;
    struct segments *s = place_begin(p, NULL);
    struct bytes whole;
    uint64_t before = 0;

    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_OK);
    segments_free(s);
    assert_int_equal(unlinkat(p->fd, SEGMENT_CHAIN, 0), 0);
    place_write(p, SEGMENT_CHAIN, bytes_of(NULL, 0));
    whole = place_read(p, "packets-000001.pcapng");
    for (size_t n = 0; n <= whole.n; n++) {
        struct law law;

        place_write(p, "packets-000001.pcapng", bytes_slice(whole, 0, n));
        law = place_law(p);
        assert_true(law.packets == before || law.packets == before + 1);
        before = law.packets;
    }
    assert_int_equal(before, 6);
    free((void *)(uintptr_t)whole.p);
}

/* In a child, whose mounts are its own. `reserve`: how much the disk has. 0, or 77 when this
 * machine does not let us mount. */
static int fill_a_disk(const char *path, const char *size, bool at_once)
{
    struct place p = {.fd = -1};
    struct segments *s;
    struct fault fault = {0};
    enum status status = STATUS_OK;
    struct segments_counts counts;
    struct law law;

    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", path, "tmpfs", 0, size) != 0)
        return 77;
    (void)snprintf(p.path, sizeof(p.path), "%s", path);
    p.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s = place_begin(&p, &(struct segments_setup){.bytes_most = 700000});
    for (uint64_t i = 0; i < 1000000 && status == STATUS_OK; i++) {
        status = made_hand_in(s, i, &fault);
        if (status == STATUS_OK && (!at_once || i % 50000 == 0) && i % 64 == 0)
            status = segments_tick(s, none, none, &fault);
    }
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(segments_end(s, SEGMENT_STOP, none, none, NULL), STATUS_FULL);
    counts = segments_counts(s);
    law = place_law(&p);
    assert_int_equal(law.packets, counts.packets);
    assert_int_equal(law.chained, law.files);
    assert_int_equal(counts.synced_packets, counts.packets);
    assert_int_equal(counts.finished, law.chained);
    assert_string_equal(law.last_end, "full");
    assert_true(counts.packets > 500);
    segments_free(s);
    (void)close(p.fd);
    return 0;
}

static void a_full_disk_ends_the_last_segment_in_good_order(void **state)
{
    static const char *const sizes[] = {
            "size=1m", "size=1500k", "size=3m", "size=5004k", "size=9m"};
    const struct place *p = *state;

    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        pid_t child = fork();
        int status;

        assert_true(child >= 0);
        if (child == 0)
            _exit(fill_a_disk(p->path, sizes[i / 2], i % 2 == 0));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77) {
            print_message("skipped: no file system may be mounted here\n");
            skip();
        }
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* By others, who did not see our code. */
static void wireshark_reads_what_was_written(void **state)
{
    const struct place *p = *state;
    struct segments_setup setup = {.comment = "a comment", .snaplen = 4096};
    struct segments *s;
    char command[256], text[4096];
    size_t n;
    FILE *said;

    if (system("command -v capinfos >/dev/null") != 0) {
        print_message("skipped: capinfos is not installed\n");
        skip();
    }
    s = place_begin(p, &setup);
    for (uint64_t i = 0; i < 500; i++)
        assert_int_equal(made_hand_in(s, i, NULL), STATUS_OK);
    assert_int_equal(segments_end(s, SEGMENT_STOP, (struct count){true, 42},
                             (struct count){true, 17}, NULL),
            STATUS_OK);
    segments_free(s);
    (void)snprintf(command, sizeof(command),
            "LC_ALL=C capinfos -M %s/packets-000001.pcapng 2>&1", p->path);
    said = popen(command, "r");
    assert_non_null(said);
    n = fread(text, 1, sizeof(text) - 1, said);
    text[n] = '\0';
    assert_int_equal(pclose(said), 0);
    assert_non_null(strstr(text, "pcapng"));
    assert_non_null(strstr(text, "Number of packets:   500"));
    assert_non_null(strstr(text, "Name = tap0"));
    assert_non_null(strstr(text, "Capture length = 4096"));
    assert_non_null(strstr(text, "Time precision = nanoseconds (9)"));
    assert_non_null(strstr(text, "Number of stat entries = 1"));
    assert_non_null(strstr(text, "a comment"));
    assert_non_null(strstr(text, "exhibit " EXHIBIT_VERSION));
    assert_null(strstr(text, "cut short"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
            IN_PLACE(killed_at_any_moment_all_that_is_chained_is_whole),
            IN_PLACE(the_last_segment_cut_at_every_byte_is_read_up_to_its_last_whole_block),
            IN_PLACE(a_full_disk_ends_the_last_segment_in_good_order),
            IN_PLACE(wireshark_reads_what_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
