/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SIGNAL_H
#define CLASSIFY_SIGNAL_H

/*
 * Which attribute of a browser or device a named value is: by what the vendor's field means, by
 * the form of the value, or by its name together with a value that fits it. Attributes as in
 * Laperdrix et al., ACM TWEB 14(2), 2020, and Eckersley, PETS 2010. Names are our own collection
 * of what public fingerprinting scripts and analytics call them.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "classify/vendor.h"

enum signal {
    SIGNAL_NONE,
    /* Usual: any page that counts visits sends them, and the user agent names the platform. */
    SIGNAL_USER_AGENT,
    SIGNAL_LANGUAGE,
    SIGNAL_SCREEN,
    SIGNAL_VIEWPORT,
    SIGNAL_COLOUR_DEPTH,
    SIGNAL_PLATFORM,
    /* Beyond the usual. */
    SIGNAL_TIME_ZONE,
    SIGNAL_PIXEL_RATIO,
    SIGNAL_PROCESSORS,
    SIGNAL_MEMORY,
    SIGNAL_HARDWARE,
    SIGNAL_TOUCH,
    SIGNAL_PLUGINS,
    SIGNAL_NETWORK,
    SIGNAL_BATTERY,
    SIGNAL_STORAGE,
    SIGNAL_MEDIA_DEVICES,
    SIGNAL_VOICES,
    SIGNAL_CLIENT_HINTS, /* high-entropy ones, which a site has to ask for */
    /* Strong: almost enough alone. */
    SIGNAL_FONTS,
    SIGNAL_CANVAS,
    SIGNAL_AUDIO,
    SIGNAL_WEBGL,
    SIGNAL_FINGERPRINT, /* a digest made of such attributes, under a name that says so */
    SIGNALS,
};

/* How an attribute was told. */
enum signal_by {
    SIGNAL_BY_VENDOR, /* the table of vendors says what the field is */
    SIGNAL_BY_FORM,
    SIGNAL_BY_NAME,
};

const char *signal_name(enum signal s);    /* "time-zone" */
const char *signal_name_zh(enum signal s); /* "时区" */
MUST_USE bool signal_usual(enum signal s);
MUST_USE bool signal_strong(enum signal s);

/*
 * `v` may be NULL; `name` and `text` as sent_value has them. SIGNAL_NONE when it is none, or
 * holds no answer ("", "undefined", "not available"); `*by` is set otherwise.
 */
enum signal signal_of(
        const struct vendor *v, struct bytes name, struct bytes text, enum signal_by *by);
/* Of a request header: client hints that browsers send to no site that did not ask. */
enum signal signal_of_header(struct bytes name, struct bytes value);
/* The name of a font that is installed on some computers and not on others, or on all of one
 * system: five of them are a list of fonts. */
MUST_USE bool signal_is_font(struct bytes text);

enum { SIGNAL_FONTS_LEAST = 5 };

/* signal_table.c, both sorted for bisection: names in lower case without "_", "-", "$" and the
 * like, and names of fonts in lower case. */
struct signal_key {
    const char *name;
    enum signal is;
};

extern const struct signal_key signal_keys[];
extern const size_t signal_key_count;
extern const char *const signal_fonts[];
extern const size_t signal_font_count;

#endif
