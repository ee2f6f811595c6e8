/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: capture/tls/hello.c and fingerprint.c. The first byte picks the message. All views
 * lie within the message, lists are whole, a failure leaves the output untouched.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tls/fingerprint.h"
#include "capture/tls/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes message;

static void within(struct bytes view)
{
    assert(view.n == 0 || (view.p >= message.p && view.p + view.n <= message.p + message.n));
}

static void list_of(struct bytes view, size_t width)
{
    within(view);
    assert(view.n % width == 0);
}

static void check_client(const struct client_hello *h)
{
    struct bytes rest = h->alpn, inner;
    uint16_t number;

    within(h->session_id);
    list_of(h->suites, h->sslv2 ? 3 : 2);
    within(h->compressions);
    within(h->extensions);
    within(h->server_name);
    assert(h->has_server_name == (h->server_name.n != 0));
    assert(!bytes_has(h->server_name, 0));
    while (rest.n != 0)
        assert(bytes_take_vec8(&rest, &inner));
    for (rest = h->key_shares; rest.n != 0;)
        assert(hello_share_next(&rest, &number, &inner));
    for (rest = h->extensions; rest.n != 0;)
        assert(hello_extension_next(&rest, &number, &inner));
    list_of(h->groups, 2);
    list_of(h->point_formats, 1);
    list_of(h->signatures, 2);
    list_of(h->certificate_signatures, 2);
    list_of(h->versions, 2);
    list_of(h->compress_certificate, 2);
    list_of(h->psk_modes, 1);
    within(h->ticket);
    within(h->psk_identity);
    assert((h->psk_count == 0) == (h->binders_off == 0));
    assert(h->binders_off < message.n || h->binders_off == 0);
    within(h->cookie);
    within(h->shared.quic_parameters);
    assert(h->shared.max_fragment <= 4);
}

static void fingerprint_client(const struct client_hello *h)
{
    struct arena *a = arena_new(4 << 20);
    const char *text, *md5, *ja4, *raw;

    if (a == NULL)
        abort();
    assert(fingerprint_ja3(h, a, &text, &md5));
    assert(fingerprint_ja4(h, FINGERPRINT_QUIC, a, &ja4));
    assert(fingerprint_ja4_raw(h, FINGERPRINT_QUIC, a, &raw));
    if (!h->sslv2) {
        assert(strlen(md5) == 32 && strlen(ja4) == 36);
        assert(strncmp(ja4, raw, 11) == 0);
    }
    arena_free(a);
}

static void run_client(enum parse (*read)(struct bytes, struct client_hello *))
{
    struct client_hello h, before;

    memset(&h, 0x5a, sizeof(h));
    before = h;
    if (read(message, &h) == PARSE_DONE) {
        check_client(&h);
        fingerprint_client(&h);
    } else {
        assert(memcmp(&h, &before, sizeof(h)) == 0);
    }
}

static void run_server(void)
{
    struct arena *a = arena_new(4 << 20);
    struct server_hello h;
    const char *text, *md5;

    if (a == NULL)
        abort();
    if (hello_read_server(message, &h) == PARSE_DONE) {
        within(h.session_id);
        within(h.extensions);
        within(h.alpn);
        within(h.key_share);
        within(h.cookie);
        (void)hello_group_name(h.group);
        assert(fingerprint_ja3s(&h, a, &text, &md5));
    }
    arena_free(a);
}

static void run_rest(uint8_t pick)
{
    enum key_exchange_kind kind = pick / 8 % 2 == 0 ? KEY_EXCHANGE_ECDHE : KEY_EXCHANGE_DHE;
    struct encrypted_extensions e;
    struct key_exchange k;

    if (hello_read_encrypted(message, &e) == PARSE_DONE) {
        within(e.alpn);
        list_of(e.groups, 2);
        within(e.shared.quic_parameters);
    }
    if (hello_read_key_exchange(message, kind, pick / 16 % 2 == 0 ? 0x0303 : 0x0301, &k) ==
            PARSE_DONE) {
        within(k.params);
        within(k.signature);
        assert(k.is_signed || k.params.n == message.n);
        assert((kind == KEY_EXCHANGE_DHE) == (k.bits != 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    message = bytes_of(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        run_client(hello_read_client);
        break;
    case 1:
        run_client(hello_read_sslv2);
        break;
    case 2:
        run_server();
        break;
    default:
        run_rest(data[0]);
    }
    return 0;
}
