/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* The clocks of the system, clock_gettime(2). What is derived from packets reads none of them. */

#include <stdint.h>

int64_t clock_utc_ns(void);  /* CLOCK_REALTIME: since 1970, and may be set */
int64_t clock_boot_ns(void); /* CLOCK_BOOTTIME: goes on while the machine is suspended */
/* CLOCK_MONOTONIC: for waits and durations; stands still while the machine is suspended. */
int64_t clock_steady_ns(void);
int64_t clock_steady_ms(void);

#endif
