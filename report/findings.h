/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

/*
 * The files of data/findings/, piece by piece: what a case states, in a form that scripts read
 * and that anyone can derive again from the packets. The same evidence, judgement and basis
 * always give the same bytes.
 */

#include "base/buf.h"
#include "base/json.h"
#include "classify/judgement.h"

enum findings_file {
    FINDINGS_EXCHANGES,
    FINDINGS_CONNECTIONS,
    FINDINGS_DNS,
    FINDINGS_ITEMS,
    FINDINGS_FINDINGS,
    FINDINGS_SERVERS,
    FINDINGS_COMPLETENESS,
    FINDINGS_BASIS,
    FINDINGS_FILES,
};

/* "data/findings/exchanges.jsonl", … */
const char *findings_name(enum findings_file file);

/* A file that was read besides the packets. */
struct basis_file {
    const char *name;   /* in the case: "data/raw/keys.log" */
    const char *sha256; /* hex */
};

/* What the findings lean on, for basis.json. All borrowed. */
struct basis {
    const struct lists *lists;     /* NULL: none */
    const char *const *list_names; /* where each list is in the case, by index */
    const struct site_list *suffixes;
    const char *suffixes_name; /* in the case; NULL: not copied */
    const struct parties *parties;
    const struct legal *legal;
    const struct basis_file *keys;
    size_t key_count;
    uint64_t key_blocks;                       /* secrets blocks inside capture files */
    struct basis_file subject, marks, browser; /* name NULL: not given */
    struct basis_file sockets;                 /* name NULL: nobody asked (belonging.h) */
    const char *rules_name; /* directory of the legal rules in the case; NULL: the program's */
    /* Of the database of addresses; NULL: none was installed. */
    const char *whereabouts_date, *whereabouts_sha256;
};

struct findings_writer {
    const struct evidence *evidence;
    const struct judgement *judgement;
    const struct basis *basis;
    enum findings_file file;
    size_t next;      /* record to write next */
    struct json json; /* of a document that is written in parts */
};

void findings_open(struct findings_writer *w, enum findings_file file, const struct evidence *e,
        const struct judgement *j, const struct basis *b);
/* Appends the next record to `out`: a line, a part of the findings, or else the whole file
 * where it is one document. `out` may be emptied in between, and stays the same one. False at
 * the end. `*status` tells when `out` could not take it. */
MUST_USE bool findings_next(struct findings_writer *w, struct buf *out, enum status *status);

#endif
