/* SPDX-License-Identifier: Apache-2.0 */
#include "report/compare_page.h"

#include <string.h>

#include "base/embed.h"
#include "report/compare_page_parts.h"

EMBED(compare_css, "report/data/report.css");

#define PAGE_MEMORY ((size_t)256 << 20)

static const char *title_of(const struct compare_page *cp)
{
    return page_word(&cp->p,
            cp->c->before_after ? WORDS("Comparison of captures before and after a request")
                                : WORDS("Comparison with a control profile"));
}

static void write_figures(struct compare_page *cp)
{
    const size_t *n = cp->c->findings->counts;
    struct page *p = &cp->p;

    html_open(&p->h, "dl");
    html_class(&p->h, "figures");
    page_figure(p, WORDS("values compared"), cp->c->rows->n);
    if (cp->c->before_after) {
        page_figure(p, WORDS("identifiers that go on"), n[CHANGE_CONTINUES]);
        page_figure(p, WORDS("identifiers that came back"), n[CHANGE_RETURNED]);
        page_figure(p, WORDS("identifiers not seen any more"), n[CHANGE_ENDED]);
    } else {
        page_figure(p, WORDS("identifiers that the control adds"), n[CHANGE_UPGRADED]);
        page_figure(p, WORDS("identifiers that it confirms"), n[CHANGE_CONFIRMED]);
        page_figure(p, WORDS("of one session only"), n[CHANGE_SESSION]);
        page_figure(p, WORDS("that it removes"), n[CHANGE_REMOVED]);
        page_figure(p, WORDS("that may be derived from the machine"), n[CHANGE_SUSPECT]);
    }
    html_close(&p->h);
}

static const char *role_word(const struct compare_page *cp, enum compare_role role)
{
    if (cp->c->before_after)
        return role == COMPARE_A ? WORDS("before the request") : WORDS("after the request");
    return role == COMPARE_A   ? WORDS("the person's profile")
           : role == COMPARE_B ? WORDS("the control profile")
                               : WORDS("the person's profile after a restart");
}

static void write_case(struct compare_page *cp, enum compare_role role)
{
    const struct compare_case *c = cp->c->cases[role];
    struct page *p = &cp->p;

    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_string(&p->h, page_word(p, role_word(cp, role)));
    html_close(&p->h);
    html_open(&p->h, "td");
    page_excerpt(p, bytes_text(c->name), PAGE_NAME_MOST);
    html_break(&p->h);
    html_element(&p->h, "code", "hash", c->manifest_sha256);
    html_close(&p->h);
    html_open(&p->h, "td");
    if (c->exchanges == 0) {
        page_say(p, "none");
    } else {
        page_time(p, c->first_ns);
        html_break(&p->h);
        page_time(p, c->last_ns);
    }
    html_close(&p->h);
    page_number_cell(p, c->exchanges);
    page_number_cell(p, c->incomplete);
    page_number_cell(p, c->unread_connections);
    html_close(&p->h);
}

static void write_cases(struct compare_page *cp)
{
    static const char *const columns[] = {WORDS("Case"), WORDS("Name; SHA-256 of its manifest"),
            WORDS("First and last request"), WORDS("Exchanges"), WORDS("of them incomplete"),
            WORDS("Connections not read")};

    page_table(&cp->p, "The cases that were compared");
    page_columns(&cp->p, columns, sizeof(columns) / sizeof(*columns));
    for (unsigned r = 0; r < COMPARE_CASES; r++)
        if (cp->c->cases[r] != NULL)
            write_case(cp, r);
    page_table_end(&cp->p);
}

static void write_summary(struct compare_page *cp)
{
    struct page *p = &cp->p;

    page_section(p, "summary", "Summary");
    if (cp->c->before_after)
        page_paragraph(p,
                "Two captures of one browser, before and after a request to its recipients, "
                "were compared: which identifiers were seen in both, which ended, and which "
                "came back. The page states what was sent and received; whether a rule of law "
                "was followed is not for it to say.");
    else
        page_paragraph(p,
                "A second, clean profile visited the same sites as the person's. A value that "
                "is the same there does not tell the person's browser from others; one that "
                "differs there, and comes back after a restart, is the browser's own. The page "
                "states what was sent and received; whether a rule of law was followed is not "
                "for it to say.");
    write_figures(cp);
    write_cases(cp);
    if (!cp->c->before_after && cp->c->cases[COMPARE_A2] == NULL)
        page_paragraph(p,
                "No capture after a restart of the browser was given: whether a value "
                "lasts is known from its declared lifetime only.");
    html_close(&p->h);
}

static void write_limits(struct compare_page *cp)
{
    struct compare_limit limits[COMPARE_LIMITS_MOST];
    size_t n = compare_limits(cp->c, limits);
    char text[COMPARE_LIMIT_TEXT];

    page_section(&cp->p, "limits", "What this comparison cannot show");
    html_open(&cp->p.h, "ul");
    for (size_t i = 0; i < n; i++) {
        compare_limit_text(&limits[i], cp->p.language == LANGUAGE_CHINESE, text);
        html_element(&cp->p.h, "li", NULL, text);
    }
    html_close(&cp->p.h);
    html_close(&cp->p.h);
}

static bool is_cited(const struct compare_page *cp, const char *id)
{
    for (size_t i = 0; i < compare_page_shown(cp); i++) {
        const struct compare_finding *f = cp->c->findings->at[i];

        for (unsigned r = 0; r < READINGS; r++)
            for (size_t k = 0; k < f->ground_count[r]; k++)
                if (bytes_is(f->grounds[r][k], id))
                    return true;
    }
    return false;
}

static void write_rule(struct page *p, const struct legal_rule *rule)
{
    page_rule(p, rule);
    html_close(&p->h);
}

static void write_rules(struct compare_page *cp)
{
    static const char *const columns[] = {
            WORDS("Ground"), WORDS("Law and article"), WORDS("What it asks for, in our words")};
    size_t n = legal_count(cp->c->legal);

    page_section(&cp->p, "grounds", "Grounds cited on this page");
    page_table(&cp->p, "Grounds cited on this page");
    page_columns(&cp->p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < n; i++)
        if (is_cited(cp, legal_rule_at(cp->c->legal, i)->id))
            write_rule(&cp->p, legal_rule_at(cp->c->legal, i));
    page_table_end(&cp->p);
    html_close(&cp->p.h);
}

static void write_verify(struct compare_page *cp)
{
    page_section(&cp->p, "verify", "How to verify");
    page_paragraph(&cp->p,
            "Each case is named by the SHA-256 of its manifest. “exhibit verify CASE” checks "
            "that "
            "nothing in it was changed since it was sealed, “sh CASE/verify.sh” does so "
            "without "
            "this program, and “exhibit show CASE c3.s5” prints an exchange that is cited "
            "here. "
            "The same cases and the same program give the same comparison, byte for byte.");
    html_close(&cp->p.h);
}

static void write_page(struct compare_page *cp, struct buf *out)
{
    struct page *p = &cp->p;

    html_begin(&p->h, out, language_tag(p->language), title_of(cp), EMBEDDED(compare_css));
    html_open(&p->h, "header");
    html_element(&p->h, "h1", NULL, title_of(cp));
    html_open(&p->h, "p");
    html_class(&p->h, "case");
    page_say(p, "made by exhibit %s", cp->c->tool_version);
    html_close(&p->h);
    html_close(&p->h);
    html_open(&p->h, "main");
    write_summary(cp);
    compare_page_tables(cp);
    compare_page_told(cp);
    write_limits(cp);
    write_rules(cp);
    write_verify(cp);
    html_close(&p->h);
}

/* Credentials are known by their digests; where other text quotes one it is masked, too. */
static enum status fill_mask(const struct comparison *c, struct mask *mask)
{
    enum status status = STATUS_OK;

    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        for (size_t i = 0; c->cases[r] != NULL && i < c->cases[r]->item_count; i++) {
            const struct compare_item *item = &c->cases[r]->items[i];
            uint8_t raw[SHA256_BYTES];

            if (!item->masked || status != STATUS_OK || mask->n == MASK_VALUES_MOST)
                continue;
            for (size_t k = 0; k < sizeof(raw); k++)
                raw[k] = (uint8_t)((unsigned)ascii_hex_value(item->sha256.p[2 * k]) << 4 |
                                   ((unsigned)ascii_hex_value(item->sha256.p[2 * k + 1]) & 15));
            status = mask_add_digest(mask, raw);
        }
    }
    mask_seal(mask);
    return status;
}

enum status compare_page_render(
        enum language language, const struct comparison *c, struct buf *out)
{
    const struct basis basis = {.legal = c->legal};
    const struct page_facts facts = {.tool_version = c->tool_version, .basis = &basis};
    struct compare_page cp = {.p = {.language = language, .facts = &facts}, .c = c};
    enum status status = STATUS_NOMEM;

    cp.p.arena = arena_new(PAGE_MEMORY);
    mask_init(&cp.p.mask);
    if (cp.p.arena != NULL)
        status = fill_mask(c, &cp.p.mask);
    if (status == STATUS_OK) {
        write_page(&cp, out);
        status = html_finish(&cp.p.h);
    }
    mask_clear(&cp.p.mask);
    arena_free(cp.p.arena);
    return status;
}
