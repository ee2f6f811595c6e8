/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/format.h"

#include <stdlib.h>

#include "classify/regex.h"

struct formats {
    struct regex **patterns; /* as the table; NULL where it has none */
};

struct formats *formats_new(void)
{
    struct formats *f = calloc(1, sizeof(*f));
    enum status status;

    if (f == NULL)
        return NULL;
    f->patterns = calloc(format_table_size, sizeof(struct regex *));
    for (size_t i = 0; f->patterns != NULL && i < format_table_size; i++) {
        const char *pattern = format_table[i].pattern;

        if (pattern != NULL &&
                regex_new(bytes_text(pattern), true, &status, &f->patterns[i]) != PARSE_DONE) {
            formats_free(f);
            return NULL;
        }
    }
    if (f->patterns == NULL) {
        formats_free(f);
        return NULL;
    }
    return f;
}

void formats_free(struct formats *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; f->patterns != NULL && i < format_table_size; i++)
        regex_free(f->patterns[i]);
    free(f->patterns);
    free(f);
}

static bool name_fits(const char *want, struct bytes name)
{
    struct bytes w = bytes_text(want);

    if (w.n != 0 && w.p[w.n - 1] == '*')
        return bytes_starts(name, bytes_slice(w, 0, w.n - 1));
    return bytes_equal(w, name);
}

const struct format *formats_find(
        const struct formats *f, struct bytes name, struct bytes value)
{
    for (size_t i = 0; i < format_table_size; i++) {
        if (!name_fits(format_table[i].name, name))
            continue;
        if (f->patterns[i] == NULL || regex_matches(f->patterns[i], value) == REGEX_YES)
            return &format_table[i];
    }
    return NULL;
}
