/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/search_world.h"
#include "tests/classify/data/search_matrix.h"

enum { ROWS = sizeof(matrix_rows) / sizeof(*matrix_rows), TEXT_MOST = 2048 };

static const enum subject_kind kinds[] = {SUBJECT_EMAIL, SUBJECT_PHONE, SUBJECT_NAME,
        SUBJECT_SEARCH, SUBJECT_ID_NUMBER, SUBJECT_ADDRESS};

/* Each puts a text where it travels, and says in which part and from which offset on. */
enum carrier_kind {
    IN_QUERY,
    IN_PATH,
    IN_COOKIE,
    IN_HEADER,
    IN_REFERER,
    IN_FORM,
    IN_JSON,
    IN_MULTIPART,
    IN_TEXT,
    IN_PROTOBUF,
    IN_MSGPACK,
    IN_GRPC,
    IN_MESSAGE,
    IN_LOCATION,
    IN_SET_COOKIE,
    IN_ANSWER,
    CARRIERS,
};

static const char *const names[CARRIERS] = {"query", "path", "cookie", "header", "referer",
        "form", "JSON", "multipart", "text", "protobuf", "msgpack", "gRPC-Web", "message",
        "Location", "Set-Cookie", "answer"};

static const char *const wheres[CARRIERS] = {"query", "path", "cookie", "header", "referer",
        "body", "body", "body", "body", "body", "body", "body", "websocket", "location",
        "set-cookie", "body"};

static struct bytes framed(char *out, const char *head, size_t head_n, const char *text)
{
    memcpy(out, head, head_n);
    memcpy(out + head_n, text, strlen(text));
    return bytes_of(out, head_n + strlen(text));
}

/* One field "wd" of a message, in frames of protobuf or in MessagePack. */
static struct bytes binary(enum carrier_kind carrier, const char *text, char *out)
{
    size_t n = strlen(text);
    const uint8_t two[] = {0, 0, 0, (uint8_t)((n + 3) >> 8), (uint8_t)(n + 3), 0x0a,
            (uint8_t)(n | 128), (uint8_t)(n >> 7)};
    const uint8_t one[] = {0, 0, 0, 0, (uint8_t)(n + 2), 0x0a, (uint8_t)n};
    const uint8_t pack[] = {0x81, 0xa2, 'w', 'd', 0xda, (uint8_t)(n >> 8), (uint8_t)n};
    size_t skip = carrier == IN_PROTOBUF ? 5 : 0;

    if (carrier == IN_MSGPACK)
        return framed(out, (const char *)pack, sizeof(pack), text);
    if (n > 127)
        return framed(out, (const char *)two + skip, sizeof(two) - skip, text);
    return framed(out, (const char *)one + skip, sizeof(one) - skip, text);
}

static void put_body(struct exchange *x, const char *type, const char *before, const char *text,
        const char *behind)
{
    char out[TEXT_MOST + 200];

    (void)snprintf(out, sizeof(out), "%s%s%s", before, text, behind);
    search_world_body(x, false, type, bytes_text(out));
}

static void put(struct search_world *s, enum carrier_kind carrier, const char *text)
{
    char out[TEXT_MOST + 200];
    struct exchange *x;

    (void)snprintf(out, sizeof(out),
            carrier == IN_QUERY  ? "/p?a=1&wd=%s&z=2"
            : carrier == IN_PATH ? "/a/%s/z"
                                 : "/p",
            text);
    x = search_world_exchange(s, out);
    (void)snprintf(out, sizeof(out),
            carrier == IN_COOKIE || carrier == IN_SET_COOKIE ? "a=1; wd=%s; z=1"
            : carrier == IN_HEADER                           ? "%s"
                                                             : "https://a.test/s?wd=%s",
            text);
    switch (carrier) {
    case IN_QUERY:
    case IN_PATH:
        break;
    case IN_COOKIE:
        search_world_header(x, false, "Cookie", out);
        break;
    case IN_HEADER:
        search_world_header(x, false, "X-Search", out);
        break;
    case IN_REFERER:
        search_world_header(x, false, "referer", out);
        break;
    case IN_LOCATION:
        search_world_header(x, true, "Location", out);
        break;
    case IN_SET_COOKIE:
        search_world_header(x, true, "set-cookie", out);
        break;
    case IN_FORM:
        put_body(x, "application/x-www-form-urlencoded", "a=1&wd=", text, "&z=2");
        break;
    case IN_JSON:
        put_body(x, "application/json", "{\"a\":[1,{\"wd\":\"", text, "\"}],\"z\":2}");
        break;
    case IN_MULTIPART:
        put_body(x, "multipart/form-data; boundary=BB",
                "--BB\r\nContent-Disposition: form-data; name=\"wd\"\r\n\r\n", text,
                "\r\n--BB--\r\n");
        break;
    case IN_TEXT:
        put_body(x, "text/plain", "some words, then wd: ", text, " .");
        break;
    case IN_PROTOBUF:
        search_world_body(x, false, "application/x-protobuf", binary(carrier, text, out));
        break;
    case IN_MSGPACK:
        search_world_body(x, false, "application/msgpack", binary(carrier, text, out));
        break;
    case IN_GRPC:
        search_world_body(x, false, "application/grpc-web+proto", binary(carrier, text, out));
        break;
    case IN_MESSAGE:
        x->message = 1;
        x->opcode = "text";
        x->response.seen = false;
        put_body(x, "", "42[\"ev\",{\"wd\":\"", text, "\"}]");
        break;
    case IN_ANSWER:
        (void)snprintf(out, sizeof(out), "<html><title>%s</title></html>", text);
        search_world_body(x, true, "text/html", bytes_text(out));
        break;
    case CARRIERS:
        break;
    }
}

static bool fits(const struct search_world *s, const struct hit *h, size_t row,
        enum carrier_kind carrier)
{
    const struct matrix_row *r = &matrix_rows[row];
    struct bytes cited = search_world_cited(s, h);
    size_t at;

    if (h->place.exchange != row || h->value != r->value ||
            h->digest_count != (r->outer[0] != '\0') + (size_t)(r->inner[0] != '\0'))
        return false;
    if ((h->digest_count > 0 && strcmp(h->digests[0], r->outer) != 0) ||
            (h->digest_count > 1 && strcmp(h->digests[1], r->inner) != 0))
        return false;
    assert_string_equal(h->where, wheres[carrier]);
    assert_true(h->response == (carrier >= IN_LOCATION));
    /* What it cites is of what was put there: a base64 digit or its padding may be left out. */
    return bytes_find(bytes_text(r->text), cited, 0, &at) && cited.n != 0;
}

static void subject_of_the_matrix(struct search_world *s)
{
    search_world_begin(s);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct variant *v = search_world_value(s, kinds[i], matrix_values[i]);

        v->bounded = kinds[i] == SUBJECT_PHONE || kinds[i] == SUBJECT_ID_NUMBER;
    }
    search_world_form(s, 2, BYTES_LITERAL("\xcd\xf5\xd0\xa1\xc3\xf7\xc3\xf7"), "gbk");
    search_world_form(s, 3, BYTES_LITERAL("\xbc\xf5\xb7\xca"), "gbk")->needs_key = true;
    s->at[3].needs_key = true;
    search_world_form(s, 5,
            BYTES_LITERAL("\xb1\xb1\xbe\xa9\xca\xd0\xb3\xaf\xd1\xf4\xc7\xf8\xbd\xa8\xb9\xfa\xc2"
                          "\xb7"
                          "88\xba\xc5"),
            "gbk");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        static uint8_t wide[8][64];
        const char *text = matrix_values[i];
        size_t n = 0;

        /* UTF-16LE, of characters with up to three bytes in UTF-8. */
        while (*text != '\0') {
            unsigned c = (uint8_t)*text;

            if (c >= 0x80) {
                c = (c & 15) << 12 | ((uint8_t)text[1] & 63u) << 6 | ((uint8_t)text[2] & 63u);
                text += 2;
            }
            wide[i][n++] = (uint8_t)c;
            wide[i][n++] = (uint8_t)(c >> 8);
            text++;
        }
        search_world_form(s, i, bytes_of(wide[i], n), "utf-16le")->hashed = false;
    }
}

static void every_coding_and_digest_is_found_in(enum carrier_kind carrier)
{
    struct search_world s;
    size_t missed = 0, hit = 0;

    subject_of_the_matrix(&s);
    for (size_t row = 0; row < ROWS; row++)
        put(&s, carrier, matrix_rows[row].text);
    search_world_run(&s);
    assert_false(s.hits.capped);
    for (size_t row = 0; row < ROWS; row++) {
        bool found = false;

        while (hit < s.hits.n && s.hits.at[hit].place.exchange < row)
            hit++;
        for (size_t i = hit; i < s.hits.n && s.hits.at[i].place.exchange == row; i++) {
            found |= fits(&s, &s.hits.at[i], row, carrier);
            if (s.hits.at[i].value != matrix_rows[row].value)
                fail_msg("not of the row: %s", search_world_text(&s, &s.hits.at[i]));
        }
        /* In a path "/" parts segments: nobody can read it as a digit there. */
        if (!found && (carrier != IN_PATH || strchr(matrix_rows[row].text, '/') == NULL)) {
            missed++;
            print_message("%s: no %s %s %s in %s: %s\n", matrix_values[matrix_rows[row].value],
                    matrix_rows[row].coding, matrix_rows[row].outer, matrix_rows[row].inner,
                    names[carrier], matrix_rows[row].text);
        }
    }
    assert_int_equal(missed, 0);
    search_world_end(&s);
}

static void every_coding_is_found_in_requests(void **state)
{
    (void)state;
    for (int carrier = IN_QUERY; carrier <= IN_REFERER; carrier++)
        every_coding_and_digest_is_found_in((enum carrier_kind)carrier);
}

static void every_coding_is_found_in_bodies_and_messages(void **state)
{
    (void)state;
    for (int carrier = IN_FORM; carrier <= IN_MESSAGE; carrier++)
        every_coding_and_digest_is_found_in((enum carrier_kind)carrier);
}

static void every_coding_is_found_in_answers(void **state)
{
    (void)state;
    for (int carrier = IN_LOCATION; carrier < CARRIERS; carrier++)
        every_coding_and_digest_is_found_in((enum carrier_kind)carrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_coding_is_found_in_requests),
            cmocka_unit_test(every_coding_is_found_in_bodies_and_messages),
            cmocka_unit_test(every_coding_is_found_in_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
