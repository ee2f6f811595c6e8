/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/session.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

struct session {
    bool used;
    uint8_t key[SHA256_BYTES];
    uint8_t secret[SESSION_SECRET];
};

/* Open addressing; the key is a digest, so its own bytes are the hash. */
struct sessions {
    struct session *slots; /* owned; a power of two of them, at most half full */
    size_t slot_count;
    size_t n;
};

struct sessions *sessions_new(void)
{
    struct sessions *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->slots = calloc(FIRST_SLOTS, sizeof(*s->slots));
    if (s->slots == NULL) {
        free(s);
        return NULL;
    }
    s->slot_count = FIRST_SLOTS;
    return s;
}

void sessions_free(struct sessions *s)
{
    if (s == NULL)
        return;
    free(s->slots);
    free(s);
}

bool sessions_key(bool is_ticket, struct bytes name, uint8_t out[SHA256_BYTES])
{
    uint8_t inner[DIGEST_MOST], tagged[1 + SHA256_BYTES];

    if (!digest_once(DIGEST_SHA256, name, inner))
        return false;
    tagged[0] = is_ticket ? 'T' : 'I';
    memcpy(tagged + 1, inner, SHA256_BYTES);
    if (!digest_once(DIGEST_SHA256, bytes_of(tagged, sizeof(tagged)), inner))
        return false;
    memcpy(out, inner, SHA256_BYTES);
    return true;
}

static struct session *slot_of(
        struct session *slots, size_t count, const uint8_t key[SHA256_BYTES])
{
    uint64_t h;
    size_t at;

    memcpy(&h, key, sizeof(h));
    for (at = (size_t)h & (count - 1); slots[at].used; at = (at + 1) & (count - 1))
        if (memcmp(slots[at].key, key, SHA256_BYTES) == 0)
            break;
    return &slots[at];
}

static enum status widen(struct sessions *s)
{
    size_t count = s->slot_count * 2;
    struct session *slots = calloc(count, sizeof(*slots));

    if (slots == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].used)
            *slot_of(slots, count, s->slots[i].key) = s->slots[i];
    free(s->slots);
    s->slots = slots;
    s->slot_count = count;
    return STATUS_OK;
}

enum status sessions_add(struct sessions *s, const uint8_t key[SHA256_BYTES],
        const uint8_t secret[SESSION_SECRET])
{
    struct session *slot = slot_of(s->slots, s->slot_count, key);

    if (slot->used || s->n == SESSIONS_MOST)
        return STATUS_OK;
    if (s->n >= s->slot_count / 2) {
        enum status status = widen(s);

        if (status != STATUS_OK)
            return status;
        slot = slot_of(s->slots, s->slot_count, key);
    }
    slot->used = true;
    memcpy(slot->key, key, SHA256_BYTES);
    memcpy(slot->secret, secret, SESSION_SECRET);
    s->n++;
    return STATUS_OK;
}

const uint8_t *sessions_find(const struct sessions *s, const uint8_t key[SHA256_BYTES])
{
    const struct session *slot = s == NULL ? NULL : slot_of(s->slots, s->slot_count, key);

    return slot != NULL && slot->used ? slot->secret : NULL;
}
