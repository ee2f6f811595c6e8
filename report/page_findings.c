/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "report/page_parts.h"

enum { ID_TEXT = 32, FACT_SHOWN = 240 };

/* What the contract calls the facts of findings. Names without words are shown as they are. */
static const struct {
    const char *name, *words;
} fact_names[] = {
        {"name", WORDS("Name")},
        {"value", WORDS("Value")},
        {"set_by", WORDS("Set")},
        {"lifetime_days", WORDS("Declared lifetime in days")},
        {"sites_seen_on", WORDS("On pages of")},
        {"times_sent", WORDS("Times sent")},
        {"nominal_bits", WORDS("Nominal bits")},
        {"from_site", WORDS("From site")},
        {"to_site", WORDS("To site")},
        {"encoding", WORDS("Encoding")},
        {"field", WORDS("Field")},
        {"where", WORDS("Where")},
        {"term", WORDS("Search term")},
        {"host", WORDS("Host")},
        {"canonical", WORDS("Canonical name")},
        {"tracker_site", WORDS("Site behind it")},
        {"times_redirected", WORDS("Times by a redirect")},
        {"part", WORDS("Part that was sent")},
        {"known_by", WORDS("Known as a tracker from")},
        {"rule", WORDS("Rule of a list")},
        {"dns_carrier", WORDS("DNS answer by")},
        {"dns_frame", WORDS("Packet of the DNS answer")},
};

/* What cname-cloaking leans on. */
static const struct {
    const char *name, *words;
} known_names[] = {
        {"list", WORDS("a tracker list")},
        {"owner-table", WORDS("the table of owners")},
        {"identifiers", WORDS("identifiers that it got under its own name")},
};

static const char *fact_word(const struct page *p, const char *name)
{
    for (size_t i = 0; i < sizeof(fact_names) / sizeof(*fact_names); i++) {
        if (strcmp(fact_names[i].name, name) == 0)
            return page_word(p, fact_names[i].words);
    }
    return name;
}

static void write_known(struct page *p, const struct finding_fact *f)
{
    for (size_t i = 0; i < f->list_count; i++) {
        for (size_t k = 0; k < sizeof(known_names) / sizeof(*known_names); k++) {
            if (!bytes_is(f->list[i], known_names[k].name))
                continue;
            if (i != 0)
                page_comma(p);
            page_excerpt(p, bytes_text(page_word(p, known_names[k].words)), FACT_SHOWN);
        }
    }
}

static void write_list(struct page *p, const struct finding_fact *f)
{
    if (f->list_count == 0)
        page_excerpt(p, bytes_text(page_word(p, WORDS("none"))), FACT_SHOWN);
    else if (strcmp(f->name, "known_by") == 0)
        write_known(p, f);
    else
        page_names(p, f->list,
                f->list_count < PAGE_NAMES_MOST ? f->list_count : PAGE_NAMES_MOST,
                f->list_count);
}

static void write_fact(struct page *p, const struct finding_fact *f)
{
    html_element(&p->h, "dt", NULL, fact_word(p, f->name));
    html_open(&p->h, "dd");
    switch (f->kind) {
    case FACT_TEXT:
        if (strcmp(f->name, "set_by") == 0 && f->text.n < ID_TEXT) {
            char how[ID_TEXT];

            (void)snprintf(how, sizeof(how), "%.*s", (int)f->text.n, (const char *)f->text.p);
            page_excerpt(p, bytes_text(page_word(p, page_how_word(how))), FACT_SHOWN);
        } else {
            page_code(p, f->text, FACT_SHOWN);
        }
        break;
    case FACT_NUMBER:
        html_print(&p->h, "%lld", (long long)f->number);
        break;
    case FACT_LIST:
        write_list(p, f);
        break;
    }
    html_close(&p->h);
}

static void write_place(struct page *p, const struct place *place)
{
    html_open(&p->h, "li");
    page_exchange_id(p, place->exchange);
    html_string(&p->h, " · ");
    html_element(&p->h, "code", NULL, place->part);
    html_string(&p->h, " · ");
    page_say(p, "bytes %llu to %llu", (unsigned long long)place->off,
            (unsigned long long)(place->off + place->len));
    html_string(&p->h, " · ");
    page_packets(p, place->exchange, strncmp(place->part, "response", 8) == 0);
    html_close(&p->h);
}

static void write_evidence(struct page *p, const struct finding *f)
{
    size_t shown =
            f->evidence_count < PAGE_EVIDENCE_MOST ? f->evidence_count : PAGE_EVIDENCE_MOST;

    html_element(&p->h, "h4", NULL, page_word(p, "Evidence"));
    html_open(&p->h, "ul");
    html_class(&p->h, "evidence");
    for (size_t i = 0; i < shown; i++)
        write_place(p, &f->evidence[i]);
    html_close(&p->h);
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

static void write_finding(struct page *p, const struct finding *f)
{
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "f%zu", f->number);
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
    html_open(&p->h, "dl");
    for (size_t i = 0; i < f->fact_count; i++)
        write_fact(p, &f->facts[i]);
    write_items(p, f);
    html_close(&p->h);
    page_verdicts(p, NULL, f);
    write_evidence(p, f);
    html_close(&p->h);
}

void page_findings(struct page *p)
{
    size_t n = p->j->finding_count;
    size_t shown = n < PAGE_FINDINGS_MOST ? n : PAGE_FINDINGS_MOST;

    page_section(p, "findings", "Findings and their evidence");
    page_paragraph(p,
            "A finding is a statement that the cited bytes prove. “c3.s5” names stream "
            "5 of connection 3: “exhibit show CASE c3.s5” prints the whole exchange. "
            "Offsets count from 0 within the named part.");
    if (n == 0)
        page_paragraph(p, "No finding was made.");
    if (p->j->sharing_capped)
        page_paragraph(p,
                "Some values are longer, or have more parts, than this program compares "
                "with the identifiers of others: more may have been shared than is "
                "said here.");
    for (size_t i = 0; i < shown; i++)
        write_finding(p, p->j->findings[i]);
    if (shown < n)
        page_paragraph(p,
                "Not listed here: %zu further findings. data/findings/findings.json has "
                "them all.",
                n - shown);
    html_close(&p->h);
}
