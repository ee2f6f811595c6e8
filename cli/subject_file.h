/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SUBJECT_FILE_H
#define CLI_SUBJECT_FILE_H

/* Subject files (classify/subject.h) put together, read in an easier form, and written. */

#include "base/arena.h"
#include "base/fault.h"
#include "classify/subject.h"

enum { SUBJECT_FORM_MOST = 512, SUBJECT_LABEL_MOST = 256 };

/* Values as they are collected; texts in the arena. */
struct subject_form {
    struct arena *arena; /* borrowed */
    struct {
        enum subject_kind kind;
        struct bytes label; /* of SUBJECT_OTHER */
        struct bytes text;
    } at[SUBJECT_FORM_MOST];
    size_t n;
};

/* Copies. STATUS_USAGE when it is full. */
MUST_USE enum status subject_form_add(
        struct subject_form *f, enum subject_kind kind, struct bytes label, struct bytes text);
/* By the rules of a subject file: normalised, each value once. `path` is for messages. */
MUST_USE enum status subject_form_make(const struct subject_form *f, const char *path,
        struct subject *out, struct fault *fault);

/*
 * Reads `path`: the JSON of a subject file when its first character is '{', else one value a line,
 * "email: x@example.com". Keys are those of the file, or what people call them (mail, phone, 手机, …;
 * any other key becomes a label of "other" and is named in `*unknown`, the first of them). "#"
 * begins a line of comment. STATUS_INPUT names the line and what is wrong with it.
 */
MUST_USE enum status subject_file_read(const char *path, struct arena *arena,
        struct subject *out, const char **unknown, struct fault *fault);

/* Writes it: for its owner alone (0600), whole or not at all. An existing file is refused with
 * STATUS_USAGE unless `overwrite`. */
MUST_USE enum status subject_file_write(
        const char *path, const struct subject *subject, bool overwrite, struct fault *fault);

#endif
