/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that were captured before their requests, RFC 9110 sections 9.3.2 and 9.3.6. */
#include "capture/http/h3_life.h"
#include "capture/http/h3_wait.h"
#include "tests/capture/http/h3_chunks.h"
#include "tests/support/oom.h"

enum { PARTS_MOST = 8 };

/* What one side sends on a stream, in parts; its END comes behind. */
struct half {
    struct buf all;
    size_t ends[PARTS_MOST];
    size_t n;
};

static struct half half_new(void)
{
    struct half half = {.n = 0};

    buf_init(&half.all, MOST);
    return half;
}

static void part(struct half *half)
{
    half->ends[half->n++] = half->all.n;
}

static void send_part(struct talk *t, const struct half *half, enum direction dir, size_t i)
{
    size_t from = i == 0 ? 0 : half->ends[i - 1];

    if (i == half->n)
        end(t, 0, dir);
    else
        send_bytes(t, 0, dir, bytes_slice(buf_view(&half->all), from, half->ends[i]));
}

/* What went through tunnels in one direction, joined: "<ponging 2@7". */
static void tunnelled(const struct talk *t, char mark, char *out, size_t room)
{
    static char text[MOST];
    size_t n = (size_t)snprintf(out, room, "%c", mark);
    char *save = NULL;

    memcpy(text, t->tunnels, sizeof(text));
    for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
        const char *at = strchr(w, mark), *data = strchr(w, ':');

        if (at == NULL || data == NULL || at > data)
            continue;
        if (at[1] == '0')
            n += (size_t)snprintf(out + n, room - n, "%s", data + 1);
        else
            n += (size_t)snprintf(out + n, room - n, " %.*s", (int)(data - at - 1), at + 1);
    }
}

static size_t bits(unsigned long mask)
{
    size_t n = 0;

    for (; mask != 0; mask &= mask - 1)
        n++;
    return n;
}

/* Every way in which the parts of two halves, which it clears, can follow each other. */
static void every_order_gives(struct half *client, struct half *server, const char *text,
        const char *sent, const char *answered)
{
    size_t n = client->n + 1 + server->n + 1, orders = 0;
    static struct talk t;
    char got[2][256];

    for (unsigned long mask = 0; mask < 1UL << n; mask++) {
        size_t at[2] = {0, 0};

        if (bits(mask) != server->n + 1)
            continue;
        talk_begin(&t);
        for (size_t i = 0; i < n; i++) {
            enum direction dir = (mask >> i & 1) != 0 ? FROM_SERVER : FROM_CLIENT;

            send_part(&t, dir == FROM_CLIENT ? client : server, dir, at[dir]++);
        }
        assert_int_equal(t.h->held, 0);
        assert_null(t.h->answers.first);
        assert_string_equal(t.text, text);
        tunnelled(&t, '>', got[0], sizeof(got[0]));
        tunnelled(&t, '<', got[1], sizeof(got[1]));
        assert_string_equal(got[0], sent);
        assert_string_equal(got[1], answered);
        talk_end(&t);
        assert_string_equal(t.causes, "");
        assert_int_equal(t.exchanges, 1);
        orders++;
    }
    assert_true(orders >= 10);
    buf_clear(&client->all);
    buf_clear(&server->all);
}

static void put_connect(struct buf *b)
{
    put_headers(b,
            ":method: CONNECT\n:protocol: websocket\n:scheme: https\n:authority: a.test\n"
            ":path: /chat\n");
}

static void a_tunnel_is_one_in_every_order(void **state)
{
    struct half client = half_new(), server = half_new();

    (void)state;
    put_connect(&client.all);
    client.ends[client.n++] = 9; /* inside of the head */
    part(&client);
    put_frame(&client.all, H3_DATA, BYTES_LITERAL("ping"));
    part(&client);
    put_frame(&server.all, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    part(&server);
    put_frame(&server.all, H3_DATA, BYTES_LITERAL("pong"));
    part(&server);
    put_frame(&server.all, H3_DATA, BYTES_LITERAL("ing"));
    part(&server);
    every_order_gives(&client, &server,
            "0 CONNECT https://a.test/chat 200 {:method=CONNECT,:protocol=websocket,"
            ":scheme=https,:authority=a.test,:path=/chat} {:status=200}\n",
            ">ping 2@4", "<ponging 2@7");
}

static void a_head_request_has_no_content_in_any_order(void **state)
{
    struct half client = half_new(), server = half_new();

    (void)state;
    put_headers(
            &client.all, ":method: HEAD\n:scheme: https\n:authority: a.test\n:path: /page\n");
    client.ends[client.n++] = 1;
    part(&client);
    put_headers(&server.all, ":status: 103\n");
    part(&server);
    put_headers(&server.all, ":status: 200\ncontent-length: 9\n");
    put_frame(&server.all, H3_DATA, BYTES_LITERAL(""));
    part(&server);
    every_order_gives(&client, &server,
            "0 HEAD https://a.test/page 200 after 103 {:method=HEAD,:scheme=https,"
            ":authority=a.test,:path=/page} {:status=200,content-length=9}\n",
            ">", "<");
}

static void an_ordinary_answer_is_the_same_in_every_order(void **state)
{
    struct half client = half_new(), server = half_new();

    (void)state;
    put_get(&client.all, "/one");
    part(&client);
    put_ok(&server.all, "hello");
    server.ends[server.n++] = 7;
    part(&server);
    put_headers(&server.all, "x-end: t\n");
    part(&server);
    every_order_gives(&client, &server,
            "0 GET https://a.test/one 200 {" HEAD "/one} {:status=200 +x-end=t [5:hello]}\n",
            ">", "<");
}

static void in_order_nothing_is_copied(void **state)
{
    static struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    put_connect(&b);
    flush(&t, 0, CLIENT, &b);
    put_ok(&b, "pong");
    flush(&t, 0, SERVER, &b);
    assert_null(t.h->spent);
    assert_int_equal(t.h->held, 0);
    assert_string_equal(t.tunnels, "0<0@0:pong ");
    talk_end(&t);
    buf_clear(&b);
}

/* CONNECT whose :authority and :path are entries 0 and 1, 200 with entry 0. */
#define REQUEST "\1\x1b\3\x81\x10\x11\xcf\xd7\x27\2:protocol\x09websocket\0\4ping"
#define RESPONSE "\1\4\2\0\xd9\x80\0\4pong"

static const struct chunk chunks[CHUNKS] = {
        SHARED_CHUNKS,
        CHUNK(0, FROM_CLIENT, REQUEST),
        CHUNK(0, FROM_SERVER, RESPONSE),
};

static const char table_text[] =
        "0 CONNECT https://www.example.com/sample/path 200 {:authority=www.example.com,"
        ":path=/sample/path,:method=CONNECT,:scheme=https,:protocol=websocket} "
        "{:status=200,via=one}\n";

static void requests_and_answers_may_both_wait_for_fields(void **state)
{
    static struct talk t;
    char got[2][64];

    (void)state;
    for (size_t order = 0; order < ORDERS; order++) {
        talk_begin(&t);
        send_in_order(&t, chunks, order, order % 3 == 0 ? 1 : 1000);
        assert_string_equal(t.text, table_text);
        tunnelled(&t, '>', got[0], sizeof(got[0]));
        tunnelled(&t, '<', got[1], sizeof(got[1]));
        assert_string_equal(got[0], ">ping 2@4");
        assert_string_equal(got[1], "<pong 2@4");
        assert_int_equal(t.ledger.n, 0);
        assert_int_equal(t.h->held, 0);
        talk_end(&t);
    }
}

/* Its head will never be known: the answer is read as soon as that is certain, not before. */
static void a_request_without_its_beginning_is_not_waited_for(void **state)
{
    static const char text[] = "0   200 { cut} {:status=200 [6:answer]} partial\n";
    static struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    for (int ended = 0; ended < 2; ended++) {
        talk_begin(&t);
        put_ok(&b, "answer");
        flush(&t, 0, SERVER, &b);
        end(&t, 0, SERVER);
        assert_int_not_equal(t.h->held, 0);
        if (ended == 0) {
            (void)lose(&t, 0, CLIENT, 40);
        } else { /* a front without a whole head, a mark that takes nothing, the end */
            send_bytes(&t, 0, CLIENT, BYTES_LITERAL("\0"));
            (void)lose_for(&t, 0, CLIENT, 0, GAP_CONFLICT);
            assert_int_not_equal(t.h->held, 0);
            end(&t, 0, CLIENT);
        }
        assert_int_equal(t.h->held, 0);
        end(&t, 0, CLIENT);
        assert_string_equal(t.text, text);
        talk_end(&t);
    }
    /* A hole inside: what is known of the head is waited for. */
    talk_begin(&t);
    put_ok(&b, "answer");
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    put_get(&b, "/lost");
    send_bytes(&t, 0, CLIENT, bytes_slice(buf_view(&b), 0, b.n - 4));
    (void)lose(&t, 0, CLIENT, 2);
    assert_int_not_equal(t.h->held, 0);
    send_bytes(&t, 0, CLIENT, BYTES_LITERAL("st"));
    assert_int_equal(t.h->held, 0);
    talk_end(&t);
    assert_string_equal(t.text, "0 GET  200 {:method=GET,:scheme=https,:authority=a.test cut} "
                                "{:status=200 [6:answer]} partial\n");
    buf_clear(&b);
}

/* DATA of `n` blocks of 64 kB. */
static void answer_at_length(struct talk *t, uint64_t stream, size_t n)
{
    static uint8_t block[1 << 16];
    struct buf b;

    buf_init(&b, MOST);
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    put_varint(&b, H3_DATA);
    put_varint(&b, (uint64_t)sizeof(block) * n);
    flush(t, stream, SERVER, &b);
    for (size_t i = 0; i < n; i++) {
        send_bytes(t, stream, SERVER, bytes_of(block, sizeof(block)));
        assert_true(t->h->held <= H3_HELD_MOST);
    }
    buf_clear(&b);
}

static void answers_without_requests_are_bounded_and_come_out(void **state)
{
    static struct talk t;

    (void)state;
    for (int seen = 0; seen < 2; seen++) {
        talk_begin(&t);
        if (seen != 0)
            send_bytes(&t, 2, CLIENT, BYTES_LITERAL(CONTROL));
        for (uint64_t stream = 0; stream < 12; stream += 4)
            answer_at_length(&t, stream, 100);
        end(&t, 0, SERVER);
        /* A request that comes late after all, and is no tunnel. */
        ask(&t, 0, "/late");
        assert_string_equal(causes(&t), "");
        assert_non_null(strstr(t.text, "0 GET https://a.test/late 200 "));
        assert_non_null(strstr(t.text, "]}\n"));
        talk_end(&t);
        assert_int_equal(t.exchanges, 3);
        assert_string_equal(t.causes, "");
        assert_non_null(strstr(t.text, "4   200 { cut} {:status=200 [6553600:"));
        assert_non_null(strstr(t.text, "8   200 { cut} {:status=200 [6553600:"));
    }
}

static void a_tunnel_that_is_known_too_late_is_never_whole(void **state)
{
    static struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    for (int ended = 0; ended < 2; ended++) {
        talk_begin(&t);
        answer_at_length(&t, 0, 200);
        if (ended != 0)
            end(&t, 0, SERVER);
        put_connect(&b);
        flush(&t, 0, CLIENT, &b);
        assert_string_equal(t.tunnels, "0<1@0: ");
        assert_string_equal(causes(&t), "BUDGET");
        assert_int_equal(t.ledger.gaps[0].len, 200 << 16);
        put_frame(&b, H3_DATA, BYTES_LITERAL("more"));
        flush(&t, 0, SERVER, &b);
        end(&t, 0, SERVER);
        assert_string_equal(
                t.tunnels, ended != 0 ? "0<1@0: " : "0<1@0: 0<0@13107200:more 0<2@13107204: ");
        end(&t, 0, CLIENT);
        assert_non_null(strstr(t.text, "} partial\n"));
        assert_non_null(strstr(t.text, "…] cut}"));
        talk_end(&t);
        assert_string_equal(t.causes, "BUDGET");
    }
    /* One that was refused has content. */
    talk_begin(&t);
    put_headers(&b, ":status: 403\n");
    put_frame(&b, H3_DATA, BYTES_LITERAL("no"));
    flush(&t, 4, SERVER, &b);
    end(&t, 4, SERVER);
    answer_at_length(&t, 0, 130);
    put_connect(&b);
    flush(&t, 4, CLIENT, &b);
    end(&t, 4, CLIENT);
    assert_non_null(strstr(t.text, "{:status=403 [2:no]}\n"));
    assert_string_equal(causes(&t), "");
    talk_end(&t);
    buf_clear(&b);
}

/* Past what may be open at once the oldest are given up with what is held for them. */
static void too_many_early_answers_give_up_the_oldest(void **state)
{
    static const uint8_t answer[] = "\1\3\0\0\xd9\0\2ok";
    static struct talk t;

    (void)state;
    talk_begin(&t);
    send_bytes(&t, 2, CLIENT, BYTES_LITERAL(CONTROL));
    for (uint64_t i = 0; i < MUX_STREAMS_MOST + 2; i++) {
        struct item item = {.kind = ITEM_BYTES, .dir = SERVER, .len = 9, .data = {answer, 9}};

        assert_int_equal(http3_push(t.h, i * 4, &item), STATUS_OK);
        item = (struct item){.kind = ITEM_END, .dir = SERVER, .off = 9};
        assert_int_equal(http3_push(t.h, i * 4, &item), STATUS_OK);
        drain(&t);
    }
    assert_string_equal(t.text, "0   200 { cut} {:status=200 [2:ok]} partial\n"
                                "4   200 { cut} {:status=200 [2:ok]} partial\n");
    assert_string_equal(causes(&t), "BUDGET BUDGET");
    http3_free(t.h);
    ledger_clear(&t.ledger);
}

/* The client says that the stream is no request, with any number of streams beside. */
static void what_came_before_a_foreign_stream_is_counted(void **state)
{
    static struct talk t;

    (void)state;
    for (size_t beside = 0; beside <= H3_LOOSE_MOST; beside += H3_LOOSE_MOST) {
        talk_begin(&t);
        for (uint64_t i = 0; i < beside; i++) {
            struct item item = {.kind = ITEM_BYTES, .len = 1, .data = BYTES_LITERAL("\x21")};

            assert_int_equal(http3_push(t.h, 256 + i * 4 + 2, &item), STATUS_OK);
        }
        send_bytes(&t, 12, SERVER, BYTES_LITERAL("answer"));
        send_bytes(&t, 12, SERVER, BYTES_LITERAL("ing"));
        end(&t, 12, SERVER);
        assert_int_equal(t.ledger.n, 0);
        send_bytes(&t, 12, CLIENT, BYTES_LITERAL("\x40\x41\0web transport"));
        assert_int_equal(t.h->held, 0);
        talk_end(&t);
        assert_int_equal(t.exchanges, 0);
        if (beside == 0) {
            assert_string_equal(t.causes, "UNSUPPORTED UNSUPPORTED");
        }
        assert_non_null(strstr(t.causes, "UNSUPPORTED"));
    }
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        static const size_t orders[] = {0, 5, 35, 500, 719};
        static struct talk t;

        oom_fail_at(n);
        talk_begin(&t);
        send_bytes(&t, 12, SERVER, BYTES_LITERAL("answer"));
        end(&t, 12, SERVER);
        send_bytes(&t, 8, SERVER, BYTES_LITERAL("\1\3\0\0\xd9\0\2ok"));
        send_in_order(&t, chunks, orders[n % 5], 7);
        send_bytes(&t, 12, CLIENT, BYTES_LITERAL("\x40\x41\0x"));
        if (t.status == STATUS_OK) {
            struct h3_lane *early = &mux_table_find(&t.h->mux.table, 8)->lanes->at[SERVER];

            t.status = h3_wait_give_up(t.h, early, GAP_BUDGET);
        }
        send_bytes(&t, 8, CLIENT, BYTES_LITERAL("\1\3\0\0\xcf"));
        talk_end(&t);
        happened = oom_happened();
        oom_fail_at(0);
        assert_true(!happened || t.status == STATUS_NOMEM);
        if (!happened) {
            assert_non_null(strstr(t.text, table_text));
            assert_non_null(strstr(t.tunnels, "8<1@0:"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_tunnel_is_one_in_every_order),
            cmocka_unit_test(a_head_request_has_no_content_in_any_order),
            cmocka_unit_test(an_ordinary_answer_is_the_same_in_every_order),
            cmocka_unit_test(in_order_nothing_is_copied),
            cmocka_unit_test(requests_and_answers_may_both_wait_for_fields),
            cmocka_unit_test(a_request_without_its_beginning_is_not_waited_for),
            cmocka_unit_test(answers_without_requests_are_bounded_and_come_out),
            cmocka_unit_test(a_tunnel_that_is_known_too_late_is_never_whole),
            cmocka_unit_test(too_many_early_answers_give_up_the_oldest),
            cmocka_unit_test(what_came_before_a_foreign_stream_is_counted),
            cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
