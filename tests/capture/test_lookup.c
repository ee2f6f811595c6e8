/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/lookup.h"
#include "tests/support/oom.h"

/* RFC 1035 messages: a question for A of x.test, and its answer by way of an alias. */
static const uint8_t query[] = {
        0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'X', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
static const uint8_t answer[] = {0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 1, 'X', 4, 't', 'e',
        's', 't', 0, 0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'c', 0xc0, 14,
        0xc0, 36, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};

static void push(struct lookups *l, uint32_t connection, int64_t time_ns, uint64_t frame,
        struct bytes message)
{
    const struct lookup_origin from = {
            .connection = connection, .carrier = "udp", .time_ns = time_ns, .frame = frame};

    assert_int_equal(lookups_push(l, &from, message), STATUS_OK);
}

static void ask(struct lookups *l, uint32_t connection, int64_t time_ns, uint64_t frame)
{
    push(l, connection, time_ns, frame, bytes_of(query, sizeof(query)));
}

static void respond(struct lookups *l, uint32_t connection, int64_t time_ns, uint64_t frame)
{
    push(l, connection, time_ns, frame, bytes_of(answer, sizeof(answer)));
}

static int enter(void **state)
{
    *state = lookups_new();
    return *state == NULL;
}

static int leave(void **state)
{
    lookups_free(*state);
    return 0;
}

static void a_response_completes_its_query(void **state)
{
    struct lookups *l = *state;
    const struct lookup *all;
    size_t n;

    ask(l, 1, 10, 1);
    respond(l, 1, 30, 2);
    all = lookups_all(l, &n);
    assert_int_equal(n, 1);
    assert_string_equal(all[0].name, "x.test");
    assert_string_equal(all[0].type, "A");
    assert_string_equal(all[0].result, "NOERROR");
    assert_int_equal(all[0].time_ns, 30);
    assert_true(all[0].frames[0] == 1 && all[0].frames[1] == 2);
    assert_int_equal(all[0].chain_count, 1);
    assert_string_equal(all[0].chain[0], "c.test");
    assert_int_equal(all[0].answer_count, 1);
    assert_string_equal(all[0].answers[0], "192.0.2.1");
}

static void another_conversation_is_another_lookup(void **state)
{
    struct lookups *l = *state;
    const struct lookup *all;
    size_t n;

    ask(l, 1, 10, 1);
    respond(l, 2, 30, 2);
    all = lookups_all(l, &n);
    assert_int_equal(n, 2);
    assert_null(all[0].result);
    assert_int_equal(all[1].frames[0], 0);
}

/* A live capture asks for all now and then: what waited must still find its answer. */
static void asking_for_all_in_between_loses_no_answer(void **state)
{
    struct lookups *l = *state;
    const struct lookup *all;
    size_t n;

    ask(l, 1, 50, 1);
    ask(l, 2, 40, 2);
    ask(l, 3, 30, 3);
    all = lookups_all(l, &n);
    assert_true(n == 3 && all[0].frames[0] == 3);
    respond(l, 1, 60, 4);
    respond(l, 3, 70, 5);
    all = lookups_all(l, &n);
    assert_int_equal(n, 3);
    assert_true(all[0].frames[0] == 2 && all[0].result == NULL);
    assert_true(all[1].frames[0] == 1 && all[1].frames[1] == 4);
    assert_true(all[2].frames[0] == 3 && all[2].frames[1] == 5);
}

static void what_is_no_message_is_ignored(void **state)
{
    struct lookups *l = *state;
    size_t n;

    for (size_t cut = 0; cut < sizeof(query); cut++)
        push(l, 1, 10, 1, bytes_of(query, cut));
    (void)lookups_all(l, &n);
    assert_int_equal(n, 0);
    assert_int_equal(lookups_dropped(l), 0);
}

static void every_failed_allocation_is_told(void **state)
{
    const struct lookup_origin from = {.connection = 1, .carrier = "udp"};
    enum status status;
    long at = 0;

    (void)state;
    do {
        struct lookups *l;

        oom_fail_at(++at);
        l = lookups_new();
        status = l == NULL ? STATUS_NOMEM
                           : lookups_push(l, &from, bytes_of(answer, sizeof(answer)));
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        lookups_free(l);
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(a_response_completes_its_query),
            TEST(another_conversation_is_another_lookup),
            TEST(asking_for_all_in_between_loses_no_answer),
            TEST(what_is_no_message_is_ignored),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
