/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/page_parts.h"

enum { CARDS_OPEN = 10 }; /* recipients whose details are not folded away */

static enum party party_of(const struct recipient *r)
{
    return r->third ? PARTY_THIRD : r->first ? PARTY_FIRST : PARTY_UNKNOWN;
}

static void write_owner(struct page *p, const struct recipient *r)
{
    const char *owner = r->owner;

    if (r->row != NULL) {
        const char *zh = r->row->owner_zh, *en = r->row->owner_en;

        owner = p->language == LANGUAGE_CHINESE && zh != NULL ? zh : en != NULL ? en : owner;
    }
    if (owner == NULL) {
        html_element(&p->h, "em", NULL, page_word(p, "owner unknown"));
        return;
    }
    page_excerpt(p, bytes_text(owner), PAGE_NAME_MOST * 2);
    if (r->row != NULL && r->row->country != NULL)
        html_print(&p->h, " (%s)", r->row->country);
}

static void write_party(struct page *p, const struct recipient *r)
{
    if (r->third && r->first)
        page_say(p, "third party on some pages, first party on others");
    else
        html_string(&p->h, page_word(p, page_party_word(party_of(r))));
}

static void write_row(struct page *p, const struct recipient *r)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_excerpt(p, r->site, PAGE_NAME_MOST);
    html_close(&p->h);
    html_open(&p->h, "td");
    write_owner(p, r);
    html_close(&p->h);
    html_open(&p->h, "td");
    write_party(p, r);
    html_close(&p->h);
    page_number_cell(p, r->exchanges);
    page_number_cell(p, r->identifying);
    html_open(&p->h, "td");
    html_string(&p->h, r->blocked != 0 ? page_word(p, "yes") : page_word(p, "no"));
    html_close(&p->h);
    html_close(&p->h);
}

static void write_classes(struct page *p, const struct recipient *r)
{
    bool any = false;

    for (size_t c = 0; c < TRACE_CLASSES; c++) {
        if (r->classes[c] == 0)
            continue;
        if (any)
            page_comma(p);
        any = true;
        html_string(&p->h, page_word(p, page_class_word((enum trace_class)c)));
        html_string(&p->h, p->language == LANGUAGE_CHINESE ? " " : ": ");
        page_number(p, r->classes[c]);
    }
    if (!any)
        page_say(p, "no named value was seen");
}

static void write_identifiers(struct page *p, const struct recipient *r)
{
    size_t shown = 0;

    html_open(&p->h, "ul");
    for (size_t i = 0; i < r->trace_count && shown < PAGE_NAMES_MOST; i++) {
        const struct trace *t = r->traces[i];

        if (!page_identifies(t))
            continue;
        shown++;
        html_open(&p->h, "li");
        page_trace_id(p, t);
        html_string(&p->h, " ");
        page_code(p, t->name, PAGE_NAME_MOST);
        html_string(&p->h, " = ");
        page_value(p, t);
        html_string(&p->h, " · ");
        html_string(&p->h, page_word(p, page_carrier_word(t->carrier)));
        html_close(&p->h);
    }
    if (r->identifying > shown) {
        html_open(&p->h, "li");
        page_say(p, "and %llu more; see data/findings/items.jsonl",
                (unsigned long long)(r->identifying - shown));
        html_close(&p->h);
    }
    html_close(&p->h);
}

static void open_row(struct page *p, const char *english)
{
    page_label(p, english);
    html_open(&p->h, "dd");
}

static void write_rule(struct page *p, const struct recipient *r)
{
    open_row(p, WORDS("Tracker list"));
    if (p->facts->basis->lists == NULL || lists_count(p->facts->basis->lists) == 0) {
        page_say(p, "no list was consulted");
    } else if (r->rule == NULL) {
        page_say(p, "no rule of the lists used names these requests");
    } else {
        page_say(p, "%llu of %llu requests; first match: list %s, line %u:",
                (unsigned long long)r->blocked, (unsigned long long)r->exchanges,
                r->rule->list->name, (unsigned)r->rule->line);
        html_string(&p->h, " ");
        page_code(p, r->rule->text, PAGE_RULE_MOST);
    }
    html_close(&p->h);
}

/* One address, and where its network is registered. */
static void write_server(struct page *p, const struct server *s)
{
    html_open(&p->h, "li");
    html_element(&p->h, "code", NULL, s->text);
    if (s->known) {
        html_string(&p->h, " · ");
        if (s->at.country[0] != '\0')
            page_say(p, "registered in %s", s->at.country);
        else
            page_say(p, "country not known");
        if (s->at.as != 0)
            html_print(&p->h, " · AS%u ", (unsigned)s->at.as);
        page_excerpt(p, bytes_text(s->at.as_name), PAGE_NAME_MOST);
    }
    html_close(&p->h);
}

static void write_servers(struct page *p, const struct recipient *r)
{
    size_t shown = r->server_count < PAGE_SERVERS_MOST ? r->server_count : PAGE_SERVERS_MOST;
    const struct basis *b = p->facts->basis;
    bool known = false;

    if (shown == 0)
        return;
    open_row(p, WORDS("Addresses spoken to"));
    html_open(&p->h, "ul");
    for (size_t i = 0; i < shown; i++) {
        write_server(p, &p->j->servers.at[r->servers[i]]);
        known |= p->j->servers.at[r->servers[i]].known;
    }
    html_close(&p->h);
    if (r->server_count > shown)
        page_say(p, " and %zu more", r->server_count - shown);
    if (known && b->whereabouts_date != NULL)
        page_paragraph(p,
                "Inferred from where networks are registered (IPFire Location, %s); the "
                "machine may stand elsewhere.",
                b->whereabouts_date);
    html_close(&p->h);
}

static void write_spoken(struct page *p, const struct recipient *r)
{
    if (r->spoken_count == 0)
        return;
    open_row(p, WORDS("Speaks the protocol of"));
    for (size_t i = 0; i < r->spoken_count; i++) {
        const struct spoken *s = &r->spoken[i];

        if (i != 0)
            html_break(&p->h);
        html_string(&p->h, s->vendor->name);
        html_string(&p->h, " · ");
        if (s->home && s->elsewhere)
            page_say(p, "at hosts of this vendor's own, and at others");
        else if (s->home)
            page_say(p, "at a host of this vendor's own");
        else
            page_say(p, "at a host that is not this vendor's own, as far as is known");
    }
    html_close(&p->h);
}

static void write_declared(struct page *p, const struct recipient *r)
{
    if (r->declared_count == 0)
        return;
    open_row(p, WORDS("Declared values it was sent"));
    for (size_t i = 0; i < r->declared_count; i++) {
        if (i != 0)
            page_comma(p);
        if (r->declared[i] < p->facts->subject->n)
            page_declared_label(p, &p->facts->subject->at[r->declared[i]]);
    }
    if (r->more_declared)
        page_say(p, " and others");
    html_close(&p->h);
}

static void write_card(struct page *p, const struct recipient *r)
{
    html_open(&p->h, "article");
    html_open(&p->h, "h3");
    page_excerpt(p, r->site, PAGE_NAME_MOST);
    html_string(&p->h, " ");
    html_element(&p->h, "span", r->third ? "tag third" : "tag",
            page_word(p, page_party_word(party_of(r))));
    html_close(&p->h);
    html_open(&p->h, "dl");
    open_row(p, WORDS("Owner"));
    write_owner(p, r);
    html_close(&p->h);
    open_row(p, WORDS("Hosts"));
    page_names(p, r->hosts, r->host_count < PAGE_NAMES_MOST ? r->host_count : PAGE_NAMES_MOST,
            r->host_count);
    html_close(&p->h);
    open_row(p, WORDS("On pages of"));
    if (r->page_count == 0)
        page_say(p, "unknown");
    page_names(p, r->pages, r->page_count, r->page_count);
    if (r->more_pages)
        page_say(p, " and others");
    html_close(&p->h);
    open_row(p, WORDS("Received or set"));
    write_classes(p, r);
    html_close(&p->h);
    if (r->identifying != 0) {
        open_row(p, WORDS("Identifiers"));
        write_identifiers(p, r);
        html_close(&p->h);
    }
    write_declared(p, r);
    write_rule(p, r);
    write_spoken(p, r);
    write_servers(p, r);
    if (r->incomplete != 0 || r->unread != 0) {
        open_row(p, WORDS("Could not be seen"));
        page_say(p, "%llu exchanges are incomplete, %llu connections could not be read",
                (unsigned long long)r->incomplete, (unsigned long long)r->unread);
        html_close(&p->h);
    }
    html_close(&p->h);
    html_close(&p->h);
}

void page_recipients(struct page *p)
{
    static const char *const columns[] = {WORDS("Recipient (site)"),
            WORDS("Owner (country of its seat)"), WORDS("Party"), WORDS("Exchanges"),
            WORDS("Identifiers"), WORDS("On a tracker list")};
    size_t shown = p->recipient_count < PAGE_RECIPIENTS_MOST ? p->recipient_count
                                                             : PAGE_RECIPIENTS_MOST;
    size_t cards = 0;
    bool folded = false;

    page_section(p, "recipients", "Recipients");
    page_paragraph(p,
            "A recipient is a site (registrable domain) that requests went to. Owners "
            "are those of this program's own table, which names who operates a "
            "domain; it does not replace a look into a public register.");
    page_table(p, "All recipients: third parties first, those that got most before the others");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < shown; i++)
        write_row(p, &p->recipients[i]);
    page_table_end(p);
    if (shown < p->recipient_count)
        page_paragraph(p,
                "Not listed here: %zu further recipients. data/findings/items.jsonl "
                "and exchanges.jsonl have them all.",
                p->recipient_count - shown);
    for (size_t i = 0; i < p->recipient_count && cards < PAGE_CARDS_MOST; i++, cards++) {
        /* Sorted: third parties that got most come first. */
        if (cards == CARDS_OPEN) {
            folded = true;
            page_fold(p, false, "Further recipients in detail (%zu)",
                    (p->recipient_count < PAGE_CARDS_MOST ? p->recipient_count
                                                          : PAGE_CARDS_MOST) -
                            cards);
        }
        write_card(p, &p->recipients[i]);
    }
    if (folded)
        html_close(&p->h);
    if (cards < p->recipient_count)
        page_paragraph(p, "Not told in detail here: %zu further recipients.",
                p->recipient_count - cards);
    html_close(&p->h);
}
