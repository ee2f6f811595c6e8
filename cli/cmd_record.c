/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
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

enum {
    OPTION_CLASS = OPTION_OWN,
    OPTION_ISOLATE,
    OPTION_JOINER,
    OPTION_BROWSER,
    OPTION_PROFILE,
    OPTION_COOKIES,
    OPTION_NO_DEVTOOLS,
    OPTION_NO_SCREENS,
    OPTION_HEADLESS,
    OPTION_SCRIPT,
    OPTION_AUTO,
    OPTION_CONTROL,
    OPTION_RESTART,
    OPTION_RESUME,
    OPTION_KEEP,
    OPTION_SUBJECT,
    OPTION_RULES,
    OPTION_DURATION,
    OPTION_NO_NETWORK,
    OPTION_LANG,
    ARENA_MOST = 256 << 20,
    GUIDE_MOST = 1 << 20,
    ANSWER = 64,
};

#define SECOND_NS INT64_C(1000000000)

/* One of `n` words; -1 when it is none. */
static int word_of(const char *value, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (words[i] != NULL && strcmp(value, words[i]) == 0)
            return i;
    }
    return -1;
}

static bool take_word(
        const char *option, const char *value, const char *const *words, int n, int *out)
{
    *out = word_of(value, words, n);
    if (*out >= 0)
        return true;
    (void)command_usage(&command_record, "%s=%s is none of those in the help", option, value);
    return false;
}

static bool take_choice(struct record_options *o, int option, const char *value)
{
    static const char *const classes[] = {NULL, "ordinary", "controlled"};
    static const char *const kinds[] = {"user", "netns", "none"};
    static const char *const joiners[] = {"best", "slirp4netns", "pasta"};
    static const char *const cookies[] = {"default", "allow", "block"};
    static const char *const languages[] = {"en", "zh"};
    int chosen = 0;
    bool good;

    if (option == OPTION_CLASS) {
        good = take_word("--class", value, classes, 3, &chosen);
        o->class = (enum session_class)chosen;
    } else if (option == OPTION_ISOLATE) {
        good = take_word("--isolate", value, kinds, 3, &chosen);
        o->isolation = (enum isolation_kind)chosen;
    } else if (option == OPTION_JOINER) {
        good = take_word("--joiner", value, joiners, 3, &chosen);
        o->joiner = (enum isolation_joiner)chosen;
    } else if (option == OPTION_COOKIES) {
        good = take_word("--third-party-cookies", value, cookies, 3, &chosen);
        o->cookies = (enum third_party_cookies)chosen;
    } else {
        good = take_word("--lang", value, languages, 2, &chosen);
        o->chinese = chosen == 1;
    }
    return good;
}

static bool take_duration(struct record_options *o, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);

    if (*end == '\0' && seconds > 0 && seconds < 1e8) {
        o->duration_ns = (int64_t)(seconds * (double)SECOND_NS);
        return true;
    }
    (void)command_usage(&command_record, "--duration wants seconds, not %s", value);
    return false;
}

/* False when the option is none of ours. */
static bool take_plain(struct record_options *o, int option, const char *value)
{
    switch (option) {
    case 'o':
        o->target = value;
        return true;
    case 'i':
        o->device = value;
        return true;
    case OPTION_BROWSER:
        o->browser = value;
        return true;
    case OPTION_PROFILE:
        o->profile = value;
        return true;
    case OPTION_SCRIPT:
        o->script = value;
        return true;
    case OPTION_SUBJECT:
        o->subject = value;
        return true;
    case OPTION_RULES:
        o->rules = value;
        return true;
    case OPTION_NO_DEVTOOLS:
        return o->no_devtools = true;
    case OPTION_NO_SCREENS:
        return o->no_screens = true;
    case OPTION_HEADLESS:
        return o->headless = true;
    case OPTION_AUTO:
        return o->automatic = true;
    case OPTION_CONTROL:
        return o->control = true;
    case OPTION_RESTART:
        return o->restart = true;
    case OPTION_RESUME:
        return o->resume = true;
    case OPTION_KEEP:
        return o->keep = true;
    case OPTION_NO_NETWORK:
        o->ask_network = false;
        return true;
    default:
        return false;
    }
}

/* SETTINGS_TAKEN: all is read. */
static enum settings_result take_options(int argc, char **argv, struct record_options *o)
{
    static const struct option options[] = {SETTINGS_LONG, {"output", 1, NULL, 'o'},
            {"interface", 1, NULL, 'i'}, {"class", 1, NULL, OPTION_CLASS},
            {"isolate", 1, NULL, OPTION_ISOLATE}, {"joiner", 1, NULL, OPTION_JOINER},
            {"browser", 1, NULL, OPTION_BROWSER}, {"profile", 1, NULL, OPTION_PROFILE},
            {"third-party-cookies", 1, NULL, OPTION_COOKIES},
            {"no-devtools", 0, NULL, OPTION_NO_DEVTOOLS},
            {"no-screenshots", 0, NULL, OPTION_NO_SCREENS},
            {"headless", 0, NULL, OPTION_HEADLESS}, {"script", 1, NULL, OPTION_SCRIPT},
            {"auto", 0, NULL, OPTION_AUTO}, {"control", 0, NULL, OPTION_CONTROL},
            {"restart-browser", 0, NULL, OPTION_RESTART}, {"resume", 0, NULL, OPTION_RESUME},
            {"keep-recording", 0, NULL, OPTION_KEEP}, {"subject", 1, NULL, OPTION_SUBJECT},
            {"rules", 1, NULL, OPTION_RULES}, {"duration", 1, NULL, OPTION_DURATION},
            {"no-network", 0, NULL, OPTION_NO_NETWORK}, {"lang", 1, NULL, OPTION_LANG},
            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:i:", options, NULL)) != -1) {
        enum settings_result result = SETTINGS_TAKEN;

        if (option == OPTION_CLASS || option == OPTION_ISOLATE || option == OPTION_JOINER ||
                option == OPTION_COOKIES || option == OPTION_LANG)
            result = take_choice(o, option, optarg) ? SETTINGS_TAKEN : SETTINGS_BAD;
        else if (option == OPTION_DURATION)
            result = take_duration(o, optarg) ? SETTINGS_TAKEN : SETTINGS_BAD;
        else if (!take_plain(o, option, optarg))
            result = settings_take(&command_record, option, optarg, &o->settings);
        if (result != SETTINGS_TAKEN)
            return result;
    }
    return SETTINGS_TAKEN;
}

/* A recording is either a person's ordinary use or a controlled run; courts tell them apart, so
 * nothing is assumed. */
static bool ask_class(struct record_options *o)
{
    char answer[ANSWER];

    if (o->class != SESSION_CLASS_UNKNOWN)
        return true;
    if (o->automatic || o->script != NULL) {
        o->class = SESSION_CONTROLLED;
        return true;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        (void)command_usage(&command_record,
                "say --class=ordinary (you use the web as you always do) or "
                "--class=controlled (you follow a plan to test something)");
        return false;
    }
    (void)fputs(o->chinese
                        ? "这次录制是：\n  1  日常使用：和平时一样上网\n  2  对照实验："
                          "按计划测试某件事\n请输入 1 或 2："
                        : "Is this recording\n  1  ordinary use: you browse as you always do\n"
                          "  2  controlled: you follow a plan to test something\n1 or 2: ",
            stderr);
    if (fgets(answer, sizeof(answer), stdin) == NULL)
        return false;
    o->class = answer[0] == '1'   ? SESSION_ORDINARY
               : answer[0] == '2' ? SESSION_CONTROLLED
                                  : SESSION_CLASS_UNKNOWN;
    if (o->class == SESSION_CLASS_UNKNOWN)
        (void)command_usage(&command_record, "1 or 2 was asked");
    return o->class != SESSION_CLASS_UNKNOWN;
}

static bool options_agree(struct record_options *o)
{
    const char *wrong = NULL;

    if (o->target == NULL)
        wrong = "name the case to make with -o";
    else if (o->automatic && o->script == NULL)
        wrong = "--auto drives a --script";
    else if (o->automatic && o->class == SESSION_ORDINARY)
        wrong = "a driven run is not ordinary use: leave --class=ordinary out";
    else if (o->automatic && o->no_devtools)
        wrong = "--auto drives the browser over DevTools: leave --no-devtools out";
    else if (o->headless && !o->automatic)
        wrong = "--headless is for --auto: without a window nobody can browse";
    else if (o->isolation == ISOLATION_NONE && o->device == NULL)
        wrong = "--isolate=none captures on an interface: name it with -i";
    else if (o->isolation != ISOLATION_NONE && o->device != NULL)
        wrong = "-i is for --isolate=none";
    else if (o->profile != NULL && o->control)
        wrong = "--control compares two fresh profiles: leave --profile out";
    if (wrong != NULL)
        (void)command_usage(&command_record, "%s", wrong);
    return wrong == NULL;
}

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
                r->options->chinese, &r->view, &r->fault);
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

/* The pages that were visited, as a guide for the control run: each opened, and given time. */
static bool visited_guide(const struct record *r, struct arena *arena, struct guide *out)
{
    struct guide_step *steps = arena_array(arena, 2 * r->visited_count + 1, sizeof(*steps));

    if (steps == NULL)
        return false;
    *out = (struct guide){.steps = steps};
    for (size_t i = 0; i < r->visited_count; i++) {
        const char *url = arena_string(arena, bytes_text(r->visited[i]));

        if (url == NULL)
            return false;
        if (strncmp(url, "http", 4) != 0)
            continue;
        steps[out->n++] = (struct guide_step){
                .act = GUIDE_OPEN, .text = url, .shown_en = url, .shown_zh = url};
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
        code = import_said(&r.maker, &o->settings);
    else
        code = command_failed(&r.fault);
    if (status != STATUS_OK && r.maker.bag != NULL)
        say_kept(&r);
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
    const char *directory =
            arena == NULL ? NULL : arena_print(arena, "%s.recording", o->target);
    enum exit_status code;
    enum status status;

    maker.setup.lists = o->settings.lists;
    maker.setup.list_count = o->settings.list_count;
    maker.setup.rules = o->rules;
    maker.setup.subject = o->subject;
    status = directory == NULL ? fault_set(&fault, STATUS_NOMEM, "out of memory")
                               : recording_case(arena, directory, &maker, &fault);
    code = status != STATUS_OK ? command_failed(&fault) : import_said(&maker, &o->settings);
    case_maker_clear(&maker);
    arena_free(arena);
    return code;
}

static enum exit_status run(int argc, char **argv)
{
    const char *locale = setlocale(LC_ALL, "");
    struct record_options o = {
            .ask_network = true,
            .command_line = argv,
            .chinese = locale != NULL && strncmp(locale, "zh", 2) == 0,
    };
    enum settings_result result = take_options(argc, argv, &o);

    if (result != SETTINGS_TAKEN)
        return result == SETTINGS_HELP ? EXIT_DONE : EXIT_USAGE;
    if (optind < argc && argv[optind][0] != '-')
        o.url = argv[optind++];
    o.browser_flags = (const char *const *)(argv + optind);
    o.browser_flag_count = (size_t)(argc - optind);
    if (!options_agree(&o))
        return EXIT_USAGE;
    if (o.resume)
        return resume(&o);
    if (!ask_class(&o))
        return EXIT_USAGE;
    return record_all(&o);
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
                "  -o, --output CASE  the directory to make; it must not exist\n"
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
