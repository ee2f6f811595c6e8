/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/sensitive.h"
#include "report/page_parts.h"

static void write_source(struct page *p, const char *name, struct bytes version,
        const char *count, const char *sha256)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_excerpt(p, bytes_text(name), PAGE_NAME_MOST);
    html_close(&p->h);
    if (version.n == 0)
        html_element(&p->h, "td", NULL, page_word(p, "not stated"));
    else
        page_cell(p, version, PAGE_NAME_MOST);
    html_element(&p->h, "td", "n", count);
    html_open(&p->h, "td");
    html_element(&p->h, "code", "hash", sha256);
    html_close(&p->h);
    html_close(&p->h);
}

/* What the person gave besides the capture. */
static void write_given(struct page *p)
{
    const struct basis *b = p->facts->basis;
    const struct bytes given = bytes_text(page_word(p, "given by the person"));
    char count[32] = "";

    if (b->subject.name != NULL) {
        if (p->facts->subject != NULL)
            (void)snprintf(count, sizeof(count), "%zu", p->facts->subject->n);
        write_source(p, b->subject.name, given, count, b->subject.sha256);
    }
    count[0] = '\0';
    if (b->marks.name != NULL) {
        if (p->facts->marks != NULL)
            (void)snprintf(count, sizeof(count), "%zu", p->facts->marks->n);
        write_source(p, b->marks.name, given, count, b->marks.sha256);
    }
    if (b->browser.name != NULL) {
        const struct browser_log *log = p->j->attributions.browser;

        (void)snprintf(count, sizeof(count), "%zu", log == NULL ? 0 : log->request_count);
        write_source(p, b->browser.name, bytes_text(page_word(p, "the browser's own account")),
                count, b->browser.sha256);
    }
}

static void write_sources(struct page *p)
{
    static const char *const columns[] = {WORDS("Source"), WORDS("Version or date"),
            WORDS("Rules or rows"), WORDS("SHA-256")};
    const struct basis *b = p->facts->basis;
    const struct legal_table *tables = legal_tables(b->legal);
    char count[32];

    page_table(p, "Lists, tables and rules used, as they were");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; b->lists != NULL && i < lists_count(b->lists); i++) {
        const struct list_info *l = lists_info(b->lists, i);

        (void)snprintf(count, sizeof(count), "%llu",
                (unsigned long long)l->blocks + (unsigned long long)l->exceptions);
        write_source(
                p, l->name, l->version.n != 0 ? l->version : l->modified, count, l->sha256);
    }
    if (b->suffixes != NULL) {
        (void)snprintf(count, sizeof(count), "%llu", (unsigned long long)b->suffixes->rules);
        write_source(p, page_word(p, "public suffix list"), bytes_text(b->suffixes->date),
                count, b->suffixes->sha256);
    }
    (void)snprintf(count, sizeof(count), "%zu", parties_rows(b->parties));
    write_source(p, "parties.csv", bytes_text(parties_date(b->parties)), count,
            parties_sha256(b->parties));
    for (size_t i = 0; i < LEGAL_TABLES; i++) {
        (void)snprintf(count, sizeof(count), "%zu", tables[i].rules);
        write_source(p, tables[i].name, bytes_text(tables[i].version), count, tables[i].sha256);
    }
    write_source(p, page_word(p, "dictionaries of sensitive words"),
            bytes_text(sensitive_version()), "", NULL);
    if (b->whereabouts_sha256 != NULL)
        write_source(p, "IPFire Location", bytes_text(b->whereabouts_date), "",
                b->whereabouts_sha256);
    write_given(p);
    page_table_end(p);
    if (b->rules_name != NULL)
        page_paragraph(p,
                "The legal rules are not this program's own: they were given with the "
                "capture and lie in %s.",
                b->rules_name);
    if (b->whereabouts_sha256 == NULL)
        page_paragraph(p, "No database of network addresses was installed: where servers are "
                          "registered is not said.");
}

static void mark_grounds(const struct page *p, bool *cited,
        const char *const grounds[TRACE_GROUNDS_MOST], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < legal_count(p->facts->basis->legal); k++) {
            if (strcmp(legal_rule_at(p->facts->basis->legal, k)->id, grounds[i]) == 0)
                cited[k] = true;
        }
    }
}

/* Rules cited on this page: by the items told in full and by the findings told. */
static bool *cited_rules(struct page *p)
{
    bool *cited =
            arena_array(p->arena, legal_count(p->facts->basis->legal) + 1, sizeof(*cited));

    if (cited == NULL)
        return NULL;
    for (size_t i = 0; i < p->personal && i < PAGE_ITEMS_MOST; i++) {
        const struct trace *t = p->ranked[i];

        for (size_t r = 0; r < READINGS; r++)
            mark_grounds(p, cited, t->grounds[r], t->ground_count[r]);
    }
    for (size_t i = 0; i < p->j->finding_count; i++) {
        const struct finding *f = p->j->findings[i];

        if (!p->told[i])
            continue;
        for (size_t r = 0; r < READINGS; r++)
            mark_grounds(p, cited, f->grounds[r], f->ground_count[r]);
    }
    return cited;
}

void page_rule(struct page *p, const struct legal_rule *rule)
{
    html_open(&p->h, "tr");
    html_attribute(&p->h, "id", rule->id);
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_string(&p->h, rule->id);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_law(p, rule);
    html_close(&p->h);
    html_open(&p->h, "td");
    html_string(
            &p->h, p->language == LANGUAGE_CHINESE ? rule->statement_zh : rule->statement_en);
    if (rule->lawyer_check) {
        html_string(&p->h, " ");
        html_element(&p->h, "em", NULL,
                page_word(p, "To be checked by a lawyer before it is relied on."));
    }
    html_close(&p->h);
}

static void write_rule(struct page *p, const struct legal_rule *rule)
{
    page_rule(p, rule);
    html_open(&p->h, "td");
    html_class(&p->h, "n");
    html_string(&p->h, rule->valid_from);
    html_string(&p->h, " – ");
    html_string(&p->h, rule->valid_to == NULL ? "" : rule->valid_to);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_rules(struct page *p)
{
    static const char *const columns[] = {WORDS("Ground"), WORDS("Law and article"),
            WORDS("What it asks for, in our words"), WORDS("In force")};
    const struct legal *legal = p->facts->basis->legal;
    bool *cited = cited_rules(p);
    size_t n = 0;

    if (cited == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    for (size_t i = 0; i < legal_count(legal); i++)
        n += cited[i];
    if (n == 0)
        return;
    page_table(p, "Grounds cited on this page");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < legal_count(legal); i++) {
        if (cited[i])
            write_rule(p, legal_rule_at(legal, i));
    }
    page_table_end(p);
}

void page_basis(struct page *p)
{
    page_section(p, "basis", "Lists, tables and rules used");
    page_paragraph(p,
            "What the findings lean on besides the packets. Another version of a list "
            "or table may answer differently; data/findings/basis.json has these "
            "facts for a program to read.");
    write_sources(p);
    write_rules(p);
    html_close(&p->h);
}

static void write_command(struct page *p, const char *command, const char *english)
{
    html_open(&p->h, "dt");
    html_element(&p->h, "code", NULL, command);
    html_close(&p->h);
    html_element(&p->h, "dd", NULL, page_word(p, english));
}

void page_verify(struct page *p)
{
    page_section(p, "verify", "How to verify");
    page_paragraph(p, "Anyone can check this case without trusting the program that wrote it. "
                      "VERIFY.txt in the case says how, step by step. In a shell, inside the "
                      "directory of the case:");
    html_open(&p->h, "dl");
    html_class(&p->h, "commands");
    write_command(p, "sh verify.sh", WORDS("checks everything at once with standard programs"));
    write_command(p, "sha256sum -c manifest-sha256.txt",
            WORDS("every file in data/ is as it was when sealed"));
    write_command(p, "sha256sum -c tagmanifest-sha256.txt",
            WORDS("the manifests themselves are as they were"));
    write_command(p, "exhibit verify --rederive .",
            p->e->har != NULL
                    ? WORDS("reads the HAR file again and compares all findings byte by byte")
                    : WORDS("reads the packets again and compares all findings byte by byte"));
    if (p->e->har != NULL) {
        html_close(&p->h);
        page_paragraph(p, "There are no packets to look at: a place that is cited is found in "
                          "the HAR file itself, by the address of the request.");
        html_close(&p->h);
        return;
    }
    write_command(p,
            "tshark -r data/raw/CAPTURE -o tls.keylog_file:data/raw/keys.log -Y 'FILTER' -V",
            WORDS("shows the packets that a finding cites; the filter stands beside it"));
    html_close(&p->h);
    page_paragraph(p,
            "In Wireshark: open the capture of data/raw/, set Preferences > Protocols > "
            "TLS > (Pre)-Master-Secret log filename to data/raw/keys.log, and paste "
            "the filter. Where packets carry their own keys (pcapng), the second step "
            "is not needed.");
    html_close(&p->h);
}
