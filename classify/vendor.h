/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VENDOR_H
#define CLASSIFY_VENDOR_H

/*
 * Whose protocol a request speaks: endpoints of analytics, advertising and risk services, with
 * the meaning of their fields. The table (vendor_table.c) is our own compilation of public
 * documentation and observation; it explains fields and can support a verdict, never carry it.
 * A match by path and fields alone, at a host that is not the vendor's, is how server-side
 * tagging looks: such a host speaks the vendor's protocol; what it does with it is not seen.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "classify/attribution.h"
#include "classify/trace.h"

enum property { /* what a field says; property_name gives "screen", ... */
    PROPERTY_PAGE,
    PROPERTY_REFERRER,
    PROPERTY_TITLE,
    PROPERTY_BROWSER_ID,
    PROPERTY_SESSION_ID,
    PROPERTY_DEVICE_ID,
    PROPERTY_ACCOUNT,
    PROPERTY_EMAIL_DIGEST,
    PROPERTY_PHONE_DIGEST,
    PROPERTY_SCREEN,
    PROPERTY_VIEWPORT,
    PROPERTY_COLOUR_DEPTH,
    PROPERTY_LANGUAGE,
    PROPERTY_TIME_ZONE,
    PROPERTY_USER_AGENT,
    PROPERTY_PLATFORM,
    PROPERTY_HARDWARE,
    PROPERTY_FONTS,
    PROPERTY_PLUGINS,
    PROPERTY_CANVAS,
    PROPERTY_AUDIO,
    PROPERTY_WEBGL,
    PROPERTY_FINGERPRINT, /* a digest made of such attributes */
    PROPERTY_TOUCH,
    PROPERTY_NETWORK,
    PROPERTY_BATTERY,
    PROPERTY_CONSENT,
    PROPERTY_EVENT,
    PROPERTY_SITE_KEY,
    PROPERTY_LOCATION,
    PROPERTY_RECORDING, /* of the page or of what was typed */
    PROPERTIES,
};

const char *property_name(enum property p);

struct vendor_field {
    const char *name; /* of the query, body or cookie; a final "*" stands for any rest; "a.b"
                         for a field inside JSON */
    enum property property;
    enum trace_class class_;
};

enum { VENDOR_FIELDS_MOST = 24 };

struct vendor {
    const char *name;  /* "Baidu Tongji" */
    const char *owner; /* organisation as in parties.csv; "" when not known */
    const char *hosts; /* suffixes between spaces, "hm.baidu.com"; "" for none of its own */
    const char *path;  /* what the path must begin with or, with a leading '*', end in */
    const char *marks; /* fields between spaces that must all be there; "" for none. "tid=G-"
                           asks for the begin of the value, too, "?tid" for a place in the query */
    bool anywhere;     /* path and marks tell it at hosts of others, too (server-side) */
    bool chinese;
    struct vendor_field fields[VENDOR_FIELDS_MOST];
    const char *source; /* where the meaning of the fields is documented */
};

extern const struct vendor vendor_table[];
extern const size_t vendor_table_size;

/* Fills `out[i]` for each exchange of the evidence (entries of vendor_table, or NULL).
 * STATUS_NOMEM. */
MUST_USE enum status vendors_mark(
        const struct evidence *e, const struct attributions *a, const struct vendor **out);
/* It speaks at a host of the vendor's own, as the table knows them. */
MUST_USE bool vendor_at_home(const struct vendor *v, struct bytes host);
/* What a named value means there; NULL when the table does not say. */
const struct vendor_field *vendor_field_find(const struct vendor *v, struct bytes name);

#endif
