/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/han.h"
#include "classify/variant_list.h"

/*
 * Names. A name in Han characters is also looked for in pinyin, but only under a key: many people
 * share a spelling, and short ones are words of other languages.
 */

enum { WORDS_MOST = 12, NAME_MOST = 512 };

static const unsigned keyed = VARIANT_BOTH | VARIANT_KEYED;
static const unsigned part = VARIANT_HASHED | VARIANT_PARTIAL | VARIANT_KEYED;

struct words {
    struct bytes at[WORDS_MOST];
    size_t n;
};

/* At most WORDS_MOST; false when there are more, or what is long for a name. */
static bool split(struct bytes text, struct words *out)
{
    struct words w = {0};

    if (text.n > NAME_MOST)
        return false;
    while ((text = bytes_trim(text)).n != 0) {
        if (w.n == WORDS_MOST)
            return false;
        if (!bytes_take_until(&text, ' ', &w.at[w.n])) {
            w.at[w.n] = text;
            text.n = 0;
        }
        w.n++;
    }
    *out = w;
    return w.n != 0;
}

/* Words [begin, end) with `mark` between them; with their first letters in upper case if asked.
 * `out` holds NAME_MOST + WORDS_MOST bytes and more. */
static char *join(const struct words *w, size_t begin, size_t end, const char *mark,
        bool capitals, char out[2 * NAME_MOST])
{
    char *to = out;

    for (size_t i = begin; i < end; i++) {
        if (i != begin)
            to = stpcpy(to, mark);
        memcpy(to, w->at[i].p, w->at[i].n);
        if (capitals && w->at[i].n != 0 && *to >= 'a' && *to <= 'z')
            *to = (char)(*to - 'a' + 'A');
        to += w->at[i].n;
    }
    *to = '\0';
    return out;
}

/* Two parts of a name in both orders, with what people and sign-up forms put between them. */
static void both_orders(
        struct variant_list *l, unsigned how, const char *form, const char *a, const char *b)
{
    static const char *const marks[] = {" ", "", ".", "_", "-"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        /* What is said with a space is said by the form that was asked for, else by a guess. */
        unsigned as = i == 0 ? how : how | VARIANT_KEYED;

        if (i > 1)
            as &= ~(unsigned)VARIANT_HASHED;
        variant_print(l, as, form, "%s%s%s", a, marks[i], b);
        variant_print(l, as, form, "%s%s%s", b, marks[i], a);
    }
    variant_print(l, how & ~(unsigned)VARIANT_HASHED, form, "%s, %s", a, b);
}

static void capitalised(struct variant_list *l, const struct words *w, size_t surname)
{
    char family[2 * NAME_MOST], given[2 * NAME_MOST];

    join(w, 0, surname, "", false, family);
    join(w, surname, w->n, "", false, given);
    if (family[0] >= 'a' && family[0] <= 'z')
        family[0] = (char)(family[0] - 'a' + 'A');
    if (given[0] >= 'a' && given[0] <= 'z')
        given[0] = (char)(given[0] - 'a' + 'A');
    variant_print(l, keyed, "pinyin, capitalised", "%s %s", family, given);
    variant_print(l, keyed, "pinyin, capitalised", "%s %s", given, family);
    variant_print(l, keyed, "pinyin, capitalised", "%s%s", family, given);
}

static void initials(struct variant_list *l, const struct words *w, size_t surname)
{
    const unsigned how = VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_KEYED;
    char family[WORDS_MOST + 1] = "", given[WORDS_MOST + 1] = "", whole[2 * NAME_MOST];

    for (size_t i = 0; i < surname; i++)
        family[i] = (char)w->at[i].p[0];
    for (size_t i = surname; i < w->n; i++)
        given[i - surname] = (char)w->at[i].p[0];
    variant_print(l, how, "initials", "%s%s", family, given);
    variant_print(l, how, "initials", "%s%s", given, family);
    join(w, 0, surname, "", false, whole);
    variant_print(l, how, "pinyin, given name in initials", "%s%s", whole, given);
    variant_print(l, how, "pinyin, given name in initials", "%s.%s", given, whole);
}

/* Surnames of two characters; the commonest, from the Hundred Family Surnames and the census. */
static bool is_double(struct bytes two)
{
    static const char known[] = "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐宇文长孙司徒司空夏侯"
                                "端木百里南宫东郭澹台公冶宗政濮阳淳于单于太叔申屠仲孙轩辕钟离"
                                "闾丘公羊赫连呼延拓跋独孤万俟闻人";
    enum { PAIR = 6 };

    for (size_t i = 0; i + PAIR < sizeof(known); i += PAIR) {
        if (two.n == PAIR && memcmp(two.p, known + i, PAIR) == 0)
            return true;
    }
    return false;
}

static void add_pinyin(
        struct variant_list *l, struct bytes text, enum han_umlaut umlaut, size_t surname)
{
    char family[2 * NAME_MOST], given[2 * NAME_MOST], spaced[2 * NAME_MOST];
    struct bytes spelled;
    struct words w;

    if (l->status != STATUS_OK)
        return;
    l->status = han_pinyin(l->arena, text, umlaut, &spelled);
    if (l->status != STATUS_OK || !split(spelled, &w))
        return;
    /* Not one syllable for each character: what is the surname is not known. */
    if (w.n != han_count(text)) {
        variant_print(l, keyed, "pinyin", "%s", join(&w, 0, w.n, " ", false, spaced));
        variant_print(l, keyed, "pinyin", "%s", join(&w, 0, w.n, "", false, spaced));
        return;
    }
    if (surname >= w.n)
        surname = 0;
    both_orders(l, keyed, "pinyin", join(&w, 0, surname, "", false, family),
            join(&w, surname, w.n, "", false, given));
    variant_print(l, keyed, "pinyin", "%s", join(&w, 0, w.n, " ", false, spaced));
    capitalised(l, &w, surname);
    initials(l, &w, surname);
    variant_print(l, part, "surname, pinyin", "%s", family);
    variant_print(l, part, "given name, pinyin", "%s", given);
}

/* Bytes of the first `n` characters. */
static size_t head(struct bytes text, size_t n)
{
    struct bytes rest = text;
    uint32_t c;

    for (size_t i = 0; i < n && han_take(&rest, &c); i++)
        ;
    return text.n - rest.n;
}

static void add_masked(struct variant_list *l, struct bytes text, size_t count)
{
    const unsigned how = VARIANT_PLAIN | VARIANT_PARTIAL | VARIANT_KEYED;
    size_t first = head(text, 1), last = head(text, count - 1);

    variant_print(
            l, how, "masked", "*%.*s", (int)(text.n - first), (const char *)text.p + first);
    variant_print(l, how, "masked", "%.*s%s", (int)first, (const char *)text.p,
            count == 2 ? "*" : "**");
    if (count > 2)
        variant_print(l, how, "masked", "%.*s*%.*s", (int)first, (const char *)text.p,
                (int)(text.n - last), (const char *)text.p + last);
}

static void add_han(struct variant_list *l, struct bytes text, size_t count)
{
    enum { LONG = 4, PAIR = 6 };
    size_t surname = count > 2 && is_double(bytes_slice(text, 0, PAIR)) ? 2 : 1;
    struct bytes family = bytes_slice(text, 0, head(text, surname));

    add_pinyin(l, text, HAN_U, surname);
    add_pinyin(l, text, HAN_YU, surname);
    add_pinyin(l, text, HAN_V, surname);
    /* Whole names only: what has a foreign dot in it is spelled, not cut. */
    if (count * 3 != text.n || count < 2 || count > LONG)
        return;
    add_masked(l, text, count);
    variant_add(l, "surname", family, part);
    variant_add(l, "given name", bytes_slice(text, family.n, text.n), part);
}

static void add_latin(struct variant_list *l, struct bytes text)
{
    char first[2 * NAME_MOST], last[2 * NAME_MOST], rest[2 * NAME_MOST];
    struct bytes lower = variant_lower(l, text);
    struct words w, small;

    if (!split(text, &w) || !split(lower, &small) || w.n < 2 || w.n != small.n)
        return;
    both_orders(l, VARIANT_BOTH, "name, other order", join(&w, 0, w.n - 1, " ", false, rest),
            join(&w, w.n - 1, w.n, " ", false, last));
    both_orders(l, VARIANT_BOTH, "name, lower case",
            join(&small, 0, small.n - 1, " ", false, rest),
            join(&small, small.n - 1, small.n, " ", false, last));
    if (w.n > 2)
        both_orders(l, VARIANT_BOTH, "name, other order", join(&w, 0, 1, " ", false, first),
                join(&w, 1, w.n, " ", false, rest));
    /* Conversion APIs hash first and last name apart. */
    variant_print(l, part, "first name", "%s", join(&small, 0, 1, "", false, first));
    variant_print(
            l, part, "last name", "%s", join(&small, small.n - 1, small.n, "", false, last));
}

void variant_name(struct variant_list *l, struct bytes text)
{
    size_t count = han_count(text);
    struct bytes plain;

    if (count == 0) {
        add_latin(l, text);
        return;
    }
    /* Names of several words: "·", U+00B7, or a space between them, or nothing. */
    plain = variant_without(l, text, " \xc2\xb7");
    if (!bytes_is_utf8(plain))
        plain = variant_without(l, text, " ");
    variant_add(l, "without marks", plain, VARIANT_BOTH);
    variant_add_gbk(l, plain, VARIANT_BOTH);
    add_han(l, plain, count);
}
