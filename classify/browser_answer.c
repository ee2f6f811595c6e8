/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <string.h>

#include "classify/browser_state.h"

enum {
    ERROR_MOST = 128,
    EXTRAS_MOST = 32, /* that wait for their hop; browsers follow 20 redirects */
    STATUS_LEAST = 100,
    STATUS_MOST = 999,
};

struct browser_request *browser_last(struct browser_log *log, const struct browser_chain *c)
{
    return c->last == 0 ? NULL : &log->requests[c->last - 1];
}

int64_t browser_time(const struct browser_chain *c, const struct json_value *params)
{
    int64_t clock;

    if (c->offset_ns == 0 || !browser_seconds(json_member(params, "timestamp"), &clock))
        return 0;
    return clock + c->offset_ns;
}

static void take_server(struct browser_request *r, const struct json_value *response)
{
    const char *text = json_string_of(json_member(response, "remoteIPAddress"));
    struct endpoint at = {0};
    char address[INET6_ADDRSTRLEN + 2];
    size_t n = text == NULL ? 0 : strlen(text);
    int64_t port;

    if (n < 2 || n >= sizeof(address) ||
            !json_integer_of(json_member(response, "remotePort"), &port) || port < 1 ||
            port > UINT16_MAX)
        return;
    memcpy(address, text, n + 1);
    if (address[0] == '[' && address[n - 1] == ']') {
        memmove(address, address + 1, n - 2);
        address[n - 2] = '\0';
    }
    if (!endpoint_read_address(address, &at))
        return;
    at.port = (uint16_t)port;
    r->server = at;
}

static void take_status(struct browser_request *r, const struct json_value *status)
{
    int64_t n;

    if (json_integer_of(status, &n) && n >= STATUS_LEAST && n <= STATUS_MOST)
        r->status = (uint32_t)n;
}

/* When the first byte of the header was given to the network. */
static void take_timing(struct browser_request *r, const struct browser_chain *c,
        const struct json_value *timing)
{
    int64_t begin;
    double after;

    if (c->offset_ns != 0 && browser_seconds(json_member(timing, "requestTime"), &begin) &&
            json_number_of(json_member(timing, "sendStart"), &after) && after >= 0 &&
            after < 1e9)
        r->sent_ns = begin + c->offset_ns + (int64_t)(after * 1e6);
}

void browser_take_answer(struct browser_request *r, const struct browser_chain *c,
        const struct json_value *response)
{
    int64_t connection;

    r->answered = true;
    if (r->status == 0) /* what travelled goes before what the page was given */
        take_status(r, json_member(response, "status"));
    r->from_disk = json_is_true(json_member(response, "fromDiskCache"));
    r->from_worker = json_is_true(json_member(response, "fromServiceWorker"));
    r->ahead = json_is_true(json_member(response, "fromPrefetchCache")) ||
               json_is_true(json_member(response, "fromEarlyHints"));
    if (json_integer_of(json_member(response, "connectionId"), &connection) && connection > 0)
        r->connection = (uint64_t)connection;
    take_server(r, response);
    take_timing(r, c, json_member(response, "timing"));
}

static void apply_sent(struct browser_request *r, const struct browser_extra *extra)
{
    r->told = extra->told;
    r->has_told = extra->wired;
    r->wired = extra->wired;
}

static void apply_received(struct browser_request *r, const struct browser_extra *extra)
{
    if (extra->status != 0)
        r->status = extra->status;
    r->wired = true;
}

/* Gives the hop that waits what came for it; else keeps it for a hop to come. */
static bool give(struct browser_log *log, struct browser_extras *extras,
        const struct browser_extra *extra,
        void (*apply)(struct browser_request *, const struct browser_extra *))
{
    struct browser_extra *kept;

    if (extras->hop != 0) {
        struct browser_request *r = &log->requests[extras->hop - 1];

        apply(r, extra);
        extras->hop = r->next_hop;
        return true;
    }
    if (extras->n == EXTRAS_MOST)
        return true;
    kept = arena_alloc(log->arena, sizeof(*kept));
    if (kept == NULL)
        return false;
    *kept = *extra;
    kept->next = NULL;
    if (extras->last == NULL)
        extras->first = kept;
    else
        extras->last->next = kept;
    extras->last = kept;
    extras->n++;
    return true;
}

static bool take_kept(struct browser_log *log, struct browser_extras *extras, uint32_t hop,
        void (*apply)(struct browser_request *, const struct browser_extra *))
{
    const struct browser_extra *kept = extras->first;

    if (kept == NULL)
        return false;
    apply(&log->requests[hop - 1], kept);
    extras->first = kept->next;
    if (extras->first == NULL)
        extras->last = NULL;
    extras->n--;
    return true;
}

void browser_take_extras(struct browser_log *log, struct browser_chain *c, uint32_t hop)
{
    if (!take_kept(log, &c->sent, hop, apply_sent) && c->sent.hop == 0)
        c->sent.hop = hop;
    if (!take_kept(log, &c->received, hop, apply_received) && c->received.hop == 0)
        c->received.hop = hop;
}

void browser_pass_extras(struct browser_log *log, struct browser_chain *c, uint32_t hop)
{
    if (c->sent.hop == hop)
        c->sent.hop = log->requests[hop - 1].next_hop;
    if (c->received.hop == hop)
        c->received.hop = log->requests[hop - 1].next_hop;
}

/* Several listeners are told the same: the first one's account is taken. */
static bool is_again(struct browser_extras *extras, uint32_t session)
{
    if (extras->brought && extras->session != session)
        return true;
    extras->brought = true;
    extras->session = session;
    return false;
}

/* What a header says that tells requests for one address apart. */
static uint64_t told_of(const struct json_value *headers)
{
    uint64_t told = 0;

    for (const struct json_value *h = json_first(headers); h != NULL; h = json_next(h)) {
        struct bytes name = bytes_text(json_key(h));

        if (bytes_is_nocase(name, "cookie"))
            told = browser_told(told, bytes_text(json_string_of(h)));
    }
    for (const struct json_value *h = json_first(headers); h != NULL; h = json_next(h)) {
        if (bytes_is_nocase(bytes_text(json_key(h)), "sec-websocket-key"))
            told = browser_told(told, bytes_text(json_string_of(h)));
    }
    return told;
}

/* Only what was put together for the wire names whom it goes to. */
static bool is_wired(const struct json_value *headers)
{
    for (const struct json_value *h = json_first(headers); h != NULL; h = json_next(h)) {
        struct bytes name = bytes_text(json_key(h));

        if (bytes_is_nocase(name, "host") || bytes_is(name, ":authority"))
            return true;
    }
    return false;
}

enum status browser_extra_sent(struct browser_log *log, struct browser_chain *c,
        uint32_t session, const struct json_value *params)
{
    const struct json_value *headers = json_member(params, "headers");
    const struct browser_extra extra = {.told = told_of(headers), .wired = is_wired(headers)};

    return is_again(&c->sent, session) || give(log, &c->sent, &extra, apply_sent)
                   ? STATUS_OK
                   : STATUS_NOMEM;
}

enum status browser_extra_received(struct browser_log *log, struct browser_chain *c,
        uint32_t session, const struct json_value *params)
{
    struct browser_request told = {0};
    struct browser_extra extra = {0};

    take_status(&told, json_member(params, "statusCode"));
    extra.status = told.status;
    return is_again(&c->received, session) || give(log, &c->received, &extra, apply_received)
                   ? STATUS_OK
                   : STATUS_NOMEM;
}

void browser_answered(
        struct browser_log *log, struct browser_chain *c, const struct json_value *params)
{
    struct browser_request *r = browser_last(log, c);
    const struct json_value *response = json_member(params, "response");

    if (r == NULL) {
        log->orphans += json_is_object(response);
        return;
    }
    if (!json_is_object(response)) {
        r->from_memory = true;
        return;
    }
    if (r->answered)
        return; /* told once more */
    browser_take_answer(r, c, response);
    if (!json_is_true(json_member(params, "hasExtraInfo")))
        browser_pass_extras(log, c, c->last);
}

enum status browser_ended(struct browser_log *log, struct browser_chain *c,
        const struct json_value *params, bool failed)
{
    struct browser_request *r = browser_last(log, c);

    if (r == NULL || r->ended)
        return STATUS_OK;
    r->ended = true;
    r->end_ns = browser_time(c, params);
    if (!failed)
        return STATUS_OK;
    r->failed = true;
    r->cancelled = json_is_true(json_member(params, "canceled"));
    r->blocked = json_string_of(json_member(params, "blockedReason")) != NULL;
    return browser_keep(log, browser_text_of(params, "errorText"), ERROR_MOST, &r->error)
                   ? STATUS_OK
                   : STATUS_NOMEM;
}

static void socket_sent(
        struct browser_chain *c, struct browser_request *r, const struct json_value *params)
{
    const struct json_value *headers = json_member(json_member(params, "request"), "headers");
    int64_t wall, clock;

    if (!browser_seconds(json_member(params, "wallTime"), &wall) ||
            !browser_seconds(json_member(params, "timestamp"), &clock))
        return;
    c->offset_ns = wall - clock;
    r->start_ns = wall;
    r->wired = true;
    r->told = told_of(headers);
    r->has_told = true;
}

void browser_socket_told(struct browser_log *log, struct browser_chain *c, uint32_t session,
        struct bytes event, const struct json_value *params)
{
    struct browser_request *r = browser_last(log, c);
    const struct json_value *response = json_member(params, "response");

    if (r == NULL || !r->socket) {
        log->orphans += bytes_is(event, "webSocketHandshakeResponseReceived");
        return;
    }
    if (session != c->session)
        return; /* told once more, to another listener */
    if (bytes_is(event, "webSocketWillSendHandshakeRequest")) {
        socket_sent(c, r, params);
    } else if (bytes_is(event, "webSocketHandshakeResponseReceived")) {
        r->answered = r->wired = true;
        take_status(r, json_member(response, "status"));
    } else if (bytes_is(event, "webSocketFrameError")) {
        r->failed = true;
    } else if (bytes_is(event, "webSocketClosed")) {
        r->ended = true;
        r->end_ns = browser_time(c, params);
    } else {
        double opcode = 0;

        /* A message whose frames were joined: text or binary. */
        if (!json_number_of(json_member(response, "opcode"), &opcode) || opcode > 2)
            return;
        if (bytes_is(event, "webSocketFrameSent"))
            r->sent++;
        else
            r->received++;
    }
}
