/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* What every command of exhibit is: a name, a help text, a function; and its exit statuses. */

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_NO = 1, /* the answer is no: verify found a fault, compare a difference */
    EXIT_USAGE = 2,
    EXIT_OURS = 3,  /* our failure: memory, disk, a missing program */
    EXIT_INPUT = 4, /* the input cannot be used */
};

/* The options every command understands. */
struct settings {
    bool quiet, verbose, json, overwrite;
    unsigned threads;      /* 0: as many as there are processors */
    const char *lists[16]; /* --lists, in order; borrowed from argv */
    size_t list_count;
};

struct command {
    const char *name;
    const char *summary; /* one line for the overview */
    const char *help;    /* the whole --help text */
    enum exit_status (*run)(int argc, char **argv);
};

extern const struct command command_import, command_show, command_verify, command_report;
extern const struct command command_doctor, command_record, command_compare, command_capture;
extern const struct command command_subject;

/* Prints the fault as "exhibit: …" on stderr and gives the exit status that fits it. */
enum exit_status command_failed(const struct fault *fault);
/* Prints "exhibit NAME: …" and where to find help; always EXIT_USAGE. */
enum exit_status command_usage(const struct command *c, const char *format, ...)
        PRINTF_LIKE(2, 3);

/*
 * Common options for getopt_long: one string of short ones, one macro of long ones. Values
 * above 255 are long-only. settings_take returns SETTINGS_NOT when `option` is none of them.
 */
#define SETTINGS_SHORT "qvj:h"
enum {
    OPTION_JSON = 256,
    OPTION_LISTS,
    OPTION_OVERWRITE,
    OPTION_OWN, /* a command's own long options start here */
};
#define SETTINGS_LONG                                                                          \
    {"quiet", 0, NULL, 'q'}, {"verbose", 0, NULL, 'v'}, {"threads", 1, NULL, 'j'},             \
            {"help", 0, NULL, 'h'}, {"json", 0, NULL, OPTION_JSON},                            \
            {"lists", 1, NULL, OPTION_LISTS},                                                  \
    {                                                                                          \
        "overwrite", 0, NULL, OPTION_OVERWRITE                                                 \
    }

enum settings_result {
    SETTINGS_NOT, /* not a common option */
    SETTINGS_TAKEN,
    SETTINGS_HELP, /* --help was asked for and printed; stop with EXIT_DONE */
    SETTINGS_BAD,  /* said on stderr; stop with EXIT_USAGE */
};
MUST_USE enum settings_result settings_take(
        const struct command *c, int option, const char *value, struct settings *s);
/* How a command ends that met an option which was not taken. */
enum exit_status settings_exit(enum settings_result result);

#endif
