/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic_look.h"

#include <string.h>

#include "capture/quic/quic_packet.h"

enum {
    ONE_WAY = 2, /* bits of a stream's number, RFC 9000 section 2.1 */
    SERVER_OPENED = 1,
    FRAME_HEADERS = 1, /* RFC 9114 section 7.2 */
    FRAME_SETTINGS = 4,
    STREAM_CONTROL = 0, /* RFC 9114 section 6.2, RFC 9204 section 4.2 */
    STREAM_ENCODER = 2,
    STREAM_DECODER = 3,
    SECTION_PREFIX = 2, /* the least that a header block has, RFC 9204 section 4.5.1 */
    HEADERS_MOST = 1 << 20,
};

static bool is_draft(const char *alpn, const char *prefix)
{
    size_t n = strlen(prefix);

    if (strncmp(alpn, prefix, n) != 0 || alpn[n] == '\0')
        return false;
    for (alpn += n; *alpn != '\0'; alpn++) {
        if (!ascii_is_digit((uint8_t)*alpn))
            return false;
    }
    return true;
}

enum quic_content quic_look_alpn(const char *alpn)
{
    if (alpn == NULL)
        return QUIC_CONTENT_UNKNOWN;
    if (strcmp(alpn, "h3") == 0 || is_draft(alpn, "h3-"))
        return QUIC_CONTENT_HTTP3;
    if (strcmp(alpn, "doq") == 0 || is_draft(alpn, "doq-i"))
        return QUIC_CONTENT_DNS;
    return QUIC_CONTENT_OTHER;
}

/* A HEADERS frame of a length that a header block can have. */
static bool is_message(struct bytes first)
{
    uint64_t type, length;

    return quic_take_varint(&first, &type) && type == FRAME_HEADERS &&
           quic_take_varint(&first, &length) && length > SECTION_PREFIX &&
           length <= HEADERS_MOST;
}

bool quic_look_endless(uint64_t stream, struct bytes first)
{
    uint64_t type;

    return (stream & ONE_WAY) != 0 && quic_take_varint(&first, &type) &&
           (type == STREAM_CONTROL || type == STREAM_ENCODER || type == STREAM_DECODER);
}

enum quic_content quic_look_stream(uint64_t stream, enum direction dir, struct bytes first)
{
    uint64_t type, frame;
    enum direction opener = (stream & SERVER_OPENED) != 0 ? FROM_SERVER : FROM_CLIENT;
    bool yes;

    if ((stream & ONE_WAY) == 0)
        yes = opener == FROM_CLIENT && is_message(first);
    else if (dir != opener || !quic_take_varint(&first, &type))
        yes = false;
    else if (type == STREAM_CONTROL)
        yes = quic_take_varint(&first, &frame) && frame == FRAME_SETTINGS;
    else
        yes = type == STREAM_ENCODER || type == STREAM_DECODER;
    return yes ? QUIC_CONTENT_HTTP3 : QUIC_CONTENT_UNKNOWN;
}
