/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/examine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "capture/capture.h"
#include "capture/packet/source.h"
#include "classify/verdict_place.h"
#include "cli/examine_har.h"

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
    browser_log_free(e->browser);
    endpoint_list_free(e->sockets);
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
    struct source_scan scan;
    struct buf text;
    bool har;
    enum status status = examine_har_told(setup->files, setup->file_count, &har, fault);

    if (status != STATUS_OK)
        return status;

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
    for (size_t i = 0; i < setup->file_count && !har && status == STATUS_OK; i++) {
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

/* What the person says of themselves. */
static enum status load_subject(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct buf text;

    out->declared = arena_new(DECLARED_MOST);
    if (out->declared == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (setup->subject == NULL)
        return STATUS_OK;
    buf_init(&text, MARKS_BYTES_MOST);
    status = named(file_read(setup->subject, "subject file", &text, fault), fault);
    if (status == STATUS_OK)
        status = subject_read(
                out->declared, buf_view(&text), setup->subject, &out->subject, fault);
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

/* What they noted. In a capture that still goes on it is complete only at the end. */
static enum status load_marks(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct buf text;

    if (setup->marks == NULL || out->marks.at != NULL)
        return STATUS_OK;
    buf_init(&text, MARKS_BYTES_MOST);
    status = named(file_read(setup->marks, "file of marks", &text, fault), fault);
    if (status == STATUS_OK)
        status = marks_read(out->declared, buf_view(&text), setup->marks, &out->marks, fault);
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

/* What the browser said, and which sockets it had; likewise complete only at the end. */
static enum status load_browser(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    enum status status = STATUS_OK;

    if (setup->browser != NULL && out->browser == NULL)
        status = named(browser_log_read(setup->browser, &out->browser, fault), fault);
    if (status == STATUS_OK && setup->sockets != NULL && out->sockets == NULL)
        status = named(endpoint_list_read(setup->sockets, &out->sockets, fault), fault);
    return status;
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
    status = load_subject(setup, out, fault);
    return status == STATUS_OK ? load_marks(setup, out, fault) : status;
}

/* One examination, from the first packet to the judgement. */
struct examination {
    const struct examine_setup *setup;
    struct examined *out;
    struct body_store *bodies;
    struct capture *capture;
    struct evidence_file *file;       /* that is being read */
    uint64_t bytes_total, bytes_done; /* of the files, for progress */
    int64_t began_ns, next_look_ns;
};

static void show_progress(struct examination *x, uint64_t packets)
{
    int64_t now;

    if (x->setup->progress == NULL || packets % PACKETS_A_LOOK != 0)
        return;
    now = clock_steady_ns();
    if (now < x->next_look_ns)
        return;
    x->next_look_ns = now + PROGRESS_NS;
    (void)fprintf(x->setup->progress, "\rreading: %llu packets, %zu exchanges",
            (unsigned long long)packets, x->out->evidence.exchange_count);
    if (x->bytes_total != 0)
        (void)fprintf(x->setup->progress, ", %llu %%",
                (unsigned long long)(x->bytes_done * 100 / x->bytes_total));
    (void)fputs("  ", x->setup->progress);
    (void)fflush(x->setup->progress);
}

static void end_progress(const struct examination *x)
{
    if (x->setup->progress != NULL && x->next_look_ns != 0)
        (void)fputs("\r\033[K", x->setup->progress);
}

static enum status take_results(struct examination *x)
{
    enum status status = STATUS_OK;
    struct connection *connection;
    struct exchange *exchange;

    while (status == STATUS_OK && capture_next_exchange(x->capture, &exchange))
        status = evidence_add_exchange(&x->out->evidence, exchange);
    while (status == STATUS_OK && capture_next_connection(x->capture, &connection))
        status = evidence_add_connection(&x->out->evidence, connection);
    return status;
}

enum status examination_file(
        struct examination *x, const char *path, const char *name, uint64_t first_frame)
{
    struct evidence *e = &x->out->evidence;
    struct evidence_file *files =
            arena_grow(e->arena, e->files, e->file_count, &e->file_capacity, sizeof(*files));

    if (files == NULL)
        return STATUS_NOMEM;
    e->files = files;
    x->file = &files[e->file_count];
    *x->file = (struct evidence_file){
            .path = arena_string(e->arena, bytes_text(path)),
            .name = arena_string(e->arena, bytes_text(name)),
            .first_frame = first_frame,
    };
    if (x->file->path == NULL || x->file->name == NULL)
        return STATUS_NOMEM;
    e->file_count++;
    return STATUS_OK;
}

enum status examination_packet(
        struct examination *x, const struct packet *packet, struct fault *fault)
{
    enum status status;

    x->file->packets++;
    x->file->truncated += packet->wire_len > packet->data.n;
    x->bytes_done += packet->data.n;
    status = capture_push(x->capture, packet, fault);
    if (status == STATUS_OK)
        status = take_results(x);
    return status;
}

enum status examination_gap(struct examination *x, const struct gap *gap)
{
    return ledger_file(&x->out->evidence.capture_gaps, gap) == 0 ? STATUS_NOMEM : STATUS_OK;
}

static enum status read_packets(
        struct examination *x, struct source *source, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct packet packet;
    enum source_found found;

    while (status == STATUS_OK && (found = source_next(source, &packet, fault)) != SOURCE_END) {
        switch (found) {
        case SOURCE_PACKET:
            status = examination_packet(x, &packet, fault);
            show_progress(x, packet.number);
            break;
        case SOURCE_GAP:
            status = examination_gap(x, source_gap(source));
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
static void add_drops(struct evidence *e, struct source_drops drops, bool first)
{
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

static enum status read_files(struct examination *x, struct fault *fault)
{
    enum status status = STATUS_OK;
    uint64_t number = 0;

    for (size_t i = 0; i < x->setup->file_count && status == STATUS_OK; i++) {
        struct source *source = NULL;

        status = examination_file(x, x->setup->files[i], x->setup->file_names[i], number + 1);
        if (status == STATUS_OK)
            status = source_open(x->setup->files[i], &source, fault);
        if (status != STATUS_OK)
            break;
        source_place(source, (uint32_t)i, number);
        status = read_packets(x, source, fault);
        add_drops(&x->out->evidence, source_drops(source), i == 0);
        number = source_last_number(source);
        source_close(source);
    }
    return status;
}

enum status examination_begin(const struct examine_setup *setup, struct examined *out,
        struct examination **x, struct fault *fault)
{
    struct examination *made = calloc(1, sizeof(*made));
    enum status status = made == NULL ? STATUS_NOMEM : evidence_init(&out->evidence);

    if (status == STATUS_OK) {
        made->setup = setup;
        made->out = out;
        made->began_ns = clock_steady_ns();
        out->evidence.spool = setup->spool;
        out->evidence.lookups = lookups_new();
        if (out->evidence.lookups == NULL)
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK)
        status = load_tables(setup, out, fault);
    if (status == STATUS_OK)
        status = load_keys(setup, out, fault);
    if (status == STATUS_OK) {
        made->bodies = body_store_new(setup->spool);
        if (made->bodies == NULL)
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK) {
        const struct capture_setup capture = {
                .keys = out->keys,
                .bodies = made->bodies,
                .ledger = &out->evidence.capture_gaps,
                .lookups = out->evidence.lookups,
                .checksums = true,
                .labels = true,
        };

        status = capture_new(&capture, &made->capture, fault);
    }
    if (status != STATUS_OK) {
        examination_free(made);
        return fault_set(fault, status, "out of memory");
    }
    *x = made;
    return STATUS_OK;
}

void examination_detach(struct examination *x)
{
    body_store_detach(x->bodies);
}

void examination_free(struct examination *x)
{
    if (x == NULL)
        return;
    capture_free(x->capture);
    body_store_free(x->bodies);
    free(x);
}

/* Everything unfinished comes out, and what the capture as a whole lacks is filed. */
static enum status end_packets(struct examination *x, struct fault *fault)
{
    struct evidence *e = &x->out->evidence;
    struct unwrap_counts counts;
    uint64_t packets = 0;
    enum status status = capture_close(x->capture, fault);

    if (status == STATUS_OK)
        status = take_results(x);
    for (size_t i = 0; i < e->file_count; i++) {
        struct evidence_file *file = &e->files[i];
        struct stat about;

        if (stat(file->path, &about) == 0) /* at last: it may have grown while it was read */
            file->bytes = (uint64_t)about.st_size;
        if (file->packets != 0)
            packets = file->first_frame + file->packets - 1;
    }
    if (status == STATUS_OK)
        status = file_drops(e, packets);
    if (status == STATUS_OK)
        status = file_lookups(e);
    if (status != STATUS_OK)
        return status;
    counts = capture_counts(x->capture);
    e->packets_unread = counts.other + counts.unreadable;
    status = body_store_status(x->bodies, fault);
    capture_free(x->capture);
    x->capture = NULL;
    return status == STATUS_OK ? evidence_seal(e) : status;
}

static enum status judge(struct examination *x, struct fault *fault)
{
    struct examined *out = x->out;
    enum status status = load_whereabouts(out, fault);
    int64_t begin;

    if (status == STATUS_OK)
        status = load_marks(x->setup, out, fault);
    if (status == STATUS_OK)
        status = load_browser(x->setup, out, fault);
    begin = clock_steady_ns();

    if (status == STATUS_OK) {
        const struct judgement_setup judging = {
                .sites = out->sites,
                .lists = out->lists,
                .parties = out->parties,
                .legal = out->legal,
                .subject = &out->subject,
                .browser = out->browser,
                .sockets = out->sockets,
                .marks = &out->marks,
                .whereabouts = out->whereabouts,
        };

        status = judgement_make(&out->evidence, &judging, &out->judgement, fault);
    }
    out->judging_ns = clock_steady_ns() - begin;
    return status;
}

enum status examination_end(struct examination *x, struct fault *fault)
{
    enum status status = end_packets(x, fault);

    x->out->reading_ns = clock_steady_ns() - x->began_ns;
    if (status == STATUS_OK)
        status = judge(x, fault);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

static enum status read_hars(struct examination *x, struct fault *fault)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < x->setup->file_count && status == STATUS_OK; i++) {
        status = examination_file(x, x->setup->files[i], x->setup->file_names[i], 0);
        if (status == STATUS_OK)
            status = examine_har_file(x->setup->files[i], x->bodies, &x->out->evidence, fault);
    }
    return status;
}

static enum status examine_files(struct examination *x, struct fault *fault)
{
    bool har = false;
    enum status status = examine_har_told(x->setup->files, x->setup->file_count, &har, fault);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < x->setup->file_count; i++) {
        struct stat about;

        if (stat(x->setup->files[i], &about) == 0)
            x->bytes_total += (uint64_t)about.st_size;
    }
    status = har ? read_hars(x, fault) : read_files(x, fault);
    end_progress(x);
    for (size_t i = 0; i < x->setup->lack_count && status == STATUS_OK; i++)
        status = examination_gap(x, &x->setup->lacks[i]);
    return status == STATUS_OK ? examination_end(x, fault)
                               : fault_set(fault, status, "out of memory");
}

enum status examine(
        const struct examine_setup *setup, struct examined *out, struct fault *fault)
{
    struct examination *x;
    enum status status = examination_begin(setup, out, &x, fault);

    if (status != STATUS_OK)
        return status;
    status = examine_files(x, fault);
    examination_free(x);
    return status;
}
