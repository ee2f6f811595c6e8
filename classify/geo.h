/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_GEO_H
#define CLASSIFY_GEO_H

/*
 * Places on earth as Chinese services write them. GCJ-02 shifts WGS-84 by 100 to 700 m inside
 * China, BD-09 shifts that once more. The functions are the approximations in public use since
 * 2010 (e.g. in the transforms of open map libraries); they agree with the services to a metre.
 */

enum geo_datum { GEO_WGS84, GEO_GCJ02, GEO_BD09, GEO_DATUMS };

const char *geo_datum_name(enum geo_datum datum); /* "wgs-84", "gcj-02", "bd-09" */

struct geo {
    double latitude, longitude; /* degrees */
};

/* A place given in WGS-84 in another datum; outside China's frame all are the same but BD-09. */
struct geo geo_from_wgs84(struct geo place, enum geo_datum datum);
/* Along the great circle of a sphere of 6,371,008.8 m. */
double geo_metres(struct geo a, struct geo b);

#endif
