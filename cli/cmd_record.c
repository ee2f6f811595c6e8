/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/import_said.h"
#include "cli/record_parts.h"
#include "cli/recording.h"
#include "report/bag_parts.h"

enum {
    ARENA_MOST = 256 << 20,
    GUIDE_MOST = 1 << 20,
};

static enum status read_script(struct record *r)
{
    enum status status;
    struct buf text;
    struct bytes kept;

    if (r->options->script == NULL)
        return STATUS_OK;
    buf_init(&text, GUIDE_MOST);
    status = file_read(r->options->script, "script", &text, &r->fault);
    if (status == STATUS_MISSING || status == STATUS_IO)
        status = r->fault.status = STATUS_INPUT;
    if (status == STATUS_OK && !arena_copy(r->arena, buf_view(&text), &kept))
        status = fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    if (status == STATUS_OK)
        status = guide_read(r->arena, kept, r->options->script, &r->guide, &r->fault);
    buf_clear(&text);
    return status;
}

static enum status open_signals(struct record *r)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return r->signal_fd >= 0 ? STATUS_OK
                             : fault_set(&r->fault, STATUS_IO, "signalfd: %s", strerror(errno));
}

static enum status set_up(struct record *r)
{
    enum status status = STATUS_OK;

    r->arena = arena_new(ARENA_MOST);
    if (r->arena == NULL)
        return fault_set(&r->fault, STATUS_NOMEM, "out of memory");
    if (r->guide.n == 0)
        status = read_script(r);
    if (status == STATUS_OK && r->options->automatic) {
        r->drive = guide_drive_new(&r->guide);
        if (r->drive == NULL)
            status = fault_set(&r->fault, STATUS_NOMEM, "out of memory");
        else
            guide_drive_frames(r->drive, devtools_frame);
    }
    if (status == STATUS_OK)
        status = open_signals(r);
    if (status == STATUS_OK)
        status = live_view_new(STDIN_FILENO, STDERR_FILENO, r->options->settings.quiet,
                r->options->language, &r->view, &r->fault);
    return status;
}

/* What was captured is never thrown away: a failure says where it is and how to go on. */
static void say_kept(const struct record *r)
{
    if (r->directory_fd >= 0)
        (void)fprintf(stderr,
                "exhibit: what was captured is in %s; make a case of it with\n"
                "  exhibit record --resume -o %s\n",
                r->directory, r->options->target);
}

/* A browser that did not come up says why as a rule (no display, no right to its profile). */
static void say_why(struct record *r)
{
    record_last_words(r);
    if (r->last_words[0] != '\0')
        (void)fprintf(stderr, "the browser said last: %s\n", r->last_words);
}

/* The case is made all the same, and says it too. */
static void say_broken(const struct record *r)
{
    if (r->end == RECORD_BROWSER_DIED)
        (void)fprintf(stderr, "exhibit: the browser broke off%s%s\n",
                r->last_words[0] == '\0' ? "" : "; it said last: ", r->last_words);
    else if (r->end == RECORD_CAPTURE_ENDED)
        (void)fprintf(stderr, "exhibit: the capture broke off: %s\n", r->captured.text);
    else if (r->end == RECORD_NETWORK_LOST)
        (void)fputs("exhibit: the browser's network was lost\n", stderr);
    else if (r->end == RECORD_SCRIPT_FAILED)
        (void)fprintf(stderr, "exhibit: the script could not go on: %s\n", r->fault.text);
}

/* The pages that were visited, as a guide for the control run: each opened, and given time. */
static bool visited_guide(const struct record *r, struct arena *arena, struct guide *out)
{
    struct guide_step *steps = arena_array(arena, 2 * r->visited_count + 1, sizeof(*steps));

    if (steps == NULL)
        return false;
    *out = (struct guide){.steps = steps};
    for (size_t i = 0; i < r->visited_count; i++) {
        const char *url = arena_string(arena, bytes_text(r->visited[i]));

        const char *en = arena_print(arena, "Open %s", url == NULL ? "" : url);
        const char *zh = arena_print(arena, "打开 %s", url == NULL ? "" : url);

        if (url == NULL || en == NULL || zh == NULL)
            return false;
        if (strncmp(url, "http", 4) != 0)
            continue;
        steps[out->n++] = (struct guide_step){
                .act = GUIDE_OPEN, .text = url, .shown_en = en, .shown_zh = zh};
        steps[out->n++] = (struct guide_step){.act = GUIDE_WAIT_QUIET,
                .shown_en = "Wait until nothing is loading any more.",
                .shown_zh = "等到页面不再加载。"};
    }
    return out->n != 0;
}

/* `given`: a guide to follow, or NULL. `visited` (may be NULL) gets the pages, in `arena`. */
static enum exit_status record_once(const struct record_options *o, const struct guide *given,
        struct arena *arena, struct guide *visited)
{
    struct record r = {
            .options = o,
            .guide = given == NULL ? (struct guide){0} : *given,
            .directory_fd = -1,
            .raw_fd = -1,
            .marks_fd = -1,
            .signal_fd = -1,
            .keys_fd = -1,
            .judge_fd = -1,
    };
    enum status status = set_up(&r);
    enum exit_status code = EXIT_DONE;
    bool began = false;

    if (status == STATUS_OK) {
        status = record_begin(&r);
        began = status == STATUS_OK;
    }
    if (began) {
        record_run(&r);
        status = record_finish(&r);
        if (status == STATUS_OK && r.end == RECORD_FAULT)
            status = r.fault.status;
    }
    live_view_free(r.view);
    r.view = NULL;
    if (status == STATUS_OK)
        code = import_said(&r.maker, &o->settings, o->language);
    else
        code = command_failed(&r.fault);
    if (status != STATUS_OK && !began && r.directory_fd >= 0 && r.maker.bag != NULL)
        say_why(&r);
    if (status != STATUS_OK && r.directory_fd >= 0 && !began && r.browser == NULL)
        bag_remove_tree(r.directory); /* nobody has browsed yet: nothing is in it */
    else if (status != STATUS_OK && r.maker.bag != NULL)
        say_kept(&r);
    if (status == STATUS_OK)
        say_broken(&r);
    if (status == STATUS_OK)
        record_user_give(o, o->target);
    if (status == STATUS_OK && o->keep)
        record_user_give(o, r.directory);
    if (status == STATUS_OK && visited != NULL && !visited_guide(&r, arena, visited))
        (void)fputs("exhibit: no page was visited, so there is nothing to repeat\n", stderr);
    if (status == STATUS_OK && (r.end == RECORD_BROWSER_DIED || r.end == RECORD_CAPTURE_ENDED ||
                                       r.end == RECORD_NETWORK_LOST))
        code = EXIT_OURS;
    record_clear(&r);
    return code;
}

/* The recording, and with --control the same pages once more in a fresh profile: what differs
 * between the two belongs to the browser that was used. */
static enum exit_status record_all(const struct record_options *o)
{
    struct arena *arena = arena_new(ARENA_MOST);
    struct record_options control = *o;
    struct guide visited = {0};
    enum exit_status code;

    if (arena == NULL) {
        struct fault fault = {0};

        (void)fault_set(&fault, STATUS_NOMEM, "out of memory");
        return command_failed(&fault);
    }
    code = record_once(o, NULL, arena, o->control ? &visited : NULL);
    if (code == EXIT_DONE && visited.n != 0) {
        control.target = arena_print(arena, "%s-control", o->target);
        control.class = SESSION_CONTROLLED;
        control.automatic = true;
        control.control = control.restart = false;
        control.script = NULL;
        control.url = NULL;
        if (!o->settings.quiet)
            (void)fputs("now the same pages in a fresh profile, by itself\n", stderr);
        code = control.target == NULL ? EXIT_OURS
                                      : record_once(&control, &visited, arena, NULL);
        if (code == EXIT_DONE && !o->settings.quiet)
            (void)fprintf(stderr,
                    "compare them: exhibit compare --as profiles %s %s -o compare.json\n",
                    o->target, control.target);
    }
    arena_free(arena);
    return code;
}

/* A recording that broke off, or was never made a case of. */
static enum exit_status resume(const struct record_options *o)
{
    struct case_maker maker = {.target = o->target, .overwrite = o->settings.overwrite};
    struct fault fault = {0};
    struct arena *arena = arena_new(ARENA_MOST);
    const char *directory = arena == NULL ? NULL : recording_directory(arena, o->target);
    enum exit_status code;
    enum status status;

    maker.setup.lists = o->settings.lists;
    maker.setup.list_count = o->settings.list_count;
    maker.setup.rules = o->rules;
    maker.setup.subject = o->subject;
    status = directory == NULL ? fault_set(&fault, STATUS_NOMEM, "out of memory")
                               : recording_case(arena, directory, &maker, &fault);
    code = status != STATUS_OK ? command_failed(&fault)
                               : import_said(&maker, &o->settings, o->language);
    if (status == STATUS_OK)
        record_user_give(o, o->target);
    case_maker_clear(&maker);
    arena_free(arena);
    return code;
}

static enum exit_status run(int argc, char **argv)
{
    struct record_options o = {.arena = arena_new(ARENA_MOST)};
    enum settings_result result;
    enum exit_status code = EXIT_USAGE;

    if (o.arena == NULL) {
        struct fault fault = {0};

        (void)fault_set(&fault, STATUS_NOMEM, "out of memory");
        return command_failed(&fault);
    }
    result = record_options_take(argc, argv, &o);
    if (result == SETTINGS_HELP)
        code = EXIT_DONE;
    else if (result == SETTINGS_TAKEN && o.resume)
        code = resume(&o);
    else if (result == SETTINGS_TAKEN && record_options_class(&o))
        code = record_all(&o);
    arena_free(o.arena);
    return code;
}

const struct command command_record = {
        .name = "record",
        .summary = "open a browser, capture exactly its traffic, make a sealed case",
        .help = "usage: exhibit record [OPTIONS] [URL] -o CASE [-- BROWSER-FLAGS]\n\n"
                "Opens your browser with a fresh profile, in a network of its own, and "
                "captures\n"
                "exactly its packets, together with the keys that the browser itself writes. "
                "You\n"
                "browse as you always do. There is no proxy and no false certificate, and no "
                "root\n"
                "is needed. When you close the browser or press q, a sealed case is made:\n"
                "findings, reports in English and Chinese, and the means to check it all.\n\n"
                "Keys while recording:\n"
                "  m  mark a moment: a consent notice was shown, you refused, you accepted, "
                "...\n"
                "  s  screenshot      n  note      q  end\n\n"
                "What kind of session it is (asked if you do not say):\n"
                "      --class=ordinary     you use the web as you always do\n"
                "      --class=controlled   you follow a plan to test something\n"
                "      --script FILE  the plan: a text file with a step a line (open URL, "
                "search "
                "TERM,\n"
                "                     wait 5 s, wait quiet, click LABEL, type #field TEXT, "
                "clear\n"
                "                     cookies, restart browser, mark KIND, screenshot, end); "
                "you "
                "are\n"
                "                     shown each step and press Enter when you have done it\n"
                "      --auto         drive the script instead; the case says that it was "
                "automated\n"
                "      --control      afterwards visit the same pages in a fresh profile, and "
                "make\n"
                "                     a second case, CASE-control, for exhibit compare\n"
                "      --restart-browser  start the browser once more with the same profile "
                "when\n"
                "                     you close it: shows what survives\n"
                "      --subject FILE what you declare about yourself (exhibit subject makes "
                "it)\n\n"
                "The browser:\n"
                "      --browser P    name or path; otherwise Chromium, Chrome, Edge, Brave "
                "or\n"
                "                     Firefox, the first that is installed\n"
                "      --profile DIR  an existing profile instead of a fresh one; the case "
                "says so\n"
                "      --third-party-cookies=default|allow|block   default: the browser's own\n"
                "      --browser-user NAME   as root: whom the browser runs as; otherwise who "
                "called sudo\n"
                "      --no-devtools  do not listen to the browser's own account of its "
                "requests\n"
                "      --no-screenshots   take none at page loads and marks\n"
                "      --headless     without a window, for --auto\n\n"
                "The network:\n"
                "      --isolate=user   (default) user and network namespaces of the browser's "
                "own,\n"
                "                       joined to the outside by slirp4netns or pasta; no "
                "root\n"
                "      --isolate=netns  a network namespace with a veth pair; needs root\n"
                "      --isolate=none -i IF   the machine's own network, captured on IF\n"
                "      --joiner=slirp4netns|pasta   which one\n"
                "      --no-network   do not ask time servers how far the clock is off\n\n"
                "      --duration S   end by itself after S seconds\n"
                "      --resume       make the case of a recording that broke off\n"
                "      --keep-recording   leave CASE.recording beside the case\n"
                "  -o, --output CASE  the directory to make; it must not exist, or be empty\n"
                "      --lang en|zh   language of the screen; otherwise that of your locale\n"
                "      --overwrite, --lists PATH, --rules DIR, --json, -q, -v   as in exhibit "
                "import\n\n"
                "Whatever happens (a crash, a power cut, a full disk), what was captured stays "
                "in\n"
                "CASE.recording, and --resume makes the case of it; the case says what is "
                "missing.\n\n"
                "Exit status: 0 done, 2 usage, 3 our failure or the recording broke off, 4 "
                "the\n"
                "input cannot be used.\n\n"
                "example:\n"
                "  exhibit doctor\n"
                "  exhibit record https://news.example -o case\n",
        .run = run,
};
