/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: guide. Asserts: a guide that is refused says why, and nothing is touched; of one that is
 * taken each step has what its act needs, of a line that is there, and words in both languages
 * without anything that steers a terminal. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cli/guide.h"
#include "report/visible.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *words)
{
    struct bytes text = bytes_text(words);

    assert(words != NULL && words[0] != '\0' && bytes_is_utf8(text));
    while (text.n != 0) {
        uint32_t c = visible_take(&text, false);

        assert(c == '\t' || !visible_hidden(c));
    }
}

static void check_step(const struct guide_step *step)
{
    bool text = step->text != NULL && step->text[0] != '\0';

    check_words(step->shown_en);
    check_words(step->shown_zh);
    switch (step->act) {
    case GUIDE_OPEN:
        assert(text && strstr(step->text, "://") != NULL && strchr(step->text, ' ') == NULL);
        break;
    case GUIDE_SEARCH:
    case GUIDE_SAY:
        assert(text);
        break;
    case GUIDE_CLICK:
        assert(text != (step->selector != NULL));
        break;
    case GUIDE_TYPE:
        assert(text && step->selector != NULL && step->selector[0] != '\0');
        break;
    case GUIDE_WAIT:
        assert(step->wait_ns >= 0 && step->wait_ns <= INT64_C(3600000000000));
        break;
    case GUIDE_MARK:
        assert(step->text != NULL && step->mark != MARK_START && step->mark != MARK_END &&
                step->mark < MARK_KINDS);
        break;
    case GUIDE_WAIT_QUIET:
    case GUIDE_CLEAR_COOKIES:
    case GUIDE_RESTART:
    case GUIDE_SCREENSHOT:
    case GUIDE_END:
        assert(step->text == NULL && step->selector == NULL);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct guide guide = {.n = 77};
    struct fault fault = {0};
    enum status status;

    assert(arena != NULL);
    status = guide_read(arena, bytes_of(data, size), "g", &guide, &fault);
    if (status != STATUS_OK) {
        assert(status == STATUS_INPUT && strncmp(fault.text, "g: ", 3) == 0);
        assert(guide.n == 77 && guide.steps == NULL);
    }
    for (size_t i = 0; status == STATUS_OK && i < guide.n; i++) {
        assert(guide.steps[i].line != 0 && guide.steps[i].line <= size);
        assert(i == 0 || guide.steps[i].line > guide.steps[i - 1].line);
        assert(guide.steps[i].act != GUIDE_END || i + 1 == guide.n);
        check_step(&guide.steps[i]);
    }
    arena_free(arena);
    return 0;
}
