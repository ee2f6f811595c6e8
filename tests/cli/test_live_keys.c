/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/live_menu.h"

enum { PRESSES = 64 };

struct presses {
    struct live_key_press at[PRESSES];
    size_t n;
};

static void take_all(struct live_keys *k, struct presses *out)
{
    while (out->n < PRESSES && live_keys_next(k, &out->at[out->n]))
        out->n++;
}

/* All of it at once, then settled. */
static struct presses press_all(const char *text)
{
    struct presses p = {.n = 0};
    struct live_keys k;

    live_keys_init(&k);
    assert_int_equal(live_keys_push(&k, bytes_text(text)), strlen(text));
    take_all(&k, &p);
    if (live_keys_settle(&k, &p.at[p.n]))
        p.n++;
    assert_false(live_keys_waiting(&k));
    return p;
}

static void assert_keys(const char *text, const enum live_key_name *names, size_t n)
{
    struct presses p = press_all(text);

    assert_int_equal(p.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(p.at[i].name, names[i]);
}

static void control_characters_are_keys(void **state)
{
    static const enum live_key_name names[] = {KEY_ENTER, KEY_ENTER, KEY_BACKSPACE,
            KEY_BACKSPACE, KEY_INTERRUPT, KEY_ERASE_LINE, KEY_ERASE_WORD, KEY_REDRAW};

    (void)state;
    assert_keys("\r\n\x7f\b\x03\x15\x17\x0c", names, 8);
    assert_keys("\x01\x04\x1a\x1c", NULL, 0); /* Ctrl-D and Ctrl-Z do nothing */
}

static void arrows_of_both_modes_are_keys_and_other_sequences_are_none(void **state)
{
    static const enum live_key_name names[] = {KEY_UP, KEY_DOWN, KEY_UP, KEY_DOWN, KEY_UP};

    (void)state;
    assert_keys("\033[A\033[B\033OA\033OB\033[1;5A", names, 5);
    assert_keys("\033[C\033[5~\033[15~\033OP\033[<0;10;5M\033[I\033x", NULL, 0);
}

static void a_lone_esc_is_a_key_once_time_has_passed(void **state)
{
    static const enum live_key_name names[] = {KEY_ESCAPE, KEY_ESCAPE};
    struct live_key_press key;
    struct live_keys k;

    (void)state;
    assert_keys("\033", names, 1);
    assert_keys("\033\033", names, 2);
    live_keys_init(&k);
    assert_int_equal(live_keys_push(&k, BYTES_LITERAL("\033")), 1);
    assert_false(live_keys_next(&k, &key));
    assert_true(live_keys_waiting(&k));
    assert_int_equal(live_keys_push(&k, BYTES_LITERAL("[A")), 2);
    assert_true(live_keys_next(&k, &key));
    assert_int_equal(key.name, KEY_UP);
}

static void chinese_is_typed_and_what_is_not_utf8_is_not(void **state)
{
    struct presses p = press_all("\xe5\x87\x8f\xf0\x9f\x98\x80\xff\xc0\xaf\xe5"
                                 "a\xe2\x80\xae");

    (void)state;
    assert_int_equal(p.n, 3);
    assert_int_equal(p.at[0].character, 0x51cf);
    assert_int_equal(p.at[1].character, 0x1f600);
    assert_int_equal(p.at[2].character, 'a');
}

static void a_paste_is_text_and_never_a_command(void **state)
{
    struct presses p = press_all("\033[200~q\ry\033[A\x03\033[201~q");

    (void)state;
    assert_int_equal(p.n, 4);
    assert_true(p.at[0].pasted && p.at[1].pasted && p.at[2].pasted);
    assert_int_equal(p.at[1].character, ' ');
    assert_false(p.at[3].pasted);
}

static void a_paste_that_never_ends_is_ended_by_esc(void **state)
{
    struct live_key_press key;
    struct live_keys k;

    (void)state;
    live_keys_init(&k);
    (void)live_keys_push(&k, BYTES_LITERAL("\033[200~\033"));
    assert_false(live_keys_next(&k, &key));
    assert_false(live_keys_settle(&k, &key));
    (void)live_keys_push(&k, BYTES_LITERAL("q"));
    assert_true(live_keys_next(&k, &key));
    assert_false(key.pasted);
}

static void split_at_every_place_the_keys_are_the_same(void **state)
{
    static const char text[] =
            "a\033[A\xe5\x87\x8f\033OB\r\033[200~x\ny\033[201~\033[1;2;3;4B\x03z";
    const size_t all = sizeof(text) - 1;
    struct presses whole = press_all(text);

    (void)state;
    for (size_t i = 0; i <= all; i++) {
        for (size_t j = i; j <= all; j++) {
            struct presses p = {.n = 0};
            struct live_keys k;

            live_keys_init(&k);
            (void)live_keys_push(&k, bytes_of(text, i));
            take_all(&k, &p);
            (void)live_keys_push(&k, bytes_of(text + i, j - i));
            take_all(&k, &p);
            (void)live_keys_push(&k, bytes_of(text + j, all - j));
            take_all(&k, &p);
            assert_int_equal(p.n, whole.n);
            for (size_t n = 0; n < p.n; n++) {
                assert_int_equal(p.at[n].name, whole.at[n].name);
                assert_int_equal(p.at[n].character, whole.at[n].character);
                assert_int_equal(p.at[n].pasted, whole.at[n].pasted);
            }
        }
    }
}

static void an_endless_sequence_is_dropped_and_keys_go_on(void **state)
{
    struct live_key_press key;
    struct live_keys k;
    size_t pressed = 0;

    (void)state;
    live_keys_init(&k);
    (void)live_keys_push(&k, BYTES_LITERAL("\033["));
    for (size_t i = 0; i < 10000; i++) {
        assert_int_equal(live_keys_push(&k, BYTES_LITERAL("1")), 1);
        assert_false(live_keys_next(&k, &key));
        assert_true(k.n <= LIVE_SEQUENCE_MOST);
    }
    (void)live_keys_push(&k, BYTES_LITERAL("Am"));
    while (live_keys_next(&k, &key)) {
        pressed++;
        assert_int_equal(key.character, 'm');
    }
    assert_int_equal(pressed, 1);
}

/* The menu after these keys; `last` is what the last key that did something did. */
static struct live_menu menu_after(const char *text, enum live_key *last)
{
    struct presses p = press_all(text);
    struct live_menu m;

    live_menu_init(&m);
    *last = LIVE_NOTHING;
    for (size_t i = 0; i < p.n; i++) {
        bool changed = false;
        enum live_key does = live_menu_press(&m, &p.at[i], &changed);

        if (does != LIVE_NOTHING)
            *last = does;
    }
    return m;
}

static void a_digit_or_arrows_choose_a_mark_and_a_text_follows(void **state)
{
    enum live_key does;
    struct live_menu m = menu_after("m3\xe5\x87\x8f\xe8\x82\xa5 pop-up\r", &does);

    (void)state;
    assert_int_equal(does, LIVE_MARK);
    assert_int_equal(live_menu_kind(m.chosen), MARK_CONSENT_REFUSED);
    assert_string_equal(m.text, "\xe5\x87\x8f\xe8\x82\xa5 pop-up");
    m = menu_after("m\033[B\033[B\033[B\033[A\r\r", &does);
    assert_int_equal(does, LIVE_MARK);
    assert_int_equal(live_menu_kind(m.chosen), MARK_CONSENT_REFUSED);
    assert_string_equal(m.text, "");
    m = menu_after("m\033[A\r\r", &does);
    assert_int_equal(live_menu_kind(m.chosen), MARK_NOTE);
    m = menu_after("\xef\xbd\x8d\xef\xbc\x91\r", &does); /* full-width "m1" */
    assert_int_equal(does, LIVE_MARK);
    assert_int_equal(live_menu_kind(m.chosen), MARK_CONSENT_SHOWN);
}

static void esc_cancels_everything(void **state)
{
    static const char *const texts[] = {"m\033", "m3abc\033", "nabc\033", "q\033"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        enum live_key does;
        struct live_menu m = menu_after(texts[i], &does);

        assert_int_equal(does, LIVE_NOTHING);
        assert_int_equal(m.asking, ASKING_NOTHING);
    }
}

static void the_end_needs_a_yes(void **state)
{
    enum live_key does;
    struct live_menu m;

    (void)state;
    (void)menu_after("q", &does);
    assert_int_equal(does, LIVE_NOTHING);
    (void)menu_after("qqqqqq\r", &does);
    assert_int_equal(does, LIVE_NOTHING);
    (void)menu_after("qy", &does);
    assert_int_equal(does, LIVE_QUIT);
    (void)menu_after("\x03\x03", &does);
    assert_int_equal(does, LIVE_QUIT);
    (void)menu_after("\033[200~qy\033[201~", &does);
    assert_int_equal(does, LIVE_NOTHING);
    m = menu_after("m3abc\x03n", &does); /* what was typed is still there */
    assert_int_equal(does, LIVE_NOTHING);
    assert_int_equal(m.asking, ASKING_TEXT);
    assert_string_equal(m.text, "abc");
}

static void a_note_without_text_is_none(void **state)
{
    enum live_key does;
    struct live_menu m;

    (void)state;
    (void)menu_after("n  \r", &does);
    assert_int_equal(does, LIVE_NOTHING);
    m = menu_after("n one two\x17x\x7f\xe5\x87\x8f\x7f!\r", &does);
    assert_int_equal(does, LIVE_NOTE);
    assert_string_equal(m.text, "one !");
}

static void a_text_never_passes_its_room_nor_ends_in_half_a_character(void **state)
{
    struct live_menu m;
    bool changed;

    (void)state;
    live_menu_init(&m);
    m.asking = ASKING_NOTE;
    for (size_t i = 0; i < 1000; i++) {
        struct live_key_press key = {.name = KEY_CHARACTER, .character = 0x51cf};

        assert_int_equal(live_menu_press(&m, &key, &changed), LIVE_NOTHING);
    }
    assert_int_equal(m.n, (LIVE_TEXT - 1) / 3 * 3);
    assert_true(bytes_is_utf8(bytes_text(m.text)));
}

static void enter_means_done_only_where_a_step_waits(void **state)
{
    struct live_key_press key = {.name = KEY_ENTER};
    struct live_menu m;
    bool changed;

    (void)state;
    live_menu_init(&m);
    assert_int_equal(live_menu_press(&m, &key, &changed), LIVE_NOTHING);
    m.step_waits = true;
    assert_int_equal(live_menu_press(&m, &key, &changed), LIVE_STEP_DONE);
    m.asking = ASKING_END;
    assert_int_equal(live_menu_press(&m, &key, &changed), LIVE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(control_characters_are_keys),
            cmocka_unit_test(arrows_of_both_modes_are_keys_and_other_sequences_are_none),
            cmocka_unit_test(a_lone_esc_is_a_key_once_time_has_passed),
            cmocka_unit_test(chinese_is_typed_and_what_is_not_utf8_is_not),
            cmocka_unit_test(a_paste_is_text_and_never_a_command),
            cmocka_unit_test(a_paste_that_never_ends_is_ended_by_esc),
            cmocka_unit_test(split_at_every_place_the_keys_are_the_same),
            cmocka_unit_test(an_endless_sequence_is_dropped_and_keys_go_on),
            cmocka_unit_test(a_digit_or_arrows_choose_a_mark_and_a_text_follows),
            cmocka_unit_test(esc_cancels_everything),
            cmocka_unit_test(the_end_needs_a_yes),
            cmocka_unit_test(a_note_without_text_is_none),
            cmocka_unit_test(a_text_never_passes_its_room_nor_ends_in_half_a_character),
            cmocka_unit_test(enter_means_done_only_where_a_step_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
