/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_RESPAWN_H
#define CLASSIFY_FINDING_RESPAWN_H

/* What respawn.c found, put into words and facts. */

#include "classify/finding_part.h"

enum respawn_way {
    RESPAWN_ETAG,
    RESPAWN_LAST_MODIFIED,
    RESPAWN_CACHE,
    RESPAWN_REDIRECT,
    RESPAWN_STORAGE,
    RESPAWN_OTHER_SITE,
    RESPAWN_WAYS,
};

/* One value that came back to one site. */
struct respawned {
    const struct trace *before, *after; /* that it stood in; may be the same */
    struct bytes value;
    int64_t cleared_ns, back_ns;
    struct place place;     /* where it came back; part NULL: not among the places kept */
    bool set;               /* the server set it again; else the browser sent it */
    bool via[RESPAWN_WAYS]; /* none: unknown */
    struct bytes came_by;   /* the other site */
    struct place witness;   /* of the first way that has one; part NULL: none */
};

/* False: no memory. */
MUST_USE bool respawn_state(
        struct arena *arena, const struct respawned *r, struct findings *out);

#endif
