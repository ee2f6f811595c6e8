/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: classify/sensitive.c and sensitive_words.c. Each line is one trace: its first byte
 * chooses the class, the rest is the value. Every trace gets a result with words for it, "yes"
 * has a category, the fact U10 stands only beside a "yes", and a word in a text makes it "yes".
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/sensitive.h"
#include "classify/sensitive_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 64 };

static void check(const struct sensitive_words *words, const struct trace *t)
{
    const struct sensitive_word *found = sensitive_words_find(words, t->value);

    assert(t->sensitive.en != NULL && t->sensitive.zh != NULL);
    assert((t->sensitive.result == SENSITIVE_YES) == (t->sensitive.category != NULL));
    assert(t->fact_count <= 1);
    assert(t->fact_count == 0 || t->sensitive.result == SENSITIVE_YES);
    assert(bytes_is_utf8(bytes_text(t->sensitive.en)));
    if (found != NULL) {
        assert(found->class_ < SENSITIVE_CLASSES);
        assert(t->class_ == CLASS_CREDENTIAL || t->sensitive.result == SENSITIVE_YES);
    }
    if (sensitive_reach_of(t->value) != REACH_OPAQUE)
        assert(bytes_is_utf8(t->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sensitive_words *words;
    static struct arena *kept;
    struct arena *arena = arena_new(1 << 20);
    struct trace *traces = calloc(MOST, sizeof(*traces)), *list[MOST];
    struct bytes rest = bytes_of(data, size), line;
    size_t n = 0;

    if (kept == NULL) {
        kept = arena_new(1 << 20);
        words = kept == NULL ? NULL : sensitive_words_new(kept);
    }
    if (arena == NULL || traces == NULL || words == NULL)
        abort();
    while (n < MOST && bytes_take_line(&rest, &line)) {
        uint8_t class_;

        if (!bytes_take_u8(&line, &class_))
            continue;
        traces[n].class_ = class_ % (CLASS_TECHNICAL + 1);
        traces[n].name = BYTES_LITERAL("name");
        traces[n].value = traces[n].decoded = line;
        list[n] = &traces[n];
        n++;
    }
    if (sensitive_mark(arena, list, n) != STATUS_OK)
        abort();
    for (size_t i = 0; i < n; i++)
        check(words, &traces[i]);
    free(traces);
    arena_free(arena);
    return 0;
}
