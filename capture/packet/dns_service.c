/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/dns_service.h"

#include <string.h>

#include "capture/packet/packet.h"

enum service_key {
    KEY_MANDATORY = 0,
    KEY_ALPN = 1,
    KEY_NO_DEFAULT_ALPN = 2,
    KEY_PORT = 3,
    KEY_IPV4_HINT = 4,
    KEY_ECH = 5,
    KEY_IPV6_HINT = 6,
};

const char *dns_address_text(struct bytes raw, struct arena *arena)
{
    struct endpoint e = {.version = raw.n == 4 ? IPV4 : IPV6};
    char text[ENDPOINT_TEXT];

    memcpy(e.address, raw.p, raw.n < sizeof(e.address) ? raw.n : sizeof(e.address));
    endpoint_address_text(&e, text);
    return arena_string(arena, bytes_text(text));
}

static enum parse read_hints(
        struct bytes value, size_t size, struct arena *arena, const char ***out, size_t *count)
{
    const char **hints;
    struct bytes raw;
    size_t n = value.n / size, i = 0;

    if (value.n == 0 || value.n % size != 0)
        return PARSE_BAD;
    hints = arena_array(arena, n, sizeof(*hints));
    if (hints == NULL)
        return PARSE_UNSUPPORTED;
    while (bytes_take(&value, size, &raw)) {
        hints[i] = dns_address_text(raw, arena);
        if (hints[i++] == NULL)
            return PARSE_UNSUPPORTED;
    }
    *out = hints;
    *count = n;
    return PARSE_DONE;
}

/* One protocol identifier, which may be any bytes (RFC 7301), as text. */
static const char *protocol_text(struct bytes raw, struct arena *arena)
{
    char *text = arena_alloc(arena, 4 * raw.n + 1);
    size_t n = 0;

    for (size_t i = 0; text != NULL && i < raw.n; i++) {
        uint8_t c = raw.p[i];

        if (c > 0x20 && c < 0x7f && c != ',' && c != '\\' && c != '"') {
            text[n++] = (char)c;
            continue;
        }
        text[n++] = '\\';
        text[n++] = (char)('0' + c / 100);
        text[n++] = (char)('0' + c / 10 % 10);
        text[n++] = (char)('0' + c % 10);
    }
    return text;
}

static enum parse read_alpn(struct bytes value, struct arena *arena, struct dns_service *s)
{
    struct bytes each = value, one;
    const char **list;
    size_t n = 0;

    while (bytes_take_vec8(&each, &one)) {
        if (one.n == 0)
            return PARSE_BAD;
        n++;
    }
    if (each.n != 0 || n == 0)
        return PARSE_BAD;
    list = arena_array(arena, n, sizeof(*list));
    if (list == NULL)
        return PARSE_UNSUPPORTED;
    s->alpn_count = 0;
    while (bytes_take_vec8(&value, &one)) {
        list[s->alpn_count] = protocol_text(one, arena);
        if (list[s->alpn_count++] == NULL)
            return PARSE_UNSUPPORTED;
    }
    s->alpn = list;
    return PARSE_DONE;
}

static enum parse read_parameter(
        uint16_t key, struct bytes value, struct arena *arena, struct dns_service *s)
{
    struct bytes list;

    switch (key) {
    case KEY_ALPN:
        return read_alpn(value, arena, s);
    case KEY_NO_DEFAULT_ALPN:
        s->no_default_alpn = true;
        return value.n == 0 ? PARSE_DONE : PARSE_BAD;
    case KEY_PORT:
        s->has_port = bytes_take_u16(&value, &s->port);
        return s->has_port && value.n == 0 ? PARSE_DONE : PARSE_BAD;
    case KEY_IPV4_HINT:
        return read_hints(value, 4, arena, &s->ipv4_hints, &s->ipv4_hint_count);
    case KEY_IPV6_HINT:
        return read_hints(value, 16, arena, &s->ipv6_hints, &s->ipv6_hint_count);
    case KEY_ECH:
        s->ech = value;
        return bytes_take_vec16(&value, &list) && value.n == 0 ? PARSE_DONE : PARSE_BAD;
    default:
        return PARSE_DONE;
    }
}

enum parse dns_service(struct bytes data, struct arena *arena, struct dns_service *out)
{
    struct dns_service s = {0};
    char target[DNS_NAME_TEXT];
    uint32_t least = 0;

    if (!bytes_take_u16(&data, &s.priority) || !dns_name_take_plain(&data, target))
        return PARSE_BAD;
    s.target = arena_string(arena, bytes_text(target));
    if (s.target == NULL)
        return PARSE_UNSUPPORTED;
    while (data.n != 0) {
        struct bytes value;
        enum parse said;
        uint16_t key;

        /* Keys come in strictly rising order: none is there twice. */
        if (!bytes_take_u16(&data, &key) || !bytes_take_vec16(&data, &value) || key < least)
            return PARSE_BAD;
        least = (uint32_t)key + 1;
        said = read_parameter(key, value, arena, &s);
        if (said != PARSE_DONE)
            return said;
    }
    *out = s;
    return PARSE_DONE;
}
