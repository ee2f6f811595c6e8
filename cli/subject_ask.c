/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subject_ask.h"

#include <string.h>

#include "cli/subject_check.h"

enum { LINE_MOST = SUBJECT_TEXT_MOST + 2 };

struct asking {
    enum language language;
    FILE *in, *out;
    struct subject_form *form;
    bool ended; /* there is nothing more to read */
    enum status status;
};

/* What is asked, why, and what an answer looks like. */
static const struct {
    const char *title, *why, *example;
} questions[SUBJECT_KINDS] = {
        [SUBJECT_NAME] = {WORDS("Your name"),
                WORDS("Sites pass on the names of their customers. Written in Han characters, "
                      "it "
                      "is looked for in pinyin, too."),
                "王语    Wang Yu"},
        [SUBJECT_EMAIL] = {WORDS("E-mail addresses"),
                WORDS("Advertisers tell people apart by the digest of their e-mail address. "
                      "Each "
                      "address is looked for plain and hashed."),
                "wang.yu@example.com"},
        [SUBJECT_PHONE] = {WORDS("Telephone numbers"),
                WORDS("The same is done with mobile numbers. Write it with its country code if "
                      "it is not of mainland China."),
                "+86 138 0013 8000"},
        [SUBJECT_ID_NUMBER] = {WORDS("Identity document number"),
                WORDS("It is sensitive personal information and should go to nobody but who "
                      "must "
                      "check it."),
                "11010519491231002X"},
        [SUBJECT_ADDRESS] = {WORDS("Postal addresses"),
                WORDS("Shops pass addresses on to carriers, and sometimes to others. Parts of "
                      "it "
                      "are looked for, too."),
                "上海市黄浦区人民大道200号"},
        [SUBJECT_ACCOUNT] = {WORDS("User names, customer and card numbers"),
                WORDS("A user name or member number ties what you do on one site to what you "
                      "do "
                      "on another."),
                "wangyu_1990    6222 0212 3456 7894"},
        [SUBJECT_SEARCH] = {WORDS("Words you will search for"),
                WORDS("What you search for tells about health, opinions and plans. Choose "
                      "words "
                      "that no page shows by itself."),
                "减肥"},
        [SUBJECT_DEVICE] = {WORDS("Numbers of your devices"),
                WORDS("IMEI, serial number or MAC address: they stay the same when cookies are "
                      "deleted."),
                "3C:22:FB:01:02:03"},
        [SUBJECT_LOCATION] = {WORDS("Where you are, as coordinates"),
                WORDS("Latitude first, in degrees. Any map shows them for your home; places "
                      "near "
                      "by count, too."),
                "31.2304, 121.4737"},
        [SUBJECT_OTHER] = {WORDS("Anything else that only you would send"),
                WORDS("A licence plate, a date of birth, a policy number. First what it is, "
                      "then "
                      "the value."),
                "沪A12345"},
};

static void put(const struct asking *a, const char *text)
{
    (void)fputs(text, a->out);
}

/* One line without its end; false at the end of the answers. A longer one than a value may be is
 * read to its end and comes out cut, one byte too long. */
static bool read_line(struct asking *a, char line[LINE_MOST])
{
    size_t n = 0;
    int c;

    (void)fflush(a->out);
    while ((c = fgetc(a->in)) != EOF && c != '\n') {
        if (c != '\0' && n + 1 < LINE_MOST)
            line[n++] = (char)c;
    }
    line[n] = '\0';
    a->ended = c == EOF;
    return !a->ended || n != 0;
}

static bool yes(struct asking *a, const char *english, bool usual)
{
    char line[LINE_MOST];
    struct bytes answer;

    put(a, words_get(a->language, english));
    put(a, usual ? " [Y/n] " : " [y/N] ");
    if (!read_line(a, line))
        return usual;
    answer = bytes_trim(bytes_text(line));
    if (answer.n == 0)
        return usual;
    return answer.p[0] == 'y' || answer.p[0] == 'Y' || bytes_is(answer, "是") ||
           bytes_is(answer, "好");
}

bool subject_ask_yes(
        enum language language, FILE *in, FILE *out, const char *english, bool usual)
{
    struct asking a = {.language = language, .in = in, .out = out};

    return yes(&a, english, usual);
}

/* Whether the value is to be kept, after what looks wrong about it was said. */
static bool keep(struct asking *a, enum subject_kind kind, struct bytes text)
{
    const char *wrong;

    if (text.n > SUBJECT_TEXT_MOST) {
        put(a, words_get(a->language,
                       "    That is longer than 1024 bytes; give a part of it.\n"));
        return false;
    }
    if (!bytes_is_utf8(text)) {
        put(a, words_get(a->language,
                       "    That is no UTF-8 text. Is the terminal set to UTF-8?\n"));
        return false;
    }
    wrong = subject_check_form(kind, text);
    if (wrong == NULL)
        return true;
    (void)fprintf(a->out, "    %s\n", words_get(a->language, wrong));
    /* Other values are searched for whatever they are; a place must be two numbers. */
    if (kind == SUBJECT_LOCATION)
        return false;
    put(a, "    ");
    return yes(a, WORDS("Keep it as it is?"), true);
}

static void say_reach(struct asking *a, enum subject_kind kind, struct bytes text)
{
    const struct subject_value v = {
            .kind = kind, .number = 1, .text = text, .label = BYTES_LITERAL("other")};
    enum subject_reach reach = SUBJECT_EVERYWHERE;

    if (subject_check_reach(&v, &reach) != STATUS_OK) {
        a->status = STATUS_NOMEM;
        return;
    }
    if (reach == SUBJECT_KEYED)
        put(a, words_get(a->language,
                       "    Short: it is looked for only beside a name that says what it is "
                       "(\"phone\", \"name\").\n"));
    else if (reach == SUBJECT_NOWHERE)
        put(a, words_get(a->language,
                       "    Too short to be looked for by itself: it would be found "
                       "everywhere.\n"));
}

/* One value of a kind; false when the kind is done. */
static bool ask_value(struct asking *a, enum subject_kind kind, struct bytes label)
{
    char line[LINE_MOST];
    struct bytes text;

    put(a, "  > ");
    if (!read_line(a, line))
        return false;
    text = bytes_trim(bytes_text(line));
    if (text.n == 0)
        return false;
    if (!keep(a, kind, text))
        return true;
    a->status = subject_form_add(a->form, kind, label, text);
    if (a->status == STATUS_USAGE) {
        put(a, words_get(a->language, "    No more values fit.\n"));
        a->status = STATUS_OK;
        return false;
    }
    if (a->status == STATUS_OK)
        say_reach(a, kind, text);
    return true;
}

/* What it is, then its values. */
static bool ask_other(struct asking *a)
{
    char label[LINE_MOST];
    struct bytes text;

    put(a, words_get(a->language, "  What is it? > "));
    if (!read_line(a, label))
        return false;
    text = bytes_trim(bytes_text(label));
    if (text.n == 0)
        return false;
    if (text.n > SUBJECT_LABEL_MOST || !bytes_is_utf8(text)) {
        put(a, words_get(a->language, "    Too long, or not readable as text.\n"));
        return true;
    }
    (void)ask_value(a, SUBJECT_OTHER, text);
    return true;
}

static void introduce(struct asking *a)
{
    put(a, words_get(a->language,
                   "What is asked here is searched for in all that a recording sends: as it "
                   "is, "
                   "encoded, and hashed.\nThe answers stay in one file that you alone can read "
                   "(mode 0600). They are never sent anywhere;\na case that you make with them "
                   "holds a copy of the file.\n\nEnter alone goes on to the next question. "
                   "Several values: one a line. Ctrl-C stops, and nothing is written.\n"));
}

bool subject_ask(enum language language, FILE *in, FILE *out, struct subject_form *form,
        enum status *status)
{
    struct asking a = {.language = language, .in = in, .out = out, .form = form};

    introduce(&a);
    for (size_t i = 0; i < SUBJECT_KINDS && !a.ended && a.status == STATUS_OK; i++) {
        const enum subject_kind kind = (enum subject_kind)i;

        (void)fprintf(out, "\n%zu/%d  %s\n", i + 1, SUBJECT_KINDS,
                words_get(a.language, questions[i].title));
        (void)fprintf(out, "  %s\n", words_get(a.language, questions[i].why));
        (void)fprintf(out, words_get(a.language, "  For example: %s\n"), questions[i].example);
        while (!a.ended && a.status == STATUS_OK &&
                (kind == SUBJECT_OTHER ? ask_other(&a)
                                       : ask_value(&a, kind, (struct bytes){0})))
            continue;
    }
    *status = a.status;
    return !a.ended && a.status == STATUS_OK;
}
