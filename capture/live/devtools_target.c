/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture/live/devtools_parts.h"

enum { ABOVE_MOST = 64 }; /* frames within frames, up to their tab */

struct devtools_session *devtools_session_of(const struct devtools *d, struct bytes id)
{
    for (size_t i = 0; i < d->session_count; i++)
        if (bytes_is(id, d->sessions[i]->id))
            return d->sessions[i];
    return NULL;
}

struct devtools_session *devtools_session_at(const struct devtools *d, uint64_t serial)
{
    for (size_t i = 0; i < d->session_count; i++)
        if (d->sessions[i]->serial == serial)
            return d->sessions[i];
    return NULL;
}

struct devtools_session *devtools_tab_of(const struct devtools *d, struct devtools_session *s)
{
    for (size_t i = 0; s != NULL && i < ABOVE_MOST; i++) {
        if (s->tab || s->parent == 0)
            return s->tab ? s : NULL;
        s = devtools_session_at(d, s->parent);
    }
    return NULL;
}

struct devtools_session *devtools_front_tab(const struct devtools *d)
{
    struct devtools_session *front = NULL;

    for (size_t i = 0; i < d->session_count; i++)
        if (d->sessions[i]->tab && d->sessions[i]->ready &&
                (front == NULL || d->sessions[i]->touched > front->touched))
            front = d->sessions[i];
    return front;
}

/* Whether the tab of that session identifier is above `s`. A parent is always the older. */
static bool below_tab(
        const struct devtools *d, const struct devtools_session *s, const char *tab)
{
    while (s != NULL && !s->tab)
        s = s->parent < s->serial ? devtools_session_at(d, s->parent) : NULL;
    return s != NULL && strcmp(s->id, tab) == 0;
}

const char *devtools_frame(const struct devtools *d, const char *tab, size_t i)
{
    for (size_t k = 0; k < d->session_count; k++) {
        const struct devtools_session *s = d->sessions[k];

        if (strcmp(s->kind, "iframe") == 0 && below_tab(d, s, tab) && i-- == 0)
            return s->id;
    }
    return NULL;
}

static void session_free(struct devtools_session *s)
{
    if (s == NULL)
        return;
    free(s->id);
    free(s->target);
    free(s->kind);
    free(s->url);
    free(s);
}

void devtools_targets_clear(struct devtools *d)
{
    for (size_t i = 0; i < d->session_count; i++)
        session_free(d->sessions[i]);
    d->session_count = 0;
}

/* exhibit.attached and exhibit.detached. */
static enum status log_session(
        struct devtools *d, const char *method, const struct devtools_session *s)
{
    const struct devtools_session *above = devtools_session_at(d, s->parent);
    struct devtools_note note;
    struct json *j = devtools_note_begin(&note);

    json_string(j, "target", s->target);
    json_string(j, "type", s->kind);
    json_string(j, "url", s->url);
    json_string(j, "above", above == NULL ? "" : above->id);
    return devtools_note_end(d, &note, bytes_text(s->id), method);
}

static bool is(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

/* A tab is a page that a person can look at: not one that is being prepared (prerender), whose
 * subtype goes away once it is shown. */
static bool is_tab(const char *kind, struct bytes info)
{
    struct bytes subtype;

    return is(kind, "page") && (!scan_member(info, "subtype", &subtype) || subtype.n <= 2);
}

/* Listens to a new target and lets it go on. Commands of one session keep their order. */
static enum status listen_to(struct devtools *d, const char *session, const char *kind,
        bool waits, const struct devtools_wait *then)
{
    enum status status = devtools_send(d, session, "Network.enable",
            BYTES_LITERAL("{\"maxPostDataSize\":65536}"), NULL, NULL);

    if (status == STATUS_OK && (is(kind, "page") || is(kind, "iframe")))
        status = devtools_send(d, session, "Page.enable", BYTES_LITERAL("{}"), NULL, NULL);
    if (status == STATUS_OK)
        status = devtools_send(
                d, session, "Target.setAutoAttach", devtools_view(DEVTOOLS_ATTACH), then, NULL);
    if (status == STATUS_OK && waits)
        status = devtools_send(
                d, session, "Runtime.runIfWaitingForDebugger", BYTES_LITERAL("{}"), NULL, NULL);
    return status;
}

/* A page that begins before the answers are there escapes the Page domain in part: only now is
 * the tab one that can be told to go somewhere. */
enum status devtools_ready(struct devtools *d, uint64_t session)
{
    struct devtools_session *s = devtools_session_at(d, session);
    enum status status;
    struct buf text;
    struct json j;

    if (s == NULL)
        return STATUS_OK;
    s->ready = true;
    if (!s->tab || d->first_url == NULL)
        return STATUS_OK;
    buf_init(&text, LOG_PARAMS);
    json_init(&j, &text);
    json_object(&j, NULL);
    json_string(&j, "url", d->first_url);
    json_end(&j);
    status = j.status != STATUS_OK
                     ? devtools_nomem(d)
                     : devtools_send(d, s->id, "Page.navigate", buf_view(&text), NULL, NULL);
    buf_clear(&text);
    free(d->first_url);
    d->first_url = NULL;
    return status;
}

static struct devtools_session *session_new(
        struct devtools *d, const struct devtools_said *said)
{
    struct bytes info = {0}, above = bytes_slice(said->session, 1, said->session.n - 1);
    const struct devtools_session *parent = devtools_session_of(d, above);
    struct devtools_session *s = calloc(1, sizeof(*s));
    bool nomem = s == NULL;

    if (nomem)
        return NULL;
    if (!scan_member(said->params, "targetInfo", &info))
        info = (struct bytes){0};
    s->parent = parent == NULL ? 0 : parent->serial;
    s->id = scan_text(said->params, "sessionId", ID_MOST, &nomem);
    s->target = scan_text(info, "targetId", ID_MOST, &nomem);
    s->kind = scan_text(info, "type", ID_MOST, &nomem);
    s->url = scan_text(info, "url", URL_MOST, &nomem);
    s->tab = is_tab(s->kind, info);
    s->inside = is(s->kind, "browser_ui");
    if (nomem) {
        session_free(s);
        return NULL;
    }
    return s;
}

static enum status on_attached(struct devtools *d, const struct devtools_said *said)
{
    bool waits = scan_true(said->params, "waitingForDebugger"), kept, asks;
    struct devtools_wait ready = {.kind = CALL_READY};
    struct devtools_session *s = session_new(d, said);
    enum status status;

    if (s == NULL)
        return devtools_nomem(d);
    /* Without an identifier nothing can be said to it; a second one with the same is a lie. */
    if (s->id == NULL || *s->id == '\0' || devtools_session_of(d, bytes_text(s->id)) != NULL) {
        session_free(s);
        return STATUS_OK;
    }
    kept = d->session_count < SESSIONS_MOST;
    if (kept) {
        s->serial = ++d->serials;
        s->touched = ++d->touches;
        d->sessions[d->session_count++] = s;
    }
    ready.round = s->serial;
    asks = kept && is(s->kind, "page") && d->wait_count < CALLS_MOST;
    s->ready = !asks;
    status = log_session(d, "exhibit.attached", s);
    if (status == STATUS_OK)
        status = listen_to(d, s->id, s->kind, waits, asks ? &ready : NULL);
    if (!kept)
        session_free(s);
    return status;
}

static enum status on_detached(struct devtools *d, const struct devtools_said *said)
{
    struct devtools_event event = {.kind = DEVTOOLS_TAB_CLOSED};
    char *id = scan_text(said->params, "sessionId", ID_MOST, NULL);
    struct devtools_session *s = id == NULL ? NULL : devtools_session_of(d, bytes_text(id));
    enum status status;

    free(id);
    if (s == NULL)
        return STATUS_OK;
    devtools_network_forget(d, s->serial);
    status = log_session(d, "exhibit.detached", s);
    event.url = s->url;
    event.session = s->id;
    if (status == STATUS_OK && s->tab)
        status = devtools_tell(d, event);
    for (size_t i = 0; i < d->session_count; i++) {
        if (d->sessions[i] == s) {
            d->sessions[i] = d->sessions[--d->session_count];
            break;
        }
    }
    session_free(s);
    return status;
}

static enum status on_info(struct devtools *d, const struct devtools_said *said)
{
    char *target = scan_text(said->params, "targetInfo.targetId", ID_MOST, NULL);
    struct bytes info;

    if (target != NULL && scan_member(said->params, "targetInfo", &info)) {
        for (size_t i = 0; i < d->session_count; i++) {
            struct devtools_session *s = d->sessions[i];

            if (is(s->target, target) && !s->tab && is_tab(s->kind, info)) {
                s->tab = true;
                s->touched = ++d->touches;
            }
        }
    }
    free(target);
    return STATUS_OK;
}

static enum status set_url(struct devtools *d, struct devtools_session *s, char *url)
{
    if (url == NULL)
        return devtools_nomem(d);
    free(s->url);
    s->url = url;
    s->touched = ++d->touches;
    return STATUS_OK;
}

/* The address of a top-level document; with its fragment, which the browser tells apart. */
static enum status on_navigated(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    struct devtools_event event = {.kind = DEVTOOLS_PAGE, .session = s->id};
    struct bytes frame, above;
    bool nomem = false;
    char *url, *fragment;
    enum status status;

    if (!s->tab || !scan_member(said->params, "frame", &frame) ||
            scan_member(frame, "parentId", &above))
        return STATUS_OK;
    url = scan_text(frame, "url", URL_MOST, &nomem);
    fragment = scan_text(frame, "urlFragment", URL_MOST, &nomem);
    if (url == NULL && !nomem)
        url = strdup("");
    if (url != NULL && fragment != NULL) {
        char *both = realloc(url, strlen(url) + strlen(fragment) + 1);

        if (both == NULL)
            free(url);
        else
            strcat(both, fragment);
        url = both;
    }
    free(fragment);
    status = set_url(d, s, url);
    event.url = s->url;
    return status == STATUS_OK ? devtools_tell(d, event) : status;
}

/* history.pushState and fragments: the same document under another address. */
static enum status on_moved_within(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    char *frame = scan_text(said->params, "frameId", ID_MOST, NULL);
    bool nomem = false, main = is(frame, s->target);
    char *url;

    free(frame);
    /* A page's target and its main frame have one identifier. */
    if (!s->tab || !main)
        return STATUS_OK;
    url = scan_text(said->params, "url", URL_MOST, &nomem);
    if (url == NULL && !nomem)
        return STATUS_OK;
    return set_url(d, s, url);
}

static bool is_web(const char *url)
{
    return url != NULL && (strncmp(url, "http:", 5) == 0 || strncmp(url, "https:", 6) == 0);
}

static enum status on_loaded(struct devtools *d, struct devtools_session *s)
{
    struct devtools_event event = {.kind = DEVTOOLS_LOADED, .url = s->url, .session = s->id};
    enum status status;

    if (!s->tab)
        return STATUS_OK;
    status = devtools_tell(d, event);
    if (status == STATUS_OK && d->screens_wanted && is_web(s->url))
        status = devtools_shoot_tab(d, s->serial, "load", 0, false);
    return status;
}

enum status devtools_target_event(
        struct devtools *d, const struct devtools_said *said, bool *taken)
{
    struct devtools_session *s =
            devtools_session_of(d, bytes_slice(said->session, 1, said->session.n - 1));

    *taken = true;
    if (bytes_is(said->method, "Target.attachedToTarget"))
        return on_attached(d, said);
    if (bytes_is(said->method, "Target.detachedFromTarget"))
        return on_detached(d, said);
    if (bytes_is(said->method, "Target.targetInfoChanged"))
        return on_info(d, said);
    if (s != NULL && bytes_is(said->method, "Page.frameNavigated"))
        return on_navigated(d, said, s);
    if (s != NULL && bytes_is(said->method, "Page.navigatedWithinDocument"))
        return on_moved_within(d, said, s);
    if (s != NULL && bytes_is(said->method, "Page.loadEventFired"))
        return on_loaded(d, s);
    *taken = false;
    return STATUS_OK;
}
