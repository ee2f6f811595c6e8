/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/examine_har.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/har/har.h"

static bool is_har(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t beginning[HAR_LOOK];
    size_t n;

    if (file == NULL)
        return false;
    n = fread(beginning, 1, sizeof(beginning), file);
    (void)fclose(file);
    return har_is(bytes_of(beginning, n));
}

enum status examine_har_told(const char *const *files, size_t n, bool *har, struct fault *fault)
{
    bool first = n != 0 && is_har(files[0]);

    for (size_t i = 1; i < n; i++) {
        if (is_har(files[i]) != first)
            return fault_set(fault, STATUS_INPUT,
                    "%s is a HAR file and %s is none: a case is made of packets or of HAR "
                    "files, not of both, because they prove different things; make two cases",
                    first ? files[0] : files[i], first ? files[i] : files[0]);
    }
    *har = first;
    return STATUS_OK;
}

static enum status take_all(struct har *h, struct evidence *e, struct fault *fault)
{
    size_t first = e->exchange_count;
    struct connection *connection;
    struct exchange *x = NULL;
    enum status status;

    do {
        status = har_next(h, &x, fault);
        if (status == STATUS_OK && x != NULL)
            status = evidence_add_exchange(e, x);
    } while (status == STATUS_OK && x != NULL);
    if (status == STATUS_OK)
        status = har_close(h);
    /* What the file lacks is known only at its end. */
    for (size_t i = first; i < e->exchange_count && status == STATUS_OK; i++)
        har_mark(h, e->exchanges[i]);
    while (status == STATUS_OK && har_next_connection(h, &connection))
        status = evidence_add_connection(e, connection);
    return status;
}

static enum status note_facts(const struct har *h, struct evidence *e)
{
    const struct har_facts *f = har_facts(h);

    if (e->har == NULL)
        e->har = arena_alloc(e->arena, sizeof(*e->har));
    if (e->har == NULL)
        return STATUS_NOMEM;
    har_facts_add(e->har, f);
    if (e->file_count == 0)
        return STATUS_OK;
    e->files[e->file_count - 1].program = arena_string(e->arena, bytes_text(f->program));
    return e->files[e->file_count - 1].program == NULL ? STATUS_NOMEM : STATUS_OK;
}

enum status examine_har_file(
        const char *path, struct body_store *bodies, struct evidence *e, struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    const struct har_setup setup = {.file = file,
            .bodies = bodies,
            .ledger = &e->capture_gaps,
            .connections = (uint32_t)e->connection_count};
    struct fault why = {0};
    struct har *h = NULL;
    enum status status;

    if (file == NULL)
        return fault_set(fault, STATUS_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    status = har_open(&setup, &h, &why);
    if (status == STATUS_OK)
        status = take_all(h, e, &why);
    if (status == STATUS_OK)
        status = note_facts(h, e);
    har_free(h);
    (void)fclose(file);
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(fault, status, "%s: %s", path,
                                         why.text[0] == '\0' ? "out of memory" : why.text);
}

static void warn(uint64_t n, enum language l, const char *what)
{
    if (n != 0)
        (void)fprintf(stderr, words_get(l, "note: %llu %s\n"), (unsigned long long)n,
                words_get(l, what));
}

void examine_har_warn(const struct evidence *e, enum language l)
{
    const struct har_facts *f = e->har;

    if (f == NULL)
        return;
    (void)fputs(words_get(l, "note: a HAR file was written by a program and holds no packets; "
                             "nothing in it can be derived from what went over the wire (proof "
                             "level \"none\")\n"),
            stderr);
    if (f->without_cookies)
        (void)fputs(words_get(l,
                            "warning: exported without cookies: what was sent in cookies could "
                            "not be seen; export again with sensitive data (Chrome, Edge: "
                            "settings of the developer tools, Network, \"Allow to generate HAR "
                            "with sensitive data\", then hold the export button)\n"),
                stderr);
    if (f->cut)
        (void)fputs(words_get(l, "warning: the HAR file is damaged or cut; what stands behind "
                                 "that place was not read\n"),
                stderr);
    warn(f->without_content, l, WORDS("responses without their content in the file"));
    warn(f->without_body, l, WORDS("requests without their body in the file"));
    warn(f->unread, l, WORDS("entries could not be understood"));
    warn(f->cached, l, WORDS("entries were answered by the browser's cache, and sent nothing"));
    warn(f->worker, l, WORDS("entries were answered by a service worker"));
    warn(f->blocked, l, WORDS("entries were blocked or failed before they reached a server"));
}
