/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/describe.h"

#include <string.h>

bool describe_init(struct description *d)
{
    struct arena *arena = arena_new(DESCRIBE_BYTES_MOST);

    if (arena == NULL)
        return false;
    *d = (struct description){.arena = arena};
    return true;
}

void describe_clear(struct description *d)
{
    arena_free(d->arena);
    *d = (struct description){0};
}

/* Room for one more in one of the three lists; NULL when it is full. */
static void *grow(struct description *d, void *list, size_t count, size_t most,
        size_t *capacity, size_t size)
{
    void *grown = count >= most ? NULL : arena_grow(d->arena, list, count, capacity, size);

    if (grown == NULL)
        d->cut = true;
    return grown;
}

struct described_section *describe_section(struct description *d)
{
    struct described_section *grown = grow(d, d->sections, d->section_count,
            DESCRIBE_SECTIONS_MOST, &d->section_capacity, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    d->sections = grown;
    grown += d->section_count++;
    *grown = (struct described_section){0};
    return grown;
}

struct described_interface *describe_interface(struct description *d)
{
    struct described_interface *grown = grow(d, d->interfaces, d->interface_count,
            DESCRIBE_INTERFACES_MOST, &d->interface_capacity, sizeof(*grown));

    if (grown == NULL)
        return NULL;
    d->interfaces = grown;
    grown += d->interface_count++;
    *grown = (struct described_interface){0};
    return grown;
}

void describe_comment(struct description *d, uint64_t off, uint64_t packet, struct bytes text)
{
    struct described_comment *grown = grow(d, d->comments, d->comment_count,
            DESCRIBE_COMMENTS_MOST, &d->comment_capacity, sizeof(*grown));
    const char *copy;

    if (grown == NULL)
        return;
    d->comments = grown;
    copy = describe_text(d, text);
    if (copy == NULL)
        return;
    grown[d->comment_count++] =
            (struct described_comment){.off = off, .packet = packet, .text = copy};
}

int describe_link(uint32_t link)
{
    enum { RAW_IP_DLT = 12, RAW_IP_OPENBSD = 14, RAW_IP = 101 };

    return link == RAW_IP_DLT || link == RAW_IP_OPENBSD ? RAW_IP : (int)link;
}

const char *describe_text(struct description *d, struct bytes text)
{
    const uint8_t *nul = text.n == 0 ? NULL : memchr(text.p, 0, text.n);
    const char *copy;

    if (nul != NULL)
        text.n = (size_t)(nul - text.p);
    if (text.n > DESCRIBE_TEXT_MOST) {
        text.n = DESCRIBE_TEXT_MOST;
        d->cut = true;
    }
    copy = arena_string(d->arena, text);
    if (copy == NULL)
        d->cut = true;
    return copy;
}
