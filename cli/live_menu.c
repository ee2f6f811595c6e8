/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_menu.h"

#include <string.h>

#include "report/visible.h"

/* As a person would tell it, in the order in which it happens. */
static const struct {
    enum mark_kind kind;
    const char *words;
} kinds[LIVE_MENU] = {
        {MARK_CONSENT_SHOWN, WORDS("A consent notice was shown")},
        {MARK_CONSENT_ACCEPTED, WORDS("I accepted")},
        {MARK_CONSENT_REFUSED, WORDS("I refused")},
        {MARK_CONSENT_WITHDRAWN, WORDS("I withdrew my consent")},
        {MARK_ERASURE_REQUESTED, WORDS("I asked for erasure of my data")},
        {MARK_COOKIES_CLEARED, WORDS("I cleared the cookies")},
        {MARK_LOGIN, WORDS("I logged in")},
        {MARK_NOTE, WORDS("Something else")},
};

enum mark_kind live_menu_kind(unsigned at)
{
    return kinds[at < LIVE_MENU ? at : LIVE_MENU - 1].kind;
}

const char *live_menu_words(enum language language, enum mark_kind kind)
{
    for (unsigned i = 0; i < LIVE_MENU; i++) {
        if (kinds[i].kind == kind)
            return words_get(language, kinds[i].words);
    }
    return mark_kind_name(kind);
}

void live_menu_init(struct live_menu *m)
{
    memset(m, 0, sizeof(*m));
}

static void ask(struct live_menu *m, enum live_asking what)
{
    m->asking = what;
    m->n = 0;
    m->text[0] = '\0';
}

static void ask_end(struct live_menu *m)
{
    m->before = m->asking;
    m->asking = ASKING_END;
}

/* A Chinese input method gives "ｍ" where its user means the key. */
static char command_of(const struct live_key_press *key)
{
    uint32_t c = key->character;

    if (key->name != KEY_CHARACTER || key->pasted)
        return 0;
    if (c >= 0xff01 && c <= 0xff5e)
        c -= 0xff01 - '!';
    return c < 0x80 ? (char)ascii_lower((uint8_t)c) : 0;
}

static enum live_key press_viewing(struct live_menu *m, const struct live_key_press *key)
{
    if (key->name == KEY_INTERRUPT)
        ask_end(m);
    if (key->name == KEY_ENTER && m->step_waits)
        return LIVE_STEP_DONE;
    switch (command_of(key)) {
    case 'm':
        ask(m, ASKING_KIND);
        m->chosen = 0;
        return LIVE_NOTHING;
    case 'n':
        ask(m, ASKING_NOTE);
        return LIVE_NOTHING;
    case 's':
        return LIVE_SCREENSHOT;
    case 'q':
        ask_end(m);
        return LIVE_NOTHING;
    default:
        return LIVE_NOTHING;
    }
}

static void press_kind(struct live_menu *m, const struct live_key_press *key)
{
    char c = command_of(key);

    if (key->name == KEY_ESCAPE)
        ask(m, ASKING_NOTHING);
    else if (key->name == KEY_UP || c == 'k')
        m->chosen = (m->chosen + LIVE_MENU - 1) % LIVE_MENU;
    else if (key->name == KEY_DOWN || c == 'j')
        m->chosen = (m->chosen + 1) % LIVE_MENU;
    else if (key->name == KEY_ENTER)
        ask(m, ASKING_TEXT);
    else if (c >= '1' && c < '1' + LIVE_MENU) {
        m->chosen = (unsigned)(c - '1');
        ask(m, ASKING_TEXT);
    }
}

static void cut(struct live_menu *m, size_t n)
{
    m->n = n;
    m->text[n] = '\0';
}

static size_t character_before(const struct live_menu *m, size_t at)
{
    while (at != 0 && ((uint8_t)m->text[--at] & 0xc0) == 0x80)
        ;
    return at;
}

static void erase_word(struct live_menu *m)
{
    size_t at = m->n;

    while (at != 0 && m->text[at - 1] == ' ')
        at--;
    while (at != 0 && m->text[at - 1] != ' ')
        at--;
    cut(m, at);
}

static void type(struct live_menu *m, uint32_t c)
{
    uint8_t raw[VISIBLE_UTF8_MOST];
    size_t n = visible_encode(c, raw);

    /* A space at the begin is one too many, mostly of a paste. */
    if (m->n + n >= LIVE_TEXT || (m->n == 0 && c == ' '))
        return;
    memcpy(m->text + m->n, raw, n);
    cut(m, m->n + n);
}

static enum live_key finish_text(struct live_menu *m)
{
    bool note = m->asking == ASKING_NOTE;

    while (m->n != 0 && m->text[m->n - 1] == ' ')
        cut(m, m->n - 1);
    m->asking = ASKING_NOTHING;
    if (note)
        return m->n == 0 ? LIVE_NOTHING : LIVE_NOTE;
    return LIVE_MARK;
}

static enum live_key press_text(struct live_menu *m, const struct live_key_press *key)
{
    switch (key->name) {
    case KEY_CHARACTER:
        type(m, key->character);
        break;
    case KEY_ENTER:
        return finish_text(m);
    case KEY_ESCAPE:
        ask(m, ASKING_NOTHING);
        break;
    case KEY_BACKSPACE:
        cut(m, character_before(m, m->n));
        break;
    case KEY_ERASE_WORD:
        erase_word(m);
        break;
    case KEY_ERASE_LINE:
        cut(m, 0);
        break;
    case KEY_UP:
    case KEY_DOWN:
    case KEY_INTERRUPT:
    case KEY_REDRAW:
        break;
    }
    return LIVE_NOTHING;
}

static enum live_key press_end(struct live_menu *m, const struct live_key_press *key)
{
    char c = command_of(key);

    if (key->name == KEY_INTERRUPT || c == 'y') {
        m->asking = ASKING_NOTHING;
        return LIVE_QUIT;
    }
    /* A key that is held down sends "q" again and again: that is no yes. */
    if (key->name == KEY_ESCAPE || c == 'n')
        m->asking = m->before;
    return LIVE_NOTHING;
}

enum live_key live_menu_press(
        struct live_menu *m, const struct live_key_press *key, bool *changed)
{
    enum live_asking before = m->asking;
    enum live_key does = LIVE_NOTHING;

    if (key->name == KEY_INTERRUPT && before != ASKING_NOTHING && before != ASKING_END) {
        ask_end(m);
        *changed = true;
        return LIVE_NOTHING;
    }
    switch (before) {
    case ASKING_NOTHING:
        does = press_viewing(m, key);
        break;
    case ASKING_KIND:
        press_kind(m, key);
        break;
    case ASKING_TEXT:
    case ASKING_NOTE:
        does = press_text(m, key);
        break;
    case ASKING_END:
        does = press_end(m, key);
        break;
    }
    *changed = before != ASKING_NOTHING || m->asking != ASKING_NOTHING;
    return does;
}
