/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: har, har_text, har_entry, har_message, har_body, har_connection, har_time. Asserts:
 * every entry is an exchange or is counted as what it is instead; no exchange has a frame, or a
 * coding that is still to be undone; one that is complete has no gap; gaps are those of its
 * connection; a file that was refused is no HAR. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/har/har.h"
#include "capture/har/har_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_exchange(const struct exchange *x)
{
    const struct message *both[] = {&x->request, &x->response};

    assert(x->connection != 0 && x->stream != 0);
    assert(!x->complete || x->gap_count == 0);
    assert(x->host.n != 0 && x->url.n != 0);
    for (size_t i = 0; i < 2; i++) {
        assert(both[i]->frame_count == 0 && both[i]->frames_listed == 0);
        assert(both[i]->body.coding_count == 0 && both[i]->body.undecoded == NULL);
        assert(both[i]->header_count <= EXCHANGE_HEADERS_MOST);
        assert(both[i]->first_ns <= both[i]->last_ns);
        assert(!x->complete || !both[i]->seen || both[i]->whole);
    }
    for (size_t i = 0; i < x->host.n; i++)
        assert(x->host.p[i] < 'A' || x->host.p[i] > 'Z');
}

static void check_time(struct bytes text)
{
    char date[HAR_DATE_TEXT];
    int64_t ns = -1;

    if (!har_time_read(text, &ns))
        assert(ns == -1);
    else
        assert(ns >= 0 && har_time_date(ns, date) && strlen(date) == 29);
}

static void walk(struct har *h, struct ledger *ledger)
{
    const struct har_facts *f = har_facts(h);
    uint64_t made = 0, counted;
    struct connection *c;
    struct fault fault = {0};
    struct exchange *x = NULL;

    do {
        assert(har_next(h, &x, &fault) == STATUS_OK);
        if (x != NULL) {
            check_exchange(x);
            made += x->message == 0;
            exchange_free(x);
        }
    } while (x != NULL);
    assert(har_close(h) == STATUS_OK);
    counted = f->local + f->cached + f->worker + f->blocked + f->unread + made;
    /* The last one may be the one that the file ends in. */
    assert(f->entries == counted || (f->cut && f->entries == counted + 1));
    assert(!f->cut || ledger->n != 0);
    while (har_next_connection(h, &c)) {
        made -= c->exchanges;
        assert(c->packets == 0 && c->first_ns <= c->last_ns && c->exchanges != 0);
        for (size_t i = 0; i < c->ledger.n; i++)
            assert(c->ledger.gaps[i].connection == c->id && c->ledger.gaps[i].detail != NULL);
        ledger_clear(&c->ledger);
        arena_free(c->arena);
        free(c);
    }
    assert(made == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct body_store *bodies = body_store_new(NULL);
    struct ledger ledger;
    struct fault fault = {0};
    struct har *h = NULL;
    FILE *file;

    assert(copy != NULL && bodies != NULL);
    memcpy(copy, data, size);
    copy[size] = 0;
    ledger_init(&ledger, 0);
    file = size == 0 ? NULL : fmemopen(copy, size, "rb");
    check_time(bytes_of(data, size));
    if (file != NULL) {
        const struct har_setup setup = {
                .file = file, .bodies = bodies, .ledger = &ledger, .connections = 0};

        if (har_open(&setup, &h, &fault) == STATUS_OK) {
            walk(h, &ledger);
            har_free(h);
        } else {
            assert(fault.status == STATUS_INPUT && !har_is(bytes_of(data, size)));
        }
        (void)fclose(file);
    }
    ledger_clear(&ledger);
    body_store_free(bodies);
    free(copy);
    return 0;
}
