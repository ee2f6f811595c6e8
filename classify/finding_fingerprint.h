/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_FINGERPRINT_H
#define CLASSIFY_FINDING_FINGERPRINT_H

/* What one request told of the device, and the finding that says so. */

#include "classify/carried.h"
#include "classify/judgement.h"
#include "classify/signal.h"

enum { PRINT_NAME_MOST = 60 }; /* bytes of a field's name */

struct print_signal {
    size_t count; /* values of the request that said it; 0: none */
    enum signal_by by;
    struct bytes field;
    struct place place;
};

struct print {
    size_t exchange;
    const struct vendor *vendor; /* NULL: unknown */
    struct bytes site, page_site;
    size_t total; /* attributes, without user agent and language */
    struct print_signal signals[SIGNALS];
};

/* Appends the finding of `n` prints of one recipient and page, the richest first. STATUS_NOMEM. */
MUST_USE enum status finding_fingerprint(const struct evidence *e, struct judgement *j,
        const struct carried *carried, const struct print *prints, size_t n,
        struct findings *out);

#endif
