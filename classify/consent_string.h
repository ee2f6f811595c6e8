/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_STRING_H
#define CLASSIFY_CONSENT_STRING_H

/*
 * What travelled about consent, decoded: records that consent managers keep in cookies and
 * recipients are given, and the browser's own signals. A record says what its writer claims was
 * chosen; whether the person chose so is shown by their marks alone.
 *
 * Sources: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats"
 * v2 (TCF), "Global Privacy Platform String" and its sections, "US Privacy String"; W3C Global
 * Privacy Control; W3C Tracking Preference Expression (DNT); "Storage Access Headers" (WICG).
 * What Google, OneTrust, Cookiebot and Didomi write is undocumented or documented in part; it is
 * read as observed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

enum consent_string_kind {
    CONSENT_STRING_TCF1, /* of the first framework, until 2020 */
    CONSENT_STRING_TCF2,
    CONSENT_STRING_TCF_CANADA, /* only as a section of a GPP string */
    CONSENT_STRING_GPP,
    CONSENT_STRING_US_PRIVACY,
    CONSENT_STRING_GOOGLE_STATE,   /* gcs */
    CONSENT_STRING_GOOGLE_DETAILS, /* gcd */
    CONSENT_STRING_ONETRUST,
    CONSENT_STRING_COOKIEBOT,
    CONSENT_STRING_DIDOMI,
    CONSENT_STRING_GPC, /* Sec-GPC */
    CONSENT_STRING_DNT,
    CONSENT_STRING_STORAGE_ACCESS, /* Sec-Fetch-Storage-Access */
    CONSENT_STRING_KINDS,
};

const char *consent_string_kind_name(enum consent_string_kind kind); /* "tcf2", … */

enum {
    CONSENT_STRING_BYTES_MOST = 16 << 10, /* longer ones are PARSE_BAD */
    CONSENT_STRING_CHOICES_MOST = 256,
    CONSENT_STRING_SECTIONS_MOST = 64,
};

/* What one choice says of collecting or passing on data. */
enum consent_says {
    CONSENT_SAYS_NOTHING, /* not asked, does not apply, or no choice but a note */
    CONSENT_SAYS_YES,     /* consent given, or not opted out */
    CONSENT_SAYS_NO,      /* consent not given, or opted out */
};

/* One named choice: "analytics_storage", "SaleOptOut", "marketing". */
struct consent_choice {
    struct bytes name; /* static or in the arena */
    unsigned section;  /* of a GPP string its number; else 0 */
    unsigned part;     /* from 1 in a field of several parts; 0: it is whole */
    unsigned value;    /* as it was coded */
    enum consent_says says;
    bool needed; /* of what the site calls strictly necessary: no choice of the person */
};

/* TCF. Bit 0 of a set is purpose 1. A purpose whose legitimate interest is not established may
 * have been objected to or never shown: the string cannot tell these apart. */
struct consent_tcf {
    enum consent_string_kind kind;
    unsigned version, policy;
    unsigned manager, manager_version, screen, vendor_list;
    char language[3], country[3]; /* two capital letters; "" unless so. country: publisher's */
    bool service_specific;        /* for this site alone */
    uint32_t purposes;            /* consent; of Canada: express consent */
    uint32_t legitimate; /* legitimate interest established; of Canada: implied consent */
    uint32_t features;   /* special features opted in to */
    uint32_t vendors, vendors_legitimate; /* how many */
    uint32_t restrictions;                /* of the publisher */
    bool has_disclosed, has_allowed, has_publisher;
    uint32_t vendors_disclosed, vendors_allowed;
    uint32_t publisher_purposes, publisher_legitimate;
};

struct consent_section {
    unsigned id;
    const char *name; /* "usca"; NULL: a number that is not known */
    bool decoded;
};

struct consent_string {
    enum consent_string_kind kind;
    unsigned version;
    bool has_created, has_updated;
    int64_t created_ns, updated_ns; /* as the string says */
    bool has_tcf;
    struct consent_tcf tcf;
    struct consent_section sections[CONSENT_STRING_SECTIONS_MOST]; /* of GPP */
    size_t section_count;
    struct consent_choice choices[CONSENT_STRING_CHOICES_MOST];
    size_t choice_count;
    bool capped;       /* there were more sections or choices */
    struct bytes word; /* of a signal its value: "1", "active" */
};

/*
 * Reads a value by the name it stands under (of a cookie, parameter, field or header; case does
 * not matter), percent-encoded or not. *verdict: PARSE_DONE, PARSE_BAD, or PARSE_UNSUPPORTED: no
 * name or version that is known. `out` is untouched unless DONE; it borrows from `value` and the
 * arena. False: no memory.
 */
MUST_USE bool consent_string_read(struct arena *arena, struct bytes name, struct bytes value,
        enum parse *verdict, struct consent_string *out);

/* A name under which such values stand, whatever its value. */
MUST_USE bool consent_string_named(struct bytes name);

/* How many choices (of TCF: purposes) it says yes and no to, without the needed ones. */
void consent_string_count(const struct consent_string *s, size_t *yes, size_t *no);

/* One line of plain text for people, in the arena; NULL: no memory. */
const char *consent_string_say(
        struct arena *arena, const struct consent_string *s, bool chinese);

/* Adds a choice; one too many sets `capped`. */
void consent_string_add(struct consent_string *s, const struct consent_choice *choice);

#endif
