/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* A counter that may be unknown. Zero and "nobody counted" are different statements. */
struct count {
    bool known;
    uint64_t n; /* meaningless unless known */
};

#endif
