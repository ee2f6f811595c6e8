/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "report/page_parts.h"

enum { ID_TEXT = 32, CARDS_OPEN = 8 }; /* items that are not folded away */

static void open_row(struct page *p, const char *english)
{
    page_label(p, english);
    html_open(&p->h, "dd");
}

static void write_setter(struct page *p, const struct trace *t)
{
    open_row(p, WORDS("Set"));
    html_string(
            &p->h, page_word(p, page_how_word(t->set_how == NULL ? "unknown" : t->set_how)));
    if (t->set_by != ATTRIBUTION_NONE) {
        const struct exchange *x = p->e->exchanges[t->set_by];

        html_string(&p->h, " · ");
        page_code(p, x->host, PAGE_NAME_MOST);
        html_string(&p->h, " · ");
        page_exchange_id(p, (size_t)t->set_by);
    }
    html_close(&p->h);
    open_row(p, WORDS("Declared lifetime"));
    page_lifetime(p, t->lifetime_s);
    html_close(&p->h);
}

static void write_who(struct page *p, const struct trace *t)
{
    open_row(p, WORDS("Recipient"));
    page_code(p, t->recipient, PAGE_NAME_MOST);
    html_print(&p->h, " · %s", page_word(p, page_party_word(t->party)));
    if (t->owner != NULL)
        html_print(&p->h, " · %s", t->owner);
    html_close(&p->h);
    open_row(p, WORDS("On pages of"));
    if (t->page_count == 0)
        page_say(p, "unknown");
    page_names(p, t->pages, t->page_count < PAGE_NAMES_MOST ? t->page_count : PAGE_NAMES_MOST,
            t->page_count);
    html_close(&p->h);
    if (t->carrier == CARRIER_COOKIE || t->carrier == CARRIER_SET_COOKIE ||
            t->set_by != ATTRIBUTION_NONE || t->lifetime_s >= 0)
        write_setter(p, t);
}

/* Why it is of its class: terms of the score, and the facts that the verdicts lean on. */
static void write_why(struct page *p, const struct trace *t)
{
    page_fold(p, false, "Why this class: %d points", t->score);
    if (t->term_count != 0)
        html_open(&p->h, "ul");
    for (size_t i = 0; i < t->term_count; i++) {
        const char *text =
                p->language == LANGUAGE_CHINESE ? t->terms[i].text_zh : t->terms[i].text_en;

        html_open(&p->h, "li");
        html_print(&p->h, "%+d ", t->terms[i].points);
        page_excerpt(p, bytes_text(text), PAGE_RULE_MOST);
        html_close(&p->h);
    }
    if (t->term_count != 0)
        html_close(&p->h);
    if (t->fact_count != 0) {
        page_paragraph(p, "Facts the verdicts lean on");
        html_open(&p->h, "ul");
    }
    for (size_t i = 0; i < t->fact_count; i++) {
        const char *text = verdict_fact_text(t->facts[i], page_verdict_language(p));

        html_open(&p->h, "li");
        html_element(&p->h, "span", "id", t->facts[i]);
        html_string(&p->h, " ");
        html_string(&p->h, text);
        html_close(&p->h);
    }
    if (t->fact_count != 0)
        html_close(&p->h);
    html_close(&p->h);
}

/* Of such items it matters that they are not, or cannot be said to be, sensitive. */
static bool telling(const struct trace *t)
{
    return t->declared != NULL || t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT ||
           t->class_ == CLASS_LOCATION || t->class_ == CLASS_DIRECT;
}

/* What the person declared of it, the state of consent, and whether it is sensitive. */
static void write_labels(struct page *p, const struct trace *t)
{
    const struct subject *s = p->facts->subject;
    bool chinese = p->language == LANGUAGE_CHINESE;

    if (t->declared != NULL && s != NULL && t->declared->value < s->n) {
        open_row(p, WORDS("Declared value"));
        page_declared_label(p, &s->at[t->declared->value]);
        html_close(&p->h);
    }
    if (t->consent != CONSENT_NONE) {
        open_row(p, WORDS("Consent when it was first sent"));
        html_string(&p->h, page_word(p, page_consent_word(t->consent)));
        html_close(&p->h);
    }
    if (t->sensitive.result == SENSITIVE_YES) {
        open_row(p, WORDS("Sensitive"));
        html_open(&p->h, "strong");
        html_string(&p->h, page_word(p, t->sensitive.category == NULL
                                                ? WORDS("yes")
                                                : page_sensitive_word(t->sensitive.category)));
        html_close(&p->h);
        html_string(&p->h, " · ");
        page_excerpt(p, bytes_text(chinese ? t->sensitive.zh : t->sensitive.en),
                PAGE_STATEMENT_MOST);
        html_close(&p->h);
    } else if (t->sensitive.en != NULL && telling(t)) {
        open_row(p, WORDS("Sensitive"));
        html_string(&p->h,
                page_word(p, t->sensitive.result == SENSITIVE_NO ? WORDS("no")
                                                                 : WORDS("undetermined")));
        html_string(&p->h, " · ");
        page_excerpt(p, bytes_text(chinese ? t->sensitive.zh : t->sensitive.en),
                PAGE_STATEMENT_MOST);
        html_close(&p->h);
    }
}

static void write_times(struct page *p, const struct trace *t)
{
    open_row(p, WORDS("Seen"));
    page_say(p,
            words_plural(LANGUAGE_ENGLISH, WORDS("%llu time"), WORDS("%llu times"), t->count),
            (unsigned long long)t->count);
    html_string(&p->h, " · ");
    page_time(p, t->first_ns);
    if (t->last_ns != t->first_ns) {
        html_string(&p->h, " – ");
        page_time(p, t->last_ns);
    }
    html_close(&p->h);
    if (t->place_count == 0)
        return;
    open_row(p, WORDS("Packets of its first occurrence"));
    page_exchange_id(p, t->places[0].exchange);
    html_string(&p->h, " · ");
    page_packets(p, t->places[0].exchange, t->carrier == CARRIER_SET_COOKIE);
    html_close(&p->h);
}

static void write_card(struct page *p, const struct trace *t, bool open)
{
    char id[ID_TEXT];

    (void)snprintf(id, sizeof(id), "i%zu", t->number);
    html_open(&p->h, "article");
    html_attribute(&p->h, "id", id);
    html_open(&p->h, "h3");
    html_element(&p->h, "span", "id", id);
    html_string(&p->h, " ");
    page_code(p, t->name, PAGE_NAME_MOST);
    html_string(&p->h, " ");
    html_element(&p->h, "span", "tag", page_word(p, page_class_word(t->class_)));
    html_close(&p->h);
    html_open(&p->h, "dl");
    open_row(p, WORDS("Value"));
    page_value(p, t);
    html_close(&p->h);
    if (!t->masked && !bytes_equal(t->value, t->decoded)) {
        open_row(p, WORDS("Decoded"));
        page_code(p, t->decoded, PAGE_VALUE_MOST);
        html_close(&p->h);
    }
    open_row(p, WORDS("Travelled as"));
    html_string(&p->h, page_word(p, page_carrier_word(t->carrier)));
    html_close(&p->h);
    write_who(p, t);
    write_times(p, t);
    write_labels(p, t);
    open_row(p, WORDS("Class"));
    html_string(&p->h, page_word(p, page_class_word(t->class_)));
    html_print(&p->h, " · %s", page_word(p, page_grade_word(t->grade)));
    html_close(&p->h);
    html_close(&p->h);
    write_why(p, t);
    page_verdicts_fold(p, t, NULL, open);
    html_close(&p->h);
}

static void write_row(struct page *p, const struct trace *t)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    page_trace_id(p, t);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_code(p, t->name, PAGE_NAME_MOST);
    html_string(&p->h, " = ");
    if (t->masked)
        page_value(p, t);
    else
        page_code(p, t->value, PAGE_NAME_MOST);
    html_close(&p->h);
    page_cell(p, t->recipient, PAGE_NAME_MOST);
    html_element(&p->h, "td", NULL, page_word(p, page_class_word(t->class_)));
    for (size_t r = 0; r < READINGS; r++)
        html_element(&p->h, "td", NULL, page_word(p, page_verdict_word(t->verdicts[r])));
    html_close(&p->h);
}

static void write_rest(struct page *p, size_t from)
{
    static const char *const columns[] = {WORDS("Item"), WORDS("Name and value"),
            WORDS("Recipient"), WORDS("Class"), WORDS("Alone"), WORDS("Combined"),
            WORDS("Broad")};
    size_t shown = p->personal - from < PAGE_ROWS_MOST ? p->personal - from : PAGE_ROWS_MOST;

    if (shown == 0)
        return;
    page_fold(p, false, "%zu further items that concern a person", p->personal - from);
    page_table(p, "Further items that concern a person, with their verdicts");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = from; i < from + shown; i++)
        write_row(p, p->ranked[i]);
    page_table_end(p);
    html_close(&p->h);
    if (from + shown < p->personal)
        page_paragraph(p,
                "Not listed here: %zu further items of these classes. "
                "data/findings/items.jsonl has them all.",
                p->personal - from - shown);
}

static void write_counts(struct page *p)
{
    static const char *const columns[] = {WORDS("Class"), WORDS("Items")};

    page_fold(p, false, "Items by class (%zu)", p->j->trace_count);
    page_table(p, "Items by class");
    page_columns(p, columns, 2);
    for (size_t c = 0; c < TRACE_CLASSES; c++) {
        html_open(&p->h, "tr");
        html_open(&p->h, "th");
        html_attribute(&p->h, "scope", "row");
        html_string(&p->h, page_word(p, page_class_word((enum trace_class)c)));
        html_close(&p->h);
        page_number_cell(p, p->classes[c]);
        html_close(&p->h);
    }
    page_table_end(p);
    html_close(&p->h);
}

void page_items(struct page *p)
{
    size_t cards = p->personal < PAGE_ITEMS_MOST ? p->personal : PAGE_ITEMS_MOST;

    page_section(p, "items", "Identifiers and other personal items");
    page_paragraph(p, "An item is a named value that travelled to one recipient. Each has a "
                      "verdict under three readings, because courts and statutes do not read "
                      "“identifiable” alike:");
    html_open(&p->h, "ul");
    for (size_t r = 0; r < READINGS; r++) {
        html_open(&p->h, "li");
        html_element(&p->h, "strong", NULL, page_word(p, page_reading_word((enum reading)r)));
        html_string(&p->h, p->language == LANGUAGE_CHINESE ? "：" : ": ");
        html_string(&p->h, page_word(p, page_reading_meaning((enum reading)r)));
        html_close(&p->h);
    }
    html_close(&p->h);
    page_paragraph(p, "“Anonymous” under the reading “alone” only says that the item by itself "
                      "names no natural person; it says nothing of what its recipient knows.");
    if (p->j->traces_capped)
        page_paragraph(p, "Some contents are longer, or have more values, than this program "
                          "looks through. Values beyond its limits are not in this report, "
                          "and of others it may not say where they came from.");
    write_counts(p);
    for (size_t i = 0; i < cards; i++) {
        if (i == CARDS_OPEN)
            page_fold(p, false, "Further items in detail (%zu)", cards - i);
        write_card(p, p->ranked[i], i < PAGE_OPEN_MOST);
    }
    if (cards > CARDS_OPEN)
        html_close(&p->h);
    write_rest(p, cards);
    if (p->personal < p->j->trace_count)
        page_paragraph(p,
                "Items of the other classes (preferences, consent records, technical "
                "and unclassified values) are counted above and listed in "
                "data/findings/items.jsonl: %zu.",
                p->j->trace_count - p->personal);
    html_close(&p->h);
}
