/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: capture/tls/certificate.c. The first byte picks what the rest is: a Certificate
 * message of either form, a compressed one, one certificate, or a signature for a certificate.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tls/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    if (text == NULL)
        return;
    assert(bytes_is_utf8(bytes_text(text)));
    for (const char *p = text; *p != '\0'; p++)
        assert((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_list(const struct certificate_list *list)
{
    assert(list->n <= CERTIFICATE_CHAIN_MOST);
    for (size_t i = 0; i < list->n; i++) {
        const struct certificate *c = &list->at[i];

        assert(c->der.n != 0 && c->name_count <= CERTIFICATE_NAMES_MOST);
        check_text(c->subject);
        check_text(c->issuer);
        check_text(c->serial);
        for (size_t k = 0; k < c->name_count; k++)
            check_text(c->names[k]);
    }
}

static void read_list(struct bytes body, enum certificate_form form)
{
    struct arena *a = arena_new(64 << 20);
    struct certificate_list list = {0};

    if (a == NULL)
        abort();
    if (certificate_read(body, form, a, &list) == PARSE_DONE)
        check_list(&list);
    else
        assert(list.at == NULL);
    arena_free(a);
}

static void read_packed(struct bytes body)
{
    struct buf out;

    buf_init(&out, 2 << 20);
    if (certificate_unpack(body, &out) == PARSE_DONE)
        read_list(buf_view(&out), CERTIFICATE_TLS13);
    else
        assert(out.n == 0);
    buf_clear(&out);
}

/* The data is one certificate: inside a message, and with a signature that cannot be right. */
static void read_one(struct bytes der)
{
    static const uint16_t schemes[] = {0x0804, 0x0403, 0x0807, 0x0708, 0x0202, 0x0905};
    struct certificate leaf = {.der = der};
    uint8_t head[6] = {0, (uint8_t)((der.n + 3) >> 8), (uint8_t)(der.n + 3), 0,
            (uint8_t)(der.n >> 8), (uint8_t)der.n};
    struct buf b;

    if (der.n == 0 || der.n > 0xff00)
        return;
    buf_init(&b, 1 << 17);
    if (buf_append(&b, bytes_of(head, sizeof(head))) != STATUS_OK ||
            buf_append(&b, der) != STATUS_OK)
        abort();
    read_list(buf_view(&b), CERTIFICATE_TLS12);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        uint8_t body[2 + 2 + 8] = {(uint8_t)(schemes[i] >> 8), (uint8_t)schemes[i], 0, 8};

        assert(certificate_check_transcript(&leaf, FROM_SERVER, bytes_of(body, sizeof(body)),
                       BYTES_LITERAL("thirty-two bytes of any old hash")) != VERIFY_GOOD);
    }
    buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body;

    if (size < 1)
        return 0;
    body = bytes_of(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        read_list(body, CERTIFICATE_TLS12);
        break;
    case 1:
        read_list(body, CERTIFICATE_TLS13);
        break;
    case 2:
        read_packed(body);
        break;
    default:
        read_one(body);
    }
    return 0;
}
