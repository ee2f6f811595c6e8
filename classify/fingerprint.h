/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINGERPRINT_H
#define CLASSIFY_FINGERPRINT_H

/*
 * Requests to third parties that carry enough attributes of the device to tell it apart: at
 * least three beyond what every browser shows (user agent, language, screen), or a strong one
 * (canvas, audio, WebGL, fonts, a named fingerprint) and one more (Laperdrix et al., ACM TWEB
 * 14(2), 2020; Iqbal et al., IEEE S&P 2021).
 */

#include "classify/judgement.h"

/* Appends "fingerprinting" findings; facts.signals lists the attributes with the fields they
 * stood in. STATUS_NOMEM. */
MUST_USE enum status fingerprint_find(const struct evidence *e,
        const struct judgement_setup *setup, struct judgement *j, struct findings *out);

#endif
