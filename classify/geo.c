/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/geo.h"

#include <math.h>

#define RADIANS (M_PI / 180.0)
/* Of Krasovsky's ellipsoid, which GCJ-02 is made with. */
#define SEMI_MAJOR 6378245.0
#define ECCENTRICITY 0.00669342162296594323
#define EARTH_RADIUS 6371008.8
#define BD_ANGLE (M_PI * 3000.0 / 180.0)

const char *geo_datum_name(enum geo_datum datum)
{
    switch (datum) {
    case GEO_WGS84:
        return "wgs-84";
    case GEO_GCJ02:
        return "gcj-02";
    case GEO_BD09:
        return "bd-09";
    case GEO_DATUMS:
        break;
    }
    return "";
}

/* Two waves that both shifts have in common; x and y count from the middle of China. */
static double waves(double x)
{
    return (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
}

static double shift_latitude(double x, double y)
{
    return -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) +
           waves(x) + (20.0 * sin(y * M_PI) + 40.0 * sin(y / 3.0 * M_PI)) * 2.0 / 3.0 +
           (160.0 * sin(y / 12.0 * M_PI) + 320.0 * sin(y * M_PI / 30.0)) * 2.0 / 3.0;
}

static double shift_longitude(double x, double y)
{
    return 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + waves(x) +
           (20.0 * sin(x * M_PI) + 40.0 * sin(x / 3.0 * M_PI)) * 2.0 / 3.0 +
           (150.0 * sin(x / 12.0 * M_PI) + 300.0 * sin(x / 30.0 * M_PI)) * 2.0 / 3.0;
}

static struct geo to_gcj02(struct geo p)
{
    double x = p.longitude - 105.0, y = p.latitude - 35.0;
    double sine = sin(p.latitude * RADIANS);
    double magic = 1.0 - ECCENTRICITY * sine * sine;
    double meridian = SEMI_MAJOR * (1.0 - ECCENTRICITY) / (magic * sqrt(magic));
    double parallel = SEMI_MAJOR / sqrt(magic) * cos(p.latitude * RADIANS);

    /* The frame that the services leave as it is. */
    if (p.longitude < 72.004 || p.longitude > 137.8347 || p.latitude < 0.8293 ||
            p.latitude > 55.8271)
        return p;
    p.latitude += shift_latitude(x, y) / (meridian * RADIANS);
    p.longitude += shift_longitude(x, y) / (parallel * RADIANS);
    return p;
}

static struct geo to_bd09(struct geo gcj)
{
    double x = gcj.longitude, y = gcj.latitude;
    double z = sqrt(x * x + y * y) + 0.00002 * sin(y * BD_ANGLE);
    double theta = atan2(y, x) + 0.000003 * cos(x * BD_ANGLE);

    return (struct geo){z * sin(theta) + 0.006, z * cos(theta) + 0.0065};
}

struct geo geo_from_wgs84(struct geo place, enum geo_datum datum)
{
    switch (datum) {
    case GEO_GCJ02:
        return to_gcj02(place);
    case GEO_BD09:
        return to_bd09(to_gcj02(place));
    case GEO_WGS84:
    case GEO_DATUMS:
        break;
    }
    return place;
}

double geo_metres(struct geo a, struct geo b)
{
    double north = sin((b.latitude - a.latitude) * RADIANS / 2);
    double east = sin((b.longitude - a.longitude) * RADIANS / 2);
    double h =
            north * north + cos(a.latitude * RADIANS) * cos(b.latitude * RADIANS) * east * east;

    return 2 * EARTH_RADIUS * asin(sqrt(h > 1 ? 1 : h));
}
