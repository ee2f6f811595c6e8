/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/visible.h"

#include "base/base64.h"

enum { PRINT_MOST = 4096 };

/* Nothing may run and nothing may load, whatever the text of a capture says. */
static const char policy[] =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'";

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

static void put_hidden(struct html *h, uint32_t c, bool marked)
{
    char text[VISIBLE_TEXT];

    visible_escape(c, text);
    if (marked)
        put_text(h, "<span class=\"esc\">");
    put_text(h, text);
    if (marked)
        put_text(h, "</span>");
}

static void put_character(struct html *h, uint32_t c)
{
    uint8_t raw[VISIBLE_UTF8_MOST];

    put(h, bytes_of(raw, visible_encode(c, raw)));
}

static void put_escaped(struct html *h, struct bytes text, bool marked)
{
    bool latin1 = !bytes_is_utf8(text);

    while (text.n != 0 && h->status == STATUS_OK) {
        uint32_t c = visible_take(&text, latin1);

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
        else if (visible_hidden(c))
            put_hidden(h, c, marked);
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
    static const char *const allowed[] = {"class", "id", "lang", "scope", "colspan", "datetime",
            "title", "open", "role", "aria-label",
            /* Of drawings; HTML reads "viewbox" as SVG's "viewBox". */
            "viewbox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r"};

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

bool html_is_png(struct bytes data)
{
    static const uint8_t magic[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    return bytes_starts(data, bytes_of(magic, sizeof(magic)));
}

static void put_base64(struct html *h, struct bytes data)
{
    enum { PIECE = 3 << 10 };
    char text[BASE64_TEXT(PIECE)];

    for (size_t i = 0; i < data.n && h->status == STATUS_OK; i += PIECE) {
        base64_encode(bytes_slice(data, i, data.n - i < PIECE ? data.n : i + PIECE), text);
        put_text(h, text);
    }
}

void html_image(struct html *h, struct bytes png, const char *alt)
{
    if (!html_is_png(png)) {
        fail(h);
        return;
    }
    end_tag(h);
    put_text(h, "<img alt=\"");
    put_escaped(h, bytes_text(alt), false);
    put_text(h, "\" src=\"data:image/png;base64,");
    put_base64(h, png);
    put_text(h, "\">");
}
