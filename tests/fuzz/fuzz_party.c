/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: classify/party.c. The bytes up to the first NUL are a table, the rest is a host.
 * A table that is refused says why; one that is taken is sorted, and finds each of its rows.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "classify/party.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct parties *p, struct bytes host)
{
    const struct party_owner *found = parties_find(p, host);
    struct bytes domain;

    if (found == NULL)
        return;
    domain = bytes_text(found->domain);
    if (host.p[host.n - 1] == '.')
        host.n--;
    assert(bytes_ends_nocase(host, domain));
    assert(host.n == domain.n || host.p[host.n - domain.n - 1] == '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault fault = {0};
    struct bytes host = {0}, table = bytes_of(data, size);
    struct parties *p;

    if (bytes_take_until(&table, 0, &host)) {
        struct bytes swap = table;

        table = host;
        host = swap;
    }
    p = parties_new_from(table, &fault);
    if (p == NULL) {
        assert(fault.status == STATUS_INPUT && fault.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < parties_rows(p); i++) {
        const struct party_owner *row = parties_row(p, i);

        assert(i == 0 || strcmp(parties_row(p, i - 1)->domain, row->domain) < 0);
        assert(parties_find(p, bytes_text(row->domain)) == row);
        assert((row->owner_en == NULL) == (row->confidence == PARTY_CONFIDENCE_UNKNOWN));
        assert(parties_same_group(row, row) == (row->group != NULL));
    }
    assert(parties_row(p, parties_rows(p)) == NULL);
    look_up(p, host);
    parties_free(p);
    return 0;
}
