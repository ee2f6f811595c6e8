/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/env/env_parts.h"

/* What Debian's package database says of a file: whose it is, and what it was. */

enum { LIKENESS = 6 };

/* The line of a file in the list of digests of a package: "HEX  usr/lib/x/y". */
static bool find_digest(
        struct look *l, const char *list, const char *needle, struct package *out)
{
    struct seen s = look_scan(l, look_print(l, "/var/lib/dpkg/info/%s", list), PARTS_LARGE);
    struct bytes name = bytes_text(list), key = bytes_text(needle);
    size_t at, from = 0;

    while (bytes_find(s.text, key, from, &at)) {
        size_t end = at + key.n;

        from = at + 1;
        if (at < 32 || (at > 32 && s.text.p[at - 33] != '\n') ||
                (end < s.text.n && s.text.p[end] != '\n'))
            continue;
        out->md5 = look_shown(l, bytes_slice(s.text, at - 32, at), 32);
        name.n -= strlen(".md5sums");
        out->name = look_shown(l, name, PARTS_SHOWN);
        return true;
    }
    return false;
}

/* The package that has the file; those whose name is like the program's are read first. */
static void find_owner(struct look *l, const char *path, struct package *out)
{
    struct names lists = look_names(l, "/var/lib/dpkg/info");
    const char *file = strrchr(path, '/'), *needle = look_print(l, "  %s", path + 1);
    struct bytes like = bytes_slice(bytes_text(file == NULL ? path : file + 1), 0, LIKENESS);

    out->database = lists.error == 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < lists.n && out->name == NULL; i++) {
            struct bytes name = bytes_text(lists.at[i]);
            size_t at;

            if (!bytes_ends_nocase(name, BYTES_LITERAL(".md5sums")) ||
                    bytes_find(name, like, 0, &at) != (pass == 0))
                continue;
            if (find_digest(l, lists.at[i], needle, out))
                return;
        }
    }
}

/* "Package: NAME" to the empty line is one paragraph of the status file: deb-control(5). */
const char *env_package_version(struct look *l, const char *package)
{
    struct seen s = look_scan(l, "/var/lib/dpkg/status", PARTS_LARGE);
    struct bytes line, name = bytes_text(package), word;
    bool inside = false;

    if (bytes_take_until(&name, ':', &word))
        name = word; /* chromium:amd64 */
    else
        name = bytes_text(package);
    while (parts_line(&s.text, &line)) {
        if (line.n == 0)
            inside = false;
        if (bytes_starts(line, BYTES_LITERAL("Package: ")))
            inside = bytes_equal(bytes_slice(line, strlen("Package: "), line.n), name);
        if (inside && bytes_starts(line, BYTES_LITERAL("Version: ")))
            return look_shown(l, bytes_slice(line, strlen("Version: "), line.n), PARTS_SHOWN);
    }
    return NULL;
}

void env_package_of(struct look *l, const char *path, struct package *out)
{
    find_owner(l, path, out);
    if (out->name != NULL)
        out->version = env_package_version(l, out->name);
}
