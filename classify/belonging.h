/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BELONGING_H
#define CLASSIFY_BELONGING_H

/*
 * Which connections are the browser's, where the capture may hold those of other programs, too:
 * made on an interface of the machine (`exhibit record --isolate=none`), with the browser's
 * endpoints listed meanwhile (endpoint_list.h).
 *
 * A connection is the browser's when both its ends are listed and the time fits, or when the TLS
 * keys of the case opened it: the browser alone wrote them. Of every other one it is not known:
 * another program's, or a socket of the browser's that lived shorter than the time between two
 * looks. That is never said to be another program's.
 */

#include "classify/endpoint_list.h"
#include "classify/evidence.h"
#include "classify/finding.h"

enum belonging {
    BELONGING_UNKNOWN, /* not known to be the browser's */
    BELONGING_SOCKET,  /* its socket is listed */
    BELONGING_KEYS,    /* it is not, but the browser's keys opened it */
};

enum { BELONGINGS = BELONGING_KEYS + 1 };

/* Filled with zeros: nobody asked, and nothing is said of any connection. */
struct belongings {
    const struct endpoint_list *list; /* borrowed; NULL: not asked */
    const uint8_t *of;                /* by index of connection: enum belonging */
    uint64_t n[BELONGINGS];           /* connections */
    uint64_t with_exchanges;          /* of those that are not known, and */
    uint64_t look_ups;                /* these: of names, by sockets that live shortest */
};

/* `list` is sealed; NULL, or one without a word of the browser: nobody asked. STATUS_NOMEM. */
MUST_USE enum status belongings_judge(struct arena *arena, const struct evidence *e,
        const struct endpoint_list *list, struct belongings *out);
/* "socket", "keys", "not-known"; NULL when nobody asked. */
const char *belonging_name(const struct belongings *b, const struct connection *c);
/* False when nobody asked. */
MUST_USE bool belonging_is_unknown(const struct belongings *b, const struct connection *c);
/* It carried name look-ups over UDP, each by a socket of its own. */
MUST_USE bool belonging_looks_up(const struct connection *c);

/*
 * Lets findings say that what they cite stands on such connections: which exchanges these are (fact
 * "not_known_to_be_browsers"), and where they cannot do without one of them, `doubted` and a
 * grade no better than inferred. A kind that claims the same of each place it cites (a value
 * was sent) can do without some of them; one that tells a story (a value was set here and came
 * back there) needs all. STATUS_NOMEM.
 */
MUST_USE enum status belongings_mark(struct arena *arena, const struct evidence *e,
        const struct belongings *b, struct finding *const *f, size_t n);

#endif
