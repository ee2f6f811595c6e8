/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/handshake.h"

#include <stdlib.h>
#include <string.h>

#include "capture/tls/half.h"

enum { PARAMETERS_MOST = 1 << 16 };

struct handshake {
    struct tls tls; /* its halves are not used: each level has its own */
    struct half half[2][HANDSHAKE_LEVELS];
    bool lost[2][HANDSHAKE_LEVELS];
    struct buf waiting[HANDSHAKE_LEVELS]; /* of the server */
};

static enum epoch epoch_of(enum handshake_level level)
{
    switch (level) {
    case HANDSHAKE_INITIAL:
        return EPOCH_PLAIN;
    case HANDSHAKE_HANDSHAKE:
        return EPOCH_HANDSHAKE;
    case HANDSHAKE_APPLICATION:
    case HANDSHAKE_LEVELS:
        break;
    }
    return EPOCH_TRAFFIC;
}

static void init_levels(struct handshake *h)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        for (int level = 0; level < HANDSHAKE_LEVELS; level++) {
            half_init(&h->half[dir][level], (enum direction)dir);
            h->lost[dir][level] = false;
        }
    for (int level = 0; level < HANDSHAKE_LEVELS; level++)
        buf_init(&h->waiting[level], TLS_WAIT_MOST);
}

static void clear_levels(struct handshake *h)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        for (int level = 0; level < HANDSHAKE_LEVELS; level++)
            half_clear(&h->half[dir][level]);
    for (int level = 0; level < HANDSHAKE_LEVELS; level++)
        buf_clear(&h->waiting[level]);
}

struct handshake *handshake_new(const struct tls_setup *setup)
{
    struct handshake *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    h->tls.setup = *setup;
    h->tls.quic = true;
    buf_init(&h->tls.now.transcript, TRANSCRIPT_MOST);
    buf_init(&h->tls.parameters[FROM_CLIENT], PARAMETERS_MOST);
    buf_init(&h->tls.parameters[FROM_SERVER], PARAMETERS_MOST);
    init_levels(h);
    return h;
}

void handshake_free(struct handshake *h)
{
    if (h == NULL)
        return;
    clear_levels(h);
    buf_clear(&h->tls.now.transcript);
    buf_clear(&h->tls.parameters[FROM_CLIENT]);
    buf_clear(&h->tls.parameters[FROM_SERVER]);
    free(h);
}

static enum status read_content(struct handshake *h, enum direction dir,
        enum handshake_level level, struct bytes content)
{
    struct negotiation *n = &h->tls.now;
    struct half *half = &h->half[dir][level];
    enum status status = STATUS_OK;

    /* Behind a hello that was lost: QUIC knows no older TLS (RFC 9001 section 4.2). */
    if (level != HANDSHAKE_INITIAL && n->version == 0)
        n->version = VERSION_TLS13;
    half->epoch = epoch_of(level);
    /* In pieces, as records would bring it: the buffer of messages is made for these. */
    while (content.n != 0 && status == STATUS_OK) {
        struct bytes piece = bytes_slice(content, 0, RECORD_FRAGMENT_MOST);

        content = bytes_slice(content, piece.n, content.n);
        status = message_push(&h->tls, half, piece);
    }
    return status;
}

/* The hellos make the terms under which what follows them is read. */
static bool must_wait(const struct handshake *h, enum handshake_level level)
{
    const struct negotiation *n = &h->tls.now;

    if ((!n->client_seen || n->retry) && !h->lost[FROM_CLIENT][HANDSHAKE_INITIAL])
        return true;
    return level != HANDSHAKE_INITIAL && !n->server_seen &&
           !h->lost[FROM_SERVER][HANDSHAKE_INITIAL];
}

/* What waits and need not any more. */
static enum status release(struct handshake *h)
{
    enum status status = STATUS_OK;

    for (int level = 0; level < HANDSHAKE_LEVELS && status == STATUS_OK; level++) {
        struct buf *waiting = &h->waiting[level];

        if (waiting->n == 0 || must_wait(h, (enum handshake_level)level))
            continue;
        status = read_content(h, FROM_SERVER, (enum handshake_level)level, buf_view(waiting));
        buf_clear(waiting);
    }
    return status;
}

enum status handshake_push(struct handshake *h, enum direction dir, enum handshake_level level,
        struct bytes content)
{
    enum status status;

    if (h->lost[dir][level])
        return STATUS_OK;
    if (dir == FROM_SERVER && must_wait(h, level)) {
        status = buf_append(&h->waiting[level], content);
        if (status != STATUS_USAGE)
            return status;
        /* Too much to wait on: the client's hello will not come. */
        status = handshake_lost(h, FROM_CLIENT, HANDSHAKE_INITIAL);
        if (status == STATUS_OK && must_wait(h, level))
            status = handshake_lost(h, FROM_SERVER, HANDSHAKE_INITIAL);
        return status == STATUS_OK ? read_content(h, dir, level, content) : status;
    }
    status = read_content(h, dir, level, content);
    return status == STATUS_OK ? release(h) : status;
}

enum status handshake_lost(struct handshake *h, enum direction dir, enum handshake_level level)
{
    if (h->lost[dir][level])
        return STATUS_OK;
    h->lost[dir][level] = true;
    buf_reset(&h->half[dir][level].message);
    /* Only what the server signs matters: the hellos and its own messages. */
    if (level != HANDSHAKE_APPLICATION && (dir == FROM_SERVER || level == HANDSHAKE_INITIAL))
        message_lost(&h->tls, &h->half[dir][level]);
    return release(h);
}

void handshake_again(struct handshake *h)
{
    struct negotiation *n = &h->tls.now;

    clear_levels(h);
    init_levels(h);
    buf_clear(&n->transcript);
    *n = (struct negotiation){0};
    buf_init(&n->transcript, TRANSCRIPT_MOST);
    buf_reset(&h->tls.parameters[FROM_CLIENT]);
    buf_reset(&h->tls.parameters[FROM_SERVER]);
}

const struct negotiation *handshake_negotiation(const struct handshake *h)
{
    return &h->tls.now;
}

void handshake_name(struct handshake *h, struct bytes client_random)
{
    struct negotiation *n = &h->tls.now;

    if (client_random.n != sizeof(n->client_random))
        return;
    memcpy(n->client_random, client_random.p, sizeof(n->client_random));
    /* What the peers sign begins with the hello that nobody saw. */
    n->transcript_broken = true;
    buf_clear(&n->transcript);
}

struct bytes handshake_parameters(const struct handshake *h, enum direction dir)
{
    return buf_view(&h->tls.parameters[dir]);
}

const char *handshake_alert_name(uint8_t alert)
{
    return message_alert_name(alert);
}
