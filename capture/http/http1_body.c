/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_body.h"

#include "capture/http/http.h"

void http1_body_init(struct http1_body *b, enum http1_framing framing, uint64_t length)
{
    *b = (struct http1_body){.framing = framing};
    b->left = framing == HTTP1_LENGTH ? length : 0;
    buf_init(&b->trailers, HTTP1_TRAILERS_MOST);
}

void http1_body_clear(struct http1_body *b)
{
    buf_clear(&b->trailers);
}

static void take_data(struct http1_body *b, struct bytes *in, struct bytes *data)
{
    size_t n = b->left < in->n ? (size_t)b->left : in->n;

    *data = bytes_slice(*in, 0, n);
    *in = bytes_slice(*in, n, in->n);
    b->left -= n;
}

static enum parse fail(struct http1_body *b, enum parse verdict, const char *why)
{
    b->bad = why;
    return verdict;
}

static void end_size_line(struct http1_body *b)
{
    b->line = 0;
    b->digits = false;
    if (b->left != 0) {
        b->chunk = HTTP1_CHUNK_DATA;
        return;
    }
    b->last_seen = true;
    b->chunk = HTTP1_CHUNK_TRAILERS;
}

/* chunk-size [ BWS ] [ chunk-ext ] CRLF; LF alone ends the line as well. */
static enum parse take_size(struct http1_body *b, uint8_t c)
{
    int digit = ascii_hex_value(c);

    if (++b->line > HTTP1_CHUNK_LINE_MOST)
        return fail(b, PARSE_UNSUPPORTED, "chunk-size line longer than we read");
    if (b->chunk == HTTP1_CHUNK_EXTENSION) {
        if (c == '\n')
            end_size_line(b);
        return PARSE_MORE;
    }
    if (digit >= 0) {
        if (b->left > UINT64_MAX >> 4)
            return fail(b, PARSE_BAD, "chunk size overflows");
        b->left = b->left << 4 | (uint64_t)digit;
        b->digits = true;
        return PARSE_MORE;
    }
    if (!b->digits)
        return c == ' ' || c == '\t' ? PARSE_MORE : fail(b, PARSE_BAD, "no chunk size");
    if (c == '\n')
        end_size_line(b);
    else if (c == ' ' || c == '\t' || c == ';' || c == '\r')
        b->chunk = HTTP1_CHUNK_EXTENSION;
    else
        return fail(b, PARSE_BAD, "no chunk size");
    return PARSE_MORE;
}

static enum parse take_end(struct http1_body *b, uint8_t c)
{
    if (c == '\r' && b->line == 0) {
        b->line++;
        return PARSE_MORE;
    }
    if (c != '\n')
        return fail(b, PARSE_BAD, "a chunk is longer than its size");
    b->line = 0;
    b->chunk = HTTP1_CHUNK_SIZE;
    return PARSE_MORE;
}

/* Trailer lines up to the empty one. Servers that leave the empty one out are known: a start
 * line in its place begins the next message. */
static enum parse take_trailer(struct http1_body *b, struct bytes *in)
{
    size_t n = 0;
    bool ended;
    enum http_look look = b->line == 0 ? http_look(*in) : HTTP_LOOK_NOT;

    if (b->line == 0 && in->p[0] != '\r' && in->p[0] != '\n' &&
            (look == HTTP_LOOK_REQUEST || look == HTTP_LOOK_RESPONSE))
        return PARSE_DONE;
    while (n < in->n && in->p[n] != '\n')
        n++;
    ended = n < in->n;
    n += ended ? 1 : 0;
    switch (buf_append(&b->trailers, bytes_slice(*in, 0, n))) {
    case STATUS_OK:
        break;
    case STATUS_USAGE:
        return fail(b, PARSE_UNSUPPORTED, "trailers longer than we keep");
    case STATUS_NOMEM:
    case STATUS_IO:
    case STATUS_INPUT:
    case STATUS_FULL:
    case STATUS_MISSING:
        return fail(b, PARSE_UNSUPPORTED, NULL);
    }
    *in = bytes_slice(*in, n, in->n);
    b->line += n;
    if (!ended)
        return PARSE_MORE;
    n = b->line;
    b->line = 0;
    return n == 1 || (n == 2 && b->trailers.p[b->trailers.n - 2] == '\r') ? PARSE_DONE
                                                                          : PARSE_MORE;
}

static enum parse take_chunked(struct http1_body *b, struct bytes *in, struct bytes *data)
{
    enum parse verdict = PARSE_MORE;

    while (in->n != 0 && verdict == PARSE_MORE) {
        switch (b->chunk) {
        case HTTP1_CHUNK_DATA:
            take_data(b, in, data);
            if (b->left == 0)
                b->chunk = HTTP1_CHUNK_END;
            return PARSE_MORE;
        case HTTP1_CHUNK_TRAILERS:
            verdict = take_trailer(b, in);
            break;
        case HTTP1_CHUNK_SIZE:
        case HTTP1_CHUNK_EXTENSION:
            verdict = take_size(b, in->p[0]);
            if (verdict == PARSE_MORE)
                *in = bytes_slice(*in, 1, in->n);
            break;
        case HTTP1_CHUNK_END:
            verdict = take_end(b, in->p[0]);
            if (verdict == PARSE_MORE)
                *in = bytes_slice(*in, 1, in->n);
            break;
        }
    }
    return verdict;
}

enum parse http1_body_take(struct http1_body *b, struct bytes *in, struct bytes *data)
{
    *data = bytes_slice(*in, 0, 0);
    switch (b->framing) {
    case HTTP1_LENGTH:
        take_data(b, in, data);
        return b->left == 0 ? PARSE_DONE : PARSE_MORE;
    case HTTP1_CHUNKED:
        return take_chunked(b, in, data);
    case HTTP1_CLOSE:
        *data = *in;
        *in = bytes_slice(*in, in->n, in->n);
        return PARSE_MORE;
    case HTTP1_NO_BODY:
    case HTTP1_BROKEN:
        break;
    }
    return PARSE_DONE;
}

uint64_t http1_body_gap(struct http1_body *b, uint64_t len)
{
    uint64_t n;

    if (b->framing == HTTP1_CLOSE)
        return len;
    if (b->framing == HTTP1_CHUNKED && b->chunk != HTTP1_CHUNK_DATA)
        return 0;
    n = b->left < len ? b->left : len;
    b->left -= n;
    if (b->framing == HTTP1_CHUNKED && b->left == 0)
        b->chunk = HTTP1_CHUNK_END;
    return n;
}

bool http1_body_is_whole(const struct http1_body *b)
{
    switch (b->framing) {
    case HTTP1_LENGTH:
        return b->left == 0;
    case HTTP1_CHUNKED:
        return b->last_seen;
    case HTTP1_NO_BODY:
    case HTTP1_CLOSE:
        return true;
    case HTTP1_BROKEN:
        break;
    }
    return false;
}
