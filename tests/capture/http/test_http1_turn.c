/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/http1_script.h"
#include "tests/support/oom.h"

static void a_tunnel_gives_its_bytes_on(void **state)
{
    static const struct step steps[] = {
            C("CONNECT s.test:443 HTTP/1.1\r\nHost: s.test:443\r\n\r\nEARLY"),
            S("HTTP/1.1 200 Established\r\nContent-Length: 5\r\n\r\nSERVER"),
            C("CLIENT"),
            SEND,
    };

    (void)state;
    expect_pieces(steps, 4,
            "#1 CONNECT s.test:443 200 complete | whole Host=s.test:443 | whole "
            "Content-Length=5\n"
            "rest0 0@49 EARLY\nrest1 0@47 SERVER\nrest0 0@54 CLIENT\nrest1 2@53 \n",
            1000);
}

static void a_refused_upgrade_stays_http(void **state)
{
    static const struct step steps[] = {
            C("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
    };

    (void)state;
    EXPECT(steps,
            "#1 GET http://x/1 200 complete | whole Host=x Connection=Upgrade Upgrade=h2c "
            "| whole Content-Length=0 body:\n"
            "#2 GET http://x/2 204 complete | whole Host=x | whole\n");
}

static void turns_are_told_by_the_upgrade(void **state)
{
    static const struct {
        const char *token;
        enum http1_turn turn;
    } cases[] = {{"websocket", TURN_WEBSOCKET}, {"h2c", TURN_H2C}, {"TLS/1.0", TURN_OTHER}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char asked[128] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: ";
        char answer[128] = "HTTP/1.1 101 Switching\r\nUpgrade: ";
        struct step steps[] = {C(asked), S(answer)};
        struct exchange *x;
        struct run r;

        strcat(strcat(asked, cases[i].token), "\r\n\r\n");
        strcat(strcat(answer, cases[i].token), "\r\n\r\n*");
        begin(&r);
        play(&r, steps, 1, 1000);
        assert_int_equal(http1_turn(r.h), TURN_NONE);
        play(&r, steps + 1, 1, 1000);
        assert_int_equal(http1_turn(r.h), cases[i].turn);
        x = http1_take_upgraded(r.h);
        assert_int_equal(x != NULL, cases[i].turn == TURN_H2C);
        if (x != NULL) {
            assert_true(bytes_is(x->url, "http://x/"));
            assert_int_equal(x->interim[0], 101);
            assert_false(x->response.seen);
            assert_true(x->request.whole);
        }
        exchange_free(x);
        assert_null(http1_take_upgraded(r.h));
        end(&r);
    }
}

static void rest_that_was_not_fetched_stops_the_stage(void **state)
{
    static const struct step steps[] = {
            C("CONNECT a:1 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n")};
    uint8_t byte = 'x';
    struct item item = {.kind = ITEM_BYTES, .off = 24, .len = 1, .data = {&byte, 1}};
    struct run r;

    (void)state;
    begin(&r);
    play(&r, steps, 2, 1000);
    assert_int_equal(http1_push(r.h, &item), STATUS_OK);
    assert_int_equal(http1_push(r.h, &item), STATUS_USAGE);
    assert_true(http1_next_rest(r.h, &item));
    assert_false(http1_next_rest(r.h, &item));
    end(&r);
}

static void every_allocation_may_fail(void **state)
{
    static const struct step steps[] = {
            CGAP(3),
            C("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nearly"),
            S("HTTP/1.1 200 OK\r\n\r\nx"),
    };
    static const struct step more[] = {
            C("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
              "chunked\r\n\r\n1\r\na\r\n0\r\nT: "
              "1\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbad\r\n"),
            SGAP(5),
            S("HTTP/1.1 200 OK\r\n\r\nx"),
    };

    (void)state;
    for (int which = 0; which < 2; which++) {
        for (long n = 1;; n++) {
            struct run r;

            begin(&r);
            http1_free(r.h);
            assert_int_equal(buf_reserve(&r.out, 4096), STATUS_OK);
            oom_fail_at(n);
            r.h = http1_new(&(struct http_setup){.connection = 1, .ledger = &r.ledger});
            if (r.h != NULL) {
                oom_fail_at(n);
                for (size_t i = 0; i < (which == 0 ? 3 : 4) && r.status == STATUS_OK; i++) {
                    const struct step *step = which == 0 ? &steps[i] : &more[i];
                    struct bytes text = bytes_text(step->text);
                    uint64_t frame = i + 1;
                    struct item item = {step->text == NULL ? ITEM_GAP : ITEM_BYTES, step->dir,
                            r.offset[step->dir], step->text == NULL ? step->gap : text.n, text,
                            {&frame, 1}, 0, 0, 1, GAP_LOST, {0}};
                    struct exchange *x;

                    r.offset[step->dir] += item.len;
                    r.status = http1_push(r.h, &item);
                    while (http1_next(r.h, &x))
                        exchange_free(x);
                    while (http1_next_rest(r.h, &item))
                        continue;
                }
                if (r.status == STATUS_OK)
                    r.status = http1_close(r.h);
            }
            if (!oom_happened()) {
                assert_non_null(r.h);
                assert_int_equal(r.status, STATUS_OK);
                oom_fail_at(0);
                end(&r);
                break;
            }
            oom_fail_at(0);
            if (r.h != NULL)
                assert_int_equal(r.status, STATUS_NOMEM);
            end(&r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_tunnel_gives_its_bytes_on),
            cmocka_unit_test(a_refused_upgrade_stays_http),
            cmocka_unit_test(turns_are_told_by_the_upgrade),
            cmocka_unit_test(rest_that_was_not_fetched_stops_the_stage),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
