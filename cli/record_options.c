/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/locale.h"
#include "cli/record_parts.h"

enum {
    OPTION_CLASS = OPTION_OWN,
    OPTION_ISOLATE,
    OPTION_JOINER,
    OPTION_BROWSER,
    OPTION_USER,
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
    ANSWER = 64,
    ARGUMENTS_MOST = 1 << 16,
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
        good = locale_take(&command_record, value, &o->language) == SETTINGS_TAKEN;
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
    case OPTION_USER:
        o->browser_user = value;
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
            {"browser", 1, NULL, OPTION_BROWSER}, {"browser-user", 1, NULL, OPTION_USER},
            {"profile", 1, NULL, OPTION_PROFILE},
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

/* As they were given: getopt_long puts them into another order. */
static bool keep_command_line(int argc, char **argv, struct record_options *o)
{
    char **kept = argc < 0 || argc >= ARGUMENTS_MOST
                          ? NULL
                          : arena_array(o->arena, (size_t)argc + 1, sizeof(*kept));

    for (int i = 0; kept != NULL && i < argc; i++)
        kept[i] = argv[i];
    o->command_line = kept;
    return kept != NULL;
}

/* "news.example" is what people type. */
static bool take_url(struct record_options *o, const char *text)
{
    bool whole = strstr(text, "://") != NULL || strncmp(text, "about:", 6) == 0 ||
                 strncmp(text, "data:", 5) == 0;

    o->url = whole ? text : arena_print(o->arena, "https://%s", text);
    return o->url != NULL;
}

/* A recording is either a person's ordinary use or a controlled run; courts tell them apart, so
 * nothing is assumed. */
bool record_options_class(struct record_options *o)
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
    (void)fputs(o->language == LANGUAGE_CHINESE
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

/* What is not made over and found out at once, before a person has browsed for an hour. */
static bool control_is_free(struct record_options *o)
{
    static const char *const ends[] = {"-control", "-control.recording"};

    for (size_t i = 0; o->control && i < sizeof(ends) / sizeof(ends[0]); i++) {
        const char *path = arena_print(o->arena, "%s%s", o->target, ends[i]);

        if (path == NULL || access(path, F_OK) != 0 || (i == 0 && o->settings.overwrite))
            continue;
        (void)command_usage(&command_record,
                "%s is there already, and --control would make it: take another name", path);
        return false;
    }
    return true;
}

static bool options_agree(struct record_options *o)
{
    const char *first =
            o->browser_flag_count == 0 || o->after_dashes ? NULL : o->browser_flags[0];
    const char *wrong = NULL;

    if (o->target == NULL)
        wrong = "name the case to make with -o";
    else if (o->resume)
        wrong = NULL;
    else if (o->automatic && o->script == NULL)
        wrong = "--auto drives a --script";
    else if (o->automatic && o->class == SESSION_ORDINARY)
        wrong = "a driven run is not ordinary use: leave --class=ordinary out";
    else if (o->automatic && o->no_devtools)
        wrong = "--auto drives the browser over DevTools: leave --no-devtools out";
    else if (o->headless && !o->automatic)
        wrong = "--headless is for --auto: without a window nobody can browse";
    else if (!o->headless && getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
        wrong = "no window can be shown: neither DISPLAY nor WAYLAND_DISPLAY is set. Run it on "
                "a desktop; a --script with --auto can also run --headless";
    else if (o->isolation == ISOLATION_NONE && o->device == NULL)
        wrong = "--isolate=none captures on an interface: name it with -i";
    else if (o->isolation != ISOLATION_NONE && o->device != NULL)
        wrong = "-i is for --isolate=none";
    else if (o->profile != NULL && o->control)
        wrong = "--control compares two fresh profiles: leave --profile out";
    else if (o->control && o->no_devtools)
        wrong = "--control visits the pages over DevTools: leave --no-devtools out";
    else if (o->restart && o->automatic)
        wrong = "--restart-browser is for a person; in a script say: restart browser";
    else if (first != NULL)
        wrong = "one address is opened; flags for the browser stand behind --";
    if (wrong != NULL)
        (void)command_usage(&command_record, "%s", wrong);
    return wrong == NULL && control_is_free(o);
}

enum settings_result record_options_take(int argc, char **argv, struct record_options *o)
{
    enum settings_result result;
    bool kept = keep_command_line(argc, argv, o);

    o->ask_network = true;
    o->user = (uid_t)-1;
    o->language = locale_language();
    result = take_options(argc, argv, o);
    if (result != SETTINGS_TAKEN)
        return result;
    o->after_dashes = optind > 0 && strcmp(argv[optind - 1], "--") == 0;
    if (optind < argc && argv[optind][0] != '-')
        kept = take_url(o, argv[optind++]) && kept;
    o->browser_flags = (const char *const *)(argv + optind);
    o->browser_flag_count = (size_t)(argc - optind);
    if (!kept)
        return command_usage(&command_record, "out of memory"), SETTINGS_BAD;
    return options_agree(o) && (o->resume || record_user_find(o)) ? SETTINGS_TAKEN
                                                                  : SETTINGS_BAD;
}
