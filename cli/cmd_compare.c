/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/case_items.h"
#include "cli/command.h"
#include "cli/locale.h"
#include "cli/say.h"
#include "report/compare_page.h"

enum {
    OPTION_AS = OPTION_OWN,
    OPTION_LANG,
    OPTION_RULES,
    OPTION_FAIL,
    OUTPUT_MOST = 1 << 30,
    TELLING = 10, /* findings shown at the end */
};

#define ARENA_MOST ((size_t)2 << 30)

struct compare {
    struct settings settings;
    const char *target, *as, *rules;
    enum language language;
    bool fail, before_after;
    char page[CASE_PATH_MOST]; /* the page's name, beside the target */
    struct case_items cases[COMPARE_CASES];
    struct legal *legal;
    struct arena *arena;
    struct compare_rows rows;
    struct compare_findings findings;
    struct comparison told;
    struct fault fault;
};

static enum status no_memory(struct compare *c)
{
    return fault_set(&c->fault, STATUS_NOMEM, "out of memory");
}

/* Compared with itself, a case would have nothing but constants. */
static enum status check_different(struct compare *c, char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->cases[i].of.manifest_sha256, c->cases[k].of.manifest_sha256) == 0)
                return fault_set(&c->fault, STATUS_INPUT,
                        "%s and %s are the same case (their manifests are equal): a "
                        "comparison needs two captures",
                        paths[k], paths[i]);
    return STATUS_OK;
}

static enum status load(struct compare *c, char **paths, size_t n)
{
    struct case_term terms[CASE_TERMS_MOST];
    size_t term_count;
    enum status status = case_items_load(paths[0], NULL, 0, &c->cases[COMPARE_A], &c->fault);

    if (status != STATUS_OK)
        return status;
    term_count = c->before_after ? 0 : case_items_terms(&c->cases[COMPARE_A].of, terms);
    status = case_items_load(paths[1], terms, term_count, &c->cases[COMPARE_B], &c->fault);
    if (status == STATUS_OK && n > 2)
        status = case_items_load(paths[2], NULL, 0, &c->cases[COMPARE_A2], &c->fault);
    return status == STATUS_OK ? check_different(c, paths, n) : status;
}

static enum status compare(struct compare *c, size_t n)
{
    const struct compare_case *cases[COMPARE_CASES] = {0};
    enum status status;

    for (size_t i = 0; i < n; i++)
        cases[i] = &c->cases[i].of;
    c->legal = legal_new(c->rules, &c->fault);
    if (c->legal == NULL)
        return c->fault.status;
    c->arena = arena_new(ARENA_MOST);
    if (c->arena == NULL)
        return no_memory(c);
    status = compare_profiles(c->arena, cases, &c->rows);
    if (status == STATUS_OK && c->before_after)
        status = compare_before_after(c->arena, c->legal, cases, &c->rows, &c->findings);
    else if (status == STATUS_OK)
        status = compare_profile_findings(c->arena, c->legal, cases, &c->rows, &c->findings);
    if (status != STATUS_OK)
        return no_memory(c);
    c->told = (struct comparison){.before_after = c->before_after,
            .rows = &c->rows,
            .findings = &c->findings,
            .legal = c->legal,
            .tool_version = EXHIBIT_VERSION};
    memcpy(c->told.cases, cases, sizeof(cases));
    return STATUS_OK;
}

static enum status write_file(struct compare *c, const char *path, struct bytes content)
{
    int fd = open(path,
            O_WRONLY | O_CREAT | O_CLOEXEC | (c->settings.overwrite ? O_TRUNC : O_EXCL), 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    bool ok;

    if (file == NULL)
        return fault_set(&c->fault, errno == EEXIST ? STATUS_USAGE : STATUS_IO,
                "%s: cannot be written: %s%s", path, strerror(errno),
                errno == EEXIST ? "; --overwrite replaces it" : "");
    ok = content.n == 0 || fwrite(content.p, 1, content.n, file) == content.n;
    ok = fclose(file) == 0 && ok;
    return ok ? STATUS_OK
              : fault_set(
                        &c->fault, STATUS_IO, "%s: writing failed: %s", path, strerror(errno));
}

static enum status write_all(struct compare *c)
{
    enum status status;
    struct buf json, page;

    buf_init(&json, OUTPUT_MOST);
    buf_init(&page, OUTPUT_MOST);
    status = compare_lines_write(&c->told, &json);
    if (status == STATUS_OK)
        status = compare_page_render(c->language, &c->told, &page);
    if (status != STATUS_OK)
        status = no_memory(c);
    if (status == STATUS_OK)
        status = write_file(c, c->target, buf_view(&json));
    if (status == STATUS_OK)
        status = write_file(c, c->page, buf_view(&page));
    buf_clear(&json);
    buf_clear(&page);
    return status;
}

/* A difference between the cases that somebody is meant by. */
static bool differs(const struct compare *c)
{
    const size_t *n = c->findings.counts;

    if (c->before_after)
        return n[CHANGE_ENDED] + n[CHANGE_RETURNED] != 0;
    return n[CHANGE_UPGRADED] + n[CHANGE_CONFIRMED] + n[CHANGE_SESSION] != 0;
}

static void print_json(const struct compare *c)
{
    struct buf out;
    struct json j;

    buf_init(&out, OUTPUT_MOST);
    json_init(&j, &out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "as", c->as);
    json_string(&j, "output", c->target);
    json_string(&j, "page", c->page);
    json_unsigned(&j, "values", c->rows.n);
    json_object(&j, "findings");
    for (unsigned i = 0; i < CHANGES; i++)
        if ((i >= CHANGE_RETURNED) == c->before_after)
            json_unsigned(&j, compare_change_name(i), c->findings.counts[i]);
    json_end(&j);
    json_bool(&j, "difference", differs(c));
    json_end(&j);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)putchar('\n');
    buf_clear(&out);
}

static void print_words(const struct compare *c)
{
    const size_t *n = c->findings.counts;
    struct say say;

    if (c->before_after)
        (void)fprintf(stderr,
                "%s: of the identifiers before, %zu go on, %zu came back, %zu ended\n",
                c->target, n[CHANGE_CONTINUES], n[CHANGE_RETURNED], n[CHANGE_ENDED]);
    else
        (void)fprintf(stderr,
                "%s: %zu values compared; identifiers: %zu upgraded, %zu confirmed, %zu of a "
                "session only, %zu removed; %zu fingerprint suspects\n",
                c->target, c->rows.n, n[CHANGE_UPGRADED], n[CHANGE_CONFIRMED],
                n[CHANGE_SESSION], n[CHANGE_REMOVED], n[CHANGE_SUSPECT]);
    if (!c->before_after && c->told.cases[COMPARE_A2] == NULL)
        (void)fputs("note: a third case, of the same profile after a restart of the browser, "
                    "would show which of them last\n",
                stderr);
    say_init(&say, stderr); /* statements quote what a network sent */
    for (size_t i = 0; i < c->findings.n && i < TELLING; i++) {
        (void)fprintf(stderr, "  f%zu  ", i + 1);
        say_text(&say, bytes_text(c->findings.at[i]->statement_en));
        (void)fputc('\n', stderr);
    }
    say_clear(&say);
    if (c->findings.n > TELLING)
        (void)fprintf(stderr, "  … and %zu more\n", c->findings.n - TELLING);
    (void)fprintf(stderr, "page: %s\n", c->page);
}

static enum exit_status finish(struct compare *c, char **paths, size_t n)
{
    enum exit_status code = EXIT_DONE;
    enum status status = load(c, paths, n);

    if (status == STATUS_OK)
        status = compare(c, n);
    if (status == STATUS_OK)
        status = write_all(c);
    if (status != STATUS_OK) {
        code = command_failed(&c->fault);
    } else {
        if (c->settings.json)
            print_json(c);
        else if (!c->settings.quiet)
            print_words(c);
        code = c->fail && differs(c) ? EXIT_NO : EXIT_DONE;
    }
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        case_items_clear(&c->cases[r]);
    arena_free(c->arena);
    legal_free(c->legal);
    return code;
}

/* "x.json" has the page "x.html"; any other name gets ".html" behind it. */
static bool name_page(struct compare *c)
{
    static const char ending[] = ".json";
    size_t n = strlen(c->target);
    int written;

    if (n > strlen(ending) && strcmp(c->target + n - strlen(ending), ending) == 0)
        n -= strlen(ending);
    written = snprintf(c->page, sizeof(c->page), "%.*s.html", (int)n, c->target);
    return written > 0 && (size_t)written < sizeof(c->page);
}

static enum exit_status check_wish(struct compare *c, size_t n)
{
    const struct command *self = &command_compare;

    c->before_after = strcmp(c->as, "before-after") == 0;
    if (!c->before_after && strcmp(c->as, "profiles") != 0)
        return command_usage(self, "--as takes profiles or before-after, not \"%s\"", c->as);
    if (c->target == NULL)
        return command_usage(self, "-o FILE.json says where to write the comparison");
    if (c->before_after ? n != 2 : n != 2 && n != 3)
        return command_usage(self,
                c->before_after ? "name two cases: before and after the request"
                                : "name two or three cases: the person's, the control, and the "
                                  "person's again after a restart");
    if (!name_page(c))
        return command_usage(self, "the name given with -o is too long");
    if (!c->settings.overwrite && (access(c->target, F_OK) == 0 || access(c->page, F_OK) == 0))
        return command_usage(self, "%s exists; --overwrite replaces it",
                access(c->target, F_OK) == 0 ? c->target : c->page);
    return EXIT_DONE;
}

static enum settings_result take(int option, struct compare *c)
{
    switch (option) {
    case 'o':
        c->target = optarg;
        return SETTINGS_TAKEN;
    case OPTION_AS:
        c->as = optarg;
        return SETTINGS_TAKEN;
    case OPTION_LANG:
        return locale_take(&command_compare, optarg, &c->language);
    case OPTION_RULES:
        c->rules = optarg;
        return SETTINGS_TAKEN;
    case OPTION_FAIL:
        c->fail = true;
        return SETTINGS_TAKEN;
    default:
        return settings_take(&command_compare, option, optarg, &c->settings);
    }
}

static enum exit_status run(int argc, char **argv)
{
    static const struct option options[] = {SETTINGS_LONG, {"output", 1, NULL, 'o'},
            {"as", 1, NULL, OPTION_AS}, {"lang", 1, NULL, OPTION_LANG},
            {"rules", 1, NULL, OPTION_RULES}, {"fail-on-difference", 0, NULL, OPTION_FAIL},
            {NULL, 0, NULL, 0}};
    struct compare *c = calloc(1, sizeof(*c));
    enum exit_status code = EXIT_DONE;
    bool go = true;
    int option;

    if (c == NULL)
        return EXIT_OURS;
    c->as = "profiles";
    c->language = LANGUAGE_ENGLISH;
    while (go && (option = getopt_long(argc, argv, SETTINGS_SHORT "o:", options, NULL)) != -1) {
        enum settings_result result = take(option, c);

        go = result == SETTINGS_TAKEN;
        code = go ? EXIT_DONE : settings_exit(result);
    }
    if (go)
        code = check_wish(c, (size_t)(argc - optind));
    if (go && code == EXIT_DONE)
        code = finish(c, argv + optind, (size_t)(argc - optind));
    free(c);
    return code;
}

const struct command command_compare = {
        .name = "compare",
        .summary = "a second profile as control, or before and after a request",
        .help = "usage: exhibit compare [OPTIONS] CASE CASE [CASE] -o FILE.json\n\n"
                "Answers what one capture cannot: is a value this browser's own, or the same "
                "for\neverybody? did it end when its end was asked for? Writes FILE.json and a "
                "page to\nread, FILE.html.\n\n"
                "      --as profiles      A B [A2] (default): A is yours; B is the control: a "
                "clean\n"
                "                         profile, on the same machine and network and at the "
                "same\n"
                "                         hour, that visited the same sites; A2 is yours "
                "again,\n"
                "                         after a restart of the browser. What is the same in "
                "A\n"
                "                         and A2 and another in B is your browser's own and "
                "lasts;\n"
                "                         what is equal in A and B does not single you out\n"
                "      --as before-after  A B: captured before and after a request (erasure,\n"
                "                         objection, opt-out): which identifiers ended, which "
                "go\n"
                "                         on, which came back, and by which way\n"
                "  -o, --output FILE      where to write it; existing files are refused\n"
                "      --lang en|zh       language of the page (default en)\n"
                "      --rules DIR        rule tables instead of those in the program\n"
                "      --fail-on-difference\n"
                "                         exit with 1 when profiles: a value of A is its own;\n"
                "                         before-after: an identifier ended or came back\n"
                "      --overwrite        replace existing files\n"
                "      --json             a summary for scripts on standard output\n"
                "  -q, --quiet            print errors only\n\n"
                "Only what was sealed is compared: a case whose findings were changed is "
                "refused.\n\n"
                "Exit status: 0 done, 1 a difference (with --fail-on-difference), 2 usage,\n"
                "3 our failure, 4 a case cannot be used.\n\n"
                "example: visit the same pages with your profile, with a clean one, and with "
                "yours\nagain after a restart; import the three captures; then\n"
                "  exhibit compare mine control mine-again -o profiles.json\n"
                "  open profiles.html in a browser\n",
        .run = run,
};
