/* SPDX-License-Identifier: Apache-2.0 */
#include "report/words.h"

#include <stdbool.h>
#include <string.h>

#include "base/embed.h"

/* EXHIBIT_MO is what msgfmt made of report/po/zh_CN.po. */
EMBED(words_zh, EXHIBIT_MO);

enum {
    MO_HEADER = 20, /* magic, revision, number of texts, their table, translations' table */
    MO_ENTRY = 8,   /* length, offset */
};

static const uint32_t mo_magic = 0x950412de, mo_magic_swapped = 0xde120495;

struct catalogue {
    struct bytes file;
    bool swapped; /* big-endian */
    uint32_t count, texts, translations;
};

const char *language_code(enum language l)
{
    return l == LANGUAGE_CHINESE ? "zh" : "en";
}

const char *language_tag(enum language l)
{
    return l == LANGUAGE_CHINESE ? "zh-CN" : "en";
}

/* The caller has checked that four bytes are there. */
static uint32_t read_u32(const struct catalogue *c, size_t at)
{
    const uint8_t *p = c->file.p + at;

    if (c->swapped)
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static bool catalogue_open(struct bytes file, struct catalogue *out)
{
    struct catalogue c = {.file = file};
    uint64_t table;

    if (file.n < MO_HEADER)
        return false;
    if (read_u32(&c, 0) == mo_magic_swapped)
        c.swapped = true;
    else if (read_u32(&c, 0) != mo_magic)
        return false;
    /* Major revision 0 and 1 share the tables read here. */
    if (read_u32(&c, 4) >> 16 > 1)
        return false;
    c.count = read_u32(&c, 8);
    c.texts = read_u32(&c, 12);
    c.translations = read_u32(&c, 16);
    table = (uint64_t)c.count * MO_ENTRY;
    if (c.texts + table > file.n || c.translations + table > file.n)
        return false;
    *out = c;
    return true;
}

/* Entry i of a table: a string with its NUL inside the file; NULL otherwise. */
static const char *entry(const struct catalogue *c, uint32_t table, uint32_t i)
{
    uint64_t at = (uint64_t)table + (uint64_t)i * MO_ENTRY;
    uint64_t length = read_u32(c, (size_t)at);
    uint64_t offset = read_u32(c, (size_t)at + 4);

    if (offset + length >= c->file.n || c->file.p[offset + length] != 0)
        return NULL;
    return (const char *)c->file.p + offset;
}

const char *words_find(struct bytes mo, const char *english)
{
    struct catalogue c;
    uint32_t low = 0, high;

    /* The empty text is the catalogue's own header. */
    if (english[0] == '\0' || !catalogue_open(mo, &c))
        return NULL;
    high = c.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *text = entry(&c, c.texts, middle);
        int order;

        if (text == NULL)
            return NULL;
        order = strcmp(text, english);
        if (order == 0) {
            const char *found = entry(&c, c.translations, middle);

            return found == NULL || found[0] == '\0' ? NULL : found;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct bytes words_catalogue(enum language l)
{
    return l == LANGUAGE_CHINESE ? EMBEDDED(words_zh) : (struct bytes){0};
}

const char *words_get(enum language l, const char *english)
{
    const char *found = words_find(words_catalogue(l), english);

    return found == NULL ? english : found;
}

const char *words_plural(enum language l, const char *one, const char *more, uint64_t n)
{
    /* Chinese has one form; a catalogue files both English ones under the first. */
    const char *found = words_find(words_catalogue(l), one);

    if (found != NULL)
        return found;
    return n == 1 ? one : more;
}
