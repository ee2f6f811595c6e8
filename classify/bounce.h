/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BOUNCE_H
#define CLASSIFY_BOUNCE_H

/*
 * Navigations that lead through a site nobody chose to see, which reads or sets a cookie on the
 * way (bounce tracking), and identifiers that a navigation carries to another site in its
 * address (link decoration, UID smuggling: Randall et al., IMC 2022).
 */

#include "classify/judgement.h"

/* What a parameter's name is known to be: of a click or a visitor; data table. */
struct decoration {
    const char *name; /* "gclid"; a final "*" stands for any rest */
    const char *owner;
    const char *text_en, *text_zh;
};

extern const struct decoration decoration_table[];
extern const size_t decoration_table_size;

/* Appends "identifier-sharing" findings whose fact "mechanism" is "bounce" or
 * "link-decoration". STATUS_NOMEM. */
MUST_USE enum status bounce_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out);

#endif
