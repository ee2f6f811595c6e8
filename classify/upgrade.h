/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_UPGRADE_H
#define CLASSIFY_UPGRADE_H

/* Which exchange opened the WebSocket that a message went through: the one of the same stream of
 * the same connection. */

#include "classify/evidence.h"

/* For each exchange of the evidence the index of the one that opened its WebSocket, into
 * `opened`; -1 for what is no message, and where that exchange was not seen. False: no memory. */
MUST_USE bool upgrade_link(const struct evidence *e, int64_t *opened);

#endif
