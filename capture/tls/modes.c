/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/modes.h"

#include <string.h>

enum { BATCH = 32 };

static void put_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* Counter mode; `counter` holds the first block, whose last four bytes count (three in CCM,
 * where no record is long enough to tell). */
static bool count_out(const struct modes_cipher *c, const uint8_t counter[MODES_BLOCK],
        uint32_t first, struct bytes text, uint8_t *out)
{
    uint8_t blocks[BATCH * MODES_BLOCK], stream[BATCH * MODES_BLOCK];

    while (text.n != 0) {
        size_t some = text.n < sizeof(blocks) ? text.n : sizeof(blocks);
        size_t n = (some + MODES_BLOCK - 1) / MODES_BLOCK;

        for (size_t i = 0; i < n; i++) {
            memcpy(blocks + i * MODES_BLOCK, counter, MODES_BLOCK - 4);
            put_u32(blocks + i * MODES_BLOCK + MODES_BLOCK - 4, first++);
        }
        if (!c->encrypt(c->key, blocks, n, stream))
            return false;
        for (size_t i = 0; i < some; i++)
            out[i] = text.p[i] ^ stream[i];
        out += some;
        text = bytes_slice(text, some, text.n);
    }
    return true;
}

struct field {
    uint64_t high, low;
};

static struct field field_of(const uint8_t *p)
{
    struct field f = {0, 0};

    for (int i = 0; i < 8; i++) {
        f.high = f.high << 8 | p[i];
        f.low = f.low << 8 | p[8 + i];
    }
    return f;
}

/* Multiplication in GF(2^128), SP 800-38D section 6.3. */
static struct field multiply(struct field x, struct field y)
{
    struct field z = {0, 0};

    for (int i = 0; i < 128; i++) {
        uint64_t bit = (i < 64 ? x.high >> (63 - i) : x.low >> (127 - i)) & 1;
        uint64_t carry = y.low & 1;

        z.high ^= y.high & (0 - bit);
        z.low ^= y.low & (0 - bit);
        y.low = y.low >> 1 | y.high << 63;
        y.high = (y.high >> 1) ^ ((0 - carry) & 0xe100000000000000U);
    }
    return z;
}

static struct field mix_in(struct field sum, struct field h, struct bytes data)
{
    while (data.n != 0) {
        uint8_t block[MODES_BLOCK] = {0};
        size_t some = data.n < MODES_BLOCK ? data.n : MODES_BLOCK;
        struct field f;

        memcpy(block, data.p, some);
        f = field_of(block);
        sum.high ^= f.high;
        sum.low ^= f.low;
        sum = multiply(sum, h);
        data = bytes_slice(data, some, data.n);
    }
    return sum;
}

bool modes_open_gcm(const struct modes_cipher *c, const struct modes_input *in, uint8_t *out)
{
    uint8_t blocks[2 * MODES_BLOCK] = {0}, made[2 * MODES_BLOCK],
                       *counter = blocks + MODES_BLOCK;
    struct field h, sum = {0, 0};

    memcpy(counter, in->nonce, MODES_NONCE);
    put_u32(counter + MODES_NONCE, 1);
    if (!c->encrypt(c->key, blocks, 2, made))
        return false;
    h = field_of(made);
    sum = mix_in(sum, h, in->extra);
    sum = mix_in(sum, h, in->text);
    sum.high ^= (uint64_t)in->extra.n * 8;
    sum.low ^= (uint64_t)in->text.n * 8;
    sum = multiply(sum, h);
    h = field_of(made + MODES_BLOCK);
    sum.high ^= h.high;
    sum.low ^= h.low;
    h = field_of(in->tag);
    return sum.high == h.high && sum.low == h.low && count_out(c, counter, 2, in->text, out);
}

/* CBC-MAC over data, the last block filled with zeros. */
static bool chain_in(const struct modes_cipher *c, uint8_t sum[MODES_BLOCK], struct bytes data)
{
    while (data.n != 0) {
        size_t some = data.n < MODES_BLOCK ? data.n : MODES_BLOCK;
        uint8_t block[MODES_BLOCK];

        memcpy(block, sum, MODES_BLOCK);
        for (size_t i = 0; i < some; i++)
            block[i] ^= data.p[i];
        if (!c->encrypt(c->key, block, 1, sum))
            return false;
        data = bytes_slice(data, some, data.n);
    }
    return true;
}

bool modes_open_ccm(const struct modes_cipher *c, const struct modes_input *in, uint8_t *out)
{
    enum { LENGTH_BYTES = MODES_BLOCK - 1 - MODES_NONCE, FRONT_MOST = 64 };
    uint8_t first[MODES_BLOCK], counter[MODES_BLOCK] = {LENGTH_BYTES - 1}, sum[MODES_BLOCK];
    uint8_t mask[MODES_BLOCK], front[FRONT_MOST];

    if (in->extra.n > FRONT_MOST - 2)
        return false; /* TLS has 13 bytes at most */
    memcpy(counter + 1, in->nonce, MODES_NONCE);
    if (!count_out(c, counter, (uint32_t)in->nonce[MODES_NONCE - 1] << 24 | 1, in->text, out) ||
            !c->encrypt(c->key, counter, 1, mask))
        return false;
    first[0] = (uint8_t)((in->extra.n == 0 ? 0 : 0x40) | (MODES_TAG - 2) / 2 << 3 |
                         (LENGTH_BYTES - 1));
    memcpy(first + 1, in->nonce, MODES_NONCE);
    first[13] = (uint8_t)(in->text.n >> 16);
    first[14] = (uint8_t)(in->text.n >> 8);
    first[15] = (uint8_t)in->text.n;
    if (!c->encrypt(c->key, first, 1, sum))
        return false;
    front[0] = (uint8_t)(in->extra.n >> 8);
    front[1] = (uint8_t)in->extra.n;
    if (in->extra.n != 0)
        memcpy(front + 2, in->extra.p, in->extra.n);
    if (!chain_in(c, sum, bytes_of(front, in->extra.n == 0 ? 0 : in->extra.n + 2)) ||
            !chain_in(c, sum, bytes_of(out, in->text.n)))
        return false;
    for (size_t i = 0; i < MODES_TAG; i++)
        if ((sum[i] ^ mask[i]) != in->tag[i])
            return false;
    return true;
}
