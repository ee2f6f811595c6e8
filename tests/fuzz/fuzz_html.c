/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: html_text and html_attribute with hostile text, and mask_next beside them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Between <p> and </p> only our own span may stand as markup. */
static void check_text(struct bytes page)
{
    size_t begin, end, span;

    assert(bytes_find(page, BYTES_LITERAL("<p>"), 0, &begin));
    assert(bytes_find(page, BYTES_LITERAL("</p>"), begin, &end));
    for (size_t i = begin + 3; i < end; i++) {
        assert(page.p[i] >= 0x20 && page.p[i] != 0x7f);
        if (page.p[i] != '<')
            continue;
        assert((bytes_find(page, BYTES_LITERAL("<span class=\"esc\">"), i, &span) &&
                       span == i) ||
                (bytes_find(page, BYTES_LITERAL("</span>"), i, &span) && span == i));
        while (page.p[i] != '>')
            i++;
    }
}

static void check_mask(struct bytes text)
{
    struct mask mask;
    size_t begin = 0, end = 0, at = 0;

    mask_init(&mask);
    if (text.n != 0 && mask_add_value(&mask, bytes_slice(text, 0, text.p[0] % 16)) != STATUS_OK)
        abort();
    mask_seal(&mask);
    while (mask_next(&mask, text, at, &begin, &end)) {
        assert(begin >= at && end > begin && end <= text.n);
        at = end;
    }
    mask_clear(&mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct html h;
    struct buf out;

    buf_init(&out, 64 << 20);
    html_begin(&h, &out, "en", "t", (struct bytes){0});
    html_open(&h, "p");
    html_text(&h, bytes_of(data, size));
    if (html_finish(&h) != STATUS_OK)
        abort();
    assert(bytes_is_utf8(buf_view(&out)));
    check_text(buf_view(&out));
    buf_clear(&out);
    check_mask(bytes_of(data, size));
    return 0;
}
