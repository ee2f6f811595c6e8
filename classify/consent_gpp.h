/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_GPP_H
#define CLASSIFY_CONSENT_GPP_H

/*
 * Strings of IAB Tech Lab's Global Privacy Platform: a header with the numbers of the sections,
 * then the sections, joined by "~". Decoded are the sections of Europe's and Canada's TCF, of the
 * US Privacy string, and of the United States and those states whose fields are in the table in
 * consent_gpp.c. Sections that are not are named by their number, and nothing is said of them.
 */

#include "classify/consent_string.h"

/* Fills sections, choices and TCF of `out`, which starts empty; its contents are undefined
 * unless PARSE_DONE. PARSE_UNSUPPORTED: a header of another version. */
MUST_USE enum parse consent_gpp_read(struct bytes text, struct consent_string *out);

/* "1YNN": choices of `section` (0: it travelled by itself) are added. PARSE_BAD: none was. */
MUST_USE enum parse consent_gpp_us_privacy(
        struct bytes text, unsigned section, struct consent_string *out);

#endif
