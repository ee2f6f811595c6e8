/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: quic_params. Views lie within the extension, numbers keep their limits whatever is in
 * it; a list whose frame is broken leaves the output alone.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "capture/quic/quic_packet.h"
#include "capture/quic/quic_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes extension;

static void within(struct bytes view)
{
    assert(view.n == 0 ||
            (view.p >= extension.p && view.p + view.n <= extension.p + extension.n));
}

static void check_id(bool has, struct bytes id)
{
    within(id);
    assert(has ? id.n <= QUIC_ID_MOST : id.n == 0);
}

static void check(const struct quic_params *p)
{
    check_id(p->has_original_dcid, p->original_dcid);
    check_id(p->has_initial_scid, p->initial_scid);
    check_id(p->has_retry_scid, p->retry_scid);
    check_id(p->has_preferred, p->preferred_id);
    within(p->reset_token);
    assert(p->reset_token.n == (p->has_reset_token ? 16 : 0));
    within(p->preferred_token);
    assert(p->preferred_token.n == (p->has_preferred ? 16 : 0));
    within(p->versions);
    assert(p->versions.n % 4 == 0 && (p->has_versions || p->versions.n == 0));
    assert(p->has_versions == (p->chosen_version != 0));
    assert(p->udp_payload_most >= 1200 && p->ids_most >= 2);
    assert(p->ack_delay_exponent <= 20 && p->ack_delay_ms < 1 << 14);
    assert(p->streams_bidi <= UINT64_C(1) << 60 && p->streams_uni <= UINT64_C(1) << 60);
    assert(p->has_malformed || p->malformed == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct quic_params p, before;
    struct bytes rest = {data, size}, value;
    uint64_t number;

    extension = rest;
    while (quic_params_next(&rest, &number, &value)) {
        within(value);
        assert(value.p + value.n == rest.p);
    }
    memset(&p, 0x5a, sizeof(p));
    before = p;
    if (quic_params_read(extension, &p) == PARSE_DONE) {
        check(&p);
    } else {
        assert(rest.n != 0);
        assert(memcmp(&p, &before, sizeof(p)) == 0);
    }
    return 0;
}
