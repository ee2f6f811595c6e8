/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

/* The parts of `exhibit doctor`: what recording needs, and the sheet that a notary prints. */

#include <stdio.h>

#include "capture/env/environment.h"
#include "report/words.h"

/* Something that recording needs. Texts are static or in the arena of the environment. */
struct doctor_need {
    const char *id; /* "browser", … stable */
    bool met;
    bool required;               /* without it nothing can be recorded */
    const char *why_en, *why_zh; /* when it is not met: what is missing */
    const char *install;         /* Debian package or command; NULL: nothing to install */
};

enum { DOCTOR_NEEDS = 6 };

struct doctor {
    struct environment env;
    struct doctor_need needs[DOCTOR_NEEDS];
    size_t need_count;
    bool ready;
};

/* Judges by the probes; `browser` is the fault of looking for one, or NULL: found. */
MUST_USE enum status doctor_judge(struct doctor *d, const char *browser);

struct doctor_paper {
    FILE *out;
    enum language language;
    unsigned columns;
    bool symbols; /* ✓ and the like; else ASCII */
    bool colours;
};
void doctor_print(const struct doctor *d, const struct doctor_paper *paper);
/* {"schema":"exhibit/doctor/1","ready":…,"needs":[…],"environment":{…}} */
void doctor_write(const struct doctor *d, struct json *j);
/* Text in one of the languages. */
const char *doctor_say(enum language language, const char *en, const char *zh)
        __attribute__((format_arg(2), format_arg(3)));

#endif
