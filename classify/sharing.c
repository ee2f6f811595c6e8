/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "classify/finding_sharing.h"
#include "classify/value_piece.h"

enum { CHANCE_BITS = 7, BITS_SHORT = 28 };

#define SCRATCH_MOST ((size_t)128 << 20)
#define SCRATCH_KEPT ((size_t)1 << 20)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A text to look for: a piece of an owner's value, or a digest of it. */
struct token {
    struct bytes text;
    struct bytes of; /* the piece */
    unsigned as;
    const struct sharing_owner *owner;
};

struct search {
    struct arena *arena;
    struct arena *scratch;
    const struct trace **cookies; /* by site, value, name */
    size_t cookie_count;
    struct sharing_owner *owners;
    size_t owner_count;
    struct token *tokens;
    size_t token_count, token_capacity;
    struct sharing_hit *hits;
    size_t hit_count, hit_capacity;
    unsigned bits;
    bool capped;
};

static bool is_cookie(const struct trace *t)
{
    return t->carrier == CARRIER_COOKIE || t->carrier == CARRIER_SET_COOKIE;
}

/* A cookie whose kind is not known may still be one that others call an identifier. */
static bool may_own(const struct trace *t)
{
    return is_cookie(t) && !t->masked && t->recipient_site.n != 0 &&
           (finding_identifies(t) || t->class_ == CLASS_UNKNOWN);
}

static bool was_sent(const struct trace *t)
{
    return !is_cookie(t) && t->carrier != CARRIER_ETAG && t->carrier != CARRIER_TLS &&
           t->recipient_site.n != 0;
}

/* Expected chance hits stay below one in a hundred captures. */
static unsigned demand(size_t owners, size_t sent)
{
    unsigned bits = CHANCE_BITS;

    for (; owners > 1; owners = (owners + 1) / 2)
        bits++;
    for (; sent > 1; sent = (sent + 1) / 2)
        bits++;
    return bits < SHARING_BITS_LEAST ? SHARING_BITS_LEAST : bits;
}

static bool find_owners(struct search *s, struct trace *const *traces, size_t n)
{
    size_t sent = 0;

    for (size_t i = 0; i < n; i++) {
        if (may_own(traces[i]))
            s->cookies[s->cookie_count++] = traces[i];
        sent += was_sent(traces[i]);
    }
    if (s->cookie_count != 0)
        qsort(s->cookies, s->cookie_count, sizeof(const struct trace *), finding_by_value);
    s->owners = arena_array(s->arena, s->cookie_count, sizeof(*s->owners));
    if (s->owners == NULL)
        return false;
    for (size_t i = 0; i < s->cookie_count; i++) {
        const struct trace *t = s->cookies[i];
        struct sharing_owner *o;

        if (i == 0 || !finding_same_value(s->cookies[i - 1], t)) {
            o = &s->owners[s->owner_count++];
            *o = (struct sharing_owner){.trace = t, .first_party = true};
        }
        o = &s->owners[s->owner_count - 1];
        o->identifies |= finding_identifies(t);
        o->first_party &= t->party == PARTY_FIRST;
        if (o->set == NULL && t->carrier == CARRIER_SET_COOKIE)
            o->set = t;
    }
    s->bits = demand(s->owner_count, sent);
    return true;
}

static bool refresh(struct search *s)
{
    if (s->scratch != NULL && arena_used(s->scratch) > SCRATCH_KEPT) {
        arena_free(s->scratch);
        s->scratch = NULL;
    }
    if (s->scratch == NULL)
        s->scratch = arena_new(SCRATCH_MOST);
    return s->scratch != NULL;
}

static bool add_token(struct search *s, const struct token *token)
{
    struct token *grown;

    if (s->token_count == SHARING_TOKENS_MOST) {
        s->capped = true;
        return true;
    }
    grown = arena_grow(
            s->arena, s->tokens, s->token_count, &s->token_capacity, sizeof(*s->tokens));
    if (grown == NULL)
        return false;
    s->tokens = grown;
    s->tokens[s->token_count++] = *token;
    return true;
}

static bool add_digests(struct search *s, struct bytes of, const struct sharing_owner *owner)
{
    static const struct {
        enum digest_kind kind;
        unsigned as;
    } kinds[] = {{DIGEST_MD5, AS_MD5}, {DIGEST_SHA1, AS_SHA1}, {DIGEST_SHA256, AS_SHA256}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        uint8_t raw[DIGEST_MOST];
        char hex[DIGEST_TEXT_MOST];
        struct token token = {.of = of, .as = kinds[i].as, .owner = owner};

        if (!digest_once(kinds[i].kind, of, raw))
            return false;
        digest_hex(bytes_of(raw, digest_length(kinds[i].kind)), hex);
        if (!arena_copy(s->arena, bytes_text(hex), &token.text) || !add_token(s, &token))
            return false;
    }
    return true;
}

static bool add_owner(struct search *s, const struct sharing_owner *owner)
{
    struct value_pieces *pieces;

    if (!refresh(s))
        return false;
    pieces = arena_alloc(s->scratch, sizeof(*pieces));
    if (pieces == NULL || !value_pieces_find(s->scratch, owner->trace->decoded, s->bits,
                                  owner->trace->first_ns, pieces))
        return false;
    s->capped |= pieces->capped;
    for (size_t i = 0; i < pieces->n; i++) {
        struct token token = {.owner = owner};

        if (!arena_copy(s->arena, pieces->at[i].text, &token.text))
            return false;
        token.of = token.text;
        if (!add_token(s, &token) || !add_digests(s, token.text, owner))
            return false;
    }
    return true;
}

/* The same text: what it is itself before what is a digest, and who had it first. */
static int by_text(const void *a, const void *b)
{
    const struct token *left = a, *right = b;
    int order = bytes_compare(left->text, right->text);

    if (order == 0)
        order = ORDER(left->as, right->as);
    return order == 0 ? ORDER(left->owner->trace->number, right->owner->trace->number) : order;
}

static const struct token *find(const struct search *s, struct bytes text)
{
    size_t low = 0, high = s->token_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(s->tokens[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->token_count && bytes_equal(s->tokens[low].text, text) ? &s->tokens[low]
                                                                          : NULL;
}

/* Digests are also written in capital letters. */
static const struct token *find_digest(const struct search *s, struct bytes text)
{
    uint8_t lower[2 * SHA256_BYTES];
    const struct token *token;

    if (text.n > sizeof(lower))
        return NULL;
    for (size_t i = 0; i < text.n; i++)
        lower[i] = ascii_lower(text.p[i]);
    token = find(s, bytes_of(lower, text.n));
    return token != NULL && token->as != 0 ? token : NULL;
}

/* How the text was written in what was sent: not at all disguised when it stands there. */
static unsigned written_as(const struct trace *t, const struct value_piece *piece)
{
    size_t at;

    if (bytes_find(t->value, piece->text, 0, &at))
        return 0;
    return piece->as == 0 && bytes_has(t->value, '%') ? AS_PERCENT : piece->as;
}

static bool on_pages_of(const struct trace *t, struct bytes site)
{
    for (size_t i = 0; i < t->page_count; i++) {
        if (bytes_equal(t->pages[i], site))
            return true;
    }
    return false;
}

static bool add_hit(struct search *s, const struct token *token, const struct trace *t,
        const struct value_piece *piece)
{
    const struct sharing_owner *o = token->owner;
    struct sharing_hit *grown;

    if (bytes_equal(o->trace->recipient_site, t->recipient_site) ||
            (!o->identifies && !finding_identifies(t)))
        return true;
    if (s->hit_count == SHARING_HITS_MOST) {
        s->capped = true;
        return true;
    }
    grown = arena_grow(s->arena, s->hits, s->hit_count, &s->hit_capacity, sizeof(*s->hits));
    if (grown == NULL)
        return false;
    s->hits = grown;
    s->hits[s->hit_count++] = (struct sharing_hit){.owner = o,
            .trace = t,
            .of = token->of,
            .as = written_as(t, piece) | token->as,
            .leaves_first_party = o->first_party && t->party == PARTY_THIRD &&
                                  on_pages_of(t, o->trace->recipient_site)};
    return true;
}

static bool look_into(struct search *s, const struct trace *t)
{
    struct value_pieces *pieces;

    if (!refresh(s))
        return false;
    pieces = arena_alloc(s->scratch, sizeof(*pieces));
    if (pieces == NULL ||
            !value_pieces_find(s->scratch, t->decoded, BITS_SHORT, t->first_ns, pieces))
        return false;
    s->capped |= pieces->capped;
    for (size_t i = 0; i < pieces->n; i++) {
        const struct token *token = find(s, pieces->at[i].text);

        if (token == NULL)
            token = find_digest(s, pieces->at[i].text);
        if (token != NULL && !add_hit(s, token, t, &pieces->at[i]))
            return false;
    }
    return true;
}

static bool search(struct search *s, struct trace *const *traces, size_t n)
{
    if (!find_owners(s, traces, n))
        return false;
    for (size_t i = 0; i < s->owner_count; i++) {
        if (!add_owner(s, &s->owners[i]))
            return false;
    }
    if (s->token_count == 0)
        return true;
    qsort(s->tokens, s->token_count, sizeof(*s->tokens), by_text);
    for (size_t i = 0; i < n; i++) {
        if (was_sent(traces[i]) && !look_into(s, traces[i]))
            return false;
    }
    return true;
}

enum status sharing_find(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct trace *const *traces, size_t n,
        struct findings *out, bool *capped)
{
    struct search s = {.arena = arena, .cookies = calloc(n + 1, sizeof(const struct trace *))};
    bool ok = s.cookies != NULL && search(&s, traces, n) &&
              sharing_state(&(struct sharing_ground){arena, e, a}, s.hits, s.hit_count, out);

    free(s.cookies);
    arena_free(s.scratch);
    *capped |= s.capped;
    return ok ? STATUS_OK : STATUS_NOMEM;
}
