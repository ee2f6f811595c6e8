/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_CONSENT_H
#define CLASSIFY_FINDING_CONSENT_H

/*
 * Findings that come of marks: identifiers that went out before consent was answered or after it
 * was refused or withdrawn, and values that came back after erasure was asked for. They say what
 * was sent when, never that it was not allowed: a purpose may need no consent, and some answers
 * were given elsewhere.
 *
 * Facts of collection-before-consent and collection-after-refusal: `state` (before, refused,
 * withdrawn), `mark` (its kind), `mark_time`, `first_time`, `seconds_after_mark` (negative before
 * an answer), `items` (how many values), `identifiers` (their names), `unseen` (what could not
 * be seen that bears on these), `gpc_signal_sent` ("true": Sec-GPC: 1 went with them),
 * `string_says` (a consent record that claims more than the person answered),
 * `consent_strings` (what records that went to the recipient, or else to the page's own site,
 * say), `storage_access` (values of Sec-Fetch-Storage-Access). Of erasure-not-effective:
 * `mark`, `mark_time`, `first_time`, `seconds_after_mark`, `items`, `identifiers`, `unseen`,
 * `last_before_time`, `again` ("sent", "set"), `cookies_cleared` ("true", "false": between the
 * request and the first return). The first evidence cited is the first identifier in that state.
 */

#include "classify/consent_site.h"

struct finding_consent_ground {
    const struct evidence *e;
    const struct judgement_setup *setup;
    const struct judgement *j; /* with its consents */
    const struct consent_sites *sites;
};

/* Both append to `out`. STATUS_NOMEM. */
MUST_USE enum status finding_consent_make(
        const struct finding_consent_ground *g, struct findings *out);
MUST_USE enum status finding_erasure_make(
        const struct finding_consent_ground *g, struct findings *out);

#endif
