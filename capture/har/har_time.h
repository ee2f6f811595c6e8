/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HAR_HAR_TIME_H
#define CAPTURE_HAR_HAR_TIME_H

/* Times as HAR files have them: ISO 8601 with an offset, and milliseconds with a fraction. */

#include <stdint.h>

#include "base/bytes.h"

/* "2026-01-02T03:04:05.678+08:00", "…Z" or (Safari, old tools) without an offset, then taken as
 * UTC. Years 1970 to 2261. False when it is no such time. */
MUST_USE bool har_time_read(struct bytes text, int64_t *ns);
/* Milliseconds; what is negative ("does not apply") or no number is 0, and at most a day. */
int64_t har_time_ms(double ms);
/* As Set-Cookie has it, RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
enum { HAR_DATE_TEXT = 32 };
MUST_USE bool har_time_date(int64_t ns, char out[HAR_DATE_TEXT]);

#endif
