/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/oom.h"

#include <stddef.h>

/* The linker sends each call of malloc and its kin in our objects here (--wrap). */
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);

static long left;
static bool happened;

void oom_fail_at(long n)
{
    left = n;
    happened = false;
}

bool oom_happened(void)
{
    return happened;
}

static bool fails_now(void)
{
    if (left == 0 || --left != 0)
        return false;
    happened = true;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails_now() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}
