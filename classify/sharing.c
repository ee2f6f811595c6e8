/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "classify/finding_sharing.h"
#include "classify/request_view.h"
#include "classify/sharing_name.h"
#include "classify/sharing_token.h"
#include "classify/value_piece.h"

enum { CHANCE_BITS = 7, BITS_SHORT = 28, PAGES_LOOKED = 4 };

#define SCRATCH_MOST ((size_t)128 << 20)
#define SCRATCH_KEPT ((size_t)1 << 20)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct search {
    struct sharing_ground ground;
    struct arena *scratch;
    const struct trace **cookies; /* owned: by site, value, name */
    size_t cookie_count;
    const struct trace **stored; /* owned: other identifiers, by value, then number */
    size_t stored_count;
    struct sharing_owner *owners;
    size_t owner_count;
    struct sharing_tokens tokens;
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

static bool has_term(const struct trace *t, const char *code)
{
    for (size_t i = 0; i < t->term_count; i++) {
        if (strcmp(t->terms[i].code, code) == 0)
            return true;
    }
    return false;
}

/* What a page or its scripts keep where no header shows it. That it was sent often is not enough:
 * its name or its form must be an identifier's. */
static bool may_be_stored(const struct trace *t)
{
    /* What the person declared is told as a leak of it. */
    if (t->declared != NULL)
        return false;
    switch (t->carrier) {
    case CARRIER_PATH:
        if (!leaf_generated(t->decoded))
            return false;
        break;
    case CARRIER_QUERY:
    case CARRIER_BODY:
    case CARRIER_HEADER:
    case CARRIER_ETAG:
    case CARRIER_WEBSOCKET:
        break;
    case CARRIER_COOKIE:
    case CARRIER_SET_COOKIE:
    case CARRIER_REFERER:
    case CARRIER_FRAGMENT:
    case CARRIER_TLS:
        return false;
    }
    if (t->carrier != CARRIER_ETAG && !has_term(t, "generated") && !has_term(t, "id-name") &&
            !has_term(t, "known-format"))
        return false;
    return !t->masked && t->recipient_site.n != 0 && finding_identifies(t) &&
           !sharing_name_common(t->name) && !sharing_value_common(t->decoded);
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

static int stored_by_value(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->decoded, right->decoded);

    return order == 0 ? ORDER(left->number, right->number) : order;
}

static void own_cookies(struct search *s)
{
    for (size_t i = 0; i < s->cookie_count; i++) {
        const struct trace *t = s->cookies[i];
        struct sharing_owner *o;

        if (i == 0 || !finding_same_value(s->cookies[i - 1], t)) {
            o = &s->owners[s->owner_count++];
            *o = (struct sharing_owner){
                    .trace = t, .site = t->recipient_site, .first_party = true};
        }
        o = &s->owners[s->owner_count - 1];
        o->identifies |= finding_identifies(t);
        o->first_party &= t->party == PARTY_FIRST;
        if (o->set == NULL && t->carrier == CARRIER_SET_COOKIE)
            o->set = t;
    }
}

/* Whose a value is that no cookie holds. */
static struct sharing_owner own_stored(const struct search *s, const struct trace *t)
{
    const struct sharing_ground *g = &s->ground;
    struct sharing_owner o = {.trace = t,
            .keeper = t->carrier == CARRIER_ETAG ? KEEPER_ETAG : KEEPER_SENT,
            .site = t->recipient_site,
            .identifies = true};
    size_t exchange = t->places[0].exchange, header;
    struct place place;

    if (o.keeper == KEEPER_ETAG || g->e == NULL)
        return o;
    if (t->set_by != ATTRIBUTION_NONE && t->set_how != NULL &&
            strcmp(t->set_how, "response") == 0) {
        o.keeper = KEEPER_RESPONSE;
        o.site = g->a->of[t->set_by].site;
    } else if (sharing_redirect_says(g, exchange, t->value, &header, &place)) {
        o.keeper = KEEPER_REDIRECT;
        o.site = g->a->of[place.exchange].site;
    }
    return o;
}

static bool gather_owners(struct search *s, struct trace *const *traces, size_t n)
{
    size_t sent = 0;

    for (size_t i = 0; i < n; i++) {
        if (may_own(traces[i]))
            s->cookies[s->cookie_count++] = traces[i];
        else if (may_be_stored(traces[i]))
            s->stored[s->stored_count++] = traces[i];
        sent += was_sent(traces[i]);
    }
    if (s->cookie_count != 0)
        qsort(s->cookies, s->cookie_count, sizeof(const struct trace *), finding_by_value);
    if (s->stored_count != 0)
        qsort(s->stored, s->stored_count, sizeof(const struct trace *), stored_by_value);
    s->owners =
            arena_array(s->ground.arena, s->cookie_count + s->stored_count, sizeof(*s->owners));
    if (s->owners == NULL)
        return false;
    own_cookies(s);
    s->bits = demand(s->owner_count + s->stored_count, sent);
    return true;
}

static struct value_pieces *take_apart(struct search *s, const struct trace *t)
{
    struct value_pieces *pieces;

    if (s->scratch != NULL && arena_used(s->scratch) > SCRATCH_KEPT) {
        arena_free(s->scratch);
        s->scratch = NULL;
    }
    if (s->scratch == NULL)
        s->scratch = arena_new(SCRATCH_MOST);
    pieces = s->scratch == NULL ? NULL : arena_alloc(s->scratch, sizeof(*pieces));
    if (pieces == NULL ||
            !value_pieces_find(s->scratch, t->decoded, BITS_SHORT, t->first_ns, pieces))
        return NULL;
    s->capped |= pieces->capped;
    return pieces;
}

static bool add_cookies(struct search *s)
{
    for (size_t i = 0; i < s->owner_count; i++) {
        const struct value_pieces *pieces = take_apart(s, s->owners[i].trace);

        if (pieces == NULL)
            return false;
        for (size_t k = 0; k < pieces->n; k++) {
            struct bytes text = pieces->at[k].text;

            if (sharing_value_common(text) ||
                    (!s->owners[i].identifies && leaf_bits(text) < s->bits))
                continue;
            if (!sharing_tokens_add(&s->tokens, text, &s->owners[i]))
                return false;
        }
    }
    sharing_tokens_sort(&s->tokens);
    return true;
}

/* Only what no cookie holds, under any disguise: `cookies` of the tokens are sorted. */
static bool add_stored(struct search *s)
{
    const struct sharing_tokens cookies = s->tokens;

    for (size_t i = 0; i < s->stored_count; i++) {
        const struct trace *t = s->stored[i];
        const struct value_pieces *pieces;
        struct sharing_owner *o = NULL;
        unsigned as;

        if (i != 0 && bytes_equal(s->stored[i - 1]->decoded, t->decoded))
            continue;
        pieces = take_apart(s, t);
        if (pieces == NULL)
            return false;
        for (size_t k = 0; k < pieces->n; k++) {
            struct bytes text = pieces->at[k].text;

            if (leaf_bits(text) < s->bits || sharing_tokens_find(&cookies, text, &as) != NULL)
                continue;
            if (o == NULL) {
                o = &s->owners[s->owner_count++];
                *o = own_stored(s, t);
            }
            if (!sharing_tokens_add(&s->tokens, text, o))
                return false;
        }
    }
    sharing_tokens_sort(&s->tokens);
    return true;
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

static struct bytes path_of(struct bytes url)
{
    struct bytes front;
    size_t at;

    if (!bytes_find(url, BYTES_LITERAL("://"), 0, &at))
        return bytes_of(NULL, 0);
    url = bytes_slice(url, at + 3, url.n);
    if (!bytes_take_until(&url, '/', &front))
        return bytes_of(NULL, 0);
    return bytes_take_until(&url, '?', &front) ? front : url;
}

/* It stands in the path of the page's URL, or is a part of the browser's name. */
static bool is_of_page(const struct search *s, const struct trace *t, struct bytes piece)
{
    const struct attributions *a = s->ground.a;
    size_t at;

    for (size_t i = 0; a != NULL && i < t->place_count && i < PAGES_LOOKED; i++) {
        size_t exchange = t->places[i].exchange;
        const struct visit *visit = a->of[exchange].visit;

        if (bytes_find(a->views[exchange].user_agent, piece, 0, &at) ||
                (visit != NULL && bytes_find(path_of(visit->url), piece, 0, &at)))
            return true;
    }
    return false;
}

/* Too short to be told from chance by itself. */
static bool is_synced(const struct search *s, const struct trace *t,
        const struct sharing_owner *o, struct bytes piece)
{
    if (!o->identifies || !bytes_equal(t->decoded, piece))
        return false;
    if (sharing_name_syncs(t->name))
        return true;
    return s->ground.e != NULL && t->carrier == CARRIER_QUERY &&
           sharing_path_syncs(s->ground.e->exchanges[t->places[0].exchange]->path);
}

/* What a site was sent first says little of it: only where it then goes to a stranger. */
static bool is_passed_on(const struct sharing_owner *o, const struct trace *t)
{
    if (o->keeper == KEEPER_COOKIE)
        return true;
    if (o->trace->owner != NULL && t->owner != NULL && strcmp(o->trace->owner, t->owner) == 0 &&
            !bytes_equal(o->trace->recipient_site, t->recipient_site))
        return false;
    return o->keeper != KEEPER_SENT ||
           (t->party == PARTY_THIRD && t->number > o->trace->number &&
                   !sharing_name_common(t->name));
}

static bool add_hit(
        struct search *s, const struct sharing_token *token, const struct trace *t, unsigned as)
{
    const struct sharing_owner *o = token->owner;
    struct sharing_hit *grown;

    /* The person's own value is told as a leak of it. */
    if (t->declared != NULL && o->trace->declared != NULL)
        return true;
    if (bytes_equal(o->site, t->recipient_site) || (!o->identifies && !finding_identifies(t)) ||
            !is_passed_on(o, t) ||
            (leaf_bits(token->of) < s->bits && !is_synced(s, t, o, token->of)) ||
            is_of_page(s, t, token->of))
        return true;
    if (s->hit_count == SHARING_HITS_MOST) {
        s->capped = true;
        return true;
    }
    grown = arena_grow(
            s->ground.arena, s->hits, s->hit_count, &s->hit_capacity, sizeof(*s->hits));
    if (grown == NULL)
        return false;
    s->hits = grown;
    s->hits[s->hit_count++] = (struct sharing_hit){.owner = o,
            .trace = t,
            .of = token->of,
            .as = as,
            .leaves_first_party =
                    o->first_party && t->party == PARTY_THIRD && on_pages_of(t, o->site)};
    return true;
}

/* Forms write a space as "+": what was base64 lost those. */
static bool look_unspaced(struct search *s, const struct trace *t)
{
    uint8_t text[2 * SHA256_BYTES];
    const struct sharing_token *token;
    struct bytes whole = {text, t->decoded.n};
    unsigned as;

    if (whole.n > sizeof(text) || !bytes_has(t->decoded, ' '))
        return true;
    for (size_t i = 0; i < whole.n; i++)
        text[i] = t->decoded.p[i] == ' ' ? '+' : t->decoded.p[i];
    if (!value_piece_packs_digest(whole))
        return true;
    token = sharing_tokens_find(&s->tokens, whole, &as);
    return token == NULL || add_hit(s, token, t, as);
}

static bool look_into(struct search *s, const struct trace *t)
{
    const struct value_pieces *pieces = take_apart(s, t);

    if (pieces == NULL)
        return false;
    for (size_t i = 0; i < pieces->n; i++) {
        unsigned as;
        const struct sharing_token *token =
                sharing_tokens_find(&s->tokens, pieces->at[i].text, &as);

        if (token != NULL && !add_hit(s, token, t, written_as(t, &pieces->at[i]) | as))
            return false;
    }
    return look_unspaced(s, t);
}

static bool search(struct search *s, struct trace *const *traces, size_t n)
{
    if (!gather_owners(s, traces, n) || !add_cookies(s) || !add_stored(s))
        return false;
    if (s->tokens.n == 0)
        return true;
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
    struct search s = {.ground = {arena, e, a},
            .tokens = {.arena = arena},
            .cookies = calloc(n + 1, sizeof(const struct trace *)),
            .stored = calloc(n + 1, sizeof(const struct trace *))};
    bool ok = s.cookies != NULL && s.stored != NULL && search(&s, traces, n) &&
              sharing_state(&s.ground, s.hits, s.hit_count, out);

    free(s.cookies);
    free(s.stored);
    arena_free(s.scratch);
    *capped |= s.capped | s.tokens.capped;
    return ok ? STATUS_OK : STATUS_NOMEM;
}
