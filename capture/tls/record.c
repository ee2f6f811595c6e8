/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/record.h"

#include <stdlib.h>
#include <string.h>

enum {
    SSLV2_HEADER = 2,
    SSLV2_HELLO_LEAST = 9,
    COMPACT_AT = 1 << 16,
};

void records_init(struct records *r)
{
    *r = (struct records){.may_be_sslv2 = true};
    /* What is held is at most one item and one record, or what a search keeps. */
    buf_init(&r->held, SIZE_MAX / 2);
}

void records_clear(struct records *r)
{
    buf_clear(&r->held);
    free(r->pieces);
    free(r->numbers);
    free(r->joined);
    records_init(r);
}

void records_push(struct records *r, const struct item *in)
{
    r->item = *in;
    if (in->kind != ITEM_BYTES && in->frames.n != 0) {
        r->around[0] = in->frames.at[0];
        r->around[1] = in->frames.at[in->frames.n - 1];
        r->item.frames = (struct frames){r->around, in->frames.n == 1 ? 1 : 2};
    }
    r->item_at = 0;
    r->has_item = in->kind != ITEM_BYTES || in->data.n != 0;
    /* A mark of length 0 may lie anywhere before. */
    if (in->len != 0 && r->held_at == r->held.n && r->state != RECORDS_SEARCH)
        r->at = in->off;
}

/* Room for one element more of an array of `size` bytes each. */
static bool grow(void *array, size_t n, size_t *capacity, size_t size)
{
    void *old, *made;
    size_t wanted = *capacity == 0 ? 32 : *capacity;

    while (wanted < n)
        wanted *= 2;
    if (wanted == *capacity)
        return true;
    memcpy(&old, array, sizeof(old));
    made = realloc(old, wanted * size);
    if (made == NULL)
        return false;
    memcpy(array, &made, sizeof(made));
    *capacity = wanted;
    return true;
}

static struct bytes held_of(const struct records *r)
{
    return bytes_slice(buf_view(&r->held), r->held_at, r->held.n);
}

/* Forgets what was taken: all at once when nothing is left, else now and then. */
static void tidy_held(struct records *r)
{
    if (r->held_at == r->held.n) {
        buf_reset(&r->held);
        r->held_at = 0;
        r->piece_at = r->piece_n = r->number_n = 0;
        return;
    }
    while (r->piece_at < r->piece_n && r->pieces[r->piece_at].end <= r->at)
        r->piece_at++;
    if (r->held_at < COMPACT_AT)
        return;
    buf_drop(&r->held, r->held_at);
    r->held_at = 0;
    if (r->piece_at != 0) {
        size_t from = r->piece_at < r->piece_n ? r->pieces[r->piece_at].frames_at : r->number_n;

        memmove(r->numbers, r->numbers + from, (r->number_n - from) * sizeof(*r->numbers));
        r->number_n -= from;
        memmove(r->pieces, r->pieces + r->piece_at,
                (r->piece_n - r->piece_at) * sizeof(*r->pieces));
        r->piece_n -= r->piece_at;
        r->piece_at = 0;
        for (size_t i = 0; i < r->piece_n; i++)
            r->pieces[i].frames_at -= from;
    }
}

static void drop_held(struct records *r)
{
    r->at += r->held.n - r->held_at;
    r->held_at = r->held.n;
    tidy_held(r);
}

static struct bytes item_rest(const struct records *r)
{
    if (!r->has_item || r->item.kind != ITEM_BYTES)
        return bytes_of(NULL, 0);
    return bytes_slice(r->item.data, r->item_at, r->item.data.n);
}

static void item_pass(struct records *r, size_t n)
{
    r->item_at += n;
    if (r->item_at == r->item.data.n)
        r->has_item = false;
}

/* Of the next `n` bytes of the item. In a stream of TCP each byte has its own place; what came
 * out of a record stays where the record is. */
static struct item_place place_of_rest(const struct records *r, size_t n)
{
    struct item_place place = r->item.place;

    if (place.sent_to - place.sent_from == r->item.len) {
        place.sent_from += r->item_at;
        place.sent_to = place.sent_from + n;
    }
    return place;
}

/* Where the byte at `off` is, counted back from the end of a piece that has it. */
static uint64_t place_in_piece(const struct record_piece *piece, uint64_t off)
{
    uint64_t back = piece->end > off ? piece->end - off : 0;

    return back < piece->place.sent_to - piece->place.sent_from ? piece->place.sent_to - back
                                                                : piece->place.sent_from;
}

/* Copies up to `n` bytes of the item behind what is held. */
static bool pull(struct records *r, size_t n)
{
    struct bytes rest = item_rest(r);
    const struct frames *frames = &r->item.frames;

    if (rest.n > n)
        rest.n = n;
    if (rest.n == 0)
        return true;
    if (!grow(&r->pieces, r->piece_n + 1, &r->piece_capacity, sizeof(*r->pieces)) ||
            !grow(&r->numbers, r->number_n + frames->n, &r->number_capacity,
                    sizeof(*r->numbers)) ||
            buf_append(&r->held, rest) != STATUS_OK)
        return false;
    if (frames->n != 0)
        memcpy(r->numbers + r->number_n, frames->at, frames->n * sizeof(*r->numbers));
    r->pieces[r->piece_n++] = (struct record_piece){
            .end = r->at + (r->held.n - r->held_at),
            .frames_at = r->number_n,
            .frames_n = frames->n,
            .first_ns = r->item.first_ns,
            .last_ns = r->item.last_ns,
            .place = place_of_rest(r, rest.n),
    };
    r->number_n += frames->n;
    item_pass(r, rest.n);
    return true;
}

enum status records_settle(struct records *r)
{
    if (!r->has_item || r->item.kind != ITEM_BYTES)
        return STATUS_OK;
    /* The offset of what is held is `at`, also when nothing was held before. */
    return pull(r, SIZE_MAX) ? STATUS_OK : STATUS_NOMEM;
}

/* Is a header here, and how long is its record? */
static enum parse read_header(struct bytes b, bool may_be_sslv2, size_t *length)
{
    size_t n;

    if (b.n < RECORD_HEADER)
        return PARSE_MORE;
    if (may_be_sslv2 && (b.p[0] & 0x80) != 0 && b.p[2] == 1) {
        n = (size_t)(b.p[0] & 0x7f) << 8 | b.p[1];
        if (n < SSLV2_HELLO_LEAST || n > RECORD_FRAGMENT_MOST ||
                (b.p[3] != 3 && !(b.p[3] == 0 && b.p[4] == 2)))
            return PARSE_BAD;
        *length = SSLV2_HEADER + n;
        return PARSE_DONE;
    }
    n = (size_t)b.p[3] << 8 | b.p[4];
    if (b.p[0] < RECORD_CHANGE_CIPHER || b.p[0] > RECORD_HEARTBEAT ||
            n > RECORD_FRAGMENT_MOST ||
            !((b.p[1] == 3 && b.p[2] <= 4) || (b.p[1] == 1 && b.p[2] == 1)))
        return PARSE_BAD;
    *length = RECORD_HEADER + n;
    return PARSE_DONE;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x < y ? -1 : x > y;
}

/* The frames of [off, off + n) of what is held: ascending, without repeats. */
static bool join_frames(struct records *r, uint64_t off, size_t n, struct record *out)
{
    size_t first = r->piece_at, last, count = 0;

    while (first < r->piece_n && r->pieces[first].end <= off)
        first++;
    out->first_ns = first < r->piece_n ? r->pieces[first].first_ns : 0;
    out->last_ns = first < r->piece_n ? r->pieces[first].last_ns : 0;
    if (first < r->piece_n) {
        out->place = r->pieces[first].place;
        out->place.sent_from = place_in_piece(&r->pieces[first], off);
    }
    for (last = first; last < r->piece_n; last++) {
        const struct record_piece *piece = &r->pieces[last];

        if (!grow(&r->joined, count + piece->frames_n, &r->joined_capacity, sizeof(*r->joined)))
            return false;
        if (piece->frames_n != 0)
            memcpy(r->joined + count, r->numbers + piece->frames_at,
                    piece->frames_n * sizeof(*r->joined));
        count += piece->frames_n;
        if (piece->first_ns < out->first_ns)
            out->first_ns = piece->first_ns;
        if (piece->last_ns > out->last_ns)
            out->last_ns = piece->last_ns;
        out->place.sent_to = place_in_piece(piece, off + n);
        if (piece->end >= off + n)
            break;
    }
    if (count > 1) {
        size_t kept = 1;

        qsort(r->joined, count, sizeof(*r->joined), by_number);
        for (size_t i = 1; i < count; i++)
            if (r->joined[i] != r->joined[kept - 1])
                r->joined[kept++] = r->joined[i];
        count = kept;
    }
    out->frames = (struct frames){r->joined, count};
    return true;
}

static enum record_step hand_out(struct records *r, struct bytes at, size_t length,
        uint64_t off, bool is_held, struct record *out)
{
    struct record made = {.off = off, .whole = bytes_of(at.p, length)};

    made.sslv2 = r->may_be_sslv2 && (at.p[0] & 0x80) != 0;
    made.type = made.sslv2 ? RECORD_HANDSHAKE : at.p[0];
    made.version = (uint16_t)(at.p[made.sslv2 ? 3 : 1] << 8 | at.p[made.sslv2 ? 4 : 2]);
    made.fragment = bytes_slice(made.whole, made.sslv2 ? SSLV2_HEADER : RECORD_HEADER, length);
    made.guess = r->state == RECORDS_SEARCH;
    made.before =
            made.guess ? bytes_slice(held_of(r), 0, r->scan) : bytes_of(r->tail, r->tail_n);
    if (r->has_lost) {
        made.lost = off - r->lost_from;
        made.lost_records = r->lost_records;
    }
    if (!is_held) {
        made.frames = r->item.frames;
        made.first_ns = r->item.first_ns;
        made.last_ns = r->item.last_ns;
        made.place = place_of_rest(r, length);
    } else if (!join_frames(r, off, length, &made)) {
        return RECORD_FAILED;
    }
    r->here = length;
    *out = made;
    return RECORD_HERE;
}

static void lose_from(struct records *r, uint64_t off)
{
    if (!r->has_lost)
        r->lost_from = off;
    r->has_lost = true;
    r->lost_records = 0;
    r->tail_n = 0;
}

/* A gap item: does the record that it cuts say where the next one starts? */
static enum record_step meet_gap(struct records *r, struct item *gap)
{
    struct bytes held = held_of(r);
    uint64_t end = r->item.off + r->item.len;
    size_t length;

    *gap = r->item;
    r->has_item = false;
    if (r->item.len == 0)
        return RECORD_HOLE; /* a mark; nothing is missing */
    if (r->state == RECORDS_SYNC) {
        bool known = read_header(held, r->may_be_sslv2, &length) == PARSE_DONE;
        /* Several records may be cut one behind the other. */
        uint64_t records = !r->has_lost ? 1 : r->lost_records == 0 ? 0 : r->lost_records + 1;

        lose_from(r, r->at);
        r->skip_to = known ? r->at + length : 0;
        r->lost_records = known ? records : 0;
        r->state = RECORDS_SKIP;
    }
    r->may_be_sslv2 = false;
    drop_held(r);
    r->at = end;
    r->scan = 0;
    if (r->state == RECORDS_SKIP && end > r->skip_to) {
        r->lost_records = 0;
        r->state = RECORDS_SEARCH;
        r->searched = 0;
    } else if (r->state == RECORDS_SKIP && end == r->skip_to) {
        r->state = RECORDS_SYNC;
    }
    return RECORD_HOLE;
}

/* There are no bytes to read on: waits, or takes what stands in their place. */
static enum record_step meet_item(struct records *r, struct item *gap)
{
    if (!r->has_item)
        return RECORD_MORE;
    if (r->item.kind == ITEM_GAP)
        return meet_gap(r, gap);
    if (r->item.kind == ITEM_END)
        return RECORD_END;
    r->has_item = false; /* an empty item */
    return RECORD_MORE;
}

static enum record_step step_sync(struct records *r, struct record *record, struct item *gap)
{
    struct bytes at = held_of(r);
    bool is_held = at.n != 0;
    size_t length = RECORD_HEADER;
    enum parse verdict;

    if (!is_held)
        at = item_rest(r);
    verdict = read_header(at, r->may_be_sslv2, &length);
    if (is_held && verdict == PARSE_MORE) {
        if (!pull(r, RECORD_HEADER - at.n))
            return RECORD_FAILED;
        at = held_of(r);
        verdict = read_header(at, r->may_be_sslv2, &length);
    }
    if (verdict == PARSE_BAD) {
        lose_from(r, r->at);
        r->may_be_sslv2 = false;
        r->state = RECORDS_SEARCH;
        r->scan = 0;
        r->searched = 0;
        return RECORD_JUNK;
    }
    if (is_held && at.n < length) {
        if (!pull(r, length - at.n))
            return RECORD_FAILED;
        at = held_of(r);
    }
    if (verdict == PARSE_DONE && at.n >= length)
        return hand_out(r, at, length, r->at, is_held, record);
    if (!is_held && !pull(r, SIZE_MAX))
        return RECORD_FAILED;
    return meet_item(r, gap);
}

static enum record_step step_skip(struct records *r, struct item *gap)
{
    struct bytes rest = item_rest(r);
    uint64_t left = r->skip_to - r->at;
    size_t some = rest.n < left ? rest.n : (size_t)left;

    if (!r->has_item || r->item.kind != ITEM_BYTES)
        return meet_item(r, gap);
    /* The last bytes of the lost record are what a chained cipher needs for the next one. */
    if (some >= RECORD_BEFORE) {
        memcpy(r->tail, rest.p + some - RECORD_BEFORE, RECORD_BEFORE);
        r->tail_n = RECORD_BEFORE;
    } else if (some != 0) {
        size_t keep = r->tail_n + some > RECORD_BEFORE ? RECORD_BEFORE - some : r->tail_n;

        memmove(r->tail, r->tail + r->tail_n - keep, keep);
        memcpy(r->tail + keep, rest.p, some);
        r->tail_n = keep + some;
    }
    r->at += some;
    item_pass(r, some);
    if (r->at == r->skip_to)
        r->state = RECORDS_SYNC;
    return r->has_item || r->state == RECORDS_SYNC ? RECORD_HERE : RECORD_MORE;
}

/* Keeps RECORD_BEFORE bytes in front of the place looked at. */
static void drop_searched(struct records *r)
{
    size_t drop = r->scan > RECORD_BEFORE ? r->scan - RECORD_BEFORE : 0;

    if (r->scan < COMPACT_AT)
        return;
    r->held_at += drop;
    r->at += drop;
    r->scan -= drop;
    tidy_held(r);
}

static enum record_step step_search(struct records *r, struct record *record, struct item *gap)
{
    struct bytes all;

    if (!pull(r, SIZE_MAX))
        return RECORD_FAILED;
    all = held_of(r);
    for (; r->searched <= RECORD_SEARCH_MOST; r->scan++, r->searched++) {
        struct bytes at = bytes_slice(all, r->scan, all.n);
        size_t length, after;
        enum parse verdict = read_header(at, false, &length);

        if (verdict == PARSE_MORE)
            break;
        if (verdict == PARSE_BAD || length == RECORD_HEADER)
            continue;
        if (at.n < length) {
            if (r->has_item) /* a gap or the end: it will never be whole */
                continue;
            break;
        }
        if (r->unproved) {
            enum parse next = read_header(bytes_slice(at, length, at.n), false, &after);

            if (next == PARSE_MORE && !r->has_item)
                break;
            if (next == PARSE_BAD)
                continue;
        }
        return hand_out(r, at, length, r->at + r->scan, true, record);
    }
    if (r->searched > RECORD_SEARCH_MOST) {
        drop_held(r);
        r->state = RECORDS_GONE;
        return RECORD_GONE;
    }
    drop_searched(r);
    return meet_item(r, gap);
}

static enum record_step step_gone(struct records *r, struct item *gap)
{
    if (!r->has_item)
        return RECORD_MORE;
    if (r->item.kind == ITEM_END)
        return RECORD_END;
    r->has_item = false;
    r->at = r->item.off + r->item.len;
    if (r->item.kind == ITEM_BYTES)
        return RECORD_MORE;
    *gap = r->item;
    return RECORD_HOLE;
}

enum record_step records_next(struct records *r, struct record *record, struct item *gap)
{
    for (;;) {
        enum record_step step = RECORD_MORE;

        switch (r->state) {
        case RECORDS_SYNC:
            return step_sync(r, record, gap);
        case RECORDS_SKIP:
            step = step_skip(r, gap);
            if (step != RECORD_HERE)
                return step;
            break; /* behind it */
        case RECORDS_SEARCH:
            return step_search(r, record, gap);
        case RECORDS_GONE:
            return step_gone(r, gap);
        }
    }
}

void records_take(struct records *r)
{
    size_t n = r->here;

    if (r->state == RECORDS_SEARCH) {
        r->held_at += r->scan;
        r->at += r->scan;
        r->scan = 0;
        r->state = RECORDS_SYNC;
    }
    r->at += n;
    if (r->held_at != r->held.n) {
        r->held_at += n;
        tidy_held(r);
    } else {
        item_pass(r, n);
    }
    r->here = 0;
    r->has_lost = false;
    r->lost_records = 0;
    r->tail_n = 0;
    r->may_be_sslv2 = false;
}

void records_refuse(struct records *r)
{
    r->here = 0;
    if (r->state != RECORDS_SEARCH) {
        lose_from(r, r->at);
        r->state = RECORDS_SEARCH;
        r->searched = 0;
        r->scan = 0;
    }
    r->scan++;
    r->searched++;
}

uint64_t records_rest(const struct records *r)
{
    uint64_t end = r->at + (r->held.n - r->held_at);

    return end - (r->has_lost ? r->lost_from : r->at);
}
