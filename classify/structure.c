/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/structure.h"

#include "classify/key_name.h"

#include "base/date.h"

enum {
    ID_DIGITS = 18,
    DIGITS_MOST = 24,
    PHONE_DIGITS = 11,
    IMEI_DIGITS = 15,
    EMAIL_MOST = 254, /* RFC 5321 section 4.5.3.1.3, without the brackets */
};

const char *structure_name(enum structure_kind kind)
{
    static const char *const names[] = {[STRUCTURE_NONE] = "",
            [STRUCTURE_ID_NUMBER] = "id-number",
            [STRUCTURE_PHONE] = "phone",
            [STRUCTURE_CARD] = "card",
            [STRUCTURE_EMAIL] = "email",
            [STRUCTURE_IMEI] = "imei",
            [STRUCTURE_MAC] = "mac"};

    return names[kind];
}

bool structure_inferred(enum structure_kind kind)
{
    return kind != STRUCTURE_NONE && kind != STRUCTURE_ID_NUMBER;
}

/* `n` digits as a number; the caller knows that they are some. */
static unsigned number_of(const uint8_t *p, size_t n)
{
    unsigned out = 0;

    while (n-- != 0)
        out = out * 10 + (unsigned)(*p++ - '0');
    return out;
}

/* The first two digits of GB/T 2260: 34 provinces. 83 are residents of Taiwan, 91 foreigners. */
static bool is_province(unsigned code)
{
    static const uint8_t codes[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37,
            41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91};

    for (size_t i = 0; i < sizeof(codes); i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

static bool is_date(unsigned year, unsigned month, unsigned day)
{
    return year >= 1900 && year <= 2099 && date_valid(year, month, day);
}

bool structure_id_number(struct bytes text)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;

    if (text.n != ID_DIGITS)
        return false;
    for (size_t i = 0; i < ID_DIGITS - 1; i++) {
        if (!ascii_is_digit(text.p[i]))
            return false;
        sum += (unsigned)(text.p[i] - '0') * weights[i];
    }
    /* ISO 7064 MOD 11-2. */
    return (text.p[17] == 'x' ? 'X' : text.p[17]) == "10X98765432"[sum % 11] &&
           is_province(number_of(text.p, 2)) &&
           is_date(number_of(text.p + 6, 4), number_of(text.p + 10, 2),
                   number_of(text.p + 12, 2));
}

bool structure_next(struct bytes text, size_t *from, struct bytes *out)
{
    size_t at = *from;

    while (at < text.n) {
        size_t end = at;

        while (end < text.n && ascii_is_alnum(text.p[end]))
            end++;
        if (structure_id_number(bytes_slice(text, at, end))) {
            *out = bytes_slice(text, at, end);
            *from = end;
            return true;
        }
        at = end + 1;
    }
    *from = text.n;
    return false;
}

/* ISO/IEC 7812-1 annex B. */
static bool passes_luhn(const uint8_t *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(digits[n - 1 - i] - '0');

        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* The digits of a number as people write it, without spaces and dashes. 0: it is no number. */
static size_t digits_of(struct bytes value, uint8_t out[DIGITS_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];

        if (c == ' ' || c == '-' || (c == '+' && i == 0))
            continue;
        if (!ascii_is_digit(c) || n == DIGITS_MOST)
            return 0;
        out[n++] = c;
    }
    return n;
}

static bool is_mobile(const uint8_t *digits, size_t n)
{
    if (n == PHONE_DIGITS + 4 && digits[0] == '0' && digits[1] == '0') {
        digits += 2;
        n -= 2;
    }
    if (n == PHONE_DIGITS + 2 && digits[0] == '8' && digits[1] == '6') {
        digits += 2;
        n -= 2;
    }
    return n == PHONE_DIGITS && digits[0] == '1' && digits[1] >= '3';
}

static bool is_email(struct bytes value)
{
    struct bytes local, domain = value;
    size_t label = 0, labels = 0;

    if (value.n > EMAIL_MOST || !bytes_take_until(&domain, '@', &local) || local.n == 0 ||
            local.n > 64)
        return false;
    for (size_t i = 0; i < local.n; i++) {
        if (local.p[i] <= ' ' || local.p[i] >= 0x7f ||
                bytes_has(BYTES_LITERAL("\"(),:;<>[]\\"), local.p[i]))
            return false;
    }
    for (size_t i = 0; i < domain.n; i++) {
        if (domain.p[i] == '.') {
            if (label == 0)
                return false;
            labels++;
            label = 0;
        } else if (ascii_is_alnum(domain.p[i]) || domain.p[i] == '-') {
            label++;
        } else {
            return false;
        }
    }
    return labels >= 1 && label >= 2 && ascii_is_alpha(domain.p[domain.n - 1]);
}

/* Twelve hexadecimal digits, bare or in pairs with ":" or "-"; not all the same. */
static bool is_mac(struct bytes value)
{
    uint8_t sign = value.n > 2 ? value.p[2] : 0;
    bool paired = value.n == 17 && (sign == ':' || sign == '-');
    bool differs = false;

    if (value.n != 12 && !paired)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (paired && i % 3 == 2) {
            if (value.p[i] != sign)
                return false;
        } else if (ascii_hex_value(value.p[i]) < 0) {
            return false;
        } else {
            differs |= value.p[i] != value.p[0];
        }
    }
    return differs;
}

static bool is_card(const uint8_t *digits, size_t n)
{
    return n >= 13 && n <= 19 && digits[0] != '0' && passes_luhn(digits, n);
}

enum structure_kind structure_of(struct bytes key, struct bytes value)
{
    uint8_t digits[DIGITS_MOST];
    size_t n = digits_of(value, digits);

    if (structure_id_number(value))
        return STRUCTURE_ID_NUMBER;
    if (key.n == 0)
        return STRUCTURE_NONE;
    if (key_name_says(key, KEY_PHONE) && is_mobile(digits, n))
        return STRUCTURE_PHONE;
    if (key_name_says(key, KEY_CARD) && is_card(digits, n))
        return STRUCTURE_CARD;
    if (key_name_says(key, KEY_EMAIL) && is_email(value))
        return STRUCTURE_EMAIL;
    if (key_name_says(key, KEY_DEVICE)) {
        if (n == IMEI_DIGITS && value.n == n && passes_luhn(digits, n))
            return STRUCTURE_IMEI;
        if (is_mac(value))
            return STRUCTURE_MAC;
    }
    return STRUCTURE_NONE;
}
