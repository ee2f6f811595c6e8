/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/secret.h"

#include <string.h>

bool secret_is_tls13(const struct negotiation *n)
{
    return n->version == VERSION_TLS13 || n->version >> 8 == 0x7f;
}

static struct bytes client_random_of(const struct negotiation *n)
{
    return bytes_of(n->client_random, sizeof(n->client_random));
}

/* A pre-master secret of the log, made into the master secret. */
static bool from_premaster(
        const struct negotiation *n, struct bytes premaster, uint8_t out[SCHEDULE_MASTER])
{
    if (n->suite == NULL)
        return false;
    if (!n->extended_master)
        return schedule_master(
                n->version, n->suite->prf, premaster, n->client_random, n->server_random, out);
    /* Without the whole handshake the extended form cannot be computed: RFC 7627. */
    return !n->transcript_broken && n->exchange_end != 0 &&
           schedule_master_extended(n->version, n->suite->prf, premaster,
                   bytes_slice(buf_view(&n->transcript), 0, n->exchange_end), out);
}

/* The nth secret under this label and name; else takes their number off nth. */
static bool pick(const struct keylog *keys, enum keylog_label label, struct bytes id,
        size_t *nth, struct bytes *out)
{
    size_t count = 0;

    if (id.n == 0)
        return false;
    if (keylog_find(keys, label, id, *nth, out))
        return true;
    while (keylog_find(keys, label, id, count, out))
        count++;
    *nth -= count;
    return false;
}

static bool pick_session(const struct sessions *sessions, bool is_ticket, struct bytes name,
        const uint8_t *ticket, size_t *nth, uint8_t out[SCHEDULE_MASTER])
{
    uint8_t key[SHA256_BYTES];
    const uint8_t *secret;

    if (ticket != NULL)
        memcpy(key, ticket, sizeof(key));
    else if (name.n == 0 || !sessions_key(is_ticket, name, key))
        return false;
    secret = sessions_find(sessions, key);
    if (secret == NULL || (*nth)-- != 0)
        return false;
    memcpy(out, secret, SCHEDULE_MASTER);
    return true;
}

bool secret_master(const struct negotiation *n, const struct keylog *keys,
        const struct sessions *sessions, size_t nth, uint8_t out[SCHEDULE_MASTER])
{
    struct bytes session = {n->server_session, n->server_session_n};
    struct bytes offered = {n->client_session, n->client_session_n};
    struct bytes rsa = {n->rsa, n->has_rsa ? sizeof(n->rsa) : 0}, secret;

    if (n->has_master && nth-- == 0) {
        memcpy(out, n->master, SCHEDULE_MASTER);
        return true;
    }
    if (pick(keys, KEYLOG_MASTER, client_random_of(n), &nth, &secret) ||
            pick(keys, KEYLOG_SESSION, session, &nth, &secret) ||
            pick(keys, KEYLOG_SESSION, offered, &nth, &secret)) {
        if (secret.n != SCHEDULE_MASTER)
            return false;
        memcpy(out, secret.p, SCHEDULE_MASTER);
        return true;
    }
    if (pick(keys, KEYLOG_PREMASTER, client_random_of(n), &nth, &secret) ||
            pick(keys, KEYLOG_RSA, rsa, &nth, &secret))
        return from_premaster(n, secret, out);
    return pick_session(sessions, false, session, NULL, &nth, out) ||
           (n->has_ticket && pick_session(sessions, true, session, n->ticket, &nth, out));
}

bool secret_traffic(const struct negotiation *n, const struct keylog *keys,
        enum keylog_label label, size_t nth, struct bytes *out)
{
    struct bytes secret;

    if (n->suite == NULL)
        return false;
    for (size_t i = 0; keylog_find(keys, label, client_random_of(n), i, &secret); i++) {
        if (secret.n != hash_length(n->suite->prf) || nth-- != 0)
            continue;
        *out = secret;
        return true;
    }
    return false;
}
