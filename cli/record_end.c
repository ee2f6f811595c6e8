/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/record_parts.h"
#include "cli/recording.h"
#include "report/bag_parts.h"
#include "report/words.h"

enum {
    STORE_MS = 5000,    /* for the cookie jar and storage */
    CAPTURE_MS = 10000, /* for the capture to end its last segment */
    LINGER_MS = 300,    /* what the browser sent last is still on its way */
    STEP_MS = 50,
};

static const char *end_name(enum record_end end)
{
    static const char *const names[] = {
            [RECORD_GOES_ON] = "running",
            [RECORD_ASKED] = "asked",
            [RECORD_BROWSER_CLOSED] = "browser-closed",
            [RECORD_BROWSER_DIED] = "browser-died",
            [RECORD_SCRIPT] = "script",
            [RECORD_SCRIPT_FAILED] = "script-failed",
            [RECORD_TIME] = "time",
            [RECORD_CAPTURE_ENDED] = "capture-ended",
            [RECORD_NETWORK_LOST] = "network-lost",
            [RECORD_FAULT] = "fault",
    };

    return names[end];
}

static bool in_good_order(enum record_end end)
{
    return end != RECORD_BROWSER_DIED && end != RECORD_CAPTURE_ENDED &&
           end != RECORD_NETWORK_LOST && end != RECORD_FAULT;
}

/* Cookie jar and storage, as corroboration; a browser that does not answer is not waited for. */
static void store(struct record *r)
{
    if (r->devtools == NULL || devtools_storage(r->devtools, &r->fault) != STATUS_OK)
        return;
    for (int waited = 0; waited < STORE_MS && !r->stored; waited += STEP_MS) {
        struct pollfd at = {.fd = browser_devtools_in(r->browser), .events = POLLIN};

        (void)poll(&at, 1, STEP_MS);
        record_browser_said(r);
        record_draw(r);
    }
    if (!r->stored)
        record_say(r, WORDS("the browser did not tell its cookies and storage"));
}

/* Network away, capture ended, all of it read. */
static enum status stop_capture(struct record *r)
{
    struct json *detail;

    if (r->capturer == NULL)
        return STATUS_OK;
    if (r->end != RECORD_CAPTURE_ENDED) {
        (void)poll(NULL, 0, LINGER_MS);
        capturer_stop(r->capturer);
        r->captured = capturer_wait(r->capturer, CAPTURE_MS);
        /* What it had not yet finished is missing, however well all else ended. */
        if (r->captured.status != STATUS_OK && in_good_order(r->end))
            r->end = RECORD_CAPTURE_ENDED;
    }
    if (sockets_end(r->sockets, &r->fault) != STATUS_OK)
        return r->fault.status;
    isolation_stop(r->isolation);
    detail = custody_begin(r->custody, "capture-ended");
    json_unsigned(detail, "packets", r->captured.written.packets);
    json_unsigned(detail, "bytes", r->captured.written.bytes);
    json_unsigned(detail, "segments", r->captured.written.finished);
    if (r->captured.dropped_kernel.known)
        json_unsigned(detail, "dropped_kernel", r->captured.dropped_kernel.n);
    json_string(detail, "end", segment_end_name(r->captured.why));
    if (r->captured.text[0] != '\0')
        json_string(detail, "why", r->captured.text);
    return custody_end(r->custody, &r->fault);
}

static enum status end_session(struct record *r)
{
    enum status status;

    r->session.ended_ns = clock_utc_ns();
    r->session.end = end_name(r->end);
    r->session.state = in_good_order(r->end) ? "ended" : "interrupted";
    if (!in_good_order(r->end)) {
        r->session.interruptions[0].time_ns = r->session.ended_ns;
        r->session.interruptions[0].what =
                r->end == RECORD_CAPTURE_ENDED && r->captured.text[0] != '\0'
                        ? r->captured.text
                        : end_name(r->end);
        r->session.interruption_count = 1;
        status = custody_add(
                r->custody, "interrupted", "what", r->session.interruptions[0].what, &r->fault);
        if (status != STATUS_OK)
            return status;
    }
    status = session_write(r->directory_fd, &r->session, &r->fault);
    return status == STATUS_OK ? custody_add(r->custody, "recording-ended", "end",
                                         r->session.end, &r->fault)
                               : status;
}

/* The same as an import of the recording would make, but that the packets were examined already. */
static enum status make_case(struct record *r)
{
    struct recording recording;
    enum status status = custody_add(r->custody, "imported", NULL, NULL, &r->fault);

    if (status == STATUS_OK)
        status = recording_read(r->arena, r->directory, &recording, &r->fault);
    if (status != STATUS_OK)
        return status;
    recording_give(&recording, &r->maker);
    /* What a capture that was killed had counted does not stand in its segment. */
    r->broken = recording.broken_count != 0 || recording.chained < recording.segment_count;
    status = case_maker_copy(&r->maker);
    if (status != STATUS_OK)
        return fault_set(&r->fault, status, "%s", r->maker.fault.text);
    status = record_live_end(r);
    if (status != STATUS_OK)
        return status;
    status = case_maker_write(&r->maker);
    return status == STATUS_OK ? STATUS_OK
                               : fault_set(&r->fault, status, "%s", r->maker.fault.text);
}

enum status record_finish(struct record *r)
{
    enum status status, looked;

    record_doing(
            r, WORDS("ending: cookies and storage, the last packets, the machine once more"));
    store(r);
    record_stop_browser(r);
    status = stop_capture(r);
    looked = record_look(r, "after.json");
    if (status == STATUS_OK)
        status = looked;
    if (status == STATUS_OK)
        status = record_mark(r, MARK_END, NULL, 0);
    if (status == STATUS_OK)
        status = end_session(r);
    live_view_free(r->view); /* the terminal is the person's again */
    r->view = NULL;
    if (status == STATUS_OK && !r->options->settings.quiet)
        (void)fprintf(stderr, "%s\n",
                words_get(r->options->language,
                        WORDS("the recording has ended; the case is made")));
    if (status == STATUS_OK)
        status = make_case(r);
    if (status == STATUS_OK && !r->options->keep)
        bag_remove_tree(r->directory);
    return status;
}

void record_clear(struct record *r)
{
    live_view_free(r->view);
    record_live_clear(r);
    devtools_free(r->devtools);
    browser_free(r->browser);
    capturer_free(r->capturer);
    isolation_free(r->isolation);
    sockets_free(r->sockets);
    custody_close(r->custody);
    guide_drive_free(r->drive);
    case_maker_clear(&r->maker);
    if (r->marks_fd >= 0)
        (void)close(r->marks_fd);
    if (r->raw_fd >= 0)
        (void)close(r->raw_fd);
    if (r->directory_fd >= 0)
        (void)close(r->directory_fd);
    if (r->signal_fd >= 0)
        (void)close(r->signal_fd);
    arena_free(r->arena);
}
