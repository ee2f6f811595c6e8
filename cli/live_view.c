/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/live_parts.h"
#include "cli/live_terminal.h"

#define DRAW_NS INT64_C(250000000)   /* at most four times a second */
#define SETTLE_NS INT64_C(100000000) /* a sequence that pauses for longer is none */

enum { FRAME_BYTES = LIVE_ROWS_MOST * LIVE_ROW_BYTES + 4096 };

/* A copy that ends at a character's end. */
static void keep_text(const char *text, char *out, size_t room)
{
    size_t n = strnlen(text, room - 1);

    if (text[n] != '\0' && bytes_is_utf8(bytes_text(text))) {
        while (n != 0 && ((uint8_t)text[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(out, text, n);
    out[n] = '\0';
}

static const char *kept(const char *text, char out[LIVE_FACT])
{
    if (text == NULL)
        return NULL;
    keep_text(text, out, LIVE_FACT);
    return out;
}

static void keep(struct live_kept *k, const struct live_facts *facts)
{
    k->facts = *facts;
    k->facts.url = kept(facts->url, k->url);
    k->facts.class_name = kept(facts->class_name, k->class_name);
    k->facts.isolation = kept(facts->isolation, k->isolation);
    k->facts.proof_level = kept(facts->proof_level, k->proof_level);
    k->facts.step = kept(facts->step, k->step);
    k->facts.warning = kept(facts->warning, k->warning);
}

/* Plain lines go through a stream of our own, whose end does not close the caller's descriptor. */
static enum status open_lines(struct live_view *v, struct fault *fault)
{
    int copy = dup(v->out);

    v->lines = copy < 0 ? NULL : fdopen(copy, "w");
    if (v->lines == NULL) {
        if (copy >= 0)
            (void)close(copy);
        return fault_set(fault, STATUS_IO, "the output cannot be written: %s", strerror(errno));
    }
    say_init(&v->say, v->lines);
    return STATUS_OK;
}

enum status live_view_new(int in, int out, bool quiet, enum language language,
        struct live_view **out_view, struct fault *fault)
{
    struct live_view *v = calloc(1, sizeof(*v));
    const char *no_color = getenv("NO_COLOR"); /* no-color.org */
    enum status status = STATUS_OK;

    if (v == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    v->in = in;
    v->out = out;
    v->quiet = quiet;
    v->language = language;
    v->colours = no_color == NULL || no_color[0] == '\0';
    v->screen = !quiet && live_terminal_able(in, out);
    live_keys_init(&v->keys);
    live_menu_init(&v->menu);
    if (v->screen)
        status = live_terminal_enter(in, out, fault);
    else if (!quiet)
        status = open_lines(v, fault);
    if (status != STATUS_OK) {
        free(v);
        return status;
    }
    *out_view = v;
    return STATUS_OK;
}

void live_view_free(struct live_view *v)
{
    if (v == NULL)
        return;
    if (v->screen)
        live_terminal_leave();
    if (v->lines != NULL) {
        say_clear(&v->say);
        (void)fclose(v->lines);
    }
    free(v);
}

bool live_view_is_screen(const struct live_view *v)
{
    return v->screen;
}

int live_view_fd(const struct live_view *v)
{
    return v->screen && !v->keys_end ? v->in : -1;
}

static void redraw(struct live_view *v, int64_t now_ns)
{
    struct buf changes;
    unsigned columns, rows;
    bool anew = false, written = false;

    if (!live_terminal_ready(&anew))
        return;
    live_terminal_size(v->out, &columns, &rows);
    live_screen_compose(v, columns, rows);
    anew = anew || v->now.columns != v->before.columns ||
           v->now.rows_used != v->before.rows_used || v->drawn_ns == 0;
    v->drawn_ns = now_ns;
    buf_init(&changes, FRAME_BYTES);
    if (live_screen_changes(v, anew, &changes) &&
            live_terminal_write(v->out, buf_view(&changes), &written) != STATUS_OK)
        v->keys_end = true;
    if (written)
        v->before = v->now;
    else
        v->drawn_ns = 0; /* nothing of it was shown: all of it next time */
    buf_clear(&changes);
}

/* What a key brought about, with the time that the person meant. */
static enum live_key press(struct live_view *v, const struct live_key_press *key)
{
    enum live_asking before = v->menu.asking;
    bool changed = false;
    enum live_key does;

    v->menu.step_waits = v->kept.facts.step != NULL && !v->kept.facts.step_driven;
    does = live_menu_press(&v->menu, key, &changed);
    /* A mark is of the moment in which "m" was pressed, not of the one in which its text was
       finished. */
    if (before == ASKING_NOTHING)
        v->mark_ns = clock_utc_ns();
    if (key->name == KEY_REDRAW)
        v->drawn_ns = 0;
    if (changed || key->name == KEY_REDRAW)
        redraw(v, clock_steady_ns());
    return does;
}

/* A lone Esc shows by the time that passes; it never does more than close a dialogue. */
static void settle(struct live_view *v, int64_t now_ns)
{
    struct live_key_press key;

    if (live_keys_waiting(&v->keys) && now_ns - v->typed_ns >= SETTLE_NS &&
            live_keys_settle(&v->keys, &key))
        (void)press(v, &key);
}

static void read_keys(struct live_view *v)
{
    uint8_t data[LIVE_KEYS_HELD];
    struct pollfd poll_in = {.fd = v->in, .events = POLLIN};
    size_t room = LIVE_KEYS_HELD - v->keys.n;
    ssize_t n;

    if (v->keys_end || room == 0 || poll(&poll_in, 1, 0) <= 0)
        return;
    n = read(v->in, data, room);
    if (n > 0) {
        (void)live_keys_push(&v->keys, bytes_of(data, (size_t)n));
        v->typed_ns = clock_steady_ns();
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        v->keys_end = true;
    }
}

enum live_key live_view_key(struct live_view *v)
{
    struct live_key_press key;

    if (!v->screen)
        return LIVE_NOTHING;
    settle(v, clock_steady_ns());
    for (;;) {
        while (live_keys_next(&v->keys, &key)) {
            enum live_key does = press(v, &key);

            if (does != LIVE_NOTHING)
                return does;
        }
        {
            size_t before = v->keys.n;

            read_keys(v);
            if (v->keys.n == before)
                return LIVE_NOTHING;
        }
    }
}

void live_view_draw(struct live_view *v, const struct live_facts *facts)
{
    int64_t now_ns = clock_steady_ns();

    keep(&v->kept, facts);
    if (v->lines != NULL)
        live_lines_draw(v, now_ns);
    if (!v->screen || v->keys_end)
        return;
    settle(v, now_ns);
    if (v->drawn_ns == 0 || v->hurry || now_ns - v->drawn_ns >= DRAW_NS)
        redraw(v, now_ns);
    v->hurry = false;
}

void live_view_hurry(struct live_view *v)
{
    v->hurry = true;
}

void live_view_event(struct live_view *v, int64_t time_ns, const char *text)
{
    struct live_recent event = {.time_ns = time_ns};

    keep_text(text, event.text, sizeof(event.text));
    if (v->recent_n == LIVE_LINES)
        memmove(v->recent, v->recent + 1, --v->recent_n * sizeof(*v->recent));
    v->recent[v->recent_n++] = event;
    if (v->lines != NULL)
        live_lines_event(v, &event);
}

enum mark_kind live_mark_kind(const struct live_view *v)
{
    return live_menu_kind(v->menu.chosen);
}

const char *live_text(const struct live_view *v)
{
    return v->menu.text;
}

int64_t live_time(const struct live_view *v)
{
    return v->mark_ns;
}
