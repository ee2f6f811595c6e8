/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "capture/live/browser_parts.h"

enum {
    VERSION_WAIT_MS = 10000,
};

/* In the order in which one is chosen. Where the programs themselves are, behind the scripts
 * that /usr/bin has. */
static const struct browser_kind kinds[] = {
        {"chromium", BROWSER_CHROMIUM,
                {"/usr/lib/chromium/chromium", "/usr/lib64/chromium-browser/chromium-browser",
                        "/usr/lib/chromium-browser/chromium-browser"},
                ".config/chromium"},
        {"google-chrome", BROWSER_CHROMIUM, {"/opt/google/chrome/chrome"},
                ".config/google-chrome"},
        {"microsoft-edge", BROWSER_CHROMIUM, {"/opt/microsoft/msedge/msedge"},
                ".config/microsoft-edge"},
        {"brave", BROWSER_CHROMIUM, {"/opt/brave.com/brave/brave"},
                ".config/BraveSoftware/Brave-Browser"},
        {"vivaldi", BROWSER_CHROMIUM, {"/opt/vivaldi/vivaldi-bin"}, ".config/vivaldi"},
        {"firefox-esr", BROWSER_FIREFOX, {"/usr/lib/firefox-esr/firefox-esr"}, NULL},
        {"firefox", BROWSER_FIREFOX,
                {"/usr/lib/firefox/firefox", "/usr/lib64/firefox/firefox",
                        "/opt/firefox/firefox"},
                NULL},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Other names of the same programs, and of the scripts in front of them. */
static const struct {
    const char *name, *kind;
} names[] = {
        {"chromium-browser", "chromium"},
        {"chrome", "google-chrome"},
        {"google-chrome-stable", "google-chrome"},
        {"edge", "microsoft-edge"},
        {"msedge", "microsoft-edge"},
        {"microsoft-edge-stable", "microsoft-edge"},
        {"brave-browser", "brave"},
        {"brave-browser-stable", "brave"},
        {"vivaldi-stable", "vivaldi"},
        {"vivaldi-bin", "vivaldi"},
};

static const struct browser_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i].name) == 0)
            name = names[i].kind;
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(name, kinds[i].name) == 0)
            return &kinds[i];
    return NULL;
}

const struct browser_kind *browser_kind_of(const struct browser_facts *facts)
{
    return kind_named(facts->name);
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static const char *installed(const struct browser_kind *kind)
{
    for (size_t i = 0; i < sizeof(kind->paths) / sizeof(kind->paths[0]); i++)
        if (kind->paths[i] != NULL && is_program(kind->paths[i]))
            return kind->paths[i];
    return NULL;
}

static bool begins_with(const char *path, const char *prefix)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* Snap and Flatpak start a browser in namespaces of their own making, through a service: it
 * cannot be put into ours, nor given our descriptors. */
static const char *packaging_of(const char *path)
{
    if (begins_with(path, "/snap/") || begins_with(path, "/var/lib/snapd/") ||
            strcmp(path, "/usr/bin/snap") == 0)
        return "Snap";
    if (strstr(path, "/flatpak/exports/") != NULL || strcmp(path, "/usr/bin/flatpak") == 0)
        return "Flatpak";
    return NULL;
}

static enum status decline(const char *path, const char *packaging, struct fault *fault)
{
    return fault_set(fault, STATUS_MISSING,
            "%s is a %s package: %s starts it inside a sandbox of its own, so it cannot be put "
            "into the recording's network. Install the browser as a package of the system "
            "(Debian: apt install chromium; Chrome, Edge: the maker's .deb), or give "
            "--isolate=none and -i",
            path, packaging, packaging);
}

/* What is installed and cannot be used, for the words about what is missing. */
static const char *unusable(void)
{
    static const char *const places[] = {
            "/snap/bin/chromium",
            "/snap/bin/firefox",
            "/var/lib/flatpak/exports/bin/org.chromium.Chromium",
            "/var/lib/flatpak/exports/bin/com.google.Chrome",
            "/var/lib/flatpak/exports/bin/com.microsoft.Edge",
            "/var/lib/flatpak/exports/bin/com.brave.Browser",
            "/var/lib/flatpak/exports/bin/org.mozilla.firefox",
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (access(places[i], F_OK) == 0)
            return places[i];
    return NULL;
}

static enum status first_of_all(char out[PATH_TEXT], struct fault *fault)
{
    const char *other;

    for (size_t i = 0; i < KINDS; i++) {
        const char *path = installed(&kinds[i]);

        if (path != NULL) {
            (void)snprintf(out, PATH_TEXT, "%s", path);
            return STATUS_OK;
        }
    }
    other = unusable();
    if (other != NULL)
        return decline(other, packaging_of(other), fault);
    return fault_set(fault, STATUS_MISSING,
            "no browser was found. Install one (Debian: apt install chromium), or say where it "
            "is with --browser");
}

/* A name is looked up among the known ones, then in PATH. */
static enum status look_up(const char *name, char out[PATH_TEXT], struct fault *fault)
{
    const struct browser_kind *kind = kind_named(name);
    const char *path = kind == NULL ? NULL : installed(kind), *search = getenv("PATH");
    struct bytes rest = bytes_text(search == NULL ? "/usr/bin:/bin" : search), place;

    if (path != NULL) {
        (void)snprintf(out, PATH_TEXT, "%s", path);
        return STATUS_OK;
    }
    while (rest.n != 0) {
        if (!bytes_take_until(&rest, ':', &place)) {
            place = rest;
            rest.n = 0;
        }
        if (place.n == 0 || place.n + strlen(name) + 2 > PATH_TEXT)
            continue;
        (void)snprintf(out, PATH_TEXT, "%.*s/%s", (int)place.n, (const char *)place.p, name);
        if (is_program(out))
            return STATUS_OK;
    }
    return fault_set(fault, STATUS_MISSING,
            "no browser \"%s\" was found. Known names: chromium, google-chrome, "
            "microsoft-edge, brave, vivaldi, firefox-esr, firefox; or give the path of the "
            "program",
            name);
}

static bool is_elf(const char *path)
{
    char begin[4] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool elf = fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) &&
               memcmp(begin,
                       "\x7f"
                       "ELF",
                       sizeof(begin)) == 0;

    if (fd >= 0)
        (void)close(fd);
    return elf;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Links resolved; the program behind a known script; no script of unknown doing. */
static enum status resolve(const char *path, char out[PATH_TEXT], struct fault *fault)
{
    char real[PATH_MAX];
    const struct browser_kind *kind;
    const char *packaging, *behind;

    if (realpath(path, real) == NULL || !is_program(real))
        return fault_set(fault, STATUS_MISSING, "%s: there is no such program", path);
    packaging = packaging_of(path);
    if (packaging == NULL)
        packaging = packaging_of(real);
    if (packaging != NULL)
        return decline(path, packaging, fault);
    if (!is_elf(real)) {
        kind = kind_named(last_part(real));
        if (kind == NULL)
            kind = kind_named(last_part(path));
        behind = kind == NULL ? NULL : installed(kind);
        if (behind == NULL || !is_elf(behind) || realpath(behind, real) == NULL)
            return fault_set(fault, STATUS_MISSING,
                    "%s is a script, and scripts add flags of their own: give the path of the "
                    "browser's program itself",
                    path);
    }
    if (strlen(real) >= PATH_TEXT)
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long", path);
    memcpy(out, real, strlen(real) + 1);
    return STATUS_OK;
}

/* In the child. */
static void exec_version(const char *path, int out)
{
    char *const argv[] = {(char[]){"browser"}, (char[]){"--version"}, NULL};
    int null = open("/dev/null", O_RDWR);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
        _exit(126);
    (void)execv(path, argv);
    _exit(127);
}

/* First line of what `path --version` prints; a browser that hangs is ended. */
static enum status ask_version(const char *path, char out[128], struct fault *fault)
{
    int64_t end = clock_steady_ms() + VERSION_WAIT_MS;
    char text[128] = "";
    int pipe_[2], state = 0;
    size_t n = 0;
    pid_t pid;

    if (pipe2(pipe_, O_CLOEXEC) != 0)
        return fault_set(fault, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        exec_version(path, pipe_[1]);
    (void)close(pipe_[1]);
    while (pid > 0 && n < sizeof(text) - 1) {
        struct pollfd waits = {.fd = pipe_[0], .events = POLLIN};
        int64_t left = end - clock_steady_ms();
        ssize_t got;

        if (left <= 0 || poll(&waits, 1, (int)left) <= 0)
            break;
        got = read(pipe_[0], text + n, sizeof(text) - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        if (memchr(text, '\n', n) != NULL)
            break;
    }
    (void)close(pipe_[0]);
    if (pid > 0) {
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &state, 0);
    }
    text[strcspn(text, "\r\n")] = '\0';
    for (n = strlen(text); n != 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    if (*text == '\0')
        return fault_set(fault, STATUS_IO, "%s --version gave no answer", path);
    memcpy(out, text, sizeof(text));
    return STATUS_OK;
}

/* By its place, or by how it calls itself. */
static void name_it(struct browser_facts *facts)
{
    const struct browser_kind *found = kind_named(last_part(facts->path));

    for (size_t i = 0; i < KINDS; i++) {
        for (size_t k = 0; k < sizeof(kinds[i].paths) / sizeof(kinds[i].paths[0]); k++) {
            char real[PATH_MAX];

            if (kinds[i].paths[k] != NULL && realpath(kinds[i].paths[k], real) != NULL &&
                    strcmp(real, facts->path) == 0)
                found = &kinds[i];
        }
    }
    facts->family = found != NULL ? found->family : BROWSER_CHROMIUM;
    if (strstr(facts->version, "Firefox") != NULL)
        facts->family = BROWSER_FIREFOX;
    (void)snprintf(facts->name, sizeof(facts->name), "%s",
            found != NULL ? found->name : last_part(facts->path));
}

enum status browser_find(const char *program, struct browser_facts *out, struct fault *fault)
{
    struct browser_facts facts = {0};
    char path[PATH_TEXT];
    enum status status;

    if (program == NULL)
        status = first_of_all(path, fault);
    else if (strchr(program, '/') == NULL)
        status = look_up(program, path, fault);
    else if (strlen(program) >= sizeof(path))
        status = fault_set(fault, STATUS_USAGE, "%s: the path is too long", program);
    else {
        memcpy(path, program, strlen(program) + 1);
        status = STATUS_OK;
    }
    if (status == STATUS_OK)
        status = resolve(path, facts.path, fault);
    if (status == STATUS_OK)
        status = ask_version(facts.path, facts.version, fault);
    if (status == STATUS_OK)
        status = file_sha256(facts.path, facts.sha256, fault);
    if (status != STATUS_OK)
        return status;
    name_it(&facts);
    *out = facts;
    return STATUS_OK;
}
