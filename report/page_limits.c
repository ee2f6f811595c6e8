/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/page_har.h"

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

static void write_drop(struct page *p, const char *english, struct count count)
{
    html_element(&p->h, "dt", NULL, page_word(p, english));
    html_open(&p->h, "dd");
    if (count.known)
        page_number(p, count.n);
    else
        page_say(p, "not known: the capture does not say");
    html_close(&p->h);
}

static void write_drops(struct page *p)
{
    const struct count kernel = p->e->dropped_kernel, interface = p->e->dropped_interface;

    html_open(&p->h, "dl");
    write_drop(p, WORDS("Packets dropped by the system while capturing"), kernel);
    write_drop(p, WORDS("Packets dropped by the network interface"), interface);
    page_label(p, "Packets that hold neither TCP nor UDP, or could not be read");
    html_open(&p->h, "dd");
    page_number(p, p->e->packets_unread);
    html_close(&p->h);
    html_close(&p->h);
    if (!kernel.known || !interface.known)
        page_paragraph(p,
                "“Not known” means that nobody counted, not that none was lost. Losses inside "
                "connections show below all the same, as gaps.");
    else if (kernel.n + interface.n != 0)
        page_paragraph(p, "A dropped packet is missing from this capture even though the "
                          "browser received it. Whatever it carried shows below as a gap.");
}

void page_count_row(struct page *p, const char *english, uint64_t n)
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
    uint64_t by_state[DECRYPTED_NO + 1] = {0}, moved = 0;

    for (size_t i = 0; i < p->e->connection_count; i++) {
        const struct connection *c = p->e->connections[i];

        if (c->continues == 0)
            by_state[c->decrypted]++;
        else
            moved++;
    }
    page_table(p, "Connections, and whether their contents could be read");
    page_columns(p, columns, 2);
    page_count_row(p, WORDS("encrypted, read in full"), by_state[DECRYPTED_FULL]);
    page_count_row(p, WORDS("encrypted, read in part"), by_state[DECRYPTED_PARTIAL]);
    page_count_row(p, WORDS("encrypted, not read"), by_state[DECRYPTED_NO]);
    page_count_row(
            p, WORDS("not encrypted, or without contents"), by_state[DECRYPTED_NOT_NEEDED]);
    if (moved != 0)
        page_count_row(p, WORDS("further addresses of a connection above"), moved);
    page_table_end(p);
}

/* Why, or which protocol, and how many connections. */
static void write_names(struct page *p, const struct lack_names *names, bool reasons)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->at[i].name;

        html_open(&p->h, "tr");
        html_open(&p->h, "th");
        html_attribute(&p->h, "scope", "row");
        name = page_word(p, reasons ? page_reason_word(name) : page_protocol_word(name));
        page_excerpt(p, bytes_text(name), PAGE_URL_MOST);
        html_close(&p->h);
        page_number_cell(p, names->at[i].n);
        page_number_cell(p, names->at[i].bytes);
        html_close(&p->h);
    }
}

static void write_reasons(struct page *p, const struct lacks *l)
{
    static const char *const columns[] = {
            WORDS("Reason"), WORDS("Connections"), WORDS("Bytes carried")};

    if (l->reasons.n == 0)
        return;
    page_table(p, "Why connections could not be read, or not in full");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    write_names(p, &l->reasons, true);
    page_table_end(p);
    page_paragraph(p, "Of a connection that could not be read, the capture still shows who it "
                      "went to, when, and how much travelled; not what.");
}

/* What could be seen but is not taken apart. */
static void write_foreign(struct page *p, const struct lacks *l)
{
    static const char *const columns[] = {
            WORDS("Protocol"), WORDS("Connections"), WORDS("Bytes carried")};

    if (l->protocols.n != 0) {
        page_table(p, "Connections in protocols that this program does not take apart");
        page_columns(p, columns, sizeof(columns) / sizeof(*columns));
        write_names(p, &l->protocols, false);
        page_table_end(p);
    }
    if (l->datagrams != 0)
        page_paragraph(p,
                "Inside %llu QUIC connections %llu datagrams (WebTransport uses them; together "
                "%llu bytes) were counted but not read.",
                (unsigned long long)l->datagram_connections, (unsigned long long)l->datagrams,
                (unsigned long long)l->datagram_bytes);
    if (l->opaque != 0)
        page_paragraph(p,
                "Requests and messages sent whose contents could not be taken apart, or not "
                "wholly (a format of its own, or encrypted by the page itself): %llu. They are "
                "kept as they are in the case; values in them are not in the list of items.",
                (unsigned long long)l->opaque);
}

/* Browsers need not ask again for what they have. */
static void write_hidden(struct page *p, const struct lacks *l)
{
    if (l->not_modified != 0)
        page_paragraph(p,
                "The server answered “not modified” (304) %llu times: the browser then showed "
                "what its cache held from before. That content is not in this capture.",
                (unsigned long long)l->not_modified);
    if (l->worker_scripts != 0)
        page_paragraph(p,
                "Scripts of service workers were fetched %llu times. A service worker can "
                "answer requests of its site inside the browser; such answers leave no "
                "packets.",
                (unsigned long long)l->worker_scripts);
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

/* By kind, which tells more than the cause. */
static void sum_gaps(const struct ledger *ledger, struct lack_gaps sums[PAGE_GAP_KINDS])
{
    for (size_t i = 0; i < ledger->n; i++) {
        struct lack_gaps *sum = &sums[page_gap_kind(&ledger->gaps[i])];

        sum->n++;
        sum->more |= __builtin_add_overflow(sum->bytes, ledger->gaps[i].len, &sum->bytes);
    }
}

static void write_gap_row(struct page *p, size_t kind, const struct lack_gaps *sum)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_string(&p->h, gap_cause_name((enum gap_cause)(kind % GAP_CAUSES)));
    html_close(&p->h);
    html_element(&p->h, "td", NULL, page_word(p, page_gap_word(kind)));
    page_number_cell(p, sum->n);
    if (sum->more)
        html_element(&p->h, "td", "n", page_word(p, "too many to add up"));
    else
        page_number_cell(p, sum->bytes);
    html_close(&p->h);
}

static void write_gaps(struct page *p, const struct lacks *l)
{
    static const char *const columns[] = {
            WORDS("Cause"), WORDS("What it means"), WORDS("Places"), WORDS("Bytes missing")};
    struct lack_gaps sums[PAGE_GAP_KINDS] = {0};

    if (l->gap_count == 0) {
        if (p->e->har == NULL)
            page_paragraph(
                    p, "No gap was found: every byte that the packets announce was read.");
        return;
    }
    page_table(p, "Gaps: what is missing in the streams, by cause");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    sum_gaps(&p->e->capture_gaps, sums);
    for (size_t i = 0; i < p->e->connection_count; i++)
        sum_gaps(&p->e->connections[i]->ledger, sums);
    for (size_t why = 0; why < GAP_CAUSES; why++) {
        for (size_t kind = why; kind < PAGE_GAP_KINDS; kind += GAP_CAUSES) {
            if (sums[kind].n != 0)
                write_gap_row(p, kind, &sums[kind]);
        }
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
            WORDS("Answers that the browser took from its own caches (in memory, on disk, or "
                  "when going back to a page): they cause no packets."),
            WORDS("Requests that a service worker answered by itself from what it had stored: "
                  "they cause no packets either, and some pages work that way for days."),
            WORDS("Which script inside a page caused a request: the network shows the page at "
                  "most."),
            WORDS("Cookies and storage that were written in the browser but never sent."),
            WORDS("Data in payloads whose encoding is proprietary or that the page itself "
                  "encrypted."),
            WORDS("Calls and data channels between browsers (WebRTC) and datagrams of "
                  "WebTransport: their packets are counted, their contents are not read."),
            WORDS("Who was using the browser, and which real name a recipient holds with an "
                  "identifier."),
    };
    struct lacks l;

    if (lacks_gather(p->e, p->j, &l) != STATUS_OK) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    page_section(p, "limits", "What this capture cannot show");
    page_paragraph(p, "“Nothing was seen” holds only for what could be read. This section says "
                      "what could not.");
    write_files(p);
    if (p->e->har != NULL)
        page_har_limits(p);
    else
        write_drops(p);
    write_connections(p);
    write_reasons(p, &l);
    write_unread(p);
    write_foreign(p, &l);
    page_incomplete(p, &l);
    write_gaps(p, &l);
    write_hidden(p, &l);
    page_account(p);
    page_belonging(p);
    lacks_clear(&l);
    html_element(&p->h, "h3", NULL, page_word(p, "What no capture of packets can show"));
    html_open(&p->h, "ul");
    for (size_t i = 0; i < sizeof(general) / sizeof(*general); i++)
        html_element(&p->h, "li", NULL, page_word(p, general[i]));
    html_close(&p->h);
    html_close(&p->h);
}
