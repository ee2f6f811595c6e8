/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/typing.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "classify/presubmit.h"
#include "classify/replay.h"

enum {
    STEP_MOST = 3,     /* characters that one value is longer or shorter than the last */
    SAMPLES_LEAST = 3, /* values in a row */
    NUMBERS_LEAST = 5, /* likewise of numbers, any of which may go on from another by chance */
    GROWN_LEAST = 2,   /* of these steps, so many forward */
    LENGTH_LEAST = 3,  /* bytes of the longest value */
    TEXT_MOST = 256,   /* bytes of a value that may be typed */
    FIELDS_MOST = 512, /* of one request, that are followed */
    PLACES_FIRST = 12,
    TRACKS_MOST = 1 << 14,   /* fields followed at a time, of the capture */
    REFUSED_BETWEEN = 1024,  /* new fields without room, before old ones are looked through */
    SLOTS = TRACKS_MOST * 2, /* a power of two */
    UPLOAD_LEAST = 256,      /* bytes of a body for which page text is worth the search */
};

#define STEP_NS (INT64_C(10) * 1000000000)
#define SCRATCH_MOST ((size_t)128 << 20)

/* A run of values, each of which goes on from the one before. */
struct run {
    size_t samples, grown;
    uint64_t bytes;
    int64_t first_ns;
    uint8_t between; /* what all pieces that were added begin with, when it is a delimiter */
    size_t longest;
    uint8_t text[TEXT_MOST]; /* the longest */
    struct place places[PLACES_FIRST];
    size_t place_count;
};

/* One field of one endpoint in one visit. */
struct track {
    uint64_t hash; /* of host, path, name and how many of that name stand before it */
    const struct visit *visit;
    size_t exchange; /* the last */
    int64_t last_ns;
    uint8_t last[TEXT_MOST];
    size_t last_n;
    struct bytes name; /* in the arena */
    struct run run;
};

struct typing {
    const struct evidence *e;
    struct judgement *j;
    struct recordings *out;
    struct siphash_key key;
    struct track **slots; /* owned, and each */
    struct track **all;   /* owned: room to sort them */
    size_t used, refused;
};

static size_t characters(const uint8_t *p, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (p[i] & 0xc0) != 0x80;
    return count;
}

static bool is_delimiter(uint8_t c)
{
    return c != '\0' && strchr(",;|:&/+~!", c) != NULL;
}

/* Passwords are not written into a report. */
static bool is_secret(struct bytes name)
{
    static const char *const parts[] = {"pass", "pwd", "pin", "cvv", "cvc", "secret"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        for (size_t at = 0; at + strlen(parts[i]) <= name.n; at++) {
            if (bytes_starts_nocase(bytes_slice(name, at, name.n), bytes_text(parts[i])))
                return true;
        }
    }
    return false;
}

static bool is_typed(const struct run *run)
{
    size_t digits = 0, same = 0;

    for (size_t i = 0; i < run->longest; i++) {
        digits += ascii_is_digit(run->text[i]) || run->text[i] == '.' || run->text[i] == '-';
        same += run->text[i] == run->text[0];
    }
    /* Lists that grow by one entry are not typed; "****" says how much was, but not what. */
    return run->longest >= LENGTH_LEAST && run->between == 0 && same != run->longest &&
           run->grown >= GROWN_LEAST &&
           run->samples >= (digits == run->longest ? NUMBERS_LEAST : SAMPLES_LEAST);
}

/* A run that is long enough becomes a row. */
static bool finish(struct typing *t, struct track *k)
{
    const struct run *run = &k->run;
    struct recording *row;
    bool full = false;

    if (!is_typed(run))
        return true;
    row = recordings_add(t->out, t->j, RECORDING_TYPED, run->places[0].exchange, &full);
    if (row == NULL)
        return full;
    row->samples = run->samples;
    row->bytes = run->bytes;
    row->first_ns = run->first_ns;
    row->last_ns = k->last_ns;
    for (size_t i = 0; i < run->place_count; i++)
        recording_cite(row, &run->places[i]);
    if (!is_secret(k->name) && !arena_copy(t->j->arena,
                                       bytes_of(run->text, run->longest < RECORDING_TEXT_MOST
                                                                   ? run->longest
                                                                   : RECORDING_TEXT_MOST),
                                       &row->text))
        return false;
    return recording_field(t->j->arena, row, k->name);
}

static void add_sample(struct track *k, struct bytes text, const struct place *place)
{
    struct run *run = &k->run;

    run->samples++;
    run->bytes += text.n;
    if (run->place_count < PLACES_FIRST)
        run->places[run->place_count++] = *place;
    if (text.n > run->longest) {
        run->longest = text.n;
        memcpy(run->text, text.p, text.n);
    }
}

/* Whether the value goes on from the last one, and how. */
static bool goes_on(struct track *k, struct bytes text)
{
    struct bytes last = bytes_of(k->last, k->last_n);
    size_t added;

    if (text.n > last.n && bytes_starts(text, last)) {
        added = characters(text.p + last.n, text.n - last.n);
        if (added == 0 || added > STEP_MOST)
            return false;
        if (k->run.grown++ == 0)
            k->run.between = is_delimiter(text.p[last.n]) ? text.p[last.n] : 0;
        else if (k->run.between != text.p[last.n])
            k->run.between = 0;
        return true;
    }
    if (text.n < last.n && bytes_starts(last, text)) {
        added = characters(last.p + text.n, last.n - text.n);
        return added != 0 && added <= STEP_MOST;
    }
    return false;
}

/* The next value of a field. False: no memory. */
static bool step(struct typing *t, struct track *k, const struct sent_value *v,
        const struct visit *visit, int64_t now_ns)
{
    bool same_place = k->visit == visit && now_ns - k->last_ns <= STEP_NS;

    if (same_place && bytes_equal(bytes_of(k->last, k->last_n), v->text)) {
        k->last_ns = now_ns;
        return true;
    }
    if (!same_place || !goes_on(k, v->text)) {
        if (!finish(t, k))
            return false;
        k->run = (struct run){.first_ns = now_ns};
    }
    memcpy(k->last, v->text.p, v->text.n);
    k->last_n = v->text.n;
    k->last_ns = now_ns;
    k->visit = visit;
    add_sample(k, v->text, &v->place);
    return true;
}

static int by_track(const void *a, const void *b)
{
    const struct track *left = *(struct track *const *)a, *right = *(struct track *const *)b;
    const struct place *p = &left->run.places[0], *q = &right->run.places[0];

    if (p->exchange != q->exchange)
        return p->exchange < q->exchange ? -1 : 1;
    if (p->off != q->off)
        return p->off < q->off ? -1 : 1;
    return bytes_compare(left->name, right->name);
}

static void put_track(struct typing *t, struct track *k)
{
    size_t at = k->hash & (SLOTS - 1);

    while (t->slots[at] != NULL)
        at = (at + 1) & (SLOTS - 1);
    t->slots[at] = k;
}

/* Ends the runs that had no value since `since_ns`, in an order that does not depend on the
 * hashes. False: no memory. */
static bool finish_before(struct typing *t, int64_t since_ns)
{
    size_t n = 0;
    bool ok = true;

    for (size_t i = 0; i < SLOTS; i++) {
        if (t->slots[i] != NULL)
            t->all[n++] = t->slots[i];
        t->slots[i] = NULL;
    }
    if (n != 0)
        qsort(t->all, n, sizeof(struct track *), by_track);
    t->used = 0;
    for (size_t i = 0; i < n; i++) {
        struct track *k = t->all[i];

        if (k->last_ns >= since_ns) {
            put_track(t, k);
            t->used++;
        } else {
            ok = ok && finish(t, k);
            free(k);
        }
    }
    return ok;
}

/* Tracks that nothing can continue make room; not at every request that finds none, though. */
static bool make_room(struct typing *t, int64_t now_ns)
{
    return t->refused++ % REFUSED_BETWEEN != 0 || finish_before(t, now_ns - STEP_NS);
}

/* The track of that hash, a new one when there was none; NULL when there are too many, or with
 * `*no_memory`. */
static struct track *track_of(
        struct typing *t, uint64_t hash, struct bytes name, int64_t now_ns, bool *no_memory)
{
    size_t at = hash & (SLOTS - 1);
    struct track *k;

    while (t->slots[at] != NULL && t->slots[at]->hash != hash)
        at = (at + 1) & (SLOTS - 1);
    if (t->slots[at] != NULL)
        return t->slots[at];
    if (t->used == TRACKS_MOST)
        *no_memory = !make_room(t, now_ns);
    t->j->behaviour_capped |= t->used == TRACKS_MOST;
    if (*no_memory || t->used == TRACKS_MOST)
        return NULL;
    k = calloc(1, sizeof(*k));
    *no_memory = k == NULL ||
                 !arena_copy(t->j->arena, bytes_slice(name, 0, RECORDING_TEXT_MOST), &k->name);
    if (*no_memory) {
        free(k);
        return NULL;
    }
    k->hash = hash;
    k->last_ns = INT64_MIN / 2;
    put_track(t, k);
    t->used++;
    return k;
}

/* Several fields of one request may have the same name: the k-th of them is one field. */
static uint64_t nth_of_name(uint64_t *hashes, size_t *n, uint64_t hash)
{
    uint64_t nth = 0;

    for (size_t i = 0; i < *n; i++)
        nth += hashes[i] == hash;
    hashes[(*n)++] = hash;
    return nth;
}

static bool follow(struct typing *t, size_t index, const struct sent *sent)
{
    const struct exchange *x = t->e->exchanges[index];
    const struct attribution *a = &t->j->attributions.of[index];
    struct bytes rest = x->path, path;
    uint64_t names[FIELDS_MOST], words[4];
    size_t n = 0;

    if (!bytes_take_until(&rest, '?', &path))
        path = x->path;
    words[0] = siphash_bytes(t->key, x->host);
    words[1] = siphash_bytes(t->key, path);
    for (size_t i = 0; i < sent->n && n < FIELDS_MOST; i++) {
        const struct sent_value *v = &sent->at[i];
        bool no_memory = false;
        struct track *k;

        /* What is whole inside another value is followed there. */
        if (v->text.n == 0 || v->text.n > TEXT_MOST)
            continue;
        words[2] = siphash_bytes(t->key, v->name) + v->depth;
        words[3] = nth_of_name(names, &n, words[2]);
        k = track_of(
                t, siphash_words(t->key, words, 4), v->name, x->request.first_ns, &no_memory);
        if (no_memory || (k != NULL && !step(t, k, v, a->visit, x->request.first_ns)))
            return false;
    }
    t->j->behaviour_capped |= sent->capped || n == FIELDS_MOST;
    return true;
}

static bool look_at(struct typing *t, struct replay *replay, size_t index)
{
    const struct exchange *x = t->e->exchanges[index];
    struct arena *scratch;
    struct sent sent;
    bool ok;

    if (t->j->attributions.of[index].party != PARTY_THIRD || !x->request.seen ||
            exchange_is_control(x))
        return true;
    scratch = arena_new(SCRATCH_MOST);
    if (scratch == NULL)
        return false;
    ok = sent_read(scratch, t->e, index, &sent) && follow(t, index, &sent) &&
         (!replay_is_upload(x) || replay_push(replay, index, &sent));
    arena_free(scratch);
    return ok;
}

/* Page text is only needed where something large went to a third party. */
static bool has_uploads(const struct evidence *e, const struct judgement *j)
{
    for (size_t i = 0; i < e->exchange_count; i++) {
        if (j->attributions.of[i].party == PARTY_THIRD && replay_is_upload(e->exchanges[i]) &&
                e->exchanges[i]->request.body.bytes >= UPLOAD_LEAST)
            return true;
    }
    return false;
}

static enum status follow_all(struct typing *t)
{
    bool uploads = has_uploads(t->e, t->j);
    struct page_text *text = uploads ? page_text_new(t->e, &t->j->attributions) : NULL;
    struct replay *replay = replay_new(t->e, t->j, text);
    bool ok = replay != NULL && (text != NULL || !uploads);
    enum status status = STATUS_NOMEM;

    for (size_t i = 0; i < t->e->exchange_count && ok; i++)
        ok = look_at(t, replay, i);
    if (ok && finish_before(t, INT64_MAX))
        status = replay_finish(replay, t->out);
    t->j->behaviour_capped |= (replay != NULL && replay_capped(replay)) ||
                              (text != NULL && page_text_capped(text));
    replay_free(replay);
    page_text_free(text);
    return status;
}

enum status typing_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct recordings rows = {0};
    struct typing t = {.e = e, .j = j, .out = &rows, .key = siphash_key_draw()};
    enum status status = STATUS_NOMEM;

    t.slots = calloc(SLOTS, sizeof(struct track *));
    t.all = calloc(TRACKS_MOST, sizeof(struct track *));
    if (t.slots != NULL && t.all != NULL)
        status = follow_all(&t);
    if (status == STATUS_OK)
        status = presubmit_find(e, setup->subject, j, &rows);
    if (status == STATUS_OK)
        status = finding_typing(e, j, &rows, out);
    for (size_t i = 0; i < SLOTS && t.slots != NULL; i++)
        free(t.slots[i]);
    free(t.slots);
    free(t.all);
    recordings_clear(&rows);
    return status;
}
