/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TRACE_H
#define CLASSIFY_TRACE_H

/*
 * A trace is what the report calls an item: a named value that travelled to one recipient.
 * (In the code "item" is the piece of a stream, see capture/item.h.) Traces are gathered from
 * all exchanges and merged by carrier, name, value and recipient.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/attribution.h"

enum carrier {
    CARRIER_COOKIE,     /* Cookie request header, one trace per pair */
    CARRIER_SET_COOKIE, /* Set-Cookie: the recipient is the host that set it */
    CARRIER_QUERY,      /* one parameter of the request's query */
    CARRIER_PATH,       /* one segment of the path */
    CARRIER_BODY,       /* one field of the request's body: form, JSON, multipart */
    CARRIER_HEADER,     /* a request header that is not part of every browser's requests */
    CARRIER_REFERER,
    CARRIER_FRAGMENT, /* of a URL carried in another value */
    CARRIER_ETAG,     /* If-None-Match: a validator that came back */
    CARRIER_WEBSOCKET,
    CARRIER_TLS,
};

const char *carrier_name(enum carrier carrier);

struct hit;
struct subject_value;

enum trace_class {
    CLASS_UNKNOWN,
    CLASS_DIRECT,
    CLASS_ACCOUNT,
    CLASS_DEVICE,
    CLASS_BROWSER_IDENTIFIER,
    CLASS_SESSION,
    CLASS_CREDENTIAL,
    CLASS_SEARCH,
    CLASS_CONTENT,
    CLASS_PREFERENCE,
    CLASS_CONSENT_STRING,
    CLASS_LOCATION,
    CLASS_TECHNICAL,
};

const char *trace_class_name(enum trace_class c);

enum verdict {
    VERDICT_UNDETERMINED,
    VERDICT_IDENTIFIABLE,
    VERDICT_ANONYMOUS,
};

const char *verdict_name(enum verdict v);

/* The legal readings of the contract. */
enum reading {
    READING_ALONE,
    READING_COMBINED,
    READING_BROAD,
    READINGS,
};

enum grade {
    GRADE_OBSERVED, /* the bytes are on the wire */
    GRADE_DERIVED,  /* a deterministic decoding of them */
    GRADE_INFERRED, /* dictionary or statistics */
};

const char *grade_name(enum grade g);
const char *reading_name(enum reading r); /* "alone", … */

/* The state of consent when a value was sent, by the marks of the case (consent.h). */
enum consent_state {
    CONSENT_NONE,   /* no mark speaks of consent on this site */
    CONSENT_BEFORE, /* before the person answered */
    CONSENT_REFUSED,
    CONSENT_ACCEPTED,
    CONSENT_WITHDRAWN,
};

const char *consent_state_name(enum consent_state state); /* "none", "before", ... */

/* Whether it is of a sensitive class; a label beside the verdicts, never one of their terms. */
enum sensitive_result {
    SENSITIVE_UNDETERMINED,
    SENSITIVE_YES,
    SENSITIVE_NO,
};

const char *sensitive_result_name(enum sensitive_result result); /* "yes", ... */

struct sensitivity {
    enum sensitive_result result;
    const char *category; /* "health", ...; NULL unless yes */
    const char *en, *zh;  /* why, one sentence; NULL: not judged */
};

/* Where one occurrence stands: byte range of a part of an exchange. */
struct place {
    size_t exchange;   /* index in evidence */
    const char *part;  /* "request.headers.5" (value of that field), "request.body", … */
    uint64_t off, len; /* in that part */
};

/* One term of the score, for people to read: "+3 known format: Google Analytics client id". */
struct term {
    int points;
    const char *code; /* stable, e.g. "known-format" */
    const char *text_en, *text_zh;
};

enum {
    TRACE_PLACES_MOST = 64, /* occurrences kept with their bytes; `count` counts all */
    TRACE_PAGES_MOST = 64,
    TRACE_TERMS_MOST = 24,
    TRACE_GROUNDS_MOST = 16,
    TRACE_FACTS_MOST = 16,
};

struct trace {
    size_t number; /* from 1: "i12"; by first time, then place */
    enum carrier carrier;
    struct bytes name;
    struct bytes value;   /* as it travelled, undecoded */
    struct bytes decoded; /* percent-decoded where the carrier is encoded so; else value */
    const char *inside;   /* the coding of a body that a script compressed, "gzip", and that its
                               places stand for as a whole; NULL */
    bool masked;          /* a credential: never printed, only its hash and length */
    struct bytes recipient; /* host */
    struct bytes recipient_site;
    enum party party;
    const char *owner;       /* organisation; NULL unknown */
    int64_t set_by;          /* exchange index whose response set it, or ATTRIBUTION_NONE */
    const char *set_how;     /* "set-cookie", "script", "response", "unknown" */
    struct bytes attributes; /* SET_COOKIE: what stands behind the first ';', as sent */
    int64_t lifetime_s;      /* declared; -1 unknown, 0 session */
    struct bytes pages[TRACE_PAGES_MOST]; /* sites of the pages it was sent from, sorted */
    size_t page_count;
    struct place *places;
    size_t place_count, place_capacity;
    uint64_t count; /* all occurrences */
    int64_t first_ns, last_ns;
    enum trace_class class_;
    uint64_t leaf;  /* digest of its strongest leaf, to compare within one run; 0: none */
    unsigned signs; /* enum kept_sign, or'ed (kept.h) */
    unsigned bits;  /* nominal bits of its strongest leaf */
    int score;
    struct term terms[TRACE_TERMS_MOST];
    size_t term_count;
    const char *facts[TRACE_FACTS_MOST]; /* "U5", "D2", … of the verdict rules */
    size_t fact_count;
    enum grade grade;
    enum consent_state consent; /* when it was first sent */
    struct sensitivity sensitive;
    const struct subject_value *declared_as; /* which of the person's own values; NULL */
    const struct hit *declared; /* the person's own value that it holds (search.h); NULL */
    enum verdict verdicts[READINGS];
    const char *grounds[READINGS][TRACE_GROUNDS_MOST]; /* rule ids */
    size_t ground_count[READINGS];
};

/* Appends a term and adds its points; the texts are static. Past TRACE_TERMS_MOST nothing. */
void trace_add_term(
        struct trace *t, int points, const char *code, const char *en, const char *zh);

#endif
