/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture/env/environment.h"

enum { PROBES_MOST = 256, DIFFERENCES_MOST = 256, ELEMENTS_MOST = 1 << 14 };

/*
 * Values of a JSON text that json_parse has found good, cut out as they stand: cJSON keeps
 * neither the digits of large numbers nor the difference of false and null. A cursor past
 * what is good JSON simply ends.
 */

static void skip_blanks(struct bytes *b)
{
    while (b->n != 0 && (b->p[0] == ' ' || b->p[0] == '\n' || b->p[0] == '\t' ||
                                b->p[0] == '\r' || b->p[0] == ',' || b->p[0] == ':'))
        *b = bytes_slice(*b, 1, b->n);
}

static size_t string_end(struct bytes b, size_t at)
{
    for (at++; at < b.n && b.p[at] != '"'; at++) {
        if (b.p[at] == '\\')
            at++;
    }
    return at < b.n ? at + 1 : b.n;
}

static bool ends_scalar(uint8_t c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* One value off the front; false at the end of the container. */
static bool take_value(struct bytes *b, struct bytes *out)
{
    size_t at = 0, depth = 0;

    skip_blanks(b);
    if (b->n == 0 || b->p[0] == '}' || b->p[0] == ']')
        return false;
    do {
        uint8_t c = b->p[at];

        if (c == '"') {
            at = string_end(*b, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            depth--;
            at++;
        } else if (depth == 0) {
            while (at < b->n && !ends_scalar(b->p[at]))
                at++;
        } else {
            at++;
        }
    } while (depth != 0 && at < b->n);
    *out = bytes_slice(*b, 0, at);
    *b = bytes_slice(*b, at, b->n);
    return true;
}

static bool enter(struct bytes *b, uint8_t bracket)
{
    skip_blanks(b);
    if (b->n == 0 || b->p[0] != bracket)
        return false;
    *b = bytes_slice(*b, 1, b->n);
    return true;
}

/* The next member of an object that was entered; the key without its quotes. */
static bool take_member(struct bytes *b, struct bytes *key, struct bytes *value)
{
    struct bytes rest = *b, name, v;

    if (!take_value(&rest, &name) || name.n < 2 || name.p[0] != '"' || !take_value(&rest, &v))
        return false;
    *key = bytes_slice(name, 1, name.n - 1);
    *value = v;
    *b = rest;
    return true;
}

static struct bytes member(struct bytes object, const char *name)
{
    struct bytes key, value;

    if (enter(&object, '{')) {
        while (take_member(&object, &key, &value)) {
            if (bytes_is(key, name))
                return value;
        }
    }
    return bytes_of(NULL, 0);
}

/* Without the white space between values: a file that was written prettily says the same. */
static bool compact(struct arena *arena, struct bytes value, struct bytes *out)
{
    uint8_t *p = arena_alloc(arena, value.n + 1);
    size_t n = 0;

    if (p == NULL)
        return false;
    for (size_t i = 0; i < value.n;) {
        size_t end = value.p[i] == '"' ? string_end(value, i) : i + 1;

        if (value.p[i] != ' ' && value.p[i] != '\n' && value.p[i] != '\r' &&
                value.p[i] != '\t') {
            memcpy(p + n, value.p + i, end - i);
            n += end - i;
        }
        i = end;
    }
    *out = bytes_of(p, n);
    return true;
}

struct side {
    struct environment_change at[PROBES_MOST]; /* facts in `before`, the other empty */
    size_t n;
};

static const char *text_of(
        struct arena *arena, const struct json_value *v, const char *key, bool *nomem)
{
    const char *text = json_string_of(json_member(v, key)), *kept;

    kept = arena_string(arena, bytes_text(text == NULL ? "" : text));
    *nomem = *nomem || kept == NULL;
    return kept;
}

static enum status read_probe(struct arena *arena, struct bytes text, struct side *out)
{
    struct environment_change c = {0};
    struct json_value *v = json_parse(text, NULL);
    bool nomem = false;

    c.id = text_of(arena, v, "id", &nomem);
    c.title_en = text_of(arena, v, "title_en", &nomem);
    c.title_zh = text_of(arena, v, "title_zh", &nomem);
    c.expected = json_is_true(json_member(v, "changes"));
    json_free(v);
    if (nomem || !compact(arena, member(text, "facts"), &c.before))
        return STATUS_NOMEM;
    if (c.id[0] != '\0')
        out->at[out->n++] = c;
    return STATUS_OK;
}

static enum status read_side(
        struct arena *arena, struct bytes text, struct side *out, struct fault *fault)
{
    struct json_value *v = json_parse(text, fault);
    const char *schema = json_string_of(json_member(v, "schema"));
    bool known = schema != NULL && strcmp(schema, "exhibit/environment/1") == 0;
    struct bytes probes = member(text, "probes"), probe;
    enum status status = STATUS_OK;

    json_free(v);
    if (!known || !enter(&probes, '['))
        return fault_set(fault, STATUS_INPUT, "this is no description of a machine");
    while (status == STATUS_OK && out->n < PROBES_MOST && take_value(&probes, &probe))
        status = read_probe(arena, probe, out);
    if (status == STATUS_OK && take_value(&probes, &probe))
        return fault_set(fault, STATUS_INPUT, "more than %d probes", PROBES_MOST);
    return status == STATUS_OK ? status : fault_set(fault, status, "out of memory");
}

static struct environment_change *find(struct side *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->at[i].id, id) == 0)
            return &s->at[i];
    }
    return NULL;
}

static size_t join(struct side *before, struct side *after, struct environment_change *out)
{
    size_t n = 0;

    for (size_t i = 0; i < before->n; i++) {
        const struct environment_change *other = find(after, before->at[i].id);

        out[n] = before->at[i];
        if (other != NULL)
            out[n].after = other->before;
        n += !bytes_equal(out[n].before, out[n].after);
    }
    for (size_t i = 0; i < after->n; i++) {
        if (find(before, after->at[i].id) != NULL)
            continue;
        out[n] = after->at[i];
        out[n].after = out[n].before;
        out[n++].before = bytes_of(NULL, 0);
    }
    return n;
}

enum status environment_compare(struct arena *arena, struct bytes before, struct bytes after,
        struct environment_change **out, size_t *n, struct fault *fault)
{
    struct side *sides = arena_array(arena, 2, sizeof(*sides));
    struct environment_change *all = arena_array(arena, 2 * (size_t)PROBES_MOST, sizeof(*all));
    enum status status;

    if (sides == NULL || all == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    status = read_side(arena, before, &sides[0], fault);
    if (status == STATUS_OK)
        status = read_side(arena, after, &sides[1], fault);
    if (status != STATUS_OK)
        return status;
    *n = join(&sides[0], &sides[1], all);
    *out = all;
    return STATUS_OK;
}

/* Elements in order of bytes. */
struct elements {
    struct bytes *at;
    size_t n;
};

static int by_bytes(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;

    return bytes_compare(*x, *y);
}

static bool read_elements(struct arena *arena, struct bytes array, struct elements *out)
{
    struct bytes value;
    size_t capacity = 0;

    *out = (struct elements){0};
    if (!enter(&array, '['))
        return true;
    while (out->n < ELEMENTS_MOST && take_value(&array, &value)) {
        struct bytes *more = arena_grow(arena, out->at, out->n, &capacity, sizeof(*out->at));

        if (more == NULL)
            return false;
        out->at = more;
        out->at[out->n++] = value;
    }
    if (out->n > 1)
        qsort(out->at, out->n, sizeof(*out->at), by_bytes);
    return true;
}

/* Those of `a` that are not in `b`, as an array; each as often as it is more often there. */
static bool only_in(struct arena *arena, const struct elements *a, const struct elements *b,
        struct bytes *out)
{
    size_t size = 2, n = 0, k = 0;
    uint8_t *p;

    for (size_t i = 0; i < a->n; i++)
        size += a->at[i].n + 1;
    p = arena_alloc(arena, size);
    if (p == NULL)
        return false;
    p[n++] = '[';
    for (size_t i = 0; i < a->n; i++) {
        while (k < b->n && bytes_compare(b->at[k], a->at[i]) < 0)
            k++;
        if (k < b->n && bytes_equal(b->at[k], a->at[i])) {
            k++;
            continue;
        }
        if (n > 1)
            p[n++] = ',';
        memcpy(p + n, a->at[i].p, a->at[i].n);
        n += a->at[i].n;
    }
    p[n++] = ']';
    *out = bytes_of(p, n);
    return true;
}

static bool narrow(struct arena *arena, struct environment_difference *d)
{
    struct elements a, b;

    if (d->before.n == 0 || d->before.p[0] != '[' || d->after.n == 0 || d->after.p[0] != '[')
        return true;
    return read_elements(arena, d->before, &a) && read_elements(arena, d->after, &b) &&
           only_in(arena, &a, &b, &d->before) && only_in(arena, &b, &a, &d->after);
}

static struct bytes member_of(struct bytes object, struct bytes name)
{
    struct bytes key, value;

    if (enter(&object, '{')) {
        while (take_member(&object, &key, &value)) {
            if (bytes_equal(key, name))
                return value;
        }
    }
    return bytes_of(NULL, 0);
}

enum status environment_differences(struct arena *arena,
        const struct environment_change *change, struct environment_difference **out, size_t *n)
{
    struct environment_difference *all = arena_array(arena, DIFFERENCES_MOST, sizeof(*all));
    struct bytes rest = change->before, key, value;
    size_t found = 0;

    if (all == NULL)
        return STATUS_NOMEM;
    if (enter(&rest, '{')) {
        while (found < DIFFERENCES_MOST && take_member(&rest, &key, &value)) {
            all[found] =
                    (struct environment_difference){key, value, member_of(change->after, key)};
            found += !bytes_equal(value, all[found].after);
        }
    }
    rest = change->after;
    if (enter(&rest, '{')) {
        while (found < DIFFERENCES_MOST && take_member(&rest, &key, &value)) {
            all[found] = (struct environment_difference){.key = key, .after = value};
            found += member_of(change->before, key).n == 0;
        }
    }
    for (size_t i = 0; i < found; i++) {
        if (!narrow(arena, &all[i]))
            return STATUS_NOMEM;
    }
    *out = all;
    *n = found;
    return STATUS_OK;
}
