/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VALIDATOR_H
#define CLASSIFY_VALIDATOR_H

/*
 * Validators (ETag, RFC 9110 section 8.8.3) that say who asks and not what was answered: a
 * browser sends them back as a cookie that nobody sees (Ayenson et al. 2011). Most are made from
 * the content: its digest, its length and date; those are told apart by making them anew.
 */

#include "classify/evidence.h"
#include "classify/trace.h"

enum {
    VALIDATOR_SMALL = 1024,       /* bytes of a body that needs no validator of 64 bits */
    VALIDATOR_DIGESTED = 1 << 20, /* bytes of one body that digests are made of */
};

/* Bytes of bodies that digests are made of, in one capture. */
#define VALIDATOR_BYTES_MOST (UINT64_C(256) << 20)

/* What stands between the quotes of an entity tag, without "W/" and what servers append for a
 * coding ("-gzip", ";br"); the field itself when it is none. */
struct bytes validator_opaque(struct bytes field);

/*
 * Judges the traces of CARRIER_ETAG anew, once they are scored: class_, terms, score and grade,
 * and set_by, set_how ("response") where the response that issued it was seen.
 *   technical           it is a function of the content, or too short to single out anybody
 *   browser-identifier  the same content of the same URL had another validator in this capture
 *                       (observed); or a small body, none of whose digests it is, has a generated
 *                       one (inferred)
 * Others are of unknown kind, however often they came back: one capture does not tell. So are the
 * tickets of CARRIER_TLS, which tell visits together, but not for how long. STATUS_NOMEM.
 */
MUST_USE enum status validators_mark(
        const struct evidence *e, struct trace *const *traces, size_t n);

#endif
