/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_EVENT_STREAM_H
#define CLASSIFY_EVENT_STREAM_H

/* The lines of server-sent events: text/event-stream, WHATWG HTML section 9.2. */

#include "base/bytes.h"

enum event_stream_kind {
    EVENT_STREAM_DATA,
    EVENT_STREAM_EVENT, /* the event's type */
    EVENT_STREAM_ID,    /* what the browser sends back as Last-Event-ID */
    EVENT_STREAM_RETRY,
    EVENT_STREAM_OTHER, /* a comment, or a field that browsers ignore */
    EVENT_STREAM_END,   /* an empty line: the event is whole */
};

struct event_stream {
    struct bytes text; /* the whole, borrowed */
    size_t at;
};

struct event_stream_line {
    enum event_stream_kind kind;
    struct bytes value; /* without the one blank behind the colon; as it stands in the text */
    size_t off;         /* of value in the text */
};

void event_stream_init(struct event_stream *s, struct bytes text);
/* The last line comes even where no line break ends it: it may have been cut. */
MUST_USE bool event_stream_next(struct event_stream *s, struct event_stream_line *out);

#endif
