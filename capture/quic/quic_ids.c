/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_ids.h"

#include <string.h>

enum { RESET_LEAST = 21 }; /* bytes of a stateless reset, RFC 9000 section 10.3 */

struct bytes quic_id_view(const struct quic_id *id)
{
    return bytes_of(id->at, id->n);
}

bool quic_ids_has(const struct quic_ids *ids, struct bytes id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (bytes_equal(quic_id_view(&ids->list[i]), id))
            return true;
    return false;
}

void quic_ids_add(struct quic_ids *ids, struct bytes id, bool issued)
{
    struct quic_id *at;

    if (id.n > QUIC_ID_MOST)
        return;
    if (issued) {
        ids->issued = true;
        ids->length = id.n;
    }
    if (id.n == 0 || quic_ids_has(ids, id))
        return;
    for (size_t i = 0; i < ids->n; i++)
        ids->nested |= bytes_starts(quic_id_view(&ids->list[i]), id) ||
                       bytes_starts(id, quic_id_view(&ids->list[i]));
    at = &ids->list[ids->next];
    at->n = (uint8_t)id.n;
    memcpy(at->at, id.p, id.n);
    ids->told[ids->next] = false;
    ids->next = (ids->next + 1) % QUIC_IDS_MOST;
    if (ids->n < QUIC_IDS_MOST)
        ids->n++;
}

void quic_ids_add_token(struct quic_ids *ids, struct bytes token)
{
    if (token.n != QUIC_TAG)
        return;
    memcpy(ids->tokens[ids->token_next], token.p, QUIC_TAG);
    ids->token_next = (ids->token_next + 1) % QUIC_IDS_MOST;
    if (ids->token_n < QUIC_IDS_MOST)
        ids->token_n++;
}

static bool fits(const struct quic_id *id, struct bytes packet)
{
    return packet.n > id->n && memcmp(packet.p + 1, id->at, id->n) == 0;
}

bool quic_ids_length(struct quic_ids *ids, struct bytes packet, size_t *length)
{
    size_t best = 0;

    if (!ids->nested && ids->recent < ids->n && fits(&ids->list[ids->recent], packet)) {
        *length = ids->list[ids->recent].n;
        return true;
    }
    for (size_t i = 0; i < ids->n; i++)
        if (ids->list[i].n > best && fits(&ids->list[i], packet)) {
            best = ids->list[i].n;
            ids->recent = i;
        }
    if (best == 0 && !ids->issued)
        return false;
    *length = best == 0 ? ids->length : best;
    return true;
}

bool quic_ids_is_reset(const struct quic_ids *ids, struct bytes packet)
{
    if (packet.n < RESET_LEAST)
        return false;
    for (size_t i = 0; i < ids->token_n; i++)
        if (memcmp(packet.p + packet.n - QUIC_TAG, ids->tokens[i], QUIC_TAG) == 0)
            return true;
    return false;
}

bool quic_ids_next(struct quic_ids *ids, struct bytes *id)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (ids->told[i])
            continue;
        ids->told[i] = true;
        *id = quic_id_view(&ids->list[i]);
        return true;
    }
    return false;
}
