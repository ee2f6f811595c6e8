/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_EXCHANGE_MIX_H
#define TESTS_FUZZ_EXCHANGE_MIX_H

/* What every exchange of HTTP/2 and HTTP/3 promises, and a number in which all is mixed that must
 * not depend on how its bytes were cut into items. */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/http/exchange.h"

static inline void stir(uint64_t *mix, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        *mix = (*mix ^ b.p[i]) * UINT64_C(0x100000001b3);
    *mix = (*mix ^ b.n) * UINT64_C(0x100000001b3);
}

static inline void message_mix(const struct message *m, uint64_t *mix)
{
    assert(m->header_count <= EXCHANGE_HEADERS_MOST);
    assert(!m->whole || m->head_whole);
    assert(m->frames_listed <= m->frame_count && m->head_frames <= m->frames_listed);
    for (size_t i = 0; i < m->header_count; i++) {
        stir(mix, m->headers[i].name);
        stir(mix, m->headers[i].value);
    }
    for (size_t i = 0; i < m->trailer_count; i++)
        stir(mix, m->trailers[i].value);
    stir(mix, m->body.data);
    stir(mix, bytes_of(m->body.sha256, sizeof(m->body.sha256)));
    stir(mix, bytes_of(&m->whole, 1));
}

static inline uint64_t exchange_mix(const struct exchange *x)
{
    uint64_t mix = x->stream;

    assert(x->complete == (x->request.whole && x->response.whole));
    stir(&mix, x->method);
    stir(&mix, x->url);
    message_mix(&x->request, &mix);
    message_mix(&x->response, &mix);
    for (size_t i = 1; i < x->gap_count; i++)
        assert(x->gaps[i - 1] < x->gaps[i]);
    return mix;
}

#endif
