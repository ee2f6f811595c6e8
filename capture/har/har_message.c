/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/har/har_part.h"
#include "capture/har/har_time.h"

enum { FIELD_MOST = 1 << 20, PARAMS_MOST = 64 << 20 };

static struct bytes text_of(const struct json_value *object, const char *key)
{
    return bytes_text(json_string_of(json_member(object, key)));
}

static bool is_true(const struct json_value *object, const char *key)
{
    return json_is_true(json_member(object, key));
}

/* A size of the file: unknown is written as -1, 0, null, or not at all. */
static uint64_t size_of(const struct json_value *object, const char *key)
{
    int64_t n;

    return json_integer_of(json_member(object, key), &n) && n > 0 ? (uint64_t)n : 0;
}

static void note_field(struct har_facts *f, struct bytes name)
{
    f->any_fields = true;
    if (bytes_is_nocase(name, "cookie") || bytes_is_nocase(name, "set-cookie") ||
            bytes_is_nocase(name, "authorization"))
        f->any_cookies = true;
}

/* Several fields of a name can stand in one value, a line each (Firefox, the debugging protocol
 * of Chrome); no line end travels inside a value. */
static enum status put_field(
        struct exchange *x, struct message *m, struct bytes name, struct bytes value)
{
    enum status status = STATUS_OK;
    struct bytes line;

    do {
        if (!bytes_take_line(&value, &line)) {
            line = value;
            value.n = 0;
        }
        status = exchange_add_header(x, m, name, line);
    } while (status == STATUS_OK && value.n != 0);
    return status;
}

static enum status put_fields(struct har_maker *h, struct connection *c, struct exchange *x,
        struct message *m, const struct json_value *fields)
{
    enum status status = STATUS_OK;
    size_t total = 0;

    m->head_whole = true;
    for (const struct json_value *f = json_first(fields); f != NULL && status == STATUS_OK;
            f = json_next(f)) {
        struct bytes name = text_of(f, "name"), value = text_of(f, "value");

        if (name.n == 0)
            continue;
        note_field(&h->facts, name);
        total += name.n + value.n;
        status = total > EXCHANGE_HEAD_MOST ? STATUS_USAGE : put_field(x, m, name, value);
    }
    if (status != STATUS_USAGE)
        return status;
    m->head_whole = false;
    return har_lack(c, x, m == &x->request ? FROM_CLIENT : FROM_SERVER, GAP_BUDGET, 0,
            "more header fields than are kept of one message");
}

/* "name=value; name=value", as the request's field would be. */
static enum status put_request_cookies(
        struct exchange *x, const struct json_value *cookies, struct buf *text)
{
    enum status status = STATUS_OK;

    for (const struct json_value *k = json_first(cookies); k != NULL && status == STATUS_OK;
            k = json_next(k)) {
        const char *name = json_string_of(json_member(k, "name"));
        const char *value = json_string_of(json_member(k, "value"));

        if (name != NULL && value != NULL)
            status = buf_print(text, "%s%s=%s", text->n == 0 ? "" : "; ", name, value);
    }
    if (status == STATUS_OK && text->n != 0)
        status = exchange_add_header(x, &x->request, BYTES_LITERAL("cookie"), buf_view(text));
    return status;
}

/* One Set-Cookie field, RFC 6265 section 4.1.1. */
static enum status put_set_cookie(
        struct exchange *x, const struct json_value *cookie, struct buf *text)
{
    static const char *const attributes[][2] = {
            {"path", "Path"}, {"domain", "Domain"}, {"sameSite", "SameSite"}};
    const char *name = json_string_of(json_member(cookie, "name"));
    const char *value = json_string_of(json_member(cookie, "value"));
    char date[HAR_DATE_TEXT];
    enum status status;
    int64_t expires;

    if (name == NULL || value == NULL)
        return STATUS_OK;
    status = buf_print(text, "%s=%s", name, value);
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        const char *is = json_string_of(json_member(cookie, attributes[i][0]));

        if (is != NULL && is[0] != '\0')
            status = buf_print(text, "; %s=%s", attributes[i][1], is);
    }
    if (status == STATUS_OK && har_time_read(text_of(cookie, "expires"), &expires) &&
            har_time_date(expires, date))
        status = buf_print(text, "; Expires=%s", date);
    if (status == STATUS_OK && is_true(cookie, "secure"))
        status = buf_text(text, "; Secure");
    if (status == STATUS_OK && is_true(cookie, "httpOnly"))
        status = buf_text(text, "; HttpOnly");
    if (status != STATUS_OK)
        return status;
    return exchange_add_header(x, &x->response, BYTES_LITERAL("set-cookie"), buf_view(text));
}

/* Cookies that are listed, but in no field: some tools write only the list. */
static enum status put_cookies(
        struct har_maker *h, struct exchange *x, struct message *m, const struct json_value *of)
{
    const struct json_value *cookies = json_member(of, "cookies");
    const char *field = m == &x->request ? "cookie" : "set-cookie";
    enum status status = STATUS_OK;
    struct buf text;

    if (json_first(cookies) == NULL)
        return STATUS_OK;
    h->facts.any_cookies = true;
    if (message_find(m, field) != NULL)
        return STATUS_OK;
    h->facts.cookies_listed++;
    buf_init(&text, FIELD_MOST);
    if (m == &x->request)
        status = put_request_cookies(x, cookies, &text);
    for (const struct json_value *k = json_first(cookies);
            m == &x->response && k != NULL && status == STATUS_OK; k = json_next(k)) {
        buf_reset(&text);
        status = put_set_cookie(x, k, &text);
    }
    buf_clear(&text);
    return status == STATUS_NOMEM ? STATUS_NOMEM : STATUS_OK;
}

/* Content-Type as it was sent, else what the program says. Lives in the arena. */
static bool find_type(
        struct exchange *x, struct message *m, const struct json_value *of, struct bytes *type)
{
    const struct header *field = message_find(m, "content-type");

    if (field != NULL) {
        *type = field->value;
        return true;
    }
    return arena_copy(x->arena, text_of(of, "mimeType"), type);
}

/* RFC 3986 section 2.3: what is not unreserved is written as %XX. */
static enum status put_escaped(struct buf *out, struct bytes text)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < text.n && status == STATUS_OK; i++) {
        if (ascii_is_alnum(text.p[i]) || bytes_has(BYTES_LITERAL("-._~"), text.p[i]))
            status = buf_append_u8(out, text.p[i]);
        else
            status = buf_print(out, "%%%02X", text.p[i]);
    }
    return status;
}

/* A form of which only the parameters are listed; how they were joined is not known. */
static enum status put_params(struct har_maker *h, struct connection *c, struct exchange *x,
        const struct json_value *params, struct har_content *content)
{
    enum status status = STATUS_OK;
    struct buf text;

    h->facts.rebuilt++;
    buf_init(&text, PARAMS_MOST);
    for (const struct json_value *p = json_first(params); p != NULL && status == STATUS_OK;
            p = json_next(p)) {
        if (text.n != 0)
            status = buf_append_u8(&text, '&');
        if (status == STATUS_OK)
            status = put_escaped(&text, text_of(p, "name"));
        if (status == STATUS_OK)
            status = buf_append_u8(&text, '=');
        if (status == STATUS_OK)
            status = put_escaped(&text, text_of(p, "value"));
    }
    if (status != STATUS_NOMEM)
        status = buf_append_u8(&text, '\0');
    if (status == STATUS_OK) {
        content->text = (const char *)text.p;
        content->type = BYTES_LITERAL("application/x-www-form-urlencoded");
        content->lost =
                "the file lists only the parameters of this body, not how they were sent";
        status = har_body(h, c, x, FROM_CLIENT, content);
    }
    buf_clear(&text);
    return status == STATUS_NOMEM ? STATUS_NOMEM : STATUS_OK;
}

static bool is_base64(const struct json_value *of)
{
    const char *encoding = json_string_of(json_member(of, "encoding"));

    return encoding != NULL && strcmp(encoding, "base64") == 0;
}

static enum status put_request_body(struct har_maker *h, struct connection *c,
        struct exchange *x, const struct json_value *request)
{
    const struct json_value *post = json_member(request, "postData");
    const struct header *length = message_find(&x->request, "content-length");
    const char *text = json_string_of(json_member(post, "text"));
    struct har_content content = {
            .text = text, .coded = is_base64(post), .size = size_of(request, "bodySize")};

    x->request.whole = x->request.head_whole;
    if (content.size == 0 && length != NULL && !bytes_decimal(length->value, &content.size))
        content.size = 0;
    if (!find_type(x, &x->request, post, &content.type))
        return STATUS_NOMEM;
    if (text != NULL && text[0] != '\0')
        return har_body(h, c, x, FROM_CLIENT, &content);
    if (json_first(json_member(post, "params")) != NULL)
        return put_params(h, c, x, json_member(post, "params"), &content);
    if (content.size == 0)
        return STATUS_OK;
    h->facts.without_body++;
    x->request.whole = false;
    return har_lack(c, x, FROM_CLIENT, GAP_LOST, content.size,
            "the file does not hold the body of this request");
}

enum status har_request(struct har_maker *h, struct connection *c, struct exchange *x,
        const struct json_value *request)
{
    struct message *m = &x->request;
    enum status status = put_fields(h, c, x, m, json_member(request, "headers"));

    if (status == STATUS_OK)
        status = put_cookies(h, x, m, request);
    if (status == STATUS_OK && m->header_count == 0) {
        h->facts.without_fields++;
        m->head_whole = false;
        status = har_lack(c, x, FROM_CLIENT, GAP_LOST, 0,
                "the file lists no header fields of this request");
    }
    return status == STATUS_OK ? put_request_body(h, c, x, request) : status;
}

/* How many bytes, before they became text, a text can stand for: in UTF-16 it takes two to make
 * one of UTF-8. */
static uint64_t bytes_at_most(const char *text, bool coded)
{
    uint64_t n = strlen(text);

    return coded ? n / 4 * 3 + 3 : 2 * n + 2;
}

enum status har_response(struct har_maker *h, struct connection *c, struct exchange *x,
        const struct json_value *response)
{
    const struct json_value *of = json_member(response, "content");
    const char *text = json_string_of(json_member(of, "text"));
    uint64_t size = size_of(of, "size");
    struct message *m = &x->response;
    struct har_content content = {
            .text = text, .coded = is_base64(of), .size = size_of(response, "bodySize")};
    enum status status = put_fields(h, c, x, m, json_member(response, "headers"));

    if (status == STATUS_OK)
        status = put_cookies(h, x, m, response);
    if (status == STATUS_OK && !find_type(x, m, of, &content.type))
        status = STATUS_NOMEM;
    m->whole = m->head_whole;
    if (status != STATUS_OK)
        return status;
    if (text != NULL && text[0] != '\0') {
        if (size > bytes_at_most(text, content.coded))
            content.lost = "the file holds only a part of this content";
        return har_body(h, c, x, FROM_SERVER, &content);
    }
    if (size == 0 && content.size == 0)
        return STATUS_OK;
    /* To a HEAD and with a 304 the lengths are those of what was not sent: RFC 9110 section 8.6. */
    if (bytes_is(x->method, "HEAD") || x->status == 304 || x->status == 204)
        return STATUS_OK;
    h->facts.without_content++;
    m->whole = false;
    return har_lack(c, x, FROM_SERVER, GAP_LOST, size != 0 ? size : content.size,
            "the file does not hold the content of this response");
}
