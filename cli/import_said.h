/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_IMPORT_SAID_H
#define CLI_IMPORT_SAID_H

/* What import and record say of the case that they made: in words on stderr, or as JSON on
 * stdout, by the settings. The language is that of the words. */

#include "cli/case_make.h"
#include "cli/command.h"
#include "report/words.h"

enum exit_status import_said(
        const struct case_maker *m, const struct settings *s, enum language language);

#endif
