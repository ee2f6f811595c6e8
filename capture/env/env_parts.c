/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/env/env_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCES_MOST = 16 << 10 };

struct json *look_begin(struct look *l, const char *group, const char *id, const char *title_en,
        const char *title_zh)
{
    l->now = (struct probe){
            .id = id, .group = group, .title_en = title_en, .title_zh = title_zh};
    memset(l->said, 0, sizeof(l->said));
    buf_reset(&l->facts);
    buf_reset(&l->en);
    buf_reset(&l->zh);
    json_init(&l->json, &l->facts);
    json_object(&l->json, NULL);
    return &l->json;
}

void look_changes(struct look *l)
{
    l->now.changes = true;
}

static void sentence(struct look *l, struct buf *out, const char *format, va_list args)
        PRINTF_LIKE(3, 0);

static void sentence(struct look *l, struct buf *out, const char *format, va_list args)
{
    char *text = NULL;
    enum status status;

    /* Chinese sentences follow each other without a blank. */
    if (out == &l->en && out->n != 0 && buf_text(out, " ") == STATUS_NOMEM)
        l->status = STATUS_NOMEM;
    if (vasprintf(&text, format, args) < 0) {
        l->status = STATUS_NOMEM;
        return;
    }
    status = out->n + strlen(text) > SENTENCES_MOST ? STATUS_OK : buf_text(out, text);
    if (status == STATUS_NOMEM)
        l->status = STATUS_NOMEM;
    free(text);
}

static void say(struct look *l, const char *en, const char *zh, va_list args) PRINTF_LIKE(2, 0)
        PRINTF_LIKE(3, 0);

static void say(struct look *l, const char *en, const char *zh, va_list args)
{
    va_list again;

    va_copy(again, args);
    sentence(l, &l->en, en, args);
    sentence(l, &l->zh, zh, again);
    va_end(again);
}

void look_ok(struct look *l, const char *en, const char *zh, ...)
{
    va_list args;

    l->said[PROBE_OK] = true;
    va_start(args, zh);
    say(l, en, zh, args);
    va_end(args);
}

void look_attention(struct look *l, const char *en, const char *zh, ...)
{
    va_list args;

    l->said[PROBE_ATTENTION] = true;
    va_start(args, zh);
    say(l, en, zh, args);
    va_end(args);
}

void look_unknown(struct look *l, const char *en, const char *zh, ...)
{
    va_list args;

    l->said[PROBE_UNKNOWN] = true;
    va_start(args, zh);
    say(l, en, zh, args);
    va_end(args);
}

void look_also(struct look *l, const char *en, const char *zh, ...)
{
    va_list args;

    va_start(args, zh);
    say(l, en, zh, args);
    va_end(args);
}

void look_unread(struct look *l, const char *path, int error)
{
    const char *zh = error == ENOENT                      ? "文件不存在"
                     : error == EACCES || error == EPERM  ? "没有读取权限"
                     : error == EINVAL || error == EISDIR ? "不是普通文件"
                     : error == ENOTDIR || error == ELOOP ? "路径不是所期望的类型"
                                                          : "系统拒绝读取";
    const char *en = error == EINVAL ? "not a regular file" : strerror(error);

    l->said[PROBE_UNKNOWN] = true;
    if (buf_print(&l->en, "%s%s could not be read: %s.", l->en.n == 0 ? "" : " ", path, en) ==
                    STATUS_NOMEM ||
            buf_print(&l->zh, "未能读取 %s：%s。", path, zh) == STATUS_NOMEM)
        l->status = STATUS_NOMEM;
}

static const char *keep_text(struct look *l, const struct buf *from)
{
    const char *text = arena_string(l->out->arena, buf_view(from));

    if (text == NULL)
        l->status = STATUS_NOMEM;
    return text == NULL ? "" : text;
}

void look_end(struct look *l)
{
    struct environment *e = l->out;

    if (!l->said[PROBE_OK] && !l->said[PROBE_ATTENTION] && !l->said[PROBE_UNKNOWN])
        look_unknown(l, "Nothing could be read here.", "此处未能读取任何内容。");
    json_end(&l->json);
    if (l->json.status == STATUS_USAGE) {
        /* More than our bound: the facts are dropped whole, and that is said. */
        buf_reset(&l->facts);
        if (buf_text(&l->facts, "{}") != STATUS_OK)
            l->status = STATUS_NOMEM;
        look_unknown(l, "There is more here than is kept; the facts were left out.",
                "此处内容超出保存上限，详细事实未列入。");
    } else if (l->json.status != STATUS_OK) {
        l->status = l->json.status;
    }
    l->now.state = l->said[PROBE_ATTENTION] ? PROBE_ATTENTION
                   : l->said[PROBE_UNKNOWN] ? PROBE_UNKNOWN
                                            : PROBE_OK;
    l->now.reason_en = keep_text(l, &l->en);
    l->now.reason_zh = keep_text(l, &l->zh);
    if (!arena_copy(e->arena, buf_view(&l->facts), &l->now.facts))
        l->status = STATUS_NOMEM;
    if (l->status == STATUS_OK && e->n < ENVIRONMENT_PROBES)
        e->at[e->n++] = l->now;
}

const char *look_print(struct look *l, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    const char *kept;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    kept = text == NULL ? NULL : arena_string(l->out->arena, bytes_text(text));
    free(text);
    if (kept == NULL)
        l->status = STATUS_NOMEM;
    return kept == NULL ? "" : kept;
}

static bool shown_as_is(uint8_t c, bool utf8)
{
    return c >= 0x20 && c != 0x7f && (c < 0x80 || utf8);
}

const char *look_shown(struct look *l, struct bytes text, size_t most)
{
    struct bytes part = bytes_slice(text, 0, most);
    bool utf8 = bytes_is_utf8(text);
    /* An escape takes four bytes; the ellipsis three. */
    char *out = arena_alloc(l->out->arena, 4 * part.n + 4);
    size_t n = 0;

    if (out == NULL) {
        l->status = STATUS_NOMEM;
        return "";
    }
    /* Cut before a character, not inside it. */
    while (utf8 && part.n != 0 && part.n < text.n && (text.p[part.n] & 0xc0) == 0x80)
        part.n--;
    for (size_t i = 0; i < part.n; i++) {
        if (shown_as_is(part.p[i], utf8))
            out[n++] = (char)part.p[i];
        else
            n += (size_t)snprintf(out + n, 5, "\\x%02x", (unsigned)part.p[i]);
    }
    if (part.n < text.n)
        memcpy(out + n, "…", sizeof("…"));
    return out;
}

void listing_add(struct listing *list, const char *name)
{
    size_t n = strlen(name);

    list->n++;
    if (list->left_out != 0 || list->used + n + 2 > PARTS_NAMES) {
        list->left_out++;
        return;
    }
    if (list->used != 0) {
        memcpy(list->text + list->used, ", ", 2);
        list->used += 2;
    }
    memcpy(list->text + list->used, name, n);
    list->used += n;
    list->text[list->used] = '\0';
}

const char *listing_text(struct listing *list)
{
    if (list->left_out != 0)
        (void)snprintf(list->text + list->used, sizeof(list->text) - list->used, " (+%zu)",
                list->left_out);
    return list->text;
}

bool parts_line(struct bytes *text, struct bytes *line)
{
    if (bytes_take_line(text, line))
        return true;
    if (text->n == 0)
        return false;
    *line = *text;
    *text = bytes_slice(*text, text->n, text->n);
    return true;
}

bool parts_word(struct bytes *line, struct bytes *word)
{
    size_t begin = 0, end;

    while (begin < line->n && (line->p[begin] == ' ' || line->p[begin] == '\t'))
        begin++;
    for (end = begin; end < line->n && line->p[end] != ' ' && line->p[end] != '\t';)
        end++;
    if (begin == end)
        return false;
    *word = bytes_slice(*line, begin, end);
    *line = bytes_slice(*line, end, line->n);
    return true;
}

struct bytes parts_setting(struct bytes text, const char *name, uint8_t separator)
{
    struct bytes line, key;

    while (parts_line(&text, &line)) {
        if (!bytes_take_until(&line, separator, &key) || !bytes_is(bytes_trim(key), name))
            continue;
        line = bytes_trim(line);
        if (line.n >= 2 && (line.p[0] == '"' || line.p[0] == '\'') &&
                line.p[line.n - 1] == line.p[0])
            line = bytes_slice(line, 1, line.n - 1);
        return line;
    }
    return bytes_of(NULL, 0);
}

bool parts_is_pid(const char *name)
{
    uint64_t n;

    return bytes_decimal(bytes_text(name), &n);
}
