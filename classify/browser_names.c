/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/browser_names.h"

#include <stdlib.h>

enum { FIRST_SIZE = 64 };

void browser_names_init(struct browser_names *n, size_t most)
{
    *n = (struct browser_names){.most = most};
}

void browser_names_clear(struct browser_names *n)
{
    free(n->slots);
    *n = (struct browser_names){.most = n->most};
}

static size_t seek(const struct browser_names *n, struct bytes name)
{
    size_t at = siphash_bytes(n->key, name) & (n->size - 1);

    while (n->slots[at].name.p != NULL && !bytes_equal(n->slots[at].name, name))
        at = (at + 1) & (n->size - 1);
    return at;
}

static bool enlarge(struct browser_names *n)
{
    struct browser_names larger = {
            .size = n->size == 0 ? FIRST_SIZE : n->size * 2,
            .used = n->used,
            .most = n->most,
            .key = n->size == 0 ? siphash_key_draw() : n->key,
    };

    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < n->size; i++) {
        if (n->slots[i].name.p != NULL)
            larger.slots[seek(&larger, n->slots[i].name)] = n->slots[i];
    }
    free(n->slots);
    *n = larger;
    return true;
}

uint32_t browser_names_find(const struct browser_names *n, struct bytes name)
{
    return n->size == 0 || name.n == 0 ? 0 : n->slots[seek(n, name)].number;
}

struct browser_name *browser_names_place(struct browser_names *n, struct bytes name, bool *full)
{
    size_t at;

    *full = false;
    if (n->used * 2 >= n->size && !enlarge(n))
        return NULL;
    at = seek(n, name);
    if (n->slots[at].name.p != NULL)
        return &n->slots[at];
    if (n->used == n->most) {
        *full = true;
        return NULL;
    }
    n->slots[at].name = name;
    n->used++;
    return &n->slots[at];
}
