/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "capture/live/browser_parts.h"

enum { SETTINGS_TEXT = 16 << 10 };

/* Whether a process with this number runs on this machine. */
static bool runs(const char *number)
{
    uint64_t pid;

    return bytes_decimal(bytes_text(number), &pid) && pid > 0 && pid <= INT_MAX &&
           (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Chromium's SingletonLock is a link to "host-pid"; one that was left behind by a crash names a
 * process that is gone. Of another machine (a home on the network) nobody can tell. */
static bool chromium_in_use(const char *profile)
{
    char path[PATH_MAX + 32], target[512], host[256] = "";
    ssize_t n;
    char *dash;

    (void)snprintf(path, sizeof(path), "%s/SingletonLock", profile);
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    dash = strrchr(target, '-');
    if (dash == NULL)
        return true;
    *dash = '\0';
    (void)gethostname(host, sizeof(host) - 1);
    return strcmp(host, target) != 0 || runs(dash + 1);
}

/* Firefox holds an fcntl lock on .parentlock, and links "lock" to "address:+pid". */
static bool firefox_in_use(const char *profile)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_MAX + 32], target[512];
    const char *plus;
    bool held;
    ssize_t n;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/.parentlock", profile);
    fd = open(path, O_RDWR | O_CLOEXEC);
    held = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0)
        (void)close(fd);
    if (held)
        return true;
    (void)snprintf(path, sizeof(path), "%s/lock", profile);
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    plus = strchr(target, '+');
    return fd < 0 && (plus == NULL || runs(plus + 1));
}

static enum status cannot(struct fault *fault, const char *path)
{
    return fault_set(fault, errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO,
            "%s: cannot make the browser's profile: %s", path, strerror(errno));
}

static bool give(int fd, uid_t user)
{
    return user == (uid_t)-1 || fchown(fd, user, (gid_t)-1) == 0;
}

static enum status make_directory(const char *path, uid_t user, struct fault *fault)
{
    enum status status = STATUS_OK;
    int fd;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return cannot(fault, path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return cannot(fault, path);
    if (fchmod(fd, 0700) != 0 || !give(fd, user))
        status = cannot(fault, path);
    (void)close(fd);
    return status;
}

static enum status make_file(
        const char *path, struct bytes text, uid_t user, struct fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum status status = STATUS_OK;

    /* A second start of the same browser finds its own settings, and keeps them. */
    if (fd < 0 && errno == EEXIST)
        return STATUS_OK;
    if (fd < 0)
        return cannot(fault, path);
    if (write(fd, text.p, text.n) != (ssize_t)text.n || !give(fd, user))
        status = cannot(fault, path);
    if (close(fd) != 0 && status == STATUS_OK)
        status = cannot(fault, path);
    return status;
}

/* Preferences as Chromium itself writes them: {"profile":{"cookie_controls_mode":0}}. */
static enum status chromium_settings(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    const char *mode = setup->cookies == COOKIES_ALLOW ? "0" : "1";
    char path[PATH_MAX];
    enum status status;
    struct buf text;

    if (setup->cookies == COOKIES_DEFAULT)
        return STATUS_OK;
    status = browser_setting(b, "profile.cookie_controls_mode", mode,
            setup->cookies == COOKIES_ALLOW ? WHY("third-party cookies are to be allowed")
                                            : WHY("third-party cookies are to be blocked"),
            fault);
    (void)snprintf(path, sizeof(path), "%s/Default", b->facts.profile);
    if (status == STATUS_OK)
        status = make_directory(path, setup->user, fault);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(path, sizeof(path), "%s/Default/Preferences", b->facts.profile);
    buf_init(&text, SETTINGS_TEXT);
    status = buf_print(&text, "{\"profile\":{\"cookie_controls_mode\":%s}}", mode);
    if (status == STATUS_OK)
        status = make_file(path, buf_view(&text), setup->user, fault);
    buf_clear(&text);
    return status == STATUS_NOMEM
                   ? fault_set(fault, status, "out of memory for the browser's settings")
                   : status;
}

static enum status firefox_setting(struct browser *b, struct buf *text, const char *name,
        const char *value, const char *reason, struct fault *fault)
{
    enum status status = buf_print(text, "user_pref(\"%s\", %s);\n", name, value);

    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory for the browser's settings");
    return browser_setting(b, name, value, reason, fault);
}

/* user.js of a Firefox profile, read at each start. */
static enum status firefox_settings(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    static const char *const all[][3] = {
            {"browser.shell.checkDefaultBrowser", "false",
                    WHY("no question about the default browser in front of the page")},
            {"browser.aboutwelcome.enabled", "false",
                    WHY("no welcome pages in front of the page")},
            {"browser.startup.homepage_override.mstone", "\"ignore\"",
                    WHY("no page about the new version in front of the page")},
            {"datareporting.policy.firstRunURL", "\"\"",
                    WHY("no tab of its own with the maker's privacy notice")},
    };
    enum status status = STATUS_OK;
    char path[PATH_MAX];
    struct buf text;

    buf_init(&text, SETTINGS_TEXT);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == STATUS_OK; i++)
        status = firefox_setting(b, &text, all[i][0], all[i][1], all[i][2], fault);
    if (status == STATUS_OK && setup->cookies != COOKIES_DEFAULT)
        status = firefox_setting(b, &text, "network.cookie.cookieBehavior",
                setup->cookies == COOKIES_ALLOW ? "0" : "1",
                setup->cookies == COOKIES_ALLOW ? WHY("third-party cookies are to be allowed")
                                                : WHY("third-party cookies are to be blocked"),
                fault);
    (void)snprintf(path, sizeof(path), "%s/user.js", b->facts.profile);
    if (status == STATUS_OK)
        status = make_file(path, buf_view(&text), setup->user, fault);
    buf_clear(&text);
    return status;
}

static enum status fresh(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    char real[PATH_MAX];
    enum status status;

    if (setup->profile_fresh == NULL)
        return fault_set(fault, STATUS_USAGE, "no place was given for the browser's profile");
    status = make_directory(setup->profile_fresh, setup->user, fault);
    if (status != STATUS_OK)
        return status;
    if (realpath(setup->profile_fresh, real) == NULL)
        return cannot(fault, setup->profile_fresh);
    if (strlen(real) >= sizeof(b->facts.profile))
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long for a profile", real);
    memcpy(b->facts.profile, real, strlen(real) + 1);
    b->facts.profile_is_fresh = true;
    return b->facts.family == BROWSER_FIREFOX ? firefox_settings(b, setup, fault)
                                              : chromium_settings(b, setup, fault);
}

static enum status given(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    char real[PATH_MAX];
    struct stat st;
    bool used;

    if (realpath(setup->profile, real) == NULL || stat(real, &st) != 0 || !S_ISDIR(st.st_mode))
        return fault_set(fault, STATUS_MISSING, "%s: there is no such profile directory",
                setup->profile);
    if (strlen(real) >= sizeof(b->facts.profile))
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long for a profile", real);
    if (setup->cookies != COOKIES_DEFAULT)
        return fault_set(fault, STATUS_USAGE,
                "%s: the setting for third-party cookies of an existing profile is its owner's "
                "and is left alone, so that the recording shows it as it is. Change it in the "
                "browser, or record with a fresh profile",
                real);
    used = b->facts.family == BROWSER_FIREFOX ? firefox_in_use(real) : chromium_in_use(real);
    if (used)
        return fault_set(fault, STATUS_USAGE,
                "%s: a browser is using this profile, and a second one would hand its page "
                "over to it, outside the recording. Close it first, or record with a fresh "
                "profile",
                real);
    memcpy(b->facts.profile, real, strlen(real) + 1);
    return STATUS_OK;
}

enum status browser_profile_make(
        struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    return setup->profile != NULL ? given(b, setup, fault) : fresh(b, setup, fault);
}
