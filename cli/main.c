/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

static const struct command *const commands[] = {
        &command_record,
        &command_doctor,
        &command_subject,
        &command_import,
        &command_capture,
        &command_show,
        &command_verify,
        &command_report,
        &command_compare,
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void print_overview(FILE *out)
{
    (void)fputs("exhibit proves what a web site and its third parties collected about you.\n\n"
                "usage: exhibit COMMAND [OPTIONS] ...\n\n",
            out);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    (void)fputs(
            "\nA first case, from a capture and the key log the browser wrote beside it:\n\n"
            "  exhibit import traffic.pcapng --keys keys.log -o case\n"
            "  exhibit verify case\n"
            "  open case/data/report/report.en.html (or report.zh.html) in a browser\n\n"
            "exhibit COMMAND --help explains a command; man exhibit has it all.\n",
            out);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_DONE : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        (void)printf("exhibit %s\n", EXHIBIT_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return (int)commands[i]->run(argc - 1, argv + 1);
    }
    (void)fprintf(stderr, "exhibit: there is no command \"%s\"\n\n", name);
    print_overview(stderr);
    return EXIT_USAGE;
}
