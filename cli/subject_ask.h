/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SUBJECT_ASK_H
#define CLI_SUBJECT_ASK_H

/* The questions of exhibit subject, asked one by one on a terminal. */

#include <stdio.h>

#include "cli/subject_file.h"
#include "report/words.h"

/*
 * Asks for every kind of value on `out` and reads answers, a line each, from `in`. An empty line
 * goes on to the next kind; a value that looks wrong is asked about and kept if the person says
 * so. False when the answers ended before the questions: then nothing is to be written. `*status`
 * is STATUS_NOMEM when memory ran out.
 */
MUST_USE bool subject_ask(enum language language, FILE *in, FILE *out,
        struct subject_form *form, enum status *status);

/* A question that is answered with y or n; an empty line is `usual`, and so is the end. */
MUST_USE bool subject_ask_yes(
        enum language language, FILE *in, FILE *out, const char *english, bool usual);

#endif
