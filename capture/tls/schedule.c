/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/schedule.h"

#include <string.h>

#include "base/gap.h"

enum {
    RANDOM = 32,
    KEY_BLOCK_MOST = 2 * (HASH_MOST + 32 + 16),
    FIRST_TLS13_PREFIX_DRAFT = 20, /* before it, labels began with "TLS 1.3, " */
};

/* P_hash of RFC 5246 section 5, mixed into `out` by exclusive or. */
static bool mix_p_hash(enum hash_kind hash, struct bytes secret, const struct bytes seed[3],
        uint8_t *out, size_t n)
{
    struct hash_mac *mac = hash_mac_new(hash, secret);
    size_t length = hash_length(hash);
    uint8_t a[HASH_MOST], block[HASH_MOST];
    struct bytes parts[4] = {{a, length}, seed[0], seed[1], seed[2]};
    bool good = mac != NULL && hash_mac(mac, seed, 3, a);

    while (good && n != 0) {
        size_t some = n < length ? n : length;

        good = hash_mac(mac, parts, 4, block) && hash_mac(mac, parts, 1, a);
        for (size_t i = 0; good && i < some; i++)
            out[i] ^= block[i];
        out += some;
        n -= some;
    }
    hash_mac_free(mac);
    return good;
}

bool schedule_prf(uint16_t version, enum hash_kind hash, struct bytes secret, const char *label,
        struct bytes seed_a, struct bytes seed_b, uint8_t *out, size_t n)
{
    const struct bytes seed[3] = {bytes_text(label), seed_a, seed_b};
    size_t half = (secret.n + 1) / 2; /* the halves share the middle byte */

    memset(out, 0, n);
    if (version >= VERSION_TLS12 || version == VERSION_TLCP)
        return mix_p_hash(hash, secret, seed, out, n);
    return mix_p_hash(HASH_MD5, bytes_slice(secret, 0, half), seed, out, n) &&
           mix_p_hash(HASH_SHA1, bytes_slice(secret, secret.n - half, secret.n), seed, out, n);
}

/* MD5(secret + SHA1("A" + secret + seeds)), then with "BB", "CCC", … RFC 6101 section 6.1. */
static bool ssl3_expand(
        struct bytes secret, struct bytes seed_a, struct bytes seed_b, uint8_t *out, size_t n)
{
    uint8_t letters[16], inner[HASH_MOST], block[HASH_MOST];

    for (size_t round = 1; n != 0; round++) {
        const struct bytes first[4] = {{letters, round}, secret, seed_a, seed_b};
        const struct bytes second[2] = {secret, {inner, 20}};
        size_t some = n < 16 ? n : 16;

        if (round > sizeof(letters))
            return false;
        memset(letters, (int)('A' + round - 1), round);
        if (!hash_parts(HASH_SHA1, first, 4, inner) || !hash_parts(HASH_MD5, second, 2, block))
            return false;
        memcpy(out, block, some);
        out += some;
        n -= some;
    }
    return true;
}

bool schedule_master(uint16_t version, enum hash_kind hash, struct bytes premaster,
        const uint8_t *client_random, const uint8_t *server_random,
        uint8_t out[SCHEDULE_MASTER])
{
    struct bytes a = {client_random, RANDOM}, b = {server_random, RANDOM};

    if (version == VERSION_SSL3)
        return ssl3_expand(premaster, a, b, out, SCHEDULE_MASTER);
    return schedule_prf(version, hash, premaster, "master secret", a, b, out, SCHEDULE_MASTER);
}

bool schedule_master_extended(uint16_t version, enum hash_kind hash, struct bytes premaster,
        struct bytes handshake, uint8_t out[SCHEDULE_MASTER])
{
    uint8_t session[2 * HASH_MOST];
    size_t n = 0;

    if (version >= VERSION_TLS12 || version == VERSION_TLCP) {
        if (!hash_parts(hash, &handshake, 1, session))
            return false;
        n = hash_length(hash);
    } else {
        uint8_t sha1[HASH_MOST];

        if (!hash_parts(HASH_MD5, &handshake, 1, session) ||
                !hash_parts(HASH_SHA1, &handshake, 1, sha1))
            return false;
        memcpy(session + 16, sha1, 20);
        n = 36;
    }
    return schedule_prf(version, hash, premaster, "extended master secret",
            bytes_of(session, n), bytes_of(NULL, 0), out, SCHEDULE_MASTER);
}

/* Export ciphers: keys from few secret bits, IVs from no secret at all. RFC 2246 section
 * 6.3.1, RFC 6101 section 6.2.2.1. */
static bool export_keys(uint16_t version, const struct suite_sizes *sizes, struct bytes client,
        struct bytes server, struct schedule_keys out[2])
{
    const struct bytes nothing = {NULL, 0};

    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct bytes weak = {out[dir].key, sizes->secret};
        struct bytes a = dir == FROM_CLIENT ? client : server;
        struct bytes b = dir == FROM_CLIENT ? server : client;
        uint8_t strong[HASH_MOST], block[2 * 16];

        if (version == VERSION_SSL3) {
            const struct bytes parts[3] = {weak, a, b};
            uint8_t iv[HASH_MOST];

            if (!hash_parts(HASH_MD5, parts, 3, strong) ||
                    !hash_parts(HASH_MD5, parts + 1, 2, iv))
                return false;
            memcpy(out[dir].iv, iv, sizes->block);
        } else {
            const char *label = dir == FROM_CLIENT ? "client write key" : "server write key";

            if (!schedule_prf(version, HASH_SHA256, weak, label, client, server, strong,
                        sizes->key) ||
                    !schedule_prf(version, HASH_SHA256, nothing, "IV block", client, server,
                            block, 2 * (size_t)sizes->block))
                return false;
            memcpy(out[dir].iv, block + (size_t)dir * sizes->block, sizes->block);
        }
        memcpy(out[dir].key, strong, sizes->key);
        out[dir].key_length = sizes->key;
    }
    return true;
}

/* The next `n` bytes of the key block, first the client's, then the server's. */
static void deal(const uint8_t **block, size_t n, uint8_t *client, uint8_t *server)
{
    memcpy(client, *block, n);
    memcpy(server, *block + n, n);
    *block += 2 * n;
}

bool schedule_key_block(uint16_t version, const struct suite *suite, struct bytes master,
        const uint8_t *client_random, const uint8_t *server_random, struct schedule_keys out[2])
{
    const struct suite_sizes *sizes = suite_sizes(suite->cipher);
    size_t mac = hash_length(suite->mac);
    size_t iv = sizes->mode == MODE_AEAD ? sizes->fixed_iv : sizes->block;
    size_t n = 2 * (mac + sizes->secret + iv);
    struct bytes client = {client_random, RANDOM}, server = {server_random, RANDOM};
    uint8_t block[KEY_BLOCK_MOST];
    const uint8_t *at = block;
    bool good = version == VERSION_SSL3 ? ssl3_expand(master, server, client, block, n)
                                        : schedule_prf(version, suite->prf, master,
                                                  "key expansion", server, client, block, n);

    if (!good)
        return false;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        out[dir] = (struct schedule_keys){
                .mac_length = mac, .key_length = sizes->secret, .iv_length = iv};
    deal(&at, mac, out[FROM_CLIENT].mac, out[FROM_SERVER].mac);
    deal(&at, sizes->secret, out[FROM_CLIENT].key, out[FROM_SERVER].key);
    deal(&at, iv, out[FROM_CLIENT].iv, out[FROM_SERVER].iv);
    return !suite_is_export(suite) || export_keys(version, sizes, client, server, out);
}

/* HKDF-Expand, RFC 5869 section 2.3. */
static bool expand(
        enum hash_kind hash, struct bytes secret, struct bytes info, uint8_t *out, size_t n)
{
    struct hash_mac *mac = hash_mac_new(hash, secret);
    size_t length = hash_length(hash);
    uint8_t block[HASH_MOST], counter = 0;
    bool good = mac != NULL && n <= 255 * length;

    while (good && n != 0) {
        size_t some = n < length ? n : length;
        struct bytes parts[3] = {{block, counter == 0 ? 0 : length}, info, {&counter, 1}};

        counter++;
        good = hash_mac(mac, parts, 3, block);
        if (good)
            memcpy(out, block, some);
        out += some;
        n -= some;
    }
    hash_mac_free(mac);
    return good;
}

bool schedule_expand(enum hash_kind hash, struct bytes secret, const char *prefix,
        const char *label, struct bytes context, uint8_t *out, size_t n)
{
    size_t front = strlen(prefix), back = strlen(label), at = 0;
    uint8_t info[4 + SCHEDULE_LABEL_MOST + 6 + HASH_MOST];

    if (front + back > SCHEDULE_LABEL_MOST || context.n > HASH_MOST || n > UINT16_MAX)
        return false;
    info[at++] = (uint8_t)(n >> 8);
    info[at++] = (uint8_t)n;
    info[at++] = (uint8_t)(front + back);
    memcpy(info + at, prefix, front);
    memcpy(info + at + front, label, back);
    at += front + back;
    info[at++] = (uint8_t)context.n;
    if (context.n != 0)
        memcpy(info + at, context.p, context.n);
    return expand(hash, secret, bytes_of(info, at + context.n), out, n);
}

const char *schedule_prefix(uint16_t version)
{
    return version >> 8 == 0x7f && (version & 0xff) < FIRST_TLS13_PREFIX_DRAFT ? "TLS 1.3, "
                                                                               : "tls13 ";
}

bool schedule_traffic(uint16_t version, const struct suite *suite, struct bytes secret,
        struct schedule_keys *out)
{
    const char *prefix = schedule_prefix(version);
    const struct bytes nothing = {NULL, 0};
    struct schedule_keys keys = {
            .key_length = suite_sizes(suite->cipher)->key, .iv_length = 12};

    if (!schedule_expand(
                suite->prf, secret, prefix, "key", nothing, keys.key, keys.key_length) ||
            !schedule_expand(
                    suite->prf, secret, prefix, "iv", nothing, keys.iv, keys.iv_length))
        return false;
    *out = keys;
    return true;
}

bool schedule_update(uint16_t version, const struct suite *suite, struct bytes secret,
        uint8_t out[HASH_MOST])
{
    const char *prefix = schedule_prefix(version);
    /* Drafts before 20 had a label of their own. */
    const char *label =
            strcmp(prefix, "tls13 ") == 0 ? "traffic upd" : "application traffic secret";

    return schedule_expand(
            suite->prf, secret, prefix, label, bytes_of(NULL, 0), out, hash_length(suite->prf));
}
