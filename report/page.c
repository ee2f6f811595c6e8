/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <string.h>

#include "base/embed.h"
#include "report/page_parts.h"

EMBED(report_css, "report/data/report.css");

enum { PAGE_MEMORY = 1 << 30 };

/* Some sections are there only when there is something to say in them. */
static bool has_section(const struct page *p, const char *link)
{
    if (strcmp(link, "#messages") == 0)
        return page_has_sockets(p);
    if (strcmp(link, "#session") == 0)
        return p->facts->recording != NULL;
    if (strcmp(link, "#machine") == 0)
        return page_has_environment(p);
    if (strcmp(link, "#screens") == 0)
        return p->facts->recording != NULL && p->facts->recording->screens.n != 0;
    return true;
}

static void write_contents(struct page *p)
{
    static const struct {
        const char *link, *title;
    } entries[] = {
            {"#summary", WORDS("Summary")},
            {"#proof", WORDS("What a reader must know")},
            {"#session", WORDS("How this was recorded")},
            {"#screens", WORDS("Screenshots")},
            {"#machine", WORDS("The machine")},
            {"#pages", WORDS("Pages visited")},
            {"#recipients", WORDS("Recipients")},
            {"#declared", WORDS("What you declared, and where it went")},
            {"#consent", WORDS("What was sent in which state of consent")},
            {"#items", WORDS("Identifiers and other personal items")},
            {"#findings", WORDS("Findings and their evidence")},
            {"#messages", WORDS("WebSocket messages")},
            {"#limits", WORDS("What this capture cannot show")},
            {"#basis", WORDS("Lists, tables and rules used")},
            {"#verify", WORDS("How to verify")},
            {"#words", WORDS("Words")},
    };

    html_open(&p->h, "nav");
    html_open(&p->h, "ol");
    for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
        if (!has_section(p, entries[i].link))
            continue;
        html_open(&p->h, "li");
        html_open(&p->h, "a");
        html_attribute(&p->h, "href", entries[i].link);
        html_string(&p->h, page_word(p, entries[i].title));
        html_close(&p->h);
        html_close(&p->h);
    }
    html_close(&p->h);
    html_close(&p->h);
}

static void write_page(struct page *p, struct buf *out)
{
    html_begin(&p->h, out, language_tag(p->language),
            page_word(p, "Report on what a web site and its third parties received"),
            EMBEDDED(report_css));
    html_open(&p->h, "header");
    html_element(&p->h, "h1", NULL,
            page_word(p, "Report on what a web site and its third parties received"));
    html_open(&p->h, "p");
    html_class(&p->h, "case");
    page_say(p, "Case:");
    html_string(&p->h, " ");
    page_excerpt(p, bytes_text(p->facts->case_name), PAGE_NAME_MOST);
    html_string(&p->h, " · ");
    page_say(p, "made by exhibit %s", p->facts->tool_version);
    html_string(&p->h, " · ");
    if (p->e->har != NULL)
        page_say(p, "proof level: none (no packets)");
    else
        page_say(p, "proof level L%u", p->facts->proof_level);
    html_close(&p->h);
    html_close(&p->h);
    write_contents(p);
    html_open(&p->h, "main");
    page_summary(p);
    page_proof(p);
    page_session(p);
    page_screens(p);
    page_environment(p);
    page_visits(p);
    page_recipients(p);
    page_declared(p);
    page_consent(p);
    page_items(p);
    page_findings(p);
    page_sockets(p);
    page_limits(p);
    page_basis(p);
    page_verify(p);
    page_glossary(p);
    html_close(&p->h);
}

enum status page_render(enum language language, const struct evidence *e,
        const struct judgement *j, const struct page_facts *facts, struct buf *out)
{
    struct page p = {.language = language, .e = e, .j = j, .facts = facts};
    enum status status;

    p.arena = arena_new(PAGE_MEMORY);
    if (p.arena == NULL)
        return STATUS_NOMEM;
    mask_init(&p.mask);
    status = page_gather(&p);
    if (status == STATUS_OK)
        status = page_findings_choose(&p);
    if (status == STATUS_OK) {
        write_page(&p, out);
        status = html_finish(&p.h);
    }
    mask_clear(&p.mask);
    arena_free(p.arena);
    return status;
}
