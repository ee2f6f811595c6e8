/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/har/har_part.h"

enum {
    DECODED = 3 << 10, /* bytes of base64 decoded at a time */
    WS_TEXT = 1,       /* RFC 6455 section 5.2 */
    WS_BINARY = 2,
};

/* What browsers write where bytes were not text in the encoding they assumed: U+FFFD. */
static const char replacement[] = "\xef\xbf\xbd";

/* A full disk shows in the store's own status at the end; it takes nothing from what is read. */
static enum status only_memory(enum status status)
{
    return status == STATUS_NOMEM ? STATUS_NOMEM : STATUS_OK;
}

/* RFC 4648 section 4, white space passed over. False when it is no base64 to its end. */
static bool push_base64(struct body_reader *body, struct bytes text, enum status *status)
{
    uint8_t out[DECODED];
    uint32_t bits = 0;
    size_t n = 0, digits = 0;

    *status = STATUS_OK;
    for (size_t i = 0; i < text.n && *status == STATUS_OK; i++) {
        int value = ascii_base64_value(text.p[i]);

        if (bytes_has(BYTES_LITERAL(" \t\r\n"), text.p[i]))
            continue;
        if (text.p[i] == '=')
            break;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (++digits % 4 != 1)
            out[n++] = (uint8_t)(bits >> (6 - 2 * ((digits - 1) % 4)));
        if (n == sizeof(out)) {
            *status = only_memory(body_push(body, bytes_of(out, n)));
            n = 0;
        }
    }
    if (*status == STATUS_OK && n != 0)
        *status = only_memory(body_push(body, bytes_of(out, n)));
    return digits % 4 != 1;
}

/* The body's reader would undo Content-Encoding, which was done before the file was written: it
 * is shown the type alone. */
static struct body_reader *begin(struct har_maker *h, struct exchange *x, struct message *m,
        struct bytes type, bool is_request)
{
    struct header field = {BYTES_LITERAL("content-type"), type};
    struct header *fields = m->headers;
    size_t count = m->header_count;
    struct body_reader *body;

    m->headers = &field;
    m->header_count = type.n == 0 ? 0 : 1;
    body = body_new(h->bodies, x, m, is_request);
    m->headers = fields;
    m->header_count = count;
    return body;
}

static enum status lack_all(struct har_maker *h, struct connection *c, struct exchange *x,
        enum direction dir, const struct har_content *content, bool valid, bool replaced)
{
    enum status status = STATUS_OK;

    if (!valid)
        status = har_lack(c, x, dir, GAP_BAD, content->size,
                "the file says that a body is base64, and it is not");
    if (status == STATUS_OK && replaced) {
        h->facts.replaced++;
        status = har_lack(
                c, x, dir, GAP_LOST, 0, "the file replaced bytes of a body that are not text");
    }
    if (status == STATUS_OK && content->lost != NULL)
        status = har_lack(c, x, dir, GAP_LOST, 0, content->lost);
    return status;
}

enum status har_body(struct har_maker *h, struct connection *c, struct exchange *x,
        enum direction dir, const struct har_content *content)
{
    struct message *m = dir == FROM_CLIENT ? &x->request : &x->response;
    struct body_reader *body = begin(h, x, m, content->type, dir == FROM_CLIENT);
    struct bytes text = bytes_text(content->text);
    bool valid = true, replaced = false;
    enum status status;
    size_t at;

    if (body == NULL)
        return STATUS_NOMEM;
    if (content->coded) {
        valid = push_base64(body, text, &status);
    } else {
        replaced = bytes_find(text, bytes_text(replacement), 0, &at);
        status = only_memory(body_push(body, text));
    }
    m->whole = valid && !replaced && content->lost == NULL;
    if (status == STATUS_OK)
        status = only_memory(body_end(body, m->whole));
    body_free(body);
    if (content->size != 0)
        m->body.wire_bytes = content->size;
    return status == STATUS_OK ? lack_all(h, c, x, dir, content, valid, replaced) : status;
}

/* What every message has of the exchange that opened its WebSocket. */
static bool copy_origin(struct exchange *x, const struct exchange *opener)
{
    x->secure = opener->secure;
    return arena_copy(x->arena, opener->scheme, &x->scheme) &&
           arena_copy(x->arena, opener->authority, &x->authority) &&
           arena_copy(x->arena, opener->path, &x->path) &&
           arena_copy(x->arena, opener->host, &x->host) &&
           arena_copy(x->arena, opener->url, &x->url);
}

/* Chrome: {"type": "send", "time": seconds since 1970, "opcode": 1, "data": text or base64}. */
static enum status make_message(struct har_maker *h, struct connection *c, struct exchange *x,
        enum direction dir, const struct json_value *from)
{
    struct message *m = dir == FROM_CLIENT ? &x->request : &x->response;
    struct har_content content = {.text = json_string_of(json_member(from, "data"))};
    double seconds;
    int64_t opcode;

    if (!json_integer_of(json_member(from, "opcode"), &opcode) || opcode != WS_BINARY)
        opcode = WS_TEXT;
    content.coded = opcode == WS_BINARY;
    content.type = opcode == WS_TEXT ? BYTES_LITERAL("text/plain") : (struct bytes){0};
    x->opcode = opcode == WS_TEXT ? "text" : "binary";
    x->method = dir == FROM_CLIENT ? BYTES_LITERAL("SEND") : BYTES_LITERAL("RECV");
    m->seen = m->head_whole = true;
    m->first_ns = m->last_ns = c->last_ns;
    if (json_number_of(json_member(from, "time"), &seconds) && seconds > 0 && seconds < 9e9)
        m->first_ns = m->last_ns = (int64_t)(seconds * 1e9);
    if (content.text == NULL)
        content.text = "";
    x->complete = true;
    if (har_body(h, c, x, dir, &content) != STATUS_OK)
        return STATUS_NOMEM;
    if (opcode == WS_BINARY)
        m->body.type = BYTES_LITERAL("application/octet-stream");
    return STATUS_OK;
}

enum status har_sockets(struct har_maker *h, struct connection *c,
        const struct exchange *opener, const struct json_value *messages)
{
    enum status status = STATUS_OK;
    uint64_t n = 0, left = 0;

    for (const struct json_value *v = json_first(messages); v != NULL && status == STATUS_OK;
            v = json_next(v)) {
        const char *type = json_string_of(json_member(v, "type"));
        enum direction dir =
                type != NULL && strcmp(type, "send") == 0 ? FROM_CLIENT : FROM_SERVER;
        struct exchange *x;

        /* "error" is what the browser says, not what was sent. */
        if (type == NULL || (dir == FROM_SERVER && strcmp(type, "receive") != 0))
            continue;
        if (n == HAR_MESSAGES_MOST) {
            left++;
            continue;
        }
        x = exchange_new(c->id, opener->stream, PROTOCOL_WEBSOCKET);
        if (x == NULL)
            return STATUS_NOMEM;
        x->message = ++n;
        status = copy_origin(x, opener) ? make_message(h, c, x, dir, v) : STATUS_NOMEM;
        if (status == STATUS_OK)
            status = har_queue(h, x);
        else
            exchange_free(x);
    }
    if (status == STATUS_OK && left != 0) {
        const struct gap gap = {.why = GAP_BUDGET,
                .layer = LAYER_HTTP,
                .stream = opener->stream,
                .len = left,
                .detail = "more messages of one WebSocket than are read; the length counts "
                          "those left out"};

        status = ledger_file(&c->ledger, &gap) == 0 ? STATUS_NOMEM : STATUS_OK;
    }
    return status;
}
