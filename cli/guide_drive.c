/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/guide.h"
#include "cli/guide_find.h"
#include "cli/guide_input.h"

#define SECOND_NS INT64_C(1000000000)
#define QUIET_NS (1 * SECOND_NS)       /* without an open request: at rest */
#define UNREAD_NS (3 * SECOND_NS)      /* all are answered, some not read to the end */
#define QUIET_MOST_NS (30 * SECOND_NS) /* some pages never are */
#define LOAD_MOST_NS (60 * SECOND_NS)
#define FIND_MOST_NS (30 * SECOND_NS)
#define CLEAR_MOST_NS (60 * SECOND_NS)
#define TYPE_MOST_NS (300 * SECOND_NS)
#define AGAIN_NS (SECOND_NS / 2) /* between two tries to find something */

enum { REMARK = 256 };

enum phase { BEGIN, ANSWER, LOAD, QUIET, FIND, INPUT, CLEAR_COOKIES, CLEAR_STORAGE };

struct guide_drive {
    const struct guide *guide;
    size_t at;
    guide_frame_session *frames;
    bool begun, lost, loaded;
    enum phase phase;
    int64_t begun_ns, until_ns, again_ns, quiet_from_ns;
    char tab[GUIDE_ID];
    struct guide_call call;
    struct guide_find find;
    struct guide_input input;
    enum guide_found last_found; /* why the last try gave nothing */
    char remark[REMARK];
};

struct guide_drive *guide_drive_new(const struct guide *g)
{
    struct guide_drive *d = calloc(1, sizeof(*d));

    if (d != NULL)
        d->guide = g;
    return d;
}

void guide_drive_free(struct guide_drive *d)
{
    if (d == NULL)
        return;
    guide_call_clear(&d->call);
    free(d);
}

void guide_drive_frames(struct guide_drive *d, guide_frame_session *frames)
{
    d->frames = frames;
}

const char *guide_drive_remark(const struct guide_drive *d)
{
    return d->remark[0] == '\0' ? NULL : d->remark;
}

const struct guide_step *guide_drive_current(const struct guide_drive *d)
{
    return d->at < d->guide->n ? &d->guide->steps[d->at] : NULL;
}

/* The same where one is under way. */
static const struct guide_step *step_here(const struct guide_drive *d)
{
    return &d->guide->steps[d->at];
}

void guide_drive_done(struct guide_drive *d)
{
    const struct guide_step *step = guide_drive_current(d);

    guide_call_clear(&d->call);
    if (step != NULL && step->act == GUIDE_RESTART)
        d->lost = false; /* the pipe that ended was the old browser's */
    d->at += step != NULL;
    d->begun = false;
}

void guide_drive_event(struct guide_drive *d, const struct devtools_event *event)
{
    guide_call_event(&d->call, event);
    switch (event->kind) {
    case DEVTOOLS_LOADED:
        if (event->session == NULL || strcmp(event->session, d->tab) == 0)
            d->loaded = true;
        break;
    case DEVTOOLS_LOST:
        d->lost = true;
        break;
    case DEVTOOLS_PAGE:
    case DEVTOOLS_REQUEST:
    case DEVTOOLS_RESPONSE:
    case DEVTOOLS_SCREENSHOT:
    case DEVTOOLS_ANSWER:
    case DEVTOOLS_TAB_CLOSED:
        break;
    }
}

static enum guide_asks fail(struct guide_drive *d, struct fault *fault, const char *why)
{
    const struct guide_step *step = step_here(d);

    (void)fault_set(fault, STATUS_IO, "line %zu of the guide (%s) failed: %s", step->line,
            step->shown_en, why);
    return GUIDE_FAILED;
}

static enum guide_asks finish(struct guide_drive *d)
{
    guide_drive_done(d);
    return GUIDE_GOES_ON;
}

/* `members`: a key, its value, the next key, NULL at the end. */
static enum status send(struct guide_drive *d, struct devtools *devtools, const char *method,
        const char *const members[], int64_t now_ns, struct fault *fault)
{
    struct buf params;
    struct json j;

    buf_init(&params, 1 << 16);
    json_init(&j, &params);
    json_object(&j, NULL);
    for (; *members != NULL; members += 2)
        json_string(&j, members[0], members[1]);
    return guide_call_send(&d->call, devtools, d->tab, method, &j, now_ns, fault);
}

/* A step that sent a command of its own: 0 while it waits, 1 once it was obeyed. */
static int obeyed(struct guide_drive *d, int64_t now_ns, struct fault *fault)
{
    char why[512];

    switch (guide_call_state(&d->call, now_ns)) {
    case CALL_WAITS:
        return 0;
    case CALL_LATE:
        (void)snprintf(why, sizeof(why), "the browser did not answer %s", d->call.method);
        break;
    case CALL_REFUSED:
        (void)snprintf(why, sizeof(why), "the browser refused %s: %s", d->call.method,
                guide_call_why(&d->call));
        break;
    case CALL_FREE:
    case CALL_DONE:
        return 1;
    }
    (void)fail(d, fault, why);
    return -1;
}

/* Has nothing happened for long enough? */
static bool at_rest(const struct devtools *devtools, int64_t so_far)
{
    int64_t quiet = devtools_quiet_ns(devtools);

    if (quiet > so_far)
        quiet = so_far;
    if (devtools_open_requests(devtools) == 0)
        return quiet >= QUIET_NS;
    return devtools_unanswered(devtools) == 0 && quiet >= UNREAD_NS;
}

static enum guide_asks step_quiet(
        struct guide_drive *d, const struct devtools *devtools, int64_t now_ns)
{
    int64_t so_far = now_ns - d->quiet_from_ns;

    if (at_rest(devtools, so_far))
        return finish(d);
    if (so_far < QUIET_MOST_NS)
        return GUIDE_GOES_ON;
    /* Pages that poll are no failure of the run; the case says so. */
    (void)snprintf(d->remark, sizeof(d->remark),
            "line %zu of the guide: the page did not come to rest within 30 s",
            step_here(d)->line);
    return finish(d);
}

static void begin_quiet(struct guide_drive *d, int64_t now_ns)
{
    d->phase = QUIET;
    d->quiet_from_ns = now_ns;
}

static enum guide_asks step_open(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    const char *error;
    bool same_document;
    int state;

    if (d->phase == QUIET)
        return step_quiet(d, devtools, now_ns);
    if (d->phase == BEGIN) {
        const char *const page[] = {"url", step_here(d)->text, NULL};

        d->loaded = false;
        d->phase = ANSWER;
        return send(d, devtools, "Page.navigate", page, now_ns, fault) == STATUS_OK
                       ? GUIDE_GOES_ON
                       : GUIDE_FAILED;
    }
    if (d->phase == ANSWER) {
        /* A page that answers slowly holds the answer back: only the load's limit counts. */
        if (guide_call_state(&d->call, now_ns) == CALL_LATE)
            return GUIDE_GOES_ON;
        state = obeyed(d, now_ns, fault);
        if (state <= 0)
            return state == 0 ? GUIDE_GOES_ON : GUIDE_FAILED;
        error = json_string_of(json_member(d->call.answer, "errorText"));
        if (error != NULL && error[0] != '\0')
            return fail(d, fault, error);
        same_document = json_string_of(json_member(d->call.answer, "loaderId")) == NULL;
        guide_call_clear(&d->call);
        d->phase = LOAD;
        d->loaded = d->loaded || same_document;
    }
    if (d->loaded)
        begin_quiet(d, now_ns);
    return GUIDE_GOES_ON;
}

static void find_begin(struct guide_drive *d, const struct devtools *devtools)
{
    const struct guide_step *step = step_here(d);
    enum guide_wanted wanted = step->act == GUIDE_SEARCH ? WANTED_SEARCH
                               : step->selector != NULL  ? WANTED_SELECTOR
                                                         : WANTED_LABEL;

    guide_find_begin(&d->find, wanted, step->selector != NULL ? step->selector : step->text,
            step->act == GUIDE_CLICK, devtools, d->tab, d->frames);
    d->phase = FIND;
}

static enum guide_asks step_find(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    const struct guide_step *step = step_here(d);

    switch (guide_find_step(&d->find, &d->call, devtools, now_ns, fault)) {
    case FOUND_SEARCHING:
        return GUIDE_GOES_ON;
    case FOUND_FAILED:
        return GUIDE_FAILED;
    case FOUND_NOTHING:
        d->last_found = FOUND_NOTHING;
        if (d->find.refused_selector)
            return fail(d, fault, "the selector is not a valid one of CSS");
        break;
    case FOUND_COVERED:
        d->last_found = FOUND_COVERED;
        break;
    case FOUND_IT:
        d->phase = INPUT;
        d->until_ns = now_ns + TYPE_MOST_NS;
        if (step->act == GUIDE_CLICK)
            guide_input_click(&d->input);
        else
            guide_input_type(&d->input, step->text, step->act == GUIDE_SEARCH);
        return GUIDE_GOES_ON;
    }
    d->phase = BEGIN;
    d->again_ns = now_ns + AGAIN_NS;
    return GUIDE_GOES_ON;
}

/* click, type and search: find it (pages bring their notices late: again and again), then act. */
static enum guide_asks step_act(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    struct fault why = {0};

    if (d->phase == BEGIN) {
        if (now_ns < d->again_ns)
            return GUIDE_GOES_ON;
        find_begin(d, devtools);
    }
    if (d->phase == FIND)
        return step_find(d, devtools, now_ns, fault);
    switch (guide_input_step(&d->input, &d->find, &d->call, devtools, now_ns, &why)) {
    case INPUT_GOES:
        return GUIDE_GOES_ON;
    case INPUT_DONE:
        return finish(d);
    case INPUT_FAILED:
        break;
    }
    return fail(d, fault, why.text);
}

/* Cookies of the whole profile, then the storage of all origins on all sites: for an origin that
 * is named, Chromium clears its own pages' storage only, not what its frames keep on the sites
 * of others (storage is partitioned since Chrome 115). */
static enum guide_asks step_clear(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    static const char *const nothing[] = {NULL};
    static const char *const everything[] = {"origin", "*", "storageTypes", "all", NULL};
    enum status status;
    int state = obeyed(d, now_ns, fault);

    if (state <= 0)
        return state == 0 ? GUIDE_GOES_ON : GUIDE_FAILED;
    guide_call_clear(&d->call);
    if (d->phase == CLEAR_STORAGE)
        return finish(d);
    if (d->phase == BEGIN) {
        d->phase = CLEAR_COOKIES;
        status = send(d, devtools, "Network.clearBrowserCookies", nothing, now_ns, fault);
    } else {
        d->phase = CLEAR_STORAGE;
        status = send(d, devtools, "Storage.clearDataForOrigin", everything, now_ns, fault);
    }
    return status == STATUS_OK ? GUIDE_GOES_ON : GUIDE_FAILED;
}

static int64_t limit_of(const struct guide_step *step)
{
    switch (step->act) {
    case GUIDE_OPEN:
        return LOAD_MOST_NS + QUIET_MOST_NS + SECOND_NS;
    case GUIDE_SEARCH:
    case GUIDE_CLICK:
    case GUIDE_TYPE:
        return FIND_MOST_NS;
    case GUIDE_CLEAR_COOKIES:
        return CLEAR_MOST_NS;
    case GUIDE_WAIT:
    case GUIDE_WAIT_QUIET:
    case GUIDE_RESTART:
    case GUIDE_MARK:
    case GUIDE_SCREENSHOT:
    case GUIDE_SAY:
    case GUIDE_END:
        break;
    }
    return INT64_MAX;
}

static enum guide_asks late(struct guide_drive *d, struct fault *fault)
{
    switch (step_here(d)->act) {
    case GUIDE_OPEN:
        return fail(d, fault, "the page did not load in time");
    case GUIDE_SEARCH:
    case GUIDE_CLICK:
    case GUIDE_TYPE:
        if (d->phase == INPUT)
            return fail(d, fault, "the browser takes no input");
        if (d->last_found == FOUND_COVERED)
            return fail(d, fault, "something else lies over it, also after 30 s");
        return fail(d, fault,
                step_here(d)->act == GUIDE_SEARCH
                        ? "the page shows no search field, also after 30 s"
                        : "the page shows nothing that is so called, also after 30 s");
    case GUIDE_CLEAR_COOKIES:
    case GUIDE_WAIT:
    case GUIDE_WAIT_QUIET:
    case GUIDE_RESTART:
    case GUIDE_MARK:
    case GUIDE_SCREENSHOT:
    case GUIDE_SAY:
    case GUIDE_END:
        break;
    }
    return fail(d, fault, "it took too long");
}

/* False: there is no tab to work in yet. */
static bool begin(struct guide_drive *d, const struct devtools *devtools, int64_t now_ns)
{
    const struct guide_step *step = step_here(d);
    const char *tab = devtools_front(devtools);
    int64_t limit = limit_of(step);

    if (!d->begun) {
        d->begun = true;
        d->phase = BEGIN;
        d->begun_ns = d->again_ns = d->quiet_from_ns = now_ns;
        d->until_ns = limit > INT64_MAX - now_ns ? INT64_MAX : now_ns + limit;
        d->last_found = FOUND_NOTHING;
        d->remark[0] = '\0';
        d->tab[0] = '\0';
        guide_call_clear(&d->call);
    }
    if (d->tab[0] == '\0' && tab != NULL)
        (void)snprintf(d->tab, sizeof(d->tab), "%s", tab);
    return d->tab[0] != '\0';
}

static bool needs_tab(enum guide_act act)
{
    return act == GUIDE_OPEN || act == GUIDE_SEARCH || act == GUIDE_CLICK ||
           act == GUIDE_TYPE || act == GUIDE_CLEAR_COOKIES;
}

enum guide_asks guide_drive_step(
        struct guide_drive *d, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    const struct guide_step *step = guide_drive_current(d);
    bool tab;

    if (step == NULL)
        return GUIDE_GOES_ON;
    tab = begin(d, devtools, now_ns);
    if (d->lost && step->act != GUIDE_RESTART && step->act != GUIDE_END)
        return fail(d, fault, "the browser is gone");
    if (now_ns > d->until_ns)
        return !tab && needs_tab(step->act) ? fail(d, fault, "the browser shows no tab")
                                            : late(d, fault);
    if (!tab && needs_tab(step->act))
        return GUIDE_GOES_ON;
    switch (step->act) {
    case GUIDE_OPEN:
        return step_open(d, devtools, now_ns, fault);
    case GUIDE_SEARCH:
    case GUIDE_CLICK:
    case GUIDE_TYPE:
        return step_act(d, devtools, now_ns, fault);
    case GUIDE_CLEAR_COOKIES:
        return step_clear(d, devtools, now_ns, fault);
    case GUIDE_WAIT:
        return now_ns - d->begun_ns >= step->wait_ns ? finish(d) : GUIDE_GOES_ON;
    case GUIDE_WAIT_QUIET:
        return step_quiet(d, devtools, now_ns);
    case GUIDE_SAY:
        return finish(d);
    case GUIDE_RESTART:
        return GUIDE_ASKS_RESTART;
    case GUIDE_MARK:
        return GUIDE_ASKS_MARK;
    case GUIDE_SCREENSHOT:
        return GUIDE_ASKS_SCREENSHOT;
    case GUIDE_END:
        return GUIDE_ASKS_END;
    }
    return GUIDE_GOES_ON;
}
