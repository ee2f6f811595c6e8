/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONDITION_H
#define CLASSIFY_CONDITION_H

/*
 * The conditions of `!#if` in lists, such as `ext_ublock && !env_safari`.
 *
 * They ask which browser and which extension reads the list. exhibit is neither, so every name
 * is false except `true`: lines meant for one product are left out, lines meant for everybody
 * but one are kept. A condition that is malformed or nests more than CONDITION_NESTING deep is
 * false.
 */

#include "base/bytes.h"

enum { CONDITION_NESTING = 32 };

MUST_USE bool condition_holds(struct bytes text);

#endif
