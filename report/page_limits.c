/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/page_parts.h"

static void write_files(struct page *p)
{
    static const char *const columns[] = {WORDS("File"), WORDS("First packet"),
            WORDS("Packets"), WORDS("Bytes"), WORDS("Packets cut short"), WORDS("SHA-256")};

    page_table(p, "Files of the capture");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < p->e->file_count; i++) {
        const struct evidence_file *f = &p->e->files[i];

        html_open(&p->h, "tr");
        page_cell(p, bytes_text(f->name), PAGE_URL_MOST);
        page_number_cell(p, f->first_frame);
        page_number_cell(p, f->packets);
        page_number_cell(p, f->bytes);
        page_number_cell(p, f->truncated);
        html_open(&p->h, "td");
        html_element(&p->h, "code", "hash", f->sha256 == NULL ? "" : f->sha256);
        html_close(&p->h);
        html_close(&p->h);
    }
    page_table_end(p);
}

static void write_drops(struct page *p)
{
    html_open(&p->h, "dl");
    page_label(p, "Packets dropped by the system while capturing");
    html_open(&p->h, "dd");
    if (p->e->dropped_kernel.known)
        page_number(p, p->e->dropped_kernel.n);
    else
        page_say(p, "not known: the capture does not say");
    html_close(&p->h);
    page_label(p, "Packets dropped by the network interface");
    html_open(&p->h, "dd");
    if (p->e->dropped_interface.known)
        page_number(p, p->e->dropped_interface.n);
    else
        page_say(p, "not known: the capture does not say");
    html_close(&p->h);
    page_label(p, "Packets that hold neither TCP nor UDP, or could not be read");
    html_open(&p->h, "dd");
    page_number(p, p->e->packets_unread);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_row(struct page *p, const char *english, uint64_t n)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_string(&p->h, page_word(p, english));
    html_close(&p->h);
    page_number_cell(p, n);
    html_close(&p->h);
}

static void write_connections(struct page *p)
{
    static const char *const columns[] = {WORDS("State"), WORDS("Connections")};
    uint64_t by_state[DECRYPTED_NO + 1] = {0};

    for (size_t i = 0; i < p->e->connection_count; i++)
        by_state[p->e->connections[i]->decrypted]++;
    page_table(p, "Connections, and whether their contents could be read");
    page_columns(p, columns, 2);
    write_row(p, WORDS("encrypted, read in full"), by_state[DECRYPTED_FULL]);
    write_row(p, WORDS("encrypted, read in part"), by_state[DECRYPTED_PARTIAL]);
    write_row(p, WORDS("encrypted, not read"), by_state[DECRYPTED_NO]);
    write_row(p, WORDS("not encrypted with TLS, or without contents"),
            by_state[DECRYPTED_NOT_NEEDED]);
    page_table_end(p);
}

static void write_unread_one(struct page *p, const struct connection *c)
{
    char server[ENDPOINT_TEXT];

    endpoint_text(&c->server, server);
    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    html_print(&p->h, "c%u", (unsigned)c->id);
    html_close(&p->h);
    page_cell(p, bytes_text(c->tls.server_name == NULL ? "" : c->tls.server_name),
            PAGE_NAME_MOST);
    html_element(&p->h, "td", NULL, server);
    page_number_cell(p, c->bytes[FROM_CLIENT]);
    page_number_cell(p, c->bytes[FROM_SERVER]);
    html_open(&p->h, "td");
    if (c->reason != NULL)
        page_excerpt(p, bytes_text(page_word(p, page_reason_word(c->reason))), PAGE_NAME_MOST);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_unread(struct page *p)
{
    static const char *const columns[] = {WORDS("Connection"), WORDS("Server name"),
            WORDS("Server"), WORDS("Bytes sent"), WORDS("Bytes received"), WORDS("Reason")};
    size_t all = 0, shown = 0;

    for (size_t i = 0; i < p->e->connection_count; i++) {
        const struct connection *c = p->e->connections[i];

        all += c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL;
    }
    if (all == 0)
        return;
    page_table(p, "Connections whose contents could not be read, or not in full");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < p->e->connection_count && shown < PAGE_GAPS_MOST; i++) {
        const struct connection *c = p->e->connections[i];

        if (c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL) {
            write_unread_one(p, c);
            shown++;
        }
    }
    page_table_end(p);
    if (shown < all)
        page_paragraph(p,
                "Not listed here: %zu further connections. "
                "data/findings/connections.jsonl has them all.",
                all - shown);
}

struct gap_sum {
    uint64_t n, bytes;
    bool more; /* the sum of bytes passed what a number holds */
};

static void add_ledger(const struct ledger *l, struct gap_sum sums[GAP_CAUSES])
{
    for (size_t i = 0; i < l->n; i++) {
        struct gap_sum *s = &sums[l->gaps[i].why];

        s->n++;
        s->more |= __builtin_add_overflow(s->bytes, l->gaps[i].len, &s->bytes);
    }
}

static void write_gaps(struct page *p)
{
    static const char *const columns[] = {
            WORDS("Cause"), WORDS("What it means"), WORDS("Places"), WORDS("Bytes missing")};
    struct gap_sum sums[GAP_CAUSES] = {{0}};
    uint64_t all = 0;

    add_ledger(&p->e->capture_gaps, sums);
    for (size_t i = 0; i < p->e->connection_count; i++)
        add_ledger(&p->e->connections[i]->ledger, sums);
    for (size_t i = 0; i < GAP_CAUSES; i++)
        all += sums[i].n;
    if (all == 0) {
        page_paragraph(p, "No gap was found: every byte that the packets announce was read.");
        return;
    }
    page_table(p, "Gaps: what is missing in the streams, by cause");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < GAP_CAUSES; i++) {
        if (sums[i].n == 0)
            continue;
        html_open(&p->h, "tr");
        html_open(&p->h, "th");
        html_attribute(&p->h, "scope", "row");
        html_string(&p->h, gap_cause_name((enum gap_cause)i));
        html_close(&p->h);
        html_element(&p->h, "td", NULL, page_word(p, page_gap_word((enum gap_cause)i)));
        page_number_cell(p, sums[i].n);
        if (sums[i].more)
            html_element(&p->h, "td", "n", page_word(p, "too many to add up"));
        else
            page_number_cell(p, sums[i].bytes);
        html_close(&p->h);
    }
    page_table_end(p);
    page_paragraph(p, "Each gap has a number (g1, g2, …): “exhibit show CASE g1” says where it "
                      "is; data/findings/completeness.json lists all.");
}

void page_limits(struct page *p)
{
    static const char *const general[] = {
            WORDS("What a recipient did with the data after receiving it: use, storage, onward "
                  "transfer between servers."),
            WORDS("Answers that the browser took from its own cache, and requests that a "
                  "service worker answered by itself: they cause no packets."),
            WORDS("Which script inside a page caused a request: the network shows the page at "
                  "most."),
            WORDS("Cookies and storage that were written in the browser but never sent."),
            WORDS("Data in payloads whose encoding is proprietary or that the page itself "
                  "encrypted."),
            WORDS("Who was using the browser, and which real name a recipient holds with an "
                  "identifier."),
    };
    uint64_t partial = 0;

    page_section(p, "limits", "What this capture cannot show");
    page_paragraph(p, "“Nothing was seen” holds only for what could be read. This section says "
                      "what could not.");
    write_files(p);
    write_drops(p);
    write_connections(p);
    write_unread(p);
    for (size_t i = 0; i < p->e->exchange_count; i++)
        partial += !p->e->exchanges[i]->complete;
    page_paragraph(p, "Exchanges read in full: %llu. Incomplete ones: %llu.",
            (unsigned long long)(p->e->exchange_count - partial), (unsigned long long)partial);
    write_gaps(p);
    html_element(&p->h, "h3", NULL, page_word(p, "What no capture of packets can show"));
    html_open(&p->h, "ul");
    for (size_t i = 0; i < sizeof(general) / sizeof(*general); i++)
        html_element(&p->h, "li", NULL, page_word(p, general[i]));
    html_close(&p->h);
    html_close(&p->h);
}
