/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/han.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum {
    GROWTH = 18,   /* the most that NFKC makes of one unit (U+FDFA) */
    SPELLING = 12, /* the longest syllable and its space, for one Han character */
    GB18030_BYTES = 4,
    UTF8_BYTES = 3, /* the most that one unit of UTF-16 takes */
};

/* ICU's own failures: memory, or its data files. */
static enum status status_of(UErrorCode code)
{
    if (code == U_MEMORY_ALLOCATION_ERROR || code == U_BUFFER_OVERFLOW_ERROR)
        return STATUS_NOMEM;
    return U_FAILURE(code) ? STATUS_MISSING : STATUS_OK;
}

/* The text as UTF-16 in memory of its own, with room for `factor` times as many units. */
static enum status widen(struct bytes text, size_t factor, UChar **out, int32_t *units)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar *p;

    if (text.n > HAN_TEXT_MOST)
        return STATUS_USAGE;
    if (!bytes_is_utf8(text))
        return STATUS_INPUT;
    p = calloc(text.n * factor + 1, sizeof(*p));
    if (p == NULL)
        return STATUS_NOMEM;
    if (text.n != 0)
        u_strFromUTF8(p, (int32_t)text.n, units, (const char *)text.p, (int32_t)text.n, &code);
    else
        *units = 0;
    /* It has no room for a final NUL when all is ASCII, and says so; nobody asked for one. */
    if (U_FAILURE(code)) {
        free(p);
        return status_of(code);
    }
    *out = p;
    return STATUS_OK;
}

static enum status narrow(struct arena *arena, const UChar *p, int32_t units, struct bytes *out)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t room = units * UTF8_BYTES, n = 0;
    uint8_t *text = arena_alloc(arena, (size_t)room + 1);

    if (text == NULL)
        return STATUS_NOMEM;
    if (units != 0)
        u_strToUTF8((char *)text, room + 1, &n, p, units, &code);
    if (U_FAILURE(code))
        return status_of(code);
    *out = bytes_of(text, (size_t)n);
    return STATUS_OK;
}

static void trim(const UChar **p, int32_t *units)
{
    while (*units != 0 && u_isUWhiteSpace(**p)) {
        (*p)++;
        (*units)--;
    }
    while (*units != 0 && u_isUWhiteSpace((*p)[*units - 1]))
        (*units)--;
}

static enum status normalise(
        struct arena *arena, struct bytes text, bool compatible, struct bytes *out)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form =
            compatible ? unorm2_getNFKCInstance(&code) : unorm2_getNFCInstance(&code);
    UChar *in = NULL, *made;
    const UChar *kept;
    int32_t units = 0, n;
    enum status status = status_of(code);

    if (status == STATUS_OK)
        status = widen(text, 1, &in, &units);
    if (status != STATUS_OK)
        return status;
    made = calloc((size_t)units * GROWTH + 1, sizeof(*made));
    if (made == NULL) {
        free(in);
        return STATUS_NOMEM;
    }
    n = unorm2_normalize(form, in, units, made, units * GROWTH + 1, &code);
    status = status_of(code);
    kept = made;
    if (status == STATUS_OK) {
        trim(&kept, &n);
        status = narrow(arena, kept, n, out);
    }
    free(made);
    free(in);
    return status;
}

enum status han_normal(struct arena *arena, struct bytes text, struct bytes *out)
{
    return normalise(arena, text, false, out);
}

enum status han_narrow(struct arena *arena, struct bytes text, struct bytes *out)
{
    return normalise(arena, text, true, out);
}

enum status han_lower(struct arena *arena, struct bytes text, struct bytes *out)
{
    enum { LONGEST = 3 }; /* units that one becomes */
    UErrorCode code = U_ZERO_ERROR;
    UChar *in, *made;
    int32_t units, n;
    enum status status = widen(text, 1, &in, &units);

    if (status != STATUS_OK)
        return status;
    made = calloc((size_t)units * LONGEST + 1, sizeof(*made));
    if (made == NULL) {
        free(in);
        return STATUS_NOMEM;
    }
    n = u_strToLower(made, units * LONGEST + 1, in, units, "", &code);
    status = status_of(code);
    if (status == STATUS_OK)
        status = narrow(arena, made, n, out);
    free(made);
    free(in);
    return status;
}

enum status han_gbk(struct arena *arena, struct bytes text, struct bytes *out)
{
    UErrorCode code = U_ZERO_ERROR;
    UConverter *to;
    UChar *in;
    int32_t units, room, n = 0;
    uint8_t *made;
    enum status status = widen(text, 1, &in, &units);

    if (status != STATUS_OK)
        return status;
    room = units * GB18030_BYTES + 1;
    made = arena_alloc(arena, (size_t)room);
    to = made == NULL ? NULL : ucnv_open("gb18030", &code);
    if (to != NULL) {
        n = ucnv_fromUChars(to, (char *)made, room, in, units, &code);
        ucnv_close(to);
    }
    free(in);
    if (made == NULL)
        return STATUS_NOMEM;
    status = status_of(code);
    if (status == STATUS_OK)
        *out = bytes_of(made, (size_t)n);
    return status;
}

enum status han_utf16(struct arena *arena, struct bytes text, struct bytes *out)
{
    UChar *in;
    int32_t units;
    uint8_t *made;
    enum status status = widen(text, 1, &in, &units);

    if (status != STATUS_OK)
        return status;
    made = arena_array(arena, (size_t)units, 2);
    for (int32_t i = 0; made != NULL && i < units; i++) {
        made[2 * i] = (uint8_t)(in[i] & 0xff);
        made[2 * i + 1] = (uint8_t)(in[i] >> 8);
    }
    free(in);
    if (made == NULL)
        return STATUS_NOMEM;
    *out = bytes_of(made, 2 * (size_t)units);
    return STATUS_OK;
}

static enum status open_spelling(enum han_umlaut umlaut, UTransliterator **out)
{
    static const char *const rules[HAN_UMLAUTS] = {
            [HAN_U] = "::Han-Latin/Names; ::Latin-ASCII; ::Lower;",
            [HAN_V] = "::Han-Latin/Names; [üǖǘǚǜ] > v; ::Latin-ASCII; ::Lower;",
            [HAN_YU] = "::Han-Latin/Names; [üǖǘǚǜ] > yu; ::Latin-ASCII; ::Lower;",
    };
    static const UChar name[] = {'x', 0};
    UErrorCode code = U_ZERO_ERROR;
    UParseError where;
    UTransliterator *made;
    UChar *text;
    int32_t units;
    enum status status = widen(bytes_text(rules[umlaut]), 1, &text, &units);

    if (status != STATUS_OK)
        return status;
    made = utrans_openU(name, 1, UTRANS_FORWARD, text, units, &where, &code);
    free(text);
    status = status_of(code);
    if (status == STATUS_OK)
        *out = made;
    return status;
}

/* One space where there are several, none at the ends: names of ICU's making have some. */
static struct bytes squeeze(uint8_t *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (p[i] != ' ' || (kept != 0 && p[kept - 1] != ' '))
            p[kept++] = p[i];
    }
    return bytes_trim(bytes_of(p, kept));
}

enum status han_pinyin(
        struct arena *arena, struct bytes name, enum han_umlaut umlaut, struct bytes *out)
{
    UErrorCode code = U_ZERO_ERROR;
    UTransliterator *spell = NULL;
    struct bytes text;
    UChar *in;
    uint8_t *own;
    int32_t units, limit;
    enum status status = widen(name, SPELLING, &in, &units);

    if (status != STATUS_OK)
        return status;
    status = open_spelling(umlaut, &spell);
    limit = units;
    if (status == STATUS_OK) {
        utrans_transUChars(
                spell, in, &units, (int32_t)(name.n * SPELLING + 1), 0, &limit, &code);
        utrans_close(spell);
        status = status_of(code);
    }
    if (status == STATUS_OK)
        status = narrow(arena, in, units, &text);
    free(in);
    if (status != STATUS_OK)
        return status;
    own = arena_alloc(arena, text.n);
    if (own == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < text.n; i++)
        own[i] = text.p[i];
    *out = squeeze(own, text.n);
    return STATUS_OK;
}

bool han_take(struct bytes *text, uint32_t *out)
{
    int32_t at = 0, n = text->n > INT32_MAX ? INT32_MAX : (int32_t)text->n;
    UChar32 c;

    if (n == 0)
        return false;
    U8_NEXT(text->p, at, n, c);
    if (c < 0)
        return false;
    *text = bytes_slice(*text, (size_t)at, text->n);
    *out = (uint32_t)c;
    return true;
}

bool han_is(uint32_t character)
{
    return character <= UCHAR_MAX_VALUE &&
           u_hasBinaryProperty((UChar32)character, UCHAR_UNIFIED_IDEOGRAPH);
}

size_t han_count(struct bytes text)
{
    uint32_t c;
    size_t n = 0;

    while (han_take(&text, &c))
        n += han_is(c);
    return n;
}
