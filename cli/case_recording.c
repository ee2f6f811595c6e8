/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_recording.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"

enum {
    TEXT_MOST = 64 << 20,     /* of one of the files */
    PICTURE_MOST = 4 << 20,   /* of one screenshot that is carried in the page */
    PICTURES_MOST = 12 << 20, /* of all */
    PICTURES = 60,            /* likewise, and of each kind: the page shows no more */
};

static enum status take(struct arena *arena, const char *path, const char *what, size_t most,
        struct bytes *out, struct fault *fault)
{
    enum status status;
    struct buf text;

    buf_init(&text, most);
    status = file_read(path, what, &text, fault);
    if (status == STATUS_OK && !arena_copy(arena, buf_view(&text), out))
        status = fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_clear(&text);
    return status;
}

static const char *path_of(const struct case_along *along, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(along[i].name, name) == 0)
            return along[i].path;
    }
    return NULL;
}

static enum status take_named(struct arena *arena, const struct case_along *along, size_t n,
        const char *name, struct bytes *out, struct fault *fault)
{
    const char *path = path_of(along, n, name);

    return path == NULL ? STATUS_OK : take(arena, path, name, TEXT_MOST, out, fault);
}

/* Marks are what a person wanted to be seen; what merely loaded comes if there is room. */
static bool is_wanted(const struct json_value *line, bool loads)
{
    const char *why = json_string_of(json_member(line, "why"));

    return (why != NULL && strcmp(why, "load") == 0) == loads;
}

static enum status take_picture(struct arena *arena, const struct case_along *along, size_t n,
        const char *file, struct page_picture *picture, struct fault *fault)
{
    const char *name = arena_print(arena, "data/raw/%s", file);
    const char *path = name == NULL ? NULL : path_of(along, n, name);
    struct fault unread = {0};
    enum status status;

    picture->file = arena_string(arena, bytes_text(file));
    if (name == NULL || picture->file == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (path == NULL)
        return STATUS_OK;
    /* One that is too large is named in the page, not shown. */
    status = take(arena, path, "screenshot", PICTURE_MOST, &picture->png, &unread);
    return status == STATUS_NOMEM ? fault_set(fault, status, "out of memory") : STATUS_OK;
}

static size_t lines_in(struct bytes text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static enum status take_pictures(struct arena *arena, const struct case_along *along, size_t n,
        struct page_recording *r, bool loads, size_t *room, struct fault *fault)
{
    struct page_picture *pictures = NULL;
    enum status status = STATUS_OK;
    struct bytes rest = r->screens, line;
    size_t lines = lines_in(r->screens), taken = 0;

    lines = lines < PICTURES ? lines : PICTURES;
    pictures = arena_array(arena, r->picture_count + lines + 1, sizeof(*pictures));
    if (pictures == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (r->picture_count != 0)
        memcpy(pictures, r->pictures, r->picture_count * sizeof(*pictures));
    r->pictures = pictures;
    while (status == STATUS_OK && *room != 0 && taken < lines &&
            bytes_take_until(&rest, '\n', &line)) {
        struct json_value *v = json_parse(line, NULL);
        const char *file = json_string_of(json_member(v, "file"));
        struct page_picture *picture = &pictures[r->picture_count];

        if (file != NULL && is_wanted(v, loads)) {
            *picture = (struct page_picture){0};
            status = take_picture(arena, along, n, file, picture, fault);
            r->picture_count++;
            taken++;
            *room -= picture->png.n < *room ? picture->png.n : *room;
        }
        json_free(v);
    }
    return status;
}

enum status case_recording_read(struct arena *arena, const struct case_along *along, size_t n,
        struct page_facts *facts, struct fault *fault)
{
    struct page_recording *r = arena_alloc(arena, sizeof(*r));
    size_t room = PICTURES_MOST;

    if (r == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    *r = (struct page_recording){0};
    const struct {
        const char *name;
        struct bytes *out;
    } files[] = {
            {"data/session.json", &r->session},
            {"data/custody/log.jsonl", &r->custody},
            {"data/raw/screens.jsonl", &r->screens},
            {"data/env/before.json", &facts->environment_before},
            {"data/env/after.json", &facts->environment_after},
    };
    enum status status = STATUS_OK;

    if (path_of(along, n, files[0].name) == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files) && status == STATUS_OK; i++)
        status = take_named(arena, along, n, files[i].name, files[i].out, fault);
    if (status == STATUS_OK)
        status = take_pictures(arena, along, n, r, false, &room, fault);
    if (status == STATUS_OK)
        status = take_pictures(arena, along, n, r, true, &room, fault);
    facts->recording = r;
    return status;
}
