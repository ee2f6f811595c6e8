/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_EXCHANGE_TEXT_H
#define TESTS_CAPTURE_HTTP_EXCHANGE_TEXT_H

/* What came out of an HTTP/2 or HTTP/3 connection, as text: an exchange is a line, a piece of a
 * tunnel is a word. Both give the length of what they wrote. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "capture/http/http.h"

struct line {
    char *text;
    size_t room, n;
};

#define SHOWN(b) (int)(b).n, (const char *)(b).p

__attribute__((format(printf, 2, 3))) static inline void say(
        struct line *l, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    l->n += (size_t)vsnprintf(l->text + l->n, l->room - l->n, format, list);
    va_end(list);
    assert_true(l->n < l->room);
}

static inline void say_fields(
        struct line *l, const char *before, const struct header *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        say(l, "%s%.*s=%.*s", i == 0 ? before : ",", SHOWN(fields[i].name),
                SHOWN(fields[i].value));
}

static inline void say_message(struct line *l, const struct message *m)
{
    say_fields(l, "", m->headers, m->header_count);
    say_fields(l, " +", m->trailers, m->trailer_count);
    if (m->body.present)
        say(l, " [%llu:%.*s%s", (unsigned long long)m->body.wire_bytes, SHOWN(m->body.data),
                m->body.whole ? "]" : "…]");
    say(l, "%s", m->whole ? "" : " cut");
}

/* "1 GET url 200 {request} {response}" */
static inline size_t exchange_text(const struct exchange *x, char *text, size_t room)
{
    struct line l = {.text = text, .room = room};

    assert_true(x->complete == (x->request.whole && x->response.whole));
    say(&l, "%llu %s%.*s %.*s %u", (unsigned long long)x->stream, x->pushed ? "pushed " : "",
            SHOWN(x->method), SHOWN(x->url), x->status);
    for (size_t i = 0; i < 4 && x->interim[i] != 0; i++)
        say(&l, " after %u", x->interim[i]);
    say(&l, " {");
    say_message(&l, &x->request);
    say(&l, "} {");
    say_message(&l, &x->response);
    say(&l, x->complete ? "}\n" : "} partial\n");
    return l.n;
}

/* "1>0@7:bytes ": stream, direction, enum item_kind, offset. */
static inline size_t tunnel_text(const struct http_tunnel *tunnel, char *text, size_t room)
{
    struct line l = {.text = text, .room = room};

    say(&l, "%llu%c%d@%llu:%.*s ", (unsigned long long)tunnel->exchange->stream,
            tunnel->item.dir == FROM_CLIENT ? '>' : '<', (int)tunnel->item.kind,
            (unsigned long long)tunnel->item.off, SHOWN(tunnel->item.data));
    return l.n;
}

#endif
