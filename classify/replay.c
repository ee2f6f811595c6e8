/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
    NODES_LEAST = 5,         /* tags of a snapshot */
    EVENTS_LEAST = 3,        /* with a time each */
    SOURCES_MOST = 16,       /* rrweb's IncrementalSource */
    BARE_NUMBERS_LEAST = 60, /* numbers in arrays that count as coordinates */
};

#define SECOND_NS INT64_C(1000000000)

/* What one upload showed. */
struct upload {
    size_t exchange;
    struct bytes path; /* without query */
    int64_t time_ns;
    uint64_t bytes;
    uint32_t points, blocks; /* coordinates; blocks of page text */
    bool events;             /* of rrweb */
    bool field;              /* a vendor's field for recordings */
    struct place place;      /* of what told most */
};

struct replay {
    const struct evidence *e;
    const struct judgement *j;
    struct page_text *text;
    struct upload *at; /* owned */
    size_t n, capacity;
    bool capped;
};

struct replay *replay_new(
        const struct evidence *e, const struct judgement *j, struct page_text *text)
{
    struct replay *r = calloc(1, sizeof(*r));

    if (r != NULL)
        *r = (struct replay){.e = e, .j = j, .text = text};
    return r;
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    free(r->at);
    free(r);
}

bool replay_is_upload(const struct exchange *x)
{
    if (!x->request.seen || !x->request.body.present || x->request.body.bytes == 0)
        return false;
    return x->message != 0 || bytes_is_nocase(x->method, "POST") ||
           bytes_is_nocase(x->method, "PUT");
}

/* Counts of keys that events and coordinates have. */
struct counts {
    size_t times, sources, nodes, texts, offsets, checks, x, y, bare;
    const struct place *first; /* of an event's time */
    const struct place *point;
};

static bool is_milliseconds(struct bytes text)
{
    uint64_t n;

    /* From 2001 on a time in milliseconds has 13 digits. */
    return text.n == 13 && bytes_decimal(text, &n);
}

static bool name_in(struct bytes name, const char *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes_is_nocase(name, all[i]))
            return true;
    }
    return false;
}

static bool is_plain_number(struct bytes text)
{
    size_t i = text.n != 0 && text.p[0] == '-';

    if (i == text.n || text.n > 8)
        return false;
    for (; i < text.n; i++) {
        if (!ascii_is_digit(text.p[i]) && text.p[i] != '.')
            return false;
    }
    return true;
}

static void count_value(struct counts *c, const struct sent_value *v)
{
    static const char *const xs[] = {
            "x", "clientX", "pageX", "offsetX", "screenX", "mouseX", "scrollLeft", "cx", "px"};
    static const char *const ys[] = {
            "y", "clientY", "pageY", "offsetY", "screenY", "mouseY", "scrollTop", "cy", "py"};
    uint64_t n;

    if (v->name.n == 0) {
        c->bare += is_plain_number(v->text);
        return;
    }
    if (bytes_is(v->name, "timestamp") && is_milliseconds(v->text)) {
        c->first = c->times++ == 0 ? &v->place : c->first;
    } else if (bytes_is(v->name, "source") && bytes_decimal(v->text, &n) && n <= SOURCES_MOST) {
        c->sources++;
    } else if (bytes_is(v->name, "tagName")) {
        c->nodes++;
    } else if (bytes_is(v->name, "textContent")) {
        c->texts++;
    } else if (bytes_is(v->name, "timeOffset")) {
        c->offsets++;
    } else if (bytes_is(v->name, "isChecked")) {
        c->checks++;
    } else if (is_plain_number(v->text)) {
        bool x = name_in(v->name, xs, sizeof(xs) / sizeof(*xs));

        c->x += x;
        c->y += !x && name_in(v->name, ys, sizeof(ys) / sizeof(*ys));
        if (x && c->x == 1)
            c->point = &v->place;
    }
}

static bool is_events(const struct counts *c)
{
    if (c->times != 0 && c->nodes >= NODES_LEAST && c->texts != 0)
        return true;
    return c->times >= EVENTS_LEAST && c->sources >= EVENTS_LEAST &&
           (c->offsets != 0 || c->checks != 0 || c->texts != 0 ||
                   (c->x >= EVENTS_LEAST && c->y >= EVENTS_LEAST));
}

static uint32_t points_of(const struct counts *c)
{
    size_t pairs = c->x < c->y ? c->x : c->y;

    if (c->bare >= BARE_NUMBERS_LEAST)
        pairs += c->bare / 2;
    return pairs > UINT32_MAX ? UINT32_MAX : (uint32_t)pairs;
}

/* Where a field of the vendor for recordings stands with something in it. Arrays have no value of
 * their own, so its name is looked for in the body as well. */
static bool has_recording(const struct vendor *v, const struct sent *sent, struct place *out)
{
    char name[48];
    size_t at;

    for (size_t i = 0; v != NULL && i < VENDOR_FIELDS_MOST && v->fields[i].name != NULL; i++) {
        if (v->fields[i].property != PROPERTY_RECORDING)
            continue;
        for (size_t k = 0; k < sent->n; k++) {
            if (vendor_field_find(v, sent->at[k].name) == &v->fields[i] &&
                    sent->at[k].text.n > 2) {
                *out = sent->at[k].place;
                return true;
            }
        }
        (void)snprintf(name, sizeof(name), "\"%s\":[", v->fields[i].name);
        if (sent->n != 0 && bytes_find(sent->body, bytes_text(name), 0, &at) &&
                at + strlen(name) < sent->body.n && sent->body.p[at + strlen(name)] != ']') {
            *out = (struct place){sent->at[0].place.exchange, "request.body", at, strlen(name)};
            return true;
        }
    }
    return false;
}

static struct upload *new_upload(struct replay *r)
{
    struct upload *grown = array_grow(r->at, r->n, &r->capacity, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    r->at = grown;
    return &r->at[r->n];
}

static struct bytes path_of(const struct exchange *x)
{
    struct bytes rest = x->path, path;

    return bytes_take_until(&rest, '?', &path) ? path : rest;
}

static void count_page_text(struct replay *r, const struct attribution *a,
        const struct sent *sent, struct upload *u)
{
    size_t best = 0;

    if (r->text == NULL || a->visit == NULL)
        return;
    for (size_t i = 0; i < sent->n; i++) {
        size_t n = page_text_count(
                r->text, a->visit->number, (uint32_t)r->n + 1, sent->at[i].text);

        u->blocks += (uint32_t)n;
        if (n > best && !u->events && !u->field && u->points < REPLAY_POINTS_LEAST) {
            best = n;
            u->place = sent->at[i].place;
        }
    }
}

bool replay_capped(const struct replay *r)
{
    return r->capped;
}

bool replay_push(struct replay *r, size_t index, const struct sent *sent)
{
    const struct exchange *x = r->e->exchanges[index];
    const struct vendor *v = r->j->vendors == NULL ? NULL : r->j->vendors[index];
    struct counts c = {0};
    struct upload *u;

    r->capped |= r->n == REPLAY_UPLOADS_MOST;
    if (r->capped)
        return true;
    u = new_upload(r);
    if (u == NULL)
        return false;
    for (size_t i = 0; i < sent->n; i++)
        count_value(&c, &sent->at[i]);
    *u = (struct upload){.exchange = index,
            .path = path_of(x),
            .time_ns = x->request.first_ns,
            .bytes = x->request.body.bytes,
            .points = points_of(&c),
            .events = is_events(&c),
            .place = {index, "request.body", 0, sent->body.n}};
    u->field = has_recording(v, sent, &u->place);
    if (u->events && c.first != NULL)
        u->place = *c.first;
    else if (!u->field && c.point != NULL)
        u->place = *c.point;
    count_page_text(r, &r->j->attributions.of[index], sent, u);
    r->n++;
    return true;
}

static int by_endpoint(const void *a, const void *b, void *of)
{
    const struct replay *r = of;
    const struct upload *left = a, *right = b;
    const struct visit *visit[2] = {r->j->attributions.of[left->exchange].visit,
            r->j->attributions.of[right->exchange].visit};
    size_t number[2] = {
            visit[0] == NULL ? 0 : visit[0]->number, visit[1] == NULL ? 0 : visit[1]->number};
    int order = bytes_compare(
            r->e->exchanges[left->exchange]->host, r->e->exchanges[right->exchange]->host);

    if (order == 0)
        order = (number[0] > number[1]) - (number[0] < number[1]);
    if (order == 0)
        order = bytes_compare(left->path, right->path);
    return order == 0 ? (left->exchange > right->exchange) - (left->exchange < right->exchange)
                      : order;
}

static bool same_endpoint(
        const struct replay *r, const struct upload *a, const struct upload *b)
{
    return r->j->attributions.of[a->exchange].visit ==
                   r->j->attributions.of[b->exchange].visit &&
           bytes_equal(a->path, b->path) &&
           bytes_equal(r->e->exchanges[a->exchange]->host, r->e->exchanges[b->exchange]->host);
}

/* Some stretch of a minute has enough of uploads, bytes and what tells. */
static bool has_volume(const struct upload *u, size_t n, const char **basis)
{
    uint64_t bytes = 0, points = 0, blocks = 0;

    for (size_t begin = 0, end = 0; end < n; end++) {
        bytes += u[end].bytes;
        points += u[end].points;
        blocks += u[end].blocks;
        while (u[end].time_ns - u[begin].time_ns > REPLAY_SECONDS * SECOND_NS) {
            bytes -= u[begin].bytes;
            points -= u[begin].points;
            blocks -= u[begin].blocks;
            begin++;
        }
        if (end - begin + 1 < REPLAY_UPLOADS_LEAST || bytes < REPLAY_BYTES_LEAST)
            continue;
        *basis = blocks >= REPLAY_BLOCKS_LEAST ? "volume-with-page-text"
                                               : "volume-with-coordinates";
        if (blocks >= REPLAY_BLOCKS_LEAST || points >= REPLAY_POINTS_LEAST)
            return true;
    }
    return false;
}

static enum status state(
        struct replay *r, const struct upload *u, size_t n, struct recordings *out)
{
    const char *basis = NULL;
    bool volume = has_volume(u, n, &basis), told = volume, full = false;
    struct recording *row;

    for (size_t i = 0; i < n; i++)
        told |= u[i].events || u[i].field;
    if (!told)
        return STATUS_OK;
    row = recordings_add(out, r->j, RECORDING_REPLAY, u[0].exchange, &full);
    if (row == NULL)
        return full ? STATUS_OK : STATUS_NOMEM;
    row->first_ns = u[0].time_ns;
    if (volume)
        recording_base(row, basis);
    for (size_t i = 0; i < n; i++) {
        if (u[i].events)
            recording_base(row, "rrweb-events");
        if (u[i].field)
            recording_base(row, "vendor-field");
        row->samples++;
        row->bytes += u[i].bytes;
        row->page_text += (uint64_t)u[i].blocks * PAGE_TEXT_BLOCK;
        row->last_ns = u[i].time_ns;
        recording_cite(row, &u[i].place);
    }
    return STATUS_OK;
}

enum status replay_finish(struct replay *r, struct recordings *out)
{
    enum status status = STATUS_OK;

    if (r->n != 0)
        qsort_r(r->at, r->n, sizeof(*r->at), by_endpoint, r);
    for (size_t i = 0, end; i < r->n && status == STATUS_OK; i = end) {
        for (end = i + 1; end < r->n && same_endpoint(r, &r->at[end], &r->at[i]);)
            end++;
        status = state(r, &r->at[i], end - i, out);
    }
    return status;
}
