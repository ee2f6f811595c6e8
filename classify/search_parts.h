/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SEARCH_PARTS_H
#define CLASSIFY_SEARCH_PARTS_H

/*
 * What the files of the search share; only classify/search*.c include this.
 *
 * A text of an exchange (an origin) becomes a node. A node is scanned for the plain variants and
 * for digests, and what is written in it in some coding becomes a node in turn, until nothing is
 * left to undo or a cap is reached. The queue is worked off breadth first, so that a value is met
 * in its shortest disguise first.
 */

#include "base/siphash.h"
#include "classify/automaton.h"
#include "classify/coded.h"
#include "classify/decode.h"
#include "classify/digest_table.h"
#include "classify/search.h"

/* A part of an exchange, as places cite it. */
struct origin {
    size_t exchange;
    const char *part;  /* in the arena of the hits */
    const char *where; /* of the hit; "query" is "path" in front of `query` */
    size_t query;      /* offset of "?" in a path */
    bool response;
    bool url; /* of parts between "/" */
    struct bytes text;
    struct bytes key; /* the header's name; empty: none */
    bool body;        /* it is one, of this Content-Type */
    struct bytes type;
};

/* How a node's text was made of its parent's. */
enum node_how {
    NODE_ORIGIN,  /* it is a part of an exchange */
    NODE_SLICE,   /* it is a stretch of it */
    NODE_ESCAPES, /* escapes were undone, place by place */
    NODE_WHOLE,   /* another coding: only the stretch as a whole can be cited */
};

enum { NODE_MARK_STEP = 1024 };

struct node_mark {
    uint32_t written, plain; /* offsets in the stretch, and in the text made of it */
};

struct node {
    const struct origin *origin;
    const struct node *parent; /* NULL: the origin itself */
    struct bytes text;
    struct bytes key; /* that of a field; empty: to be read from the text around it */
    enum node_how how;
    enum decode_kind escapes;      /* NODE_ESCAPES */
    size_t off, len;               /* of the stretch in the parent's text */
    const struct node_mark *marks; /* NODE_ESCAPES: one each NODE_MARK_STEP plain bytes */
    enum search_layer layers[SEARCH_CHAIN_MOST];
    unsigned layer_count;
    unsigned codings; /* of those, without LAYER_FIELD */
    bool bare;        /* may be a digest in raw bytes */
    int utf8;         /* 0 or 1; -1 while not known */
    struct node *next;
};

/* What the automaton looks for. */
struct pattern {
    uint32_t variant;
    bool plus; /* with "+" for its spaces, as forms have it */
};

struct search_memo {
    uint64_t key;
    uint32_t round;
};

/* An answer that had nothing, by the digest of its bytes. */
struct search_clean {
    bool set;
    uint8_t sha256[32];
};

enum {
    SEARCH_CLEAN_SIZE = 1 << 13, /* a power of two; a newer one takes an older one's place */
    SEARCH_TRIES_MOST = 4096,   /* of one variant in one text: a place without the name it needs
                                 takes one, a hit so many that there are at most */
    SEARCH_SAME_MOST = 64,      /* of those */
    SEARCH_MEMO_SIZE = 1 << 14, /* texts known: more than SEARCH_NODES_MOST, a power of two */
    SEARCH_SMALL = 4096,        /* bytes of a decoded stretch that needs no memory */
    SEARCH_BLIND_MOST = 256,    /* of an exchange: stretches tried as formats without a mark */
    SEARCH_TEXT_SHORT = 4096,   /* up to this long all of a text is undone as one stretch */
    SEARCH_ANSWER_SHORT = 64 << 10,
    SEARCH_BINARY_LEAST = 16,  /* bytes that are tried as formats without a mark */
    SEARCH_FIELDS_MOST = 4096, /* of one body */
};

struct search {
    struct arena *arena; /* of the hits */
    const struct evidence *e;
    const struct subject *subject;
    const struct variants *variants;
    struct automaton *automaton;
    struct pattern *patterns;
    size_t pattern_count;
    struct digest_table *digests;
    uint32_t *digest_variants; /* by text of the table */
    bool *keyed;               /* by variant: it counts only under a key that says what it is */
    size_t longest;            /* bytes of a pattern */
    struct wanted *locations;  /* declared ones; search_location.c */
    size_t location_count;
    uint16_t *spent;   /* by variant: tries in the text being scanned */
    uint32_t *touched; /* those of which `spent` is not 0 */
    size_t touched_count;
    struct siphash_key hash_key;
    struct search_memo *memo;
    struct search_clean *clean;
    uint64_t *clean_headers; /* keyed hashes of fields that had nothing */
    uint32_t round;          /* of the memo: one an origin */
    /* Of the exchange at hand: */
    struct arena *scratch; /* texts of the origin at hand; NULL: none yet */
    struct node *queue, **queue_end;
    size_t nodes, bytes, blind;
    size_t first_hit; /* in `hits` */
    struct hits hits;
    size_t hit_capacity;
    bool no_memory;
    uint8_t small[SEARCH_SMALL];
};

/* search_node.c: works off an origin and all that is in it. */
void search_origin(struct search *s, const struct origin *origin);
/* A node made of [off, off + len) of the parent's text by one layer more; `text` is yet to come. */
struct node search_child(const struct node *parent, enum node_how how, size_t off, size_t len,
        enum search_layer layer);
/* Puts a copy of the node in the queue, unless it is known; its text must last. */
void search_enqueue(struct search *s, const struct node *node);
/* Room for n bytes of decoded text; NULL when a cap or memory says no. */
uint8_t *search_room(struct search *s, size_t n);
/* Whether `s->scratch` is there; false: no memory. */
MUST_USE bool search_scratch(struct search *s);
/* Whether one layer more may be undone. */
MUST_USE bool search_may_go_on(const struct node *node);
/* Looks for the plain variants in a node's text. */
void search_scan(struct search *s, struct node *node);
/* Looks up a digest; true when it was one. `coding`: what it was written in; NULL: hexadecimal
 * or raw. */
bool search_raw(struct search *s, const struct node *node, size_t begin, size_t end,
        struct bytes raw, const enum search_layer *coding);

/* search_undo.c: enqueues what is written in a node in letters that stand for bytes, or in
 * escapes. */
void search_coded(struct search *s, struct node *node);
void search_escapes(struct search *s, const struct node *node, enum decode_kind kind);
/* Whether what is no text is tried as formats without a mark: all that was sent, and short
 * answers. Pictures and fonts in long ones would be tried in vain. */
MUST_USE bool search_explains(const struct node *node);

/* search_pack.c: enqueues what is in a node that is compressed, or of a format in bytes. */
void search_packed(struct search *s, const struct node *node);

/* search_hit.c: a variant, or its digest (NULL: none), at [begin, end) of a node's text. */
void search_plain(struct search *s, struct node *node, size_t pattern, size_t end);
void search_digest(struct search *s, const struct node *node, size_t begin, size_t end,
        const struct digest_found *digest, const enum search_layer *coding);
/* The bytes of the origin that a stretch of a node's text was made of. */
void search_place(const struct node *node, size_t begin, size_t end, struct place *out);
/* The name that the byte at `at` of a node's text stands under. */
struct bytes search_key(const struct node *node, size_t at);
/* Fills the layers of a hit in `node`. */
void search_layers(const struct node *node, struct hit *hit);
/* Adds a hit of `node`; the caller set its place, value, variant, digests and so on. */
void search_add(struct search *s, const struct node *node, struct bytes key, struct hit *hit);
/* Of the exchange at hand: sorts its hits and drops what says the same twice. */
void search_settle(struct search *s);

/* search_location.c: pairs of decimal numbers in one text that are a declared place. */
MUST_USE bool search_locations_begin(struct search *s); /* false: no memory */
void search_locations_reset(struct search *s);          /* a new origin begins */
void search_locations(struct search *s, const struct node *node);

#endif
