/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_part.h"

static const char *detail_of(enum gap_cause why)
{
    switch (why) {
    case GAP_NO_KEYS:
        return "QUIC packets without a secret; the length counts ciphertext";
    case GAP_BAD_TAG:
        return "QUIC packets that no key opens; the length counts ciphertext";
    case GAP_SNAPLEN:
        return "QUIC packets that the capture cut short; the length counts ciphertext";
    case GAP_MIDSTREAM:
        return "the QUIC handshake was not captured, and no secret of the key log opens its "
               "packets; the length counts ciphertext";
    case GAP_UNSUPPORTED:
        return "a version of QUIC that is not read; the length counts ciphertext";
    case GAP_BAD:
        return "bytes that are no QUIC packet";
    case GAP_BUDGET:
        return "too many QUIC packets waited for their keys; the length counts ciphertext";
    case GAP_LOST:
    case GAP_KERNEL_DROP:
    case GAP_CONFLICT:
    case GAP_CUT:
        break;
    }
    return "QUIC packets that could not be read; the length counts ciphertext";
}

static struct quic_loss *add(struct quic *q, enum direction dir, enum gap_cause why,
        const char *detail, uint64_t bytes, uint64_t packet)
{
    struct quic_loss *loss = &q->loss[dir][why];

    if (loss->packets++ == 0) {
        loss->first_packet = loss->last_packet = packet;
        loss->detail = detail;
    }
    /* What waited is counted late. */
    if (packet < loss->first_packet)
        loss->first_packet = packet;
    if (packet > loss->last_packet)
        loss->last_packet = packet;
    loss->bytes += bytes;
    return loss;
}

void quic_lose_bytes(struct quic *q, enum direction dir, enum gap_cause why, const char *detail,
        uint64_t bytes, uint64_t packet)
{
    add(q, dir, why, detail, bytes, packet)->data_bytes += bytes;
}

void quic_lose(struct quic *q, const struct quic_try *t, uint64_t bytes, uint64_t packet)
{
    struct quic_loss *loss = add(q, t->dir, t->why, t->detail, bytes, packet);

    if (t->packet.kind == QUIC_ONE_RTT || t->packet.kind == QUIC_ZERO_RTT)
        loss->data_bytes += bytes;
    q->setup.facts->unopened[t->dir]++;
}

/* Without any hello it was not the key log that failed. */
static enum gap_cause filed_as(const struct quic *q, enum gap_cause why)
{
    return why == GAP_NO_KEYS && q->initial_n == 0 ? GAP_MIDSTREAM : why;
}

static enum status file(struct quic *q, enum direction dir, enum gap_cause why)
{
    const struct quic_loss *loss = &q->loss[dir][why];
    enum gap_cause cause = filed_as(q, why);
    const struct gap gap = {.why = cause,
            .layer = LAYER_PACKET,
            .dir = dir,
            .len = loss->bytes,
            .first_packet = loss->first_packet,
            .last_packet = loss->last_packet,
            .detail = loss->detail != NULL ? loss->detail : detail_of(cause)};

    return loss->packets == 0 || ledger_file(q->setup.ledger, &gap) != 0 ? STATUS_OK
                                                                         : STATUS_NOMEM;
}

static enum status file_early(struct quic *q)
{
    const struct gap refused = {.why = GAP_UNSUPPORTED,
            .layer = LAYER_PACKET,
            .first_packet = q->refused_first,
            .last_packet = q->refused_last,
            .detail = "early data that the server refused; the client sends it again"};
    const struct gap unsure = {.why = GAP_LOST,
            .layer = LAYER_PACKET,
            .first_packet = q->unsure_first,
            .last_packet = q->unsure_last,
            .detail =
                    "early data whose answer was not seen: what the client sent is shown, but "
                    "the server may have refused it"};

    if (q->refused != 0 && ledger_file(q->setup.ledger, &refused) == 0)
        return STATUS_NOMEM;
    return q->unsure == 0 || ledger_file(q->setup.ledger, &unsure) != 0 ? STATUS_OK
                                                                        : STATUS_NOMEM;
}

enum status quic_loss_file(struct quic *q)
{
    enum status status = STATUS_OK;

    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        for (int why = 0; why < GAP_CAUSES && status == STATUS_OK; why++)
            status = file(q, (enum direction)dir, (enum gap_cause)why);
    return status == STATUS_OK ? file_early(q) : status;
}

/* The cause of most bytes; GAP_LOST when there is none. */
static enum gap_cause most(const struct quic *q, bool data_only, uint64_t *bytes)
{
    enum gap_cause cause = GAP_LOST;

    *bytes = 0;
    for (int why = 0; why < GAP_CAUSES; why++) {
        const struct quic_loss *c = &q->loss[FROM_CLIENT][why];
        const struct quic_loss *s = &q->loss[FROM_SERVER][why];
        uint64_t sum = data_only ? c->data_bytes + s->data_bytes : c->bytes + s->bytes;

        if (sum <= *bytes)
            continue;
        *bytes = sum;
        cause = (enum gap_cause)why;
    }
    return filed_as(q, cause);
}

enum gap_cause quic_loss_cause(const struct quic *q)
{
    uint64_t bytes;

    return most(q, true, &bytes);
}

static const char *reason_of(enum gap_cause why)
{
    switch (why) {
    case GAP_NO_KEYS:
        return "no keys";
    case GAP_BAD_TAG:
        return "no key fits";
    case GAP_UNSUPPORTED:
        return "unsupported version or cipher";
    case GAP_MIDSTREAM:
        return "the handshake was not captured";
    case GAP_BAD:
        return "bytes that are no QUIC packets";
    case GAP_SNAPLEN:
        return "packets were cut short";
    case GAP_LOST:
    case GAP_KERNEL_DROP:
    case GAP_CONFLICT:
    case GAP_BUDGET:
    case GAP_CUT:
        break;
    }
    return "packets could not be read";
}

enum decrypted quic_decrypted(const struct quic *q, const char **reason)
{
    uint64_t bytes;
    enum gap_cause why = most(q, false, &bytes);

    *reason = NULL;
    if (bytes == 0)
        return q->opened_data == 0 ? DECRYPTED_NOT_NEEDED : DECRYPTED_FULL;
    *reason = reason_of(why);
    return q->opened_data == 0 ? DECRYPTED_NO : DECRYPTED_PARTIAL;
}
