/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "capture/env/environment.h"
#include "cli/record_parts.h"
#include "cli/recording.h"
#include "report/words.h"

enum {
    ENVIRONMENT_MOST = 64 << 20,
    SUBJECT_MOST = 64 << 20,
};

static enum status no_memory(struct record *r)
{
    return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
}

static enum status make_below(struct record *r, const char *name)
{
    return mkdirat(r->directory_fd, name, 0700) == 0
                   ? STATUS_OK
                   : fault_set(&r->fault, STATUS_IO, "%s/%s: cannot be made: %s", r->directory,
                             name, strerror(errno));
}

/* What the person declares goes into the recording, so that it is whole by itself. */
static enum status keep_subject(struct record *r)
{
    enum status status;
    struct buf text;

    if (r->options->subject == NULL)
        return STATUS_OK;
    buf_init(&text, SUBJECT_MOST);
    status = file_read(r->options->subject, "subject file", &text, &r->fault);
    if (status == STATUS_MISSING || status == STATUS_IO)
        status = r->fault.status = STATUS_INPUT;
    if (status == STATUS_OK)
        status = file_replace(r->directory_fd, "subject.json", buf_view(&text), &r->fault);
    buf_clear(&text);
    return status;
}

static enum status open_files(struct record *r)
{
    int keys;

    r->raw_fd = openat(r->directory_fd, "raw", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->marks_fd = openat(r->directory_fd, "marks.jsonl",
            O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (r->raw_fd < 0 || r->marks_fd < 0)
        return fault_set(&r->fault, STATUS_IO, "%s: files cannot be made: %s", r->directory,
                strerror(errno));
    keys = openat(r->raw_fd, "keys.log", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (keys < 0)
        return fault_set(&r->fault, STATUS_IO, "keys.log: cannot be made: %s", strerror(errno));
    (void)close(keys);
    return STATUS_OK;
}

static enum status make_directory(struct record *r)
{
    static const char *const below[] = {"raw", "raw/screens", "env"};
    enum status status = STATUS_OK;

    r->directory = recording_directory(r->arena, r->options->target);
    if (r->directory == NULL)
        return no_memory(r);
    if (mkdir(r->directory, 0700) != 0 && errno == EEXIST)
        return fault_set(&r->fault, STATUS_USAGE,
                "%s is there already: a recording that broke off, or one that runs. Make a "
                "case "
                "of it with: exhibit record --resume -o %s",
                r->directory, r->options->target);
    r->directory_fd = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->directory_fd < 0)
        return fault_set(
                &r->fault, STATUS_IO, "%s: cannot be made: %s", r->directory, strerror(errno));
    status = recording_lock(r->directory_fd, r->directory, &r->fault);
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]) && status == STATUS_OK; i++)
        status = make_below(r, below[i]);
    if (status == STATUS_OK)
        status = open_files(r);
    if (status == STATUS_OK)
        status = record_user_reaches(r);
    if (status == STATUS_OK)
        status = keep_subject(r);
    return status == STATUS_OK && r->guide.source.n != 0
                   ? file_replace(r->directory_fd, "script.txt", r->guide.source, &r->fault)
                   : status;
}

enum status record_look(struct record *r, const char *name)
{
    const struct environment_setup setup = {
            .browser = r->session.browser == NULL ? NULL : r->session.browser->path,
            .profile = r->options->profile,
            .device = r->options->device,
            .ask_network = r->options->ask_network,
    };
    struct environment env = {0};
    enum status status = environment_look(&setup, &env, &r->fault);
    unsigned ok = 0, attention = 0, unknown = 0;
    struct buf text;
    struct json j;

    if (status != STATUS_OK)
        return status;
    buf_init(&text, ENVIRONMENT_MOST);
    json_init(&j, &text);
    j.pretty = true;
    environment_write(&env, &j);
    status = j.status == STATUS_OK ? STATUS_OK : no_memory(r);
    if (status == STATUS_OK) {
        int below = openat(r->directory_fd, "env", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        status = file_replace(below, name, buf_view(&text), &r->fault);
        if (below >= 0)
            (void)close(below);
    }
    for (size_t i = 0; i < env.n; i++) {
        ok += env.at[i].state == PROBE_OK;
        attention += env.at[i].state == PROBE_ATTENTION;
        unknown += env.at[i].state == PROBE_UNKNOWN;
    }
    buf_clear(&text);
    environment_clear(&env);
    if (status != STATUS_OK)
        return status;
    record_say(r, WORDS("the machine: %u points in order, %u to look at, %u could not be told"),
            ok, attention, unknown);
    {
        struct json *detail = custody_begin(r->custody, "environment-checked");

        json_string(detail, "file", name);
        json_unsigned(detail, "ok", ok);
        json_unsigned(detail, "attention", attention);
        json_unsigned(detail, "could_not_tell", unknown);
    }
    return custody_end(r->custody, &r->fault);
}

static enum status start_network(struct record *r)
{
    const struct isolation_setup setup = {
            .kind = r->options->isolation,
            .joiner = r->options->joiner,
            .device = r->options->device,
    };
    enum status status = isolation_start(&setup, &r->isolation, &r->fault);
    struct json *detail;

    if (status != STATUS_OK)
        return status;
    r->session.isolation = isolation_facts(r->isolation);
    detail = custody_begin(r->custody, "isolation-made");
    json_string(detail, "kind", isolation_kind_name(r->session.isolation->kind));
    json_string(detail, "joined_by", r->session.isolation->joined_by);
    json_string(detail, "interface", r->session.isolation->device);
    if (r->session.isolation->changed[0] != '\0')
        json_string(detail, "changed", r->session.isolation->changed);
    status = custody_end(r->custody, &r->fault);
    return status == STATUS_OK
                   ? sockets_open(r->raw_fd, "sockets.jsonl", &r->sockets, &r->fault)
                   : status;
}

static enum status start_capture(struct record *r)
{
    const struct capturer_setup setup = {
            .device = r->session.isolation->device,
            .user_namespace = isolation_user_namespace(r->isolation),
            .network_namespace = isolation_network_namespace(r->isolation),
            .directory = r->raw_fd,
            .comment = "exhibit record: the network of one browser",
    };
    enum status status = capturer_start(&setup, &r->capturer, &r->fault);
    struct json *detail;

    if (status != STATUS_OK)
        return status;
    r->session.link = capturer_link(r->capturer);
    r->session.ring_bytes = CAPTURER_RING;
    r->session.snaplen = capturer_snaplen(r->capturer);
    detail = custody_begin(r->custody, "capture-began");
    json_string(detail, "interface", setup.device);
    json_integer(detail, "process", capturer_pid(r->capturer));
    return custody_end(r->custody, &r->fault);
}

/* They outlive the browser: session.json is written after its end. */
static enum status keep_facts(struct record *r)
{
    r->browser_facts = *browser_facts(r->browser);
    r->session.browser = &r->browser_facts;
    for (size_t i = 0; i < r->browser_facts.flag_count; i++) {
        r->browser_facts.flags[i] =
                arena_string(r->arena, bytes_text(r->browser_facts.flags[i]));
        r->browser_facts.reasons[i] =
                arena_string(r->arena, bytes_text(r->browser_facts.reasons[i]));
        if (r->browser_facts.flags[i] == NULL || r->browser_facts.reasons[i] == NULL)
            return no_memory(r);
    }
    for (size_t i = 0; i < r->browser_facts.setting_count; i++) {
        r->browser_facts.settings[i] =
                arena_string(r->arena, bytes_text(r->browser_facts.settings[i]));
        r->browser_facts.setting_reasons[i] =
                arena_string(r->arena, bytes_text(r->browser_facts.setting_reasons[i]));
        if (r->browser_facts.settings[i] == NULL || r->browser_facts.setting_reasons[i] == NULL)
            return no_memory(r);
    }
    return STATUS_OK;
}

static enum status start_devtools(struct record *r, const char *url)
{
    const char *command_line[BROWSER_FLAGS_MOST + 2] = {r->browser_facts.path};
    const struct devtools_setup setup = {
            .in = browser_devtools_in(r->browser),
            .out = browser_devtools_out(r->browser),
            .directory = r->raw_fd,
            .screens = !r->options->no_screens,
            .command_line = command_line,
            .url = url,
    };

    for (size_t i = 0; i < r->browser_facts.flag_count; i++)
        command_line[i + 1] = r->browser_facts.flags[i];
    return setup.in < 0 ? STATUS_OK : devtools_new(&setup, &r->devtools, &r->fault);
}

enum status record_start_browser(struct record *r, const char *url)
{
    const struct browser_setup setup = {
            .program = r->options->browser,
            .profile = r->options->profile,
            .profile_fresh = arena_print(r->arena, "%s/profile", r->directory),
            .key_log = arena_print(r->arena, "%s/raw/keys.log", r->directory),
            .url_alone = url, /* else DevTools opens it */
            .log = arena_print(r->arena, "%s/browser.log", r->directory),
            .cookies = r->options->cookies,
            .devtools = !r->options->no_devtools,
            .headless = r->options->headless,
            .driven = r->options->automatic,
            .extra = r->options->browser_flags,
            .extra_count = r->options->browser_flag_count,
            .user = r->options->user,
            .home = r->options->user_home[0] == '\0' ? NULL : r->options->user_home,
    };
    enum status status;
    struct json *detail;

    if (setup.profile_fresh == NULL || setup.key_log == NULL || setup.log == NULL)
        return no_memory(r);
    record_doing(r, WORDS("the browser is started"));
    status = browser_start(&setup, r->isolation, &r->browser, &r->fault);
    if (status != STATUS_OK)
        return status;
    status = keep_facts(r);
    if (status == STATUS_OK)
        status = start_devtools(r, url);
    if (status != STATUS_OK)
        return status;
    detail = custody_begin(r->custody, "browser-began");
    json_string(detail, "path", r->browser_facts.path);
    json_string(detail, "version", r->browser_facts.version);
    json_string(detail, "sha256", r->browser_facts.sha256);
    json_integer(detail, "process", browser_pid(r->browser));
    return custody_end(r->custody, &r->fault);
}

static enum status begin_session(struct record *r)
{
    const struct record_options *o = r->options;
    struct json *detail;
    enum status status;

    r->began_ns = clock_boot_ns();
    r->session = (struct session){
            .state = "running",
            .class_name = o->class == SESSION_ORDINARY ? "ordinary" : "controlled",
            .automated = o->automatic,
            .url = o->url,
            .started_ns = clock_utc_ns(),
            .command_line = o->command_line,
            .cookies = o->cookies,
            .browser_user = o->user_name[0] == '\0' ? NULL : o->user_name,
    };
    status = custody_open(r->directory_fd, &r->custody, &r->fault);
    if (status != STATUS_OK)
        return status;
    detail = custody_begin(r->custody, "recording-began");
    json_string(detail, "tool", "exhibit " EXHIBIT_VERSION);
    json_string(detail, "class", r->session.class_name);
    json_bool(detail, "automated", r->session.automated);
    status = custody_end(r->custody, &r->fault);
    return status == STATUS_OK ? session_write(r->directory_fd, &r->session, &r->fault)
                               : status;
}

/* Order matters: nothing is made before the browser is known to be there, packets are captured
 * before the browser starts, and the case's directory is there before the first packet. */
enum status record_begin(struct record *r)
{
    enum status status = browser_find(r->options->browser, &r->browser_facts, &r->fault);

    if (status == STATUS_OK)
        status = make_directory(r);
    if (status != STATUS_OK)
        return status;
    r->maker.target = r->options->target;
    r->maker.overwrite = r->options->settings.overwrite;
    r->maker.setup.lists = r->options->settings.lists;
    r->maker.setup.list_count = r->options->settings.list_count;
    r->maker.setup.rules = r->options->rules;
    if (r->options->subject != NULL) {
        r->maker.setup.subject = arena_print(r->arena, "%s/subject.json", r->directory);
        if (r->maker.setup.subject == NULL)
            return no_memory(r);
    }
    status = case_maker_begin(&r->maker);
    if (status != STATUS_OK)
        return fault_set(&r->fault, status, "%s", r->maker.fault.text);
    status = begin_session(r);
    if (status != STATUS_OK)
        return status;
    r->session.browser = &r->browser_facts;
    record_doing(r, WORDS("the machine is looked at"));
    status = record_look(r, "before.json");
    if (status == STATUS_OK)
        record_doing(r, WORDS("a network for the browser is made"));
    if (status == STATUS_OK)
        status = start_network(r);
    if (status == STATUS_OK)
        status = start_capture(r);
    if (status == STATUS_OK)
        status = record_live_begin(r);
    if (status == STATUS_OK)
        status = record_mark(r, MARK_START, NULL, 0);
    if (status == STATUS_OK)
        status = record_start_browser(r, r->drive != NULL ? NULL : r->options->url);
    return status == STATUS_OK ? session_write(r->directory_fd, &r->session, &r->fault)
                               : status;
}

/* As its own menu would: a Chromium that is ended by a signal loses the cookies of the last half
 * minute, and a restart would seem to show that they do not survive. */
static void close_politely(struct record *r, int milliseconds)
{
    enum { LOOK_MS = 50 };
    struct fault fault = {0};
    uint64_t number;

    if (r->devtools == NULL ||
            devtools_call(r->devtools, "", "Browser.close", "{}", &number, &fault) != STATUS_OK)
        return;
    for (int waited = 0; waited < milliseconds; waited += LOOK_MS) {
        struct pollfd at = {.fd = browser_fd(r->browser), .events = POLLIN};

        if (poll(&at, 1, LOOK_MS) > 0)
            return;
        record_browser_said(r);
        record_draw(r);
    }
}

void record_stop_browser(struct record *r)
{
    enum { POLITE_MS = 5000 };
    struct json *detail;

    if (r->browser == NULL)
        return;
    close_politely(r, POLITE_MS);
    browser_end(r->browser, POLITE_MS);
    detail = custody_begin(r->custody, "browser-ended");
    json_integer(detail, "result", browser_result(r->browser));
    if (custody_end(r->custody, &r->fault) != STATUS_OK && r->end == RECORD_GOES_ON)
        r->end = RECORD_FAULT;
    devtools_free(r->devtools);
    r->devtools = NULL;
    browser_free(r->browser);
    r->browser = NULL;
}
