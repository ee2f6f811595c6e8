/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TYPING_H
#define CLASSIFY_TYPING_H

/*
 * Input recording: what is typed goes out as it is typed; streams that replay a session; values
 * the person declared that left before any form was sent (Englehardt et al., PETS 2018; Senol et
 * al., USENIX Security 2022).
 */

#include "classify/judgement.h"

/* Appends "input-recording" findings; facts.how is "as-you-type", "session-replay" or
 * "before-submit". STATUS_NOMEM. */
MUST_USE enum status typing_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out);

#endif
