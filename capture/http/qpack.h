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
 * come out as FIELD_UNKNOWN, the others as they are.
 *
 * nghttp3's own decoder wants the table's limit before the first byte, every byte of the encoder
 * stream, and each section in its time; a capture gives none of these for certain. So the table
 * and its counting are ours (qpack_table.h, qpack_count.h), and nghttp3 decodes what a line says
 * by itself: static entries and Huffman codes.
 *
 * `packet` is everywhere the number of the packet that carried the last of the bytes, 0 when it
 * is not known: it tells what the encoder had inserted by then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/http/field.h"

enum {
    QPACK_TABLE_MOST = 1 << 20, /* bytes of entries kept: what a larger table still had comes
                                 * out UNKNOWN */
    QPACK_TEXT_MOST = 65535,    /* bytes of one name or value; a field with more is UNKNOWN */
    QPACK_SENT_MOST = 256,      /* sections remembered until they are acknowledged */
};

struct qpack;

struct qpack *qpack_new(void); /* NULL: no memory */
void qpack_free(struct qpack *q);

/* SETTINGS_QPACK_MAX_TABLE_CAPACITY of the side that decodes. Until it is known, sections that
 * cannot be read without it wait. */
void qpack_limit(struct qpack *q, uint64_t size);
/* It will not be known: nothing waits for it any more. */
void qpack_limit_lost(struct qpack *q);

/* The next bytes of the encoder stream, in order. PARSE_DONE; PARSE_BAD: not as RFC 9204 allows,
 * nothing more is taken: sections that have what they need should be read before qpack_lose is
 * called; PARSE_UNSUPPORTED: out of memory. */
MUST_USE enum parse qpack_insert(struct qpack *q, struct bytes data, uint64_t packet);
/* Bytes of the encoder stream are missing, or it ended: nothing more is inserted. `most` is how many
 * bytes are missing, which bounds the insertions; UINT64_MAX when not known. Bytes that are
 * still given to qpack_insert afterwards raise that bound. */
void qpack_lose(struct qpack *q, uint64_t most);
bool qpack_is_lost(const struct qpack *q);
uint64_t qpack_inserted(const struct qpack *q); /* how many insertions were read */

/* The next bytes of the other side's decoder stream, which answers. They tell how far the
 * encoder is when its own stream comes late. PARSE_BAD: nothing more is taken from it. */
MUST_USE enum parse qpack_answered(struct qpack *q, struct bytes data, uint64_t packet);

/* Must this field section wait for the encoder stream? 0: no; UINT64_MAX: for the limit; else it
 * must until so many insertions were read. Always 0 once qpack_lose was called. */
MUST_USE uint64_t qpack_waits(struct qpack *q, struct bytes section, uint64_t packet);

/* Begins a field section of stream `stream`; `torn` says that its end is missing. Borrowed until
 * qpack_next says END, BAD or FAILED. A section that should wait need not: fields that it waits
 * for are UNKNOWN then. */
void qpack_begin(
        struct qpack *q, uint64_t stream, struct bytes section, uint64_t packet, bool torn);
/* Views of a field are good until the next call of any function but qpack_is_lost. */
MUST_USE enum field_step qpack_next(struct qpack *q, struct field *out);

#endif
