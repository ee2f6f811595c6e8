/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SCORE_NAME_H
#define CLASSIFY_SCORE_NAME_H

/* What the name of a value says about it. Names are hints, never proof. */

#include <stdbool.h>

#include "base/bytes.h"

enum { SCORE_NAME_LOOKED = 256 /* bytes of a name that are looked at */ };

MUST_USE bool score_name_identifier(struct bytes name); /* uid, visitor_id, cid, … */
/* Of a site, an application, a version, a place: the same for all who are there. */
MUST_USE bool score_name_constant(struct bytes name);
MUST_USE bool score_name_session(struct bytes name);    /* csrf, xsrf, JSESSIONID, … */
MUST_USE bool score_name_guard(struct bytes name);      /* against forged requests: csrf, … */
MUST_USE bool score_name_secret(struct bytes name);     /* password, token, authorization */
MUST_USE bool score_name_preference(struct bytes name); /* lang, theme, currency, … */
MUST_USE bool score_name_search(struct bytes name);     /* q, wd, word, keyword, … */
MUST_USE bool score_name_content(struct bytes name);    /* url, ref, title, … */
MUST_USE bool score_name_consent(struct bytes name);    /* consent, gdpr, … */

#endif
