/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <nghttp3/nghttp3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/qpack.h"
#include "tests/support/oom.h"

enum { TEXT_MOST = 1 << 14 };

/* What a section says: "name=value;", '?' for a field that is not known, '!' for what RFC 9204
 * does not allow. */
struct said {
    char text[TEXT_MOST];
    size_t n;
};

static void say(struct said *out, struct bytes b)
{
    out->n += (size_t)snprintf(
            out->text + out->n, TEXT_MOST - out->n, "%.*s", (int)b.n, (const char *)b.p);
}

static const char *read_from(struct qpack *q, uint64_t stream, struct bytes section,
        uint64_t packet, bool torn, struct said *out)
{
    uint8_t *exact = malloc(section.n == 0 ? 1 : section.n);
    struct field field;

    assert_non_null(exact);
    if (section.n != 0)
        memcpy(exact, section.p, section.n);
    out->n = 0;
    out->text[0] = '\0';
    qpack_begin(q, stream, bytes_of(exact, section.n), packet, torn);
    for (;;) {
        enum field_step step = qpack_next(q, &field);

        if (step == FIELD_READ) {
            say(out, field.name);
            say(out, bytes_text("="));
            say(out, field.value);
            say(out, bytes_text(field.sensitive ? "*;" : ";"));
        } else {
            say(out, bytes_text(step == FIELD_UNKNOWN ? "?" : step == FIELD_BAD ? "!" : ""));
            if (step != FIELD_UNKNOWN)
                break;
        }
    }
    assert_int_equal(qpack_next(q, &field), FIELD_END);
    free(exact);
    return out->text;
}

static struct said last;

#define READ(q, literal) read_from(q, 0, BYTES_LITERAL(literal), 0, false, &last)
#define INSERT(q, literal)                                                                     \
    assert_int_equal(qpack_insert(q, BYTES_LITERAL(literal), 0), PARSE_DONE)

static struct qpack *fresh(uint64_t limit)
{
    struct qpack *q = qpack_new();

    assert_non_null(q);
    qpack_limit(q, limit);
    return q;
}

/* RFC 9204 appendix B, whole. */
#define B1 "\x00\x00\x51\x0b/index.html"
#define B2_STREAM "\x3f\xbd\x01\xc0\x0fwww.example.com\xc1\x0c/sample/path"
#define B2 "\x03\x81\x10\x11"
#define B3_STREAM                                                                              \
    "\x4a"                                                                                     \
    "custom-key\x0c"                                                                           \
    "custom-value"
#define B4_STREAM "\x02"
#define B4 "\x05\x00\x80\xc1\x81"
#define B5_STREAM                                                                              \
    "\x81\x0d"                                                                                 \
    "custom-value2"

static void the_examples_of_rfc_9204_are_read(void **state)
{
    struct qpack *q = fresh(220);

    (void)state;
    assert_string_equal(READ(q, B1), ":path=/index.html;");
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 0), 2);
    INSERT(q, B2_STREAM);
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 0), 0);
    assert_string_equal(READ(q, B2), ":authority=www.example.com;:path=/sample/path;");
    INSERT(q, B3_STREAM);
    INSERT(q, B4_STREAM);
    assert_string_equal(
            READ(q, B4), ":authority=www.example.com;:path=/;custom-key=custom-value;");
    INSERT(q, B5_STREAM);
    assert_int_equal(qpack_inserted(q), 5);
    /* Required Insert Count 5, Base 5: the newest entry is index 0. */
    assert_string_equal(READ(q, "\x06\x00\x80"), "custom-key=custom-value2;");
    qpack_free(q);
}

static void an_encoder_stream_may_be_split_anywhere(void **state)
{
    static const char stream[] = B2_STREAM B3_STREAM B4_STREAM B5_STREAM;
    struct bytes all = BYTES_LITERAL(stream);

    (void)state;
    for (size_t at = 0; at <= all.n; at++) {
        struct qpack *q = fresh(220);

        assert_int_equal(qpack_insert(q, bytes_slice(all, 0, at), 0), PARSE_DONE);
        assert_int_equal(qpack_insert(q, bytes_slice(all, at, all.n), 0), PARSE_DONE);
        assert_int_equal(qpack_inserted(q), 5);
        assert_string_equal(
                READ(q, B4), ":authority=www.example.com;:path=/;custom-key=custom-value;");
        qpack_free(q);
    }
}

static void a_section_cut_anywhere_says_a_prefix_of_its_fields(void **state)
{
    static const char whole[] = ":authority=www.example.com;:path=/;custom-key=custom-value;";
    struct qpack *q = fresh(220);
    struct bytes section = BYTES_LITERAL(B4);
    struct said said;

    (void)state;
    INSERT(q, B2_STREAM B3_STREAM B4_STREAM);
    for (size_t n = 0; n < section.n; n++) {
        const char *text = read_from(q, 0, bytes_slice(section, 0, n), 0, true, &said);

        assert_int_equal(strncmp(whole, text, strlen(text)), 0);
        text = read_from(q, 0, bytes_slice(section, 0, n), 0, false, &said);
        assert_true(n < 2 ? strcmp(text, "!") == 0 : strchr(text, '!') == NULL);
    }
    section = BYTES_LITERAL(B1);
    for (size_t n = 3; n < section.n; n++) {
        assert_string_equal(read_from(q, 0, bytes_slice(section, 0, n), 0, false, &said), "!");
        assert_string_equal(read_from(q, 0, bytes_slice(section, 0, n), 0, true, &said), "");
    }
    qpack_free(q);
}

static void sections_that_break_the_rules_are_bad(void **state)
{
    struct qpack *q = fresh(220);

    (void)state;
    INSERT(q, B2_STREAM);
    assert_string_equal(READ(q, "\x00\x00\xff\x24"), "!"); /* static entry 99 */
    assert_string_equal(READ(q, "\x00\x00\xff\x23"), "x-frame-options=sameorigin;");
    assert_string_equal(READ(q, "\x00\x00\x80"), "!"); /* refers, but requires nothing */
    assert_string_equal(READ(q, "\x02\x00\x80\x81"), ":authority=www.example.com;!");
    assert_string_equal(READ(q, "\x02\x00\x10"), "!");            /* beyond what is required */
    assert_string_equal(READ(q, "\x02\x81\x10"), "!");            /* a Base below 0 */
    assert_string_equal(READ(q, "\x0d\x00\x80"), "!");            /* more than 2 * MaxEntries */
    assert_string_equal(READ(q, "\x00\x00\x51\x81\xff"), "!");    /* no Huffman code */
    assert_string_equal(READ(q, "\x00\x00\xd1"), ":method=GET;"); /* reads on after a fault */
    assert_string_equal(READ(q, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), "!");
    qpack_free(q);
    q = fresh(0);
    assert_string_equal(READ(q, "\x02\x00\x80"), "!"); /* there is no table */
    qpack_free(q);
}

static void never_indexed_fields_and_all_kinds_of_lines_are_told(void **state)
{
    struct qpack *q = fresh(220);

    (void)state;
    INSERT(q, B2_STREAM B3_STREAM);
    /* Literal names, the mark that keeps them out of tables, and names by every reference. */
    assert_string_equal(READ(q, "\x00\x00\x33"
                                "abc\x01"
                                "d"),
            "abc=d*;");
    assert_string_equal(READ(q, "\x00\x00\x23"
                                "abc\x01"
                                "d"),
            "abc=d;");
    assert_string_equal(READ(q, "\x00\x00\x71\x01/"), ":path=/*;");
    assert_string_equal(READ(q, "\x04\x00\x40\x01"
                                "x\x62\x01"
                                "y"),
            "custom-key=x;:authority=y*;");
    assert_string_equal(READ(q, "\x04\x82\x00\x01"
                                "x\x09\x01"
                                "y\x12"),
            ":authority=x;:path=y*;custom-key=custom-value;");
    /* Huffman: the examples of RFC 7541 appendix C.4. */
    assert_string_equal(
            READ(q, "\x00\x00\x50\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
            ":authority=www.example.com;");
    assert_string_equal(
            READ(q, "\x00\x00\x2f\x01\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49"
                    "\xe9\x5b\xb8\xe8\xb4\xbf"),
            "custom-key=custom-value;");
    qpack_free(q);
}

static void after_a_hole_old_entries_stay_and_new_ones_are_unknown(void **state)
{
    struct qpack *q = fresh(220);

    (void)state;
    INSERT(q, B2_STREAM);
    qpack_lose(q, 1); /* at most one insertion */
    assert_true(qpack_is_lost(q));
    INSERT(q, B4_STREAM);
    assert_int_equal(qpack_inserted(q), 2);
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B4), 0), 0);
    assert_string_equal(READ(q, B4), "?:path=/;?"); /* entries 3 and 2 */
    /* Required Insert Count 4 with the name of entry 2, a static and a literal line. */
    assert_string_equal(READ(q, "\x05\x00\x41\x01"
                                "x\xd1\x21"
                                "a\x01"
                                "b"),
            "?:method=GET;a=b;");
    qpack_free(q);

    /* When any number may have been inserted, none is certain: 2 may be 14 as well. */
    q = fresh(220);
    INSERT(q, B2_STREAM);
    qpack_lose(q, UINT64_MAX);
    assert_string_equal(READ(q, B2), "??");
    assert_string_equal(READ(q, B1), ":path=/index.html;");
    qpack_free(q);
    q = fresh(220);
    INSERT(q, B2_STREAM);
    qpack_lose(q, 5); /* not more than 7 + 6: still 2 */
    assert_string_equal(READ(q, B2), ":authority=www.example.com;:path=/sample/path;");
    qpack_lose(q, 1);
    assert_string_equal(READ(q, B2), "??");
    qpack_free(q);
}

static void a_malformed_encoder_stream_is_lost_from_there_on(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
            {"\xff\x24\x01x", 4},                                     /* static entry 99 */
            {"\x82\x01x", 3},                                         /* name of no entry */
            {"\x02", 1},                                              /* a duplicate of none */
            {"\xc1\x81\xff", 3},                                      /* no Huffman code */
            {"\x3f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* an endless integer */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct qpack *q = fresh(220);

        INSERT(q, B2_STREAM);
        assert_int_equal(qpack_insert(q, bytes_of(bad[i].bytes, bad[i].n), 0), PARSE_BAD);
        assert_int_equal(qpack_insert(q, BYTES_LITERAL(B4_STREAM), 0), PARSE_BAD);
        assert_string_equal(READ(q, B2), ":authority=www.example.com;:path=/sample/path;");
        qpack_lose(q, UINT64_MAX);
        assert_true(qpack_is_lost(q));
        INSERT(q, B4_STREAM);
        assert_int_equal(qpack_inserted(q), 2);
        assert_string_equal(READ(q, B2), "??"); /* of how many insertions, nobody knows */
        assert_string_equal(READ(q, B1), ":path=/index.html;");
        qpack_free(q);
    }
}

static void without_settings_only_what_is_certain_is_read(void **state)
{
    struct qpack *q = qpack_new();

    (void)state;
    /* The encoder says 220 bytes: MaxEntries is 6 at least, so 3 can be nothing but 2. */
    INSERT(q, B2_STREAM);
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 0), 0);
    assert_string_equal(READ(q, B2), ":authority=www.example.com;:path=/sample/path;");
    for (int i = 0; i < 6; i++)
        INSERT(q, "\x01"); /* duplicates: 8 insertions, 2 might be 2 or 14 */
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 0), UINT64_MAX);
    assert_string_equal(READ(q, B2), "??");
    qpack_limit_lost(q);
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 0), 0);
    qpack_free(q);
    q = qpack_new();
    INSERT(q, B2_STREAM);
    for (int i = 0; i < 6; i++)
        INSERT(q, "\x01");
    qpack_limit(q, 220); /* 9 - 1 = 8 of 12: the newest */
    assert_string_equal(
            READ(q, "\x09\x00\x80\x81"), ":path=/sample/path;:authority=www.example.com;");
    qpack_free(q);
}

/* With 6 entries at most and 40 insertions, 3 means 2, 14, 26 or 38 insertions. */
static void late_sections_are_read_by_the_state_of_their_packet(void **state)
{
    struct qpack *q = fresh(220);
    struct said said;

    (void)state;
    assert_int_equal(qpack_insert(q, BYTES_LITERAL(B2_STREAM), 10), PARSE_DONE);
    for (uint64_t i = 0; i < 38; i++)
        assert_int_equal(qpack_insert(q, BYTES_LITERAL("\x80\x01x"), 20 + i), PARSE_DONE);
    assert_string_equal(read_from(q, 0, BYTES_LITERAL(B2), 12, false, &said),
            ":authority=www.example.com;:path=/sample/path;");
    assert_string_equal(
            read_from(q, 0, BYTES_LITERAL("\x03\x00\x80"), 57, false, &said), ":path=x;");
    /* Captured before the insertions it needs, and read after them. */
    assert_string_equal(read_from(q, 0, BYTES_LITERAL(B2), 9, false, &said),
            ":authority=www.example.com;:path=/sample/path;");
    assert_string_equal(READ(q, B2), "??"); /* of no known packet: any of them */
    qpack_free(q);
}

/* Only so many packets are remembered; what is older is not guessed. */
static void what_was_long_ago_is_not_guessed(void **state)
{
    struct qpack *q = fresh(220);
    struct said said;

    (void)state;
    assert_int_equal(qpack_insert(q, BYTES_LITERAL(B2_STREAM), 10), PARSE_DONE);
    for (uint64_t i = 0; i < 300; i++)
        assert_int_equal(qpack_insert(q, BYTES_LITERAL("\x80\x01x"), 1000 + i), PARSE_DONE);
    assert_string_equal(read_from(q, 0, BYTES_LITERAL(B2), 12, false, &said), "??");
    assert_string_equal(
            read_from(q, 0, BYTES_LITERAL(B1), 12, false, &said), ":path=/index.html;");
    /* 302 insertions, which is 2 of 12. */
    assert_string_equal(
            read_from(q, 0, BYTES_LITERAL("\x03\x00\x80"), 1299, false, &said), ":path=x;");
    qpack_free(q);
}

/* The encoder stream is behind, but the answers tell that more was inserted. */
static void the_decoder_stream_tells_how_far_the_encoder_is(void **state)
{
    struct qpack *q = fresh(220);
    struct said said;

    (void)state;
    assert_int_equal(qpack_insert(q, BYTES_LITERAL(B2_STREAM), 1), PARSE_DONE);
    assert_string_equal(read_from(q, 4, BYTES_LITERAL(B2), 2, false, &said),
            ":authority=www.example.com;:path=/sample/path;");
    assert_int_equal(qpack_answered(q, BYTES_LITERAL("\x84\x08\x48"), 3), PARSE_DONE);
    /* 2 acknowledged with stream 4, 8 more by an increment: 3 means 14 now, not 2. */
    assert_int_equal(qpack_waits(q, BYTES_LITERAL(B2), 4), 14);
    assert_string_equal(read_from(q, 8, BYTES_LITERAL(B2), 4, false, &said), "??");
    for (int i = 0; i < 12; i++)
        assert_int_equal(qpack_insert(q, BYTES_LITERAL("\x80\x01y"), 5), PARSE_DONE);
    assert_string_equal(
            read_from(q, 8, BYTES_LITERAL("\x03\x00\x80"), 4, false, &said), ":path=y;");
    assert_int_equal(
            qpack_answered(q, BYTES_LITERAL("\x3f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 6),
            PARSE_BAD);
    qpack_free(q);
}

static void memory_is_bounded_and_what_falls_out_is_unknown(void **state)
{
    static uint8_t raw[5 + 50000] = {0xc1, 0x7f, 0xd1, 0x85, 0x03};
    struct qpack *q = fresh(1 << 22);
    struct bytes all = bytes_of(raw, sizeof(raw));

    (void)state;
    memset(raw + 5, 'x', sizeof(raw) - 5);
    INSERT(q, "\xc1\x03"
              "old");
    for (int i = 0; i < 30; i++)
        assert_int_equal(qpack_insert(q, all, 0), PARSE_DONE);
    INSERT(q, "\xc1\x03"
              "new");
    assert_int_equal(qpack_inserted(q), 32);
    /* 32 required: the newest, and the first one of all. */
    assert_string_equal(READ(q, "\x21\x00\x80\x9f"), ":path=new;?");
    qpack_free(q);
}

/* The encoder of nghttp3 writes, in the order in which it must be read. */
struct encoder {
    nghttp3_qpack_encoder *e;
    nghttp3_buf prefix, lines, stream;
};

static void encode(struct encoder *e, int64_t stream, char (*fields)[2][64], size_t n)
{
    nghttp3_nv nv[32];

    nghttp3_buf_reset(&e->prefix);
    nghttp3_buf_reset(&e->lines);
    nghttp3_buf_reset(&e->stream);
    for (size_t i = 0; i < n; i++)
        nv[i] = (nghttp3_nv){(uint8_t *)fields[i][0], (uint8_t *)fields[i][1],
                strlen(fields[i][0]), strlen(fields[i][1]), NGHTTP3_NV_FLAG_NONE};
    assert_int_equal(nghttp3_qpack_encoder_encode(
                             e->e, &e->prefix, &e->lines, &e->stream, stream, nv, n),
            0);
}

static void what_nghttp3_writes_is_read_back_in_any_order(void **state)
{
    static char fields[][2][64] = {{":method", "GET"}, {":path", "/a?b=c"},
            {"cookie", "id=0123456789abcdef"}, {"user-agent", "Mozilla/5.0 (X11; Linux)"},
            {"x-own-name", "Own Value"}, {"referer", "https://a.test/"}};
    static const char expected[] =
            ":method=GET;:path=/a?b=c;cookie=id=0123456789abcdef;user-agent=Mozilla/5.0 (X11; "
            "Linux);x-own-name=Own Value;referer=https://a.test/;";
    struct encoder e = {0};
    struct qpack *q = fresh(4096);
    uint8_t section[3][512], stream[3][512];
    size_t section_n[3], stream_n[3];
    struct said said;

    (void)state;
    assert_int_equal(nghttp3_qpack_encoder_new(&e.e, 4096, nghttp3_mem_default()), 0);
    nghttp3_qpack_encoder_set_max_dtable_capacity(e.e, 4096);
    nghttp3_qpack_encoder_set_max_blocked_streams(e.e, 100);
    for (size_t i = 0; i < 3; i++) {
        size_t n = nghttp3_buf_len(&e.prefix);

        encode(&e, (int64_t)i * 4, fields, 6);
        n = nghttp3_buf_len(&e.prefix);
        memcpy(section[i], e.prefix.pos, n);
        memcpy(section[i] + n, e.lines.pos, nghttp3_buf_len(&e.lines));
        section_n[i] = n + nghttp3_buf_len(&e.lines);
        stream_n[i] = nghttp3_buf_len(&e.stream);
        memcpy(stream[i], e.stream.pos, stream_n[i]);
        nghttp3_qpack_encoder_ack_everything(e.e);
    }
    assert_true(stream_n[0] != 0);
    for (size_t i = 3; i-- > 0;)
        assert_true(qpack_waits(q, bytes_of(section[i], section_n[i]), 0) != 0 || i != 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(qpack_insert(q, bytes_of(stream[i], stream_n[i]), 0), PARSE_DONE);
    for (size_t i = 3; i-- > 0;) {
        assert_int_equal(qpack_waits(q, bytes_of(section[i], section_n[i]), 0), 0);
        assert_string_equal(
                read_from(q, i * 4, bytes_of(section[i], section_n[i]), 0, false, &said),
                expected);
    }
    nghttp3_buf_free(&e.prefix, nghttp3_mem_default());
    nghttp3_buf_free(&e.lines, nghttp3_mem_default());
    nghttp3_buf_free(&e.stream, nghttp3_mem_default());
    nghttp3_qpack_encoder_del(e.e);
    qpack_free(q);
}

static void a_failed_allocation_is_told(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        struct qpack *q;
        enum parse verdict = PARSE_UNSUPPORTED;

        oom_fail_at(n);
        q = qpack_new();
        if (q != NULL) {
            qpack_limit(q, 220);
            verdict = qpack_insert(q,
                    BYTES_LITERAL(B2_STREAM "\x4a"
                                            "custom"),
                    0);
            if (verdict == PARSE_DONE)
                verdict = qpack_insert(q,
                        BYTES_LITERAL("-key\x0c"
                                      "custom-value"),
                        0);
        }
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(verdict, happened ? PARSE_UNSUPPORTED : PARSE_DONE);
        qpack_free(q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_examples_of_rfc_9204_are_read),
            cmocka_unit_test(an_encoder_stream_may_be_split_anywhere),
            cmocka_unit_test(a_section_cut_anywhere_says_a_prefix_of_its_fields),
            cmocka_unit_test(sections_that_break_the_rules_are_bad),
            cmocka_unit_test(never_indexed_fields_and_all_kinds_of_lines_are_told),
            cmocka_unit_test(after_a_hole_old_entries_stay_and_new_ones_are_unknown),
            cmocka_unit_test(a_malformed_encoder_stream_is_lost_from_there_on),
            cmocka_unit_test(without_settings_only_what_is_certain_is_read),
            cmocka_unit_test(late_sections_are_read_by_the_state_of_their_packet),
            cmocka_unit_test(what_was_long_ago_is_not_guessed),
            cmocka_unit_test(the_decoder_stream_tells_how_far_the_encoder_is),
            cmocka_unit_test(memory_is_bounded_and_what_falls_out_is_unknown),
            cmocka_unit_test(what_nghttp3_writes_is_read_back_in_any_order),
            cmocka_unit_test(a_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
