/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_FINDING_FACTS_H
#define TESTS_CLASSIFY_FINDING_FACTS_H

/* What the facts of a finding must be; include cmocka first. */

#include <string.h>

#include "base/buf.h"
#include "classify/finding.h"

/* NULL when there is none of that name. */
static inline const struct finding_fact *fact_of(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++) {
        if (strcmp(f->facts[i].name, name) == 0)
            return &f->facts[i];
    }
    return NULL;
}

static inline const struct finding_fact *fact_of_kind(
        const struct finding *f, const char *name, enum fact_kind kind)
{
    const struct finding_fact *fact = fact_of(f, name);

    if (fact == NULL)
        fail_msg("no fact %s", name);
    else if (fact->kind != kind)
        fail_msg("%s is a fact of kind %d", name, (int)fact->kind);
    return fact;
}

static inline bool fact_says(const struct finding *f, const char *name, const char *text)
{
    const struct finding_fact *fact = fact_of(f, name);

    return fact != NULL && fact->kind == FACT_TEXT && bytes_is(fact->text, text);
}

static inline void fact_is(const struct finding *f, const char *name, const char *want)
{
    const struct finding_fact *fact = fact_of_kind(f, name, FACT_TEXT);

    if (!bytes_is(fact->text, want))
        fail_msg("%s: %.*s, not %s", name, (int)fact->text.n, (const char *)fact->text.p, want);
}

static inline void fact_counts(const struct finding *f, const char *name, int64_t want)
{
    assert_int_equal(fact_of_kind(f, name, FACT_NUMBER)->number, want);
}

/* The entries of a list, in order, with ", " between them. */
static inline void fact_is_list(const struct finding *f, const char *name, const char *want)
{
    const struct finding_fact *fact = fact_of_kind(f, name, FACT_LIST);
    struct buf got;

    buf_init(&got, 1 << 16);
    for (size_t i = 0; i < fact->list_count; i++) {
        assert_int_equal(buf_text(&got, i == 0 ? "" : ", "), STATUS_OK);
        assert_int_equal(buf_append(&got, fact->list[i]), STATUS_OK);
    }
    if (!bytes_is(buf_view(&got), want))
        fail_msg("%s: %.*s, not %s", name, (int)got.n, (const char *)got.p, want);
    buf_clear(&got);
}

static inline bool fact_lists(const struct finding *f, const char *name, const char *entry)
{
    const struct finding_fact *fact = fact_of(f, name);

    for (size_t i = 0; fact != NULL && i < fact->list_count; i++) {
        if (bytes_is(fact->list[i], entry))
            return true;
    }
    return false;
}

#endif
