/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SUBJECT_H
#define CLASSIFY_SUBJECT_H

/*
 * subject.json: what the person who captured declares about themselves. Every value is searched
 * for in all that was sent. The file is the person's own: it stays in their case, and nothing of
 * it is looked up anywhere else.
 */

#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fault.h"

enum subject_kind {
    SUBJECT_NAME,
    SUBJECT_EMAIL,
    SUBJECT_PHONE,
    SUBJECT_ID_NUMBER,
    SUBJECT_ADDRESS,
    SUBJECT_ACCOUNT,
    SUBJECT_SEARCH,
    SUBJECT_DEVICE,
    SUBJECT_LOCATION,
    SUBJECT_OTHER,
    SUBJECT_KINDS,
};

const char *subject_kind_name(enum subject_kind kind); /* the key in the file: "id_number" */

struct subject_value {
    enum subject_kind kind;
    size_t number;      /* within its kind, from 1, in the order of the file */
    struct bytes text;  /* UTF-8 as declared, NFC, trimmed; of a location "31.2304,121.4737" */
    struct bytes label; /* what the file calls it: the kind's name, or the label of "other" */
    double latitude, longitude; /* LOCATION: WGS-84 degrees */
};

struct subject {
    struct subject_value *at; /* in the arena, in the order of enum subject_kind, then file */
    size_t n;
};

enum {
    SUBJECT_BYTES_MOST = 1 << 20, /* of the file */
    SUBJECT_VALUES_MOST = 4096,
    SUBJECT_TEXT_MOST = 1024, /* bytes of one value */
};

/*
 * Reads the text of a subject file; `path` is for messages only. STATUS_INPUT with a fault that
 * says which key is wrong and what is expected: no JSON, a key or type that is not of the
 * contract, an empty value, a location that is none, too many values. STATUS_NOMEM. The result
 * is in the arena and borrows nothing else; untouched on failure.
 */
MUST_USE enum status subject_read(struct arena *arena, struct bytes text, const char *path,
        struct subject *out, struct fault *fault);

#endif
