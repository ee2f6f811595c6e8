/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_ENDPOINT_LIST_H
#define CLASSIFY_ENDPOINT_LIST_H

/*
 * Which TCP and UDP endpoints were the browser's while packets were captured, and when: the
 * lines of sockets.jsonl (doc/RECORDING.md, capture/live/sockets.h) that speak of the browser.
 *
 * The kernel's tables were looked at some times a second. So an endpoint that is listed was the
 * browser's; one that is not may have been, for a moment between two looks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/line_reader.h"
#include "capture/packet/packet.h"

enum {
    ENDPOINT_LINE_MOST = 4096,     /* longer lines are passed over and counted */
    ENDPOINT_LINES_MOST = 1 << 18, /* of the browser's; further ones are left out: `capped` */
};

/* Between two looks a quarter of a second passes, more on a busy machine: that much later than
 * its first packet an endpoint may have been seen first. */
#define ENDPOINT_SLACK_NS INT64_C(1000000000)

struct endpoint_use {
    struct endpoint local, remote; /* remote of version 0: without a peer */
    int64_t first_ns, last_ns;     /* it was seen then */
    enum transport transport;
    bool last;      /* private, and */
    uint32_t order; /* this */
};

struct endpoint_list {
    struct endpoint_use *uses; /* owned; once sealed sorted, those of one endpoint apart */
    size_t use_count, use_capacity;
    uint64_t lines, unread; /* those that are no such line, or are too long */
    uint64_t endpoints;     /* of the browser, each once */
    bool browser;           /* a line speaks of the browser: else the list says nothing of it */
    bool capped;            /* by us, or by who wrote it ("full") */
    bool cut;               /* the last line has no end */
    struct line_reader reader; /* private */
};

/* NULL: no memory. */
struct endpoint_list *endpoint_list_new(void);
void endpoint_list_free(struct endpoint_list *l); /* NULL is fine */
/* Takes the next bytes of the file, in pieces of any size. STATUS_NOMEM. */
MUST_USE enum status endpoint_list_push(struct endpoint_list *l, struct bytes data);
/* No more will come. Then it does not change any more. STATUS_NOMEM. */
MUST_USE enum status endpoint_list_seal(struct endpoint_list *l);
/* A whole file. STATUS_MISSING, STATUS_IO with `fault`; a line that is none is no error. */
MUST_USE enum status endpoint_list_read(
        const char *path, struct endpoint_list **out, struct fault *fault);

/*
 * Whether the browser had a socket with these ends at some time from `first_ns` to `last_ns`, give
 * or take ENDPOINT_SLACK_NS; of UDP also one without a peer at this local address. (One without a
 * local address either tells a port that other programs may share, and counts for nothing.)
 */
MUST_USE bool endpoint_list_has(const struct endpoint_list *l, enum transport transport,
        const struct endpoint *local, const struct endpoint *remote, int64_t first_ns,
        int64_t last_ns);

#endif
