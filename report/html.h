/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

/*
 * A small writer of HTML into a buf. Everything is escaped by construction: there is no call
 * that writes text as it is. Names of elements and attributes must be literals of [a-z0-9-];
 * attributes that could run or load something are refused, links lead to "#..." or to a file
 * of the same case ("../...") only.
 *
 * Text from a capture is hostile. What is not UTF-8 is read as ISO 8859-1, as in the JSON
 * lines. Characters that cannot be seen or that reorder what is read (controls, Unicode
 * direction marks and other invisible ones) are shown as escapes such as \x1b or \u{202e}, in
 * an element of their own so that they cannot be mistaken for such letters in the text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

enum { HTML_DEPTH = 24 };

struct html {
    struct buf *out;    /* borrowed */
    enum status status; /* the first failure; later calls do nothing */
    const char *open[HTML_DEPTH];
    size_t depth;
    bool in_tag; /* the last start tag still takes attributes */
};

/* The prologue: doctype, <html lang>, a head with the title, a policy that forbids scripts and
 * the network, the style sheet (our own, without "<"), and the start of the body. */
void html_begin(
        struct html *h, struct buf *out, const char *lang, const char *title, struct bytes css);
/* Closes what is open. The first failure, or STATUS_OK: STATUS_NOMEM, or STATUS_USAGE (over
 * the limit of `out`, a name or a link that is not allowed, too deep). */
MUST_USE enum status html_finish(struct html *h);

void html_open(struct html *h, const char *element);
/* Of the element just opened, before anything is written into it. */
void html_attribute(struct html *h, const char *name, const char *value);
void html_class(struct html *h, const char *name);
void html_close(struct html *h); /* the innermost open element */
void html_break(struct html *h); /* <br> */

void html_text(struct html *h, struct bytes text);
void html_string(struct html *h, const char *text); /* NULL writes nothing */
void html_print(struct html *h, const char *format, ...) PRINTF_LIKE(2, 3);

/* A picture, carried in the page itself; anything but a PNG is refused (html_is_png). */
void html_image(struct html *h, struct bytes png, const char *alt);
MUST_USE bool html_is_png(struct bytes data); /* it begins like one */

/* An element with text only; `class_` may be NULL. */
void html_element(struct html *h, const char *element, const char *class_, const char *text);

#endif
