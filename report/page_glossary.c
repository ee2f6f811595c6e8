/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page_parts.h"

static const struct {
    const char *word, *meaning;
} words[] = {
        {WORDS("packet"), WORDS("one unit of data as the network carried it; numbered from 1")},
        {WORDS("connection"),
                WORDS("a conversation between the browser and one server (c1, c2, …)")},
        {WORDS("exchange"), WORDS("one HTTP request and its response (c3.s5)")},
        {WORDS("page"), WORDS("the document in a tab that caused an exchange")},
        {WORDS("site"), WORDS("the registrable domain of a host, such as example.com")},
        {WORDS("first party"), WORDS("a recipient of the same site as the page")},
        {WORDS("third party"), WORDS("a recipient of another site than the page")},
        {WORDS("owner"), WORDS("the organisation that operates a site")},
        {WORDS("recipient"), WORDS("the host or site that a request went to")},
        {WORDS("item"), WORDS("a named value that travelled to one recipient (i1, i2, …)")},
        {WORDS("identifier"),
                WORDS("an item that can single out a browser, device, account or person")},
        {WORDS("credential"),
                WORDS("a value that opens an account or a session; never printed here")},
        {WORDS("cookie"),
                WORDS("a named value that a server stores in the browser and that the browser "
                      "sends back to it")},
        {WORDS("sharing"), WORDS("one recipient's identifier given to another")},
        {WORDS("tracker list"),
                WORDS("a public list of addresses known for tracking or advertising; that a "
                      "request is on it is an opinion of the list's authors")},
        {WORDS("finding"), WORDS("a statement that the cited bytes prove (f1, f2, …)")},
        {WORDS("ground"), WORDS("the rule that supports a verdict")},
        {WORDS("reading"), WORDS("a legal standard under which a verdict is given")},
        {WORDS("identifiable"),
                WORDS("under this reading, the facts named satisfy a rule by which the item "
                      "identifies or relates to a natural person")},
        {WORDS("anonymous"),
                WORDS("under this reading, the item does not identify a natural person; no "
                      "statement about what the recipient knows besides")},
        {WORDS("undetermined"),
                WORDS("what the capture shows is not enough for either verdict")},
        {WORDS("nominal bits"),
                WORDS("how many values of this form there could be, as a power of two; 33 bits "
                      "are enough to tell all living people apart")},
        {WORDS("hash (digest)"),
                WORDS("a number computed from a value that cannot be turned back, but is the "
                      "same for the same value: who has a list of values knows them by it")},
        {WORDS("fingerprinting"),
                WORDS("collecting features of a browser and device until together they single "
                      "it out, without storing anything in it")},
        {WORDS("input recording"),
                WORDS("sending what is typed, or what happens on the page, before the person "
                      "submits anything")},
        {WORDS("consent record"),
                WORDS("a coded text (such as the TCF string) in which a consent manager writes "
                      "down what, as it says, was chosen")},
        {WORDS("CNAME"), WORDS("a record of the DNS by which one host name is an alias of "
                               "another, which may be another company's")},
        {WORDS("link decoration"),
                WORDS("an identifier appended to the address of a link, so that it reaches the "
                      "site that the link leads to")},
        {WORDS("bounce"), WORDS("a stopover of the page at a site that the person did not mean "
                                "to visit, on the way to another")},
        {WORDS("respawn"), WORDS("a deleted identifier that comes back with its old value from "
                                 "another place where it was kept")},
        {WORDS("sensitive"),
                WORDS("of a class that statutes protect more: health, religion, sexuality, "
                      "finance, minors, location, politics, biometrics, identity; told by "
                      "dictionaries and the kind of a declared value")},
        {WORDS("objection"), WORDS("the strongest thing that can be said against a finding")},
        {WORDS("gap"),
                WORDS("a stretch of data that could not be seen, with its cause (g1, g2, …)")},
        {WORDS("case"),
                WORDS("the sealed directory that holds packets, findings and this report")},
        {WORDS("seal"), WORDS("the manifests of hashes, and what is signed over them")},
        {WORDS("SHA-256"), WORDS("a digest: a number computed from a file that changes when "
                                 "the file does")},
        {WORDS("UTC"), WORDS("universal time; China Standard Time is UTC plus 8 hours")},
};

void page_glossary(struct page *p)
{
    page_section(p, "words", "Words");
    html_open(&p->h, "dl");
    html_class(&p->h, "glossary");
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        html_element(&p->h, "dt", NULL, page_word(p, words[i].word));
        html_element(&p->h, "dd", NULL, page_word(p, words[i].meaning));
    }
    html_close(&p->h);
    html_close(&p->h);
}
