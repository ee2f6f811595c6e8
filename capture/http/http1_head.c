/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_head.h"

/* The IANA registry of methods, and those of UPnP and RPC over HTTP. */
static const char *const known_methods[] = {
        "GET",
        "POST",
        "HEAD",
        "PUT",
        "DELETE",
        "OPTIONS",
        "CONNECT",
        "PATCH",
        "TRACE",
        "QUERY",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "REPORT",
        "SEARCH",
        "ACL",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "LABEL",
        "LINK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "ORDERPATCH",
        "PRI",
        "REBIND",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UPDATE",
        "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "M-SEARCH",
        "PURGE",
        "RPC_IN_DATA",
        "RPC_OUT_DATA",
};

bool http1_method_is_known(struct bytes method)
{
    for (size_t i = 0; i < sizeof(known_methods) / sizeof(known_methods[0]); i++) {
        if (bytes_is(method, known_methods[i]))
            return true;
    }
    return false;
}

/* RFC 9110 section 5.6.2. */
static bool is_token_byte(uint8_t c)
{
    return ascii_is_alnum(c) || (c != 0 && bytes_has(BYTES_LITERAL("!#$%&'*+-.^_`|~"), c));
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The bytes before the first blank; the view moves to it. */
static struct bytes take_word(struct bytes *line)
{
    size_t n = 0;
    struct bytes word;

    while (n < line->n && !is_blank(line->p[n]))
        n++;
    word = bytes_slice(*line, 0, n);
    *line = bytes_slice(*line, n, line->n);
    return word;
}

/* "HTTP/" in any case, then a major and maybe a minor digit. */
static bool read_version(struct bytes word, struct http1_start *out)
{
    struct bytes number;
    uint8_t minor = 0;

    if (!bytes_starts_nocase(word, BYTES_LITERAL("HTTP/")))
        return false;
    number = bytes_slice(word, 5, word.n);
    if (number.n == 0 || !ascii_is_digit(number.p[0]))
        return false;
    /* As Chromium reads it: one digit before the dot, one behind, "1.01" is 1.0. */
    if (number.n >= 3 && number.p[1] == '.' && ascii_is_digit(number.p[2]))
        minor = number.p[2];
    else if (number.n != 1)
        return false;
    out->version1 = number.p[0] == '1';
    out->version10 = number.p[0] == '0' || (out->version1 && minor <= '0');
    return true;
}

bool http1_start_may(struct bytes first, enum direction dir)
{
    size_t n = 0;

    if (dir == FROM_SERVER) {
        struct bytes http = BYTES_LITERAL("HTTP/"), icy = BYTES_LITERAL("ICY ");

        return bytes_starts_nocase(http, bytes_slice(first, 0, http.n)) ||
               bytes_starts_nocase(icy, bytes_slice(first, 0, icy.n));
    }
    while (n < first.n && n <= HTTP1_METHOD_MOST && is_token_byte(first.p[n]))
        n++;
    return n == first.n ? n <= HTTP1_METHOD_MOST : n != 0 && is_blank(first.p[n]);
}

enum parse http1_request_line(struct bytes line, struct http1_start *out)
{
    struct http1_start start = {0};
    size_t at;

    while (line.n != 0 && (is_blank(line.p[line.n - 1]) || line.p[line.n - 1] == '\r'))
        line.n--;
    start.method = take_word(&line);
    if (start.method.n == 0 || start.method.n > HTTP1_METHOD_MOST)
        return PARSE_BAD;
    for (size_t i = 0; i < start.method.n; i++) {
        if (!is_token_byte(start.method.p[i]))
            return PARSE_BAD;
    }
    line = bytes_trim(line);
    for (at = line.n; at != 0 && !is_blank(line.p[at - 1]);)
        at--;
    start.target = bytes_trim(bytes_slice(line, 0, at));
    if (bytes_is(start.method, "CONNECT")) /* an authority holds no space */
        start.target = take_word(&start.target);
    if (start.target.n == 0 || !read_version(bytes_slice(line, at, line.n), &start))
        return PARSE_BAD;
    /* RFC 9113 section 3.4: the preface is made so that HTTP/1 servers reject it. */
    if (bytes_is(start.method, "PRI") && !start.version1)
        return PARSE_BAD;
    *out = start;
    return PARSE_DONE;
}

enum parse http1_status_line(struct bytes line, struct http1_start *out)
{
    struct http1_start start = {0};
    struct bytes word = take_word(&line);
    uint64_t status;
    size_t digits = 0;

    if (bytes_is_nocase(word, "ICY"))
        start.version10 = true;
    else if (!read_version(word, &start))
        return PARSE_BAD;
    line = bytes_trim(line);
    /* Browsers take what digits there are, "20x" as 20; without any there is no status. */
    while (digits < line.n && ascii_is_digit(line.p[digits]))
        digits++;
    if (digits > 3 || !bytes_decimal(bytes_slice(line, 0, digits), &status) || status == 0)
        return PARSE_BAD;
    start.status = (uint32_t)status;
    start.reason = bytes_trim(bytes_slice(line, digits, line.n));
    if (start.reason.n != 0 && start.reason.p[start.reason.n - 1] == '\r')
        start.reason.n--;
    *out = start;
    return PARSE_DONE;
}

/* One line without LF and CRLF; the last may have no end. */
static struct bytes take_line(struct bytes *fields)
{
    struct bytes line;

    if (!bytes_take_line(fields, &line)) {
        line = *fields;
        *fields = bytes_slice(*fields, fields->n, fields->n);
    }
    return line;
}

bool http1_field_take(struct bytes *fields, struct header *out)
{
    while (fields->n != 0) {
        struct bytes line = take_line(fields), name, value;

        /* Some servers end lines with LF CR. */
        while (line.n != 0 && line.p[0] == '\r')
            line = bytes_slice(line, 1, line.n);
        value = line;
        /* A folded line with nothing before it belongs to no field. */
        if (line.n == 0 || is_blank(line.p[0]) || !bytes_take_until(&value, ':', &name))
            continue;
        name = bytes_trim(name);
        if (name.n == 0)
            continue;
        /* RFC 9112 section 5.2: a line that begins with white space goes on with the value. */
        while (fields->n != 0 && is_blank(fields->p[0])) {
            struct bytes more = take_line(fields);

            value.n = (size_t)(more.p + more.n - value.p);
        }
        *out = (struct header){name, bytes_trim(value)};
        return true;
    }
    return false;
}

/* The next element of a comma-separated list, trimmed; false at its end. */
static bool take_element(struct bytes *list, struct bytes *out)
{
    if (list->n == 0)
        return false;
    if (!bytes_take_until(list, ',', out)) {
        *out = *list;
        *list = bytes_slice(*list, list->n, list->n);
    }
    while (out->n != 0 && (is_blank(out->p[0]) || out->p[0] == '\r' || out->p[0] == '\n'))
        *out = bytes_slice(*out, 1, out->n);
    while (out->n != 0 && (is_blank(out->p[out->n - 1]) || out->p[out->n - 1] == '\r' ||
                                  out->p[out->n - 1] == '\n'))
        out->n--;
    return true;
}

/* RFC 9112 section 6.3, item 5: "5, 5" and equal repeats are one length. */
static void add_length(struct http1_facts *facts, struct bytes list)
{
    struct bytes element;
    uint64_t length;

    if (list.n == 0)
        facts->bad_length = true;
    while (take_element(&list, &element)) {
        if (!bytes_decimal(element, &length)) {
            facts->bad_length = true;
            continue;
        }
        if (facts->has_length && facts->length != length)
            facts->lengths_differ = true;
        else
            facts->length = length;
        facts->has_length = true;
    }
}

static void add_codings(struct http1_facts *facts, struct bytes list)
{
    struct bytes element, name;

    while (take_element(&list, &element)) {
        if (!bytes_take_until(&element, ';', &name))
            name = element;
        name = bytes_trim(name);
        if (bytes_is_nocase(name, "chunked"))
            facts->chunked = true;
        else if (name.n != 0 && !bytes_is_nocase(name, "identity"))
            facts->other_coding = true;
    }
}

static bool list_has(struct bytes list, const char *word)
{
    struct bytes element;

    while (take_element(&list, &element)) {
        if (bytes_is_nocase(element, word))
            return true;
    }
    return false;
}

void http1_facts_add(struct http1_facts *facts, const struct header *field)
{
    if (bytes_is_nocase(field->name, "Content-Length"))
        add_length(facts, field->value);
    else if (bytes_is_nocase(field->name, "Transfer-Encoding"))
        add_codings(facts, field->value);
    else if (bytes_is_nocase(field->name, "Connection"))
        facts->asks_upgrade = facts->asks_upgrade || list_has(field->value, "upgrade");
    else if (bytes_is_nocase(field->name, "Expect"))
        facts->expects = true;
    else if (bytes_is_nocase(field->name, "Upgrade") && facts->upgrade.n == 0)
        facts->upgrade = field->value;
    else if (bytes_is_nocase(field->name, "Host") && facts->host.n == 0)
        facts->host = field->value;
}

enum http1_framing http1_request_framing(const struct http1_facts *facts)
{
    if (facts->chunked)
        return HTTP1_CHUNKED;
    /* RFC 9112 section 6.3, items 4 and 5: a server must answer these with 400. */
    if (facts->other_coding || facts->lengths_differ)
        return HTTP1_BROKEN;
    return facts->has_length ? HTTP1_LENGTH : HTTP1_NO_BODY;
}

enum http1_framing http1_response_framing(
        const struct http1_facts *facts, const struct http1_start *start, struct bytes method)
{
    if ((start->status >= 100 && start->status < 200) || start->status == 204 ||
            start->status == 304 || bytes_is(method, "HEAD"))
        return HTTP1_NO_BODY;
    if (bytes_is(method, "CONNECT") && start->status < 300)
        return HTTP1_NO_BODY;
    if (facts->chunked && !start->version10)
        return HTTP1_CHUNKED;
    if (facts->other_coding && !start->version10)
        return HTTP1_CLOSE;
    if (facts->lengths_differ)
        return HTTP1_BROKEN;
    if (facts->has_length && !facts->bad_length)
        return HTTP1_LENGTH;
    /* A 205 has no content, but may say so by its framing. */
    return start->status == 205 ? HTTP1_NO_BODY : HTTP1_CLOSE;
}
