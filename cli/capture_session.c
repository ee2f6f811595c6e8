/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capture_session.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "classify/marks.h"
#include "cli/session.h"

static void write_count(struct json *j, const char *key, struct count c)
{
    if (c.known)
        json_unsigned(j, key, c.n);
    else
        json_null(j, key);
}

static void write_capture(struct json *j, const struct capture_session *s)
{
    const struct capture_wish *w = s->wish;

    json_object(j, "capture");
    json_string(j, "interface", s->device);
    json_unsigned(j, "link", s->link);
    json_unsigned(j, "snaplen", s->snaplen);
    json_unsigned(j, "ring_bytes", w->ring_bytes == 0 ? CAPTURER_RING : w->ring_bytes);
    json_string(j, "filter", s->filter[0] == '\0' ? NULL : s->filter);
    json_bool(j, "promiscuous", w->promiscuous);
    json_unsigned(j, "segment_bytes", w->segment_most == 0 ? SEGMENT_BYTES : w->segment_most);
    json_integer(
            j, "segment_age_ns", w->segment_age_ns == 0 ? SEGMENT_AGE_NS : w->segment_age_ns);
    json_unsigned(j, "free_least", w->free_least == 0 ? SEGMENT_FREE : w->free_least);
    if (w->total_most == 0)
        json_null(j, "total_most");
    else
        json_unsigned(j, "total_most", w->total_most);
    json_unsigned(j, "packets", s->report.written.packets);
    json_unsigned(j, "bytes", s->report.written.bytes);
    json_unsigned(j, "segments", s->report.written.finished);
    write_count(j, "dropped_kernel", s->report.dropped_kernel);
    write_count(j, "dropped_interface", s->report.dropped_device);
    json_end(j);
}

static void write_session(struct json *j, const struct capture_session *s)
{
    const struct session like = {
            .state = s->state,
            .end = s->end,
            .started_ns = s->started_ns,
            .ended_ns = s->ended_ns,
            .command_line = s->wish->command_line,
    };

    session_begin(j, &like);
    json_null(j, "isolation");
    json_null(j, "browser");
    json_string(j, "keys", s->keys);
    write_capture(j, s);
    json_array(j, "interruptions");
    for (size_t i = 0; i < s->interruption_count; i++)
        session_interruption(j, s->interruptions[i].time_ns, s->interruptions[i].what);
    json_end(j);
    json_end(j);
}

enum status capture_session_write(
        int directory, const struct capture_session *s, struct buf *text, struct fault *fault)
{
    enum status status;
    struct buf own;
    struct json j;

    buf_init(&own, CAPTURE_SESSION_MOST);
    json_init(&j, &own);
    j.pretty = true;
    write_session(&j, s);
    status = j.status == STATUS_OK ? buf_text(&own, "\n") : j.status;
    if (status == STATUS_OK && text != NULL)
        status = buf_append(text, buf_view(&own));
    status = status == STATUS_OK
                     ? file_replace(directory, "session.json", buf_view(&own), fault)
                     : fault_set(fault, status, "session.json: out of memory");
    buf_clear(&own);
    return status;
}

void capture_session_interrupted(struct capture_session *s, int64_t time_ns, const char *what)
{
    struct capture_interruption *last;

    /* The custody log has them all. */
    if (s->interruption_count == CAPTURE_INTERRUPTIONS) {
        memmove(s->interruptions, s->interruptions + 1,
                sizeof(s->interruptions) - sizeof(*s->interruptions));
        s->interruption_count--;
    }
    last = &s->interruptions[s->interruption_count++];
    last->time_ns = time_ns;
    (void)snprintf(last->what, sizeof(last->what), "%s", what);
}

static void copy(const struct json_value *v, char *out, size_t room)
{
    const char *text = json_string_of(v);

    (void)snprintf(out, room, "%s", text == NULL ? "" : text);
}

/* As json_time writes it; 0 for what is no time. */
static int64_t read_time(const struct json_value *v)
{
    const char *text = json_string_of(v);
    int64_t ns;

    return text != NULL && marks_time(bytes_text(text), &ns) ? ns : 0;
}

static void read_interruptions(const struct json_value *list, struct capture_session *s)
{
    char what[CAPTURE_TEXT];

    for (const struct json_value *at = json_first(list); at != NULL; at = json_next(at)) {
        copy(json_member(at, "what"), what, sizeof(what));
        capture_session_interrupted(s, read_time(json_member(at, "time")), what);
    }
}

enum status capture_session_read(
        const char *path, struct capture_session *s, struct fault *fault)
{
    const struct json_value *capture;
    struct json_value *v = NULL;
    const char *keys;
    enum status status;
    struct buf text;

    buf_init(&text, CAPTURE_SESSION_MOST);
    status = file_read(path, "session", &text, fault);
    if (status == STATUS_MISSING)
        status = STATUS_INPUT; /* the fault's text stands: which file is not there */
    if (status == STATUS_OK) {
        v = json_parse(buf_view(&text), fault);
        capture = json_member(v, "capture");
        if (!json_is_object(capture) || json_is_object(json_member(v, "browser")))
            status = fault_set(fault, STATUS_INPUT,
                    "%s: not the session of exhibit capture, so it cannot be gone on with",
                    path);
    }
    if (status == STATUS_OK) {
        copy(json_member(v, "state"), s->state, sizeof(s->state));
        copy(json_member(capture, "interface"), s->device, sizeof(s->device));
        copy(json_member(capture, "filter"), s->filter, sizeof(s->filter));
        keys = json_string_of(json_member(v, "keys"));
        s->keys = keys != NULL && strcmp(keys, "refused") == 0 ? "refused" : "not-checked";
        s->started_ns = read_time(json_member(v, "started"));
        read_interruptions(json_member(v, "interruptions"), s);
    }
    json_free(v);
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "%s", path);
}
