/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/digest.h"
#include "classify/browser_state.h"

enum {
    TYPE_MOST = 64, /* of what the protocol has for words */
    STACK_MOST = 8, /* stacks of a script looked at for a place */
};

static struct bytes scheme_of(struct bytes url)
{
    struct bytes rest = url, scheme;

    return bytes_take_until(&rest, ':', &scheme) ? scheme : bytes_of(NULL, 0);
}

/* Without fragment. What holds its content is cut, and what opens a WebSocket is named as the
 * packets name it. */
static bool take_url(struct browser_log *log, struct bytes url, struct browser_request *r)
{
    struct bytes scheme = scheme_of(url), rest = url, front;
    bool is_data = bytes_is_nocase(scheme, "data");

    if (!is_data && bytes_take_until(&rest, '#', &front))
        url = front;
    if (bytes_is(scheme, "ws") || bytes_is(scheme, "wss")) {
        char text[BROWSER_URL_MOST];
        struct bytes tail = bytes_slice(url, 2, sizeof(text) - 4);

        memcpy(text, "http", 4);
        memcpy(text + 4, tail.p, tail.n);
        return browser_keep(log, bytes_of(text, 4 + tail.n), BROWSER_URL_MOST, &r->url);
    }
    return browser_keep(log, url, is_data ? BROWSER_INLINE_MOST : BROWSER_URL_MOST, &r->url);
}

/* Where the request was caused: the element of a document, or the innermost place of a script
 * that has an address, also of what had called it before. */
static bool take_initiator(
        struct browser_log *log, const struct json_value *initiator, struct browser_request *r)
{
    const struct json_value *stack = json_member(initiator, "stack"), *at = initiator;
    struct bytes url = browser_text_of(initiator, "url");

    r->initiator_line = BROWSER_NONE;
    for (int i = 0; i < STACK_MOST && url.n == 0 && stack != NULL; i++) {
        at = json_first(json_member(stack, "callFrames"));
        for (int k = 0; k < STACK_MOST && at != NULL && url.n == 0; k++) {
            url = browser_text_of(at, "url");
            if (url.n == 0)
                at = json_next(at);
        }
        stack = json_member(stack, "parent");
    }
    if (url.n == 0 || !json_integer_of(json_member(at, "lineNumber"), &r->initiator_line) ||
            r->initiator_line < 0)
        r->initiator_line = BROWSER_NONE;
    return browser_keep(log, browser_text_of(initiator, "type"), TYPE_MOST, &r->initiator) &&
           browser_keep(log, url,
                   bytes_is_nocase(scheme_of(url), "data") ? BROWSER_INLINE_MOST
                                                           : BROWSER_URL_MOST,
                   &r->initiator_url);
}

/* The request it is for may be told later. */
static bool take_cause(
        struct browser_log *log, const struct json_value *initiator, size_t index)
{
    struct browser_state *s = log->state;
    struct bytes id = browser_text_of(initiator, "requestId");

    while (s->waiting_capacity <= index) {
        if (!browser_room((void **)&s->waiting, s->waiting_capacity, &s->waiting_capacity,
                    sizeof(*s->waiting)))
            return false;
    }
    return browser_keep(log, id, BROWSER_URL_MOST, &s->waiting[index]);
}

/* Text as the page gave it. Of other bodies it says nothing that could be compared. */
static bool take_body(const struct json_value *request, struct browser_request *r)
{
    struct bytes text = browser_text_of(request, "postData");
    uint8_t digest[DIGEST_MOST];

    if (text.n == 0)
        return true;
    if (!digest_once(DIGEST_SHA256, text, digest))
        return false;
    r->has_body = true;
    memcpy(r->body, digest, sizeof(r->body));
    return true;
}

static enum status add_request(struct browser_log *log, struct browser_chain *c,
        const struct browser_request *made, size_t *index)
{
    if (log->request_count == BROWSER_REQUESTS_MOST) {
        log->left_out++;
        *index = log->request_count;
        return STATUS_OK;
    }
    if (!browser_room((void **)&log->requests, log->request_count, &log->request_capacity,
                sizeof(*log->requests)))
        return STATUS_NOMEM;
    *index = log->request_count++;
    log->requests[*index] = *made;
    if (c->last != 0)
        log->requests[c->last - 1].next_hop = (uint32_t)log->request_count;
    else
        c->first = (uint32_t)log->request_count;
    c->last = (uint32_t)log->request_count;
    return STATUS_OK;
}

static enum status chain_of(
        struct browser_log *log, struct bytes id, struct browser_chain **out)
{
    struct browser_state *s = log->state;
    enum status status;
    uint32_t number;

    *out = NULL;
    if (!browser_room(
                (void **)&s->chain, s->chain_count, &s->chain_capacity, sizeof(*s->chain)))
        return STATUS_NOMEM;
    number = browser_number(log, &s->chains, id, s->chain_count, &status);
    if (number > s->chain_count)
        s->chain[s->chain_count++] = (struct browser_chain){0};
    if (number != 0)
        *out = &s->chain[number - 1];
    else if (status == STATUS_OK)
        log->left_out++;
    return status;
}

/* A redirect's answer belongs to the hop before. */
static void end_hop(struct browser_log *log, struct browser_chain *c,
        const struct json_value *params, const struct json_value *response)
{
    struct browser_request *r = &log->requests[c->last - 1];
    struct bytes reason =
            browser_text_of(json_member(response, "headers"), "Non-Authoritative-Reason");

    browser_take_answer(r, c, response);
    r->inside = reason.n != 0;
    r->ended = true;
    r->end_ns = browser_time(c, params);
    if (!json_is_true(json_member(params, "redirectHasExtraInfo")))
        browser_pass_extras(log, c, c->last);
}

static bool take_words(
        struct browser_log *log, const struct json_value *params, struct browser_request *r)
{
    const struct json_value *request = json_member(params, "request");
    struct bytes id = browser_text_of(params, "requestId");

    return browser_keep(log, id, BROWSER_URL_MOST, &r->id) &&
           browser_keep(log, browser_text_of(request, "method"), TYPE_MOST, &r->method) &&
           browser_keep(log, browser_text_of(params, "type"), TYPE_MOST, &r->type) &&
           take_url(log, browser_text_of(request, "url"), r) && take_body(request, r) &&
           take_initiator(log, json_member(params, "initiator"), r);
}

/* When, on both of the browser's clocks. */
static void take_start(
        struct browser_chain *c, const struct json_value *params, struct browser_request *r)
{
    int64_t wall, clock;

    if (!browser_seconds(json_member(params, "wallTime"), &wall) ||
            !browser_seconds(json_member(params, "timestamp"), &clock))
        return;
    c->offset_ns = wall - clock;
    r->start_ns = wall;
}

enum status browser_requested(
        struct browser_log *log, uint32_t session, const struct json_value *params)
{
    const struct json_value *redirect = json_member(params, "redirectResponse");
    struct browser_request made = {
            .redirect_from = BROWSER_NONE, .initiator_request = BROWSER_NONE};
    struct bytes loader = browser_text_of(params, "loaderId");
    struct browser_chain *c;
    enum status status = chain_of(log, browser_text_of(params, "requestId"), &c);
    size_t index;

    if (status != STATUS_OK || c == NULL)
        return status;
    if (!take_words(log, params, &made))
        return STATUS_NOMEM;
    made.navigates =
            bytes_is(made.type, "Document") && loader.n != 0 && bytes_equal(made.id, loader);
    if (c->last != 0 && session != c->session &&
            bytes_equal(log->requests[c->last - 1].url, made.url))
        return STATUS_OK; /* told once more, to another listener */
    if (c->last != 0 && json_is_object(redirect)) {
        end_hop(log, c, params, redirect);
        made.redirect_from = (int64_t)c->last - 1;
    } else if (c->last != 0) {
        *c = (struct browser_chain){0}; /* a name used anew */
    }
    c->session = session;
    take_start(c, params, &made);
    status = add_request(log, c, &made, &index);
    if (status != STATUS_OK || index == log->request_count)
        return status;
    browser_take_extras(log, c, (uint32_t)index + 1);
    if (!take_cause(log, json_member(params, "initiator"), index))
        return STATUS_NOMEM;
    return browser_place(log, session, index, params);
}

enum status browser_socket_made(
        struct browser_log *log, uint32_t session, const struct json_value *params)
{
    struct browser_request made = {.redirect_from = BROWSER_NONE,
            .initiator_request = BROWSER_NONE,
            .method = BYTES_LITERAL("GET"),
            .type = BYTES_LITERAL("WebSocket"),
            .socket = true};
    struct browser_chain *c;
    enum status status = chain_of(log, browser_text_of(params, "requestId"), &c);
    size_t index;

    if (status != STATUS_OK || c == NULL || c->last != 0)
        return status; /* told once more */
    if (!browser_keep(log, browser_text_of(params, "requestId"), BROWSER_URL_MOST, &made.id) ||
            !take_url(log, browser_text_of(params, "url"), &made) ||
            !take_initiator(log, json_member(params, "initiator"), &made))
        return STATUS_NOMEM;
    c->session = session;
    status = add_request(log, c, &made, &index);
    if (status != STATUS_OK || index == log->request_count)
        return status;
    if (!take_cause(log, NULL, index))
        return STATUS_NOMEM;
    return browser_place(log, session, index, params);
}

/* Preflights, and whatever else names a request that it is for, belong where that one does. */
void browser_resolve(struct browser_log *log)
{
    struct browser_state *s = log->state;

    for (size_t i = s->resolved; i < log->request_count; i++) {
        struct browser_request *r = &log->requests[i];
        uint32_t number = i >= s->waiting_capacity || s->waiting[i].n == 0
                                  ? 0
                                  : browser_names_find(&s->chains, s->waiting[i]);
        const struct browser_chain *c = number == 0 ? NULL : &s->chain[number - 1];

        if (c == NULL || c->first == 0 || c->first - 1 == i)
            continue;
        r->initiator_request = (int64_t)c->first - 1;
        if (r->page == 0 && r->frame == BROWSER_FRAME_UNKNOWN) {
            r->page = log->requests[c->first - 1].page;
            r->frame = log->requests[c->first - 1].frame;
        }
    }
    s->resolved = log->request_count;
}
