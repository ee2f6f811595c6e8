/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CLOAK_H
#define CLASSIFY_CLOAK_H

/*
 * Trackers behind first-party names: a host of the page's own site whose name DNS answers with
 * an alias (CNAME) of another site. The browser then gives that site what it keeps for the page's
 * site. Dimova, Acar, Olejnik, Joosen, Van Goethem: "The CNAME of the Game", PETS 2021.
 *
 * Most aliases are of content networks and say nothing. So a finding is made only when all of
 * this was seen: the alias; a cookie or an identifier sent to the host, or an identifier set by
 * it; and that the site behind it tracks: a list blocks the request under either name, the owner
 * table calls it advertising or measurement, or it was given identifiers as a third party under
 * its own name as well. A host that serves the page's own document is the site itself, wherever
 * it is hosted.
 */

#include "classify/judgement.h"

/* Appends to `out` findings "cname-cloaking" of judged traces. STATUS_NOMEM. */
MUST_USE enum status cloak_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out);

#endif
