/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FORMAT_H
#define CLASSIFY_FORMAT_H

/*
 * Values whose form and name are known: which product writes them, and what they are. The table
 * (format_table.c) is our own compilation from public documentation and observation; it can
 * support a verdict, never carry it alone.
 */

#include "base/status.h"
#include "classify/trace.h"

struct format {
    const char *name;    /* of the cookie or parameter; a final "*" stands for any rest */
    const char *pattern; /* of the whole value, percent-decoded; NULL: any */
    enum trace_class class_;
    const char *text_en; /* "Google Analytics client id" */
    const char *text_zh;
};

extern const struct format format_table[];
extern const size_t format_table_size;

struct formats; /* the table with its patterns compiled; read-only, may be shared */

struct formats *formats_new(void); /* NULL: out of memory */
void formats_free(struct formats *f);
/* The first entry that fits; NULL when none does. */
const struct format *formats_find(
        const struct formats *f, struct bytes name, struct bytes value);

#endif
