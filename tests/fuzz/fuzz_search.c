/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: search, search_node, search_hit, search_location. A byte that says where it travels,
 * then a text. Asserts: a hit stands within its part; as it is it stands there letter for letter;
 * layers and digests are within their caps; hits come in order, each once; the same again gives
 * the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct subject_value values[] = {
        {.kind = SUBJECT_EMAIL, .text = {(const uint8_t *)"a.b@c.de", 8}},
        {.kind = SUBJECT_PHONE, .text = {(const uint8_t *)"13812345678", 11}},
        {.kind = SUBJECT_SEARCH, .text = {(const uint8_t *)"\xe5\x87\x8f\xe8\x82\xa5", 6}},
        {.kind = SUBJECT_LOCATION, .latitude = 31.2304, .longitude = 121.4737},
};

static struct variant variants[] = {
        {.value = 0,
                .text = {(const uint8_t *)"a.b@c.de", 8},
                .charset = "utf-8",
                .plain = true,
                .hashed = true},
        {.value = 1,
                .text = {(const uint8_t *)"13812345678", 11},
                .charset = "utf-8",
                .plain = true,
                .hashed = true,
                .bounded = true},
        {.value = 1,
                .text = {(const uint8_t *)"138 1234 5678", 13},
                .charset = "utf-8",
                .plain = true},
        {.value = 2,
                .text = {(const uint8_t *)"\xe5\x87\x8f\xe8\x82\xa5", 6},
                .charset = "utf-8",
                .plain = true,
                .needs_key = true},
        {.value = 2,
                .text = {(const uint8_t *)"\xbc\xf5\xb7\xca", 4},
                .charset = "gbk",
                .plain = true,
                .needs_key = true},
};

static void put_body(struct exchange *x, bool response, struct bytes text)
{
    struct message *m = response ? &x->response : &x->request;

    m->body.present = true;
    m->body.bytes = m->body.kept = text.n;
    m->body.data = text;
}

static void put(struct exchange *x, uint8_t where, struct bytes text)
{
    static const char *const fields[] = {"cookie", "referer", "x-user"};
    bool response = (where & 8) != 0;
    enum status status = STATUS_OK;

    if (where % 4 == 3)
        status = exchange_add_header(x, response ? &x->response : &x->request,
                bytes_text(fields[where / 16 % 3]), text);
    else if (where % 4 == 2)
        x->path = text;
    else
        put_body(x, response, text);
    if (status == STATUS_OK && where % 4 == 1)
        status = exchange_add_header(x, &x->request, bytes_text("content-type"),
                bytes_text(
                        where & 16 ? "multipart/form-data; boundary=B" : "application/grpc"));
    if (status != STATUS_OK)
        abort();
}

static struct bytes part_of(const struct exchange *x, const char *part)
{
    const struct message *m = strncmp(part, "request", 7) == 0 ? &x->request : &x->response;
    uint64_t index;

    if (strcmp(part, "request.path") == 0)
        return x->path;
    if (strstr(part, ".body") != NULL)
        return m->body.data;
    assert(bytes_decimal(bytes_text(strrchr(part, '.') + 1), &index) &&
            index < m->header_count);
    return m->headers[index].value;
}

static void check_hit(const struct exchange *x, const struct hit *h)
{
    struct bytes whole = part_of(x, h->place.part), cited;

    assert(h->place.exchange == 0 && h->place.len != 0);
    assert(h->place.off <= whole.n && h->place.len <= whole.n - h->place.off);
    cited = bytes_slice(whole, (size_t)h->place.off, (size_t)(h->place.off + h->place.len));
    assert(h->layer_count <= SEARCH_CHAIN_MOST && h->digest_count <= SEARCH_DIGESTS_MOST);
    assert((h->variant == NULL) == (h->datum != NULL));
    assert(h->variant == NULL || h->variant->value == h->value);
    assert(h->variant != NULL || h->metres < 1000);
    if (h->layer_count == 0 && h->digest_count == 0 && h->variant != NULL)
        assert(bytes_equal_nocase(cited, h->variant->text));
}

static void check_order(const struct hit *a, const struct hit *b)
{
    int order = strcmp(a->place.part, b->place.part);

    assert(order < 0 || (order == 0 && a->place.off <= b->place.off));
    if (order == 0 && a->place.off == b->place.off)
        assert(a->value <= b->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct subject subject = {values, sizeof(values) / sizeof(*values)};
    const struct variants forms = {variants, sizeof(variants) / sizeof(*variants)};
    struct arena *arena = arena_new((size_t)256 << 20);
    struct bytes text = {data, size};
    struct evidence e;
    struct exchange *x = exchange_new(1, 1, PROTOCOL_H2);
    struct hits hits[2];
    uint8_t where = 0;

    if (!bytes_take_u8(&text, &where))
        where = 0;
    if (arena == NULL || x == NULL || evidence_init(&e) != STATUS_OK)
        abort();
    x->request.seen = x->response.seen = true;
    put(x, where, text);
    if (evidence_add_exchange(&e, x) != STATUS_OK || evidence_seal(&e) != STATUS_OK)
        abort();
    for (int i = 0; i < 2; i++) {
        if (search_evidence(arena, &e, NULL, &subject, &forms, &hits[i]) != STATUS_OK)
            abort();
    }
    assert(hits[0].n == hits[1].n && hits[0].capped == hits[1].capped);
    for (size_t i = 0; i < hits[0].n; i++) {
        check_hit(x, &hits[0].at[i]);
        assert(hits[0].at[i].place.off == hits[1].at[i].place.off &&
                hits[0].at[i].variant == hits[1].at[i].variant);
        if (i != 0)
            check_order(&hits[0].at[i - 1], &hits[0].at[i]);
    }
    evidence_clear(&e);
    arena_free(arena);
    return 0;
}
