/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_VISIBLE_H
#define REPORT_VISIBLE_H

/*
 * Captured text as a person may safely read it, on a page or a terminal. What is not UTF-8 is
 * read as ISO 8859-1. Characters that cannot be seen or that change how others are read
 * (controls, direction marks, zero width) are to be shown as an escape.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { VISIBLE_TEXT = 16, VISIBLE_UTF8_MOST = 4 };

/* One character off the front of `text`, which is not empty and valid UTF-8 unless `latin1`. */
uint32_t visible_take(struct bytes *text, bool latin1);
MUST_USE bool visible_hidden(uint32_t c);
/* "\n", "\x1b" or "\u{202e}", with a NUL. */
void visible_escape(uint32_t c, char out[VISIBLE_TEXT]);
/* As UTF-8; returns how many bytes. */
size_t visible_encode(uint32_t c, uint8_t out[VISIBLE_UTF8_MOST]);

#endif
