/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_parts.h"

struct tally {
    uint64_t exchanges, third;
};

static void write_visit(struct page *p, const struct visit *v, const struct tally *t)
{
    const struct attribution *a = &p->j->attributions.of[v->exchange];

    html_open(&p->h, "tr");
    page_number_cell(p, v->number);
    html_open(&p->h, "td");
    page_time(p, v->start_ns);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_code(p, v->url, PAGE_URL_MOST);
    html_close(&p->h);
    html_open(&p->h, "td");
    html_string(&p->h, page_word(p, page_basis_word(a->basis)));
    if (a->ground != NULL)
        html_print(&p->h, " (%s)", a->ground);
    if (v->unseen)
        html_print(&p->h, " (%s)", page_word(p, WORDS("its document is not in the packets")));
    html_string(&p->h, " · ");
    page_exchange_id(p, v->exchange);
    html_close(&p->h);
    page_number_cell(p, t->exchanges);
    page_number_cell(p, t->third);
    html_close(&p->h);
}

void page_visits(struct page *p)
{
    static const char *const columns[] = {WORDS("No."), WORDS("Time"), WORDS("Address"),
            WORDS("How we know"), WORDS("Exchanges"), WORDS("to third parties")};
    size_t n = p->j->attributions.visit_count;
    size_t shown = n < PAGE_VISITS_MOST ? n : PAGE_VISITS_MOST;
    struct tally *tallies = arena_array(p->arena, n + 1, sizeof(*tallies));

    if (tallies == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    /* Visits are numbered from 1: place 0 is for what belongs to no known page. */
    for (size_t i = 0; i < p->e->exchange_count; i++) {
        const struct attribution *a = &p->j->attributions.of[i];
        size_t at = a->visit == NULL || a->visit->number > n ? 0 : a->visit->number;

        tallies[at].exchanges++;
        tallies[at].third += a->party == PARTY_THIRD;
    }
    page_section(p, "pages", "Pages visited");
    page_paragraph(p,
            "A page is a document shown in a tab of the browser. Its title is not part "
            "of the network traffic as such, so the address stands for it.");
    if (n == 0) {
        page_paragraph(p, "No document that a browser showed as a page was recognised in what "
                          "could be read.");
    } else {
        page_table(p, "Pages in the order they were opened");
        page_columns(p, columns, sizeof(columns) / sizeof(*columns));
        for (size_t i = 0; i < shown; i++)
            write_visit(p, p->j->attributions.visits[i],
                    &tallies[p->j->attributions.visits[i]->number]);
        page_table_end(p);
    }
    if (shown < n)
        page_paragraph(p,
                "Not listed here: %zu further pages. data/findings/exchanges.jsonl has "
                "them all.",
                n - shown);
    if (tallies[0].exchanges != 0)
        page_paragraph(p,
                "Exchanges whose page is unknown, because no ground was good enough: "
                "%llu of %zu. They are not counted to any page.",
                (unsigned long long)tallies[0].exchanges, p->e->exchange_count);
    html_close(&p->h);
}
