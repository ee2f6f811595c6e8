/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_keys.h"

#include <string.h>

#include "report/visible.h"

enum { ESC = 0x1b, DEL = 0x7f };

enum taken {
    TAKEN_KEY,
    TAKEN_NOTHING, /* bytes went, no key came of them */
    TAKEN_MORE,    /* it may go on: nothing went */
};

void live_keys_init(struct live_keys *k)
{
    memset(k, 0, sizeof(*k));
}

size_t live_keys_push(struct live_keys *k, struct bytes data)
{
    size_t room = LIVE_KEYS_HELD - k->n, n = data.n < room ? data.n : room;

    if (n != 0)
        memcpy(k->held + k->n, data.p, n);
    k->n += n;
    return n;
}

static void drop(struct live_keys *k, size_t n)
{
    k->n -= n;
    memmove(k->held, k->held + n, k->n);
}

static enum taken press(struct live_key_press *out, enum live_key_name name)
{
    *out = (struct live_key_press){.name = name};
    return TAKEN_KEY;
}

/* "ESC [ 200 ~" and what is known of the others, by their final byte (xterm's ctlseqs). */
static enum taken finish_control(struct live_keys *k, size_t n, struct live_key_press *out)
{
    struct bytes sequence = bytes_of(k->held, n);
    bool begins = bytes_is(sequence, "\033[200~"), ends = bytes_is(sequence, "\033[201~");
    uint8_t last = k->held[n - 1];

    drop(k, n);
    if (begins || ends)
        k->pasting = begins;
    /* Inside a paste a sequence is part of somebody's text. */
    if (k->pasting || begins || ends)
        return TAKEN_NOTHING;
    if (last == 'A' || last == 'B')
        return press(out, last == 'A' ? KEY_UP : KEY_DOWN);
    return TAKEN_NOTHING;
}

/* Held is "ESC [": parameters 0x30 to 0x3f, intermediates 0x20 to 0x2f, one final byte. */
static enum taken take_control(struct live_keys *k, struct live_key_press *out)
{
    size_t at = 2;

    while (at < k->n && k->held[at] >= 0x20 && k->held[at] < 0x40 && at < LIVE_SEQUENCE_MOST)
        at++;
    if (at == k->n)
        return TAKEN_MORE;
    if (at == LIVE_SEQUENCE_MOST) {
        drop(k, at);
        k->dropping = true;
        return TAKEN_NOTHING;
    }
    /* A control character inside breaks it off and is a key of its own. */
    if (k->held[at] < 0x40 || k->held[at] > 0x7e) {
        drop(k, at);
        return TAKEN_NOTHING;
    }
    return finish_control(k, at + 1, out);
}

static enum taken take_escape(struct live_keys *k, struct live_key_press *out)
{
    if (k->n == 1)
        return TAKEN_MORE;
    if (k->held[1] == '[')
        return take_control(k, out);
    if (k->held[1] == 'O') { /* arrows in application mode */
        uint8_t last;

        if (k->n == 2)
            return TAKEN_MORE;
        last = k->held[2];
        if (last < 0x40 || last > 0x7e) {
            drop(k, 2);
            return TAKEN_NOTHING;
        }
        drop(k, 3);
        if (k->pasting || (last != 'A' && last != 'B'))
            return TAKEN_NOTHING;
        return press(out, last == 'A' ? KEY_UP : KEY_DOWN);
    }
    if (k->held[1] == ESC || k->held[1] < 0x20 || k->held[1] >= DEL) {
        drop(k, 1);
        return k->pasting ? TAKEN_NOTHING : press(out, KEY_ESCAPE);
    }
    drop(k, 2); /* Alt and a key: none of ours */
    return TAKEN_NOTHING;
}

/* Length of the character that begins with `first`; 0: none does (RFC 3629 section 4). */
static size_t utf8_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static enum taken take_character(struct live_keys *k, struct live_key_press *out)
{
    size_t n = utf8_length(k->held[0]), there = 1;
    struct bytes text;
    uint32_t c;

    while (n != 0 && there < n && there < k->n && (k->held[there] & 0xc0) == 0x80)
        there++;
    if (n != 0 && there < n && there == k->n)
        return TAKEN_MORE;
    text = bytes_of(k->held, n);
    if (n == 0 || there < n || !bytes_is_utf8(text)) {
        drop(k, there);
        return TAKEN_NOTHING;
    }
    c = visible_take(&text, false);
    drop(k, n);
    if (visible_hidden(c))
        return TAKEN_NOTHING;
    *out = (struct live_key_press){KEY_CHARACTER, c, k->pasting};
    return TAKEN_KEY;
}

static enum taken take_one(struct live_keys *k, struct live_key_press *out)
{
    uint8_t c = k->held[0];

    if (k->dropping) {
        /* To the final byte of the sequence, or to a control character. */
        k->dropping = c >= 0x20 && c < 0x40;
        if (c < 0x20)
            return TAKEN_NOTHING;
        drop(k, 1);
        return TAKEN_NOTHING;
    }
    if (c == ESC)
        return take_escape(k, out);
    if (c >= 0x20 && c != DEL)
        return take_character(k, out);
    drop(k, 1);
    if (k->pasting) {
        if (c != '\r' && c != '\n' && c != '\t')
            return TAKEN_NOTHING;
        *out = (struct live_key_press){KEY_CHARACTER, ' ', true};
        return TAKEN_KEY;
    }
    switch (c) {
    case '\r':
    case '\n':
        return press(out, KEY_ENTER);
    case '\b':
    case DEL:
        return press(out, KEY_BACKSPACE);
    case 0x03:
        return press(out, KEY_INTERRUPT);
    case 0x0c:
        return press(out, KEY_REDRAW);
    case 0x15:
        return press(out, KEY_ERASE_LINE);
    case 0x17:
        return press(out, KEY_ERASE_WORD);
    default:
        return TAKEN_NOTHING;
    }
}

bool live_keys_next(struct live_keys *k, struct live_key_press *out)
{
    while (k->n != 0) {
        enum taken taken = take_one(k, out);

        if (taken == TAKEN_KEY)
            return true;
        if (taken == TAKEN_MORE)
            return false;
    }
    return false;
}

bool live_keys_waiting(const struct live_keys *k)
{
    return k->n != 0;
}

bool live_keys_settle(struct live_keys *k, struct live_key_press *out)
{
    bool escape;

    if (live_keys_next(k, out))
        return true;
    escape = k->n == 1 && k->held[0] == ESC;
    k->n = 0;
    k->dropping = false;
    if (!escape)
        return false;
    /* A terminal that never sent the end of a paste must not lock the keys for good. */
    if (k->pasting) {
        k->pasting = false;
        return false;
    }
    (void)press(out, KEY_ESCAPE);
    return true;
}
