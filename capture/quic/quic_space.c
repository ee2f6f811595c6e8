/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_part.h"

#include <stdlib.h>
#include <string.h>

enum {
    PHASE_BIT = 2,     /* where a short header's key phase stands, RFC 9000 section 17.3.1 */
    WINDOWS = 64,      /* of packet numbers, that a hole may hide */
    UPDATE_WINDOWS = 8 /* likewise, behind hidden updates of the keys */
};

/* Keys to try, and how many updates later than those in use. */
struct choice {
    struct quic_keys *keys;
    int step; /* -1: those before */
};

void quic_space_clear(struct quic_space *s)
{
    quic_keys_free(s->keys);
    quic_keys_free(s->next);
    quic_keys_free(s->previous);
    ranges_clear(&s->seen);
    *s = (struct quic_space){0};
}

bool quic_spend(struct quic *q, size_t bytes)
{
    if (bytes < QUIC_TRY_LEAST)
        bytes = QUIC_TRY_LEAST;
    if (q->trial_bytes < bytes)
        return false;
    q->trial_bytes -= bytes;
    return true;
}

/* More windows than this are beyond what a connection sends. */
static unsigned windows_of(unsigned length, unsigned most)
{
    static const unsigned caps[] = {0, 256, 256, 16, 2};

    return most < caps[length] ? most : caps[length];
}

bool quic_space_try(
        struct quic *q, const struct quic_space *s, struct quic_keys *k, struct quic_try *t)
{
    struct quic_number bits;
    uint64_t base, window;
    unsigned windows;

    if (quic_keys_unmask(k, &t->packet, &bits) != PARSE_DONE)
        return false;
    base = quic_number_whole(s->highest, !s->any, &bits);
    window = (uint64_t)1 << 8 * bits.length;
    windows = windows_of(bits.length, t->windows);
    /* What was lost makes numbers higher than expected; one window back is for the late. */
    for (unsigned i = 0; i <= windows; i++) {
        uint64_t number = i == 0 ? base : base + window * (i == 1 ? 1 : i - 1);

        if (i == 2) {
            if (base < window)
                continue;
            number = base - window;
        }
        if (quic_keys_open(k, &t->packet, &bits, number, q->plain, &t->n) == PARSE_DONE) {
            t->bits = bits;
            t->number = number;
            return true;
        }
        if (!quic_spend(q, t->packet.whole.n))
            return false;
    }
    return false;
}

/* The keys that the packet's phase asks for; none when it is too short. */
static enum status choose(
        struct quic_space *s, const struct quic_try *t, struct choice out[2], size_t *n)
{
    struct quic_number bits;
    bool late;

    *n = 0;
    if (quic_keys_unmask(s->keys, &t->packet, &bits) != PARSE_DONE)
        return STATUS_OK;
    if (t->packet.kind != QUIC_ONE_RTT ||
            (bits.first >> PHASE_BIT & 1U) == (s->generation & 1U)) {
        out[(*n)++] = (struct choice){s->keys, 0};
        return STATUS_OK;
    }
    if (s->next == NULL && quic_keys_next(s->keys, &s->next) != STATUS_OK)
        return STATUS_NOMEM;
    late = s->previous != NULL && quic_number_whole(s->highest, !s->any, &bits) < s->first;
    if (late)
        out[(*n)++] = (struct choice){s->previous, -1};
    out[(*n)++] = (struct choice){s->next, 1};
    if (!late && s->previous != NULL)
        out[(*n)++] = (struct choice){s->previous, -1};
    return STATUS_OK;
}

/* The space goes on with what fitted. */
static void adopt(
        struct quic *q, struct quic_space *s, const struct quic_try *t, struct choice c)
{
    if (c.step == 0 && s->any && t->number < s->first)
        s->first = t->number;
    if (c.step == 0 && !s->any)
        s->first = t->number;
    if (c.step <= 0)
        return;
    quic_keys_free(s->previous);
    s->previous = c.step == 1 ? s->keys : NULL;
    if (c.step != 1) {
        quic_keys_free(s->keys);
        quic_keys_free(s->next);
    }
    s->keys = c.keys;
    s->next = NULL;
    s->first = t->number;
    s->generation += (unsigned)c.step;
    q->setup.facts->key_updates[t->dir] += (unsigned)c.step;
}

static bool is_merged(const struct quic_try *t)
{
    return t->packet.kind == QUIC_ONE_RTT && t->total > QUIC_WHOLE_MOST;
}

/* One of the two, in the shape that datagrams have. */
static bool try_choices(struct quic *q, const struct quic_space *s, struct quic_try *t,
        const struct choice *choices, size_t n, struct choice *fits)
{
    bool merged = is_merged(t);

    for (size_t i = 0; i < n; i++) {
        *fits = choices[i];
        if (merged && q->segment[t->dir] != 0 && quic_split_try(q, s, choices[i].keys, t, true))
            return true;
        if (!t->cut && quic_space_try(q, s, choices[i].keys, t))
            return true;
    }
    /* Receive offload merges small datagrams too; of these it is the last idea. */
    for (size_t i = 0; i < n && t->packet.kind == QUIC_ONE_RTT; i++) {
        *fits = choices[i];
        if (quic_split_try(q, s, choices[i].keys, t, false))
            return true;
    }
    return false;
}

/* Updates that a hole hides: the phase says only whether their number is even. */
static enum quic_verdict try_updates(struct quic *q, struct quic_space *s, struct quic_try *t)
{
    struct quic_keys *from = s->keys, *keys[QUIC_UPDATES_MOST] = {0};
    enum quic_verdict verdict = QUIC_LOST;
    struct quic_number bits;
    int fit = -1;

    if (quic_keys_unmask(s->keys, &t->packet, &bits) != PARSE_DONE)
        return QUIC_LOST;
    for (unsigned i = 0; i < QUIC_UPDATES_MOST && verdict == QUIC_LOST; i++) {
        if (!quic_spend(q, QUIC_KEY_COST))
            break;
        if (quic_keys_next(from, &keys[i]) != STATUS_OK) {
            verdict = QUIC_FAILED;
            break;
        }
        from = keys[i];
        if (((s->generation + i + 1) & 1U) != (bits.first >> PHASE_BIT & 1U) || i == 0)
            continue;
        if (!quic_space_try(q, s, keys[i], t))
            continue;
        fit = (int)i;
        verdict = QUIC_OPENED;
    }
    if (fit >= 0) {
        adopt(q, s, t, (struct choice){keys[fit], fit + 1});
        keys[fit] = NULL;
    }
    for (unsigned i = 0; i < QUIC_UPDATES_MOST; i++)
        quic_keys_free(keys[i]);
    return verdict;
}

enum quic_verdict quic_space_open(
        struct quic *q, struct quic_space *s, struct quic_try *t, bool thorough)
{
    struct choice choices[2], fits = {0};
    unsigned windows = t->windows;
    enum quic_verdict verdict = QUIC_LOST;
    size_t n;

    t->why = GAP_BAD_TAG;
    if (choose(s, t, choices, &n) != STATUS_OK)
        return QUIC_FAILED;
    if (try_choices(q, s, t, choices, n, &fits)) {
        adopt(q, s, t, fits);
        return QUIC_OPENED;
    }
    if (!thorough || n == 0 || t->cut)
        return QUIC_LOST;
    t->windows = WINDOWS;
    for (size_t i = 0; i < n && verdict == QUIC_LOST; i++)
        if (quic_space_try(q, s, choices[i].keys, t)) {
            adopt(q, s, t, choices[i]);
            verdict = QUIC_OPENED;
        }
    t->windows = UPDATE_WINDOWS;
    if (verdict == QUIC_LOST && t->packet.kind == QUIC_ONE_RTT)
        verdict = try_updates(q, s, t);
    t->windows = windows;
    if (verdict == QUIC_LOST && q->trial_bytes < QUIC_KEY_COST)
        t->detail = "the limit on tries was reached; the length counts ciphertext";
    return verdict;
}

bool quic_space_peek(struct quic *q, const struct quic_space *s, struct quic_try *t)
{
    struct quic_space copy = *s;
    struct choice choices[2], fits;
    bool opened = false;
    size_t n;

    if (s->keys != NULL && choose(&copy, t, choices, &n) == STATUS_OK)
        opened = try_choices(q, s, t, choices, n, &fits);
    if (s->next == NULL)
        quic_keys_free(copy.next);
    return opened;
}

/* Old runs of numbers go: what is opened twice carries what is known already. */
static void forget_old(struct ranges *seen)
{
    size_t half = seen->n / 2;

    if (seen->n <= QUIC_RANGES_MOST)
        return;
    memmove(seen->at, seen->at + half, (seen->n - half) * sizeof(*seen->at));
    seen->n -= half;
}

enum status quic_space_note(struct quic_space *s, uint64_t number, bool *repeated)
{
    *repeated = ranges_cover(&s->seen, number, number + 1);
    if (*repeated)
        return STATUS_OK;
    if (ranges_add(&s->seen, number, number + 1) != STATUS_OK)
        return STATUS_NOMEM;
    forget_old(&s->seen);
    if (!s->any || number > s->highest)
        s->highest = number;
    s->any = true;
    return STATUS_OK;
}
