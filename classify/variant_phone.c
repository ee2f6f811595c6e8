/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/variant_list.h"

/*
 * Telephone numbers. What is hashed is what the conversion APIs ask for (E.164 with "+", the
 * same without) and what Chinese advertising uses (the bare eleven digits); what people and forms
 * write with spaces is looked for as it is.
 */

enum { DIGITS_MOST = 20, MOBILE = 11 };

struct number {
    char digits[DIGITS_MOST + 1];
    size_t n;
    bool abroad; /* begins with the country's code: "+" or "00" stood before it */
};

/* Digits and the usual marks between them; false for anything else. */
static bool read_number(struct bytes text, struct number *out)
{
    struct number made = {0};

    made.abroad = text.n != 0 && text.p[0] == '+';
    for (size_t i = made.abroad; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (ascii_is_digit(c) && made.n < DIGITS_MOST)
            made.digits[made.n++] = (char)c;
        else if (ascii_is_digit(c) || !bytes_has(BYTES_LITERAL(" -().+/"), c))
            return false;
    }
    if (!made.abroad && made.n > 2 && memcmp(made.digits, "00", 2) == 0) {
        made.abroad = true;
        made.n -= 2;
        memmove(made.digits, made.digits + 2, made.n);
        made.digits[made.n] = '\0';
    }
    *out = made;
    return made.n != 0;
}

/* China's numbering plan: eleven digits, 13 to 19. */
static bool is_mobile(const char *digits, size_t n)
{
    return n == MOBILE && digits[0] == '1' && digits[1] >= '3';
}

static void add_mobile(struct variant_list *l, const char *d)
{
    const char *a = d, *b = d + 3, *c = d + 7;
    const unsigned masked = VARIANT_PLAIN | VARIANT_PARTIAL;

    variant_print(l, VARIANT_BOTH, "eleven digits", "%s", d);
    variant_print(l, VARIANT_BOTH, "E.164", "+86%s", d);
    variant_print(l, VARIANT_BOTH, "with 86", "86%s", d);
    variant_print(l, VARIANT_BOTH, "with 0086", "0086%s", d);
    variant_print(l, VARIANT_PLAIN, "with 86, spaced", "+86 %s", d);
    variant_print(l, VARIANT_PLAIN, "with 86, spaced", "+86-%s", d);
    variant_print(l, VARIANT_PLAIN, "with 86, spaced", "86-%s", d);
    variant_print(l, VARIANT_PLAIN, "with 86, spaced", "86 %s", d);
    variant_print(l, VARIANT_PLAIN, "with 86, spaced", "(+86)%s", d);
    for (int i = 0; i < 2; i++) {
        char mark = "- "[i];

        variant_print(l, VARIANT_BOTH, "spaced 3-4-4", "%.3s%c%.4s%c%s", a, mark, b, mark, c);
        variant_print(l, VARIANT_PLAIN, "with 86, spaced 3-4-4", "+86 %.3s%c%.4s%c%s", a, mark,
                b, mark, c);
        variant_print(l, VARIANT_PLAIN, "with 86, spaced 3-4-4", "+86%c%.3s%c%.4s%c%s", mark, a,
                mark, b, mark, c);
        variant_print(l, VARIANT_PLAIN, "with 86, spaced 3-4-4", "86%c%.3s%c%.4s%c%s", mark, a,
                mark, b, mark, c);
        variant_print(l, masked, "masked", "%.3s%c****%c%s", a, mark, mark, c);
    }
    variant_print(l, masked, "masked", "%.3s****%s", a, c);
    variant_print(l, masked, "masked", "86%.3s****%s", a, c);
}

/* Digits of a country code, ITU-T E.164 (list of assigned codes): one for 1 and 7, two for
 * those below, else three. */
static size_t country_code(const char *digits)
{
    static const char two[] = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 "
                              "54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 "
                              "95 98 ";
    const char code[] = {' ', digits[0], digits[1], ' ', '\0'};

    if (digits[0] == '1' || digits[0] == '7')
        return 1;
    return strstr(two, code) != NULL ? 2 : 3;
}

static void add_abroad(struct variant_list *l, const struct number *number)
{
    enum { LEAST = 7, AMERICAN = 10 };
    const char *d = number->digits;
    size_t code = number->n < LEAST ? 0 : country_code(d);
    const char *rest = d + code;

    variant_print(l, VARIANT_BOTH, "E.164", "+%s", d);
    variant_print(l, VARIANT_BOTH, "E.164 without +", "%s", d);
    variant_print(l, VARIANT_BOTH, "with 00", "00%s", d);
    if (code == 0)
        return;
    variant_print(l, VARIANT_BOTH, "national", "%s", rest);
    variant_print(
            l, VARIANT_PLAIN, "with country code, spaced", "+%.*s %s", (int)code, d, rest);
    variant_print(
            l, VARIANT_PLAIN, "with country code, spaced", "+%.*s-%s", (int)code, d, rest);
    if (d[0] != '1') {
        variant_print(l, VARIANT_BOTH, "national with 0", "0%s", rest);
        return;
    }
    if (strlen(rest) != AMERICAN)
        return;
    variant_print(l, VARIANT_PLAIN, "spaced 3-3-4", "%.3s-%.3s-%s", rest, rest + 3, rest + 6);
    variant_print(l, VARIANT_PLAIN, "spaced 3-3-4", "%.3s.%.3s.%s", rest, rest + 3, rest + 6);
    variant_print(l, VARIANT_PLAIN, "spaced 3-3-4", "%.3s %.3s %s", rest, rest + 3, rest + 6);
    variant_print(l, VARIANT_PLAIN, "spaced 3-3-4", "(%.3s) %.3s-%s", rest, rest + 3, rest + 6);
}

void variant_phone(struct variant_list *l, struct bytes text)
{
    struct number number;

    if (!read_number(variant_narrow(l, text), &number))
        return;
    if (!number.abroad && is_mobile(number.digits, number.n))
        add_mobile(l, number.digits);
    else if (number.n == MOBILE + 2 && memcmp(number.digits, "86", 2) == 0 &&
             is_mobile(number.digits + 2, MOBILE))
        add_mobile(l, number.digits + 2);
    else if (number.abroad)
        add_abroad(l, &number);
    else
        variant_print(l, VARIANT_BOTH, "digits", "%s", number.digits);
    /* A fixed line as China writes it: 010-12345678. */
    if (!number.abroad && number.digits[0] == '0' && number.n > MOBILE - 2)
        variant_print(l, VARIANT_BOTH, "E.164", "+86%s", number.digits + 1);
}
