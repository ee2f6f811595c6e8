/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_OOM_H
#define TESTS_SUPPORT_OOM_H

/*
 * Makes one allocation fail: the n-th call of malloc, calloc or realloc from our own objects
 * after oom_fail_at(n), counted from 1. oom_fail_at(0) switches it off. A test runs its case
 * for n = 1, 2, 3, … until oom_happened() stays false: then every allocation failed once.
 */

#include <stdbool.h>

void oom_fail_at(long n);
bool oom_happened(void); /* since the last oom_fail_at */

#endif
