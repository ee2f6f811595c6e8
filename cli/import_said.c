/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import_said.h"

#include <stdio.h>

#include "base/json.h"
#include "cli/examine_har.h"
#include "cli/say.h"

enum {
    JSON_MOST = 1 << 20,
    TELLING = 10, /* findings shown at the end */
};

static void print_json(const struct case_maker *m)
{
    const struct evidence *e = &m->examined.evidence;
    struct buf out;
    struct json j;

    buf_init(&out, JSON_MOST);
    json_init(&j, &out);
    j.pretty = true;
    json_object(&j, NULL);
    json_string(&j, "case", m->target);
    json_unsigned(&j, "connections", e->connection_count);
    json_unsigned(&j, "exchanges", e->exchange_count);
    json_unsigned(&j, "pages", m->examined.judgement.attributions.visit_count);
    json_unsigned(&j, "items", m->examined.judgement.trace_count);
    json_unsigned(&j, "findings", m->examined.judgement.finding_count);
    json_unsigned(&j, "gaps", e->gap_total);
    json_end(&j);
    (void)fwrite(out.p, 1, out.n, stdout);
    (void)putchar('\n');
    buf_clear(&out);
}

static void print_findings(const struct judgement *judged, const char *target, enum language l)
{
    struct say say;

    say_init(&say, stderr); /* statements quote what a network sent */
    for (size_t i = 0; i < judged->finding_count && i < TELLING; i++) {
        const struct finding *f = judged->findings[i];

        (void)fprintf(stderr, "  f%zu  ", f->number);
        say_text(&say, bytes_text(l == LANGUAGE_CHINESE ? f->statement_zh : f->statement_en));
        (void)fputc('\n', stderr);
    }
    say_clear(&say);
    if (judged->finding_count > TELLING)
        (void)fprintf(stderr, words_get(l, "  … and %zu more: exhibit show %s\n"),
                judged->finding_count - TELLING, target);
}

static void print_words(const struct case_maker *m, const struct settings *s, enum language l)
{
    const struct evidence *e = &m->examined.evidence;
    const struct judgement *judged = &m->examined.judgement;
    size_t undecrypted = 0;

    for (size_t i = 0; i < e->connection_count; i++)
        undecrypted += e->connections[i]->decrypted == DECRYPTED_NO;
    (void)fprintf(stderr,
            words_get(l, "%s: %zu connections (%zu not decrypted), %zu exchanges, %zu pages, "
                         "%zu findings, %u gaps\n"),
            m->target, e->connection_count, undecrypted, e->exchange_count,
            judged->attributions.visit_count, judged->finding_count, e->gap_total);
    if (m->setup.subject == NULL)
        (void)fputs(
                words_get(l,
                        "note: nothing was declared, so names, e-mail addresses, search terms "
                        "and the like were not looked for; exhibit subject writes a file "
                        "of them for --subject\n"),
                stderr);
    if (m->examined.lists_missing)
        (void)fputs(words_get(l, "note: no tracker list was found; install Debian's package "
                                 "webext-ublock-origin-chromium or give --lists\n"),
                stderr);
    if (s->verbose)
        (void)fprintf(stderr,
                words_get(l, "reading the packets took %.3f s, judging them %.3f s\n"),
                (double)m->examined.reading_ns / 1e9, (double)m->examined.judging_ns / 1e9);
    print_findings(judged, m->target, l);
    if (l == LANGUAGE_CHINESE)
        (void)fprintf(stderr,
                "报告：%s/data/report/report.zh.html（English: report.en.html）\n", m->target);
    else
        (void)fprintf(stderr, "report: %s/data/report/report.en.html (中文: report.zh.html)\n",
                m->target);
}

enum exit_status import_said(
        const struct case_maker *m, const struct settings *s, enum language language)
{
    if (!s->quiet)
        examine_har_warn(&m->examined.evidence, language);
    if (s->json)
        print_json(m);
    else if (!s->quiet)
        print_words(m, s, language);
    return EXIT_DONE;
}
