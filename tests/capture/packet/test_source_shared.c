/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every capture of ../shared/captures, damaged ones included, and compares the number of
 * packets with what Wireshark's capinfos counts. Skips, aloud, what is not on the machine.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/packet/source.h"

#define CAPTURES "../shared/captures"
#define FILES                                                                                  \
    "find " CAPTURES "/odd " CAPTURES "/plain " CAPTURES                                       \
    "/keyed -type f ! -name '*.json' ! -name '*.log'"

enum { LINE_MOST = 4096 };

static bool is_there(void)
{
    if (access(CAPTURES "/odd", R_OK) == 0)
        return true;
    print_message("SKIPPED: no captures in " CAPTURES "\n");
    return false;
}

/* What one file gave. */
struct outcome {
    bool opened;
    uint64_t last_number;
    size_t gaps;
    struct fault fault;
};

static void read_file(const char *path, struct outcome *out)
{
    struct source *s = NULL;
    struct packet p = {0};
    enum source_found found;
    uint64_t last = 0;

    *out = (struct outcome){0};
    if (source_open(path, &s, &out->fault) != STATUS_OK) {
        assert_int_equal(out->fault.status, STATUS_INPUT);
        assert_non_null(strstr(out->fault.text, path));
        return;
    }
    out->opened = true;
    while ((found = source_next(s, &p, &out->fault)) != SOURCE_END) {
        assert_int_not_equal(found, SOURCE_FAILED);
        if (found == SOURCE_PACKET) {
            assert_true(p.number > last);
            assert_true(p.wire_len >= p.data.n);
            last = p.number;
        } else if (found == SOURCE_GAP) {
            assert_int_equal(source_gap(s)->layer, LAYER_FILE);
            out->gaps++;
        }
    }
    out->last_number = source_last_number(s);
    source_close(s);
}

static void every_file_is_read_to_an_end(void **state)
{
    FILE *files;
    char path[LINE_MOST];
    size_t all = 0, refused = 0, with_gaps = 0, with_secrets = 0;
    struct source_scan scan;
    struct buf log;

    (void)state;
    if (!is_there())
        skip();
    buf_init(&log, 1 << 26);
    files = popen(FILES, "r");
    assert_non_null(files);
    while (fgets(path, sizeof(path), files) != NULL) {
        struct outcome got;

        path[strcspn(path, "\n")] = '\0';
        read_file(path, &got);
        assert_true((source_scan_secrets(path, &log, &scan, &got.fault) == STATUS_OK) ==
                    got.opened);
        with_secrets += got.opened && scan.tls_blocks != 0;
        all++;
        refused += !got.opened;
        with_gaps += got.gaps != 0;
    }
    assert_int_equal(pclose(files), 0);
    print_message("%zu files, %zu refused with a reason, %zu with gaps, %zu with TLS secrets\n",
            all, refused, with_gaps, with_secrets);
    buf_clear(&log);
    assert_true(all > 1000);
}

/* capinfos leaves out files with link types it does not know and some that are damaged. */
static void the_number_of_packets_is_what_capinfos_counts(void **state)
{
    FILE *counts;
    char line[LINE_MOST];
    size_t compared = 0, excused = 0;

    (void)state;
    if (!is_there())
        skip();
    if (system("command -v capinfos >/dev/null") != 0) {
        print_message("SKIPPED: no capinfos on this machine\n");
        skip();
    }
    counts = popen(FILES " -print0 | xargs -0 capinfos -T -M -r -c 2>/dev/null", "r");
    assert_non_null(counts);
    while (fgets(line, sizeof(line), counts) != NULL) {
        char *tab = strchr(line, '\t');
        struct outcome got;

        if (tab == NULL)
            continue;
        *tab = '\0';
        read_file(line, &got);
        if (!got.opened) {
            /* libpcap keeps to the versions 2.0 to 2.4 that were ever written; Wireshark
             * reads fuzzed headers that claim another one. */
            assert_non_null(strstr(got.fault.text, "unsupported pcap savefile version"));
            excused++;
            continue;
        }
        if (got.last_number != strtoull(tab + 1, NULL, 10))
            print_message("%s: %llu, capinfos %s", line, (unsigned long long)got.last_number,
                    tab + 1);
        assert_true(got.last_number == strtoull(tab + 1, NULL, 10));
        compared++;
    }
    (void)pclose(counts); /* capinfos says 1 when one file was damaged */
    print_message(
            "%zu files compared, %zu of a version that libpcap refuses\n", compared, excused);
    assert_true(compared > 1000);
    assert_true(excused <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_file_is_read_to_an_end),
            cmocka_unit_test(the_number_of_packets_is_what_capinfos_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
