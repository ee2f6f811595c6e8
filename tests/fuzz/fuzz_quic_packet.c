/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: quic_packet, and quic_keys with what it cuts. The first byte is the length of the
 * connection ID in short headers; the rest is a datagram. Packets lie side by side and cover what
 * was taken, views stay within them, a refusal takes and tells nothing, and no packet opens
 * by chance but one whose keys everybody has.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_keys.h"
#include "capture/quic/quic_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct bytes view, struct bytes whole)
{
    assert(view.n == 0 || (view.p >= whole.p && view.p + view.n <= whole.p + whole.n));
}

static void check(const struct quic_packet *p, size_t id_length)
{
    const size_t id_most = p->kind == QUIC_NEGOTIATION ? 255 : QUIC_ID_MOST;

    within(p->dcid, p->whole);
    within(p->scid, p->whole);
    within(p->token, p->whole);
    within(p->versions, p->whole);
    within(p->retry_tag, p->whole);
    within(p->retry_original, p->whole);
    assert(p->kind == QUIC_ONE_RTT ? p->dcid.n == id_length : p->dcid.n <= id_most);
    assert(p->scid.n <= id_most);
    assert(p->number_at <= p->whole.n);
    assert((p->number_at == 0) == (p->kind == QUIC_RETRY || p->kind == QUIC_NEGOTIATION));
    assert((p->known == NULL) == (p->kind == QUIC_ONE_RTT || p->kind == QUIC_NEGOTIATION));
    assert(p->versions.n % 4 == 0 && (p->kind == QUIC_NEGOTIATION) == (p->versions.n != 0));
    assert(p->kind != QUIC_RETRY || p->token.n != 0);
    assert(p->retry_tag.n == 0 || p->retry_tag.n == QUIC_TAG);
}

static void try_keys(struct quic_keys *k, const struct quic_packet *p)
{
    struct quic_number unmasked;
    uint8_t *out;
    size_t n = SIZE_MAX;

    if (quic_keys_unmask(k, p, &unmasked) != PARSE_DONE)
        return;
    assert(unmasked.length >= 1 && unmasked.length <= 4);
    assert(unmasked.length == 4 || unmasked.value >> 8 * unmasked.length == 0);
    out = malloc(p->whole.n);
    if (out == NULL)
        abort();
    if (quic_keys_open(k, p, &unmasked, quic_number_whole(0, true, &unmasked), out, &n) ==
            PARSE_DONE)
        assert(!p->cut && n == p->whole.n - p->number_at - unmasked.length - QUIC_TAG);
    else
        assert(n == SIZE_MAX);
    free(out);
}

static void open_packet(const struct quic_packet *p)
{
    static const uint8_t secret[32] = {1};
    static struct quic_keys *fixed;
    struct quic_keys *k;

    if (fixed == NULL && quic_keys_new(quic_version_find(QUIC_V1), suite_find(0x1304),
                                 bytes_of(secret, sizeof(secret)), &fixed) != STATUS_OK)
        abort();
    try_keys(fixed, p);
    if (p->kind == QUIC_RETRY)
        (void)!quic_keys_retry_fits(p, p->scid);
    if (p->kind != QUIC_INITIAL)
        return;
    if (quic_keys_initial(p->known, p->dcid, FROM_CLIENT, &k) != STATUS_OK)
        abort();
    try_keys(k, p);
    quic_keys_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest, left;
    size_t id_length;
    bool first = true;

    if (size < 1)
        return 0;
    id_length = data[0];
    rest = bytes_of(data + 1, size - 1);
    for (;;) {
        struct quic_packet p, before;
        bool looks = quic_packet_looks_long(rest);
        enum parse verdict;

        memset(&p, 0x5a, sizeof(p));
        before = p;
        left = rest;
        verdict = quic_packet_next(&rest, id_length, &p);
        if (verdict == PARSE_BAD) {
            assert(!looks && rest.p == left.p && rest.n == left.n);
            assert(memcmp(&p, &before, sizeof(p)) == 0);
            return 0;
        }
        assert(p.whole.n != 0 && p.whole.p == left.p && rest.p == left.p + p.whole.n);
        assert(rest.n == left.n - p.whole.n);
        if (verdict == PARSE_UNSUPPORTED) {
            within(p.dcid, p.whole);
            within(p.scid, p.whole);
            assert(p.version != 0 && p.known == NULL && rest.n == 0);
            return 0;
        }
        check(&p, id_length);
        if (first)
            open_packet(&p);
        first = false;
    }
}
