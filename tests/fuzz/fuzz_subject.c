/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: classify/subject.c, classify/variant.c with its makers, classify/han.c. The input is a
 * subject file. One that is refused says why; of one that is read every value is text within its
 * bounds, and its variants are each there once, in the order of the values.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "classify/han.h"
#include "classify/variant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct subject *s, size_t at)
{
    const struct subject_value *v = &s->at[at];

    assert(v->kind < SUBJECT_KINDS && v->label.n != 0);
    assert(v->text.n != 0 && v->text.n <= SUBJECT_TEXT_MOST && bytes_is_utf8(v->text));
    if (at == 0 || s->at[at - 1].kind != v->kind)
        assert(v->number == 1);
    else
        assert(v->number == s->at[at - 1].number + 1);
    assert(at == 0 || s->at[at - 1].kind <= v->kind);
    if (v->kind == SUBJECT_LOCATION)
        assert(v->latitude >= -90 && v->latitude <= 90 && v->longitude >= -180 &&
                v->longitude <= 180);
}

static void check_variants(const struct subject *s, const struct variants *all)
{
    size_t of_one = 0;

    for (size_t i = 0; i < all->n; i++) {
        const struct variant *v = &all->at[i];

        of_one = i != 0 && all->at[i - 1].value == v->value ? of_one + 1 : 1;
        assert(of_one <= VARIANTS_OF_ONE_MOST && v->value < s->n);
        assert(i == 0 || all->at[i - 1].value <= v->value);
        assert(s->at[v->value].kind != SUBJECT_LOCATION);
        assert((v->plain || v->hashed) && v->text.n != 0 && v->form != NULL);
        assert(strcmp(v->charset, "utf-8") != 0 || bytes_is_utf8(v->text));
        for (size_t k = i + 1 - of_one; k < i; k++)
            assert(!bytes_equal(all->at[k].text, v->text) ||
                    strcmp(all->at[k].charset, v->charset) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(256 << 20);
    struct fault fault = {0};
    struct subject subject = {0};
    struct variants variants = {0};
    enum status status;

    assert(arena != NULL);
    status = subject_read(arena, bytes_of(data, size), "subject.json", &subject, &fault);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < subject.n; i++)
            check_value(&subject, i);
        if (variants_make(arena, &subject, &variants) == STATUS_OK)
            check_variants(&subject, &variants);
    } else {
        assert(fault.text[0] != '\0' && subject.at == NULL);
    }
    arena_free(arena);
    return 0;
}
