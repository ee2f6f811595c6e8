/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

/* Days of the Gregorian calendar, without time zones. */

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Whether there is such a day, whatever the year; months and days from 1. */
MUST_USE bool date_valid(int64_t year, int64_t month, int64_t day);
/* Days since 1970-01-01 of a valid date of the years 1 to 9999999. */
int64_t date_days(int64_t year, int64_t month, int64_t day);

#endif
