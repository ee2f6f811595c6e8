/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/suite.h"

#include <string.h>

static const struct suite_sizes sizes[SUITE_CIPHERS] = {
        [CIPHER_NULL] = {MODE_STREAM, 0, 0, 0, 0, 0},
        [CIPHER_RC4_40] = {MODE_STREAM, 5, 16, 0, 0, 0},
        [CIPHER_RC4_56] = {MODE_STREAM, 7, 16, 0, 0, 0},
        [CIPHER_RC4] = {MODE_STREAM, 16, 16, 0, 0, 0},
        [CIPHER_RC2_40] = {MODE_BLOCK, 5, 16, 0, 8, 0},
        [CIPHER_RC2_56] = {MODE_BLOCK, 7, 16, 0, 8, 0},
        [CIPHER_DES_40] = {MODE_BLOCK, 5, 8, 0, 8, 0},
        [CIPHER_DES] = {MODE_BLOCK, 8, 8, 0, 8, 0},
        [CIPHER_3DES] = {MODE_BLOCK, 24, 24, 0, 8, 0},
        [CIPHER_IDEA] = {MODE_BLOCK, 16, 16, 0, 8, 0},
        [CIPHER_SEED] = {MODE_BLOCK, 16, 16, 0, 16, 0},
        [CIPHER_AES_128_CBC] = {MODE_BLOCK, 16, 16, 0, 16, 0},
        [CIPHER_AES_256_CBC] = {MODE_BLOCK, 32, 32, 0, 16, 0},
        [CIPHER_CAMELLIA_128_CBC] = {MODE_BLOCK, 16, 16, 0, 16, 0},
        [CIPHER_CAMELLIA_256_CBC] = {MODE_BLOCK, 32, 32, 0, 16, 0},
        [CIPHER_ARIA_128_CBC] = {MODE_BLOCK, 16, 16, 0, 16, 0},
        [CIPHER_ARIA_256_CBC] = {MODE_BLOCK, 32, 32, 0, 16, 0},
        [CIPHER_SM4_CBC] = {MODE_BLOCK, 16, 16, 0, 16, 0},
        [CIPHER_AES_128_GCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_AES_256_GCM] = {MODE_AEAD, 32, 32, 4, 0, 16},
        [CIPHER_CAMELLIA_128_GCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_CAMELLIA_256_GCM] = {MODE_AEAD, 32, 32, 4, 0, 16},
        [CIPHER_ARIA_128_GCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_ARIA_256_GCM] = {MODE_AEAD, 32, 32, 4, 0, 16},
        [CIPHER_SM4_GCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_AES_128_CCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_AES_256_CCM] = {MODE_AEAD, 32, 32, 4, 0, 16},
        [CIPHER_AES_128_CCM_8] = {MODE_AEAD, 16, 16, 4, 0, 8},
        [CIPHER_AES_256_CCM_8] = {MODE_AEAD, 32, 32, 4, 0, 8},
        [CIPHER_SM4_CCM] = {MODE_AEAD, 16, 16, 4, 0, 16},
        [CIPHER_CHACHA20] = {MODE_AEAD, 32, 32, 12, 0, 16},
        [CIPHER_OTHER] = {MODE_STREAM, 0, 0, 0, 0, 0},
};

const struct suite *suite_find(uint16_t number)
{
    size_t low = 0, high = suite_table_length;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (suite_table[middle].number == number)
            return &suite_table[middle];
        if (suite_table[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct suite_sizes *suite_sizes(enum suite_cipher cipher)
{
    return &sizes[cipher];
}

bool suite_is_export(const struct suite *suite)
{
    return strstr(suite->name, "_EXPORT") != NULL;
}
