/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guide_input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/visible.h"

enum phase {
    MOUSE_MOVED,
    MOUSE_PRESSED,
    MOUSE_RELEASED,
    FOCUS,
    KEY_DOWN,
    KEY_TEXT, /* of a character that no key has: as an input method gives it */
    KEY_UP,
    ENTER_DOWN,
    ENTER_UP,
    ALL_DONE,
};

enum { PARAMS_MOST = 4096, VK_ENTER = 13, VK_PROCESS = 229 };

static const char focus_script[] = "function(){this.focus();if(this.select)this.select()}";

void guide_input_click(struct guide_input *in)
{
    *in = (struct guide_input){.phase = MOUSE_MOVED};
}

void guide_input_type(struct guide_input *in, const char *text, bool enter)
{
    *in = (struct guide_input){.phase = FOCUS, .text = bytes_text(text), .enter = enter};
}

static uint32_t character_of(struct bytes text)
{
    return text.n == 0 ? 0 : visible_take(&text, false);
}

/* Coordinates as hundredths of a CSS pixel: the writer of JSON knows integers only. */
static void write_point(struct json *j, const char *key, double value)
{
    char text[32];
    long long hundredths = llround(value * 100), rest = hundredths % 100;
    int n = snprintf(text, sizeof(text), "%s%lld.%02lld", hundredths < 0 ? "-" : "",
            llabs(hundredths / 100), llabs(rest));

    json_raw(j, key, bytes_of(text, (size_t)n));
}

static void write_mouse(
        const struct guide_input *in, const struct guide_find *found, struct json *j)
{
    static const char *const types[] = {[MOUSE_MOVED] = "mouseMoved",
            [MOUSE_PRESSED] = "mousePressed",
            [MOUSE_RELEASED] = "mouseReleased"};

    json_string(j, "type", types[in->phase]);
    write_point(j, "x", found->x);
    write_point(j, "y", found->y);
    json_string(j, "button", in->phase == MOUSE_MOVED ? "none" : "left");
    json_integer(j, "buttons", in->phase == MOUSE_PRESSED ? 1 : 0);
    json_integer(j, "clickCount", in->phase == MOUSE_MOVED ? 0 : 1);
}

/* A key of a US keyboard that has the character, as far as letters, digits and space go. */
static void write_key(const struct guide_input *in, struct json *j)
{
    uint32_t c = character_of(in->text);
    char text[2] = {(char)c, '\0'}, code[8] = "";
    int64_t number = 0;

    json_string(j, "type", in->phase == KEY_DOWN ? "keyDown" : "keyUp");
    if (c >= 0x80) {
        json_string(j, "key", "Process");
        json_integer(j, "windowsVirtualKeyCode", VK_PROCESS);
        return;
    }
    if (ascii_is_alpha((uint8_t)c)) {
        number = ascii_lower((uint8_t)c) - ('a' - 'A');
        (void)snprintf(code, sizeof(code), "Key%c", (char)number);
    } else if (ascii_is_digit((uint8_t)c)) {
        number = (int64_t)c;
        (void)snprintf(code, sizeof(code), "Digit%c", (char)c);
    } else if (c == ' ') {
        number = ' ';
        (void)snprintf(code, sizeof(code), "Space");
    }
    json_string(j, "key", text);
    json_string(j, "code", code);
    json_integer(j, "windowsVirtualKeyCode", number);
    if (in->phase == KEY_DOWN) {
        json_string(j, "text", text);
        json_string(j, "unmodifiedText", text);
    }
}

static void write_enter(const struct guide_input *in, struct json *j)
{
    json_string(j, "type", in->phase == ENTER_DOWN ? "keyDown" : "keyUp");
    json_string(j, "key", "Enter");
    json_string(j, "code", "Enter");
    json_integer(j, "windowsVirtualKeyCode", VK_ENTER);
    if (in->phase == ENTER_DOWN)
        json_string(j, "text", "\r");
}

static struct bytes first_character(struct bytes text)
{
    struct bytes rest = text;

    (void)character_of(text);
    if (rest.n != 0)
        (void)visible_take(&rest, false);
    return bytes_slice(text, 0, text.n - rest.n);
}

static enum status send(const struct guide_input *in, const struct guide_find *found,
        struct guide_call *call, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    const char *method = "Input.dispatchKeyEvent", *session = found->sessions[0];
    struct buf params;
    struct json j;

    buf_init(&params, PARAMS_MOST);
    json_init(&j, &params);
    json_object(&j, NULL);
    switch ((enum phase)in->phase) {
    case MOUSE_MOVED:
    case MOUSE_PRESSED:
    case MOUSE_RELEASED:
        method = "Input.dispatchMouseEvent";
        write_mouse(in, found, &j);
        break;
    case FOCUS:
        method = "Runtime.callFunctionOn";
        session = found->sessions[found->session];
        json_string(&j, "objectId", found->object);
        json_string(&j, "functionDeclaration", focus_script);
        break;
    case KEY_DOWN:
    case KEY_UP:
        write_key(in, &j);
        break;
    case KEY_TEXT:
        method = "Input.insertText";
        json_text(&j, "text", first_character(in->text));
        break;
    case ENTER_DOWN:
    case ENTER_UP:
    case ALL_DONE:
        write_enter(in, &j);
        break;
    }
    return guide_call_send(call, devtools, session, method, &j, now_ns, fault);
}

static int after_text(const struct guide_input *in)
{
    return in->text.n != 0 ? KEY_DOWN : in->enter ? ENTER_DOWN : ALL_DONE;
}

/* What follows the phase that is over. */
static void go_on(struct guide_input *in)
{
    switch ((enum phase)in->phase) {
    case MOUSE_MOVED:
    case MOUSE_PRESSED:
        in->phase++;
        break;
    case KEY_DOWN:
        in->phase = character_of(in->text) >= 0x80 ? KEY_TEXT : KEY_UP;
        break;
    case KEY_TEXT:
        in->phase = KEY_UP;
        break;
    case KEY_UP:
        in->text = bytes_slice(in->text, first_character(in->text).n, in->text.n);
        in->phase = after_text(in);
        break;
    case FOCUS:
        in->phase = after_text(in);
        break;
    case ENTER_DOWN:
        in->phase = ENTER_UP;
        break;
    case MOUSE_RELEASED:
    case ENTER_UP:
    case ALL_DONE:
        in->phase = ALL_DONE;
        break;
    }
}

enum guide_input_state guide_input_step(struct guide_input *in, const struct guide_find *found,
        struct guide_call *call, struct devtools *devtools, int64_t now_ns, struct fault *fault)
{
    switch (guide_call_state(call, now_ns)) {
    case CALL_FREE:
        break;
    case CALL_WAITS:
        return INPUT_GOES;
    case CALL_LATE:
        (void)fault_set(fault, STATUS_IO, "the browser did not answer %s", call->method);
        return INPUT_FAILED;
    case CALL_REFUSED:
        (void)fault_set(fault, STATUS_IO, "the browser refused %s: %s", call->method,
                guide_call_why(call));
        return INPUT_FAILED;
    case CALL_DONE:
        guide_call_clear(call);
        go_on(in);
        break;
    }
    if (in->phase == ALL_DONE)
        return INPUT_DONE;
    return send(in, found, call, devtools, now_ns, fault) == STATUS_OK ? INPUT_GOES
                                                                       : INPUT_FAILED;
}
