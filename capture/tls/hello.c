/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/hello.h"

#include <string.h>

enum {
    TLS12 = 0x0303,
    TLS13_DRAFT = 0x7f00,      /* 0x7f12 is draft 18 */
    TLS13_DRAFT_LAYOUT = 0x16, /* from draft 22 on the ServerHello looks as in TLS 1.2 */
    QUIC_PARAMETERS_DRAFT = 0xffa5,
    SSLV2_CLIENT_HELLO = 1,
    SSLV2_SUITE = 3, /* bytes of one */
    NAME_HOST = 0,
    FRAGMENT_CODES = 4,
    CURVE_NAMED = 3,
    CURVE_EXPLICIT_PRIME = 1,
    CURVE_EXPLICIT_CHAR2 = 2,
    WORD_BITS = 64,
};

/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3. */
static const uint8_t retry_random[HELLO_RANDOM] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61,
        0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a,
        0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/* One bit for each extension type that came already; a second copy is not read. */
struct seen {
    uint64_t bits[(UINT16_MAX + 1) / WORD_BITS];
};

static bool seen_before(struct seen *s, uint16_t type)
{
    uint64_t *word = &s->bits[type / WORD_BITS], bit = UINT64_C(1) << type % WORD_BITS;
    bool before = (*word & bit) != 0;

    *word |= bit;
    return before;
}

bool hello_extension_next(struct bytes *rest, uint16_t *type, struct bytes *body)
{
    struct bytes b = *rest, inner;
    uint16_t number;

    if (!bytes_take_u16(&b, &number) || !bytes_take_vec16(&b, &inner))
        return false;
    *rest = b;
    *type = number;
    *body = inner;
    return true;
}

bool hello_share_next(struct bytes *rest, uint16_t *group, struct bytes *key)
{
    return hello_extension_next(rest, group, key); /* the same shape: number, vector */
}

static bool read_opaque16(struct bytes ext, struct bytes *out)
{
    struct bytes inner;

    if (!bytes_take_vec16(&ext, &inner) || ext.n != 0)
        return false;
    *out = inner;
    return true;
}

/* The extensions that are the whole rest of a hello, or the key shares in one of them: number and
 * vector, again and again, which fill the list exactly. */
static bool read_entries(struct bytes b, struct bytes *out)
{
    struct bytes list, rest, body;
    uint16_t number;

    if (!read_opaque16(b, &list))
        return false;
    rest = list;
    while (rest.n != 0)
        if (!hello_extension_next(&rest, &number, &body))
            return false;
    *out = list;
    return true;
}

/* A list of u16 that fills the extension, with a length prefix of 2 bytes. */
static bool read_list16(struct bytes ext, struct bytes *out)
{
    struct bytes list;

    if (!read_opaque16(ext, &list) || list.n == 0 || list.n % 2 != 0)
        return false;
    *out = list;
    return true;
}

/* Likewise with a prefix of 1 byte and elements of `size` bytes. */
static bool read_list8(struct bytes ext, size_t size, struct bytes *out)
{
    struct bytes list;

    if (!bytes_take_vec8(&ext, &list) || ext.n != 0 || list.n == 0 || list.n % size != 0)
        return false;
    *out = list;
    return true;
}

static bool read_u16(struct bytes ext, uint16_t *out)
{
    return ext.n == 2 && bytes_take_u16(&ext, out);
}

static bool read_fragment_code(struct bytes ext, uint8_t *out)
{
    if (ext.n != 1 || ext.p[0] == 0 || ext.p[0] > FRAGMENT_CODES)
        return false;
    *out = ext.p[0];
    return true;
}

/* A flag: the extension says all by being there. */
static bool read_empty(struct bytes ext, bool *out)
{
    if (ext.n != 0)
        return false;
    *out = true;
    return true;
}

/* RFC 6066 section 3: a list of (kind, name) pairs. */
static bool read_server_name(struct bytes ext, struct client_hello *out)
{
    struct bytes list, entry, found = {0};
    uint8_t kind;

    if (!read_opaque16(ext, &list))
        return false;
    while (list.n != 0) {
        if (!bytes_take_u8(&list, &kind) || !bytes_take_vec16(&list, &entry))
            return false;
        if (kind != NAME_HOST)
            continue;
        /* No name, two names, or a NUL within one: the server could read another host. */
        if (entry.n == 0 || found.n != 0 || bytes_has(entry, '\0'))
            return false;
        found = entry;
    }
    if (found.n == 0)
        return false;
    out->has_server_name = true;
    out->server_name = found;
    return true;
}

/* RFC 7301 section 3.1. */
static bool read_alpn_list(struct bytes ext, struct bytes *out)
{
    struct bytes list, rest, name;

    if (!read_opaque16(ext, &list) || list.n == 0)
        return false;
    rest = list;
    while (rest.n != 0)
        if (!bytes_take_vec8(&rest, &name))
            return false;
    *out = list;
    return true;
}

static bool read_alpn_selected(struct bytes ext, struct bytes *out)
{
    struct bytes list, name;

    if (!read_opaque16(ext, &list) || !bytes_take_vec8(&list, &name) || list.n != 0 ||
            name.n == 0)
        return false;
    *out = name;
    return true;
}

/* RFC 8446 section 4.2.11. The binders must end the message. */
static bool read_psk_offer(struct bytes ext, struct bytes body, struct client_hello *out)
{
    struct bytes identities, binders, identity, first = {0};
    const uint8_t *signed_end;
    size_t count = 0;
    uint32_t age;

    if (!bytes_take_vec16(&ext, &identities))
        return false;
    signed_end = ext.p;
    if (!bytes_take_vec16(&ext, &binders) || ext.n != 0 ||
            binders.p + binders.n != body.p + body.n)
        return false;
    for (; identities.n != 0; count++) {
        if (!bytes_take_vec16(&identities, &identity) || !bytes_take_u32(&identities, &age))
            return false;
        if (count == 0)
            first = identity;
    }
    if (count == 0)
        return false;
    out->psk_count = count;
    out->psk_identity = first;
    out->binders_off = (size_t)(signed_end - body.p);
    return true;
}

static bool read_shared_extension(uint16_t type, struct bytes ext, struct hello_shared *out)
{
    switch (type) {
    case HELLO_EARLY_DATA:
        return read_empty(ext, &out->early_data);
    case HELLO_MAX_FRAGMENT_LENGTH:
        return read_fragment_code(ext, &out->max_fragment);
    case HELLO_RECORD_SIZE_LIMIT:
        return read_u16(ext, &out->record_size_limit);
    case HELLO_ECH:
        out->ech = true;
        return true;
    case HELLO_QUIC_PARAMETERS:
    case QUIC_PARAMETERS_DRAFT:
        out->has_quic_parameters = true;
        out->quic_parameters = ext;
        return true;
    default:
        return true;
    }
}

static bool read_client_extension(
        uint16_t type, struct bytes ext, struct bytes body, struct client_hello *out)
{
    switch (type) {
    case HELLO_SERVER_NAME:
        return read_server_name(ext, out);
    case HELLO_ALPN:
        return read_alpn_list(ext, &out->alpn);
    case HELLO_SUPPORTED_GROUPS:
        return read_list16(ext, &out->groups);
    case HELLO_POINT_FORMATS:
        return read_list8(ext, 1, &out->point_formats);
    case HELLO_SIGNATURE_ALGORITHMS:
        return read_list16(ext, &out->signatures);
    case HELLO_SIGNATURE_ALGORITHMS_CERT:
        return read_list16(ext, &out->certificate_signatures);
    case HELLO_SUPPORTED_VERSIONS:
        return read_list8(ext, 2, &out->versions);
    case HELLO_SESSION_TICKET:
        out->has_ticket = true;
        out->ticket = ext;
        return true;
    case HELLO_EXTENDED_MASTER_SECRET:
        return read_empty(ext, &out->extended_master_secret);
    case HELLO_ENCRYPT_THEN_MAC:
        return read_empty(ext, &out->encrypt_then_mac);
    case HELLO_RENEGOTIATION_INFO:
        out->renegotiation_info = true;
        return true;
    case HELLO_KEY_SHARE:
        return read_entries(ext, &out->key_shares);
    case HELLO_PSK_MODES:
        return read_list8(ext, 1, &out->psk_modes);
    case HELLO_PRE_SHARED_KEY:
        return read_psk_offer(ext, body, out);
    case HELLO_COMPRESS_CERTIFICATE:
        return read_list8(ext, 2, &out->compress_certificate);
    case HELLO_COOKIE:
        return read_opaque16(ext, &out->cookie);
    default:
        return read_shared_extension(type, ext, &out->shared);
    }
}

enum parse hello_read_client(struct bytes body, struct client_hello *out)
{
    struct client_hello hello = {0};
    struct bytes b = body, random, rest, ext;
    struct seen seen = {{0}};
    uint16_t type;

    if (!bytes_take_u16(&b, &hello.version) || !bytes_take(&b, HELLO_RANDOM, &random) ||
            !bytes_take_vec8(&b, &hello.session_id) || hello.session_id.n > 32 ||
            !bytes_take_vec16(&b, &hello.suites) || hello.suites.n == 0 ||
            hello.suites.n % 2 != 0 || !bytes_take_vec8(&b, &hello.compressions) ||
            hello.compressions.n == 0)
        return PARSE_BAD;
    /* Before TLS 1.3 a client could leave the extension block out altogether. */
    hello.has_extensions = b.n != 0;
    if (hello.has_extensions && !read_entries(b, &hello.extensions))
        return PARSE_BAD;
    memcpy(hello.random, random.p, HELLO_RANDOM);
    rest = hello.extensions;
    while (hello_extension_next(&rest, &type, &ext)) {
        if (!seen_before(&seen, type) && read_client_extension(type, ext, body, &hello))
            continue;
        if (!hello.has_malformed)
            hello.malformed = type;
        hello.has_malformed = true;
    }
    *out = hello;
    return PARSE_DONE;
}

enum parse hello_read_sslv2(struct bytes message, struct client_hello *out)
{
    struct client_hello hello = {.sslv2 = true};
    struct bytes challenge;
    uint16_t suites, session, length;
    uint8_t type;

    if (!bytes_take_u8(&message, &type) || type != SSLV2_CLIENT_HELLO ||
            !bytes_take_u16(&message, &hello.version) || !bytes_take_u16(&message, &suites) ||
            !bytes_take_u16(&message, &session) || !bytes_take_u16(&message, &length) ||
            suites == 0 || suites % SSLV2_SUITE != 0 || session > 32 || length < 16 ||
            length > HELLO_RANDOM || !bytes_take(&message, suites, &hello.suites) ||
            !bytes_take(&message, session, &hello.session_id) ||
            !bytes_take(&message, length, &challenge) || message.n != 0)
        return PARSE_BAD;
    memcpy(hello.random + HELLO_RANDOM - length, challenge.p, length);
    *out = hello;
    return PARSE_DONE;
}

static bool read_server_share(struct bytes ext, struct server_hello *out)
{
    struct bytes key = {0};
    uint16_t group;

    if (!bytes_take_u16(&ext, &group) || (!out->retry && !bytes_take_vec16(&ext, &key)) ||
            ext.n != 0)
        return false;
    out->has_group = true;
    out->group = group;
    out->key_share = key;
    return true;
}

static bool read_server_extension(uint16_t type, struct bytes ext, struct server_hello *out)
{
    switch (type) {
    case HELLO_SUPPORTED_VERSIONS:
        return read_u16(ext, &out->version);
    case HELLO_KEY_SHARE:
        return read_server_share(ext, out);
    case HELLO_PRE_SHARED_KEY:
        if (!read_u16(ext, &out->psk))
            return false;
        out->has_psk = true;
        return true;
    case HELLO_ALPN:
        return read_alpn_selected(ext, &out->alpn);
    case HELLO_COOKIE:
        return read_opaque16(ext, &out->cookie);
    case HELLO_SESSION_TICKET:
        return read_empty(ext, &out->ticket);
    case HELLO_SERVER_NAME:
        return read_empty(ext, &out->server_name);
    case HELLO_STATUS_REQUEST:
        return read_empty(ext, &out->status_request);
    case HELLO_EXTENDED_MASTER_SECRET:
        return read_empty(ext, &out->extended_master_secret);
    case HELLO_ENCRYPT_THEN_MAC:
        return read_empty(ext, &out->encrypt_then_mac);
    case HELLO_RENEGOTIATION_INFO:
        out->renegotiation_info = true;
        return true;
    case HELLO_MAX_FRAGMENT_LENGTH:
        return read_fragment_code(ext, &out->max_fragment);
    case HELLO_RECORD_SIZE_LIMIT:
        return read_u16(ext, &out->record_size_limit);
    default:
        return true;
    }
}

enum parse hello_read_server(struct bytes body, struct server_hello *out)
{
    struct server_hello hello = {0};
    struct bytes random, rest, ext;
    struct seen seen = {{0}};
    uint16_t type;
    bool short_form;

    if (!bytes_take_u16(&body, &hello.legacy_version) ||
            !bytes_take(&body, HELLO_RANDOM, &random))
        return PARSE_BAD;
    /* Drafts 18 to 21 of TLS 1.3 had neither session id nor compression here. */
    short_form = hello.legacy_version >= TLS13_DRAFT &&
                 hello.legacy_version < TLS13_DRAFT + TLS13_DRAFT_LAYOUT;
    if (!short_form && (!bytes_take_vec8(&body, &hello.session_id) || hello.session_id.n > 32))
        return PARSE_BAD;
    if (!bytes_take_u16(&body, &hello.suite) ||
            (!short_form && !bytes_take_u8(&body, &hello.compression)))
        return PARSE_BAD;
    hello.has_extensions = body.n != 0;
    if (hello.has_extensions && !read_entries(body, &hello.extensions))
        return PARSE_BAD;
    memcpy(hello.random, random.p, HELLO_RANDOM);
    hello.retry = memcmp(hello.random, retry_random, HELLO_RANDOM) == 0;
    hello.version = hello.legacy_version;
    rest = hello.extensions;
    while (hello_extension_next(&rest, &type, &ext)) {
        if (!seen_before(&seen, type) && read_server_extension(type, ext, &hello))
            continue;
        if (!hello.has_malformed)
            hello.malformed = type;
        hello.has_malformed = true;
    }
    *out = hello;
    return PARSE_DONE;
}

static bool read_encrypted_extension(
        uint16_t type, struct bytes ext, struct encrypted_extensions *out)
{
    switch (type) {
    case HELLO_ALPN:
        return read_alpn_selected(ext, &out->alpn);
    case HELLO_SERVER_NAME:
        return read_empty(ext, &out->server_name);
    case HELLO_SUPPORTED_GROUPS:
        return read_list16(ext, &out->groups);
    default:
        return read_shared_extension(type, ext, &out->shared);
    }
}

enum parse hello_read_encrypted(struct bytes body, struct encrypted_extensions *out)
{
    struct encrypted_extensions all = {0};
    struct seen seen = {{0}};
    struct bytes rest, ext;
    uint16_t type;

    if (!read_entries(body, &all.extensions))
        return PARSE_BAD;
    rest = all.extensions;
    while (hello_extension_next(&rest, &type, &ext)) {
        if (!seen_before(&seen, type) && read_encrypted_extension(type, ext, &all))
            continue;
        if (!all.has_malformed)
            all.malformed = type;
        all.has_malformed = true;
    }
    *out = all;
    return PARSE_DONE;
}

/* RFC 8422 section 5.4: curve type, named curve, public point. */
static enum parse read_ecdhe(struct bytes *body, struct key_exchange *out)
{
    struct bytes point;
    uint8_t curve;

    if (!bytes_take_u8(body, &curve))
        return PARSE_BAD;
    if (curve == CURVE_EXPLICIT_PRIME || curve == CURVE_EXPLICIT_CHAR2)
        return PARSE_UNSUPPORTED;
    if (curve != CURVE_NAMED || !bytes_take_u16(body, &out->group) ||
            !bytes_take_vec8(body, &point) || point.n == 0)
        return PARSE_BAD;
    return PARSE_DONE;
}

/* RFC 5246 section 7.4.3: prime, generator, public value. */
static enum parse read_dhe(struct bytes *body, struct key_exchange *out)
{
    struct bytes prime, generator, value;

    if (!bytes_take_vec16(body, &prime) || !bytes_take_vec16(body, &generator) ||
            !bytes_take_vec16(body, &value) || generator.n == 0 || value.n == 0)
        return PARSE_BAD;
    while (prime.n != 0 && prime.p[0] == 0)
        prime = bytes_slice(prime, 1, prime.n);
    if (prime.n == 0)
        return PARSE_BAD;
    out->bits = prime.n * 8;
    for (uint8_t top = prime.p[0]; top < 0x80; top = (uint8_t)(top << 1))
        out->bits--;
    return PARSE_DONE;
}

enum parse hello_read_key_exchange(struct bytes body, enum key_exchange_kind kind,
        uint16_t version, struct key_exchange *out)
{
    struct key_exchange exchange = {0};
    struct bytes b = body;
    enum parse verdict =
            kind == KEY_EXCHANGE_ECDHE ? read_ecdhe(&b, &exchange) : read_dhe(&b, &exchange);

    if (verdict != PARSE_DONE)
        return verdict;
    exchange.params = bytes_slice(body, 0, body.n - b.n);
    exchange.is_signed = b.n != 0;
    if (exchange.is_signed && ((version == TLS12 && !bytes_take_u16(&b, &exchange.scheme)) ||
                                      !bytes_take_vec16(&b, &exchange.signature) || b.n != 0))
        return PARSE_BAD;
    *out = exchange;
    return PARSE_DONE;
}

bool hello_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
