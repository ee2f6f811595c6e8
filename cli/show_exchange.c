/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show_parts.h"

enum { PART_MOST = 64, CONTEXT = 256 };

/* One exchange on its way to the terminal. */
struct view {
    struct show *show;
    const struct json_value *exchange;
    const struct cited *cited;
    size_t cited_count;
};

static int by_begin(const void *a, const void *b)
{
    const struct stretch *left = a, *right = b;

    return left->begin < right->begin ? -1 : left->begin > right->begin;
}

/* The marks that fall into a part whose bytes are `text`, the first of which is byte `base`. */
static size_t marks_in(const struct view *v, const char *part, struct bytes text, size_t base,
        struct stretch marks[SHOW_MARKS_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < v->cited_count && n < SHOW_MARKS_MOST; i++) {
        const struct cited *c = &v->cited[i];
        size_t at = 0;

        if (c->part == NULL) {
            while (n < SHOW_MARKS_MOST && bytes_find(text, c->value, at, &at)) {
                marks[n++] = (struct stretch){at, at + c->value.n};
                at += c->value.n;
            }
        } else if (strcmp(c->part, part) == 0 && c->off >= base && c->off - base < text.n) {
            size_t begin = (size_t)c->off - base;
            size_t left = text.n - begin;

            marks[n++] =
                    (struct stretch){begin, begin + (c->len < left ? (size_t)c->len : left)};
        }
    }
    qsort(marks, n, sizeof(*marks), by_begin);
    return n;
}

static void put_part(const struct view *v, const char *part, struct bytes text)
{
    struct stretch marks[SHOW_MARKS_MOST];
    size_t n = marks_in(v, part, text, 0, marks);

    say_marked(&v->show->say, text, marks, n, false);
}

/* Passwords and tokens of HTTP authentication, whatever was made of them as items. */
static bool is_secret(const char *name)
{
    struct bytes b = bytes_text(name);

    return bytes_is_nocase(b, "authorization") || bytes_is_nocase(b, "proxy-authorization");
}

static void put_header(const struct view *v, const char *side, size_t index, const char *name,
        struct bytes value)
{
    char part[PART_MOST], instead[MASK_TEXT];

    (void)snprintf(part, sizeof(part), "%s.headers.%zu", side, index);
    (void)fputs("  ", v->show->say.out);
    say_text(&v->show->say, bytes_text(name));
    (void)fputs(": ", v->show->say.out);
    if (is_secret(name) && mask_text(value, instead))
        (void)fputs(instead, v->show->say.out);
    else
        put_part(v, part, value);
    (void)fputc('\n', v->show->say.out);
}

/* A value marked "latin1" was read as ISO 8859-1 for JSON: here are its bytes again. */
static struct bytes to_latin1(char *text)
{
    uint8_t *out = (uint8_t *)text;
    const uint8_t *in = (const uint8_t *)text;
    size_t n = 0;

    while (*in != 0) {
        if ((*in == 0xc2 || *in == 0xc3) && (in[1] & 0xc0) == 0x80) {
            out[n++] = (uint8_t)((*in & 3) << 6 | (in[1] & 0x3f));
            in += 2;
        } else {
            out[n++] = *in++;
        }
    }
    return bytes_of(text, n);
}

static enum status put_headers(
        const struct view *v, const char *side, const struct json_value *message)
{
    size_t index = 0;

    for (const struct json_value *h = json_first(json_member(message, "headers")); h != NULL;
            h = json_next(h), index++) {
        const struct json_value *name = json_first(h), *value = json_next(name);
        const char *text = json_string_of(value);
        char *copy;

        if (json_string_of(name) == NULL || text == NULL)
            continue;
        if (json_next(value) == NULL) {
            put_header(v, side, index, json_string_of(name), bytes_text(text));
            continue;
        }
        copy = strdup(text);
        if (copy == NULL)
            return STATUS_NOMEM;
        put_header(v, side, index, json_string_of(name), to_latin1(copy));
        free(copy);
    }
    return STATUS_OK;
}

/* Shows the surroundings of the first mark, or the beginning. */
static void put_body_bytes(const struct view *v, const char *part, struct bytes data)
{
    struct stretch marks[SHOW_MARKS_MOST];
    size_t n = marks_in(v, part, data, 0, marks);
    size_t begin = n != 0 && marks[0].begin > SHOW_BODY / 2 ? marks[0].begin - CONTEXT : 0;
    struct bytes shown;

    /* From the start of a character, so that the rest still reads as UTF-8. */
    while (begin > 0 && begin < data.n && (data.p[begin] & 0xc0) == 0x80)
        begin--;
    shown = bytes_slice(data, begin, begin + SHOW_BODY);
    while (shown.n > 0 && begin + shown.n < data.n && (data.p[begin + shown.n] & 0xc0) == 0x80)
        shown.n--;
    n = marks_in(v, part, shown, begin, marks);
    if (begin != 0)
        (void)fprintf(v->show->say.out, "  [%zu bytes before this are not shown]\n", begin);
    if (say_is_text(shown))
        say_marked(&v->show->say, shown, marks, n, true);
    else
        say_dump(&v->show->say, shown, begin, marks, n);
    (void)fputc('\n', v->show->say.out);
}

static void put_body(const struct view *v, const char *side, const struct json_value *message)
{
    const struct json_value *body = json_member(message, "body");
    const char *sha256 = json_string_of(json_member(body, "sha256"));
    const char *type = json_string_of(json_member(body, "type"));
    const char *undecoded = json_string_of(json_member(body, "undecoded"));
    uint64_t bytes = show_number(body, "bytes");
    char part[PART_MOST];
    struct buf data;

    if (sha256 == NULL)
        return;
    (void)fprintf(v->show->say.out, "  body: %" PRIu64 " bytes", bytes);
    if (type != NULL) {
        (void)fputs(", ", v->show->say.out);
        say_text(&v->show->say, bytes_text(type));
    }
    (void)fputs(", sha256 ", v->show->say.out);
    say_text(&v->show->say, bytes_text(sha256));
    (void)fputc('\n', v->show->say.out);
    show_field(v->show, "  not decoded", undecoded);
    if (bytes == 0)
        return;
    buf_init(&data, SHOW_BODY_READ);
    (void)snprintf(part, sizeof(part), "%s.body", side);
    if (!case_body(v->show->directory, sha256, 0, SHOW_BODY_READ, &data)) {
        (void)fputs("  [its bytes were not kept in the case]\n", v->show->say.out);
    } else {
        put_body_bytes(v, part, buf_view(&data));
        if (bytes > SHOW_BODY)
            (void)fprintf(v->show->say.out,
                    "  [an excerpt; all that was kept: data/bodies/%s]\n", sha256);
    }
    buf_clear(&data);
}

static bool is_socket(const struct json_value *exchange)
{
    const char *protocol = json_string_of(json_member(exchange, "protocol"));

    return protocol != NULL && strcmp(protocol, "ws") == 0;
}

static enum status put_message(const struct view *v, const char *side)
{
    const struct json_value *message = json_member(v->exchange, side);
    const char *title = side;
    enum status status;

    /* A message of a WebSocket goes one way; nothing answers it. */
    if (is_socket(v->exchange))
        title = strcmp(side, "request") == 0 ? "sent by the browser" : "sent by the server";
    if (!json_is_object(message)) {
        if (title == side)
            (void)fprintf(v->show->say.out, "\n%s: none was seen\n", side);
        return STATUS_OK;
    }
    (void)fprintf(v->show->say.out, "\n%s%s\n", title,
            json_is_true(json_member(message, "whole")) ? "" : " (incomplete)");
    status = put_headers(v, side, message);
    put_body(v, side, message);
    show_frames(v->show, "  Wireshark", json_member(message, "frames"));
    return status;
}

/* The line of the request; the path and query of its URL are the part "request.path". */
static void put_target(const struct view *v)
{
    const char *url = json_string_of(json_member(v->exchange, "url"));
    const char *method = json_string_of(json_member(v->exchange, "method"));
    const char *host = url == NULL ? NULL : strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');

    show_label(v->show, is_socket(v->exchange) ? "message" : "request");
    say_text(&v->show->say, bytes_text(method == NULL ? "?" : method));
    (void)fputc(' ', v->show->say.out);
    if (path == NULL || is_socket(v->exchange)) { /* the path stands in its upgrade */
        say_text(&v->show->say, bytes_text(url == NULL ? "(unknown address)" : url));
    } else {
        say_text(&v->show->say, bytes_of(url, (size_t)(path - url)));
        put_part(v, "request.path", bytes_text(path));
    }
    (void)fputc('\n', v->show->say.out);
}

/* HTTP/3 and the WebSockets in it travel over UDP; the connection's line tells. */
static bool is_tcp(const struct show *s, const struct json_value *exchange)
{
    const char *id = json_string_of(json_member(exchange, "connection")), *transport;
    struct json_value *c = NULL;
    struct buf line;
    bool tcp = true;

    buf_init(&line, CASE_LINE_MOST);
    if (id != NULL && case_find(s->directory, "data/findings/connections.jsonl", id, &line, &c,
                              NULL) == STATUS_OK) {
        transport = json_string_of(json_member(c, "transport"));
        tcp = transport == NULL || strcmp(transport, "tcp") == 0;
    }
    json_free(c);
    buf_clear(&line);
    return tcp;
}

static void put_facts(const struct view *v)
{
    struct show *s = v->show;
    const struct json_value *x = v->exchange;
    const struct json_value *tracker = json_member(x, "tracker");
    const struct json_value *announced = json_member(x, "announced_by");

    show_member(s, "exchange", x, "id");
    show_member(s, "time", x, "time");
    show_member(s, "protocol", x, "protocol");
    put_target(v);
    show_member(s, "opcode", x, "opcode");
    show_member(s, "opened by", x, "opened_by");
    show_member(s, "status", x, "status");
    show_member(s, "client", x, "client");
    show_member(s, "server", x, "server");
    show_member(s, "server name", x, "server_name");
    show_member(s, "TLS", x, "tls");
    show_member(s, "page", x, "page");
    show_member(s, "known by", x, "page_basis");
    show_member(s, "party", x, "party");
    show_member(s, "owner", x, "owner");
    show_member(s, "announced in", announced, "how");
    show_member(s, "  by", announced, "exchange");
    show_member(s, "  in frame", announced, "frame");
    show_member(s, "list", tracker, "list");
    show_member(s, "rule", tracker, "rule");
    show_member(s, "led here", x, "redirect_from");
    show_list(s, "gaps", x, "gaps");
    show_filter_connection(s, x, is_tcp(s, x));
}

enum status show_exchange(struct show *s, const char *id, const struct cited *cited, size_t n,
        struct fault *fault)
{
    struct json_value *x = NULL;
    struct buf line;
    enum status status;

    buf_init(&line, CASE_LINE_MOST);
    status = case_find(s->directory, "data/findings/exchanges.jsonl", id, &line, &x, fault);
    if (status == STATUS_OK && s->json) {
        show_raw(&line);
    } else if (status == STATUS_OK) {
        struct view v = {.show = s, .exchange = x, .cited = cited, .cited_count = n};

        put_facts(&v);
        status = put_message(&v, "request");
        if (status == STATUS_OK)
            status = put_message(&v, "response");
        if (status != STATUS_OK)
            fault_set(fault, status, "out of memory");
    }
    json_free(x);
    buf_clear(&line);
    return status;
}
