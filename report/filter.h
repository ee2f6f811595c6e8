/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

/*
 * Wireshark display filters (4.0 syntax) that lead to what a report cites. Frames are counted
 * over all files of a capture; a filter counts those of one file, the one that is opened.
 */

#include "base/buf.h"
#include "classify/evidence.h"

enum {
    FILTER_FRAMES_MOST = 64
}; /* in one filter; the rest is left out and "…" is not syntax */

/*
 * "frame.number in {12, 13}" for the frames of `m` that lie in the file of its first frame,
 * which goes to `*file` (NULL when the message has no frame: nothing is written then).
 */
MUST_USE enum status filter_frames(const struct evidence *e, const struct message *m,
        const struct evidence_file **file, struct buf *out);
/* The whole connection, in any file: "ip.addr == 10.0.0.2 && tcp.port == 51234 && …". */
MUST_USE enum status filter_connection(const struct connection *c, struct buf *out);

#endif
