/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VARIANT_LIST_H
#define CLASSIFY_VARIANT_LIST_H

/*
 * The list that the makers of variants write into, one file for each sort of value. Once a call
 * failed the later ones do nothing; whoever made the list looks at its status at the end.
 */

#include "classify/variant.h"

enum variant_how { /* or'ed; 0 for what is sure and stands alone among its like */
    VARIANT_PLAIN = 1,
    VARIANT_HASHED = 2,
    VARIANT_PARTIAL = 4,
    VARIANT_KEYED = 8,
    VARIANT_LOOSE = 16, /* letters may stand next to it: words of a script without spaces */
    VARIANT_BOTH = VARIANT_PLAIN | VARIANT_HASHED,
};

struct variant_list {
    struct arena *arena;
    enum status status;
    struct variant *at;
    size_t n, capacity;
    size_t value; /* whose variants are made now */
    size_t first; /* the first of them */
};

/*
 * Adds `text` (UTF-8, in the arena), unless the value has it: then the two are one. A plain text
 * that is too short to mean anything needs a key, a shorter one is not looked for. The search
 * ignores the case of ASCII letters, so of texts that differ by it one is plain, each is hashed.
 */
void variant_add(struct variant_list *l, const char *form, struct bytes text, unsigned how);
/* The same of a text that is written here. */
void variant_print(struct variant_list *l, unsigned how, const char *form, const char *format,
        ...) PRINTF_LIKE(4, 5);
/* Likewise, in another charset; nothing when its bytes are those of UTF-8. */
void variant_add_gbk(struct variant_list *l, struct bytes text, unsigned how);
void variant_add_utf16(struct variant_list *l, struct bytes text, unsigned how);
/* Lower case of ASCII and other letters, or form KC, in the arena; empty after a failure. */
struct bytes variant_lower(struct variant_list *l, struct bytes text);
struct bytes variant_upper_ascii(struct variant_list *l, struct bytes text);
struct bytes variant_narrow(struct variant_list *l, struct bytes text);
/* Without the bytes in `drop`; in the arena. */
struct bytes variant_without(struct variant_list *l, struct bytes text, const char *drop);

/* The makers. Each adds all forms but the value as declared, which is there already. */
void variant_phone(struct variant_list *l, struct bytes text);
void variant_name(struct variant_list *l, struct bytes text);
void variant_email(struct variant_list *l, struct bytes text);
void variant_address(struct variant_list *l, struct bytes text);
/* Numbers and codes, by their shape: identity number, card, plate, IMEI, MEID, MAC, UUID. */
void variant_code(struct variant_list *l, struct bytes text);

#endif
