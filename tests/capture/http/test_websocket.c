/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/ws_deflated.h"
#include "tests/capture/http/ws_talk.h"
#include "tests/support/oom.h"

#define SAY(t, dir, bytes) ws_say((t), (dir), (bytes), sizeof(bytes) - 1)

/* RFC 6455 section 5.7. */
static const char hello[] = "\x81\x05Hello";
static const char masked_hello[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
static const char fragments[] = "\x01\x03Hel\x80\x02lo";
static const char ping[] = "\x89\x05Hello";
static const char masked_pong[] = "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

static void the_examples_of_rfc_6455_are_read(void **state)
{
    static uint8_t big[10 + 65536] = {0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0};
    static uint8_t middle[4 + 256] = {0x82, 0x7e, 1, 0};
    const struct websocket_facts *facts;
    struct ws_talk t;
    struct exchange *x;
    struct item item = {.kind = ITEM_BYTES, .dir = FROM_SERVER};

    (void)state;
    ws_begin(&t, NULL);
    SAY(&t, FROM_SERVER, hello);
    SAY(&t, FROM_CLIENT, masked_hello);
    SAY(&t, FROM_SERVER, fragments);
    SAY(&t, FROM_SERVER, ping);
    SAY(&t, FROM_CLIENT, masked_pong);
    assert_string_equal(t.text, "RECV text 1 [Hello];SEND text 2 [Hello];RECV text 3 [Hello];"
                                "RECV ping 4 [Hello];SEND pong 5 [Hello];");
    memset(middle + 4, 'm', 256);
    item.data = bytes_of(middle, sizeof(middle));
    item.len = sizeof(middle);
    assert_int_equal(websocket_push(t.w, &item), STATUS_OK);
    item.data = bytes_of(big, sizeof(big));
    item.len = sizeof(big);
    assert_int_equal(websocket_push(t.w, &item), STATUS_OK);
    assert_true(websocket_next(t.w, &x) && x->response.body.bytes == 256 && x->complete);
    assert_string_equal(x->opcode, "binary");
    exchange_free(x);
    assert_true(websocket_next(t.w, &x) && x->response.body.bytes == 65536 && x->complete);
    exchange_free(x);
    facts = websocket_facts(t.w);
    assert_int_equal(facts->messages[FROM_SERVER], 4);
    assert_int_equal(facts->messages[FROM_CLIENT], 1);
    assert_int_equal(facts->frames[FROM_SERVER], 6);
    assert_int_equal(facts->pings[FROM_SERVER], 1);
    assert_int_equal(facts->pongs[FROM_CLIENT], 1);
    assert_int_equal(facts->unmasked, 0);
    ws_end(&t);
}

#define DEFLATED "\xf2\x48\xcd\xc9\xc9\x07"

/* RFC 7692 section 7.2.3. */
static const char packed[] = "\xc1\x07" DEFLATED "\0";
static const char packed_again[] =
        "\xc1\x05\xf2\x00\x11\x00\x00"; /* refers to the one before */

static void the_examples_of_rfc_7692_are_read(void **state)
{
    static const char parts[] = "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00";
    static const char stored[] = "\xc1\x0b\x00\x05\x00\xfa\xffHello\x00";
    static const char final[] = "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    static const char blocks[] = "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    struct ws_talk t;

    (void)state;
    ws_begin(&t, "permessage-deflate");
    SAY(&t, FROM_SERVER, packed);
    SAY(&t, FROM_SERVER, packed_again);
    SAY(&t, FROM_SERVER, parts);
    SAY(&t, FROM_SERVER, packed_again);
    SAY(&t, FROM_SERVER, stored);
    SAY(&t, FROM_SERVER, final);
    SAY(&t, FROM_SERVER, packed_again); /* a final block does not end the history */
    SAY(&t, FROM_SERVER, blocks);
    SAY(&t, FROM_SERVER, "\xc1\x01\x00"); /* section 7.2.3.6: nothing, compressed */
    assert_string_equal(t.text,
            "RECV text 1 [Hello];RECV text 2 [Hello];RECV text 3 [Hello];RECV text 4 [Hello];"
            "RECV text 5 [Hello];RECV text 6 [Hello];RECV text 7 [Hello];RECV text 8 [Hello];"
            "RECV text 9 [];");
    assert_int_equal(t.ledger.n, 0);
    ws_end(&t);
}

static void a_message_tells_where_it_belongs(void **state)
{
    const struct http_setup setup = {.connection = 7};
    struct exchange *upgrade = ws_upgrade("permessage-deflate"), *x;
    struct websocket *w = websocket_new(&setup, upgrade);
    const uint64_t frames[] = {4, 6};
    const struct item item = {.kind = ITEM_BYTES,
            .dir = FROM_CLIENT,
            .len = sizeof(packed) - 1,
            .data = BYTES_LITERAL(packed),
            .frames = {frames, 2},
            .first_ns = 10,
            .last_ns = 20};

    (void)state;
    exchange_free(upgrade);
    assert_non_null(w);
    assert_int_equal(websocket_push(w, &item), STATUS_OK);
    assert_true(websocket_next(w, &x));
    websocket_free(w); /* the message does not need it */
    assert_int_equal(x->connection, 7);
    assert_int_equal(x->stream, 3);
    assert_int_equal(x->protocol, PROTOCOL_WEBSOCKET);
    assert_true(x->secure && x->complete && x->status == 0);
    assert_true(bytes_is(x->url, "https://Push.test:8443/socket?u=1"));
    assert_true(bytes_is(x->host, "push.test"));
    assert_true(bytes_is(x->scheme, "https") && bytes_is(x->path, "/socket?u=1"));
    assert_true(bytes_is(x->authority, "Push.test:8443"));
    assert_true(x->request.seen && !x->response.seen && x->request.whole);
    assert_true(bytes_is(x->request.body.type, "text/plain"));
    assert_int_equal(x->request.body.wire_bytes, 7);
    assert_int_equal(x->request.body.bytes, 5);
    assert_string_equal(x->request.body.codings[0], "permessage-deflate");
    assert_true(x->request.frame_count == 2 && x->request.frames[0] == 4);
    assert_true(x->request.first_ns == 10 && x->request.last_ns == 20);
    exchange_free(x);
}

static void control_frames_come_between_fragments(void **state)
{
    static const char said[] = "\x01\x03Hel\x89\x01p\x8a\x00\x80\x02lo\x88\x06\x03\xe9"
                               "bye!";
    const struct websocket_facts *facts;
    struct ws_talk t;

    (void)state;
    ws_begin(&t, NULL);
    SAY(&t, FROM_SERVER, said);
    SAY(&t, FROM_CLIENT, "\x88\x82\0\0\0\0\x03\xe8"); /* a code and no reason is no message */
    assert_string_equal(t.text, "RECV ping 1 [p];RECV text 2 [Hello];RECV close 3 [bye!];");
    facts = websocket_facts(t.w);
    assert_true(facts->closed[FROM_SERVER] && facts->closed[FROM_CLIENT]);
    assert_int_equal(facts->close_code[FROM_SERVER], 1001);
    assert_int_equal(facts->close_code[FROM_CLIENT], 1000);
    assert_int_equal(facts->pongs[FROM_SERVER], 1);
    ws_end(&t);
}

/* Text in fragments with a ping between them, compressed with and without history, a close. */
static const char talk[] = "\x41\x03\xf2\x48\xcd\x89\x04ping\x80\x04\xc9\xc9\x07\x00"
                           "\xc1\x05\xf2\x00\x11\x00\x00\x81\x00\x82\x7e\x00\x03"
                           "bin\x88\x05\x03\xe8"
                           "end";
static const char talk_text[] = "RECV ping 1 [ping];RECV text 2 [Hello];RECV text 3 [Hello];"
                                "RECV text 4 [];RECV binary 5 [bin];RECV close 6 [end];";

static void a_split_anywhere_gives_the_same_messages(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof(talk); at++) {
        for (size_t step = 1; step <= 1 + 2 * (at == 0); step++) {
            struct ws_talk t;

            ws_begin(&t, "permessage-deflate");
            if (at != 0) {
                ws_say(&t, FROM_SERVER, talk, at);
                ws_say(&t, FROM_SERVER, talk + at, sizeof(talk) - 1 - at);
            }
            for (size_t i = 0; at == 0 && i < sizeof(talk) - 1; i += step)
                ws_say(&t, FROM_SERVER, talk + i,
                        i + step < sizeof(talk) - 1 ? step : sizeof(talk) - 1 - i);
            assert_string_equal(t.text, talk_text);
            ws_finish(&t);
            assert_string_equal(t.text, talk_text);
            assert_int_equal(t.ledger.n, 0);
            ws_end(&t);
        }
    }
}

static void what_is_cut_off_is_told(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(talk) - 1; n++) {
        struct ws_talk t;
        size_t whole;

        ws_begin(&t, "permessage-deflate");
        ws_say(&t, FROM_SERVER, talk, n);
        whole = t.n;
        assert_memory_equal(t.text, talk_text, whole);
        ws_stop(&t, FROM_SERVER);
        ws_finish(&t);
        /* Between two frames of different messages nothing is open; elsewhere a gap says so. */
        assert_true(t.n == whole ? t.ledger.n <= 1 : strstr(t.text + whole, "partial") != NULL);
        if (n != 0 && n != 17 && n != 24 && n != 26 && n != 33)
            assert_true(t.ledger.n != 0);
        else
            assert_int_equal(t.ledger.n, 0);
        ws_end(&t);
    }
}

/* Every hole, at every place: no message that is called whole differs from the one sent. */
static void a_hole_costs_what_it_takes_and_no_more(void **state)
{
    static const char *const known[] = {
            "ping [ping]", "text [Hello]", "text []", "binary [bin]", "close [end]"};

    (void)state;
    for (size_t at = 0; at < sizeof(talk) - 1; at++) {
        for (size_t n = 1; at + n <= sizeof(talk) - 1; n++) {
            struct ws_talk t;
            char *one;

            ws_begin(&t, "permessage-deflate");
            ws_say(&t, FROM_SERVER, talk, at);
            ws_lose(&t, FROM_SERVER, n);
            ws_say(&t, FROM_SERVER, talk + at + n, sizeof(talk) - 1 - at - n);
            ws_finish(&t);
            for (one = strtok(t.text, ";"); one != NULL; one = strtok(NULL, ";")) {
                char kind[32], text[32] = "", said[80];
                bool found = strstr(one, "partial") != NULL;

                (void)sscanf(one, "RECV %31s %*u [%31[^]]", kind, text);
                (void)snprintf(said, sizeof(said), "%s [%s]", kind, text);
                for (size_t i = 0; i < 5; i++)
                    found = found || strcmp(said, known[i]) == 0;
                assert_true(found);
            }
            ws_end(&t);
        }
    }
}

static void a_hole_inside_a_payload_costs_one_message(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, NULL);
    ws_say(&t, FROM_CLIENT, masked_hello, 7);
    ws_lose(&t, FROM_CLIENT, 3);
    ws_say(&t, FROM_CLIENT, masked_hello + 10, 1); /* the mask goes on behind the hole */
    SAY(&t, FROM_CLIENT, masked_hello);
    ws_finish(&t);
    assert_string_equal(t.text, "SEND text 1 [Ho] partial;SEND text 2 [Hello];");
    assert_int_equal(t.ledger.n, 1);
    ws_end(&t);
}

static void a_hole_elsewhere_costs_the_rest_of_the_direction(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, NULL);
    SAY(&t, FROM_SERVER, hello);
    ws_say(&t, FROM_SERVER, hello, 5);
    ws_lose(&t, FROM_SERVER, 3); /* the end of one frame, the begin of the next */
    SAY(&t, FROM_SERVER, hello);
    SAY(&t, FROM_CLIENT, masked_hello);
    ws_lose(&t, FROM_SERVER, 1);
    SAY(&t, FROM_SERVER, hello);
    ws_finish(&t);
    assert_string_equal(
            t.text, "RECV text 1 [Hello];RECV text 2 [Hel] partial;SEND text 3 [Hello];");
    assert_int_equal(ws_gap_bytes(&t, GAP_LOST), 2 * (sizeof(hello) - 1));
    ws_end(&t);
}

static void an_unknown_number_of_missing_bytes_costs_the_rest_too(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, "permessage-deflate");
    ws_say(&t, FROM_SERVER, packed, 5);
    ws_lose(&t, FROM_SERVER, 0);
    SAY(&t, FROM_SERVER, packed);
    ws_finish(&t);
    assert_null(strstr(t.text, "Hello"));
    assert_non_null(strstr(t.text, "RECV text 1 [He] partial;"));
    assert_int_equal(ws_gap_bytes(&t, GAP_LOST), sizeof(packed) - 1);
    ws_end(&t);
}

static void what_refers_to_a_missing_history_is_not_made_up(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, "permessage-deflate; client_max_window_bits=10");
    SAY(&t, FROM_CLIENT, packed);
    ws_say(&t, FROM_CLIENT, packed, 6);
    ws_lose(&t, FROM_CLIENT, 1);
    ws_say(&t, FROM_CLIENT, packed + 7, 2);
    SAY(&t, FROM_CLIENT, packed_again); /* needs the one that has the hole */
    SAY(&t, FROM_CLIENT, packed);       /* needs none */
    SAY(&t, FROM_CLIENT, packed_again); /* needs what is known again */
    SAY(&t, FROM_SERVER, packed);       /* has a history of its own */
    ws_finish(&t);
    assert_non_null(strstr(t.text, "SEND text 1 [Hello];SEND text 2 [Hel"));
    assert_non_null(strstr(t.text, "] partial;SEND text 3 [H] partial;SEND text 4 [Hello];"
                                   "SEND text 5 [Hello];RECV text 6 [Hello];"));
    assert_int_equal(t.ledger.n, 3);
    assert_int_equal(t.ledger.gaps[1].len, 6); /* what of the message was there */
    assert_int_equal(t.ledger.gaps[2].why, GAP_LOST);
    assert_int_equal(t.ledger.gaps[2].len, 5);
    assert_int_equal(t.ledger.gaps[2].off, 2 * (sizeof(packed) - 1) + 2);
    ws_end(&t);
}

enum { DEFLATED_COUNT = sizeof(ws_deflated) / sizeof(ws_deflated[0]) };

/* Says them all; of number `hurt` the byte `at` is missing. */
static void say_deflated(struct ws_talk *t, size_t hurt, size_t at)
{
    for (size_t i = 0; i < DEFLATED_COUNT; i++) {
        struct bytes rest = ws_deflated[i].packed;
        const uint8_t head[] = {0xc1, (uint8_t)rest.n};

        ws_say(t, FROM_SERVER, head, sizeof(head));
        if (i == hurt) {
            ws_say(t, FROM_SERVER, rest.p, at);
            ws_lose(t, FROM_SERVER, 1);
            rest = bytes_slice(rest, at + 1, rest.n);
        }
        ws_say(t, FROM_SERVER, rest.p, rest.n);
    }
}

static void another_compressors_messages_are_read(void **state)
{
    struct ws_talk t;
    char want[1024] = "";

    (void)state;
    for (size_t i = 0; i < DEFLATED_COUNT; i++) {
        size_t n = strlen(want);

        (void)snprintf(want + n, sizeof(want) - n, "RECV text %u [%s];", (unsigned)i + 1,
                ws_deflated[i].text);
    }
    ws_begin(&t, "permessage-deflate");
    say_deflated(&t, SIZE_MAX, 0);
    assert_string_equal(t.text, want);
    assert_int_equal(t.ledger.n, 0);
    ws_end(&t);
}

/* A byte missing anywhere: those before are whole, and whatever is called whole is true. */
static void no_byte_that_is_missing_changes_what_is_called_whole(void **state)
{
    (void)state;
    for (size_t hurt = 0; hurt < DEFLATED_COUNT; hurt++) {
        for (size_t at = 0; at < ws_deflated[hurt].packed.n; at++) {
            struct ws_talk t;
            size_t i = 0;
            char *one;

            ws_begin(&t, "permessage-deflate");
            say_deflated(&t, hurt, at);
            for (one = strtok(t.text, ";"); one != NULL; one = strtok(NULL, ";"), i++) {
                char want[128];
                bool partial = strstr(one, " partial") != NULL;

                (void)snprintf(want, sizeof(want), "RECV text %u [%s]", (unsigned)i + 1,
                        ws_deflated[i].text);
                assert_true(i < hurt ? !partial : i != hurt || partial);
                assert_true(partial || strcmp(one, want) == 0);
            }
            assert_int_equal(i, DEFLATED_COUNT);
            ws_end(&t);
        }
    }
}

static void without_context_takeover_a_hole_costs_one_message(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, "other; a=\"x, y\", permessage-deflate;client_no_context_takeover ; "
                 "server_max_window_bits=\"15\"");
    SAY(&t, FROM_CLIENT, packed);
    SAY(&t, FROM_CLIENT, packed_again); /* breaks what was agreed */
    ws_say(&t, FROM_CLIENT, packed, 6);
    ws_lose(&t, FROM_CLIENT, 3);
    SAY(&t, FROM_CLIENT, packed);
    SAY(&t, FROM_SERVER, packed);
    SAY(&t, FROM_SERVER, packed_again); /* of the server nothing was said */
    assert_non_null(strstr(t.text, "SEND text 1 [Hello];SEND text 2 [H] partial;"));
    assert_non_null(
            strstr(t.text, "SEND text 4 [Hello];RECV text 5 [Hello];RECV text 6 [Hello];"));
    assert_int_equal(t.ledger.gaps[0].why, GAP_BAD);
    ws_end(&t);
}

static void an_answer_that_is_not_read_yet_allows_compression(void **state)
{
    const struct http_setup setup = {.connection = 7};
    struct exchange *upgrade = ws_upgrade("permessage-deflate;client_no_context_takeover");
    struct ws_talk t = {0};

    (void)state;
    upgrade->response.head_whole = false;
    ledger_init(&t.ledger, 7);
    t.w = websocket_new(&setup, upgrade);
    assert_non_null(t.w);
    SAY(&t, FROM_CLIENT, packed);
    SAY(&t, FROM_CLIENT, packed_again);
    upgrade->response.head_whole = true;
    assert_int_equal(websocket_agree(t.w, upgrade), STATUS_OK);
    upgrade->response.header_count = 0;
    assert_int_equal(websocket_agree(t.w, upgrade), STATUS_OK); /* too late */
    SAY(&t, FROM_CLIENT, packed);
    assert_string_equal(t.text, "SEND text 1 [Hello];SEND text 2 [Hello];SEND text 3 [Hello];");
    exchange_free(upgrade);
    ws_end(&t);
}

static void corrupt_data_is_named_and_taints_what_refers_to_it(void **state)
{
    struct ws_talk t;

    (void)state;
    ws_begin(&t, "permessage-deflate");
    SAY(&t, FROM_SERVER, "\xc1\x02\xff\xff");
    SAY(&t, FROM_SERVER, packed_again);
    SAY(&t, FROM_SERVER, "\xc1\x03\xf2\x48\xcd"); /* ends inside a block */
    SAY(&t, FROM_SERVER, "\xc1\x03\x00\x05\x00"); /* the tail would be taken for data */
    SAY(&t, FROM_SERVER, packed);
    assert_non_null(strstr(t.text, "RECV text 5 [Hello];"));
    assert_int_equal(t.ledger.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(t.ledger.gaps[i].why, GAP_BAD);
    assert_null(strchr(t.text, '\xff'));
    ws_end(&t);
}

static void what_no_browser_would_read_ends_the_direction(void **state)
{
    const struct {
        const char *extensions;
        struct bytes head;
        enum gap_cause why;
    } cases[] = {
            {NULL, BYTES_LITERAL("\x83\x01x"), GAP_BAD}, /* reserved opcodes */
            {NULL, BYTES_LITERAL("\x8b\x01x"), GAP_BAD},
            {NULL, BYTES_LITERAL("\xc1\x01x"), GAP_BAD}, /* RSV1, nothing agreed */
            {"permessage-deflate", BYTES_LITERAL("\xa1\x01x"), GAP_BAD},
            {"permessage-deflate", BYTES_LITERAL("\xc9\x01x"), GAP_BAD},
            {"permessage-deflate", BYTES_LITERAL("\x01\x01x\xc0\x01x"), GAP_BAD},
            {"x-webkit-deflate-frame", BYTES_LITERAL("\xc1\x01x"), GAP_UNSUPPORTED},
            {NULL, BYTES_LITERAL("\x80\x01x"), GAP_BAD},          /* continues nothing */
            {NULL, BYTES_LITERAL("\x01\x01x\x81\x01x"), GAP_BAD}, /* one inside another */
            {NULL, BYTES_LITERAL("\x09\x01x"), GAP_BAD},          /* a ping in fragments */
            {NULL, BYTES_LITERAL("\x89\x7e\x00\x7e"), GAP_BAD},   /* a long ping */
            {NULL, BYTES_LITERAL("\x81\x7f\x80\0\0\0\0\0\0\1"), GAP_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool inside = cases[i].head.p[0] == 1;
        uint64_t front = inside ? 3 : 0;

        for (int split = 0; split < 2; split++) {
            struct ws_talk t;

            ws_begin(&t, cases[i].extensions);
            if (split == 0)
                ws_say(&t, FROM_SERVER, cases[i].head.p, cases[i].head.n);
            for (size_t k = 0; split == 1 && k < cases[i].head.n; k++)
                ws_say(&t, FROM_SERVER, cases[i].head.p + k, 1);
            SAY(&t, FROM_SERVER, hello);
            SAY(&t, FROM_CLIENT, masked_hello);
            ws_finish(&t);
            assert_string_equal(t.text, inside ? "SEND text 1 [Hello];RECV text 2 [x] partial;"
                                               : "SEND text 1 [Hello];");
            assert_int_equal(t.ledger.n, 1);
            assert_int_equal(t.ledger.gaps[0].why, cases[i].why);
            assert_int_equal(t.ledger.gaps[0].off, front);
            assert_int_equal(t.ledger.gaps[0].len, cases[i].head.n + sizeof(hello) - 1 - front);
            assert_int_equal(t.ledger.gaps[0].first_packet, split == 0 ? 1 : front + 1);
            ws_end(&t);
        }
    }
}

static void a_message_of_any_size_takes_no_more_memory(void **state)
{
    static uint8_t zeros[1 << 16];
    static const uint8_t head[] = {0x82, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0};
    const struct http_setup setup = {.connection = 7};
    struct exchange *upgrade = ws_upgrade(NULL), *x;
    struct websocket *w = websocket_new(&setup, upgrade);
    struct item item = {.kind = ITEM_BYTES, .len = sizeof(head), .data = {head, sizeof(head)}};

    (void)state;
    assert_non_null(w);
    assert_int_equal(websocket_push(w, &item), STATUS_OK);
    item.data = bytes_of(zeros, sizeof(zeros));
    for (size_t i = 0; i < 1024; i++) {
        assert_false(websocket_next(w, &x));
        item.off += item.len;
        item.len = sizeof(zeros);
        assert_int_equal(websocket_push(w, &item), STATUS_OK);
    }
    assert_true(websocket_next(w, &x));
    assert_true(x->complete && x->request.body.bytes == UINT64_C(64) << 20);
    assert_true(x->request.body.data.n <= BODY_MEMORY_MOST);
    assert_int_equal(websocket_facts(w)->unmasked, 0);
    exchange_free(x);
    exchange_free(upgrade);
    websocket_free(w);
}

static void every_allocation_may_fail(void **state)
{
    static const char said[] = "\x41\x03\xf2\x48\xcd\x89\x04ping\x80\x04\xc9\xc9\x07\x00\x83";
    struct exchange *upgrade = ws_upgrade("permessage-deflate");
    long n = 0;
    bool happened;

    (void)state;
    do {
        struct ledger ledger;
        const struct http_setup setup = {.connection = 7, .ledger = &ledger};
        const struct item item = {.kind = ITEM_BYTES,
                .len = sizeof(said) - 1,
                .data = BYTES_LITERAL(said),
                .frames = {&(uint64_t){9}, 1}};
        enum status status = STATUS_NOMEM;
        struct websocket *w;
        struct exchange *x;

        ledger_init(&ledger, 7);
        oom_fail_at(++n);
        w = websocket_new(&setup, upgrade);
        if (w != NULL)
            status = websocket_push(w, &item);
        if (status == STATUS_OK)
            status = websocket_close(w);
        happened = oom_happened();
        oom_fail_at(0);
        while (w != NULL && websocket_next(w, &x))
            exchange_free(x);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        websocket_free(w);
        ledger_clear(&ledger);
    } while (happened);
    assert_true(n > 10);
    exchange_free(upgrade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_examples_of_rfc_6455_are_read),
            cmocka_unit_test(the_examples_of_rfc_7692_are_read),
            cmocka_unit_test(a_message_tells_where_it_belongs),
            cmocka_unit_test(control_frames_come_between_fragments),
            cmocka_unit_test(a_split_anywhere_gives_the_same_messages),
            cmocka_unit_test(what_is_cut_off_is_told),
            cmocka_unit_test(a_hole_costs_what_it_takes_and_no_more),
            cmocka_unit_test(a_hole_inside_a_payload_costs_one_message),
            cmocka_unit_test(a_hole_elsewhere_costs_the_rest_of_the_direction),
            cmocka_unit_test(an_unknown_number_of_missing_bytes_costs_the_rest_too),
            cmocka_unit_test(what_refers_to_a_missing_history_is_not_made_up),
            cmocka_unit_test(another_compressors_messages_are_read),
            cmocka_unit_test(no_byte_that_is_missing_changes_what_is_called_whole),
            cmocka_unit_test(without_context_takeover_a_hole_costs_one_message),
            cmocka_unit_test(an_answer_that_is_not_read_yet_allows_compression),
            cmocka_unit_test(corrupt_data_is_named_and_taints_what_refers_to_it),
            cmocka_unit_test(what_no_browser_would_read_ends_the_direction),
            cmocka_unit_test(a_message_of_any_size_takes_no_more_memory),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
