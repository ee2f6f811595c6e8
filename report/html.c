/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PRINT_MOST = 4096, ESCAPE_TEXT = 24, C0_END = 0x20, DEL = 0x7f, C1_END = 0xa0 };

/* Nothing may run and nothing may load, whatever the text of a capture says. */
static const char policy[] =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

static void put(struct html *h, struct bytes raw)
{
    if (h->status == STATUS_OK)
        h->status = buf_append(h->out, raw);
}

static void put_text(struct html *h, const char *raw)
{
    put(h, bytes_text(raw));
}

static void fail(struct html *h)
{
    if (h->status == STATUS_OK)
        h->status = STATUS_USAGE;
}

static void end_tag(struct html *h)
{
    if (h->in_tag)
        put_text(h, ">");
    h->in_tag = false;
}

static bool name_allowed(const char *name)
{
    if (name[0] == '\0')
        return false;
    for (const char *p = name; *p != '\0'; p++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-'))
            return false;
    }
    return true;
}

/* One character of valid UTF-8 off the front; ISO 8859-1 when `latin1`. */
static uint32_t take_character(struct bytes *text, bool latin1)
{
    uint8_t first = text->p[0];
    size_t n = latin1 || first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? first : n == 2 ? first & 0x1fu : n == 3 ? first & 0x0fu : first & 7u;

    for (size_t i = 1; i < n; i++)
        c = (c << 6) | (text->p[i] & 0x3fu);
    text->p += n;
    text->n -= n;
    return c;
}

/*
 * Controls, and the characters of Unicode that are invisible or change the order in which
 * others are read (zero width, direction, line and paragraph separators, tags): a value must
 * look like what it is.
 */
static bool is_invisible(uint32_t c)
{
    return c < C0_END || (c >= DEL && c < C1_END) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static void put_invisible(struct html *h, uint32_t c, bool marked)
{
    char text[ESCAPE_TEXT];

    if (c == '\n')
        (void)snprintf(text, sizeof(text), "\\n");
    else if (c == '\t')
        (void)snprintf(text, sizeof(text), "\\t");
    else if (c == '\r')
        (void)snprintf(text, sizeof(text), "\\r");
    else if (c < 0x100)
        (void)snprintf(text, sizeof(text), "\\x%02x", (unsigned)c);
    else
        (void)snprintf(text, sizeof(text), "\\u{%04x}", (unsigned)c);
    if (marked)
        put_text(h, "<span class=\"esc\">");
    put_text(h, text);
    if (marked)
        put_text(h, "</span>");
}

static void put_character(struct html *h, uint32_t c)
{
    uint8_t raw[4];
    size_t n = 1;

    if (c < 0x80) {
        raw[0] = (uint8_t)c;
    } else if (c < 0x800) {
        raw[0] = (uint8_t)(0xc0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        raw[0] = (uint8_t)(0xe0 | c >> 12);
        n = 3;
    } else {
        raw[0] = (uint8_t)(0xf0 | c >> 18);
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        raw[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
    put(h, bytes_of(raw, n));
}

static void put_escaped(struct html *h, struct bytes text, bool marked)
{
    bool latin1 = !bytes_is_utf8(text);

    while (text.n != 0 && h->status == STATUS_OK) {
        uint32_t c = take_character(&text, latin1);

        if (c == '&')
            put_text(h, "&amp;");
        else if (c == '<')
            put_text(h, "&lt;");
        else if (c == '>')
            put_text(h, "&gt;");
        else if (c == '"')
            put_text(h, "&quot;");
        else if (c == '\'')
            put_text(h, "&#39;");
        else if (is_invisible(c))
            put_invisible(h, c, marked);
        else
            put_character(h, c);
    }
}

void html_open(struct html *h, const char *element)
{
    end_tag(h);
    if (h->depth == HTML_DEPTH || !name_allowed(element) || strcmp(element, "script") == 0) {
        fail(h);
        return;
    }
    put_text(h, "<");
    put_text(h, element);
    h->open[h->depth++] = element;
    h->in_tag = true;
}

/* No handlers, no styles, nothing that loads; links stay inside the page or the case. */
static bool attribute_allowed(const char *name, const char *value)
{
    static const char *const allowed[] = {
            "class", "id", "lang", "scope", "colspan", "datetime", "title"};

    if (strcmp(name, "href") == 0)
        return value[0] == '#' || strncmp(value, "../", 3) == 0;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++) {
        if (strcmp(name, allowed[i]) == 0)
            return true;
    }
    return false;
}

void html_attribute(struct html *h, const char *name, const char *value)
{
    if (!h->in_tag || !attribute_allowed(name, value)) {
        fail(h);
        return;
    }
    put_text(h, " ");
    put_text(h, name);
    put_text(h, "=\"");
    put_escaped(h, bytes_text(value), false);
    put_text(h, "\"");
}

void html_class(struct html *h, const char *name)
{
    html_attribute(h, "class", name);
}

static bool is_block(const char *element)
{
    static const char *const inlines[] = {"a", "abbr", "b", "bdi", "code", "em", "kbd", "mark",
            "small", "span", "strong", "time"};

    for (size_t i = 0; i < sizeof(inlines) / sizeof(*inlines); i++) {
        if (strcmp(element, inlines[i]) == 0)
            return false;
    }
    return true;
}

void html_close(struct html *h)
{
    const char *element;

    end_tag(h);
    if (h->depth == 0) {
        fail(h);
        return;
    }
    element = h->open[--h->depth];
    put_text(h, "</");
    put_text(h, element);
    put_text(h, is_block(element) ? ">\n" : ">");
}

void html_break(struct html *h)
{
    end_tag(h);
    put_text(h, "<br>\n");
}

void html_text(struct html *h, struct bytes text)
{
    end_tag(h);
    put_escaped(h, text, true);
}

void html_string(struct html *h, const char *text)
{
    html_text(h, bytes_text(text));
}

void html_print(struct html *h, const char *format, ...)
{
    char text[PRINT_MOST];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        fail(h);
    else
        html_string(h, text);
}

void html_element(struct html *h, const char *element, const char *class_, const char *text)
{
    html_open(h, element);
    if (class_ != NULL)
        html_class(h, class_);
    html_string(h, text);
    html_close(h);
}

void html_begin(
        struct html *h, struct buf *out, const char *lang, const char *title, struct bytes css)
{
    *h = (struct html){.out = out};
    put_text(h, "<!DOCTYPE html>\n");
    html_open(h, "html");
    html_attribute(h, "lang", lang);
    html_open(h, "head");
    end_tag(h);
    put_text(h, "\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
                "content=\"");
    put_text(h, policy);
    put_text(h,
            "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n");
    html_element(h, "title", NULL, title);
    /* Inside <style> nothing can be escaped: a sheet with markup in it is refused. */
    if (bytes_has(css, '<'))
        fail(h);
    put_text(h, "<style>\n");
    put(h, css);
    put_text(h, "</style>\n");
    html_close(h);
    html_open(h, "body");
}

enum status html_finish(struct html *h)
{
    while (h->depth != 0 && h->status == STATUS_OK)
        html_close(h);
    return h->status;
}
