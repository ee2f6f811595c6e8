/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_KEYS_H
#define CLI_LIVE_KEYS_H

/*
 * What a terminal sends, as keys: UTF-8 characters, control characters, the sequences of ECMA-48
 * section 5.4 (arrows and the like) and xterm's bracketed paste. Bytes may come in any pieces.
 * A lone Esc and the begin of a sequence look alike until time has passed: live_keys_settle.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum live_key_name {
    KEY_CHARACTER, /* `character`; neither a control nor invisible */
    KEY_ENTER,
    KEY_ESCAPE,
    KEY_BACKSPACE,
    KEY_ERASE_WORD, /* Ctrl-W */
    KEY_ERASE_LINE, /* Ctrl-U */
    KEY_UP,
    KEY_DOWN,
    KEY_INTERRUPT, /* Ctrl-C */
    KEY_REDRAW,    /* Ctrl-L */
};

struct live_key_press {
    enum live_key_name name;
    uint32_t character;
    bool pasted; /* of a paste: text, never a command. Its line breaks are spaces */
};

enum {
    LIVE_KEYS_HELD = 4096,   /* bytes that wait; live_keys_push takes no more than fit */
    LIVE_SEQUENCE_MOST = 64, /* a longer one is no key of any terminal and is dropped */
};

struct live_keys {
    uint8_t held[LIVE_KEYS_HELD];
    size_t n;
    bool pasting;
    bool dropping; /* inside a sequence that is too long */
};

void live_keys_init(struct live_keys *k);
/* How many of the bytes were taken. */
size_t live_keys_push(struct live_keys *k, struct bytes data);
/* False: nothing whole is there. */
MUST_USE bool live_keys_next(struct live_keys *k, struct live_key_press *out);
/* Whether the begin of something is held: call live_keys_settle when nothing came for 100 ms. */
MUST_USE bool live_keys_waiting(const struct live_keys *k);
/* Nothing more will follow what is held: a lone Esc is the key, other beginnings are dropped. */
MUST_USE bool live_keys_settle(struct live_keys *k, struct live_key_press *out);

#endif
