/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_LEGAL_H
#define CLASSIFY_LEGAL_H

/*
 * The rules that verdicts lean on: provisions and decisions, each with the time it holds, the
 * readings it speaks to, and the facts a capture can show for or against it. The tables are
 * data (classify/rules/cn.json, eu.json, us.json) and are in the program; a directory with
 * files of the same names can take their place.
 *
 * A rule says what a text asks for, in our own words. Nothing here says that somebody broke
 * it: whether a fact satisfies a provision is for a court.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"
#include "classify/trace.h"

/* What can be observed, as far as a rule may ask for it. In JSON: the name in lower case. */
enum legal_fact {
    LEGAL_DIRECT_IDENTIFIER,      /* name, phone, e-mail, identity number in clear */
    LEGAL_ACCOUNT_IDENTIFIER,     /* the key of a registered user at the recipient */
    LEGAL_DEVICE_IDENTIFIER,      /* IMEI, MAC, OAID, advertising id, … */
    LEGAL_IDENTIFIER,             /* a value by which the recipient knows a browser again */
    LEGAL_PERSISTENT_IDENTIFIER,  /* such a value that outlives the visit or crosses sites */
    LEGAL_SESSION_IDENTIFIER,     /* such a value that is declared to end with the session */
    LEGAL_IDENTIFIER_WITH_DIRECT, /* an identifier together with a direct or account one */
    LEGAL_IDENTIFIER_SHARED,      /* one identifier value reached two organisations */
    LEGAL_HASHED_DIRECT,          /* the digest of a value the person named */
    LEGAL_ACTIVITY,               /* page addresses, titles, searches under an identifier */
    LEGAL_ACTIVITY_ALONE,         /* the same without any identifier beside it */
    LEGAL_LOCATION,
    LEGAL_TIME_AND_PLACE,      /* when and from which address a service was used */
    LEGAL_ADDRESS,             /* the sender's IP address reached the recipient */
    LEGAL_CONSENT_STRING,      /* a consent record, with the address it came from */
    LEGAL_TITLE_WITH_ACCOUNT,  /* what was read or watched, with an account identifier */
    LEGAL_NAMES_NOBODY,        /* the item by itself carries no name of a natural person */
    LEGAL_SESSION_ONE_SITE,    /* verdict rule D2 */
    LEGAL_LOW_CARDINALITY,     /* verdict rule D3 */
    LEGAL_SENSITIVE,           /* content or keys of a sensitive class */
    LEGAL_THIRD_PARTY,         /* a recipient other than the site that was visited */
    LEGAL_CONTENT_THIRD_PARTY, /* content of a communication, to such a recipient */
    LEGAL_STORED_ON_TERMINAL,  /* a value was written to the browser, or read from it */
    LEGAL_NO_CONSENT_SEEN,     /* no act of consent was marked before the flow */
    LEGAL_CONSENT_EVENT,       /* consent given, refused or withdrawn, as marked */
    LEGAL_NOTICE,              /* what the site's notice says, as captured */
    LEGAL_OPT_OUT_SIGNAL,      /* Sec-GPC: 1, DNT or a marked objection, and what followed */
    LEGAL_PERSONALISED,        /* a response that made use of an earlier act */
    LEGAL_FOREIGN_RECIPIENT,   /* recipient organisation or server in another country */
    LEGAL_REQUEST_ANSWER,      /* a request of the person and its answer, or none */
    LEGAL_COUNTS,              /* numbers that describe extent: recipients, days, requests */
    LEGAL_MANUAL_USE,          /* how the capture was made */
    LEGAL_SAME_FOR_ALL,        /* verdict rule D1: equal in every profile compared */
    LEGAL_AGGREGATE,           /* verdict rule D5: counts many, without a key of one */
    LEGAL_SEARCH_TERM,         /* a search term that reached a recipient */
    LEGAL_FINGERPRINT,     /* attributes of a device enough to tell it apart, or their digest */
    LEGAL_INPUT_RECORDING, /* what was typed or done on a page, as it was done */
    LEGAL_REFUSED,         /* sent after consent was refused or withdrawn, as marked */
    LEGAL_ERASURE,         /* erasure was requested, as marked, and what was sent after it */
    LEGAL_CLOAKED,         /* a recipient behind a name of the site that was visited */
    LEGAL_RESPAWNED,       /* an identifier that came back after it was cleared */
    LEGAL_FROM_OTHERS,     /* the person's data from a host that never got them here */
    LEGAL_MINORS,          /* a sensitive label of the class minors */
    LEGAL_CONTEXT,         /* nothing that traffic can show: background */
    LEGAL_FACTS,
};

const char *legal_fact_name(enum legal_fact fact); /* "direct-identifier", … */
#define LEGAL_BIT(fact) ((uint64_t)1 << (fact))

/* Texts end in NUL and live as long as the tables. */
struct legal_rule {
    const char *id;           /* "CN-PI-1" */
    const char *jurisdiction; /* "cn", "eu", "us" */
    const char *law, *article;
    const char *valid_from;  /* "2021-11-01": its first day, UTC */
    const char *valid_to;    /* its last day; NULL: not known to have ended */
    int64_t from_ns, end_ns; /* the same, [from_ns, end_ns); end_ns INT64_MAX when open */
    unsigned readings;       /* bit 1 << enum reading for each that it speaks to; may be 0 */
    uint64_t facts;          /* LEGAL_BIT of those that satisfy it */
    uint64_t against;        /* LEGAL_BIT of those that speak against it */
    const char *statement_en, *statement_zh;
    const char *source;
    const char *basis; /* "primary" text read, "secondary" sources, "knowledge" */
    bool lawyer_check; /* its application needs a lawyer's eye before it is relied on */
};

/* One file, for basis.json. */
struct legal_table {
    const char *name; /* "cn.json" */
    const char *jurisdiction;
    const char *version; /* "cn-2026.1" */
    const char *date;
    char sha256[SHA256_TEXT];
    size_t rules;
};

enum {
    LEGAL_TABLES = 3,
    LEGAL_BYTES_MOST = 1 << 20, /* of one file */
    LEGAL_RULES_MOST = 1024,    /* of all files */
    LEGAL_TEXT_MOST = 2048,     /* bytes of one text */
};

struct legal; /* opaque; read-only once made, may be shared between threads */

/*
 * The tables in the program, or the files cn.json, eu.json and us.json of `directory` when it
 * is not NULL. NULL with `fault` set: out of memory, unreadable, or malformed (an unknown fact
 * or reading, a date that is none, an id that is given twice). It names the file with its
 * directory, the rule by number and id, the key, and what is wrong with it.
 */
struct legal *legal_new(const char *directory, struct fault *fault);
/* The same from text; `texts` has LEGAL_TABLES of them, in the order cn, eu, us. */
struct legal *legal_new_from(const struct bytes texts[LEGAL_TABLES], struct fault *fault);
void legal_free(struct legal *l); /* NULL is fine */

/* NULL when there is no such rule. */
const struct legal_rule *legal_find(const struct legal *l, const char *id);
/* `when_ns`: nanoseconds since 1970. A rule holds from the first to the last of its days in
 * UTC; midnight in its own country is not looked at. */
MUST_USE bool legal_valid_at(const struct legal_rule *rule, int64_t when_ns);
/* In the order of the files: cn, eu, us. */
size_t legal_count(const struct legal *l);
const struct legal_rule *legal_rule_at(const struct legal *l, size_t at);
const struct legal_table *legal_tables(const struct legal *l); /* LEGAL_TABLES of them */

/*
 * The ids of the rules that hold at `when_ns`, speak to `reading` and name one of `facts`
 * among their facts, or (`against`) among what speaks against them; in the order of the files,
 * at most `most`. Returns how many.
 */
size_t legal_grounds(const struct legal *l, enum reading reading, uint64_t facts, bool against,
        int64_t when_ns, const char **out, size_t most);

#endif
