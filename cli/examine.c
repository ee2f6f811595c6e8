/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/examine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "capture/capture.h"
#include "capture/packet/source.h"
#include "classify/verdict_place.h"

enum {
    KEYLOG_MOST = 1 << 30,
    DECLARED_MOST = 256 << 20, /* of subject and marks, read */
    PACKETS_A_LOOK = 1024,     /* packets between two looks at the clock */
};

#define PROGRESS_NS INT64_C(200000000)

void examined_clear(struct examined *e)
{
    judgement_clear(&e->judgement);
    evidence_clear(&e->evidence);
    keylog_free(e->keys);
    lists_free(e->lists);
    sites_free(e->sites);
    parties_free(e->parties);
    legal_free(e->legal);
    whereabouts_close(e->whereabouts);
    arena_free(e->declared);
    *e = (struct examined){0};
}

/* A file the person named and that is not there is their input, not a part that is missing. */
static enum status named(enum status status, struct fault *fault)
{
    if (status == STATUS_MISSING || status == STATUS_IO)
        status = fault->status = STATUS_INPUT;
    return status;
}

static enum status load_keys(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct source_scan scan;
    struct buf text;

    out->keys = keylog_new();
    if (out->keys == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_init(&text, KEYLOG_MOST);
    for (size_t i = 0; i < setup->key_count && status == STATUS_OK; i++) {
        buf_reset(&text);
        status = named(file_read(setup->keys[i], "key log", &text, fault), fault);
        if (status == STATUS_OK)
            status = keylog_add(out->keys, buf_view(&text));
    }
    /* Secrets may stand anywhere in a capture, also behind the packets they open. */
    for (size_t i = 0; i < setup->file_count && status == STATUS_OK; i++) {
        buf_reset(&text);
        status = source_scan_secrets(setup->files[i], &text, &scan, fault);
        if (status == STATUS_OK) {
            out->key_blocks += scan.tls_blocks;
            status = keylog_add(out->keys, buf_view(&text));
        }
    }
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

static enum status load_lists(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;

    out->lists = lists_new();
    if (out->lists == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    for (size_t i = 0; i < setup->list_count && status == STATUS_OK; i++)
        status = named(lists_add(out->lists, setup->lists[i], fault), fault);
    if (setup->list_count == 0 && !setup->no_default_lists) {
        struct fault missing = {0};

        status = lists_add_default(out->lists, &missing);
        out->lists_missing = status == STATUS_MISSING;
        if (out->lists_missing)
            status = STATUS_OK;
        else if (status != STATUS_OK)
            fault_set(fault, status, "%s", missing.text);
    }
    return status == STATUS_OK ? lists_seal(out->lists, fault) : status;
}

/* What the person says of themselves, and what they noted. */
static enum status load_declared(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct buf text;

    out->declared = arena_new(DECLARED_MOST);
    if (out->declared == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_init(&text, MARKS_BYTES_MOST);
    if (setup->subject != NULL) {
        status = named(file_read(setup->subject, "subject file", &text, fault), fault);
        if (status == STATUS_OK)
            status = subject_read(
                    out->declared, buf_view(&text), setup->subject, &out->subject, fault);
    }
    buf_reset(&text);
    if (status == STATUS_OK && setup->marks != NULL) {
        status = named(file_read(setup->marks, "file of marks", &text, fault), fault);
        if (status == STATUS_OK)
            status = marks_read(
                    out->declared, buf_view(&text), setup->marks, &out->marks, fault);
    }
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

/* Somebody's address, not one of a private network. */
static bool any_public(const struct evidence *e)
{
    char text[ENDPOINT_TEXT];

    for (size_t i = 0; i < e->connection_count; i++) {
        endpoint_address_text(&e->connections[i]->server, text);
        if (verdict_address_of(bytes_text(text)) != ADDRESS_NONE)
            return true;
    }
    return false;
}

/* Without its database nothing is said of where servers stand. It is large, and read whole for
 * its digest: not where nobody asks. */
static enum status load_whereabouts(struct examined *out, struct fault *fault)
{
    struct fault missing = {0};
    enum status status;

    if (!any_public(&out->evidence))
        return STATUS_OK;
    status = whereabouts_open(NULL, &out->whereabouts, &missing);
    if (status == STATUS_MISSING)
        return STATUS_OK;
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "%s", missing.text);
}

static enum status load_tables(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = sites_new(setup->suffixes, &out->sites, fault);

    if (status == STATUS_OK)
        status = load_lists(setup, out, fault);
    if (status != STATUS_OK)
        return status;
    out->parties = parties_new();
    if (out->parties == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    out->legal = legal_new(setup->rules, fault);
    if (out->legal == NULL)
        return setup->rules == NULL ? fault->status : named(fault->status, fault);
    return load_declared(setup, out, fault);
}

/* One run over the files. */
struct run {
    const struct examine_setup *setup;
    struct examined *out;
    struct capture *capture;
    uint64_t bytes_total, bytes_done; /* of the files, for progress */
    int64_t next_look_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void show_progress(struct run *r, uint64_t packets)
{
    int64_t now;

    if (r->setup->progress == NULL || packets % PACKETS_A_LOOK != 0)
        return;
    now = now_ns();
    if (now < r->next_look_ns)
        return;
    r->next_look_ns = now + PROGRESS_NS;
    (void)fprintf(r->setup->progress, "\rreading: %llu packets, %zu exchanges",
            (unsigned long long)packets, r->out->evidence.exchange_count);
    if (r->bytes_total != 0)
        (void)fprintf(r->setup->progress, ", %llu %%",
                (unsigned long long)(r->bytes_done * 100 / r->bytes_total));
    (void)fputs("  ", r->setup->progress);
    (void)fflush(r->setup->progress);
}

static void end_progress(const struct run *r)
{
    if (r->setup->progress != NULL && r->next_look_ns != 0)
        (void)fputs("\r\033[K", r->setup->progress);
}

static enum status take_results(struct run *r)
{
    enum status status = STATUS_OK;
    struct connection *connection;
    struct exchange *x;

    while (status == STATUS_OK && capture_next_exchange(r->capture, &x))
        status = evidence_add_exchange(&r->out->evidence, x);
    while (status == STATUS_OK && capture_next_connection(r->capture, &connection))
        status = evidence_add_connection(&r->out->evidence, connection);
    return status;
}

static struct evidence_file *add_file(struct run *r, size_t i, uint64_t first_frame)
{
    struct evidence *e = &r->out->evidence;
    struct evidence_file *files =
            arena_grow(e->arena, e->files, e->file_count, &e->file_capacity, sizeof(*files));
    struct stat about;

    if (files == NULL)
        return NULL;
    e->files = files;
    files[e->file_count] = (struct evidence_file){
            .path = r->setup->files[i],
            .name = arena_string(e->arena, bytes_text(r->setup->file_names[i])),
            .first_frame = first_frame,
    };
    if (stat(r->setup->files[i], &about) == 0)
        files[e->file_count].bytes = (uint64_t)about.st_size;
    return files[e->file_count].name == NULL ? NULL : &files[e->file_count++];
}

static enum status read_packets(
        struct run *r, struct source *source, struct evidence_file *file, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct packet packet;
    enum source_found found;

    while (status == STATUS_OK && (found = source_next(source, &packet, fault)) != SOURCE_END) {
        switch (found) {
        case SOURCE_PACKET:
            file->packets++;
            file->truncated += packet.wire_len > packet.data.n;
            r->bytes_done += packet.data.n;
            status = capture_push(r->capture, &packet, fault);
            if (status == STATUS_OK)
                status = take_results(r);
            show_progress(r, packet.number);
            break;
        case SOURCE_GAP:
            if (ledger_file(&r->out->evidence.capture_gaps, source_gap(source)) == 0)
                status = STATUS_NOMEM;
            break;
        case SOURCE_FAILED:
            return fault->status;
        case SOURCE_SECRETS:
        case SOURCE_END:
            break;
        }
    }
    return status;
}

/* Adds what a file's own statistics say; one that was not counted makes the sum unknown. */
static void add_drops(struct evidence *e, const struct source *source, bool first)
{
    struct source_drops drops = source_drops(source);

    e->dropped_kernel.known = drops.kernel.known && (first || e->dropped_kernel.known);
    e->dropped_kernel.n += drops.kernel.n;
    e->dropped_interface.known = drops.device.known && (first || e->dropped_interface.known);
    e->dropped_interface.n += drops.device.n;
}

static enum status file_drops(struct evidence *e, uint64_t packets)
{
    const struct gap gap = {
            .why = GAP_KERNEL_DROP,
            .layer = LAYER_FILE,
            .len = 0,
            .first_packet = packets == 0 ? 0 : 1,
            .last_packet = packets,
            .detail = "the capture's own counters say that packets were dropped; where is not "
                      "known",
    };
    bool dropped = (e->dropped_kernel.known && e->dropped_kernel.n != 0) ||
                   (e->dropped_interface.known && e->dropped_interface.n != 0);

    return !dropped || ledger_file(&e->capture_gaps, &gap) != 0 ? STATUS_OK : STATUS_NOMEM;
}

static enum status file_lookups(struct evidence *e)
{
    const struct gap gap = {
            .why = GAP_BUDGET,
            .layer = LAYER_PACKET,
            .len = lookups_dropped(e->lookups),
            .detail = "more name look-ups than one case holds; the length counts the messages "
                      "left out",
    };

    return gap.len == 0 || ledger_file(&e->capture_gaps, &gap) != 0 ? STATUS_OK : STATUS_NOMEM;
}

static enum status read_files(struct run *r, struct fault *fault)
{
    enum status status = STATUS_OK;
    uint64_t number = 0;

    for (size_t i = 0; i < r->setup->file_count && status == STATUS_OK; i++) {
        struct evidence_file *file = add_file(r, i, number + 1);
        struct source *source = NULL;

        if (file == NULL)
            return STATUS_NOMEM;
        status = source_open(r->setup->files[i], &source, fault);
        if (status != STATUS_OK)
            break;
        source_place(source, (uint32_t)i, number);
        status = read_packets(r, source, file, fault);
        add_drops(&r->out->evidence, source, i == 0);
        number = source_last_number(source);
        source_close(source);
    }
    if (status == STATUS_OK)
        status = capture_close(r->capture, fault);
    if (status == STATUS_OK)
        status = take_results(r);
    if (status == STATUS_OK)
        status = file_drops(&r->out->evidence, number);
    if (status == STATUS_OK)
        status = file_lookups(&r->out->evidence);
    return status;
}

static enum status run_capture(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    struct body_store *bodies = body_store_new(setup->spool);
    const struct capture_setup capture_setup = {
            .keys = out->keys,
            .bodies = bodies,
            .ledger = &out->evidence.capture_gaps,
            .lookups = out->evidence.lookups,
            .checksums = true,
            .labels = true,
    };
    struct run r = {.setup = setup, .out = out};
    enum status status = bodies == NULL ? STATUS_NOMEM : STATUS_OK;

    for (size_t i = 0; i < setup->file_count; i++) {
        struct stat about;

        if (stat(setup->files[i], &about) == 0)
            r.bytes_total += (uint64_t)about.st_size;
    }
    if (status == STATUS_OK)
        status = capture_new(&capture_setup, &r.capture, fault);
    if (status == STATUS_OK)
        status = read_files(&r, fault);
    end_progress(&r);
    if (status == STATUS_OK) {
        struct unwrap_counts counts = capture_counts(r.capture);

        out->evidence.packets_unread = counts.other + counts.unreadable;
        status = body_store_status(bodies, fault);
    }
    capture_free(r.capture);
    body_store_free(bodies);
    return status;
}

enum status examine(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = evidence_init(&out->evidence);
    int64_t begin = now_ns();

    if (status == STATUS_OK) {
        out->evidence.spool = setup->spool;
        out->evidence.lookups = lookups_new();
        if (out->evidence.lookups == NULL)
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK)
        status = load_tables(setup, out, fault);
    if (status == STATUS_OK)
        status = load_keys(setup, out, fault);
    if (status == STATUS_OK)
        status = run_capture(setup, out, fault);
    if (status == STATUS_OK)
        status = evidence_seal(&out->evidence);
    out->reading_ns = now_ns() - begin;
    if (status == STATUS_OK)
        status = load_whereabouts(out, fault);
    if (status == STATUS_OK) {
        const struct judgement_setup judging = {
                .sites = out->sites,
                .lists = out->lists,
                .parties = out->parties,
                .legal = out->legal,
                .subject = &out->subject,
                .marks = &out->marks,
                .whereabouts = out->whereabouts,
        };

        begin = now_ns();
        status = judgement_make(&out->evidence, &judging, &out->judgement, fault);
        out->judging_ns = now_ns() - begin;
    }
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}
