/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_QPACK_H
#define CAPTURE_HTTP_QPACK_H

/*
 * Header compression of HTTP/3 (RFC 9204), one direction; the one door to nghttp3.
 *
 * The table is built by the encoder stream, which may arrive after the field sections that need
 * it. When bytes of the encoder stream are missing for good, what was inserted before stays
 * good, because QPACK counts entries from the connection's start; what came behind the hole is not
 * known. So each section is looked at here first: fields that refer to entries which are not known
 * come out as QPACK_UNKNOWN, the others as they are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
    QPACK_TABLE_MOST = 1 << 20, /* a larger capacity is not followed: fields come out UNKNOWN */
    QPACK_TEXT_MOST = 65535,    /* bytes of one name or value */
};

enum qpack_step {
    QPACK_FIELD,
    QPACK_UNKNOWN, /* a field is here that cannot be known */
    QPACK_END,
    QPACK_BAD,    /* RFC 9204 forbids what comes now; nothing follows */
    QPACK_FAILED, /* out of memory; nothing follows */
};

struct qpack_field {
    struct bytes name;
    struct bytes value;
    bool sensitive; /* never to be indexed */
};

struct qpack;

struct qpack *qpack_new(void); /* NULL: no memory */
void qpack_free(struct qpack *q);

/* SETTINGS_QPACK_MAX_TABLE_CAPACITY of the side that decodes; 0 until it is known. */
void qpack_limit(struct qpack *q, uint64_t size);

/* The next bytes of the encoder stream, in order. PARSE_DONE; PARSE_BAD: what follows is lost as
 * after qpack_lose; PARSE_UNSUPPORTED: out of memory. */
MUST_USE enum parse qpack_insert(struct qpack *q, struct bytes data);
/* Bytes of the encoder stream are missing, or it ended: nothing more is inserted. `most` is how many
 * bytes are missing, which bounds the insertions; UINT64_MAX when not known. */
void qpack_lose(struct qpack *q, uint64_t most);
bool qpack_is_lost(const struct qpack *q);

/* Must this field section wait for the encoder stream? False once qpack_lose was called. */
MUST_USE bool qpack_is_blocked(const struct qpack *q, struct bytes section);

/* Begins a field section of request stream `stream`; `torn` says that its end is missing. Borrowed
 * until qpack_next says END, BAD or FAILED. */
void qpack_begin(struct qpack *q, uint64_t stream, struct bytes section, bool torn);
/* Views of a FIELD are good until the next call. */
MUST_USE enum qpack_step qpack_next(struct qpack *q, struct qpack_field *out);

#endif
