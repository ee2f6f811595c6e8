/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/tls/keylog.h"
#include "cli/record_parts.h"

enum {
    KEYS_READ = 1 << 16,
    KEYS_LINE_MOST = 1 << 20,
    LOOK_EVERY = 64, /* packets between two looks at the clock */
};

#define STEP_NS INT64_C(40000000) /* a step takes at most about this long */
/* A packet waits this long before it is read: the browser writes the key of a connection a little
 * after it has used it. */
#define KEYS_LAG_NS INT64_C(1500000000)
#define JUDGE_EVERY_NS INT64_C(5000000000)
#define JUDGE_SHARE 10 /* judging takes at most one part in so many of the time */

enum status record_live_begin(struct record *r)
{
    const char *raw = arena_print(r->arena, "%s/raw", r->directory);
    enum status status;

    if (raw == NULL)
        return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    r->keys_fd = openat(r->raw_fd, "keys.log", O_RDONLY | O_CLOEXEC);
    if (r->keys_fd < 0)
        return fault_set(
                &r->fault, STATUS_IO, "keys.log: cannot be opened: %s", strerror(errno));
    buf_init(&r->keys_text, KEYS_LINE_MOST);
    status = follow_open(raw, &r->follow, &r->fault);
    return status == STATUS_OK ? examination_begin(&r->maker.setup, &r->maker.examined,
                                         &r->examination, &r->fault)
                               : status;
}

/* Whole lines that the browser has added to its key log. */
static enum status take_keys(struct record *r)
{
    enum status status = STATUS_OK;
    uint8_t piece[KEYS_READ];
    ssize_t got;

    while (status == STATUS_OK && (got = read(r->keys_fd, piece, sizeof(piece))) > 0) {
        struct bytes text;
        size_t whole;

        status = buf_append(&r->keys_text, bytes_of(piece, (size_t)got));
        text = buf_view(&r->keys_text);
        for (whole = text.n; whole != 0 && text.p[whole - 1] != '\n'; whole--)
            ;
        if (status == STATUS_OK && whole != 0) {
            status = keylog_add(r->maker.examined.keys, bytes_slice(text, 0, whole));
            buf_drop(&r->keys_text, whole);
        }
    }
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(&r->fault, status, "keys.log: too much to keep");
}

static enum status begin_segment(struct record *r)
{
    const char *name = follow_file(r->follow);
    const char *path = arena_print(r->arena, "%s/raw/%s", r->directory, name);

    r->segment = arena_print(r->arena, "data/raw/%s", name);
    if (path == NULL || r->segment == NULL)
        return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    return examination_file(r->examination, path, r->segment, follow_packets(r->follow) + 1);
}

/* One thing that was captured; `*more` when there may be another. */
static enum status take_one(struct record *r, int64_t youngest_ns, bool *more)
{
    if (!r->holds) {
        switch (follow_next(r->follow, &r->held, &r->fault)) {
        case FOLLOW_PACKET:
            r->holds = true;
            break;
        case FOLLOW_GAP:
            return examination_gap(r->examination, follow_gap(r->follow));
        case FOLLOW_FILE:
            return begin_segment(r);
        case FOLLOW_FAILED:
            return r->fault.status;
        case FOLLOW_WAIT:
        case FOLLOW_END:
            *more = false;
            return STATUS_OK;
        }
    }
    if (r->held.time_ns > youngest_ns) {
        *more = false;
        return STATUS_OK;
    }
    r->holds = false;
    return examination_packet(r->examination, &r->held, &r->fault);
}

static enum status take_packets(struct record *r, int64_t youngest_ns, int64_t until_ns)
{
    enum status status = take_keys(r);
    bool more = true;

    for (unsigned n = 0; more && status == STATUS_OK; n++) {
        if (n % LOOK_EVERY == LOOK_EVERY - 1 && clock_boot_ns() >= until_ns)
            break;
        status = take_one(r, youngest_ns, &more);
    }
    return status;
}

enum status record_live_step(struct record *r)
{
    return take_packets(r, clock_utc_ns() - KEYS_LAG_NS, clock_boot_ns() + STEP_NS);
}

/* Whether some connection was read before its key was there. */
static bool came_late(const struct record *r)
{
    const struct evidence *e = &r->maker.examined.evidence;

    for (size_t i = 0; i < e->connection_count; i++) {
        const struct tls_facts *tls = &e->connections[i]->tls;
        struct bytes id = bytes_of(tls->client_random, sizeof(tls->client_random));
        struct bytes secret;

        if (!tls->seen || e->connections[i]->decrypted == DECRYPTED_FULL)
            continue;
        for (int label = 0; label < KEYLOG_LABELS; label++) {
            if (keylog_find(r->maker.examined.keys, (enum keylog_label)label, id, 0, &secret))
                return true;
        }
    }
    return false;
}

/* Everything once more, from the files: what an import of the recording would find. */
static enum status examine_again(struct record *r)
{
    examination_free(r->examination);
    r->examination = NULL;
    examined_clear(&r->maker.examined);
    return examine(&r->maker.setup, &r->maker.examined, &r->fault);
}

enum status record_live_end(struct record *r)
{
    struct evidence *e = &r->maker.examined.evidence;
    enum status status;

    follow_finish(r->follow);
    status = take_packets(r, INT64_MAX, INT64_MAX);
    if (status != STATUS_OK)
        return status;
    e->dropped_kernel = r->captured.dropped_kernel;
    e->dropped_interface = r->captured.dropped_device;
    for (size_t i = 0; i < r->maker.setup.lack_count && status == STATUS_OK; i++)
        status = examination_gap(r->examination, &r->maker.setup.lacks[i]);
    if (status == STATUS_OK)
        status = examination_end(r->examination, &r->fault);
    return status == STATUS_OK && (r->broken || came_late(r)) ? examine_again(r) : status;
}

static int by_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* How many sites other than the page's own were asked for something. */
static void count_third_parties(const struct record *r, struct record_counts *counts)
{
    const struct attribution *of = r->maker.examined.judgement.attributions.of;
    size_t n = r->maker.examined.evidence.exchange_count;
    struct bytes *sites = calloc(n + 1, sizeof(*sites));

    if (sites == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        if (of[i].party == PARTY_THIRD)
            sites[counts->third_party_requests++] = of[i].site;
    }
    qsort(sites, counts->third_party_requests, sizeof(*sites), by_bytes);
    for (size_t i = 0; i < counts->third_party_requests; i++)
        counts->third_parties += i == 0 || !bytes_equal(sites[i - 1], sites[i]);
    free(sites);
}

static struct record_counts count(const struct record *r, int64_t began_ns)
{
    const struct judgement *j = &r->maker.examined.judgement;
    const struct evidence *e = &r->maker.examined.evidence;
    struct record_counts counts = {
            .pages = j->attributions.visit_count,
            .exchanges = e->exchange_count,
    };

    count_third_parties(r, &counts);
    for (size_t i = 0; i < j->finding_count; i++)
        counts.identifiers += strcmp(j->findings[i]->kind, "tracking-identifier") == 0;
    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        counts.tls += c->tls.seen && c->tls.has_client_random;
        counts.decrypted +=
                c->tls.seen && c->tls.has_client_random && c->decrypted != DECRYPTED_NO;
    }
    counts.took_ns = clock_boot_ns() - began_ns;
    return counts;
}

/* In the copy: judges what was seen so far. Connections that are still open end here, as at the
 * end of a capture; memory is the copy's own, and files stay untouched. */
static _Noreturn void judge_in_copy(struct record *r, int to)
{
    int64_t began_ns = clock_boot_ns();
    struct record_counts counts;

    /* What is locked is locked by the one that records: it may die before this copy has ended. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)close(r->directory_fd);
    custody_close(r->custody);
    examination_detach(r->examination);
    if (examination_end(r->examination, &r->fault) != STATUS_OK)
        _exit(EXIT_OURS);
    counts = count(r, began_ns);
    _exit(write(to, &counts, sizeof(counts)) == (ssize_t)sizeof(counts) ? EXIT_DONE
                                                                        : EXIT_OURS);
}

static void begin_judging(struct record *r)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    r->judge_pid = fork();
    if (r->judge_pid == 0)
        judge_in_copy(r, ends[1]);
    (void)close(ends[1]);
    if (r->judge_pid < 0)
        (void)close(ends[0]);
    else
        r->judge_fd = ends[0];
}

static void end_judging(struct record *r)
{
    struct record_counts counts;
    int64_t wait_ns = JUDGE_EVERY_NS;

    if (read(r->judge_fd, &counts, sizeof(counts)) == (ssize_t)sizeof(counts)) {
        r->counts = counts;
        r->counted = true;
        r->judged_ns = clock_utc_ns();
        if (counts.took_ns * JUDGE_SHARE > wait_ns)
            wait_ns = counts.took_ns * JUDGE_SHARE;
    }
    (void)close(r->judge_fd);
    r->judge_fd = -1;
    (void)waitpid(r->judge_pid, NULL, 0);
    r->judge_next_ns = clock_boot_ns() + wait_ns;
}

void record_live_judge(struct record *r, bool spoke)
{
    if (r->judge_fd >= 0 && spoke)
        end_judging(r);
    else if (r->judge_fd < 0 && clock_boot_ns() >= r->judge_next_ns)
        begin_judging(r);
}

void record_live_clear(struct record *r)
{
    if (r->judge_fd >= 0) {
        (void)kill(r->judge_pid, SIGKILL);
        (void)close(r->judge_fd);
        (void)waitpid(r->judge_pid, NULL, 0);
        r->judge_fd = -1;
    }
    if (r->keys_fd >= 0)
        (void)close(r->keys_fd);
    r->keys_fd = -1;
    buf_clear(&r->keys_text);
    examination_free(r->examination);
    r->examination = NULL;
    follow_close(r->follow);
    r->follow = NULL;
}
