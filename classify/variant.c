/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/variant.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "classify/han.h"
#include "classify/variant_list.h"

enum {
    TEXT_LEAST = 6,   /* bytes that mean something wherever they stand */
    DIGITS_LEAST = 8, /* likewise when all of them are digits */
    HAN_LEAST = 2,    /* likewise Han characters */
    KEYED_LEAST = 3,  /* bytes that mean something under a key that says what they are */
    KEYED_DIGITS = 4, /* likewise digits */
    HASHED_LEAST = 2, /* bytes; what a digest is of */
    PRINTED_MOST = 1536,
};

static void fail(struct variant_list *l, enum status status)
{
    if (l->status == STATUS_OK)
        l->status = status;
}

/* 0: meant wherever it stands; 1: under a key; 2: nowhere. */
static unsigned shortness(struct bytes text)
{
    size_t han = han_count(text), digits = 0;

    /* One Han character and letters, as on a plate, are no word either. */
    if (han != 0)
        return han < HAN_LEAST && text.n < TEXT_LEAST;
    for (size_t i = 0; i < text.n; i++)
        digits += ascii_is_digit(text.p[i]);
    if (digits == text.n)
        return text.n >= DIGITS_LEAST ? 0 : 1 + (text.n < KEYED_DIGITS);
    return text.n >= TEXT_LEAST ? 0 : 1 + (text.n < KEYED_LEAST);
}

/* One of the value's that is the same bytes, or, of plain ones, the same but for case. */
static struct variant *find(const struct variant_list *l, const struct variant *v, bool plain)
{
    for (size_t i = l->first; i < l->n; i++) {
        struct variant *o = &l->at[i];

        if (strcmp(o->charset, v->charset) != 0)
            continue;
        if (plain ? o->plain && bytes_equal_nocase(o->text, v->text)
                  : bytes_equal(o->text, v->text))
            return o;
    }
    return NULL;
}

static void put(struct variant_list *l, const struct variant *v)
{
    struct variant *same = find(l, v, false), *twin = v->plain ? find(l, v, true) : NULL;
    struct variant made = *v;

    /* What one of two forms allows is allowed. */
    if (twin != NULL) {
        twin->needs_key &= v->needs_key;
        twin->partial &= v->partial;
        made.plain = false;
    }
    if (same != NULL) {
        same->plain |= made.plain;
        same->hashed |= made.hashed;
        same->needs_key &= made.needs_key;
        same->partial &= made.partial;
        return;
    }
    if ((!made.plain && !made.hashed) || l->n - l->first == VARIANTS_OF_ONE_MOST)
        return;
    same = arena_grow(l->arena, l->at, l->n, &l->capacity, sizeof(*l->at));
    if (same == NULL) {
        fail(l, STATUS_NOMEM);
        return;
    }
    l->at = same;
    l->at[l->n++] = made;
}

/* `text` is what tells how long it is, `written` what is looked for. */
static void add(struct variant_list *l, const char *form, struct bytes text,
        struct bytes written, const char *charset, unsigned how)
{
    unsigned brief = shortness(text);
    const struct variant v = {
            .value = l->value,
            .form = form,
            .text = written,
            .charset = charset,
            .partial = (how & VARIANT_PARTIAL) != 0,
            .hashed = (how & VARIANT_HASHED) != 0 && text.n >= HASHED_LEAST,
            .plain = (how & VARIANT_PLAIN) != 0 && brief < 2,
            .bounded = (how & VARIANT_LOOSE) == 0,
            .needs_key = (how & VARIANT_KEYED) != 0 || brief != 0,
    };

    if (l->status == STATUS_OK && text.n != 0)
        put(l, &v);
}

void variant_add(struct variant_list *l, const char *form, struct bytes text, unsigned how)
{
    add(l, form, text, text, "utf-8", how);
}

void variant_print(
        struct variant_list *l, unsigned how, const char *form, const char *format, ...)
{
    char text[PRINTED_MOST];
    struct bytes made;
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (n <= 0 || (size_t)n >= sizeof(text) || l->status != STATUS_OK)
        return;
    if (!arena_copy(l->arena, bytes_of(text, (size_t)n), &made))
        fail(l, STATUS_NOMEM);
    else
        variant_add(l, form, made, how);
}

void variant_add_gbk(struct variant_list *l, struct bytes text, unsigned how)
{
    struct bytes made;

    if (l->status != STATUS_OK)
        return;
    l->status = han_gbk(l->arena, text, &made);
    if (l->status == STATUS_OK && !bytes_equal(made, text))
        add(l, "GBK", text, made, "gbk", how);
}

void variant_add_utf16(struct variant_list *l, struct bytes text, unsigned how)
{
    struct bytes made;

    if (l->status != STATUS_OK)
        return;
    l->status = han_utf16(l->arena, text, &made);
    if (l->status == STATUS_OK)
        add(l, "UTF-16", text, made, "utf-16le", how);
}

struct bytes variant_lower(struct variant_list *l, struct bytes text)
{
    struct bytes made = {0};

    if (l->status == STATUS_OK)
        l->status = han_lower(l->arena, text, &made);
    return l->status == STATUS_OK ? made : (struct bytes){0};
}

struct bytes variant_narrow(struct variant_list *l, struct bytes text)
{
    struct bytes made = {0};

    if (l->status == STATUS_OK)
        l->status = han_narrow(l->arena, text, &made);
    return l->status == STATUS_OK ? made : (struct bytes){0};
}

struct bytes variant_upper_ascii(struct variant_list *l, struct bytes text)
{
    uint8_t *p = arena_alloc(l->arena, text.n);

    if (p == NULL) {
        fail(l, STATUS_NOMEM);
        return (struct bytes){0};
    }
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] >= 'a' && text.p[i] <= 'z' ? (uint8_t)(text.p[i] - 'a' + 'A')
                                                    : text.p[i];
    return bytes_of(p, text.n);
}

struct bytes variant_without(struct variant_list *l, struct bytes text, const char *drop)
{
    struct bytes dropped = bytes_text(drop);
    uint8_t *p = arena_alloc(l->arena, text.n);
    size_t n = 0;

    if (p == NULL) {
        fail(l, STATUS_NOMEM);
        return (struct bytes){0};
    }
    for (size_t i = 0; i < text.n; i++) {
        if (!bytes_has(dropped, text.p[i]))
            p[n++] = text.p[i];
    }
    return bytes_of(p, n);
}

/* Han characters are written without spaces: four of them mean the same inside a sentence, and
 * so do two that were searched for. Two of a name may be part of another. */
static unsigned edges(enum subject_kind kind, struct bytes text)
{
    enum { SURE = 4 };
    size_t han = han_count(text);

    return (kind == SUBJECT_SEARCH && han >= HAN_LEAST) || han >= SURE ? VARIANT_LOOSE : 0;
}

static void make(struct variant_list *l, const struct subject_value *v)
{
    unsigned how = VARIANT_BOTH | edges(v->kind, v->text);

    variant_add(l, "as declared", v->text, how);
    variant_add(l, "lower case", variant_lower(l, v->text), VARIANT_HASHED);
    variant_add_gbk(l, v->text, how);
    switch (v->kind) {
    case SUBJECT_NAME:
        variant_name(l, v->text);
        break;
    case SUBJECT_EMAIL:
        variant_email(l, v->text);
        break;
    case SUBJECT_PHONE:
        variant_phone(l, v->text);
        break;
    case SUBJECT_ADDRESS:
        variant_address(l, v->text);
        break;
    case SUBJECT_SEARCH:
        /* "+" for a space is a coding of forms, which the search knows. */
        variant_add_utf16(l, v->text, how & ~(unsigned)VARIANT_HASHED);
        break;
    case SUBJECT_ACCOUNT:
    case SUBJECT_OTHER:
        variant_email(l, v->text);
        variant_code(l, v->text);
        break;
    case SUBJECT_ID_NUMBER:
    case SUBJECT_DEVICE:
        variant_code(l, v->text);
        break;
    case SUBJECT_LOCATION:
    case SUBJECT_KINDS:
        break;
    }
}

enum status variants_make(
        struct arena *arena, const struct subject *subject, struct variants *out)
{
    struct variant_list l = {.arena = arena};

    for (size_t i = 0; i < subject->n && l.status == STATUS_OK; i++) {
        l.value = i;
        l.first = l.n;
        if (subject->at[i].kind != SUBJECT_LOCATION)
            make(&l, &subject->at[i]);
    }
    if (l.status != STATUS_OK)
        return l.status;
    *out = (struct variants){.at = l.at, .n = l.n};
    return STATUS_OK;
}
