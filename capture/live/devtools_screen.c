/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/live/devtools_parts.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"

enum {
    SCREENS_LAST = 9999, /* the highest number of a file */
    PNG_LEAST = 24,      /* signature and the beginning of IHDR (PNG, section 5) */
    SCALE_MOST = 100000, /* thousandths */
    SIDE_MOST = 1 << 24,
};

/* Numbers go on behind those of an earlier run in the same directory. */
static unsigned last_number(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    unsigned last = 0;

    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return SCREENS_LAST;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct bytes name = bytes_text(entry->d_name), digits;
        uint64_t number;

        if (bytes_take_until(&name, '.', &digits) && bytes_decimal(digits, &number) &&
                number > last && number <= SCREENS_LAST)
            last = (unsigned)number;
    }
    (void)closedir(dir);
    return last;
}

static enum status open_directory(struct devtools *d)
{
    struct devtools_screens *s = &d->shots;

    if (s->directory >= 0)
        return STATUS_OK;
    if (mkdirat(d->directory, "screens", 0700) != 0 && errno != EEXIST)
        return fault_set(d->fault, STATUS_IO, "cannot make the directory for screenshots: %s",
                strerror(errno));
    s->directory =
            openat(d->directory, "screens", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (s->directory < 0)
        return fault_set(d->fault, STATUS_IO, "cannot open the directory for screenshots: %s",
                strerror(errno));
    s->number = last_number(s->directory);
    return STATUS_OK;
}

enum status devtools_screen_file(
        struct devtools *d, const char *ending, struct bytes data, char sha256[SHA256_TEXT])
{
    enum status status;
    char name[32];

    (void)snprintf(name, sizeof(name), "%04u.%s", d->shots.number, ending);
    if (!sha256_text(data, sha256))
        return devtools_nomem(d);
    status = file_create(d->shots.directory, name, data, d->fault);
    return status != STATUS_USAGE
                   ? status
                   : fault_set(d->fault, STATUS_IO, "screens/%s: is there already", name);
}

/* A screenshot that was not made is a fact of the record too. */
static enum status log_missed(
        struct devtools *d, const struct devtools_shot *shot, const char *reason)
{
    const struct devtools_session *tab = devtools_session_at(d, shot->session);
    struct devtools_note note;
    struct json *j = devtools_note_begin(&note);

    json_string(j, "why", shot->why);
    json_unsigned(j, "mark", shot->mark);
    json_string(j, "reason", reason);
    return devtools_note_end(
            d, &note, bytes_text(tab == NULL ? "" : tab->id), "exhibit.no_screenshot");
}

enum status devtools_shoot_tab(
        struct devtools *d, uint64_t tab, const char *why, unsigned mark, bool notice)
{
    struct devtools_shot shot = {.mark = mark, .notice = notice, .session = tab};
    struct devtools_screens *s = &d->shots;
    enum status status;

    (void)snprintf(shot.why, sizeof(shot.why), "%s", why);
    status = open_directory(d);
    if (status != STATUS_OK)
        return status;
    if (s->n == SHOTS_MOST || s->number >= SCREENS_LAST)
        return log_missed(d, &shot,
                s->n == SHOTS_MOST ? "too many are waiting" : "9999 were made already");
    s->queue[s->n++] = shot;
    return devtools_screen_tick(d);
}

enum status devtools_shoot(struct devtools *d, const char *why, unsigned mark, bool notice)
{
    const struct devtools_session *front = devtools_front_tab(d);

    if (d->pipe.lost || front == NULL)
        return fault_set(d->fault, STATUS_USAGE, "no tab is open to take a screenshot of");
    if (d->shots.n == SHOTS_MOST)
        return fault_set(d->fault, STATUS_USAGE, "too many screenshots wait to be taken");
    return devtools_shoot_tab(d, front->serial, why, mark, notice);
}

static enum status ask(
        struct devtools *d, const char *method, const char *params, enum call_kind kind)
{
    struct devtools_wait wait = {.kind = kind, .round = d->shots.round};
    const struct devtools_session *tab = devtools_session_at(d, d->shots.queue[0].session);

    return devtools_send(
            d, tab == NULL ? "" : tab->id, method, bytes_text(params), &wait, NULL);
}

/* The one under way is over, one way or the other. */
static enum status finish(struct devtools *d, const char *file, const char *missed)
{
    struct devtools_screens *s = &d->shots;
    const struct devtools_session *tab = devtools_session_at(d, s->queue[0].session);
    struct devtools_event event = {.kind = DEVTOOLS_SCREENSHOT, .ok = missed == NULL};
    enum status status = STATUS_OK;

    event.url = s->url;
    event.file = file;
    event.session = tab == NULL ? "" : tab->id;
    if (missed != NULL)
        status = log_missed(d, &s->queue[0], missed);
    if (status == STATUS_OK)
        status = devtools_tell(d, event);
    s->n--;
    memmove(&s->queue[0], &s->queue[1], s->n * sizeof(s->queue[0]));
    s->busy = false;
    free(s->url);
    s->url = NULL;
    buf_clear(&s->extra);
    return status;
}

static enum status start(struct devtools *d)
{
    struct devtools_screens *s = &d->shots;
    const struct devtools_session *tab = devtools_session_at(d, s->queue[0].session);

    s->busy = true;
    s->round++;
    s->deadline = clock_steady_ns() + DEVTOOLS_WAIT_NS;
    s->metrics = (struct devtools_metrics){0};
    buf_init(&s->extra, TEXT_MOST);
    if (tab == NULL)
        return finish(d, NULL, "its tab was closed");
    s->url = strdup(tab->url == NULL ? "" : tab->url);
    if (s->url == NULL)
        return devtools_nomem(d);
    return ask(d, "Page.getLayoutMetrics", "{}", CALL_METRICS);
}

enum status devtools_screen_tick(struct devtools *d)
{
    struct devtools_screens *s = &d->shots;
    enum status status = STATUS_OK;

    if (s->busy && (clock_steady_ns() >= s->deadline || d->pipe.lost))
        status = finish(d, NULL,
                d->pipe.lost ? "the browser does not answer any more"
                             : "the browser made none within 10 s");
    /* At most as many as wait: each start makes the queue shorter or is under way. */
    while (status == STATUS_OK && !s->busy && s->n != 0)
        status = d->pipe.lost ? finish(d, NULL, "the browser does not answer any more")
                              : start(d);
    return status;
}

static int64_t whole(struct bytes object, const char *path)
{
    double value;

    if (!scan_number(object, path, &value) || !(value > -SIDE_MOST && value < SIDE_MOST))
        return 0;
    return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

static enum status on_metrics(struct devtools *d, const struct devtools_said *said)
{
    struct devtools_metrics *m = &d->shots.metrics;
    struct bytes view;
    int64_t device;

    if (said->error.n != 0)
        return finish(d, NULL, "the browser refused it");
    if (scan_member(said->result, "cssVisualViewport", &view)) {
        m->width = whole(view, "clientWidth");
        m->height = whole(view, "clientHeight");
        m->scroll_x = whole(view, "pageX");
        m->scroll_y = whole(view, "pageY");
    }
    /* The one is given in device pixels, the other in CSS pixels. */
    device = whole(said->result, "visualViewport.clientWidth");
    if (m->width > 0)
        m->scale = (device * 1000 + m->width / 2) / m->width;
    if (d->shots.queue[0].notice)
        return ask(d, "DOMSnapshot.captureSnapshot", DEVTOOLS_SNAPSHOT, CALL_SNAPSHOT);
    return ask(d, "Page.captureScreenshot", "{\"format\":\"png\"}", CALL_SHOT);
}

static bool is_png(struct bytes data)
{
    return data.n > PNG_LEAST &&
           bytes_starts(data, bytes_of("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", 16));
}

/* "1", "1.25". */
static void scale_text(int64_t scale, char out[16])
{
    size_t n;

    (void)snprintf(out, 16, "unknown");
    if (scale <= 0 || scale > SCALE_MOST)
        return;
    (void)snprintf(out, 16, "%d.%03d", (int)(scale / 1000), (int)(scale % 1000));
    for (n = strlen(out); out[n - 1] == '0'; n--)
        out[n - 1] = '\0';
    if (out[n - 1] == '.')
        out[n - 1] = '\0';
}

static enum status write_line(struct devtools *d, const char *file, const char *sha256)
{
    const struct devtools_screens *s = &d->shots;
    struct devtools_log log;
    enum status status;
    char scale[16];
    struct buf text;
    struct json j;

    scale_text(s->metrics.scale, scale);
    buf_init(&text, TEXT_MOST);
    json_init(&j, &text);
    json_object(&j, NULL);
    json_time(&j, "time", clock_utc_ns());
    json_string(&j, "file", file);
    json_string(&j, "sha256", sha256);
    json_string(&j, "why", s->queue[0].why);
    json_unsigned(&j, "mark", s->queue[0].mark);
    json_string(&j, "url", s->url);
    json_integer(&j, "width", s->metrics.width);
    json_integer(&j, "height", s->metrics.height);
    json_string(&j, "device_scale", scale);
    json_integer(&j, "scroll_x", s->metrics.scroll_x);
    json_integer(&j, "scroll_y", s->metrics.scroll_y);
    if (j.status == STATUS_OK)
        j.status = buf_append(&text, buf_view(&s->extra));
    json_end(&j);
    status = j.status == STATUS_OK ? STATUS_OK : devtools_nomem(d);
    if (status == STATUS_OK)
        status = devtools_log_open(&log, d->directory, "screens.jsonl", d->fault);
    if (status == STATUS_OK) {
        status = devtools_log_line(&log, buf_view(&text), d->fault);
        /* The custody log tells of the screenshot next: what it tells of must be there. */
        if (status == STATUS_OK)
            status = devtools_log_sync(&log, true, d->fault);
        devtools_log_close(&log);
    }
    buf_clear(&text);
    return status;
}

static enum status keep(struct devtools *d, struct bytes png)
{
    char file[32], sha256[SHA256_TEXT];
    enum status status = devtools_screen_file(d, "png", png, sha256);

    (void)snprintf(file, sizeof(file), "screens/%04u.png", d->shots.number);
    if (status == STATUS_OK)
        status = write_line(d, file, sha256);
    return status == STATUS_OK ? finish(d, file, NULL) : status;
}

static enum status on_shot(struct devtools *d, const struct devtools_said *said)
{
    struct bytes text = {0};
    enum status status;
    uint8_t *png;
    size_t n = 0;

    if (!scan_member(said->result, "data", &text) || text.n < 2 || *text.p != '"')
        return finish(d, NULL, "the browser refused it, or it has more than 48 MiB");
    png = malloc(text.n);
    if (png == NULL)
        return devtools_nomem(d);
    if (!base64_decode(bytes_slice(text, 1, text.n - 1), png, text.n, &n) ||
            !is_png(bytes_of(png, n))) {
        status = finish(d, NULL, "what the browser gave is no PNG");
    } else {
        /* A notice's page has taken its number already. */
        if (!d->shots.queue[0].notice)
            d->shots.number++;
        status = keep(d, bytes_of(png, n));
    }
    free(png);
    return status;
}

enum status devtools_screen_answer(
        struct devtools *d, const struct devtools_wait *wait, const struct devtools_said *said)
{
    enum status status;

    if (!d->shots.busy || wait->round != d->shots.round)
        return STATUS_OK; /* late */
    if (devtools_session_at(d, d->shots.queue[0].session) == NULL)
        return finish(d, NULL, "its tab was closed");
    if (wait->kind == CALL_METRICS)
        return on_metrics(d, said);
    if (wait->kind == CALL_SHOT)
        return on_shot(d, said);
    d->shots.number++;
    status = devtools_notice_answer(d, said);
    if (status != STATUS_OK)
        return status;
    return ask(d, "Page.captureScreenshot", "{\"format\":\"png\"}", CALL_SHOT);
}

void devtools_screens_clear(struct devtools *d)
{
    struct devtools_screens *s = &d->shots;

    if (s->directory >= 0)
        (void)close(s->directory);
    s->directory = -1;
    free(s->url);
    s->url = NULL;
    buf_clear(&s->extra);
}
