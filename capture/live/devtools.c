/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/devtools.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "capture/live/devtools_parts.h"

enum {
    MESSAGES_A_STEP = 512,
    EVENTS_A_MESSAGE = 8, /* the most that one gives */
    UNREADABLE_SHOWN = 256,
};

struct bytes devtools_view(const char *text)
{
    return bytes_text(text == NULL ? "" : text);
}

enum status devtools_nomem(struct devtools *d)
{
    return fault_set(d->fault, STATUS_NOMEM, "out of memory for what the browser says");
}

/* exhibit.called: what we asked the browser for is part of the record. */
static enum status log_called(struct devtools *d, const char *session, const char *method,
        struct bytes params, uint64_t number)
{
    struct buf text;
    struct json j;
    enum status status;

    buf_init(&text, LOG_PARAMS);
    json_init(&j, &text);
    json_object(&j, NULL);
    json_unsigned(&j, "number", number);
    json_string(&j, "method", method);
    json_raw(&j, "params", params);
    json_end(&j);
    status = j.status != STATUS_OK
                     ? fault_set(d->fault, j.status, "a command to the browser is too long")
                     : devtools_log_add(&d->log, devtools_view(session), "exhibit.called",
                               buf_view(&text), 0, d->fault);
    buf_clear(&text);
    return status;
}

enum status devtools_send(struct devtools *d, const char *session, const char *method,
        struct bytes params, const struct devtools_wait *wait, uint64_t *number)
{
    uint64_t id = d->numbers + 1;
    enum status status;
    struct buf text;
    struct json j;

    if (wait != NULL && d->wait_count == CALLS_MOST)
        return fault_set(
                d->fault, STATUS_USAGE, "too many commands to the browser wait for answers");
    buf_init(&text, PIPE_WAITING);
    json_init(&j, &text);
    json_object(&j, NULL);
    json_unsigned(&j, "id", id);
    json_string(&j, "method", method);
    json_raw(&j, "params", params);
    if (session != NULL)
        json_string(&j, "sessionId", session);
    json_end(&j);
    status = j.status;
    if (status == STATUS_OK)
        status = log_called(d, session, method, params, id);
    if (status == STATUS_OK && !d->pipe.lost)
        status = devtools_pipe_send(&d->pipe, buf_view(&text), d->fault);
    buf_clear(&text);
    if (status != STATUS_OK)
        return fault_set(d->fault, status, "cannot send %s to the browser", method);
    d->numbers = id;
    if (wait != NULL) {
        d->waits[d->wait_count] = *wait;
        d->waits[d->wait_count++].number = id;
    }
    if (number != NULL)
        *number = id;
    return STATUS_OK;
}

static char *copy_of(const char *text, bool *nomem)
{
    char *copy = text == NULL ? NULL : strdup(text);

    *nomem |= text != NULL && copy == NULL;
    return copy;
}

static void event_clear(struct devtools_event *e)
{
    union {
        const char *shown;
        char *owned;
    } texts[4] = {{e->url}, {e->page}, {e->file}, {e->session}};
    union {
        const uint8_t *shown;
        uint8_t *owned;
    } json = {e->json.p};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i].owned);
    free(json.owned);
    *e = (struct devtools_event){0};
}

enum status devtools_tell(struct devtools *d, struct devtools_event event)
{
    struct devtools_event copy = event;
    bool nomem = false;

    copy.url = copy_of(event.url, &nomem);
    copy.page = copy_of(event.page, &nomem);
    copy.file = copy_of(event.file, &nomem);
    copy.session = copy_of(event.session, &nomem);
    copy.json = (struct bytes){0};
    if (event.json.n != 0) {
        uint8_t *p = malloc(event.json.n);

        nomem |= p == NULL;
        if (p != NULL) {
            memcpy(p, event.json.p, event.json.n);
            copy.json = bytes_of(p, event.json.n);
        }
    }
    /* Reading stopped in time for what one message or tick can give; a caller who never takes
     * events and goes on calling loses them here, not in the files. */
    if (nomem || d->event_count == EVENTS_MOST) {
        event_clear(&copy);
        return nomem ? devtools_nomem(d) : STATUS_OK;
    }
    d->events[(d->event_begin + d->event_count++) % EVENTS_MOST] = copy;
    return STATUS_OK;
}

bool devtools_next(struct devtools *d, struct devtools_event *out)
{
    event_clear(&d->current);
    if (d->event_count == 0)
        return false;
    d->current = d->events[d->event_begin];
    d->event_begin = (d->event_begin + 1) % EVENTS_MOST;
    d->event_count--;
    *out = d->current;
    return true;
}

struct json *devtools_note_begin(struct devtools_note *note)
{
    buf_init(&note->text, LOG_PARAMS);
    json_init(&note->json, &note->text);
    json_object(&note->json, NULL);
    return &note->json;
}

enum status devtools_note_end(struct devtools *d, struct devtools_note *note,
        struct bytes session, const char *method)
{
    enum status status;

    json_end(&note->json);
    status = note->json.status != STATUS_OK ? devtools_nomem(d)
                                            : devtools_log_add(&d->log, session, method,
                                                      buf_view(&note->text), 0, d->fault);
    buf_clear(&note->text);
    return status;
}

/* exhibit.browser: product, protocol, user agent, and how it was started. */
static enum status log_browser(struct devtools *d, const struct devtools_said *said)
{
    static const char *const names[] = {
            "product", "protocolVersion", "revision", "userAgent", "jsVersion"};
    struct devtools_note note;
    struct json *j = devtools_note_begin(&note);
    struct bytes value;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (scan_member(said->result, names[i], &value))
            json_raw(j, names[i], value);
    if (d->command_line != NULL) {
        json_array(j, "command_line");
        for (char **at = d->command_line; *at != NULL; at++)
            json_string(j, NULL, *at);
        json_end(j);
    }
    return devtools_note_end(d, &note, (struct bytes){0}, "exhibit.browser");
}

static enum status tell_answer(
        struct devtools *d, const struct devtools_wait *wait, const struct devtools_said *said)
{
    struct devtools_event event = {.kind = DEVTOOLS_ANSWER, .number = wait->number};
    char session[ID_MOST + 1] = "";

    event.ok = said->error.n == 0 && said->result.n != 0;
    event.json = said->error.n != 0 ? said->error : said->result;
    if (said->session.n >= 2 && said->session.n - 2 <= ID_MOST)
        memcpy(session, said->session.p + 1, said->session.n - 2);
    event.session = session;
    return devtools_tell(d, event);
}

static enum status log_refused(struct devtools *d, const struct devtools_said *said)
{
    struct bytes session = bytes_slice(said->session, 1, said->session.n - 1);
    enum status status;
    struct buf text;

    buf_init(&text, LOG_PARAMS);
    status = buf_print(&text, "{\"number\":%llu,\"error\":%.*s}",
            (unsigned long long)said->number,
            said->error.n > LOG_PARAMS / 2 ? 4 : (int)said->error.n,
            said->error.n > LOG_PARAMS / 2 ? "null" : (const char *)said->error.p);
    if (status == STATUS_OK)
        status = devtools_log_add(
                &d->log, session, "exhibit.refused", buf_view(&text), 0, d->fault);
    buf_clear(&text);
    return status;
}

static enum status on_answer(struct devtools *d, const struct devtools_said *said)
{
    struct devtools_wait wait = {.kind = CALL_PLAIN};

    if (said->error.n != 0) {
        enum status status = log_refused(d, said);

        if (status != STATUS_OK)
            return status;
    }
    for (size_t i = 0; i < d->wait_count; i++) {
        if (d->waits[i].number == said->number) {
            wait = d->waits[i];
            d->waits[i] = d->waits[--d->wait_count];
            break;
        }
    }
    switch (wait.kind) {
    case CALL_PLAIN:
        return STATUS_OK;
    case CALL_CALLER:
        return tell_answer(d, &wait, said);
    case CALL_VERSION:
        return log_browser(d, said);
    case CALL_READY:
        return devtools_ready(d, wait.round);
    case CALL_METRICS:
    case CALL_SNAPSHOT:
    case CALL_SHOT:
        return devtools_screen_answer(d, &wait, said);
    case CALL_CONTEXTS:
    case CALL_COOKIES:
    case CALL_TREE:
    case CALL_LOCAL_ITEMS:
    case CALL_SESSION_ITEMS:
    case CALL_DATABASES:
        return devtools_storage_answer(d, &wait, said);
    }
    return STATUS_OK;
}

/* Members of a message; of one that was cut, those in front of the cut. */
static void read_members(struct bytes text, struct devtools_said *said)
{
    struct bytes key, value;
    struct scan s;

    scan_begin(&s, text);
    while (s.object && scan_next(&s, &key, &value)) {
        int64_t number;

        if (bytes_is(key, "id") && scan_integer(value, &number) && number > 0) {
            said->number = (uint64_t)number;
            said->answer = true;
        } else if (bytes_is(key, "method") && *value.p == '"') {
            said->method = bytes_slice(value, 1, value.n - 1);
        } else if (bytes_is(key, "sessionId") && *value.p == '"') {
            said->session = value;
        } else if (bytes_is(key, "params")) {
            said->params = value;
        } else if (bytes_is(key, "result")) {
            said->result = value;
        } else if (bytes_is(key, "error")) {
            said->error = value;
        }
    }
}

/* What is no JSON stays visible by its size and its beginning. */
static enum status log_unreadable(struct devtools *d, const struct devtools_message *m)
{
    struct devtools_note note;
    struct json *j = devtools_note_begin(&note);

    json_unsigned(j, "bytes", m->bytes);
    json_text(j, "begins", bytes_slice(m->text, 0, UNREADABLE_SHOWN));
    return devtools_note_end(d, &note, (struct bytes){0}, "exhibit.unreadable");
}

static enum status on_event(
        struct devtools *d, const struct devtools_message *m, const struct devtools_said *said)
{
    struct bytes session = bytes_slice(said->session, 1, said->session.n - 1);
    bool kept = !m->cut && m->bytes <= LOG_PARAMS, taken = false;
    char method[ID_MOST + 1] = "";
    enum status status;

    if (said->method.n <= ID_MOST && said->method.n != 0)
        memcpy(method, said->method.p, said->method.n);
    status = devtools_log_add(&d->log, session, method, kept ? said->params : (struct bytes){0},
            kept ? 0 : m->bytes, d->fault);
    if (status == STATUS_OK)
        status = devtools_target_event(d, said, &taken);
    if (status == STATUS_OK && !taken && bytes_starts(said->method, BYTES_LITERAL("Network.")))
        status = devtools_network_event(d, said, devtools_session_of(d, session));
    return status;
}

static enum status on_message(struct devtools *d, const struct devtools_message *m)
{
    struct devtools_said said = {0};
    bool readable =
            m->cut || (scan_is_whole(m->text) && *m->text.p != '[' && bytes_is_utf8(m->text));

    if (readable)
        read_members(m->text, &said);
    if (said.method.n == 0 && !said.answer)
        return log_unreadable(d, m);
    if (said.method.n != 0)
        return on_event(d, m, &said);
    return on_answer(d, &said);
}

static enum status say_lost(struct devtools *d)
{
    enum status status;

    if (!d->pipe.lost || d->lost_said)
        return STATUS_OK;
    d->lost_said = true;
    d->request_count = 0;
    status = devtools_log_add(
            &d->log, (struct bytes){0}, "exhibit.lost", BYTES_LITERAL("{}"), 0, d->fault);
    if (status == STATUS_OK)
        status = devtools_log_sync(&d->log, true, d->fault);
    if (status == STATUS_OK)
        status = devtools_tell(d, (struct devtools_event){.kind = DEVTOOLS_LOST});
    return status;
}

static enum status read_messages(struct devtools *d)
{
    struct devtools_message m;
    enum status status;
    bool got = true;

    for (size_t n = 0; n < MESSAGES_A_STEP && got;) {
        while (d->event_count + EVENTS_A_MESSAGE <= EVENTS_MOST && n < MESSAGES_A_STEP &&
                devtools_pipe_next(&d->pipe, &m)) {
            n++;
            status = on_message(d, &m);
            if (status != STATUS_OK)
                return status;
        }
        if (n == MESSAGES_A_STEP || d->event_count + EVENTS_A_MESSAGE > EVENTS_MOST)
            return STATUS_OK;
        status = devtools_pipe_read(&d->pipe, &got, d->fault);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status devtools_step(struct devtools *d, struct fault *fault)
{
    enum status status;

    d->fault = fault;
    devtools_pipe_flush(&d->pipe);
    status = read_messages(d);
    if (status == STATUS_OK)
        status = devtools_screen_tick(d);
    if (status == STATUS_OK)
        status = devtools_storage_tick(d);
    if (status == STATUS_OK)
        status = devtools_log_sync(&d->log, false, fault);
    if (status == STATUS_OK)
        status = say_lost(d);
    d->fault = NULL;
    return status;
}

bool devtools_wants_to_write(const struct devtools *d)
{
    return !d->pipe.lost && d->pipe.written < d->pipe.waiting.n;
}

static enum status copy_setup(struct devtools *d, const struct devtools_setup *setup)
{
    bool nomem = false;
    size_t n = 0;

    d->first_url = copy_of(setup->url, &nomem);
    while (setup->command_line != NULL && setup->command_line[n] != NULL)
        n++;
    if (setup->command_line != NULL) {
        d->command_line = calloc(n + 1, sizeof(*d->command_line));
        nomem |= d->command_line == NULL;
    }
    for (size_t i = 0; i < n && !nomem; i++)
        d->command_line[i] = copy_of(setup->command_line[i], &nomem);
    return nomem ? devtools_nomem(d) : STATUS_OK;
}

static enum status begin(struct devtools *d, const struct devtools_setup *setup)
{
    struct devtools_wait version = {.kind = CALL_VERSION};
    enum status status = copy_setup(d, setup);

    if (status == STATUS_OK)
        status = devtools_log_open(&d->log, setup->directory, "browser.jsonl", d->fault);
    if (status == STATUS_OK)
        status = devtools_pipe_init(&d->pipe, setup->in, setup->out, d->fault);
    if (status == STATUS_OK)
        status = devtools_send(
                d, NULL, "Browser.getVersion", BYTES_LITERAL("{}"), &version, NULL);
    if (status == STATUS_OK)
        status = devtools_send(
                d, NULL, "Target.setAutoAttach", devtools_view(DEVTOOLS_ATTACH), NULL, NULL);
    return status;
}

enum status devtools_new(
        const struct devtools_setup *setup, struct devtools **out, struct fault *fault)
{
    struct devtools *d = calloc(1, sizeof(*d));
    enum status status;

    if (d == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory for DevTools");
    d->fault = fault;
    d->directory = setup->directory;
    d->screens_wanted = setup->screens;
    d->log.fd = -1;
    d->shots.directory = -1;
    d->network_ns = clock_steady_ns();
    status = begin(d, setup);
    d->fault = NULL;
    if (status != STATUS_OK) {
        devtools_free(d);
        return status;
    }
    *out = d;
    return STATUS_OK;
}

void devtools_free(struct devtools *d)
{
    if (d == NULL)
        return;
    event_clear(&d->current);
    for (size_t i = 0; i < d->event_count; i++)
        event_clear(&d->events[(d->event_begin + i) % EVENTS_MOST]);
    devtools_targets_clear(d);
    devtools_screens_clear(d);
    devtools_storage_clear(d);
    devtools_log_close(&d->log);
    devtools_pipe_clear(&d->pipe);
    for (char **at = d->command_line; at != NULL && *at != NULL; at++)
        free(*at);
    free(d->command_line);
    free(d->first_url);
    free(d);
}

const char *devtools_front(const struct devtools *d)
{
    const struct devtools_session *front = devtools_front_tab(d);

    return front == NULL ? NULL : front->id;
}

const char *devtools_url(const struct devtools *d, const char *session)
{
    const struct devtools_session *s = devtools_session_of(d, bytes_text(session));

    return s == NULL || !s->tab ? NULL : s->url;
}

unsigned devtools_open_requests(const struct devtools *d)
{
    return (unsigned)d->request_count;
}

unsigned devtools_unanswered(const struct devtools *d)
{
    unsigned n = 0;

    for (size_t i = 0; i < d->request_count; i++)
        n += !d->requests[i].answered;
    return n;
}

int64_t devtools_quiet_ns(const struct devtools *d)
{
    return clock_steady_ns() - d->network_ns;
}

enum status devtools_screenshot(
        struct devtools *d, const char *why, unsigned mark, struct fault *fault)
{
    enum status status;

    d->fault = fault;
    status = devtools_shoot(d, why, mark, false);
    d->fault = NULL;
    return status;
}

enum status devtools_notice(struct devtools *d, unsigned mark, struct fault *fault)
{
    enum status status;

    d->fault = fault;
    status = devtools_shoot(d, "mark", mark, true);
    d->fault = NULL;
    return status;
}

enum status devtools_call(struct devtools *d, const char *session, const char *method,
        const char *params, uint64_t *number, struct fault *fault)
{
    struct devtools_wait wait = {.kind = CALL_CALLER};
    struct bytes json = bytes_text(params);
    enum status status;

    if (json.n == 0)
        json = BYTES_LITERAL("{}");
    if (!scan_is_whole(json))
        return fault_set(fault, STATUS_USAGE, "%s: its parameters are not JSON", method);
    if (d->pipe.lost)
        return fault_set(fault, STATUS_IO, "the browser does not answer any more");
    d->fault = fault;
    status = devtools_send(d, session == NULL || *session == '\0' ? NULL : session, method,
            json, &wait, number);
    d->fault = NULL;
    return status;
}
