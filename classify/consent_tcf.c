/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_tcf.h"

#include "classify/consent_bits.h"

enum {
    PURPOSES = 24,
    FEATURES = 12,
    VENDOR_MOST = 1 << 16,
    SEGMENT_DISCLOSED = 1,
    SEGMENT_ALLOWED = 2,
    SEGMENT_PUBLISHER = 3,
};

#define TENTH_NS INT64_C(100000000)

/* Which vendors; a range may name one twice. */
struct vendors {
    uint64_t bits[VENDOR_MOST / 64];
};

static void add_vendors(struct vendors *v, unsigned first, unsigned last)
{
    for (unsigned word = first / 64; word <= last / 64; word++) {
        uint64_t set = UINT64_MAX;

        if (word == first / 64)
            set &= UINT64_MAX << first % 64;
        if (word == last / 64)
            set &= UINT64_MAX >> (63 - last % 64);
        v->bits[word] |= set;
    }
}

static uint32_t count_vendors(const struct vendors *v)
{
    uint32_t n = 0;

    for (size_t i = 0; i < VENDOR_MOST / 64; i++)
        n += (uint32_t)__builtin_popcountll(v->bits[i]);
    return n;
}

/* Entries of single vendors and of ranges, 12 bits of how many before them. `v` may be NULL. */
static bool take_range(struct consent_bits *b, struct vendors *v)
{
    unsigned n, first, last;
    bool range;

    if (!consent_bits_uint(b, 12, &n))
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!consent_bits_flag(b, &range) || !consent_bits_uint(b, 16, &first))
            return false;
        last = first;
        if (range && !consent_bits_uint(b, 16, &last))
            return false;
        if (first == 0 || last < first)
            return false;
        if (v != NULL)
            add_vendors(v, first, last);
    }
    return true;
}

/* A section of vendors: as a range or a bit for each up to the highest. */
static bool take_vendors(struct consent_bits *b, uint32_t *count)
{
    struct vendors v = {0};
    unsigned most;
    bool range, bit;

    if (!consent_bits_uint(b, 16, &most) || !consent_bits_flag(b, &range))
        return false;
    if (range) {
        if (!take_range(b, &v))
            return false;
        *count = count_vendors(&v);
        return true;
    }
    *count = 0;
    for (unsigned i = 0; i < most; i++) {
        if (!consent_bits_flag(b, &bit))
            return false;
        *count += bit ? 1 : 0;
    }
    return true;
}

/* Version 1: the entries of a range are those that differ from a default. */
static bool take_vendors1(struct consent_bits *b, uint32_t *count)
{
    struct consent_bits ahead = *b;
    struct vendors v = {0};
    unsigned most;
    bool range, given;

    if (!consent_bits_uint(&ahead, 16, &most) || !consent_bits_flag(&ahead, &range))
        return false;
    if (!range)
        return take_vendors(b, count);
    if (!consent_bits_flag(&ahead, &given) || !take_range(&ahead, &v))
        return false;
    *count = count_vendors(&v);
    if (given)
        *count = *count > most ? 0 : most - *count;
    *b = ahead;
    return true;
}

static bool take_letters(struct consent_bits *b, char out[3])
{
    unsigned first, second;

    if (!consent_bits_uint(b, 6, &first) || !consent_bits_uint(b, 6, &second))
        return false;
    out[0] = out[1] = out[2] = '\0';
    if (first < 26 && second < 26) {
        out[0] = (char)('A' + first);
        out[1] = (char)('A' + second);
    }
    return true;
}

/* What all versions begin with, behind the version itself. */
static bool take_head(
        struct consent_bits *b, struct consent_tcf *t, int64_t *created, int64_t *updated)
{
    uint64_t first, last;

    if (!consent_bits_take(b, 36, &first) || !consent_bits_take(b, 36, &last) ||
            !consent_bits_uint(b, 12, &t->manager) ||
            !consent_bits_uint(b, 12, &t->manager_version) ||
            !consent_bits_uint(b, 6, &t->screen) || !take_letters(b, t->language) ||
            !consent_bits_uint(b, 12, &t->vendor_list))
        return false;
    *created = (int64_t)first * TENTH_NS;
    *updated = (int64_t)last * TENTH_NS;
    return true;
}

/* Publisher restrictions: purpose, kind, vendors. */
static bool take_restrictions(struct consent_bits *b, uint32_t *count)
{
    unsigned n;

    if (!consent_bits_uint(b, 12, &n))
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (!consent_bits_skip(b, 8) || !take_range(b, NULL))
            return false;
    }
    *count = n;
    return true;
}

static bool take_core2(struct consent_bits *b, struct consent_tcf *t)
{
    return consent_bits_uint(b, 6, &t->policy) && consent_bits_flag(b, &t->service_specific) &&
           consent_bits_skip(b, 1) && consent_bits_set(b, FEATURES, &t->features) &&
           consent_bits_set(b, PURPOSES, &t->purposes) &&
           consent_bits_set(b, PURPOSES, &t->legitimate) && consent_bits_skip(b, 1) &&
           take_letters(b, t->country) && take_vendors(b, &t->vendors) &&
           take_vendors(b, &t->vendors_legitimate) && take_restrictions(b, &t->restrictions);
}

/* The vendor sections of Canada are said to be Fibonacci ranges, but the framework's own encoder
 * writes them as Europe's. Restrictions came with version 1.1 and are passed over. */
static bool take_core_canada(struct consent_bits *b, struct consent_tcf *t)
{
    return consent_bits_uint(b, 6, &t->policy) && consent_bits_skip(b, 1) &&
           consent_bits_set(b, FEATURES, &t->features) &&
           consent_bits_set(b, PURPOSES, &t->purposes) &&
           consent_bits_set(b, PURPOSES, &t->legitimate) && take_vendors(b, &t->vendors) &&
           take_vendors(b, &t->vendors_legitimate);
}

static bool take_publisher(struct consent_bits *b, struct consent_tcf *t)
{
    unsigned custom;

    if (!consent_bits_set(b, PURPOSES, &t->publisher_purposes) ||
            !consent_bits_set(b, PURPOSES, &t->publisher_legitimate) ||
            !consent_bits_uint(b, 6, &custom) || !consent_bits_skip(b, (size_t)custom * 2))
        return false;
    t->has_publisher = true;
    return true;
}

static bool take_segment(struct bytes text, struct consent_tcf *t)
{
    struct consent_bits b;
    unsigned type;

    if (!consent_bits_init(text, &b) || !consent_bits_uint(&b, 3, &type))
        return false;
    if (type == SEGMENT_PUBLISHER)
        return take_publisher(&b, t);
    /* Canada's other segments are Fibonacci ranges: that they are there is all we say. */
    if (t->kind == CONSENT_STRING_TCF_CANADA)
        return true;
    if (type == SEGMENT_DISCLOSED) {
        t->has_disclosed = true;
        return take_vendors(&b, &t->vendors_disclosed);
    }
    if (type == SEGMENT_ALLOWED) {
        t->has_allowed = true;
        return take_vendors(&b, &t->vendors_allowed);
    }
    return true;
}

static enum parse read(struct bytes text, bool canada, struct consent_string *out)
{
    struct consent_tcf t = {0};
    struct bytes segment, rest = text;
    struct consent_bits b;
    int64_t created, updated;
    bool more = bytes_take_until(&rest, '.', &segment), done;

    if (!more)
        segment = text;
    if (text.n > CONSENT_STRING_BYTES_MOST || !consent_bits_init(segment, &b) ||
            !consent_bits_uint(&b, 6, &t.version))
        return PARSE_BAD;
    if (t.version < 1 || t.version > 2 || (canada && t.version != 1))
        return PARSE_UNSUPPORTED;
    t.kind = canada           ? CONSENT_STRING_TCF_CANADA
             : t.version == 1 ? CONSENT_STRING_TCF1
                              : CONSENT_STRING_TCF2;
    if (!take_head(&b, &t, &created, &updated))
        return PARSE_BAD;
    if (t.kind == CONSENT_STRING_TCF1)
        done = consent_bits_set(&b, PURPOSES, &t.purposes) && take_vendors1(&b, &t.vendors);
    else
        done = canada ? take_core_canada(&b, &t) : take_core2(&b, &t);
    while (done && more) {
        more = bytes_take_until(&rest, '.', &segment);
        done = take_segment(more ? segment : rest, &t);
    }
    if (!done)
        return PARSE_BAD;
    out->has_tcf = true;
    out->tcf = t;
    out->has_created = out->has_updated = true;
    out->created_ns = created;
    out->updated_ns = updated;
    return PARSE_DONE;
}

enum parse consent_tcf_read(struct bytes text, struct consent_string *out)
{
    return read(text, false, out);
}

enum parse consent_tcf_read_canada(struct bytes text, struct consent_string *out)
{
    return read(text, true, out);
}
