/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VERDICT_TABLE_H
#define CLASSIFY_VERDICT_TABLE_H

/* The words of verdict_text and verdict_fact_text, see verdict.h. Facts and grounds only. */

enum { VERDICT_ANY = -1 };

/* The first row that fits a verdict speaks; the last one fits all. */
struct verdict_sentence {
    int class_;       /* enum trace_class, or VERDICT_ANY */
    int reading;      /* enum reading, or VERDICT_ANY */
    int verdict;      /* enum verdict, or VERDICT_ANY */
    const char *fact; /* a code the trace must have; NULL: none */
    const char *en, *zh;
};

extern const struct verdict_sentence verdict_sentences[];

struct verdict_fact_sentence {
    const char *code; /* NULL ends the table */
    const char *en, *zh;
};

extern const struct verdict_fact_sentence verdict_fact_sentences[];

#endif
