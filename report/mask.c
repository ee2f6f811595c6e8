/* SPDX-License-Identifier: Apache-2.0 */
#include "report/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { SHOWN_DIGITS = 4 };

static const char separators[] = " \t\r\n;,&?=/\"':<>{}[]()#|\\";

void mask_init(struct mask *m)
{
    memset(m, 0, sizeof(*m));
    m->lengths_known = true;
}

void mask_clear(struct mask *m)
{
    free(m->digests);
    mask_init(m);
}

static enum status add(struct mask *m, const uint8_t sha256[SHA256_BYTES])
{
    void *grown;

    if (m->n == MASK_VALUES_MOST)
        return STATUS_USAGE;
    grown = array_grow(m->digests, m->n, &m->capacity, sizeof(*m->digests));
    if (grown == NULL)
        return STATUS_NOMEM;
    m->digests = grown;
    memcpy(m->digests[m->n++], sha256, SHA256_BYTES);
    return STATUS_OK;
}

enum status mask_add_digest(struct mask *m, const uint8_t sha256[SHA256_BYTES])
{
    enum status status = add(m, sha256);

    if (status == STATUS_OK)
        m->lengths_known = false;
    return status;
}

enum status mask_add_value(struct mask *m, struct bytes value)
{
    uint8_t digest[DIGEST_MOST];
    enum status status;

    if (!digest_once(DIGEST_SHA256, value, digest))
        return STATUS_NOMEM;
    status = add(m, digest);
    if (status == STATUS_OK && value.n <= MASK_LONGEST)
        m->lengths[value.n / 8] |= (uint8_t)(1u << (value.n % 8));
    return status;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_BYTES);
}

void mask_seal(struct mask *m)
{
    if (m->n != 0)
        qsort(m->digests, m->n, sizeof(*m->digests), compare);
}

static bool holds(const struct mask *m, struct bytes value)
{
    uint8_t digest[DIGEST_MOST];

    if (value.n < MASK_SHORTEST || value.n > MASK_LONGEST)
        return false;
    if (m->lengths_known && (m->lengths[value.n / 8] & 1u << (value.n % 8)) == 0)
        return false;
    /* Out of memory: better one stretch too many hidden than a credential shown. */
    if (!digest_once(DIGEST_SHA256, value, digest))
        return true;
    return bsearch(digest, m->digests, m->n, sizeof(*m->digests), compare) != NULL;
}

/*
 * The longest value that starts at `begin`: it may end at the end of the text or before the
 * first separator of any one kind, so that "a=b" is found as well as "b" behind it.
 */
static bool value_at(const struct mask *m, struct bytes text, size_t begin, size_t *end)
{
    bool met[sizeof(separators)] = {false}, found = false;
    size_t i;

    for (i = begin; i < text.n && i - begin <= MASK_LONGEST; i++) {
        const char *kind = text.p[i] == 0 ? NULL : strchr(separators, text.p[i]);

        if (kind == NULL || met[kind - separators])
            continue;
        met[kind - separators] = true;
        if (holds(m, bytes_slice(text, begin, i))) {
            *end = i;
            found = true;
        }
    }
    if (i == text.n && holds(m, bytes_slice(text, begin, i))) {
        *end = i;
        found = true;
    }
    return found;
}

bool mask_next(const struct mask *m, struct bytes text, size_t from, size_t *begin, size_t *end)
{
    if (m->n == 0)
        return false;
    for (size_t i = from; i < text.n; i++) {
        bool starts =
                i == 0 || (text.p[i - 1] != 0 && strchr(separators, text.p[i - 1]) != NULL);

        if (starts && value_at(m, text, i, end)) {
            *begin = i;
            return true;
        }
    }
    return false;
}

bool mask_text(struct bytes value, char out[MASK_TEXT])
{
    char hex[SHA256_TEXT];

    if (!sha256_text(value, hex))
        return false;
    (void)snprintf(out, MASK_TEXT, "[%zu bytes, sha256 %.*s…]", value.n, SHOWN_DIGITS, hex);
    return true;
}
