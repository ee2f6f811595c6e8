/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_WS_INFLATE_H
#define CAPTURE_HTTP_WS_INFLATE_H

/*
 * permessage-deflate (RFC 7692 section 7.2.2) of one direction of a WebSocket, undone.
 *
 * With context takeover a message may refer to the last 32 KiB of those before it. When part of
 * them is missing, what comes behind is read with what is known since: a reference that goes back
 * further is an error of zlib's, never wrong data. A message that has one is not decoded to its
 * end, and what is known begins behind it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/gap.h"
#include "base/unpack.h"
#include "capture/http/body.h"

struct ws_inflate {
    struct unpack *unpack; /* owned; made when the first compressed message comes */
    uint8_t *out;          /* owned, likewise */
    bool fresh_each;       /* no context takeover; may be set at any time */
    bool lost;             /* part of the last 32 KiB may be missing */
    enum gap_cause why;    /* then: of what missed, or of what was wrong */
    uint64_t known;        /* then: bytes that came out since */
    const char *trouble;   /* why this message cannot be read on; static; NULL */
    enum gap_cause trouble_why;
};

/* Zeroed memory is ready. */
void ws_inflate_clear(struct ws_inflate *z);

/* STATUS_NOMEM. */
MUST_USE enum status ws_inflate_begin(struct ws_inflate *z);
/* STATUS_NOMEM, STATUS_IO as body_push. Bad data is no failure: see `trouble`. */
MUST_USE enum status ws_inflate_push(
        struct ws_inflate *z, struct bytes in, struct body_reader *to);
/* Bytes of the message are missing here: the rest of it is not read. */
void ws_inflate_hole(struct ws_inflate *z, enum gap_cause why);
/* The message is over. It was decoded to its end when `trouble` is NULL then, else until where
 * the trouble was. STATUS_NOMEM. */
MUST_USE enum status ws_inflate_end(struct ws_inflate *z);

#endif
