/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void json_init(struct json *j, struct buf *out)
{
    *j = (struct json){.out = out};
}

static void put(struct json *j, struct bytes text)
{
    if (j->status == STATUS_OK)
        j->status = buf_append(j->out, text);
}

static void put_text(struct json *j, const char *text)
{
    put(j, bytes_text(text));
}

static void new_line(struct json *j)
{
    static const char spaces[] =
            "                                                                ";

    put_text(j, "\n");
    put(j, bytes_of(spaces, 2 * (size_t)j->depth));
}

static void put_escape(struct json *j, uint8_t c)
{
    char text[8];

    switch (c) {
    case '"':
        put_text(j, "\\\"");
        return;
    case '\\':
        put_text(j, "\\\\");
        return;
    case '\n':
        put_text(j, "\\n");
        return;
    case '\r':
        put_text(j, "\\r");
        return;
    case '\t':
        put_text(j, "\\t");
        return;
    default:
        (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
        put_text(j, text);
    }
}

static bool is_plain(uint8_t c, bool utf8)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && (utf8 || c < 0x80);
}

static void put_quoted(struct json *j, struct bytes text)
{
    bool utf8 = bytes_is_utf8(text);
    size_t begin = 0;

    put_text(j, "\"");
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        uint8_t two[2] = {(uint8_t)(0xc0 | c >> 6), (uint8_t)(0x80 | (c & 0x3f))};

        if (is_plain(c, utf8))
            continue;
        put(j, bytes_slice(text, begin, i));
        begin = i + 1;
        if (c >= 0x80)
            put(j, bytes_of(two, 2)); /* ISO 8859-1 */
        else
            put_escape(j, c);
    }
    put(j, bytes_slice(text, begin, text.n));
    put_text(j, "\"");
}

/* Comma, line and key in front of a value. */
static void lead(struct json *j, const char *key)
{
    if (j->depth != 0) {
        if (j->filled[j->depth - 1])
            put_text(j, ",");
        j->filled[j->depth - 1] = true;
        if (j->pretty)
            new_line(j);
    }
    if (key != NULL) {
        put_quoted(j, bytes_text(key));
        put_text(j, j->pretty ? ": " : ":");
    }
}

static void misuse(struct json *j)
{
    if (j->status == STATUS_OK)
        j->status = STATUS_USAGE;
}

static void open_level(struct json *j, const char *key, bool array)
{
    lead(j, key);
    put_text(j, array ? "[" : "{");
    if (j->depth == JSON_DEPTH) {
        misuse(j);
        return;
    }
    j->array[j->depth] = array;
    j->filled[j->depth] = false;
    j->depth++;
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, false);
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, true);
}

void json_end(struct json *j)
{
    bool array, filled;

    if (j->depth == 0) {
        misuse(j);
        return;
    }
    j->depth--;
    array = j->array[j->depth];
    filled = j->filled[j->depth];
    if (j->pretty && filled)
        new_line(j);
    put_text(j, array ? "]" : "}");
}

void json_text(struct json *j, const char *key, struct bytes value)
{
    lead(j, key);
    put_quoted(j, value);
}

void json_string(struct json *j, const char *key, const char *value)
{
    if (value == NULL)
        json_null(j, key);
    else
        json_text(j, key, bytes_text(value));
}

void json_integer(struct json *j, const char *key, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    lead(j, key);
    put_text(j, text);
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    lead(j, key);
    put_text(j, text);
}

void json_bool(struct json *j, const char *key, bool value)
{
    lead(j, key);
    put_text(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    lead(j, key);
    put_text(j, "null");
}

/* "2026-01-02T03:04:05", and what follows the seconds. */
static void time_text(int64_t second, const char *rest, char out[TIME_TEXT])
{
    time_t when = (time_t)second;
    struct tm parts;

    if (gmtime_r(&when, &parts) == NULL)
        memset(&parts, 0, sizeof(parts));
    (void)snprintf(out, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d%s", parts.tm_year + 1900,
            parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

void json_seconds_text(int64_t seconds, char out[TIME_TEXT])
{
    time_text(seconds, "Z", out);
}

void json_time_text(int64_t ns, char out[TIME_TEXT])
{
    int64_t second = ns / 1000000000, rest = ns % 1000000000;
    char fraction[16];

    if (rest < 0) {
        rest += 1000000000;
        second--;
    }
    (void)snprintf(fraction, sizeof(fraction), ".%06dZ", (int)(rest / 1000));
    time_text(second, fraction, out);
}

void json_time(struct json *j, const char *key, int64_t ns)
{
    char text[TIME_TEXT];

    json_time_text(ns, text);
    json_string(j, key, text);
}

void json_hex(struct json *j, const char *key, struct bytes raw)
{
    static const char digits[] = "0123456789abcdef";

    lead(j, key);
    put_text(j, "\"");
    for (size_t i = 0; i < raw.n; i++) {
        char pair[2] = {digits[raw.p[i] >> 4], digits[raw.p[i] & 15]};

        put(j, bytes_of(pair, 2));
    }
    put_text(j, "\"");
}

void json_raw(struct json *j, const char *key, struct bytes raw)
{
    lead(j, key);
    put(j, raw);
}

/* cJSON's own type behind our name: the two pointers are the same. */
static const cJSON *inner(const struct json_value *v)
{
    return (const cJSON *)(const void *)v;
}

static const struct json_value *outer(const cJSON *item)
{
    return (const struct json_value *)(const void *)item;
}

/* cJSON recurses per level, up to 1000; refuse deeper text before it does. */
static bool too_deep(struct bytes text)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH)
                return true;
        } else if ((c == ']' || c == '}') && depth != 0) {
            depth--;
        }
    }
    return false;
}

/* White space as JSON has it, RFC 8259 section 2. */
static bool is_blank(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ' && text.p[i] != '\t' && text.p[i] != '\n' && text.p[i] != '\r')
            return false;
    return true;
}

struct json_value *json_parse(struct bytes text, struct fault *fault)
{
    const char *begin = (const char *)text.p, *end = NULL;
    size_t line = 1, column = 1;
    cJSON *item;

    if (too_deep(text)) {
        fault_set(fault, STATUS_INPUT, "JSON is nested deeper than %d levels", JSON_DEPTH);
        return NULL;
    }
    item = cJSON_ParseWithLengthOpts(begin, text.n, &end, 0);
    /* One document is all there may be; cJSON itself stops behind the first. */
    if (item != NULL && !is_blank(bytes_slice(text, (size_t)(end - begin), text.n))) {
        cJSON_Delete(item);
        item = NULL;
    }
    if (item == NULL) {
        for (const char *p = begin; p != NULL && p < end; p++) {
            column = *p == '\n' ? 1 : column + 1;
            line += *p == '\n';
        }
        fault_set(fault, STATUS_INPUT, "not JSON at line %zu, column %zu", line, column);
    }
    return (struct json_value *)(void *)item;
}

void json_free(struct json_value *v)
{
    cJSON_Delete((cJSON *)(void *)v);
}

const struct json_value *json_member(const struct json_value *object, const char *key)
{
    return outer(cJSON_GetObjectItemCaseSensitive(inner(object), key));
}

const struct json_value *json_first(const struct json_value *container)
{
    const cJSON *item = inner(container);

    return item == NULL ? NULL : outer(item->child);
}

const struct json_value *json_next(const struct json_value *member)
{
    return member == NULL ? NULL : outer(inner(member)->next);
}

const char *json_key(const struct json_value *member)
{
    return member == NULL ? NULL : inner(member)->string;
}

const char *json_string_of(const struct json_value *v)
{
    return cJSON_GetStringValue(inner(v));
}

bool json_number_of(const struct json_value *v, double *out)
{
    if (!cJSON_IsNumber(inner(v)))
        return false;
    *out = inner(v)->valuedouble;
    return true;
}

bool json_integer_of(const struct json_value *v, int64_t *out)
{
    double value;

    if (!json_number_of(v, &value) || value < -9007199254740992.0 ||
            value > 9007199254740992.0 || (double)(int64_t)value != value)
        return false;
    *out = (int64_t)value;
    return true;
}

bool json_is_true(const struct json_value *v)
{
    return cJSON_IsTrue(inner(v)) != 0;
}

bool json_is_array(const struct json_value *v)
{
    return cJSON_IsArray(inner(v)) != 0;
}

bool json_is_object(const struct json_value *v)
{
    return cJSON_IsObject(inner(v)) != 0;
}
