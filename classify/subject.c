/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/subject.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "classify/han.h"

enum { LOCATION_TEXT = 48, DEGREE_PARTS = 10000000 }; /* a ten-millionth: a centimetre */

static const char *const kinds[SUBJECT_KINDS] = {
        [SUBJECT_NAME] = "name",
        [SUBJECT_EMAIL] = "email",
        [SUBJECT_PHONE] = "phone",
        [SUBJECT_ID_NUMBER] = "id_number",
        [SUBJECT_ADDRESS] = "address",
        [SUBJECT_ACCOUNT] = "account",
        [SUBJECT_SEARCH] = "search",
        [SUBJECT_DEVICE] = "device",
        [SUBJECT_LOCATION] = "location",
        [SUBJECT_OTHER] = "other",
};

const char *subject_kind_name(enum subject_kind kind)
{
    return kinds[kind];
}

struct reading {
    struct arena *arena;
    const char *path;
    struct fault *fault;
    struct subject_value *at;
    size_t n, capacity;
    size_t first; /* of the kind that is read now */
};

static enum status refuse(
        const struct reading *r, enum subject_kind kind, size_t number, const char *what)
{
    return fault_set(r->fault, STATUS_INPUT, "%s: \"%s\", value %zu: %s", r->path, kinds[kind],
            number, what);
}

/* The text as it is looked for. A NUL never comes here: see refuse_nul. */
static enum status take_text(const struct reading *r, enum subject_kind kind, size_t number,
        const char *text, struct bytes *out)
{
    struct bytes raw = bytes_text(text), made;
    enum status status;

    if (raw.n > SUBJECT_TEXT_MOST)
        return refuse(r, kind, number, "longer than 1024 bytes");
    status = han_normal(r->arena, raw, &made);
    if (status == STATUS_INPUT)
        return refuse(r, kind, number, "not UTF-8");
    if (status != STATUS_OK)
        return status;
    if (made.n == 0)
        return refuse(r, kind, number, "empty; leave it out");
    if (made.n > SUBJECT_TEXT_MOST)
        return refuse(r, kind, number, "longer than 1024 bytes");
    for (size_t i = 0; i < made.n; i++) {
        if (made.p[i] < 0x20 || made.p[i] == 0x7f)
            return refuse(r, kind, number, "has a control character; write it in one line");
    }
    *out = made;
    return STATUS_OK;
}

static enum status add(struct reading *r, const struct subject_value *v)
{
    struct subject_value *grown;

    /* Said twice is said once: the first stands. */
    for (size_t i = r->first; i < r->n; i++) {
        if (bytes_equal(r->at[i].text, v->text) && bytes_equal(r->at[i].label, v->label))
            return STATUS_OK;
    }
    if (r->n == SUBJECT_VALUES_MOST)
        return fault_set(r->fault, STATUS_INPUT, "%s: more than %d values", r->path,
                SUBJECT_VALUES_MOST);
    grown = arena_grow(r->arena, r->at, r->n, &r->capacity, sizeof(*r->at));
    if (grown == NULL)
        return STATUS_NOMEM;
    r->at = grown;
    r->at[r->n] = *v;
    r->at[r->n].number = r->n - r->first + 1;
    r->n++;
    return STATUS_OK;
}

static enum status read_text(
        struct reading *r, enum subject_kind kind, size_t number, const struct json_value *json)
{
    struct subject_value v = {.kind = kind, .label = bytes_text(kinds[kind])};
    const char *text = json_string_of(json);
    enum status status;

    if (text == NULL)
        return refuse(r, kind, number, "must be a text in quotation marks");
    status = take_text(r, kind, number, text, &v.text);
    return status == STATUS_OK ? add(r, &v) : status;
}

/* An angle without the zeros at its end, whatever the locale: "31.2304". */
static size_t put_degrees(double degrees, char *out, size_t room)
{
    long long parts = llround(degrees * DEGREE_PARTS);
    unsigned long long whole = (unsigned long long)(parts < 0 ? -parts : parts);
    int n = snprintf(out, room, "%s%llu.%07llu", parts < 0 ? "-" : "", whole / DEGREE_PARTS,
            whole % DEGREE_PARTS);
    size_t length = n < 0 ? 0 : (size_t)n;

    while (length != 0 && out[length - 1] == '0')
        length--;
    return length != 0 && out[length - 1] == '.' ? length - 1 : length;
}

static enum status read_location(
        struct reading *r, size_t number, const struct json_value *json)
{
    struct subject_value v = {.kind = SUBJECT_LOCATION, .label = BYTES_LITERAL("location")};
    const struct json_value *latitude = json_is_array(json) ? json_first(json) : NULL;
    const struct json_value *longitude = json_next(latitude);
    char text[LOCATION_TEXT];
    size_t n;

    if (!json_number_of(latitude, &v.latitude) || !json_number_of(longitude, &v.longitude) ||
            json_next(longitude) != NULL)
        return refuse(r, SUBJECT_LOCATION, number,
                "must be [latitude, longitude], two numbers in degrees");
    /* Written so that a NaN is refused, too. */
    if (!(fabs(v.latitude) <= 90) || !(fabs(v.longitude) <= 180))
        return refuse(r, SUBJECT_LOCATION, number,
                "no place on Earth; the latitude comes first, at most 90 degrees");
    n = put_degrees(v.latitude, text, sizeof(text) / 2);
    text[n++] = ',';
    n += put_degrees(v.longitude, text + n, sizeof(text) - n);
    if (!arena_copy(r->arena, bytes_of(text, n), &v.text))
        return STATUS_NOMEM;
    return add(r, &v);
}

static enum status read_other(struct reading *r, size_t number, const struct json_value *json)
{
    struct subject_value v = {.kind = SUBJECT_OTHER};
    const char *label = NULL, *value = NULL;
    enum status status;

    if (!json_is_object(json))
        return refuse(
                r, SUBJECT_OTHER, number, "must be {\"label\": \"...\", \"value\": \"...\"}");
    for (const struct json_value *m = json_first(json); m != NULL; m = json_next(m)) {
        const char **which = strcmp(json_key(m), "label") == 0   ? &label
                             : strcmp(json_key(m), "value") == 0 ? &value
                                                                 : NULL;

        if (which == NULL || *which != NULL)
            return refuse(r, SUBJECT_OTHER, number,
                    "has one \"label\" and one \"value\", and nothing else");
        *which = json_string_of(m);
        if (*which == NULL)
            return refuse(r, SUBJECT_OTHER, number,
                    "\"label\" and \"value\" must be texts in quotation marks");
    }
    if (label == NULL || value == NULL)
        return refuse(r, SUBJECT_OTHER, number, "needs a \"label\" and a \"value\"");
    status = take_text(r, SUBJECT_OTHER, number, label, &v.label);
    if (status == STATUS_OK)
        status = take_text(r, SUBJECT_OTHER, number, value, &v.text);
    return status == STATUS_OK ? add(r, &v) : status;
}

static enum status read_kind(
        struct reading *r, enum subject_kind kind, const struct json_value *list)
{
    enum status status = STATUS_OK;
    size_t number = 0;

    if (!json_is_array(list))
        return fault_set(r->fault, STATUS_INPUT, "%s: \"%s\" must be a list: [ ... ]", r->path,
                kinds[kind]);
    r->first = r->n;
    for (const struct json_value *v = json_first(list); v != NULL && status == STATUS_OK;
            v = json_next(v)) {
        number++;
        if (kind == SUBJECT_LOCATION)
            status = read_location(r, number, v);
        else if (kind == SUBJECT_OTHER)
            status = read_other(r, number, v);
        else
            status = read_text(r, kind, number, v);
    }
    return status;
}

/* Puts the lists of the document under their kinds: each key is known and stands there once. */
static enum status find_lists(const struct reading *r, const struct json_value *document,
        const struct json_value *lists[SUBJECT_KINDS])
{
    if (!json_is_object(document))
        return fault_set(r->fault, STATUS_INPUT,
                "%s: must be a JSON object: {\"email\": [\"...\"], ...}", r->path);
    for (const struct json_value *m = json_first(document); m != NULL; m = json_next(m)) {
        size_t kind = 0;

        while (kind < SUBJECT_KINDS && strcmp(json_key(m), kinds[kind]) != 0)
            kind++;
        if (kind == SUBJECT_KINDS)
            return fault_set(r->fault, STATUS_INPUT,
                    "%s: unknown key \"%.64s\"; known are name, email, phone, id_number, "
                    "address, account, search, device, location, other",
                    r->path, json_key(m));
        if (lists[kind] != NULL)
            return fault_set(r->fault, STATUS_INPUT, "%s: \"%s\" stands there twice", r->path,
                    kinds[kind]);
        lists[kind] = m;
    }
    return STATUS_OK;
}

/* "\u0000" would end a text for whoever reads it as a C string. */
static bool has_nul(struct bytes text)
{
    size_t slashes = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0')
            return true;
        if (text.p[i] == 'u' && slashes % 2 == 1 &&
                bytes_starts(bytes_slice(text, i, text.n), BYTES_LITERAL("u0000")))
            return true;
        slashes = text.p[i] == '\\' ? slashes + 1 : 0;
    }
    return false;
}

static enum status check_text(struct bytes text, const char *path, struct fault *fault)
{
    if (text.n > SUBJECT_BYTES_MOST)
        return fault_set(
                fault, STATUS_INPUT, "%s: longer than %d bytes", path, SUBJECT_BYTES_MOST);
    if (!bytes_is_utf8(text))
        return fault_set(fault, STATUS_INPUT, "%s: not UTF-8; save it as UTF-8", path);
    if (has_nul(text))
        return fault_set(fault, STATUS_INPUT, "%s: has a NUL character", path);
    return STATUS_OK;
}

enum status subject_read(struct arena *arena, struct bytes text, const char *path,
        struct subject *out, struct fault *fault)
{
    struct reading r = {.arena = arena, .path = path, .fault = fault};
    const struct json_value *lists[SUBJECT_KINDS] = {0};
    struct json_value *document;
    struct fault why = {0};
    enum status status = check_text(text, path, fault);

    if (status != STATUS_OK)
        return status;
    document = json_parse(text, &why);
    if (document == NULL)
        return fault_set(fault, STATUS_INPUT, "%s: %s", path, why.text);
    status = find_lists(&r, document, lists);
    for (size_t kind = 0; kind < SUBJECT_KINDS && status == STATUS_OK; kind++) {
        if (lists[kind] != NULL)
            status = read_kind(&r, (enum subject_kind)kind, lists[kind]);
    }
    json_free(document);
    if (status != STATUS_OK)
        return fault_set(fault, status, "%s: %s", path,
                status == STATUS_MISSING ? "the data files of ICU cannot be read"
                                         : "out of memory");
    *out = (struct subject){.at = r.at, .n = r.n};
    return STATUS_OK;
}
