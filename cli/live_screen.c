/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/live_parts.h"
#include "cli/live_words.h"

enum {
    LABEL_AT = 2,
    VALUE_AT = 20,
    NARROW = 60, /* columns; below, blanks are saved */
    NARROW_VALUE_AT = 18,
    STEP_ROWS = 3,
    WARNING_ROWS = 2,
    FEW_EVENTS = 4, /* are shown rather than blank lines */
};

/* What goes first when a screen is too small for all: the smallest. */
enum weight {
    WEIGHT_OLD_EVENT = 1,
    WEIGHT_BLANK,
    WEIGHT_RULE,
    WEIGHT_EVENT = 10,
    WEIGHT_NETWORK = 20,
    WEIGHT_SAVED,
    WEIGHT_PROOF,
    WEIGHT_PAGES,
    WEIGHT_THIRD,
    WEIGHT_DISK,
    WEIGHT_IDENTIFIERS,
    WEIGHT_PACKETS,
    WEIGHT_PAGE,
    WEIGHT_LIGHT,
    WEIGHT_TITLE,
    WEIGHT_WARNING,
    WEIGHT_STEP,
    WEIGHT_DIALOGUE,
};

struct composing {
    struct live_view *v;
    struct live_frame *frame;
    uint8_t weights[LIVE_ROWS_MOST];
    unsigned n, cursor; /* cursor: 1 + the row that has it; 0: none */
    unsigned cursor_column;
};

/* A further row; NULL when the frame has no more. */
static struct live_row *row_new(struct composing *c, enum weight weight)
{
    struct live_row *row;

    if (c->n == LIVE_ROWS_MOST)
        return NULL;
    row = &c->frame->rows[c->n];
    live_row_init(row, c->frame->columns, c->v->colours);
    c->weights[c->n++] = (uint8_t)weight;
    return row;
}

static const char *say(const struct composing *c, const char *english)
        __attribute__((format_arg(2)));

static const char *say(const struct composing *c, const char *english)
{
    return words_get(c->v->language, english);
}

static unsigned value_at(const struct composing *c)
{
    return c->frame->columns < NARROW ? NARROW_VALUE_AT : VALUE_AT;
}

static void blank(struct composing *c)
{
    (void)row_new(c, WEIGHT_BLANK);
}

static struct live_row *label(struct composing *c, enum weight weight, const char *name)
{
    struct live_row *row = row_new(c, weight);

    if (row == NULL)
        return NULL;
    live_row_to(row, LABEL_AT);
    live_row_style(row, LIVE_DIM);
    live_row_text(row, name);
    live_row_style(row, LIVE_PLAIN);
    live_row_to(row, value_at(c));
    return row;
}

static void line(struct composing *c, enum weight weight, const char *name,
        enum live_style style, const char *value)
{
    struct live_row *row = label(c, weight, name);

    if (row == NULL)
        return;
    live_row_style(row, style);
    live_row_text(row, value);
    live_row_end(row);
}

static void title(struct composing *c)
{
    const struct live_facts *facts = &c->v->kept.facts;
    struct live_row *row = row_new(c, WEIGHT_TITLE);
    char elapsed[LIVE_WORDS];
    unsigned cells;

    if (row == NULL)
        return;
    live_words_elapsed(facts->elapsed_ns, elapsed);
    cells = (unsigned)strlen(elapsed);
    /* The time keeps its place at the right. */
    row->columns = c->frame->columns > cells + 2 ? c->frame->columns - cells - 2 : 0;
    live_row_to(row, 1);
    live_row_style(row, LIVE_BOLD);
    live_row_text(row, "exhibit");
    live_row_style(row, LIVE_PLAIN);
    live_row_text(row, "  ");
    live_row_text(row, say(c, WORDS("recording")));
    if (facts->class_name != NULL) {
        live_row_text(row, " \xc2\xb7 ");
        live_row_text(row, live_words_class(c->v->language, facts->class_name));
    }
    row->columns = c->frame->columns;
    if (row->columns > cells + 1)
        live_row_to(row, row->columns - cells - 1);
    live_row_style(row, LIVE_BOLD);
    live_row_text(row, elapsed);
    live_row_end(row);
    row = row_new(c, WEIGHT_RULE);
    if (row == NULL)
        return;
    live_row_to(row, 1);
    live_row_style(row, LIVE_DIM);
    while (row->used + 1 < row->columns)
        live_row_text(row, "\xe2\x94\x80");
    live_row_end(row);
}

static void light(struct composing *c)
{
    const struct live_facts *facts = &c->v->kept.facts;
    struct live_row *row = row_new(c, WEIGHT_LIGHT);
    char text[LIVE_WORDS], some[LIVE_WORDS], all[LIVE_WORDS];
    enum live_style style = live_words_light(c->v->language, facts, text);

    if (row == NULL)
        return;
    live_row_to(row, LABEL_AT);
    live_row_style(row, style);
    live_row_text(row, "\xe2\x97\x8f ");
    live_row_text(row, text);
    live_row_style(row, LIVE_PLAIN);
    if (facts->tls_connections == 0)
        return;
    live_words_number(facts->tls_decrypted, some);
    live_words_number(facts->tls_connections, all);
    live_row_text(row, "   ");
    live_row_style(row, LIVE_DIM);
    live_row_print(row, say(c, WORDS("(%s of %s connections)")), some, all);
    live_row_end(row);
}

static void counters(struct composing *c)
{
    const struct live_facts *facts = &c->v->kept.facts;
    char some[LIVE_WORDS], more[LIVE_WORDS], text[LIVE_WORDS * 3];

    line(c, WEIGHT_PAGE, say(c, WORDS("Page in front")),
            facts->url == NULL ? LIVE_DIM : LIVE_PLAIN,
            facts->url == NULL ? say(c, WORDS("none yet")) : facts->url);
    live_words_number(facts->pages, some);
    live_words_number(facts->exchanges, more);
    (void)snprintf(text, sizeof(text), say(c, WORDS("%s (requests: %s)")), some, more);
    line(c, WEIGHT_PAGES, say(c, WORDS("Pages")), LIVE_PLAIN, text);
    live_words_number(facts->third_parties, some);
    live_words_number(facts->third_party_requests, more);
    (void)snprintf(text, sizeof(text), say(c, WORDS("%s (requests to them: %s)")), some, more);
    line(c, WEIGHT_THIRD, say(c, WORDS("Third parties")), LIVE_PLAIN, text);
    live_words_identifiers(c->v->language, facts, some);
    line(c, WEIGHT_IDENTIFIERS, say(c, WORDS("Identifiers out")),
            facts->identifiers.known ? LIVE_BOLD : LIVE_DIM, some);
}

static void device(struct composing *c)
{
    const struct live_facts *facts = &c->v->kept.facts;
    struct live_row *row = label(c, WEIGHT_PACKETS, say(c, WORDS("Packets")));
    char some[LIVE_WORDS], more[LIVE_WORDS], third[LIVE_WORDS], text[LIVE_WORDS * 4];
    enum live_style style;

    live_words_number(facts->packets, some);
    live_words_bytes(facts->bytes, more);
    style = live_words_dropped(c->v->language, facts, third);
    if (row != NULL) {
        live_row_print(row, "%s%s%s%s", some, say(c, WORDS(", ")), more, say(c, WORDS(", ")));
        live_row_style(row, style);
        live_row_text(row, third);
        live_row_end(row);
    }
    style = live_words_disk(c->v->language, facts, some);
    line(c, WEIGHT_DISK, say(c, WORDS("Disk")), style, some);
    live_words_number(facts->segments, some);
    live_words_number(facts->marks, more);
    live_words_number(facts->screens, third);
    (void)snprintf(text, sizeof(text), say(c, WORDS("segments %s, marks %s, screenshots %s")),
            some, more, third);
    line(c, WEIGHT_SAVED, say(c, WORDS("Kept so far")), LIVE_PLAIN, text);
    live_words_proof(c->v->language, facts, some);
    line(c, WEIGHT_PROOF, say(c, WORDS("Proof level")), LIVE_PLAIN, some);
    if (facts->isolation != NULL)
        line(c, WEIGHT_NETWORK, say(c, WORDS("Network")), LIVE_PLAIN, facts->isolation);
}

/* A text that may take several rows from column `at` on; the last is cut. */
static void wrap(struct composing *c, struct live_row *row, enum weight weight,
        enum live_style style, unsigned at, unsigned rows_most, struct bytes text)
{
    for (unsigned i = 0; row != NULL && text.n != 0; i++) {
        unsigned room = row->columns > at + 1 ? row->columns - at - 1 : 1;

        live_row_to(row, at);
        live_row_style(row, style);
        if (i + 1 == rows_most) {
            live_row_put(row, text);
            text.n = 0;
        } else {
            live_row_put(row, live_cells_take(&text, room));
        }
        live_row_end(row);
        row = text.n == 0 ? NULL : row_new(c, weight);
    }
}

static void step(struct composing *c)
{
    const struct live_facts *facts = &c->v->kept.facts;
    char name[LIVE_WORDS], text[LIVE_FACT + LIVE_WORDS];

    if (facts->step == NULL)
        return;
    blank(c);
    (void)snprintf(name, sizeof(name), say(c, WORDS("Step %u of %u")), facts->step_number,
            facts->step_count);
    (void)snprintf(text, sizeof(text), "%s%s", facts->step,
            facts->step_driven ? "" : say(c, WORDS(" Then press Enter.")));
    wrap(c, label(c, WEIGHT_STEP, name), WEIGHT_STEP, LIVE_BOLD, value_at(c), STEP_ROWS,
            bytes_text(text));
}

static void events(struct composing *c)
{
    const struct live_view *v = c->v;
    struct live_row *row;

    if (v->recent_n == 0)
        return;
    blank(c);
    row = row_new(c, WEIGHT_EVENT);
    if (row != NULL) {
        live_row_to(row, LABEL_AT);
        live_row_style(row, LIVE_DIM);
        live_row_text(row, say(c, WORDS("What happened last (times are UTC)")));
        live_row_end(row);
    }
    for (size_t i = 0; i < v->recent_n; i++) {
        size_t age = v->recent_n - 1 - i;
        char clock[LIVE_WORDS];

        row = row_new(c, age < FEW_EVENTS ? WEIGHT_EVENT : WEIGHT_OLD_EVENT);
        if (row == NULL)
            return;
        live_words_clock(v->recent[i].time_ns, clock);
        live_row_to(row, LABEL_AT);
        live_row_style(row, LIVE_DIM);
        live_row_print(row, "%s  ", clock);
        live_row_style(row, LIVE_PLAIN);
        live_row_text(row, v->recent[i].text);
        live_row_end(row);
    }
}

/* A line in which a person types: its end is always seen. */
static void entry(struct composing *c, const char *prompt)
{
    struct live_row *row = row_new(c, WEIGHT_DIALOGUE);
    struct bytes text = bytes_of(c->v->menu.text, c->v->menu.n);
    unsigned room, cells;

    if (row == NULL)
        return;
    live_row_to(row, LABEL_AT);
    live_row_text(row, prompt);
    live_row_text(row, " ");
    room = row->columns > row->used + 2 ? row->columns - row->used - 2 : 0;
    cells = live_cells(text, LIVE_TEXT * 2);
    while (cells > room && text.n != 0) {
        size_t n = 1;

        while (n < text.n && (text.p[n] & 0xc0) == 0x80)
            n++;
        text = bytes_slice(text, n, text.n);
        cells = live_cells(text, LIVE_TEXT * 2);
    }
    live_row_style(row, LIVE_BOLD);
    live_row_put(row, text);
    live_row_end(row);
    c->cursor = c->n;
    c->cursor_column = row->used + 1;
}

static void menu(struct composing *c)
{
    const struct live_menu *m = &c->v->menu;
    char clock[LIVE_WORDS];
    struct live_row *row = row_new(c, WEIGHT_DIALOGUE);

    live_words_clock(c->v->mark_ns, clock);
    if (row != NULL) {
        live_row_to(row, LABEL_AT);
        live_row_style(row, LIVE_BOLD);
        live_row_print(row, say(c, WORDS("Mark the moment %s UTC: what happened?")), clock);
        live_row_end(row);
    }
    for (unsigned i = 0; i < LIVE_MENU; i++) {
        row = row_new(c, WEIGHT_DIALOGUE);
        if (row == NULL)
            return;
        live_row_to(row, LABEL_AT);
        if (i == m->chosen)
            live_row_style(row, LIVE_INVERSE);
        live_row_print(
                row, " %u  %s ", i + 1, live_menu_words(c->v->language, live_menu_kind(i)));
        live_row_end(row);
    }
}

static void dialogue(struct composing *c)
{
    const struct live_menu *m = &c->v->menu;
    char text[LIVE_WORDS];

    (void)row_new(c, WEIGHT_DIALOGUE);
    switch (m->asking) {
    case ASKING_NOTHING:
        break;
    case ASKING_KIND:
        menu(c);
        break;
    case ASKING_TEXT:
        (void)snprintf(text, sizeof(text), "%s%s",
                live_menu_words(c->v->language, live_menu_kind(m->chosen)), say(c, WORDS(".")));
        wrap(c, row_new(c, WEIGHT_DIALOGUE), WEIGHT_DIALOGUE, LIVE_BOLD, LABEL_AT, 1,
                bytes_text(text));
        entry(c, say(c, WORDS("A word about it, if you like:")));
        break;
    case ASKING_NOTE:
        entry(c, say(c, WORDS("Your note:")));
        break;
    case ASKING_END:
        wrap(c, row_new(c, WEIGHT_DIALOGUE), WEIGHT_DIALOGUE, LIVE_BOLD, LABEL_AT, 2,
                bytes_text(
                        say(c, WORDS("End the recording? The browser is closed and the case is "
                                     "made."))));
        break;
    }
}

/* "key" and what it does, one behind the other. */
static void key(struct live_row *row, const char *name, const char *does)
{
    bool narrow = row->columns < NARROW;

    live_row_text(row, row->used == 1 ? "" : narrow ? " " : "   ");
    live_row_style(row, LIVE_INVERSE);
    live_row_text(row, " ");
    live_row_text(row, name);
    live_row_text(row, " ");
    live_row_style(row, LIVE_PLAIN);
    live_row_text(row, narrow ? "" : " ");
    live_row_text(row, does);
}

static void key_line(struct composing *c)
{
    struct live_row *row = row_new(c, WEIGHT_DIALOGUE);
    const struct live_facts *facts = &c->v->kept.facts;

    if (row == NULL)
        return;
    live_row_to(row, 1);
    switch (c->v->menu.asking) {
    case ASKING_NOTHING:
        if (facts->step != NULL && !facts->step_driven)
            key(row, "Enter", say(c, WORDS("step done")));
        key(row, "m", say(c, WORDS("mark")));
        key(row, "s", say(c, WORDS("screenshot")));
        key(row, "n", say(c, WORDS("note")));
        key(row, "q", say(c, WORDS("end")));
        break;
    case ASKING_KIND:
        key(row, "1-8", say(c, WORDS("choose")));
        key(row, "\xe2\x86\x91\xe2\x86\x93 Enter", say(c, WORDS("choose")));
        key(row, "Esc", say(c, WORDS("cancel")));
        break;
    case ASKING_TEXT:
        key(row, "Enter", say(c, WORDS("set the mark")));
        key(row, "Esc", say(c, WORDS("cancel")));
        break;
    case ASKING_NOTE:
        key(row, "Enter", say(c, WORDS("keep the note")));
        key(row, "Esc", say(c, WORDS("cancel")));
        break;
    case ASKING_END:
        key(row, "y", say(c, WORDS("yes, end it")));
        key(row, "Esc", say(c, WORDS("no, go on")));
        break;
    }
    live_row_end(row);
}

static void remove_row(struct composing *c, unsigned at)
{
    memmove(&c->frame->rows[at], &c->frame->rows[at + 1],
            (c->n - at - 1) * sizeof(c->frame->rows[0]));
    memmove(&c->weights[at], &c->weights[at + 1], c->n - at - 1);
    c->n--;
    if (c->cursor > at + 1)
        c->cursor--;
    else if (c->cursor == at + 1)
        c->cursor = 0;
}

static void fit(struct composing *c, unsigned rows)
{
    while (c->n > rows) {
        unsigned least = 0;

        for (unsigned i = 1; i < c->n; i++) {
            if (c->weights[i] < c->weights[least])
                least = i;
        }
        remove_row(c, least);
    }
}

static void warning(struct composing *c)
{
    const char *text = c->v->kept.facts.warning;
    struct live_row *row;

    if (text == NULL)
        return;
    row = row_new(c, WEIGHT_WARNING);
    if (row == NULL)
        return;
    live_row_to(row, LABEL_AT);
    live_row_style(row, LIVE_AMBER);
    live_row_text(row, "! ");
    wrap(c, row, WEIGHT_WARNING, LIVE_AMBER, LABEL_AT + 2, WARNING_ROWS, bytes_text(text));
}

void live_screen_compose(struct live_view *v, unsigned columns, unsigned rows)
{
    struct composing c = {.v = v, .frame = &v->now};
    unsigned body, foot;

    c.frame->columns = columns > LIVE_COLUMNS_MOST ? LIVE_COLUMNS_MOST : columns;
    rows = rows > LIVE_ROWS_MOST / 2 ? LIVE_ROWS_MOST / 2 : rows;
    title(&c);
    light(&c);
    blank(&c);
    counters(&c);
    blank(&c);
    device(&c);
    step(&c);
    if (v->menu.asking == ASKING_NOTHING)
        events(&c);
    else
        dialogue(&c);
    body = c.n;
    warning(&c);
    key_line(&c);
    foot = c.n - body;
    fit(&c, rows);
    /* What is left over stands between the body and the last lines. */
    while (c.n < rows) {
        unsigned at = c.n >= foot ? c.n - foot : 0;

        memmove(&c.frame->rows[at + 1], &c.frame->rows[at],
                (c.n - at) * sizeof(c.frame->rows[0]));
        live_row_init(&c.frame->rows[at], c.frame->columns, v->colours);
        c.n++;
    }
    c.frame->rows_used = c.n;
    c.frame->cursor_row = c.cursor;
    c.frame->cursor_column = c.cursor_column;
}

/* Several calls, so that a failure anywhere is one failure. */
static bool add_row(const struct live_frame *frame, unsigned i, struct buf *out)
{
    const struct live_row *row = &frame->rows[i];

    /* Behind a full row the cursor still stands on its last cell, which must not be erased. */
    return buf_print(out, "\033[%u;1H", i + 1) == STATUS_OK &&
           buf_append(out, bytes_of(row->text, row->n)) == STATUS_OK &&
           (row->used >= frame->columns || buf_text(out, "\033[K") == STATUS_OK);
}

bool live_screen_changes(const struct live_view *v, bool anew, struct buf *out)
{
    const struct live_frame *now = &v->now, *before = &v->before;
    size_t begin;

    /* Synchronized output: terminals that know mode 2026 show all of it at once. */
    if (buf_text(out, "\033[?2026h\033[?25l") != STATUS_OK)
        return false;
    if (anew && buf_text(out, "\033[0m\033[2J") != STATUS_OK)
        return false;
    begin = out->n;
    for (unsigned i = 0; i < now->rows_used; i++) {
        const struct live_row *a = &now->rows[i], *b = &before->rows[i];

        if (!anew && i < before->rows_used && a->n == b->n &&
                memcmp(a->text, b->text, a->n) == 0)
            continue;
        if (!add_row(now, i, out))
            return false;
    }
    if (!anew && out->n == begin && now->cursor_row == before->cursor_row &&
            now->cursor_column == before->cursor_column) {
        buf_reset(out);
        return true;
    }
    /* The real cursor stands where text goes in: input methods open their window there. */
    if (now->cursor_row != 0 && buf_print(out, "\033[%u;%uH\033[?25h", now->cursor_row,
                                        now->cursor_column) != STATUS_OK)
        return false;
    return buf_text(out, "\033[?2026l") == STATUS_OK;
}
