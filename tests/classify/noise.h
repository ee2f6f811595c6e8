/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_NOISE_H
#define TESTS_CLASSIFY_NOISE_H

/* Random bytes, for readers that must not find sense in them; seeded, so repeatable. */

#include <stdint.h>

#include "base/bytes.h"

/* Of 200,000 runs of 4 to 63 bytes, how many look, undeclared, like what is to be told. */
static inline unsigned noise_taken_for_it(bool (*looks)(struct bytes data, bool declared))
{
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    unsigned taken = 0;

    for (unsigned round = 0; round < 200000; round++) {
        uint8_t noise[64];
        size_t n = 4 + round % 60;

        for (size_t i = 0; i < n; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            noise[i] = (uint8_t)(seed >> 32);
        }
        taken += looks(bytes_of(noise, n), false);
    }
    return taken;
}

#endif
