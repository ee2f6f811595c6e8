/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPLETENESS_H
#define REPORT_COMPLETENESS_H

/* completeness.json: what was read, what was not, why, and what no capture can show. */

#include "base/json.h"
#include "classify/judgement.h"

void completeness_write(
        struct json *j, const struct evidence *e, const struct judgement *judged);
/* Exchanges whose page is unknown. */
uint64_t completeness_pages_unknown(const struct evidence *e, const struct judgement *judged);

#endif
