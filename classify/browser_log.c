/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/browser_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classify/browser_state.h"

#define TEXTS_MOST ((size_t)1 << 30) /* of all texts that are kept */

enum {
    ROOM = 4096, /* that an arena may lose at its ends */
    FRONT = 512, /* bytes of a line in which its method stands, as we write them */
};

const char *browser_frame_name(enum browser_frame frame)
{
    switch (frame) {
    case BROWSER_FRAME_MAIN:
        return "main";
    case BROWSER_FRAME_SUB:
        return "sub";
    case BROWSER_FRAME_WORKER:
        return "worker";
    case BROWSER_FRAME_UNKNOWN:
        break;
    }
    return "unknown";
}

/* FNV-1a, 64 bits. Somebody who makes two values meet makes two of their own requests look
 * alike, which then are joined by their order. */
uint64_t browser_told(uint64_t told, struct bytes value)
{
    told = told == 0 ? UINT64_C(0xcbf29ce484222325) : told;
    for (size_t i = 0; i < value.n; i++)
        told = (told ^ value.p[i]) * UINT64_C(0x100000001b3);
    return told;
}

bool browser_room(void **array, size_t count, size_t *capacity, size_t size)
{
    size_t before = *capacity;
    char *grown = array_grow(*array, count, capacity, size);

    if (grown == NULL)
        return false;
    memset(grown + before * size, 0, (*capacity - before) * size);
    *array = grown;
    return true;
}

uint32_t browser_number(struct browser_log *log, struct browser_names *names, struct bytes name,
        size_t count, enum status *status)
{
    struct browser_name *place;
    bool full = arena_used(log->arena) + name.n + ROOM > TEXTS_MOST;
    uint32_t number = browser_names_find(names, name);

    *status = STATUS_OK;
    if (name.n == 0 || number != 0 || full)
        return number;
    place = browser_names_place(names, name, &full);
    if (place == NULL) {
        *status = full ? STATUS_OK : STATUS_NOMEM;
        return 0;
    }
    if (!arena_copy(log->arena, name, &place->name)) {
        place->name = BYTES_LITERAL("\0"); /* never asked for; what was lent may go */
        *status = STATUS_NOMEM;
        return 0;
    }
    place->number = (uint32_t)count + 1;
    return place->number;
}

bool browser_keep(struct browser_log *log, struct bytes text, size_t most, struct bytes *out)
{
    struct browser_state *s = log->state;
    enum status status;
    uint32_t number;
    struct bytes kept = bytes_slice(text, 0, most);

    if (!browser_room((void **)&s->text, s->text_count, &s->text_capacity, sizeof(*s->text)))
        return false;
    number = browser_number(log, &s->texts, kept, s->text_count, &status);
    if (number > s->text_count) {
        s->text[s->text_count++] = browser_names_place(&s->texts, kept, &(bool){false})->name;
    }
    *out = number == 0 ? bytes_of(NULL, 0) : s->text[number - 1];
    return status == STATUS_OK;
}

struct bytes browser_text_of(const struct json_value *object, const char *key)
{
    const char *text = json_string_of(json_member(object, key));

    return bytes_text(text);
}

bool browser_seconds(const struct json_value *v, int64_t *ns)
{
    double seconds;

    if (!json_number_of(v, &seconds) || !(seconds >= 0) || !(seconds < 9e9))
        return false;
    *ns = (int64_t)(seconds * 1e9);
    return true;
}

/* Names of a run of the browser; its requests and documents stay. */
static void forget_names(struct browser_state *s)
{
    s->tab_base += s->tab_count;
    s->session_count = s->tab_count = s->service_count = 0;
    s->document_count = s->chain_count = 0;
    browser_names_clear(&s->sessions);
    browser_names_clear(&s->tabs);
    browser_names_clear(&s->services);
    browser_names_clear(&s->documents);
    browser_names_clear(&s->chains);
}

static void state_free(struct browser_state *s)
{
    if (s == NULL)
        return;
    forget_names(s);
    browser_names_clear(&s->texts);
    free(s->session);
    free(s->tab);
    free(s->service);
    free(s->document);
    free(s->chain);
    free(s->text);
    free(s->waiting);
    line_reader_clear(&s->reader);
    free(s);
}

/* Events about a request that was told before. */
static enum status take_answer(struct browser_log *log, uint32_t session, struct bytes event,
        const struct json_value *params)
{
    struct browser_state *s = log->state;
    enum status status;
    uint32_t number;

    if (!browser_room(
                (void **)&s->chain, s->chain_count, &s->chain_capacity, sizeof(*s->chain)))
        return STATUS_NOMEM;
    number = browser_number(
            log, &s->chains, browser_text_of(params, "requestId"), s->chain_count, &status);
    if (number == 0)
        return status;
    if (number > s->chain_count)
        s->chain[s->chain_count++] = (struct browser_chain){0};
    if (bytes_is(event, "requestWillBeSentExtraInfo"))
        return browser_extra_sent(log, &s->chain[number - 1], session, params);
    if (bytes_is(event, "responseReceivedExtraInfo"))
        return browser_extra_received(log, &s->chain[number - 1], session, params);
    if (bytes_is(event, "loadingFinished") || bytes_is(event, "loadingFailed"))
        return browser_ended(
                log, &s->chain[number - 1], params, bytes_is(event, "loadingFailed"));
    if (bytes_is(event, "responseReceived") || bytes_is(event, "requestServedFromCache"))
        browser_answered(log, &s->chain[number - 1], params);
    else
        browser_socket_told(log, &s->chain[number - 1], session, event, params);
    return STATUS_OK;
}

static enum status take_event(struct browser_log *log, struct bytes method, struct bytes above,
        const struct json_value *params)
{
    uint32_t session = browser_names_find(&log->state->sessions, above);
    struct bytes event = method;

    if (bytes_is(method, "exhibit.browser")) {
        browser_resolve(log);
        forget_names(log->state); /* another run: its names mean other things */
        return STATUS_OK;
    }
    if (bytes_is(method, "exhibit.lost"))
        log->lost = true;
    if (bytes_is(method, "Target.attachedToTarget"))
        return browser_attach(log, above, browser_text_of(params, "sessionId"),
                json_member(params, "targetInfo"));
    if (bytes_is(method, "Page.frameNavigated"))
        return browser_navigated(log, session, params);
    if (bytes_is(method, "Network.requestWillBeSent"))
        return browser_requested(log, session, params);
    if (bytes_is(method, "Network.webSocketCreated"))
        return browser_socket_made(log, session, params);
    if (!bytes_starts(method, BYTES_LITERAL("Network.")))
        return STATUS_OK;
    if (!bytes_skip(&event, strlen("Network.")))
        return STATUS_OK;
    return take_answer(log, session, event, params);
}

/* Which events are read; the other ones say nothing that is needed here. */
static bool is_read(struct bytes method)
{
    static const char *const names[] = {"exhibit.browser", "exhibit.lost",
            "Target.attachedToTarget", "Page.frameNavigated", "Network.requestWillBeSent",
            "Network.requestWillBeSentExtraInfo", "Network.responseReceived",
            "Network.responseReceivedExtraInfo", "Network.requestServedFromCache",
            "Network.loadingFinished", "Network.loadingFailed", "Network.webSocketCreated",
            "Network.webSocketWillSendHandshakeRequest",
            "Network.webSocketHandshakeResponseReceived", "Network.webSocketFrameSent",
            "Network.webSocketFrameReceived", "Network.webSocketFrameError",
            "Network.webSocketClosed"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (bytes_is(method, names[i]))
            return true;
    }
    return false;
}

/* The method as our own lines have it, before their parameters, without reading the whole. */
static bool may_pass(struct bytes line)
{
    static const char key[] = "\"method\":\"";
    struct bytes front = bytes_slice(line, 0, FRONT), rest, method;
    size_t at, params;

    if (!bytes_find(front, bytes_text(key), 0, &at) ||
            (bytes_find(front, BYTES_LITERAL("\"params\""), 0, &params) && params < at))
        return false;
    rest = bytes_slice(front, at + strlen(key), front.n);
    return bytes_take_until(&rest, '"', &method) && !is_read(method);
}

static enum status take_line(void *to, struct bytes line, bool whole)
{
    struct browser_log *log = to;
    enum status status = STATUS_OK;
    struct json_value *event;
    struct bytes method;

    if (whole && bytes_trim(line).n == 0)
        return STATUS_OK;
    log->lines++;
    log->unread += !whole;
    if (!whole || may_pass(line))
        return STATUS_OK;
    event = json_parse(line, NULL);
    method = browser_text_of(event, "method");
    if (method.n == 0)
        log->unread++;
    else if (is_read(method) && !json_is_object(json_member(event, "params")))
        log->unread++;
    else if (is_read(method))
        status = take_event(
                log, method, browser_text_of(event, "session"), json_member(event, "params"));
    json_free(event);
    return status;
}

struct browser_log *browser_log_new(void)
{
    struct browser_log *log = calloc(1, sizeof(*log));
    struct browser_state *s = calloc(1, sizeof(*s));

    if (log == NULL || s == NULL) {
        free(log);
        free(s);
        return NULL;
    }
    log->state = s;
    log->arena = arena_new(TEXTS_MOST);
    browser_names_init(&s->sessions, BROWSER_NAMES_MOST);
    browser_names_init(&s->tabs, BROWSER_NAMES_MOST);
    browser_names_init(&s->services, BROWSER_NAMES_MOST);
    browser_names_init(&s->documents, BROWSER_NAMES_MOST);
    browser_names_init(&s->chains, BROWSER_NAMES_MOST);
    browser_names_init(&s->texts, BROWSER_NAMES_MOST);
    line_reader_init(&s->reader, BROWSER_LINE_MOST, take_line, log);
    if (log->arena == NULL) {
        browser_log_free(log);
        return NULL;
    }
    return log;
}

void browser_log_free(struct browser_log *log)
{
    if (log == NULL)
        return;
    state_free(log->state);
    arena_free(log->arena);
    free(log->requests);
    free(log->pages);
    free(log);
}

enum status browser_log_push(struct browser_log *log, struct bytes data)
{
    return line_reader_push(&log->state->reader, data);
}

enum status browser_log_seal(struct browser_log *log)
{
    uint64_t unread = log->unread;
    bool rest;
    enum status status = line_reader_end(&log->state->reader, &rest);

    /* What a cut left of a line is no event, but when all but its line feed is there. */
    log->cut = rest && log->unread != unread;
    if (status == STATUS_OK) {
        browser_resolve(log);
        state_free(log->state);
        log->state = NULL;
    }
    return status;
}

enum status browser_log_read(const char *path, struct browser_log **out, struct fault *fault)
{
    struct browser_log *log = browser_log_new();
    enum status status = STATUS_NOMEM;

    if (log != NULL)
        status =
                line_reader_file(&log->state->reader, path, "the browser's own account", fault);
    if (status == STATUS_OK)
        status = browser_log_seal(log);
    if (status == STATUS_OK) {
        *out = log;
        return STATUS_OK;
    }
    browser_log_free(log);
    return fault_set(fault, status, "out of memory");
}
