/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { THREADS_MOST = 256 };

enum exit_status command_failed(const struct fault *fault)
{
    (void)fprintf(stderr, "exhibit: %s\n",
            fault->text[0] == '\0' ? "failed for a reason nobody wrote down" : fault->text);
    switch (fault->status) {
    case STATUS_USAGE:
        return EXIT_USAGE;
    case STATUS_INPUT:
        return EXIT_INPUT;
    case STATUS_OK:
    case STATUS_NOMEM:
    case STATUS_IO:
    case STATUS_FULL:
    case STATUS_MISSING:
        break;
    }
    return EXIT_OURS;
}

enum exit_status command_usage(const struct command *c, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "exhibit %s: ", c->name);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\nexhibit %s --help shows how to use it\n", c->name);
    return EXIT_USAGE;
}

enum settings_result settings_take(
        const struct command *c, int option, const char *value, struct settings *s)
{
    uint64_t n;

    switch (option) {
    case 'q':
        s->quiet = true;
        return SETTINGS_TAKEN;
    case 'v':
        s->verbose = true;
        return SETTINGS_TAKEN;
    case 'j':
        if (!bytes_decimal(bytes_text(value), &n) || n == 0 || n > THREADS_MOST) {
            (void)command_usage(c, "-j takes a number of threads from 1 to %d", THREADS_MOST);
            return SETTINGS_BAD;
        }
        s->threads = (unsigned)n;
        return SETTINGS_TAKEN;
    case OPTION_JSON:
        s->json = true;
        return SETTINGS_TAKEN;
    case OPTION_OVERWRITE:
        s->overwrite = true;
        return SETTINGS_TAKEN;
    case OPTION_LISTS:
        if (s->list_count == sizeof(s->lists) / sizeof(*s->lists)) {
            (void)command_usage(c, "--lists was given too often");
            return SETTINGS_BAD;
        }
        s->lists[s->list_count++] = value;
        return SETTINGS_TAKEN;
    case 'h':
        (void)fputs(c->help, stdout);
        return SETTINGS_HELP;
    case '?':
        (void)fprintf(stderr, "exhibit %s --help shows how to use it\n", c->name);
        return SETTINGS_BAD;
    default:
        return SETTINGS_NOT;
    }
}

enum exit_status settings_exit(enum settings_result result)
{
    return result == SETTINGS_HELP ? EXIT_DONE : EXIT_USAGE;
}
