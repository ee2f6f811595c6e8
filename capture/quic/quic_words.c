/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "capture/quic/quic_part.h"

enum {
    CRYPTO_ERROR = 0x100, /* and the TLS alert, RFC 9000 section 20.1 */
    CRYPTO_ERROR_LAST = 0x1ff,
    NAME_TEXT = 64,
};

struct word {
    uint64_t code;
    const char *name;
};

/* RFC 9000 section 20.1; 0x11 is of RFC 9368. */
static const struct word transport_words[] = {
        {0x00, "NO_ERROR"},
        {0x01, "INTERNAL_ERROR"},
        {0x02, "CONNECTION_REFUSED"},
        {0x03, "FLOW_CONTROL_ERROR"},
        {0x04, "STREAM_LIMIT_ERROR"},
        {0x05, "STREAM_STATE_ERROR"},
        {0x06, "FINAL_SIZE_ERROR"},
        {0x07, "FRAME_ENCODING_ERROR"},
        {0x08, "TRANSPORT_PARAMETER_ERROR"},
        {0x09, "CONNECTION_ID_LIMIT_ERROR"},
        {0x0a, "PROTOCOL_VIOLATION"},
        {0x0b, "INVALID_TOKEN"},
        {0x0c, "APPLICATION_ERROR"},
        {0x0d, "CRYPTO_BUFFER_EXCEEDED"},
        {0x0e, "KEY_UPDATE_ERROR"},
        {0x0f, "AEAD_LIMIT_REACHED"},
        {0x10, "NO_VIABLE_PATH"},
        {0x11, "VERSION_NEGOTIATION_ERROR"},
};

/* RFC 9114 section 8.1, RFC 9297 section 5.2, RFC 9204 section 6. */
static const struct word h3_words[] = {
        {0x33, "H3_DATAGRAM_ERROR"},
        {0x100, "H3_NO_ERROR"},
        {0x101, "H3_GENERAL_PROTOCOL_ERROR"},
        {0x102, "H3_INTERNAL_ERROR"},
        {0x103, "H3_STREAM_CREATION_ERROR"},
        {0x104, "H3_CLOSED_CRITICAL_STREAM"},
        {0x105, "H3_FRAME_UNEXPECTED"},
        {0x106, "H3_FRAME_ERROR"},
        {0x107, "H3_EXCESSIVE_LOAD"},
        {0x108, "H3_ID_ERROR"},
        {0x109, "H3_SETTINGS_ERROR"},
        {0x10a, "H3_MISSING_SETTINGS"},
        {0x10b, "H3_REQUEST_REJECTED"},
        {0x10c, "H3_REQUEST_CANCELLED"},
        {0x10d, "H3_REQUEST_INCOMPLETE"},
        {0x10e, "H3_MESSAGE_ERROR"},
        {0x10f, "H3_CONNECT_ERROR"},
        {0x110, "H3_VERSION_FALLBACK"},
        {0x200, "QPACK_DECOMPRESSION_FAILED"},
        {0x201, "QPACK_ENCODER_STREAM_ERROR"},
        {0x202, "QPACK_DECODER_STREAM_ERROR"},
};

static const char *find(const struct word *words, size_t n, uint64_t code)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].code == code)
            return words[i].name;
    return NULL;
}

static void name_crypto(uint64_t code, char out[NAME_TEXT])
{
    uint8_t alert = (uint8_t)(code - CRYPTO_ERROR);
    const char *name = handshake_alert_name(alert);

    if (name != NULL)
        (void)snprintf(out, NAME_TEXT, "CRYPTO_ERROR %s", name);
    else
        (void)snprintf(out, NAME_TEXT, "CRYPTO_ERROR alert %u", (unsigned)alert);
}

static void name_error(
        const struct quic *q, const struct quic_frame *frame, char out[NAME_TEXT])
{
    const char *alpn = q->setup.tls->alpn, *name = NULL;

    if (!frame->application && frame->error >= CRYPTO_ERROR &&
            frame->error <= CRYPTO_ERROR_LAST) {
        name_crypto(frame->error, out);
        return;
    }
    if (!frame->application)
        name = find(transport_words, sizeof(transport_words) / sizeof(transport_words[0]),
                frame->error);
    else if (alpn == NULL || strncmp(alpn, "h3", 2) == 0)
        name = find(h3_words, sizeof(h3_words) / sizeof(h3_words[0]), frame->error);
    if (name == NULL)
        name = frame->application ? "application error" : "unknown error";
    (void)snprintf(out, NAME_TEXT, "%s", name);
}

/* The reason phrase as one line of text. */
static void clean(struct bytes reason, char out[QUIC_CLOSE_REASON + 1])
{
    bool text = bytes_is_utf8(reason);
    size_t n = reason.n < QUIC_CLOSE_REASON ? reason.n : QUIC_CLOSE_REASON;

    /* A cut must not fall into a character. */
    while (text && n < reason.n && n != 0 && (reason.p[n] & 0xc0) == 0x80)
        n--;
    if (n != 0)
        memcpy(out, reason.p, n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (reason.p[i] < 0x20 || reason.p[i] == 0x7f || (reason.p[i] >= 0x80 && !text))
            out[i] = '?';
}

const char *quic_words_version(struct quic *q, uint32_t version)
{
    char name[5] = {(char)(version >> 24), (char)(version >> 16 & 0xff),
            (char)(version >> 8 & 0xff), (char)(version & 0xff), '\0'};
    bool text = true;

    /* Google's own versions are four characters: "Q046", "T051". */
    for (size_t i = 0; i < 4; i++)
        text = text && name[i] > ' ' && name[i] <= '~';
    return arena_print(q->setup.arena,
            "QUIC version 0x%08lx%s%s%s, which is not read; the length counts ciphertext",
            (unsigned long)version, text ? " (" : "", text ? name : "", text ? ")" : "");
}

void quic_words_close(struct quic *q, enum direction dir, const struct quic_frame *frame)
{
    const char *side = dir == FROM_CLIENT ? "client" : "server";
    char name[NAME_TEXT], reason[QUIC_CLOSE_REASON + 1];
    struct tls_facts *tls = q->setup.tls;

    if (q->setup.facts->close != NULL)
        return; /* the first says who closed */
    name_error(q, frame, name);
    clean(frame->reason, reason);
    q->setup.facts->close = arena_print(q->setup.arena, "%s: 0x%llx %s%s%s", side,
            (unsigned long long)frame->error, name, reason[0] == '\0' ? "" : ": ", reason);
    if (!frame->application && frame->error >= CRYPTO_ERROR &&
            frame->error <= CRYPTO_ERROR_LAST && tls->alert == NULL) {
        const char *alert = handshake_alert_name((uint8_t)(frame->error - CRYPTO_ERROR));

        if (alert != NULL)
            tls->alert = arena_print(q->setup.arena, "fatal %s from %s", alert, side);
    }
}
