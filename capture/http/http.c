/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http.h"

#include "capture/http/http1_head.h"

enum {
    BLANK_MOST = 8,   /* bytes of empty lines tolerated in front, RFC 9112 section 2.2 */
    LINE_SURE = 2048, /* a known method and this much of a target is a request line */
    UNKNOWN_METHOD_MOST = 24,
};

static bool is_shouting(struct bytes method)
{
    if (method.n == 0 || method.n > UNKNOWN_METHOD_MOST)
        return false;
    for (size_t i = 0; i < method.n; i++) {
        uint8_t c = method.p[i];

        if (!(c >= 'A' && c <= 'Z') && (i == 0 || (c != '-' && c != '_')))
            return false;
    }
    return true;
}

/* Compares as far as both reach. */
static bool agrees(struct bytes first, struct bytes whole)
{
    return bytes_starts(whole, bytes_slice(first, 0, whole.n));
}

/* "HTTP/1.x nnn" or "ICY nnn". */
static enum http_look look_at_status(struct bytes first)
{
    static const char pattern[] = "HTTP/1.d ddd", icy[] = "ICY ddd";
    const char *want = first.p[0] == 'I' ? icy : pattern;
    size_t n = first.p[0] == 'I' ? sizeof(icy) - 1 : sizeof(pattern) - 1;

    for (size_t i = 0; i < n; i++) {
        if (i == first.n)
            return HTTP_LOOK_MORE;
        if (want[i] == 'd' ? !ascii_is_digit(first.p[i]) : first.p[i] != (uint8_t)want[i])
            return HTTP_LOOK_NOT;
    }
    if (n == first.n)
        return HTTP_LOOK_RESPONSE;
    return ascii_is_digit(first.p[n]) ? HTTP_LOOK_NOT : HTTP_LOOK_RESPONSE;
}

static bool is_target_text(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < ' ' && text.p[i] != '\t' && text.p[i] != '\r')
            return false;
    }
    return true;
}

/* A method of the list may stand before a target we cannot see the end of; any other word
 * must be followed by a whole line that ends in an HTTP/1 version. SIP, RTSP and ICAP share
 * the grammar and some methods, but neither the version nor the first byte of the target. */
static enum http_look look_at_request(struct bytes first)
{
    struct bytes rest, method, line;
    struct http1_start start;

    /* Only the front is searched for the space: callers look at every line of long items. */
    rest = bytes_slice(first, 0, UNKNOWN_METHOD_MOST + 1);
    if (!bytes_take_until(&rest, ' ', &method))
        return is_shouting(first) ? HTTP_LOOK_MORE : HTTP_LOOK_NOT;
    if (!is_shouting(method))
        return HTTP_LOOK_NOT;
    rest = bytes_slice(first, method.n + 1, first.n);
    if (!http1_method_is_known(method) && rest.n != 0 &&
            !bytes_has(BYTES_LITERAL("/h*"), rest.p[0]))
        return HTTP_LOOK_NOT;
    if (bytes_take_line(&first, &line))
        return is_target_text(line) && http1_request_line(line, &start) == PARSE_DONE &&
                               start.version1
                       ? HTTP_LOOK_REQUEST
                       : HTTP_LOOK_NOT;
    if (!is_target_text(rest) || rest.n > HTTP1_LINE_MOST)
        return HTTP_LOOK_NOT;
    return http1_method_is_known(method) && rest.n > LINE_SURE &&
                           (rest.p[0] == '/' || rest.p[0] == 'h')
                   ? HTTP_LOOK_REQUEST
                   : HTTP_LOOK_MORE;
}

enum http_look http_look(struct bytes first)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    struct bytes whole = BYTES_LITERAL(preface);

    for (size_t i = 0; first.n != 0 && (first.p[0] == '\r' || first.p[0] == '\n'); i++) {
        if (i == BLANK_MOST)
            return HTTP_LOOK_NOT;
        first = bytes_slice(first, 1, first.n);
    }
    if (first.n == 0)
        return HTTP_LOOK_MORE;
    if (agrees(first, whole) && (first.n >= whole.n || first.n > sizeof("PRI")))
        return first.n < whole.n ? HTTP_LOOK_MORE : HTTP_LOOK_PREFACE;
    if (agrees(first, BYTES_LITERAL("HTTP/")) || agrees(first, BYTES_LITERAL("ICY ")))
        return look_at_status(first);
    return look_at_request(first);
}
