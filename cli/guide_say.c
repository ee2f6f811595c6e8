/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guide_parts.h"
#include "cli/live_menu.h"

#define SECOND_NS INT64_C(1000000000)

static char *say_wait(struct arena *arena, enum language l, int64_t ns)
{
    if (ns % SECOND_NS != 0)
        return arena_print(arena, words_get(l, "Wait %lld milliseconds."),
                (long long)(ns / (SECOND_NS / 1000)));
    if (ns % (60 * SECOND_NS) == 0)
        return arena_print(
                arena, words_get(l, "Wait %lld min."), (long long)(ns / (60 * SECOND_NS)));
    return arena_print(arena, words_get(l, "Wait %lld s."), (long long)(ns / SECOND_NS));
}

static char *say_mark(struct arena *arena, enum language l, const struct guide_step *step)
{
    const char *words = live_menu_words(l, step->mark);

    if (step->text[0] == '\0')
        return arena_print(arena, words_get(l, "A mark is set: %s."), words);
    return arena_print(arena, words_get(l, "A mark is set: %s (%s)."), words, step->text);
}

static char *say_plain(struct arena *arena, enum language l, const char *english)
{
    return arena_string(arena, bytes_text(words_get(l, english)));
}

char *guide_say(struct arena *arena, enum language l, const struct guide_step *step)
{
    switch (step->act) {
    case GUIDE_OPEN:
        return arena_print(arena, words_get(l, "Open %s"), step->text);
    case GUIDE_SEARCH:
        return arena_print(
                arena, words_get(l, "Search for \xe2\x80\x9c%s\xe2\x80\x9d."), step->text);
    case GUIDE_WAIT:
        return say_wait(arena, l, step->wait_ns);
    case GUIDE_WAIT_QUIET:
        return say_plain(arena, l, WORDS("Wait until the page has come to rest."));
    case GUIDE_CLICK:
        if (step->selector != NULL)
            return arena_print(
                    arena, words_get(l, "Click what the selector %s names."), step->selector);
        return arena_print(
                arena, words_get(l, "Click \xe2\x80\x9c%s\xe2\x80\x9d."), step->text);
    case GUIDE_TYPE:
        return arena_print(arena,
                words_get(l, "Type \xe2\x80\x9c%s\xe2\x80\x9d into the field %s."), step->text,
                step->selector);
    case GUIDE_CLEAR_COOKIES:
        return say_plain(arena, l,
                WORDS("Delete all cookies and site data in the browser (Ctrl+Shift+Delete)."));
    case GUIDE_RESTART:
        return say_plain(arena, l, WORDS("The browser is closed and started again."));
    case GUIDE_MARK:
        return say_mark(arena, l, step);
    case GUIDE_SCREENSHOT:
        return say_plain(arena, l, WORDS("A screenshot is taken."));
    case GUIDE_SAY:
        return arena_string(arena, bytes_text(step->text));
    case GUIDE_END:
        return say_plain(arena, l, WORDS("The recording ends."));
    }
    return NULL;
}
