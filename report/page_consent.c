/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_string.h"
#include "report/page_parts.h"

enum {
    SHARES_MOST = 120,   /* rows of one time line's table */
    NOTE_SHOWN = 300,    /* bytes of a note */
    RECORDS_MOST = 4096, /* values looked at for consent records */
};

/* A consent record, as often as it was seen under one name. */
struct record {
    const struct trace *trace;
    const char *says;
    struct bytes recipients[PAGE_NAMES_MOST];
    size_t recipient_count;
    bool more;
};

static void write_marks(struct page *p)
{
    static const char *const columns[] = {
            WORDS("Time"), WORDS("Mark"), WORDS("Site"), WORDS("Note")};
    const struct marks *marks = p->facts->marks;
    size_t shown = marks->n < PAGE_MARKS_MOST ? marks->n : PAGE_MARKS_MOST;

    page_table(p, "Marks that were made while capturing");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < shown; i++) {
        const struct mark *m = &marks->at[i];

        html_open(&p->h, "tr");
        html_open(&p->h, "td");
        page_time(p, m->time_ns);
        html_close(&p->h);
        html_element(&p->h, "td", NULL, page_word(p, page_mark_word(m->kind)));
        page_cell(p, m->site, PAGE_NAME_MOST);
        page_cell(p, m->text, NOTE_SHOWN);
        html_close(&p->h);
    }
    page_table_end(p);
    if (shown < marks->n)
        page_paragraph(p, "Not listed here: %zu further marks. data/marks.jsonl has them all.",
                marks->n - shown);
}

static void write_state(struct page *p, const struct consent_segment *s, bool first)
{
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    if (first) {
        html_string(&p->h, page_word(p, page_consent_word(s->state)));
        html_break(&p->h);
        html_string(&p->h, page_word(p, "from"));
        html_string(&p->h, " ");
        page_time(p, s->from_ns);
    }
    html_close(&p->h);
}

static void write_share(struct page *p, const struct consent_segment *s, size_t i)
{
    const struct consent_share *share = &s->shares[i];

    html_open(&p->h, "tr");
    write_state(p, s, i == 0);
    html_open(&p->h, "td");
    page_excerpt(p, share->recipient_site, PAGE_NAME_MOST);
    if (share->owner != NULL)
        html_print(&p->h, " (%s)", share->owner);
    html_close(&p->h);
    html_element(&p->h, "td", NULL, page_word(p, page_party_word(share->party)));
    page_number_cell(p, share->identifiers);
    page_number_cell(p, share->times);
    html_open(&p->h, "td");
    page_time(p, share->first_ns);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_silence(struct page *p, const struct consent_segment *s)
{
    html_open(&p->h, "tr");
    write_state(p, s, true);
    html_open(&p->h, "td");
    html_attribute(&p->h, "colspan", "5");
    page_say(p, "no identifier seen in what could be read");
    html_close(&p->h);
    html_close(&p->h);
}

static void write_shares(struct page *p, const struct consent_page *c)
{
    static const char *const columns[] = {WORDS("State"), WORDS("Recipient (site)"),
            WORDS("Party"), WORDS("Identifiers"), WORDS("Times, at least"), WORDS("First")};
    size_t rows = 0, left = 0;

    page_table(p, "Identifiers that went out, by state of consent");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < c->segment_count; i++) {
        const struct consent_segment *s = &c->segments[i];

        if (s->share_count == 0 && rows < SHARES_MOST) {
            write_silence(p, s);
            rows++;
        }
        for (size_t k = 0; k < s->share_count; k++) {
            if (rows < SHARES_MOST)
                write_share(p, s, k);
            else
                left++;
            rows++;
        }
    }
    page_table_end(p);
    if (left != 0)
        page_paragraph(p, "Not listed here: %zu further rows.", left);
}

/* Marks of consent or erasure were made on this site. */
static bool is_marked(const struct consent_page *c)
{
    return c->shown != NULL || c->erasure != NULL || c->segment_count > 1;
}

static void write_timelines(struct page *p, const struct consent_timeline *t)
{
    size_t marked = 0, shown = 0;

    for (size_t i = 0; i < t->n; i++)
        marked += is_marked(&t->pages[i]);
    if (marked != 0)
        page_paragraph(p,
                "Each drawing is the time line of one site's pages. Vertical lines are marks; "
                "a dot stands where a recipient first got identifiers in that state, with "
                "their number. Each stretch has a scale of its own. Whether consent was "
                "needed, and whether what was answered is consent, is not said here.");
    for (size_t i = 0; i < t->n && shown < PAGE_TIMELINES_MOST; i++) {
        if (!is_marked(&t->pages[i]))
            continue;
        shown++;
        html_open(&p->h, "h3");
        page_excerpt(p, t->pages[i].site, PAGE_NAME_MOST);
        html_close(&p->h);
        page_consent_chart(p, &t->pages[i]);
        write_shares(p, &t->pages[i]);
    }
    if (marked > shown)
        page_paragraph(p, "Not drawn here: %zu further sites with marks.", marked - shown);
    if (marked < t->n)
        page_paragraph(p,
                "Sites on whose pages no mark of consent or erasure was made: %zu. An answer "
                "given to one site says nothing of another.",
                t->n - marked);
    if (t->unplaced != 0)
        page_paragraph(p, "Marks that could not be placed on a site: %zu.", t->unplaced);
    if (t->capped)
        page_paragraph(p, "There was more than is counted here.");
}

static void add_recipient(struct record *r, struct bytes site)
{
    for (size_t i = 0; i < r->recipient_count; i++) {
        if (bytes_equal(r->recipients[i], site))
            return;
    }
    if (r->recipient_count == PAGE_NAMES_MOST)
        r->more = true;
    else
        r->recipients[r->recipient_count++] = site;
}

/* False: no memory. */
static bool take_record(
        struct page *p, const struct trace *t, struct record *records, size_t *n, bool *more)
{
    struct consent_string string;
    enum parse verdict;

    for (size_t i = 0; i < *n; i++) {
        if (bytes_equal(records[i].trace->name, t->name) &&
                bytes_equal(records[i].trace->value, t->value)) {
            add_recipient(&records[i], t->recipient_site);
            return true;
        }
    }
    if (!consent_string_read(p->arena, t->name, t->value, &verdict, &string))
        return false;
    if (verdict != PARSE_DONE)
        return true;
    if (*n == PAGE_CONSENTS_MOST) {
        *more = true;
        return true;
    }
    records[*n] = (struct record){.trace = t,
            .says = consent_string_say(p->arena, &string, p->language == LANGUAGE_CHINESE)};
    if (records[*n].says == NULL)
        return false;
    add_recipient(&records[(*n)++], t->recipient_site);
    return true;
}

static void write_record(struct page *p, const struct record *r)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_code(p, r->trace->name, PAGE_NAME_MOST);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_excerpt(p, bytes_text(r->says), PAGE_STATEMENT_MOST);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_names(p, r->recipients, r->recipient_count, r->recipient_count);
    if (r->more)
        page_say(p, " and others");
    html_close(&p->h);
    html_open(&p->h, "td");
    page_trace_id(p, r->trace);
    html_close(&p->h);
    html_close(&p->h);
}

static void write_records(struct page *p)
{
    static const char *const columns[] = {
            WORDS("Name"), WORDS("What it says"), WORDS("Sent to or set by"), WORDS("Item")};
    struct record *records = arena_array(p->arena, PAGE_CONSENTS_MOST, sizeof(*records));
    size_t n = 0, looked = 0;
    bool more = false;

    for (size_t i = 0; records != NULL && i < p->j->trace_count; i++) {
        const struct trace *t = p->j->traces[i];

        if (t->masked || !consent_string_named(t->name))
            continue;
        if (looked++ == RECORDS_MOST) {
            more = true;
            break;
        }
        if (!take_record(p, t, records, &n, &more))
            records = NULL;
    }
    if (records == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    if (n == 0)
        return;
    page_table(p, "Consent records and signals that travelled, read out");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < n; i++)
        write_record(p, &records[i]);
    page_table_end(p);
    page_paragraph(p,
            "A record says what its writer claims was chosen; what the person chose is "
            "shown by their marks alone.");
    if (more)
        page_paragraph(p, "There was more than is counted here.");
}

void page_consent(struct page *p)
{
    const struct judgement_setup setup = {.sites = p->facts->sites, .marks = p->facts->marks};
    struct consent_timeline timeline = {0};
    bool given = p->facts->marks != NULL && p->facts->marks->n != 0;

    page_section(p, "consent", "What was sent in which state of consent");
    if (!given) {
        page_paragraph(p, "No mark was given, so nothing is said of consent: “exhibit import "
                          "--marks FILE” takes the moments at which a consent notice was "
                          "shown, refused, accepted or withdrawn.");
    } else {
        write_marks(p);
        if (p->facts->sites != NULL && p->h.status == STATUS_OK)
            p->h.status = consent_timeline_make(p->arena, p->e, &setup, p->j, &timeline);
        if (p->h.status == STATUS_OK)
            write_timelines(p, &timeline);
    }
    write_records(p);
    html_close(&p->h);
}
