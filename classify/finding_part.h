/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_PART_H
#define CLASSIFY_FINDING_PART_H

/*
 * What all kinds of findings are built from: statements out of text that came from the network,
 * facts, verdicts and evidence taken from the traces that a finding rests on.
 */

#include "base/buf.h"
#include "classify/finding.h"

enum {
    FINDING_VALUE_SHOWN = 40, /* bytes of a value in a statement */
    FINDING_NAME_SHOWN = 100, /* likewise of a name or a host */
    FINDING_STATEMENT_MOST = 4096,
};

/* Sites of pages, each once, sorted. */
struct finding_sites {
    struct bytes at[TRACE_PAGES_MOST];
    size_t n;
};

void finding_add_pages(struct finding_sites *s, const struct trace *t);
/* Some of them, for a sentence. */
MUST_USE enum status finding_put_sites(
        struct buf *out, const struct finding_sites *s, const char *between);
/* Text as it may be printed in a sentence: short, and free of control bytes. */
MUST_USE enum status finding_put_text(struct buf *out, struct bytes text, size_t most);

/* What fills a place in a sentence. */
struct finding_word {
    struct bytes text;
    size_t most; /* bytes shown */
};

/* A sentence in which "$0" to "$9" stand for words; NULL: no memory. */
const char *finding_say(
        struct arena *arena, const char *sentence, const struct finding_word *words);

/* The class says that it is an identifier of a browser, a device or an account. */
MUST_USE bool finding_identifies(const struct trace *t);
/* Orders pointers to traces by site, value, name and number. */
int finding_by_value(const void *a, const void *b);
MUST_USE bool finding_same_value(const struct trace *a, const struct trace *b);

void finding_add_fact(struct finding *f, const struct finding_fact *fact);
/* The same by kind; texts and lists are borrowed, numbers beyond INT64_MAX become it. */
void finding_add_text(struct finding *f, const char *name, struct bytes text);
void finding_add_number(struct finding *f, const char *name, uint64_t number);
void finding_add_list(struct finding *f, const char *name, struct bytes *list, size_t n);
/* The places, names and values are borrowed; false: no memory. */
MUST_USE bool finding_add_trace(struct arena *arena, struct finding *f, const struct trace *t);
MUST_USE bool finding_add_sites(struct arena *arena, struct finding *f, const char *name,
        const struct finding_sites *s);
/* The strongest verdict of its traces, with the grounds of the trace that has it. */
void finding_take_verdicts(struct finding *f);
MUST_USE bool finding_take_evidence(struct arena *arena, struct finding *f);

/* Appends a new finding, empty; NULL: no memory. */
struct finding *finding_new(struct arena *arena, const char *kind, struct findings *out);

#endif
