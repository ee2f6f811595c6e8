/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/har/har.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/har/har_part.h"
#include "capture/har/har_text.h"

enum { PROGRAM_MOST = 64 << 10, LOG_NAME_MOST = 64 };

struct har {
    struct har_setup setup;
    struct har_maker maker;
    struct har_text text;
    struct buf entry; /* what is read of the one at hand */
    bool in_log, in_entries, first_member, first_entry, ended;
    uint32_t *marks; /* owned; by connection: the gap of har_close */
    size_t given;    /* connections taken */
};

static const char *const wanted[] = {"startedDateTime", "time", "request", "response", "cache",
        "timings", "serverIPAddress", "connection", "_connectionId", "_fromCache",
        "_webSocketMessages", NULL};

static bool is_blank(uint8_t c)
{
    return bytes_has(BYTES_LITERAL(" \t\r\n"), c);
}

static void skip_blanks(struct bytes *b)
{
    while (b->n != 0 && is_blank(b->p[0]))
        *b = bytes_slice(*b, 1, b->n);
}

bool har_is(struct bytes beginning)
{
    static const struct bytes mark = {(const uint8_t *)"\xef\xbb\xbf", 3};

    if (bytes_starts(beginning, mark))
        beginning = bytes_slice(beginning, mark.n, beginning.n);
    skip_blanks(&beginning);
    if (beginning.n == 0 || beginning.p[0] != '{' || !bytes_skip(&beginning, 1))
        return false;
    skip_blanks(&beginning);
    return bytes_starts(beginning, BYTES_LITERAL("\"log\""));
}

enum status har_open(const struct har_setup *setup, struct har **out, struct fault *fault)
{
    struct har *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    h->setup = *setup;
    h->maker.bodies = setup->bodies;
    h->maker.connections = har_connections_new(setup->connections);
    buf_init(&h->entry, HAR_ENTRY_MOST);
    if (h->maker.connections == NULL) {
        har_free(h);
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    }
    har_text_open(&h->text, setup->file);
    h->first_member = h->first_entry = true;
    if (!har_text_take(&h->text, '{')) {
        har_free(h);
        return fault_set(fault, STATUS_INPUT, "not a HAR file: it is no JSON object");
    }
    *out = h;
    return STATUS_OK;
}

void har_free(struct har *h)
{
    if (h == NULL)
        return;
    for (size_t i = h->maker.taken; i < h->maker.made; i++)
        exchange_free(h->maker.queue[i]);
    free(h->maker.queue);
    har_connections_free(h->maker.connections);
    buf_clear(&h->entry);
    free(h->marks);
    free(h);
}

static enum status file_gap(
        struct har *h, enum gap_cause why, uint64_t off, uint64_t len, const char *detail)
{
    const struct gap gap = {
            .why = why, .layer = LAYER_FILE, .off = off, .len = len, .detail = detail};

    return ledger_file(h->setup.ledger, &gap) == 0 ? STATUS_NOMEM : STATUS_OK;
}

uint64_t har_offset(const struct har *h)
{
    return h->text.off + h->text.at;
}

/* Nothing more can be read. */
static enum status stop(struct har *h, enum har_found found, struct fault *fault)
{
    h->ended = true;
    if (found == HAR_NOMEM)
        return STATUS_NOMEM;
    if (h->text.failed)
        return fault_set(fault, STATUS_IO, "cannot be read to its end: %s", strerror(errno));
    h->maker.facts.cut = true;
    if (found == HAR_BAD)
        return file_gap(h, GAP_BAD, har_offset(h), 0,
                "the HAR file is no JSON from here on; what stands behind is not read");
    return file_gap(h, GAP_CUT, har_offset(h), 0, "the HAR file ends before its end");
}

/* "creator" and "browser": {"name": …, "version": …}. */
static enum har_found read_program(struct har *h, char out[HAR_PROGRAM_TEXT])
{
    struct json_value *v = NULL;
    struct fault why = {0};
    struct buf text;
    enum har_found found;
    const char *name, *version;

    buf_init(&text, PROGRAM_MOST);
    found = har_text_value(&h->text, &text);
    if (found == HAR_FOUND)
        v = json_parse(buf_view(&text), &why);
    name = json_string_of(json_member(v, "name"));
    version = json_string_of(json_member(v, "version"));
    if (name != NULL)
        (void)snprintf(out, HAR_PROGRAM_TEXT, "%s%s%s", name, version == NULL ? "" : " ",
                version == NULL ? "" : version);
    json_free(v);
    buf_clear(&text);
    return found == HAR_LARGE ? HAR_FOUND : found;
}

/* One member of "log", or of what stands around it. */
static enum har_found step_member(struct har *h)
{
    enum har_found found;
    struct buf name;
    struct bytes is;

    buf_init(&name, LOG_NAME_MOST);
    found = har_text_member(&h->text, h->first_member, &name);
    h->first_member = false;
    is = buf_view(&name);
    if (found != HAR_FOUND) {
        /* Behind "log" only the end of the whole is left. */
        h->ended = found == HAR_END;
    } else if (!h->in_log && bytes_is(is, "log") && har_text_take(&h->text, '{')) {
        h->in_log = h->first_member = true;
    } else if (h->in_log && bytes_is(is, "entries") && har_text_take(&h->text, '[')) {
        h->in_entries = h->first_entry = true;
    } else if (h->in_log && bytes_is(is, "creator")) {
        found = read_program(h, h->maker.facts.program);
    } else if (h->in_log && bytes_is(is, "browser")) {
        found = read_program(h, h->maker.facts.browser);
    } else {
        found = har_text_value(&h->text, NULL);
    }
    buf_clear(&name);
    return found;
}

/* What was picked of one entry becomes exchanges. */
static enum status take_entry(struct har *h)
{
    struct fault why = {0};
    struct json_value *v;
    enum status status = STATUS_OK;

    /* A raw NUL is no JSON, and would end a text early. */
    v = bytes_has(buf_view(&h->entry), 0) ? NULL : json_parse(buf_view(&h->entry), &why);
    if (v == NULL)
        h->maker.facts.unread++;
    else
        status = har_entry(&h->maker, v);
    json_free(v);
    return status;
}

static enum har_found step_entry(struct har *h, enum status *status)
{
    enum har_found found = har_text_element(&h->text, h->first_entry);
    uint64_t off;
    bool large = false;

    h->first_entry = false;
    if (found == HAR_END) {
        h->in_entries = false;
        return HAR_FOUND;
    }
    if (found != HAR_FOUND)
        return found;
    h->maker.facts.entries++;
    buf_reset(&h->entry);
    if (har_text_peek(&h->text) != '{') {
        h->maker.facts.unread++;
        return har_text_value(&h->text, NULL);
    }
    off = har_offset(h);
    found = har_text_pick(&h->text, wanted, &h->entry, &large);
    if (found == HAR_FOUND && large)
        *status = file_gap(h, GAP_BUDGET, off, har_offset(h) - off,
                "an entry of the HAR file is larger than is read at once");
    if (found == HAR_FOUND && *status == STATUS_OK)
        *status = take_entry(h);
    return found;
}

/* Frees what one huge entry took, so that it is not held to the end. */
static void trim(struct har *h)
{
    if (h->entry.capacity > 16u << 20)
        buf_clear(&h->entry);
}

enum status har_next(struct har *h, struct exchange **out, struct fault *fault)
{
    enum status status = STATUS_OK;

    while (h->maker.taken == h->maker.made && !h->ended && status == STATUS_OK) {
        enum har_found found;

        h->maker.taken = h->maker.made = 0;
        found = h->in_entries ? step_entry(h, &status) : step_member(h);
        trim(h);
        if (status == STATUS_OK && found != HAR_FOUND && found != HAR_END)
            status = stop(h, found, fault);
    }
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory");
    *out = h->maker.taken == h->maker.made ? NULL : h->maker.queue[h->maker.taken++];
    return STATUS_OK;
}

/* Chrome and Edge call themselves WebInspector here. */
static bool lacks_cookies(const struct har_facts *f)
{
    return strncmp(f->program, "WebInspector", 12) == 0 && f->any_fields && !f->any_cookies;
}

static enum status file_counts(struct har *h)
{
    const struct har_facts *f = &h->maker.facts;
    enum status status = STATUS_OK;

    if (f->unread != 0)
        status = file_gap(h, GAP_BAD, 0, f->unread,
                "entries of the HAR file that could not be understood; the length counts them");
    if (status == STATUS_OK && f->worker != 0)
        status = file_gap(h, GAP_UNSUPPORTED, 0, f->worker,
                "requests that a service worker answered; whether it asked a server, the file "
                "says only where the worker's own requests are in it. The length counts them");
    if (status == STATUS_OK && h->maker.connections_left_out != 0)
        status = file_gap(h, GAP_BUDGET, 0, h->maker.connections_left_out,
                "more connections than one case holds; the length counts the exchanges left "
                "out");
    if (status == STATUS_OK && f->without_cookies)
        status = file_gap(h, GAP_LOST, 0, 0,
                "exported without cookies: what was sent in cookies could not be seen");
    return status;
}

enum status har_close(struct har *h)
{
    size_t n;
    struct connection **all = har_connections_all(h->maker.connections, &n);
    enum status status;

    h->maker.facts.without_cookies = lacks_cookies(&h->maker.facts);
    status = file_counts(h);
    h->marks = calloc(n + 1, sizeof(*h->marks));
    if (h->marks == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n && status == STATUS_OK && h->maker.facts.without_cookies; i++) {
        const struct gap gap = {.why = GAP_LOST,
                .layer = LAYER_HTTP,
                .detail = "exported without cookies: what was sent in cookies could not be "
                          "seen"};

        h->marks[i] = ledger_file(&all[i]->ledger, &gap);
        status = h->marks[i] == 0 ? STATUS_NOMEM : STATUS_OK;
    }
    return status;
}

void har_mark(const struct har *h, struct exchange *x)
{
    uint32_t index = x->connection - h->setup.connections - 1;

    if (!h->maker.facts.without_cookies)
        return;
    exchange_add_gap(x, h->marks[index]);
    /* Messages of a WebSocket have no cookies. */
    if (x->message == 0)
        x->complete = false;
}

bool har_next_connection(struct har *h, struct connection **out)
{
    size_t n;
    struct connection **all = har_connections_all(h->maker.connections, &n);

    if (h->given == n)
        return false;
    *out = all[h->given];
    all[h->given++] = NULL;
    return true;
}

const struct har_facts *har_facts(const struct har *h)
{
    return &h->maker.facts;
}

void har_facts_add(struct har_facts *sum, const struct har_facts *more)
{
    if (sum->program[0] == '\0')
        memcpy(sum->program, more->program, sizeof(sum->program));
    if (sum->browser[0] == '\0')
        memcpy(sum->browser, more->browser, sizeof(sum->browser));
    sum->entries += more->entries;
    sum->local += more->local;
    sum->cached += more->cached;
    sum->worker += more->worker;
    sum->blocked += more->blocked;
    sum->unread += more->unread;
    sum->without_content += more->without_content;
    sum->without_body += more->without_body;
    sum->replaced += more->replaced;
    sum->rebuilt += more->rebuilt;
    sum->cookies_listed += more->cookies_listed;
    sum->without_fields += more->without_fields;
    sum->any_fields |= more->any_fields;
    sum->any_cookies |= more->any_cookies;
    sum->without_cookies |= more->without_cookies;
    sum->cut |= more->cut;
}
