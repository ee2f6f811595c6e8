/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/qpack_table.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 32 };

void qpack_table_init(struct qpack_table *t, size_t most)
{
    *t = (struct qpack_table){.most = most};
}

static struct qpack_entry *slot_of(const struct qpack_table *t, uint64_t index)
{
    return &t->ring[index & (t->slots - 1)];
}

static size_t size_of(const struct qpack_entry *e)
{
    return (size_t)e->name_n + e->value_n + QPACK_ENTRY_EXTRA;
}

static void drop_oldest(struct qpack_table *t)
{
    struct qpack_entry *e = slot_of(t, t->first++);

    t->size -= size_of(e);
    free(e->text);
    e->text = NULL;
}

void qpack_table_clear(struct qpack_table *t)
{
    while (t->first != t->count)
        drop_oldest(t);
    free(t->ring);
    qpack_table_init(t, t->most);
}

static enum status make_slot(struct qpack_table *t)
{
    size_t slots = t->slots == 0 ? SLOTS_FIRST : t->slots * 2;
    struct qpack_entry *ring;

    if (t->count - t->first < t->slots)
        return STATUS_OK;
    ring = calloc(slots, sizeof(*ring));
    if (ring == NULL)
        return STATUS_NOMEM;
    for (uint64_t i = t->first; i != t->count; i++)
        ring[i & (slots - 1)] = *slot_of(t, i);
    free(t->ring);
    t->ring = ring;
    t->slots = slots;
    return STATUS_OK;
}

static enum status add(struct qpack_table *t, struct qpack_entry entry)
{
    if (make_slot(t) != STATUS_OK)
        return STATUS_NOMEM;
    while (t->first != t->count && t->size + size_of(&entry) > t->most)
        drop_oldest(t);
    *slot_of(t, t->count++) = entry;
    t->size += size_of(&entry);
    return STATUS_OK;
}

enum status qpack_table_add(struct qpack_table *t, struct bytes name, struct bytes value)
{
    struct qpack_entry entry = {.name_n = (uint32_t)name.n, .value_n = (uint32_t)value.n};

    entry.text = malloc(name.n + value.n + 1);
    if (entry.text == NULL)
        return STATUS_NOMEM;
    if (name.n != 0)
        memcpy(entry.text, name.p, name.n);
    if (value.n != 0)
        memcpy(entry.text + name.n, value.p, value.n);
    if (add(t, entry) != STATUS_OK) {
        free(entry.text);
        return STATUS_NOMEM;
    }
    return STATUS_OK;
}

enum status qpack_table_add_unknown(struct qpack_table *t)
{
    return add(t, (struct qpack_entry){0});
}

bool qpack_table_find(
        const struct qpack_table *t, uint64_t index, struct bytes *name, struct bytes *value)
{
    const struct qpack_entry *e;

    if (index < t->first || index >= t->count)
        return false;
    e = slot_of(t, index);
    if (e->text == NULL)
        return false;
    *name = bytes_of(e->text, e->name_n);
    *value = bytes_of(e->text + e->name_n, e->value_n);
    return true;
}
