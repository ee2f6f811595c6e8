/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SEARCH_H
#define CLASSIFY_SEARCH_H

/*
 * Searches all that was sent, and all that came back, for the values a person declared: as they
 * are, in an encoding, or as a digest. One pass over each text, whatever the number of values:
 * plain forms by one automaton (Aho and Corasick, CACM 18(6), 1975), digests as whole tokens by
 * a table, after undoing up to SEARCH_LAYERS_MOST codings in whatever order they come.
 *
 * A form that chance alone would give with one in a hundred in as many bytes as there are counts
 * only under a key, as one that needs it does; a search term also where it is all of a value that
 * was sent, or stands at an end of a phrase that came back. One form is told at most 64 times in
 * one text. Formats without a mark of their own (raw deflate, brotli, protocol buffers) are tried
 * on all that was sent and on answers up to 64 KiB. Salted or encrypted values are not found.
 */

#include <stdbool.h>
#include <stdint.h>

#include "classify/attribution.h"
#include "classify/evidence.h"
#include "classify/subject.h"
#include "classify/trace.h"
#include "classify/variant.h"

enum search_layer { /* how bytes were written, as undone; names by search_layer_name */
    LAYER_PERCENT,  /* RFC 3986 section 2.1; "+" for a space in forms */
    LAYER_U_ESCAPE, /* "%u51CF" of JavaScript's escape() */
    LAYER_JSON,     /* backslash escapes of RFC 8259 section 7 */
    LAYER_ENTITY,   /* "&#20943;", "&amp;" of HTML */
    LAYER_BASE64,   /* RFC 4648, both alphabets, with or without padding */
    LAYER_BASE32,
    LAYER_HEX,
    LAYER_GZIP,
    LAYER_ZLIB,
    LAYER_DEFLATE,
    LAYER_BROTLI,
    LAYER_ZSTD,
    LAYER_JWT,
    LAYER_FIELD, /* a field of protobuf, msgpack or a multipart part: no coding, counts no layer */
    SEARCH_LAYER_KINDS,
};

const char *search_layer_name(enum search_layer layer); /* "percent", "base64", ... */

enum {
    SEARCH_LAYERS_MOST = 3,       /* codings undone on top of each other; containers besides */
    SEARCH_CHAIN_MOST = 6,        /* with the containers */
    SEARCH_DIGESTS_MOST = 2,      /* of digests of digests */
    SEARCH_NODES_MOST = 4096,     /* texts made out of one exchange */
    SEARCH_BYTES_MOST = 16 << 20, /* of them together */
    SEARCH_RATIO_MOST = 100,      /* inflated to deflated, behind the first MiB */
    SEARCH_HITS_MOST = 1 << 18,
};

/* One declared value at one place. */
struct hit {
    size_t value;                  /* index in the subject */
    const struct variant *variant; /* NULL: a location */
    struct place place;            /* the bytes as they travelled, in the exchange */
    bool response;                 /* in what came back, not in what was sent */
    enum search_layer layers[SEARCH_CHAIN_MOST]; /* the outermost first */
    size_t layer_count;
    const char *digests[SEARCH_DIGESTS_MOST]; /* static: "sha256"; the outermost first */
    size_t digest_count;                      /* sha256(md5(value)) has {"sha256", "md5"} */
    const char *charset;                      /* static: of the text it was found in */
    struct bytes key;  /* the name it stood under (parameter, field, header); empty: none */
    const char *where; /* static: "query", "path", "referer", "cookie", "set-cookie", "header",
                          "body", "websocket", "location", "etag" */
    const char *datum; /* static: LOCATION only: "wgs-84", "gcj-02", "bd-09"; else NULL */
    double metres;     /* LOCATION only: from the declared place */
};

struct hits {
    struct hit *at; /* in the arena, by exchange, part, offset, value; each once */
    size_t n;
    bool capped;     /* a cap above was reached: something was not looked through */
    uint64_t opaque; /* texts of over 64 bytes that were sent, that no coding explains and
                                that may hold anything */
};

/* `subject` may have no values: then nothing is read and out is empty. STATUS_NOMEM. `a` says
 * nothing to the search and may be NULL. Deterministic. The hits borrow from the evidence and `variants`. */
MUST_USE enum status search_evidence(struct arena *arena, const struct evidence *e,
        const struct attributions *a, const struct subject *subject,
        const struct variants *variants, struct hits *out);

#endif
