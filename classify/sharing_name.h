/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SHARING_NAME_H
#define CLASSIFY_SHARING_NAME_H

/* What names and addresses say about values that two sites have in common. */

#include <stdbool.h>

#include "base/bytes.h"

/* A parameter in which partners hand each other their identifiers: partner_uid, google_gid, … */
MUST_USE bool sharing_name_syncs(struct bytes name);
/* A request for such an exchange: a segment of its path is "cm", "usersync", "setuid", … */
MUST_USE bool sharing_path_syncs(struct bytes path);
/* A parameter that names a customer or a place, or keeps an answer out of caches: the same for
 * every visitor, or new with every request. */
MUST_USE bool sharing_name_common(struct bytes name);
/* The public number of a property, container or account of a measurement or advertising
 * service: "G-1A2B3C4D5E", "UA-1234-1", "GTM-ABC12", "AW-123456789". */
MUST_USE bool sharing_value_common(struct bytes value);

#endif
