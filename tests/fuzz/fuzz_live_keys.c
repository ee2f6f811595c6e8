/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: live_keys, live_menu. Asserts: the same bytes in any pieces are the same keys; a character is
 * one that can be seen; what was typed is UTF-8 within its room; the recording never ends
 * without the question before. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cli/live_menu.h"
#include "report/visible.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PRESSES = 8192 };

static struct live_key_press whole[PRESSES];

/* Pushes all of it in pieces of `piece` bytes; returns how many keys came, compared with `expected`
 * where that is given. */
static size_t press_all(struct bytes text, size_t piece, struct live_key_press *out,
        const struct live_key_press *expected)
{
    struct live_key_press key;
    struct live_keys k;
    size_t n = 0;

    live_keys_init(&k);
    while (text.n != 0) {
        size_t taken = live_keys_push(&k, bytes_slice(text, 0, piece));

        assert(taken != 0);
        text = bytes_slice(text, taken, text.n);
        while (live_keys_next(&k, &key)) {
            assert(n < PRESSES);
            if (expected != NULL)
                assert(expected[n].name == key.name && expected[n].character == key.character &&
                        expected[n].pasted == key.pasted);
            if (key.name == KEY_CHARACTER)
                assert(key.character >= ' ' && !visible_hidden(key.character));
            else
                assert(key.character == 0 && !key.pasted);
            if (out != NULL)
                out[n] = key;
            n++;
        }
        assert(k.n <= LIVE_SEQUENCE_MOST);
    }
    while (live_keys_settle(&k, &key))
        ;
    assert(k.n == 0);
    return n;
}

static void press_menu(size_t n)
{
    struct live_menu m;

    live_menu_init(&m);
    for (size_t i = 0; i < n; i++) {
        enum live_asking before = m.asking;
        bool changed = false;
        enum live_key does = live_menu_press(&m, &whole[i], &changed);

        assert(m.chosen < LIVE_MENU && m.n < LIVE_TEXT && m.text[m.n] == '\0');
        assert(strlen(m.text) == m.n && bytes_is_utf8(bytes_of(m.text, m.n)));
        assert(does != LIVE_QUIT || before == ASKING_END);
        assert(does != LIVE_MARK || before == ASKING_TEXT);
        assert(does != LIVE_NOTE || (before == ASKING_NOTE && m.n != 0));
        assert(does == LIVE_NOTHING || m.asking == ASKING_NOTHING);
        assert(!whole[i].pasted || does == LIVE_NOTHING);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    size_t n;

    if (size > PRESSES)
        return 0;
    n = press_all(text, LIVE_KEYS_HELD, whole, NULL);
    assert(press_all(text, 1, NULL, whole) == n);
    assert(press_all(text, 3, NULL, whole) == n);
    press_menu(n);
    return 0;
}
