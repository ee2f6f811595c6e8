/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_version.h"

#include <stddef.h>

/* Salts and Retry keys: draft-ietf-quic-tls of each number, RFC 9001 sections 5.2 and 5.8, RFC
 * 9369 section 3.3. */
#define SALT_21                                                                                \
    {                                                                                          \
        0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51,    \
                0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a                                             \
    }
#define SALT_23                                                                                \
    {                                                                                          \
        0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,    \
                0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02                                             \
    }
#define SALT_29                                                                                \
    {                                                                                          \
        0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,    \
                0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99                                             \
    }
#define SALT_V1                                                                                \
    {                                                                                          \
        0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,    \
                0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a                                             \
    }
#define SALT_V2                                                                                \
    {                                                                                          \
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,    \
                0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9                                             \
    }

#define RETRY_NONE .retry_echoes = true
#define RETRY_25                                                                               \
    .retry_key = {0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8, 0x41, 0xe4, 0x04, 0x3d,      \
            0xf2, 0x7d, 0x44, 0x30},                                                           \
    .retry_nonce = {0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13, 0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75}
#define RETRY_29                                                                               \
    .retry_key = {0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0, 0x57, 0x28, 0x15, 0x5a,      \
            0x6c, 0xb9, 0x6b, 0xe1},                                                           \
    .retry_nonce = {0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c}
#define RETRY_V1                                                                               \
    .retry_key = {0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54,      \
            0xe3, 0x68, 0xc8, 0x4e},                                                           \
    .retry_nonce = {0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb}
#define RETRY_V2                                                                               \
    .retry_key = {0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce,      \
            0xad, 0x7c, 0xcc, 0x92},                                                           \
    .retry_nonce = {0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a}

/* Before draft 24 the key update had no label of its own, and took that of TLS. */
#define LABELS(ku)                                                                             \
    "quic key", "quic iv", "quic hp", ku,                                                      \
    {                                                                                          \
        0, 1, 2, 3                                                                             \
    }
#define LABELS_V2                                                                              \
    "quicv2 key", "quicv2 iv", "quicv2 hp", "quicv2 ku",                                       \
    {                                                                                          \
        1, 2, 3, 0                                                                             \
    }

/* The newest first: that is what is looked for. */
static const struct quic_version versions[] = {
        {QUIC_V1, "QUIC v1", SALT_V1, LABELS("quic ku"), RETRY_V1},
        {QUIC_V2, "QUIC v2", SALT_V2, LABELS_V2, RETRY_V2},
        {0xff000022, "QUIC draft-34", SALT_V1, LABELS("quic ku"), RETRY_V1},
        {0xff000021, "QUIC draft-33", SALT_V1, LABELS("quic ku"), RETRY_V1},
        {0xff000020, "QUIC draft-32", SALT_29, LABELS("quic ku"), RETRY_29},
        {0xff00001f, "QUIC draft-31", SALT_29, LABELS("quic ku"), RETRY_29},
        {0xff00001e, "QUIC draft-30", SALT_29, LABELS("quic ku"), RETRY_29},
        {0xff00001d, "QUIC draft-29", SALT_29, LABELS("quic ku"), RETRY_29},
        {0xff00001c, "QUIC draft-28", SALT_23, LABELS("quic ku"), RETRY_25},
        {0xff00001b, "QUIC draft-27", SALT_23, LABELS("quic ku"), RETRY_25},
        {0xff00001a, "QUIC draft-26", SALT_23, LABELS("quic ku"), RETRY_25},
        {0xff000019, "QUIC draft-25", SALT_23, LABELS("quic ku"), RETRY_25},
        {0xff000018, "QUIC draft-24", SALT_23, LABELS("quic ku"), RETRY_NONE},
        {0xff000017, "QUIC draft-23", SALT_23, LABELS("traffic upd"), RETRY_NONE},
        {0xff000016, "QUIC draft-22", SALT_21, LABELS("traffic upd"), RETRY_NONE},
        {0xff000015, "QUIC draft-21", SALT_21, LABELS("traffic upd"), RETRY_NONE,
                .packed_ids = true},
};

const struct quic_version *quic_version_find(uint32_t number)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if (versions[i].number == number)
            return &versions[i];
    return NULL;
}

bool quic_version_is_grease(uint32_t number)
{
    return (number & 0x0f0f0f0f) == 0x0a0a0a0a;
}
