/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/locale.h"
#include "cli/say.h"
#include "cli/subject_ask.h"
#include "cli/subject_check.h"

enum {
    OPTION_FROM = OPTION_OWN,
    OPTION_SHOW,
    OPTION_LANG,
    ARENA_MOST = 64 << 20,
    MASK_SHOWN = 4, /* characters a value must have before its ends are shown */
    MASK_MOST = 12, /* dots printed */
};

struct wish {
    struct settings settings;
    const char *target, *from, *show;
    enum language language;
};

static size_t character_length(struct bytes text, size_t at)
{
    size_t n = 1;

    while (at + n < text.n && (text.p[at + n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* The first and the last character at most, and dots for what is between. */
static void put_masked(struct say *say, struct bytes text)
{
    size_t count = 0, last = 0;

    for (size_t i = 0; i < text.n; i += character_length(text, i)) {
        last = i;
        count++;
    }
    if (count > MASK_SHOWN)
        say_text(say, bytes_slice(text, 0, character_length(text, 0)));
    for (size_t i = 0; i < MASK_MOST && i + (count > MASK_SHOWN ? 2 : 0) < count; i++)
        (void)fputs("•", say->out);
    if (count > MASK_SHOWN)
        say_text(say, bytes_slice(text, last, text.n));
}

static enum status show_value(
        const struct wish *w, struct say *say, const struct subject_value *v)
{
    const char *wrong = subject_check_form(v->kind, v->text);
    enum subject_reach reach;

    if (subject_check_reach(v, &reach) != STATUS_OK)
        return STATUS_NOMEM;
    (void)fputs("  ", say->out);
    if (v->kind == SUBJECT_OTHER) {
        say_text(say, v->label);
        (void)fputs(": ", say->out);
    }
    put_masked(say, v->text);
    (void)fputc('\n', say->out);
    if (wrong != NULL)
        (void)fprintf(say->out, "    %s\n", words_get(w->language, wrong));
    if (reach == SUBJECT_KEYED)
        (void)fputs(words_get(w->language,
                            "    Short: it is looked for only beside a name that says what it "
                            "is (\"phone\", \"name\").\n"),
                say->out);
    if (reach == SUBJECT_NOWHERE)
        (void)fputs(words_get(w->language,
                            "    Too short to be looked for by itself: it would be found "
                            "everywhere.\n"),
                say->out);
    return STATUS_OK;
}

static size_t count_kind(const struct subject *s, enum subject_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->at[i].kind == kind;
    return n;
}

static enum status show_subject(const struct wish *w, const struct subject *s)
{
    enum status status = STATUS_OK;
    struct say say;

    say_init(&say, stdout);
    for (size_t i = 0; i < s->n && status == STATUS_OK; i++) {
        const struct subject_value *v = &s->at[i];

        if (i == 0 || s->at[i - 1].kind != v->kind)
            (void)printf("%s  %zu\n", subject_kind_name(v->kind), count_kind(s, v->kind));
        status = show_value(w, &say, v);
    }
    if (s->n == 0)
        (void)puts(words_get(w->language, "No value is declared in this file."));
    say_clear(&say);
    return status;
}

static void show_json(const struct subject *s)
{
    (void)fputs("{", stdout);
    for (size_t i = 0; i < SUBJECT_KINDS; i++)
        (void)printf("%s\"%s\": %zu", i == 0 ? "" : ", ",
                subject_kind_name((enum subject_kind)i), count_kind(s, (enum subject_kind)i));
    (void)puts("}");
}

static enum status make_from_file(
        const struct wish *w, struct arena *arena, struct subject *out, struct fault *fault)
{
    const char *unknown = NULL;
    enum status status = subject_file_read(w->from, arena, out, &unknown, fault);
    struct say say;

    if (status == STATUS_OK && unknown != NULL && !w->settings.quiet) {
        say_init(&say, stderr);
        (void)fputs(words_get(w->language,
                            "note: not a kind that is known, kept under \"other\": "),
                stderr);
        say_text(&say, bytes_text(unknown));
        (void)fputc('\n', stderr);
        say_clear(&say);
    }
    return status;
}

static enum status make_by_asking(
        const struct wish *w, struct arena *arena, struct subject *out, struct fault *fault)
{
    struct subject_form *form = arena_alloc(arena, sizeof(*form));
    enum status status = STATUS_OK;

    if (form == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    form->arena = arena;
    if (!subject_ask(w->language, stdin, stderr, form, &status))
        return status == STATUS_OK
                       ? fault_set(fault, STATUS_USAGE,
                                 "the answers ended before the questions; nothing was written")
                       : fault_set(fault, status, "out of memory");
    return subject_form_make(form, "subject", out, fault);
}

static void offer_clearing(const struct wish *w)
{
    if (subject_ask_yes(w->language, stdin, stderr,
                WORDS("Clear the screen, so that nobody reads the answers there?"), false))
        (void)fputs("\033[H\033[2J\033[3J", stderr);
}

static enum status run_wish(const struct wish *w, struct arena *arena, struct fault *fault)
{
    const char *unknown = NULL;
    struct subject subject = {0};
    enum status status;

    if (w->show != NULL) {
        status = subject_file_read(w->show, arena, &subject, &unknown, fault);
        if (status == STATUS_OK && w->settings.json)
            show_json(&subject);
        else if (status == STATUS_OK)
            status = show_subject(w, &subject);
        return status == STATUS_OK ? status : fault_set(fault, status, "out of memory");
    }
    /* What would be refused in the end is refused before anybody types. */
    if (!w->settings.overwrite && access(w->target, F_OK) == 0)
        return fault_set(fault, STATUS_USAGE,
                "%s exists already; name another file or give --overwrite", w->target);
    status = w->from != NULL ? make_from_file(w, arena, &subject, fault)
                             : make_by_asking(w, arena, &subject, fault);
    if (status == STATUS_OK)
        status = subject_file_write(w->target, &subject, w->settings.overwrite, fault);
    if (status != STATUS_OK)
        return status;
    if (w->from == NULL)
        offer_clearing(w);
    if (!w->settings.quiet)
        (void)fprintf(stderr, words_get(w->language, "%s: %zu values, readable by you alone\n"),
                w->target, subject.n);
    return STATUS_OK;
}

static enum settings_result take(int option, struct wish *w)
{
    switch (option) {
    case 'o':
        w->target = optarg;
        return SETTINGS_TAKEN;
    case OPTION_FROM:
        w->from = optarg;
        return SETTINGS_TAKEN;
    case OPTION_SHOW:
        w->show = optarg;
        return SETTINGS_TAKEN;
    case OPTION_LANG:
        return locale_take(&command_subject, optarg, &w->language);
    default:
        return settings_take(&command_subject, option, optarg, &w->settings);
    }
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"output", 1, NULL, 'o'},
            {"from", 1, NULL, OPTION_FROM}, {"show", 1, NULL, OPTION_SHOW},
            {"lang", 1, NULL, OPTION_LANG}, {NULL, 0, NULL, 0}};
    struct wish w = {.target = NULL, .language = locale_language()};
    struct fault fault = {0};
    struct arena *arena;
    enum status status;
    int option;

    while ((option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        enum settings_result result = take(option, &w);

        if (result != SETTINGS_TAKEN)
            return settings_exit(result);
    }
    if (optind != argc)
        return command_usage(&command_subject,
                "\"%s\" is not understood; -o FILE names the file", argv[optind]);
    if (w.show != NULL && (w.from != NULL || w.target != NULL))
        return command_usage(&command_subject, "--show FILE goes with neither --from nor -o");
    if (w.target == NULL)
        w.target = "subject.json";
    if (w.show == NULL && w.from == NULL && !isatty(STDIN_FILENO))
        return command_usage(&command_subject,
                "the questions need a terminal; --from FILE reads the values from a file");
    arena = arena_new(ARENA_MOST);
    status = arena == NULL ? fault_set(&fault, STATUS_NOMEM, "out of memory")
                           : run_wish(&w, arena, &fault);
    arena_free(arena);
    return status == STATUS_OK ? EXIT_DONE : command_failed(&fault);
}

const struct command command_subject = {
        .name = "subject",
        .summary = "write down what is to be looked for: your name, e-mail, telephone, ...",
        .help = "usage: exhibit subject [-o FILE] [--lang en|zh]\n"
                "       exhibit subject --from FILE [-o FILE]\n"
                "       exhibit subject --show FILE\n\n"
                "exhibit can find your personal data in recorded traffic only if it knows it. "
                "This\n"
                "asks for it, question by question, and says why each is asked. Every answer "
                "is\n"
                "looked for in all that was sent: as it is, in the ways it is usually "
                "written,\n"
                "encoded, and hashed as advertisers hash it. Give as little as you like: "
                "Enter\n"
                "skips a question.\n\n"
                "The answers stay in one file that only you can read (mode 0600). Nothing of "
                "it\n"
                "is sent anywhere. A case made with --subject FILE holds a copy: whoever gets "
                "the\n"
                "case can read it.\n\n"
                "      -o, --output FILE  the file to write (default subject.json); it must "
                "not\n"
                "                         exist\n"
                "      --overwrite        replace it if it does\n"
                "      --from FILE        no questions: FILE is such a file, which is checked "
                "and\n"
                "                         put in order, or has one value a line:\n"
                "                           name: Wang Yu\n"
                "                           email: wang.yu@example.com\n"
                "                           phone: +86 138 0013 8000\n"
                "                           location: 31.2304, 121.4737\n"
                "                           licence plate: 沪A12345\n"
                "                         keys: name, email, phone, id_number, address, "
                "account,\n"
                "                         search, device, location, or the same in Chinese;\n"
                "                         any other becomes a label of \"other\"\n"
                "      --show FILE        kinds and counts, values masked, and what is too "
                "short\n"
                "                         to be found safely; --json: counts only\n"
                "      --lang en|zh       language of the questions (default: that of the "
                "locale)\n"
                "  -q, --quiet            print errors only\n\n"
                "What makes a good value: it is yours alone and long enough. A name of one\n"
                "character or a code of four digits would be found everywhere; such values "
                "are\n"
                "looked for only beside a name that says what they are, or not at all.\n\n"
                "Exit status: 0 done, 2 usage, 3 our failure, 4 the file cannot be used.\n\n"
                "example:\n"
                "  exhibit subject -o subject.json\n"
                "  exhibit import traffic.pcapng --keys keys.log --subject subject.json -o "
                "case\n",
        .run = run,
};
