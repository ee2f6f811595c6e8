/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "report/compare_page_parts.h"

enum { ID_TEXT = 32, HOST_WHOLE = 28 };

size_t compare_page_shown(const struct compare_page *cp)
{
    size_t n = cp->c->findings->n;

    return n < COMPARE_TOLD_MOST ? n : COMPARE_TOLD_MOST;
}

/* One table for each change, in the order of the enumeration. */
struct section {
    enum compare_change change;
    const char *id, *title, *text;
};

static const struct section sections[] = {
        {CHANGE_UPGRADED, "upgraded", WORDS("Identifiers that the control adds"),
                WORDS("One capture left open whether these single out the browser. The control "
                      "had another value in their place, and the difference is large enough: "
                      "they count as identifiers now.")},
        {CHANGE_CONFIRMED, "confirmed", WORDS("Identifiers that the control confirms"),
                WORDS("They counted as identifiers before, and the control had another value "
                      "in "
                      "their place.")},
        {CHANGE_SESSION, "session", WORDS("Values of one session or request"),
                WORDS("They counted as identifiers before. They differ from the control, but "
                      "this "
                      "browser's own changes, too: after a restart, or within the capture.")},
        {CHANGE_REMOVED, "removed", WORDS("No identifiers after all"),
                WORDS("They counted as identifiers before, but the control had the same value: "
                      "they do not tell the two apart.")},
        {CHANGE_SUSPECT, "suspects", WORDS("May be derived from the machine"),
                WORDS("Equal in both profiles, long, and of no meaning by their form. Either "
                      "everybody has them, or they are computed from properties of the machine "
                      "that both profiles share (a fingerprint). A control on another machine "
                      "would tell.")},
        {CHANGE_NONE, "unchanged", WORDS("Identifiers of which the control says nothing"),
                WORDS("Their names did not occur in the control, or what differs is too "
                      "little. The verdicts of the first case stand.")},
        {CHANGE_RETURNED, "returned", WORDS("Came back"),
                WORDS("The value was gone and came back: the browser had cleared its cookies, "
                      "or had not sent it when a server set the same one again.")},
        {CHANGE_CONTINUES, "continues", WORDS("Going on"),
                WORDS("The same value was seen before and after the request.")},
        {CHANGE_ENDED, "ended", WORDS("Not seen any more"),
                WORDS("Seen before the request and not after it.")},
};

static const struct finding_fact *fact_of(const struct compare_finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++)
        if (strcmp(f->facts[i].name, name) == 0)
            return &f->facts[i];
    return NULL;
}

static void write_fact_cell(struct page *p, const struct compare_finding *f, const char *name)
{
    const struct finding_fact *fact = fact_of(f, name);

    html_open(&p->h, "td");
    if (fact == NULL)
        html_string(&p->h, "–");
    else if (fact->kind == FACT_TEXT)
        page_code(p, fact->text, PAGE_NAME_MOST);
    else if (fact->kind == FACT_NUMBER)
        html_print(&p->h, "%lld", (long long)fact->number);
    else
        page_names(p, fact->list,
                fact->list_count < PAGE_NAMES_MOST ? fact->list_count : PAGE_NAMES_MOST,
                fact->list_count);
    html_close(&p->h);
}

static const char *answer_word(const struct finding_fact *fact)
{
    static const struct {
        const char *name, *words;
    } answers[] = {
            {"same", WORDS("the same")},
            {"changed", WORDS("another")},
            {"not-seen", WORDS("not seen")},
            {"not-captured", WORDS("not captured")},
            {"differs", WORDS("another")},
            {"equal", WORDS("the same")},
            {"absent", WORDS("absent")},
            {"absent-where-read", WORDS("absent, as far as it could be read")},
            {"present", WORDS("present")},
            {"renewed", WORDS("carried on with another value")},
            {"ended", WORDS("the name is not carried")},
            {"recipient-not-seen", WORDS("the recipient is not contacted")},
            {"continues", WORDS("goes on")},
            {"returned", WORDS("came back")},
    };

    for (size_t i = 0; fact != NULL && i < sizeof(answers) / sizeof(*answers); i++)
        if (bytes_is(fact->text, answers[i].name))
            return answers[i].words;
    return WORDS("not seen");
}

static void write_id(struct page *p, size_t at, bool link)
{
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "#f%zu", at + 1);
    html_open(&p->h, link ? "a" : "span");
    html_class(&p->h, "id");
    if (link)
        html_attribute(&p->h, "href", id);
    html_string(&p->h, id + 1);
    html_close(&p->h);
}

/* How a value came back, see facts.via. */
static const char *way_word(const struct compare_finding *f)
{
    const struct finding_fact *via = fact_of(f, "via");

    if (via == NULL || via->list_count == 0)
        return "–";
    if (bytes_is(via->list[0], "etag"))
        return WORDS("kept as a validator (ETag)");
    if (bytes_is(via->list[0], "storage"))
        return WORDS("sent by a script");
    return WORDS("not shown");
}

/* A host of usual length is not broken over lines. */
static void write_host(struct page *p, struct bytes host)
{
    html_open(&p->h, "td");
    if (host.n <= HOST_WHOLE)
        html_class(&p->h, "n");
    page_excerpt(p, host, PAGE_NAME_MOST);
    html_close(&p->h);
}

static void write_row(struct compare_page *cp, size_t at)
{
    const struct compare_finding *f = cp->c->findings->at[at];
    struct page *p = &cp->p;

    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    write_id(p, at, at < compare_page_shown(cp));
    html_close(&p->h);
    write_host(p, f->recipient);
    html_open(&p->h, "td");
    page_code(p, f->item->name, PAGE_NAME_MOST);
    html_string(&p->h, " = ");
    if (f->item->by_hash)
        html_element(&p->h, "span", "masked", page_word(p, "[compared by digest]"));
    else
        page_code(p, f->item->text, PAGE_NAME_MOST);
    html_close(&p->h);
    if (cp->c->before_after) {
        html_element(&p->h, "td", NULL, page_word(p, answer_word(fact_of(f, "after"))));
        write_fact_cell(p, f, "set_again_by");
        html_element(&p->h, "td", NULL, page_word(p, way_word(f)));
    } else {
        write_fact_cell(p, f, "control_value");
        html_element(&p->h, "td", NULL, page_word(p, answer_word(fact_of(f, "restart"))));
        write_fact_cell(p, f, "distinguishing_bits");
    }
    html_open(&p->h, "td");
    html_class(&p->h, "n");
    html_element(&p->h, "strong", verdict_name(f->verdicts[READING_BROAD]),
            page_word(p, page_verdict_word(f->verdicts[READING_BROAD])));
    html_close(&p->h);
    html_close(&p->h);
}

static void write_section(struct compare_page *cp, const struct section *s)
{
    static const char *const profiles[] = {WORDS("Finding"), WORDS("Recipient"),
            WORDS("Name and value"), WORDS("In the control"), WORDS("After a restart"),
            WORDS("Bits that tell apart"), WORDS("Broad reading")};
    static const char *const changes[] = {WORDS("Finding"), WORDS("Recipient"),
            WORDS("Name and value"), WORDS("Afterwards"), WORDS("Set again by"), WORDS("Way"),
            WORDS("Broad reading")};
    const struct compare_findings *f = cp->c->findings;
    struct page *p = &cp->p;
    size_t n = 0;

    if (f->counts[s->change] == 0)
        return;
    page_section(p, s->id, s->title); /* NOLINT: marked where the table stands */
    html_element(&p->h, "p", NULL, page_word(p, s->text));
    html_open(&p->h, "div");
    html_class(&p->h, "scroll");
    html_open(&p->h, "table");
    page_columns(
            p, cp->c->before_after ? changes : profiles, sizeof(profiles) / sizeof(*profiles));
    for (size_t i = 0; i < f->n && n < COMPARE_TABLE_MOST; i++) {
        if (f->at[i]->change != s->change)
            continue;
        write_row(cp, i);
        n++;
    }
    page_table_end(p);
    if (n < f->counts[s->change])
        page_paragraph(p, "Not listed here: %zu more. The JSON file has them all.",
                f->counts[s->change] - n);
    html_close(&p->h);
}

/* Findings of other kinds, each with the sentence about the control. */
static void write_restated(struct compare_page *cp)
{
    const struct compare_findings *f = cp->c->findings;
    struct page *p = &cp->p;
    size_t n = 0;

    if (f->counts[CHANGE_RESTATED] == 0)
        return;
    page_section(p, "restated", "Other findings, with what the control shows");
    html_open(&p->h, "ul");
    html_class(&p->h, "telling");
    for (size_t i = 0; i < f->n && n < COMPARE_TABLE_MOST; i++) {
        if (f->at[i]->change != CHANGE_RESTATED)
            continue;
        n++;
        html_open(&p->h, "li");
        html_element(&p->h, "strong", NULL, page_word(p, page_kind_word(f->at[i]->kind)));
        html_string(&p->h, " ");
        html_element(
                &p->h, "span", "tag", page_word(p, answer_word(fact_of(f->at[i], "control"))));
        html_string(&p->h, " ");
        page_excerpt(p,
                bytes_text(p->language == LANGUAGE_CHINESE ? f->at[i]->statement_zh
                                                           : f->at[i]->statement_en),
                PAGE_STATEMENT_MOST);
        html_string(&p->h, " ");
        write_id(p, i, i < compare_page_shown(cp));
        html_close(&p->h);
    }
    html_close(&p->h);
    if (n < f->counts[CHANGE_RESTATED])
        page_paragraph(p, "Not listed here: %zu more. The JSON file has them all.",
                f->counts[CHANGE_RESTATED] - n);
    html_close(&p->h);
}

void compare_page_tables(struct compare_page *cp)
{
    for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
        write_section(cp, &sections[i]);
        if (sections[i].change == CHANGE_SUSPECT)
            write_restated(cp);
    }
    if (cp->c->findings->n == 0)
        page_paragraph(&cp->p, "No finding was made. This does not mean that nothing was "
                               "collected: see what this comparison cannot show.");
}

/* page_verdicts takes a finding of this case's own: the verdicts are put into one. */
static void write_verdicts(struct page *p, const struct compare_finding *f)
{
    struct finding *shown = arena_alloc(p->arena, sizeof(*shown));

    if (shown == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    for (unsigned r = 0; r < READINGS; r++) {
        shown->verdicts[r] = f->verdicts[r];
        shown->ground_count[r] = f->ground_count[r];
        for (size_t i = 0; i < f->ground_count[r]; i++) {
            const char *id = arena_string(p->arena, f->grounds[r][i]);

            if (id == NULL) {
                p->h.status = STATUS_NOMEM;
                return;
            }
            shown->grounds[r][i] = id;
        }
    }
    page_verdicts(p, NULL, shown);
}

static const char *case_word(const struct compare_page *cp, enum compare_role role)
{
    if (cp->c->before_after)
        return role == COMPARE_A ? WORDS("before") : WORDS("after");
    return role == COMPARE_A   ? WORDS("the person's")
           : role == COMPARE_B ? WORDS("the control")
                               : WORDS("after a restart");
}

/* Exchanges of one case: those of A may be cited by the finding that this one takes up. */
static void write_cited(
        struct compare_page *cp, const struct compare_finding *f, enum compare_role role)
{
    const struct json_value *places =
            role == COMPARE_A ? json_member(f->origin, "evidence") : NULL;
    const char *last = "";
    struct page *p = &cp->p;
    size_t n = 0;

    html_open(&p->h, "li");
    page_excerpt(p, bytes_text(cp->c->cases[role]->name), PAGE_NAME_MOST);
    html_print(&p->h, " (%s): ", page_word(p, case_word(cp, role)));
    for (size_t i = 0; i < f->cited_count[role] && n < COMPARE_CITED_SHOWN; i++, n++) {
        if (n != 0)
            page_comma(p);
        page_code(p, f->cited[role][i], PAGE_NAME_MOST);
    }
    for (const struct json_value *v = json_first(places); v != NULL && n < COMPARE_CITED_SHOWN;
            v = json_next(v)) {
        const char *id = json_string_of(json_member(v, "exchange"));

        if (id == NULL || strcmp(id, last) == 0)
            continue;
        last = id;
        if (n++ != 0)
            page_comma(p);
        page_code(p, bytes_text(id), PAGE_NAME_MOST);
    }
    html_close(&p->h);
}

static void write_told(struct compare_page *cp, size_t at)
{
    const struct compare_finding *f = cp->c->findings->at[at];
    struct page *p = &cp->p;
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "f%zu", at + 1);
    html_open(&p->h, "article");
    html_attribute(&p->h, "id", id);
    html_open(&p->h, "h3");
    html_element(&p->h, "span", "id", id);
    html_string(&p->h, " ");
    html_string(&p->h, page_word(p, page_kind_word(f->kind)));
    html_close(&p->h);
    html_open(&p->h, "p");
    html_class(&p->h, "statement");
    page_excerpt(p,
            bytes_text(p->language == LANGUAGE_CHINESE ? f->statement_zh : f->statement_en),
            PAGE_STATEMENT_MOST);
    html_close(&p->h);
    write_verdicts(p, f);
    html_element(&p->h, "h4", NULL, page_word(p, "Evidence"));
    html_open(&p->h, "ul");
    html_class(&p->h, "evidence");
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (cp->c->cases[r] != NULL &&
                (f->cited_count[r] != 0 || (r == COMPARE_A && f->origin != NULL)))
            write_cited(cp, f, r);
    html_close(&p->h);
    html_close(&p->h);
}

void compare_page_told(struct compare_page *cp)
{
    size_t shown = compare_page_shown(cp);

    if (shown == 0)
        return;
    page_section(&cp->p, "findings", "Findings and their evidence");
    for (size_t i = 0; i < shown; i++)
        write_told(cp, i);
    if (shown < cp->c->findings->n)
        page_paragraph(&cp->p, "Not listed here: %zu more. The JSON file has them all.",
                cp->c->findings->n - shown);
    html_close(&cp->p.h);
}
