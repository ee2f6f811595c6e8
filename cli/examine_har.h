/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_EXAMINE_HAR_H
#define CLI_EXAMINE_HAR_H

/* The same examination for HAR files, which have no packets: see capture/har/har.h. */

#include "base/fault.h"
#include "capture/http/body.h"
#include "classify/evidence.h"
#include "report/words.h"

/*
 * Whether these files are HAR files, told by their content. One that cannot be read is none: who
 * opens it next says why. STATUS_INPUT when there are HAR files and others: what a program wrote
 * and what went over the wire are of different worth, and do not go into one case.
 */
MUST_USE enum status examine_har_told(
        const char *const *files, size_t n, bool *har, struct fault *fault);

/* Reads one that is; its line among the files of the evidence is the last one there. Sets e->har.
 * Status as of har.h, and STATUS_INPUT when it cannot be opened. */
MUST_USE enum status examine_har_file(
        const char *path, struct body_store *bodies, struct evidence *e, struct fault *fault);

/* What the person at the keyboard must know of what was read, in lines on stderr. */
void examine_har_warn(const struct evidence *e, enum language l);

#endif
