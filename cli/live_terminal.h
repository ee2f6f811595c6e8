/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_TERMINAL_H
#define CLI_LIVE_TERMINAL_H

/*
 * The terminal while the screen is shown: alternate screen, raw keys, no cursor; and as it was
 * before, whatever ends the process: live_terminal_leave, exit, a signal. Handlers that were
 * there before are called; a process that handles a signal and goes on keeps the screen.
 * There is one in a process.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/fault.h"

enum { LIVE_COLUMNS = 80, LIVE_ROWS = 24 }; /* where the terminal does not tell */

/* Both are terminals and TERM is none that knows no sequences. */
bool live_terminal_able(int in, int out);
MUST_USE enum status live_terminal_enter(int in, int out, struct fault *fault);
/* Safe to call at any time, also twice. */
void live_terminal_leave(void);
/* False: we are in the background, stopped or without a terminal; write nothing. `*anew`: the screen
 * may hold something else, draw all of it. */
MUST_USE bool live_terminal_ready(bool *anew);
void live_terminal_size(int out, unsigned *columns, unsigned *rows);
/* Writes all of it, or nothing when the terminal takes nothing just now. STATUS_IO: it is gone. */
MUST_USE enum status live_terminal_write(int out, struct bytes text, bool *written);

#endif
