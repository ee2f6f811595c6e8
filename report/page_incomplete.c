/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_limits.h"

static const char *const states[] = {
        [STATE_COMPLETE] = WORDS("read in full"),
        [STATE_NO_REQUEST] = WORDS("the request is missing; only its answer was seen"),
        [STATE_REQUEST_HEAD] = WORDS("the request breaks off in its header fields"),
        [STATE_REQUEST_BODY] = WORDS("the contents sent break off or have holes"),
        [STATE_NO_RESPONSE] = WORDS("no answer was seen"),
        [STATE_RESPONSE_HEAD] = WORDS("the answer breaks off in its header fields"),
        [STATE_RESPONSE_BODY] = WORDS("the contents received break off or have holes"),
        [STATE_UNDECODED] =
                WORDS("all bytes are there, but the contents could not be unpacked"),
        [STATE_DOUBTFUL] = WORDS("read to its end, but something beside it is missing"),
};

/* The causes of an exchange's gaps, each once. */
static void write_causes(struct page *p, const struct exchange *x)
{
    const struct connection *c = evidence_connection(p->e, x);
    bool met[PAGE_GAP_KINDS] = {false}, any = false;

    for (size_t i = 0; c != NULL && i < x->gap_count; i++) {
        const struct gap *gap = ledger_find(&c->ledger, x->gaps[i]);

        size_t kind = gap == NULL ? 0 : page_gap_kind(gap);

        if (gap == NULL || met[kind])
            continue;
        if (any)
            html_string(&p->h, p->language == LANGUAGE_CHINESE ? "；" : "; ");
        html_string(&p->h, page_word(p, page_gap_word(kind)));
        met[kind] = any = true;
    }
    if (!any)
        page_say(p, "no packet is known to be missing: one side may have broken off, or the "
                    "capture ended first");
}

static void write_one(struct page *p, size_t index)
{
    const struct exchange *x = p->e->exchanges[index];

    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    page_exchange_id(p, index);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_excerpt(p, x->method, PAGE_NAME_MOST);
    html_string(&p->h, " ");
    if (x->url.n == 0 && x->host.n == 0)
        page_say(p, "unknown");
    else
        page_code(p, x->url.n != 0 ? x->url : x->host, PAGE_URL_MOST);
    html_close(&p->h);
    html_element(&p->h, "td", NULL, page_word(p, states[lacks_state(x)]));
    html_open(&p->h, "td");
    write_causes(p, x);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_states(struct page *p, const struct lacks *l)
{
    static const char *const columns[] = {WORDS("State"), WORDS("Exchanges")};

    page_table(p, "Exchanges, and how much of each was read");
    page_columns(p, columns, 2);
    for (size_t i = 0; i < EXCHANGE_STATES; i++) {
        if (l->states[i] != 0 || i == STATE_COMPLETE)
            page_count_row(p, states[i], l->states[i]);
    }
    page_table_end(p);
}

void page_incomplete(struct page *p, const struct lacks *l)
{
    static const char *const columns[] = {
            WORDS("Exchange"), WORDS("Address"), WORDS("What is missing"), WORDS("Why")};
    size_t all = p->e->exchange_count - (size_t)l->states[STATE_COMPLETE], shown = 0;

    write_states(p, l);
    if (all == 0)
        return;
    page_table(p, "Incomplete exchanges, and why");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < p->e->exchange_count && shown < PAGE_INCOMPLETE_MOST; i++) {
        if (!p->e->exchanges[i]->complete) {
            write_one(p, i);
            shown++;
        }
    }
    page_table_end(p);
    if (shown < all)
        page_paragraph(p,
                "Not listed here: %zu further incomplete exchanges. "
                "data/findings/exchanges.jsonl states what became of each.",
                all - shown);
}
