/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/case_read.h"
#include "cli/command.h"
#include "cli/locale.h"

enum { OPTION_FORMAT = OPTION_OWN, OPTION_LANG, OPTION_LETTER, PIECE = 1 << 16 };

/* The page in the case belongs to what was sealed: it is copied, not made again. */
static enum status copy(FILE *from, FILE *to)
{
    char piece[PIECE];
    size_t n;

    while ((n = fread(piece, 1, sizeof(piece), from)) != 0) {
        if (fwrite(piece, 1, n, to) != n)
            return STATUS_IO;
    }
    return ferror(from) != 0 ? STATUS_IO : STATUS_OK;
}

static enum status write_report(const char *directory, enum language language,
        const char *target, bool overwrite, struct fault *fault)
{
    char path[CASE_PATH_MOST];
    FILE *from, *to;
    int fd;
    enum status status = case_check(directory, fault);

    if (status != STATUS_OK)
        return status;
    (void)snprintf(path, sizeof(path), "%s/data/report/report.%s.html", directory,
            language_code(language));
    from = fopen(path, "rbe");
    if (from == NULL)
        return fault_set(
                fault, STATUS_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL), 0644);
    to = fd < 0 ? NULL : fdopen(fd, "wb");
    if (to == NULL) {
        status = errno == EEXIST ? STATUS_USAGE : STATUS_IO;
        fault_set(fault, status, "%s: cannot be written: %s%s", target, strerror(errno),
                errno == EEXIST ? "; --overwrite replaces it" : "");
    } else {
        status = copy(from, to);
        if (fclose(to) != 0)
            status = STATUS_IO;
        if (status != STATUS_OK)
            fault_set(fault, status, "%s: writing failed: %s", target, strerror(errno));
    }
    (void)fclose(from);
    return status;
}

struct wish {
    const char *target, *format;
    enum language language;
    bool letter;
};

static enum exit_status check_wish(const struct wish *w)
{
    if (w->letter)
        return command_usage(&command_report, "letters are not in this version");
    if (strcmp(w->format, "pdf") == 0)
        return command_usage(&command_report,
                "--format pdf is not in this version; print the HTML page from a browser");
    if (strcmp(w->format, "html") != 0)
        return command_usage(&command_report, "--format takes html, not \"%s\"", w->format);
    if (w->target == NULL)
        return command_usage(&command_report, "-o FILE says where to write the report");
    return EXIT_DONE;
}

static enum settings_result take(int option, struct settings *settings, struct wish *w)
{
    switch (option) {
    case 'o':
        w->target = optarg;
        return SETTINGS_TAKEN;
    case OPTION_FORMAT:
        w->format = optarg;
        return SETTINGS_TAKEN;
    case OPTION_LANG:
        return locale_take(&command_report, optarg, &w->language);
    case OPTION_LETTER:
        w->letter = true;
        return SETTINGS_TAKEN;
    default:
        return settings_take(&command_report, option, optarg, settings);
    }
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"output", 1, NULL, 'o'},
            {"format", 1, NULL, OPTION_FORMAT}, {"lang", 1, NULL, OPTION_LANG},
            {"letter", 1, NULL, OPTION_LETTER}, {NULL, 0, NULL, 0}};
    struct settings settings = {0};
    struct wish wish = {.format = "html", .language = LANGUAGE_ENGLISH};
    struct fault fault = {0};
    enum exit_status refused;
    enum settings_result result;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        result = take(option, &settings, &wish);
        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    refused = check_wish(&wish);
    if (refused != EXIT_DONE)
        return refused;
    if (argc - optind != 1)
        return command_usage(&command_report, "name one case");
    if (write_report(argv[optind], wish.language, wish.target, settings.overwrite, &fault) !=
            STATUS_OK)
        return command_failed(&fault);
    if (!settings.quiet)
        (void)fprintf(stderr, "%s: the report of %s\n", wish.target, argv[optind]);
    return EXIT_DONE;
}

const struct command command_report = {
        .name = "report",
        .summary = "write the report of a case to a file",
        .help = "usage: exhibit report [OPTIONS] CASE -o FILE\n\n"
                "Copies the page that was sealed with the case. It is one file without "
                "scripts\n"
                "that needs no network: read it in a browser, print it, send it.\n\n"
                "  -o, --output FILE   where to write it; an existing file is refused\n"
                "      --lang en|zh    English (default) or Chinese\n"
                "      --format html   the only format of this version\n"
                "      --overwrite     replace an existing file\n"
                "  -q, --quiet         say nothing when all went well\n\n"
                "Exit status: 0 done, 2 usage, 3 our failure, 4 not a case.\n",
        .run = run,
};
