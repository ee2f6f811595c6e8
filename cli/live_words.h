/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_WORDS_H
#define CLI_LIVE_WORDS_H

/* Figures of a recording in words, for the screen and the plain lines alike. Every function fills
 * `out` of LIVE_WORDS bytes with text of our own: nothing of the network is in it. */

#include "cli/live_cells.h"
#include "cli/live_view.h"
#include "report/words.h"

enum { LIVE_WORDS = 256 };

void live_words_number(uint64_t n, char out[LIVE_WORDS]);     /* "12,345" */
void live_words_bytes(uint64_t n, char out[LIVE_WORDS]);      /* "8.4 MB", decimal */
void live_words_elapsed(int64_t ns, char out[LIVE_WORDS]);    /* "0:12:34" */
void live_words_clock(int64_t time_ns, char out[LIVE_WORDS]); /* "14:03:21", UTC */
/* "decrypting: yes 98 %"; returns its colour. Says yes only from 90 % on, and never rounds up. */
enum live_style live_words_light(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS]);
/* "23, judged at 14:03:21 UTC", "not judged yet" */
void live_words_identifiers(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS]);
/* "none dropped"; LIVE_PLAIN when all is well. */
enum live_style live_words_dropped(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS]);
/* "12.3 GB free, enough for about 40 hours at this pace"; LIVE_AMBER below an hour. */
enum live_style live_words_disk(
        enum language l, const struct live_facts *facts, char out[LIVE_WORDS]);
/* "L0: your own capture, sealed at the end" */
void live_words_proof(enum language l, const struct live_facts *facts, char out[LIVE_WORDS]);
/* "ordinary use"; a class that is unknown as it is. */
const char *live_words_class(enum language l, const char *class_name);

#endif
