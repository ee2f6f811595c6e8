/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/event_stream.h"

void event_stream_init(struct event_stream *s, struct bytes text)
{
    s->text = text;
    s->at = bytes_starts(text, BYTES_LITERAL("\xef\xbb\xbf")) ? 3 : 0;
}

/* Lines end in CR LF, LF or CR. */
static struct bytes take_line(struct event_stream *s)
{
    size_t begin = s->at, end = begin;

    while (end < s->text.n && s->text.p[end] != '\n' && s->text.p[end] != '\r')
        end++;
    s->at = end;
    if (s->at < s->text.n)
        s->at += s->text.p[end] == '\r' && end + 1 < s->text.n && s->text.p[end + 1] == '\n'
                         ? 2
                         : 1;
    return bytes_slice(s->text, begin, end);
}

static enum event_stream_kind kind_of(struct bytes name)
{
    if (bytes_is(name, "data"))
        return EVENT_STREAM_DATA;
    if (bytes_is(name, "event"))
        return EVENT_STREAM_EVENT;
    if (bytes_is(name, "id"))
        return EVENT_STREAM_ID;
    if (bytes_is(name, "retry"))
        return EVENT_STREAM_RETRY;
    return EVENT_STREAM_OTHER;
}

bool event_stream_next(struct event_stream *s, struct event_stream_line *out)
{
    struct bytes line, name;

    if (s->at >= s->text.n)
        return false;
    line = take_line(s);
    if (line.n == 0) {
        *out = (struct event_stream_line){EVENT_STREAM_END, line, (size_t)(line.p - s->text.p)};
        return true;
    }
    /* A line without a colon is a field without a value. */
    if (!bytes_take_until(&line, ':', &name)) {
        name = line;
        line = bytes_slice(line, line.n, line.n);
    }
    if (line.n != 0 && line.p[0] == ' ')
        line = bytes_slice(line, 1, line.n);
    *out = (struct event_stream_line){kind_of(name), line, (size_t)(line.p - s->text.p)};
    return true;
}
