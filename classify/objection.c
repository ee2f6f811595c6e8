/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/objection.h"

#include <string.h>

#include "classify/objection_table.h"
#include "classify/verdict.h"

static const struct finding_fact *fact_of(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++) {
        if (strcmp(f->facts[i].name, name) == 0)
            return &f->facts[i];
    }
    return NULL;
}

static bool fact_has(const struct finding_fact *fact, const char *text)
{
    if (fact == NULL)
        return false;
    if (fact->kind != FACT_LIST)
        return fact->kind == FACT_TEXT && bytes_is(fact->text, text);
    for (size_t i = 0; i < fact->list_count; i++) {
        if (bytes_is(fact->list[i], text))
            return true;
    }
    return false;
}

static bool trace_has(const struct trace *t, const char *code)
{
    for (size_t i = 0; i < t->fact_count; i++) {
        if (strcmp(t->facts[i], code) == 0)
            return true;
    }
    return false;
}

static bool any_has(const struct finding *f, const char *code)
{
    for (size_t i = 0; i < f->trace_count; i++) {
        if (trace_has(f->traces[i], code))
            return true;
    }
    return false;
}

static bool all_first_party(const struct finding *f)
{
    for (size_t i = 0; i < f->trace_count; i++) {
        if (f->traces[i]->party != PARTY_FIRST)
            return false;
    }
    return f->trace_count != 0;
}

static bool all_third_cookies(const struct finding *f)
{
    for (size_t i = 0; i < f->trace_count; i++) {
        const struct trace *t = f->traces[i];

        if (t->party != PARTY_THIRD ||
                (t->carrier != CARRIER_COOKIE && t->carrier != CARRIER_SET_COOKIE))
            return false;
    }
    return f->trace_count != 0;
}

/* Only the form says that it is an identifier: it is too short to be one by itself. */
static bool by_form_only(const struct finding *f)
{
    bool known = false;

    for (size_t i = 0; i < f->trace_count; i++) {
        const struct trace *t = f->traces[i];

        if (t->bits >= VERDICT_BITS_LEAST)
            return false;
        for (size_t k = 0; k < t->term_count; k++)
            known = known || strcmp(t->terms[k].code, VERDICT_KNOWN_FORMAT) == 0;
    }
    return known;
}

static bool holds(const struct finding *f, const struct objection_condition *c)
{
    const struct finding_fact *fact = c->fact == NULL ? NULL : fact_of(f, c->fact);

    switch (c->test) {
    case OBJECTION_ALWAYS:
        return true;
    case OBJECTION_IS:
        return fact_has(fact, c->text);
    case OBJECTION_ONLY:
        return fact_has(fact, c->text) && (fact->kind != FACT_LIST || fact->list_count == 1);
    case OBJECTION_HAS:
        return fact != NULL;
    case OBJECTION_LACKS:
        return fact == NULL || (fact->kind == FACT_LIST && fact->list_count == 0);
    case OBJECTION_AT_MOST:
        return fact != NULL && fact->kind == FACT_NUMBER && fact->number <= c->number;
    case OBJECTION_UNCOMPARED:
        return !any_has(f, "U6");
    case OBJECTION_UNREPEATED:
        return !any_has(f, "U5-visits");
    case OBJECTION_FIRST_PARTY:
        return all_first_party(f);
    case OBJECTION_THIRD_COOKIE:
        return all_third_cookies(f);
    case OBJECTION_FORM_ONLY:
        return by_form_only(f);
    case OBJECTION_INFERRED:
        return f->grade == GRADE_INFERRED;
    case OBJECTION_NO_PAGE:
        return f->page_site.n == 0;
    }
    return false;
}

/* NULL: the table does not know its kind. */
static const struct objection_row *find_row(const struct finding *f)
{
    if (f->doubted)
        return &objection_doubted;
    for (size_t k = 0; k < objection_row_count; k++) {
        const struct objection_row *row = &objection_rows[k];

        if (strcmp(row->kind, f->kind) == 0 && holds(f, &row->when[0]) &&
                holds(f, &row->when[1]))
            return row;
    }
    return NULL;
}

enum status objections_find(struct arena *arena, struct finding *const *f, size_t n)
{
    (void)arena; /* every text is static */
    for (size_t i = 0; i < n; i++) {
        const struct objection_row *row = find_row(f[i]);

        if (row == NULL)
            continue;
        f[i]->objection_en = row->objection_en;
        f[i]->objection_zh = row->objection_zh;
        f[i]->answer_en = row->answer_en;
        f[i]->answer_zh = row->answer_zh;
    }
    return STATUS_OK;
}
