/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_VISIT_H
#define CLASSIFY_BROWSER_VISIT_H

/* What the browser's own account says of pages, put where attribution keeps it. */

#include "classify/visit.h"

/* Redirects between joined exchanges are those that the browser tells of: sets
 * `of[i].redirect_from`, which holds what Location headers say. A link points back in time. */
void browser_visit_link(const struct browser_log *log, const struct browser_match *m,
        const struct request_view *views, struct attribution *of, size_t n);

/* `told` for visits_gather, in the arena. False: no memory. */
MUST_USE bool browser_visit_told(struct arena *arena, const struct browser_log *log,
        const struct browser_match *m, const struct request_view *views, size_t n,
        struct visits_told *out);

/* Gives each joined exchange the page that the browser tells, with the visits it takes: those
 * that were gathered, and new ones where no document was seen. False: no memory. */
MUST_USE bool browser_visit_judge(struct arena *arena, const struct evidence *e,
        const struct sites *sites, const struct browser_log *log, const struct browser_match *m,
        struct visits *visits, struct attribution *of);

#endif
