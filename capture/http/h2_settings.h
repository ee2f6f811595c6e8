/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_SETTINGS_H
#define CAPTURE_HTTP_H2_SETTINGS_H

/*
 * The SETTINGS one side sent that wait for the other to acknowledge them (RFC 9113 section 6.5).
 * Of their parameters only the header table's size matters to a reader.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    H2_SETTINGS_WAITING = 32, /* SETTINGS frames under way at once; the oldest is forgotten */
    H2_SETTINGS_UPGRADE_MOST = 6 * 64,
};

struct h2_settings {
    struct h2_settings_table {
        bool given;
        uint32_t size; /* the smallest the frame gave: RFC 7541 section 4.2 */
    } waiting[H2_SETTINGS_WAITING];
    size_t count;
};

void h2_settings_init(struct h2_settings *s);
/* Reads the payload of a SETTINGS frame without ACK, as far as it is there. True when it
 * allows extended CONNECT (RFC 8441 section 3). */
bool h2_settings_read(struct h2_settings *s, struct bytes payload);
/* Likewise an HTTP2-Settings field: the payload in base64url. False when it is not that. */
MUST_USE bool h2_settings_read_upgrade(struct h2_settings *s, struct bytes field);
/* The oldest was acknowledged; true when it gave a table size. */
MUST_USE bool h2_settings_acknowledged(struct h2_settings *s, uint32_t *table_size);
/* Acknowledgements may have been lost. */
void h2_settings_forget(struct h2_settings *s);

#endif
