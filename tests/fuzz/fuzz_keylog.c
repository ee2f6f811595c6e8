/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: keylog_add and keylog_find. Whatever the text, each line is counted once, and every
 * secret counted as kept is found under its label and identifier. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/tls/keylog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keylog *whole = keylog_new(), *halves = keylog_new();
    struct bytes text = {data, size}, rest = text, line, secret;
    struct keylog_counts counts, split;
    uint64_t lines = 0;
    size_t cut = 0;

    if (whole == NULL || halves == NULL)
        abort();
    while (bytes_take_line(&rest, &line)) {
        lines++;
        if (lines == 3)
            cut = size - rest.n;
    }
    lines += rest.n != 0;
    if (keylog_add(whole, text) != STATUS_OK ||
            keylog_add(halves, bytes_slice(text, 0, cut)) != STATUS_OK ||
            keylog_add(halves, bytes_slice(text, cut, size)) != STATUS_OK)
        abort();
    counts = keylog_counts(whole);
    split = keylog_counts(halves);
    assert(counts.secrets + counts.duplicates + counts.unknown + counts.malformed +
                    counts.left_out <=
            lines);
    assert(counts.cut <= 1 && counts.cut <= counts.malformed);
    assert(counts.secrets == split.secrets || cut == 0 ||
            bytes_starts(bytes_slice(text, cut, size), BYTES_LITERAL("\xef\xbb\xbf")));
    for (size_t label = 0; label < KEYLOG_LABELS; label++) {
        size_t n = 0;

        while (keylog_find(whole, (enum keylog_label)label,
                bytes_of(data, size < 32 ? size : 32), n, &secret)) {
            assert(secret.n != 0 && secret.n <= KEYLOG_SECRET_MOST);
            n++;
        }
        assert(n <= KEYLOG_CANDIDATES);
    }
    keylog_free(whole);
    keylog_free(halves);
    return 0;
}
