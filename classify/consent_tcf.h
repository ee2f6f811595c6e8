/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_TCF_H
#define CLASSIFY_CONSENT_TCF_H

/*
 * TC strings: IAB Europe's Transparency and Consent Framework, versions 1 and 2, and IAB
 * Canada's, which has the same shape. Segments are joined by "."; the first is the core, the
 * others say their type in their first three bits. Segments of types not known are passed over.
 */

#include "classify/consent_string.h"

/* Fills `tcf` and the times of `out` only. PARSE_DONE, PARSE_BAD, PARSE_UNSUPPORTED: a version
 * not known; untouched then. */
MUST_USE enum parse consent_tcf_read(struct bytes text, struct consent_string *out);
/* Section 5 of a GPP string. */
MUST_USE enum parse consent_tcf_read_canada(struct bytes text, struct consent_string *out);

#endif
