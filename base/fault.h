/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

/*
 * Why something of ours failed, in words for the person at the keyboard: what failed, where
 * (file, offset, packet), why, and what to do. Only cli/ prints it.
 */

#include "base/status.h"

enum { FAULT_TEXT = 1024 };

struct fault {
    enum status status;
    char text[FAULT_TEXT]; /* always ends in NUL; too long a text is cut */
};

/* Writes the text, unless one is there already (the first cause stands), and returns `status`.
 * `fault` may be NULL. */
enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
        PRINTF_LIKE(3, 4);

#endif
