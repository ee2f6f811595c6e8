/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_MAKE_H
#define CLI_CASE_MAKE_H

/*
 * Makes a case: its inputs copied and hashed, findings and pages written, the whole sealed. import
 * does all of it in one go; record examines the packets while they are being captured.
 */

#include "cli/examine.h"
#include "report/bag.h"
#include "report/basis.h"

/* A file that goes into the case as it is: `name` is the one there ("data/env/before.json"). */
struct case_along {
    const char *path, *name;
};

/* Filled with zeros but for these, by whoever makes a case; all borrowed until
 * case_maker_clear. */
struct case_maker {
    struct examine_setup setup; /* names in the case and the spool are set here */
    const char *target;
    bool overwrite;
    const struct case_along *along;
    size_t along_count;

    struct examined examined;
    struct fault fault; /* of whatever failed first */
    /* private */
    struct arena *arena;
    struct bag *bag;
    const char *const *list_names;
    const char *suffixes_name;
    struct basis_file *key_files;
    struct basis_file subject, marks, browser, sockets; /* in the case */
};

/* The whole job. */
MUST_USE enum status case_maker_run(struct case_maker *m);

/* The same in steps. Inputs are checked and the directory is made; m->setup.spool is known. */
MUST_USE enum status case_maker_begin(struct case_maker *m);
/* The inputs of the setup, by then complete and whole, are named and copied. */
MUST_USE enum status case_maker_copy(struct case_maker *m);
/* After the examination: everything else, to the sealed case. */
MUST_USE enum status case_maker_write(struct case_maker *m);

/* In any case; what is not sealed is removed. */
void case_maker_clear(struct case_maker *m);

#endif
