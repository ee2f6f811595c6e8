/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/condition.h"

/*
 * Precedence without recursion: one level for each open parenthesis, holding the value of the
 * `||` terms that are complete and of the `&&` factors of the current term.
 */
struct level {
    bool any;       /* some complete term is true */
    bool all;       /* all factors of the current term so far are true */
    bool negated;   /* an odd number of `!` stands before the next factor */
    bool has_value; /* a factor was just read: an operator must follow */
};

static const struct level fresh = {.all = true};

static bool is_name(uint8_t c)
{
    return ascii_is_alnum(c) || c == '_';
}

static bool add_factor(struct level *level, bool value)
{
    if (level->has_value)
        return false;
    level->all = level->all && value != level->negated;
    level->negated = false;
    level->has_value = true;
    return true;
}

static bool add_operator(struct level *level, bool is_or)
{
    if (!level->has_value)
        return false;
    level->has_value = false;
    if (is_or) {
        level->any = level->any || level->all;
        level->all = true;
    }
    return true;
}

static struct bytes take_name(struct bytes *text)
{
    size_t n = 0;
    struct bytes name;

    while (n < text->n && is_name(text->p[n]))
        n++;
    name = bytes_slice(*text, 0, n);
    *text = bytes_slice(*text, n, text->n);
    return name;
}

static bool value_of(const struct level *level)
{
    return level->any || level->all;
}

/* Reads one word of the condition; false when it can't stand here. */
static bool step(struct bytes *text, struct level *levels, size_t *depth)
{
    struct level *level = &levels[*depth];
    uint8_t c = text->p[0];

    if (is_name(c))
        return add_factor(level, bytes_is(take_name(text), "true"));
    if (c == '&' || c == '|') {
        if (text->n < 2 || text->p[1] != c)
            return false;
        *text = bytes_slice(*text, 2, text->n);
        return add_operator(level, c == '|');
    }
    *text = bytes_slice(*text, 1, text->n);
    if (c == '!') {
        level->negated = !level->negated;
        return !level->has_value;
    }
    if (c == '(') {
        if (level->has_value || *depth + 1 == CONDITION_NESTING)
            return false;
        levels[++*depth] = fresh;
        return true;
    }
    if (c != ')' || *depth == 0 || !level->has_value)
        return false;
    --*depth;
    return add_factor(&levels[*depth], value_of(level));
}

bool condition_holds(struct bytes text)
{
    struct level levels[CONDITION_NESTING] = {fresh};
    size_t depth = 0;

    for (;;) {
        while (text.n != 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
            text = bytes_slice(text, 1, text.n);
        if (text.n == 0)
            break;
        if (!step(&text, levels, &depth))
            return false;
    }
    return depth == 0 && levels[0].has_value && value_of(&levels[0]);
}
