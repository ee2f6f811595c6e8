/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_WIDE_H
#define CLASSIFY_WIDE_H

/*
 * Sixteen bytes of text at once. The answer to a question about each byte is one bit, the
 * lowest for the first byte. Processors with SSE2 (all with x86-64) have instructions for it;
 * the functions that end in _portable do the same anywhere.
 */

#include <stdint.h>
#include <string.h>

enum { WIDE = 16 };

/* A function that is compiled twice, the second time for processors since about 2013 (x86-64-v3,
 * x86-64 psABI section 3.1.1); the dynamic loader takes the one that runs. Sanitizers are not
 * ready yet when it does. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && __GNUC__ >= 12 &&        \
        !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE_TWICE __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define WIDE_TWICE
#endif

#define WIDE_EACH(byte) (UINT64_C(0x0101010101010101) * (byte)) /* the same byte eight times */

/* Eight bytes, the first one lowest whatever the machine. */
static inline uint64_t wide_load_eight(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void wide_store_eight(uint8_t *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(p, &word, sizeof(word));
}

/* Bit 7 of each byte, side by side. */
static inline uint32_t wide_gather_eight(uint64_t word)
{
    return (uint32_t)((word >> 7 & WIDE_EACH(1u)) * UINT64_C(0x0102040810204080) >> 56);
}

static inline uint32_t wide_equal_eight(const uint8_t *p, uint8_t c)
{
    uint64_t word = wide_load_eight(p) ^ WIDE_EACH(c);

    return wide_gather_eight(~(((word & WIDE_EACH(0x7fu)) + WIDE_EACH(0x7fu)) | word));
}

/* Bit 7 of each byte of the result: is that byte of `word` from `low` to `high`? ASCII only. */
static inline uint64_t wide_between(uint64_t word, uint8_t low, uint8_t high)
{
    uint64_t seven = word & WIDE_EACH(0x7fu);

    return (seven + WIDE_EACH(0x80u - low)) & ~(seven + WIDE_EACH(0x7fu - high)) & ~word &
           WIDE_EACH(0x80u);
}

static inline uint32_t wide_lower_eight(const uint8_t *from, uint8_t *to)
{
    uint64_t word = wide_load_eight(from);
    uint64_t letters = wide_between(word | WIDE_EACH(0x20u), 'a', 'z');

    wide_store_eight(to, word | letters >> 2); /* 0x80 >> 2 is what tells 'a' from 'A' */
    return wide_gather_eight(letters | wide_between(word, '0', '9'));
}

static inline uint32_t wide_names_eight(const uint8_t *p)
{
    uint64_t word = wide_load_eight(p);

    return wide_gather_eight(wide_between(word, 'a', 'z') | wide_between(word, '0', '9') |
                             wide_between(word, '-', '.'));
}

static inline uint32_t wide_equal_portable(const uint8_t *p, uint8_t c)
{
    return wide_equal_eight(p, c) | wide_equal_eight(p + 8, c) << 8;
}

static inline uint32_t wide_lower_portable(const uint8_t *from, uint8_t *to)
{
    uint32_t first = wide_lower_eight(from, to);

    return first | wide_lower_eight(from + 8, to + 8) << 8;
}

static inline uint32_t wide_names_portable(const uint8_t *p)
{
    return wide_names_eight(p) | wide_names_eight(p + 8) << 8;
}

#ifdef __SSE2__
typedef signed char wide_signed __attribute__((vector_size(16)));
typedef unsigned char wide_bytes __attribute__((vector_size(16)));
typedef char wide_chars __attribute__((vector_size(16))); /* as the instruction has it */

static inline uint32_t wide_gather(wide_bytes mask)
{
    return (uint32_t)__builtin_ia32_pmovmskb128((wide_chars)mask);
}

/* All bits of a byte: is it one of the `n` up to and with `last`? Adding moves these to the
 * top of what is positive, where one comparison is enough. */
static inline wide_bytes wide_among(wide_bytes bytes, uint8_t last, uint8_t n)
{
    wide_signed moved = (wide_signed)(bytes + (unsigned char)(0x7f - last));

    return (wide_bytes)(moved > (signed char)(0x7f - n));
}

/* Which of the bytes at `p` are `c`? */
static inline uint32_t wide_equal(const uint8_t *p, uint8_t c)
{
    wide_bytes bytes;

    memcpy(&bytes, p, sizeof(bytes));
    return wide_gather((wide_bytes)(bytes == c));
}

/* Copies with ASCII letters in lower case. Which bytes are letters or digits? */
static inline uint32_t wide_lower(const uint8_t *from, uint8_t *to)
{
    wide_bytes bytes, lower, letters;

    memcpy(&bytes, from, sizeof(bytes));
    letters = wide_among(bytes | 0x20, 'z', 26);
    lower = bytes | (letters & 0x20);
    memcpy(to, &lower, sizeof(lower));
    return wide_gather(letters | wide_among(bytes, '9', 10));
}

/* Which are bytes of most host names: lower-case letters, digits, dots and dashes? */
static inline uint32_t wide_names(const uint8_t *p)
{
    wide_bytes bytes;

    memcpy(&bytes, p, sizeof(bytes));
    return wide_gather(wide_among(bytes, 'z', 26) | wide_among(bytes, '9', 10) |
                       wide_among(bytes, '.', 2));
}
#else
static inline uint32_t wide_equal(const uint8_t *p, uint8_t c)
{
    return wide_equal_portable(p, c);
}

static inline uint32_t wide_lower(const uint8_t *from, uint8_t *to)
{
    return wide_lower_portable(from, to);
}

static inline uint32_t wide_names(const uint8_t *p)
{
    return wide_names_portable(p);
}
#endif

/* As wide_equal, of 64 bytes. */
static inline uint64_t wide_equal_four(const uint8_t *p, uint8_t c)
{
    return wide_equal(p, c) | (uint64_t)wide_equal(p + WIDE, c) << 16 |
           (uint64_t)wide_equal(p + 2 * WIDE, c) << 32 |
           (uint64_t)wide_equal(p + 3 * WIDE, c) << 48;
}

/* As wide_names, of 64 bytes. */
static inline uint64_t wide_names_four(const uint8_t *p)
{
    return wide_names(p) | (uint64_t)wide_names(p + WIDE) << 16 |
           (uint64_t)wide_names(p + 2 * WIDE) << 32 | (uint64_t)wide_names(p + 3 * WIDE) << 48;
}

/* As wide_lower, of 64 bytes. */
static inline __attribute__((always_inline)) uint64_t wide_lower_four(
        const uint8_t *from, uint8_t *to)
{
    uint64_t bits = wide_lower(from, to);

    bits |= (uint64_t)wide_lower(from + WIDE, to + WIDE) << 16;
    bits |= (uint64_t)wide_lower(from + 2 * WIDE, to + 2 * WIDE) << 32;
    return bits | (uint64_t)wide_lower(from + 3 * WIDE, to + 3 * WIDE) << 48;
}

#endif
