/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "capture/live/browser_parts.h"

#define SHARED_LEAST (UINT64_C(256) << 20) /* bytes of /dev/shm that a browser gets by with */

static enum status nomem(struct fault *fault)
{
    return fault_set(fault, STATUS_NOMEM, "out of memory for the browser's flags");
}

/* A text of our own making, kept until the browser is freed. */
static enum status keep(struct browser *b, const char *begin, const char *between,
        const char *end, const char **out, struct fault *fault)
{
    size_t size = strlen(begin) + strlen(between) + strlen(end) + 1;
    char *text = b->text_count < FLAG_TEXTS ? malloc(size) : NULL;

    if (text == NULL)
        return nomem(fault);
    (void)snprintf(text, size, "%s%s%s", begin, between, end);
    b->texts[b->text_count++] = text;
    *out = text;
    return STATUS_OK;
}

static enum status add(struct browser *b, const char *flag, const char *value,
        const char *reason, struct fault *fault)
{
    struct browser_facts *f = &b->facts;
    const char *text;
    enum status status;

    if (f->flag_count == BROWSER_FLAGS_MOST)
        return fault_set(fault, STATUS_USAGE, "a browser is started with at most %d flags",
                BROWSER_FLAGS_MOST);
    status = keep(b, flag, value == NULL ? "" : "=", value == NULL ? "" : value, &text, fault);
    if (status != STATUS_OK)
        return status;
    f->flags[f->flag_count] = text;
    f->reasons[f->flag_count++] = reason;
    return STATUS_OK;
}

enum status browser_setting(struct browser *b, const char *name, const char *value,
        const char *reason, struct fault *fault)
{
    struct browser_facts *f = &b->facts;
    const char *text;
    enum status status;

    if (f->setting_count == BROWSER_SETTINGS_MOST)
        return nomem(fault);
    status = keep(b, name, "=", value, &text, fault);
    if (status != STATUS_OK)
        return status;
    f->settings[f->setting_count] = text;
    f->setting_reasons[f->setting_count++] = reason;
    return STATUS_OK;
}

/* The browser's own place for profiles: there it refuses DevTools (Chrome 136 and newer). */
static bool is_usual_profile(const struct browser *b, const struct browser_setup *setup)
{
    const struct browser_kind *kind = browser_kind_of(&b->facts);
    const char *home = setup->home == NULL ? getenv("HOME") : setup->home;
    char path[PATH_MAX], real[PATH_MAX];

    if (kind == NULL || kind->usual_profile == NULL || home == NULL ||
            snprintf(path, sizeof(path), "%s/%s", home, kind->usual_profile) >=
                    (int)sizeof(path))
        return false;
    return realpath(path, real) != NULL && strcmp(real, b->facts.profile) == 0;
}

static enum status devtools_flags(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    enum status status;
    char port[8];

    if (!setup->devtools)
        return STATUS_OK;
    if (!b->facts.profile_is_fresh && is_usual_profile(b, setup)) {
        b->facts.no_devtools =
                "the browser refuses DevTools for the profile in its usual place";
        return STATUS_OK;
    }
    if (b->port != 0) {
        b->facts.devtools = BROWSER_DEVTOOLS_PORT;
        (void)snprintf(port, sizeof(port), "%u", (unsigned)b->port);
        return add(b, "--remote-debugging-port", port,
                WHY("the browser tells which page caused which request, over a port of its own "
                    "network that no other program reaches. Unlike a pipe, this leaves "
                    "navigator.webdriver false"),
                fault);
    }
    b->facts.devtools = BROWSER_DEVTOOLS_PIPE;
    status = add(b, "--remote-debugging-pipe", NULL,
            WHY("the browser tells over a pipe which page caused which request"), fault);
    if (status != STATUS_OK || setup->driven || setup->headless)
        return status;
    return add(b, "--disable-blink-features", "AutomationControlled",
            WHY("a person uses the browser, no program: without this flag the pipe makes "
                "navigator.webdriver true, and pages treat the person as a robot. The browser "
                "shows "
                "a bar that calls the flag unsupported"),
            fault);
}

static enum status fresh_flags(struct browser *b, struct fault *fault)
{
    enum status status = add(b, "--no-first-run", NULL,
            WHY("a fresh profile: no welcome pages in front of the page"), fault);

    if (status == STATUS_OK)
        status = add(b, "--no-default-browser-check", NULL,
                WHY("a fresh profile: no question about the default browser"), fault);
    if (status == STATUS_OK)
        status = add(b, "--disable-extensions", NULL,
                WHY("a fresh profile: extensions that the system installs for everyone would "
                    "change or block requests"),
                fault);
    if (status == STATUS_OK)
        status = add(b, "--password-store", "basic",
                WHY("a fresh profile: no question for a keyring's password"), fault);
    return status;
}

static bool shared_memory_is_small(void)
{
    struct statvfs v;

    return statvfs("/dev/shm", &v) != 0 || v.f_bavail * (uint64_t)v.f_frsize < SHARED_LEAST;
}

static enum status chromium_flags(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    enum status status = add(b, "--user-data-dir", b->facts.profile,
            b->facts.profile_is_fresh ? WHY("a fresh profile, made for this recording")
                                      : WHY("the profile that the person named"),
            fault);

    if (status == STATUS_OK && b->facts.profile_is_fresh)
        status = fresh_flags(b, fault);
    if (status == STATUS_OK)
        status = devtools_flags(b, setup, fault);
    if (status == STATUS_OK && setup->headless)
        status = add(b, "--headless", "new", WHY("a controlled run without a window"), fault);
    if (status == STATUS_OK && shared_memory_is_small())
        status = add(b, "--disable-dev-shm-usage", NULL,
                WHY("this machine has little shared memory in /dev/shm: the browser would "
                    "crash"),
                fault);
    return status;
}

static enum status firefox_flags(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    enum status status = add(b, "--no-remote", NULL,
            WHY("the page opens in this browser and not in one that runs already"), fault);

    if (status == STATUS_OK)
        status = add(b, "--profile", NULL, WHY("the profile in the next argument"), fault);
    if (status == STATUS_OK)
        status = add(b, b->facts.profile, NULL,
                b->facts.profile_is_fresh ? WHY("a fresh profile, made for this recording")
                                          : WHY("the profile that the person named"),
                fault);
    if (status == STATUS_OK && setup->headless)
        status = add(b, "--headless", NULL, WHY("a controlled run without a window"), fault);
    if (setup->devtools)
        b->facts.no_devtools = "Firefox has no DevTools pipe";
    return status;
}

enum status browser_flags_make(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    enum status status = b->facts.family == BROWSER_FIREFOX ? firefox_flags(b, setup, fault)
                                                            : chromium_flags(b, setup, fault);

    for (size_t i = 0; i < setup->extra_count && status == STATUS_OK; i++)
        status = add(b, setup->extra[i], NULL, WHY("given by the person"), fault);
    return status;
}
