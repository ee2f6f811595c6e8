/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "classify/geo.h"
#include "classify/key_name.h"
#include "classify/search_parts.h"

enum {
    WHOLE_MOST = 3,     /* digits in front of the point */
    DECIMALS_LEAST = 2, /* fewer name a region */
    DECIMALS_SURE = 3,  /* enough to need no name */
    APART_MOST = 512,   /* bytes between the two numbers */
    ADJACENT_MOST = 6,  /* likewise, of "31.23,121.47" and "31.23%2C%20121.47" */
};

/* Degrees: what a number is compared to at all, and how near it must come besides rounding. */
#define NEAR 0.02
#define RADIUS 1e-3

/* One number of a pair that may be a declared place. */
struct half {
    bool there, named;
    double value;
    unsigned decimals;
    struct place place;
};

struct wanted {
    size_t value; /* index in the subject */
    struct geo in[GEO_DATUMS];
    struct half latitude, longitude; /* of the origin at hand */
};

struct number {
    double value;
    unsigned decimals;
    size_t begin, end;
};

bool search_locations_begin(struct search *s)
{
    const struct subject *subject = s->subject;

    s->locations = arena_array(s->arena, subject->n + 1, sizeof(*s->locations));
    if (s->locations == NULL)
        return false;
    for (size_t i = 0; i < subject->n; i++) {
        const struct geo place = {subject->at[i].latitude, subject->at[i].longitude};
        struct wanted *w = &s->locations[s->location_count];

        if (subject->at[i].kind != SUBJECT_LOCATION)
            continue;
        w->value = i;
        for (int datum = 0; datum < GEO_DATUMS; datum++)
            w->in[datum] = geo_from_wgs84(place, (enum geo_datum)datum);
        s->location_count++;
    }
    return true;
}

void search_locations_reset(struct search *s)
{
    for (size_t i = 0; i < s->location_count; i++)
        s->locations[i].latitude.there = s->locations[i].longitude.there = false;
}

/* The decimal number around the point at `dot`. */
static bool number_at(struct bytes text, size_t dot, struct number *out)
{
    enum { DECIMALS_MOST = 18 };
    size_t begin = dot, end = dot + 1;
    double value = 0, unit = 1;

    while (begin > 0 && dot - begin <= WHOLE_MOST && ascii_is_digit(text.p[begin - 1]))
        begin--;
    while (end < text.n && end - dot <= DECIMALS_MOST && ascii_is_digit(text.p[end]))
        end++;
    if (begin == dot || dot - begin > WHOLE_MOST || end - dot - 1 < DECIMALS_LEAST ||
            (begin > 0 && text.p[begin - 1] == '.') ||
            (end < text.n && (text.p[end] == '.' || ascii_is_digit(text.p[end]))))
        return false;
    for (size_t i = begin; i < dot; i++)
        value = value * 10 + (text.p[i] - '0');
    for (size_t i = dot + 1; i < end; i++) {
        unit /= 10;
        value += unit * (text.p[i] - '0');
    }
    out->decimals = (unsigned)(end - dot - 1);
    if (begin > 0 && text.p[begin - 1] == '-') {
        begin--;
        value = -value;
    }
    *out = (struct number){value, out->decimals, begin, end};
    return true;
}

static double slack(unsigned decimals)
{
    return RADIUS + pow(10, -(double)decimals) / 2;
}

/* The datum in which the pair comes nearest, when it comes near enough. */
static bool pair_fits(const struct wanted *w, struct hit *hit)
{
    const struct half *lat = &w->latitude, *lon = &w->longitude;
    const struct geo found = {lat->value, lon->value};
    bool any = false;

    for (int datum = 0; datum < GEO_DATUMS; datum++) {
        double metres = geo_metres(found, w->in[datum]);

        if (fabs(found.latitude - w->in[datum].latitude) > slack(lat->decimals) ||
                fabs(found.longitude - w->in[datum].longitude) > slack(lon->decimals) ||
                (any && metres >= hit->metres))
            continue;
        any = true;
        hit->datum = geo_datum_name((enum geo_datum)datum);
        hit->metres = metres;
    }
    return any;
}

static size_t end_of(const struct place *p)
{
    return (size_t)(p->off + p->len);
}

/* Bytes between two stretches. */
static size_t gap_of(const struct place *a, const struct place *b)
{
    if (a->off > b->off) {
        const struct place *swap = a;

        a = b;
        b = swap;
    }
    return (size_t)b->off > end_of(a) ? (size_t)b->off - end_of(a) : 0;
}

static void try_pair(
        struct search *s, struct wanted *w, const struct node *node, const struct number *n)
{
    const struct half *lat = &w->latitude, *lon = &w->longitude;
    struct hit hit = {.value = w->value, .charset = "utf-8"};
    size_t apart, begin, end;
    bool sure;

    if (!lat->there || !lon->there)
        return;
    apart = gap_of(&lat->place, &lon->place);
    sure = (lat->decimals >= DECIMALS_SURE && lon->decimals >= DECIMALS_SURE) ||
           (lat->named && lon->named) || apart <= ADJACENT_MOST;
    if (apart > APART_MOST || !sure || !pair_fits(w, &hit))
        return;
    begin = (size_t)(lat->place.off < lon->place.off ? lat->place.off : lon->place.off);
    end = end_of(&lat->place) > end_of(&lon->place) ? end_of(&lat->place) : end_of(&lon->place);
    hit.place = (struct place){node->origin->exchange, node->origin->part, begin, end - begin};
    search_layers(node, &hit);
    search_add(s, node, search_key(node, n->begin), &hit);
    w->latitude.there = w->longitude.there = false;
}

static bool is_near(const struct wanted *w, double value, bool latitude)
{
    for (int datum = 0; datum < GEO_DATUMS; datum++) {
        double want = latitude ? w->in[datum].latitude : w->in[datum].longitude;

        if (fabs(value - want) <= NEAR)
            return true;
    }
    return false;
}

static void take_number(struct search *s, const struct node *node, const struct number *n)
{
    for (size_t i = 0; i < s->location_count; i++) {
        struct wanted *w = &s->locations[i];

        for (int latitude = 0; latitude < 2; latitude++) {
            struct half *half = latitude ? &w->latitude : &w->longitude;
            struct bytes key;

            if (!is_near(w, n->value, latitude != 0))
                continue;
            key = search_key(node, n->begin);
            /* Where both are alike, a name may tell them apart. */
            if (key_name_says(key, latitude ? KEY_LONGITUDE : KEY_LATITUDE))
                continue;
            *half = (struct half){.there = true,
                    .value = n->value,
                    .decimals = n->decimals,
                    .named = key_name_says(key, latitude ? KEY_LATITUDE : KEY_LONGITUDE)};
            search_place(node, n->begin, n->end, &half->place);
            try_pair(s, w, node, n);
        }
    }
}

void search_locations(struct search *s, const struct node *node)
{
    struct bytes text = node->text;
    size_t at = 0;

    while (at < text.n && !s->no_memory) {
        const uint8_t *dot = memchr(text.p + at, '.', text.n - at);
        struct number n;

        if (dot == NULL)
            return;
        at = (size_t)(dot - text.p);
        if (number_at(text, at, &n))
            take_number(s, node, &n);
        at++;
    }
}
