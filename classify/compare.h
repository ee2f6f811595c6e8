/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COMPARE_H
#define CLASSIFY_COMPARE_H

/*
 * Compares what sealed cases state, to answer what one capture cannot: is a value this browser's
 * own, or everybody's? did it outlive a restart? did it end when its end was asked for?
 *
 * Profiles: case A is the person's, B a clean second profile that visited the same sites (the
 * control), A2 the person's again after a restart. Values are compared leaf by leaf (value.h),
 * each under its site, carrier, name and place in the value. Cookies sent and cookies set count
 * as one carrier: what A was given is what A2 sends.
 *
 * What a credential was is not in a case: those are compared by digest only.
 */

#include "base/digest.h"
#include "base/json.h"
#include "classify/finding.h"
#include "classify/legal.h"
#include "classify/trace.h"

enum compare_role {
    COMPARE_A,  /* profiles: the person's; before-after: before the request */
    COMPARE_B,  /* profiles: the control; before-after: after it */
    COMPARE_A2, /* profiles only: the person's, after a restart */
    COMPARE_CASES,
};

const char *compare_role_name(enum compare_role role); /* "a", "b", "a2" */

enum {
    COMPARE_ITEMS_MOST = 1 << 20,  /* items of one case; more are counted */
    COMPARE_VALUE_MOST = 64 << 10, /* bytes of a value; longer ones by digest only */
    COMPARE_SITES_MOST = 1 << 16,  /* sites of one case */
    COMPARE_LIST_MOST = 64,        /* exchanges, pages of an item that are kept */
    COMPARE_VALUES_MOST = 64,      /* values of one name that are compared one by one */
    COMPARE_GROUP_MOST = 4096,     /* items of one name, of each case, that are looked at */
    COMPARE_ROWS_MOST = 1 << 21,
    COMPARE_BITS = 28, /* of a value that differs in a control: it can single out a browser */
    COMPARE_BITS_SUSPECT = 64, /* of one that is equal: nothing so long is equal by chance */
};

/* One line of items.jsonl, as far as comparing needs it. Everything is in the case's arena. */
struct compare_item {
    uint64_t number; /* "i12" */
    enum carrier carrier;
    enum trace_class class_;
    enum party party;
    bool masked;  /* a credential: its value is not in the case */
    bool by_hash; /* masked, or too long to be kept */
    struct bytes name;
    struct bytes text; /* decoded; empty when by_hash */
    struct bytes recipient, recipient_site;
    struct bytes sha256; /* hex, of the value as it travelled */
    const char *owner;   /* NULL unknown */
    const char *set_how;
    struct bytes set_by; /* exchange; empty unknown */
    unsigned bits;
    int64_t lifetime_days; /* -1 unknown */
    uint64_t occurrences;
    int64_t first_ns, last_ns;
    struct bytes *pages, *exchanges;
    size_t page_count, exchange_count;
    uint32_t facts; /* FACT_BIT of verdict_fact.h */
    enum verdict verdicts[READINGS];
    struct bytes *grounds[READINGS];
    size_t ground_count[READINGS];
    bool known_format;
};

/* What one case had to do with one site. */
struct compare_site {
    struct bytes site;
    uint64_t exchanges, incomplete;
    int64_t first_ns, last_ns;
    struct bytes first_exchange;
};

/* Whether a term that A's findings name came back from a site in this case's responses. */
struct compare_term {
    struct bytes text, site;
    uint64_t looked;       /* responses of the site whose body was looked through */
    uint64_t unread;       /* others with a body: not kept, or not in full */
    uint64_t hits;         /* of those looked through, with the term */
    struct bytes exchange; /* the first of them */
};

struct compare_case {
    const char *name;                  /* last part of its path */
    char manifest_sha256[SHA256_TEXT]; /* of manifest-sha256.txt: names the sealed case */
    int64_t first_ns, last_ns;         /* of its exchanges; both 0 when it has none */
    struct compare_item *items;        /* in the order of the file */
    size_t item_count;
    uint64_t items_left_out;    /* past the caps above, or unreadable */
    struct compare_site *sites; /* recipients, sorted */
    size_t site_count;
    struct bytes *pages; /* sites of pages, sorted */
    size_t page_count;
    uint64_t exchanges, incomplete, unread_connections;
    const struct json_value *findings; /* the array of findings.json; NULL when there is none */
    struct compare_term *terms;        /* B only, sorted by text and site */
    size_t term_count;
    int64_t requested_ns, cleared_ns; /* marks: erasure requested, cookies cleared; 0: none */
};

/* NULL when the case had nothing to do with it. */
const struct compare_site *compare_find_site(const struct compare_case *c, struct bytes site);
MUST_USE bool compare_visited(const struct compare_case *c, struct bytes page_site);

enum compare_result {
    COMPARE_PERSISTENT,  /* the same after a restart, another in the control */
    COMPARE_SPECIFIC,    /* another in the control; no restart was captured */
    COMPARE_SESSION,     /* another in the control, and another after the restart */
    COMPARE_SHORT,       /* likewise specific, but too short to single out a browser */
    COMPARE_FINGERPRINT, /* equal in the control, long and opaque */
    COMPARE_EQUAL,       /* equal in the control: of the site, or of place and time */
    COMPARE_DIFFERS,     /* not equal, but no identifier by its form or by what differs */
    COMPARE_NOT,         /* only in one case: nothing can be said */
    COMPARE_CONTINUES,   /* before-after: the value goes on */
    COMPARE_RENEWED,     /* the name goes on, with another value */
    COMPARE_ENDED,       /* the name is not carried any more */
    COMPARE_GONE,        /* the second case has nothing to do with the recipient */
    COMPARE_NEW,         /* only in the second case */
    COMPARE_RESULTS,
};

const char *compare_result_name(enum compare_result result); /* "persistent-identifier", … */

/* One value of one leaf; or a name that is in one case only. */
struct compare_row {
    const struct compare_item *item;  /* the first that has it: of A, else of B */
    struct bytes path;                /* in the value: key, "#2" for the second of its name */
    bool seen[COMPARE_CASES];         /* the name was there */
    bool by_hash;                     /* texts are digests in hex */
    struct bytes text[COMPARE_CASES]; /* A's value; B's and A2's: the same, else their first */
    size_t values[COMPARE_CASES];     /* different values of the name */
    const struct compare_item **items[COMPARE_CASES]; /* those that carry text[] */
    size_t item_count[COMPARE_CASES];
    enum compare_result result;
    const char *why_en, *why_zh; /* static */
    unsigned bits;               /* of what can be told apart, see similar.h */
    bool has_similarity;
    size_t matched, length; /* similarity: 2 * matched / length */
};

struct compare_rows {
    struct compare_row *at; /* by site, carrier, name, path, value */
    size_t n, capacity;
    size_t counts[COMPARE_RESULTS];
    bool capped;
};

/* `cases` has COMPARE_CASES; A2 may be NULL. In the arena, borrows from the cases. */
MUST_USE enum status compare_profiles(struct arena *arena,
        const struct compare_case *const cases[COMPARE_CASES], struct compare_rows *out);

enum {
    COMPARE_FACTS_MOST = 16,
    COMPARE_CITED_MOST = 16, /* exchanges of one case that a finding cites */
};

enum compare_change {
    CHANGE_UPGRADED,  /* now counts as an identifier that singles out a browser */
    CHANGE_CONFIRMED, /* counted as one before, and the control agrees */
    CHANGE_SESSION,   /* counted as one before, but did not outlive the restart */
    CHANGE_REMOVED,   /* counted as one before, but the control has the same value */
    CHANGE_SUSPECT,   /* equal, long and opaque: may be derived from the machine */
    CHANGE_RESTATED,  /* a finding of A of another kind, with what the control shows */
    CHANGE_NONE,      /* the control says nothing about it */
    CHANGE_RETURNED,  /* before-after, from here on: came back after an absence */
    CHANGE_CONTINUES, /* the same before and after */
    CHANGE_ENDED,     /* not seen any more */
    CHANGES,
};

const char *compare_change_name(enum compare_change change); /* "upgraded", … */

/* A finding of the contract; what it cites is named with its case. */
struct compare_finding {
    const char *kind;
    enum compare_change change;
    struct bytes page_site, recipient, recipient_site;
    const char *owner;
    const char *statement_en, *statement_zh;
    const struct compare_item *item; /* the one it speaks of; NULL: restated of A's text */
    const struct compare_item **items[COMPARE_CASES];
    size_t item_count[COMPARE_CASES];
    struct bytes cited[COMPARE_CASES][COMPARE_CITED_MOST]; /* exchanges */
    size_t cited_count[COMPARE_CASES];
    const struct json_value *origin; /* A's finding that it takes up; NULL: none */
    struct finding_fact facts[COMPARE_FACTS_MOST];
    size_t fact_count;
    enum verdict verdicts[READINGS];
    struct bytes grounds[READINGS][TRACE_GROUNDS_MOST];
    size_t ground_count[READINGS];
};

struct compare_findings {
    struct compare_finding **at;
    size_t n, capacity;
    size_t counts[CHANGES];
};

/* What the control and the restart make of A's findings, and of values that were none. */
MUST_USE enum status compare_profile_findings(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], const struct compare_rows *rows,
        struct compare_findings *out);

/* What became of A's identifiers in B, which was captured after a request of the person. */
MUST_USE enum status compare_before_after(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], struct compare_rows *rows,
        struct compare_findings *out);

#endif
