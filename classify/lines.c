/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/lines.h"

#include <string.h>

#include "classify/condition.h"

enum { INDENT = 4 };

void lines_init(struct lines *lines, struct bytes file)
{
    lines->file = file;
    lines->at = bytes_starts(file, BYTES_LITERAL("\xef\xbb\xbf")) ? 3 : 0;
    lines->number = 0;
    lines->nesting = 0;
}

static struct bytes trim(struct bytes text)
{
    while (text.n != 0 && text.p[0] <= ' ')
        text = bytes_slice(text, 1, text.n);
    while (text.n != 0 && text.p[text.n - 1] <= ' ')
        text.n--;
    return text;
}

/* One line of the file, with its blanks but without its end. */
static struct bytes take_raw(struct lines *lines)
{
    struct bytes rest = bytes_slice(lines->file, lines->at, lines->file.n), raw;

    if (!bytes_take_until(&rest, '\n', &raw)) {
        raw = rest;
        rest.n = 0;
    }
    if (raw.n != 0 && raw.p[raw.n - 1] == '\r')
        raw.n--;
    lines->at = lines->file.n - rest.n;
    lines->number++;
    return raw;
}

static bool is_continued(struct bytes text)
{
    return text.n > 2 && text.p[text.n - 1] == '\\' && text.p[text.n - 2] == ' ';
}

static bool is_indented(struct bytes raw)
{
    return raw.n > INDENT && bytes_starts(raw, BYTES_LITERAL("    ")) && raw.p[INDENT] != ' ';
}

static void add(struct lines *lines, struct line *line, struct bytes more)
{
    if (more.n > sizeof(lines->joined) - line->text.n) {
        line->too_long = true;
        more.n = sizeof(lines->joined) - line->text.n;
    }
    memcpy(lines->joined + line->text.n, more.p, more.n);
    line->text.n += more.n;
}

/* `line` ends in ` \`: takes the lines that go on with it. */
static void join(struct lines *lines, struct line *line)
{
    struct bytes part = line->text;

    line->text = (struct bytes){lines->joined, 0};
    while (is_continued(part)) {
        size_t at = lines->at;
        uint32_t number = lines->number;
        struct bytes next;

        part.n -= 2;
        add(lines, line, part);
        next = at < lines->file.n ? take_raw(lines) : (struct bytes){0};
        if (!is_indented(next)) {
            lines->at = at;
            lines->number = number;
            return;
        }
        part = trim(next);
        line->n = (uint32_t)((size_t)(part.p - lines->file.p) + part.n - line->at);
    }
    add(lines, line, part);
}

static bool all_hold(const struct lines *lines)
{
    if (lines->nesting > LINES_NESTING)
        return false;
    for (size_t i = 0; i < lines->nesting; i++) {
        if (!lines->holds[i])
            return false;
    }
    return true;
}

/* False when the directive is not one of conditions. */
static bool follow_condition(struct lines *lines, struct bytes text)
{
    if (bytes_starts(text, BYTES_LITERAL("!#if "))) {
        if (lines->nesting < LINES_NESTING)
            lines->holds[lines->nesting] = condition_holds(bytes_slice(text, 5, text.n));
        lines->nesting++;
    } else if (bytes_is(text, "!#else")) {
        if (lines->nesting != 0 && lines->nesting <= LINES_NESTING)
            lines->holds[lines->nesting - 1] = !lines->holds[lines->nesting - 1];
    } else if (bytes_is(text, "!#endif")) {
        lines->nesting -= lines->nesting != 0;
    } else {
        return false;
    }
    return true;
}

bool lines_next(struct lines *lines, struct line *out)
{
    struct line line = {0};

    if (lines->at >= lines->file.n)
        return false;
    line.text = trim(take_raw(lines));
    line.number = lines->number;
    line.at = (uint32_t)(line.text.p - lines->file.p);
    line.n = (uint32_t)line.text.n;
    if (is_continued(line.text))
        join(lines, &line);
    if (line.text.n > RULE_LINE_MOST) {
        line.too_long = true;
        line.text.n = RULE_LINE_MOST;
    }
    line.kind = rule_line_kind(line.text);
    if (line.kind != RULE_LINE_DIRECTIVE || !follow_condition(lines, line.text))
        line.skipped = !all_hold(lines);
    *out = line;
    return true;
}
