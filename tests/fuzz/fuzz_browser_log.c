/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: browser_log, browser_match. Asserts: whatever is in the file, reading ends well, the same
 * in two pieces as in one; every number points where something is; joins are one to one, and
 * each request has one fate. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/browser_match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXCHANGES = 8 };

static struct browser_log *read_log(const uint8_t *data, size_t size, size_t at)
{
    struct browser_log *log = browser_log_new();

    assert(log != NULL);
    assert(browser_log_push(log, bytes_of(data, at)) == STATUS_OK);
    assert(browser_log_push(log, bytes_of(data + at, size - at)) == STATUS_OK);
    assert(browser_log_seal(log) == STATUS_OK);
    return log;
}

static void check_log(const struct browser_log *log)
{
    assert(log->unread <= log->lines);
    for (size_t i = 0; i < log->request_count; i++) {
        const struct browser_request *r = &log->requests[i];

        assert(r->page <= log->page_count);
        assert(r->redirect_from == BROWSER_NONE || r->redirect_from < (int64_t)i);
        assert(r->initiator_request == BROWSER_NONE ||
                r->initiator_request < (int64_t)log->request_count);
        assert(r->next_hop == 0 || r->next_hop - 1 > i);
        assert(r->next_hop == 0 || log->requests[r->next_hop - 1].redirect_from <= (int64_t)i);
        assert(r->url.n <= BROWSER_URL_MOST && r->initiator_line >= BROWSER_NONE);
    }
    for (size_t i = 0; i < log->page_count; i++)
        assert(log->pages[i].request < (int64_t)log->request_count && log->pages[i].tab != 0);
}

static void check_same(const struct browser_log *a, const struct browser_log *b)
{
    assert(a->request_count == b->request_count && a->page_count == b->page_count);
    assert(a->lines == b->lines && a->unread == b->unread && a->cut == b->cut);
    for (size_t i = 0; i < a->request_count; i++) {
        assert(bytes_equal(a->requests[i].url, b->requests[i].url));
        assert(a->requests[i].page == b->requests[i].page);
        assert(a->requests[i].status == b->requests[i].status);
    }
}

/* Some of the requests are among the packets, too. */
static void fill(struct evidence *e, const struct browser_log *log)
{
    for (size_t i = 0; i < log->request_count && i < EXCHANGES; i++) {
        struct exchange *x = exchange_new(1, i + 1, PROTOCOL_H2);

        assert(x != NULL);
        x->url = log->requests[i].url;
        x->method = log->requests[i].method;
        x->status = i % 2 == 0 ? log->requests[i].status : 0;
        x->request.seen = true;
        x->request.first_ns = log->requests[i].start_ns;
        assert(evidence_add_exchange(e, x) == STATUS_OK);
    }
    assert(evidence_seal(e) == STATUS_OK);
}

static void check_match(const struct evidence *e, const struct browser_log *log)
{
    struct arena *arena = arena_new((size_t)256 << 20);
    struct browser_match m;
    uint64_t sum = 0, joined = 0;

    assert(arena != NULL);
    assert(browser_match_make(arena, e, log, &m) == STATUS_OK);
    for (size_t i = 0; i < log->request_count; i++) {
        assert((m.exchange_of[i] != BROWSER_NONE) == (m.fate[i] == FATE_WIRE));
        if (m.exchange_of[i] != BROWSER_NONE)
            assert(m.request_of[m.exchange_of[i]] == (int64_t)i);
    }
    for (size_t i = 0; i < e->exchange_count; i++) {
        joined += m.request_of[i] != BROWSER_NONE;
        if (m.request_of[i] != BROWSER_NONE)
            assert(m.exchange_of[m.request_of[i]] == (int64_t)i);
    }
    for (int i = 0; i < BROWSER_FATES; i++)
        sum += m.fates[i];
    assert(sum == log->request_count && m.fates[FATE_WIRE] == joined);
    assert(m.only_wire == e->exchange_count - joined);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct browser_log *log = read_log(data, size, 0);
    struct browser_log *other = read_log(data, size, size / 2);
    struct evidence e;

    check_log(log);
    check_same(log, other);
    browser_log_free(other);
    assert(evidence_init(&e) == STATUS_OK);
    fill(&e, log);
    check_match(&e, log);
    evidence_clear(&e);
    browser_log_free(log);
    return 0;
}
