/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/variant_code.h"

#include <string.h>

#include "classify/han.h"
#include "classify/variant_list.h"

#include "base/date.h"

enum { IDENTITY = 18, CODE_MOST = 64 };

static bool all_digits(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!ascii_is_digit(text.p[i]))
            return false;
    }
    return text.n != 0;
}

static bool all_hex(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_hex_value(text.p[i]) < 0)
            return false;
    }
    return text.n != 0;
}

bool code_luhn(struct bytes digits)
{
    unsigned sum = 0;

    if (!all_digits(digits))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        unsigned d = (unsigned)(digits.p[digits.n - 1 - i] - '0') * (i % 2 == 0 ? 1 : 2);

        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* A date of the Gregorian calendar, from 1800 on. */
static bool is_date(struct bytes text)
{
    uint64_t year = 0, month = 0, day = 0;

    return bytes_decimal(bytes_slice(text, 0, 4), &year) &&
           bytes_decimal(bytes_slice(text, 4, 6), &month) &&
           bytes_decimal(bytes_slice(text, 6, 8), &day) && year >= 1800 && year <= 2199 &&
           date_valid((int64_t)year, (int64_t)month, (int64_t)day);
}

bool code_is_identity(struct bytes text)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char checks[] = "10X98765432";
    unsigned sum = 0;
    uint8_t last;

    if (text.n != IDENTITY || !all_digits(bytes_slice(text, 0, IDENTITY - 1)) ||
            text.p[0] == '0' || !is_date(bytes_slice(text, 6, 14)))
        return false;
    for (size_t i = 0; i < sizeof(weights); i++)
        sum += (unsigned)(text.p[i] - '0') * weights[i];
    last = text.p[IDENTITY - 1];
    return (char)(last == 'x' ? 'X' : last) == checks[sum % 11];
}

bool code_is_plate(struct bytes text)
{
    static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏"
                                    "川宁琼";
    enum { HAN = 3 };
    bool known = false;

    if (text.n != HAN + 6 && text.n != HAN + 7)
        return false;
    for (size_t i = 0; i + HAN < sizeof(provinces); i += HAN)
        known |= memcmp(text.p, provinces + i, HAN) == 0;
    if (!known || !ascii_is_alpha(text.p[HAN]))
        return false;
    for (size_t i = HAN + 1; i < text.n; i++) {
        if (!ascii_is_alnum(text.p[i]))
            return false;
    }
    return true;
}

/* Both cases are hashed; the search ignores case by itself. */
static void add_cases(struct variant_list *l, const char *form, struct bytes text)
{
    variant_add(l, form, text, VARIANT_BOTH);
    variant_add(l, form, variant_upper_ascii(l, text), VARIANT_BOTH);
    variant_add(l, form, variant_lower(l, text), VARIANT_BOTH);
}

static void add_identity(struct variant_list *l, const char *d)
{
    const unsigned masked = VARIANT_PLAIN | VARIANT_PARTIAL;

    add_cases(l, "identity number", bytes_text(d));
    variant_print(
            l, VARIANT_PLAIN, "identity number, spaced", "%.6s %.8s %s", d, d + 6, d + 14);
    variant_print(
            l, VARIANT_PLAIN, "identity number, spaced", "%.6s-%.8s-%s", d, d + 6, d + 14);
    /* Of before 1999: the year in two digits, no check character. */
    variant_print(l, VARIANT_BOTH, "identity number of 15 digits", "%.6s%.9s", d, d + 8);
    variant_print(l, masked, "masked", "%.6s********%s", d, d + 14);
    variant_print(l, masked, "masked", "%.4s**********%s", d, d + 14);
    variant_print(l, masked, "masked", "%.3s***********%s", d, d + 14);
    variant_print(l, masked, "masked", "%.10s****%s", d, d + 14);
    variant_print(l, masked | VARIANT_KEYED, "masked", "%.1s****************%s", d, d + 17);
    variant_print(l, masked | VARIANT_KEYED, "last four", "%s", d + 14);
    variant_print(l, masked | VARIANT_KEYED, "last six", "%s", d + 12);
}

static void add_card(struct variant_list *l, struct bytes digits)
{
    const unsigned masked = VARIANT_PLAIN | VARIANT_PARTIAL;
    const char *d = (const char *)digits.p, *last = d + digits.n - 4;
    char spaced[2][CODE_MOST];
    size_t n = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (i != 0 && i % 4 == 0) {
            spaced[0][n] = ' ';
            spaced[1][n++] = '-';
        }
        spaced[0][n] = spaced[1][n] = d[i];
        n++;
    }
    variant_add(l, "card number", digits, VARIANT_BOTH);
    variant_print(l, VARIANT_BOTH, "card number, spaced by 4", "%.*s", (int)n, spaced[0]);
    variant_print(l, VARIANT_PLAIN, "card number, spaced by 4", "%.*s", (int)n, spaced[1]);
    variant_print(l, masked, "masked", "%.4s **** **** %.4s", d, last);
    variant_print(l, masked, "masked", "%.4s********%.4s", d, last);
    variant_print(l, masked, "masked", "%.6s******%.4s", d, last);
    variant_print(l, masked, "masked", "%.6s*********%.4s", d, last);
    variant_print(l, masked | VARIANT_KEYED, "last four", "%.4s", last);
}

static void add_imei(struct variant_list *l, struct bytes digits)
{
    const char *d = (const char *)digits.p;

    variant_add(l, "IMEI", digits, VARIANT_BOTH);
    /* Without the check digit, as 3GPP TS 23.003 section 6.2.1 transmits it. */
    variant_print(l, VARIANT_BOTH, "IMEI without check digit", "%.14s", d);
    variant_print(
            l, VARIANT_PLAIN, "IMEI, spaced", "%.2s-%.6s-%.6s-%.1s", d, d + 2, d + 8, d + 14);
    variant_print(
            l, VARIANT_PLAIN, "IMEI, spaced", "%.2s %.6s %.6s %.1s", d, d + 2, d + 8, d + 14);
}

/* Six pairs with a mark between them or none, or three groups of four with dots. */
static void add_mac(struct variant_list *l, struct bytes hex)
{
    static const char *const marks[] = {":", "-", ""};
    static const char *const forms[] = {"MAC with :", "MAC with -", "MAC without marks"};
    struct bytes cases[] = {variant_lower(l, hex), variant_upper_ascii(l, hex)};

    for (size_t i = 0; i < 2 && l->status == STATUS_OK; i++) {
        const char *h = (const char *)cases[i].p;

        for (size_t k = 0; k < 3; k++)
            variant_print(l, VARIANT_BOTH, forms[k], "%.2s%s%.2s%s%.2s%s%.2s%s%.2s%s%.2s", h,
                    marks[k], h + 2, marks[k], h + 4, marks[k], h + 6, marks[k], h + 8,
                    marks[k], h + 10);
        variant_print(l, VARIANT_PLAIN, "MAC with .", "%.4s.%.4s.%.4s", h, h + 4, h + 8);
    }
}

static void add_plate(struct variant_list *l, struct bytes plate)
{
    enum { HEAD = 4 }; /* province and letter */
    struct bytes upper = variant_upper_ascii(l, plate);
    static const char *const marks[] = {"\xc2\xb7", " ", "-"};

    variant_add(l, "plate", upper, VARIANT_BOTH);
    variant_add(l, "plate", variant_lower(l, plate), VARIANT_BOTH);
    variant_add_gbk(l, upper, VARIANT_BOTH);
    for (size_t i = 0; i < 3 && l->status == STATUS_OK; i++)
        variant_print(l, VARIANT_BOTH, "plate with a mark", "%.*s%s%.*s", HEAD,
                (const char *)upper.p, marks[i], (int)(upper.n - HEAD),
                (const char *)upper.p + HEAD);
}

static void add_by_shape(struct variant_list *l, struct bytes text)
{
    enum { IMEI = 15, MEID = 14, MAC = 12, UUID = 32, CARD_LEAST = 13, CARD_MOST = 19 };
    struct bytes bare = variant_without(l, text, " -:."), last = {0};
    bool lettered = !all_digits(bare);

    if (l->status != STATUS_OK || bare.n > CODE_MOST / 2)
        return;
    last = variant_without(l, bare, "\xc2\xb7");
    if (code_is_identity(bare)) {
        char digits[IDENTITY + 1] = "";
        struct bytes kept;

        memcpy(digits, bare.p, IDENTITY);
        if (!arena_copy(l->arena, bytes_of(digits, IDENTITY + 1), &kept))
            l->status = STATUS_NOMEM;
        else
            add_identity(l, (const char *)kept.p);
    } else if (bare.n == IMEI && code_luhn(bare)) {
        add_imei(l, bare);
    } else if (bare.n >= CARD_LEAST && bare.n <= CARD_MOST && code_luhn(bare)) {
        add_card(l, bare);
    } else if (bare.n == MAC && all_hex(bare) && (lettered || bare.n != text.n)) {
        add_mac(l, bare);
    } else if (bare.n == MEID && all_hex(bare)) {
        add_cases(l, "MEID", bare);
    } else if (bare.n == UUID && all_hex(bare)) {
        add_cases(l, "without dashes", bare);
    } else if (code_is_plate(last)) {
        add_plate(l, last);
    }
}

void variant_code(struct variant_list *l, struct bytes text)
{
    enum { MOBILE = 11 };
    struct bytes straight = variant_narrow(l, text), bare;

    if (l->status != STATUS_OK)
        return;
    add_cases(l, "as declared", text);
    variant_add(l, "in plain width", straight, VARIANT_BOTH);
    add_by_shape(l, straight);
    bare = variant_without(l, straight, " -+");
    if (l->status == STATUS_OK && all_digits(bare) &&
            (bare.n == MOBILE || (bare.n > MOBILE && bare.n < MOBILE + 5 &&
                                         bytes_starts(bare, BYTES_LITERAL("86")))))
        variant_phone(l, text);
}
