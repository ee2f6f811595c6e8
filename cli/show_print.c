/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show_parts.h"

enum { LABEL_WIDTH = 14, ENDPOINT_MOST = 96 };

void show_label(struct show *s, const char *label)
{
    /* Names of facts come out of the case, too. */
    say_text(&s->say, bytes_text(label));
    for (size_t n = strlen(label); n < LABEL_WIDTH; n++)
        (void)fputc(' ', s->say.out);
    (void)fputc(' ', s->say.out);
}

void show_field(struct show *s, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    show_label(s, label);
    say_text(&s->say, bytes_text(text));
    (void)fputc('\n', s->say.out);
}

void show_member(
        struct show *s, const char *label, const struct json_value *object, const char *key)
{
    const struct json_value *v = json_member(object, key);
    int64_t n;

    if (json_string_of(v) != NULL) {
        show_field(s, label, json_string_of(v));
    } else if (json_integer_of(v, &n)) {
        show_label(s, label);
        (void)fprintf(s->say.out, "%" PRId64 "\n", n);
    }
}

void show_list(
        struct show *s, const char *label, const struct json_value *object, const char *key)
{
    const struct json_value *list = json_member(object, key);
    bool any = false;

    for (const struct json_value *v = json_first(list); v != NULL; v = json_next(v)) {
        if (json_string_of(v) == NULL)
            continue;
        if (!any)
            show_label(s, label);
        else
            (void)fputs(", ", s->say.out);
        any = true;
        say_text(&s->say, bytes_text(json_string_of(v)));
    }
    if (any)
        (void)fputc('\n', s->say.out);
}

uint64_t show_number(const struct json_value *object, const char *key)
{
    int64_t n;

    return json_integer_of(json_member(object, key), &n) && n > 0 ? (uint64_t)n : 0;
}

void show_verdicts(struct show *s, const struct json_value *object)
{
    static const char *const readings[] = {"alone", "combined", "broad"};

    for (size_t r = 0; r < sizeof(readings) / sizeof(*readings); r++) {
        const char *verdict =
                json_string_of(json_member(json_member(object, "verdicts"), readings[r]));
        const struct json_value *grounds =
                json_member(json_member(object, "grounds"), readings[r]);

        if (verdict == NULL)
            continue;
        (void)fprintf(s->say.out, "  %-12s ", readings[r]);
        say_text(&s->say, bytes_text(verdict));
        for (const struct json_value *g = json_first(grounds); g != NULL; g = json_next(g)) {
            (void)fputs(g == json_first(grounds) ? "  (" : ", ", s->say.out);
            if (json_string_of(g) != NULL)
                say_text(&s->say, bytes_text(json_string_of(g)));
            if (json_next(g) == NULL)
                (void)fputc(')', s->say.out);
        }
        (void)fputc('\n', s->say.out);
    }
}

static const struct show_file *file_of(const struct show *s, uint64_t frame)
{
    for (size_t i = 0; i < s->file_count; i++) {
        const struct show_file *f = &s->files[i];

        if (f->first != 0 && frame >= f->first && frame - f->first < f->packets)
            return f;
    }
    return NULL;
}

void show_frames(struct show *s, const char *label, const struct json_value *frames)
{
    const struct show_file *file = NULL;
    size_t written = 0, all = 0;

    for (const struct json_value *v = json_first(frames); v != NULL; v = json_next(v)) {
        int64_t frame;
        const struct show_file *of;

        if (!json_integer_of(v, &frame) || frame < 1)
            continue;
        all++;
        of = file_of(s, (uint64_t)frame);
        if (of == NULL || (file != NULL && of != file) || written == SHOW_FRAMES_MOST)
            continue;
        file = of;
        if (written++ == 0) {
            show_label(s, label);
            (void)fputs("frame.number in {", s->say.out);
        } else {
            (void)fputs(", ", s->say.out);
        }
        (void)fprintf(s->say.out, "%" PRIu64, (uint64_t)frame - file->first + 1);
    }
    if (file == NULL)
        return;
    (void)fputc('}', s->say.out);
    if (s->file_count > 1 || written < all) {
        (void)fputs("   in ", s->say.out);
        say_text(&s->say, bytes_text(file->path));
    }
    if (written < all)
        (void)fprintf(s->say.out, " (%zu of %zu frames)", written, all);
    (void)fputc('\n', s->say.out);
}

void show_range(struct show *s, const char *label, uint64_t first, uint64_t last)
{
    const struct show_file *file = file_of(s, first);

    if (file == NULL || last < first)
        return;
    show_label(s, label);
    (void)fprintf(s->say.out, "frame.number >= %" PRIu64, first - file->first + 1);
    if (file_of(s, last) == file)
        (void)fprintf(s->say.out, " && frame.number <= %" PRIu64, last - file->first + 1);
    if (s->file_count > 1) {
        (void)fputs("   in ", s->say.out);
        say_text(&s->say, bytes_text(file->path));
    }
    (void)fputc('\n', s->say.out);
}

/* "192.0.2.1:443" or "[2001:db8::1]:443" as the terms of a display filter. */
static void put_endpoint(struct show *s, const char *text, bool tcp)
{
    const char *colon = text == NULL ? NULL : strrchr(text, ':');
    char address[ENDPOINT_MOST];
    size_t n = colon == NULL ? 0 : (size_t)(colon - text);
    bool six = n > 1 && text[0] == '[';

    if (n == 0 || n >= sizeof(address) || colon == NULL ||
            strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
            strspn(text, "0123456789abcdef.:[]%") < n)
        return;
    (void)snprintf(
            address, sizeof(address), "%.*s", (int)(six ? n - 2 : n), six ? text + 1 : text);
    (void)fprintf(s->say.out, "%s.addr == %s && %s.port == %s", six ? "ipv6" : "ip", address,
            tcp ? "tcp" : "udp", colon + 1);
}

void show_filter_connection(struct show *s, const struct json_value *object, bool tcp)
{
    const char *client = json_string_of(json_member(object, "client"));
    const char *server = json_string_of(json_member(object, "server"));

    if (client == NULL || server == NULL)
        return;
    show_label(s, "connection");
    put_endpoint(s, client, tcp);
    (void)fputs(" && ", s->say.out);
    put_endpoint(s, server, tcp);
    (void)fputc('\n', s->say.out);
}

void show_raw(const struct buf *text)
{
    (void)fwrite(text->p, 1, text->n, stdout);
    (void)fputc('\n', stdout);
}
