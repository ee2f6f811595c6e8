/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "report/page_parts.h"

/* In units of the drawing; it is as wide as the page lets it be. */
enum {
    WIDTH = 760,
    MARGIN = 6,
    LEFT = 170, /* names of recipients stand left of it */
    RIGHT = 750,
    MARK_ROW = 16,
    MARK_ROWS = 3,
    BAND_TOP = MARK_ROW * MARK_ROWS + 8,
    BAND_ROW = 22,
    LANE = 24,
    LANES_MOST = 14,
    SEGMENTS_MOST = 6, /* more states are told by the table alone */
    SEGMENT_LEAST = 84,
    RADIUS = 9,
    NAME_SHOWN = 26, /* characters of a recipient's name */
    COUNT_MOST = 99,
    NUMBER_TEXT = 24,
};

struct lane {
    struct bytes site;
    bool third;
};

struct chart {
    const struct consent_page *c;
    int begins[SEGMENTS_MOST + 1]; /* where each stretch begins, then the end */
    struct lane lanes[LANES_MOST];
    size_t lane_count;
    bool more_lanes;
};

static void number(struct page *p, const char *name, int value)
{
    char text[NUMBER_TEXT];

    (void)snprintf(text, sizeof(text), "%d", value);
    html_attribute(&p->h, name, text);
}

static void open_text(struct page *p, const char *class_, int x, int y)
{
    html_open(&p->h, "text");
    html_class(&p->h, class_);
    number(p, "x", x);
    number(p, "y", y);
}

static void draw_line(struct page *p, const char *class_, int x, int from, int to)
{
    html_open(&p->h, "line");
    html_class(&p->h, class_);
    number(p, "x1", x);
    number(p, "x2", x);
    number(p, "y1", from);
    number(p, "y2", to);
    html_close(&p->h);
}

/* Each stretch is at least so wide that it can be read; the rest goes by its share of time. */
static void place_segments(struct chart *g)
{
    const struct consent_page *c = g->c;
    size_t n = c->segment_count;
    int rest = RIGHT - LEFT - (int)n * SEGMENT_LEAST;
    double from = (double)c->segments[0].from_ns;
    double whole = (double)c->segments[n - 1].to_ns - from;

    for (size_t i = 0; i <= n; i++) {
        double at = i == n ? whole : (double)c->segments[i].from_ns - from;

        g->begins[i] = LEFT + (int)i * SEGMENT_LEAST +
                       (whole > 0 ? (int)((double)rest * at / whole) : 0);
    }
    g->begins[n] = RIGHT;
}

static int place_time(const struct chart *g, size_t segment, int64_t when_ns)
{
    const struct consent_segment *s = &g->c->segments[segment];
    int from = g->begins[segment], wide = g->begins[segment + 1] - from;
    double whole = (double)s->to_ns - (double)s->from_ns;

    if (whole <= 0 || when_ns <= s->from_ns)
        return from;
    if (when_ns >= s->to_ns)
        return from + wide;
    return from + (int)((double)wide * ((double)when_ns - (double)s->from_ns) / whole);
}

static void take_lanes(struct chart *g, bool third)
{
    for (size_t i = 0; i < g->c->segment_count; i++) {
        const struct consent_segment *s = &g->c->segments[i];

        for (size_t k = 0; k < s->share_count; k++) {
            size_t l = 0;

            if ((s->shares[k].party == PARTY_THIRD) != third)
                continue;
            while (l < g->lane_count &&
                    !bytes_equal(g->lanes[l].site, s->shares[k].recipient_site))
                l++;
            if (l < g->lane_count)
                continue;
            if (l == LANES_MOST)
                g->more_lanes = true;
            else
                g->lanes[g->lane_count++] = (struct lane){s->shares[k].recipient_site, third};
        }
    }
}

static void draw_bands(struct page *p, const struct chart *g, int bottom)
{
    for (size_t i = 0; i < g->c->segment_count; i++) {
        const char *state = consent_state_name(g->c->segments[i].state);
        char class_[NUMBER_TEXT + 8];

        (void)snprintf(class_, sizeof(class_), "band %s", state);
        html_open(&p->h, "rect");
        html_class(&p->h, class_);
        number(p, "x", g->begins[i]);
        number(p, "y", BAND_TOP);
        number(p, "width", g->begins[i + 1] - g->begins[i]);
        number(p, "height", bottom - BAND_TOP);
        html_close(&p->h);
        open_text(p, "state", g->begins[i] + 4, BAND_TOP + BAND_ROW - 7);
        html_string(&p->h, page_word(p, page_consent_word(g->c->segments[i].state)));
        html_close(&p->h);
    }
}

static size_t segment_of(const struct chart *g, int64_t when_ns)
{
    size_t i = 0;

    while (i + 1 < g->c->segment_count && g->c->segments[i + 1].from_ns <= when_ns)
        i++;
    return i;
}

static void draw_mark(
        struct page *p, const struct chart *g, const struct mark *m, size_t row, int bottom)
{
    int x = place_time(g, segment_of(g, m->time_ns), m->time_ns);
    int y = MARK_ROW * (int)(row % MARK_ROWS + 1) - 3;
    bool left = x > (LEFT + RIGHT) / 2;

    draw_line(p, "mark", x, y - 10, bottom);
    open_text(p, left ? "marked end" : "marked", left ? x - 4 : x + 4, y);
    html_string(&p->h, page_word(p, page_mark_word(m->kind)));
    html_close(&p->h);
}

static void draw_marks(struct page *p, const struct chart *g, int bottom)
{
    const struct consent_page *c = g->c;
    size_t row = 0;

    if (c->shown != NULL)
        draw_mark(p, g, c->shown, row++, bottom);
    for (size_t i = 0; i < c->segment_count; i++) {
        if (c->segments[i].mark != NULL)
            draw_mark(p, g, c->segments[i].mark, row++, bottom);
    }
    if (c->erasure != NULL)
        draw_mark(p, g, c->erasure, row, bottom);
}

static void draw_share(struct page *p, const struct chart *g, size_t segment,
        const struct consent_share *share, int y, int *last)
{
    int x = place_time(g, segment, share->first_ns);

    /* Within its own stretch, beside the one before. */
    if (x < *last + 2 * RADIUS)
        x = *last + 2 * RADIUS;
    if (x > g->begins[segment + 1] - RADIUS)
        x = g->begins[segment + 1] - RADIUS;
    if (x < g->begins[segment] + RADIUS)
        x = g->begins[segment] + RADIUS;
    *last = x;
    html_open(&p->h, "circle");
    html_class(&p->h, share->party == PARTY_THIRD ? "dot third" : "dot");
    number(p, "cx", x);
    number(p, "cy", y);
    number(p, "r", RADIUS);
    html_close(&p->h);
    open_text(p, "count", x, y + 4);
    if (share->identifiers > COUNT_MOST)
        html_print(&p->h, "%d+", COUNT_MOST);
    else
        html_print(&p->h, "%llu", (unsigned long long)share->identifiers);
    html_close(&p->h);
}

static void draw_lane(struct page *p, const struct chart *g, size_t lane)
{
    int y = BAND_TOP + BAND_ROW + LANE * (int)lane + LANE / 2, last = LEFT - 2 * RADIUS;
    const struct lane *l = &g->lanes[lane];

    open_text(p, l->third ? "lane third" : "lane", MARGIN, y + 4);
    /* A name too long for the margin is cut; the table has it whole. */
    page_excerpt(p, bytes_slice(l->site, 0, l->site.n < NAME_SHOWN ? l->site.n : NAME_SHOWN),
            PAGE_NAME_MOST);
    if (l->site.n > NAME_SHOWN)
        html_string(&p->h, "…");
    html_close(&p->h);
    for (size_t i = 0; i < g->c->segment_count; i++) {
        const struct consent_segment *s = &g->c->segments[i];

        for (size_t k = 0; k < s->share_count; k++) {
            if (bytes_equal(s->shares[k].recipient_site, l->site) &&
                    (s->shares[k].party == PARTY_THIRD) == l->third)
                draw_share(p, g, i, &s->shares[k], y, &last);
        }
    }
}

void page_consent_chart(struct page *p, const struct consent_page *c)
{
    struct chart g = {.c = c};
    char box[NUMBER_TEXT * 2];
    int bottom;

    if (c->segment_count == 0 || c->segment_count > SEGMENTS_MOST)
        return;
    place_segments(&g);
    take_lanes(&g, true);
    take_lanes(&g, false);
    bottom = BAND_TOP + BAND_ROW + LANE * (int)g.lane_count + 6;
    (void)snprintf(box, sizeof(box), "0 0 %d %d", WIDTH, bottom);
    html_open(&p->h, "div");
    html_class(&p->h, "scroll");
    html_open(&p->h, "svg");
    html_class(&p->h, "timeline");
    html_attribute(&p->h, "viewbox", box);
    html_attribute(&p->h, "role", "img");
    html_attribute(&p->h, "aria-label",
            page_word(p, "Time line; the table below it has the same numbers"));
    draw_bands(p, &g, bottom);
    draw_marks(p, &g, bottom);
    for (size_t i = 0; i < g.lane_count; i++)
        draw_lane(p, &g, i);
    html_close(&p->h);
    html_close(&p->h);
    if (g.more_lanes)
        page_paragraph(p, "More recipients than are drawn: the table has them.");
}
