/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/consent_world.h"
#include "tests/support/oom.h"

/* The states of the exchanges, a letter each: none, before, refused, accepted, withdrawn. */
static void states_are(const struct consent_world *c, const char *want)
{
    char got[64] = {0};

    assert_true(c->w.e.exchange_count < sizeof(got));
    for (size_t i = 0; i < c->w.e.exchange_count; i++)
        got[i] = consent_state_name(c->j.consents[i])[0];
    assert_string_equal(got, want);
}

static void an_answer_holds_until_the_next_one(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100), AD(2, 2000), AD(2, 3000), AD(2, 4000), AD(2, 5000));
    CONSENT_JUDGE(&c, at(500, MARK_CONSENT_SHOWN), at(1500, MARK_CONSENT_REFUSED),
            at(2500, MARK_NOTE), at(3000, MARK_CONSENT_ACCEPTED),
            at(3500, MARK_COOKIES_CLEARED), at(3600, MARK_ERASURE_REQUESTED),
            at(4500, MARK_CONSENT_WITHDRAWN));
    states_are(&c, "bbraaw");
    consent_world_clear(&c);
}

static void an_answer_to_one_site_says_nothing_of_another(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), "3 1000 GET https://shop.test/ 200 nav",
            "4 2000 GET https://p.ads.test/j 200 img | > Referer: https://shop.test/",
            AD(2, 2100));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED)); /* of shop.test: opened last */
    states_are(&c, "nbrn");
    consent_world_clear(&c);
}

static void a_mark_can_name_its_site(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), "3 1000 GET https://shop.test/ 200 nav", AD(2, 2100));
    CONSENT_JUDGE(&c, of(at(1500, MARK_CONSENT_ACCEPTED), "www.news.test"));
    states_are(&c, "bna");
    consent_world_clear(&c);
}

static void a_notice_without_an_answer_is_before_and_no_mark_is_none(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100));
    CONSENT_JUDGE(&c, at(50, MARK_CONSENT_SHOWN));
    states_are(&c, "bb");
    consent_world_clear(&c);
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100));
    CONSENT_JUDGE(&c, at(50, MARK_NOTE));
    states_are(&c, "nn");
    assert_int_equal(c.findings.n, 0);
    consent_world_clear(&c);
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100));
    consent_world_judge(&c, NULL, 0);
    states_are(&c, "nn");
    consent_world_clear(&c);
}

static void a_mark_before_every_page_belongs_to_none(void **state)
{
    struct consent_world c;
    struct consent_timeline t;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(1000), AD(2, 1100));
    CONSENT_JUDGE(&c, at(500, MARK_CONSENT_REFUSED));
    states_are(&c, "nn");
    assert_int_equal(c.findings.n, 0);
    assert_int_equal(consent_timeline_make(c.j.arena, &c.w.e, &c.setup, &c.j, &t), STATUS_OK);
    assert_int_equal(t.unplaced, 1);
    consent_world_clear(&c);
}

static void an_exchange_without_a_page_has_the_state_of_the_only_one(void **state)
{
    struct consent_world c;

    (void)state;
    WORLD_MAKE(&c.w, "5 0 POST https://update.test/x 200 plain", NEWS(1000),
            "5 2000 POST https://update.test/x 200 plain",
            "3 3000 GET https://shop.test/ 200 nav",
            "5 4000 POST https://update.test/x 200 plain");
    /* Whatever else attribution may find out of them, these have no page. */
    for (size_t i = 0; i < c.w.e.exchange_count; i++)
        assert_int_equal(c.w.a.of[i].visit == NULL || i == 1 || i == 3 || i == 2, true);
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED));
    states_are(&c, "nbrnn");
    consent_world_clear(&c);
}

static void a_trace_has_the_state_of_its_first_time(void **state)
{
    struct consent_world c;
    size_t seen = 0;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 2000), AD(2, 3000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED), at(2500, MARK_CONSENT_ACCEPTED));
    for (size_t i = 0; i < c.j.trace_count; i++) {
        if (!bytes_is(c.j.traces[i]->name, "sguid"))
            continue;
        assert_int_equal(c.j.traces[i]->consent, CONSENT_REFUSED);
        seen++;
    }
    assert_int_equal(seen, 1);
    consent_world_clear(&c);
}

static void the_time_line_has_segments_and_what_went_out_in_them(void **state)
{
    struct consent_world c;
    struct consent_timeline t;
    const struct consent_page *p;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100), AD(2, 200), AD(2, 2000),
            "3 9000 GET https://shop.test/ 200 nav");
    CONSENT_JUDGE(&c, at(500, MARK_CONSENT_SHOWN), at(1500, MARK_CONSENT_REFUSED),
            at(3000, MARK_CONSENT_ACCEPTED));
    assert_int_equal(consent_timeline_make(c.j.arena, &c.w.e, &c.setup, &c.j, &t), STATUS_OK);
    assert_int_equal(t.n, 2);
    assert_false(t.capped);
    p = &t.pages[0];
    assert_true(bytes_is(p->site, "news.test"));
    assert_int_equal(p->shown->time_ns, WORLD_START + 500 * WORLD_MS);
    assert_int_equal(p->segment_count, 3);
    assert_int_equal(p->segments[0].state, CONSENT_BEFORE);
    assert_int_equal(p->segments[0].from_ns, WORLD_START);
    assert_null(p->segments[0].mark);
    assert_int_equal(p->segments[1].from_ns, WORLD_START + 1500 * WORLD_MS);
    assert_int_equal(p->segments[1].to_ns, WORLD_START + 3000 * WORLD_MS);
    assert_int_equal(p->segments[1].state, CONSENT_REFUSED);
    assert_int_equal(p->segments[2].to_ns, WORLD_START + 9000 * WORLD_MS + 1);
    assert_int_equal(p->segments[0].share_count, 1);
    assert_true(bytes_is(p->segments[0].shares[0].recipient_site, "ads.test"));
    assert_int_equal(p->segments[0].shares[0].identifiers, 1);
    assert_int_equal(p->segments[0].shares[0].times, 2);
    assert_int_equal(p->segments[0].shares[0].party, PARTY_THIRD);
    assert_int_equal(p->segments[1].shares[0].times, 1);
    assert_int_equal(p->segments[2].share_count, 0);
    p = &t.pages[1];
    assert_true(bytes_is(p->site, "shop.test"));
    assert_int_equal(p->segment_count, 1);
    assert_int_equal(p->segments[0].state, CONSENT_NONE);
    consent_world_clear(&c);
}

static void each_failed_allocation_is_said(void **state)
{
    struct consent_world c;
    bool failed = true;

    (void)state;
    WORLD_MAKE(&c.w, NEWS(0), AD(2, 100), AD(2, 2000), AD(2, 4000));
    CONSENT_JUDGE(&c, at(1500, MARK_CONSENT_REFUSED), at(3000, MARK_ERASURE_REQUESTED));
    assert_int_equal(c.findings.n, 3);
    for (long n = 1; failed; n++) {
        struct arena *own = c.j.arena;
        struct findings findings = {0};
        struct consent_timeline t;
        enum status status = STATUS_NOMEM;

        oom_fail_at(n);
        c.j.arena = arena_new((size_t)1 << 20);
        if (c.j.arena != NULL)
            status = consent_mark(&c.w.e, &c.setup, &c.j);
        if (status == STATUS_OK)
            status = consent_find(&c.w.e, &c.setup, &c.j, &findings);
        if (status == STATUS_OK)
            status = consent_timeline_make(c.j.arena, &c.w.e, &c.setup, &c.j, &t);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        arena_free(c.j.arena);
        c.j.arena = own;
    }
    consent_world_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_answer_holds_until_the_next_one),
            cmocka_unit_test(an_answer_to_one_site_says_nothing_of_another),
            cmocka_unit_test(a_mark_can_name_its_site),
            cmocka_unit_test(a_notice_without_an_answer_is_before_and_no_mark_is_none),
            cmocka_unit_test(a_mark_before_every_page_belongs_to_none),
            cmocka_unit_test(an_exchange_without_a_page_has_the_state_of_the_only_one),
            cmocka_unit_test(a_trace_has_the_state_of_its_first_time),
            cmocka_unit_test(the_time_line_has_segments_and_what_went_out_in_them),
            cmocka_unit_test(each_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
