/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/together.h"
#include "tests/classify/verdict_world.h"
#include "tests/support/oom.h"

static void meet(struct world *w, struct together out[EXCHANGES])
{
    judge(w);
    assert_int_equal(
            together_judge(w->legal, w->traced, w->n, EXCHANGES, w->when_ns, out), STATUS_OK);
}

static bool rests_on(const struct together *o, enum reading reading, const char *id)
{
    for (size_t i = 0; i < o->ground_count[reading]; i++)
        if (strcmp(o->grounds[reading][i], id) == 0)
            return true;
    return false;
}

static void a_search_term_beside_an_identifier_is_not_anonymous(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES];
    struct trace *term = add(w, CLASS_SEARCH, "weight loss", "ads.test", 0);
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *lone = add(w, CLASS_SEARCH, "weight loss", "search.test", 1);

    (void)state;
    meet(w, out);
    for (unsigned r = 0; r < READINGS; r++)
        assert_int_not_equal(out[0].verdicts[r], VERDICT_ANONYMOUS);
    assert_verdicts(&out[0], U, U, I);
    assert_int_equal(out[0].class_, CLASS_BROWSER_IDENTIFIER);
    assert_ptr_equal(out[0].because[READING_BROAD], uid);
    assert_true(rests_on(&out[0], READING_BROAD, "CN-PI-4"));
    /* Each by itself is read as the narrow court read it. */
    assert_int_equal(term->verdicts[READING_ALONE], A);
    assert_int_equal(uid->verdicts[READING_ALONE], A);
    /* Without one, only the network address keeps it from being anonymous. */
    assert_verdicts(&out[1], A, A, U);
    assert_ptr_equal(out[1].because[READING_ALONE], lone);
    assert_true(rests_on(&out[1], READING_BROAD, "EU-PD-3"));
    world_free(w);
}

static void the_strongest_decides_and_names_its_grounds(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES];
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 2);
    struct trace *mail = add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 2);
    struct trace *flag = add(w, CLASS_TECHNICAL, "1", "cdn.test", 3);

    (void)state;
    flag->bits = 1;
    also_in(uid, 4);
    meet(w, out);
    assert_verdicts(&out[2], I, I, I);
    assert_int_equal(out[2].class_, CLASS_DIRECT);
    for (unsigned r = 0; r < READINGS; r++)
        assert_ptr_equal(out[2].because[r], mail);
    assert_true(rests_on(&out[2], READING_ALONE, "CN-PI-2"));
    /* A single attribute is anonymous by itself; its request came from an address. */
    assert_verdicts(flag, A, A, A);
    assert_verdicts(&out[3], A, A, U);
    assert_int_equal(out[3].class_, CLASS_TECHNICAL);
    /* What another request tied holds here as well. */
    assert_verdicts(&out[4], A, I, I);
    world_free(w);
}

static void an_exchange_without_traces_is_undetermined(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES];

    (void)state;
    meet(w, out);
    for (size_t i = 0; i < EXCHANGES; i++) {
        assert_verdicts(&out[i], U, U, U);
        for (unsigned r = 0; r < READINGS; r++)
            assert_null(out[i].because[r]);
        assert_int_equal(out[i].class_, CLASS_UNKNOWN);
        assert_true(rests_on(&out[i], READING_COMBINED, "CN-PI-3"));
        assert_true(rests_on(&out[i], READING_BROAD, "EU-PD-3"));
    }
    world_free(w);
}

static void a_trace_with_places_left_out_keeps_its_host_from_being_anonymous(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES];
    struct trace *often = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);

    (void)state;
    add(w, CLASS_TECHNICAL, "1", "ads.test", 1)->bits = 1;
    add(w, CLASS_TECHNICAL, "1", "cdn.test", 2)->bits = 1;
    meet(w, out);
    assert_verdicts(&out[1], A, A, U);
    often->count = TRACE_PLACES_MOST + 1;
    meet(w, out);
    assert_verdicts(&out[1], U, U, U);
    assert_verdicts(&out[2], A, A, U);
    world_free(w);
}

static void the_order_of_traces_changes_nothing(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES], again[EXCHANGES];

    (void)state;
    for (unsigned c = CLASS_UNKNOWN; c <= CLASS_TECHNICAL; c++)
        (void)add(w, c, c % 2 == 0 ? UID : "fr", "ads.test", c % 4);
    meet(w, out);
    for (size_t i = 0; i < w->n; i++)
        w->traced[i] = &w->traces[w->n - 1 - i];
    meet(w, again);
    for (size_t i = 0; i < EXCHANGES; i++) {
        assert_int_equal(out[i].class_, again[i].class_);
        for (unsigned r = 0; r < READINGS; r++) {
            assert_int_equal(out[i].verdicts[r], again[i].verdicts[r]);
            assert_ptr_equal(out[i].because[r], again[i].because[r]);
            assert_int_equal(out[i].ground_count[r], again[i].ground_count[r]);
        }
    }
    world_free(w);
}

static void survives_every_failing_allocation(void **state)
{
    struct world *w = world_new();
    struct together out[EXCHANGES];
    bool happened = true;

    (void)state;
    (void)add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 0);
    judge(w);
    for (long n = 1; happened; n++) {
        enum status status;

        oom_fail_at(n);
        status = together_judge(w->legal, w->traced, w->n, EXCHANGES, w->when_ns, out);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_search_term_beside_an_identifier_is_not_anonymous),
            cmocka_unit_test(the_strongest_decides_and_names_its_grounds),
            cmocka_unit_test(an_exchange_without_traces_is_undetermined),
            cmocka_unit_test(a_trace_with_places_left_out_keeps_its_host_from_being_anonymous),
            cmocka_unit_test(the_order_of_traces_changes_nothing),
            cmocka_unit_test(survives_every_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
