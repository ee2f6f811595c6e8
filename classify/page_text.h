/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PAGE_TEXT_H
#define CLASSIFY_PAGE_TEXT_H

/*
 * Text of the pages a person saw, cut into blocks, to find it again in what went to third
 * parties: Englehardt et al. (PETS 2018) put a marker into pages and looked for it in uploads;
 * here the page's own text is the marker. A rolling hash (Karp and Rabin, IBM JRD 31(2), 1987)
 * finds a block wherever it stands; the bytes are compared then.
 */

#include "classify/attribution.h"

enum {
    PAGE_TEXT_BLOCK = 20,             /* bytes */
    PAGE_TEXT_BLOCKS_MOST = 1 << 17,  /* of all pages; later ones are left out */
    PAGE_TEXT_BYTES_MOST = 32 << 20,  /* of HTML read */
    PAGE_TEXT_SEARCH_MOST = 64 << 20, /* bytes of uploads looked through */
};

struct page_text;

/* Of all HTML that first parties answered. NULL: no memory. */
struct page_text *page_text_new(const struct evidence *e, const struct attributions *a);
void page_text_free(struct page_text *t); /* NULL is fine */
/* Not all pages were taken up, or not all uploads searched. */
MUST_USE bool page_text_capped(const struct page_text *t);
/* How many blocks of that visit's pages stand in `text`; each counts once for one `upload`, a
 * number that the caller counts up. */
size_t page_text_count(struct page_text *t, size_t visit, uint32_t upload, struct bytes text);

#endif
