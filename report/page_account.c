/* SPDX-License-Identifier: Apache-2.0 */
#include "report/account.h"
#include "report/page_limits.h"

/* Of those that were sent and were not seen, the first ones. */
enum { MISSED_SHOWN = 50 };

static const char *miss_word(enum browser_miss miss)
{
    static const char *const words[] = {
            [MISS_NOT_FOUND] = WORDS("its connection was read; this is not in it"),
            [MISS_UNREAD] = WORDS("a connection to its server could not be read in full"),
            [MISS_NO_CONNECTION] = WORDS("no connection to its server is among the packets"),
            [MISS_NO_SERVER] = WORDS("the browser does not say which server it went to"),
    };

    return words[miss];
}

static void write_missed(struct page *p, const struct attributions *a)
{
    static const char *const columns[] = {WORDS("Time"), WORDS("Address"), WORDS("Why")};
    uint64_t all = a->match.fates[FATE_MISSED], shown = 0;

    page_table(p, "Requests that the browser says it sent and that no packet shows");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < a->browser->request_count && shown < MISSED_SHOWN; i++) {
        const struct browser_request *r = &a->browser->requests[i];

        if (a->match.fate[i] != FATE_MISSED)
            continue;
        shown++;
        html_open(&p->h, "tr");
        html_open(&p->h, "td");
        if (r->start_ns != 0)
            page_time(p, r->start_ns);
        html_close(&p->h);
        page_cell(p, r->url, PAGE_URL_MOST);
        html_element(&p->h, "td", NULL,
                page_word(p, miss_word((enum browser_miss)a->match.miss[i])));
        html_close(&p->h);
    }
    page_table_end(p);
    if (shown < all)
        page_paragraph(p,
                "Not listed here: %llu further requests. data/findings/completeness.json has "
                "up to %d of them.",
                (unsigned long long)(all - shown), ACCOUNT_MISSED_MOST);
}

static void write_fates(struct page *p, const struct browser_match *m)
{
    static const char *const columns[] = {WORDS("What became of it"), WORDS("Requests")};
    static const char *const words[BROWSER_FATES] = {
            [FATE_WIRE] = WORDS("seen in the packets"),
            [FATE_HTTP_CACHE] = WORDS("answered by the browser's cache on disk"),
            [FATE_MEMORY_CACHE] = WORDS("the page had it in memory already"),
            [FATE_AHEAD] = WORDS("had been fetched ahead, before it was asked for"),
            [FATE_SERVICE_WORKER] = WORDS("answered by a service worker inside the browser"),
            [FATE_INLINE] = WORDS("its content stands in its address (data:, blob:)"),
            [FATE_EXTENSION] = WORDS("a file of a browser extension"),
            [FATE_INTERNAL] = WORDS("a page of the browser itself, or a file of the machine"),
            [FATE_REDIRECTED] = WORDS("redirected to https by the browser itself"),
            [FATE_NOT_SENT] = WORDS("blocked, or failed before it was sent"),
            [FATE_ABORTED] = WORDS("taken back before it was sent"),
            [FATE_UNDECIDED] = WORDS("not known whether it was sent"),
            [FATE_MISSED] = WORDS("sent, and not seen in the packets"),
    };

    page_table(p, "Requests that the browser named");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (int i = 0; i < BROWSER_FATES; i++) {
        if (m->fates[i] != 0 || i == FATE_WIRE || i == FATE_MISSED)
            page_count_row(p, words[i], m->fates[i]);
    }
    page_table_end(p);
}

void page_account(struct page *p)
{
    const struct attributions *a = &p->j->attributions;
    const struct browser_match *m = &a->match;
    unsigned long long sent;

    if (a->browser == NULL)
        return;
    sent = m->fates[FATE_WIRE] + m->fates[FATE_MISSED];
    html_element(&p->h, "h3", NULL, page_word(p, WORDS("The browser's own account")));
    if (m->fates[FATE_MISSED] == 0)
        page_paragraph(p,
                "The browser itself named %zu requests; all %llu of them that it sent over the "
                "network were seen in the packets.",
                a->browser->request_count, sent);
    else
        page_paragraph(p,
                "The browser itself named %zu requests. Of %llu that it sent over the network, "
                "%llu were not seen in the packets.",
                a->browser->request_count, sent, (unsigned long long)m->fates[FATE_MISSED]);
    if (m->fates[FATE_UNDECIDED] != 0)
        page_paragraph(p, "Of %llu more it is not known whether they were sent.",
                (unsigned long long)m->fates[FATE_UNDECIDED]);
    write_fates(p, m);
    if (m->fates[FATE_MISSED] != 0)
        write_missed(p, a);
    if (m->only_wire != 0)
        page_paragraph(p,
                "%llu exchanges in the packets were not named by the browser: services of its "
                "own, programs beside it, or what began before it was listened to.",
                (unsigned long long)m->only_wire);
    if (a->browser->unread != 0 || a->browser->left_out != 0 || a->browser->orphans != 0)
        page_paragraph(p,
                "The account has holes: %llu of its lines could not be read, %llu requests "
                "were more than one case holds, and %llu answers belong to requests that it "
                "does not tell of.",
                (unsigned long long)a->browser->unread,
                (unsigned long long)a->browser->left_out,
                (unsigned long long)a->browser->orphans);
    page_paragraph(p, "A tab, frame or worker is heard from the moment that the recording "
                      "attached to it; what it asked for before is not in the account. The "
                      "account is the browser's word: the packets were compared with it, and "
                      "findings lean on the packets.");
}
