/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_URL_H
#define CLASSIFY_URL_H

/*
 * URLs as RFC 3986 splits them (section 3 and appendix B), as views: nothing is decoded or
 * normalised, since the bytes are the evidence.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct url {
    struct bytes scheme;    /* without ":"; empty in a relative reference */
    struct bytes authority; /* without "//"; has_authority tells an empty one from none */
    struct bytes userinfo, host, port;
    struct bytes path;
    struct bytes query;    /* without "?" */
    struct bytes fragment; /* without "#" */
    bool has_authority, has_query, has_fragment;
};

void url_split(struct bytes text, struct url *out);

/* The host in lower case, in the arena; empty when there is none. False: no memory. */
MUST_USE bool url_host(struct arena *arena, struct bytes text, struct bytes *out);

/*
 * A reference resolved against a base (RFC 3986 section 5.2), in the arena. `base` must be
 * absolute. Backslashes are read as browsers read them in http URLs (WHATWG URL): as slashes.
 * False: no memory.
 */
MUST_USE bool url_resolve(
        struct arena *arena, struct bytes base, struct bytes reference, struct bytes *out);

/* The next "name=value" of a query or a form body, both raw; `rest` moves on. A part without
 * "=" has an empty value. False at the end. Empty parts are passed over. */
MUST_USE bool url_parameter(struct bytes *rest, struct bytes *name, struct bytes *value);

/* True for an absolute http, https, ws or wss URL with a host. */
MUST_USE bool url_is_web(struct bytes text);

#endif
