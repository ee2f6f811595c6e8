/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_REPLAY_H
#define CLASSIFY_REPLAY_H

/*
 * Session replay: uploads to third parties from which a visit can be played back. Told by the
 * events of rrweb, which many recorders use (rrweb.io, packages/types: a full snapshot of nodes,
 * or events with a source and a time), by a vendor's field for recordings, or, whatever the
 * format, by volume with coordinates or with text of the page in it.
 */

#include "classify/finding_typing.h"
#include "classify/page_text.h"
#include "classify/sent.h"

enum {
    REPLAY_UPLOADS_LEAST = 3, /* to one host and path */
    REPLAY_SECONDS = 60,
    REPLAY_BYTES_LEAST = 50000,
    REPLAY_POINTS_LEAST = 20,      /* coordinates */
    REPLAY_BLOCKS_LEAST = 5,       /* of page text */
    REPLAY_UPLOADS_MOST = 1 << 18, /* kept; what comes later is left out */
};

struct replay; /* what was seen of uploads so far */

/* NULL: no memory. `text` may be NULL: no page is known. Both are borrowed. */
struct replay *replay_new(
        const struct evidence *e, const struct judgement *j, struct page_text *text);
void replay_free(struct replay *r); /* NULL is fine */
/* An upload is a POST, PUT or sent message with a body. */
MUST_USE bool replay_is_upload(const struct exchange *x);
/* Exchange `index`, an upload to a third party, carried `sent`; in ascending order. False: no
 * memory. */
MUST_USE bool replay_push(struct replay *r, size_t index, const struct sent *sent);
/* Not all uploads were kept. */
MUST_USE bool replay_capped(const struct replay *r);
/* Adds the recordings of all that was pushed. STATUS_NOMEM. */
MUST_USE enum status replay_finish(struct replay *r, struct recordings *out);

#endif
