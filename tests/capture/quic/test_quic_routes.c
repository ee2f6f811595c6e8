/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/quic/quic_routes.h"
#include "tests/support/oom.h"

static int a, b; /* owners */

static void add(struct quic_routes *r, const char *id, void *owner, enum direction to)
{
    assert_int_equal(quic_routes_add(r, bytes_text(id), owner, to), STATUS_OK);
}

static size_t find_short(
        const struct quic_routes *r, const char *rest, struct quic_route out[QUIC_ROUTE_TRIES])
{
    uint8_t datagram[64] = {0x41};

    memcpy(datagram + 1, rest, strlen(rest));
    return quic_routes_find(r, bytes_of(datagram, 1 + strlen(rest)), out);
}

static void a_short_header_is_found_by_any_length_in_use(void **state)
{
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];

    (void)state;
    assert_non_null(r);
    add(r, "abcd", &a, FROM_SERVER);
    add(r, "abcdefgh", &b, FROM_CLIENT);
    assert_int_equal(find_short(r, "abcdefgh and more", out), 2);
    assert_ptr_equal(out[0].owner, &b); /* the longest first */
    assert_int_equal(out[0].to, FROM_CLIENT);
    assert_ptr_equal(out[1].owner, &a);
    assert_int_equal(out[1].to, FROM_SERVER);
    assert_int_equal(find_short(r, "abcdefg", out), 1);
    assert_int_equal(find_short(r, "abc", out), 0);
    assert_int_equal(find_short(r, "xbcdefgh", out), 0);
    assert_int_equal(quic_routes_find(r, (struct bytes){0}, out), 0);
    quic_routes_free(r);
}

static void a_long_header_names_the_length(void **state)
{
    const char *const datagram = "\xc0\x01\x01\x01\x01\x04"
                                 "abcd\x02xyrest";
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];

    (void)state;
    assert_non_null(r);
    add(r, "abc", &a, FROM_SERVER);
    assert_int_equal(quic_routes_find(r, bytes_text(datagram), out), 0);
    add(r, "abcd", &b, FROM_SERVER);
    assert_int_equal(quic_routes_find(r, bytes_text(datagram), out), 1);
    assert_ptr_equal(out[0].owner, &b);
    for (size_t n = 0; n < 10; n++) /* cut before the end of the ID */
        assert_int_equal(quic_routes_find(r, bytes_of(datagram, n), out), 0);
    quic_routes_free(r);
}

static void an_id_of_several_owners_names_the_newest_first_and_each_once(void **state)
{
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];
    int many[20];

    (void)state;
    assert_non_null(r);
    add(r, "abcd", &a, FROM_SERVER);
    add(r, "abcd", &b, FROM_SERVER);
    add(r, "abcd", &a, FROM_SERVER);
    assert_int_equal(find_short(r, "abcd", out), 2);
    assert_ptr_equal(out[0].owner, &b);
    assert_ptr_equal(out[1].owner, &a);
    for (size_t i = 0; i < 20; i++)
        add(r, "abcd", &many[i], FROM_CLIENT);
    assert_int_equal(find_short(r, "abcd", out), QUIC_ROUTE_TRIES);
    assert_ptr_equal(out[0].owner, &many[19]);
    quic_routes_free(r);
}

static void what_leads_to_nobody_is_no_route(void **state)
{
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];

    (void)state;
    assert_non_null(r);
    add(r, "", &a, FROM_SERVER);
    add(r, "123456789012345678901", &a, FROM_SERVER); /* longer than an ID can be */
    assert_int_equal(find_short(r, "123456789012345678901", out), 0);
    quic_routes_drop(r, &a);
    quic_routes_free(r);
}

static void an_owner_is_forgotten_with_all_its_ids(void **state)
{
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];

    (void)state;
    assert_non_null(r);
    add(r, "abcd", &a, FROM_SERVER);
    add(r, "efgh", &a, FROM_SERVER);
    add(r, "abcd", &b, FROM_SERVER);
    quic_routes_drop(r, &a);
    assert_int_equal(find_short(r, "efgh", out), 0);
    assert_int_equal(find_short(r, "abcd", out), 1);
    assert_ptr_equal(out[0].owner, &b);
    quic_routes_drop(r, &a);
    quic_routes_free(r);
}

static void numbered(uint64_t i, uint8_t id[8])
{
    for (unsigned k = 0; k < 8; k++)
        id[k] = (uint8_t)(i >> (8 * k));
}

static void past_the_limit_the_oldest_goes(void **state)
{
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];
    uint8_t datagram[9] = {0x41};

    (void)state;
    assert_non_null(r);
    for (uint64_t i = 0; i < QUIC_ROUTES_MOST + 2; i++) {
        uint8_t id[8];

        numbered(i, id);
        assert_int_equal(quic_routes_add(r, bytes_of(id, 8), i % 2 == 0 ? &a : &b, FROM_SERVER),
                STATUS_OK);
    }
    for (uint64_t i = 0; i < QUIC_ROUTES_MOST + 2; i++) {
        numbered(i, datagram + 1);
        assert_int_equal(quic_routes_find(r, bytes_of(datagram, 9), out), i < 2 ? 0 : 1);
    }
    quic_routes_drop(r, &b);
    numbered(3, datagram + 1);
    assert_int_equal(quic_routes_find(r, bytes_of(datagram, 9), out), 0);
    quic_routes_free(r);
}

static void one_id_for_all_stays_quick(void **state)
{
    static char owners[1 << 16];
    struct quic_routes *r = quic_routes_new();
    struct quic_route out[QUIC_ROUTE_TRIES];

    (void)state;
    assert_non_null(r);
    for (size_t i = 0; i < sizeof(owners); i++)
        add(r, "abcd", &owners[i], FROM_SERVER);
    for (size_t i = 1; i < sizeof(owners); i++)
        quic_routes_drop(r, &owners[i]);
    assert_int_equal(find_short(r, "abcd", out), 1);
    assert_ptr_equal(out[0].owner, &owners[0]);
    quic_routes_free(r);
}

static void every_failed_allocation_is_told(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        struct quic_routes *r;
        enum status status = STATUS_OK;

        oom_fail_at(n);
        r = quic_routes_new();
        for (uint64_t i = 0; r != NULL && i < 300 && status == STATUS_OK; i++) {
            uint8_t id[8];

            numbered(i, id);
            status = quic_routes_add(r, bytes_of(id, 8), i % 2 == 0 ? &a : &b, FROM_SERVER);
        }
        happened = oom_happened();
        oom_fail_at(0);
        /* A table that could not grow serves all the same. */
        assert_true(happened || (r != NULL && status == STATUS_OK));
        quic_routes_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_short_header_is_found_by_any_length_in_use),
            cmocka_unit_test(a_long_header_names_the_length),
            cmocka_unit_test(an_id_of_several_owners_names_the_newest_first_and_each_once),
            cmocka_unit_test(what_leads_to_nobody_is_no_route),
            cmocka_unit_test(an_owner_is_forgotten_with_all_its_ids),
            cmocka_unit_test(past_the_limit_the_oldest_goes),
            cmocka_unit_test(one_id_for_all_stays_quick),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
