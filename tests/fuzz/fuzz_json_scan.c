/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: json_scan. Asserts: what is found stands in the text where it says, in order and
 * without overlap; numbers are numbers; unescaping never makes a string longer; the scan of a
 * shorter text gives a prefix of the same findings; and whatever the strict parser takes, the
 * scan walks through without calling it broken. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "classify/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_found(const struct json_found *f, struct bytes all, size_t *end)
{
    uint8_t *out = malloc(f->raw.n + 1);

    if (out == NULL)
        abort();
    assert(f->off >= *end && f->off + f->raw.n <= all.n);
    assert(f->raw.p == all.p + f->off);
    assert(f->key.n == 0 || (f->key.p >= all.p && f->key.p + f->key.n < f->raw.p));
    assert(json_unescape(f->raw, out) <= f->raw.n);
    if (f->kind == JSON_SCALAR_NUMBER)
        assert(ascii_is_digit(f->raw.p[f->raw.n - 1]));
    *end = f->off + f->raw.n;
    free(out);
}

/* How many are found in the first n bytes; each must be the same as in the whole. */
static void check_prefix(struct bytes all, size_t n)
{
    struct json_scan whole, part;
    struct json_found a, b;

    json_scan_init(&whole, all);
    json_scan_init(&part, bytes_slice(all, 0, n));
    while (json_scan_next(&part, &b)) {
        /* A string at the cut may turn out to be a key. */
        if (!json_scan_next(&whole, &a) || a.off != b.off) {
            assert(b.kind == JSON_SCALAR_STRING && !json_scan_next(&part, &b));
            return;
        }
        assert(a.kind == b.kind && bytes_equal(a.raw, b.raw) && bytes_equal(a.key, b.key));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = {data, size};
    struct json_scan scan;
    struct json_found found;
    struct json_value *strict;
    size_t end = 0, n = 0;

    json_scan_init(&scan, all);
    while (json_scan_next(&scan, &found)) {
        check_found(&found, all, &end);
        n++;
    }
    assert(n <= size && !json_scan_next(&scan, &found));
    if (!scan.broken)
        assert(scan.at == size);
    check_prefix(all, size / 2);
    if (size > 1)
        check_prefix(all, size - 1);
    strict = json_scan_looks(all) ? json_parse(all, NULL) : NULL;
    if (strict != NULL && !bytes_has(all, '\0'))
        assert(json_is_array(strict) || json_is_object(strict));
    json_free(strict);
    return 0;
}
