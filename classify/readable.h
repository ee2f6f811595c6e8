/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_READABLE_H
#define CLASSIFY_READABLE_H

#include "base/bytes.h"

/* UTF-8 without control characters other than tab, line feed and carriage return: what a person
 * may have written, in a format that does not say which of its bytes are text. */
MUST_USE bool readable_text(struct bytes text);

#endif
