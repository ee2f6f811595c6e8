/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_names.h"

#include <string.h>

enum { NAME_MOST = 128 };

/* The last part of a path with allowed characters only, in the arena. */
static char *clean(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct bytes base = bytes_text(slash == NULL ? path : slash + 1);
    char *name;

    if (base.n > NAME_MOST)
        base = bytes_slice(base, base.n - NAME_MOST, base.n);
    name = arena_string(arena, base);
    for (char *p = name; p != NULL && *p != '\0'; p++) {
        if (!ascii_is_alnum((uint8_t)*p) && strchr("._-", *p) == NULL)
            *p = '_';
    }
    /* "", "." and ".." are no names, and a leading dot would hide the evidence. */
    if (name != NULL && (name[0] == '\0' || name[0] == '.'))
        name = arena_print(arena, "file%s", name);
    return name;
}

static bool taken(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static char *numbered(struct arena *arena, const char *folder, const char *name, size_t number)
{
    const char *dot = strchr(name, '.');
    size_t stem = dot == NULL ? strlen(name) : (size_t)(dot - name);

    if (number == 1)
        return arena_print(arena, "%s/%s", folder, name);
    return arena_print(arena, "%s/%.*s-%zu%s", folder, (int)stem, name, number, name + stem);
}

const char *const *case_names(struct arena *arena, const char *folder, const char *only,
        const char *const *paths, size_t n)
{
    const char **names = arena_array(arena, n + 1, sizeof(const char *));

    for (size_t i = 0; names != NULL && i < n; i++) {
        char *name = n == 1 && only != NULL ? arena_string(arena, bytes_text(only))
                                            : clean(arena, paths[i]);
        size_t number = 1;

        do {
            names[i] = name == NULL ? NULL : numbered(arena, folder, name, number++);
        } while (names[i] != NULL && taken(names, i, names[i]));
        if (names[i] == NULL)
            return NULL;
    }
    return names;
}
