/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_pair.h"

#include <stdlib.h>

static void append(struct http1_list *list, struct http1_open *o)
{
    o->next = NULL;
    if (list->last == NULL)
        list->first = o;
    else
        list->last->next = o;
    list->last = o;
    list->n++;
}

static struct http1_open *take_first(struct http1_list *list)
{
    struct http1_open *o = list->first;

    if (o == NULL)
        return NULL;
    list->first = o->next;
    if (list->first == NULL)
        list->last = NULL;
    list->n--;
    return o;
}

/* Forgets `o` without its exchange. */
static void drop(struct http1_pair *p, struct http1_open *o)
{
    if (o->younger == NULL)
        p->newest = o->older;
    else
        o->younger->older = o->older;
    if (o->older != NULL)
        o->older->younger = o->younger;
    free(o);
}

void http1_pair_init(struct http1_pair *p, uint32_t connection)
{
    *p = (struct http1_pair){.connection = connection, .next_position = 1};
}

void http1_pair_clear(struct http1_pair *p)
{
    while (p->newest != NULL) {
        exchange_free(p->newest->x);
        drop(p, p->newest);
    }
    http1_pair_init(p, p->connection);
}

/* -- What came before what --------------------------------------------------------------- */

/* Had whoever sent what lies at `answer` heard of the request? */
static bool knows(const struct http1_place *answer, const struct http1_place *request)
{
    if (answer->at.has_heard && request->at.has_sent_from)
        return answer->at.heard > request->at.sent_from;
    return request->frame <= answer->frame;
}

/* Had the client heard of what lies at `answer` when it sent the request? */
static bool follows(const struct http1_place *request, const struct http1_place *answer)
{
    if (request->at.has_heard && answer->at.has_sent_from)
        return request->at.heard > answer->at.sent_from;
    return answer->frame < request->frame;
}

/* Whether the one can be the answer to the other. */
static bool may_answer(const struct http1_place *answer, const struct http1_place *request)
{
    if (!knows(answer, request))
        return false;
    return !request->at.has_heard || !answer->at.has_sent_from || !follows(request, answer);
}

/* Was the request sent before the packet behind a hole of the server? */
static bool before_end(const struct http1_place *request, const struct http1_place *hole)
{
    if (hole->at.has_heard && request->at.has_sent_from)
        return hole->at.heard > request->at.sent_from;
    return request->frame < hole->frame;
}

/* -- Lists -------------------------------------------------------------------------------- */

static struct http1_open *new_phantom(struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o = calloc(1, sizeof(*o));

    if (o == NULL)
        return NULL;
    o->place = *at;
    o->older = p->newest;
    if (p->newest != NULL)
        p->newest->younger = o;
    p->newest = o;
    return o;
}

static struct http1_open *new_open(struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o = new_phantom(p, at);

    if (o == NULL)
        return NULL;
    o->x = exchange_new(p->connection, p->next_position, PROTOCOL_HTTP11);
    if (o->x == NULL) {
        drop(p, o);
        return NULL;
    }
    p->next_position++;
    return o;
}

void http1_pair_done(struct http1_pair *p, struct http1_open *o, enum direction dir)
{
    if (dir == FROM_CLIENT)
        o->request_done = true;
    else
        o->response_done = true;
    if (!o->request_done || !o->response_done || o->kept)
        return;
    if (o->misframed)
        o->x->response.whole = false;
    append(&p->ready, o);
}

/* The oldest orphan will get no request any more. */
static void settle_orphan(struct http1_pair *p)
{
    struct http1_open *o = take_first(&p->orphans);

    if (o == NULL)
        return;
    p->answered = o->place;
    exchange_add_gap(o->x, p->lost[FROM_CLIENT]);
    if (p->debt != 0)
        exchange_add_gap(o->x, p->lost[FROM_SERVER]);
    http1_pair_done(p, o, FROM_CLIENT);
}

/* The oldest waiting request will get no response any more. */
static void release_waiting(struct http1_pair *p)
{
    struct http1_open *o = take_first(&p->waiting);

    if (o == NULL)
        return;
    if (o->x == NULL) {
        drop(p, o);
        return;
    }
    if (p->debt != 0)
        exchange_add_gap(o->x, p->lost[FROM_CLIENT]);
    if (p->debt != 0 || knows(&p->lost_at[FROM_SERVER], &o->place))
        exchange_add_gap(o->x, p->lost[FROM_SERVER]);
    http1_pair_done(p, o, FROM_SERVER);
}

/* Gives up on order: as many responses as requests are waiting will go by unpaired. */
static void give_up(struct http1_pair *p, uint64_t debt)
{
    p->debt = debt > UINT64_MAX - p->debt ? UINT64_MAX : p->debt + debt;
    while (p->waiting.n != 0)
        release_waiting(p);
    while (p->orphans.n != 0)
        settle_orphan(p);
}

void http1_pair_reach(struct http1_pair *p, uint64_t end)
{
    if (end > p->reached)
        p->reached = end;
}

/* Has it heard of bytes of the client that were not read yet? One may be a FIN. Only with
 * holes of the server does it matter which of the requests there is asked for. */
static bool heard_more(const struct http1_pair *p, const struct http1_place *answer)
{
    return p->reached != 0 && answer->at.has_heard && answer->at.heard > p->reached &&
           answer->at.heard - p->reached > 1 && !p->ended[FROM_CLIENT] &&
           p->lost_at[FROM_SERVER].frame != 0;
}

/* The newest answer that waits for no request any more was not there yet when the client sent
 * the request: so it may be the answer to another that it sent before. */
static bool unawaited(const struct http1_pair *p, const struct http1_place *request)
{
    return p->answered.frame != 0 && !follows(request, &p->answered);
}

/*
 * Holes come late: responses may have been read by then. Those before this request are not its
 * own; and unless one of them can be the answer to what a hole swallowed, the client pipelines
 * and it cannot be told which of the rest is the request's.
 */
static struct http1_open *bind_orphan(struct http1_pair *p, const struct http1_place *at)
{
    size_t before = p->orphans.n;
    bool unknown;

    while (p->orphans.n != 0 &&
            (p->orphans.first->doubted || !may_answer(&p->orphans.first->place, at)))
        settle_orphan(p);
    unknown = (p->swallowed && p->orphans.n == before) || (p->hidden && unawaited(p, at));
    p->swallowed = false;
    p->hidden = false;
    if (unknown)
        give_up(p, UINT64_MAX);
    if (p->orphans.n != 0)
        p->answered = p->orphans.first->place;
    return take_first(&p->orphans);
}

/* Two requests without a word of the server in between: then no answer was waited for. */
static bool shows_pipelining(const struct http1_open *last, const struct http1_place *next)
{
    if (last == NULL || last->x == NULL)
        return false;
    if (last->place.frame == next->frame && next->frame != UINT64_MAX)
        return true; /* both in one packet */
    return last->place.at.has_heard && next->at.has_heard &&
           next->at.heard <= last->place.at.heard;
}

struct http1_open *http1_pair_request(struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o = bind_orphan(p, at);

    if (p->debt == 0)
        p->lost[FROM_CLIENT] = 0;
    if (o != NULL)
        return o;
    o = new_open(p, at);
    if (o == NULL)
        return NULL;
    o->after_hole = p->client_lost;
    o->doubted = p->lost_at[FROM_SERVER].frame != UINT64_MAX &&
                 before_end(at, &p->lost_at[FROM_SERVER]);
    if (shows_pipelining(p->waiting.last, at))
        p->pipelines = true;
    p->client_lost = false;
    append(&p->waiting, o);
    if (p->ended[FROM_SERVER])
        release_waiting(p);
    else if (p->debt != 0)
        give_up(p, 1);
    else if (p->waiting.n > HTTP1_WAITING_MOST)
        give_up(p, p->waiting.n);
    return o;
}

/*
 * How many waiting requests must go unanswered for a response that begins there, so that the
 * next is the one it answers. `*known` is false when that cannot be told, or when none was
 * sent before it; `*count` is then how many were.
 */
static size_t find_request(
        const struct http1_pair *p, const struct http1_place *at, bool *known, size_t *count)
{
    size_t doubted = 0;

    *count = 0;
    for (const struct http1_open *o = p->waiting.first; o != NULL && may_answer(at, &o->place);
            o = o->next) {
        if (o->doubted && doubted == *count)
            doubted++;
        (*count)++;
    }
    *known = *count != 0 &&
             (doubted == 0 || (*count <= doubted + 1 && !p->pipelines && !heard_more(p, at)));
    if (doubted == 0)
        return 0;
    return *count - 1;
}

struct http1_open *http1_pair_peek(const struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o = p->waiting.first;
    bool known;
    size_t count, skipped;

    if (p->debt != 0)
        return NULL;
    skipped = find_request(p, at, &known, &count);
    if (!known)
        return NULL;
    for (; skipped != 0; skipped--)
        o = o->next;
    return o->x == NULL ? NULL : o;
}

static struct http1_open *new_orphan(struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o = new_open(p, at);

    if (o == NULL)
        return NULL;
    o->doubted = heard_more(p, at);
    append(&p->orphans, o);
    if (p->debt != 0 || p->ended[FROM_CLIENT])
        settle_orphan(p);
    else if (p->orphans.n > HTTP1_ORPHANS_MOST)
        give_up(p, UINT64_MAX);
    return o;
}

/* Requests may hide in a hole before `o`. Only a client that waited for the answers to all of
 * them shows, by sending `o` behind the newest answer, that no more are to come. */
static bool may_be_shifted(const struct http1_pair *p, const struct http1_open *o)
{
    return o->x != NULL && o->after_hole && unawaited(p, &o->place);
}

/* It asked for an interim response, none was read, and the server has a hole behind the request:
 * then what it was told in between is not known. */
static void doubt_interim(const struct http1_pair *p, struct http1_open *o)
{
    if (!o->expects || !o->doubted || o->x->interim[0] != 0)
        return;
    exchange_add_gap(o->x, p->lost[FROM_SERVER]);
    o->misframed = true;
}

struct http1_open *http1_pair_response(struct http1_pair *p, const struct http1_place *at)
{
    struct http1_open *o;
    bool known;
    size_t count, skipped = find_request(p, at, &known, &count);

    if (p->debt == 0 && count != 0 && !known)
        give_up(p, p->waiting.n);
    if (p->debt == 0 && known && skipped == 0 && may_be_shifted(p, p->waiting.first))
        give_up(p, UINT64_MAX);
    if (p->debt != 0 || !known) {
        o = new_orphan(p, at);
        if (o != NULL && p->debt != 0 && p->debt != UINT64_MAX)
            p->debt--;
        return o;
    }
    p->answered = *at;
    if (count > 1 && !p->waiting.first->doubted)
        p->pipelines = true;
    for (; skipped != 0; skipped--)
        release_waiting(p);
    if (p->waiting.first->x != NULL) {
        o = take_first(&p->waiting);
        doubt_interim(p, o);
        return o;
    }
    o = new_open(p, at);
    if (o == NULL)
        return NULL;
    exchange_add_gap(o->x, p->waiting.first->gap);
    release_waiting(p);
    http1_pair_done(p, o, FROM_CLIENT);
    return o;
}

/* A hole where a request would begin: one request at least was in it. */
static enum status add_phantom(struct http1_pair *p, const struct item *gap)
{
    struct http1_place at = {gap->frames.n == 0 ? 0 : gap->frames.at[0], gap->place};
    struct http1_open *o;

    at.at.has_heard = false; /* that is what was heard at its end */
    if (p->debt != 0) {
        p->debt = UINT64_MAX;
        return STATUS_OK;
    }
    if (p->orphans.n != 0) {
        p->swallowed = true;
        return STATUS_OK;
    }
    o = new_phantom(p, &at);
    if (o == NULL)
        return STATUS_NOMEM;
    o->gap = gap->gap;
    append(&p->waiting, o);
    return STATUS_OK;
}

/*
 * A client that does not pipeline has one request open at most when the hole begins. Others
 * it can have sent in the hole's time, each behind the answer to the one before.
 */
static void lose_response(struct http1_pair *p, bool sure, const struct item *gap)
{
    const struct http1_place begin = {
            gap->frames.n == 0 ? UINT64_MAX : gap->frames.at[0], gap->place};
    const struct http1_place *end = &p->lost_at[FROM_SERVER];
    struct http1_open *last = NULL;
    size_t open = 0;

    for (struct http1_open *o = p->waiting.first; o != NULL && before_end(&o->place, end);
            o = o->next) {
        if (!o->doubted && !follows(&o->place, &begin))
            open++;
        last = o;
    }
    if (open > 1) {
        give_up(p, p->waiting.n);
        return;
    }
    if (last == NULL)
        return;
    for (struct http1_open *o = p->waiting.first; o != last; o = o->next)
        o->doubted = true;
    last->doubted = true;
    /* Where the hole began no response was open: the one it swallowed is this one's. */
    if (sure && open == 1 && p->waiting.first == last && !last->expects)
        release_waiting(p);
}

enum status http1_pair_lost(
        struct http1_pair *p, enum direction dir, bool sure, const struct item *gap)
{
    if (dir == FROM_CLIENT)
        p->client_lost = true;
    p->lost[dir] = gap->gap;
    p->lost_at[dir].frame = gap->frames.n == 0 ? UINT64_MAX : gap->frames.at[gap->frames.n - 1];
    p->lost_at[dir].at = gap->place;
    if (dir == FROM_SERVER) {
        lose_response(p, sure, gap);
        return STATUS_OK;
    }
    if (sure)
        return add_phantom(p, gap);
    p->hidden = p->orphans.n != 0;
    return STATUS_OK;
}

void http1_pair_end(struct http1_pair *p, enum direction dir)
{
    p->ended[dir] = true;
    if (dir == FROM_SERVER) {
        while (p->waiting.n != 0)
            release_waiting(p);
        return;
    }
    while (p->orphans.n != 0)
        settle_orphan(p);
}

struct exchange *http1_pair_take(struct http1_pair *p, struct http1_open *o)
{
    struct exchange *x = o->x;

    drop(p, o);
    return x;
}

struct exchange *http1_pair_next(struct http1_pair *p)
{
    struct http1_open *o = take_first(&p->ready);

    return o == NULL ? NULL : http1_pair_take(p, o);
}
