/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/half.h"

#include <stdlib.h>
#include <string.h>

void half_init(struct half *h, enum direction dir)
{
    *h = (struct half){.dir = dir};
    records_init(&h->records);
    buf_init(&h->message, TLS_MESSAGE_MOST + RECORD_FRAGMENT_MOST + 8);
}

void half_clear(struct half *h)
{
    while (h->first != NULL) {
        struct waiting *next = h->first->next;

        free(h->first);
        h->first = next;
    }
    free(h->current);
    records_clear(&h->records);
    crypt_free(h->crypt);
    buf_clear(&h->message);
    free(h->plain);
}

enum status half_wait(struct half *h, const struct item *in)
{
    size_t frames = in->frames.n * sizeof(*in->frames.at);
    size_t data = in->kind == ITEM_BYTES ? in->data.n : 0;
    struct waiting *w = malloc(sizeof(*w) + frames + data);
    uint8_t *room = (uint8_t *)(w + 1);

    if (w == NULL)
        return STATUS_NOMEM;
    w->next = NULL;
    w->item = *in;
    w->item.frames = (struct frames){(uint64_t *)(void *)room, in->frames.n};
    w->item.data = bytes_of(room + frames, data);
    if (frames != 0)
        memcpy(room, in->frames.at, frames);
    if (data != 0)
        memcpy(room + frames, in->data.p, data);
    if (h->last == NULL)
        h->first = w;
    else
        h->last->next = w;
    h->last = w;
    h->waiting_bytes += sizeof(*w) + frames + data;
    h->impatient |= h->waiting_bytes > TLS_WAIT_MOST;
    return STATUS_OK;
}

bool half_resume(struct half *h)
{
    struct waiting *w = h->first;

    free(h->current);
    h->current = NULL;
    if (w == NULL)
        return false;
    h->first = w->next;
    if (h->first == NULL)
        h->last = NULL;
    h->waiting_bytes -=
            sizeof(*w) + w->item.frames.n * sizeof(*w->item.frames.at) + w->item.data.n;
    h->current = w;
    records_push(&h->records, &w->item);
    return true;
}

static bool waits_for_client(const struct tls *t, const struct half *h, const struct record *r)
{
    const struct half *client = &t->half[FROM_CLIENT];

    if (h->epoch != EPOCH_PLAIN || r->type != RECORD_HANDSHAKE)
        return false;
    return (!t->now.client_seen || t->now.retry) && !client->lost_hello && !client->over;
}

static bool waits_for_server(const struct tls *t, const struct half *h, const struct record *r)
{
    const struct half *server = &t->half[FROM_SERVER];
    bool protected = r->type == RECORD_DATA || r->type == RECORD_CHANGE_CIPHER;

    if (!protected || server->lost_hello || server->over)
        return false;
    if (h->epoch == EPOCH_MASTER)
        return r->type == RECORD_CHANGE_CIPHER && t->now.client_seen && !t->now.server_seen;
    if (h->epoch != EPOCH_PLAIN || !t->now.client_seen || t->now.retry)
        return false;
    if (!t->now.server_seen)
        return true;
    /* Was the early data accepted? The EncryptedExtensions say. */
    return t->now.early == EARLY_UNKNOWN && r->type == RECORD_DATA && server->crypt == NULL &&
           !server->keyless && !server->doubt && server->unopened == 0;
}

bool half_must_wait(const struct tls *t, const struct half *h, const struct record *r)
{
    if (t->closing || h->impatient)
        return false;
    return h->dir == FROM_SERVER ? waits_for_client(t, h, r) : waits_for_server(t, h, r);
}
