/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/quic_maker.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG = 16, IV = 12, SAMPLE = 16, LABEL_MOST = 64, LOG_LINE = 256 };

static const uint8_t salt_v1[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
        0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_v2[20] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
        0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t retry_key_v1[16] = {0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d,
        0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e};
static const uint8_t retry_nonce_v1[12] = {
        0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb};
static const uint8_t retry_key_v2[16] = {0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60,
        0xfb, 0xcb, 0xce, 0xad, 0x7c, 0xcc, 0x92};
static const uint8_t retry_nonce_v2[12] = {
        0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a};

static void must(bool good)
{
    if (!good) {
        (void)fprintf(stderr, "quic_maker: a step of the test's own QUIC failed\n");
        abort();
    }
}

static void put(struct buf *b, const void *p, size_t n)
{
    must(buf_append(b, bytes_of(p, n)) == STATUS_OK);
}

void maker_byte(struct buf *b, uint8_t byte)
{
    put(b, &byte, 1);
}

static void put_u16(struct buf *b, size_t value)
{
    maker_byte(b, (uint8_t)(value >> 8));
    maker_byte(b, (uint8_t)value);
}

static void put_u32(struct buf *b, uint32_t value)
{
    put_u16(b, value >> 16);
    put_u16(b, value & 0xffff);
}

static const EVP_MD *hash_of(uint16_t suite)
{
    return suite == 0x1302 ? EVP_sha384() : EVP_sha256();
}

static size_t hash_n(uint16_t suite)
{
    return suite == 0x1302 ? 48 : 32;
}

static size_t key_n(uint16_t suite)
{
    return suite == 0x1301 ? 16 : 32;
}

/* HKDF-Expand-Label of one block: RFC 8446 section 7.1, RFC 5869 section 2.3. */
static void expand(
        const EVP_MD *md, const uint8_t *secret, const char *label, uint8_t *out, size_t n)
{
    size_t hash = (size_t)EVP_MD_get_size(md), length = 6 + strlen(label);
    uint8_t info[LABEL_MOST + 8], block[EVP_MAX_MD_SIZE];
    unsigned done;

    must(length < LABEL_MOST && n <= hash);
    info[0] = 0;
    info[1] = (uint8_t)n;
    info[2] = (uint8_t)length;
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, length - 6);
    info[3 + length] = 0;
    info[4 + length] = 1;
    must(HMAC(md, secret, (int)hash, info, 5 + length, block, &done) != NULL);
    memcpy(out, block, n);
}

static const char *label_of(const struct maker *m, const char *v1, const char *v2)
{
    return m->version == MAKER_V2 ? v2 : v1;
}

static void initial_secret(const struct maker *m, enum direction dir, uint8_t out[32])
{
    const uint8_t *salt = m->version == MAKER_V2 ? salt_v2 : salt_v1;
    uint8_t common[EVP_MAX_MD_SIZE];
    unsigned done;

    must(HMAC(EVP_sha256(), salt, 20, m->initial_id, m->initial_id_n, common, &done) != NULL);
    expand(EVP_sha256(), common, dir == FROM_CLIENT ? "client in" : "server in", out, 32);
}

void maker_init(struct maker *m, uint32_t version, uint16_t suite)
{
    *m = (struct maker){.version = version, .suite = suite, .number_length = 2};
    for (size_t i = 0; i < sizeof(m->client_random); i++)
        m->client_random[i] = (uint8_t)(0x31 + 5 * i + suite);
    for (size_t dir = 0; dir < 2; dir++) {
        for (size_t level = 0; level < MAKER_LEVELS; level++)
            for (size_t i = 0; i < MAKER_SECRET_MOST; i++)
                m->secret[dir][level][i] = (uint8_t)(17 * dir + 59 * level + 3 * i + 1);
        memcpy(m->header_secret[dir], m->secret[dir][MAKER_TRAFFIC], MAKER_SECRET_MOST);
        for (size_t i = 0; i < sizeof(m->id[dir]); i++)
            m->id[dir][i] = (uint8_t)(0xc0 - 0x40 * dir + 3 * i);
        m->id_n[dir] = MAKER_ID;
    }
    for (size_t i = 0; i < sizeof(m->first_id); i++)
        m->first_id[i] = (uint8_t)(0x11 + 7 * i);
    m->first_id_n = MAKER_ID;
    memcpy(m->initial_id, m->first_id, sizeof(m->initial_id));
    m->initial_id_n = m->first_id_n;
    buf_init(&m->token, 1 << 12);
    buf_init(&m->datagram, MAKER_DATAGRAM_MOST);
}

void maker_clear(struct maker *m)
{
    buf_clear(&m->token);
    buf_clear(&m->datagram);
}

static void log_line(
        const struct maker *m, const char *label, const uint8_t *secret, struct buf *out)
{
    char text[LOG_LINE];
    size_t n = 0;

    n += (size_t)snprintf(text, sizeof(text), "%s ", label);
    for (size_t i = 0; i < sizeof(m->client_random); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x", m->client_random[i]);
    text[n++] = ' ';
    for (size_t i = 0; i < hash_n(m->suite); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x", secret[i]);
    text[n++] = '\n';
    put(out, text, n);
}

void maker_log(const struct maker *m, bool early, struct buf *out)
{
    if (early)
        log_line(m, "CLIENT_EARLY_TRAFFIC_SECRET", m->secret[FROM_CLIENT][MAKER_EARLY], out);
    log_line(
            m, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", m->secret[FROM_CLIENT][MAKER_HANDSHAKE], out);
    log_line(
            m, "SERVER_HANDSHAKE_TRAFFIC_SECRET", m->secret[FROM_SERVER][MAKER_HANDSHAKE], out);
    log_line(m, "CLIENT_TRAFFIC_SECRET_0", m->header_secret[FROM_CLIENT], out);
    log_line(m, "SERVER_TRAFFIC_SECRET_0", m->header_secret[FROM_SERVER], out);
}

void maker_begin(struct maker *m)
{
    buf_reset(&m->datagram);
}

static const EVP_CIPHER *aead_of(uint16_t suite)
{
    if (suite == 0x1303)
        return EVP_chacha20_poly1305();
    return suite == 0x1302 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

static void seal(const EVP_CIPHER *aead, const uint8_t *key, const uint8_t *nonce,
        struct bytes header, struct bytes text, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done;

    must(c != NULL && EVP_EncryptInit_ex2(c, aead, key, nonce, NULL) == 1 &&
            EVP_EncryptUpdate(c, NULL, &done, header.p, (int)header.n) == 1);
    if (text.n != 0)
        must(EVP_EncryptUpdate(c, out, &done, text.p, (int)text.n) == 1);
    must(EVP_EncryptFinal_ex(c, out + text.n, &done) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, out + text.n) == 1);
    EVP_CIPHER_CTX_free(c);
}

static void mask_of(uint16_t suite, const uint8_t *key, const uint8_t *sample, uint8_t out[16])
{
    static const uint8_t zeros[SAMPLE];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done;

    must(c != NULL);
    if (suite == 0x1303)
        must(EVP_EncryptInit_ex2(c, EVP_chacha20(), key, sample, NULL) == 1 &&
                EVP_EncryptUpdate(c, out, &done, zeros, 5) == 1);
    else
        must(EVP_EncryptInit_ex2(c, suite == 0x1302 ? EVP_aes_256_ecb() : EVP_aes_128_ecb(),
                     key, NULL, NULL) == 1 &&
                EVP_EncryptUpdate(c, out, &done, sample, SAMPLE) == 1);
    EVP_CIPHER_CTX_free(c);
}

static uint8_t type_of(const struct maker *m, enum maker_level level)
{
    uint8_t type = level == MAKER_INITIAL ? 0 : level == MAKER_EARLY ? 1 : 2;

    /* RFC 9369 section 3.2 */
    return (uint8_t)(m->version == MAKER_V2 ? (type + 1) & 3 : type);
}

/* Which ID a packet of this direction is sent to. */
static struct bytes destination(const struct maker *m, enum direction dir)
{
    if (dir == FROM_SERVER)
        return bytes_of(m->id[FROM_CLIENT], m->id_n[FROM_CLIENT]);
    return m->addressed ? bytes_of(m->id[FROM_SERVER], m->id_n[FROM_SERVER])
                        : bytes_of(m->initial_id, m->initial_id_n);
}

static void put_header(struct maker *m, enum direction dir, enum maker_level level, size_t rest,
        struct buf *out)
{
    struct bytes dcid = destination(m, dir);

    if (level == MAKER_TRAFFIC) {
        maker_byte(out, (uint8_t)(0x40U | (m->phase[dir] & 1) << 2 | (m->number_length - 1)));
        put(out, dcid.p, dcid.n);
        return;
    }
    maker_byte(
            out, (uint8_t)(0xc0U | (unsigned)type_of(m, level) << 4 | (m->number_length - 1)));
    put_u32(out, m->version);
    maker_byte(out, (uint8_t)dcid.n);
    put(out, dcid.p, dcid.n);
    maker_byte(out, (uint8_t)m->id_n[dir]);
    put(out, m->id[dir], m->id_n[dir]);
    if (level == MAKER_INITIAL) {
        struct bytes token = dir == FROM_CLIENT ? buf_view(&m->token) : (struct bytes){0};

        maker_varint(out, token.n);
        if (token.n != 0)
            put(out, token.p, token.n);
    }
    put_u16(out, 0x4000 | (m->number_length + rest));
}

void maker_packet_of(struct maker *m, enum direction dir, enum maker_level level,
        struct bytes frames, size_t size)
{
    uint16_t suite = level == MAKER_INITIAL ? 0x1301 : m->suite;
    uint64_t *number = &m->number[dir][level == MAKER_EARLY ? MAKER_TRAFFIC : level];
    uint8_t secret[MAKER_SECRET_MOST], key[32], iv[IV], hp[32], mask[16];
    struct buf packet, text;
    size_t at;

    memcpy(secret, m->secret[dir][level], sizeof(secret));
    if (level == MAKER_INITIAL)
        initial_secret(m, dir, secret);
    expand(hash_of(suite), secret, label_of(m, "quic key", "quicv2 key"), key, key_n(suite));
    expand(hash_of(suite), secret, label_of(m, "quic iv", "quicv2 iv"), iv, IV);
    expand(hash_of(suite), level == MAKER_TRAFFIC ? m->header_secret[dir] : secret,
            label_of(m, "quic hp", "quicv2 hp"), hp, key_n(suite));
    buf_init(&packet, MAKER_DATAGRAM_MOST);
    buf_init(&text, MAKER_DATAGRAM_MOST);
    put(&text, frames.p, frames.n);
    put_header(m, dir, level, text.n + TAG, &packet);
    while (packet.n + m->number_length + text.n + TAG < size || text.n + m->number_length < 4)
        maker_byte(&text, 0);
    buf_reset(&packet);
    put_header(m, dir, level, text.n + TAG, &packet);
    at = packet.n;
    for (unsigned i = m->number_length; i-- > 0;)
        maker_byte(&packet, (uint8_t)(*number >> 8 * i));
    for (int i = 0; i < 8; i++)
        iv[IV - 1 - i] ^= (uint8_t)(*number >> 8 * i);
    must(buf_reserve(&packet, text.n + TAG) == STATUS_OK);
    seal(aead_of(suite), key, iv, buf_view(&packet), buf_view(&text), packet.p + packet.n);
    packet.n += text.n + TAG;
    mask_of(suite, hp, packet.p + at + 4, mask);
    packet.p[0] ^= mask[0] & (level == MAKER_TRAFFIC ? 0x1f : 0x0f);
    for (unsigned i = 0; i < m->number_length; i++)
        packet.p[at + i] ^= mask[1 + i];
    put(&m->datagram, packet.p, packet.n);
    buf_clear(&packet);
    buf_clear(&text);
    ++*number;
    if (dir == FROM_SERVER)
        m->addressed = true;
}

void maker_packet(
        struct maker *m, enum direction dir, enum maker_level level, struct bytes frames)
{
    maker_packet_of(m, dir, level, frames, 0);
}

void maker_update(struct maker *m, enum direction dir)
{
    uint8_t next[MAKER_SECRET_MOST] = {0};

    expand(hash_of(m->suite), m->secret[dir][MAKER_TRAFFIC],
            label_of(m, "quic ku", "quicv2 ku"), next, hash_n(m->suite));
    memcpy(m->secret[dir][MAKER_TRAFFIC], next, sizeof(next));
    m->phase[dir]++;
}

void maker_retry(struct maker *m, struct bytes new_id)
{
    static const char token[] = "a token of the server";
    struct buf pseudo;
    uint8_t tag[TAG];
    size_t at;

    buf_init(&pseudo, MAKER_DATAGRAM_MOST);
    maker_byte(&pseudo, (uint8_t)m->initial_id_n);
    put(&pseudo, m->initial_id, m->initial_id_n);
    at = pseudo.n;
    maker_byte(&pseudo, m->version == MAKER_V2 ? 0xc0 : 0xf0);
    put_u32(&pseudo, m->version);
    maker_byte(&pseudo, (uint8_t)m->id_n[FROM_CLIENT]);
    put(&pseudo, m->id[FROM_CLIENT], m->id_n[FROM_CLIENT]);
    maker_byte(&pseudo, (uint8_t)new_id.n);
    put(&pseudo, new_id.p, new_id.n);
    put(&pseudo, token, sizeof(token) - 1);
    seal(EVP_aes_128_gcm(), m->version == MAKER_V2 ? retry_key_v2 : retry_key_v1,
            m->version == MAKER_V2 ? retry_nonce_v2 : retry_nonce_v1, buf_view(&pseudo),
            (struct bytes){0}, tag);
    put(&m->datagram, pseudo.p + at, pseudo.n - at);
    put(&m->datagram, tag, TAG);
    buf_clear(&pseudo);
    memcpy(m->initial_id, new_id.p, new_id.n);
    m->initial_id_n = new_id.n;
    buf_reset(&m->token);
    put(&m->token, token, sizeof(token) - 1);
}

void maker_negotiation(struct maker *m, uint32_t version)
{
    maker_byte(&m->datagram, 0x80);
    put_u32(&m->datagram, 0);
    maker_byte(&m->datagram, (uint8_t)m->id_n[FROM_CLIENT]);
    put(&m->datagram, m->id[FROM_CLIENT], m->id_n[FROM_CLIENT]);
    maker_byte(&m->datagram, (uint8_t)m->initial_id_n);
    put(&m->datagram, m->initial_id, m->initial_id_n);
    put_u32(&m->datagram, version);
}

void maker_reset(struct maker *m, const uint8_t token[16])
{
    maker_byte(&m->datagram, 0x45);
    for (uint8_t i = 0; i < 23; i++)
        maker_byte(&m->datagram, (uint8_t)(i * 37 + 5));
    put(&m->datagram, token, 16);
}

void maker_varint(struct buf *b, uint64_t value)
{
    if (value < 64) {
        maker_byte(b, (uint8_t)value);
    } else if (value < 16384) {
        put_u16(b, 0x4000 | (size_t)value);
    } else if (value < 1 << 30) {
        put_u32(b, 0x80000000 | (uint32_t)value);
    } else {
        put_u32(b, 0xc0000000 | (uint32_t)(value >> 32));
        put_u32(b, (uint32_t)value);
    }
}

static void put_data(struct buf *b, struct bytes data)
{
    maker_varint(b, data.n);
    if (data.n != 0)
        put(b, data.p, data.n);
}

void maker_crypto(struct buf *b, uint64_t off, struct bytes data)
{
    maker_byte(b, 0x06);
    maker_varint(b, off);
    put_data(b, data);
}

void maker_stream(struct buf *b, uint64_t stream, uint64_t off, struct bytes data, bool fin)
{
    maker_byte(b, (uint8_t)(0x0e | fin));
    maker_varint(b, stream);
    maker_varint(b, off);
    put_data(b, data);
}

void maker_reset_stream(struct buf *b, uint64_t stream, uint64_t error, uint64_t final_size)
{
    maker_byte(b, 0x04);
    maker_varint(b, stream);
    maker_varint(b, error);
    maker_varint(b, final_size);
}

void maker_new_id(struct buf *b, uint64_t sequence, struct bytes id, const uint8_t token[16])
{
    maker_byte(b, 0x18);
    maker_varint(b, sequence);
    maker_varint(b, 0);
    maker_byte(b, (uint8_t)id.n);
    put(b, id.p, id.n);
    put(b, token, 16);
}

void maker_close(struct buf *b, bool application, uint64_t error, const char *reason)
{
    maker_byte(b, application ? 0x1d : 0x1c);
    maker_varint(b, error);
    if (!application)
        maker_varint(b, 0);
    put_data(b, bytes_text(reason));
}

void maker_datagram(struct buf *b, struct bytes data)
{
    maker_byte(b, 0x31);
    put_data(b, data);
}
