/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_ACCOUNT_H
#define REPORT_ACCOUNT_H

/* The browser's own account beside the packets: what it says of one exchange, and what became of
 * all requests that it told of. */

#include "base/json.h"
#include "classify/judgement.h"

enum { ACCOUNT_MISSED_MOST = 1000 /* listed by address; all are counted */ };

/* Member "browser" of an exchange's line: null when the browser did not tell of it. Nothing at
 * all when there is no account. */
void account_exchange(struct json *j, const struct judgement *judged, size_t index);
/* Member "browser" of completeness.json; null when there is no account. */
void account_completeness(struct json *j, const struct judgement *judged);

/* Of the requests that the browser told of: those that no packet needs to show. */
uint64_t account_only_browser(const struct browser_match *m);

#endif
