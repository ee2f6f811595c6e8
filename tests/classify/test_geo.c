/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "classify/geo.h"

static void assert_at(struct geo got, double latitude, double longitude)
{
    if (fabs(got.latitude - latitude) > 1e-7 || fabs(got.longitude - longitude) > 1e-7)
        fail_msg("%.9f,%.9f", got.latitude, got.longitude);
}

/* Examples that the authors of public transforms give. */
static void published_examples_come_out(void **state)
{
    const struct geo shanghai = {31.1774276, 121.5272106}, beijing = {39.915, 116.404};
    const struct geo shenzhen = {22.543847, 113.912316};

    (void)state;
    assert_at(geo_from_wgs84(shanghai, GEO_GCJ02), 31.17530398364597, 121.531541859215);
    assert_at(geo_from_wgs84(shenzhen, GEO_GCJ02), 22.540796131694766, 113.9171764808363);
    assert_at(geo_from_wgs84(beijing, GEO_GCJ02), 39.91640428150164, 116.41024449916938);
    assert_at(geo_from_wgs84(beijing, GEO_WGS84), 39.915, 116.404);
}

/* BD-09 of GCJ-02 116.404, 39.915 is known: here of the WGS-84 place that gives it. */
static void bd09_is_shifted_once_more(void **state)
{
    struct geo place = {39.91359571849836, 116.39775550083061};

    (void)state;
    assert_true(
            geo_metres(geo_from_wgs84(place, GEO_GCJ02), (struct geo){39.915, 116.404}) < 2);
    assert_true(geo_metres(geo_from_wgs84(place, GEO_BD09),
                        (struct geo){39.92133699351021, 116.41036949371029}) < 2);
}

static void outside_china_nothing_is_shifted(void **state)
{
    const struct geo paris = {48.8566, 2.3522};

    (void)state;
    assert_at(geo_from_wgs84(paris, GEO_GCJ02), 48.8566, 2.3522);
}

static void distances_are_in_metres(void **state)
{
    const struct geo a = {0, 0}, b = {0, 1}, pole = {90, 0}, far = {-90, 0};

    (void)state;
    assert_true(fabs(geo_metres(a, b) - 111195.08) < 0.1);
    assert_true(fabs(geo_metres(pole, far) - 20015114.4) < 1);
    assert_true(geo_metres(a, a) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(published_examples_come_out),
            cmocka_unit_test(bd09_is_shifted_once_more),
            cmocka_unit_test(outside_china_nothing_is_shifted),
            cmocka_unit_test(distances_are_in_metres),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
