/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subject_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/variant.h"
#include "classify/variant_code.h"
#include "report/words.h"

enum {
    ARENA_MOST = 4 << 20,
    PHONE_LEAST = 5, /* ITU-T E.164 section 6: 15 at most with the country code */
    PHONE_MOST = 15,
    MOBILE = 11,
    IDENTITY = 18,
    CARD_LEAST = 13, /* ISO/IEC 7812-1 */
    CARD_MOST = 19,
    IMEI = 15,
    MAC = 12,
    BARE_MOST = 64,
    NUMBER_MOST = 24,
};

/* Letters and digits alone; false when there is more of them than fits. */
static bool strip(struct bytes text, char out[BARE_MOST], size_t *digits)
{
    size_t n = 0;

    *digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (bytes_has(BYTES_LITERAL(" -.:()/+"), text.p[i]))
            continue;
        if (n + 1 == BARE_MOST)
            return false;
        *digits += ascii_is_digit(text.p[i]);
        out[n++] = (char)text.p[i];
    }
    out[n] = '\0';
    return true;
}

static const char *check_email(struct bytes text)
{
    struct bytes local, domain = text;

    if (!bytes_take_until(&domain, '@', &local) || local.n == 0 || domain.n < 3 ||
            bytes_has(domain, '@') || !bytes_has(domain, '.') || bytes_has(text, ' '))
        return WORDS("This does not look like an e-mail address (name@example.com).");
    return NULL;
}

static const char *check_phone(struct bytes text)
{
    char bare[BARE_MOST];
    size_t digits;

    if (!strip(text, bare, &digits) || digits != strlen(bare))
        return WORDS("This holds something else than digits, spaces, + and -.");
    if (digits < PHONE_LEAST || digits > PHONE_MOST)
        return WORDS("A telephone number has 5 to 15 digits.");
    if (digits == MOBILE && bare[0] == '1' && bare[1] < '3')
        return WORDS("Mobile numbers of mainland China begin with 13 to 19.");
    return NULL;
}

static const char *check_identity(struct bytes text)
{
    char bare[BARE_MOST];
    size_t digits;

    /* Numbers of other countries have other forms. */
    if (!strip(text, bare, &digits) || strlen(bare) != IDENTITY || digits + 1 < IDENTITY)
        return NULL;
    return code_is_identity(bytes_text(bare))
                   ? NULL
                   : WORDS("The check digit or the date in this identity number is wrong "
                           "(GB 11643).");
}

static const char *check_card(struct bytes text)
{
    char bare[BARE_MOST];
    size_t digits;

    if (!strip(text, bare, &digits) || digits != strlen(bare) || digits < CARD_LEAST ||
            digits > CARD_MOST || code_luhn(bytes_text(bare)))
        return NULL;
    return WORDS("If this is a card number, its check digit is wrong.");
}

static const char *check_device(struct bytes text)
{
    char bare[BARE_MOST];
    size_t digits, hex = 0;

    if (!strip(text, bare, &digits))
        return NULL;
    if (digits == IMEI && strlen(bare) == IMEI && !code_luhn(bytes_text(bare)))
        return WORDS("If this is an IMEI, its check digit is wrong.");
    for (const char *p = bare; *p != '\0'; p++)
        hex += ascii_hex_value((uint8_t)*p) >= 0;
    if (bytes_has(text, ':') && (hex != MAC || strlen(bare) != MAC))
        return WORDS("A MAC address has 12 hexadecimal digits.");
    return NULL;
}

const char *subject_check_form(enum subject_kind kind, struct bytes text)
{
    struct bytes latitude, longitude;

    switch (kind) {
    case SUBJECT_EMAIL:
        return check_email(text);
    case SUBJECT_PHONE:
        return check_phone(text);
    case SUBJECT_ID_NUMBER:
        return check_identity(text);
    case SUBJECT_ACCOUNT:
    case SUBJECT_OTHER:
        return check_card(text);
    case SUBJECT_DEVICE:
        return check_device(text);
    case SUBJECT_LOCATION:
        return subject_check_location(text, &latitude, &longitude)
                       ? NULL
                       : WORDS("A place is two numbers in degrees, latitude first: 31.2304, "
                               "121.4737");
    case SUBJECT_NAME:
    case SUBJECT_ADDRESS:
    case SUBJECT_SEARCH:
    case SUBJECT_KINDS:
        break;
    }
    return NULL;
}

enum status subject_check_reach(const struct subject_value *value, enum subject_reach *out)
{
    struct subject_value copy = *value;
    const struct subject one = {.at = &copy, .n = 1};
    struct arena *arena = arena_new(ARENA_MOST);
    enum subject_reach reach = SUBJECT_NOWHERE;
    struct variants made = {0};
    enum status status;

    if (value->kind == SUBJECT_LOCATION) {
        arena_free(arena);
        *out = SUBJECT_EVERYWHERE;
        return STATUS_OK;
    }
    status = arena == NULL ? STATUS_NOMEM : variants_make(arena, &one, &made);
    for (size_t i = 0; i < made.n && status == STATUS_OK; i++) {
        const struct variant *v = &made.at[i];

        /* One that names the person in part, or its digest, says nothing of the whole. */
        if (!v->plain || v->partial)
            continue;
        if (!v->needs_key)
            reach = SUBJECT_EVERYWHERE;
        else if (reach == SUBJECT_NOWHERE)
            reach = SUBJECT_KEYED;
    }
    arena_free(arena);
    if (status == STATUS_OK)
        *out = reach;
    return status;
}

/* A number as JSON writes it: RFC 8259 section 6, without an exponent. */
static bool take_number(struct bytes *b, double most, struct bytes *out)
{
    char copy[NUMBER_MOST];
    size_t i = b->n != 0 && b->p[0] == '-', begin = i;

    while (i < b->n && ascii_is_digit(b->p[i]))
        i++;
    if (i == begin || (b->p[begin] == '0' && i > begin + 1))
        return false;
    if (i < b->n && b->p[i] == '.') {
        size_t point = i++;

        while (i < b->n && ascii_is_digit(b->p[i]))
            i++;
        if (i == point + 1)
            return false;
    }
    if (i >= sizeof(copy))
        return false;
    memcpy(copy, b->p, i);
    copy[i] = '\0';
    *out = bytes_slice(*b, 0, i);
    *b = bytes_slice(*b, i, b->n);
    return fabs(strtod(copy, NULL)) <= most;
}

bool subject_check_location(struct bytes text, struct bytes *latitude, struct bytes *longitude)
{
    static const char *const marks[] = {",", "\xef\xbc\x8c", ";", "/"};
    struct bytes b = bytes_trim(text), first, second;

    if (!take_number(&b, 90, &first))
        return false;
    text = bytes_trim(b);
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (bytes_starts(text, bytes_text(marks[i]))) {
            text = bytes_slice(text, strlen(marks[i]), text.n);
            break;
        }
    }
    if (text.n == b.n)
        return false; /* neither a mark nor a space between the two */
    b = bytes_trim(text);
    if (!take_number(&b, 180, &second) || bytes_trim(b).n != 0)
        return false;
    *latitude = first;
    *longitude = second;
    return true;
}
