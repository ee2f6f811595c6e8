/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VARIANT_CODE_H
#define CLASSIFY_VARIANT_CODE_H

/* Numbers that prove themselves: what tells a card or an identity number from any digits. */

#include <stdbool.h>

#include "base/bytes.h"

/* Digits whose check digit is right, ISO/IEC 7812-1 annex B. */
MUST_USE bool code_luhn(struct bytes digits);
/* Eighteen characters of GB 11643-1999: a division, a date that exists, the check character
 * (ISO 7064 MOD 11-2; "X" in either case). One in 100,000 random numbers passes. */
MUST_USE bool code_is_identity(struct bytes text);
/* A plate of the People's Republic, GA 36-2018, in UTF-8, without marks: province, letter, five
 * or six letters and digits. */
MUST_USE bool code_is_plate(struct bytes text);

#endif
