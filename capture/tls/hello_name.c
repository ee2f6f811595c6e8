/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tls/hello.h"

/* The words for numbers that hellos carry: IANA "TLS Parameters", as of 2026. */

struct number_name {
    uint16_t number;
    const char *name;
};

static const struct number_name groups[] = {
        {1, "sect163k1"},
        {2, "sect163r1"},
        {3, "sect163r2"},
        {4, "sect193r1"},
        {5, "sect193r2"},
        {6, "sect233k1"},
        {7, "sect233r1"},
        {8, "sect239k1"},
        {9, "sect283k1"},
        {10, "sect283r1"},
        {11, "sect409k1"},
        {12, "sect409r1"},
        {13, "sect571k1"},
        {14, "sect571r1"},
        {15, "secp160k1"},
        {16, "secp160r1"},
        {17, "secp160r2"},
        {18, "secp192k1"},
        {19, "secp192r1"},
        {20, "secp224k1"},
        {21, "secp224r1"},
        {22, "secp256k1"},
        {23, "secp256r1"},
        {24, "secp384r1"},
        {25, "secp521r1"},
        {26, "brainpoolP256r1"},
        {27, "brainpoolP384r1"},
        {28, "brainpoolP512r1"},
        {29, "x25519"},
        {30, "x448"},
        {31, "brainpoolP256r1tls13"},
        {32, "brainpoolP384r1tls13"},
        {33, "brainpoolP512r1tls13"},
        {34, "GC256A"},
        {35, "GC256B"},
        {36, "GC256C"},
        {37, "GC256D"},
        {38, "GC512A"},
        {39, "GC512B"},
        {40, "GC512C"},
        {41, "curveSM2"},
        {256, "ffdhe2048"},
        {257, "ffdhe3072"},
        {258, "ffdhe4096"},
        {259, "ffdhe6144"},
        {260, "ffdhe8192"},
        {512, "MLKEM512"},
        {513, "MLKEM768"},
        {514, "MLKEM1024"},
        {4587, "SecP256r1MLKEM768"},
        {4588, "X25519MLKEM768"},
        {4589, "SecP384r1MLKEM1024"},
        {4590, "curveSM2MLKEM768"},
        {25497, "X25519Kyber768Draft00"}, /* what browsers used before ML-KEM was final */
        {25498, "SecP256r1Kyber768Draft00"},
};

static const struct number_name versions[] = {
        {0x0002, "SSL 2.0"},
        {0x0300, "SSL 3.0"},
        {0x0301, "TLS 1.0"},
        {0x0302, "TLS 1.1"},
        {0x0303, "TLS 1.2"},
        {0x0304, "TLS 1.3"},
        {0x7f12, "TLS 1.3 draft 18"},
        {0x7f13, "TLS 1.3 draft 19"},
        {0x7f14, "TLS 1.3 draft 20"},
        {0x7f15, "TLS 1.3 draft 21"},
        {0x7f16, "TLS 1.3 draft 22"},
        {0x7f17, "TLS 1.3 draft 23"},
        {0x7f18, "TLS 1.3 draft 24"},
        {0x7f19, "TLS 1.3 draft 25"},
        {0x7f1a, "TLS 1.3 draft 26"},
        {0x7f1b, "TLS 1.3 draft 27"},
        {0x7f1c, "TLS 1.3 draft 28"},
};

static const char *find(const struct number_name *names, size_t n, uint16_t number)
{
    for (size_t i = 0; i < n; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

const char *hello_group_name(uint16_t group)
{
    return find(groups, sizeof(groups) / sizeof(groups[0]), group);
}

const char *hello_version_name(uint16_t version)
{
    return find(versions, sizeof(versions) / sizeof(versions[0]), version);
}

uint16_t hello_version_plain(uint16_t version)
{
    return version >> 8 == 0x7f ? 0x0304 : version;
}
