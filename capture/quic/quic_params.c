/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_params.h"

#include <string.h>

#include "capture/quic/quic_packet.h"

/* RFC 9000 section 18.2, RFC 9221 section 3, RFC 9287 section 3, RFC 9368 section 3. */
enum {
    PARAM_ORIGINAL_DCID = 0x00,
    PARAM_IDLE_TIMEOUT = 0x01,
    PARAM_RESET_TOKEN = 0x02,
    PARAM_UDP_PAYLOAD_MOST = 0x03,
    PARAM_MAX_DATA = 0x04,
    PARAM_MAX_STREAM_BIDI_LOCAL = 0x05,
    PARAM_MAX_STREAM_BIDI_REMOTE = 0x06,
    PARAM_MAX_STREAM_UNI = 0x07,
    PARAM_STREAMS_BIDI = 0x08,
    PARAM_STREAMS_UNI = 0x09,
    PARAM_ACK_DELAY_EXPONENT = 0x0a,
    PARAM_ACK_DELAY = 0x0b,
    PARAM_NO_MIGRATION = 0x0c,
    PARAM_PREFERRED = 0x0d,
    PARAM_IDS_MOST = 0x0e,
    PARAM_INITIAL_SCID = 0x0f,
    PARAM_RETRY_SCID = 0x10,
    PARAM_VERSIONS = 0x11,
    PARAM_DATAGRAM_MOST = 0x20,
    PARAM_GREASE_BIT = 0x2ab2,
};

enum {
    RESET_TOKEN = 16,
    UDP_PAYLOAD_LEAST = 1200,
    UDP_PAYLOAD_DEFAULT = 65527,
    ACK_DELAY_EXPONENT_DEFAULT = 3,
    ACK_DELAY_EXPONENT_MOST = 20,
    ACK_DELAY_DEFAULT = 25,
    ACK_DELAY_END = 1 << 14,
    IDS_LEAST = 2,
    SEEN_GREASE_BIT = 63, /* bit that stands for it beside the small numbers */
};

#define STREAMS_MOST (UINT64_C(1) << 60)

bool quic_params_next(struct bytes *rest, uint64_t *number, struct bytes *value)
{
    struct bytes b = *rest, v;
    uint64_t id, n;

    if (!quic_take_varint(&b, &id) || !quic_take_varint(&b, &n) || n > b.n ||
            !bytes_take(&b, (size_t)n, &v))
        return false;
    *rest = b;
    *number = id;
    *value = v;
    return true;
}

/* One of drafts before 27: both number and length are of 16 bits. */
static bool next_of_draft(struct bytes *rest, uint64_t *number, struct bytes *value)
{
    struct bytes b = *rest, v;
    uint16_t id;

    if (!bytes_take_u16(&b, &id) || !bytes_take_vec16(&b, &v))
        return false;
    *rest = b;
    *number = id;
    *value = v;
    return true;
}

/* Those drafts put a length in front of the whole list. Where everything fits, down to the last
 * byte, it is one. */
static bool is_of_draft(struct bytes extension, struct bytes *list)
{
    struct bytes inner, rest, value;
    uint64_t number;

    if (!bytes_take_vec16(&extension, &inner) || extension.n != 0 || inner.n == 0)
        return false;
    rest = inner;
    while (rest.n != 0)
        if (!next_of_draft(&rest, &number, &value))
            return false;
    *list = inner;
    return true;
}

static bool read_number(struct bytes value, uint64_t least, uint64_t most, uint64_t *out)
{
    uint64_t n;

    if (!quic_take_varint(&value, &n) || value.n != 0 || n < least || n > most)
        return false;
    *out = n;
    return true;
}

static bool read_id(struct bytes value, bool *has, struct bytes *out)
{
    if (value.n > QUIC_ID_MOST)
        return false;
    *has = true;
    *out = value;
    return true;
}

static bool read_flag(struct bytes value, bool *out)
{
    if (value.n != 0)
        return false;
    *out = true;
    return true;
}

static bool read_reset_token(struct bytes value, struct quic_params *out)
{
    if (value.n != RESET_TOKEN)
        return false;
    out->has_reset_token = true;
    out->reset_token = value;
    return true;
}

static bool read_preferred(struct bytes value, struct quic_params *out)
{
    struct endpoint v4 = {.version = IPV4}, v6 = {.version = IPV6};
    struct bytes address4, address6, id, token;

    if (!bytes_take(&value, 4, &address4) || !bytes_take_u16(&value, &v4.port) ||
            !bytes_take(&value, 16, &address6) || !bytes_take_u16(&value, &v6.port) ||
            !bytes_take_vec8(&value, &id) || id.n == 0 || id.n > QUIC_ID_MOST ||
            !bytes_take(&value, RESET_TOKEN, &token) || value.n != 0)
        return false;
    memcpy(v4.address, address4.p, 4);
    memcpy(v6.address, address6.p, 16);
    out->has_preferred = true;
    out->preferred_v4 = v4;
    out->preferred_v6 = v6;
    out->preferred_id = id;
    out->preferred_token = token;
    return true;
}

/* RFC 9368 section 3: a version of 0 is no version. */
static bool read_versions(struct bytes value, struct quic_params *out)
{
    uint32_t chosen, other;
    struct bytes list;

    if (value.n % 4 != 0 || !bytes_take_u32(&value, &chosen) || chosen == 0)
        return false;
    list = value;
    while (bytes_take_u32(&value, &other))
        if (other == 0)
            return false;
    out->has_versions = true;
    out->chosen_version = chosen;
    out->versions = list;
    return true;
}

static bool read_param(uint64_t number, struct bytes value, struct quic_params *out)
{
    switch (number) {
    case PARAM_ORIGINAL_DCID:
        return read_id(value, &out->has_original_dcid, &out->original_dcid);
    case PARAM_IDLE_TIMEOUT:
        return read_number(value, 0, UINT64_MAX, &out->idle_timeout_ms);
    case PARAM_RESET_TOKEN:
        return read_reset_token(value, out);
    case PARAM_UDP_PAYLOAD_MOST:
        return read_number(value, UDP_PAYLOAD_LEAST, UINT64_MAX, &out->udp_payload_most);
    case PARAM_MAX_DATA:
        return read_number(value, 0, UINT64_MAX, &out->max_data);
    case PARAM_MAX_STREAM_BIDI_LOCAL:
        return read_number(value, 0, UINT64_MAX, &out->max_stream_bidi_local);
    case PARAM_MAX_STREAM_BIDI_REMOTE:
        return read_number(value, 0, UINT64_MAX, &out->max_stream_bidi_remote);
    case PARAM_MAX_STREAM_UNI:
        return read_number(value, 0, UINT64_MAX, &out->max_stream_uni);
    case PARAM_STREAMS_BIDI:
        return read_number(value, 0, STREAMS_MOST, &out->streams_bidi);
    case PARAM_STREAMS_UNI:
        return read_number(value, 0, STREAMS_MOST, &out->streams_uni);
    case PARAM_ACK_DELAY_EXPONENT:
        return read_number(value, 0, ACK_DELAY_EXPONENT_MOST, &out->ack_delay_exponent);
    case PARAM_ACK_DELAY:
        return read_number(value, 0, ACK_DELAY_END - 1, &out->ack_delay_ms);
    case PARAM_NO_MIGRATION:
        return read_flag(value, &out->no_migration);
    case PARAM_PREFERRED:
        return read_preferred(value, out);
    case PARAM_IDS_MOST:
        return read_number(value, IDS_LEAST, UINT64_MAX, &out->ids_most);
    case PARAM_INITIAL_SCID:
        return read_id(value, &out->has_initial_scid, &out->initial_scid);
    case PARAM_RETRY_SCID:
        return read_id(value, &out->has_retry_scid, &out->retry_scid);
    case PARAM_VERSIONS:
        return read_versions(value, out);
    case PARAM_DATAGRAM_MOST:
        return read_number(value, 0, UINT64_MAX, &out->datagram_most);
    case PARAM_GREASE_BIT:
        return read_flag(value, &out->grease_bit);
    default:
        return true; /* RFC 9000 section 7.4.2: ignored */
    }
}

/* The bit of a parameter that is read; 0 for others, which may come as they like. */
static uint64_t seen_bit(uint64_t number)
{
    if (number == PARAM_GREASE_BIT)
        return UINT64_C(1) << SEEN_GREASE_BIT;
    return number <= PARAM_DATAGRAM_MOST ? UINT64_C(1) << number : 0;
}

enum parse quic_params_read(struct bytes extension, struct quic_params *out)
{
    struct quic_params p = {
            .udp_payload_most = UDP_PAYLOAD_DEFAULT,
            .ack_delay_exponent = ACK_DELAY_EXPONENT_DEFAULT,
            .ack_delay_ms = ACK_DELAY_DEFAULT,
            .ids_most = IDS_LEAST,
    };
    struct bytes rest = extension, value;
    bool of_draft = is_of_draft(extension, &rest);
    uint64_t number, seen = 0;

    while (rest.n != 0) {
        if (!(of_draft ? next_of_draft(&rest, &number, &value)
                       : quic_params_next(&rest, &number, &value)))
            return PARSE_BAD;
        if (!(seen & seen_bit(number)) && read_param(number, value, &p)) {
            seen |= seen_bit(number);
            continue;
        }
        seen |= seen_bit(number);
        if (!p.has_malformed) {
            p.has_malformed = true;
            p.malformed = number;
        }
    }
    *out = p;
    return PARSE_DONE;
}
