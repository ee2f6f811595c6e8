/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LOCALE_H
#define CLI_LOCALE_H

/*
 * What the environment says of the person's language (POSIX.1-2017, section 8.2). The program as
 * a whole stays in the locale "C": numbers in files must not depend on where it runs.
 */

#include <stdbool.h>

#include "cli/command.h"
#include "report/words.h"

/* Of messages; English unless LC_ALL, LC_MESSAGES or LANG, the first that is set, is Chinese. */
enum language locale_language(void);
/* Whether the terminal is to be sent UTF-8: LC_ALL, LC_CTYPE or LANG. */
bool locale_is_utf8(void);
/* The language of a name, such as "en", "zh" or "zh_CN.UTF-8". */
enum language locale_language_of(const char *name);
/* An argument of --lang, "en" or "zh"; of another it is said that `command` takes none, which is
 * SETTINGS_BAD, and `*out` is left alone. */
MUST_USE enum settings_result locale_take(
        const struct command *command, const char *argument, enum language *out);

#endif
