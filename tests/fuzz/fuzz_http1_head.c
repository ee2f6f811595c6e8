/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: http1_head and http_look. Results borrow from the input, a refused line leaves the
 * result alone, fields come in order without overlap, and a look that is sure stays what it is
 * when bytes are added.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/http/http.h"
#include "capture/http/http1_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct bytes part, struct bytes whole)
{
    assert(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check_lines(struct bytes all)
{
    struct http1_start start = {0};
    struct bytes rest = all, line;

    if (!bytes_take_line(&rest, &line))
        line = all;
    if (http1_request_line(line, &start) == PARSE_DONE) {
        assert(start.method.n != 0 && start.target.n != 0);
        assert(http1_start_may(line, FROM_CLIENT));
        inside(start.method, line);
        inside(start.target, line);
    } else {
        assert(start.method.p == NULL && start.target.p == NULL && start.status == 0);
    }
    start = (struct http1_start){0};
    if (http1_status_line(line, &start) == PARSE_DONE) {
        assert(start.status > 0 && start.status < 1000);
        inside(start.reason, line);
    } else {
        assert(start.status == 0 && start.reason.p == NULL);
    }
}

static void check_fields(struct bytes all)
{
    struct http1_start start = {.status = 200, .version1 = true};
    struct http1_facts facts = {0};
    struct bytes fields = all;
    const uint8_t *behind = all.p;
    struct header field;

    while (http1_field_take(&fields, &field)) {
        assert(field.name.n != 0 && field.name.p >= behind);
        inside(field.name, all);
        inside(field.value, all);
        assert(field.value.p >= field.name.p + field.name.n);
        behind = field.value.p + field.value.n;
        http1_facts_add(&facts, &field);
    }
    assert(fields.n == 0);
    if (http1_response_framing(&facts, &start, bytes_of(NULL, 0)) == HTTP1_LENGTH)
        assert(facts.has_length && !facts.lengths_differ);
    if (http1_request_framing(&facts) == HTTP1_CHUNKED)
        assert(facts.chunked);
}

static void check_look(struct bytes all)
{
    enum http_look whole = http_look(all);

    for (size_t n = 0; n <= all.n && n < 64; n++) {
        enum http_look found = http_look(bytes_slice(all, 0, n));

        if (found == HTTP_LOOK_RESPONSE && n != 0 && n < all.n)
            assert(whole == HTTP_LOOK_RESPONSE || ascii_is_digit(all.p[n]));
        else if (found != HTTP_LOOK_MORE)
            assert(found == whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = {data, size};

    check_lines(all);
    check_fields(all);
    check_look(all);
    return 0;
}
