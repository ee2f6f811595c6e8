/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/value.h"

enum {
    SHORT = 8,
    DISTINCT_LEAST = 4,
    NUMBER_DIGITS_MOST = 7,
    YEARS_BACK = 5,
    YEARS_AHEAD = 2,
};

#define YEAR_S INT64_C(31557600)

static bool all(struct bytes t, bool (*test)(uint8_t))
{
    for (size_t i = 0; i < t.n; i++) {
        if (!test(t.p[i]))
            return false;
    }
    return t.n != 0;
}

static bool is_time(struct bytes t, int64_t near_ns)
{
    int64_t near_s = near_ns / 1000000000, second;
    uint64_t n;

    if (!bytes_decimal(t, &n))
        return false;
    switch (t.n) {
    case 10:
        second = (int64_t)n;
        break;
    case 13:
        second = (int64_t)(n / 1000);
        break;
    case 16:
        second = (int64_t)(n / 1000000);
        break;
    default:
        return false;
    }
    return second >= near_s - YEARS_BACK * YEAR_S && second <= near_s + YEARS_AHEAD * YEAR_S;
}

/* YYYYMMDD with or without separators, maybe with a time behind it. */
static bool is_date(struct bytes t)
{
    uint8_t digits[14];
    size_t n = 0;

    if (t.n < 8 || t.n > 30)
        return false;
    /* Ten digits without anything between are seconds, or a number. */
    if (t.n == 10 && all(t, ascii_is_digit))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (ascii_is_digit(t.p[i])) {
            if (n < sizeof(digits))
                digits[n++] = (uint8_t)(t.p[i] - '0');
        } else if (t.p[i] == '\0' || strchr("-/:.TZ +", t.p[i]) == NULL) {
            return false;
        }
    }
    if (n != 8 && n != 10 && n != 12 && n != 14)
        return false;
    return (digits[0] == 1 || digits[0] == 2) && digits[4] * 10 + digits[5] >= 1 &&
           digits[4] * 10 + digits[5] <= 12 && digits[6] * 10 + digits[7] >= 1 &&
           digits[6] * 10 + digits[7] <= 31 && digits[0] * 10 + digits[1] >= 19 &&
           digits[0] * 10 + digits[1] <= 20;
}

static bool is_version(struct bytes t)
{
    size_t dots = 0;

    if (t.n != 0 && (t.p[0] == 'v' || t.p[0] == 'V'))
        t = bytes_slice(t, 1, t.n);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '.')
            dots++;
        else if (!ascii_is_digit(t.p[i]))
            return false;
    }
    return dots >= 1 && dots <= 3 && t.n <= 20 && t.p[0] != '.' && t.p[t.n - 1] != '.';
}

static bool is_number(struct bytes t)
{
    size_t digits = 0, dots = 0;

    if (t.n != 0 && (t.p[0] == '-' || t.p[0] == '+'))
        t = bytes_slice(t, 1, t.n);
    for (size_t i = 0; i < t.n; i++) {
        if (ascii_is_digit(t.p[i]))
            digits++;
        else if (t.p[i] == '.')
            dots++;
        else
            return false;
    }
    return digits != 0 && dots <= 1 && (digits <= NUMBER_DIGITS_MOST || dots == 1);
}

static bool is_flag(struct bytes t)
{
    static const char *const words[] = {
            "true", "false", "null", "undefined", "none", "yes", "no", "on", "off", "NaN"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (bytes_is_nocase(t, words[i]))
            return true;
    }
    return false;
}

static bool is_screen(struct bytes t)
{
    size_t marks = 0;

    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == 'x' || t.p[i] == 'X')
            marks++;
        else if (!ascii_is_digit(t.p[i]))
            return false;
    }
    return t.n >= 5 && t.n <= 15 && (marks == 1 || marks == 2) && ascii_is_digit(t.p[0]) &&
           ascii_is_digit(t.p[t.n - 1]);
}

static bool is_address(struct bytes t)
{
    struct bytes rest = t, local;

    return bytes_take_until(&rest, '@', &local) && local.n != 0 && rest.n >= 4 &&
           bytes_has(rest, '.') && !bytes_has(rest, '@') && !bytes_has(t, ' ') &&
           ascii_is_alpha(rest.p[rest.n - 1]);
}

/* A URL, a path or a host name of at least two labels of letters. */
static bool is_url(struct bytes t)
{
    size_t at, dots = 0, digits = 0;

    if (bytes_find(t, BYTES_LITERAL("://"), 0, &at))
        return true;
    /* One in 64 texts in base64 begins like a path; their padding or "+" gives them away. */
    if (t.n > 1 && t.p[0] == '/')
        return t.p[t.n - 1] != '=' && (t.n % 4 != 0 || !bytes_has(t, '+'));
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '.')
            dots++;
        else if (ascii_is_digit(t.p[i]))
            digits++;
        else if (!ascii_is_alpha(t.p[i]) && t.p[i] != '-')
            return false;
    }
    /* The last label of a host name is letters; identifiers with dots mostly end in digits. */
    if (dots == 0 || t.n < 4 || digits * 3 > t.n)
        return false;
    at = t.n;
    while (at > 0 && ascii_is_alpha(t.p[at - 1]))
        at--;
    return at > 0 && t.p[at - 1] == '.' && t.n - at >= 2 && t.n - at <= 6;
}

/* A language tag, RFC 5646: "zh-Hans-CN". */
static bool is_locale(struct bytes t)
{
    static const size_t most[] = {3, 4, 3}; /* language, script, region */
    size_t part = 0, n = 0;

    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '-' || t.p[i] == '_') {
            if (n < 2 || ++part == 3)
                return false;
            n = 0;
        } else if (!ascii_is_alpha(t.p[i]) || ++n > most[part]) {
            return false;
        }
    }
    return part != 0 && n >= 2;
}

/*
 * Language: words with spaces, or one word of letters in a case a person would write, short
 * enough and with vowels where vowels are expected. A run of random letters has neither.
 */
static bool is_words(struct bytes t)
{
    size_t vowels = 0, letters = 0, changes = 0, longest = 0, run = 0;

    for (size_t i = 0; i < t.n; i++) {
        uint8_t c = t.p[i];

        if (c >= 0x80 || c == ' ')
            return bytes_is_utf8(t);
        if (c == '_' || c == '-' || c == '/') {
            run = 0;
            continue;
        }
        if (!ascii_is_alpha(c))
            return false;
        letters++;
        run = strchr("aeiouyAEIOUY", c) != NULL ? 0 : run + 1;
        vowels += run == 0;
        longest = run > longest ? run : longest;
        if (i != 0 && ascii_is_alpha(t.p[i - 1]) && t.p[i - 1] >= 'a' && c < 'a')
            changes++;
    }
    return letters != 0 && letters <= 32 && vowels * 5 >= letters && longest <= 4 &&
           changes * 4 <= letters;
}

static size_t distinct(struct bytes t)
{
    bool seen[256] = {false};
    size_t n = 0;

    for (size_t i = 0; i < t.n; i++) {
        n += !seen[t.p[i]];
        seen[t.p[i]] = true;
    }
    return n;
}

enum leaf_kind leaf_kind(struct bytes t, int64_t near_ns)
{
    if (is_flag(t))
        return LEAF_FLAG;
    if (is_time(t, near_ns) || is_date(t))
        return LEAF_TIME;
    if (is_number(t))
        return t.n == 1 ? LEAF_FLAG : LEAF_NUMBER;
    if (is_version(t))
        return LEAF_VERSION;
    if (is_address(t))
        return LEAF_EMAIL;
    if (is_screen(t))
        return LEAF_SCREEN;
    if (is_url(t))
        return LEAF_URL;
    /* What a browser says of itself, or a script of its browser. */
    if (bytes_starts(t, BYTES_LITERAL("Mozilla/")))
        return LEAF_WORD;
    if (is_locale(t) || is_words(t))
        return LEAF_WORD;
    if (t.n < SHORT)
        return LEAF_SHORT;
    if (distinct(t) < DISTINCT_LEAST)
        return LEAF_PLAIN;
    return LEAF_OPAQUE;
}

static bool is_binary_digit(uint8_t c)
{
    return c == '0' || c == '1';
}

static bool is_hex_digit(uint8_t c)
{
    return ascii_hex_value(c) >= 0;
}

static bool is_lower_alnum(uint8_t c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_upper_alnum(uint8_t c)
{
    return ascii_is_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* Separators carry no choice, so they are not counted. */
static bool is_separator(uint8_t c)
{
    return c == '.' || c == '_' || c == '-';
}

/*
 * A name that people or programs composed of short words and small numbers ("exp_211.b"): each
 * word is one of a few, however many letters it has. In bits; 0: it is no such name.
 */
static unsigned composed_bits(struct bytes text)
{
    enum { WORD_MOST = 6, NUMBER_MOST = 4, WORD_BITS = 6, DIGIT_MILLIBITS = 3321 };
    size_t parts = 0, run = 0, words = 0, digits = 0;

    for (size_t i = 0; i <= text.n; i++) {
        bool digit = i < text.n && ascii_is_digit(text.p[i]);

        if (i < text.n && !is_separator(text.p[i])) {
            bool same = run == 0 || digit == ascii_is_digit(text.p[i - 1]);

            if (!digit && !ascii_is_alpha(text.p[i]))
                return 0;
            run++;
            if (!same || run > (digit ? (size_t)NUMBER_MOST : (size_t)WORD_MOST))
                return 0;
            continue;
        }
        if (run == 0)
            return 0;
        parts++;
        digits += ascii_is_digit(text.p[i - 1]) ? run : 0;
        words += ascii_is_digit(text.p[i - 1]) ? 0 : 1;
        run = 0;
    }
    return parts < 2 || words == 0
                   ? 0
                   : (unsigned)(words * WORD_BITS + digits * DIGIT_MILLIBITS / 1000);
}

unsigned leaf_bits(struct bytes text)
{
    /* log2 of each alphabet's size in thousandths of a bit, the smallest first. */
    static const struct {
        bool (*holds)(uint8_t);
        unsigned millibits;
    } alphabets[] = {
            {is_binary_digit, 1000},
            {ascii_is_digit, 3321},
            {is_hex_digit, 4000},
            {is_lower, 4700},
            {is_upper, 4700},
            {is_lower_alnum, 5169},
            {is_upper_alnum, 5169},
            {ascii_is_alnum, 5954},
    };
    enum { BASE64_MILLIBITS = 6000, COUNT = sizeof(alphabets) / sizeof(*alphabets) };
    size_t n = 0, which = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (is_separator(text.p[i]))
            continue;
        n++;
        while (which < COUNT && !alphabets[which].holds(text.p[i]))
            which++;
    }
    /* An earlier byte may not be in the alphabet a later byte asked for. */
    while (which < COUNT) {
        bool fits = true;

        for (size_t i = 0; i < text.n && fits; i++)
            fits = is_separator(text.p[i]) || alphabets[which].holds(text.p[i]);
        if (fits)
            break;
        which++;
    }
    if (n > 4096)
        n = 4096;
    if (composed_bits(text) != 0)
        return composed_bits(text);
    return (unsigned)(n * (which < COUNT ? alphabets[which].millibits : BASE64_MILLIBITS) /
                      1000);
}

bool leaf_generated(struct bytes t)
{
    static const uint8_t dashes[] = {8, 13, 18, 23};

    if ((t.n == 32 || t.n == 40 || t.n == 64 || t.n == 16) && all(t, is_hex_digit))
        return !all(t, ascii_is_digit) || t.n > 16;
    if (t.n == 36) {
        for (size_t i = 0, d = 0; i < t.n; i++) {
            bool dash = d < sizeof(dashes) && i == dashes[d];

            d += dash;
            if (dash ? t.p[i] != '-' : !is_hex_digit(t.p[i]))
                return false;
        }
        return true;
    }
    /* ULID: 26 characters of Crockford's base 32, the first at most 7. */
    return t.n == 26 && all(t, is_upper_alnum) && t.p[0] <= '7' && !all(t, ascii_is_digit);
}
