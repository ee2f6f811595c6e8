/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "report/page_parts.h"

enum {
    ID_TEXT = 32,
    KIND_TEXT = 64,
    PLACES_OPEN = 2, /* of the evidence, not folded away */
    ROWS_OPEN = 12,  /* so many rows of further findings are not folded away */
};

/* The findings of one kind; they are sorted by how telling they are. */
struct group {
    const char *kind;
    size_t n;
};

static void write_place(struct page *p, const struct place *place)
{
    html_open(&p->h, "li");
    page_exchange_id(p, place->exchange);
    html_string(&p->h, " · ");
    html_element(&p->h, "code", NULL, place->part);
    html_string(&p->h, " · ");
    if (strcmp(place->part, "connection") == 0)
        page_say(p, "the beginning of its connection");
    else
        page_say(p, "bytes %llu to %llu", (unsigned long long)place->off,
                (unsigned long long)(place->off + place->len));
    html_string(&p->h, " · ");
    page_packets(p, place->exchange, strncmp(place->part, "response", 8) == 0);
    html_close(&p->h);
}

static void write_places(struct page *p, const struct finding *f, size_t from, size_t to)
{
    html_open(&p->h, "ul");
    html_class(&p->h, "evidence");
    for (size_t i = from; i < to; i++)
        write_place(p, &f->evidence[i]);
    html_close(&p->h);
}

static void write_evidence(struct page *p, const struct finding *f)
{
    size_t shown =
            f->evidence_count < PAGE_EVIDENCE_MOST ? f->evidence_count : PAGE_EVIDENCE_MOST;
    size_t open = shown < PLACES_OPEN ? shown : PLACES_OPEN;

    html_element(&p->h, "h5", NULL, page_word(p, "Evidence"));
    write_places(p, f, 0, open);
    if (open < shown) {
        page_fold(p, false, "%zu further places", shown - open);
        write_places(p, f, open, shown);
        html_close(&p->h);
    }
    if (shown < f->evidence_count)
        page_paragraph(p,
                "Not listed here: %zu further places. data/findings/findings.json has "
                "them, with the SHA-256 of the cited bytes.",
                f->evidence_count - shown);
}

static void write_items(struct page *p, const struct finding *f)
{
    size_t shown = f->trace_count < PAGE_NAMES_MOST ? f->trace_count : PAGE_NAMES_MOST;

    page_label(p, "Items");
    html_open(&p->h, "dd");
    for (size_t i = 0; i < shown; i++) {
        if (i != 0)
            page_comma(p);
        page_trace_id(p, f->traces[i]);
    }
    if (shown < f->trace_count)
        page_say(p, " and %zu more", f->trace_count - shown);
    html_close(&p->h);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What can be said against it, and what would answer that. `before`: the finding of its kind
 * that was told before it, whose objection is not told twice; NULL: none. */
static void write_objection(
        struct page *p, const struct finding *f, const struct finding *before)
{
    bool chinese = p->language == LANGUAGE_CHINESE;

    if (f->objection_en == NULL)
        return;
    if (before != NULL && same_text(f->objection_en, before->objection_en) &&
            same_text(f->answer_en, before->answer_en)) {
        page_paragraph(p, "Objection and answer: as for f%zu.", before->number);
        return;
    }
    html_open(&p->h, "dl");
    html_class(&p->h, "objection");
    page_label(p, WORDS("It may be objected"));
    html_element(&p->h, "dd", NULL, chinese ? f->objection_zh : f->objection_en);
    if (f->answer_en != NULL) {
        page_label(p, WORDS("What would answer that"));
        html_element(&p->h, "dd", NULL, chinese ? f->answer_zh : f->answer_en);
    }
    html_close(&p->h);
}

static void write_statement(struct page *p, const struct finding *f)
{
    page_excerpt(p,
            bytes_text(p->language == LANGUAGE_CHINESE ? f->statement_zh : f->statement_en),
            PAGE_STATEMENT_MOST);
}

static void write_finding(struct page *p, const struct finding *f, const struct finding *before)
{
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "f%zu", f->number);
    html_open(&p->h, "article");
    html_attribute(&p->h, "id", id);
    html_open(&p->h, "h4");
    html_element(&p->h, "span", "id", id);
    html_string(&p->h, " ");
    page_excerpt(p, f->recipient, PAGE_NAME_MOST);
    html_close(&p->h);
    html_open(&p->h, "p");
    html_class(&p->h, "statement");
    write_statement(p, f);
    html_close(&p->h);
    html_open(&p->h, "dl");
    html_class(&p->h, "facts");
    for (size_t i = 0; i < f->fact_count; i++)
        page_fact(p, &f->facts[i]);
    page_label(p, WORDS("How it is known"));
    html_element(&p->h, "dd", NULL,
            page_word(p, f->doubted ? WORDS("inferred: it is not known to be the browser's")
                                    : page_grade_word(f->grade)));
    write_items(p, f);
    html_close(&p->h);
    page_verdicts_fold(p, NULL, f, before == NULL);
    write_objection(p, f, before);
    write_evidence(p, f);
    html_close(&p->h);
}

/* A finding that is not told in full. */
static void write_row(struct page *p, const struct finding *f)
{
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "f%zu", f->number);
    html_open(&p->h, "tr");
    html_attribute(&p->h, "id", id);
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_element(&p->h, "span", "id", id);
    html_close(&p->h);
    html_open(&p->h, "td");
    write_statement(p, f);
    html_close(&p->h);
    html_open(&p->h, "td");
    if (f->evidence_count != 0)
        page_exchange_id(p, f->evidence[0].exchange);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_rows(struct page *p, const struct group *g, size_t told)
{
    static const char *const columns[] = {
            WORDS("Finding"), WORDS("Statement"), WORDS("First exchange")};
    size_t rows = g->n - told, shown = 0;

    if (rows == 0)
        return;
    page_fold(p, rows <= ROWS_OPEN, "%zu further findings of this kind", rows);
    page_table(p, "Further findings of this kind");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < p->j->finding_count && shown < PAGE_KIND_ROWS_MOST; i++) {
        const struct finding *f = p->j->findings[i];

        if (p->told[i] || strcmp(f->kind, g->kind) != 0)
            continue;
        write_row(p, f);
        shown++;
    }
    page_table_end(p);
    html_close(&p->h);
    if (shown < rows)
        page_paragraph(p,
                "Not listed here: %zu further findings. data/findings/findings.json has "
                "them all.",
                rows - shown);
}

static void write_group(struct page *p, const struct group *g)
{
    const struct finding *before = NULL;
    char id[KIND_TEXT];
    size_t told = 0;

    (void)snprintf(id, sizeof(id), "kind-%s", g->kind);
    html_open(&p->h, "h3");
    html_attribute(&p->h, "id", id);
    html_string(&p->h, page_word(p, page_kind_word(g->kind)));
    html_print(&p->h, " (%zu)", g->n);
    html_close(&p->h);
    for (size_t i = 0; i < p->j->finding_count; i++) {
        const struct finding *f = p->j->findings[i];

        if (!p->told[i] || strcmp(f->kind, g->kind) != 0)
            continue;
        write_finding(p, f, before);
        /* The last one whose objection was told. */
        if (before == NULL || !same_text(f->objection_en, before->objection_en) ||
                !same_text(f->answer_en, before->answer_en))
            before = f;
        told++;
    }
    write_rows(p, g, told);
}

/* Kinds in the order of their most telling findings. */
static size_t group_findings(const struct page *p, struct group groups[PAGE_KINDS_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < p->j->finding_count; i++) {
        const char *kind = p->j->findings[i]->kind;
        size_t k = 0;

        while (k < n && strcmp(groups[k].kind, kind) != 0)
            k++;
        if (k == n && n == PAGE_KINDS_MOST)
            continue;
        if (k == n)
            groups[n++] = (struct group){.kind = kind};
        groups[k].n++;
        if (p->told != NULL)
            p->told[i] = groups[k].n <= PAGE_KIND_MOST;
    }
    return n;
}

enum status page_findings_choose(struct page *p)
{
    struct group groups[PAGE_KINDS_MOST];

    p->told = arena_array(p->arena, p->j->finding_count + 1, sizeof(*p->told));
    if (p->told == NULL)
        return STATUS_NOMEM;
    (void)group_findings(p, groups);
    return STATUS_OK;
}

static void write_kinds(struct page *p, const struct group *groups, size_t n)
{
    char link[KIND_TEXT];

    html_open(&p->h, "ul");
    html_class(&p->h, "kinds");
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(link, sizeof(link), "#kind-%s", groups[i].kind);
        html_open(&p->h, "li");
        html_open(&p->h, "a");
        html_attribute(&p->h, "href", link);
        html_string(&p->h, page_word(p, page_kind_word(groups[i].kind)));
        html_close(&p->h);
        html_print(&p->h, " (%zu)", groups[i].n);
        html_close(&p->h);
    }
    html_close(&p->h);
}

void page_findings(struct page *p)
{
    struct group groups[PAGE_KINDS_MOST];
    size_t n = group_findings(p, groups);

    page_section(p, "findings", "Findings and their evidence");
    page_paragraph(p,
            "A finding is a statement that the cited bytes prove. “c3.s5” names stream "
            "5 of connection 3: “exhibit show CASE c3.s5” prints the whole exchange. "
            "Offsets count from 0 within the named part. The most telling kind stands "
            "first.");
    if (n == 0)
        page_paragraph(p, "No finding was made.");
    if (p->j->sharing_capped)
        page_paragraph(p,
                "Some values are longer, or have more parts, than this program compares "
                "with the identifiers of others: more may have been shared than is "
                "said here.");
    if (p->j->behaviour_capped)
        page_paragraph(p,
                "More was sent, or in more parts, than this program follows: fingerprints, "
                "typed text and recordings may have gone out that are not said here.");
    if (n > 1)
        write_kinds(p, groups, n);
    for (size_t i = 0; i < n; i++)
        write_group(p, &groups[i]);
    html_close(&p->h);
}
