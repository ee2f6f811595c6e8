/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PARTY_H
#define CLASSIFY_PARTY_H

/*
 * Whose a host is. The table (classify/data/parties.csv, our own compilation of facts; see
 * classify/data/README.md for how it was made and what it is worth) maps a site or a host
 * suffix to the organisation that runs it. It is in the program; no file is opened.
 *
 * A row is a statement about who operates a name, not about who received data in law, and it
 * is no substitute for the registrar's or the ICP record. What the table does not know is
 * unknown; nothing is guessed from the spelling of a name.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fault.h"

enum {
    PARTIES_BYTES_MOST = 4 << 20, /* of the table's text */
    PARTIES_ROWS_MOST = 50000,
    PARTIES_FIELD_MOST = 512, /* bytes of one field */
};

enum party_confidence {
    PARTY_CONFIDENCE_UNKNOWN, /* who runs it could not be established: the owner is NULL */
    PARTY_CONFIDENCE_MEDIUM,
    PARTY_CONFIDENCE_HIGH, /* the organisation says so itself, or it is common knowledge */
};

/* One row. Texts end in NUL and are never empty: what is not known is NULL. */
struct party_owner {
    const char *domain;   /* lower case, without dots at its ends; holds for all below it */
    const char *owner_en; /* legal entity or, where several share it, the organisation */
    const char *owner_zh;
    const char *group;   /* of companies under one control; one spelling for each */
    const char *country; /* ISO 3166-1 alpha-2 of the owner's seat, not of the server */
    const char *purpose;
    const char *notes;
    enum party_confidence confidence;
};

struct parties; /* opaque; read-only once made, may be shared between threads */

/* The table in the program. NULL when out of memory. */
struct parties *parties_new(void);
/*
 * A table from CSV text (RFC 4180): lines that start with "#" stand before the header line
 * domain,owner_en,owner_zh,group,country,purpose,confidence,notes
 * and "# date: YYYY-MM-DD" among them dates it. NULL with `fault` set when it is not so, a
 * domain is malformed or named twice, or a cap is passed. Copies what it keeps.
 */
struct parties *parties_new_from(struct bytes csv, struct fault *fault);
void parties_free(struct parties *p); /* NULL is fine */

/*
 * The row of the longest suffix of `host` (at label boundaries, ASCII case ignored, a final
 * dot allowed) that the table has; NULL when there is none. Borrows from `p`.
 */
const struct party_owner *parties_find(const struct parties *p, struct bytes host);
/* Both are known to belong to one group. False when either is NULL or has no group. */
MUST_USE bool parties_same_group(const struct party_owner *a, const struct party_owner *b);

/* For basis.json. */
size_t parties_rows(const struct parties *p);
const char *parties_date(const struct parties *p);   /* "" when it has none */
const char *parties_sha256(const struct parties *p); /* of the whole text, hex */
/* The rows in ascending order of domain; NULL past the end. */
const struct party_owner *parties_row(const struct parties *p, size_t at);

#endif
