/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/doh.h"

#include "base/buf.h"

enum { DNS_MESSAGE_MOST = 65535 };

static const char media_type[] = "application/dns-message";

static enum status push(
        struct lookups *l, const struct exchange *x, const struct message *m, struct bytes data)
{
    const struct lookup_origin from = {
            .connection = x->connection,
            .stream = x->stream,
            .carrier = "doh",
            .time_ns = m->last_ns,
            .frame = m->last_frame,
    };

    return lookups_push(l, &from, data);
}

static bool is_message(const struct message *m)
{
    return m->body.whole && m->body.data.n == m->body.bytes &&
           bytes_is_nocase(m->body.type, media_type);
}

/* Other things are called "dns" too: one side must say that it speaks of DNS messages. */
static bool speaks_dns(const struct exchange *x)
{
    const struct header *accept = message_find(&x->request, "accept");
    struct bytes first;

    if (bytes_is_nocase(x->response.body.type, media_type))
        return true;
    for (; accept != NULL; accept = message_find_next(&x->request, "accept", accept)) {
        struct bytes rest = accept->value;

        while (rest.n != 0) {
            if (!bytes_take_until(&rest, ',', &first)) {
                first = rest;
                rest.n = 0;
            }
            if (bytes_starts_nocase(bytes_trim(first), BYTES_LITERAL(media_type)))
                return true;
        }
    }
    return false;
}

/* The value of the parameter "dns" in the query of a path; false when there is none. */
static bool find_parameter(struct bytes path, struct bytes *value)
{
    struct bytes before, one, fragment;

    if (!bytes_take_until(&path, '?', &before))
        return false;
    if (bytes_take_until(&path, '#', &fragment))
        path = fragment;
    while (path.n != 0) {
        if (!bytes_take_until(&path, '&', &one)) {
            one = path;
            path.n = 0;
        }
        if (!bytes_starts(one, BYTES_LITERAL("dns=")))
            continue;
        *value = bytes_slice(one, 4, one.n);
        return true;
    }
    return false;
}

/* base64url without padding (RFC 8484 section 6); padding that is there all the same is passed
 * over. STATUS_USAGE: it is none. */
static enum status decode(struct bytes text, struct buf *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    enum status status = STATUS_OK;

    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n && status == STATUS_OK; i++) {
        int value = ascii_base64_value(text.p[i]);

        if (value < 0)
            return STATUS_USAGE;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        status = buf_append_u8(out, (uint8_t)(bits >> held & 0xff));
    }
    return status;
}

static enum status read_parameter(struct lookups *l, const struct exchange *x)
{
    enum status status;
    struct bytes text;
    struct buf query;

    if (!bytes_is(x->method, "GET") || !find_parameter(x->path, &text) || !speaks_dns(x))
        return STATUS_OK;
    buf_init(&query, DNS_MESSAGE_MOST);
    status = decode(text, &query);
    if (status == STATUS_OK)
        status = push(l, x, &x->request, buf_view(&query));
    else if (status == STATUS_USAGE) /* no DNS message, or too long for one */
        status = STATUS_OK;
    buf_clear(&query);
    return status;
}

enum status doh_read(struct lookups *l, const struct exchange *x)
{
    enum status status = STATUS_OK;

    if (is_message(&x->request))
        status = push(l, x, &x->request, x->request.body.data);
    else
        status = read_parameter(l, x);
    /* The answer repeats the question, and completes its look-up. */
    if (status == STATUS_OK && is_message(&x->response))
        status = push(l, x, &x->response, x->response.body.data);
    return status;
}
