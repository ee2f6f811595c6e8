/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture/tls/certificate.h"
#include "capture/tls/fingerprint.h"
#include "capture/tls/half.h"
#include "capture/tls/hello.h"

enum {
    MESSAGE_HEADER = 4,
    /* RFC 8446 section 4, RFC 5246 section 7.4, RFC 8879 */
    HELLO_REQUEST = 0,
    CLIENT_HELLO = 1,
    SERVER_HELLO = 2,
    NEW_SESSION_TICKET = 4,
    END_OF_EARLY_DATA = 5,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    SERVER_KEY_EXCHANGE = 12,
    CERTIFICATE_VERIFY = 15,
    CLIENT_KEY_EXCHANGE = 16,
    FINISHED = 20,
    KEY_UPDATE = 24,
    COMPRESSED_CERTIFICATE = 25,
    MESSAGE_HASH = 254,
    LAST_OLD_HELLO_DRAFT = 21, /* until it, the ServerHello of TLS 1.3 had a form of its own */
};

struct message {
    uint8_t type;
    struct bytes body;
    struct bytes whole; /* with type and length */
};

/* Adds to what the peers sign. Once something is missing, nothing more is kept. */
static enum status transcribe(struct negotiation *n, struct bytes whole)
{
    enum status status;

    if (n->transcript_broken)
        return STATUS_OK;
    status = buf_append(&n->transcript, whole);
    if (status == STATUS_USAGE) {
        n->transcript_broken = true;
        buf_clear(&n->transcript);
        return STATUS_OK;
    }
    return status;
}

/* After a HelloRetryRequest a hash stands for the first ClientHello: RFC 8446 section 4.4.1. */
static enum status fold_transcript(struct negotiation *n)
{
    struct bytes first = buf_view(&n->transcript);
    uint8_t folded[MESSAGE_HEADER + HASH_MOST] = {MESSAGE_HASH, 0, 0, 0};
    size_t length = n->suite == NULL ? 0 : hash_length(n->suite->prf);

    if (n->transcript_broken || length == 0) {
        n->transcript_broken = true;
        return STATUS_OK;
    }
    if (!hash_parts(n->suite->prf, &first, 1, folded + MESSAGE_HEADER))
        return STATUS_NOMEM;
    folded[3] = (uint8_t)length;
    buf_reset(&n->transcript);
    return transcribe(n, bytes_of(folded, MESSAGE_HEADER + length));
}

static void tell_client(struct tls *t, const struct client_hello *hello)
{
    struct tls_facts *facts = t->setup.facts;
    struct arena *arena = t->setup.arena;
    struct bytes identity;

    if (facts->has_client_random)
        return; /* only the first hello of a connection is reported */
    memcpy(facts->client_random, hello->random, sizeof(facts->client_random));
    facts->has_client_random = true;
    facts->ech = hello->shared.ech;
    if (hello->has_server_name)
        facts->server_name = arena_string(arena, hello->server_name);
    if (hello->psk_identity.n != 0 && arena_copy(arena, hello->psk_identity, &identity))
        facts->psk_identity = identity;
    if (hello->psk_identity.n != 0)
        (void)!ticket_make(TICKET_PSK, hello->psk_identity, &facts->offered);
    else if (hello->has_ticket && hello->ticket.n != 0)
        (void)!ticket_make(TICKET_SESSION, hello->ticket, &facts->offered);
    /* A lack of memory leaves a fact unknown. */
    (void)!fingerprint_ja3(hello, arena, &facts->ja3_text, &facts->ja3);
    (void)!fingerprint_ja4(
            hello, t->quic ? FINGERPRINT_QUIC : FINGERPRINT_TCP, arena, &facts->ja4);
}

/* QUIC: the newest hello of a side says what holds. */
static enum status keep_parameters(
        struct tls *t, enum direction dir, const struct hello_shared *sent)
{
    if (!t->quic || !sent->has_quic_parameters)
        return STATUS_OK;
    buf_reset(&t->parameters[dir]);
    return buf_append(&t->parameters[dir], sent->quic_parameters);
}

static enum status begin_handshake(struct tls *t, const struct client_hello *hello)
{
    struct negotiation *n = &t->now;

    buf_clear(&n->transcript);
    *n = (struct negotiation){.client_seen = true, .ech = hello->shared.ech};
    buf_init(&n->transcript, TRANSCRIPT_MOST);
    t->handshakes++;
    memcpy(n->client_random, hello->random, sizeof(n->client_random));
    if (hello->session_id.n <= sizeof(n->client_session)) {
        n->client_session_n = hello->session_id.n;
        if (hello->session_id.n != 0)
            memcpy(n->client_session, hello->session_id.p, hello->session_id.n);
    }
    n->early = hello->shared.early_data ? EARLY_UNKNOWN : EARLY_NONE;
    if (hello->has_ticket && hello->ticket.n != 0) {
        n->has_ticket = true;
        if (!sessions_key(true, hello->ticket, n->ticket))
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status take_client_hello(
        struct tls *t, const struct client_hello *hello, struct bytes whole)
{
    enum status status = STATUS_OK;

    t->setup.facts->seen = true;
    tell_client(t, hello);
    status = keep_parameters(t, FROM_CLIENT, &hello->shared);
    if (status != STATUS_OK)
        return status;
    if (t->now.retry)
        t->now.retry = false;
    else
        status = begin_handshake(t, hello);
    return status == STATUS_OK ? transcribe(&t->now, whole) : status;
}

static enum status client_hello(struct tls *t, struct half *h, const struct message *m)
{
    struct client_hello hello;

    if (h->dir != FROM_CLIENT || hello_read_client(m->body, &hello) != PARSE_DONE)
        return STATUS_OK;
    return take_client_hello(t, &hello, m->whole);
}

enum status message_sslv2(struct tls *t, struct half *h, struct bytes message)
{
    struct client_hello hello;

    if (h->dir != FROM_CLIENT || hello_read_sslv2(message, &hello) != PARSE_DONE)
        return STATUS_OK;
    return take_client_hello(t, &hello, message);
}

/* The ServerHello of the drafts before 22: no session id, no compression, and the version in
 * plain sight. */
static bool read_draft_hello(struct bytes body, struct server_hello *out)
{
    struct server_hello hello = {.has_extensions = true};
    struct bytes random, rest, extension;
    uint16_t type;

    if (!bytes_take_u16(&body, &hello.version) || hello.version >> 8 != 0x7f ||
            (hello.version & 0xff) > LAST_OLD_HELLO_DRAFT ||
            !bytes_take(&body, HELLO_RANDOM, &random) || !bytes_take_u16(&body, &hello.suite) ||
            !bytes_take_vec16(&body, &hello.extensions) || body.n != 0)
        return false;
    hello.legacy_version = hello.version;
    memcpy(hello.random, random.p, HELLO_RANDOM);
    rest = hello.extensions;
    while (hello_extension_next(&rest, &type, &extension))
        if (type == HELLO_PRE_SHARED_KEY)
            hello.has_psk = true;
    *out = hello;
    return true;
}

/* Before TLS 1.3 a session id that the client shows and the server repeats resumes; a new one
 * of the server may be shown later. Beside a ticket it means nothing: RFC 5077 section 3.4. */
static void tell_session(struct tls *t, const struct server_hello *hello)
{
    struct tls_facts *facts = t->setup.facts;
    struct bytes shown = bytes_of(t->now.client_session, t->now.client_session_n);

    facts->resumed = hello->session_id.n != 0 && bytes_equal(hello->session_id, shown);
    if (hello->session_id.n == 0 || t->now.has_ticket || facts->offered.kind != TICKET_NONE)
        return;
    if (facts->resumed)
        (void)!ticket_make(TICKET_SESSION_ID, shown, &facts->offered);
    else
        (void)!tickets_add(&facts->issued, TICKET_SESSION_ID, hello->session_id);
}

static void tell_server(struct tls *t, const struct server_hello *hello)
{
    struct tls_facts *facts = t->setup.facts;
    struct arena *arena = t->setup.arena;

    facts->seen = true;
    facts->hello_retry |= hello->retry;
    if (hello->has_group && hello_group_name(hello->group) != NULL)
        facts->group = hello_group_name(hello->group);
    if (hello->retry || facts->version != 0)
        return;
    facts->version = hello_version_plain(hello->version);
    facts->suite = hello->suite;
    facts->suite_name = t->now.suite == NULL ? NULL : t->now.suite->name;
    if (hello->alpn.n != 0)
        facts->alpn = arena_string(arena, hello->alpn);
    if (secret_is_tls13(&t->now))
        facts->resumed = hello->has_psk;
    else
        tell_session(t, hello);
    const char *text;
    (void)!fingerprint_ja3s(hello, arena, &text, &facts->ja3s);
}

static enum status server_hello(struct tls *t, struct half *h, const struct message *m)
{
    struct negotiation *n = &t->now;
    struct server_hello hello;
    enum status status = STATUS_OK;

    if (h->dir != FROM_SERVER || n->server_seen ||
            (!read_draft_hello(m->body, &hello) &&
                    hello_read_server(m->body, &hello) != PARSE_DONE))
        return STATUS_OK;
    n->version = hello.version;
    n->suite_number = hello.suite;
    n->suite = suite_find(hello.suite);
    if (hello.retry) {
        n->retry = true;
        if (n->early == EARLY_UNKNOWN)
            n->early = EARLY_REJECTED;
        tell_server(t, &hello);
        status = fold_transcript(n);
        return status == STATUS_OK ? transcribe(n, m->whole) : status;
    }
    n->server_seen = true;
    memcpy(n->server_random, hello.random, sizeof(n->server_random));
    if (hello.session_id.n <= sizeof(n->server_session)) {
        n->server_session_n = hello.session_id.n;
        if (hello.session_id.n != 0)
            memcpy(n->server_session, hello.session_id.p, hello.session_id.n);
    }
    n->encrypt_then_mac = hello.encrypt_then_mac;
    n->extended_master = hello.extended_master_secret;
    n->compressed = hello.compression != 0;
    tell_server(t, &hello);
    if (secret_is_tls13(n)) {
        if (n->early == EARLY_UNKNOWN && !hello.has_psk)
            n->early = EARLY_REJECTED;
        open_enter(h, EPOCH_HANDSHAKE);
    } else if (n->early != EARLY_NONE) {
        n->early = EARLY_REJECTED;
    }
    return transcribe(n, m->whole);
}

static enum status encrypted_extensions(struct tls *t, struct half *h, const struct message *m)
{
    struct encrypted_extensions extensions;

    if (h->dir != FROM_SERVER || hello_read_encrypted(m->body, &extensions) != PARSE_DONE)
        return STATUS_OK;
    if (extensions.alpn.n != 0)
        t->setup.facts->alpn = arena_string(t->setup.arena, extensions.alpn);
    if (t->now.early == EARLY_UNKNOWN)
        t->now.early = extensions.shared.early_data ? EARLY_ACCEPTED : EARLY_REJECTED;
    if (keep_parameters(t, FROM_SERVER, &extensions.shared) != STATUS_OK)
        return STATUS_NOMEM;
    return transcribe(&t->now, m->whole);
}

static void read_certificates(struct tls *t, const struct half *h, struct bytes body)
{
    struct tls_facts *facts = t->setup.facts;
    enum certificate_form form =
            secret_is_tls13(&t->now) ? CERTIFICATE_TLS13 : CERTIFICATE_TLS12;
    struct certificate_list list;

    if (h->dir == FROM_SERVER && facts->chain != NULL)
        return;
    if (certificate_read(body, form, t->setup.arena, &list) != PARSE_DONE)
        return;
    if (h->dir == FROM_CLIENT) {
        facts->client_certificate |= list.n != 0;
        return;
    }
    facts->chain = list.at;
    facts->chain_length = list.n;
}

static enum status certificate(struct tls *t, struct half *h, const struct message *m)
{
    struct buf unpacked;

    if (m->type == CERTIFICATE) {
        read_certificates(t, h, m->body);
    } else {
        buf_init(&unpacked, CERTIFICATE_MESSAGE_MOST);
        if (certificate_unpack(m->body, &unpacked) == PARSE_DONE)
            read_certificates(t, h, buf_view(&unpacked));
        buf_clear(&unpacked);
    }
    /* In TLS 1.3 the client's own comes behind all that the server signs. */
    if (h->dir == FROM_CLIENT && secret_is_tls13(&t->now))
        return STATUS_OK;
    return transcribe(&t->now, m->whole);
}

static enum status server_key_exchange(struct tls *t, struct half *h, const struct message *m)
{
    struct tls_facts *facts = t->setup.facts;
    const struct suite *suite = t->now.suite;
    struct key_exchange exchange;
    enum suite_exchange kind = suite == NULL ? EXCHANGE_OTHER : suite->exchange;
    bool ecdhe = kind == EXCHANGE_ECDHE || kind == EXCHANGE_ECDH_ANON;
    bool dhe = kind == EXCHANGE_DHE || kind == EXCHANGE_DH_ANON;

    if (h->dir == FROM_SERVER && (ecdhe || dhe) &&
            hello_read_key_exchange(m->body, ecdhe ? KEY_EXCHANGE_ECDHE : KEY_EXCHANGE_DHE,
                    t->now.version, &exchange) == PARSE_DONE) {
        if (ecdhe && facts->group == NULL)
            facts->group = hello_group_name(exchange.group);
        if (facts->chain_length != 0 && t->handshakes == 1)
            facts->verify = certificate_check_exchange(&facts->chain[0], t->now.version,
                    t->now.client_random, t->now.server_random, &exchange);
    }
    return transcribe(&t->now, m->whole);
}

static enum status certificate_verify(struct tls *t, struct half *h, const struct message *m)
{
    struct tls_facts *facts = t->setup.facts;
    struct negotiation *n = &t->now;
    struct bytes all = buf_view(&n->transcript);
    uint8_t hash[HASH_MOST];

    /* In TLS 1.3 the client's own comes behind all that the server signs. */
    if (h->dir == FROM_CLIENT && secret_is_tls13(n))
        return STATUS_OK;
    if (h->dir != FROM_SERVER || !secret_is_tls13(n) || n->suite == NULL)
        return transcribe(n, m->whole);
    if (n->transcript_broken || facts->chain_length == 0) {
        facts->verify = VERIFY_UNCHECKED;
        return STATUS_OK;
    }
    if (!hash_parts(n->suite->prf, &all, 1, hash))
        return STATUS_NOMEM;
    facts->verify = certificate_check_transcript(
            &facts->chain[0], FROM_SERVER, m->body, bytes_of(hash, hash_length(n->suite->prf)));
    return STATUS_OK;
}

/* The pre-master secret under the server's RSA key: its front names it in the key log. */
static void note_rsa(struct negotiation *n, struct bytes body)
{
    enum suite_exchange kind = n->suite == NULL ? EXCHANGE_OTHER : n->suite->exchange;
    struct bytes identity, secret;

    if (kind == EXCHANGE_RSA_PSK && !bytes_take_vec16(&body, &identity))
        return;
    if (kind != EXCHANGE_RSA && kind != EXCHANGE_RSA_PSK)
        return;
    if (n->version == VERSION_SSL3)
        secret = body;
    else if (!bytes_take_vec16(&body, &secret))
        return;
    if (secret.n < sizeof(n->rsa))
        return;
    memcpy(n->rsa, secret.p, sizeof(n->rsa));
    n->has_rsa = true;
}

static enum status client_key_exchange(struct tls *t, struct half *h, const struct message *m)
{
    enum status status = transcribe(&t->now, m->whole);

    if (h->dir == FROM_CLIENT && status == STATUS_OK) {
        note_rsa(&t->now, m->body);
        if (!t->now.transcript_broken)
            t->now.exchange_end = t->now.transcript.n;
    }
    return status;
}

/* RFC 8446 section 4.6.1; RFC 5077 section 3.3 before. */
static bool read_ticket(struct bytes body, bool tls13, struct bytes *ticket)
{
    struct bytes nonce;
    uint32_t lifetime, age;

    if (!bytes_take_u32(&body, &lifetime) ||
            (tls13 && (!bytes_take_u32(&body, &age) || !bytes_take_vec8(&body, &nonce))))
        return false;
    return bytes_take_vec16(&body, ticket) && ticket->n != 0;
}

static enum status new_session_ticket(struct tls *t, struct half *h, const struct message *m)
{
    struct negotiation *n = &t->now;
    bool tls13 = secret_is_tls13(n);
    struct bytes ticket;

    if (h->dir != FROM_SERVER || !read_ticket(m->body, tls13, &ticket))
        return STATUS_OK;
    if (!tickets_add(&t->setup.facts->issued, tls13 ? TICKET_PSK : TICKET_SESSION, ticket))
        return STATUS_NOMEM;
    /* TLS 1.3 has secrets of its own for what it resumes. */
    if (tls13 || t->setup.sessions == NULL)
        return STATUS_OK;
    if (!sessions_key(true, ticket, n->issued))
        return STATUS_NOMEM;
    n->has_issued = true;
    return n->has_master ? sessions_add(t->setup.sessions, n->issued, n->master) : STATUS_OK;
}

static void finished(struct tls *t, struct half *h)
{
    if (h->dir == FROM_SERVER && (h->epoch == EPOCH_HANDSHAKE || h->epoch == EPOCH_MASTER)) {
        t->now.transcript_broken = true; /* signed and done: its memory can go */
        buf_clear(&t->now.transcript);
    }
    if (h->epoch == EPOCH_HANDSHAKE)
        open_enter(h, EPOCH_TRAFFIC);
}

static enum status read_message(struct tls *t, struct half *h, const struct message *m)
{
    switch (m->type) {
    case HELLO_REQUEST:
        return STATUS_OK;
    case CLIENT_HELLO:
        return client_hello(t, h, m);
    case SERVER_HELLO:
        return server_hello(t, h, m);
    case NEW_SESSION_TICKET:
        return new_session_ticket(t, h, m);
    case END_OF_EARLY_DATA:
        if (h->epoch == EPOCH_EARLY)
            open_enter(h, EPOCH_HANDSHAKE);
        return STATUS_OK;
    case ENCRYPTED_EXTENSIONS:
        return encrypted_extensions(t, h, m);
    case CERTIFICATE:
    case COMPRESSED_CERTIFICATE:
        return certificate(t, h, m);
    case SERVER_KEY_EXCHANGE:
        return server_key_exchange(t, h, m);
    case CERTIFICATE_VERIFY:
        return certificate_verify(t, h, m);
    case CLIENT_KEY_EXCHANGE:
        return client_key_exchange(t, h, m);
    case FINISHED:
        finished(t, h);
        return STATUS_OK;
    case KEY_UPDATE:
        return open_update(h) ? STATUS_OK : STATUS_NOMEM;
    default:
        return transcribe(&t->now, m->whole);
    }
}

/* Takes from the front what belongs to a message that is passed over. */
static void skip_message(struct half *h, struct bytes *content)
{
    size_t n = h->message_skip < content->n ? (size_t)h->message_skip : content->n;

    *content = bytes_slice(*content, n, content->n);
    h->message_skip -= n;
}

enum status message_push(struct tls *t, struct half *h, struct bytes content)
{
    enum status status;
    struct bytes rest;

    skip_message(h, &content);
    status = buf_append(&h->message, content);
    if (status != STATUS_OK)
        return status;
    rest = buf_view(&h->message);
    while (status == STATUS_OK) {
        struct bytes before = rest;
        struct message m;
        uint32_t length;

        if (!bytes_take_u8(&rest, &m.type) || !bytes_take_u24(&rest, &length)) {
            rest = before;
            break;
        }
        if (length > TLS_MESSAGE_MOST) {
            h->message_skip = length;
            t->now.transcript_broken = true;
            skip_message(h, &rest);
            continue;
        }
        if (!bytes_take(&rest, length, &m.body)) {
            rest = before;
            break;
        }
        m.whole = bytes_slice(before, 0, MESSAGE_HEADER + length);
        status = read_message(t, h, &m);
    }
    buf_drop(&h->message, h->message.n - rest.n);
    return status;
}

void message_lost(struct tls *t, struct half *h)
{
    buf_reset(&h->message);
    h->message_skip = 0;
    t->now.transcript_broken = true;
}
