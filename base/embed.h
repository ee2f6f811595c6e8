/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

/*
 * Puts a file of the tree into the program as read-only bytes.
 *
 *     EMBED(parties_csv, "classify/data/parties.csv");
 *
 * at file scope declares `parties_csv` (uint8_t array, 16-aligned, a NUL behind it that does
 * not count) and `parties_csv_size`. Paths are from the repository root, where builds run;
 * the assembler reads the file, so the Makefile must name it as a prerequisite of the object.
 * Both symbols are hidden: seen in this program only, and reached without relocation in a
 * position-independent one. One program may embed a name once.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* clang-format off */
#define EMBED(name, path)                                       \
    __asm__(".pushsection .rodata, \"a\", @progbits\n"          \
            ".balign 16\n"                                      \
            ".globl " #name "\n"                                \
            ".hidden " #name "\n"                               \
            ".type " #name ", @object\n"                        \
            #name ":\n"                                         \
            ".incbin \"" path "\"\n"                            \
            #name "_end:\n"                                     \
            ".size " #name ", " #name "_end - " #name "\n"      \
            ".byte 0\n"                                         \
            ".balign 8\n"                                       \
            ".globl " #name "_size\n"                           \
            ".hidden " #name "_size\n"                          \
            ".type " #name "_size, @object\n"                   \
            #name "_size:\n"                                    \
            ".quad " #name "_end - " #name "\n"                 \
            ".size " #name "_size, 8\n"                         \
            ".popsection\n");                                   \
    extern const uint8_t name[] __attribute__((visibility("hidden")));   \
    extern const uint64_t name##_size __attribute__((visibility("hidden")))
/* clang-format on */

/* The whole embedded file as a view. */
#define EMBEDDED(name) bytes_of(name, (size_t)name##_size)

#endif
