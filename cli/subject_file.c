/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subject_file.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/subject_check.h"

enum { JSON_MOST = 4 << 20 };

enum status subject_form_add(
        struct subject_form *f, enum subject_kind kind, struct bytes label, struct bytes text)
{
    if (f->n == SUBJECT_FORM_MOST)
        return STATUS_USAGE;
    if (!arena_copy(f->arena, label, &f->at[f->n].label) ||
            !arena_copy(f->arena, text, &f->at[f->n].text))
        return STATUS_NOMEM;
    f->at[f->n++].kind = kind;
    return STATUS_OK;
}

static void write_value(
        struct json *j, enum subject_kind kind, struct bytes label, struct bytes text)
{
    struct bytes latitude, longitude;

    if (kind == SUBJECT_LOCATION && subject_check_location(text, &latitude, &longitude)) {
        json_array(j, NULL);
        json_raw(j, NULL, latitude);
        json_raw(j, NULL, longitude);
        json_end(j);
    } else if (kind == SUBJECT_OTHER) {
        json_object(j, NULL);
        json_text(j, "label", label);
        json_text(j, "value", text);
        json_end(j);
    } else {
        json_text(j, NULL, text);
    }
}

enum status subject_form_make(const struct subject_form *f, const char *path,
        struct subject *out, struct fault *fault)
{
    enum status status;
    struct buf text;
    struct json j;

    buf_init(&text, JSON_MOST);
    json_init(&j, &text);
    json_object(&j, NULL);
    for (size_t kind = 0; kind < SUBJECT_KINDS; kind++) {
        json_array(&j, subject_kind_name((enum subject_kind)kind));
        for (size_t i = 0; i < f->n; i++) {
            if (f->at[i].kind == kind)
                write_value(&j, f->at[i].kind, f->at[i].label, f->at[i].text);
        }
        json_end(&j);
    }
    json_end(&j);
    status = j.status != STATUS_OK ? fault_set(fault, j.status, "out of memory")
                                   : subject_read(f->arena, buf_view(&text), path, out, fault);
    buf_clear(&text);
    return status;
}

static const struct {
    const char *name;
    enum subject_kind kind;
} keys[] = {
        {"name", SUBJECT_NAME},
        {"姓名", SUBJECT_NAME},
        {"名字", SUBJECT_NAME},
        {"email", SUBJECT_EMAIL},
        {"e-mail", SUBJECT_EMAIL},
        {"mail", SUBJECT_EMAIL},
        {"邮箱", SUBJECT_EMAIL},
        {"电子邮件", SUBJECT_EMAIL},
        {"phone", SUBJECT_PHONE},
        {"tel", SUBJECT_PHONE},
        {"telephone", SUBJECT_PHONE},
        {"mobile", SUBJECT_PHONE},
        {"电话", SUBJECT_PHONE},
        {"手机", SUBJECT_PHONE},
        {"手机号", SUBJECT_PHONE},
        {"id_number", SUBJECT_ID_NUMBER},
        {"id number", SUBJECT_ID_NUMBER},
        {"id", SUBJECT_ID_NUMBER},
        {"身份证", SUBJECT_ID_NUMBER},
        {"身份证号", SUBJECT_ID_NUMBER},
        {"address", SUBJECT_ADDRESS},
        {"地址", SUBJECT_ADDRESS},
        {"住址", SUBJECT_ADDRESS},
        {"account", SUBJECT_ACCOUNT},
        {"user", SUBJECT_ACCOUNT},
        {"账号", SUBJECT_ACCOUNT},
        {"用户名", SUBJECT_ACCOUNT},
        {"search", SUBJECT_SEARCH},
        {"搜索", SUBJECT_SEARCH},
        {"检索词", SUBJECT_SEARCH},
        {"device", SUBJECT_DEVICE},
        {"imei", SUBJECT_DEVICE},
        {"mac", SUBJECT_DEVICE},
        {"设备", SUBJECT_DEVICE},
        {"location", SUBJECT_LOCATION},
        {"位置", SUBJECT_LOCATION},
        {"坐标", SUBJECT_LOCATION},
};

static enum subject_kind find_key(struct bytes key)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (bytes_is_nocase(key, keys[i].name))
            return keys[i].kind;
    }
    return SUBJECT_OTHER;
}

static enum status refuse(
        const char *path, size_t number, const char *what, struct fault *fault)
{
    return fault_set(fault, STATUS_INPUT, "%s: line %zu: %s", path, number, what);
}

/* "key: value"; "：" is what Chinese keyboards write. */
static enum status take_line(struct subject_form *f, struct bytes line, const char *path,
        size_t number, const char **unknown, struct fault *fault)
{
    static const struct bytes wide = {(const uint8_t *)"\xef\xbc\x9a", 3};
    struct bytes key, text, latitude, longitude;
    enum subject_kind kind;
    size_t at = line.n, mark = 0;

    if (bytes_find(line, BYTES_LITERAL(":"), 0, &at))
        mark = 1;
    if (bytes_find(line, wide, 0, &mark) && mark < at) {
        at = mark;
        mark = wide.n;
    } else {
        mark = at < line.n;
    }
    key = bytes_trim(bytes_slice(line, 0, at));
    text = bytes_trim(bytes_slice(line, at + mark, line.n));
    if (mark == 0 || key.n == 0 || text.n == 0 || key.n > SUBJECT_LABEL_MOST)
        return refuse(
                path, number, "write \"key: value\", like \"email: x@example.com\"", fault);
    kind = find_key(key);
    if (kind == SUBJECT_LOCATION && !subject_check_location(text, &latitude, &longitude))
        return refuse(path, number,
                "a location is two numbers in degrees, latitude first: 31.2304, 121.4737",
                fault);
    if (kind == SUBJECT_OTHER && *unknown == NULL) {
        *unknown = arena_string(f->arena, key);
        if (*unknown == NULL)
            return STATUS_NOMEM;
    }
    if (subject_form_add(f, kind, key, text) == STATUS_OK)
        return STATUS_OK;
    return f->n == SUBJECT_FORM_MOST
                   ? refuse(path, number, "there are more values than one file holds", fault)
                   : STATUS_NOMEM;
}

static enum status read_lines(struct bytes text, const char *path, struct arena *arena,
        struct subject *out, const char **unknown, struct fault *fault)
{
    struct subject_form *f = arena_alloc(arena, sizeof(*f));
    enum status status = f == NULL ? STATUS_NOMEM : STATUS_OK;
    struct bytes line;

    if (!bytes_is_utf8(text))
        return fault_set(fault, STATUS_INPUT, "%s: not UTF-8; save it as UTF-8", path);
    if (f != NULL)
        f->arena = arena;
    for (size_t number = 1; text.n != 0 && status == STATUS_OK; number++) {
        if (!bytes_take_line(&text, &line)) {
            line = text;
            text.n = 0;
        }
        line = bytes_trim(line);
        if (line.n != 0 && line.p[0] != '#')
            status = take_line(f, line, path, number, unknown, fault);
    }
    if (status == STATUS_OK)
        status = subject_form_make(f, path, out, fault);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}

enum status subject_file_read(const char *path, struct arena *arena, struct subject *out,
        const char **unknown, struct fault *fault)
{
    static const struct bytes mark = {(const uint8_t *)"\xef\xbb\xbf", 3};
    struct bytes text, look;
    enum status status;
    struct buf raw;

    *unknown = NULL;
    buf_init(&raw, SUBJECT_BYTES_MOST + 1);
    status = file_read(path, "file of values", &raw, fault);
    if (status == STATUS_MISSING || status == STATUS_IO)
        status = fault->status = STATUS_INPUT;
    text = buf_view(&raw);
    if (bytes_starts(text, mark))
        text = bytes_slice(text, mark.n, text.n);
    look = text;
    while (look.n != 0 && bytes_has(BYTES_LITERAL(" \t\r\n"), look.p[0]))
        look = bytes_slice(look, 1, look.n);
    if (status == STATUS_OK && look.n != 0 && look.p[0] == '{')
        status = subject_read(arena, text, path, out, fault);
    else if (status == STATUS_OK)
        status = read_lines(text, path, arena, out, unknown, fault);
    buf_clear(&raw);
    return status;
}

static enum status write_text(const struct subject *subject, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    j.pretty = true;
    json_object(&j, NULL);
    for (size_t i = 0; i < subject->n; i++) {
        const struct subject_value *v = &subject->at[i];

        if (i == 0 || subject->at[i - 1].kind != v->kind)
            json_array(&j, subject_kind_name(v->kind));
        write_value(&j, v->kind, v->label, v->text);
        if (i + 1 == subject->n || subject->at[i + 1].kind != v->kind)
            json_end(&j);
    }
    json_end(&j);
    return j.status == STATUS_OK ? buf_text(out, "\n") : j.status;
}

enum status subject_file_write(
        const char *path, const struct subject *subject, bool overwrite, struct fault *fault)
{
    enum status status;
    struct buf text;

    buf_init(&text, JSON_MOST);
    status = write_text(subject, &text);
    if (status == STATUS_OK) {
        status = overwrite ? file_replace(AT_FDCWD, path, buf_view(&text), fault)
                           : file_create(AT_FDCWD, path, buf_view(&text), fault);
        if (status == STATUS_USAGE)
            fault_set(fault, status, "%s exists already; name another file or give --overwrite",
                    path);
    }
    buf_clear(&text);
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "out of memory");
}
