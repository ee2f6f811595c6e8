/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/live_menu.h"
#include "cli/record_parts.h"
#include "report/words.h"

/* Chromium's own page in place of one that it could not load. */
#define ERROR_PAGE "chrome-error:"

enum {
    MARK_MOST = 64 << 10,
    SAY_MOST = 1024,
};

void record_say(struct record *r, const char *format, ...)
{
    char text[SAY_MOST];
    va_list args;

    if (r->view == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), words_get(r->options->language, format), args);
    va_end(args);
    live_view_event(r->view, clock_utc_ns(), text);
}

void record_doing(struct record *r, const char *english)
{
    if (r->view == NULL)
        return;
    live_view_event(r->view, clock_utc_ns(), words_get(r->options->language, english));
    live_view_hurry(r->view);
    record_draw(r);
}

/* "https://news.example/a" → "news.example": what a mark of consent is about. */
static struct bytes host_of(const char *url)
{
    struct bytes rest = bytes_text(url == NULL ? "" : url), scheme, host;

    if (!bytes_take_until(&rest, ':', &scheme) || rest.n < 2 || rest.p[0] != '/' ||
            rest.p[1] != '/')
        return bytes_of(NULL, 0);
    rest = bytes_slice(rest, 2, rest.n);
    if (!bytes_take_until(&rest, '/', &host))
        host = rest;
    return host;
}

static enum status write_mark(struct record *r, struct buf *line)
{
    struct bytes text = buf_view(line);

    if (write(r->marks_fd, text.p, text.n) == (ssize_t)text.n && fsync(r->marks_fd) == 0)
        return STATUS_OK;
    return fault_set(&r->fault, errno == ENOSPC ? STATUS_FULL : STATUS_IO,
            "marks.jsonl: cannot be written: %s", strerror(errno));
}

/* The notice that the person points at, with the place of its links. */
static void show_notice(struct record *r)
{
    struct fault fault = {0};

    if (r->devtools != NULL && !r->options->no_screens &&
            devtools_notice(r->devtools, r->marks, &fault) != STATUS_OK)
        record_say(r, WORDS("the notice could not be kept: %s"), fault.text);
}

static void say_mark(struct record *r, enum mark_kind kind, const char *text)
{
    const char *words = live_menu_words(r->options->language, kind);

    if (kind == MARK_START || kind == MARK_END)
        return; /* of ours, not of the person */
    if (kind == MARK_NOTE)
        record_say(r, WORDS("note: %s"), text);
    else if (*text == '\0')
        record_say(r, WORDS("mark: %s"), words);
    else
        record_say(r, WORDS("mark: %s: %s"), words, text);
}

enum status record_mark(
        struct record *r, enum mark_kind kind, const char *text, int64_t time_ns)
{
    const char *front = r->devtools == NULL ? NULL : devtools_front(r->devtools);
    struct bytes host = host_of(front == NULL ? NULL : devtools_url(r->devtools, front));
    enum status status;
    struct json *detail;
    struct buf line;
    struct json j;

    buf_init(&line, MARK_MOST);
    json_init(&j, &line);
    json_object(&j, NULL);
    json_time(&j, "time", time_ns == 0 ? clock_utc_ns() : time_ns);
    json_string(&j, "kind", mark_kind_name(kind));
    json_string(&j, "text", text == NULL ? "" : text);
    if (host.n != 0)
        json_text(&j, "site", host);
    json_end(&j);
    status = j.status == STATUS_OK ? buf_text(&line, "\n") : j.status;
    status = status == STATUS_OK ? write_mark(r, &line)
                                 : fault_set(&r->fault, STATUS_USAGE, "a mark is too long");
    buf_clear(&line);
    if (status != STATUS_OK)
        return status;
    r->marks++;
    say_mark(r, kind, text == NULL ? "" : text);
    detail = custody_begin(r->custody, "mark");
    json_string(detail, "kind", mark_kind_name(kind));
    json_unsigned(detail, "number", r->marks);
    status = custody_end(r->custody, &r->fault);
    if (status == STATUS_OK && kind == MARK_CONSENT_SHOWN)
        show_notice(r);
    else if (status == STATUS_OK && kind != MARK_START && kind != MARK_END)
        record_screenshot(r, "mark");
    return status;
}

/* One that cannot be taken is no reason to end a recording: it is said. */
void record_screenshot(struct record *r, const char *why)
{
    struct fault fault = {0};

    if (r->devtools == NULL || r->options->no_screens)
        return;
    if (devtools_screenshot(
                r->devtools, why, strcmp(why, "mark") == 0 ? r->marks : 0, &fault) != STATUS_OK)
        record_say(r, WORDS("no screenshot: %s"), fault.text);
}

static enum status note_page(struct record *r, const char *url)
{
    const char **grown;

    if (strncmp(url, ERROR_PAGE, sizeof(ERROR_PAGE) - 1) == 0) { /* nobody would visit it again */
        record_say(r, WORDS("the browser shows an error page: the site was not reached"));
        return STATUS_OK;
    }
    grown = arena_grow(
            r->arena, r->visited, r->visited_count, &r->visited_capacity, sizeof(*grown));
    if (grown == NULL)
        return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    r->visited = grown;
    grown[r->visited_count] = arena_string(r->arena, bytes_text(url));
    if (grown[r->visited_count] == NULL)
        return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    r->visited_count++;
    record_say(r, WORDS("page: %s"), url);
    return STATUS_OK;
}

static enum status note_screen(struct record *r, const struct devtools_event *event)
{
    struct json *detail;

    if (!event->ok) {
        record_say(r, WORDS("the browser gave no screenshot"));
        return STATUS_OK;
    }
    detail = custody_begin(r->custody, "screenshot");
    json_string(detail, "file", event->file);
    r->screens++;
    record_say(r, WORDS("screenshot: %s"), event->file);
    return custody_end(r->custody, &r->fault);
}

void record_browser_said(struct record *r)
{
    enum status status = devtools_step(r->devtools, &r->fault);
    struct devtools_event event;

    while (status == STATUS_OK && devtools_next(r->devtools, &event)) {
        if (r->drive != NULL)
            guide_drive_event(r->drive, &event);
        switch (event.kind) {
        case DEVTOOLS_PAGE:
            status = note_page(r, event.url);
            break;
        case DEVTOOLS_SCREENSHOT:
            status = note_screen(r, &event);
            break;
        case DEVTOOLS_ANSWER:
            r->stored = r->stored || event.number == 0;
            break;
        case DEVTOOLS_LOADED:
        case DEVTOOLS_REQUEST:
        case DEVTOOLS_RESPONSE:
        case DEVTOOLS_TAB_CLOSED:
        case DEVTOOLS_LOST:
            break;
        }
    }
    if (status != STATUS_OK && r->end == RECORD_GOES_ON)
        r->end = RECORD_FAULT;
}
