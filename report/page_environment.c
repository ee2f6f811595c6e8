/* SPDX-License-Identifier: Apache-2.0 */
#include "report/environment_read.h"
#include "report/page_parts.h"

/* "The machine": what was looked at before and after a recording, and what differs. */

enum {
    MEMORY = 64 << 20,
    REASON_MOST = 4000,
    FACT_MOST = 300,
    ROWS_MOST = 60, /* differences that are listed */
};

MUST_USE static bool has_before(const struct page *p)
{
    return p->facts->environment_before.n != 0;
}

bool page_has_environment(const struct page *p)
{
    return has_before(p) || p->facts->environment_after.n != 0;
}

static const char *state_word(enum probe_state state)
{
    switch (state) {
    case PROBE_OK:
        return WORDS("in order");
    case PROBE_ATTENTION:
        return WORDS("to look at");
    case PROBE_UNKNOWN:
        break;
    }
    return WORDS("could not be told");
}

static const char *either(const struct page *p, const char *en, const char *zh)
{
    return p->language == LANGUAGE_CHINESE && zh[0] != '\0' ? zh : en;
}

static void write_row(struct page *p, const struct environment_told *t)
{
    html_open(&p->h, "tr");
    html_open(&p->h, "th");
    html_attribute(&p->h, "scope", "row");
    page_excerpt(p, bytes_text(either(p, t->title_en, t->title_zh)), PAGE_RULE_MOST);
    html_close(&p->h);
    html_open(&p->h, "td");
    html_open(&p->h, t->state == PROBE_ATTENTION ? "strong" : "span");
    html_string(&p->h, page_word(p, state_word(t->state)));
    html_close(&p->h);
    html_close(&p->h);
    page_cell(p, bytes_text(either(p, t->reason_en, t->reason_zh)), REASON_MOST);
    html_close(&p->h);
}

static size_t count_of(const struct environment_read *e, bool in_order)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        n += (e->at[i].state == PROBE_OK) == in_order;
    return n;
}

static void write_rows(struct page *p, const struct environment_read *e, bool in_order)
{
    static const char *const columns[] = {
            WORDS("Looked at"), WORDS("State"), WORDS("What was seen, and what it means")};

    if (in_order)
        page_table(p, "Points in order");
    else
        page_table(p, "Points that could be asked about, or could not be told");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < e->n; i++) {
        if ((e->at[i].state == PROBE_OK) == in_order)
            write_row(p, &e->at[i]);
    }
    page_table_end(p);
}

static void write_state(struct page *p, const struct environment_read *e)
{
    size_t good = count_of(e, true), rest = count_of(e, false);

    page_paragraph(p,
            "Looked at %s. In order: %zu; to look at, or not to be told: %zu. “To look at” is "
            "no "
            "fault of the person: it is what the other side could ask about.",
            e->time, good, rest);
    if (e->more)
        page_paragraph(p, "There are more points than are read here.");
    if (rest != 0)
        write_rows(p, e, false);
    if (good == 0)
        return;
    page_fold(p, false, "Points in order: %zu", good);
    write_rows(p, e, true);
    html_close(&p->h);
}

static void write_fact(struct page *p, struct bytes fact)
{
    html_open(&p->h, "td");
    if (fact.n == 0)
        page_say(p, "not there");
    else
        page_code(p, fact, FACT_MOST);
    html_close(&p->h);
}

/* Rows of one change, at most `room`; how many were written. */
static size_t write_change(
        struct page *p, struct arena *arena, const struct environment_change *c, size_t room)
{
    struct environment_difference *d;
    size_t n = 0;

    if (environment_differences(arena, c, &d, &n) != STATUS_OK) {
        p->h.status = STATUS_NOMEM;
        return 0;
    }
    n = n < room ? n : room;
    for (size_t i = 0; i < n; i++) {
        html_open(&p->h, "tr");
        html_open(&p->h, "th");
        html_attribute(&p->h, "scope", "row");
        page_excerpt(p, bytes_text(either(p, c->title_en, c->title_zh)), PAGE_RULE_MOST);
        html_close(&p->h);
        html_open(&p->h, "td");
        page_code(p, d[i].key, PAGE_NAME_MOST);
        html_close(&p->h);
        write_fact(p, d[i].before);
        write_fact(p, d[i].after);
        html_close(&p->h);
    }
    return n;
}

static void write_changes(struct page *p, struct arena *arena,
        const struct environment_change *c, size_t n, bool expected)
{
    static const char *const columns[] = {
            WORDS("Looked at"), WORDS("Fact"), WORDS("Before"), WORDS("After")};
    size_t rows = 0;

    if (expected)
        page_table(p, "What was expected to differ");
    else
        page_table(p, "What was not expected to differ, and does");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < n; i++) {
        if (c[i].expected == expected)
            rows += write_change(p, arena, &c[i], ROWS_MOST - rows);
    }
    page_table_end(p);
    if (rows == ROWS_MOST)
        page_paragraph(p, "There may be more: data/env/before.json and data/env/after.json "
                          "have all of it.");
}

static void write_comparison(struct page *p, struct arena *arena)
{
    struct environment_change *changes;
    size_t n, odd = 0;
    enum status status = environment_compare(arena, p->facts->environment_before,
            p->facts->environment_after, &changes, &n, NULL);

    if (status == STATUS_NOMEM)
        p->h.status = STATUS_NOMEM;
    if (status != STATUS_OK) {
        page_paragraph(p, "What was seen before and after could not be compared.");
        return;
    }
    for (size_t i = 0; i < n; i++)
        odd += !changes[i].expected;
    html_element(&p->h, "h3", NULL, page_word(p, "Before and after"));
    page_paragraph(p, "Of lists, only what stands on one side is shown.");
    if (odd != 0)
        write_changes(p, arena, changes, n, false);
    else
        page_paragraph(p, "Nothing differs that was not expected to.");
    if (n == odd)
        return;
    page_fold(p, false, "Points that were expected to differ: %zu", n - odd);
    write_changes(p, arena, changes, n, true);
    html_close(&p->h);
}

static void write_section(struct page *p, struct arena *arena)
{
    struct environment_read read = {.time = ""};
    struct bytes first =
            has_before(p) ? p->facts->environment_before : p->facts->environment_after;
    enum status status = environment_read(arena, first, &read, NULL);

    if (status == STATUS_NOMEM)
        p->h.status = STATUS_NOMEM;
    if (status == STATUS_OK)
        write_state(p, &read);
    else
        page_paragraph(p, "What was seen of the machine could not be read: data/env/ has it.");
    if (has_before(p) && p->facts->environment_after.n != 0)
        write_comparison(p, arena);
    else if (has_before(p))
        page_paragraph(p, "The machine was not looked at again after the recording.");
    else
        page_paragraph(p, "The machine was not looked at before the recording.");
}

void page_environment(struct page *p)
{
    struct arena *arena;

    if (!page_has_environment(p))
        return;
    arena = arena_new(MEMORY);
    if (arena == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    page_section(p, "machine", "The machine");
    write_section(p, arena);
    html_close(&p->h);
    arena_free(arena);
}
