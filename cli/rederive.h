/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_REDERIVE_H
#define CLI_REDERIVE_H

/* Derives the findings of a case again from its packets, and compares. */

#include "cli/command.h"
#include "report/verify.h"

/*
 * Reads data/raw/ of the case with the inputs, keys and lists its basis.json names, and adds a
 * VERIFY_DIFFERS to `v` for each file of data/findings/ that does not come out byte for byte,
 * with the first record that differs. STATUS_INPUT when the case does not say how.
 */
MUST_USE enum status rederive_case(const char *path, const struct settings *settings,
        struct verify *v, struct fault *fault);

#endif
