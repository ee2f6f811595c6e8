/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "report/page_har.h"

enum { ID_TEXT = 32 };

struct sums {
    int64_t first_ns, last_ns;
    uint64_t identifiers, identifiers_third, third, blocked, unread, proven, messages;
};

static struct sums sum_up(const struct page *p)
{
    struct sums s = {.first_ns = INT64_MAX, .last_ns = INT64_MIN};

    for (size_t i = 0; i < p->e->connection_count; i++) {
        const struct connection *c = p->e->connections[i];

        s.first_ns = c->first_ns < s.first_ns ? c->first_ns : s.first_ns;
        s.last_ns = c->last_ns > s.last_ns ? c->last_ns : s.last_ns;
        s.unread += c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL;
        s.proven += c->tls.verify == VERIFY_GOOD;
    }
    for (size_t i = 0; i < p->e->exchange_count; i++)
        s.messages += p->e->exchanges[i]->message != 0;
    for (size_t i = 0; i < p->recipient_count; i++) {
        s.third += p->recipients[i].third;
        s.blocked += p->recipients[i].blocked;
    }
    for (size_t i = 0; i < p->j->trace_count; i++) {
        if (page_identifies(p->j->traces[i])) {
            s.identifiers++;
            s.identifiers_third += p->j->traces[i]->party == PARTY_THIRD;
        }
    }
    return s;
}

static void write_figures(struct page *p, const struct sums *s)
{
    html_open(&p->h, "dl");
    html_class(&p->h, "figures");
    page_figure(p, WORDS("pages visited"), p->j->attributions.visit_count);
    page_figure(p, WORDS("requests and responses read"), p->e->exchange_count - s->messages);
    if (s->messages != 0)
        page_figure(p, WORDS("WebSocket messages read"), s->messages);
    page_figure(p, WORDS("recipients (sites)"), p->recipient_count);
    page_figure(p, WORDS("of them third parties"), s->third);
    page_figure(p, WORDS("identifiers seen"), s->identifiers);
    page_figure(p, WORDS("of them at third parties"), s->identifiers_third);
    page_figure(p, WORDS("requests that a tracker list names"), s->blocked);
    page_figure(p, WORDS("findings"), p->j->finding_count);
    page_figure(p, WORDS("connections that could not be read in full"), s->unread);
    html_close(&p->h);
}

static void write_telling(struct page *p)
{
    size_t n = p->j->finding_count < PAGE_TELLING ? p->j->finding_count : PAGE_TELLING;
    char link[ID_TEXT];

    html_element(&p->h, "h3", NULL, page_word(p, "The most telling findings"));
    if (n == 0) {
        page_paragraph(p, "No finding was made. This does not mean that nothing was collected: "
                          "see what this capture cannot show.");
        return;
    }
    html_open(&p->h, "ol");
    html_class(&p->h, "telling");
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = p->j->findings[i];

        (void)snprintf(link, sizeof(link), "#f%zu", f->number);
        html_open(&p->h, "li");
        page_excerpt(p,
                bytes_text(p->language == LANGUAGE_CHINESE ? f->statement_zh : f->statement_en),
                PAGE_STATEMENT_MOST);
        html_string(&p->h, " ");
        html_open(&p->h, "a");
        html_class(&p->h, "id");
        html_attribute(&p->h, "href", link);
        html_string(&p->h, link + 1);
        html_close(&p->h);
        html_close(&p->h);
    }
    html_close(&p->h);
}

/* Recipients of which nothing is seen to point at a person, as far as one could see. */
static void write_silent(struct page *p)
{
    size_t shown = 0, all = 0, veiled = 0;

    html_element(&p->h, "h3", NULL, page_word(p, "Recipients where no identifier was seen"));
    for (size_t i = 0; i < p->recipient_count; i++) {
        const struct recipient *r = &p->recipients[i];

        if (r->identifying != 0)
            continue;
        if (r->incomplete != 0 || r->unread != 0)
            veiled++;
        else
            all++;
    }
    html_open(&p->h, "p");
    if (all == 0) {
        page_say(p, "None whose traffic was read in full.");
    } else {
        page_say(
                p, words_plural(LANGUAGE_ENGLISH,
                           WORDS("All that was read of the traffic with this recipient "
                                 "contains no value that this report counts as an identifier:"),
                           WORDS("All that was read of the traffic with these recipients "
                                 "contains no value that this report counts as an identifier:"),
                           all));
        html_string(&p->h, " ");
        for (size_t i = 0; i < p->recipient_count && shown < PAGE_NAMES_MOST * 2; i++) {
            const struct recipient *r = &p->recipients[i];

            if (r->identifying != 0 || r->incomplete != 0 || r->unread != 0)
                continue;
            if (shown++ != 0)
                page_comma(p);
            page_excerpt(p, r->site, PAGE_NAME_MOST);
        }
        if (all > shown)
            page_say(p, " and %zu more", all - shown);
        html_string(&p->h, p->language == LANGUAGE_CHINESE ? "。" : ".");
    }
    html_close(&p->h);
    if (veiled != 0)
        page_paragraph(p,
                "Recipients of whose traffic a part could not be read, and for which "
                "nothing can therefore be said to be absent: %zu.",
                veiled);
    page_paragraph(p,
            "The IP address of the sender reaches every recipient with every request, "
            "and is not listed as an item.");
}

void page_summary(struct page *p)
{
    struct sums s = sum_up(p);

    page_section(p, "summary", "Summary");
    if (p->e->har != NULL)
        page_har_summary(p);
    else
        page_paragraph(p,
                "This report was made by a program from recorded network packets. It states "
                "what "
                "was sent and received, to whom it went, and on what grounds each item counts "
                "as "
                "identifiable or anonymous under three readings of the law. It states facts "
                "and "
                "grounds; whether a rule of law was followed is not for this report to say.");
    if (p->e->connection_count != 0) {
        html_open(&p->h, "p");
        page_say(p, "Time of the capture:");
        html_string(&p->h, " ");
        page_time(p, s.first_ns);
        html_string(&p->h, " – ");
        page_time(p, s.last_ns);
        html_string(&p->h, p->language == LANGUAGE_CHINESE ? "。" : ". ");
        page_say(p, "All times are UTC, as the capturing computer's clock had them.");
        html_close(&p->h);
    }
    if (p->e->exchange_count == 0)
        page_paragraph(p, "No request or response could be read from this capture. Nothing can "
                          "be said about what was sent.");
    if (s.unread != 0)
        page_paragraph(p,
                "Part of the traffic could not be read: %llu of %zu connections. What they "
                "carried is not in this report, and nothing here says that it was harmless.",
                (unsigned long long)s.unread, p->e->connection_count);
    write_figures(p, &s);
    write_telling(p);
    write_silent(p);
    html_close(&p->h);
}

static void write_level(struct page *p, unsigned level, const char *english)
{
    bool here = p->e->har == NULL && level == p->facts->proof_level;

    html_open(&p->h, "tr");
    if (here)
        html_class(&p->h, "here");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_print(&p->h, "L%u", level);
    html_close(&p->h);
    html_open(&p->h, "td");
    html_string(&p->h, page_word(p, english));
    if (here) {
        html_string(&p->h, " ");
        html_element(&p->h, "strong", NULL, page_word(p, "← this case"));
    }
    html_close(&p->h);
    html_close(&p->h);
}

void page_proof(struct page *p)
{
    static const char *const columns[] = {WORDS("Level"), WORDS("What the case contains")};
    struct sums s = sum_up(p);

    page_section(p, "proof", "What a reader must know");
    page_paragraph(p,
            "Whoever holds the TLS keys of a connection can write other contents into a "
            "recorded capture of it, and neither a hash nor a time stamp made later can show "
            "that. Each case therefore states its proof level, which is computed from what it "
            "contains and never set higher.");
    page_table(p, "Proof levels");
    page_columns(p, columns, 2);
    if (p->e->har != NULL)
        page_har_proof(p);
    write_level(p, 0, WORDS("the person's own capture, sealed at the end"));
    write_level(p, 1,
            WORDS("the hashes of the capture's segments were time-stamped by an "
                  "outside authority while capturing"));
    write_level(p, 2,
            WORDS("an independent witness captured the same encrypted traffic without "
                  "the keys, upstream; its records match byte for byte"));
    write_level(p, 3, WORDS("a notary operated an inspected machine and signed the case"));
    page_table_end(p);
    if (p->e->har != NULL) {
        page_paragraph(p,
                "This case is below L0. The seal shows that no file was changed after sealing. "
                "That the HAR file shows what really happened rests on the program that wrote "
                "it and on the person who kept it; it is a text that anyone can write. To "
                "prove "
                "more, record the packets.");
        html_close(&p->h);
        return;
    }
    if (p->facts->proof_level == 0)
        page_paragraph(p,
                "At level L0 the seal shows that no file was changed after sealing. That the "
                "capture shows what really happened rests on the person who made it, and on "
                "whatever confirms it from outside: the recipients' own records, a second "
                "capture, or a repetition before a notary or the court.");
    page_paragraph(p,
            "Connections on which the server's signature over the handshake was checked and is "
            "good: %llu. This shows that a server with that certificate took part in the "
            "connection; it does not prove what was transmitted in it.",
            (unsigned long long)s.proven);
    html_close(&p->h);
}
