/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sensitive_words.h"

#include <stdlib.h>
#include <string.h>

enum {
    HAN_BYTES = 3,     /* of one character of the basic plane, in UTF-8 */
    HAN_PLANE = 65536, /* where all first characters of the dictionaries are */
    FILTER_BITS = 4096,
    WORD_LETTERS_MOST = 24, /* a longer run of letters is no word */
    GUARDED = 4,            /* words this short need readable company */
    BETWEEN_MOST = 2,       /* bytes between the words of a phrase */
    WORD_LETTERS_LEAST = 3, /* of the first word of an English entry */
    NO_VOWEL_MOST = 5,
    SCREEN_MOST = 11,
    CODE_MOST = 6, /* letters and digits mixed */
    NUMBER_MOST = 8,
    SUFFIX_DIGITS_MOST = 4,
};

struct sensitive_words {
    struct sensitive_word *chinese, *english; /* each sorted by text */
    size_t chinese_count, english_count;
    uint8_t han[HAN_PLANE / 8];      /* first characters that a Chinese word has */
    uint8_t filter[FILTER_BITS / 8]; /* hashes of first words of English */
};

static const char *const names[SENSITIVE_CLASSES] = {
        [SENSITIVE_HEALTH] = "health",
        [SENSITIVE_RELIGION] = "religion",
        [SENSITIVE_SEXUALITY] = "sexuality",
        [SENSITIVE_FINANCE] = "finance",
        [SENSITIVE_MINORS] = "minors",
        [SENSITIVE_LOCATION] = "location",
        [SENSITIVE_POLITICS] = "politics",
        [SENSITIVE_BIOMETRIC] = "biometric",
        [SENSITIVE_IDENTITY] = "specific-identity",
};

static const char *const names_zh[SENSITIVE_CLASSES] = {
        [SENSITIVE_HEALTH] = "医疗健康",
        [SENSITIVE_RELIGION] = "宗教信仰",
        [SENSITIVE_SEXUALITY] = "性生活与性取向",
        [SENSITIVE_FINANCE] = "金融账户与财产",
        [SENSITIVE_MINORS] = "未成年人",
        [SENSITIVE_LOCATION] = "行踪轨迹",
        [SENSITIVE_POLITICS] = "政治",
        [SENSITIVE_BIOMETRIC] = "生物识别",
        [SENSITIVE_IDENTITY] = "特定身份",
};

const char *sensitive_class_name(enum sensitive_class class_)
{
    return (unsigned)class_ < SENSITIVE_CLASSES ? names[class_] : "";
}

const char *sensitive_class_zh(enum sensitive_class class_)
{
    return (unsigned)class_ < SENSITIVE_CLASSES ? names_zh[class_] : "";
}

static bool is_on(const uint8_t *bits, size_t at)
{
    return (bits[at / 8] >> (at % 8) & 1) != 0;
}

static void turn_on(uint8_t *bits, size_t at)
{
    bits[at / 8] = (uint8_t)(bits[at / 8] | 1 << (at % 8));
}

/* The letters and digits at the front of `text`. */
static struct bytes run_of(struct bytes text)
{
    size_t n = 0;

    while (n < text.n && ascii_is_alnum(text.p[n]))
        n++;
    return bytes_of(text.p, n);
}

static size_t filter_of(struct bytes word)
{
    uint32_t hash = 2166136261u; /* FNV-1a, of the lower-cased word */

    for (size_t i = 0; i < word.n; i++)
        hash = (hash ^ ascii_lower(word.p[i])) * 16777619u;
    return hash % FILTER_BITS;
}

/* The code point of three bytes of UTF-8; 0 when they are none of the basic plane. */
static size_t han_of(struct bytes text)
{
    if (text.n < HAN_BYTES || (text.p[0] & 0xf0) != 0xe0 || (text.p[1] & 0xc0) != 0x80 ||
            (text.p[2] & 0xc0) != 0x80)
        return 0;
    return (size_t)(text.p[0] & 0x0f) << 12 | (size_t)(text.p[1] & 0x3f) << 6 |
           (text.p[2] & 0x3f);
}

static int by_text(const void *a, const void *b)
{
    const struct sensitive_word *left = a, *right = b;

    return bytes_compare(left->text, right->text);
}

static size_t count_words(bool chinese)
{
    size_t n = 0;

    for (size_t i = 0; i < sensitive_list_count; i++) {
        if (sensitive_lists[i].chinese != chinese)
            continue;
        n++;
        for (const char *c = sensitive_lists[i].words; *c != '\0'; c++)
            n += *c == '|';
    }
    return n;
}

static void add_words(struct sensitive_words *w, const struct sensitive_list *list)
{
    struct bytes rest = bytes_text(list->words), one;

    while (rest.n != 0) {
        struct sensitive_word *to;

        if (!bytes_take_until(&rest, '|', &one)) {
            one = rest;
            rest.n = 0;
        }
        to = list->chinese ? &w->chinese[w->chinese_count++] : &w->english[w->english_count++];
        *to = (struct sensitive_word){one, list->class_, list->chinese};
        if (list->chinese)
            turn_on(w->han, han_of(one));
        else
            turn_on(w->filter, filter_of(run_of(one)));
    }
}

struct sensitive_words *sensitive_words_new(struct arena *arena)
{
    struct sensitive_words *w = arena_alloc(arena, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->chinese = arena_array(arena, count_words(true), sizeof(*w->chinese));
    w->english = arena_array(arena, count_words(false), sizeof(*w->english));
    if (w->chinese == NULL || w->english == NULL)
        return NULL;
    for (size_t i = 0; i < sensitive_list_count; i++)
        add_words(w, &sensitive_lists[i]);
    qsort(w->chinese, w->chinese_count, sizeof(*w->chinese), by_text);
    qsort(w->english, w->english_count, sizeof(*w->english), by_text);
    return w;
}

size_t sensitive_words_count(const struct sensitive_words *w)
{
    return w->chinese_count + w->english_count;
}

/* Compares the front of a dictionary's word with a key in lower case. */
static int compare_front(struct bytes word, struct bytes key)
{
    for (size_t i = 0; i < key.n; i++) {
        uint8_t c = ascii_lower(key.p[i]);

        if (i == word.n)
            return -1;
        if (word.p[i] != c)
            return word.p[i] < c ? -1 : 1;
    }
    return 0;
}

/* The first word that begins with `key`, or the place where it would be. */
static size_t first_with(const struct sensitive_word *at, size_t n, struct bytes key)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_front(at[middle].text, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest Chinese word at the front of `text`. */
static const struct sensitive_word *chinese_at(
        const struct sensitive_words *w, struct bytes text)
{
    struct bytes key = bytes_slice(text, 0, 2 * (size_t)HAN_BYTES);
    const struct sensitive_word *best = NULL;

    for (size_t i = first_with(w->chinese, w->chinese_count, key);
            i < w->chinese_count && bytes_starts(w->chinese[i].text, key); i++) {
        if (bytes_starts(text, w->chinese[i].text) &&
                (best == NULL || w->chinese[i].text.n > best->text.n))
            best = &w->chinese[i];
    }
    return best;
}

static bool is_between(uint8_t c)
{
    return c == ' ' || c == '+' || c == '-' || c == '_' || c == '\t';
}

/* "weight loss" at the front of "Weight-Loss, …"; how much of the text it takes, or 0. */
static size_t phrase_at(struct bytes text, struct bytes phrase)
{
    size_t at = 0;

    for (;;) {
        struct bytes word = run_of(phrase), said = run_of(bytes_slice(text, at, text.n));
        bool last = word.n == phrase.n;
        size_t gap = 0;

        if (said.n != word.n &&
                !(last && said.n == word.n + 1 && ascii_lower(said.p[word.n]) == 's'))
            return 0;
        if (!bytes_equal_nocase(bytes_of(said.p, word.n), word))
            return 0;
        at += said.n;
        if (last)
            return at;
        phrase = bytes_slice(phrase, word.n + 1, phrase.n);
        while (at < text.n && gap <= BETWEEN_MOST && is_between(text.p[at])) {
            at++;
            gap++;
        }
        if (gap == 0 || gap > BETWEEN_MOST)
            return 0;
    }
}

static bool has_vowel(struct bytes word)
{
    for (size_t i = 0; i < word.n; i++) {
        if (memchr("aeiouy", ascii_lower(word.p[i]), 6) != NULL)
            return true;
    }
    return false;
}

/* Letters as people write them: not too long, with vowels, capitals at the front of parts. */
static bool is_word(struct bytes run)
{
    size_t turns = 0, upper = 0;

    if (run.n == 0 || run.n > WORD_LETTERS_MOST)
        return false;
    for (size_t i = 0; i < run.n; i++) {
        if (!ascii_is_alpha(run.p[i]))
            return false;
        upper += ascii_lower(run.p[i]) != run.p[i];
        turns += i != 0 && ascii_lower(run.p[i]) != run.p[i] &&
                 ascii_lower(run.p[i - 1]) == run.p[i - 1];
    }
    if (turns > 1 + run.n / 6 || (upper > 1 + turns && upper < run.n))
        return false;
    /* "https" and "html" are words here, a long run without vowels is none. */
    return run.n <= NO_VOWEL_MOST || has_vowel(run);
}

/* "1920x1080" */
static bool is_screen(struct bytes run)
{
    size_t others = 0;

    for (size_t i = 0; i < run.n; i++)
        others += !ascii_is_digit(run.p[i]);
    return run.n <= SCREEN_MOST && others == 1 && bytes_has(run, 'x');
}

/* "hiv", "HIV" or "Hiv": chance writes "hIv" as often. */
static bool has_plain_case(struct bytes run)
{
    size_t upper = 0;

    for (size_t i = 0; i < run.n; i++)
        upper += ascii_lower(run.p[i]) != run.p[i];
    return upper == 0 || upper == run.n || (upper == 1 && ascii_lower(run.p[0]) != run.p[0]);
}

static enum sensitive_reach reach_of_run(struct bytes run)
{
    size_t digits = 0, letters = 0;

    while (letters < run.n && ascii_is_alpha(run.p[letters]))
        letters++;
    for (size_t i = 0; i < run.n; i++)
        digits += ascii_is_digit(run.p[i]);
    if (digits == 0)
        return is_word(run) ? run.n == 1 ? REACH_CODE : REACH_WORDS : REACH_OPAQUE;
    if (digits == run.n)
        /* The lengths of times in seconds, milliseconds and microseconds as well. */
        return run.n <= NUMBER_MOST || run.n == 10 || run.n == 13 || run.n == 16 ? REACH_CODE
                                                                                 : REACH_OPAQUE;
    if (letters >= 3 && letters + digits == run.n && digits <= SUFFIX_DIGITS_MOST &&
            is_word(bytes_of(run.p, letters)) && has_vowel(bytes_of(run.p, letters)))
        return REACH_WORDS;
    return run.n <= CODE_MOST || is_screen(run) ? REACH_CODE : REACH_OPAQUE;
}

/* Words that a random run could spell count only among words or numbers. */
static bool in_company(struct bytes text, size_t begin, size_t end)
{
    size_t before = begin, after = end;
    struct bytes run;

    if (end - begin > GUARDED)
        return true;
    while (before > 0 && !ascii_is_alnum(text.p[before - 1]) && begin - before < 3)
        before--;
    for (run = bytes_of(text.p + before, 0); before > 0 && ascii_is_alnum(text.p[before - 1]);
            run.n++)
        run.p = text.p + --before;
    if (run.n != 0 && reach_of_run(run) == REACH_OPAQUE)
        return false;
    while (after < text.n && !ascii_is_alnum(text.p[after]) && after - end < 3)
        after++;
    run = run_of(bytes_slice(text, after, text.n));
    return run.n == 0 || reach_of_run(run) != REACH_OPAQUE;
}

/* The longest English word or phrase that begins with the run at `at`. */
static const struct sensitive_word *english_at(
        const struct sensitive_words *w, struct bytes text, size_t at, struct bytes run)
{
    struct bytes from = bytes_slice(text, at, text.n), key = run;
    const struct sensitive_word *best = NULL;
    size_t taken = 0;

    /* The dictionaries have singulars: look under the word without its "s" as well. */
    for (int round = 0; round < 2; round++) {
        for (size_t i = is_on(w->filter, filter_of(key))
                                ? first_with(w->english, w->english_count, key)
                                : w->english_count;
                i < w->english_count && compare_front(w->english[i].text, key) == 0; i++) {
            size_t n = phrase_at(from, w->english[i].text);

            if (n > taken) {
                taken = n;
                best = &w->english[i];
            }
        }
        if (key.n < 3 || ascii_lower(key.p[key.n - 1]) != 's')
            break;
        key.n--;
    }
    if (best == NULL || !has_plain_case(run) || !in_company(text, at, at + taken))
        return NULL;
    return best;
}

const struct sensitive_word *sensitive_words_find(
        const struct sensitive_words *w, struct bytes text)
{
    size_t at = 0;

    while (at < text.n) {
        const struct sensitive_word *found = NULL;
        struct bytes rest = bytes_slice(text, at, text.n), run = run_of(rest);
        size_t step = 1, han;

        if (run.n != 0) {
            found = run.n >= WORD_LETTERS_LEAST && run.n <= WORD_LETTERS_MOST
                            ? english_at(w, text, at, run)
                            : NULL;
            step = run.n;
        } else if (text.p[at] >= 0xe0) {
            han = han_of(rest);
            found = han != 0 && is_on(w->han, han) ? chinese_at(w, rest) : NULL;
            step = found != NULL ? found->text.n : han != 0 ? HAN_BYTES : 1;
        }
        if (found != NULL && found->class_ != SENSITIVE_BLOCK)
            return found;
        at += step;
    }
    return NULL;
}

/* Of one character beyond ASCII: Han and the signs around it, or another script. */
static bool is_covered(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3ffff);
}

static bool is_sign(uint32_t c)
{
    return (c >= 0x80 && c <= 0xbf) || (c >= 0x2000 && c <= 0x2bff) ||
           (c >= 0x3000 && c <= 0x303f) || (c >= 0xfe00 && c <= 0xfe6f) ||
           (c >= 0xff00 && c <= 0xffef) || (c >= 0x1f000 && c <= 0x1ffff);
}

/* The character at the front of valid UTF-8, and its length. */
static uint32_t character_of(struct bytes text, size_t *length)
{
    size_t n = text.p[0] >= 0xf0 ? 4 : text.p[0] >= 0xe0 ? 3 : 2;
    uint32_t c = text.p[0] & (0xffu >> (n + 1));

    for (size_t i = 1; i < n; i++)
        c = c << 6 | (text.p[i] & 0x3f);
    *length = n;
    return c;
}

enum sensitive_reach sensitive_reach_of(struct bytes text)
{
    bool words = false, script = false;
    size_t at = 0;

    if (!bytes_is_utf8(text))
        return REACH_OPAQUE;
    while (at < text.n) {
        struct bytes rest = bytes_slice(text, at, text.n), run = run_of(rest);
        enum sensitive_reach reach = REACH_CODE;
        size_t step = 1;
        uint32_t c;

        if (run.n != 0) {
            reach = reach_of_run(run);
            step = run.n;
        } else if (text.p[at] >= 0x80) {
            c = character_of(rest, &step);
            words = words || is_covered(c);
            script = script || (!is_covered(c) && !is_sign(c));
        } else if (text.p[at] < 0x20 && !bytes_has(BYTES_LITERAL("\t\r\n"), text.p[at])) {
            reach = REACH_OPAQUE;
        }
        if (reach == REACH_OPAQUE)
            return REACH_OPAQUE;
        words = words || reach == REACH_WORDS;
        at += step;
    }
    return script ? REACH_SCRIPT : words ? REACH_WORDS : REACH_CODE;
}
