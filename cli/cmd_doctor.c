/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/live/browser.h"
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/live_terminal.h"
#include "cli/locale.h"

enum {
    OPTION_BROWSER = OPTION_OWN,
    OPTION_PROFILE,
    OPTION_NO_NETWORK,
    OPTION_LANG,
    JSON_MOST = 64 << 20,
    COLUMNS_LEAST = 40,
    COLUMNS_MOST = 100,
};

struct asked {
    struct settings settings;
    struct environment_setup setup;
    const char *browser, *target;
    enum language language;
};

static struct doctor_paper paper_for(const struct asked *a, FILE *out)
{
    struct doctor_paper paper = {.out = out, .language = a->language, .columns = LIVE_COLUMNS};
    bool terminal = isatty(fileno(out)) == 1;
    const char *none = getenv("NO_COLOR");
    unsigned rows;

    paper.colours = terminal && (none == NULL || none[0] == '\0');
    paper.symbols = paper.colours && locale_is_utf8();
    if (terminal)
        live_terminal_size(fileno(out), &paper.columns, &rows);
    if (paper.columns < COLUMNS_LEAST)
        paper.columns = COLUMNS_LEAST;
    if (paper.columns > COLUMNS_MOST)
        paper.columns = COLUMNS_MOST;
    return paper;
}

/* Before anything is sent, it is said what and to whom. */
static void announce(const struct asked *a)
{
    enum language l = a->language;

    (void)fputs(doctor_say(l, "exhibit: asking time servers what time it is (a few packets to:",
                        "exhibit：将向时间服务器查询时间（少量数据包，发往："),
            stderr);
    for (size_t i = 0; environment_time_servers[i] != NULL; i++)
        (void)fprintf(stderr, "%s%s", i == 0 ? (l == LANGUAGE_CHINESE ? "" : " ") : ", ",
                environment_time_servers[i]);
    (void)fputs(doctor_say(l, "); --no-network leaves that out\n",
                        "）；使用 --no-network 可不查询\n"),
            stderr);
}

static enum status write_json(const struct doctor *d, FILE *out, struct fault *fault)
{
    struct buf text;
    struct json j;

    buf_init(&text, JSON_MOST);
    json_init(&j, &text);
    j.pretty = true;
    doctor_write(d, &j);
    if (j.status == STATUS_OK) {
        (void)fwrite(text.p, 1, text.n, out);
        (void)fputc('\n', out);
    } else {
        fault_set(fault, STATUS_NOMEM, "out of memory while writing the result");
    }
    buf_clear(&text);
    return j.status == STATUS_OK ? STATUS_OK : STATUS_NOMEM;
}

static enum status write_out(const struct asked *a, const struct doctor *d, struct fault *fault)
{
    FILE *out = stdout;
    enum status status = STATUS_OK;
    bool bad;

    if (a->target != NULL) {
        /* "x": what is there already is not written over. */
        out = fopen(a->target, a->settings.overwrite ? "we" : "wxe");
        if (out == NULL)
            return fault_set(fault, errno == EEXIST ? STATUS_USAGE : STATUS_IO, "%s: %s%s",
                    a->target, strerror(errno),
                    errno == EEXIST ? "; --overwrite replaces it" : "");
    }
    if (a->settings.json) {
        status = write_json(d, out, fault);
    } else {
        struct doctor_paper paper = paper_for(a, out);

        doctor_print(d, &paper);
    }
    bad = fflush(out) != 0 || ferror(out) != 0;
    if (out != stdout)
        bad = fclose(out) != 0 || bad;
    if (status == STATUS_OK && bad)
        status = fault_set(fault, STATUS_IO, "%s: could not be written",
                a->target == NULL ? "standard output" : a->target);
    return status;
}

static enum exit_status examine(struct asked *a)
{
    struct browser_facts browser;
    struct fault none = {0}, fault = {0};
    struct doctor d = {0};
    enum status found = browser_find(a->browser, &browser, &none), status;
    bool ready;

    if (found == STATUS_NOMEM)
        return command_failed(&none);
    a->setup.browser = found == STATUS_OK ? browser.path : NULL;
    if (a->setup.ask_network && !a->settings.quiet)
        announce(a);
    status = environment_look(&a->setup, &d.env, &fault);
    if (status != STATUS_OK)
        return command_failed(&fault);
    status = doctor_judge(&d, found == STATUS_OK ? NULL : none.text);
    if (status == STATUS_OK)
        status = write_out(a, &d, &fault);
    else
        fault_set(&fault, status, "out of memory");
    ready = d.ready;
    environment_clear(&d.env);
    if (status != STATUS_OK)
        return command_failed(&fault);
    return ready ? EXIT_DONE : EXIT_NO;
}

static enum settings_result take(int option, struct asked *a)
{
    switch (option) {
    case OPTION_BROWSER:
        a->browser = optarg;
        return SETTINGS_TAKEN;
    case OPTION_PROFILE:
        a->setup.profile = optarg;
        return SETTINGS_TAKEN;
    case 'i':
        a->setup.device = optarg;
        return SETTINGS_TAKEN;
    case 'o':
        a->target = optarg;
        return SETTINGS_TAKEN;
    case OPTION_NO_NETWORK:
        a->setup.ask_network = false;
        return SETTINGS_TAKEN;
    case OPTION_LANG:
        return locale_take(&command_doctor, optarg, &a->language);
    default:
        return settings_take(&command_doctor, option, optarg, &a->settings);
    }
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"browser", 1, NULL, OPTION_BROWSER},
            {"profile", 1, NULL, OPTION_PROFILE}, {"interface", 1, NULL, 'i'},
            {"no-network", 0, NULL, OPTION_NO_NETWORK}, {"lang", 1, NULL, OPTION_LANG},
            {"output", 1, NULL, 'o'}, {NULL, 0, NULL, 0}};
    struct asked a = {.setup.ask_network = true};
    enum settings_result result;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "i:o:", options, NULL)) != -1) {
        result = take(option, &a);
        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    if (argc != optind)
        return command_usage(&command_doctor, "it takes options only");
    return examine(&a);
}

const struct command command_doctor = {
        .name = "doctor",
        .summary = "look at this machine: is it clean, and ready to record?",
        .help = "usage: exhibit doctor [OPTIONS]\n\n"
                "Looks at the machine and changes nothing: computer, clock, network, whom it\n"
                "trusts, browser, programs, means of capture. Each point is in order, to be\n"
                "looked at, or could not be told, with the reason and what to do. Print it "
                "and\n"
                "put it with the case; exhibit record does the same before and after by "
                "itself.\n\n"
                "      --browser P    the browser to be used; otherwise the first one found\n"
                "      --profile DIR  its profile; otherwise a fresh one\n"
                "  -i, --interface IF the interface to capture on; otherwise the way out\n"
                "      --no-network   do not ask time servers\n"
                "      --json         machine-readable output\n"
                "      --lang en|zh   language; otherwise that of your locale\n"
                "  -o, --output FILE  write there; --overwrite replaces a file\n"
                "  -q, --quiet        do not announce the time servers\n\n"
                "Exit status: 0 ready to record, 1 not, 2 usage, 3 our failure.\n",
        .run = run,
};
