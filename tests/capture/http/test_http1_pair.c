/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/http1_pair.h"

/*
 * A conversation as text: "q5" a request whose first packet is 5, "r7" a response, "c2-4" and
 * "s2-4" a hole of that side between packets 2 and 4 that began at a message boundary, "C2-4"
 * and "S2-4" one that did not. What comes out: "q5r7" a pair, "q5" and "r7" what stayed alone.
 *
 * "q5@10/20" begins at offset 10 of the client's stream, and its sender had heard 20 bytes of
 * the server's; so for the others, where a hole's second number is that of the packet behind.
 * "n50": the client was read up to there.
 */
static void expect(const char *script, const char *want)
{
    struct http1_pair p;
    struct exchange *x;
    char got[512] = "";

    http1_pair_init(&p, 1);
    while (*script != '\0') {
        char kind = *script++;
        struct http1_open *o = NULL;
        uint64_t frames[2] = {0, 0};
        struct item gap = {.kind = ITEM_GAP, .frames = {frames, 2}, .gap = 1};
        struct http1_place place = {0, {0}};

        for (int i = 0; i < 2; i++, script += *script == '-') {
            while (ascii_is_digit((uint8_t)*script))
                frames[i] = frames[i] * 10 + (uint64_t)(*script++ - '0');
        }
        if (*script == '@') {
            char *end;

            place.at.has_sent_from = place.at.has_heard = true;
            place.at.sent_from = strtoull(script + 1, &end, 10);
            place.at.heard = strtoull(end + 1, &end, 10);
            script = end;
        }
        place.frame = frames[0];
        gap.place = place.at;
        script += *script == ' ';
        if (kind == 'n')
            http1_pair_reach(&p, frames[0]);
        else if (kind == 'q' || kind == 'r')
            o = kind == 'q' ? http1_pair_request(&p, &place) : http1_pair_response(&p, &place);
        else
            assert_int_equal(
                    http1_pair_lost(&p, ascii_lower((uint8_t)kind) == 's', kind > 'Z', &gap),
                    STATUS_OK);
        if (o == NULL)
            continue;
        /* The packet is kept where the test finds it again. */
        if (kind == 'q')
            o->x->request.head_off = frames[0];
        else
            o->x->response.head_off = frames[0];
        http1_pair_done(&p, o, kind == 'q' ? FROM_CLIENT : FROM_SERVER);
    }
    http1_pair_end(&p, FROM_CLIENT);
    http1_pair_end(&p, FROM_SERVER);
    while ((x = http1_pair_next(&p)) != NULL) {
        char *at = got + strlen(got);
        size_t room = sizeof(got) - strlen(got);

        assert_true(x->request.head_off != 0 || x->response.head_off != 0);
        if (x->request.head_off != 0)
            (void)snprintf(at, room, "q%d", (int)x->request.head_off);
        at = got + strlen(got);
        room = sizeof(got) - strlen(got);
        if (x->response.head_off != 0)
            (void)snprintf(at, room, "r%d ", (int)x->response.head_off);
        else
            (void)snprintf(at, room, " ");
        exchange_free(x);
    }
    assert_string_equal(got, want);
    http1_pair_clear(&p);
}

static void without_loss_the_order_decides(void **state)
{
    (void)state;
    expect("q1 r2 q3 r4", "q1r2 q3r4 ");
    expect("q1 q2 q3 r4 r5 r6", "q1r4 q2r5 q3r6 ");
    expect("q1 r2 q3", "q1r2 q3 ");
}

static void an_answer_is_never_older_than_its_question(void **state)
{
    (void)state;
    expect("r1 q2", "r1 q2 ");
    expect("r1 q2 r3", "r1 q2r3 ");
    expect("q1 r2 r3 q4 r5", "q1r2 r3 q4r5 ");
}

static void requests_that_come_late_still_find_their_answers(void **state)
{
    (void)state;
    expect("r2 r4 q1 q3", "q1r2 q3r4 ");
    expect("r2 q1 r4 q3", "q1r2 q3r4 ");
    expect("r2 r6 q3 q5", "r2 q3r6 q5 ");
}

static void a_hole_of_the_server_swallows_answers(void **state)
{
    (void)state;
    expect("q1 s2-4 q4 r5", "q1 q4r5 ");            /* the whole answer to 1 */
    expect("q1 r2 S2-4 q5 r6", "q1r2 q5r6 ");       /* only its tail */
    expect("q1 r2 S2-6 q3 q7 r8", "q1r2 q3 q7r8 "); /* its tail and the answer to 3 */
    expect("q1 r2 S2-6 q3 r8", "q1r2 q3r8 ");       /* 3 was sent inside the hole */
    expect("q1 q4 s2-4 r5", "q1 q4r5 ");            /* the hole is told late */
    expect("q1 s2-3 r5", "q1 r5 ");                 /* that answer must be another's */
    expect("q1 s2-4 q4 s5-7 q7 r8", "q1 q4 q7r8 ");
}

static void a_hole_of_the_client_swallows_requests(void **state)
{
    (void)state;
    expect("c1-3 r2 q4 r5", "r2 q4r5 ");
    expect("r2 r5 c1-4 q4 r7", "r2 q4r5 r7 "); /* the hole is told late */
    expect("q1 C1-3 r2 q4 r5", "q1r2 q4r5 ");
    expect("q1 C1-9 r2 r5 q9 r10", "q1r2 r5 q9r10 ");
}

static void pipelining_and_loss_together_prove_nothing(void **state)
{
    (void)state;
    expect("q1 q2 s3-5 r6", "q1 q2 r6 ");
    expect("q1 q2 s3-5 r6 q7 r8", "q1 q2 r6 q7 r8 ");
    expect("c1-3 q3 r4 r5 r6", "r4 q3 r5 r6 "); /* how many were in the hole? */
    expect("q1 C1-3 q3 r4 r5", "q1r4 q3 r5 ");
    expect("r4 r5 c1-3 q3", "r4 r5 q3 ");
    expect("q1 q2 r3 r4 q5 S6-8 q7 q9 r10", "q1r3 q2r4 q5 q7 q9 r10 ");
}

static void acknowledgements_decide_however_the_packets_stand(void **state)
{
    (void)state;
    expect("q4@0/0 r3@0/50 q2@50/100 r1@100/90", "q4r3 q2r1 ");
    expect("r1@0/50 q2@0/0 r3@100/90 q4@50/100", "q2r1 q4r3 ");
    /* All later packets come first. */
    expect("r1@0/50 r2@100/90 q3@0/0 q4@50/100", "q3r1 q4r2 ");
    /* The packets stand well, but the second answer had heard of no second request. */
    expect("q1@0/0 r2@0/50 q4@50/100 r5@100/50 r6@200/90", "q1r2 q4r6 r5 ");
    /* The second request was sent when the second answer had been received. */
    expect("q1@0/0 r2@0/50 q3@50/150 r4@100/90 r5@200/90", "q1r2 q3r5 r4 ");
    expect("q1@0/0 q2@50/0 r3@0/90 r4@100/90", "q1r3 q2r4 ");
}

static void acknowledgements_tell_what_a_hole_swallowed(void **state)
{
    (void)state;
    /* The hole stands early in the file; its bytes were sent between the two requests. */
    expect("q1@0/0 s2-3@0/50 q9@50/100 r4@100/90", "q1 q9r4 ");
    expect("q1@0/0 q9@50/100 s2-3@0/50 r4@100/90", "q1 q9r4 ");
    expect("q1@0/0 s2-3@0/90 q9@50/100 r4@200/90", "q1 q9r4 ");
    /* Nothing was heard between the requests: the client pipelines, nothing is proved. */
    expect("q1@0/0 q2@50/0 s3-9@0/90 r9@100/90", "q1 q2 r9 ");
    expect("q2@50/100 q3@90/100 S4-9@150/120 r9@200/120", "q2 q3 r9 ");
    /* The answer had heard of bytes that were not read yet: of another request, maybe. */
    expect("q1@0/0 n50 S2-3@0/90 r9@200/90", "q1 r9 ");
    expect("q1@0/0 n90 S2-3@0/90 r9@200/90", "q1r9 ");
    expect("q1@0/0 n50 s2-3@0/90 r9@200/90 q2@50/100", "q1 r9 q2 ");
    /* The request in the hole is the one that was heard. */
    expect("c1-3@0/0 r2@0/50 q4@50/100 r5@100/90", "r2 q4r5 ");
}

static void nothing_is_kept_without_bound(void **state)
{
    struct http1_pair p;
    size_t out = 0;
    struct exchange *x;

    (void)state;
    http1_pair_init(&p, 1);
    for (uint64_t i = 1; i <= HTTP1_WAITING_MOST + 10; i++) {
        const struct http1_place place = {.frame = i};
        struct http1_open *o = http1_pair_request(&p, &place);

        assert_non_null(o);
        http1_pair_done(&p, o, FROM_CLIENT);
        while ((x = http1_pair_next(&p)) != NULL) {
            exchange_free(x);
            out++;
        }
    }
    assert_int_equal(out, HTTP1_WAITING_MOST + 10);
    http1_pair_clear(&p);
    for (uint64_t i = 1; i <= HTTP1_ORPHANS_MOST + 10; i++) {
        const struct http1_place place = {.frame = i};
        struct http1_open *o = http1_pair_response(&p, &place);

        assert_non_null(o);
        http1_pair_done(&p, o, FROM_SERVER);
    }
    assert_int_equal(p.orphans.n, 0);
    assert_int_equal(p.ready.n, HTTP1_ORPHANS_MOST + 10);
    http1_pair_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(without_loss_the_order_decides),
            cmocka_unit_test(an_answer_is_never_older_than_its_question),
            cmocka_unit_test(requests_that_come_late_still_find_their_answers),
            cmocka_unit_test(a_hole_of_the_server_swallows_answers),
            cmocka_unit_test(a_hole_of_the_client_swallows_requests),
            cmocka_unit_test(pipelining_and_loss_together_prove_nothing),
            cmocka_unit_test(acknowledgements_decide_however_the_packets_stand),
            cmocka_unit_test(acknowledgements_tell_what_a_hole_swallowed),
            cmocka_unit_test(nothing_is_kept_without_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
