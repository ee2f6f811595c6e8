/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VERDICT_PLACE_H
#define CLASSIFY_VERDICT_PLACE_H

/* How exactly a value says where somebody is: places and network addresses, by their form. */

#include <stdbool.h>

#include "base/bytes.h"

/* It has a decimal number with three places or more, about 100 m of a degree: it points at a
 * building, not at a town. */
MUST_USE bool verdict_is_precise(struct bytes text);

enum verdict_address {
    ADDRESS_NONE, /* no address, or one that is nobody's: private, of documentation, … */
    ADDRESS_FULL,
    ADDRESS_CUT, /* the last part is zero or left out: "198.41.7.0", "198.41.7.x" */
};

/* What an address that stands alone in a text is (RFC 4291 section 2.2 for its forms). A version
 * can look the same: the name it stands under has to be looked at, too. */
enum verdict_address verdict_address_of(struct bytes text);

/* The name says that the address is the visitor's: "client_ip", "ip", "x-forwarded-for". */
MUST_USE bool verdict_names_address(struct bytes name);

#endif
