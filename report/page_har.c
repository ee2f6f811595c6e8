/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_har.h"

void page_har_summary(struct page *p)
{
    page_paragraph(p,
            "This report was made by a program from a HAR file: a list of requests and "
            "responses "
            "that another program (a browser or a proxy) wrote down. It holds no packets. It "
            "states what that file says was sent and received, to whom it went, and on what "
            "grounds each item counts as identifiable or anonymous under three readings of the "
            "law. It states facts and grounds; whether a rule of law was followed is not for "
            "this report to say.");
    if (p->e->har->without_cookies)
        page_har_cookies(p);
}

void page_har_cookies(struct page *p)
{
    html_open(&p->h, "p");
    html_element(&p->h, "strong", NULL,
            page_word(p,
                    "Exported without cookies: what was sent in cookies could not be seen. "
                    "Export again with sensitive data."));
    html_close(&p->h);
}

void page_har_proof(struct page *p)
{
    html_open(&p->h, "tr");
    html_class(&p->h, "here");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    html_string(&p->h, page_word(p, "none"));
    html_close(&p->h);
    html_open(&p->h, "td");
    html_string(&p->h, page_word(p, "no packets: the file was written by a program, nothing in "
                                    "it can be derived from what went over the wire"));
    html_string(&p->h, " ");
    html_element(&p->h, "strong", NULL, page_word(p, "← this case"));
    html_close(&p->h);
    html_close(&p->h);
}

static void write_row(struct page *p, const char *english, uint64_t n)
{
    if (n != 0)
        page_count_row(p, english, n);
}

void page_har_limits(struct page *p)
{
    static const char *const columns[] = {
            WORDS("What the file says, or lacks"), WORDS("Number")};
    const struct har_facts *f = p->e->har;

    page_paragraph(p, "A HAR file was written by a program after it had read, decoded and in "
                      "part dropped what went over the wire. What it lacks cannot be told from "
                      "what was never sent, except where it says so itself.");
    if (f->program[0] != '\0') {
        html_open(&p->h, "p");
        page_say(p, "Written by:");
        html_string(&p->h, " ");
        page_excerpt(p, bytes_text(f->program), PAGE_NAME_MOST);
        html_close(&p->h);
    }
    if (f->without_cookies)
        page_har_cookies(p);
    page_table(p, "Entries of the HAR file");
    page_columns(p, columns, 2);
    page_count_row(p, WORDS("entries in all"), f->entries);
    write_row(p, WORDS("not used: addresses inside the browser (data:, blob:, extensions)"),
            f->local);
    write_row(
            p, WORDS("not used: answered by the browser's cache; nothing was sent"), f->cached);
    write_row(p,
            WORDS("not used: answered by a service worker; whether it asked the server is "
                  "not known"),
            f->worker);
    write_row(p, WORDS("not used: blocked, or failed before a server was reached"), f->blocked);
    write_row(p, WORDS("not used: could not be understood"), f->unread);
    write_row(p, WORDS("responses whose contents are not in the file"), f->without_content);
    write_row(p, WORDS("requests whose contents are not in the file"), f->without_body);
    write_row(p, WORDS("requests of which no header fields are listed"), f->without_fields);
    write_row(p, WORDS("contents in which bytes that are no text were replaced"), f->replaced);
    write_row(p, WORDS("forms put together from their listed parameters"), f->rebuilt);
    write_row(p, WORDS("messages whose cookies are listed, but in no header field"),
            f->cookies_listed);
    page_table_end(p);
    if (f->cut)
        page_paragraph(p, "The file is damaged or cut: what stands behind that place was not "
                          "read.");
}
