/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: words_find, the reader of compiled gettext catalogues. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"apple", "pear", "", "zebra"};
    struct bytes mo = bytes_of(data, size);

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const char *found = words_find(mo, keys[i]);

        if (found == NULL)
            continue;
        /* A borrow, in bounds, that ends in NUL inside the file. */
        assert((const uint8_t *)found >= data && (const uint8_t *)found < data + size);
        assert(memchr(found, 0, (size_t)(data + size - (const uint8_t *)found)) != NULL);
        assert(found[0] != '\0' && keys[i][0] != '\0');
    }
    return 0;
}
